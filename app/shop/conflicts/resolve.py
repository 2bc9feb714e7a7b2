"""Deciding a document in dispute. All of it in one commit, or nothing.

    1-a ── 2-b ── 3-c ── 4-m            what was decided, on the winner's branch
       └── 2-x ── 3-t                   a tombstone that says resolved: true

Where the deletion stays, every live branch gets the tombstone; the deletion itself stays unmarked, so that an edit that
is still on its way comes to dispute once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from app.docs import merge
from app.docs.database import Database
from app.docs.errors import Conflict
from app.docs.merge import RESOLVED, Path, same
from app.shop import clock as clocks
from app.shop import schemas
from app.shop.actor import Actor
from app.shop.conflicts import case as cases
from app.shop.conflicts import leave, revising
from app.shop.conflicts.case import ATTACHMENTS, Case
from app.shop.conflicts.policies import personal
from app.shop.conflicts.resolutions import answer, check, latest, record, requested, used
from app.shop.conflicts.undoing import undo
from app.shop.reason import say
from app.shop.sale import SaleError, invalid
from app.shop.schemas.cart import plain
from app.shop.schemas.resolution import CHOICES, JOINED, OTHER

__all__ = ["resolve", "undo"]

Choice = Mapping[str, Any]
Picks = dict[str, tuple[str, Any]]


def resolve(
    database: Database,
    id: str,
    *,
    request: str,
    seen: str,
    actor: Actor,
    on: str,
    take: str | None = None,
    choose: Mapping[str, Choice] | None = None,
    keep: Literal["deleted", "live"] | None = None,
    note: str | None = None,
    kind: Literal["resolved", "bulk"] = "resolved",
    asks: Iterable[str] = (),
    moment: clocks.Clock = clocks.now,
) -> dict[str, Any]:
    """Writes what a person decided: `{"rev", "resolution", "doc"}`, the document as it is now (None: deleted).

    `seen` is the case's, as the person saw it. `choose` says for a field whose value it gets (`{"side": rev}`), or a
    keyed one (`{"value": …}`); it may change what the rules have joined, too. `take` is the side for every field that
    `choose` leaves out. `keep` decides between a deletion and an edit. The same `request` again is answered with what
    it wrote.

    Raises SaleError: 403 `needs_approval`; 409 `changed` (`{"case"}`: what there is to decide now, None for nothing
    more; `{"resolution"}`: who decided it), when `seen` is not the tree's; 400 `undecided` (`{"fields"}`); 400
    `invalid` with the field. Nothing is written then.
    """
    check(request, note)
    lent = leave.need(actor, id, say("decide between two versions"))
    with database.transaction():
        known = requested(database, request, id, kind=kind)
        if known is not None:
            if kind == "resolved" and cases.fingerprint(known["leaves"]) != seen:
                raise used()
            return answer(database, id, known)
        case = cases.read(database, id, asks)
        if case is None or case.seen != seen:
            raise changed(database, id, case)
        if any(side.body.get("erased") is True for side in case.live):
            # The rules end every other branch; a choice of a person could only bring something of them back.
            raise SaleError(403, "erased", say("This person’s data were erased: they are not brought back."))
        kept = _kept(case, take, keep)
        picks = {} if kept == "deleted" else _picks(case, take, choose or {})
        result: str | None
        if kept == "deleted":
            *closed, first = _close(database, case, [*case.live[1:], case.live[0]])
            result, closed = None, [first, *closed]
        else:
            body, atts = _merged(database, case, picks, actor, on, clocks.stamp(moment()))
            closed = _close(database, case, case.sides[1:])
            result = database.put({"_id": id, **body, **atts}, rev=case.sides[0].rev)
        about = dict(id=id, type=case.type, kind=kind, request=request, leaves=[side.rev for side in case.sides])
        more: dict[str, Any] = {"base": case.base_rev, "choices": _choices(case, picks, kept)}
        if case.kind == "deleted":
            more["kept"] = kept
        if note:
            more["note"] = note
        resolution = record(
            database, about, result=result, closed=closed, by=actor.staff, on=on, moment=moment, lent=lent, **more
        )
        return answer(database, id, resolution)


def changed(database: Database, id: str, case: Case | None) -> SaleError:
    """The document is no longer as the person saw it: what there is to decide now, or who has decided it."""
    if case is not None:
        reason = say("Something new came in while you were deciding. Nothing was written: look again.")
        return SaleError(409, "changed", reason, "", {"case": case.as_dict(), "resolution": None})
    reason = say("There is nothing to decide here any more. Nothing was written.")
    return SaleError(409, "changed", reason, "", {"case": None, "resolution": latest(database, id)})


# --- what was asked for ----------------------------------------------------------------------------------------------


def _kept(case: Case, take: str | None, keep: Any) -> str:
    """Whether the document lives on: "live" or "deleted". Raises SaleError."""
    if take is not None and take not in case.by_rev:
        raise invalid(say("This version is not one of those in dispute."), "take")
    if keep not in (None, "deleted", "live"):
        raise invalid(say("Only “deleted” or “live” can be kept."), "keep")
    if case.kind == "edited":
        if keep == "deleted":
            raise invalid(say("Nobody has deleted it."), "keep")
        return "live"
    if keep is None and take is not None:
        keep = "deleted" if case.by_rev[take].deleted else "live"
    if keep is None:
        raise _undecided(["_deleted"])
    return str(keep)


def _undecided(fields: list[str]) -> SaleError:
    return SaleError(400, "undecided", say("Choose for everything that is different."), fields[0], {"fields": fields})


def _picks(case: Case, take: str | None, choose: Any) -> Picks:
    """By the field's name: whose value ("other": keyed), and the value. Raises SaleError."""
    if not isinstance(choose, Mapping):
        raise invalid(say("The choices must be an object, by field."), "choose")
    open_ = {field.path: field for field in case.fields}
    picks: Picks = {}
    for name, asked in choose.items():
        if name not in case.places:
            raise invalid(say("“%(name)s” is not in dispute.", name=str(name)), str(name))
        picks[name] = _pick(case, name, case.places[name], asked)
    live = {side.rev: side for side in case.live}
    if take in live:
        for name, field in open_.items():
            picks.setdefault(name, (str(take), case.value(live[str(take)], field.place)))
    missing = [name for name in open_ if name not in picks]
    if missing:
        raise _undecided(missing)
    return picks


