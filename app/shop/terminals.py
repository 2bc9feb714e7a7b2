"""The life of a terminal, as its document tells: planned, given a code, enrolled, replaced, revoked.

The document's `log` holds what happened, an event a request, with who and when; where the terminal stands follows from
it. Events of head office count in the order of their times; that a machine enrolled counts for the code that it used,
whatever that machine's clock said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.docs.database import Database
from app.docs.errors import Conflict
from app.shop import clock as clocks
from app.shop import editing
from app.shop.actor import ANYBODY, Actor
from app.shop.reason import say
from app.shop.sale import SaleError, check_document, read_request
from app.shop.schemas.base import Flag, ListOf, Ref, Strict, Text, Whole
from app.shop.schemas.journalled import REQUEST

#: Hours that a code is good for.
HOURS, MOST_HOURS = 24, 24 * 30


class PlanRequest(Strict):
    """A new terminal."""

    request = Text(64, pattern=REQUEST, required=True)
    store = Ref("store", required=True)
    number = Whole(1, 9999, required=True)
    name = Text(100, load_default="")


class NameRequest(Strict):
    """Another name; `rev` is what the person saw."""

    rev = Text(100, filled=True, required=True)
    name = Text(100, required=True)


class CodeRequest(Strict):
    """A code for a machine; `replace` where it takes the place of the one that is enrolled; `central` is the address
    that the machine finds the central at, where head office uses another one."""

    request = Text(64, pattern=REQUEST, required=True)
    hours = Whole(1, MOST_HOURS, load_default=HOURS)
    replace = Flag(load_default=False)
    central = Text(300, allow_none=True, load_default=None)


class WithdrawRequest(Strict):
    """The code is to be good for nothing."""

    request = Text(64, pattern=REQUEST, required=True)


class RevokeRequest(Strict):
    """The machine is to be let in no more; `stolen` where somebody may have it."""

    request = Text(64, pattern=REQUEST, required=True)
    stolen = Flag(load_default=False)


class NamesRequest(Strict):
    """The names of a terminal's certificate: `names` none where it is to be renewed no more."""

    request = Text(64, pattern=REQUEST, required=True)
    names = ListOf(Text(255, filled=True), 18, required=True)


NAMES = NamesRequest()
PLAN, NAME, CODE = PlanRequest(), NameRequest(), CodeRequest()
WITHDRAW, REVOKE = WithdrawRequest(), RevokeRequest()


@dataclass(frozen=True)
class Standing:
    """Where a terminal stands. `state` is planned, waiting, enrolled, replaced or revoked; `code` is waiting, expired
    or withdrawn, null where none was made or the last one was used; `enrolment` that of the last code."""

    state: str
    code: str | None = None
    enrolment: str | None = None
    until: str | None = None
    at: str | None = None
    by: str | None = None
    stolen: bool = False


def id_of(terminal: str) -> str:
    return f"terminal:{terminal}"


def name_of(store: str, number: int) -> str:
    """`s1-t2`: what the terminal is called in documents, at the central, and in its series."""
    return f"{store}-t{number}"


