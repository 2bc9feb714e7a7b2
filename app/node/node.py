"""A running node: opens its databases, keeps its links, reacts to what they bring, and stops cleanly."""

from __future__ import annotations

import logging
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.docs.directory import Directory
from app.node import config as node_config
from app.node import contact as contacts
from app.node import links as node_links
from app.node import report as reporting
from app.node.central_view import CentralView
from app.node.claiming import Claiming
from app.node.config import NodeConfig, NodeError
from app.node.erasing import Erasing
from app.node.health import Health
from app.node.keeping import Keeping
from app.node.older import Older
from app.node.pin_keys import PinKeys
from app.node.reactions import Reactions
from app.node.report import Reporter, now
from app.node.schedule import ALWAYS, Schedule
from app.node.state import NodeState
from app.node.watching import Watching
from app.shop import ids

log = logging.getLogger("couchtill.node")

#: Seconds a thread may hold the interpreter while another waits. Beside a busy replicator a sale's p95 falls from 32 to
#: 17 ms against Python's 5 ms; shorter still costs more in switches than it wins.
SWITCH_INTERVAL = 0.0005

#: Settings of the node's own: when the last sync turn began.
TURN = "sync:turn"

#: Seconds that stopping waits for one of the node's own threads; they hold nothing that is not on disk already.
PATIENCE = 0.5


