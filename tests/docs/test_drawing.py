"""A revision tree laid out: every revision in one place, long runs and many branches folded."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.docs import tree as trees
from app.docs.drawing import BRANCHES, Drawing, lay_out
from app.docs.tree import Path, Tree
from tests.support.nested_tree import nested
from tests.support.trees import grow, path


def revisions(tree: Tree) -> list[str]:
    """Every revision of a tree, as often as it stands in it."""
    found: list[str] = []

    def walk(generation: int, node: object) -> None:
        hash_, _, children = node  # type: ignore[misc]
        found.append(f"{generation}-{hash_}")
        for child in children:
            walk(generation + 1, child)

    for start, root in nested(tree):
        walk(start, root)
    return sorted(found)


def shown(drawing: Drawing) -> list[str]:
    return sorted([node.rev for node in drawing.nodes] + [rev for fold in drawing.folded for rev in fold.revs])


@st.composite
def grown(draw: st.DrawFn) -> Tree:
    """Any tree: edits on any revision, paths from elsewhere that join or don't, stemming."""
    tree: Tree = ()
    limit = draw(st.sampled_from([3, 8, 1000]))
    for number in range(draw(st.integers(1, 14))):
        deleted = draw(st.booleans())
        new = tuple(f"{number:x}{step:03x}" for step in range(draw(st.integers(1, 12)), 0, -1))
        if tree and draw(st.integers(0, 5)):
            generation, _, hashes = draw(st.sampled_from(tree))
            back = draw(st.integers(0, len(hashes) - 1))
            older: Path = (generation - back + len(new), deleted, new + hashes[back:])
        else:
            older = (draw(st.integers(0, 4)) + len(new), deleted, new)
        tree, _ = trees.merge(tree, older, limit)
    return tree


@given(grown(), st.booleans(), st.data())
def test_every_revision_stands_exactly_once_and_no_two_in_one_place(
    tree: Tree, whole: bool, data: st.DataObject
) -> None:
    first = lay_out(tree, whole=whole)
    keys = [fold.key for fold in first.folded]
    unfold = data.draw(st.lists(st.sampled_from(keys))) if keys else []

    for drawing in (first, lay_out(tree, unfold=unfold)):
        places = [(one.column, one.row) for one in (*drawing.nodes, *drawing.folded)]
        assert shown(drawing) == revisions(tree)
        assert len(set(places)) == len(places)
        assert (drawing.width, drawing.height) == tuple(max(axis) + 1 for axis in zip(*places, strict=True))


@given(grown(), st.booleans())
def test_an_edge_goes_to_the_next_column_and_up_one_generation(tree: Tree, whole: bool) -> None:
    drawing = lay_out(tree, whole=whole)
    ends = {(node.column, node.row): (node.generation, node.generation) for node in drawing.nodes}
    ends |= {(fold.column, fold.row): (fold.first, fold.last) for fold in drawing.folded}
    parents = {(one.column, one.row): one.parent for one in (*drawing.nodes, *drawing.folded)}

    assert {edge.end: edge.start for edge in drawing.edges} == {at: up for at, up in parents.items() if up is not None}
    for edge in drawing.edges:
        assert edge.end[0] == edge.start[0] + 1
        assert edge.end[1] >= edge.start[1]
        assert ends[edge.end][0] == ends[edge.start][1] + 1


@given(grown())
def test_ends_the_winner_and_deletions_are_marked_as_the_tree_has_them(tree: Tree) -> None:
    drawing = lay_out(tree, whole=True)

    assert sorted(node.rev for node in drawing.nodes if node.leaf) == sorted(trees.leaves(tree))
    assert [node.rev for node in drawing.nodes if node.winner] == trees.leaves(tree)[:1]
    assert {node.rev: node.deleted for node in drawing.nodes if node.leaf} == {
        rev: path[1] for rev, path in zip(trees.leaves(tree), tree, strict=True)
    }
    (first,) = (node for node in drawing.nodes if node.winner)
    assert first.row == 0
    assert sum(edge.winning for edge in drawing.edges) == first.column


