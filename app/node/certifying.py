"""Certificates go to and fro through the central, so that nobody carries files and none ends unseen.

Head office says by which names browsers call a terminal: in the terminal's document, for it to know, and in its own
settings, for itself to go by. The terminal makes the key, which never leaves it, and puts a request into its own
account at the central (`_users`), where only it and head office can write; head office signs what asks for no other
names than it said itself, or signed before, and puts the certificate there. Again before it ends, without a hand.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.node import certificates, hub_certificate, trust
from app.node import config as node_config
from app.node.central_users import TERMINAL, Central, CentralProblem, Doc
from app.node.certificates import Issued
from app.node.config import NodeError
from app.node.report import now, read_time
from app.shop import terminals

log = logging.getLogger("couchtill.certifying")

#: The member of an account that holds `{"request", "certificate"}`, both PEM; the second once head office has signed.
MEMBER = "couchtill_certificate"
#: The settings of head office: `{terminal: [name, …]}` that it said, `{terminal: [name, …]}` that are asked for beyond.
NAMES, ASKS = "certificates:names", "certificates:asks"
#: The setting of a terminal that keeps when it asked last.
ASKED = "certificate:asked"
#: What a browser on the machine itself calls it: nobody else's machine is meant by these.
HERE = ("localhost", "127.0.0.1")
#: Seconds between two looks of a terminal whether it needs one, and at its account while it waits: twice as long each
#: time.
LOOK, FIRST, LONGEST = 20.0, 4.0, 900.0
#: Accounts that head office reads in one turn.
MOST = 50


def all_names(names: Iterable[str]) -> list[str]:
    """The names of a certificate, with those by which the machine calls itself."""
    return list(dict.fromkeys([*(name.strip().lower() for name in names), *HERE]))


class Asking:
    """A terminal's side. `turn` is called often, by a thread that may wait for the network."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._due = 0.0
        self._wait = FIRST
        self.waits = False
        """Whether a request waits for head office: told in the reports."""

    def turn(self) -> None:
        """Asks, or takes what has come, when it is time. NodeError: the key or the disk."""
        if time.monotonic() < self._due:
            return
        wanted = self.wanted()
        if wanted is None:
            self.waits, self._wait, self._due = False, FIRST, time.monotonic() + LOOK
            return
        self._due = time.monotonic() + self._wait
        self._wait = min(2 * self._wait, LONGEST)
        config = self._node.config
        password = node_config.read_secret(self._node.path, "central") or ""
        try:
            with Central(str(config.central_url), str(config.central_user), password) as central:
                self._look(central, wanted)
        except CentralProblem as problem:
            log.debug("no certificate yet: %s", problem)

    def wanted(self) -> list[str] | None:
        """The names for which this terminal needs a certificate now; None while it has one, or is to have none."""
        names = terminals.names(terminals.found(self._node.store_db, self._node.id) or {})
        have = certificates.installed(self._node.path)
        if have is not None and not have.ours:
            return None  # another authority's is its owner's to renew
        if names is None:
            names = list(have.names) if have is not None else []
        if not names or (have is not None and set(have.names) == set(names) and not _ends(have, certificates.ASK)):
            return None
        return names

    def _look(self, central: Central, wanted: list[str]) -> None:
        path, member = self._node.path, _member(central.own())
        pem = member.get("certificate")
        if pem is not None and self._fits(pem, wanted):
            done = certificates.install(path, pem.encode())
            self.waits = False
            log.info("this terminal has a certificate for %s until %s", ", ".join(done.names), done.ends)
        elif not self._is_own(member.get("request"), wanted) or (pem is not None and self._is_late()):
            request = certificates.request(path, self._node.id, wanted).decode()
            self._node.state.set(ASKED, now())
            central.save(central.name, lambda old: None if old is None else {**old, MEMBER: {"request": request}})
            self.waits = True
        else:
            self.waits = pem is None
        self._node.report_soon()

    def _is_late(self) -> bool:
        """Whether the last request is a day ago: one that ends with its authority is no reason to ask all day."""
        last = read_time(self._node.state.get(ASKED))
        return last is None or datetime.now(UTC) - last > timedelta(days=1)

    def _is_own(self, request: str | None, wanted: list[str]) -> bool:
        """Whether what waits there is for this machine's key (not for one that it replaced) and these names."""
        if request is None or not (self._node.path / certificates.KEY).exists():
            return False
        try:
            asked = certificates.asked(request.encode())
            return set(asked.names) == set(wanted) and asked.key == certificates.own_key(self._node.path)
        except NodeError:
            return False

    def _fits(self, pem: str, wanted: list[str]) -> bool:
        """Whether this certificate is a new one for this machine and these names, and the company's."""
        file, have = self._node.path / trust.AUTHORITY, certificates.installed(self._node.path)
        try:
            found = certificates.read(pem.encode())
            return (
                set(found.names) == set(wanted)
                and (self._node.path / certificates.KEY).exists()
                and found.key == certificates.own_key(self._node.path)
                and not _ends(found, 1)
                and (have is None or have.serial != found.serial)
                and (not file.exists() or certificates.verify(pem.encode(), file.read_bytes()))
            )
        except NodeError:
            return False


