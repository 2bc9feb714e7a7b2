"""One document in dispute, as a person must see it: who wrote what, what rules join, and what is left to decide.

Two tills and head office edited one revision of a product apart:

    1-a ── 2-b ── 3-c      the winner: price 12.90, a new barcode             price      to decide: 12.90, 13.50
       ├── 2-x             price 13.50                                   ►    barcodes   joined: the new one
       └── 2-y             a new picture                                      picture    joined: the new one

What the rules join is `app.docs.plan`'s, by the table of the type. Nothing is joined where the rules can't know: in
documents of types that this program doesn't know, and in those with attachments. There every difference is for a
person, and what only one side changed is merely offered first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from app.docs import json, merge
from app.docs import tree as trees
from app.docs.database import Database
from app.docs.errors import DocsError
from app.docs.merge import MISSING, STAMPS, Leaf, Path, same
from app.docs.plan import Plan, value_at
from app.docs.record import Record
from app.shop import ids, schemas
from app.shop.conflicts import joining, policies
from app.shop.conflicts.policies import HIDDEN as HIDDEN
from app.shop.conflicts.policies import secret

Body = Mapping[str, Any]

#: The place of a document's attachments among its fields; no member of a body begins so.
ATTACHMENTS: Final = "_attachments"
#: Types that head office sets: of two values its own is offered first.
_SET_BY_OFFICE: Final = frozenset({"product", "category", "tax", "pricelist", "promotion", "store", "settings"})
_KEY: Final = re.compile(r'("(?:[^"\\]|\\.)*")|([^.]+)')
_TILL: Final = re.compile(r".+-t\d+")


@dataclass(frozen=True)
class Side:
    """One open leaf: its body without `_` members, who wrote it when and where (as far as it says), `base` the revision
    at which it went apart from the winner."""

    rev: str
    deleted: bool
    body: Body
    attachments: Body
    at: str | None
    by: str | None
    on: str | None
    base: str | None

    def written(self) -> tuple[str, int, bytes]:
        """Sorts sides by who was written later: by the clock of who wrote it; where that is the same, by the
        revision."""
        return Leaf(self.rev, self.deleted, dict(self.body)).written()


@dataclass(frozen=True)
class Field:
    """Something to decide: `values` by live side (MISSING: the side lacks it), `suggestion` the side to offer first,
    `changed` the sides that changed it since `base`, all of them where that isn't known. `path` is its `place` as text:
    `price`, `units.box.price`."""

    path: str
    place: Path
    base: Any
    values: Mapping[str, Any]
    suggestion: str
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Joined:
    """Something that the rules join, or that only one side changed: what it becomes (MISSING: nothing), and which sides
    changed it."""

    path: str
    place: Path
    base: Any
    value: Any
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A document in dispute. `kind` "deleted": it was deleted at one place and edited at another. `by_hand`: no rule
    may join anything of it."""

    database: str
    id: str
    type: str | None
    kind: Literal["edited", "deleted"]
    sides: tuple[Side, ...]
    base: Body | None
    base_rev: str | None
    fields: tuple[Field, ...]
    joined: tuple[Joined, ...]
    untouched: tuple[str, ...]
    plan: Plan
    by_hand: bool

    @property
    def seen(self) -> str:
        """The fingerprint of what there is to decide on: another one when a leaf came, went or grew."""
        return fingerprint(side.rev for side in self.sides)

    @property
    def live(self) -> tuple[Side, ...]:
        """The sides that are not deletions, the winner first."""
        return tuple(side for side in self.sides if not side.deleted)

    @property
    def deletions(self) -> tuple[Side, ...]:
        return tuple(side for side in self.sides if side.deleted)

    @cached_property
    def by_rev(self) -> Mapping[str, Side]:
        return {side.rev: side for side in self.sides}

    @cached_property
    def _secrets(self) -> frozenset[str]:
        types = [side.body.get("type") for side in self.sides]
        return secret(self.id, self.type).union(*(secret("", kind) for kind in types if isinstance(kind, str)))

    @cached_property
    def places(self) -> Mapping[str, Path]:
        """Where each field and each joined member stands, by its path."""
        return {**{one.path: one.place for one in self.joined}, **{one.path: one.place for one in self.fields}}

    def value(self, side: Side, place: Path) -> Any:
        """What a side says at `place`; MISSING where it says nothing."""
        if place == (ATTACHMENTS,):
            return side.attachments or MISSING
        return value_at(side.body, place, self.plan.policies)

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape: `{"database", "id", "type", "seen", "kind", "by_hand", "sides": [{"rev", "deleted", "body",
        "attachments", "at", "by", "on", "base"}], "base", "base_rev", "fields": [{"path", "base"?, "values": {rev:
        value}, "suggestion", "changed": [rev]}], "joined": [{"path", "base"?, "value"?, "changed"}], "untouched":
        [path]}`. A value that isn't there is left out; what is secret is `{"hidden": true}`."""
        return {
            "database": self.database,
            "id": self.id,
            "type": self.type,
            "seen": self.seen,
            "kind": self.kind,
            "by_hand": self.by_hand,
            "sides": [self._side(side) for side in self.sides],
            "base": None if self.base is None else self._body(self.base),
            "base_rev": self.base_rev,
            "fields": [
                {
                    "path": field.path,
                    **self._shown(field.place, base=field.base),
                    "values": self._shown(field.place, **field.values),
                    "suggestion": field.suggestion,
                    "changed": list(field.changed),
                }
                for field in self.fields
            ],
            "joined": [
                {
                    "path": one.path,
                    **self._shown(one.place, base=one.base, value=one.value),
                    "changed": list(one.changed),
                }
                for one in self.joined
            ],
            "untouched": list(self.untouched),
        }

    def secret(self, place: Path) -> bool:
        """Whether nobody is shown what stands there."""
        return place[0] in self._secrets

    def _shown(self, place: Path, /, **values: Any) -> dict[str, Any]:
        secret = self.secret(place)
        told = {key: value for key, value in values.items() if value is not MISSING}
        return {key: HIDDEN if secret and value is not None else value for key, value in told.items()}

    def _body(self, body: Body) -> dict[str, Any]:
        return {key: value for name in body for key, value in self._shown((name,), **{name: body[name]}).items()}

    def _side(self, side: Side) -> dict[str, Any]:
        told = {"at": side.at, "by": side.by, "on": side.on, "base": side.base}
        body, atts = self._body(side.body), dict(side.attachments)
        return {"rev": side.rev, "deleted": side.deleted, "body": body, "attachments": atts, **told}


