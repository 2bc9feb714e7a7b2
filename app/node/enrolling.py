"""A new machine becomes a terminal by head office's code, in steps that each can be cut off and gone on with.

    pending    `enrolment.secret` (mode 600): the code, and the new password that this machine made for itself
    claimed    the account at the central has that password: the code opens nothing any more
    synced     both databases are here as the central has them
    enrolled   `central.secret`, `ticket.secret`, and last `node.toml`: from here on it is a terminal's directory

Until `node.toml` stands, the same code (or none) goes on where it stopped: whether the new password was set before the
plug was pulled is asked of the central itself.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import app.node.links as node_links
from app.docs import json
from app.docs.database import Database
from app.docs.directory import Directory
from app.docs.errors import DocsError
from app.node import codes, pin_carrying
from app.node import config as node_config
from app.node.central_users import MEMBER, TERMINAL, Central, CentralProblem, Doc, told, with_password
from app.node.codes import Code
from app.node.config import NodeConfig, NodeError
from app.node.standing import keep_ticket, kept_ticket
from app.shop import clock as clocks
from app.shop import terminals
from app.shop.reason import Reason, say

PENDING = "enrolment"
PASSWORD_BYTES = 24
#: Seconds after which the new password is tried again: the servers of a cluster learn of it one after the other.
SETTLES = (0.0, 0.5, 1.5)
#: How far this machine's clock may be from the central's: receipts with a wrong time can't be put right.
OFF = timedelta(milliseconds=clocks.OFF)


class EnrolError(NodeError):
    """It can't go on, in words. `over`: this code never will; else the same one goes on later."""

    def __init__(self, reason: Reason, *, over: bool = False) -> None:
        super().__init__(reason)
        self.over = over


@dataclass(frozen=True)
class Pending:
    """What `enrolment.secret` holds."""

    code: str = field(repr=False)
    password: str = field(repr=False)
    claimed: bool = False

    def write(self, path: Path) -> None:
        node_config.write_secret(path, PENDING, json.dumps(vars(self)).decode())


def pending(path: Path) -> Pending | None:
    """The enrolment that was begun in this directory; None where there is none, or none that can be read."""
    text = node_config.read_secret(path, PENDING)
    if not text:
        return None
    try:
        kept = Pending(**json.loads(text))
        codes.decode(kept.code)
    except (DocsError, TypeError, NodeError):
        return None
    return kept


@dataclass(frozen=True)
class Progress:
    """`step` is asking, syncing, opening or done; `databases` those that are here or on their way, in their order:
    name, documents so far, of about how many (None: not known yet)."""

    step: str = "asking"
    databases: tuple[tuple[str, int, int | None], ...] = ()

    def with_(self, name: str, done: int, total: int | None) -> Progress:
        others = tuple(row for row in self.databases if row[0] != name)
        return replace(self, step="syncing", databases=(*others, (name, done, total)))


