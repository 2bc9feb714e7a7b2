"""TinyDB over a database: TinyDB's own answers, documents with revisions, one commit a call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tinydb import Query, TinyDB, where
from tinydb.operations import increment, set
from tinydb.storages import MemoryStorage
from tinydb.table import Document as StockDocument

from app.docs.database import Database
from app.docs.errors import DocValidation
from app.docs.indexes import Index
from app.docs.planner import plan
from app.docs.tiny import Document, TinyDocs, TinyTable
from tests.docs.conftest import revision

INDEXES = [
    Index("kind", "product", "kind"),
    Index("price", "product", "price"),
    Index("maker", "product", "maker.name"),
]
CODES = Index("codes", "product", "codes", multi=True)


@pytest.fixture
def table(db: Database) -> TinyTable:
    return db.table("product")


# -- the same as stock TinyDB ---------------------------------------------------------------------------------------

scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([1.0, 2.5]), st.sampled_from("abc"))
kinds = st.sampled_from(["milk", "bread", "", "a\0b"])
documents = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.one_of(kinds, scalars),
        "price": st.integers(-3, 3),
        "maker": st.one_of(scalars, st.fixed_dictionaries({}, optional={"name": st.one_of(kinds, scalars)})),
        "codes": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3),
    },
)
tests = st.one_of(
    st.builds(lambda value: where("kind") == value, st.one_of(kinds, scalars, st.just([1]))),
    st.builds(lambda value: where("kind") != value, kinds),
    st.builds(lambda value: where("kind").one_of(value), st.lists(st.one_of(kinds, scalars), max_size=3)),
    st.builds(lambda value: where("price") < value, st.integers(-3, 3)),
    st.builds(lambda value: where("price") <= value, st.floats(-3, 3)),
    st.builds(lambda value: where("price") > value, st.integers(-3, 3)),
    st.builds(lambda value: where("price") >= value, st.floats(-3, 3)),
    st.builds(lambda value: Query().maker.name == value, st.one_of(kinds, scalars)),
    st.builds(lambda value: where("codes").any(value), st.lists(st.sampled_from(["x", "y"]), max_size=2)),
    st.builds(lambda value: where("codes").all(value), st.lists(st.sampled_from(["x", "y"]), max_size=2)),
    st.just(where("kind").exists()),
    st.just(where("kind").matches("m.*")),
    st.just(where("price").test(lambda value: value > 0)),
    st.just(where("price").map(lambda value: value + 1) == 2),
    st.just(Query().noop()),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(lambda a, b: a & b, inner, inner),
        st.builds(lambda a, b: a | b, inner, inner),
        st.builds(lambda a: ~a, inner),
    ),
    max_leaves=3,
)


def double(document: Any) -> None:
    document["price"] = document.get("price", 0) * 2


changes = st.one_of(
    documents,
    st.just(set("kind", "milk")),
    st.just(double),
)
numbers = st.integers(0, 12)
calls = st.one_of(
    st.tuples(st.just("insert"), documents),
    st.tuples(st.just("insert_multiple"), st.lists(documents, max_size=3)),
    st.tuples(st.just("search"), conditions),
    st.tuples(st.just("count"), conditions),
    st.tuples(st.just("get"), conditions),
    st.tuples(st.just("contains"), conditions),
    st.tuples(st.just("update"), changes, conditions),
    st.tuples(st.just("update"), changes),
    st.tuples(st.just("update_ids"), changes, st.lists(numbers, max_size=3)),
    st.tuples(st.just("update_multiple"), st.lists(st.tuples(changes, conditions), max_size=3)),
    st.tuples(st.just("upsert"), documents, conditions),
    st.tuples(st.just("remove"), conditions),
    st.tuples(st.just("remove_ids"), st.lists(numbers, max_size=2, unique=True)),
    st.tuples(st.just("get_id"), numbers),
    st.tuples(st.just("get_ids"), st.lists(numbers, max_size=3)),
    st.tuples(st.just("contains_id"), numbers),
    st.tuples(st.just("truncate")),
)


class Pair:
    """A stock TinyDB and ours, called alike. Ids are compared by the order in which they were given out."""

    def __init__(self, database: Database) -> None:
        self.stock = TinyDB(storage=MemoryStorage).table("product")
        self.ours = database.table("product")
        self.ids: dict[Any, int] = {}
        self.known: list[tuple[int, str]] = []

    def call(self, name: str, *given: Any) -> None:
        stock, ours = self._answer(0, name, given), self._answer(1, name, given)
        if name == "truncate":
            self.known.clear()  # stock TinyDB begins to count again
        if name in ("insert", "insert_multiple", "upsert") and not isinstance(stock, type):
            pairs = zip(stock, ours, strict=True) if isinstance(stock, list) else [(stock, ours)]
            self.known += [pair for pair in pairs if pair not in self.known]
        if name.startswith(("insert", "update", "upsert", "remove")):  # these answer ids
            stock, ours = self._numbers(stock, 0), self._numbers(ours, 1)
        assert self._plain(stock, 0) == self._plain(ours, 1), (name, given)
        self.agree()

    def agree(self) -> None:
        assert len(self.stock) == len(self.ours)
        assert self._plain(list(self.stock), 0) == self._plain(list(self.ours), 1)
        assert self.stock.all() == self.ours.all()

    def _answer(self, side: int, name: str, given: tuple[Any, ...]) -> Any:
        table: Any = (self.stock, self.ours)[side]
        method, _, _ = name.partition("_id")
        unknown = (999, "product:none")[side]

        def id(number: int) -> Any:
            return self.known[number][side] if number < len(self.known) else unknown

        try:
            if name.endswith("_ids"):
                return getattr(table, method)(*given[:-1], doc_ids=[id(number) for number in given[-1]])
            if name.endswith("_id"):
                return getattr(table, method)(doc_id=id(given[0]))
            return getattr(table, name)(*given)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            return type(error)

    def _plain(self, answer: Any, side: int) -> Any:
        if isinstance(answer, StockDocument):
            return (self._number(answer.doc_id, side), dict(answer))
        if isinstance(answer, list):
            return [self._plain(each, side) for each in answer]
        return answer

    def _numbers(self, answer: Any, side: int) -> Any:
        return [self._number(id, side) for id in answer] if isinstance(answer, list) else self._number(answer, side)

    def _number(self, id: Any, side: int) -> Any:
        return next((number for number, pair in enumerate(self.known) if pair[side] == id), id)


class _Undo(Exception):
    """Takes an example back, so that the next begins with an empty database."""


@pytest.mark.parametrize("indexes", [[], [*INDEXES, CODES]], ids=["without indexes", "with indexes"])
def test_the_same_calls_on_stock_tinydb_give_the_same_answers(path: Path, indexes: list[Index]) -> None:
    with Database(path, indexes=indexes) as database:

        @settings(max_examples=200, deadline=None)
        @given(script=st.lists(calls, max_size=12))
        def same(script: list[Any]) -> None:
            with pytest.raises(_Undo), database.transaction():
                pair = Pair(database)
                for name, *given_ in script:
                    pair.call(name, *given_)
                raise _Undo

        same()
        assert database.last_n == 0


# -- the contract ---------------------------------------------------------------------------------------------------


def test_a_table_is_the_documents_of_a_type(db: Database, table: TinyTable) -> None:
    db.put({"_id": "p", "type": "product", "n": 1})
    db.put({"_id": "c", "type": "customer", "n": 2})
    db.put({"_id": "untyped", "n": 3})
    assert table.all() == [{"n": 1}]
    assert TinyDocs(db).tables() == {"product", "customer"}
    assert db.table("customer").get(doc_id="p") is None
    assert table.get(doc_id="untyped") is None


def test_a_minted_id_has_the_type_and_a_ulid(table: TinyTable) -> None:
    assert re.fullmatch(r"product:[0-9A-HJKMNP-TV-Z]{26}", table.insert({"n": 1}))


def test_a_document_is_stored_with_its_type_and_shown_without(db: Database, table: TinyTable) -> None:
    id = table.insert({"n": 1})
    assert db.get(id)["type"] == "product"
    assert table.get(doc_id=id) == {"n": 1}
    other = table.insert({"type": "product", "n": 2})
    assert table.get(doc_id=other) == {"n": 2}
    with pytest.raises(ValueError, match="can't have the type customer"):
        table.insert({"type": "customer"})


def test_a_documents_id_is_taken_and_a_second_one_refused(db: Database, table: TinyTable) -> None:
    assert table.insert(StockDocument({"n": 1}, doc_id="p1")) == "p1"  # type: ignore[arg-type]
    assert table.insert(Document({"n": 2}, doc_id="p2")) == "p2"
    assert table.insert(StockDocument({"n": 5}, doc_id=5)) == "5"
    for id in ("p1", "p2"):
        with pytest.raises(ValueError, match="already exists"):
            table.insert(Document({}, doc_id=id))
    db.put({"_id": "c", "type": "customer"})
    with pytest.raises(ValueError, match="already exists, of another type"):
        table.insert(Document({}, doc_id="c"))
    with pytest.raises(ValueError, match="already exists"):
        table.insert_multiple([{"n": 3}, Document({}, doc_id="p1")])
    assert len(table) == 3


def test_the_revision_and_the_conflicts_are_attributes(db: Database, table: TinyTable) -> None:
    winner, loser = "2-f", "2-e"
    both = [revision("a", rev, "b", type="product", of=rev) for rev in (winner, loser)]
    db.bulk_docs(both, new_edits=False)
    document = table.get(doc_id="a")
    assert document == {"of": winner}
    assert (document.doc_id, document.rev, document.conflicts) == ("a", winner, (loser,))
    assert table.search(where("of") == winner)[0].rev == winner


@pytest.mark.parametrize("key", ["_id", "_rev", "_deleted", "_attachments", "_x"])
def test_a_key_with_an_underscore_is_refused(table: TinyTable, key: str) -> None:
    id = table.insert({"n": 1})
    with pytest.raises(DocValidation, match=f"Bad special document member: {key}"):
        table.insert({key: "x"})
    with pytest.raises(DocValidation):
        table.update({key: "x"})
    assert table.get(doc_id=id) == {"n": 1}


def test_a_document_that_stays_as_it_is_writes_nothing(db: Database, table: TinyTable) -> None:
    table.insert_multiple([{"n": 1, "l": [1, 2]}, {"n": 2}])
    before = db.last_n
    table.update({"n": 1}, where("n") == 1)
    table.update(lambda document: document.update(dict(sorted(document.items(), reverse=True))))
    table.update({"x": 1}, doc_ids=["unknown"])
    table.upsert({"n": 2}, where("n") == 2)
    assert db.last_n == before
    table.update({"n": True}, where("n") == 1)  # equal for Python, another value in JSON
    assert db.last_n == before + 1


def test_an_update_keeps_the_order_of_keys_and_the_attachments(db: Database, table: TinyTable) -> None:
    data = {"data": "aGk=", "content_type": "text/plain"}
    db.put({"_id": "a", "n": 1, "type": "product", "m": 2, "_attachments": {"note.txt": data}})
    table.update({"n": 5})
    assert list(db.get("a")) == ["_id", "_rev", "n", "type", "m", "_attachments"]
    assert db.get_attachment("a", "note.txt").data == b"hi"


def test_removing_writes_tombstones_on_every_live_leaf(db: Database, table: TinyTable) -> None:
    db.bulk_docs([revision("a", rev, "b", type="product") for rev in ("2-f", "2-e")], new_edits=False)
    assert table.remove(doc_ids=["a"]) == ["a"]
    record = db.read("a")
    assert record is not None and record.deleted
    assert all(db.get("a", rev=leaf)["_deleted"] for leaf in record.leaves())
    assert table.all() == []


def test_truncating_writes_tombstones_and_a_table_comes_back(db: Database, table: TinyTable) -> None:
    ids = table.insert_multiple([{"n": n} for n in range(3)])
    db.put({"_id": "c", "type": "customer"})
    table.truncate()
    assert [row["id"] for row in db.changes().rows if row.get("deleted")] == ids
    table.insert(Document({"n": 7}, doc_id=ids[0]))
    assert table.all() == [{"n": 7}]
    docs = TinyDocs(db)
    docs.drop_table("product")
    assert docs.tables() == {"customer"}


def test_dropping_all_tables_is_refused(db: Database, table: TinyTable) -> None:
    table.insert({"n": 1})
    with pytest.raises(RuntimeError, match="all documents"):
        TinyDocs(db).drop_tables()
    with pytest.raises(RuntimeError, match="one by one"):
        table.storage.write({})
    assert len(table) == 1


def test_there_is_no_query_cache(db: Database, table: TinyTable) -> None:
    assert table.count(where("n") == 1) == 0
    db.bulk_docs([revision("a", "1-x", type="product", n=1)], new_edits=False)  # comes by replication
    assert table.count(where("n") == 1) == 1
    assert table.search(lambda document: document["n"] == 1) == [{"n": 1}]


def test_several_calls_in_a_transaction_are_one_commit(db: Database, table: TinyTable) -> None:
    told: list[int] = []
    db.on_change(lambda: told.append(db.last_n))
    with db.transaction():
        id = table.insert({"n": 1})
        table.update(increment("n"), doc_ids=[id])
    assert told == [2]
    with pytest.raises(KeyError), db.transaction():
        table.insert({"n": 2})
        raise KeyError
    assert table.all() == [{"n": 2}]
    assert told == [2]


def test_a_call_that_fails_writes_nothing(db: Database, table: TinyTable) -> None:
    table.insert_multiple([{"n": 1}, {"m": 1}])
    before = db.last_n
    with pytest.raises(KeyError):
        table.update(increment("n"))
    assert db.last_n == before


def test_who_writes_while_reading_comes_to_an_end(table: TinyTable) -> None:
    table.insert_multiple([{"n": n} for n in range(3)])
    for document in table:
        table.insert({"copy of": document.doc_id})
    assert len(table) == 6


def test_the_default_table_and_closing(db: Database) -> None:
    with TinyDocs(db) as docs:
        docs.insert({"n": 1})
        assert docs.search(where("n") == 1) == [{"n": 1}]
        assert len(docs) == 1
    assert not db.closed
    assert "name='default', total=1" in repr(docs.table("default"))


# -- the planner ----------------------------------------------------------------------------------------------------


def looked(query: Any, *indexes: Index) -> list[tuple[Any, ...]] | None:
    found = plan(query, "product", {index.name: index for index in indexes or (*INDEXES, CODES)})
    return None if found is None else [(lookup.name, *lookup.options().items()) for lookup in found]


def test_the_planner_finds_the_index_of_a_query() -> None:
    milk, dear = where("kind") == "milk", where("price") > 5
    assert looked(milk) == [("kind", ("value", "milk"))]
    assert looked(Query().maker.name == "x") == [("maker", ("value", "x"))]
    assert looked(dear) == [("price", ("low", 5))]
    assert looked(where("price") <= 5) == [("price", ("high", 5))]
    assert looked(dear & milk) == [("kind", ("value", "milk"))]
    assert looked(dear & where("other").exists()) == [("price", ("low", 5))]
    assert sorted(looked(milk | dear) or []) == [("kind", ("value", "milk")), ("price", ("low", 5))]
    assert looked(where("kind").one_of(["a", "b"])) == [("kind", ("value", "a")), ("kind", ("value", "b"))]
    assert looked(where("codes").any(["x", "y"])) == [("codes", ("value", "x")), ("codes", ("value", "y"))]
    assert looked(where("codes").all(["x", "y"])) == [("codes", ("value", "x"))]


@pytest.mark.parametrize(
    "query",
    [
        where("kind") != "milk",
        ~(where("kind") == "milk"),
        where("kind") == None,  # noqa: E711
        where("kind") == "a\0b",
        where("kind") == "\ud800",
        where("price") == float("nan"),
        where("price") > 2**60,
        where("kind").one_of(["a", None]),
        where("kind").one_of("abc"),  # type: ignore[arg-type]
        where("kind").any(["a"]),
        where("codes") == "x",
        where("codes").any(where("x") == 1),
        where("codes").all([]),
        where("kind").map(str) == "milk",
        where("kind") == [1],
        (where("kind") == "milk") | where("other").exists(),
        Query().noop(),
        lambda document: True,
    ],
)
def test_what_no_index_answers_is_a_scan(query: Any) -> None:
    assert looked(query) is None


def test_an_index_of_another_type_is_no_help() -> None:
    assert looked(where("kind") == "milk", Index("kind", "customer", "kind")) is None


def test_an_indexed_search_reads_only_what_it_finds(path: Path) -> None:
    with Database(path, indexes=INDEXES) as db:
        table = db.table("product")
        table.insert_multiple([{"kind": f"k{n}", "price": n % 10} for n in range(100)])
        asked: list[Any] = []

        def probe(value: Any) -> bool:
            asked.append(value)
            return True

        assert table.count((where("kind") == "k7") & where("price").test(probe)) == 1
        assert table.update({"price": 0}, (where("kind") == "k8") & where("price").test(probe))
        assert sorted(dict.fromkeys(asked)) == [7, 8]
