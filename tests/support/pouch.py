"""PouchDB 9, the foreign client, driven from Python.

``Pouch`` is one Node.js process in which any of PouchDB's methods can be called; ``run_pouch`` runs a script to its
end (for benchmarks, where the driving must not stand in the way).
"""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

from tests.support import node


class PouchError(AssertionError):
    """PouchDB's own error: ``name``, ``status`` (None where it has none), ``reason``."""

    def __init__(self, error: dict[str, Any]):
        super().__init__(json.dumps(error))
        self.name, self.status = error.get("name"), error.get("status")
        self.reason = error.get("reason") or error.get("message")


class Pouch:
    """A PouchDB 9: ``pouch.call("a", "put", {"_id": "x"})`` awaits ``put`` of its database ``a``, returns the result.

    Databases lie in memory, or under ``directory`` (leveldb); a URL is a database at a server. Besides PouchDB's
    methods there are ``live``, ``livesync``, ``state``, ``cancel``: see ``tests/interop/node/session.js``. Bytes go in
    and come out as ``bytes``.
    """

    def __init__(self, directory: Path | None = None):
        script = node.PACKAGES / "session.js"
        argv = [*node.node(), str(script), *([str(directory)] if directory else [])]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lock = threading.Lock()

    def call(self, database: str, method: str, *args: Any) -> Any:
        """The result of one method. Raises ``PouchError`` with PouchDB's error."""
        request = json.dumps({"call": [database, method, *args]}, default=_encode) + "\n"
        assert self._process.stdin and self._process.stdout
        with self._lock:
            self._process.stdin.write(request.encode())
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"PouchDB ended with {self._process.wait()} in {method}")
        answer = json.loads(line, object_hook=_decode)
        if "error" in answer:
            raise PouchError(answer["error"])
        return answer["ok"]

    def close(self) -> None:
        """End it; databases in memory are gone."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Pouch:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$base64": base64.b64encode(value).decode()}
    raise TypeError(type(value))


def _decode(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["$base64"]) if value.keys() == {"$base64"} else value


def run_pouch(script: str, *args: object, timeout: float = 300) -> Any:
    """Run ``tests/interop/node/<script>.js`` with ``args`` (what is no string goes as JSON); its last line is JSON.

    Raises AssertionError with what it printed when it fails.
    """
    words = [arg if isinstance(arg, str) else json.dumps(arg) for arg in args]
    argv = [*node.node(), str(node.PACKAGES / f"{script}.js"), *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        raise AssertionError(f"{script}.js ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return json.loads(lines[-1])
