"""Two branches of one document joined into one, by rules that are the same everywhere. No clock, no chance.

Two tills edited the same revision:

    1-a ── 2-b ── 3-c        w, the winner      ──►    1-a ── 2-b ── 3-c ── 4-m     the merge, a child of the winner
       └── 2-x               y, the loser                 └── 2-x ── 3-t            a tombstone that says resolved: true

A merge looks at three bodies: those of the two leaves and that of their nearest common ancestor, the base. What one
side changed is taken; what both changed alike is fine; for the rest the `Policies` say what to do, member by member,
and where they say nothing the member is for a person (`OPEN`, and `Unsettled` for who wants the whole). Several leaves
at once, as a person decides them, are `app.docs.plan`'s.

Every node that knows the same leaves writes the same revisions: the sides are told apart by who was edited later
(`updated_at`, ties by revision), not by who merges, `updated_*` are the later one's, keys are sorted, and a revision's
id is made from its parent and its content. A rule chooses or unites; it never computes. So nodes that merged different
pairs meet again in fewer leaves, and in the end in one.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.docs import revision
from app.docs import tree as trees
from app.docs.members import (
    MISSING,
    OPEN,
    UNKNOWN,
    Body,
    ByKey,
    Mark,
    Parted,
    Path,
    Policies,
    Policy,
    Unfinished,
    ask,
    by_key,
    by_row,
    canonical,
    gather,
    holes,
    member,
    newer,
    ordered,
    policy_for,
    prefer,
    same,
    unite,
)

if TYPE_CHECKING:
    from app.docs.database import Database
    from app.docs.record import Record

__all__ = [
    "MISSING",
    "OPEN",
    "RESOLVED",
    "STAMPS",
    "UNKNOWN",
    "Body",
    "ByKey",
    "Leaf",
    "Mark",
    "Parted",
    "Path",
    "Policies",
    "Policy",
    "Unfinished",
    "Unsettled",
    "ask",
    "base_of",
    "body_of",
    "by_key",
    "by_row",
    "canonical",
    "close",
    "close_brought_back",
    "content",
    "draft",
    "gather",
    "holes",
    "leaves",
    "member",
    "newer",
    "ordered",
    "policy_for",
    "prefer",
    "replace",
    "same",
    "settle",
    "three_way",
    "unite",
]

#: The members that say who wrote last: the later side's, never the merging node's.
STAMPS: Final = ("updated_at", "updated_by", "updated_on")
RESOLVED: Final = dict(resolved=True)


class Unsettled(Exception):
    """A person must choose: `paths` lead to what both sides changed, each in its own way; `members` are the same with
    dots."""

    def __init__(self, *paths: Path) -> None:
        self.paths = list(paths)
        self.members = [".".join(path) for path in paths]
        super().__init__(", ".join(self.members))


def three_way(base: Body | None, earlier: Body, later: Body, policies: Policies) -> dict[str, Any]:
    """The two bodies joined; `base` None: everything counts as changed on both sides.

    Bodies are without `_` members. Raises Unsettled with the paths to what a person must choose.
    """
    merged = draft(base or {}, earlier, later, policies)
    if open_ := sorted(holes(merged)):
        raise Unsettled(*open_)
    return merged


def draft(base: Body | Mark, earlier: Body, later: Body, policies: Policies) -> dict[str, Any]:
    """The two bodies joined, `OPEN` wherever a person must choose."""
    merged: dict[str, Any] = {}
    for key in sorted(earlier.keys() | later.keys()):
        value = (
            later.get(key, MISSING) if key in STAMPS else member(base, earlier, later, key, policy_for(policies, key))
        )
        if value is not MISSING:
            merged[key] = ordered(value)
    return merged


def content(body: Body) -> dict[str, Any]:
    """A body without what says who wrote it last."""
    return {key: value for key, value in body.items() if key not in STAMPS}


# --- leaves of a document ------------------------------------------------------------------------------------------


class Leaf(NamedTuple):
    """One end of a document's tree: its revision, whether it is a tombstone, its body without `_` members, whether it
    has attachments."""

    rev: str
    deleted: bool
    body: dict[str, Any]
    attached: bool = False

    @property
    def resolved(self) -> bool:
        """Whether this is the tombstone that a merge leaves behind: it asks for nothing more."""
        return self.deleted and self.body.get("resolved") is True

    def written(self) -> tuple[str, int, bytes]:
        """Sorts leaves by who was written later."""
        at = self.body.get("updated_at")
        return (at if isinstance(at, str) else "", *self.rank())

    def rank(self) -> tuple[int, bytes]:
        """Sorts live leaves: the winner has the greatest."""
        return revision.sort_key(*revision.parse(self.rev))


def leaves(database: Database, record: Record) -> list[Leaf]:
    """Every leaf of a document, the winner first; not those that a merge has closed."""
    found = []
    for entry in database.open_revs(record.id, record.leaves()):
        doc = entry.get("ok")
        if doc is not None:
            body = {key: value for key, value in doc.items() if key[:1] != "_"}
            found.append(Leaf(doc["_rev"], bool(doc.get("_deleted")), body, bool(doc.get("_attachments"))))
    return [leaf for leaf in found if not leaf.resolved]


def base_of(database: Database, record: Record, a: str, b: str) -> dict[str, Any] | None:
    """The body of the newest revision from which both descend: `{}` where there is none, None where it isn't at hand
    any more."""
    ancestor = trees.common_ancestor(record.paths(), a, b)
    return {} if ancestor is None else body_of(database, record.id, ancestor)


def body_of(database: Database, id: str, rev: str) -> dict[str, Any] | None:
    """The body of a revision, without `_` members: `{}` of a tombstone, None where it isn't kept."""
    found = database.open_revs(id, [rev])[0].get("ok")
    if found is None:
        return None
    return {} if found.get("_deleted") else {key: value for key, value in found.items() if key[:1] != "_"}


