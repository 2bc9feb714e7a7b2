"""Several leaves of a document joined at once: what the rules settle, and what is left to a person. Pure.

The leaves are joined in pairs, those first whose fork is the newest, each pair over the body at its fork:

    1-a ── 2-b ── 3-c      first 3-c and 3-d over 2-b, then what they made and 2-e over 1-a
       │      └── 3-d
       └── 2-e

A member that a pair leaves open stays open, and is decided once, among what all leaves have there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from app.docs import merge
from app.docs import tree as trees
from app.docs.merge import MISSING, OPEN, STAMPS, UNKNOWN, Body, Leaf, Parted, Path, Policies, Policy

BodyAt = Callable[[str], Body | None]
"""The body of a revision by its id, `{}` of a tombstone, None where it isn't at hand."""


@dataclass(frozen=True)
class Plan:
    """What becomes of `leaves` (live ones, the winner first).

    `base` is the body at the fork of all of them ({} where they have none in common, None where it isn't at hand) and
    `base_rev` its revision; `draft` what the rules made, `OPEN` where a person must choose. `joined` are the members on
    which the leaves differ and which the rules settled, with what they come to (`MISSING`: removed); `open` the others,
    each with the values that there are: `{path: {rev: value | MISSING}}`, only of leaves that changed it. `lacking`
    names the forks whose bodies aren't at hand; what differs over them is open.
    """

    leaves: tuple[Leaf, ...]
    base_rev: str | None
    base: Body | None
    draft: dict[str, Any]
    policies: Policies
    joined: dict[Path, Any] = field(default_factory=dict)
    open: dict[Path, dict[str, Any]] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()

    def result(self, choices: Mapping[Path, Any]) -> dict[str, Any]:
        """The joined body with a person's choices in it, by the path of a member that is open (all of them must be
        there) or was joined; `MISSING` removes it. Raises Unsettled with the paths that are still open."""
        made = _with(self.draft, (), choices, _Named(self.policies))
        if still := sorted(merge.holes(made)):
            raise merge.Unsettled(*still)
        return dict(merge.ordered(made))

    def reopened(self, paths: Sequence[Path]) -> Plan:
        """The same plan with members that the rules joined (or that one leaf changed) left to a person instead."""
        joined = dict(self.joined)
        open_ = dict(self.open)
        draft = self.draft
        named = _Named(self.policies)
        for path in paths:
            if path in joined:
                del joined[path]
                open_[path] = values_at(self.leaves, self.base, path, self.policies)
                draft = _with(draft, (), {path: OPEN}, named)
        return replace(self, joined=joined, open=open_, draft=draft)


def plan(tree: trees.Tree, leaves: Sequence[Leaf], body_at: BodyAt, policies: Policies) -> Plan:
    """What becomes of the live leaves (winner first) of a document with this tree."""
    row, steps = _in_order(tree, leaves)
    rev = min(steps, key=lambda fork: fork[0], default=trees.NO_FORK)[1]
    bodies = {fork: body_at(fork) for _, fork in steps if fork is not None}
    parts = [(leaf.written(), leaf.body) for leaf in row]

    def base(fork: str | None) -> Body | merge.Mark:
        body = bodies[fork] if fork is not None else {}
        return UNKNOWN if body is None else body

    while steps:
        at = max(range(len(steps)), key=lambda i: steps[i][0])
        (when_a, a), (when_b, b) = parts[at], parts[at + 1]
        earlier, later = (a, b) if when_a <= when_b else (b, a)
        made = merge.draft(base(steps[at][1]), earlier, later, policies)
        parts[at : at + 2] = [(max(when_a, when_b), made)]
        del steps[at]
    whole = base(rev)
    lacking = tuple(fork for fork, body in bodies.items() if body is None)
    found = Plan(tuple(leaves), rev, None if isinstance(whole, merge.Mark) else whole, dict(parts[0][1]), policies)
    _tell(found, (), [leaf.body for leaf in leaves], found.draft, _Named(policies))
    return replace(found, lacking=lacking)


def forks(tree: trees.Tree, leaves: Sequence[Leaf]) -> list[str]:
    """The revisions at which these leaves part."""
    return list(dict.fromkeys(rev for _, rev in _in_order(tree, leaves)[1] if rev is not None))


def values_at(leaves: Sequence[Leaf], base: Body | None, path: Path, policies: Policies) -> dict[str, Any]:
    """What the leaves have at a path, by revision; without those that left it as the base has it."""
    values = {leaf.rev: value_at(leaf.body, path, policies) for leaf in leaves}
    if base is None:
        return values
    was = value_at(base, path, policies)
    changed = {rev: value for rev, value in values.items() if not merge.same(value, was)}
    return changed if len(changed) > 1 else values


def value_at(body: Body, path: Path, policies: Policies) -> Any:
    """The value of a member by its path, `MISSING` where there is none."""
    value: Any = body
    policy: Policy = _Named(policies)
    for key in path:
        parts = policy.parts(value) if isinstance(policy, Parted) else value if isinstance(value, Mapping) else None
        if parts is None or key not in parts:
            return MISSING
        value, policy = parts[key], policy.inner(key) if isinstance(policy, Parted) else merge.ask
    return value


class _Named(merge.ByKey):
    """A body as a value of parts: each member by its own policy."""

    def __init__(self, policies: Policies) -> None:
        super().__init__(policies.get("*", merge.ask), policies)


def _in_order(tree: trees.Tree, leaves: Sequence[Leaf]) -> tuple[list[Leaf], list[trees.Fork]]:
    """The leaves as they hang in the tree, and where each two neighbours of them fork."""
    paths = dict(zip(reversed(trees.leaves(tree)), reversed(tree), strict=True))
    row = sorted(leaves, key=lambda leaf: trees.as_it_hangs(paths[leaf.rev]))
    return row, [trees.fork(paths[a.rev], paths[b.rev]) for a, b in pairwise(row)]


def _tell(found: Plan, path: Path, bodies: list[Any], made: Any, policy: Policy) -> None:
    """Sorts the members on which the leaves differ into those that are open and those that were joined."""
    if path and path[0] in STAMPS:
        return
    if made is OPEN:
        found.open[path] = values_at(found.leaves, found.base, path, found.policies)
        return
    if path and all(merge.same(bodies[0], body) for body in bodies[1:]):
        return
    if isinstance(policy, Parted) and not (path and made is MISSING):
        sides = [{} if body is MISSING else policy.parts(body) for body in bodies]
        whole = policy.parts(made)
        if whole is not None and all(side is not None for side in sides):
            for key in sorted(set().union(*(side or () for side in sides))):
                inner = [(side or {}).get(key, MISSING) for side in sides]
                _tell(found, (*path, key), inner, whole.get(key, MISSING), policy.inner(key))
            return
    found.joined[path] = made


def _with(value: Any, path: Path, choices: Mapping[Path, Any], policy: Policy) -> Any:
    """The value with the choices at and below `path` in it."""
    if path in choices:
        return choices[path]
    below = {chosen: choice for chosen, choice in choices.items() if chosen[: len(path)] == path}
    parts = policy.parts(value) if isinstance(policy, Parted) else None
    if not below or parts is None or not isinstance(policy, Parted):
        return value
    keys = [*parts, *(chosen[len(path)] for chosen in below if chosen[len(path)] not in parts)]
    made = {key: _with(parts.get(key, MISSING), (*path, key), below, policy.inner(key)) for key in dict.fromkeys(keys)}
    kept = {key: inner for key, inner in made.items() if inner is not MISSING}
    return merge.Unfinished(kept) if path and any(True for _ in merge.holes(kept)) else policy.whole(kept)
