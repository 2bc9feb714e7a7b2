"""`app.docs.tree`: CouchDB's answers, whatever arrives in whatever order.

Three witnesses: histories that CouchDB's own key tree answered (`revision_trees.json`), a second implementation in
CouchDB's nested shape (`tests.support.nested_tree`) for histories that Hypothesis makes up, and the properties that
CouchDB's own tests name (`couch_key_tree_prop_tests.erl`). The cases of those tests stand in `test_tree_cases.py`.
"""

from __future__ import annotations

import json
from hashlib import md5
from itertools import combinations, pairwise
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs import tree
from app.docs.errors import BadRequest, Conflict
from app.docs.revision import sort_key
from app.docs.tree import Path, Tree
from tests.support import nested_tree
from tests.support.trees import grow, path

HISTORIES: list[dict[str, Any]] = json.loads(
    (FilePath(__file__).parents[1] / "data" / "revision_trees.json").read_text("utf-8")
)


# --- CouchDB's own answers -------------------------------------------------------------------------------------------


def recorded(node: list[Any]) -> nested_tree.Node:
    hash, deleted, children = node
    return hash, deleted, [recorded(child) for child in children]


@pytest.mark.parametrize("history", HISTORIES, ids=range(len(HISTORIES)))
def test_every_step_of_a_recorded_history_agrees_with_couchdb(history: dict[str, Any]) -> None:
    grown: Tree = ()
    for step in history["steps"]:
        step_path = path(*step["ids"], start=step["start"], deleted=step["deleted"])
        grown, result = tree.merge(grown, step_path, history["revs_limit"])
        assert result == step["result"]
        expected = [(root["pos"], recorded(root["ids"])) for root in step["tree"]]
        assert nested_tree.nested(grown) == nested_tree.without_inner_flags(expected)
        generation, _, hashes = tree.winner(grown)
        assert f"{generation}-{hashes[0]}" == step["winner"]
        assert sorted(tree.leaves(grown)) == sorted(step["leaves"])


@pytest.mark.parametrize("history", HISTORIES[::10], ids=range(0, len(HISTORIES), 10))
def test_the_second_implementation_agrees_with_couchdb_too(history: dict[str, Any]) -> None:
    grown: nested_tree.Nested = []
    for step in history["steps"]:
        step_path = path(*step["ids"], start=step["start"], deleted=step["deleted"])
        grown, result = nested_tree.merge(grown, step_path)
        grown = nested_tree.stem(grown, history["revs_limit"])
        expected = [(root["pos"], recorded(root["ids"])) for root in step["tree"]]
        assert result == step["result"]
        assert nested_tree.without_inner_flags(grown) == nested_tree.without_inner_flags(expected)


# --- made-up histories -----------------------------------------------------------------------------------------------


@st.composite
def paths_of_one_history(draw: st.DrawFn) -> list[Path]:
    """Leaf paths of one document whose revisions all grew from the same first ones: a hash tells its whole past."""
    made: list[Path] = []
    for _ in range(draw(st.integers(1, 8))):
        past: tuple[str, ...] = ()
        if made and draw(st.booleans()):
            past = draw(st.sampled_from(made))[2]
            past = past[draw(st.integers(0, len(past) - 1)) :]
        for letter in draw(st.text("abc", min_size=0 if past else 1, max_size=5)):
            past = ((past[0] if past else "") + letter, *past)
        # Whether a revision is deleted is part of it, as it is in CouchDB's hash.
        made.append((len(past), md5(past[0].encode()).digest()[0] % 3 == 0, past))
    return made


@st.composite
def unruly_histories(draw: st.DrawFn) -> tuple[int, list[Path]]:
    """A revs_limit, and paths that overlap, bridge gaps and repeat hashes where no honest peer would."""
    limit = draw(st.sampled_from([1, 2, 3, 4, 5, 1000]))
    letters = st.text(draw(st.sampled_from(["a", "ab", "abcd"])), min_size=1, max_size=1)
    made: list[Path] = []
    for _ in range(draw(st.integers(1, 9))):
        deleted = draw(st.booleans())
        if made and draw(st.booleans()):
            generation, _, hashes = draw(st.sampled_from(made))
            newest = draw(st.integers(0, len(hashes) - 1))
            kept = hashes[newest : draw(st.integers(newest + 1, len(hashes)))]
            newer = draw(st.lists(letters, max_size=3))
            top = generation - newest + len(newer)
            older = draw(st.lists(letters, max_size=min(3, top - len(newer) - len(kept))))
            made.append((top, deleted, (*newer, *kept, *older)))
        else:
            hashes = tuple(draw(st.lists(letters, min_size=1, max_size=6)))
            made.append((draw(st.integers(1, 4)) + len(hashes) - 1, deleted, hashes))
    return limit, made