#: Pairs of leaves that are joined in one commit: a sale that waits for the writer waits no longer.
PAIRS_AT_ONCE: Final = 5
#: Pairs that are looked at before the rest is left to a person: a thousand leaves make half a million.
PAIRS_TRIED: Final = 2000


def settle(
    database: Database,
    id: str,
    policies: Policies,
    *,
    baseless: bool = False,
    accept: Callable[[Body], bool] = lambda body: True,
) -> list[str]:
    """Joins the live leaves of a document pair by pair, the winner and the next one first; the revisions written.

    A document with attachments is left as it is. A pair that a person must join stands back for others; so does one
    whose base isn't at hand (but for `baseless`: then everything counts as changed on both sides), and one that joined
    says what `accept` refuses. Raises Unsettled where no pair could be joined.
    """
    settling = _Settling(database, id, policies, baseless, accept)
    more = True
    while more:
        with database.transaction():
            more = settling.some()
    if settling.stuck and not settling.written:
        raise next(iter(settling.stuck.values()))
    return settling.written


class _Settling:
    """The leaves of a document while they are joined, in several commits."""

    def __init__(
        self, database: Database, id: str, policies: Policies, baseless: bool, accept: Callable[[Body], bool]
    ) -> None:
        self.database, self.id, self.policies, self.accept = database, id, policies, accept
        self.baseless = baseless
        self.written: list[str] = []
        self.stuck: dict[tuple[str, str], Unsettled] = {}
        self.live: list[Leaf] = []
        self._seq = -1
        self._tree: trees.Tree = ()
        self._stem: dict[str, str] = {}  # of a leaf made here: that on which it was made
        self._bodies: dict[str, Body | None] = {}

    def some(self) -> bool:
        """Joins some pairs, within a transaction; whether there may be more to do."""
        record = self.database.read(self.id)
        if record is None or record.deleted or not record.conflicts:
            return False
        if record.seq != self._seq:  # something came in between, or this is the beginning
            self.live = [leaf for leaf in leaves(self.database, record) if not leaf.deleted]
            self._tree = record.paths()
            self._stem = {leaf.rev: leaf.rev for leaf in self.live}
        if any(leaf.attached for leaf in self.live):
            return False
        for _ in range(PAIRS_AT_ONCE):
            if not self._one():
                return False
        record = self.database.read(self.id)
        self._seq = -1 if record is None else record.seq
        return len(self.live) > 1

    def _one(self) -> bool:
        """Joins the first pair that can be; whether there was one."""
        for winner, other in combinations(self.live, 2):
            pair = winner.rev, other.rev
            if pair in self.stuck:
                continue
            if len(self.stuck) >= PAIRS_TRIED:
                return False
            try:
                merged = _joined(self._base(*pair), winner, other, self.policies, self.accept)
            except Unsettled as unsettled:
                self.stuck[pair] = unsettled
                continue
            made = replace(self.database, self.id, winner, merged)
            self.written += [*made, close(self.database, self.id, other)]
            self.live = [leaf for leaf in self.live if leaf is not other]
            if made:
                self._stem[made[0]] = self._stem[winner.rev]
                self.live[self.live.index(winner)] = Leaf(made[0], False, merged)
                self.live.sort(key=Leaf.rank, reverse=True)
            return True
        return False

    def _base(self, a: str, b: str) -> Body | None:
        fork = trees.common_ancestor(self._tree, self._stem[a], self._stem[b])
        if fork is not None and fork not in self._bodies:
            self._bodies[fork] = body_of(self.database, self.id, fork)
        base = {} if fork is None else self._bodies[fork]
        return {} if base is None and self.baseless else base