class Enrolling:
    """One machine's enrolment in `path`. `tell` hears of progress; `stop` ends it between two steps, or in a sync."""

    def __init__(
        self,
        path: Path,
        *,
        host: str | None = None,
        port: int | None = None,
        tell: Callable[[Progress], None] = lambda progress: None,
        stop: threading.Event | None = None,
        now: clocks.Clock = clocks.now,
    ) -> None:
        self.path, self.now = path, now
        self._host, self._port = host, port
        self._tell = tell
        self._stop = stop or threading.Event()
        self.progress = Progress()

    def run(self, text: str | None) -> NodeConfig:
        """The whole of it, or the rest of it; `text` None goes on with the code of before. The terminal's
        configuration; NodeError and StoreError in words."""
        if self.path.exists() and not self.path.is_dir():
            raise EnrolError(say("%(path)s is a file; a terminal needs a directory.", path=self.path))
        kept = pending(self.path)
        if text is None and kept is None:
            raise EnrolError(say("The code is missing."))
        code = codes.decode(text if text is not None else kept.code)  # type: ignore[union-attr]
        if (self.path / "node.toml").exists():
            return self._is_one(code, kept)
        from app.shop.indexes import indexes_for

        with Directory(self.path, indexes_for=indexes_for) as directory:
            if kept is None and directory.names():
                raise EnrolError(
                    say("%(path)s holds databases already: enrol into an empty directory.", path=self.path)
                )
            resumed = kept is not None and codes.decode(kept.code) == code
            if kept is None or not resumed:
                kept = Pending(codes.encode(code), secrets.token_urlsafe(PASSWORD_BYTES))
                kept.write(self.path)
            from app.node import trust  # late: what reads certificates takes its time

            trust.meet(self.path, code.central, code.fingerprint)
            if not kept.claimed:
                self._say(Progress())
                pin_carrying.take(code, self.path)
                self._claim(code, kept, resumed=resumed)
                kept = replace(kept, claimed=True)
                kept.write(self.path)
            self._fetch(code, kept, directory)
            return self._settle(code, kept, directory)

    def _is_one(self, code: Code, kept: Pending | None) -> NodeConfig:
        config = node_config.read(self.path)
        if kept is not None and codes.decode(kept.code) == code:  # the plug was pulled right before the end
            (self.path / f"{PENDING}.secret").unlink(missing_ok=True)
            return config
        name = config.id.upper()
        if kept_ticket(self.path) == code.ticket:
            reason = say("This machine has used this code already: it is %(name)s. Start it as a terminal.", name=name)
        else:
            reason = say(
                "%(path)s is the directory of %(name)s already: enrol into an empty one.", path=self.path, name=name
            )
        raise EnrolError(reason, over=True)

    def _say(self, progress: Progress) -> None:
        if self._stop.is_set():
            raise EnrolError(say("It was stopped. The same code goes on."))
        self.progress = progress
        self._tell(progress)

    # -- the account -----------------------------------------------------------------------------------------------

    def _claim(self, code: Code, kept: Pending, *, resumed: bool) -> None:
        """Gives the account this machine's own password. EnrolError, CentralProblem."""
        if resumed and self._accepted(code, kept.password):
            return  # it was set, and the plug was pulled before the answer was kept
        at = clocks.stamp(self.now())

        def change(doc: Doc | None) -> Doc:
            if doc is None:
                raise EnrolError(_no_account(code), over=True)
            self._may(code, doc)
            member = {**told(doc), "state": "enrolled", "at": at}
            return with_password({**doc, MEMBER: member}, kept.password)

        with Central(code.central, code.terminal, code.password) as central:
            try:
                self._same_time(central.meet().clock)
            except CentralProblem as problem:
                if problem.kind == "wrong":
                    raise self._over(code) from None
                raise
            try:
                central.save(code.terminal, change)
            except CentralProblem as problem:
                if problem.kind == "forbidden":
                    raise EnrolError(
                        say(
                            "The central lets no terminal set its own password. Whoever looks after it runs “couchtill "
                            "central apply” once; then the same code goes on."
                        )
                    ) from None
                raise
        for pause in SETTLES:
            time.sleep(pause)
            if self._accepted(code, kept.password):
                break
        else:
            raise CentralProblem("away", say("The central does not take the new password yet: try again."))
        self._mark_used(code, at)

    def _accepted(self, code: Code, password: str) -> bool:
        with Central(code.central, code.terminal, password) as central:
            try:
                self._same_time(central.meet().clock)
            except CentralProblem as problem:
                if problem.kind == "wrong":
                    return False
                raise
        return True

    def _same_time(self, clock: datetime | None) -> None:
        own = self.now()
        if clock is None or abs(own - clock) <= OFF:
            return
        minutes = round(abs(own - clock) / timedelta(minutes=1))
        spoken = say("%(minutes)s minutes", minutes=minutes)
        if minutes >= 120:
            spoken = say("%(hours)s hours", hours=round(minutes / 60))
        if minutes >= 48 * 60:
            spoken = say("%(days)s days", days=round(minutes / 60 / 24))
        raise EnrolError(
            say("This machine’s clock is %(time)s behind the central’s: set it, then go on.", time=spoken)
            if own < clock
            else say("This machine’s clock is %(time)s ahead of the central’s: set it, then go on.", time=spoken)
        )

    def _may(self, code: Code, doc: Doc) -> None:
        """Raises EnrolError where head office has ended the code, or its time is over by the central's clock."""
        member = told(doc)
        state, until = member.get("state"), member.get("until")
        if state in ENDED:
            raise EnrolError(ended(code.terminal, str(state), member.get("at")), over=True)
        if member.get("enrolment") != code.enrolment:
            raise EnrolError(_no_account(code), over=True)
        if until is not None and _time(until) is not None and self.now() > _time(until):  # type: ignore[operator]
            raise EnrolError(ended(code.terminal, "expired", until), over=True)
        if TERMINAL not in (doc.get("roles") or ()):
            raise EnrolError(ended(code.terminal, "withdrawn", member.get("at")), over=True)

    def _over(self, code: Code) -> EnrolError:
        """Why the account doesn't take the code's password: its ticket knows."""
        with Central(code.central, *code.ticket) as central:
            try:
                member = told(central.own())
            except CentralProblem as problem:
                if problem.kind not in ("wrong", "missing", "forbidden"):
                    raise
                return EnrolError(_no_account(code), over=True)
        state = member.get("state")
        if state in ENDED:
            return EnrolError(ended(code.terminal, str(state), member.get("at")), over=True)
        return EnrolError(ended(code.terminal, "used", member.get("at") if state == "enrolled" else None), over=True)

    def _mark_used(self, code: Code, at: str) -> None:
        """Says in the ticket when the code was used; without it a second machine is merely not told when."""
        name = code.ticket[0]

        def used(doc: Doc | None) -> Doc | None:
            if doc is None:
                return None
            kept = {key: value for key, value in doc.items() if key != pin_carrying.MEMBER}
            return {**kept, MEMBER: {**told(doc), "state": "enrolled", "at": at}}

        try:
            with Central(code.central, *code.ticket) as central:
                central.save(name, used)
        except CentralProblem:
            return

    # -- the documents ---------------------------------------------------------------------------------------------

    def _fetch(self, code: Code, kept: Pending, directory: Directory) -> None:
        """Both databases as the central has them. EnrolError, CentralProblem."""
        from app.replicator import ReplicationError, replicate

        config = self._config(code)
        for name in node_links.databases(config):
            self._say(self.progress.with_(name, 0, None))

            def show(result: Any, left: int | None, name: str = name) -> None:
                done = result.stats.missing_checked
                self._say(self.progress.with_(name, done, None if left is None else done + left))

            try:
                result = replicate(
                    node_links.address(config, name, kept.password),
                    directory.ensure(name),
                    stop=self._stop,
                    on_progress=show,
                    on_state=_room,
                )
            except ReplicationError as error:
                raise self._cut(code, name, error) from None
            if self._stop.is_set():
                raise EnrolError(say("It was stopped. The same code goes on."))
            done = result.stats.missing_checked
            self._say(self.progress.with_(name, done, done))

    def _cut(self, code: Code, name: str, error: Any) -> NodeError:
        where = code.central
        if error.state == "stopped" and "does not exist" in str(error):
            return EnrolError(
                say(
                    "The central has no database %(name)s yet. Whoever looks after it runs “couchtill central apply” "
                    "with --store %(store)s; then the same code goes on.",
                    name=name,
                    store=code.store,
                )
            )
        if error.state == "denied":
            with Central(where, code.terminal, (pending(self.path) or Pending("", "")).password) as central:
                try:
                    member = told(central.own())
                except CentralProblem as problem:
                    return self._over(code) if problem.kind == "wrong" else problem
            if member.get("state") in ENDED:
                return EnrolError(ended(code.terminal, str(member["state"]), member.get("at")), over=True)
            return EnrolError(
                say("The central does not let %(terminal)s read %(name)s.", terminal=code.terminal.upper(), name=name)
            )
        return EnrolError(
            say("The line to the central, %(where)s, broke off. What came is kept; the same code goes on.", where=where)
        )

    # -- the end -----------------------------------------------------------------------------------------------------

    def _config(self, code: Code) -> NodeConfig:
        config = NodeConfig(
            kind="terminal",
            id=code.terminal,
            store=code.store,
            port=node_config.DEFAULT_PORT["terminal"] if self._port is None else self._port,
            host=self._host or "127.0.0.1",
            central_url=code.central,
            central_user=code.terminal,
        )
        return node_config.check(config, str(self.path / "node.toml"))

    def _settle(self, code: Code, kept: Pending, directory: Directory) -> NodeConfig:
        self._say(replace(self.progress, step="opening"))
        config = self._config(code)
        say_enrolled(directory.get(f"store-{code.store}"), code.terminal, code.enrolment, self.now)
        node_config.write_secret(self.path, "central", kept.password)
        keep_ticket(self.path, code.ticket)
        node_config.write(self.path, config)
        (self.path / f"{PENDING}.secret").unlink(missing_ok=True)
        self._say(replace(self.progress, step="done"))
        return config


