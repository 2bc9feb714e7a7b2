"""What goes on beside the links about a terminal's account: a terminal learns why it is refused, head office ends the
codes whose time is over and hears of machines that came back."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from app.node.central_users import CentralProblem, told
from app.node.codes import ticket_name
from app.node.config import NodeError
from app.node.enrolling import say_enrolled
from app.node.issuing import Issuing, central_of, overdue
from app.node.standing import Watch, kept_ticket
from app.shop import clock as clocks
from app.shop import terminals
from app.shop.sale import SaleError

log = logging.getLogger("couchtill.keeping")

#: Seconds between two looks of a terminal at the states of its links: memory only.
GLANCE = 2.0
#: Seconds between two looks of head office for codes that are over, while a certificate is waited for and for how long
#: that counts, and until it reads tickets.
ROUND, SOON, PATIENCE, TICKETS = 20.0, 4.0, 180.0, 300.0
#: Tickets that are read in one turn, those of the newest ends first.
MOST = 100
#: The setting that keeps `{terminal: {"state", "at", "unsent", "ended", "since"}}` of machines that came back: last and
#: first, after that end.
CAME = "terminals:came"


class Keeping:
    """The thread of one node, a terminal or head office, that has a central."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.watch = Watch(node)
        self.asking: Any = None  # a terminal's `Asking`
        self._signing: Any = None
        self._issuing = Issuing(node)
        self._ending = threading.Event()
        self._heard = float("-inf")
        self._began: float | None = None
        self._said = False
        self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()

    def _run(self) -> None:
        terminal = self.node.kind == "terminal"
        wait = GLANCE if terminal else ROUND
        while not self._ending.wait(wait):
            try:
                if terminal:
                    self._glance()
                else:
                    self.expire()
                    wait = SOON if self._sign() else ROUND
                    if time.monotonic() - self._heard > TICKETS:
                        self._heard = time.monotonic()
                        self.hear()
            except Exception:
                if self._ending.is_set():
                    return  # the node closed its files in the middle of it
                log.exception("a look at the terminals' accounts failed")

    # -- a terminal ------------------------------------------------------------------------------------------------

    def _glance(self) -> None:
        supervisor = self.node.supervisor
        links = [] if supervisor is None else supervisor.status()
        states = {link.state for link in links}
        if "denied" in states:
            self.watch.look(sum(link.unsent for link in links))
        elif states and states <= {"idle", "active", "resting"}:
            self.watch.fine()
            if not self._said:
                self._said = self._say_enrolled()
            self._certify()

    def _certify(self) -> None:
        """Asks for a certificate where this terminal is to have one. What reads them comes only then."""
        if self.asking is None:
            there = (self.node.path / "tls.crt").exists()
            if not there and not terminals.names(terminals.found(self.node.store_db, self.node.id) or {}):
                return
            from app.node.certifying import Asking

            self.asking = Asking(self.node)
        try:
            self.asking.turn()
        except NodeError as error:
            log.warning("no certificate: %s", error)

    def _say_enrolled(self) -> bool:
        """That this machine used its code is said at its enrolment, or now that head office's document has come."""
        ticket = kept_ticket(self.node.path)
        if ticket is None:
            return True
        return say_enrolled(self.node.store_db, self.node.id, ticket[0].rpartition(".")[2])

    # -- head office -----------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """Ends the codes whose time is over. What the central doesn't answer now is tried again at the next turn."""
        for store, terminal, enrolment in overdue(self.node, clocks.now()):
            try:
                self._issuing.expire(store, terminal, enrolment)
            except SaleError as error:
                log.info("the code of %s stays for now: %s", terminal, error.reason)

    def _sign(self) -> bool:
        """Signs the certificates that terminals ask for, where the company's authority is here. Whether somebody at the
        page may be waiting for one."""
        if not (self.node.path / "ca" / "ca.key").exists():
            return False
        if self._signing is None:
            from app.node.certifying import Signing

            self._signing = Signing(self.node)
        try:
            self._signing.turn()
            waits = bool(self._signing.waiting())
        except (NodeError, SaleError) as error:
            log.warning("no certificate was signed: %s", error)
            waits = False
        self._began = (self._began or time.monotonic()) if waits else None
        return self._began is not None and time.monotonic() - self._began < PATIENCE

    def hear(self) -> None:
        """Reads the tickets of machines that were replaced or revoked: whether one came back."""
        wanted = []
        for store in self.node.stores():
            for doc in terminals.all_of(self.node.directory.get(f"store-{store}")):
                at = terminals.standing(doc)
                gone = terminals.enrolments(doc)[0 if at.state == "revoked" else 1 :]
                if at.state == "revoked":
                    wanted.append((str(at.at), doc["terminal"], doc["terminal"]))
                wanted += [(str(at.at), doc["terminal"], ticket_name(doc["terminal"], one)) for one in gone[:3]]
        if not wanted or self.node.config.central_user is None:
            return
        heard = dict(self.node.state.get(CAME) or {})
        try:
            with central_of(self.node) as central:
                for _, terminal, name in sorted(wanted, reverse=True)[:MOST]:
                    member, before = told(central.user(name) or {}), heard.get(terminal, {})
                    if "came" in member and member["came"] > before.get("at", ""):
                        ended = member.get("at")
                        since = before.get("since") if before.get("ended") == ended else None
                        heard[terminal] = {
                            "state": member.get("state"), "at": member["came"], "unsent": member.get("unsent"),
                            "ended": ended, "since": since or member["came"],
                        }  # fmt: skip
        except CentralProblem as problem:
            log.debug("tickets: %s", problem)
        if heard != (self.node.state.get(CAME) or {}):
            self.node.state.set(CAME, heard)
            self.node.watching.soon()
