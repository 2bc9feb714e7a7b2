"""Many products changed alike: in bounded batches, so that a sale or a link never waits long behind one.

Each batch is one transaction that reads what it changes. What was seen in a list is changed only as it was seen: a
product that somebody changed meanwhile is left out and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.pricing import plans
from app.shop.reason import say

T = TypeVar("T")

#: Documents a commit: one takes some milliseconds, for which a sale may wait.
BATCH = 100
#: What may be changed of many products at once.
FIELDS = ("category", "department", "brand", "taxes", "stores", "inactive", "min_age", "deposit")

Progress = Callable[[int], bool]
"""Told how many are done; False: stop."""


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


class Done:
    """What a change of many came to: `written`, `unchanged`, and `left` `[{"id", "name", "reason"}]`, at most 100 of
    them told; `stopped` where somebody called it off."""

    MOST_TOLD = 100

    def __init__(self) -> None:
        self.written = self.unchanged = self.left_out = 0
        self.left: list[dict[str, Any]] = []
        self.stopped = False

    def leave(self, id: str, name: str, reason: str) -> None:
        self.left_out += 1
        if len(self.left) < self.MOST_TOLD:
            self.left.append({"id": id, "name": name, "reason": reason})

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def change_many(
    company: Database,
    wanted: Sequence[tuple[str, str | None]],
    edit: Callable[[dict[str, Any]], Mapping[str, Any] | None],
    *,
    by: str | None,
    on: str,
    progress: Progress = lambda done: True,
    clock: clocks.Clock = clocks.now,
) -> Done:
    """`wanted` are `(id, the revision that was seen, or None for whatever it is)`; `edit` gives what changes of a
    product, None to leave it. Never raises for one product: it is left out, with the reason."""
    done, count = Done(), 0
    for batch in batches(wanted):
        with company.transaction():
            _batch(company, batch, edit, done, by, on, clocks.stamp(clock()))
        count += len(batch)
        if not progress(count):
            done.stopped = count < len(wanted)
            break
    return done


def _batch(
    company: Database,
    batch: Sequence[tuple[str, str | None]],
    edit: Callable[[dict[str, Any]], Mapping[str, Any] | None],
    done: Done,
    by: str | None,
    on: str,
    at: str,
) -> None:
    writing: list[tuple[str, dict[str, Any]]] = []
    for (id, rev), record in zip(batch, company.read_many([id for id, _ in batch]), strict=True):
        if record is None or record.deleted:
            done.leave(id, id, say("This is not here any more: somebody deleted it."))
            continue
        name = str(record.doc().get("name") or id)
        if rev is not None and record.rev != rev:
            done.leave(id, name, say("Somebody changed it meanwhile: look at it again."))
            continue
        changed = _edited(record, edit, by, on, at)
        if changed is None:
            done.unchanged += 1
            continue
        problems = schemas.check(changed)
        if problems:
            done.leave(id, name, problems[0].reason)
            continue
        writing.append((name, changed))
    for (name, doc), result in zip(
        writing, company.bulk_docs([doc for _, doc in writing]) if writing else [], strict=True
    ):
        if "error" in result:
            done.leave(doc["_id"], name, str(result.get("reason")))
        else:
            done.written += 1


def _edited(
    record: Record,
    edit: Callable[[dict[str, Any]], Mapping[str, Any] | None],
    by: str | None,
    on: str,
    at: str,
) -> dict[str, Any] | None:
    before = record.full()
    changes = edit(before)
    if changes is None or all(before.get(key) == value for key, value in changes.items()):
        return None
    stamps = {"updated_at": at, "updated_by": by, "updated_on": on}
    return {**before, **changes, **plans.priced(before, changes, at), **stamps}
