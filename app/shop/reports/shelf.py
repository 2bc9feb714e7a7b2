"""The sums of all stores that a node has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from app.docs.database import Database
from app.shop.reports.sums import DailySums


class Shelf:
    """Each store's are opened when they are first asked for."""

    def __init__(self, company: Database, databases: Callable[[], Iterable[Database]]) -> None:
        self.company = company
        self._databases = databases
        self._kept: dict[str, DailySums] = {}
        self._lock = threading.Lock()

    def stores(self) -> list[DailySums]:
        """By store, sorted."""
        with self._lock:
            here = {database.name: database for database in self._databases()}
            for name in [name for name, sums in self._kept.items() if here.get(name) is not sums.database]:
                self._kept.pop(name).close()
            for name, database in here.items():
                if name not in self._kept:
                    self._kept[name] = DailySums(self.company, database, name.partition("-")[2])
            return [self._kept[name] for name in sorted(self._kept)]

    def close(self) -> None:
        with self._lock:
            for sums in self._kept.values():
                sums.close()
            self._kept.clear()
