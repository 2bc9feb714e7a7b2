"""What a document has been through, from the revisions whose bodies are at hand and the resolutions about it.

    1-a ── 2-b ── (3, 4 are gone) ── 5-e ── 6-m      made · changed · 2 no longer held · changed · joined by a rule
                                      └── 5-x ── 6-t      changed, then closed: what it said is in 6-m

Newest first. Clocks differ from till to till; what was made on something else always stands above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.docs.database import Database
from app.docs.drawing import Drawing, lay_out
from app.docs.merge import MISSING, STAMPS, same
from app.docs.record import Record
from app.docs.revision import parse
from app.docs.tree import Tree
from app.shop.conflicts.case import ATTACHMENTS
from app.shop.conflicts.policies import HIDDEN, secret
from app.shop.conflicts.resolutions import of

Body = Mapping[str, Any]
Kind = Literal["made", "changed", "deleted", "returned", "joined", "erased", "unknown"]
State = Literal["used", "past", "open", "joined", "closed"]

#: Entries of a history: more is a document that a program writes, and no page for a person.
MOST: Final = 2000
#: Members that no reader is told of: how a document is kept, not what it says.
QUIET: Final = frozenset({*STAMPS, "type", "schema", "priced_at"})
#: Who wrote a document that is written once, and where, in the order in which they are looked for.
_BY: Final = ("updated_by", "by", "cashier", "opened_by", "closed_by")
_ON: Final = ("updated_on", "on", "terminal")
_AT: Final = ("updated_at", "at", "closed_at", "opened_at")


@dataclass(frozen=True)
class Change:
    """One member, by its path as text (`price`, `names.zh`): what it was and became; MISSING: it isn't there."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Version:
    """A revision whose body is at hand.

    `changes` are against the nearest older revision at hand, `over` how many lie between; None: there is none to
    compare with. `state`: what is `used` now, a `past` one on its way there, the end of an `open` dispute, on a branch
    that a rule has `joined` or a person has `closed`. `here`: held on this machine, not fetched for this look.
    """

    rev: str
    kind: Kind
    at: str | None
    by: str | None
    on: str | None
    changes: tuple[Change, ...] | None
    over: int
    state: State
    here: bool


@dataclass(frozen=True)
class Gap:
    """A run of revisions whose bodies nobody has here, newest first."""

    revs: tuple[str, ...]
    state: State
    erased: bool


@dataclass(frozen=True)
class Decision:
    """A resolution: its document, and the version that it wrote, where that is at hand."""

    doc: Body
    version: Version | None
    undone: bool


Entry = Version | Gap | Decision


@dataclass(frozen=True)
class History:
    """`entries` newest first; `missing` the revisions without a body, the newest first; `bodies` those at hand (also
    those that were fetched), with `_rev`, `_deleted` and attachment stubs."""

    database: str
    id: str
    type: str | None
    rev: str
    deleted: bool
    entries: tuple[Entry, ...]
    missing: tuple[str, ...]
    bodies: Mapping[str, Body]
    open: tuple[str, ...]
    paths: Tree
    closed: frozenset[str]

    @property
    def body(self) -> Body:
        """What to call the document by: the winner's body, of a deleted one the newest that says something."""
        if not self.deleted:
            return self.bodies.get(self.rev, {})
        live = [doc for doc in self.bodies.values() if not doc.get("_deleted") and len(doc) > 2]
        return max(live, key=lambda doc: parse(doc["_rev"]), default={})

    def drawing(self, unfold: Iterable[str] = (), *, whole: bool = False) -> Drawing:
        """The revision tree, laid out."""
        kept = frozenset(self.bodies)
        gone = {rev for rev, doc in self.bodies.items() if doc.get("_deleted")}
        return lay_out(self.paths, kept=kept, deleted=gone, closed=self.closed, unfold=set(unfold), whole=whole)


def read(database: Database, id: str, elsewhere: Iterable[Body] = ()) -> History | None:
    """The history of a document, None for one that was never here. `elsewhere` are revisions that another node still
    holds, as documents with `_rev`."""
    record = database.read(id)
    if record is None:
        return None
    held = {doc["_rev"]: doc for doc in database.held(id)}
    bodies = {**{doc["_rev"]: doc for doc in elsewhere}, **held}
    return _Reader(database, record, bodies, frozenset(held)).history()


def changes(id: str, type: str | None, before: Body, after: Body) -> tuple[Change, ...]:
    """What differs, member by member, maps by their keys; the values of what is secret hidden."""
    found: list[Change] = []
    for name in sorted(before.keys() | after.keys()):
        if name in QUIET or (name[:1] == "_" and name != ATTACHMENTS):
            continue
        was, now = before.get(name, MISSING), after.get(name, MISSING)
        if same(was, now):
            continue
        if name in secret(id, type):
            was, now = (value if value is MISSING or value is None else HIDDEN for value in (was, now))
        found += _within(name, was, now)
    return tuple(found)


