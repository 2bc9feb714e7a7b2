"""Compacting, purging, taking back; and `verify`, which finds each kind of damage and nothing else."""

from __future__ import annotations

import pytest

from app.docs.database import Database
from app.docs.errors import BadRequest, NotFound, StoreError
from tests.docs.conftest import Arrive, fork


def grown(db: Database) -> Database:
    """A bit of everything."""
    rev = db.put({"_id": "plain", "type": "t", "n": 1})
    db.put({"_id": "plain", "type": "t", "n": 2}, rev=rev)
    fork(db, "forked")
    db.delete("gone", db.put({"_id": "gone"}))
    db.put_attachment("bytes", "x", b"hello", "text/plain")
    return db


def test_a_sound_database_has_nothing_to_report(db: Database) -> None:
    assert grown(db).verify() == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE docs SET rev = '2-e' WHERE id = 'forked'", "forked: the winner should be another revision than 2-e"),
        ("UPDATE docs SET deleted = 1 WHERE id = 'plain'", "whether it is deleted is told in two ways"),
        ("UPDATE docs SET conflicts = 5 WHERE id = 'forked'", "forked: 1 conflicts are there, 5 were counted"),
        ("UPDATE docs SET tree = '[[' WHERE id = 'forked'", "forked: its revision tree or body can't be read"),
        ("UPDATE docs SET body = '{' WHERE id = 'plain'", "plain: its revision tree or body can't be read"),
        ("UPDATE docs SET body = '[1]' WHERE id = 'plain'", "plain: its body is no JSON object"),
        ("UPDATE docs SET type = 'u' WHERE id = 'plain'", "plain: its type is told in two ways"),
        ("DELETE FROM bodies WHERE rev = '2-e'", "forked: the body of its leaf 2-e is missing"),
        ("UPDATE bodies SET rev = '9-x' WHERE rev = '2-e'", "forked: 9-x is stored, and not in its tree"),
        ("UPDATE bodies SET body = 'x' WHERE rev = '2-e'", "an older revision 2-e (row 2) is no JSON object"),
        ("UPDATE bodies SET doc = 99 WHERE rev = '2-e'", "1 stored revisions belong to no document"),
        ("DELETE FROM docs WHERE id = 'plain'", "3 documents are there, other numbers were counted"),
        ("DELETE FROM blobs", "bytes: the attachment x is missing"),
        ("UPDATE blobs SET data = CAST('other' AS BLOB)", "bytes: the attachment x is damaged"),
    ],
)
def test_verify_names_the_damage(db: Database, damage: str, words: str) -> None:
    grown(db)
    db._connection.execute(damage)
    found = db.verify()
    assert any(words in line for line in found), found
    assert all(line.startswith("shop") for line in found)


def test_compacting_keeps_every_leaf_and_drops_what_lies_behind(db: Database) -> None:
    grown(db)
    leaves = {record.id: record.leaves() for record in map(db.read, ["plain", "forked", "gone", "bytes"]) if record}
    old = db.get("plain", revs_info=True)["_revs_info"][1]["rev"]
    assert db.get("plain", rev=old)["n"] == 1
    before = db.update_seq
    db.compact()
    with pytest.raises(NotFound):
        db.get("plain", rev=old)
    for id, revs in leaves.items():
        assert all("ok" in entry for entry in db.open_revs(id, revs))
    assert db.update_seq == before
    assert db.verify() == []
    with pytest.raises(StoreError, match="inside a transaction"), db.transaction():
        db.vacuum()


def test_the_space_of_what_was_deleted_is_given_back(db: Database) -> None:
    rev = db.put({"_id": "a", "text": "secret " * 100_000})
    db.put({"_id": "a"}, rev=rev)
    db.compact()
    assert db.path.stat().st_size < 300_000
    assert b"secret" not in db.path.read_bytes()


def test_ancestors_bodies_are_kept_and_bounded(db: Database) -> None:
    revs = [db.put({"_id": "a", "n": 0})]
    for n in range(1, 40):
        revs.append(db.put({"_id": "a", "n": n}, rev=revs[-1]))
    kept = [info["status"] for info in db.get("a", revs_info=True)["_revs_info"]]
    assert kept == ["available"] * 21 + ["missing"] * 19


def test_a_purged_leaf_was_never_there(db: Database) -> None:
    winner, loser = fork(db)
    assert db.purge({"a": [winner, "9-x"], "none": ["1-a"]}) == {
        "purge_seq": "1",
        "purged": {"a": [winner], "none": []},
    }
    assert db.get("a", conflicts=True) == {"_id": "a", "_rev": loser, "of": "loser"}
    assert db.revs_diff({"a": [winner]}) == {"a": {"missing": [winner]}}
    db.purge({"a": [loser]})
    assert db.read("a") is None
    assert (db.info()["doc_count"], db.info()["purge_seq"]) == (0, "2")
    assert db.verify() == []
    for wrong in ({"a": []}, {"a": "1-a"}, {"a": ["x"]}):
        with pytest.raises(BadRequest):
            db.purge(wrong)  # type: ignore[arg-type]


def test_a_revision_that_is_taken_back_leaves_its_parent(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1})
    second = db.put({"_id": "a", "n": 2}, rev=first)
    assert db.retract("a", second)
    assert db.get("a", revs_info=True)["n"] == 1
    assert db.put({"_id": "a", "n": 3}, rev=first).startswith("2-")
    assert db.verify() == []


def test_a_resurrection_that_is_taken_back_leaves_the_tombstone(db: Database) -> None:
    tombstone = db.delete("a", db.put({"_id": "a"}))
    back = db.put({"_id": "a", "n": 2})
    assert db.retract("a", back)
    record = db.read("a")
    assert record is not None and record.deleted and record.rev == tombstone
    assert db.verify() == []


def test_what_has_no_parent_to_go_back_to_stays(db: Database, arrive: Arrive) -> None:
    first = db.put({"_id": "a"})
    arrive("b", "2-b", "a")
    assert not db.retract("a", first)
    assert not db.retract("b", "2-b"), "its parent's body was never here"
    assert not db.retract("none", "1-a")
    assert db.get("b")["_rev"] == "2-b"


def test_of_two_leaves_one_can_be_taken_back(db: Database) -> None:
    first = db.put({"_id": "a", "n": 1})
    db.bulk_docs([{"_id": "a", "_revisions": {"start": 2, "ids": ["f", first[2:]]}, "n": 2}], new_edits=False)
    db.bulk_docs([{"_id": "a", "_revisions": {"start": 2, "ids": ["e", first[2:]]}, "n": 3}], new_edits=False)
    assert db.retract("a", "2-f")
    assert db.get("a", conflicts=True) == {"_id": "a", "_rev": "2-e", "n": 3}
    assert db.verify() == []


def test_info_is_couchdbs(db: Database) -> None:
    info = grown(db).info()
    assert info["db_name"] == "shop"
    assert (info["doc_count"], info["doc_del_count"]) == (3, 1)
    assert info["update_seq"] == db.update_seq
    assert isinstance(info["instance_start_time"], str)
    assert info["sizes"].keys() == {"file", "external", "active"}
    assert info["compact_running"] is False
