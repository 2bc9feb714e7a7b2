"""An older state of a document written anew: an edit on what is in use, which it says, and which can be edited again.

1-a ── 2-b ── 3-c ── 4-a'     the body of 1-a, stamped now
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.docs import merge
from app.docs import tree as trees
from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock as clocks
from app.shop import ids, schemas
from app.shop.actor import Actor
from app.shop.conflicts import history, leave, revising
from app.shop.conflicts.leave import ALSO as ALSO
from app.shop.conflicts.policies import personal
from app.shop.conflicts.resolutions import answer, check, record, requested
from app.shop.erasing.erase import erasure_of
from app.shop.reason import say
from app.shop.sale import SaleError, check_document, invalid
from app.shop.schemas.resolution import CHOICES


def restore(
    database: Database,
    id: str,
    rev: str,
    *,
    request: str,
    seen: str,
    actor: Actor,
    on: str,
    note: str | None = None,
    elsewhere: Mapping[str, Any] | None = None,
    moment: clocks.Clock = clocks.now,
) -> dict[str, Any]:
    """Writes what revision `rev` said as a new one: `{"rev", "resolution", "doc"}`. A deleted document comes back.

    `seen` is the revision that was in use when the person looked; `elsewhere` the revision as another node has it, for
    one whose body isn't held here. The same `request` again is answered with what it wrote.

    Raises SaleError: 403 `needs_approval`; 403 `immutable`; 403 `erased`; 404 `not_found`; 409 `changed` (`{"rev"}`:
    what is in use now); 409 `not_held`; 400 `invalid` where it is a deletion, or says what is in use already, or is no
    longer valid.
    """
    check(request, note)
    lent = leave.need(actor, id, say("bring back an older version"))
    with database.transaction():
        known = requested(database, request, id, kind="restored", base=rev)
        if known is not None:
            return answer(database, id, known)
        current = database.read(id)
        if current is None:
            raise SaleError(404, "not_found", say("There is no such document here."))
        if id.partition(":")[0] in ids.IMMUTABLE:
            reason = say("This document is written once: correct it by another one that names it.")
            raise SaleError(403, "immutable", reason)
        if current.rev != seen:
            reason = say("It was changed while you were looking. Nothing was written: look again.")
            raise SaleError(409, "changed", reason, "", {"rev": current.rev})
        old = _old(database, current, rev, elsewhere)
        body = _body(current, old, actor, on, clocks.stamp(moment()))
        new = {"_id": id, **body, **_attachments(database, current, old)}
        result = database.put(new, rev=None if current.deleted else current.rev)
        before = {} if current.deleted else current.doc()
        open_ = merge.leaves(database, current)
        leaves = [leaf.rev for leaf in open_] or [current.rev]
        # Brought back on purpose: a deletion that it stood beside is no dispute any more.
        closed = [merge.close(database, id, leaf) for leaf in open_ if current.deleted and leaf.rev != current.rev]
        kind = body.get("type")
        about = {"id": id, "type": kind if isinstance(kind, str) else None, "kind": "restored", "request": request}
        written = record(
            database,
            {**about, "leaves": leaves},
            result=result,
            closed=closed,
            by=actor.staff,
            on=on,
            moment=moment,
            lent=lent,
            base=rev,
            choices=_choices(id, about["type"], rev, before, body),
            **({"note": note} if note else {}),
        )
        return answer(database, id, written)


def _old(database: Database, current: Record, rev: str, elsewhere: Mapping[str, Any] | None) -> dict[str, Any]:
    """The revision to bring back, with `_attachments` as stubs. Raises SaleError."""
    if not trees.contains(current.paths(), rev):
        raise SaleError(404, "not_found", say("This document never had such a version."))
    found: dict[str, Any] | None = database.open_revs(current.id, [rev])[0].get("ok")
    if found is None and elsewhere is not None and elsewhere.get("_rev") == rev:
        found = dict(elsewhere)
    if found is None:
        raise SaleError(409, "not_held", say("What this version said is no longer held here."))
    if found.get("_deleted"):
        raise invalid(say("This is a deletion: there is nothing in it to bring back."), "rev")
    live = [leaf.body for leaf in merge.leaves(database, current) if not leaf.deleted]
    if erasure_of(database, current.id) is not None or any(body.get("erased") is True for body in live):
        raise SaleError(403, "erased", say("This person’s data were erased: they are not brought back."))
    return found


def _body(current: Record, old: Mapping[str, Any], actor: Actor, on: str, now: str) -> dict[str, Any]:
    """The old body with new stamps. Raises SaleError where it is no news, or its schema refuses it."""
    body = {key: value for key, value in old.items() if key[:1] != "_"}
    unchanged = not current.deleted and merge.same(merge.content(body), merge.content(current.doc()))
    if unchanged and _has_its_files(current, old):
        raise invalid(say("This is what is in use already."), "rev")
    body |= revising.stamps(body, [body], actor, on, now)
    if current.type == "product" and body.get("price") != current.doc().get("price"):
        body["priced_at"] = now  # whoever brings an old price back means it: it comes after every plan so far
    if schemas.known(body):
        check_document({**body, "_id": current.id})
    made: dict[str, Any] = merge.ordered(body)
    return made


def _digests(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stub.get("digest") for name, stub in (doc.get("_attachments") or {}).items()}


def _has_its_files(current: Record, old: Mapping[str, Any]) -> bool:
    """Whether the files in use are those of the old revision."""
    return _digests(old) == _digests(current.full())


def _attachments(database: Database, current: Record, old: Mapping[str, Any]) -> dict[str, Any]:
    """`{"_attachments": …}` with the bytes of the old revision's files; nothing where it had none."""
    if not old.get("_attachments"):
        return {}
    if not current.deleted and _has_its_files(current, old):
        return revising.same_files(old["_attachments"])
    found = database.open_revs(current.id, [old["_rev"]], attachments=True)[0].get("ok")
    if found is None:
        raise SaleError(409, "not_held", say("The files of this version are no longer held here."))
    return revising.files_of(found)


def _choices(
    id: str, type: str | None, rev: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What became another, member by member; values for no person's data."""
    found = []
    for change in history.changes(id, type, before, after)[:CHOICES]:
        chosen: dict[str, Any] = {"path": change.path, "side": rev}
        if not personal(id, type) and revising.is_told(change.after):
            chosen["value"] = change.after
        found.append(chosen)
    return found