def _within(path: str, was: Any, now: Any) -> list[Change]:
    """One member: an object's keys each for themselves, but for a price and what one side lacks."""
    if isinstance(was, Mapping) and isinstance(now, Mapping) and not _is_whole(was) and not _is_whole(now):
        keys = sorted(was.keys() | now.keys())
        pairs = [(key, was.get(key, MISSING), now.get(key, MISSING)) for key in keys]
        return [one for key, a, b in pairs if not same(a, b) for one in _within(f"{path}.{key}", a, b)]
    return [Change(path, was, now)]


def _is_whole(value: Body) -> bool:
    return value == HIDDEN or "amount" in value


def _first(body: Body, names: Iterable[str]) -> str | None:
    return next((body[name] for name in names if isinstance(body.get(name), str)), None)


class _Reader:
    """One history in the making: the tree as parents, and what became of each branch."""

    def __init__(self, database: Database, record: Record, bodies: Mapping[str, Body], here: frozenset[str]) -> None:
        self.record = record
        self.database = database
        self.bodies = bodies
        self.here = here
        self.paths = record.paths()
        # A plain CouchDB database has no such index; nobody of ours decides there.
        indexed = "resolution_about" in database.indexes
        self.decisions = of(database, record.id, MOST) if indexed else []
        self.closed = {rev for rev in record.leaves() if rev in bodies and self._quiet(rev)}
        self.by_person = {rev for doc in self.decisions for rev in doc.get("closed") or ()}
        self.parents: dict[str, str | None] = {}
        self.states: dict[str, State] = {}
        for number, path in enumerate(self.paths):
            self._walk(number, path)
        self.joined = [rev for rev, state in self.states.items() if state == "joined"]

    def _walk(self, number: int, path: tuple[int, bool, tuple[str, ...]]) -> None:
        """The revisions of one path that no foremost one has."""
        generation, _, hashes = path
        leaf = f"{generation}-{hashes[0]}"
        state: State = "past" if number == 0 else "open"
        if leaf in self.closed and number:
            state = "closed" if leaf in self.by_person else "joined"
        revs = [f"{generation - back}-{hash_}" for back, hash_ in enumerate(hashes)]
        for index, rev in enumerate(revs):
            if rev in self.parents:
                break
            self.parents[rev] = revs[index + 1] if index + 1 < len(revs) else None
            self.states[rev] = state
        if number == 0:
            self.states[leaf] = "used"

    def history(self) -> History:
        versions = {rev: self._version(rev) for rev in self.parents if rev in self.bodies and not self._quiet(rev)}
        missing = sorted((rev for rev in self.parents if rev not in self.bodies), key=parse, reverse=True)
        entries: list[tuple[tuple[str, int, int], Entry]] = []
        times = self._times(versions)
        told: set[str] = set()
        undone = {doc.get("undoes") for doc in self.decisions}
        for doc in self.decisions:
            made = versions.get(doc.get("result") or "")
            told |= {made.rev} if made is not None else set()
            based = [*(doc.get("leaves") or ()), doc.get("result") or ""]
            at = max([str(doc.get("at") or ""), *(times.get(rev, "") for rev in based)])
            generation = max((int(rev.partition("-")[0]) for rev in doc.get("leaves") or ()), default=0) + 1
            entries.append(((at, generation, 1), Decision(doc, made, doc["_id"] in undone)))
        for rev, version in versions.items():
            if rev not in told:
                used = version.state in ("used", "past")
                entries.append(((times[rev], parse(rev)[0], 1 if used else 0), version))
        for gap in self._gaps(missing):
            entries.append(((times[gap.revs[0]], parse(gap.revs[0])[0], 0), gap))
        entries.sort(key=lambda entry: entry[0], reverse=True)
        record = self.record
        return History(
            database=self.database.name,
            id=record.id,
            type=record.type or self._type(),
            rev=record.rev,
            deleted=bool(record.deleted),
            entries=tuple(entry for _, entry in entries[:MOST]),
            missing=tuple(missing),
            bodies=self.bodies,
            open=tuple(rev for rev in record.leaves() if rev not in self.closed),
            paths=self.paths,
            closed=frozenset(self.closed),
        )

    def _type(self) -> str | None:
        """Of a deleted document: what its older revisions say."""
        types = [doc["type"] for doc in self.bodies.values() if isinstance(doc.get("type"), str)]
        return types[0] if types else None

    def _quiet(self, rev: str) -> bool:
        """A tombstone by which a branch was closed: the state of what stood before says it."""
        body = self.bodies[rev]
        return body.get("_deleted") is True and body.get("resolved") is True

    def _quiet_above(self, rev: str) -> bool:
        parent = self.parents[rev]
        return parent is not None and parent in self.bodies and self._quiet(parent)

    def _times(self, versions: Mapping[str, Version]) -> dict[str, str]:
        """When each revision was made, as far as is known, and never before the one that it was made on."""
        times: dict[str, str] = {}
        decided = {doc.get("result"): str(doc.get("at") or "") for doc in self.decisions}
        for rev in sorted(self.parents, key=parse):
            version, parent = versions.get(rev), self.parents[rev]
            own = (version.at if version is not None else None) or ""
            times[rev] = max(own, decided.get(rev, ""), times.get(parent or "", ""))
        return times

    def _version(self, rev: str) -> Version:
        body = self.bodies[rev]
        older, over = self._older(rev)
        parent = self.bodies.get(older) if older is not None else None
        found = None
        if parent is not None and not body.get("_deleted"):
            before: Body = {} if parent.get("_deleted") else parent
            found = changes(self.record.id, self.record.type or str(body.get("type")), before, body)
        return Version(
            rev=rev,
            kind=self._kind(rev, body, parent, over),
            at=_first(body, _AT),
            by=_first(body, _BY),
            on=_first(body, _ON),
            changes=found,
            over=over,
            state=self.states[rev],
            here=rev in self.here,
        )

    def _kind(self, rev: str, body: Body, parent: Body | None, over: int) -> Kind:
        if body.get("_deleted"):
            return "deleted"
        if body.get("erased") is True and not (parent or {}).get("erased"):
            return "erased"
        if self.parents[rev] is None:
            return "made" if rev.startswith("1-") else "unknown"
        if parent is None:
            return "unknown"
        if parent.get("_deleted") or self._quiet_above(rev):
            return "returned"
        if not over and self._by_rule(rev, body, parent):
            return "joined"
        return "changed"

    def _by_rule(self, rev: str, body: Body, parent: Body) -> bool:
        """Whether a rule wrote this: it sets no clock, so its stamps are those of a leaf that it joined."""
        stamps = [body.get(name) for name in STAMPS]
        if stamps[0] is None or not self.joined:
            return False
        sides = [parent, *(self.bodies[other] for other in self.joined if other != rev and other in self.bodies)]
        return any([side.get(name) for name in STAMPS] == stamps for side in sides)

    def _older(self, rev: str) -> tuple[str | None, int]:
        """The nearest older revision at hand, and how many lie between; the tombstones of what was decided and undone
        are passed over."""
        over = 0
        at = self.parents[rev]
        while at is not None and (at not in self.bodies or self._quiet(at)):
            over += at not in self.bodies
            at = self.parents[at]
        return at, over

    def _gaps(self, missing: list[str]) -> list[Gap]:
        """The missing revisions as runs of one branch."""
        erased = bool(self.bodies.get(self.record.rev, {}).get("erased"))
        found: list[Gap] = []
        seen: set[str] = set()
        for rev in missing:
            if rev in seen:
                continue  # newest first: what was made on it has begun its run
            run = []
            at: str | None = rev
            while at is not None and at not in self.bodies and at not in seen and self.states[at] == self.states[rev]:
                run.append(at)
                seen.add(at)
                at = self.parents[at]
            found.append(Gap(tuple(run), self.states[rev], erased))
        return found


