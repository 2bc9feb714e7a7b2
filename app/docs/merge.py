"""Two branches of one document joined into one, by rules that are the same everywhere. No clock, no chance.

Two tills edited the same revision:

    1-a ── 2-b ── 3-c        w, the winner      ──►    1-a ── 2-b ── 3-c ── 4-m     the merge, a child of the winner
       └── 2-x               y, the loser                 └── 2-x ── 3-t            a tombstone that says resolved: true

A merge looks at three bodies: those of the two leaves and that of their nearest common ancestor, the base. What one
side changed is taken; what both changed alike is fine; for the rest the `Policies` say what to do, member by member,
and where they say nothing the member is for a person (`Unsettled`).

Every node that knows the same leaves writes the same revisions: the sides are told apart by who was edited later
(`updated_at`, ties by revision), not by who merges, `updated_*` are the later one's, keys are sorted, and a revision's
id is made from its parent and its content. A rule chooses or unites; it never computes. So nodes that merged different
pairs meet again in fewer leaves, and in the end in one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from app.docs import json, revision
from app.docs import tree as trees

if TYPE_CHECKING:
    from app.docs.database import Database
    from app.docs.record import Record

Body = Mapping[str, Any]
Policy = Callable[[Any, Any, Any], Any]
"""`policy(base, earlier, later)`: what a member that both sides changed becomes, `MISSING` standing for one that isn't
there; raises Unsettled. It must give the same for the same three, and forget nothing that one of the sides added."""
Policies = Mapping[str, Policy]
"""By the name of a member; `"*"` is for those that aren't named."""

#: The members that say who wrote last: the later side's, never the merging node's.
STAMPS: Final = ("updated_at", "updated_by", "updated_on")
RESOLVED: Final = dict(resolved=True)


class Missing:
    """Stands for a member that isn't there."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class Unsettled(Exception):
    """A person must choose: `members` are those that both sides changed, each in its own way."""

    def __init__(self, *members: str) -> None:
        super().__init__(", ".join(members))
        self.members = list(members)


# --- policies ------------------------------------------------------------------------------------------------------


def ask(base: Any, earlier: Any, later: Any) -> Any:
    """For a person."""
    raise Unsettled


def newer(base: Any, earlier: Any, later: Any) -> Any:
    """What was edited later. Only for what is no work of anybody's: who holds a cart, what it is called."""
    return later


def unite(base: Any, earlier: Any, later: Any) -> Any:
    """A set kept as a list: what either side added, without what either side took out; sorted."""
    if not all(isinstance(side, list) or side is MISSING for side in (earlier, later)):
        raise Unsettled
    before, a, b = ({canonical(one): one for one in side or ()} if isinstance(side, list) else {} for side in
                    (base, earlier, later))  # fmt: skip
    kept = {key: value for key, value in {**a, **b}.items() if (key in a and key in b) or key not in before}
    return [kept[key] for key in sorted(kept)]


def prefer(value: Any) -> Policy:
    """A flag one of whose values wins."""

    def policy(base: Any, earlier: Any, later: Any) -> Any:
        return value if value in (earlier, later) else later

    return policy


def by_key(inner: Policy) -> Policy:
    """A map: each key for itself, `inner` for one that both sides changed."""

    def policy(base: Any, earlier: Any, later: Any) -> dict[str, Any]:
        if not all(isinstance(side, Mapping) or side is MISSING for side in (earlier, later)):
            raise Unsettled
        before, a, b = (side if isinstance(side, Mapping) else {} for side in (base, earlier, later))
        merged = {key: member(before, a, b, key, inner) for key in sorted(a.keys() | b.keys())}
        return {key: value for key, value in merged.items() if value is not MISSING}

    return policy


# --- three bodies --------------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """JSON with sorted keys: equal values have equal texts."""
    return json.dumps(ordered(value))


