"""CouchTill's commands, forked from a process that has imported everything and made every page already: a start costs
milliseconds, not two seconds of imports, and a run of the tests starts a thousand.

What is forked is a process of its own like any other: it opens its files itself, hears signals, and can be killed. The
pytest process starts one fork server when it needs it (``spawn``); that one ends with it, however it ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

from tests.support.kept import prepare

ROOT = Path(__file__).resolve().parents[2]
#: What the commands import, some of it when a first page is asked for.
ROOMS = ("app.docs", "app.replicator", "app.shop", "app.node", "app.web", "app.transfer", "couch")
#: Seconds until the first is forked: on a busy machine the four that it takes to import everything are many.
STARTS = 240.0
#: Bytes of a request: its arguments and the environment.
MOST = 1 << 20


class Forked:
    """A forked command, with what ``subprocess.Popen`` has of it."""

    def __init__(self, server: ForkServer, argv: Sequence[str], environment: dict[str, str]) -> None:
        self.args = list(argv)
        self.returncode: int | None = None
        self._ended = threading.Condition()
        ends = [os.pipe() for _ in range(3)]
        theirs = [ends[0][0], ends[1][1], ends[2][1]]
        self.stdin: IO[str] | None = os.fdopen(ends[0][1], "w")
        self.stdout: IO[str] | None = os.fdopen(ends[1][0], errors="replace")
        self.stderr: IO[str] | None = os.fdopen(ends[2][0], errors="replace")
        try:
            self.pid = server.fork(self, {"argv": self.args, "environment": environment}, theirs)
        finally:
            for end in theirs:
                os.close(end)

    def close_stdin(self) -> None:
        """There is nothing to read."""
        if self.stdin is not None:
            self.stdin.close()
        self.stdin = None

    def ended(self, returncode: int) -> None:
        with self._ended:
            self.returncode = returncode
            self._ended.notify_all()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        with self._ended:
            if not self._ended.wait_for(lambda: self.returncode is not None, timeout):
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The fork server as the tests' process sees it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for each in (self._line, theirs):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __spec__.name, str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                pass_fds=[theirs.fileno()],
            )
        self._forking = threading.Lock()
        self._forked: SimpleQueue[int] = SimpleQueue()
        self._children: dict[int, Forked] = {}
        self._early: dict[int, int] = {}
        self._known = threading.Lock()
        threading.Thread(target=self._listen, name="fork server", daemon=True).start()

    def fork(self, child: Forked, request: dict[str, Any], fds: list[int]) -> int:
        with self._forking:
            socket.send_fds(self._line, [json.dumps(request).encode()], fds)
            pid = self._forked.get(timeout=STARTS)
        with self._known:
            returncode = self._early.pop(pid, None)
            if returncode is None:
                self._children[pid] = child
        if returncode is not None:
            child.ended(returncode)
        return pid

    def _listen(self) -> None:
        while answer := self._line.recv(MOST):
            told = json.loads(answer)
            if "pid" in told:
                self._forked.put(told["pid"])
                continue
            pid, returncode = told["ended"]
            with self._known:
                child = self._children.pop(pid, None)
                if child is None:
                    self._early[pid] = returncode
            if child is not None:
                child.ended(returncode)


_started: dict[int, ForkServer] = {}
_starting = threading.Lock()


def spawn(argv: Sequence[str], environment: dict[str, str]) -> Forked:
    """``couchtill`` with `argv`, in a process of its own."""
    with _starting:
        here = os.getpid()  # who was forked from us must start its own
        if here not in _started:
            _started[here] = ForkServer()
        server = _started[here]
    return Forked(server, argv, environment)


# -- in the fork server ------------------------------------------------------------------------------------------------


class _Child(Exception):
    """Raised in the forked process: it leaves everything of its parent behind before it begins."""


def _serve(line: socket.socket) -> None:
    woken, wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wakes)
    while True:
        ready, _, _ = select.select([line, woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            with contextlib.suppress(ChildProcessError):
                while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                    line.send(json.dumps({"ended": [ended[0], os.waitstatus_to_exitcode(ended[1])]}).encode())
        if line in ready:
            message, fds, _, _ = socket.recv_fds(line, MOST, 3)
            if not message:
                return
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for number, fd in enumerate(fds):
                    os.dup2(fd, number)
                for fd in (*fds, woken, wakes, line.detach()):
                    os.close(fd)
                raise _Child(message)
            for fd in fds:
                os.close(fd)
            line.send(json.dumps({"pid": pid}).encode())


def _main() -> int:
    from app import cli, process, progress, words  # noqa: F401

    for room in ROOMS:
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            importlib.import_module(module.name)
    prepare()
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, "a thread would be missing in whoever is forked"
    try:
        _serve(socket.socket(fileno=int(sys.argv[1])))
    except _Child as child:
        request = json.loads(child.args[0])
    else:
        return 0
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.argv = [str(ROOT / "app" / "cli.py"), *request["argv"]]
    return cli.main(request["argv"])


if __name__ == "__main__":
    sys.exit(_main())
