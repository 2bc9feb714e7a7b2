"""A hub or a terminal's CouchDB door inside the test's own process, over a folder of databases, on a real socket.

Only the web side is real: the node behind it is no more than what the web side reads of one. ``tests.support.hub`` has
whole nodes.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from app.docs.directory import Directory
from app.web import auth, users
from app.web.server import Server, serve

# A hash that takes no time: what is tested here isn't how long guessing takes.
ITERATIONS = 10


@contextmanager
def running_hub(path: Path, **config: Any) -> Iterator[SimpleNamespace]:
    """``url`` has the admin in it, ``root`` nobody; ``node`` and ``server`` are what runs."""
    with running_node(path, "hub", "admin", "secret", **config) as hub:
        yield hub


@contextmanager
def running_node(path: Path, kind: str, name: str, password: str, **config: Any) -> Iterator[SimpleNamespace]:
    """A node of `kind`, and URLs with `name` and `password` in them."""
    default, users.ITERATIONS = users.ITERATIONS, ITERATIONS
    if kind == "hub":
        auth.set_admin(path, name, password)
    directory = Directory(path)
    callbacks: list[Callable[[], None]] = []
    node: Any = SimpleNamespace(
        kind=kind,
        directory=directory,
        uuid=secrets.token_hex(16),
        closing=threading.Event(),
        on_stop=callbacks.append,
        path=path,
        config={"id": kind, "kind": kind, "host": "127.0.0.1", "max_feeds": 20, **config},
    )
    server: Server = serve(node, "127.0.0.1", 0)

    def as_user(user: str, user_password: str) -> str:
        return f"http://{user}:{user_password}@127.0.0.1:{server.port}"

    try:
        yield SimpleNamespace(
            url=as_user(name, password),
            root=f"http://127.0.0.1:{server.port}",
            as_user=as_user,
            node=node,
            server=server,
            directory=directory,
        )
    finally:
        server.stop()
        for callback in callbacks:
            callback()
        directory.close()
        users.ITERATIONS = default
