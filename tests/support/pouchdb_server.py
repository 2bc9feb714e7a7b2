"""PouchDB Server 4.2, the foreign CouchDB that npm has: a real peer of another make.

Its quirks are in ``tests/interop/README.md``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import requests

from tests.support import node
from tests.support.process import Process, free_port


class PouchDBServer:
    """One PouchDB Server on a loopback port of its own. A context manager; ``url`` is its root, without a slash.

    In memory unless ``directory`` is given; then ``stop()`` or ``kill()`` and ``start()`` go on with the same
    databases at the same URL. It starts as an "admin party": everybody is an admin until ``add_admin``.
    """

    def __init__(self, directory: Path | None = None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._own = None if directory else tempfile.TemporaryDirectory(prefix="pouchdb-server-")
        self.directory = Path(directory or self._own.name)  # type: ignore[union-attr]
        self.in_memory = directory is None
        self.process: Process | None = None

    def start(self) -> PouchDBServer:
        self.directory.mkdir(parents=True, exist_ok=True)
        script = node.PACKAGES / "node_modules" / "pouchdb-server" / "bin" / "pouchdb-server"
        store = ["--in-memory"] if self.in_memory else ["--dir", str(self.directory)]
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--config", str(self.directory / "config.json")]
        # It writes log.txt to its working directory, whatever it is told.
        self.process = Process([*node.node(), script, *store, *options], cwd=self.directory)
        self.process.wait_for(r"has started on")
        return self

    def add_admin(self, name: str, password: str) -> str:
        """End the admin party. The root URL with these credentials in it."""
        requests.put(f"{self.url}/_config/admins/{name}", json=password, timeout=10).raise_for_status()
        return self.url.replace("://", f"://{name}:{password}@")

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.alive

    def stop(self) -> None:
        if self.process:
            self.process.stop()

    def kill(self) -> None:
        if self.process:
            self.process.kill()

    def __enter__(self) -> PouchDBServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
        if self._own:
            self._own.cleanup()