def told(history: History) -> dict[str, Any]:
    """The JSON shape: `{"database", "id", "type", "rev", "deleted", "open": [rev], "missing": n, "entries": […]}`,
    newest first: `{"kind", "rev", "at", "by", "on", "changes": [{"path", "before"?, "after"?}] or null, "over",
    "state", "here"}` for a version, `{"kind": "gap", "count", "first", "last", "state", "erased"}`, and `{"kind":
    "decision", "resolution": {…}, "undone", "version": {…} or null}`."""
    return {
        "database": history.database,
        "id": history.id,
        "type": history.type,
        "rev": history.rev,
        "deleted": history.deleted,
        "open": list(history.open),
        "missing": len(history.missing),
        "entries": [_entry(entry) for entry in history.entries],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    if isinstance(entry, Gap):
        revs = entry.revs
        where = {"first": revs[-1], "last": revs[0], "state": entry.state, "erased": entry.erased}
        return {"kind": "gap", "count": len(revs), **where}
    if isinstance(entry, Decision):
        version = None if entry.version is None else _entry(entry.version)
        return {"kind": "decision", "resolution": dict(entry.doc), "undone": entry.undone, "version": version}
    shown = None
    if entry.changes is not None:
        shown = [{"path": one.path, **_said(before=one.before, after=one.after)} for one in entry.changes]
    told = {"rev": entry.rev, "kind": entry.kind, "at": entry.at, "by": entry.by, "on": entry.on}
    return {**told, "changes": shown, "over": entry.over, "state": entry.state, "here": entry.here}


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not MISSING}
