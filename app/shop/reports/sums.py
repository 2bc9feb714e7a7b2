"""The daily sums of a store, kept beside its database in a file of their own: `store-s1.sums` beside `store-s1.db`.

They are derived: whatever is odd about the file (another program's, damaged, of a store that was put back from a copy,
of another version, of another time zone) it is made anew from the documents, which are never touched. A change of the
store makes the days that it belongs to *stale*; a stale day is summed again from its own documents when somebody asks
for it. So what a report says is always the sum of the documents that are here now.

Whole months of all tills and cashiers together stand in the same tables under a date of their own (20261100), made of
their days when they are first asked for: a year by product is twelve of them, not half a million rows.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import weakref
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock, incidents
from app.shop.reports import days, figures
from app.shop.stores import StoreFacts

log = logging.getLogger("couchtill.shop")

VERSION = "2"  # of the tables and of what is summed into them: another one begins anew
PAGE = 500
#: Seconds that one question may spend on days that are not summed yet, before it says so.
PATIENCE = 8.0
#: Stale days from which on the sales written twice are looked up all at once.
MANY = 20

_TABLES = {
    "receipts": (days.RECEIPTS_KEY, days.RECEIPTS),
    "goods": (days.GOODS_KEY, days.GOODS),
    "products": (days.PRODUCTS_KEY, days.GOODS),
    "parts": (days.PARTS_KEY, days.PARTS),
}
#: What the sums of a month don't tell apart.
_TOGETHER = ("terminal", "cashier", "hour")

_SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE words(n INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
CREATE TABLE names(word INTEGER PRIMARY KEY, date INTEGER NOT NULL, name TEXT NOT NULL);
CREATE TABLE stale(date INTEGER PRIMARY KEY);
CREATE TABLE months(date INTEGER PRIMARY KEY);
CREATE TABLE left_out(id TEXT PRIMARY KEY, date INTEGER NOT NULL) WITHOUT ROWID;
""" + "".join(
    f"CREATE TABLE {name}(date INTEGER NOT NULL, {', '.join(f'{key} INTEGER NOT NULL' for key in keys)}, "
    f"{', '.join(f'{figure} INTEGER NOT NULL' for figure in sums)}, "
    f"PRIMARY KEY(date, {', '.join(keys)})) WITHOUT ROWID;"
    for name, (keys, sums) in _TABLES.items()
)


def number(date: str) -> int:
    """20261122 of 2026-11-22; 0 for what is no date."""
    plain = date.replace("-", "")
    return int(plain) if len(date) == 10 and len(plain) == 8 and plain.isascii() and plain.isdigit() else 0


def date(number: int) -> str:
    """2026-11-22 of 20261122."""
    return f"{number // 10000:04d}-{number // 100 % 100:02d}-{number % 100:02d}"


