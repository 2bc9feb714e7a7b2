"""Head office gives a terminal its account at the central and a code for the machine, and takes both away again.

What the central knows is written first when something ends, so that it has ended whatever comes after; the terminal's
document tells of it then. A repeated request does what is missing and answers with the same code: its secret is made
from the request's id and a key of this node (`issuing.secret`), and stands nowhere.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from app.docs.database import Database
from app.node import codes, pin_carrying
from app.node import config as node_config
from app.node.central_users import TERMINAL, TICKET, Central, CentralProblem, Doc, account, told, with_password
from app.node.codes import Code
from app.node.config import NodeError
from app.shop import clock as clocks
from app.shop import terminals
from app.shop.actor import ANYBODY, Actor
from app.shop.reason import say
from app.shop.sale import SaleError, read_request
from app.shop.terminals import Standing

KEY = "issuing"
#: Characters of an address that still fit in a code; a longer one nobody would type.
MOST_ADDRESS = 120

T = TypeVar("T")


class Issued(NamedTuple):
    """A code as a person is shown it, once; when it ends; the terminal's document; whether the PINs of the store will
    work on the machine (else it needs their key by hand)."""

    text: str
    until: str
    doc: dict[str, Any]
    pins: bool = True


class Issuing:
    """What head office `node` does with terminals at its central. Raises SaleError in words."""

    def __init__(self, node: Any, *, moment: clocks.Clock = clocks.now) -> None:
        self.node = node
        self.moment = moment

    def store(self, terminal: str) -> Database:
        """The database of the store that a terminal stands in, by its document; by its name where it has none yet.
        SaleError 404."""
        stores = self.node.stores()
        for store in stores:
            database: Database = self.node.directory.get(f"store-{store}")
            if terminals.found(database, terminal) is not None:
                return database
        for report in self.node.terminal_reports():
            if report.get("node") == terminal and report.get("kind") == "terminal" and report.get("store") in stores:
                return self.node.directory.get(f"store-{report['store']}")
        reason = say("There is no terminal %(terminal)s here.", terminal=terminal.upper())
        raise SaleError(404, "not_found", reason)

    # -- codes ---------------------------------------------------------------------------------------------------

    def code(self, terminal: str, asked: Mapping[str, Any], actor: Actor = ANYBODY) -> Issued:
        """`CodeRequest`: a new code, and an account that it opens. The codes of before, and the machine of before
        where it is replaced, are worth nothing from then on.

        SaleError: 409 `enrolled` without `replace`, `used` for the repeat of a request whose code is over; 409
        `no_central`, `not_prepared`, `may_not`; 503 `central` with what is the matter.
        """
        given = read_request(asked, terminals.CODE)
        store = self.store(terminal)
        doc = terminals.found(store, terminal) or {}
        now, request = terminals.standing(doc), given["request"]
        code = self._make(store, terminal, request, given["central"])
        known = (doc.get("log") or {}).get(request)
        if known is not None:
            if known.get("enrolment") != code.enrolment or (now.enrolment, now.code) != (code.enrolment, "waiting"):
                raise SaleError(409, "used", say("This code is over: make a new one."), "request")
            return Issued(codes.encode(code), str(now.until), doc, pin_carrying.ready(self.node.path, store)[1])
        used = now.state in ("enrolled", "revoked", "replaced") or not doc
        if used and not given["replace"]:
            name = terminal.upper()
            reason = say("%(terminal)s is enrolled. Replace it to put another machine in its place.", terminal=name)
            raise SaleError(409, "enrolled", reason, "replace")
        until = clocks.stamp(self.moment() + timedelta(hours=given["hours"]))
        keys, pins = pin_carrying.ready(self.node.path, store)
        with self._central() as central:
            self._prepared(central, store)
            self._open(central, code, until, now, keys, replaces=used)
        doc = terminals.note(
            store,
            terminal,
            request,
            "replaced" if used else "code",
            on=self.node.id,
            actor=actor,
            moment=self.moment,
            enrolment=code.enrolment,
            until=until,
        )
        self._send(store, terminal)
        return Issued(codes.encode(code), until, doc, pins)

    def _send(self, store: Database, terminal: str) -> None:
        """The terminal's document to the central at once: the machine that uses the code shall find it there, and not
        begin one of its own. Where this fails, the link sends it."""
        doc = store.get(terminals.id_of(terminal), revs=True)
        try:
            with self._central() as central:
                central.send(store.name, doc)
        except (CentralProblem, SaleError):
            return

    def _make(self, store: Database, terminal: str, request: str, address: str | None) -> Code:
        config = self.node.config
        if config.central_url is None or config.central_user is None:
            raise SaleError(409, "no_central", say("Head office has no central yet: start it with --central."))
        key = node_config.read_secret(self.node.path, KEY)
        if not key:
            key = secrets.token_hex(32)
            node_config.write_secret(self.node.path, KEY, key)
        secret = hmac.digest(key.encode(), f"{terminal} {request}".encode(), "sha256")[: codes.SECRET_BYTES]
        central = config.central_url if not address else _address(address)
        from app.node import trust

        half = trust.of_central(self.node.path, central)
        return Code(central, terminal, store.name.removeprefix("store-"), secret, half)

    def _open(
        self, central: Central, code: Code, until: str, before: Standing, keys: tuple[str, ...], *, replaces: bool
    ) -> None:
        """The code's ticket, the end of the tickets of before, and last the account that the code opens."""
        at = clocks.stamp(self.moment())
        words = {"terminal": code.terminal, "store": code.store, "enrolment": code.enrolment, "at": at, "until": until}
        waiting = {**words, "state": "waiting"}
        name, password = code.ticket

        def ticket(doc: Doc | None) -> Doc:
            carried = {pin_carrying.MEMBER: pin_carrying.sealed(code, keys)} if keys else {}
            return {**with_password(account(doc, name, (TICKET,), waiting), password), **carried}

        def own(doc: Doc | None) -> Doc:
            if doc is not None and not replaces and told(doc).get("state") == "enrolled":
                raise _used(code.terminal)
            roles = (TERMINAL, f"store:{code.store}")
            return with_password(account(doc, code.terminal, roles, waiting), code.password)

        def make() -> None:
            central.save(name, ticket)
            if before.enrolment and before.enrolment != code.enrolment:
                self._tell(central, code.terminal, before.enrolment, "replaced" if replaces else "withdrawn", at)
            central.save(code.terminal, own)

        _doing(make)

    # -- ends ----------------------------------------------------------------------------------------------------

    def withdraw(self, terminal: str, asked: Mapping[str, Any], actor: Actor = ANYBODY) -> dict[str, Any]:
        """`WithdrawRequest`: the code opens nothing any more. SaleError 409 `used` where a machine has used it."""
        given = read_request(asked, terminals.WITHDRAW)
        store = self.store(terminal)
        return self._close(store, terminal, given["request"], "withdrawn", actor)

    def expire(self, store: Database, terminal: str, enrolment: str) -> dict[str, Any]:
        """A code whose time is over. SaleError as `withdraw`."""
        return self._close(store, terminal, f"expired.{enrolment}", "expired", ANYBODY)

    def _close(self, store: Database, terminal: str, key: str, state: str, actor: Actor) -> dict[str, Any]:
        doc = terminals.read(store, terminal)
        now = terminals.standing(doc)
        if key in (doc.get("log") or {}):
            return doc
        if now.code != "waiting" or now.enrolment is None:
            raise SaleError(409, "used", say("No code of %(terminal)s waits for a machine.", terminal=terminal.upper()))
        enrolment, at = now.enrolment, clocks.stamp(self.moment())

        def own(old: Doc | None) -> Doc | None:
            if old is None or told(old).get("enrolment") != enrolment:
                return None
            if told(old).get("state") == "enrolled":
                raise _used(terminal)
            return account(old, terminal, (TICKET,), {**told(old), "state": state, "at": at})

        with self._central() as central:

            def end() -> None:
                central.save(terminal, own)
                self._tell(central, terminal, enrolment, state, at)

            _doing(end)
        return terminals.note(
            store, terminal, key, state, on=self.node.id, actor=actor, moment=self.moment, enrolment=enrolment
        )

    def revoke(self, terminal: str, asked: Mapping[str, Any], actor: Actor = ANYBODY) -> dict[str, Any]:
        """`RevokeRequest`: the terminal's account may do nothing any more, from the central's next answer on."""
        given = read_request(asked, terminals.REVOKE)
        store = self.store(terminal)
        doc = terminals.found(store, terminal) or {}
        if given["request"] in (doc.get("log") or {}):
            return doc
        now, at = terminals.standing(doc), clocks.stamp(self.moment())

        def own(old: Doc | None) -> Doc | None:
            if old is None:
                return None
            words = {"terminal": terminal, "store": store.name.removeprefix("store-"), **told(old)}
            return account(old, terminal, (TICKET,), {**words, "state": "revoked", "at": at})

        with self._central() as central:

            def end() -> None:
                central.save(terminal, own)
                if now.enrolment:
                    self._tell(central, terminal, now.enrolment, "revoked", at)

            _doing(end)
        return terminals.note(
            store,
            terminal,
            given["request"],
            "revoked",
            on=self.node.id,
            actor=actor,
            moment=self.moment,
            enrolment=now.enrolment,
            stolen=given["stolen"] or None,
        )

    def _tell(self, central: Central, terminal: str, enrolment: str, state: str, at: str) -> None:
        """What became of a code stands in its ticket, for the machine that comes with it."""
        name = codes.ticket_name(terminal, enrolment)

        def tell(old: Doc | None) -> Doc | None:
            if old is None:
                return None
            kept = {key: value for key, value in old.items() if key != pin_carrying.MEMBER}
            return account(kept, name, (TICKET,), {**told(old), "state": state, "at": at})

        central.save(name, tell)

    # -- the central ---------------------------------------------------------------------------------------------

    def _central(self) -> Central:
        return central_of(self.node)

    def _prepared(self, central: Central, store: Database) -> None:
        """SaleError 409 `not_prepared` where the central has no database of the store."""
        there = _doing(lambda: central.has_database(store.name))
        if not there:
            name = store.name.removeprefix("store-")
            reason = say(
                "The central has no database for store %(store)s yet. Prepare it on the page “Stores”, or have "
                "“couchtill central apply” run with --store %(name)s; then try again.",
                store=name.upper(),
                name=name,
            )
            raise SaleError(409, "not_prepared", reason)


