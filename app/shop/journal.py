"""The journal of a terminal: numbers without gaps, and a chain that shows any later change.

Every document of a series names the one before it (`prev`) and carries a hash over itself, so that none can be altered,
taken out or put in between unseen::

    s1-t2.k7   journal 1 ── 2 ── 3 ── 4          s1-t2.q3   1 ── 2 …
               prev null    h1   h2   h3                    a new incarnation, a new chain

The head (next numbers, last hash) is a local document, written in the transaction of the document that it numbers. It
is never derived from documents, which could be a clone's. A terminal begins a new series when it finds that its own
has gone further than it knows: when the store holds a higher number of it, when the till window was told one, when
two documents with one number came to light (`incidents`), or when another life of the terminal may be writing it
(`claims`). It never goes back to an old series.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.docs import json
from app.docs.database import Database
from app.shop import claims, ids
from app.shop import seen as windows

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, small
HEAD = "couchtill.journal."  # local document of the store's database, one for each terminal that lived here

# What the hash covers, by type and version. A list that was ever used is frozen: a new field is a new version.
HASH_FIELDS: dict[str, dict[int, tuple[str, ...]]] = {
    "order": {
        1: (
            "type", "schema", "kind", "sale", "store", "terminal", "series", "number", "at", "business_date",
            "currency", "digits", "cart", "customer", "shift", "drawer", "cashier", "header", "lines", "tax_mode",
            "rounding", "subtotal", "discount", "tax", "total", "tenders", "paid", "change", "journal", "prev",
            "hash_version",
        ),
    },
}  # fmt: skip
HASH_VERSION: dict[str, int] = {}  # what is not named here is hashed whole
#: From version 2 on the hash covers every field of the document but itself.
WHOLE = 2


class UnknownHashVersion(Exception):
    """The document names a field list that this program doesn't have: a newer CouchTill wrote it."""


def digest(doc: Mapping[str, Any]) -> str:
    """SHA-256, 64 hex digits, over the canonical JSON (sorted keys, no spaces, UTF-8) of the fields that the document's
    `hash_version` covers. `prev` is among them. Raises UnknownHashVersion, KeyError for a missing field."""
    if doc.get("hash_version") == WHOLE:
        every = {name: value for name, value in doc.items() if name != "hash" and not name.startswith("_")}
        return hashlib.sha256(json.canonical(every)).hexdigest()
    try:
        covered = HASH_FIELDS[doc["type"]][doc["hash_version"]]
    except (KeyError, TypeError):
        raise UnknownHashVersion(f"{doc.get('type')} {doc.get('hash_version')}") from None
    return hashlib.sha256(json.canonical({name: doc[name] for name in covered})).hexdigest()


@dataclass(frozen=True)
class Head:
    """Where a terminal stands: its series, the last journal, receipt and Z number, the perpetual grand total (minor
    units), the open shift, the last hash and time, and how far each of its earlier series went."""

    series: str
    journal: int = 0
    number: int = 0
    z: int = 0
    grand: int = 0
    shift: str | None = None
    hash: str | None = None
    at: str | None = None
    past: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Behind:
    """Why a new series begins: `series` had gone to `number` at least, and this store knew less. `told`: an incident
    says so already."""

    series: str
    number: int
    told: bool = False


def random_incarnation() -> str:
    return secrets.choice(ALPHABET) + secrets.choice(ALPHABET)


