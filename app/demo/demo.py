"""The demo itself: four nodes as processes, two lines, one sample shop, and what the page may do to them."""

from __future__ import annotations

import itertools
import json
import logging
import secrets
import shutil
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from app.demo import opening, people, shop
from app.demo.child import Child
from app.demo.proxy import Line
from app.demo.steps import STEPS, Lesson, Seen, all_orders, everything, twice
from app.demo.watch import Orders, Prices
from app.node import NodeError
from app.node.config import read_secret, write_secret
from app.node.pin_keys import NAME as PIN_KEY
from app.shop.people.pins import new_key
from app.web.auth import start_link
from app.web.users import set_admin
from couch.provision import provision

log = logging.getLogger("couchtill.demo")

TERMINALS = {"t1": f"{shop.STORE}-t1", "t2": f"{shop.STORE}-t2"}
TITLES = {"t1": "Till 1", "t2": "Till 2", "office": "Head office"}

#: Of a password's hash. The demo's are random, 16 bytes; the usual number is for those that people choose.
ITERATIONS = 10_000

#: Ports tried above the page's own before the system is asked for any free one.
BESIDE = 40


class UnknownAction(Exception):
    """The page asked for something that the demo doesn't do."""


@dataclass
class _Member:
    """A node of the demo that has a page."""

    name: str
    child: Child
    port: int
    path: Path
    line: Line | None = None
    orders: Orders | None = None
    prices: Prices | None = None