class Signing:
    """Head office's side. `turn` is called by the thread that keeps the accounts."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self._at = 0

    def names(self, terminal: str) -> list[str]:
        """For which names head office signs what a terminal asks: as it said, or as it signed last."""
        said = (self._node.state.get(NAMES) or {}).get(terminal)
        if said is not None:
            return list(said)
        signed = latest(self._node.path).get(terminal)
        return list(signed.names) if signed is not None else []

    def say(self, terminal: str, names: list[str]) -> None:
        """A person said it."""
        self._node.state.set(NAMES, {**(self._node.state.get(NAMES) or {}), terminal: names})
        self._asks(terminal, None)

    def asks(self) -> dict[str, list[str]]:
        """What terminals ask for that head office has not said: a person's to allow."""
        found: dict[str, list[str]] = self._node.state.get(ASKS) or {}
        return found

    def turn(self) -> None:
        """Signs what waits in the accounts of the terminals that need it, some at a time."""
        path = self._node.path
        if not (path / "ca" / "ca.key").exists():
            return
        self._own()
        waiting = self.waiting()
        hubs = any(report.get("kind") == "hub" for report in self._node.terminal_reports())
        if not (waiting or hubs) or self._node.config.central_user is None:
            return
        self._at %= max(1, len(waiting))
        turn = [*waiting[self._at :], *waiting[: self._at]][:MOST] if waiting else []
        self._at += len(turn)
        from app.node.issuing import central_of

        with central_of(self._node) as central:
            for terminal in turn:
                try:
                    self._sign(central, terminal)
                except CentralProblem as problem:
                    if problem.kind not in ("busy", "failed", "missing"):
                        log.debug("certificates: %s", problem)
                        return
                except NodeError as error:
                    log.warning("%s gets no certificate: %s", terminal, error)
            if hubs:
                try:
                    hub_certificate.sign(self._node, central, latest(path))
                except NodeError as error:  # a CentralProblem is one
                    log.warning("a hub gets no certificate: %s", error)

    def waiting(self) -> list[str]:
        """The terminals whose account is worth a look: they say that they wait, or have none for what was said."""
        signed = latest(self._node.path)
        found = set(self.asks())
        for terminal, names in (self._node.state.get(NAMES) or {}).items():
            have = signed.get(terminal)
            if names and (have is None or set(have.names) != set(names)):
                found.add(terminal)
        for report in self._node.terminal_reports():
            if report.get("kind") == "terminal" and report.get("asks_certificate") is True:
                found.add(str(report.get("node")))
        return sorted(found)

    def _sign(self, central: Central, terminal: str) -> None:
        doc = central.user(terminal)
        if doc is None or TERMINAL not in (doc.get("roles") or ()):
            return self._asks(terminal, None)  # its account has ended
        member = _member(doc)
        request = member.get("request")
        if request is None or "certificate" in member:
            return self._asks(terminal, None)
        wanted = certificates.asked(request.encode()).names
        if not set(wanted) <= {*self.names(terminal), *HERE}:
            return self._asks(terminal, list(wanted))
        pem = certificates.sign(self._node.path, request.encode(), id=terminal).decode()

        def give(old: Doc | None) -> Doc | None:
            if old is None or TERMINAL not in (old.get("roles") or ()) or _member(old).get("request") != request:
                return None
            return {**old, MEMBER: {"request": request, "certificate": pem}}

        central.save(terminal, give)
        self._asks(terminal, None)
        log.info("%s has a certificate for %s", terminal, ", ".join(wanted))

    def _asks(self, terminal: str, names: list[str] | None) -> None:
        before = self.asks()
        after = {one: asked for one, asked in before.items() if one != terminal}
        if names is not None:
            after[terminal] = names
        if after != before:
            self._node.state.set(ASKS, after)

    def _own(self) -> None:
        """Head office's own, which it can renew by itself."""
        path = self._node.path
        have = certificates.installed(path)
        authority = path / "ca" / "ca.crt"
        if have is None or not _ends(have, certificates.ASK):
            return
        if certificates.verify((path / certificates.CERTIFICATE).read_bytes(), authority.read_bytes()):
            request = certificates.request(path, self._node.id, list(have.names))
            certificates.install(path, certificates.sign(path, request))


def latest(path: Any) -> dict[str, Issued]:
    """Of each machine that the authority in `path` has signed for, the certificate that ends last."""
    return {one.id: one for one in certificates.issued(path)}  # what ends first is first


def _ends(have: Issued, days: int) -> bool:
    return have.ends - datetime.now(UTC) < timedelta(days=days)


def _member(doc: Mapping[str, Any]) -> dict[str, str]:
    found = doc.get(MEMBER)
    if not isinstance(found, Mapping):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str) and len(value) < 20_000}