def _months(first: int, last: int) -> Iterator[int]:
    """The months of a range of days: 20261100."""
    year, month = divmod(first // 100, 100)
    while year * 100 + month <= last // 100:
        yield (year * 100 + month) * 100
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _begin(month: int) -> int:
    return month + 1


def _end(month: int) -> int:
    """Its last day."""
    return month + monthrange(month // 10000, month // 100 % 100)[1]


class Words(dict[str, int]):
    """The numbers that words are kept by; one that has none yet is given one, and written to `connection`."""

    connection: sqlite3.Connection

    def __missing__(self, word: str) -> int:
        made = self[word] = self.connection.execute("INSERT INTO words(word) VALUES(?)", (word,)).lastrowid or 0
        return made


#: What SQLite says where the disk is full, away, or for reading only.
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class DailySums:
    """The sums of one store. Safe from several threads. Where the folder can't be written to, they live in memory."""

    def __init__(self, company: Database, database: Database, store: str) -> None:
        self.database = database
        self.store = store
        self.facts = StoreFacts(company, store)
        self._lock = threading.RLock()
        self._words = Words()
        self._connection: sqlite3.Connection | None = None

    @property
    def path(self) -> Path:
        return self.database.path.with_suffix(".sums")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def forget(self) -> None:
        """Takes the file away; the next question makes it anew."""
        with self._lock:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    # -- asking --------------------------------------------------------------------------------------------------

    def ready(self, ranges: Sequence[tuple[str, str]], patience: float = PATIENCE) -> tuple[int, int]:
        """Sums what is stale of these ranges of dates (both ends included), the newest day first, for `patience`
        seconds at most: how many days are left to sum, and how many there were."""
        until = time.monotonic() + patience
        with self._open() as connection:
            self._look(connection)
            where = " OR ".join("date BETWEEN ? AND ?" for _ in ranges) or "0"
            bounds = [number(end) for each in ranges for end in each]
            found = connection.execute(f"SELECT date FROM stale WHERE {where} ORDER BY date DESC", bounds).fetchall()
        doubled = self._doubled() if len(found) > MANY else None
        for done, (day,) in enumerate(found):
            if time.monotonic() > until:
                return len(found) - done, len(found)
            with self._open() as connection:
                self._sum(connection, day, doubled)
        return 0, len(found)

    def spans(self, low: str, high: str) -> tuple[list[int], list[tuple[int, int]]]:
        """A range of dates as whole months that have sums of their own, and the stretches of days beside them."""
        first, last = number(low), number(high)
        whole = [month for month in _months(first, last) if _begin(month) >= first and _end(month) <= last]
        with self._open() as connection:
            whole = [month for month in whole if self._month(connection, month)]
        days: list[tuple[int, int]] = []
        at = first
        for month in whole:
            if at < _begin(month):
                days.append((at, month - 1))
            at = month + 100  # the first day of the next one, or more than any day of this
        if at <= last:
            days.append((at, last))
        return whole, days

    def _month(self, connection: sqlite3.Connection, month: int) -> bool:
        """Whether the month has sums, which are made now where it has not; none while one of its days is stale."""
        if connection.execute("SELECT 1 FROM months WHERE date = ?", (month,)).fetchone():
            return True
        bounds = (month, month + 99)
        if connection.execute("SELECT 1 FROM stale WHERE date BETWEEN ? AND ?", bounds).fetchone():
            return False
        connection.execute("BEGIN IMMEDIATE")
        try:
            for name in ("goods", "products", "parts"):
                keys, sums = _TABLES[name]
                kept = [key for key in keys if key not in _TOGETHER]
                chosen = ", ".join("0" if key in _TOGETHER else key for key in keys)
                connection.execute(
                    f"INSERT INTO {name} SELECT {month}, {chosen}, {', '.join(f'sum({each})' for each in sums)} "
                    f"FROM {name} WHERE date > ? AND date <= ? GROUP BY {', '.join(kept)}",
                    bounds,
                )
            connection.execute("INSERT INTO months VALUES(?)", (month,))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return True

    def select(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of the tables, for `reports.ask`."""
        with self._open() as connection:
            return connection.execute(sql, values).fetchall()

    def left_out(self, low: str, high: str) -> list[str]:
        """The ids of orders that can't be summed, of these days and of no day at all."""
        rows = self.select(
            "SELECT id FROM left_out WHERE date = 0 OR date BETWEEN ? AND ? ORDER BY id", (number(low), number(high))
        )
        return [id for (id,) in rows]

    # -- the file ------------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone. A file that turns out to be damaged is made anew at the next look."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection
            except sqlite3.DatabaseError as error:
                if not isinstance(error, sqlite3.OperationalError):
                    log.warning("%s is damaged (%s): its sums are made anew.", self.path, error)
                    self.forget()
                    self._connection = self._connect()
                elif error.sqlite_errorcode & 0xFF in _NO_ROOM:
                    log.warning("%s can't be written (%s): sums are kept in memory.", self.path, error)
                    self.close()
                    self._connection = self._prepared(":memory:")
                else:
                    raise
                raise Damaged(str(error)) from error

    def _connect(self) -> sqlite3.Connection:
        try:
            return self._prepared(str(self.path))
        except sqlite3.OperationalError as error:
            log.warning("%s can't be kept (%s): sums are kept in memory.", self.path, error)
            return self._prepared(":memory:")
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            return self._prepared(str(self.path))

    def _prepared(self, path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA cache_size = -8000")
            if not self._fits(connection):
                self._begin_anew(connection)
            self._words = Words(connection.execute("SELECT word, n FROM words").fetchall())
        except BaseException:
            connection.close()
            raise
        weakref.finalize(self, connection.close)
        return connection

    def _meta(self) -> dict[str, str]:
        facts, _ = self.facts.read()
        return {
            "version": VERSION,
            "uuid": self.database.uuid,
            "purged": str(self.database.purge_seq),
            "zone": facts["timezone"],
        }

    def _fits(self, connection: sqlite3.Connection) -> bool:
        """Whether the file holds sums of this very store, as it goes on from where they end."""
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return False
        meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        seq = meta.pop("seq", "")
        reached = int(seq.partition("-")[0]) if seq.partition("-")[0].isdigit() else -1
        return meta == self._meta() and reached == self.database.resolve_seq(seq)

    def _begin_anew(self, connection: sqlite3.Connection) -> None:
        """Empty tables, and every day of the store stale."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._make(connection)
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _make(self, connection: sqlite3.Connection) -> None:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            connection.execute(f'DROP TABLE "{name}"')
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        self._words = Words()
        seq = self.database.update_seq
        there = {*self.database.tally("order_date"), *self.database.tally("event_date")}
        known = {number(day) for day in there if isinstance(day, str)}
        connection.executemany("INSERT INTO stale VALUES(?)", [(day,) for day in known if day])
        if any(not isinstance(day, str) or not number(day) for day in there):
            for record in self.database.each("order"):
                self._note(connection, record)
        meta = {**self._meta(), "seq": seq}
        connection.executemany("INSERT OR REPLACE INTO meta VALUES(?, ?)", list(meta.items()))

    # -- following the store -------------------------------------------------------------------------------------

    def _look(self, connection: sqlite3.Connection) -> None:
        """Finds the days that what came since the last look belongs to."""
        if not self._fits(connection):
            self._begin_anew(connection)
        (since,) = connection.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()
        while self.database.resolve_seq(since) < self.database.last_n:
            page = self.database.changes(since, limit=PAGE)
            ids = [row["id"] for row in page.rows if row["id"].startswith(("order:", "event:"))]
            stale: set[int] = set()
            connection.execute("BEGIN IMMEDIATE")
            try:
                for record in self.database.read_many(ids) if ids else []:
                    if record is None or record.deleted or record.tree is not None:
                        # Such a document is written once. Where one was changed or taken away all the same, nobody
                        # knows any more which day it stood in.
                        connection.execute("ROLLBACK")
                        self._begin_anew(connection)
                        return
                    stale |= self._note(connection, record)
                connection.executemany("INSERT OR IGNORE INTO stale VALUES(?)", [(day,) for day in stale if day])
                connection.execute("UPDATE meta SET value = ? WHERE key = 'seq'", (page.last_seq,))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            since = page.last_seq
            if len(page.rows) < PAGE:
                break

    def _note(self, connection: sqlite3.Connection, record: Record) -> set[int]:
        """The days that a document belongs to: its own, and those of orders with the same sale. What belongs to none
        is listed."""
        doc = record.doc()
        own = doc.get("business_date")
        found = {number(own) if isinstance(own, str) else 0}
        if record.type != "order":
            return found
        if not any(found):
            connection.execute("INSERT OR IGNORE INTO left_out VALUES(?, 0)", (record.id,))
        sale = doc.get("sale")
        if isinstance(sale, str):
            for twin in self.database.find("order_sale", sale, limit=10):
                if twin.id != record.id and isinstance(other := twin.doc().get("business_date"), str):
                    found.add(number(other))
        return found

    def _doubled(self) -> set[Any]:
        return {sale for sale, count in self.database.tally("order_sale").items() if count > 1}

    def _sum(self, connection: sqlite3.Connection, day: int, doubled: set[Any] | None) -> None:
        """Sums one day again, in one transaction."""
        orders, broken = [], []
        for record in self._each("order_date", date(day)):
            order = record.doc()
            sale = order.get("sale")
            if not figures.counts(order):
                broken.append(record.id)
            elif (doubled is not None and sale not in doubled) or self._counts(record.id, sale):
                orders.append(order)
        events = [record.doc() for record in self._each("event_date", date(day))]
        facts, _ = self.facts.read()
        money = days.money_of(facts["currency"], facts["digits"])
        made = days.sum_day(orders, events, clock.zone(facts["timezone"]), money)
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._write(connection, day, made)
            connection.execute("DELETE FROM left_out WHERE date = ?", (day,))
            connection.executemany("INSERT OR REPLACE INTO left_out VALUES(?, ?)", [(id, day) for id in broken])
            connection.execute("DELETE FROM stale WHERE date = ?", (day,))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._words = Words(connection.execute("SELECT word, n FROM words").fetchall())
            raise

    def _each(self, index: str, value: str) -> Iterator[Record]:
        after = None
        while page := self.database.find(index, value, limit=PAGE, after=after):
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1]

    def _counts(self, id: str, sale: Any) -> bool:
        return not isinstance(sale, str) or incidents.sale_counts(self.database, id, sale)

    def _write(self, connection: sqlite3.Connection, day: int, made: days.Day) -> None:
        w = self._words
        w.connection = connection
        rows = {
            "receipts": [(day, w[m], w[t], w[c], hour, *v) for (m, t, c, hour), v in made.receipts.items()],
            "goods": [(day, w[m], w[t], w[c], hour, w[g], *v) for (m, t, c, hour, g), v in made.goods.items()],
            "products": [(day, w[m], w[t], w[c], w[g], w[p], *v) for (m, t, c, g, p), v in made.products.items()],
            "parts": [(day, w[m], w[t], w[c], w[g], w[k], w[p], *v) for (m, t, c, g, k, p), v in made.parts.items()],
        }
        for name, (keys, sums) in _TABLES.items():
            connection.execute(f"DELETE FROM {name} WHERE date = ?", (day,))
            marks = ", ".join("?" * (1 + len(keys) + len(sums)))
            # In the order in which the table keeps them, which spares it looking for each one's place.
            connection.executemany(f"INSERT INTO {name} VALUES({marks})", sorted(rows[name]))
        month = day // 100 * 100
        if connection.execute("DELETE FROM months WHERE date = ?", (month,)).rowcount:
            for name in ("goods", "products", "parts"):
                connection.execute(f"DELETE FROM {name} WHERE date = ?", (month,))
        connection.executemany(
            "INSERT INTO names VALUES(?, ?, ?) ON CONFLICT(word) DO UPDATE SET date = excluded.date, "
            "name = excluded.name WHERE excluded.date >= date",
            [(w[id], day, name) for id, name in made.names.items()],
        )


T = TypeVar("T")


class Damaged(Exception):
    """The file of sums was damaged, or can't be written any more, and its sums are made anew: ask again."""


def asked_again(ask: Callable[[], T]) -> T:
    """What `ask` answers, where a file turns out to be damaged at the second time."""
    try:
        return ask()
    except Damaged:
        return ask()
