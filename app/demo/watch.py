"""What the sales, refunds and Z reports of a node are, read through its own CouchDB API, as a replicator reads them."""

from __future__ import annotations

import threading
from typing import Any

import requests

#: Seconds that a node of this machine may take to answer.
TIMEOUT = 2.0
PAGE = 1000


class Orders:
    """The sales that one node holds, by id, with the id of the request that each one is; its refunds, by id, with the
    order that each one takes back; its Z reports."""

    def __init__(self, database_url: str, auth: tuple[str, str]) -> None:
        self._url = database_url
        self._session = requests.Session()
        self._session.auth = auth
        self._since: Any = "0"
        self._lock = threading.Lock()
        self.sales: dict[str, str] = {}
        self.refunds: dict[str, str] = {}
        self.zreports: set[str] = set()

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
            params={"since": self._since, "limit": PAGE, "include_docs": "true"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        page = answer.json()
        for row in page["results"]:
            if row["id"].startswith("zreport:"):
                self.zreports.add(row["id"])
            if not row["id"].startswith("order:"):
                continue
            if row.get("deleted"):
                self.sales.pop(row["id"], None)
            elif row["doc"].get("kind") == "refund":
                self.refunds[row["id"]] = str(row["doc"].get("refund_of"))
            else:
                self.sales[row["id"]] = str(row["doc"].get("sale"))
        self._since = page["last_seq"]
        return len(page["results"]) == PAGE

    def forget(self) -> None:
        """Starts again from nothing: the node is another one, or came back from a crash and must show what it has."""
        with self._lock:
            self._since = "0"
            self.sales, self.refunds, self.zreports = {}, {}, set()