def _room(state: Any) -> None:
    """A link waits for room on its disk as long as it takes; who stands before the machine is told. EnrolError."""
    reason = str(state.reason)
    if "disk is full" in reason and (".db" in reason or "local database" in reason):
        raise EnrolError(say("The disk of this machine is full. Make room; then the same code goes on."))


def say_enrolled(store: Database, terminal: str, enrolment: str, moment: clocks.Clock = clocks.now) -> bool:
    """Notes in the terminal's document that a machine has used this code. False while head office's document is not
    here yet: one of our own would be another beginning of it."""
    if terminals.found(store, terminal) is None:
        return False
    terminals.note(
        store, terminal, f"enrolled.{enrolment}", "enrolled", on=terminal, moment=moment, enrolment=enrolment
    )
    return True


#: States of a code or an account that are its end.
ENDED = ("withdrawn", "expired", "replaced", "revoked")


def ended(terminal: str, state: str, at: str | None) -> Reason:
    """Why a code is worth nothing, in words."""
    name, time = terminal.upper(), _shown(at)
    return {
        "used": say("This code was used already, on another machine%(at)s. Ask head office for a new one.", at=time),
        "expired": say("This code of %(name)s has expired%(at)s. Ask head office for a new one.", name=name, at=time),
        "withdrawn": say("Head office has withdrawn this code of %(name)s%(at)s.", name=name, at=time),
        "replaced": say("Head office has made a newer code for %(name)s%(at)s: use that one.", name=name, at=time),
        "revoked": say("Head office has revoked %(name)s%(at)s: this code opens nothing.", name=name, at=time),
    }[state]


def _no_account(code: Code) -> Reason:
    return say(
        "The central at %(where)s does not know this code: it was made for another central, or is no longer kept.",
        where=code.central,
    )


def _time(text: str) -> datetime | None:
    try:
        found = clocks.read(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _shown(at: str | None) -> Reason | str:
    moment = None if at is None else _time(at)
    if moment is None:
        return ""
    return say(" (%(time)s)", time=moment.astimezone().strftime("%Y-%m-%d %H:%M"))
