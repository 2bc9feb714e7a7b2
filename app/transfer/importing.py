"""``couchtill import``: a CSV file into a database, a file or a URL.

The shop's import reads and edits documents where they are. For a URL the database is replicated to a file beside, the
import edits that, and the edits are replicated back: whatever happens on the way, the other side has whole revisions,
and an edit that somebody made there meanwhile becomes a conflict for a person instead of being lost.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.transfer.place import is_url, open_file


@dataclass(frozen=True)
class Outcome:
    """What an import did; ``report`` is the shop's."""

    what: str
    report: Any

    @property
    def rejected(self) -> int:
        return int(self.report.rejected)

    def summary(self) -> str:
        report = self.report
        text = (
            f"{report.rows} rows: {report.created} documents new, {report.updated} changed, "
            f"{report.unchanged} as they were, {report.rejected} rows refused"
        )
        return f"{text} (see {report.reject_path})" if report.reject_path else text

    def first_problems(self) -> list[str]:
        return list(self.report.reasons)


def run(what: str, file: Path, place: str, *, rejects: Path | None = None) -> Outcome:
    """Imports ``products`` or ``customers``. Errors in words; a file is made when it isn't there."""
    from app.shop import importing

    importing.check(what, file)  # before a whole database is fetched for a file that is none
    load = {"products": importing.import_products, "customers": importing.import_customers}[what]
    with _editable(place) as database:
        return Outcome(what, load(file, database, rejects or file.with_name(f"{file.name}.rejects.csv")))


@contextmanager
def _editable(place: str) -> Iterator[Database]:
    if not is_url(place):
        with open_file(Path(place), write=True, indexed=Path(place).stem == "company") as database:
            yield database
        return
    from app.replicator import open_peer, replicate

    with tempfile.TemporaryDirectory(prefix="couchtill-") as folder:
        database = Database(Path(folder) / "import.db")
        there = open_peer(place)
        try:
            replicate(there, open_peer(database))
            yield database
            replicate(open_peer(database), there)
        finally:
            there.close()
            database.close()
