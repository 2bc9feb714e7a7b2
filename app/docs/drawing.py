"""Where each revision of a tree stands in a drawing of it. Pure: leaf paths in, places out.

Time runs to the right, each branch has a row of its own, the winner's is the first, and what is long is folded:

            column 0    1       2        3      4       5
    row 0   1-a ── 2-b ── (41 more) ── 44-c ── 45-d    46-e     the winner
    row 1           └──── 3-x                                   a child of 2-b, too
    row 2           └──── (288 more)                            branches of the same fork that are left out

A place holds one revision or one fold, and every revision of the tree stands in exactly one of the two. A revision that
stands twice in the tree (stemming has cut what joined two roots) is drawn twice. Iterative: a tree may have a thousand
generations and hundreds of leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from app.docs.tree import Path, Tree

#: Of a run without forks the first revision and the last one stay, and up to `TAIL` at its end whose bodies are at
#: hand; a fold of less than `FOLD_FROM` is not worth it.
HEAD = 1
TAIL = 3
FOLD_FROM = 2
#: Branches of one fork that are drawn; more than these are one fold.
BRANCHES = 12

Place = tuple[int, int]
"""Column, row."""


class Node(NamedTuple):
    """One revision. `parent` is where the node (or fold) before it stands, None for a root.

    `leaf`: a branch ends here; `winner`: and a plain read shows it; `closed`: it is the tombstone by which somebody
    resolved a conflict; `kept`: its body is at hand; `fork`: more than one revision was made on it.
    """

    rev: str
    generation: int
    column: int
    row: int
    parent: Place | None
    leaf: bool
    winner: bool
    deleted: bool
    closed: bool
    kept: bool
    fork: bool


class Fold(NamedTuple):
    """Revisions that stand in one place: a `run` of one branch, or whole `branches` of one fork.

    `key` names it in `unfold`; `revs` oldest first; `first` and `last` are their least and greatest generation;
    `leaves` is how many branches end within.
    """

    key: str
    kind: str
    column: int
    row: int
    parent: Place | None
    revs: tuple[str, ...]
    first: int
    last: int
    leaves: int


class Edge(NamedTuple):
    """From a place to one of the next column. `winning`: on the way to the winner; `closed`: to closed ends only."""

    start: Place
    end: Place
    winning: bool
    closed: bool


class Drawing(NamedTuple):
    """`width` columns and `height` rows; `unfolded` are the keys of folds that were asked to be open."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    folded: tuple[Fold, ...]
    width: int
    height: int
    unfolded: tuple[str, ...]


def lay_out(
    paths: Tree,
    *,
    kept: Collection[str] = (),
    deleted: Collection[str] = (),
    closed: Collection[str] = (),
    unfold: Collection[str] = (),
    whole: bool = False,
) -> Drawing:
    """The drawing of a tree.

    `kept` are the revisions whose bodies are at hand, `deleted` those of them that are tombstones (the tree itself
    tells it of leaves only), `closed` the leaves that resolve; `unfold` the folds to open, `whole` opens all.
    """
    grown = _Grown(paths, frozenset(closed))
    held, gone = frozenset(kept), frozenset(deleted)
    nodes: list[Node] = []
    edges: list[Edge] = []
    folds: list[Fold] = []
    opened: list[str] = []
    width = height = 0
    # What is still to be placed: nodes that begin a branch (or those left out of a fork), and where their parent is.
    stack: list[tuple[list[int], Place | None, int | None]] = [([root], None, None) for root in grown.roots[::-1]]
    while stack:
        some, parent, row = stack.pop()
        if row is None:
            row = height
            height += 1
        column = 0 if parent is None else parent[0] + 1
        if len(some) > 1:
            inside = grown.below(some)
            folds.append(grown.fold("branches", grown.rev(some[0]), inside, column, row, parent))
            edges.append(_edge(grown, some, parent, (column, row)))
            width = max(width, column + 1)
            continue
        run = grown.run(some[0])
        tail = 1
        while tail < min(TAIL, len(run) - 1) and grown.rev(run[-1 - tail]) in held:
            tail += 1
        hidden = run[HEAD : len(run) - tail]
        if hidden and not whole and len(hidden) >= FOLD_FROM:
            key = grown.rev(hidden[0])
            if key in unfold:
                opened.append(key)
                hidden = []
        else:
            hidden = []
        for index in [*run[:HEAD], *hidden[:1], *run[HEAD + len(hidden) :]]:
            place = (column, row)
            if parent is not None:
                edges.append(_edge(grown, [index], parent, place))
            if hidden and index == hidden[0]:
                folds.append(grown.fold("run", grown.rev(index), hidden, column, row, parent))
            else:
                nodes.append(grown.node(index, column, row, parent, held, gone))
            parent = place
            column += 1
        width = max(width, column)
        children = grown.children[run[-1]]
        rest: list[int] = []
        if len(children) > BRANCHES and not whole:
            key = grown.rev(children[BRANCHES - 1])
            if key in unfold:
                opened.append(key)
            else:
                children, rest = children[: BRANCHES - 1], children[BRANCHES - 1 :]
        if rest:
            stack.append((rest, parent, None))
        # The first child goes on in its parent's row, the others each begin a new one, from top to bottom.
        stack += [([child], parent, None) for child in children[:0:-1]]
        stack += [([child], parent, row) for child in children[:1]]
    return Drawing(tuple(nodes), tuple(edges), tuple(folds), width, height, tuple(opened))


