"""The company's certificates at head office: `/certificates`, `/certificates/ca.crt`, and their API.

What is done stands in `app.node.certificates` and `app.node.certifying`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response
from flask_babel import format_date
from flask_babel import gettext as _

from app.node.config import NodeError
from app.shop import terminals
from app.shop.actor import ANYBODY, Actor
from app.shop.reason import say
from app.shop.sale import SaleError, read_request
from app.shop.stores import StoreFacts
from app.web.callers import caller
from app.web.json_api import Problem, answer, read_json
from app.web.office.frame import page
from app.web.words import BAD, BUSY, CUT, NONE, OK

#: Characters of a request for a certificate; ours have five hundred.
MOST_REQUEST = 20_000
#: Days before the end of the authority from which the page says so: what it signs ends with it.
LAST = 400


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def actor() -> Actor:
        program = caller()
        return ANYBODY if program is None or program.rights is None else Actor(None, f"key:{program.name}")

    @blueprint.get("/certificates")
    def certificates_page() -> str:
        return page("office/certificates.html", boot={"certificates": overview(node)})

    @blueprint.get("/certificates/ca.crt")
    def authority_file() -> Response:
        """The authority's certificate, as devices take it to trust."""
        file = node.path / "ca" / "ca.crt"
        if not file.is_file():
            raise Problem(404, "not_found", say("This company has no authority yet."))
        response = Response(file.read_bytes(), mimetype="application/x-x509-ca-cert")
        response.headers["Content-Disposition"] = 'attachment; filename="ca.crt"'
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get("/api/certificates")
    def list_certificates() -> Response:
        """`overview`."""
        return answer(overview(node))

    @blueprint.post("/api/certificates/authority")
    def make_authority() -> Response:
        """`{"company"}`: makes the authority, once; 409 `exists` where there is one of another name."""
        from app.node import certificates

        name = " ".join(str(read_json().get("company") or "").split())
        there = certificates.authority(node.path)
        if there is not None and there.name == name:
            return answer(overview(node))  # the repeat of a request whose answer was lost
        if there is not None:
            reason = say("There is an authority already: that of “%(name)s”.", name=there.name)
            raise Problem(409, "exists", reason, "company")
        _doing(lambda: certificates.make_authority(node.path, name), "company")
        return answer(overview(node), 201)

    @blueprint.put("/api/certificates/terminals/<terminal>")
    def name_terminal(terminal: str) -> Response:
        """`{"request", "names"}`: by which names browsers call it. It asks for its certificate, and gets it; with none
        it is not renewed any more."""
        from app.node import certificates, certifying

        given = read_request(read_json(), terminals.NAMES)
        _authority(node)
        store = _store(node, terminal)
        names = [name for one in given["names"] for name in re.split(r"[\s,;]+", one.strip().lower()) if name]
        if names:
            names = certifying.all_names(names)
            _doing(lambda: certificates.check_names(names), "names")
        certifying.Signing(node).say(terminal, names)
        terminals.note(store, terminal, given["request"], "certificate", on=node.id, actor=actor(), names=names)
        return answer(overview(node))

    @blueprint.post("/api/certificates/sign")
    def sign_request() -> Response:
        """`{"text"}`, a request that somebody brought (a hub's, a proxy's), as PEM: the certificate, and what stands
        between it and its authority. A repeat gets the same one."""
        from app.node import certificates

        text = read_json().get("text")
        if not isinstance(text, str) or len(text) > MOST_REQUEST:
            raise Problem(400, "invalid", say("A request has 20,000 characters at most."), "text")
        _authority(node)
        csr = text.encode("utf-8", "replace")
        known = f"certificates:signed:{hashlib.sha256(csr).hexdigest()[:32]}"
        kept = node.state.get(known)
        pem = _doing(lambda: certificates.sign(node.path, csr), "text").decode() if kept is None else str(kept["pem"])
        if kept is None:
            node.state.set(known, {"pem": pem})
        done = certificates.read(pem.encode())
        return answer({"certificate": pem, "id": done.id, "names": list(done.names), "ends": _day(done.ends)})


