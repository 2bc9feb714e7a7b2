"""Three-way merges: what the rules do with a member, and that every node comes to the same document."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs import merge
from app.docs.database import Database
from app.docs.merge import MISSING, Unsettled, three_way
from tests.shop.conftest import replicate

SET = {"tags": merge.unite}


def test_what_one_side_changed_is_taken() -> None:
    base = {"a": 1, "b": 1, "c": 1, "gone": 1}
    assert three_way(base, {"a": 2, "b": 1, "c": 1, "gone": 1}, {"a": 1, "b": 3, "c": 1, "new": 4}, {}) == {
        "a": 2, "b": 3, "c": 1, "new": 4,
    }  # fmt: skip


def test_the_same_change_on_both_sides_is_no_conflict_whatever_the_order_of_keys() -> None:
    assert three_way({"a": {}}, {"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, {}) == {"a": {"x": 1, "y": 2}}


def test_what_both_changed_apart_is_for_a_person_unless_a_rule_knows() -> None:
    with pytest.raises(Unsettled) as asked:
        three_way({"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 3, "b": 3}, {"b": merge.newer})
    assert asked.value.members == ["a"]
    policies = {"f": merge.prefer(True), "*": merge.newer}
    assert three_way({"f": False}, {"f": True, "g": 1}, {"f": None, "g": 2}, policies) == {"f": True, "g": 2}


def test_sets_unite_sorted_and_what_one_side_took_out_stays_out() -> None:
    assert three_way({"tags": ["a", "b"]}, {"tags": ["b", "x"]}, {"tags": ["a", "b", "c"]}, SET) == {
        "tags": ["b", "c", "x"]
    }
    assert three_way(None, {"tags": ["b", "a"]}, {"tags": ["c"]}, SET) == {"tags": ["a", "b", "c"]}
    with pytest.raises(Unsettled):
        three_way(None, {"tags": "a"}, {"tags": ["c"]}, SET)


def test_maps_are_joined_key_by_key() -> None:
    policies = {"m": merge.by_key(merge.ask)}
    base = {"m": {"a": 1, "b": 1, "c": 1}}
    joined = three_way(base, {"m": {"a": 2, "b": 1, "c": 1}}, {"m": {"c": 1, "a": 1, "d": 1}}, policies)
    assert joined == {"m": {"a": 2, "c": 1, "d": 1}} and list(joined["m"]) == ["a", "c", "d"]
    with pytest.raises(Unsettled):
        three_way(base, {"m": {"a": 2}}, {"m": {"a": 3}}, policies)


def test_one_is_neither_true_nor_text_and_null_is_not_missing() -> None:
    assert not merge.same(1, True) and not merge.same(1, "1") and not merge.same(None, MISSING)
    assert three_way({"a": 1}, {"a": True}, {"a": 1}, {}) == {"a": True}
    assert three_way({"a": None}, {}, {"a": None}, {}) == {}


def test_who_wrote_last_is_the_later_sides_and_never_the_merging_nodes() -> None:
    base = {"updated_at": "1", "updated_by": "x"}
    joined = three_way(base, {"updated_at": "2", "updated_by": "y", "a": 1}, {"updated_at": "3", "updated_on": "t"}, {})
    assert joined == {"a": 1, "updated_at": "3", "updated_on": "t"}


# --- documents -----------------------------------------------------------------------------------------------------


@pytest.fixture
def nodes(tmp_path: Path) -> Any:
    opened: list[Database] = []

    def make(count: int) -> list[Database]:
        opened.extend(Database(tmp_path / f"{len(opened) + i}.db", name="x") for i in range(count))
        return opened[-count:]

    yield make
    for database in opened:
        database.close()


def edit(node: Database, **changes: Any) -> str:
    return node.put({**node.get("d"), **changes})


POLICIES: merge.Policies = {"m": merge.by_key(merge.newer), "*": merge.newer}


def test_two_nodes_that_merge_apart_write_the_same_revisions(nodes: Any) -> None:
    a, b = nodes(2)
    a.put({"_id": "d", "m": {}, "updated_at": "1"})
    replicate(a, b)
    edit(a, m={"x": 1}, updated_at="2")
    edit(b, m={"y": 1}, updated_at="3")
    replicate(a, b), replicate(b, a)
    merge.settle(a, "d", POLICIES, baseless=True)
    merge.settle(b, "d", POLICIES, baseless=True)
    assert a.get("d") == b.get("d")
    assert (a.get("d")["m"], a.get("d")["updated_at"]) == ({"x": 1, "y": 1}, "3")
    replicate(a, b)
    assert sorted(a.read("d").leaves()) == sorted(b.read("d").leaves())  # type: ignore[union-attr]
    assert b.read("d").conflicts == 0  # type: ignore[union-attr]


def test_a_merge_that_says_what_the_winner_says_writes_the_tombstone_alone(nodes: Any) -> None:
    a, b = nodes(2)
    a.put({"_id": "d", "m": {"x": 1}})
    replicate(a, b)
    edit(a, m={"x": 1, "y": 1})
    edit(b, m={"x": 1, "y": 1}, updated_at="2")
    replicate(b, a)
    winner = a.read("d").rev  # type: ignore[union-attr]
    (written,) = merge.settle(a, "d", POLICIES, baseless=True)
    record = a.read("d")
    assert record is not None and record.rev == winner and record.conflicts == 0
    assert a.get("d", rev=written) == {"_id": "d", "_rev": written, "_deleted": True, **merge.RESOLVED}
    assert merge.settle(a, "d", POLICIES, baseless=True) == []


def test_branches_that_a_person_must_join_are_left_as_they_are(nodes: Any) -> None:
    a, b = nodes(2)
    a.put({"_id": "d", "name": "x"})
    replicate(a, b)
    edit(a, name="y"), edit(b, name="z")
    replicate(b, a)
    before = a.read("d").leaves()  # type: ignore[union-attr]
    with pytest.raises(Unsettled):
        merge.settle(a, "d", {})
    assert a.read("d").leaves() == before  # type: ignore[union-attr]


def test_documents_with_attachments_are_never_merged_by_rule(nodes: Any) -> None:
    a, b = nodes(2)
    a.put({"_id": "d"})
    replicate(a, b)
    edit(a, m={"x": 1}), edit(b, m={"y": 1})
    b.put_attachment("d", "p", b"x", "text/plain", rev=b.get("d")["_rev"])
    for doc in b.open_revs("d", "all", with_revs=True, attachments=True):
        a.bulk_docs([doc["ok"]], new_edits=False)
    assert merge.settle(a, "d", POLICIES, baseless=True) == [] and a.read("d").conflicts == 1  # type: ignore[union-attr]


def test_a_deleted_document_is_left_alone(nodes: Any) -> None:
    (a,) = nodes(1)
    a.delete("d", a.put({"_id": "d"}))
    assert merge.settle(a, "d", POLICIES, baseless=True) == [] and merge.settle(a, "unknown", POLICIES) == []


@given(seed=st.integers(0, 2**32), count=st.integers(2, 6))
def test_any_nodes_with_any_knowledge_come_to_one_leaf_and_lose_no_key(
    seed: int, count: int, tmp_path_factory: Any
) -> None:
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("merge")
    nodes = [Database(folder / f"{i}.db", name="x") for i in range(count)]
    try:
        nodes[0].put({"_id": "d", "m": {}, "updated_at": "0"})
        for node in nodes[1:]:
            replicate(nodes[0], node)
        added = []
        for step in range(chance.randrange(4, 16)):
            node = chance.choice(nodes)
            what = chance.random()
            if what < 0.5:
                key = f"k{step}"
                added.append(key)
                edit(node, m={**node.get("d")["m"], key: step}, updated_at=str(chance.randrange(3)))
            elif what < 0.8:
                replicate(node, chance.choice(nodes))
            else:
                merge.settle(node, "d", POLICIES, baseless=True)
        together(nodes, lambda node: merge.settle(node, "d", POLICIES, baseless=True))
        assert sorted(nodes[0].get("d")["m"]) == sorted(added)
    finally:
        for node in nodes:
            node.close()


def together(nodes: list[Database], settle: Any, id: str = "d", rounds: int = 30) -> int:
    """Replicates and merges until nothing changes: every node has the same single live leaf. The rounds it took."""
    for n in range(rounds):
        for a in nodes:
            for b in nodes:
                if a is not b:
                    replicate(a, b)
            settle(a)
        leaves = [sorted(node.read(id).leaves()) for node in nodes]  # type: ignore[union-attr]
        if all(each == leaves[0] for each in leaves) and all(
            node.read(id).conflicts == 0  # type: ignore[union-attr]
            for node in nodes
        ):
            return n
    raise AssertionError("the nodes never agree")
