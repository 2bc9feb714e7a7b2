"""What a node holds, read through its own CouchDB API, as a replicator reads it: sales, and what products cost."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import requests

#: Seconds that a node of this machine may take to answer.
TIMEOUT = 2.0
PAGE = 1000


class Watch(ABC):
    """How far one database of a node was read."""

    def __init__(self, database_url: str, auth: tuple[str, str]) -> None:
        self._url = database_url
        self._session = requests.Session()
        self._session.auth = auth
        self._since: Any = "0"
        self._lock = threading.Lock()
        self.empty()

    def look(self) -> bool:
        """Reads what came since the last look. False when the node doesn't answer: the last knowledge stays."""
        with self._lock:
            try:
                while self._page():
                    pass
            except (requests.RequestException, ValueError, KeyError):
                return False
        return True

    def _page(self) -> bool:
        answer = self._session.get(
            f"{self._url}/_changes",
            params={"since": self._since, "limit": PAGE, "include_docs": "true", "conflicts": "true"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        page = answer.json()
        for row in page["results"]:
            self.learn(row["id"], row["doc"])
        self._since = page["last_seq"]
        return len(page["results"]) == PAGE

    def forget(self) -> None:
        """Starts again from nothing: the node is another one, or came back from a crash and must show what it has."""
        with self._lock:
            self._since = "0"
            self.empty()

    @abstractmethod
    def empty(self) -> None:
        """Knows nothing."""

    @abstractmethod
    def learn(self, id: str, doc: dict[str, Any]) -> None:
        """Takes in a document that has changed, with its ``_conflicts``."""


class Orders(Watch):
    """The sales that one node holds, by id, with the id of the request that each one is; its refunds, by id, with the
    order that each one takes back; its Z reports."""

    def empty(self) -> None:
        self.sales: dict[str, str] = {}
        self.refunds: dict[str, str] = {}
        self.zreports: set[str] = set()

    def learn(self, id: str, doc: dict[str, Any]) -> None:
        if id.startswith("zreport:"):
            self.zreports.add(id)
        if not id.startswith("order:"):
            return
        if doc.get("_deleted"):
            self.sales.pop(id, None)
        elif doc.get("kind") == "refund":
            self.refunds[id] = str(doc.get("refund_of"))
        else:
            self.sales[id] = str(doc.get("sale"))


class Priced(NamedTuple):
    """A product as one node has it: `price` (None: an open one), where it was changed last, whether it has two live
    versions."""

    rev: str
    price: int | None
    on: str
    disputed: bool


class Prices(Watch):
    """What the products of one node cost, by id; and by id what of them persons have decided: the product."""

    def empty(self) -> None:
        self.products: dict[str, Priced] = {}
        self.decided: dict[str, str] = {}

    def learn(self, id: str, doc: dict[str, Any]) -> None:
        if id.startswith("resolution:"):
            self.decided[id] = str(doc.get("about"))
        if not id.startswith("product:"):
            return
        price = (doc.get("price") or {}).get("amount")
        self.products[id] = Priced(doc["_rev"], price, str(doc.get("updated_on")), bool(doc.get("_conflicts")))