def _joined(
    base: Body | None, winner: Leaf, other: Leaf, policies: Policies, accept: Callable[[Body], bool]
) -> dict[str, Any]:
    earlier, later = sorted((winner, other), key=Leaf.written)
    merged = draft(UNKNOWN if base is None else base, earlier.body, later.body, policies)
    if open_ := sorted(holes(merged)):
        raise Unsettled(*open_)
    if not accept(merged) and accept(winner.body) and accept(other.body):
        raise Unsettled()
    return merged


def close_brought_back(database: Database, id: str) -> list[str]:
    """Closes the deletions of a live document that it has outlived: deleted in two places, it was brought back in one
    of them by somebody who saw it deleted. The tombstones written."""
    written: list[str] = []
    with database.transaction():
        record = database.read(id)
        if record is None or record.deleted or record.tree is None:
            return []
        open_ = leaves(database, record)
        tree = record.paths()
        for end in open_[1:]:
            if end.deleted and any(_outlived(database, id, tree, leaf, end) for leaf in open_ if not leaf.deleted):
                written.append(close(database, id, end))
    return written


def _outlived(database: Database, id: str, tree: trees.Tree, leaf: Leaf, end: Leaf) -> bool:
    """Whether the branch of `leaf` was itself deleted (by no merge) since it left that of `end`."""
    fork = trees.common_ancestor(tree, leaf.rev, end.rev)
    way = trees.find(tree, leaf.rev)
    if fork is None or way is None:
        return False
    top, start = revision.parse(leaf.rev)[0], revision.parse(fork)[0]
    since = [f"{generation}-{way[top - generation]}" for generation in range(start + 1, top)]
    docs = [entry.get("ok") or {} for entry in database.open_revs(id, since)] if since else []
    return any(doc.get("_deleted") and doc.get("resolved") is not True for doc in docs)


def replace(database: Database, id: str, leaf: Leaf, merged: Body) -> list[str]:
    """Writes `merged` as the child of a leaf; nothing where it says what the leaf says. The revisions written."""
    if same(content(merged), content(leaf.body)):
        return []
    return [database.put({"_id": id, **merged}, rev=leaf.rev)]


def close(database: Database, id: str, leaf: Leaf) -> str:
    """Ends a branch with the tombstone that every node writes alike, also one that ended in a tombstone without it
    (then the document must still be live); its revision."""
    return database.put({"_id": id, "_deleted": True, **RESOLVED}, rev=leaf.rev)
