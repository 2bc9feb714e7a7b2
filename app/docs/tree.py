"""The revision tree of a document, as the paths of its leaves. CouchDB's rules (`couch_key_tree`), no I/O.

Each edit is a node below the one it changed. Two tills that edit the same revision make two branches, a conflict:

    1-a ── 2-b ── 3-c ── 4-d          (4, False, ("d", "c", "b", "a"))
             └─── 3-x                 (3, False, ("x", "b", "a"))

A tree is the tuple of its leaf paths, the winner first. Paths whose oldest nodes are the same revision grow from one
root, and share their nodes up to where they first differ. Only that makes a node shared: the same revision can stand in
two roots, when stemming has cut what joined them.

Every path would grow for ever, so each leaf keeps only the newest `revs_limit` nodes ("stemming"). Cutting a common
ancestor leaves two roots, and a path that arrives later can only be joined where it overlaps one of them. CouchDB
tries the roots one after another, oldest first, and the first that fits takes the path. Which leaves a document has
depends on this, so it is done in the same order here: `_conflicts` must be the same on every peer.

Everything is iterative, and works on whole tuples where it can: a tree may have a thousand generations and hundreds of
leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Literal

import orjson

from app.docs.errors import Conflict
from app.docs.revision import parse, raw_hash

Path = tuple[int, bool, tuple[str, ...]]
"""The generation of the leaf, whether it is deleted, the hashes from the leaf (newest) to the root (oldest)."""

Tree = tuple[Path, ...]
"""Leaf paths in winner order: not deleted before deleted, then generation, then hash, the greatest first."""

Result = Literal["new_leaf", "new_branch", "internal_node"]
"""What a merge did: made the tree or extended a leaf; made another branch; found the revision in the tree already."""

Fork = tuple[int, str | None]
"""Where two paths part: a generation and the revision there; `NO_FORK` where they have nothing in common."""
NO_FORK: Fork = (0, None)

REVS_LIMIT = 1000
"""Revisions kept of each path, CouchDB's default."""


def merge(tree: Tree, path: Path, revs_limit: int = REVS_LIMIT) -> tuple[Tree, Result]:
    """`path` (a revision and its ancestors, from anywhere) joined into `tree`, then stemmed.

    A revision that is there keeps its deleted flag. The same tree object comes back where nothing changed.
    """
    generation, deleted, hashes = path
    if len(tree) == 1:
        joined = _join_line(tree[0], path)
        if joined is not None:
            line, result = joined
            if len(line[2]) > revs_limit:
                line = (line[0], line[1], line[2][:revs_limit])
            return (tree if line == tree[0] else (line,)), result
    paths, result = _insert(tree, (generation, deleted, hashes))
    merged = tuple(_stem(paths, revs_limit))
    if merged == tree:
        return tree, result
    return _ordered(merged), result


def extend(tree: Tree, parent: str, new_hash: str, deleted: bool, revs_limit: int = REVS_LIMIT) -> Tree:
    """A local edit of the leaf `parent`, the winner or another one. Raises Conflict when `parent` is no leaf."""
    generation, hash = parse(parent)
    if not any(path[0] == generation and path[2][0] == hash for path in tree):
        raise Conflict
    extended, result = merge(tree, (generation + 1, deleted, (new_hash, hash)), revs_limit)
    if result != "new_leaf":
        raise Conflict
    return extended


def winner(tree: Tree) -> Path:
    """The path of the revision that a plain read shows. The tree isn't empty."""
    return tree[0]


def leaves(tree: Tree) -> list[str]:
    """The revisions of all leaves, winner first."""
    return [f"{path[0]}-{path[2][0]}" for path in tree]


def revisions(tree: Tree) -> set[str]:
    """Every revision that stands in the tree, with or without a body."""
    return {f"{top - back}-{hash}" for top, _, hashes in tree for back, hash in enumerate(hashes)}


def find(tree: Tree, rev: str) -> tuple[str, ...] | None:
    """The hashes of `rev` and its ancestors, newest first, or None where the tree lacks it."""
    for path, index in _places(tree, rev):
        return path[2][index:]
    return None