@given(unruly_histories())
def test_any_history_gives_the_tree_that_couchdbs_nested_rules_give(history: tuple[int, list[Path]]) -> None:
    limit, paths = history
    grown: Tree = ()
    expected: nested_tree.Nested = []
    for each in paths:
        grown, result = tree.merge(grown, each, limit)
        expected, expected_result = nested_tree.merge(expected, each)
        expected = nested_tree.stem(expected, limit)
        assert result == expected_result
        assert sorted(grown) == sorted(nested_tree.leaf_paths(expected))
        assert nested_tree.nested(grown) == nested_tree.without_inner_flags(expected)
        assert tree.decode(tree.encode(grown)) == grown


@given(unruly_histories(), st.integers(1, 6))
def test_stemming_any_tree_gives_what_couchdbs_nested_rules_give(history: tuple[int, list[Path]], limit: int) -> None:
    expected: nested_tree.Nested = []
    for each in history[1]:
        expected, _ = nested_tree.merge(expected, each)
    unstemmed = tuple(nested_tree.leaf_paths(expected))
    assert sorted(tree.stem(unstemmed, limit)) == sorted(nested_tree.leaf_paths(nested_tree.stem(expected, limit)))


@given(paths_of_one_history(), st.data())
def test_paths_in_any_order_and_any_number_make_the_same_tree(paths: list[Path], data: st.DataObject) -> None:
    first = grow(*paths)
    shuffled = data.draw(st.permutations(paths))
    again = data.draw(st.lists(st.sampled_from(paths), max_size=5))
    assert grow(*shuffled, *again) == first
    assert grow(*again, *shuffled) == first


@given(paths_of_one_history())
def test_the_winner_is_the_greatest_leaf_that_is_not_deleted(paths: list[Path]) -> None:
    grown = grow(*paths)
    keys = [(not deleted, sort_key(generation, hashes[0])) for generation, deleted, hashes in grown]
    assert keys == sorted(keys, reverse=True)
    assert tree.winner(grown) == grown[0]


# Properties under the names of couch_key_tree_prop_tests.erl


@given(paths_of_one_history())
def test_revtree_merge_with_subset_of_own_nodes(paths: list[Path]) -> None:
    grown = grow(*paths)
    for generation, _, hashes in grown:
        for index in range(len(hashes)):
            part = (generation - index, True, hashes[index : index + 3])
            assert tree.merge(grown, part) == (grown, "internal_node")


@given(paths_of_one_history(), paths_of_one_history())
def test_revtree_merge_random_nodes(paths: list[Path], others: list[Path]) -> None:
    """Nodes that have nothing in common with the tree become branches of their own."""
    grown = grow(*paths)
    strangers = grow(*((top, deleted, tuple(f"other {hash}" for hash in hashes)) for top, deleted, hashes in others))
    for stranger in strangers:
        grown, result = tree.merge(grown, stranger)
        assert result == "new_branch"
    assert len(grown) == len(grow(*paths)) + len(strangers)


@given(paths_of_one_history(), st.data())
def test_revtree_merge_some_existing_some_new(paths: list[Path], data: st.DataObject) -> None:
    grown = grow(*paths)
    top, _, hashes = data.draw(st.sampled_from(grown))
    index = data.draw(st.integers(0, len(hashes) - 1))
    merged, result = tree.merge(grown, (top - index + 1, False, ("new", *hashes[index:])))
    assert result == ("new_leaf" if index == 0 else "new_branch")
    assert len(merged) == len(grown) + (index > 0)


@given(paths_of_one_history())
def test_no_change_stemming_deeper_than_current_depth(paths: list[Path]) -> None:
    grown = grow(*paths)
    assert tree.stem(grown, max(len(hashes) for _, _, hashes in grown)) is grown


@given(paths_of_one_history(), st.integers(1, 10))
def test_stemming_results_in_same_or_less_total_revs(paths: list[Path], limit: int) -> None:
    grown = grow(*paths)
    stemmed = tree.stem(grown, limit)
    before, after = (nested_tree.count_nodes(nested_tree.nested(each)) for each in (grown, stemmed))
    assert after <= before
    assert (after == before) == (stemmed == grown)