def central_of(node: Any) -> Central:
    """The central as head office's own account. SaleError 409 `no_central`."""
    config = node.config
    if config.central_url is None or config.central_user is None:
        raise SaleError(409, "no_central", say("Head office has no central yet: start it with --central."))
    return Central(config.central_url, config.central_user, node_config.read_secret(node.path, "central") or "")


def _doing(run: Callable[[], T]) -> T:
    """What the central says, as the shop's refusal."""
    try:
        return run()
    except CentralProblem as problem:
        if problem.kind in ("forbidden", "missing"):
            reason = say(
                "Head office’s account may not manage accounts at the central. Whoever looks after it runs "
                "“couchtill central apply” once, then try again."
            )
            raise SaleError(409, "may_not", reason) from None
        raise SaleError(503, "central", problem.reason, "", {"kind": problem.kind}) from None


def _address(text: str) -> str:
    """The central's address as tills are to use it. SaleError 400."""
    reason = say("This is no address of a central that tills can use: https://central.example:6984 is one.")
    try:
        url, user, _ = node_config.split_central(text.strip())
    except NodeError:
        raise SaleError(400, "invalid", reason, "central") from None
    if user is not None or " " in url or len(url) > MOST_ADDRESS:
        raise SaleError(400, "invalid", reason, "central")
    return url


def _used(terminal: str) -> SaleError:
    reason = say(
        "A machine has used the code of %(terminal)s meanwhile: it is enrolled. Look again.", terminal=terminal.upper()
    )
    return SaleError(409, "used", reason)


def overdue(node: Any, now: datetime) -> list[tuple[Database, str, str]]:
    """The codes that wait and whose time is over: store, terminal, enrolment."""
    found = []
    for store in node.stores():
        database = node.directory.get(f"store-{store}")
        for doc in terminals.all_of(database):
            at = terminals.standing(doc)
            if at.code == "waiting" and at.enrolment and at.until and clocks.read(at.until) <= now:
                found.append((database, str(doc["terminal"]), at.enrolment))
    return found
