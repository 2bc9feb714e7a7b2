"""A node watches itself, and head office the others: what lasts becomes a person's task (`app.shop.watch`).

One thread looks every half minute. When something began is kept in `node.db`, so that a restart finds the same task
again. A hub has no shop and writes no tasks: it tells of itself in its own `company`, where the terminals' reports are,
and head office makes tasks of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.docs.database import Database
from app.node import health
from app.node.keeping import CAME
from app.node.report import INTERVAL, now, read_time, seen

if TYPE_CHECKING:
    from app.node.node import Node

log = logging.getLogger("couchtill.watching")

#: Two threads of a hub tell of it; what was looked at first is not to be written last.
_TELLING = threading.Lock()

#: Seconds between two looks, and before the first, so that a start is not slowed by it.
LOOK, FIRST = 30.0, 10.0
#: How much better than its limit a thing must be again to be over: a disk at its limit is one task, not a hundred.
BETTER = 1.25

STATE = "watch"
"""The setting that keeps `{kind: since}` of what is wrong with this node."""


class Watching:
    """The watch of a node; `turn` is one look."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._wake = threading.Event()
        self._told = float("-inf")
        self._kept: dict[str, tuple[int, tuple[Any, ...]]] = {}
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float) -> None:
        self._wake.set()
        self._thread.join(patience)

    def soon(self) -> None:
        """Something happened that is worth a look now."""
        self._wake.set()

    def _run(self) -> None:
        wait = FIRST
        while not self._node.closing.is_set():
            self._wake.wait(wait)
            self._wake.clear()
            if self._node.closing.is_set():
                return
            try:
                self.turn()
            except Exception:
                if self._node.closing.is_set():
                    return  # the node closed its files in the middle of it
                log.exception("the watch failed; it looks again")
            wait = LOOK

    def turn(self) -> None:
        """Looks once: at this node's disk, clock, line and lists, and at head office at what the others told."""
        node = self._node
        node.health.probe()
        findings = self.findings(node.health.look())
        if node.kind == "hub":
            if time.monotonic() - self._told > INTERVAL:
                self._told = time.monotonic()
                tell_here(node)
                if (node.path / "tls.crt").exists():
                    from app.node import hub_certificate

                    hub_certificate.ask(node)
            return
        from app.shop import watch

        own = [watch.Finding(kind, node.id, since) for kind, since in findings.items()]
        if node.kind == "terminal":
            self._keep(node.store_db, own, {node.id}, watch.OWN)
            return
        self._office(own)

    def findings(self, look: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with this node, and since when: kind → time. Keeps what it found over a restart."""
        known = self.known()
        found = _own(look["checks"], known, self._node)
        if found != known:
            self._node.state.set(STATE, found)
        return found

    def known(self) -> dict[str, str]:
        """What was found wrong with this node at the last look: kind → since when."""
        found: dict[str, str] = self._node.state.get(STATE, {})
        return found

    # -- head office ---------------------------------------------------------------------------------------------------

    def _office(self, own: list[Any]) -> None:
        from app.shop import watch

        node = self._node
        reports, at = node.reports_read()
        company, nodes = list(own), {node.id}
        silent: dict[str, list[Any]] = {}
        for report in reports:
            id = str(report.get("node"))
            if report.get("kind") == "hub":
                nodes.add(id)
                told = report.get("findings")
                for kind, since in (told if isinstance(told, dict) else {}).items():
                    company.append(watch.Finding(str(kind), id, str(since)))
            elif report.get("kind") == "terminal" and at is not None and self._is_silent(report, at):
                place = self._place(str(report.get("store")))
                silent.setdefault(place, []).append(watch.Finding(watch.SILENT, id, str(report.get("time"))))
        by_hand = self._signed_by_hand({str(report.get("node")) for report in reports})
        company += [watch.Finding(watch.CERTIFICATE, id, end) for id, end in by_hand.items() if end]
        self._keep(node.company, company, nodes | set(by_hand), watch.OWN)
        wanted = None if node.central_view is None else node.central_view.outdated()
        if wanted is not None:
            designs = [watch.Finding(watch.DESIGNS, "central", hash) for hash in wanted]
            self._keep(node.company, designs, None, (watch.DESIGNS,))
        came = (node.state.get(CAME) or {}).items()
        back = [watch.Finding(watch.CAME, id, str(one["since"])) for id, one in came if one.get("since")]
        self._keep(node.company, back, {id for id, _ in came}, (watch.CAME,))
        if at is None:
            return  # nobody was heard of yet: what stands, stands
        for name in ("company", *(f"store-{store}" for store in node.stores())):
            self._keep(node.directory.get(name), silent.get(name, []), None, (watch.SILENT,))

    def _signed_by_hand(self, reporting: set[str]) -> dict[str, str]:
        """The machines that can't tell when their certificate ends (a proxy's was signed here for somebody who brought
        the request), and when that is, if it is soon; else ""."""
        path = self._node.path
        if not (path / "ca" / "issued").is_dir():
            return {}
        from app.node import certificates

        latest = {one.id: one.ends for one in certificates.issued(path) if ":" not in one.id}
        soon = datetime.now(UTC) + timedelta(days=certificates.RENEW)
        return {
            id: health.stamp(end) if end < soon else ""
            for id, end in latest.items()
            if id not in reporting and id != self._node.id
        }

    def _is_silent(self, report: Mapping[str, Any], at: datetime) -> bool:
        """Whether a terminal has told nothing for longer than its setting. `at` is when the reports were read."""
        from app.shop.settings import ShopSettings

        node, store = str(report.get("node")), str(report.get("store"))
        last = seen(report)
        if last is None:
            return False
        hours = ShopSettings(self._node.company, store, node)["silent_hours"]
        if not hours or at - last <= timedelta(hours=hours):
            return False
        name = self._place(store)
        record = None if name == "company" else self._node.directory.get(name).read(f"terminal:{node}")
        doc = {} if record is None or record.deleted else record.doc()
        return not (doc.get("inactive") or doc.get("revoked_at"))

    def _place(self, store: str) -> str:
        """The database where a store's people look, `company` where it isn't here."""
        name = f"store-{store}"
        return name if name in self._node.directory else "company"

    def _keep(self, database: Database, findings: list[Any], nodes: set[str] | None, kinds: tuple[str, ...]) -> None:
        """As `watch.keep`, for the tasks of these kinds about these nodes (None: all); skipped where nothing moved."""
        from app.shop import watch

        key = f"{database.name} {kinds[0]}"
        state = (database.last_n, tuple(sorted(findings)))
        if self._kept.get(key) == state:
            return
        for id in watch.keep(
            database,
            [found for found in findings if found.kind in kinds],
            lambda found: found.kind in kinds and (nodes is None or found.node in nodes),
            on=self._node.id,
        ):
            log.info("%s: %s", database.name, id)
        self._kept[key] = (database.last_n, state[1])


def tell_here(node: Node) -> None:
    """A hub tells of itself where the others' reports are: in its own `company`."""
    with _TELLING:
        if "company" in node.directory:
            node.database("company").put_local(
                f"couchtill.node.{node.id}", {"node": node.id, "time": now(), **node.report()}
            )


