"""``couchtill verify DIR``: every database of a node's directory, read-only, so also while the node runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from app.docs.database import Database
from app.docs.directory import Directory
from app.docs.errors import StoreError
from app.node import config as node_config
from app.node.config import NodeError


@dataclass
class Report:
    """What was looked at, and what is wrong, a sentence each."""

    databases: int = 0
    documents: int = 0
    orders: int = 0
    findings: list[str] = field(default_factory=list)

    def summary(self) -> str:
        looked = f"{self.databases} databases, {self.documents} documents, {self.orders} orders"
        found = len(self.findings)
        return f"{looked}: " + ("nothing is wrong" if not found else f"{found} finding{'s' * (found > 1)}")


def run(path: Path) -> Report:
    """Checks files, trees and indexes of all databases; chains, number series and sums of the stores'."""
    if not path.is_dir():
        raise NodeError(f"{path} is no directory.")
    report = Report()
    if (path / "node.toml").exists():
        try:
            node_config.read(path)
        except NodeError as error:
            report.findings.append(str(error))
    with Directory(path, read_only=True) as directory:
        names = directory.names()
        if not names:
            raise NodeError(f"{path} holds no databases.")
        for name in names:
            report.databases += 1
            try:
                _check(directory.get(name), name, report)
            except StoreError as error:
                report.findings.append(f"{name}: {error}")
    return report


def _check(database: Database, name: str, report: Report) -> None:
    report.documents += database.count()
    wrong = database.verify()
    report.findings += [f"{name}: {words}" for words in wrong]
    if not name.startswith("store-"):
        return
    from app.shop.verify import verify_store

    report.orders += database.count("order")
    report.findings += [f"{name}: {finding.message}" for finding in verify_store(database)]
