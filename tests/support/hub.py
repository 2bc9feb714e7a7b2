"""A hub, or a terminal's CouchDB door, in this process: a real node behind a real socket, which a test can restart."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.node.config import NodeConfig
from app.node.node import Node
from app.web.auth import set_admin
from app.web.server import serve
from tests.support.process import free_port

ADMIN, PASSWORD = "admin", "s3cret/+@"
ITERATIONS = 1000  # of its hash: it guards nothing


class Hub:
    """``url`` is its root with an admin's credentials, and stays the same over ``stop`` and ``start``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = free_port()
        self.node: Any = None
        self.server: Any = None

    @property
    def url(self) -> str:
        return f"http://{ADMIN}:s3cret%2F%2B%40@127.0.0.1:{self.port}"

    def start(self) -> Hub:
        self.path.mkdir(parents=True, exist_ok=True)
        set_admin(self.path, ADMIN, PASSWORD, ITERATIONS)
        self.node = Node(self.path, NodeConfig(kind="hub", id="hub", port=self.port)).start()
        self.server = serve(self.node, "127.0.0.1", self.port)
        return self

    def stop(self) -> None:
        if self.node is not None:
            self.node.begin_stop()
            self.server.stop()
            self.node.stop()
            self.node = self.server = None

    def __enter__(self) -> Hub:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


@contextmanager
def terminal_door(path: Path) -> Iterator[tuple[Any, str]]:
    """(a terminal's node, the root of its CouchDB API with the key that scripts use)."""
    node = Node(path, NodeConfig(kind="terminal", id="s1-t1", store="s1")).start()
    server = serve(node, "127.0.0.1", 0)
    try:
        key = (path / "api.secret").read_text().strip()
        yield node, f"http://api:{key}@127.0.0.1:{server.port}/couch"
    finally:
        node.begin_stop()
        server.stop()
        node.stop()


def fresh() -> str:
    """A database name that nothing has."""
    return f"t{secrets.token_hex(6)}"
