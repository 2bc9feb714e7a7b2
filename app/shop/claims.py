"""Which machine goes by a terminal's name: how a copy of a running till is found at first contact.

A disk image holds everything that a terminal is, so two machines can be one terminal. What no image holds is what a
running program has made up since it started. Each run of a node mints a random word, its *life*, and claims the name
in the terminal's document, where every copy of it meets::

    terminal:s1-t1   claim {node: b3f0…, at: since when it runs, host, series: what it writes,
                            after: [the lives that it knew of when it said so]}

A life that isn't among those of this disk is another's. Three things may then be so:

    it names mine as one that it came after     it took over from me, and I am still here: *two machines*
    it doesn't                                  it may be a later life of this till, before it was put back from an
                                                older copy; or a copy's. I claim the name after it: if it is alive,
                                                it finds the line above, and says so
    it writes another series than mine          it is another machine that has the place (a till was replaced), or the
                                                two have parted already: nothing to do

Nothing here looks at a clock or waits for an answer: a line that was cut for a week makes it a week later, never wrong.
Who shares its series with another life begins a new one with its next document, so both go on selling and all counts;
where two are known to be alive, an incident says so. A restart is told from a copy by the list of lives, which is
written in the transaction that publishes the claim. (A virtual machine cloned with its memory shares that too: it is
found when both have written one number, as `arrivals` does.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from app.docs.database import Database
from app.docs.record import Record
from app.shop import incidents

if TYPE_CHECKING:
    from app.shop.journal import Journal

MARK: Final = "couchtill.claims."  # local document of the store's database, one for each terminal that lived here

#: Lives that a disk remembers as its own, others' that it has met, and of each how many a claim names.
OWN, MET, NAMED = 500, 100, 30
#: Members of a claim that never change during a life.
FACTS: Final = ("node", "at", "host", "address")


@dataclass(frozen=True)
class Life:
    """One run of a node: `node` is minted at its start and kept in memory, `at` is when that was."""

    node: str
    at: str
    host: str | None = None
    address: str | None = None

    def facts(self) -> dict[str, Any]:
        return {"node": self.node, "at": self.at, "host": self.host, "address": self.address}


@dataclass
class Memory:
    """What the disk remembers: the lives that it had, those of others that it met, the series that it gave up."""

    own: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def has_left(database: Database, terminal: str, series: str) -> bool:
    """Whether this terminal gave up `series`, because another life of it may be writing it."""
    return series in _remembered(database, terminal).left


def look(database: Database, journal: Journal, life: Life, at: str) -> list[str]:
    """Claims the terminal's name for `life` where that isn't said yet, and answers other lives; the ids written.

    Called at the start and whenever something came. Before the terminal has a document nothing is claimed: it has no
    series that anybody could share. `at` is the time of the edit.
    """
    with database.transaction():
        record = database.read(f"terminal:{journal.terminal}")
        if record is None or record.deleted:
            return []
        memory = _remembered(database, journal.terminal)
        claims = {claim["node"]: claim for claim in _claims(database, record)}
        others = [claim for node, claim in claims.items() if node != life.node and node not in memory.own]
        first = life.node not in memory.own
        head = journal.head()
        series = None if head is None or head.series in memory.left else head.series
        shared = series is not None and any(claim.get("series") == series for claim in others)
        held = {name for name in (series, *memory.left) if name is not None}
        written = [] if first else [*_told(database, life, others, held)]
        new = [claim["node"] for claim in others if claim["node"] not in memory.met]
        mine = claims.get(life.node)
        if not (first or new or shared or (mine is not None and mine.get("series") != series)):
            return written
        if shared:
            assert series is not None
            memory.left.append(series)
        memory.met += new
        earlier = [node for node in memory.own if node != life.node]
        if first:
            memory.own.append(life.node)
        claim = {
            **life.facts(),
            "series": None if shared else series,
            "left": memory.left[-1] if memory.left else None,
            "after": sorted({*earlier[-NAMED:], *memory.met[-NAMED:]}),
        }
        _remember(database, journal.terminal, memory)
        stamps = {"updated_at": at, "updated_by": None, "updated_on": journal.terminal}
        database.put({**record.doc(), "_id": record.id, "_rev": record.rev, "claim": claim, **stamps})
        return [*written, record.id]


def _told(database: Database, life: Life, others: list[dict[str, Any]], mine: set[str]) -> Iterator[str]:
    """The incidents about lives that took over from this one, which goes on: one for each series in question."""
    for claim in others:
        if life.node not in (claim.get("after") or ()):
            continue
        for series in sorted(mine & {str(claim.get("series")), str(claim.get("left"))}):
            facts = [life.facts(), {name: claim.get(name) for name in FACTS}]
            found = incidents.copied_incident(series, facts)
            if incidents.write(database, found):
                yield found["_id"]


def _claims(database: Database, record: Record) -> Iterator[dict[str, Any]]:
    """The claims of every live leaf: two machines that claimed apart made two."""
    leaves = [record.doc()]
    if record.conflicts:
        leaves += [leaf["ok"] for leaf in database.open_revs(record.id, "all") if "ok" in leaf]
    for leaf in leaves:
        claim = leaf.get("claim")
        if isinstance(claim, Mapping) and isinstance(claim.get("node"), str) and not leaf.get("_deleted"):
            yield dict(claim)


def _remembered(database: Database, terminal: str) -> Memory:
    kept = database.get_local(MARK + terminal) or {}
    return Memory(list(kept.get("own") or ()), list(kept.get("met") or ()), list(kept.get("left") or ()))


def _remember(database: Database, terminal: str, memory: Memory) -> None:
    body = {"own": memory.own[-OWN:], "met": memory.met[-MET:], "left": memory.left[-MET:]}
    database.put_local(MARK + terminal, body)
