"""A node of the demo as a process of its own, which can be killed as a power cut would, and which never outlives us:
its standard input is a pipe whose other end only we hold, and it stops when that closes (``--with-parent``)."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from app.node import NodeError

log = logging.getLogger("couchtill.demo")

#: Seconds until a node says that it is ready; a cold machine takes 2.
PATIENCE = 30.0


class Child:
    """``couchtill`` with ``arguments``, its log in the file ``log_file``."""

    def __init__(self, name: str, arguments: Sequence[str], log_file: Path) -> None:
        self.name = name
        self.arguments = list(arguments)
        self.log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = threading.Event()
        self.url: str | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.running else None

    def launch(self) -> None:
        """Starts the process; ``wait_ready`` says when it serves."""
        self._ready = threading.Event()
        self.url = None
        with open(self.log_file, "ab") as log_stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *self.arguments, "--with-parent"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_stream,
                # Ctrl-C at the terminal reaches the whole group: ours alone should hear it, and stop them in order.
                start_new_session=True,
            )
        threading.Thread(target=self._listen, args=(self._process, self._ready), daemon=True).start()

    def _listen(self, process: subprocess.Popen[bytes], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout as printed:
            for line in printed:
                words = line.decode("utf-8", "replace").strip()
                if words.startswith("CouchTill ") and " ready: " in words:
                    self.url = words.rpartition(" ready: ")[2]
                    ready.set()
        ready.set()  # it ended; wait_ready sees that there is no url

    def wait_ready(self) -> str:
        """The URL that the node printed. NodeError with the end of its log when it ended instead."""
        self._ready.wait(PATIENCE)
        if self.url is None:
            raise NodeError(f"{self.name} did not start: {self._last_words()}")
        return self.url

    def _last_words(self) -> str:
        try:
            lines = self.log_file.read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1].removeprefix("couchtill: ") if lines else f"see {self.log_file}"

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves of a process."""
        if self._process is not None:
            self._process.kill()
            self._forget()

    def ask_to_stop(self) -> None:
        if self._process is not None and self.running:
            self._process.terminate()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to one that doesn't mind it."""
        self.ask_to_stop()
        if self._process is not None:
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop within 3 s: killed", self.name)
                self._process.kill()
            self._forget()

    def _forget(self) -> None:
        assert self._process is not None
        self._process.wait()
        for pipe in (self._process.stdin,):
            if pipe is not None:
                pipe.close()