class Demo:
    """The nodes in ``data``, their ports beside ``port``, shown by the page at ``origin``."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.origin = f"http://127.0.0.1:{port}"
        self.generation = 0
        self.busy: str | None = None
        self._lock = threading.RLock()
        self._held: list[socket.socket] = []
        ports = _free_ports(port + 1, self._held)
        self._hub_port = next(ports)
        self._members = {
            name: _Member(name, Child(title, [], Path()), next(ports), data / TERMINALS.get(name, name))
            for name, title in TITLES.items()
        }
        for name in TERMINALS:
            self._members[name].line = Line(next(ports), self._hub_port)
        self._hub = Child("The hub", [], Path())
        self._lesson = Lesson()

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts everything that isn't running; at the first time, or after *Start over*, from nothing."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NodeError(f"{self.data} can't be made: {error.strerror}") from None
        admin = self._secret("admin")
        set_admin(self._folder("hub"), "admin", admin, ITERATIONS)
        self._hub = self._child("The hub", "hub", "hub", self._hub_port)
        self._hub.launch()
        self._hub.wait_ready()
        central = f"http://admin:{admin}@127.0.0.1:{self._hub_port}"
        provision(
            central,
            stores=[shop.STORE],
            terminals=[{"id": id, "password": self._secret(id)} for id in TERMINALS.values()],
            office={"id": "office", "password": self._secret("office")},
            iterations=ITERATIONS,
        )
        hub = f"http://127.0.0.1:{self._hub_port}"
        _stock(f"{hub}/company", ("admin", admin), f"store:{shop.STORE}", shop.documents())
        staff = people.documents(self._secret(PIN_KEY, new_key()), shop.MADE)
        _stock(f"{hub}/store-{shop.STORE}", ("admin", admin), people.PEOPLE[0].id, staff)
        for member in self._members.values():
            if member.line is not None:
                member.line.plug()
            self._prepare(member)
            member.child.launch()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda member: member.child.wait_ready(), self._members.values()))
        for member in self._members.values():
            key = read_secret(member.path, "api") or ""
            couch = f"http://127.0.0.1:{member.port}/couch"
            member.orders = Orders(f"{couch}/store-{shop.STORE}", ("api", key))
            member.prices = Prices(f"{couch}/company", ("api", key))
        self._open_tills()
        self._look()
        self._lesson = Lesson(before=everything(self._seen()))
        self.generation += 1

    def stop(self) -> None:
        """Ends every process; the data stays."""
        children = [self._hub, *(member.child for member in self._members.values())]
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()
        for member in self._members.values():
            if member.line is not None:
                member.line.cut()

    def _folder(self, name: str) -> Path:
        folder = self.data / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _open_tills(self) -> None:
        """The morning: who works at each till signs in and counts the float. Both at once."""
        with ThreadPoolExecutor() as pool:
            for name, person in people.AT_WORK.items():
                link = self._link(self._members[name])
                pool.submit(opening.open_till, link, person, f"sample-shift-{TERMINALS[name]}")

    def _link(self, member: _Member) -> str:
        return start_link(member.path, f"http://127.0.0.1:{member.port}/")

    def _secret(self, name: str, made: str | None = None) -> str:
        """A password of the demo (or the key of its PINs), made once and kept beside its data."""
        secret = read_secret(self.data, name)
        if secret is None:
            secret = made or secrets.token_urlsafe(16)
            write_secret(self.data, name, secret)
        return secret

    def _child(self, title: str, kind: str, folder: str, port: int, *more: str) -> Child:
        arguments = [kind, "--data", str(self._folder(folder)), "--port", str(port), *more]
        return Child(title, arguments, self.data / f"{folder}.log")

    def _prepare(self, member: _Member) -> None:
        kind, id = ("terminal", TERMINALS[member.name]) if member.name in TERMINALS else ("office", "office")
        port = member.line.port if member.line is not None else self._hub_port
        # The password goes by a file: what stands in a process's arguments, everybody on the machine may read.
        write_secret(member.path, "central", self._secret(id))
        if kind == "terminal":
            write_secret(member.path, PIN_KEY, self._secret(PIN_KEY))
        central = f"http://{id}@127.0.0.1:{port}"
        member.child = self._child(
            TITLES[member.name], kind, id, member.port,
            "--id", id, "--central", central, "--demo-origin", self.origin,
        )  # fmt: skip

    # -- what the page asks --------------------------------------------------------------------------------------------

    def ports(self) -> list[int]:
        """The ports of the nodes that have pages."""
        return [member.port for member in self._members.values()]

    def enter(self, name: str) -> tuple[str | None, tuple[str, str] | None]:
        """The start link of a page (null while its node is off), and at a till the cookie of who works there.
        UnknownAction."""
        member = self._members.get(name)
        if member is None:
            raise UnknownAction(f"The demo has no {name}.")
        if not member.child.running or member.child.url is None:
            return None, None
        person = people.AT_WORK.get(name)
        cookie = opening.session(self._link(member), person) if person is not None else None
        return self._link(member), cookie

    def act(self, action: str, name: str | None = None) -> None:
        """``cut``, ``plug``, ``pull`` or ``start`` a terminal, ``start`` the hub, or ``reset`` all. UnknownAction,
        NodeError."""
        if action == "reset" and name is None:
            self._reset()
            return
        if action == "start" and name == "hub":
            with self._lock:
                if not self._hub.running:
                    self._hub.launch()
                    self._hub.wait_ready()
            return
        member = self._members.get(name or "")
        if member is None or action not in ("cut", "plug", "pull", "start"):
            raise UnknownAction(f"The demo can't {action} {name or 'this'}.")
        if action in ("cut", "plug") and member.line is None:
            raise UnknownAction(f"{TITLES[member.name]} has no line to {action}.")
        with self._lock:
            if action == "cut":
                self._look()
                member.line.cut()  # type: ignore[union-attr]
                self._lesson.cut(member.name, self._seen())
            elif action == "plug":
                member.line.plug()  # type: ignore[union-attr]
            elif action == "pull":
                self._look()
                member.child.kill()
                if member.line is not None:
                    self._lesson.pulled(member.name, self._seen())
            elif not member.child.running:
                member.child.launch()
                member.child.wait_ready()
                for watch in (member.orders, member.prices):
                    if watch is not None:
                        watch.forget()  # it must show again what it has

    def _reset(self) -> None:
        with self._lock:
            self.busy = "Starting over …"
            try:
                self.stop()
                for name in ("hub", *(member.path.name for member in self._members.values())):
                    shutil.rmtree(self.data / name, ignore_errors=True)
                    (self.data / f"{name}.log").unlink(missing_ok=True)
                self.start()
            finally:
                self.busy = None

    def state(self) -> dict[str, Any]:
        """What the page shows; see the module of the page for its shape."""
        if self._lock.acquire(blocking=False):
            try:
                self._look()
                self._lesson.look(self._seen())
            finally:
                self._lock.release()
        seen = self._seen()
        orders = {name: len(held) for name, held in seen.orders.items()}
        fresh = all_orders(seen) - self._lesson.before
        return {
            "nodes": {name: self._node(member) for name, member in self._members.items()},
            "hub": {"running": self._hub.running and self._hub.url is not None},
            "sales": {
                **orders,
                "sold": len(fresh),
                "arrived": len(fresh & set(seen.orders["office"])),
                "twice": twice(seen),
            },
            "steps": [{"id": step, "done": step in self._lesson.done} for step in STEPS],
            "generation": self.generation,
            "busy": self.busy,
        }

    def _node(self, member: _Member) -> dict[str, Any]:
        running = member.child.running and member.child.url is not None
        return {
            "kind": "terminal" if member.name in TERMINALS else "office",
            "id": TERMINALS.get(member.name, "office"),
            "title": TITLES[member.name],
            # A fresh link each time: it lets one browser in, once.
            "url": self._link(member) if running else None,
            "people": people.shown(member.name) if member.name in TERMINALS else [],
            "running": running,
            "line": None if member.line is None else "up" if member.line.up else "cut",
        }

    def _look(self) -> None:
        for member in self._members.values():
            for watch in (member.orders, member.prices):
                if member.child.running and watch is not None:
                    watch.look()

    def _seen(self) -> Seen:
        priced = {name: member.prices for name, member in self._members.items() if member.prices is not None}
        watched = {name: member.orders for name, member in self._members.items() if member.orders is not None}
        return Seen(
            running={name: member.child.running for name, member in self._members.items()},
            up={name: member.line is None or member.line.up for name, member in self._members.items()},
            orders={name: dict(member.orders.sales) if member.orders else {} for name, member in self._members.items()},
            terminals=TERMINALS,
            refunds={name: dict(held.refunds) for name, held in watched.items()},
            zreports=frozenset(id for held in watched.values() for id in held.zreports),
            prices={name: dict(held.products) for name, held in priced.items()},
            decided=dict(priced["office"].decided) if "office" in priced else {},
        )


def _stock(database: str, auth: tuple[str, str], first: str, docs: Iterable[dict[str, Any]]) -> None:
    """Puts the sample's documents into a database of the central, unless the one called ``first`` is there."""
    with requests.Session() as session:
        session.auth = auth
        if session.get(f"{database}/{first}", timeout=10).status_code == 200:
            return
        body = json.dumps({"docs": list(docs)})
        headers = {"Content-Type": "application/json"}
        answer = session.post(f"{database}/_bulk_docs", data=body, headers=headers, timeout=60)
        answer.raise_for_status()
        failed = [row for row in answer.json() if "error" in row]
        if failed:
            raise NodeError(f"The sample shop could not be written: {failed[0]}")


def _free_ports(first: int, held: list[socket.socket]) -> Iterator[int]:
    """Free ports of loopback from ``first`` on, then any that the system gives. On Linux ``held`` keeps each of them
    from becoming the near end of somebody's connection before the node that it is for has bound it, and between two
    runs of that node: a bound port that nobody listens on may be bound once more."""
    given: set[int] = set()
    for port in itertools.chain(range(first, min(first + BESIDE, 65_536)), itertools.repeat(0)):
        probe = socket.socket()
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.close()
            continue
        port = probe.getsockname()[1]
        if sys.platform == "linux":
            held.append(probe)
        else:
            probe.close()
        if port not in given:
            given.add(port)
            yield port
