"""Taking a decision back: each branch goes on with what it said before, and the document is in dispute again.

1-a ── 2-b ── 3-c ── 4-m ── 5-c'    as 3-c
   └── 2-x ── 3-t ── 4-x'           as 2-x

Of two branches of one length the new revisions' hashes would draw lots anew for what is in use until somebody decides
again: where they draw the other one, the branch that was in use before goes one revision further.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs import attachments, merge, revision
from app.docs.database import Database
from app.docs.errors import Conflict
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.actor import Actor
from app.shop.conflicts import case as cases
from app.shop.conflicts import leave
from app.shop.conflicts.leave import RIGHT as RIGHT
from app.shop.conflicts.resolutions import answer, check, record, requested
from app.shop.reason import say
from app.shop.sale import SaleError, invalid


def undo(
    database: Database,
    id: str,
    *,
    request: str,
    resolution: str,
    actor: Actor,
    on: str,
    moment: clocks.Clock = clocks.now,
) -> dict[str, Any]:
    """Takes a resolution back: the branches go on as they were, and the document is in dispute again. `{"rev",
    "resolution", "doc"}`.

    Raises SaleError: 403 `needs_approval`; 404 `not_found`; 409 `changed` when the document was edited since, 409
    `not_held` when what the branches said is no longer kept here.
    """
    check(request, None)
    lent = leave.need(actor, id, say("take a decision back"))
    with database.transaction():
        known = requested(database, request, id, kind="undone", undoes=resolution)
        if known is not None:
            return answer(database, id, known)
        done = _resolution(database, resolution, id)
        current = database.read(id)
        if current is None or not untouched(database, current, done):
            raise SaleError(
                409,
                "changed",
                say("It was changed again since: it can’t be taken back at once. The history still has both versions."),
                "",
                {
                    "case": case.as_dict() if (case := cases.read(database, id)) is not None else None,
                    "resolution": None,
                },
            )
        before = [_kept_leaf(database, id, rev) for rev in done["leaves"]]
        _reopen(database, id, done, before)
        again = database.read(id)
        assert again is not None
        leaves = [leaf.rev for leaf in merge.leaves(database, current)] or [current.rev]
        about = dict(id=id, type=again.type, kind="undone", request=request, leaves=leaves)
        written = record(
            database,
            about,
            result=again.rev,
            closed=[],
            by=actor.staff,
            on=on,
            moment=moment,
            lent=lent,
            base=done.get("base"),
            choices=[],
            undoes=done["_id"],
        )
        return answer(database, id, written)


def _resolution(database: Database, resolution: Any, id: str) -> dict[str, Any]:
    found = database.read(resolution) if isinstance(resolution, str) else None
    if (
        found is None
        or found.deleted
        or found.type != "resolution"
        or found.doc().get("about") != id
        or schemas.check(found.full())
    ):
        raise SaleError(404, "not_found", say("There is no such decision here."))
    doc = found.full()
    if doc.get("kind") not in ("resolved", "bulk"):
        raise invalid(say("Only a decision can be taken back."), "resolution")
    return doc


def untouched(database: Database, record: Record, done: Mapping[str, Any]) -> bool:
    """Whether the document's leaves are still those that the resolution left."""
    leaves = set(record.leaves())
    if not leaves.issuperset(done["closed"]):
        return False
    open_ = merge.leaves(database, record)
    if done["result"] is not None:
        return [leaf.rev for leaf in open_] == [done["result"]]
    return bool(record.deleted) and {leaf.rev for leaf in open_} <= set(done["leaves"])


def _kept_leaf(database: Database, id: str, rev: str) -> dict[str, Any]:
    """A revision with its stubs, as it was. Raises SaleError 409."""
    found: dict[str, Any] | None = database.open_revs(id, [rev])[0].get("ok")
    if found is None:
        raise SaleError(409, "not_held", say("What the versions said is no longer kept here: it can’t be taken back."))
    return found


def _reopen(database: Database, id: str, done: Mapping[str, Any], before: list[dict[str, Any]]) -> None:
    """Puts each leaf as it was on top of what ended it; a deletion that stood was never ended. What was in use before
    is so again."""
    if done["result"] is not None:
        ends = [done["result"], *done["closed"]]
        pairs = list(zip(before, ends, strict=True))
    else:
        pairs = list(zip((doc for doc in before if not doc.get("_deleted")), done["closed"], strict=True))
    if done["result"] is not None and not any("_attachments" in doc for doc, _ in pairs):
        written = database.bulk_docs([{**doc, "_rev": end} for doc, end in pairs])
        if not all("rev" in answered for answered in written):
            raise Conflict
        revs = [answered["rev"] for answered in written]
    else:
        revs = _merged_in(database, pairs)
    used, rev = next((doc, rev) for (doc, _), rev in zip(pairs, revs, strict=True) if not doc.get("_deleted"))
    now = database.read(id)
    if now is not None and now.rev != rev:
        _merged_in(database, [(used, rev)])


def _merged_in(database: Database, pairs: list[tuple[dict[str, Any], str]]) -> list[str]:
    """The revisions that were written, as if they came from elsewhere."""
    # A deleted document takes no edit on a tombstone that is not its winner, and no stub of another revision: what is
    # merged in as if it came from elsewhere may be both.
    grown = [_grown(doc, end) for doc, end in pairs]
    if database.bulk_docs(grown, new_edits=False):
        raise Conflict
    return [doc["_rev"] for doc in grown]


def _grown(doc: Mapping[str, Any], end: str) -> dict[str, Any]:
    """The revision that `doc` makes as the child of `end`."""
    body = {key: value for key, value in doc.items() if key[:1] != "_"}
    rev = revision.new_rev(end, bool(doc.get("_deleted")), body, attachments.hashed(doc.get("_attachments") or {}))
    generation, hash_ = revision.parse(rev)
    path = {"start": generation, "ids": [hash_, revision.parse(end)[1]]}
    return {**doc, "_rev": rev, "_revisions": path}
