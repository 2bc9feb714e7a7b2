"""A node, or the demo, as a process: one line when it is ready, a clean end within two seconds of a signal."""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from app.node import Node, NodeError

log = logging.getLogger("couchtill")

#: Seconds from the signal until the process ends, whatever still runs. What was acknowledged is on disk by then.
DEADLINE = 1.9
#: Seconds from "ready" until the links start: importing the replicator takes as long as drawing the first page, which
#: somebody waits for.
FIRST_PAGE = 0.25
#: Seconds until links that could not start (the disk is full) are tried again. The till sells meanwhile, if it can.
AGAIN = 10.0


def log_to_stderr(verbose: bool = False) -> None:
    """Logs go to standard error; standard output is for data and for the line that says "ready"."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for talkative in ("urllib3", "werkzeug", "cheroot", "filelock"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def announce(kind: str, id: str, url: str) -> None:
    """The line that tells people and scripts where to go."""
    print(f"CouchTill {kind if kind == id else f'{kind} {id}'} ready: {url}", flush=True)


class Stop:
    """Set by SIGTERM, SIGINT, or, ``with_parent``, by the end of standard input: the parent is gone."""

    def __init__(self, *, with_parent: bool = False) -> None:
        self._event = threading.Event()
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
                signal.signal(number, self._signal)
        if with_parent:
            threading.Thread(target=self._parent, name="parent", daemon=True).start()

    def _signal(self, number: int, frame: FrameType | None) -> None:
        if self._event.is_set():
            os._exit(128 + number)  # asked twice: someone is in a hurry
        self._event.set()

    def _parent(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        self._event.set()

    def set(self) -> None:
        self._event.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the end was asked for; without `seconds` only then."""
        if seconds is not None:
            return self._event.wait(seconds)
        # Windows delivers no signal to a wait without an end
        while not self._event.wait(3600 if os.name == "posix" else 0.5):
            pass
        return True


def end_within(seconds: float = DEADLINE) -> None:
    """Ends the process after so long, whatever still runs: a peer that never answers must not hold up a shutdown.

    Never called off: what hangs may also be a thread that the interpreter waits for at its very end.
    """

    def end() -> None:
        log.warning("did not stop within %.1f s: ending. What still ran:", seconds)
        faulthandler.dump_traceback(sys.stderr)
        sys.stderr.flush()
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def listen_error(error: OSError, host: str, port: int) -> NodeError:
    """Why no server can listen there, in words."""
    # The server tries each address that the name has, and packs what it met into one text.
    packed = re.search(r"\[Errno (\d+)\]", str(error))
    number = int(packed[1]) if error.errno is None and packed else error.errno
    if number == errno.EADDRINUSE:
        return NodeError(f"Port {port} of {host} is taken by another program. Choose another one with --port.")
    if number == errno.EACCES:
        return NodeError(f"Port {port} needs rights that this user lacks. Choose one from 1024 up with --port.")
    if number == errno.EADDRNOTAVAIL or not number:
        return NodeError(f"{host} is no address of this machine.")
    return NodeError(f"Port {port} of {host} can't be listened to: {error.strerror or error}")


def run_node(node: Node, *, with_parent: bool = False, before: Callable[[Node], Any] | None = None) -> int:
    """Runs a node until a signal; exit status 0. ``before`` is called with the started node, before it listens."""
    from app.web.server import serve

    stop = Stop(with_parent=with_parent)
    node.start(links=False)
    try:
        if before is not None:
            before(node)
        host, port = node.config.host, node.config.port
        try:
            server = serve(node, host, port)
        except OSError as error:
            raise listen_error(error, host, port) from None
        announce(node.kind, node.id, _address(node, server.port, secure=server.secure))
        if not stop.wait(FIRST_PAGE):
            while not _linked(node):
                if stop.wait(AGAIN):
                    break
            stop.wait()
        log.info("stopping")
        end_within()
        node.begin_stop()
        server.stop()
        node.stop()
    except BaseException:
        node.stop()
        raise
    return 0


def _linked(node: Node) -> bool:
    """Starts the links; False where a person must make room first: that ends no till."""
    from app.words import words

    try:
        node.start_links()
    except Exception as error:
        said = words(error)
        if said is None:
            raise
        log.warning("the links can't start yet: %s", said)
        return False
    return True


def _address(node: Node, port: int, *, secure: bool) -> str:
    host = f"[{node.config.host}]" if ":" in node.config.host else node.config.host
    if host in ("0.0.0.0", "[::]"):
        host = "127.0.0.1"
    base = f"{'https' if secure else 'http'}://{host}:{port}/"
    if node.kind == "hub":
        return base
    from app.web.auth import start_link

    return start_link(node, base)
