"""Start a program, know when it is ready, and end it by its process id.

A ``Process`` keeps what the program prints on both streams, line by line, so that a failing test can show it,
and so that tests can wait for a line ("listening on …") instead of sleeping.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support import forkserver
from tests.support.forkserver import Forked

ROOT = Path(__file__).resolve().parents[2]

# The line by which `couchtill hub`, `terminal`, `office` and `demo` say where they listen.
READY = re.compile(r"ready: (?P<link>(?P<url>https?://\S+?:(?P<port>\d+))\S*)")
#: Seconds that a program may take to be ready: under a long test, on a busy machine, it gets little of the processor.
STARTS = 120.0
SERVERS = ("hub", "terminal", "office", "demo")
# Commands that may be forked; the others are few, or start processes of their own.
FORKED = ("hub", "terminal", "office", "replicate", "load", "dump", "import", "settings")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ProcessEnded(AssertionError):
    """The program ended, or stayed silent, before it printed the line that was waited for."""


class Process:
    """A child process with its output collected. Use as a context manager, or call ``stop()``.

    ``argv`` is the command, ``env`` is added to this process's environment. ``lines`` holds ``(stream, text)`` in
    the order of arrival, where stream is ``"out"`` or ``"err"``.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
    ):
        self.argv = [str(part) for part in argv]
        self.lines: list[tuple[str, str]] = []
        self._changed = threading.Condition()
        self._open_streams = 2
        self.popen = self._start(cwd, {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}, stdin)
        for name, stream in (("out", self.popen.stdout), ("err", self.popen.stderr)):
            threading.Thread(target=self._collect, args=(name, stream), daemon=True).start()

    def _start(self, cwd: Path | None, env: Mapping[str, str], stdin: int) -> subprocess.Popen[str] | Forked:
        return subprocess.Popen(
            self.argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=cwd,
            env=env,
        )

    def _collect(self, name: str, stream) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self.lines.append((name, line.rstrip("\n")))
                    self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def stdout(self) -> str:
        """What it printed on standard output so far."""
        return self._text("out")

    @property
    def stderr(self) -> str:
        """What it printed on standard error so far."""
        return self._text("err")

    def _text(self, name: str) -> str:
        with self._changed:
            return "\n".join(line for stream, line in self.lines if stream == name)

    def wait_for(self, pattern: str | re.Pattern[str], timeout: float = 30.0) -> re.Match[str]:
        """The match of ``pattern`` in the first line, of either stream, that has one.

        Raises ``ProcessEnded`` with all output when the program ends or ``timeout`` seconds pass first.
        """
        regex = re.compile(pattern)
        deadline = time.monotonic() + timeout
        seen = 0
        with self._changed:
            while True:
                for _, line in self.lines[seen:]:
                    if match := regex.search(line):
                        return match
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if self._open_streams == 0 or left <= 0:
                    output = "\n".join(f"{stream}: {line}" for stream, line in self.lines)
                    raise ProcessEnded(f"{self.argv} printed no line like {regex.pattern!r}:\n{output}")
                self._changed.wait(left)

    def terminate(self, timeout: float = 10.0) -> int:
        """SIGTERM, then the exit status. A program that doesn't end in ``timeout`` seconds is killed, and raises."""
        if self.alive:
            self.popen.terminate()
        return self.wait(timeout)

    def kill(self) -> None:
        """SIGKILL: the plug is pulled."""
        if self.alive:
            self.popen.kill()
        self.popen.wait()
        self._close_stdin()

    def _close_stdin(self) -> None:
        if self.popen.stdin:
            self.popen.stdin.close()

    def send_signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def wait(self, timeout: float = 30.0) -> int:
        """The exit status. Raises ``ProcessEnded`` (and kills) when it goes on after ``timeout`` seconds."""
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ProcessEnded(f"{self.argv} went on after {timeout} s:\n{self.stderr}") from None
        self._close_stdin()
        with self._changed:  # its last words, when no grandchild holds the pipes
            self._changed.wait_for(lambda: self._open_streams == 0, timeout=1.0)
        return status

    def stop(self) -> None:
        """End it in any way, without complaint: for fixtures."""
        if self.alive:
            self.popen.terminate()
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        self._close_stdin()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class CouchTill(Process):
    """A ``couchtill`` command as a process of its own: ``CouchTill("hub", "--data", path, "--port", "0")``.

    A server ends with this process, however that ends. ``url``, ``port`` and ``link`` wait for the line that says it is
    ready. ``command`` is another installation's command, as the start of an argv.

    With ``CouchTill.forks``, as pytest sets it, most are forked instead of executed (`tests.support.forkserver`),
    unless they are to have a command, an environment or a folder of their own.
    """

    forks = False

    def __init__(
        self,
        *args: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        command: Sequence[str | Path] = (),
    ):
        self._forks = self.forks and args[0] in FORKED and not (env or cwd or command)
        # Where nothing is to be written beside the sources, each of a thousand processes would compile them anew.
        env = {"PYTHONDONTWRITEBYTECODE": "", **(env or {})}
        if not command:
            env["PYTHONPATH"] = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
        argv = [*(command or (sys.executable, "-m", "app.cli")), *args]
        if args[0] in SERVERS:
            super().__init__([*argv, "--with-parent"], env=env, cwd=cwd, stdin=subprocess.PIPE)
        else:
            super().__init__(argv, env=env, cwd=cwd)

    def _start(self, cwd: Path | None, env: Mapping[str, str], stdin: int) -> subprocess.Popen[str] | Forked:
        if not self._forks:
            return super()._start(cwd, env, stdin)
        forked = forkserver.spawn(self.argv[self.argv.index("app.cli") + 1 :], dict(env))
        if stdin == subprocess.DEVNULL:
            forked.close_stdin()
        return forked

    @property
    def url(self) -> str:
        return self.wait_for(READY, STARTS)["url"]

    @property
    def link(self) -> str:
        """The start link of a terminal or of head office: who opens it gets a cookie."""
        return self.wait_for(READY, STARTS)["link"]

    @property
    def port(self) -> int:
        return int(self.wait_for(READY, STARTS)["port"])


def wait_until(condition, timeout: float = 30.0, what: str = "", shown: Callable[[], object] | None = None) -> object:
    """Call ``condition`` until its answer is true, and return that. AssertionError after ``timeout`` seconds, with
    what there is instead (``shown``)."""
    deadline = time.monotonic() + timeout
    pause = 0.005
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            instead = "" if shown is None else f"\n{shown()}"
            raise AssertionError(f"not within {timeout} s: {what or condition}{instead}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