@given(st.integers(2, 60), st.data())
def test_stem_path_expect_size_to_get_smaller(size: int, data: st.DataObject) -> None:
    limit = data.draw(st.integers(1, size - 1))
    line = grow(path(*(str(n) for n in range(size))))
    ((generation, _, hashes),) = tree.stem(line, limit)
    assert (generation, len(hashes)) == (size, limit)


@given(paths_of_one_history(), st.integers(1, 10))
def test_after_stemming_all_leaves_are_present(paths: list[Path], limit: int) -> None:
    grown = grow(*paths)
    stemmed = tree.stem(grown, limit)
    assert tree.leaves(stemmed) == tree.leaves(grown)
    assert [deleted for _, deleted, _ in stemmed] == [deleted for _, deleted, _ in grown]


@given(paths_of_one_history(), st.integers(1, 10))
def test_after_stemming_paths_are_shorter(paths: list[Path], limit: int) -> None:
    """No path loses what its own leaf needs, and an ancestor beyond that stays only while a nearer leaf needs it."""
    grown = grow(*paths)
    for before, after in zip(grown, tree.stem(grown, limit), strict=True):
        kept = len(after[2])
        assert min(limit, len(before[2])) <= kept <= len(before[2]) and before[2][:kept] == after[2]
        oldest = f"{after[0] - kept + 1}-{after[2][-1]}"
        nearest = min(int(leaf.partition("-")[0]) for leaf in tree.latest(grown, oldest))
        assert kept <= limit or nearest - (after[0] - kept + 1) < limit


@given(paths_of_one_history())
def test_leaf_count(paths: list[Path]) -> None:
    ends = {hashes[0] for _, _, hashes in paths}
    inner = {hash for _, _, hashes in paths for hash in hashes[1:]}
    assert len(grow(*paths)) == len(ends - inner)


@given(paths_of_one_history())
def test_get_leafs(paths: list[Path]) -> None:
    inner = {hash for _, _, hashes in paths for hash in hashes[1:]}
    expected = {f"{top}-{hashes[0]}" for top, _, hashes in paths if hashes[0] not in inner}
    assert set(tree.leaves(grow(*paths))) == expected


@given(paths_of_one_history())
def test_every_node_is_found_with_its_ancestors_and_its_leaves(paths: list[Path]) -> None:
    grown = grow(*paths)
    assert len(tree.revisions(grown)) == nested_tree.count_nodes(nested_tree.nested(grown))
    for generation, _, hashes in grown:
        for index, hash in enumerate(hashes):
            rev = f"{generation - index}-{hash}"
            assert rev in tree.revisions(grown) and tree.contains(grown, rev)
            assert tree.find(grown, rev) == hashes[index:]
            assert tree.latest(grown, rev) == [f"{top}-{known[0]}" for top, _, known in grown if hash in known]


@given(paths_of_one_history(), st.data())
def test_the_common_ancestor_is_the_newest_revision_in_both_pasts(paths: list[Path], data: st.DataObject) -> None:
    grown = grow(*paths)
    ancestries = [hashes[index:] for _, _, hashes in grown for index in range(len(hashes))]
    a, b = data.draw(st.sampled_from(ancestries)), data.draw(st.sampled_from(ancestries))
    shared = [hash for hash in a if hash in b]
    expected = f"{len(a) - a.index(shared[0])}-{shared[0]}" if shared else None
    assert tree.common_ancestor(grown, f"{len(a)}-{a[0]}", f"{len(b)}-{b[0]}") == expected


@given(unruly_histories())
def test_the_forks_of_neighbours_are_all_forks_of_the_tree(history: tuple[int, list[Path]]) -> None:
    grown = grow(*history[1], limit=history[0])
    hung = sorted(grown, key=tree.as_it_hangs)
    forks = {tree.fork(a, b) for a, b in pairwise(hung)}
    assert forks == {tree.fork(a, b) for a, b in combinations(grown, 2)}
    ways = [(top - len(hashes), hashes[::-1]) for top, _, hashes in grown]
    shared = [
        [f"{start + n}-{hash}" for n, hash in enumerate(a, 1) if a[:n] == b[:n]] if start == other else []
        for (start, a), (other, b) in combinations(ways, 2)
    ]
    assert {rev for _, rev in forks} == {revs[-1] if revs else None for revs in shared}


@given(paths_of_one_history(), st.data())
def test_removing_leaves_leaves_the_tree_of_the_other_leaves(paths: list[Path], data: st.DataObject) -> None:
    grown = grow(*paths)
    gone = data.draw(st.sets(st.sampled_from(tree.leaves(grown))))
    kept = [each for each in grown if f"{each[0]}-{each[2][0]}" not in gone]
    assert tree.remove(grown, gone) == grow(*kept)


