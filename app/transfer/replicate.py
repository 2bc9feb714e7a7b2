"""``couchtill replicate``: one replication between any two of file and URL, with a progress bar or one line of JSON."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.docs import json as docs_json
from app.node.config import NodeError
from app.progress import Bar
from app.transfer.place import is_url, open_file


def run(source: str, target: str, *, continuous: bool, create_target: bool, json: bool) -> int:
    """Replicates; the exit status: 1 when a document was not taken. Other failures raise, in words."""
    from app.process import Stop
    from app.replicator import replicate
    from app.replicator.auth import redact

    stopping = threading.Event()
    bar = Bar()

    def progress(result: Any, pending: int | None) -> None:
        done = result.stats.missing_checked
        bar.show(done, None if pending is None else done + pending, "revisions")

    if continuous:
        _stop_on_signal(Stop(), stopping)
    with _peers(source, target, create_target) as (here, there):
        try:
            result = replicate(
                here,
                there,
                continuous=continuous,
                create_target=create_target,
                stop=stopping,
                on_progress=progress if bar.shows else None,
            )
        finally:
            bar.end()
    values = result.as_dict()
    if json:
        print(docs_json.dumps(values).decode())
    else:
        print(
            f"{values['docs_written']} of {values['docs_read']} documents written, "
            f"{values['doc_write_failures']} refused, {values['missing_checked']} revisions checked, "
            f"in {values['seconds']:.1f} s"
        )
    for failure in result.failures:
        print(redact(f"{failure.id} {failure.rev}: {failure.error}, {failure.reason}"), file=sys.stderr)
    return 1 if values["doc_write_failures"] else 0


def _stop_on_signal(stop: Any, stopping: threading.Event) -> None:
    def wait() -> None:
        stop.wait()
        stopping.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()


@contextlib.contextmanager
def _peers(source: str, target: str, create_target: bool) -> Iterator[tuple[Any, Any]]:
    from app.replicator import open_peer

    with contextlib.ExitStack() as stack:
        peers = []
        # Both are written to: a replication keeps its log on either side.
        locked: set[Path] = set()
        for place, create in ((source, False), (target, create_target)):
            if is_url(place):
                try:
                    peer = open_peer(place)
                except ValueError as error:
                    raise NodeError(str(error)) from None
                stack.callback(peer.close)
            else:
                folder = Path(place).parent.resolve()
                database = stack.enter_context(
                    open_file(Path(place), write=True, create=create, lock=folder not in locked)
                )
                locked.add(folder)
                peer = open_peer(database)
            peers.append(peer)
        yield peers[0], peers[1]