def test_two_branches_and_what_is_known_of_their_revisions() -> None:
    tree = grow(path("a", "b", "c"), path("a", "x", deleted=True))

    drawing = lay_out(tree, kept={"3-c", "2-x", "1-a"}, closed={"2-x"})
    nodes = {node.rev: node for node in drawing.nodes}

    assert {rev: (node.column, node.row) for rev, node in nodes.items()} == {
        "1-a": (0, 0),
        "2-b": (1, 0),
        "3-c": (2, 0),
        "2-x": (1, 1),
    }
    assert [rev for rev, node in nodes.items() if node.fork] == ["1-a"]
    assert [rev for rev, node in nodes.items() if not node.kept] == ["2-b"]
    assert [rev for rev, node in nodes.items() if node.closed and node.deleted] == ["2-x"]
    assert [edge.end for edge in drawing.edges if edge.closed] == [(1, 1)]


def test_a_document_deleted_and_brought_back_shows_its_deletion() -> None:
    drawing = lay_out(grow(path("a", "b", "c")), kept={"2-b"}, deleted={"2-b"})

    assert [node.rev for node in drawing.nodes if node.deleted] == ["2-b"]


def test_two_roots_stand_one_below_the_other() -> None:
    drawing = lay_out(grow(path("a", "b"), path("x", "y", "z", start=7)))

    assert {node.rev: (node.column, node.row) for node in drawing.nodes if node.parent is None} == {
        "7-x": (0, 0),
        "1-a": (0, 1),
    }


def test_a_long_run_is_folded_and_opens() -> None:
    hashes = [f"{n:04x}" for n in range(1, 1001)]
    tree = grow(path(*hashes), path(*hashes[:500], "fff"))

    kept = {f"{n}-{n:04x}" for n in range(980, 1001)}

    drawing = lay_out(tree, kept=kept)

    assert (drawing.width, drawing.height) == (8, 2)
    assert [(fold.first, fold.last, len(fold.revs)) for fold in drawing.folded] == [(2, 499, 498), (502, 997, 496)]

    opened = lay_out(tree, kept=kept, unfold=[drawing.folded[0].key])
    assert [fold.key for fold in opened.folded] == [drawing.folded[1].key]
    assert opened.unfolded == (drawing.folded[0].key,)
    assert len(opened.nodes) == 1001 - 496

    whole = lay_out(tree, whole=True)
    assert (len(whole.nodes), whole.folded, whole.width) == (1001, (), 1000)


def test_of_300_ends_of_one_revision_the_first_are_shown_and_the_others_counted() -> None:
    tree = grow(*(path("a", f"{n:03x}") for n in range(300)))

    drawing = lay_out(tree)

    assert [node.rev for node in drawing.nodes if node.leaf] == trees.leaves(tree)[: BRANCHES - 1]
    (fold,) = drawing.folded
    assert (fold.kind, fold.leaves, fold.column, fold.row) == ("branches", 289, 1, 11)
    assert lay_out(tree, unfold=[fold.key]).height == 300


def test_what_somebody_closed_stands_below_what_is_open() -> None:
    ends = [path("a", "d"), path("a", "c"), path("a", "b", "e", deleted=True), path("a", "0", "f", deleted=True)]
    drawing = lay_out(grow(*ends), closed={"3-f"})

    order = [node.rev for node in sorted(drawing.nodes, key=lambda node: node.row) if node.leaf]
    assert order == ["2-d", "2-c", "3-e", "3-f"]


def test_the_columns_of_a_branch_have_no_gap() -> None:
    hashes = [f"{n:04x}" for n in range(1, 40)]
    drawing = lay_out(grow(path(*hashes), path(*hashes[:20], *(f"e{n:03x}" for n in range(15)))))

    for row in range(drawing.height):
        columns = sorted(one.column for one in (*drawing.nodes, *drawing.folded) if one.row == row)
        assert all(b == a + 1 for a, b in pairwise(columns))