# --- what else a till meets ------------------------------------------------------------------------------------------

TWO_CHILD_SIBS = grow(path("1", "1a"), path("1", "1b"))


def test_a_revision_that_is_here_keeps_its_deleted_flag() -> None:
    deleted = grow(path("a", "b", deleted=True))
    assert tree.merge(deleted, path("a", "b")) == (deleted, "internal_node")


def test_a_tombstone_on_the_longer_branch_loses_against_a_live_leaf() -> None:
    grown = grow(path("a", "b", "c", "d", deleted=True), path("a", "x"))
    assert tree.leaves(grown) == ["2-x", "4-d"]


def test_a_stemmed_history_comes_back_as_a_second_root_and_a_longer_path_joins_them() -> None:
    apart = grow(path("a", "b"), path("d", "e", start=4))
    assert tree.leaves(apart) == ["5-e", "2-b"]
    joined, result = tree.merge(apart, path("b", "c", "d", start=2))
    assert (joined, result) == ((path("a", "b", "c", "d", "e"),), "new_leaf")


def test_a_revs_limit_produces_a_conflict_where_histories_no_longer_meet() -> None:
    here = grow(path("a", "b", "c", "d", "e"), limit=3)
    there = tree.merge(here, path("a", "b", "x"), 3)[0]
    assert tree.leaves(there) == ["5-e", "3-x"]
    assert tree.common_ancestor(there, "5-e", "3-x") is None


def test_an_ancestor_stays_while_one_leaf_needs_it() -> None:
    grown = grow(path("a", "b", "c", "d", "e"), path("a", "b", "x"))
    assert tree.stem(grown, 3) is grown  # e needs c, x needs a and b: no gap
    longer = tree.extend(grown, "5-e", "f", False)
    assert tree.stem(longer, 3) == (path("d", "e", "f", start=4), path("a", "b", "x"))  # nobody needs c
    assert tree.stem(longer, 4) is longer


def test_extend_edits_any_leaf_and_only_a_leaf() -> None:
    after = tree.extend(TWO_CHILD_SIBS, "2-1a", "new", False)
    assert tree.leaves(after) == ["3-new", "2-1b"]
    assert tree.find(after, "3-new") == ("new", "1a", "1")
    for parent in ("1-1", "2-x", "3-1a"):
        with pytest.raises(Conflict):
            tree.extend(TWO_CHILD_SIBS, parent, "new", False)
    with pytest.raises(Conflict):
        tree.extend((), "1-1", "new", False)


def test_extend_keeps_no_more_than_the_limit() -> None:
    grown = grow(path("1"))
    for generation in range(1, 30):
        grown = tree.extend(grown, tree.leaves(grown)[0], str(generation + 1), False, 5)
    assert grown == (path("26", "27", "28", "29", "30", start=26),)


def test_a_malformed_revision_is_a_bad_request_not_a_missing_one() -> None:
    for ask in (tree.find, tree.contains, tree.latest):
        with pytest.raises(BadRequest):
            ask(TWO_CHILD_SIBS, "no revision")


def test_hex_hashes_win_by_their_bytes_against_text_hashes() -> None:
    low, high = "79" + "0" * 30, "7b" + "0" * 30
    assert tree.leaves(grow(path(low), path("z"), path(high))) == [f"1-{high}", "1-z", f"1-{low}"]


def test_thousands_of_generations_and_hundreds_of_leaves_need_no_recursion() -> None:
    line = [md5(b"%d" % generation).hexdigest() for generation in range(3000)]
    grown = grow(path(*line), limit=5000)
    for branch in range(300):
        fork = line[: 1000 + branch]
        grown, result = tree.merge(grown, path(*fork, md5(b"branch %d" % branch).hexdigest(), deleted=True), 5000)
        assert result == "new_branch"
    assert len(grown) == 301 and tree.winner(grown) == path(*line)
    assert tree.decode(tree.encode(grown)) == grown
    stemmed = tree.stem(grown, 1000)
    assert tree.leaves(stemmed) == tree.leaves(grown)
    assert len(tree.winner(stemmed)[2]) == 1000
    assert tree.common_ancestor(grown, *tree.leaves(grown)[1:3]) == f"1298-{line[1297]}"
    extended = tree.extend(stemmed, tree.leaves(stemmed)[0], "new", False)
    assert tree.leaves(extended)[0] == "3001-new"