def _edge(grown: _Grown, some: Sequence[int], parent: Place | None, place: Place) -> Edge:
    assert parent is not None, "only what follows a node has an edge"
    winning = any(grown.best[index] == 0 for index in some)
    return Edge(parent, place, winning, all(grown.shut[index] for index in some))


class _Grown:
    """The tree as numbered nodes, each after its parent."""

    def __init__(self, paths: Tree, closed: frozenset[str]) -> None:
        self.generations: list[int] = []
        self.hashes: list[str] = []
        self.parents: list[int] = []
        self.children: list[list[int]] = []
        #: The place in the tree of the foremost leaf at or below each node: 0 on the way to the winner.
        self.best: list[int] = []
        #: Whether all leaves at or below each node are closed.
        self.shut: list[bool] = []
        #: The number of the leaf path that ends in a node.
        self.ends: dict[int, int] = {}
        self.paths = paths
        self.closed = closed
        self.roots = self._grow(paths)
        for index in range(len(self.hashes) - 1, -1, -1):
            mine = self.children[index]
            if mine:
                self.best[index] = min(self.best[child] for child in mine)
                self.shut[index] = all(self.shut[child] for child in mine)
                mine.sort(key=self._order)
            else:
                self.shut[index] = self.rev(index) in closed
        self.roots.sort(key=self._order)

    def _order(self, index: int) -> tuple[bool, int]:
        return self.best[index] != 0 and self.shut[index], self.best[index]

    def _grow(self, paths: Tree) -> list[int]:
        roots: dict[tuple[int, str], int] = {}
        known: dict[tuple[int, str], int] = {}
        for number, (generation, _, hashes) in enumerate(paths):
            start = generation - len(hashes) + 1
            at = roots.get((start, hashes[-1]))
            if at is None:
                at = roots[start, hashes[-1]] = self._add(start, hashes[-1], -1, number)
            for depth, hash_ in enumerate(hashes[-2::-1], start + 1):
                below = known.get((at, hash_))
                if below is None:
                    below = known[at, hash_] = self._add(depth, hash_, at, number)
                at = below
            self.ends[at] = number
        return list(roots.values())

    def _add(self, generation: int, hash_: str, parent: int, number: int) -> int:
        index = len(self.hashes)
        self.generations.append(generation)
        self.hashes.append(hash_)
        self.parents.append(parent)
        self.children.append([])
        self.best.append(number)
        self.shut.append(False)
        if parent >= 0:
            self.children[parent].append(index)
        return index

    def rev(self, index: int) -> str:
        return f"{self.generations[index]}-{self.hashes[index]}"

    def run(self, index: int) -> list[int]:
        """From a node down to the next fork or leaf, both included."""
        found = [index]
        while len(self.children[index]) == 1:
            index = self.children[index][0]
            found.append(index)
        return found

    def below(self, some: Sequence[int]) -> list[int]:
        """These nodes and all that descend from them, the oldest generation first."""
        found = list(some)
        for index in found:
            found += self.children[index]
        return found

    def fold(self, kind: str, key: str, some: Sequence[int], column: int, row: int, parent: Place | None) -> Fold:
        generations = [self.generations[index] for index in some]
        leaves = sum(1 for index in some if index in self.ends)
        revs = tuple(self.rev(index) for index in some)
        return Fold(key, kind, column, row, parent, revs, min(generations), max(generations), leaves)

    def node(
        self, index: int, column: int, row: int, parent: Place | None, held: frozenset[str], gone: frozenset[str]
    ) -> Node:
        rev = self.rev(index)
        number = self.ends.get(index)
        ending: Path | None = None if number is None else self.paths[number]
        return Node(
            rev,
            self.generations[index],
            column,
            row,
            parent,
            leaf=ending is not None,
            winner=number == 0,
            deleted=ending[1] if ending is not None else rev in gone,
            closed=ending is not None and rev in self.closed,
            kept=rev in held,
            fork=len(self.children[index]) > 1,
        )
