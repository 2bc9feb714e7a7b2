"""``couchtill demo``: from nothing to one page that shows a whole shop, until Ctrl-C."""

from __future__ import annotations

import logging
from pathlib import Path

from app.process import Stop, announce, end_within, listen_error

log = logging.getLogger("couchtill.demo")

PORT = 8000

#: Seconds until the end, whatever still runs: the nodes have 2 of their own.
DEADLINE = 3.5

#: The page's own threads: a browser's polls, one click that waits for a node to start, and some to spare.
THREADS = 8


def run(data: Path, port: int | None, *, with_parent: bool = False) -> int:
    """Runs the demo; exit status 0. NodeError in words."""
    from cheroot import wsgi

    from app.demo.demo import Demo
    from app.demo.page import create_page
    from app.docs.directory import lock_folder

    stop = Stop(with_parent=with_parent)
    data.mkdir(parents=True, exist_ok=True)
    port = PORT if port is None else port
    with lock_folder(data):
        server = wsgi.Server(("127.0.0.1", port), None, numthreads=THREADS, server_name="CouchTill demo")
        server.shutdown_timeout = 1
        try:
            server.prepare()
        except OSError as error:
            raise listen_error(error, "127.0.0.1", port) from None
        port = server.bind_addr[1]
        demo = Demo(data, port)
        try:
            server.wsgi_app = create_page(demo)
            demo.start()
            serving = _serve(server)
            announce("demo", "demo", f"http://127.0.0.1:{port}/")
            stop.wait()
            log.info("stopping")
            end_within(DEADLINE)
            demo.stop()
            server.stop()
            serving.join(1)
        finally:
            demo.stop()
    return 0


def _serve(server):  # type: ignore[no-untyped-def]  # cheroot ships no types
    import threading

    thread = threading.Thread(target=server.serve, name="demo page", daemon=True)
    thread.start()
    return thread
