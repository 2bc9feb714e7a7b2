"""A central, head office with an account of its own there, and machines that become terminals by its codes."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from app.node import Node, NodeConfig
from app.node import config as node_config
from app.node.enrolling import Enrolling
from app.node.issuing import Issuing
from app.shop import terminals
from app.shop.terminals import Standing
from couch.provision import provision

ITERATIONS = 1000  # of password hashes: these guard nothing


class Company:
    """Head office over the central at `admin` (a URL with name and password), with one store of its own."""

    def __init__(self, admin: str, path: Path) -> None:
        self.admin, self.path = admin, path
        parts = urlsplit(admin)
        self.central = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self.store = f"t{secrets.token_hex(4)}"
        self.user = f"{self.store}-office"
        provision(admin, stores=[self.store], office={"id": self.user, "password": "of-tests"}, iterations=ITERATIONS)
        node_config.write_secret(path / "office", "central", "of-tests")
        config = NodeConfig(kind="office", id="office", central_url=self.central, central_user=self.user)
        self.node = Node(path / "office", config).start(links=False)
        self.database = self.node.database(f"store-{self.store}")
        self.issuing = Issuing(self.node)
        self._machines = 0

    def plan(self, number: int = 1) -> str:
        """A terminal, planned; what it is called."""
        asked = {"request": f"plan-{number:04d}", "store": f"store:{self.store}", "number": number}
        doc, _ = terminals.plan(self.database, asked, on="office")
        return str(doc["terminal"])

    def code(self, terminal: str, **more: Any) -> str:
        return self.issuing.code(terminal, {"request": secrets.token_hex(8), **more}).text

    def standing(self, terminal: str) -> Standing:
        return terminals.standing(terminals.read(self.database, terminal))

    def machine(self) -> Path:
        """The directory of another machine."""
        self._machines += 1
        return self.path / f"machine-{self._machines}"

    def enrol(self, code: str | None, path: Path | None = None, **options: Any) -> NodeConfig:
        return Enrolling(path or self.machine(), **options).run(code)

    def user_doc(self, name: str) -> dict[str, Any]:
        """A user's document, as an admin sees it; {} where there is none."""
        answer = requests.get(self._user(name), timeout=30)
        return answer.json() if answer.status_code == 200 else {}

    def may_read(self, path: Path, database: str | None = None) -> int:
        """The status that a machine's own name and password get at a database."""
        config = node_config.read(path)
        auth = (str(config.central_user), str(node_config.read_secret(path, "central")))
        name = database or f"store-{self.store}"
        return requests.get(f"{self.central}/{name}", auth=auth, timeout=30).status_code

    def _user(self, name: str) -> str:
        return f"{self.admin}/_users/{quote('org.couchdb.user:' + name, safe='')}"

    def clean(self) -> None:
        """Takes away what was made at the central; `company` stays."""
        self.node.stop()
        requests.delete(f"{self.admin}/store-{self.store}", timeout=30)
        prefix = f"org.couchdb.user:{self.store}"
        query = {"startkey": f'"{prefix}"', "endkey": f'"{prefix}~"'}
        rows = requests.get(f"{self.admin}/_users/_all_docs", params=query, timeout=30).json().get("rows", [])
        for row in rows:
            url = f"{self.admin}/_users/{quote(row['id'], safe='')}"
            requests.delete(url, params={"rev": row["value"]["rev"]}, timeout=30)


@contextlib.contextmanager
def company(admin: str, path: Path) -> Iterator[Company]:
    made = Company(admin, path)
    try:
        yield made
    finally:
        made.clean()


def now() -> datetime:
    return datetime.now(UTC)