def events(doc: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The events by time, each with the request that it came by; what can't be read is left out."""
    log = doc.get("log")
    found = [
        (str(key), dict(event))
        for key, event in (log.items() if isinstance(log, Mapping) else ())
        if isinstance(event, Mapping) and isinstance(event.get("what"), str) and isinstance(event.get("at"), str)
    ]
    return sorted(found, key=lambda entry: (entry[1]["at"], entry[0]))


def standing(doc: Mapping[str, Any]) -> Standing:
    """Where the terminal stands by its document."""
    told = [event for _, event in events(doc)]
    used = {event.get("enrolment"): event for event in told if event["what"] == "enrolled"}
    at_office = [event for event in told if event["what"] not in ("planned", "enrolled", "certificate")]
    made = [event for event in at_office if event["what"] in ("code", "replaced")]
    if not at_office:
        # It was made without a code.
        sells = bool(doc.get("incarnations")) or bool(used) or bool(doc.get("claim"))
        first = {} if sells else next((event for event in told), {})
        return Standing("enrolled" if sells else "planned", at=first.get("at"), by=first.get("by"))
    last = at_office[-1]
    code = made[-1] if made else {}
    enrolment, who = code.get("enrolment"), {"at": last["at"], "by": last.get("by")}
    if last["what"] == "revoked":
        return Standing("revoked", enrolment=enrolment, stolen=bool(last.get("stolen")), **who)
    if enrolment in used:
        machine = used[enrolment]
        return Standing("enrolled", enrolment=enrolment, at=machine["at"], by=machine.get("by"))
    ended = last["what"] if last["what"] in ("withdrawn", "expired") else "waiting"
    before = "replaced" if any(event["what"] == "replaced" for event in made) else "planned"
    state = "waiting" if before == "planned" and ended == "waiting" else before
    return Standing(state, ended, enrolment, code.get("until"), **who)


def enrolments(doc: Mapping[str, Any]) -> list[str]:
    """Every code that was made for this terminal, the last one first."""
    made = [event.get("enrolment") for _, event in events(doc) if event["what"] in ("code", "replaced")]
    return [str(one) for one in reversed(made) if one]


def names(doc: Mapping[str, Any]) -> list[str] | None:
    """By which names and addresses browsers are to call the terminal, as head office said last: the names of its
    certificate. None where it said nothing."""
    said = [event.get("names") for _, event in events(doc) if event["what"] == "certificate"]
    told = said[-1] if said else None
    return [name for name in told if isinstance(name, str)] if isinstance(told, list) else None


def all_of(store: Database) -> Iterator[dict[str, Any]]:
    """The documents of a store's terminals that can be read, by id."""
    for record in store.each("terminal"):
        doc = record.full()
        if isinstance(doc.get("terminal"), str) and doc["_id"] == id_of(doc["terminal"]):
            yield doc


def read(store: Database, terminal: str) -> dict[str, Any]:
    """The terminal's document. SaleError 404."""
    doc = found(store, terminal)
    if doc is None:
        name = terminal.upper()
        raise SaleError(404, "not_found", say("There is no terminal %(terminal)s here.", terminal=name))
    return doc


def found(store: Database, terminal: str) -> dict[str, Any] | None:
    record = store.read(id_of(terminal))
    return None if record is None or record.deleted or record.type != "terminal" else record.full()


def next_number(store: Database, store_id: str, seen: Collection[str] = ()) -> int:
    """The first number after all that this store's terminals have; `seen` are some without a document, which they get
    with their first sale."""
    taken = [0]
    for terminal in (*seen, *(doc["terminal"] for doc in all_of(store))):
        tail = terminal.removeprefix(f"{store_id}-t")
        taken.append(int(tail) if tail.isascii() and tail.isdigit() and len(tail) < 5 else 0)
    return min(max(taken) + 1, 9999)


def plan(
    store: Database,
    asked: Mapping[str, Any],
    *,
    on: str,
    actor: Actor = ANYBODY,
    moment: clocks.Clock = clocks.now,
    seen: Collection[str] = (),
) -> tuple[dict[str, Any], bool]:
    """`PlanRequest` to the terminal's document, and whether it was there already. SaleError 409 `conflict`; so too for
    a terminal that was `seen` and has no document yet: its code would shut the one out that runs."""
    given = read_request(asked, PLAN)
    store_id = given["store"].removeprefix("store:")
    terminal = name_of(store_id, given["number"])
    with store.transaction():
        doc = found(store, terminal)
        if doc is not None and given["request"] in (doc.get("log") or {}):
            return doc, True
        if doc is not None or terminal in seen:
            reason = say("There is a terminal %(terminal)s already: take another number.", terminal=terminal.upper())
            raise SaleError(409, "conflict", reason, "number")
        made = {
            "type": "terminal",
            "schema": 1,
            "terminal": terminal,
            "store": given["store"],
            "number": given["number"],
            "name": " ".join(given["name"].split()) or None,
            "incarnations": [],
            "log": {given["request"]: _event("planned", on, actor, moment)},
        }
        return _put(store, terminal, made, on, actor, moment), False


def rename(
    store: Database,
    terminal: str,
    asked: Mapping[str, Any],
    *,
    on: str,
    actor: Actor = ANYBODY,
    moment: clocks.Clock = clocks.now,
) -> dict[str, Any]:
    """`NameRequest` to the document. SaleError 409 `changed` with `{"current": {"rev", "name"}}`."""
    given = read_request(asked, NAME)
    read(store, terminal)
    try:
        changes = {"name": " ".join(given["name"].split()) or None}
        return editing.edit(
            store, id_of(terminal), given["rev"], changes, by=actor.staff or actor.name, on=on, moment=moment
        )
    except editing.Changed as newer:
        current = newer.current or {}
        told = {"rev": current.get("_rev"), "name": current.get("name")}
        reason = say("Somebody changed this terminal meanwhile. Look again.")
        raise SaleError(409, "changed", reason, "rev", {"current": told}) from None


def note(
    store: Database,
    terminal: str,
    key: str,
    what: str,
    *,
    on: str,
    actor: Actor = ANYBODY,
    moment: clocks.Clock = clocks.now,
    **more: Any,
) -> dict[str, Any]:
    """Writes an event under `key`, once; the document with it. A terminal that has no document yet gets one."""
    with store.transaction():
        doc = found(store, terminal)
        if doc is None:
            doc = {
                "type": "terminal",
                "schema": 1,
                "terminal": terminal,
                "store": f"store:{store.name.removeprefix('store-')}",
                "incarnations": [],
            }
        log = doc.get("log") or {}
        if key in log:
            return doc
        kept = {name: value for name, value in more.items() if value is not None}
        changed = {**doc, "log": {**log, key: {**_event(what, on, actor, moment), **kept}}}
        return _put(store, terminal, changed, on, actor, moment)


def _event(what: str, on: str, actor: Actor, moment: clocks.Clock) -> dict[str, Any]:
    return {"what": what, "at": clocks.stamp(moment()), "by": actor.staff or actor.name, "on": on}


def _put(
    store: Database, terminal: str, doc: dict[str, Any], on: str, actor: Actor, moment: clocks.Clock
) -> dict[str, Any]:
    id = id_of(terminal)
    old = store.read(id)
    doc = {
        **doc,
        "_id": id,
        **({"_rev": old.rev} if old is not None else {}),
        "updated_at": clocks.stamp(moment()),
        "updated_by": actor.staff or actor.name,
        "updated_on": on,
    }
    check_document(doc)
    try:
        doc["_rev"] = store.put(doc)
    except Conflict:
        raise SaleError(409, "changed", say("Somebody changed this terminal meanwhile. Look again.")) from None
    return doc