def _pick(case: Case, name: str, place: Path, asked: Any) -> tuple[str, Any]:
    if isinstance(asked, Mapping) and asked.keys() == {"side"}:
        side = next((side for side in case.live if side.rev == asked["side"]), None)
        if side is None:
            raise invalid(say("This version is not one of those in dispute."), name)
        return side.rev, case.value(side, place)
    if isinstance(asked, Mapping) and asked.keys() == {"value"}:
        if place == (ATTACHMENTS,) or case.secret(place):
            raise invalid(say("This can only be taken from one of the versions."), name)
        if not plain(asked["value"]):
            raise invalid(say("The value must be plain JSON, with whole numbers only."), name)
        return OTHER, asked["value"]
    raise invalid(say("A choice is a version (“side”) or a value (“value”)."), name)


# --- writing it ------------------------------------------------------------------------------------------------------


def _merged(
    database: Database, case: Case, picks: Picks, actor: Actor, on: str, now: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body that was decided on, and its `_attachments`. Raises SaleError when its schema refuses it."""
    chosen = {case.places[name]: value for name, (_, value) in picks.items() if name != ATTACHMENTS}
    body = merge.content(case.plan.result(chosen))
    body |= revising.stamps(body, [side.body for side in case.live], actor, on, now)
    keyed = {case.places[name][0] for name, (side, _) in picks.items() if side == OTHER}
    schema = schemas.schema_of(body)
    if schema is not None:
        _refuse(case, body, keyed)
        loaded = schema.readable(body)
        body |= {name: loaded[name] for name in keyed if name in loaded}
    made: dict[str, Any] = merge.ordered(body)
    return made, _attachments(database, case, picks.get(ATTACHMENTS))


def _refuse(case: Case, body: Mapping[str, Any], keyed: set[str]) -> None:
    """Raises SaleError for what is wrong with the whole, but was wrong with none of its sides."""
    old = {problem.field for side in case.live for problem in schemas.check({**side.body, "_id": case.id})}
    for problem in schemas.check({**body, "_id": case.id}):
        if problem.field not in old or problem.field.partition(".")[0] in keyed:
            raise invalid(problem.reason, problem.field)


def _attachments(database: Database, case: Case, picked: tuple[str, Any] | None) -> dict[str, Any]:
    """`{"_attachments": …}` of the side that was chosen, else of the winner; nothing where it has none."""
    winner = case.sides[0]
    side = case.by_rev[picked[0]] if picked is not None else winner
    if not side.attachments:
        return {}
    if side is winner:
        return revising.same_files(side.attachments)
    return revising.files_of(database.get(case.id, rev=side.rev, attachments=True))


def _close(database: Database, case: Case, sides: Iterable[cases.Side]) -> list[str]:
    """The tombstones of these branches, in their order; the winner's must be the last."""
    docs = [{"_id": case.id, "_rev": side.rev, "_deleted": True, **RESOLVED} for side in sides]
    closed = []
    for answered in database.bulk_docs(docs):
        if "rev" not in answered:
            raise Conflict
        closed.append(answered["rev"])
    return closed


def _choices(case: Case, picks: Picks, keep: str) -> list[dict[str, Any]]:
    """What the resolution says of each member; values for no person's data, and none that documents can't hold."""
    if keep == "deleted":
        return []
    told = not personal(case.id, case.type)  # what is erased must be gone from here as well
    found = []
    for name, (side, value) in sorted(picks.items()):
        chosen: dict[str, Any] = {"path": name, "side": side}
        if told:
            said = {each.rev: case.value(each, case.places[name]) for each in case.live}
            chosen |= {"value": value} if revising.is_told(value) else {}
            chosen["aside"] = {rev: v for rev, v in said.items() if not same(v, value) and revising.is_told(v)}
        found.append(chosen)
    for one in case.joined:
        if one.path not in picks:
            value = {"value": one.value} if told and revising.is_told(one.value) else {}
            found.append({"path": one.path, "side": JOINED, **value})
    return found[:CHOICES]
