"""Products and customers from CSV files, as the command imports them: looked through, and what is right of it written.

It is the code of head office's pages (`range.importing`, `customer_file`), stricter about the file: UTF-8, and no
column that isn't known. Products are as *The Complete Journey* has them, with room for more: a blank price is an open
one, keyed at the till; a blank name is shown as the category, else as the product's number; every category gets a
document. Importing a file twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.docs.database import Database
from app.shop.csvfile import ImportRefused
from app.shop.customer_file import CustomerFile
from app.shop.range.importing import ProductFile
from app.shop.recordfile import Fault, RecordFile, faults_csv

__all__ = ["ImportRefused", "Report", "check", "import_customers", "import_products"]

KINDS: dict[str, type[RecordFile]] = {"products": ProductFile, "customers": CustomerFile}


@dataclass
class Report:
    """What an import did: rows read, documents new, changed and unchanged, rows refused (and where they were put)."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    reject_path: Path | None = None
    reasons: list[str] = field(default_factory=list)  # the first few refusals, in words

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "reject_path": str(self.reject_path) if self.reject_path else None}


def check(what: str, path: str | Path) -> None:
    """Whether the file can be read at all, before anything is done for it. Raises ImportRefused."""
    KINDS[what].header(_bytes(path), Path(path).name)


def import_products(
    path: str | Path, database: Database, reject_path: str | Path | None = None, *, by: str = "import"
) -> Report:
    """Products, and the categories they name, from a CSV file (plain or gzip) into `company`.

    Raises ImportRefused when the file as a whole can't be read. Refused rows are written to `reject_path` with the
    reason.
    """
    return _import(
        lambda data, name, digits: ProductFile(data, name, database, digits, named=True, encoding=None, lenient=False),
        Path(path), database, reject_path, by,
    )  # fmt: skip


def import_customers(
    path: str | Path, database: Database, reject_path: str | Path | None = None, *, by: str = "import"
) -> Report:
    """Customers from a CSV file into `company`; as `import_products`."""
    return _import(
        lambda data, name, digits: CustomerFile(data, name, database, digits, encoding=None, lenient=False),
        Path(path), database, reject_path, by,
    )  # fmt: skip


def _bytes(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImportRefused(f"{path} can't be read: {error.strerror or error}.") from error


def _import(
    read: Callable[[bytes, str, int], RecordFile],
    path: Path,
    database: Database,
    reject_path: str | Path | None,
    by: str,
) -> Report:
    file = read(_bytes(path), path.name, _digits(database))
    looked = file.look()
    done = file.apply(looked, by=by, on=database.name)
    left = [Fault(0, key, "", "Somebody changed it meanwhile: look at it again.", []) for key in done["left"]]
    report = Report(looked.rows, looked.new, looked.changed, looked.unchanged, len(looked.faults) + len(left))
    report.reasons = [_told(fault) for fault in [*looked.faults, *left][:10]]
    if reject_path is not None and looked.faults:
        report.reject_path = Path(reject_path)
        report.reject_path.write_bytes(b"".join(faults_csv(looked.faults, file.file.columns, str)))
    return report


def _told(fault: Fault) -> str:
    where = ", ".join(part for part in (f"Line {fault.line}" if fault.line else fault.key, fault.column) if part)
    return f"{where}: {fault.reason}"


def _digits(database: Database) -> int:
    """The decimals of the company's currency: those of its first store."""
    for record in database.each("store"):
        digits = record.doc().get("digits")
        if isinstance(digits, int) and not isinstance(digits, bool):
            return digits
    return 2