class Journal:
    """The journal of one terminal in one store's database. Its methods are called inside a transaction of it."""

    def __init__(self, database: Database, terminal: str, mint: Callable[[], str] = random_incarnation) -> None:
        self.database = database
        self.terminal = terminal
        self._mint = mint

    def head(self) -> Head | None:
        """Where the terminal stands, or None before its first document."""
        kept = self.database.get_local(HEAD + self.terminal)
        if kept is None:
            return None
        return Head(
            kept["series"],
            kept["journal"],
            kept["number"],
            kept.get("z", 0),
            kept.get("grand", 0),
            kept.get("shift"),
            kept["hash"],
            kept["at"],
            dict(kept["past"]),
        )

    def newest(self, head: Head) -> Head:
        """The head as it stands now, for one that was read (or begun) before the last documents were written."""
        kept = self.head()
        return kept if kept is not None and kept.series == head.series and kept.journal > head.journal else head

    def save(self, head: Head) -> None:
        body = {**vars(head), "terminal": self.terminal}
        self.database.put_local(HEAD + self.terminal, body)

    def behind(self, head: Head, seen: Mapping[str, Any] | None = None) -> Behind | None:
        """Whether the series has gone further than the head knows; `seen` is `{"series", "number"}` of a till
        window."""
        highest = self._highest_beyond(head)
        if highest is not None:
            return Behind(head.series, highest)
        if self._doubled(head.series):
            return Behind(head.series, head.number)
        if claims.has_left(self.database, self.terminal, head.series):
            told = self.database.read(f"incident:copied:{head.series}") is not None
            return Behind(head.series, head.number, told)
        if seen is None or ids.terminal_of(seen["series"]) != self.terminal:
            return None  # a window of another terminal says nothing about this one
        if seen["series"] == head.series:
            return Behind(head.series, seen["number"]) if seen["number"] > head.number else None
        # A window that still shows an earlier series of ours was merely open then. One that knows a series we don't has
        # seen a later life of this terminal than the copy that runs now.
        return None if seen["series"] in head.past else Behind(seen["series"], seen["number"])

    def ready(self, seen: Mapping[str, Any] | None = None) -> tuple[Head, Behind | None]:
        """The head to write the next document after: of a new series when there is none yet, or when it is behind.
        `seen` counts where this terminal told it (`app.shop.seen`)."""
        seen = windows.believed(self.database, self.terminal, seen)
        windows.make_key(self.database, self.terminal)
        head = self.head()
        if head is None:
            unknown = seen is not None and ids.terminal_of(seen["series"]) == self.terminal
            why = Behind(seen["series"], seen["number"]) if seen is not None and unknown else None
            return self._begin(Head(""), seen), why
        why = self.behind(head, seen)
        return (head, None) if why is None else (self._begin(head, seen), why)

    def chained(self, head: Head, doc: dict[str, Any]) -> dict[str, Any]:
        """The document as the next link after `head`, with `journal`, `prev`, `hash_version` and `hash`."""
        version = HASH_VERSION.get(doc["type"], WHOLE)
        link = {**doc, "journal": head.journal + 1, "prev": head.hash, "hash_version": version}
        link["hash"] = digest(link)
        return link

    def advance(self, head: Head, link: Mapping[str, Any], **changes: Any) -> None:
        """Writes the head after `link`; `changes` are further fields of it (`shift`, `z`, `grand`)."""
        number = link["number"] if link["type"] == "order" else head.number
        self.save(replace(head, journal=link["journal"], number=number, hash=link["hash"], at=link["at"], **changes))

    # -- a new series --------------------------------------------------------------------------------------------

    def _begin(self, head: Head, seen: Mapping[str, Any] | None) -> Head:
        """A new series, listed in the terminal's document. Time goes on from where the old one stood."""
        used = self._used(head, seen)
        incarnation = self._mint()
        while incarnation in used:
            # 1,024 incarnations of two letters; a terminal that used them all goes on with three.
            full = sum(len(name) == 2 for name in used) >= len(ALPHABET) ** 2
            incarnation = random_incarnation() + secrets.choice(ALPHABET) if full else self._mint()
        past = {**head.past, head.series: head.number} if head.series else dict(head.past)
        self._list(incarnation)
        # The open shift and the grand total are the terminal's, whatever its series is called.
        return Head(f"{self.terminal}.{incarnation}", grand=head.grand, shift=head.shift, at=head.at, past=past)

    def _used(self, head: Head, seen: Mapping[str, Any] | None) -> set[str]:
        used = set(self._listed())
        for series in (head.series, *head.past, seen["series"] if seen else ""):
            if ids.terminal_of(series) == self.terminal:
                used.add(series.rpartition(".")[2])
        # Orders may have come home before the terminal's document did.
        for type in sorted(ids.JOURNALED):
            prefix = start = f"{type}:{self.terminal}."
            while found := self.database.between(start, prefix + "~", limit=1):
                series = found[0].id.split(":")[1]
                used.add(series.rpartition(".")[2])
                start = f"{type}:{series};"
        return used

    def _listed(self) -> list[str]:
        """Every incarnation that any leaf of the terminal's document lists: two nodes may each have added one."""
        record = self.database.read(f"terminal:{self.terminal}")
        if record is None:
            return []
        leaves = [record.doc()]
        if record.conflicts:
            leaves += [leaf["ok"] for leaf in self.database.open_revs(record.id, "all") if "ok" in leaf]
        lists = [leaf.get("incarnations") for leaf in leaves]
        return sorted({name for names in lists if isinstance(names, list) for name in names if isinstance(name, str)})

    def _list(self, incarnation: str) -> None:
        record = self.database.read(f"terminal:{self.terminal}")
        body: dict[str, Any] = {}
        if record is not None and not record.deleted:
            body = {**record.doc(), "_rev": record.rev}
        elif record is not None:
            body = {"_rev": record.rev}
        store = self.database.name.removeprefix("store-")
        doc = {
            "type": "terminal",
            "schema": 1,
            "terminal": self.terminal,
            "store": f"store:{store}",
            **body,
            "_id": f"terminal:{self.terminal}",
            "incarnations": sorted({*self._listed(), incarnation}),
        }
        self.database.put(doc)

    # -- what the store knows ------------------------------------------------------------------------------------

    def _highest_beyond(self, head: Head) -> int | None:
        """The highest number of the series above the head's, which some other life of this terminal must have
        written: of receipts and Z reports by their own numbers, of the others by the journal's."""
        for type, known in (
            ("order", head.number),
            ("zreport", head.z),
            *((name, head.journal) for name in ids.PLACED),
        ):
            prefix = f"{type}:{head.series}:"
            found = self.database.between(f"{prefix}{known + 1:08d}", prefix + "~", descending=True, limit=1)
            parts = ids.parse(found[0].id) if found else None
            if parts is not None:
                return parts.number
        return None

    def _doubled(self, series: str) -> bool:
        """Whether an incident says that a number of this series was given twice."""
        prefix = f"incident:number:{series}:"
        return bool(self.database.between(prefix, prefix + "~", limit=1))
