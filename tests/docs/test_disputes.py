"""Documents in dispute: the store's list is what the trees say, whatever happened to them, also in an older file."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.docs import merge
from app.docs.database import Database
from app.docs.errors import Conflict
from tests.docs.conftest import fork, revision

IDS = ["a", "b"]
HASHES = "012"


def by_definition(db: Database) -> dict[str, int]:
    """Live documents with more than one open leaf, computed from their trees; how many are open."""
    found = {}
    for row in db.changes(style="all_docs").rows:
        record = db.read(row["id"])
        if record is not None and not record.deleted:
            leaves = len(merge.leaves(db, record))
            if leaves > 1:
                found[record.id] = leaves
    return found


def noted(db: Database) -> dict[str, int]:
    rows = db._connection.execute("SELECT d.id, s.leaves FROM disputes s JOIN docs d ON d.n = s.doc").fetchall()
    return dict(rows)


class Disputes(RuleBasedStateMachine):
    """Edits, arrivals, purges, retractions and merges on two documents, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp())

    @initialize(limit=st.sampled_from([2, 1000]))
    def begin(self, limit: int) -> None:
        self.db = Database(self.folder / "shop.db")
        self.db._connection.execute("PRAGMA synchronous = OFF")
        self.db.revs_limit = limit

    def teardown(self) -> None:
        if hasattr(self, "db"):
            assert self.db.verify() == []
            self.db.close()
        shutil.rmtree(self.folder)

    @rule(
        id=st.sampled_from(IDS),
        way=st.lists(st.sampled_from(HASHES), min_size=1, max_size=4),
        told=st.integers(1, 4),
        deleted=st.booleans(),
        body=st.sampled_from([{}, {"type": "t"}, {"type": "u", "n": 1}, {"resolved": True}, {"resolved": 1}]),
    )
    def arrive(self, id: str, way: list[str], told: int, deleted: bool, body: dict[str, Any]) -> None:
        # A revision's id is made of its history: no two places of a tree have the same.
        ids = [md5("".join(way[: n + 1]).encode()).hexdigest() for n in reversed(range(len(way)))]
        rev = f"{len(ids)}-{ids[0]}"
        doc = {"_id": id, "_rev": rev, "_deleted": deleted, "_revisions": {"start": len(ids), "ids": ids[:told]}}
        assert self.db.bulk_docs([{**doc, **body}], new_edits=False) == []

    @rule(id=st.sampled_from(IDS), which=st.integers(0, 9), deleted=st.booleans(), resolved=st.booleans())
    def edit(self, id: str, which: int, deleted: bool, resolved: bool) -> None:
        record = self.db.read(id)
        rev = None if record is None or record.deleted else record.leaves()[which % len(record.leaves())]
        doc = {"_id": id, "type": "tu"[which % 2], **({"_deleted": True} if deleted else {})}
        with suppress(Conflict):  # a deletion of nothing, or an edit that is there already
            self.db.put({**doc, **({"resolved": True} if resolved else {})}, rev=rev)

    @rule(id=st.sampled_from(IDS), which=st.integers(0, 9), whole=st.booleans())
    def take_back(self, id: str, which: int, whole: bool) -> None:
        record = self.db.read(id)
        if record is None:
            return
        leaf = record.leaves()[which % len(record.leaves())]
        if whole:
            self.db.purge({id: [leaf]})
        else:
            self.db.retract(id, leaf)

    @rule(id=st.sampled_from(IDS))
    def settle(self, id: str) -> None:
        merge.settle(self.db, id, {"*": merge.newer}, baseless=True)

    @precondition(lambda self: hasattr(self, "db"))
    @invariant()
    def the_list_is_what_the_trees_say(self) -> None:
        wanted = by_definition(self.db)
        assert noted(self.db) == wanted
        rows = self.db.disputes()
        assert {row.id for row in rows} == set(wanted)
        assert [row.seq for row in rows] == sorted((row.seq for row in rows), reverse=True)
        counts: dict[str | None, int] = {}
        for row in rows:
            counts[row.type] = counts.get(row.type, 0) + 1
        assert self.db.dispute_counts() == counts


TestDisputes = Disputes.TestCase
TestDisputes.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)


