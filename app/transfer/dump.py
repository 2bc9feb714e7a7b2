"""Documents out, one JSON object a line, by id: the live ones, as ``GET /db/doc`` answers, attachments inline.

What a dump leaves out, deletions, losing revisions and ancestors, ``couchtill replicate`` takes along.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.docs import json
from app.transfer.place import open_place


def dump(place: str) -> Iterator[bytes]:
    """The lines. A file is opened read-only: a node that has it open goes on."""
    with open_place(place, write=False) as source:
        for page in source.pages():
            for doc in page:
                yield json.dumps(doc) + b"\n"
