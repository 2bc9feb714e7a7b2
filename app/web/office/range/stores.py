"""The price book of each store, at head office: whose range something is in, what it costs there."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop.pricing.book import Books
from app.shop.settings import ShopSettings
from app.shop.stores import StoreFacts


@dataclass
class Ground:
    """What a store's book is made from, where no till of it is."""

    company: Database
    store_id: str
    facts: StoreFacts
    settings: ShopSettings

    @property
    def clock(self) -> clocks.Clock:
        return clocks.now


class Shelves:
    """The books of the stores, each made when it is first asked for."""

    def __init__(self, company: Database) -> None:
        self._company = company
        self._books: dict[str, Books] = {}
        self._lock = threading.Lock()

    def of(self, store: str) -> Books:
        """By the store's document (`store:s1`) or its id."""
        id = store.removeprefix("store:")
        with self._lock:
            if id not in self._books:
                facts, settings = StoreFacts(self._company, id), ShopSettings(self._company, id)
                self._books[id] = Books(Ground(self._company, id, facts, settings))
            return self._books[id]