def fingerprint(revs: Iterable[str]) -> str:
    """16 hex digits of SHA-256 over the sorted revisions."""
    return hashlib.sha256("\n".join(sorted(revs)).encode()).hexdigest()[:16]


def seen(database: Database, id: str) -> str | None:
    """What `read(…).seen` would say, without reading more than the leaves; None where nothing is in dispute."""
    record = database.read(id)
    open_ = _open(database, record) if record is not None else []
    return fingerprint(leaf.rev for leaf in open_) if open_ else None


def read(database: Database, id: str, asks: Iterable[str] = ()) -> Case | None:
    """The document's case; None where there is nothing to decide (or no such document). `asks` are the types and
    members that no rule may join (the setting `merge_ask`)."""
    record = database.read(id)
    open_ = _open(database, record) if record is not None else []
    if record is None or not open_:
        return None
    paths = record.paths()
    bases = {leaf.rev: trees.common_ancestor(paths, open_[0].rev, leaf.rev) for leaf in open_[1:]}
    atts = _attachments(database, record.id, open_) if any(leaf.attached for leaf in open_) else {}
    sides = tuple(_side(leaf, bases.get(leaf.rev), atts.get(leaf.rev, {})) for leaf in open_)
    by_hand = bool(atts) or not all(leaf.deleted or schemas.known(leaf.body) for leaf in open_)
    plan = joining.plan_of(database, record, policies.table_for(record.type, tuple(asks)), open_)
    if by_hand:
        plan = plan.reopened(list(plan.joined))
    live = [side for side in sides if not side.deleted]
    base_rev = plan.base_rev or _oldest(bases.values())
    base = merge.body_of(database, record.id, base_rev) if base_rev is not None else None
    fields = [_field(plan, path, values, live, record.type) for path, values in plan.open.items()]
    if any(not same(dict(live[0].attachments), dict(side.attachments)) for side in live[1:]):
        fields.append(_attached(live))
    joined = [_joined(plan, path, value, live) for path, value in plan.joined.items()]
    told = {path[0] for path in (*plan.open, *plan.joined)}
    untouched = sorted(name for name in plan.draft if name not in told and name not in STAMPS)
    return Case(
        database=database.name,
        id=record.id,
        type=record.type,
        kind="edited" if len(live) == len(sides) else "deleted",
        sides=sides,
        base=base,
        base_rev=base_rev,
        fields=tuple(fields),
        joined=tuple(joined),
        untouched=tuple(untouched),
        plan=plan,
        by_hand=by_hand,
    )