def test_a_deletion_beside_a_live_leaf_is_a_dispute_until_it_is_marked_as_resolved(db: Database) -> None:
    _, loser = fork(db)
    assert [row.id for row in db.disputes()] == ["a"]
    gone = db.put({"_id": "a", "_deleted": True}, rev=loser)
    assert [row.id for row in db.disputes()] == ["a"]
    db.bulk_docs([revision("a", "4-c", gone[2:], "e", "b", deleted=True, resolved=True)], new_edits=False)
    assert db.disputes() == []
    assert db.dispute_counts() == {}


def test_a_document_all_of_whose_leaves_are_deleted_is_in_no_dispute(db: Database) -> None:
    winner, loser = fork(db)
    db.put({"_id": "a", "_deleted": True}, rev=loser)
    db.put({"_id": "a", "_deleted": True}, rev=winner)
    assert db.disputes() == []


def test_disputes_come_in_pages_by_type_and_by_the_words_of_any_open_leaf(db: Database) -> None:
    for n, (kind, name, other) in enumerate(
        [("t", "Café crème", "Kaffee"), ("t", "Milk", "Milk 1 l"), ("u", "Milk", "Bread"), (None, "Tea", "Tea")]
    ):
        typed = {"type": kind} if kind else {}
        fork(db, f"d{n}")
        db.put({"_id": f"d{n}", "name": name, **typed}, rev="2-f")
        db.put({"_id": f"d{n}", "name": other, **typed}, rev="2-e")
    found = [row.id for row in db.disputes(limit=3)]
    assert found == ["d3", "d2", "d1"]
    last = db.disputes(limit=3)[-1]
    assert [row.id for row in db.disputes(before=last.seq, limit=3)] == ["d0"]
    assert [row.id for row in db.disputes(types=["t"])] == ["d1", "d0"]
    assert [row.id for row in db.disputes(types=[None, "u"])] == ["d3", "d2"]
    assert db.disputes(types=[]) == []
    assert db.dispute_counts() == {"t": 2, "u": 1, None: 1}
    assert [row.id for row in db.disputes(words="CAFÉ")] == ["d0"]
    assert [row.id for row in db.disputes(words="kaffee")] == ["d0"], "a losing side's words count as well"
    assert [row.id for row in db.disputes(words="milk", types=["t"])] == ["d1"]
    assert db.disputes(words="name") == [], "the names of members are no words of the shop's"
    assert db.dispute_counts("milk") == {"t": 1, "u": 1}


def test_a_word_is_found_in_any_script_and_case_also_one_that_folds_into_other_letters(db: Database) -> None:
    said = {"a": "Straße 7", "b": "李伟 Ltd", "c": "ÉCLAIR", "d": "\u212a2 hill", "e": 'say "hi" \\ bye', "f": "plain"}
    for id, text in said.items():
        fork(db, id)
        db.put({"_id": id, "type": "t", "text": "x"}, rev="2-f")
        db.put({"_id": id, "type": "t", "text": text}, rev="2-e")
    finds = {
        "strasse": "a", "STRASSE 7": "a", "李": "b", "伟 ltd": "b", "éclair": "c", "k2": "d", '"HI"': "e", "\\": "e",
        "PLAIN": "f", "f": "f",
    }  # fmt: skip
    for words, id in finds.items():
        assert id in [record.id for record in db.disputes(words=words)], words
    assert db.disputes(words="李 plain") == [] and db.disputes(words="王") == []


def test_a_file_from_before_the_list_gets_it_at_its_next_opening(path: Path) -> None:
    with Database(path) as db:
        fork(db, "edited")
        fork(db, "deleted")
        db.put({"_id": "deleted", "_deleted": True}, rev="2-e")
        fork(db, "settled")
        merge.settle(db, "settled", {"*": merge.newer}, baseless=True)
        db.put({"_id": "plain"})
    with sqlite3.connect(path) as old:  # as it was before
        old.execute("DROP TABLE disputes")
        old.execute("PRAGMA user_version = 1")
    old.close()
    with Database(path) as db:
        assert noted(db) == by_definition(db) == {"edited": 2, "deleted": 2}
        assert db.verify() == []


def test_verify_says_where_list_and_trees_differ(db: Database) -> None:
    fork(db)
    db.put({"_id": "plain"})
    with db.transaction() as tx:
        tx.connection.execute("DELETE FROM disputes")
        tx.connection.execute("INSERT INTO disputes SELECT n, seq, type, 2 FROM docs WHERE id = 'plain'")
    assert db.verify() == [
        "shop/a: that 2 of its leaves are open is noted otherwise",
        "shop: row 2 is noted as in dispute, and isn't",
    ]
