"""Indexes agree with the documents at every commit, whatever wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.docs.errors import BadRequest, Conflict
from app.docs.indexes import Index, SearchIndex
from app.docs.record import Record
from tests.docs.conftest import revision

CATEGORY = Index("category", "product", "category", order="name")
CUSTOMER = Index("customer", "order", "customer.id")
BARCODES = Index("barcodes", "product", "barcodes", multi=True)
SALE = Index("sale", "order", "sale", unique_local=True)
NAMES = SearchIndex("product", ("name", "brand"))
ALL = [CATEGORY, CUSTOMER, BARCODES, SALE, NAMES]


@pytest.fixture
def shop(path: Path) -> Database:
    return Database(path, indexes=ALL)


def ids(records: list[Record]) -> list[str]:
    return [record.id for record in records]


def test_values_are_found_in_the_order_of_the_index(shop: Database) -> None:
    shop.bulk_docs(
        [
            {"_id": "p1", "type": "product", "category": "milk", "name": "Whole"},
            {"_id": "p2", "type": "product", "category": "milk", "name": "Half"},
            {"_id": "p3", "type": "product", "category": "bread", "name": "Rye"},
            {"_id": "p4", "type": "product"},
            {"_id": "c1", "type": "category", "category": "milk"},
            {"_id": "o1", "type": "order", "customer": {"id": "c-7"}},
        ]
    )
    assert ids(shop.find("category", "milk")) == ["p2", "p1"]
    assert ids(shop.find("category", "milk", descending=True, limit=1)) == ["p1"]
    assert ids(shop.find("category", low="bread", high="milk")) == ["p3", "p2", "p1"]
    assert ids(shop.find("customer", "c-7")) == ["o1"]
    assert shop.tally("category") == {None: 1, "bread": 1, "milk": 2}
    first = shop.find("category", "milk", limit=1)[0]
    assert ids(shop.find("category", "milk", after=first)) == ["p1"]
    with pytest.raises(BadRequest, match="no index unknown"):
        shop.find("unknown")
    for odd in (["milk"], {"a": 1}, None):
        with pytest.raises(BadRequest, match="Only text and numbers"):
            shop.find("category", odd)


def test_each_element_of_a_list_finds_the_document(shop: Database) -> None:
    rev = shop.put({"_id": "p1", "type": "product", "barcodes": ["40", "41", "41"]})
    shop.put({"_id": "p2", "type": "product", "barcodes": ["41"]})
    assert ids(shop.find("barcodes", "41")) == ["p1", "p2"]
    shop.put({"_id": "p1", "_rev": rev, "type": "product", "barcodes": ["42"]})
    assert [ids(shop.find("barcodes", code)) for code in ("40", "41", "42")] == [[], ["p2"], ["p1"]]
    assert shop.tally("barcodes") == {"41": 1, "42": 1}


def test_words_are_found_by_their_beginnings(shop: Database) -> None:
    shop.bulk_docs(
        [
            {"_id": "p1", "type": "product", "name": "Crème fraîche", "brand": "Alpen"},
            {"_id": "p2", "type": "product", "name": "Ice cream", "brand": None},
            {"_id": "x", "type": "note", "name": "cream"},
        ]
    )
    assert sorted(ids(shop.search("product", "cre"))) == ["p1", "p2"]
    assert ids(shop.search("product", "alp CREME")) == ["p1"]
    assert ids(shop.search("product", 'fra" OR *')) == []
    for odd in ("", " ", '"', "*", "(", "a AND", "-", "é", "NEAR("):
        assert isinstance(shop.search("product", odd), list)


def test_the_indexes_follow_the_winner_through_everything(shop: Database) -> None:
    def found(name: str) -> tuple[list[str], list[str], list[str]]:
        return ids(shop.search("product", name)), ids(shop.find("category", name)), ids(shop.find("barcodes", name))

    def arrive(rev: str, *ancestors: str, name: str, type: str = "product", deleted: bool = False) -> None:
        body = {"type": type, "name": name, "category": name, "barcodes": [name]}
        shop.bulk_docs([revision("p", rev, *ancestors, deleted=deleted, **body)], new_edits=False)

    here, nothing = (["p"], ["p"], ["p"]), ([], [], [])
    arrive("2-b", "a", name="first")
    assert found("first") == here
    arrive("2-c", "a", name="second")
    assert (found("first"), found("second")) == (nothing, here), "another leaf wins"
    shop.delete("p", "2-c")
    assert (found("first"), found("second")) == (here, nothing), "the losing leaf is back"
    arrive("3-d", "b", "a", name="third", type="other")
    assert (found("first"), found("third")) == (nothing, nothing), "of another type now"
    arrive("4-e", "d", "b", "a", name="fourth")
    arrive("5-f", "e", "d", "b", "a", name="fourth", deleted=True)
    assert found("fourth") == nothing
    shop.put({"_id": "p", "type": "product", "name": "fifth", "category": "fifth", "barcodes": ["fifth"]})
    assert found("fifth") == here
    record = shop.read("p")
    assert record is not None
    shop.purge({"p": record.leaves()})
    assert found("fifth") == nothing
    assert shop.verify() == []


def test_two_written_here_cannot_have_the_same_unique_value(shop: Database) -> None:
    shop.put({"_id": "o1", "type": "order", "sale": "s1"})
    with pytest.raises(Conflict, match="same unique value"):
        shop.put({"_id": "o2", "type": "order", "sale": "s1"})
    assert shop.last_n == 1
    shop.bulk_docs([revision("o3", "1-a", type="order", sale="s1")], new_edits=False)
    assert ids(shop.find("sale", "s1")) == ["o1", "o3"], "one that came by replication counts"
    assert shop.put({"_id": "o4", "type": "order", "sale": "s2"})


def test_a_refused_unique_value_leaves_every_leaf_where_it_was(shop: Database) -> None:
    """The deletion promotes a leaf whose sale is another's: refused, and the leaf's body still there."""
    shop.put({"_id": "o1", "type": "order", "sale": "s1"})
    both = [revision("o2", rev, type="order", sale=sale) for rev, sale in (("1-f", "s2"), ("1-e", "s1"))]
    shop.bulk_docs(both, new_edits=False)
    before = shop.update_seq
    (result,) = shop.bulk_docs([{"_id": "o2", "_rev": "1-f", "_deleted": True}])
    assert result["error"] == "conflict"
    assert shop.update_seq == before
    assert [entry["ok"]["sale"] for entry in shop.open_revs("o2", "all")] == ["s2", "s1"]
    assert shop.verify() == []


def test_indexes_are_built_and_dropped_at_opening(path: Path) -> None:
    with Database(path) as db:
        db.put({"_id": "p", "type": "product", "category": "milk", "name": "Whole milk", "barcodes": ["40"]})
    for _ in range(2):
        with Database(path, indexes=ALL) as db:
            assert ids(db.find("category", "milk")) == ids(db.find("barcodes", "40")) == ["p"]
            assert ids(db.search("product", "mil")) == ["p"]
    with Database(path) as db:
        assert ids(db.find("category", "milk")) == ["p"], "None leaves them as they are"
    with Database(path, indexes=[Index("category", "product", "name"), BARCODES]) as db:
        assert ids(db.find("category", "Whole milk")) == ["p"], "an index of this name that means something else"
        assert ids(db.find("barcodes", "40")) == ["p"]
        with pytest.raises(BadRequest):
            db.find("customer", "c")
    with Database(path, indexes=[]) as db:
        left = db._connection.execute("SELECT name FROM sqlite_master WHERE name GLOB '*_[iuvd]'").fetchall()
        assert [name for (name,) in left if not name.startswith(("docs", "bodies"))] == []
        assert db._connection.execute("SELECT count(*) FROM terms").fetchone() == (0,)
        assert db.verify() == []


def test_an_index_may_look_into_a_list_within_the_objects_of_a_list(tmp_path: Path) -> None:
    inner = Index("unit", "product", "units", multi=True, inner="codes")
    odd: list[Any] = [
        None,
        5,
        "box",
        {},
        [],
        [1],
        ["{"],
        [{"codes": "x"}],
        {"codes": ["no"]},
        [{"codes": [None, {"a": 1}]}],
    ]
    with Database(tmp_path / "d.db", name="d", indexes=[inner]) as database:
        for n, units in enumerate(odd):  # whatever it holds, a document is written
            database.put({"_id": f"odd{n}", "type": "product", "units": units})
        rev = database.put(
            {"_id": "a", "type": "product", "units": [{"codes": ["1", "2"]}, "x", {"codes": ["2", "3"]}]}
        )
        assert [record.id for record in database.find("unit", "2")] == ["a"]
        database.put({"_id": "a", "_rev": rev, "type": "product", "units": [{"codes": ["3"]}]})
        assert [len(database.find("unit", code)) for code in "123"] == [0, 0, 1]
        assert database.verify() == []
    with Database(tmp_path / "d.db", name="d", indexes=[]) as database:
        pass
    with Database(tmp_path / "d.db", name="d", indexes=[inner]) as database:  # built over what is there
        assert [record.id for record in database.find("unit", "3")] == ["a"]
