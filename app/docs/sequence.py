"""Update sequences that survive a restored file: ``<n>-<epoch>``.

``n`` counts the changes of one file. A file that is put back from last week's copy counts the same numbers again, for
other changes; a peer that remembers 120 would then never see the new 110. So the first write after every opening of a
file begins a new *epoch*, a random word that is kept with its first number:

    first 1 · epoch 7f3a      first 96 · epoch 02bc  (opened again)

A ``since`` of a known epoch beyond that epoch's range goes on at the range's end, an unknown epoch means 0: the peer is
sent more than it needs, never less. Clients treat sequences as opaque (CouchDB, PouchDB, couchdb-python).
"""

from __future__ import annotations

import secrets
import sqlite3
from bisect import bisect_right
from typing import Any


class Epochs:
    """The epochs of one file, in order."""

    def __init__(self, rows: list[tuple[int, str]]) -> None:
        self._firsts = [first for first, _ in rows]
        self._names = [name for _, name in rows]
        self._index = {name: at for at, name in enumerate(self._names)}

    @classmethod
    def load(cls, connection: sqlite3.Connection) -> Epochs:
        return cls(connection.execute("SELECT first, epoch FROM epochs ORDER BY first").fetchall())

    def begin(self, connection: sqlite3.Connection, first: int) -> None:
        """Begins a new epoch at number `first`. An epoch in which nothing was written gives its place up."""
        name = secrets.token_hex(4)
        connection.execute("INSERT OR REPLACE INTO epochs VALUES(?, ?)", (first, name))
        if self._firsts and self._firsts[-1] == first:
            self.retract()
        # Published before the commit: no reader can see a number of this epoch earlier than that.
        self._firsts.append(first)
        self._names.append(name)
        self._index[name] = len(self._names) - 1

    def retract(self) -> None:
        """Takes the last epoch back (its transaction was rolled back)."""
        self._firsts.pop()
        self._index.pop(self._names.pop())

    def text(self, n: int) -> str:
        """The sequence that stands for number `n`: ``"0"``, or ``"12-7f3a91c0"``."""
        if n <= 0 or not self._firsts:
            return "0"
        at = bisect_right(self._firsts, n) - 1
        return f"{n}-{self._names[max(at, 0)]}"

    def resolve(self, since: Any, last: int) -> int:
        """The number to go on from for a client's `since`; `last` is the newest number there is."""
        if since == "now":
            return last
        if not isinstance(since, str):
            return 0
        number, dash, name = since.strip('"').partition("-")
        at = self._index.get(name)
        if not dash or at is None or not number.isascii() or not number.isdigit():
            return 0
        end = self._firsts[at + 1] - 1 if at + 1 < len(self._firsts) else last
        return max(0, min(int(number), end))
