"""One member of a document in three bodies: what both sides had before, and what each made of it.

    was     earlier   later
    12.00   12.00     13.50    what one side changed is taken: 13.50
    12.00   13.50     13.50    what both changed alike is fine
    12.00   12.90     13.50    for the rest a `Policy` says: unite them, choose one, or leave it to a person (`OPEN`)

Nothing here knows of documents or leaves: `app.docs.merge` does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from app.docs import json

Body = Mapping[str, Any]
Policy = Callable[[Any, Any, Any], Any]
"""`policy(base, earlier, later)`: what a member that both sides changed becomes, `MISSING` standing for one that isn't
there, `OPEN` for what a person must choose. It must give the same for the same three, and forget nothing that one side
added."""
Path = tuple[str, ...]
"""Where a member stands: `("price",)`, `("values", "trust")`, `("units", "box", "price")`."""
Policies = Mapping[str, Policy]
"""By the name of a member; `"*"` is for those that aren't named."""


class Mark:
    """Stands where there is no value."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


#: A member that isn't there.
MISSING: Final = Mark("MISSING")
#: A member that a person must choose.
OPEN: Final = Mark("OPEN")
#: A base that isn't at hand: nobody can tell who changed what.
UNKNOWN: Final = Mark("UNKNOWN")


# --- policies ------------------------------------------------------------------------------------------------------


def ask(base: Any, earlier: Any, later: Any) -> Any:
    """For a person."""
    return OPEN


def newer(base: Any, earlier: Any, later: Any) -> Any:
    """What was edited later. Only for what is no work of anybody's: who holds a cart, what it is called."""
    return later


def unite(base: Any, earlier: Any, later: Any) -> Any:
    """A set kept as a list: what either side added, without what either side took out; sorted."""
    if not all(isinstance(side, list) or side is MISSING for side in (earlier, later)):
        return OPEN
    before, a, b = (_elements(side) for side in (base, earlier, later))
    kept = {key: value for key, value in {**a, **b}.items() if (key in a and key in b) or key not in before}
    return [kept[key] for key in sorted(kept)]


def gather(base: Any, earlier: Any, later: Any) -> Any:
    """As `unite` where both sides only added; where one took something out, what it put in its place is for a person:
    a tax that was exchanged on both sides would else be charged twice."""
    before, a, b = (_elements(side) for side in (base, earlier, later))
    return unite(base, earlier, later) if before.keys() <= (a.keys() & b.keys()) else OPEN


def _elements(side: Any) -> dict[bytes, Any]:
    return {canonical(one): one for one in side} if isinstance(side, list) else {}


def prefer(value: Any) -> Policy:
    """A flag one of whose values wins."""

    def policy(base: Any, earlier: Any, later: Any) -> Any:
        return value if any(same(value, side) for side in (earlier, later)) else later

    return policy


class Unfinished(dict[str, Any]):
    """The parts of a value by their keys while some of them are open."""


class Parted(ABC):
    """A member whose parts are joined each for itself: `inner` says how, `named` how for those of some names."""

    def __init__(self, inner: Policy, named: Policies | None = None) -> None:
        self._inner = inner
        self._named = named or {}

    def inner(self, key: str) -> Policy:
        return self._named.get(key, self._inner)

    @abstractmethod
    def parts(self, side: Any) -> Body | None:
        """The parts of a value by their keys, None where it has none."""

    @abstractmethod
    def whole(self, parts: dict[str, Any]) -> Any:
        """The value that has these parts, none of them open."""

    def __call__(self, base: Any, earlier: Any, later: Any) -> Any:
        a, b = self.parts(earlier), self.parts(later)
        if a is None or b is None:
            return OPEN
        before = base if base is UNKNOWN else self.parts(base) or {}
        merged = {key: member(before, a, b, key, self.inner(key)) for key in sorted(a.keys() | b.keys())}
        kept = {key: value for key, value in merged.items() if value is not MISSING}
        return Unfinished(kept) if any(True for _ in holes(kept)) else self.whole(kept)


class ByKey(Parted):
    """A map: each key for itself."""

    def parts(self, side: Any) -> Body | None:
        return side if isinstance(side, Mapping) else None

    def whole(self, parts: dict[str, Any]) -> Any:
        return parts


class ByRow(Parted):
    """A list of objects that `key` tells apart: each row for itself, sorted by its key. A list in which two rows have
    one key is for a person as a whole."""

    def __init__(self, key: Callable[[Body], str], inner: Policy, named: Policies | None = None) -> None:
        super().__init__(ByKey(inner, named))
        self._key = key

    def parts(self, side: Any) -> Body | None:
        if isinstance(side, Unfinished):
            return side
        if not isinstance(side, list) or not all(isinstance(row, Mapping) for row in side):
            return None
        rows = {self._key(row): row for row in side}
        return rows if len(rows) == len(side) else None

    def whole(self, parts: dict[str, Any]) -> Any:
        return [parts[key] for key in sorted(parts)]


def by_key(inner: Policy, **named: Policy) -> Policy:
    """A map: each key for itself, `inner` (or that of its name) for one that both sides changed."""
    return ByKey(inner, named)


def by_row(key: Callable[[Body], str], inner: Policy, **named: Policy) -> Policy:
    """A list of objects: each row for itself, and in it each member."""
    return ByRow(key, inner, named)


# --- values --------------------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """JSON with sorted keys: equal values have equal texts."""
    return json.dumps(ordered(value))


def ordered(value: Any) -> Any:
    """The same value, keys sorted at every depth, so that the same content makes the same revision."""
    if isinstance(value, Mapping):
        made = {key: ordered(value[key]) for key in sorted(value)}
        return Unfinished(made) if isinstance(value, Unfinished) else made
    if isinstance(value, list):
        return [ordered(one) for one in value]
    return value


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same JSON: 1 and true are not, nor 1 and 1.0. What is open is like nothing else."""
    if a is b:
        return True
    if isinstance(a, Mark | Unfinished) or isinstance(b, Mark | Unfinished):
        return False
    return canonical(a) == canonical(b)


def holes(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where a joined value is open."""
    if value is OPEN:
        yield path
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from holes(inner, (*path, key))


def member(base: Body | Mark, earlier: Body, later: Body, key: str, policy: Policy) -> Any:
    """One member of three objects: the side that changed it, else what `policy` makes of both."""
    a, b = earlier.get(key, MISSING), later.get(key, MISSING)
    if isinstance(base, Mark):  # nobody can tell who changed it: only its parts may be alike
        return a if same(a, b) else policy(UNKNOWN, a, b) if isinstance(policy, Parted) else OPEN
    was = base.get(key, MISSING)
    if same(a, b) or same(b, was):
        return a
    if same(a, was):
        return b
    return OPEN if a is OPEN or b is OPEN else policy(was, a, b)


def policy_for(policies: Policies, key: str) -> Policy:
    """The policy of a member by its name."""
    return policies.get(key) or policies.get("*", ask)