class Node:
    """One node on the data directory ``path``: ``start`` before use, ``stop`` at the end."""

    directory: Directory
    state: NodeState
    uuid: str
    company: Database
    store_db: Database
    till: Any

    def __init__(self, path: Path | str, config: NodeConfig) -> None:
        self.path = Path(path)
        self.config = node_config.check(config)
        self.kind = config.kind
        self.id = config.id
        self.closing = threading.Event()
        self.supervisor: Any = None
        self.till = None
        self.started_at: str | None = None
        self._reporter: Reporter | None = None
        self._reactions: Reactions | None = None
        self.claiming: Claiming | None = None  # a terminal's
        self._erasing: Erasing | None = None
        self.central_erasing: Any = None  # head office's `CentralErasing`, once it has links
        self.central_view: Any = None  # head office's `CentralView`, if it has a central
        self.older = Older(self)
        self.health = Health(self)
        self.watching = Watching(self)
        self.keeping: Keeping | None = None  # of a terminal or head office, once it has links
        self.settings: Any = None  # the shop's, as they hold at this node; None at a hub
        self.schedule: Schedule | None = None
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._linked: set[str] = set()
        self._stopped = False

    @classmethod
    def load(cls, path: Path | str) -> Node:
        """The node whose ``node.toml`` stands in ``path``; not started. NodeError in words."""
        return cls(path, node_config.read(Path(path)))

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self, *, links: bool = True) -> Node:
        """Opens everything and starts the links. NodeError or StoreError in words; nothing stays open then.

        ``links`` False leaves them for ``start_links``: what the replicator needs takes a third of the time of a start,
        and a till can sell before.
        """
        sys.setswitchinterval(SWITCH_INTERVAL)
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # what a shop sells is nobody else's business
        except OSError as error:
            raise NodeError(f"{self.path} can't be made: {error.strerror}") from None
        from app.shop.indexes import indexes_for

        self.directory = Directory(self.path, indexes_for=(lambda name: None) if self.kind == "hub" else indexes_for)
        try:
            self.state = NodeState(self.path)
            try:
                self.uuid = self.state.get("uuid") or self._new_uuid()
                self._open()
                self._erasing = Erasing(self)
                self._erasing.start()
                self.watching.start()
            except BaseException:
                self.state.close()
                raise
        except BaseException:
            self.directory.close()
            raise
        self.started_at = now()
        if links:
            self.start_links()
        return self

    def _new_uuid(self) -> str:
        uuid = secrets.token_hex(16)
        self.state.set("uuid", uuid)
        return uuid

    def _open(self) -> None:
        if self.kind == "hub":
            return
        self.company = self.database("company")
        if self.kind == "terminal":
            self.store_db = self.database(f"store-{self.config.store}")
            from app.shop.till import Till

            self.till = Till(
                self.company,
                self.store_db,
                terminal=self.id,
                store_id=str(self.config.store),
                contact=self.contact,
                peppers=PinKeys(self.path),
            )
            self.claiming = Claiming(self)
        self.settings = self._own_settings()
        names = node_links.databases(self.config, self._known_stores())
        for name in names:
            self.database(name)
        if self.kind == "office" and self.config.central_url is not None:
            self.central_view = CentralView(self._central_names, self.state, self._accounts)
        self._reactions = Reactions(self)
        for name in names:
            self._reactions.watch(name)

    def start_links(self) -> None:
        """Starts replicating; a second call, or one without a central, does nothing."""
        if self.config.central_url is None or self.kind == "hub":
            return
        self._believe()
        from app.replicator.supervisor import Supervisor

        with self._lock:
            if self.supervisor is not None or self._stopped:
                return
            supervisor = Supervisor(path=self.path, state=self.state, immutable=_is_immutable)
            try:
                self._link(supervisor, node_links.databases(self.config, self._known_stores()))
                self.schedule = self._schedule(supervisor)
                self.schedule.apply()
                supervisor.start()
            except BaseException:  # a full disk: a later call begins anew
                self.schedule = None
                self._linked.clear()
                supervisor.stop()
                raise
            self.supervisor = supervisor
            self.schedule.start()
            self.company.on_change(self.schedule.look)
        password = node_config.read_secret(self.path, "central")
        user = self.config.central_user
        if self.kind == "office":
            from app.node.central_erasing import CentralErasing

            self.central_erasing = CentralErasing(self.state, self.directory, self.id)
        self._reporter = Reporter(
            node_links.address(self.config.with_(central_user=None), "company", None),
            (user, password or "") if user else None,
            self.id,
            self.report,
            reads=self.kind == "office",
            also=self.central_erasing.look if self.central_erasing is not None else None,
            view=self.central_view,
            state=self.state,
        )
        self._reporter.start()
        self.keeping = Keeping(self)
        self.on_stop(self.keeping.stop)
        self.keeping.start()

    def _believe(self) -> None:
        """The company's own authority counts, where a file of it stands in the node's directory."""
        if str(self.config.central_url).startswith("https:"):
            from app.node import trust

            trust.believe(self.path)

    def _link(self, supervisor: Any, names: list[str]) -> None:
        from app.replicator.link import Link

        password = node_config.read_secret(self.path, "central")
        for link in node_links.wanted(self.config, names):
            if link.name in self._linked:
                continue
            here, there = self.database(link.database), node_links.address(self.config, link.database, password)
            source, target = (here, there) if link.direction == node_links.PUSH else (there, here)
            supervisor.add(
                Link(name=link.name, source=source, target=target, direction=link.direction, database=link.database)
            )
            self._linked.add(link.name)

    def begin_stop(self) -> None:
        """Tells feeds and watchers to end: they are woken and find ``closing`` set. The server stops after this."""
        self.closing.set()
        self.directory.wake()

    def stop(self) -> None:
        """Ends links and threads, then closes the files. Safe to call twice and from any thread."""
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
        self.begin_stop()
        deadline = time.monotonic() + 3 * PATIENCE
        for callback in reversed(self._callbacks):
            callback()
        if self._reporter is not None:
            self._reporter.stop()
        if self.schedule is not None:
            self.schedule.stop()
        if self.supervisor is not None:
            self.supervisor.stop()
        if self._reactions is not None:
            self._reactions.stop(max(0.1, deadline - time.monotonic()))
        if self._erasing is not None:
            self._erasing.stop(max(0.1, deadline - time.monotonic()))
            self.watching.stop(max(0.1, deadline - time.monotonic()))
        self.directory.close()
        self.state.close()

    def on_stop(self, callback: Callable[[], None]) -> None:
        """``callback()`` is called when the node stops, before its databases close."""
        self._callbacks.append(callback)

    def __enter__(self) -> Node:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    # -- databases -----------------------------------------------------------------------------------------------------

    def database(self, name: str) -> Database:
        """The database of that name, made when it isn't there yet."""
        return self.directory.ensure(name)

    def stores(self) -> list[str]:
        """The ids of the stores whose databases this node has."""
        return sorted(name.removeprefix("store-") for name in self.directory.names() if name.startswith("store-"))

    def _known_stores(self) -> list[str]:
        """The stores that the company's documents name: head office links all of them."""
        if self.kind != "office":
            return []
        named = [record.id.partition(":")[2] for record in self.company.each("store")]
        return [store for store in named if node_config.is_store(store)]

    def link_new_stores(self) -> None:
        """Head office: opens and links the stores whose ``store`` document has come since."""
        if self.kind != "office" or self.closing.is_set():
            return
        with self._lock:
            have = set(self.directory.names())
            new = [f"store-{store}" for store in self._known_stores() if f"store-{store}" not in have]
            for name in new:
                self.database(name)
                if self._reactions is not None:
                    self._reactions.watch(name)
            if new and self.supervisor is not None:
                self._link(self.supervisor, new)

    # -- sync ----------------------------------------------------------------------------------------------------------

    def sync_status(self) -> dict[str, Any]:
        """What the sync light and the sync page show: ``node.links.light`` plus ``sells``, whether this is a till,
        ``refused``, the list, and ``at``; ``schedule`` (``Schedule.as_dict``), ``contact`` (``node.contact.as_dict``),
        and ``standing``, what head office said of a terminal that is denied (``node.standing``)."""
        statuses = [] if self.supervisor is None else [_as_dict(status) for status in self.supervisor.status()]
        status = node_links.light(statuses, central=self.config.central_url)
        schedule = {**ALWAYS, "next": None} if self.schedule is None else self.schedule.as_dict()
        sells = self.kind == "terminal" and self.config.central_url is not None
        hours = self.settings["offline_hours"] if sells else None
        return {
            **status,
            "sells": self.kind == "terminal",
            "refused": self.refused(),
            "schedule": schedule,
            "contact": contacts.as_dict(self._contact(statuses), hours),
            "standing": self._standing(status["state"]),
            "at": now(),
        }

    def _standing(self, state: str) -> dict[str, Any] | None:
        return self.keeping.watch.known() if self.keeping is not None and state == "denied" else None

    def contact(self) -> Any:
        """What this node knows of its central, as a till's ``Contact``."""
        return self._contact([] if self.supervisor is None else [_as_dict(one) for one in self.supervisor.status()])

    def _contact(self, links: list[dict[str, Any]]) -> Any:
        heard = None if self.supervisor is not None or self.kind == "hub" else self.state.get("heard")
        return contacts.contact(self.supervisor, links, heard)

    def unsent(self) -> list[dict[str, Any]]:
        """What was written here and not yet sent, one entry a database: ``{"database", "count", "oldest", "types"}``;
        ``types`` counts them by type, null for deletions and what has none."""
        found = []
        for link in [] if self.supervisor is None else self.supervisor.status():
            if link.direction == node_links.PUSH and link.unsent:
                types = self.directory.get(link.database).unsent_types(link.acknowledged or 0)
                entry = {"database": link.database, "count": link.unsent, "oldest": link.oldest_unsent, "types": types}
                found.append(entry)
        return found

    def refused(self) -> list[dict[str, Any]]:
        """The documents that the central refused, or this node could not take: id, database, link, reason, since."""
        return [] if self.supervisor is None else [_as_dict(entry) for entry in self.supervisor.refused.list()]

    def retry_refused(self, entry: str) -> None:
        """Offers a refused document again, at once."""
        if self.supervisor is not None:
            self.supervisor.refused.retry(entry)
            self.sync_now()

    def sync_now(self) -> None:
        """Starts a pass of every link at once, whatever the schedule says."""
        if self.schedule is not None:
            self.schedule.by_hand()

    def _own_settings(self) -> Any:
        """The shop's settings that hold here. Head office has its own only: what is set for all, is set for tills."""
        if self.till is not None:
            return self.till.desk.settings
        from app.shop.settings import ShopSettings

        settings = ShopSettings(self.company, "", self.id)
        settings.ids = settings.ids[-1:]
        return settings

    def _schedule(self, supervisor: Any) -> Schedule:
        def rule() -> Mapping[str, Any]:
            return {**ALWAYS, **self.settings["sync"]}

        def turn() -> None:
            supervisor.sync_now()
            if self._reporter is not None:
                self._reporter.ask()

        last = self.state.get(TURN)
        return Schedule(
            rule,
            self.zone,
            follow=supervisor.follow,
            turn=turn,
            last=None if last is None else datetime.fromisoformat(last),
            began=lambda moment: self.state.set(TURN, contacts.stamp(moment)),
        )

    def zone(self) -> str:
        """The time zone of the store; at head office that of its first one, UTC while none is known."""
        if self.till is not None:
            return str(self.till.desk.facts.read()[0]["timezone"])
        from app.shop.stores import StoreFacts

        stores = self.stores()
        return str(StoreFacts(self.company, stores[0]).read()[0]["timezone"]) if stores else "UTC"

    def report(self) -> dict[str, Any]:
        """What this node tells the central about itself."""
        return reporting.of(self)

    def erased(self) -> dict[str, str]:
        """Which erased persons this node has forgotten, and since when."""
        return {} if self._erasing is None else self._erasing.done()

    def report_soon(self) -> None:
        """There is something that the central should hear before the next report is due."""
        if self._reporter is not None:
            self._reporter.ask()

    def terminal_reports(self) -> list[dict[str, Any]]:
        """Head office: what the nodes last told the central about themselves, as of their ``time``."""
        return self.reports_read()[0]

    def reports_read(self) -> tuple[list[dict[str, Any]], datetime | None]:
        """As `terminal_reports`, and when they were read; None while there is no line yet."""
        return ([], None) if self._reporter is None else self._reporter.reports_read()

    def _accounts(self) -> list[str]:
        """The central's users that head office knows of: its own, and those of the terminals."""
        from app.shop import terminals

        found = {self.config.central_user} if self.config.central_user else set()
        for store in self.stores():
            found |= {doc["terminal"] for doc in terminals.all_of(self.directory.get(f"store-{store}"))}
        return sorted(found)

    def _central_names(self) -> list[str]:
        return [name for name in self.directory.names() if name == "company" or name.startswith("store-")]


def _is_immutable(id: str) -> bool:
    """Whether a document with this id is one that the shop never edits."""
    return id.partition(":")[0] in ids.IMMUTABLE


def _as_dict(value: Any) -> dict[str, Any]:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    as_dict = getattr(value, "as_dict", None) or getattr(value, "_asdict", None)
    return dict(value) if as_dict is None else dict(as_dict())