def contains(tree: Tree, rev: str) -> bool:
    """Whether `rev` stands anywhere in the tree, with or without a body."""
    return find(tree, rev) is not None


def latest(tree: Tree, rev: str) -> list[str]:
    """The leaves that descend from `rev`, winner order; `rev` itself if it is a leaf, nothing if it isn't here."""
    return list(dict.fromkeys(f"{path[0]}-{path[2][0]}" for path, _ in _places(tree, rev)))


def common_ancestor(tree: Tree, rev_a: str, rev_b: str) -> str | None:
    """The newest revision from which both descend (one of them, if the other descends from it), or None."""
    ancestries_b = _ancestries(tree, rev_b)
    forks = [fork(a, b) for a in _ancestries(tree, rev_a) for b in ancestries_b]
    return max(forks, key=lambda found: found[0], default=NO_FORK)[1]


def fork(a: Path, b: Path) -> Fork:
    """The newest node that two paths share, `NO_FORK` where they grow from different roots."""
    above = a[0] - len(a[2])
    shared = _shared(a[2], b[2]) if above == b[0] - len(b[2]) else 0
    return (above + shared, f"{above + shared}-{a[2][-shared]}") if shared else NO_FORK


def as_it_hangs(path: Path) -> tuple[int, tuple[str, ...]]:
    """Sorts paths so that of any two the neighbours between them share at least as much: then the forks of neighbours
    are all forks of the tree."""
    return path[0] - len(path[2]), path[2][::-1]


def remove(tree: Tree, revs: Iterable[str]) -> Tree:
    """The tree without these leaves and the ancestors that only they had (purge). What is no leaf stays."""
    gone = {parse(rev) for rev in revs}
    kept = tuple(path for path in tree if (path[0], path[2][0]) not in gone)
    if len(kept) == len(tree):
        return tree
    return _ordered(tuple(_stem(kept, None)))


def stem(tree: Tree, limit: int) -> Tree:
    """Only the newest `limit` nodes of each path; an ancestor stays while any leaf still needs it."""
    stemmed = tuple(_stem(tree, limit))
    return tree if stemmed == tree else _ordered(stemmed)


def encode(tree: Tree) -> str:
    """`[[generation, deleted, [newest, …, oldest]], …]`: never nested, however deep the tree is."""
    return orjson.dumps(tree).decode()


def decode(text: str) -> Tree:
    """What `encode` wrote."""
    return tuple((generation, deleted, tuple(hashes)) for generation, deleted, hashes in orjson.loads(text))


# --- joining -------------------------------------------------------------------------------------------------------


def _join_line(line: Path, path: Path) -> tuple[Path, Result] | None:
    """The usual case, one line of history: does `path` continue it, or lie within it? None if it does neither."""
    top, deleted, known = line
    generation, new_deleted, hashes = path
    ahead = generation - top
    if ahead > 0:
        overlap = min(len(hashes) - ahead, len(known))
        if overlap <= 0 or hashes[ahead : ahead + overlap] != known[:overlap]:
            return None
        older = known[overlap:]
        return (generation, new_deleted, hashes + older if older else hashes), "new_leaf"
    overlap = min(len(hashes), len(known) + ahead)
    if overlap <= 0 or known[-ahead : overlap - ahead] != hashes[:overlap]:
        return None
    older = hashes[overlap:]
    return ((top, deleted, known + older) if older else line), "internal_node"


