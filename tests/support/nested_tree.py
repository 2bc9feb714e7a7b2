"""CouchDB's revision tree in its own shape, nested nodes, as a second opinion on `app.docs.tree`.

Written for clarity, after the description of `couch_key_tree`: recursive, slow, and without any of the shortcuts that
the leaf paths allow. A node is `(hash, deleted flag or None, children sorted by hash)`, a tree a sorted list of
`(generation of the root, node)`.
"""

from __future__ import annotations

from typing import Any

from app.docs.revision import raw_hash
from app.docs.tree import Path, Tree

Node = tuple[str, bool | None, list[Any]]
Nested = list[tuple[int, Node]]


def nested(tree: Tree) -> Nested:
    """A tree of leaf paths in nested form. Inner nodes have no flag: leaf paths don't keep one."""
    roots: dict[tuple[int, str], dict[str, Any]] = {}
    flags: dict[int, bool] = {}
    for generation, deleted, hashes in tree:
        children = roots.setdefault((generation - len(hashes) + 1, hashes[-1]), {})
        for hash in reversed(hashes[:-1]):
            children = children.setdefault(hash, {})
        assert id(children) not in flags, "two paths have the same leaf"
        assert not children, "a leaf has children"
        flags[id(children)] = deleted

    def node(generation: int, hash: str, children: dict[str, Any]) -> Node:
        ordered = sorted(children, key=lambda child: raw_hash(generation + 1, child))
        return hash, flags.get(id(children)), [node(generation + 1, child, children[child]) for child in ordered]

    ordered = sorted(roots, key=lambda root: (root[0], raw_hash(*root)))
    return [(start, node(start, hash, roots[start, hash])) for start, hash in ordered]


def without_inner_flags(tree: Nested) -> Nested:
    def bare(node: Node) -> Node:
        hash, deleted, children = node
        return hash, None if children else deleted, [bare(child) for child in children]

    return [(start, bare(node)) for start, node in tree]


def merge(tree: Nested, path: Path) -> tuple[Nested, str]:
    start, node = _branch(path)
    roots = sorted(tree, key=_order)
    for index, (root_start, root) in enumerate(roots):
        merged = _merge_at(root_start, [root], root_start - start, node)
        if merged is not None:
            (together,), result = merged
            rest = roots[:index] + roots[index + 1 :]
            return sorted([*rest, (min(root_start, start), together)], key=_order), result
    return sorted([*roots, (start, node)], key=_order), "new_branch" if roots else "new_leaf"


def stem(tree: Nested, limit: int) -> Nested:
    hashes: list[str] = []
    for _, node in tree:
        _gather(node, hashes)
    if len(hashes) != len(set(hashes)):
        return _repair(tree, limit)
    stemmed: Nested = []
    for start, node in tree:
        reach, kept = _stem_node(start, node, limit, stemmed)
        if kept is not None:
            assert reach >= 0
            stemmed.append((start, kept))
    return sorted(stemmed, key=_order)


def leaf_paths(tree: Nested) -> list[Path]:
    paths: list[Path] = []

    def walk(generation: int, node: Node, above: tuple[str, ...]) -> None:
        hash, deleted, children = node
        hashes = (hash, *above)
        if not children:
            assert deleted is not None
            paths.append((generation, deleted, hashes))
        for child in children:
            walk(generation + 1, child, hashes)

    for start, root in tree:
        walk(start, root, ())
    return paths


def count_nodes(tree: Nested) -> int:
    hashes: list[str] = []
    for _, node in tree:
        _gather(node, hashes)
    return len(hashes)


def _branch(path: Path) -> tuple[int, Node]:
    generation, deleted, hashes = path
    node: Node = (hashes[0], deleted, [])
    for hash in hashes[1:]:
        node = (hash, None, [node])
    return generation - len(hashes) + 1, node


def _order(tree: tuple[int, Node]) -> tuple[int, bytes]:
    return tree[0], raw_hash(tree[0], tree[1][0])


def _prefer(first: bool | None, second: bool | None) -> bool | None:
    return second if first is None else first


def _merge_at(generation: int, siblings: list[Node], ahead: int, insert: Node) -> tuple[list[Node], str] | None:
    """Walk down whichever begins earlier until both are at one generation; there the hashes must be equal."""
    hash, deleted, below = insert
    if ahead > 0:
        merged = _merge_at(generation, siblings, ahead - 1, below[0]) if below else None
        return None if merged is None else ([(hash, deleted, merged[0])], merged[1])
    for index, (known, flag, children) in enumerate(siblings):
        if ahead < 0:
            merged = _merge_at(generation + 1, children, ahead + 1, insert)
            if merged is None:
                continue
            node: Node = (known, flag, merged[0])
            return [*siblings[:index], node, *siblings[index + 1 :]], merged[1]
        if known == hash:
            extended, result = _extend(generation + 1, children, below)
            node = (known, _prefer(flag, deleted), extended)
            return [*siblings[:index], node, *siblings[index + 1 :]], result
    return None


def _extend(generation: int, children: list[Node], below: list[Node]) -> tuple[list[Node], str]:
    if not below:
        return children, "internal_node"
    if not children:
        return below, "new_leaf"
    (insert,) = below
    for index, (known, flag, grandchildren) in enumerate(children):
        if known == insert[0]:
            extended, result = _extend(generation + 1, grandchildren, insert[2])
            node: Node = (known, _prefer(flag, insert[1]), extended)
            return [*children[:index], node, *children[index + 1 :]], result
    return sorted([*children, insert], key=lambda child: raw_hash(generation, child[0])), "new_branch"


def _gather(node: Node, hashes: list[str]) -> None:
    hashes.append(node[0])
    for child in node[2]:
        _gather(child, hashes)


def _stem_node(generation: int, node: Node, limit: int, cut: Nested) -> tuple[int, Node | None]:
    """How many more ancestors are needed by the leaves below, and the node if it is needed itself."""
    hash, deleted, children = node
    if not children:
        return limit - 1, node
    reach, kept = -1, []
    for child in children:
        child_reach, child_node = _stem_node(generation + 1, child, limit, cut)
        reach = max(reach, child_reach)
        if child_node is not None:
            kept.append(child_node)
    if reach > 0:
        return reach - 1, (hash, deleted, kept)
    cut.extend((generation + 1, child) for child in kept)
    return -1, None


def _repair(tree: Nested, limit: int) -> Nested:
    def order(path: Path) -> tuple[int, list[bytes], bool]:
        generation, deleted, hashes = path
        return (
            generation - len(hashes) + 1,
            [raw_hash(generation - up, hash) for up, hash in enumerate(hashes)],
            deleted,
        )

    paths = [(generation, deleted, hashes[:limit]) for generation, deleted, hashes in leaf_paths(tree)]
    rebuilt: Nested = []
    for path in sorted(paths, key=order):
        rebuilt, _ = merge(rebuilt, path)
    return rebuilt