def _open(database: Database, record: Record) -> list[Leaf]:
    """The open leaves of a document in dispute, the winner first; none for any other."""
    if record.deleted or record.tree is None or record.id.partition(":")[0] in ids.IMMUTABLE:
        return []
    if len(record.leaves()) < 2:
        return []
    found = merge.leaves(database, record)
    return found if len(found) > 1 else []


def _oldest(revs: Iterable[str | None]) -> str | None:
    """Of ancestors of one leaf the oldest, from which all the others descend."""
    return min((rev for rev in revs if rev is not None), key=lambda rev: int(rev.partition("-")[0]), default=None)


def _side(leaf: Leaf, base: str | None, atts: Body) -> Side:
    told = [leaf.body.get(name) for name in STAMPS]
    when, by, on = (value if isinstance(value, str) else None for value in told)
    return Side(leaf.rev, leaf.deleted, leaf.body, atts, when, by, on, base)


def _attachments(database: Database, id: str, open_: list[Leaf]) -> dict[str, dict[str, Any]]:
    """By revision: name → `{"content_type", "digest", "length"}`."""
    found = {}
    for entry in database.open_revs(id, [leaf.rev for leaf in open_]):
        doc = entry.get("ok") or {}
        stubs = doc.get("_attachments") or {}
        found[doc.get("_rev", "")] = {
            name: {key: stub.get(key) for key in ("content_type", "digest", "length")} for name, stub in stubs.items()
        }
    return found


def _field(plan: Plan, path: Path, values: Mapping[str, Any], live: list[Side], type: str | None) -> Field:
    before = MISSING if plan.base is None else value_at(plan.base, path, plan.policies)
    known = plan.base is not None and plan.base_rev is not None
    changed = [s for s in live if s.rev in values and not (known and same(values[s.rev], before))]
    return Field(text_of(path), path, before, values, _suggestion(changed, type), tuple(side.rev for side in changed))


def _attached(live: list[Side]) -> Field:
    values = {side.rev: side.attachments or MISSING for side in live}
    return Field(ATTACHMENTS, (ATTACHMENTS,), MISSING, values, live[0].rev, tuple(values))


def _suggestion(changed: list[Side], type: str | None) -> str:
    """Whose value to offer first: head office's of what it sets, else the one that was written last."""
    office = [side for side in changed if type in _SET_BY_OFFICE and side.on and not _TILL.fullmatch(side.on)]
    return max(office or changed, key=Side.written).rev


def _joined(plan: Plan, path: Path, value: Any, live: list[Side]) -> Joined:
    before = MISSING if plan.base is None else value_at(plan.base, path, plan.policies)
    changed = tuple(side.rev for side in live if not same(value_at(side.body, path, plan.policies), before))
    return Joined(text_of(path), path, before, value, changed)


def text_of(place: Iterable[str]) -> str:
    """A place as text: `units.box.price`. A key that has dots itself is quoted, so that no two places are one."""
    return ".".join(json.dumps(key).decode() if "." in key or key[:1] == '"' else key for key in place)


def place_of(text: str) -> Path:
    """The keys of a place's text, as `text_of` made it."""
    found = []
    for quoted, plain in _KEY.findall(text):
        try:
            found.append(str(json.loads(quoted)) if quoted else plain)
        except DocsError:
            found.append(quoted)
    return tuple(found) or (text,)
