"""`app.docs.tree` on the cases of CouchDB's own tests, under their names (`couch_key_tree_tests.erl`)."""

from __future__ import annotations

from app.docs import tree
from tests.support.trees import grow, path

ONE, TWO, THREE = path("1"), path("2"), path("3")
TWO_CHILD = path("1", "1a", "1aa")
TWO_CHILD_SIBS = grow(path("1", "1a"), path("1", "1b"))


def test_merge_with_empty_tree() -> None:
    assert tree.merge((), ONE) == ((ONE,), "new_leaf")


def test_merge_reflexive() -> None:
    assert tree.merge((ONE,), ONE) == ((ONE,), "internal_node")


def test_merge_prefix_of_a_tree_with_tree() -> None:
    siblings = grow(ONE, TWO)
    assert tree.merge(siblings, ONE) == (siblings, "internal_node")


def test_produce_conflict_on_merge_with_unrelated_branch() -> None:
    assert tree.merge(grow(ONE, TWO), THREE) == ((THREE, TWO, ONE), "new_branch")


def test_merge_reflexive_for_child_nodes() -> None:
    assert tree.merge((TWO_CHILD,), TWO_CHILD) == ((TWO_CHILD,), "internal_node")


def test_merge_tree_to_itself() -> None:
    for leaf in TWO_CHILD_SIBS:
        assert tree.merge(TWO_CHILD_SIBS, leaf) == (TWO_CHILD_SIBS, "internal_node")


def test_merge_tree_of_odd_length() -> None:
    assert tree.merge(TWO_CHILD_SIBS, TWO_CHILD) == ((TWO_CHILD, path("1", "1b")), "new_leaf")


def test_merge_tree_with_stem() -> None:
    assert tree.merge(TWO_CHILD_SIBS, path("1a", start=2)) == (TWO_CHILD_SIBS, "internal_node")


def test_merge_with_stem_at_deeper_level() -> None:
    siblings = grow(path("1", "1a"), path("1", "1b", "1bb"))
    assert tree.merge(siblings, path("1bb", start=3)) == (siblings, "internal_node")


def test_merge_with_stem_at_deeper_level_with_deeper_paths() -> None:
    siblings = grow(path("1a", start=2), path("1b", "1bb", start=2))
    assert tree.merge(siblings, path("1bb", start=3)) == (siblings, "internal_node")


def test_merge_single_tree_with_deeper_stem() -> None:
    assert tree.merge((TWO_CHILD,), path("1aa", start=3)) == ((TWO_CHILD,), "internal_node")


def test_merge_tree_with_large_stem() -> None:
    assert tree.merge((TWO_CHILD,), path("1a", "1aa", start=2)) == ((TWO_CHILD,), "internal_node")


def test_merge_stems() -> None:
    stemmed = path("1a", "1aa", start=2)
    assert tree.merge((stemmed,), path("1aa", start=3)) == ((stemmed,), "internal_node")


def test_create_conflicts_on_merge() -> None:
    one_child, stemmed = path("1", "1a"), path("1aa", start=3)
    assert tree.merge((one_child,), stemmed) == ((stemmed, one_child), "new_branch")


def test_create_no_conflicts_on_merge() -> None:
    one_child, stemmed = path("1", "1a"), path("1aa", start=3)
    assert tree.merge(grow(one_child, stemmed), TWO_CHILD) == ((TWO_CHILD,), "new_leaf")


def test_ignore_conflicting_branch() -> None:
    """COUCHDB-902: an edit of one branch leaves the other alone."""
    before = grow(path("foo", "foo2"), path("foo", "foo3"))
    after = (path("foo", "foo3", "foo4"), path("foo", "foo2"))
    assert tree.merge(before, path("foo", "foo3", "foo4")) == (after, "new_leaf")


def test_not_find_missing_leaves() -> None:
    assert all(tree.contains(TWO_CHILD_SIBS, rev) for rev in ("1-1", "2-1a", "2-1b"))


def test_find_missing_leaves() -> None:
    assert not any(tree.contains(TWO_CHILD_SIBS, rev) for rev in ("1-10", "2-1", "1-1a", "3-1a", "100-x"))
    assert not any(tree.contains((path("1a", "1aa", start=2),), rev) for rev in ("1-1", "100-x"))
    assert not any(tree.contains((path("1aa", start=3),), rev) for rev in ("1-1", "2-1a", "100-x"))
    assert not tree.contains((), "1-1")


def test_have_no_effect_on_removing_no_leaves() -> None:
    assert tree.remove(TWO_CHILD_SIBS, []) is TWO_CHILD_SIBS


def test_have_no_effect_on_removing_non_existant_branch() -> None:
    assert tree.remove(TWO_CHILD_SIBS, ["1-1", "1-x"]) is TWO_CHILD_SIBS


def test_remove_leaf() -> None:
    assert tree.remove(TWO_CHILD_SIBS, ["2-1b"]) == (path("1", "1a"),)


def test_produce_empty_tree_on_removing_all_leaves() -> None:
    assert tree.remove(TWO_CHILD_SIBS, ["2-1b", "2-1a"]) == ()


def test_have_no_effect_on_removing_non_existant_node() -> None:
    stemmed = (path("1a", "1aa", start=2),)
    assert tree.remove(stemmed, ["2-1a"]) is stemmed


def test_produce_empty_tree_on_removing_last_leaf() -> None:
    assert tree.remove((path("1a", "1aa", start=2),), ["3-1aa"]) == ()


def test_gather_non_existant_leaf() -> None:
    assert tree.latest(TWO_CHILD_SIBS, "1-x") == [] and tree.find(TWO_CHILD_SIBS, "1-x") is None


def test_gather_leaf() -> None:
    assert tree.latest(TWO_CHILD_SIBS, "2-1a") == ["2-1a"]


def test_gather_multiple_leaves() -> None:
    assert tree.latest(TWO_CHILD_SIBS, "1-1") == ["2-1b", "2-1a"]


def test_retrieve_full_key_path() -> None:
    assert tree.find(TWO_CHILD_SIBS, "1-1") == ("1",)


def test_retrieve_full_key_path_for_node() -> None:
    assert tree.find(TWO_CHILD_SIBS, "2-1a") == ("1a", "1")


def test_have_no_leaves_for_empty_tree() -> None:
    assert tree.leaves(()) == [] and tree.encode(()) == "[]" and tree.decode("[]") == ()


def test_have_two_leaves_for_tree_with_chindler_siblings() -> None:
    assert tree.leaves(TWO_CHILD_SIBS) == ["2-1b", "2-1a"]


def test_have_no_effect_for_stemming_more_levels_than_exists() -> None:
    assert tree.stem((TWO_CHILD,), 3) == (TWO_CHILD,)


def test_return_one_deepest_node() -> None:
    assert tree.stem((TWO_CHILD,), 1) == (path("1aa", start=3),)


def test_return_two_deepest_nodes() -> None:
    assert tree.stem((TWO_CHILD,), 2) == (path("1a", "1aa", start=2),)
