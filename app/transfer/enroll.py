"""``couchtill enroll``: a machine becomes a terminal by a code, with a progress bar; and the page that does it too."""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path

from app.node.config import DEFAULT_PORT, NodeConfig, NodeError
from app.node.enrolling import Enrolling, Progress, pending
from app.progress import Bar

log = logging.getLogger("couchtill.enroll")

#: Characters that are read of standard input: a code has a hundred or two.
MOST = 10_000
#: Seconds between two looks whether the page is done.
GLANCE = 0.2


def run(code: str | None, path: Path, *, host: str | None, port: int | None) -> NodeConfig:
    """Enrols with ``code``: ``-`` reads it from standard input, None goes on with the one of before.

    Prints what it is about; NodeError and StoreError in words, and what has come is kept.
    """
    text = sys.stdin.read(MOST) if code == "-" else code
    if text is None and pending(path) is None and not (path / "node.toml").exists():
        text = _asked()
    bar = Bar()
    said: set[str] = set()

    def tell(progress: Progress) -> None:
        if progress.step == "syncing" and progress.databases:
            name, done, total = progress.databases[-1]
            bar.show(done, total, f"documents of {name}")
        if progress.step not in said and progress.step in WORDS:
            said.add(progress.step)
            bar.end()
            print(WORDS[progress.step], file=sys.stderr)

    try:
        config = Enrolling(path, host=host, port=port, tell=tell).run(text)
    finally:
        bar.end()
    print(f"This machine is {config.id.upper()} of store {str(config.store).upper()} now.")
    return config


WORDS = {
    "asking": "Asking the central …",
    "syncing": "The code is used, and opens nothing any more. Fetching what the till needs …",
}


def _free(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _asked() -> str:
    """The code, typed at the terminal without an echo."""
    if not sys.stdin.isatty():
        raise NodeError("The code is missing: “couchtill enroll CODE --data DIR”, or - to read it from standard input.")
    import getpass

    return getpass.getpass("Code: ")


def serve(path: Path, *, host: str | None, port: int | None, with_parent: bool) -> NodeConfig | None:
    """Serves the page that takes a code, until the machine is a terminal; its configuration, with the port that the
    page had. None when the end was asked for before."""
    from app.process import Stop, announce, listen_error
    from app.web import enrolling
    from app.web.server import Server
    from app.words import words

    stop = Stop(with_parent=with_parent)
    host, port = host or "127.0.0.1", DEFAULT_PORT["terminal"] if port is None else port
    newcomer = enrolling.Newcomer(path, host=host, port=port, explain=words)
    application = enrolling.create_app(newcomer)
    try:
        # A port that the system chose can't be taken again at once; one that was asked for can, by the till.
        server = Server(newcomer, application, host, port or _free(host))
    except OSError as error:
        raise listen_error(error, host, port) from None
    newcomer.listens(server.port)
    announce("terminal", "to be enrolled", newcomer.link())
    while not newcomer.over.is_set():
        if stop.wait(GLANCE):
            newcomer.end()
    server.stop()
    newcomer.wait()
    return None if newcomer.made is None else newcomer.made.with_(port=server.port)