def ordered(value: Any) -> Any:
    """The same value, keys sorted at every depth, so that the same content makes the same revision."""
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [ordered(one) for one in value]
    return value


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same JSON: 1 and true are not, nor 1 and 1.0."""
    if a is MISSING or b is MISSING:
        return a is b
    return a is b or canonical(a) == canonical(b)


def member(base: Body, earlier: Body, later: Body, key: str, policy: Policy) -> Any:
    """One member of three objects: the side that changed it, else what `policy` makes of both."""
    was, a, b = base.get(key, MISSING), earlier.get(key, MISSING), later.get(key, MISSING)
    if same(a, b) or same(b, was):
        return a
    if same(a, was):
        return b
    return policy(was, a, b)


def three_way(base: Body | None, earlier: Body, later: Body, policies: Policies) -> dict[str, Any]:
    """The two bodies joined; `base` None when it is not at hand: everything then counts as changed on both sides.

    Bodies are without `_` members. Raises Unsettled with the names of the members that a person must choose.
    """
    merged: dict[str, Any] = {}
    open_: list[str] = []
    for key in sorted(earlier.keys() | later.keys()):
        policy = newer if key in STAMPS else policies.get(key) or policies.get("*", ask)
        try:
            value = later.get(key, MISSING) if key in STAMPS else member(base or {}, earlier, later, key, policy)
        except Unsettled as unsettled:
            open_ += [f"{key}.{name}" for name in unsettled.members] or [key]
            continue
        if value is not MISSING:
            merged[key] = ordered(value)
    if open_:
        raise Unsettled(*open_)
    return merged


def content(body: Body) -> dict[str, Any]:
    """A body without what says who wrote it last."""
    return {key: value for key, value in body.items() if key not in STAMPS}


# --- leaves of a document ------------------------------------------------------------------------------------------


class Leaf(NamedTuple):
    """One end of a document's tree: its revision, whether it is a tombstone, its body without `_` members."""

    rev: str
    deleted: bool
    body: dict[str, Any]

    @property
    def resolved(self) -> bool:
        """Whether this is the tombstone that a merge leaves behind: it asks for nothing more."""
        return self.deleted and self.body.get("resolved") is True

    def written(self) -> tuple[str, int, bytes]:
        """Sorts leaves by who was written later."""
        at = self.body.get("updated_at")
        generation, hash_ = revision.parse(self.rev)
        return (at if isinstance(at, str) else "", *revision.sort_key(generation, hash_))


def leaves(database: Database, record: Record) -> list[Leaf]:
    """Every leaf of a document, the winner first; not those that a merge has closed."""
    found = []
    for entry in database.open_revs(record.id, record.leaves()):
        doc = entry.get("ok")
        if doc is not None:
            body = {key: value for key, value in doc.items() if key[:1] != "_"}
            found.append(Leaf(doc["_rev"], bool(doc.get("_deleted")), body))
    return [leaf for leaf in found if not leaf.resolved]


def base_of(database: Database, record: Record, a: str, b: str) -> dict[str, Any] | None:
    """The body of the newest revision from which both descend, None where it isn't at hand any more."""
    ancestor = trees.common_ancestor(record.paths(), a, b)
    return None if ancestor is None else body_of(database, record.id, ancestor)


def body_of(database: Database, id: str, rev: str) -> dict[str, Any] | None:
    """The body of a revision, without `_` members; None where it isn't kept, or is a tombstone."""
    found = database.open_revs(id, [rev])[0].get("ok")
    if found is None or found.get("_deleted"):
        return None
    return {key: value for key, value in found.items() if key[:1] != "_"}


def join(base: Body | None, winner: Leaf, other: Leaf, policies: Policies) -> dict[str, Any]:
    """Two leaves joined, whichever of them is the winner. Raises Unsettled."""
    earlier, later = sorted((winner, other), key=Leaf.written)
    return three_way(base, earlier.body, later.body, policies)


def settle(database: Database, id: str, policies: Policies) -> list[str]:
    """Joins the live leaves of a document, one pair after the other, in one commit; the revisions written.

    A document with attachments is left as it is, and so is one whose branches a person must join (Unsettled).
    """
    written: list[str] = []
    with database.transaction():
        while True:
            record = database.read(id)
            if record is None or record.deleted or not record.conflicts or record.atts is not None:
                return written
            live = [leaf for leaf in leaves(database, record) if not leaf.deleted]
            winner, other = live[0], live[1]
            merged = join(base_of(database, record, winner.rev, other.rev), winner, other, policies)
            written += replace(database, id, winner, merged)
            written.append(close(database, id, other))


def replace(database: Database, id: str, leaf: Leaf, merged: Body) -> list[str]:
    """Writes `merged` as the child of a leaf; nothing where it says what the leaf says. The revisions written."""
    if same(content(merged), content(leaf.body)):
        return []
    return [database.put({"_id": id, **merged}, rev=leaf.rev)]


def close(database: Database, id: str, leaf: Leaf) -> str:
    """Ends a branch with the tombstone that every node writes alike, also one that ended in a tombstone without it
    (then the document must still be live); its revision."""
    return database.put({"_id": id, "_deleted": True, **RESOLVED}, rev=leaf.rev)
