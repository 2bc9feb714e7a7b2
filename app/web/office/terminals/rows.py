"""The terminals as their page lists them: where each stands, when it was last heard, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from app.node.keeping import CAME
from app.shop import terminals
from app.shop.stores import StoreFacts
from app.shop.terminals import Standing
from app.web import words
from app.web.words import BAD, BUSY, CUT, NONE, OK

#: Series that a row names; the newest by their letters come last.
SERIES = 50


def seen(node: Any, store: str) -> list[str]:
    """The terminals of a store that tell of themselves at the central, whether they have a document or not."""
    reports = [one for one in node.terminal_reports() if one.get("kind") == "terminal" and one.get("store") == store]
    return [str(one.get("node")) for one in reports]


def overview(node: Any) -> dict[str, Any]:
    """`{"rows", "stores": [{"id", "name", "next"}], "central", "loopback"}`: every terminal that a document or a report
    tells of; `next` is the first free number; `central` the address that a code gives, `loopback` where no other
    machine can use it."""
    reports = {str(one.get("node")): one for one in node.terminal_reports() if one.get("kind") == "terminal"}
    came = node.state.get(CAME) or {}
    rows, stores = [], []
    for store in node.stores():
        database = node.directory.get(f"store-{store}")
        name = str(StoreFacts(node.company, store).read()[0]["name"])
        number = terminals.next_number(database, store, seen(node, store))
        stores.append({"id": store, "name": name, "next": number})
        known = {doc["terminal"]: doc for doc in terminals.all_of(database)}
        for report in reports.values():
            if report.get("store") == store and report["node"] not in known:
                known[report["node"]] = {"terminal": report["node"], "store": f"store:{store}", "incarnations": []}
        rows += [_row(store, name, doc, reports.get(terminal), came.get(terminal)) for terminal, doc in known.items()]
    rows.sort(key=lambda row: (row["store"], row["number"] or 0, row["terminal"]))
    address = node.config.central_url
    return {"rows": rows, "stores": stores, "central": address, "loopback": _is_loopback(address)}


def row(node: Any, store: str, doc: Mapping[str, Any]) -> dict[str, Any]:
    """One terminal, as `overview` has it."""
    terminal = str(doc["terminal"])
    report = next((one for one in node.terminal_reports() if one.get("node") == terminal), None)
    name = str(StoreFacts(node.company, store).read()[0]["name"])
    return _row(store, name, doc, report, (node.state.get(CAME) or {}).get(terminal))


def _is_loopback(address: str | None) -> bool:
    host = urlsplit(address or "").hostname or ""
    return host == "localhost" or host == "::1" or host.startswith("127.")


def _row(
    store: str,
    store_name: str,
    doc: Mapping[str, Any],
    report: Mapping[str, Any] | None,
    came: Mapping[str, Any] | None,
) -> dict[str, Any]:
    at = terminals.standing(doc)
    if report is not None and at.state == "planned" and not doc.get("log"):
        at = Standing("enrolled")  # made without a code
    state, level, more = _state(at)
    terminal = str(doc["terminal"])
    tail = terminal.removeprefix(f"{store}-t")
    series = [f"{terminal}.{one}".upper() for one in doc.get("incarnations") or [] if isinstance(one, str)]
    seen = words.report(report) if report is not None else None
    return {
        "terminal": terminal,
        "label": terminal.upper(),
        "rev": doc.get("_rev"),
        "store": store,
        "store_name": store_name,
        "number": doc.get("number") or (int(tail) if tail.isascii() and tail.isdigit() and len(tail) < 5 else None),
        "name": doc.get("name") or "",
        "state": at.state,
        "code": at.code,
        "state_name": state,
        "level": level,
        "more": more,
        "until": at.until if at.code == "waiting" else None,
        "seen": _ago(report),
        "seen_level": seen["level"] if seen is not None else NONE,
        "unsent": int((report or {}).get("unsent") or 0),
        "unsent_words": words.unsent_words(int((report or {}).get("unsent") or 0), None) if report else "",
        "series": series[-SERIES:],
        "log": [_event(event) for _key, event in reversed(terminals.events(doc))],
        "came": _came(at, came),
        "actions": _actions(at),
    }


def _ago(report: Mapping[str, Any] | None) -> str:
    if report is None:
        return _("never")
    return words.past(str(report.get("time") or "")) or _("never")


def _actions(at: Standing) -> list[str]:
    """What can be done, the likeliest first."""
    if at.state in ("planned", "waiting"):
        return ["code", *(["withdraw"] if at.code == "waiting" else [])]
    if at.state == "enrolled":
        return ["replace", "revoke"]
    if at.state == "replaced":
        return ["replace", *(["withdraw"] if at.code == "waiting" else []), "revoke"]
    return ["replace"]


def _state(at: Standing) -> tuple[str, str, str]:
    """Its name, its colour, and a line that says more."""
    until, when = words.when(at.until) if at.until else "", words.when(at.at) if at.at else ""
    code = {
        "waiting": _("Its code is good until %(time)s.", time=until),
        "expired": _("Its code has expired. Make a new one."),
        "withdrawn": _("Its code was withdrawn."),
    }.get(at.code or "", "")
    if at.state == "planned":
        return _("Planned"), NONE, code or _("It has no code yet.")
    if at.state == "waiting":
        return _("Waiting for its code"), BUSY, code
    if at.state == "enrolled":
        return _("Enrolled"), OK, _("Since %(time)s.", time=when) if when else ""
    if at.state == "replaced":
        return _("Replaced"), BUSY if at.code == "waiting" else CUT, code
    if at.stolen:
        return _("Revoked"), BAD, _("Stolen or lost: revoked %(time)s.", time=when)
    return _("Revoked"), BAD, _("Revoked %(time)s.", time=when)


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """`{"what", "at", "who"}` in words."""
    until = words.when(str(event["until"])) if event.get("until") else ""
    names = ", ".join(str(name) for name in event.get("names") or ())
    what = {
        "planned": _("Planned"),
        "certificate": _("Certificate for %(names)s", names=names) if names else _("Certificate: not renewed any more"),
        "code": _("A code was made, good until %(time)s", time=until),
        "replaced": _("Replaced: a code for another machine was made, good until %(time)s", time=until),
        "withdrawn": _("The code was withdrawn"),
        "expired": _("The code expired"),
        "enrolled": _("A machine was enrolled"),
        "revoked": _("Revoked: stolen or lost") if event.get("stolen") else _("Revoked"),
    }.get(str(event["what"]), str(event["what"]))
    who = str(event.get("by") or "")
    where = str(event.get("on") or "")
    return {"what": what, "at": words.when(str(event["at"])), "who": " · ".join(part for part in (who, where) if part)}


def _came(at: Standing, came: Mapping[str, Any] | None) -> str:
    """That a machine which is let in no more asked again, after that."""
    if came is None or (at.at is not None and at.state == "revoked" and str(came.get("at")) < at.at):
        return ""
    time = words.when(str(came.get("at")))
    unsent = came.get("unsent")
    if isinstance(unsent, int) and unsent > 0:
        waits = words.unsent_words(unsent, None)
        return _("The machine that is let in no more came back %(time)s, with %(unsent)s. It was refused.",
                 time=time, unsent=waits)  # fmt: skip
    return _("The machine that is let in no more came back %(time)s. It was refused.", time=time)