def _own(checks: Mapping[str, Any], known: Mapping[str, str], node: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    moment = datetime.now(UTC)

    def begin(kind: str, holds: bool, stays: bool, since: str | None = None) -> None:
        if holds or (kind in known and stays):
            found[kind] = known.get(kind) or since or now()

    disk, clock, central, refused = checks["disk"], checks["clock"], checks["central"], checks["refused"]
    free = disk["free"] or 0
    begin("disk_low", free < disk["low"], free < BETTER * disk["low"])
    ahead = clock["ahead"]
    off = 0 if ahead is None else abs(ahead)
    # Without a line nobody can say that the clock is right again.
    begin("clock_wrong", off > health.CLOCK_OFF, ahead is None or BETTER * off > health.CLOCK_OFF)
    if refused["since"] and _older(refused["since"], node.health.setting("refused_hours"), moment):
        found["refused_waits"] = refused["since"]  # the oldest of the list: another one is another task
    certificate = checks["certificate"]
    if certificate["level"] != health.OK and certificate["ends"]:
        found["certificate_ends"] = certificate["ends"]  # a renewed one ends another day
    by_hand = node.schedule is not None and node.schedule.rule["mode"] == "manual"
    if central["linked"] and not central["online"] and not by_hand:
        hours = node.health.setting("away_hours")
        if node.schedule is not None and node.schedule.rule["mode"] == "hours" and hours:
            hours += 24  # it rests for most of a day
        begin("central_away", _older(central["last"], hours, moment), False, central["last"])
    return found


def _older(time: str | None, hours: int | None, moment: datetime) -> bool:
    since = read_time(time)
    return since is not None and bool(hours) and moment - since > timedelta(hours=hours or 0)
