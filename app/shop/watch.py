"""What a person must see to on a machine or at the central, as tasks: `task:<kind>:<node>:<since>`.

Each node finds what is wrong with itself and writes it where its people look: a till into its store, head office into
`company`, which also writes what only it can see (a terminal that is silent) or what a hub, which has no shop, tells of
itself. `since` is when it began, told once and kept, so that whoever writes the task writes the same document; what is
over closes it, and the next time is another task.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from app.docs.database import Database
from app.shop import tasks
from app.shop.sale import SaleError
from app.shop.schemas.task import WATCHED

log = logging.getLogger("couchtill.shop")

SILENT, REFUSED, CLOCK, DISK, AWAY, DESIGNS, CERTIFICATE, CAME = WATCHED
KINDS: Final = WATCHED
#: What a node can tell of itself.
OWN: Final = (REFUSED, CLOCK, DISK, AWAY, CERTIFICATE)


class Finding(NamedTuple):
    """Something is wrong with `node` (its id) since then: UTC; of designs, what they should come to."""

    kind: str
    node: str
    since: str

    @property
    def about(self) -> str:
        return f"{self.node}:{self.since}"


def read(kind: str, about: str) -> Finding:
    """The finding that a task's `about` tells of; `since` is "" where it says nothing of one."""
    node, _colon, since = about.partition(":")
    return Finding(kind, node, since)


def keep(database: Database, findings: Iterable[Finding], mine: Callable[[Finding], bool], *, on: str) -> list[str]:
    """Makes the open tasks of `database` what `findings` say: writes what isn't there, closes those of `mine` that are
    over. What a person has closed, or deleted, stays so. The ids of what was written."""
    wanted = {tasks.task(found.kind, found.about)["_id"]: found for found in findings}
    written = [id for id, found in wanted.items() if tasks.write(database, {"kind": found.kind, "about": found.about})]
    for kind in KINDS:
        for record in database.find("task_kind", kind):
            doc = record.doc()
            if doc.get("done_at") or record.id in wanted or not mine(read(kind, str(doc.get("about")))):
                continue
            try:
                tasks.finish(database, record.id, on=on)
            except SaleError as gone:  # deleted in between, or another program's
                log.debug("%s: %s", record.id, gone)
                continue
            written.append(record.id)
    return written