def overview(node: Any) -> dict[str, Any]:
    """`{"authority": {"name", "ends", "level", "more", "fingerprint"} | null, "terminals": […], "others": […]}`: each
    terminal that stands in a store with its certificate, and the machines that somebody signed for by hand."""
    from app.node import certificates, certifying

    there = _doing(lambda: certificates.authority(node.path), "")
    if there is None:
        return {"authority": None, "terminals": [], "others": []}
    signed = certifying.latest(node.path)
    signing = certifying.Signing(node)
    asks = signing.asks()
    reports = {str(one.get("node")): one for one in node.terminal_reports()}
    rows = []
    for store in node.stores():
        name = str(StoreFacts(node.company, store).read()[0]["name"])
        for doc in terminals.all_of(node.directory.get(f"store-{store}")):
            id = str(doc["terminal"])
            if terminals.standing(doc).state in ("enrolled", "replaced", "waiting"):
                rows.append(
                    {
                        "terminal": id,
                        "label": id.upper(),
                        "store_name": name,
                        "suggested": _suggested(doc),
                        **_certificate(signed.get(id), signing.names(id), asks.get(id), reports.get(id)),
                    }
                )
    listed = {row["terminal"] for row in rows}
    others = [
        {"id": one.id, "names": _shown(one.names), "ends": _day(one.ends), **_until(one.ends)}
        for one in sorted(signed.values(), key=lambda one: one.ends)
        if one.id not in listed
    ]
    soon = there.ends - datetime.now(UTC) < timedelta(days=LAST)
    more = _("What it signs ends with it. Make a new one in time, and give it to every device.") if soon else ""
    print_ = " ".join(re.findall("....", there.fingerprint.upper()))
    return {
        "authority": {"name": there.name, "ends": _day(there.ends), "level": CUT if soon else OK, "more": more,
                      "fingerprint": print_},
        "terminals": sorted(rows, key=lambda row: (row["store_name"], row["terminal"])),
        "others": others,
    }  # fmt: skip


def _certificate(
    have: Any, names: list[str], asks: list[str] | None, report: Mapping[str, Any] | None
) -> dict[str, Any]:
    """`{"names", "asks", "state", "level", "more"}` of a terminal."""
    told = {"names": _shown(names), "asks": _shown(asks or ())}
    if asks:
        more = _("It asks for other names than head office gave it: %(names)s.", names=", ".join(_shown(asks)))
        return {**told, "state": _("To be allowed"), "level": CUT, "more": more}
    if not names:
        if have is None:
            return {**told, "state": _("None"), "level": NONE, "more": ""}
        return {**told, "state": _until(have.ends)["state"], "level": CUT, "more": _("It is not renewed.")}
    if have is None or set(have.names) != set(names):
        more = _("It asks for it by itself, within a minute or two, once it runs and has a line.")
        return {**told, "state": _("Waiting for the terminal"), "level": BUSY, "more": more}
    found = {**told, **_until(have.ends), "more": ""}
    shown = str((report or {}).get("certificate_ends") or "")
    if report is not None and shown[:19] != have.ends.isoformat(timespec="seconds")[:19]:
        found["more"] = _("Signed; as it told last, it has not taken it yet.")
    return found


def _until(ends: datetime) -> dict[str, str]:
    from app.node import certificates

    left = ends - datetime.now(UTC)
    if left < timedelta(0):
        return {"state": _("Ended %(day)s", day=_day(ends)), "level": BAD}
    level = CUT if left < timedelta(days=certificates.RENEW) else OK
    return {"state": _("Until %(day)s", day=_day(ends)), "level": level}


def _day(moment: datetime) -> str:
    return format_date(moment.date(), "medium")


def _shown(names: Any) -> list[str]:
    """Without those by which every machine calls itself."""
    from app.node.certifying import HERE

    return [name for name in names if name not in HERE]


def _suggested(doc: Mapping[str, Any]) -> list[str]:
    """What the machine told of itself when it took the terminal's name."""
    claim = doc.get("claim")
    told = [claim.get("host"), claim.get("address")] if isinstance(claim, Mapping) else []
    names = [name.lower() for name in told if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9.:-]+", name)]
    return list(dict.fromkeys(_shown(name for name in names if not name.startswith("127.") and name != "::1")))


def _authority(node: Any) -> None:
    if not (node.path / "ca" / "ca.key").is_file():
        raise Problem(409, "no_authority", say("This company has no authority yet."))


def _store(node: Any, terminal: str) -> Any:
    for store in node.stores():
        database = node.directory.get(f"store-{store}")
        if terminals.found(database, terminal) is not None:
            return database
    raise SaleError(404, "not_found", say("There is no terminal %(terminal)s here.", terminal=terminal.upper()))


def _doing(run: Any, field: str) -> Any:
    """What the authority refuses, as an answer."""
    try:
        return run()
    except NodeError as error:
        raise Problem(400, "invalid", error.args[0], field) from None