def _insert(tree: Collection[Path], path: Path) -> tuple[list[Path], Result]:
    """`path` joined to the first root that it fits, CouchDB's way; neither ordered nor stemmed."""
    paths = list(tree)
    generation, deleted, hashes = path
    if not paths:
        return [path], "new_leaf"
    start = generation - len(hashes) + 1
    roots: dict[tuple[int, str], list[int]] = {}
    for index, (top, _, known) in enumerate(paths):
        roots.setdefault((top - len(known) + 1, known[-1]), []).append(index)
    in_order = sorted(roots, key=_root_order) if len(roots) > 1 else roots
    for root in in_order:
        members = roots[root]
        root_start, root_hash = root
        # Both are compared from the deeper start on; there the nodes must be the same one.
        if start <= root_start:
            skip = root_start - start
            if len(hashes) <= skip or hashes[-1 - skip] != root_hash:
                continue
            full = hashes
            if skip:
                # The path knows more of the past than the root: all branches of the root get it.
                older = hashes[-skip:]
                for index in members:
                    top, gone, known = paths[index]
                    paths[index] = (top, gone, known + older)
        else:
            above = _way_down([paths[index] for index in members], start - root_start, start, hashes[-1])
            if above is None:
                continue
            full = hashes + above
        return paths, _graft(paths, members, (generation, deleted, full))
    paths.append(path)
    return paths, "new_branch"


def _root_order(root: tuple[int, str]) -> tuple[int, bytes]:
    return root[0], raw_hash(*root)


def _way_down(members: list[Path], depth: int, generation: int, hash: str) -> tuple[str, ...] | None:
    """The nodes above node `hash`, `depth` levels below the root of these paths, or None if it isn't there.

    A revision can stand twice below one root; CouchDB walks the children in order and takes the first.
    """
    ways: list[tuple[str, ...]] = []
    for _, _, known in members:
        if len(known) > depth and known[-1 - depth] == hash:
            way = known[-depth:]
            if way not in ways:
                ways.append(way)
    if len(ways) > 1:
        ways.sort(key=lambda way: [raw_hash(generation - 1 - up, node) for up, node in enumerate(way)][::-1])
    return ways[0] if ways else None


def _graft(paths: list[Path], members: list[int], path: Path) -> Result:
    """Put `path` where it leaves the branches `members` of its own root (all start at the same node), in place."""
    hashes = path[2]
    size = len(hashes)
    shared = 0
    nearest = members[0]
    for index in members:
        known = paths[index][2]
        # Only a branch that has the next node too can share more than the best so far.
        if shared < size and shared < len(known) and known[-1 - shared] == hashes[-1 - shared]:
            together = _shared(known, hashes)
            if together > shared:
                shared, nearest = together, index
    if shared == size:
        return "internal_node"
    if shared == len(paths[nearest][2]):
        paths[nearest] = path
        return "new_leaf"
    paths.append(path)
    return "new_branch"


