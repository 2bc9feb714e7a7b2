"""A hub and its terminals as processes, to be killed, cut, copied and restored while they sell."""

from __future__ import annotations

import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests

from app import cli
from app.web.users import set_admin
from couch.provision import provision
from tests.support.process import ROOT, CouchTill, free_port, wait_until

ADMIN, PASSWORD = "admin", "an-admin-of-tests"
ITERATIONS = 1000  # of password hashes: these guard nothing


class Hub:
    """The central of one test, on one port through all of its lives."""

    def __init__(self, path: Path, stores: tuple[str, ...] = ("s1",), terminals: tuple[str, ...] = ("s1-t1", "s1-t2")):
        self.path = path
        path.mkdir(parents=True)
        set_admin(path, ADMIN, PASSWORD, ITERATIONS)
        self.port = free_port()
        self.start()
        self.url = f"http://{ADMIN}:{PASSWORD}@127.0.0.1:{self.port}"
        users = [{"id": id, "password": secrets.token_hex(12)} for id in terminals]
        self.passwords = {user["id"]: user["password"] for user in users}
        provision(self.url, stores=stores, terminals=users, iterations=ITERATIONS)

    def start(self) -> None:
        self.launch()
        self.ready()

    def launch(self) -> None:
        self.process = CouchTill("hub", "--data", self.path, "--port", str(self.port))

    def ready(self) -> None:
        assert self.process.port == self.port

    def kill(self) -> None:
        self.process.kill()

    def orders(self, store: str = "s1") -> dict[str, dict[str, Any]]:
        return all_orders(f"{self.url}/store-{store}")

    def __enter__(self) -> Hub:
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.stop()


class Terminal:
    """One terminal. ``sell`` is one request as the till's page sends it."""

    def __init__(self, path: Path, id: str, central: str, *, behind: Sequence[str] = ()) -> None:
        """``behind``: the start of an argv, a program that runs this one: strace, unshare."""
        self.path = path
        self.id = id
        self.behind = behind
        self.session = requests.Session()
        self.start("--id", id, "--central", central)

    def start(self, *more: str) -> None:
        self.launch(*more)
        self.ready()

    def launch(self, *more: str) -> None:
        arguments = ("terminal", "--data", self.path, "--port", "0", *more)
        if self.behind:
            command = [*self.behind, sys.executable, "-m", "app.cli"]
            self.process = CouchTill(*arguments, command=command, env={"PYTHONPATH": str(ROOT)})
        else:
            self.process = CouchTill(*arguments)

    def ready(self) -> None:
        self.url = f"http://127.0.0.1:{self.process.port}"
        # Through the process: it may see a file system that nobody else does.
        seen = Path(f"/proc/{self.process.pid}/root{self.path}") if self.behind else self.path
        self.session.headers["Authorization"] = f"Bearer {(seen / 'api.secret').read_text().strip()}"

    def stop(self) -> None:
        """As a shop does in the evening; it must end well."""
        assert self.process.terminate() == 0
        assert "did not stop" not in self.process.stderr

    def kill(self) -> None:
        self.process.kill()

    def sell(self, sale: str, cents: int = 199, seen: dict[str, Any] | None = None) -> dict[str, Any]:
        """The order of a sale. ``requests`` errors when there is no answer, HTTPError when it is no."""
        answer = self.session.post(f"{self.url}/api/sales", json=request(sale, cents, seen), timeout=30)
        answer.raise_for_status()
        order: dict[str, Any] = answer.json()["order"]
        return order

    def get(self, path: str) -> Any:
        answer = self.session.get(f"{self.url}{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def orders(self, store: str = "s1") -> dict[str, dict[str, Any]]:
        return all_orders(f"{self.url}/couch/store-{store}", self.session)

    def sync_now(self) -> None:
        self.session.post(f"{self.url}/api/sync", json={}, timeout=30).raise_for_status()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exc: object) -> None:
        self.session.close()
        self.process.stop()


def request(sale: str, cents: int = 199, seen: dict[str, Any] | None = None) -> dict[str, Any]:
    line = {"id": "l1", "product": "product:1", "name": "Thing", "quantity": 1000, "price": {"amount": cents}}
    body: dict[str, Any] = {"sale": sale_id(sale), "lines": [line], "tenders": [{"kind": "cash", "amount": cents}]}
    return body if seen is None else {**body, "seen": seen}


def sale_id(name: str) -> str:
    """The id of the sale that a test calls by a short name."""
    return f"sale-of-the-test-{name}"


def all_orders(database: str, session: requests.Session | None = None) -> dict[str, dict[str, Any]]:
    """The orders of a database by id, with their revisions."""
    query = {"startkey": '"order:"', "endkey": '"order:~"', "include_docs": "true", "conflicts": "true"}
    answer = (session or requests).get(f"{database}/_all_docs", params=query, timeout=30)
    answer.raise_for_status()
    return {row["id"]: row["doc"] for row in answer.json()["rows"]}


def in_step(hub: Hub, *terminals: Terminal, store: str = "s1", timeout: float = 60.0) -> dict[str, dict[str, Any]]:
    """Waits until the hub and all terminals hold the same orders with the same revisions; those orders."""

    def same() -> Any:
        here = hub.orders(store)
        return here if all(terminal.orders(store) == here for terminal in terminals) and here else None

    orders: Any = wait_until(same, timeout, "the hub and its terminals hold the same orders")
    return orders


def prove(orders: dict[str, dict[str, Any]], acknowledged: dict[str, dict[str, Any]], tried: set[str]) -> None:
    """Every acknowledged sale is there as it was acknowledged, none twice, and nothing that nobody asked for."""
    by_sale: dict[str, list[dict[str, Any]]] = {}
    for order in orders.values():
        assert "_conflicts" not in order
        by_sale.setdefault(order["sale"], []).append(order)
    assert [sale for sale, found in by_sale.items() if len(found) > 1] == []
    assert {sale_id(name) for name in acknowledged} - set(by_sale) == set()
    assert set(by_sale) - {sale_id(name) for name in tried} == set()
    for name, order in acknowledged.items():
        assert by_sale[sale_id(name)][0] == order


def verify(path: Path) -> int:
    """``couchtill verify``'s exit status; it prints its findings."""
    return cli.main(["verify", str(path)])


class Seller(threading.Thread):
    """Sells without a pause, as fast as the answers come; asks again for a sale whose answer didn't come."""

    def __init__(self, name: str, terminal: Callable[[], Terminal]) -> None:
        super().__init__(name=f"seller {name}", daemon=True)
        self.prefix = name
        self.terminal = terminal
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.tried: set[str] = set()
        self.repeated = 0
        self.failure: BaseException | None = None
        self._done = threading.Event()

    def run(self) -> None:
        try:
            number = 0
            while not self._done.is_set():
                number += 1
                self._sell(f"{self.prefix}-{number:06d}")
        except BaseException as error:
            self.failure = error

    def _sell(self, sale: str) -> None:
        self.tried.add(sale)
        while True:
            try:
                self.acknowledged[sale] = self.terminal().sell(sale, 100 + len(self.tried) % 900)
                return
            except (requests.ConnectionError, requests.Timeout):
                self.repeated += 1
                if self._done.wait(0.02):
                    return

    def finish(self) -> None:
        self._done.set()
        self.join(60)
        if self.failure is not None:
            raise self.failure


def copy(source: Path, target: Path) -> None:
    """A disk image of a terminal that is off."""
    shutil.copytree(source, target)


__all__ = ["Hub", "Seller", "Terminal", "copy", "in_step", "prove", "verify"]