def _shared(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """How many nodes two paths of one root share, from the root on: the length of their common tail."""
    low, high = 0, min(len(a), len(b))
    if a[len(a) - high :] == b[len(b) - high :]:
        return high
    # The tails of `low` nodes are equal, those of `high` nodes are not.
    while high - low > 1:
        middle = (low + high) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle
    return low


def _ancestries(tree: Tree, rev: str) -> list[Path]:
    """The paths that would end in `rev`, each once: more than one where it stands in several roots."""
    return list(dict.fromkeys((top - index, False, hashes[index:]) for (top, _, hashes), index in _places(tree, rev)))


def _places(tree: Tree, rev: str) -> Iterator[tuple[Path, int]]:
    """The paths on which `rev` stands, and after how many newer nodes."""
    generation, hash = parse(rev)
    for path in tree:
        index = path[0] - generation
        if 0 <= index < len(path[2]) and path[2][index] == hash:
            yield path, index


# --- stemming ------------------------------------------------------------------------------------------------------


def _stem(paths: Collection[Path], limit: int | None) -> Iterable[Path]:
    """The paths cut to `limit` nodes (None: uncut), and roots joined that stand for one history.

    CouchDB looks, while it stems, for a hash that stands twice in the tree. If there is one it takes the tree apart and
    builds it anew from the stemmed paths, which joins a root to another that contains it. Without such a hash
    the two ways give the same tree.
    """
    if limit is None or all(len(path[2]) <= limit for path in paths):
        return _rebuilt(paths, None) if _root_within_another(paths) else paths
    if len(paths) == 1:
        return [(top, deleted, hashes[:limit]) for top, deleted, hashes in paths]
    by_root = _by_root(paths)
    return _rebuilt(paths, limit) if _has_duplicate(by_root) else _cut(by_root, limit)


def _root_within_another(paths: Collection[Path]) -> bool:
    """Whether the oldest node of a root is an inner node (or leaf) of another root. Only then could they be joined."""
    roots = {(top - len(hashes) + 1, hashes[-1]) for top, _, hashes in paths}
    if len(roots) < 2:
        return False
    for start, hash in roots:
        for top, _, hashes in paths:
            index = top - start
            if 0 <= index < len(hashes) - 1 and hashes[index] == hash:
                return True
    return False


def _rebuilt(paths: Collection[Path], limit: int | None) -> list[Path]:
    """A new tree of the (stemmed) paths, those with the oldest start first."""
    stemmed = [(top, deleted, hashes[:limit]) for top, deleted, hashes in paths]
    stemmed.sort(
        key=lambda path: (
            path[0] - len(path[2]) + 1,
            [raw_hash(path[0] - up, hash) for up, hash in enumerate(path[2])],
            path[1],
        )
    )
    tree: list[Path] = []
    for path in stemmed:
        tree, _ = _insert(tree, path)
    return tree


_Branches = list[tuple[Path, int]]
"""The paths of one root, neighbours next to each other, each with the number of nodes it shares with the one before."""


def _by_root(paths: Collection[Path]) -> list[_Branches]:
    roots: dict[tuple[int, str], list[tuple[tuple[str, ...], Path]]] = {}
    for path in paths:
        top, _, hashes = path
        roots.setdefault((top - len(hashes) + 1, hashes[-1]), []).append((hashes[::-1], path))
    grouped: list[_Branches] = []
    for members in roots.values():
        members.sort(key=lambda member: member[0])
        branches: _Branches = []
        before: tuple[str, ...] = ()
        for _, path in members:
            branches.append((path, _shared(before, path[2])))
            before = path[2]
        grouped.append(branches)
    return grouped


def _has_duplicate(by_root: list[_Branches]) -> bool:
    """Whether two nodes have one hash, as CouchDB looks at it: whatever their generations."""
    nodes = sum(len(path[2]) - shared for branches in by_root for path, shared in branches)
    seen: set[str] = set()
    for branches in by_root:
        for path, shared in branches:
            seen.update(path[2][: len(path[2]) - shared])
    return len(seen) < nodes


def _cut(by_root: list[_Branches], limit: int) -> list[Path]:
    """Each path down to the oldest node that is needed, without a gap, by its own leaf or by one that shares it."""
    stemmed: list[Path] = []
    for branches in by_root:
        start = branches[0][0][0] - len(branches[0][0][2]) + 1
        # The oldest generation that each leaf needs for itself.
        needs = [max(start, path[0] - limit + 1) for path, _ in branches]
        for index, (path, _) in enumerate(branches):
            oldest = needs[index]
            if oldest > start:
                reach = list(zip(_forks(branches, index, start), needs, strict=True))
                # A branch that forks off no more than one node above keeps that node; then others may be within reach.
                while (older := min(need for fork, need in reach if fork >= oldest - 1)) < oldest:
                    oldest = older
            stemmed.append((path[0], path[1], path[2][: path[0] - oldest + 1]))
    return stemmed


def _forks(branches: _Branches, index: int, start: int) -> list[int]:
    """For each branch, the generation of the newest node that it shares with branch `index`."""
    forks = [0] * len(branches)
    shared = len(branches[index][0][2])
    forks[index] = start + shared - 1
    for other in range(index, 0, -1):
        shared = min(shared, branches[other][1])
        forks[other - 1] = start + shared - 1
    shared = len(branches[index][0][2])
    for other in range(index + 1, len(branches)):
        shared = min(shared, branches[other][1])
        forks[other] = start + shared - 1
    return forks


def _ordered(tree: Tree) -> Tree:
    if len(tree) < 2:
        return tree
    # The whole path decides between two leaves of one revision (in two roots), so that equal trees are equal tuples.
    return tuple(sorted(tree, key=lambda path: (not path[1], path[0], raw_hash(path[0], path[2][0]), path[2]))[::-1])
