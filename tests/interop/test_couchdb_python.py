"""couchdb-python, the library that prepares a central, on a hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import couchdb
import pytest

from couch.provision import provision
from tests.support.web import running_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[SimpleNamespace]:
    with running_hub(tmp_path) as running:
        yield running


@pytest.fixture
def server(hub: SimpleNamespace) -> Any:
    return couchdb.Server(hub.url)


def test_it_makes_lists_and_deletes_databases(server: Any) -> None:
    for name in ("company", "store-s1", "a/b+c"):
        server.create(name)
    assert list(server) == ["_users", "a/b+c", "company", "store-s1"]
    assert "company" in server
    assert server["a/b+c"].info()["db_name"] == "a/b+c"
    with pytest.raises(couchdb.PreconditionFailed):
        server.create("company")
    del server["company"]
    with pytest.raises(couchdb.ResourceNotFound):
        server["company"]
    assert server.version_info() >= (3, 0)
    assert len(server.uuids(count=3)) == 3


def test_it_writes_reads_and_deletes_documents(server: Any) -> None:
    db = server.create("db")
    id, rev = db.save({"_id": "a/b c", "v": 1})
    assert db[id]["v"] == 1
    doc = db[id]
    doc["v"] = 2
    db[id] = doc
    with pytest.raises(couchdb.ResourceConflict):
        db.save({"_id": id, "_rev": rev, "v": 3})
    assert [revision["v"] for revision in db.revisions(id)] == [2, 1]
    results = db.update([{"_id": "x"}, {"_id": "y"}, {"_id": id}])
    assert [ok for ok, _, _ in results] == [True, True, False]
    assert [row.id for row in db.view("_all_docs", startkey="x")] == ["x", "y"]
    assert [row.doc["_id"] for row in db.view("_all_docs", keys=["y", "x"], include_docs=True)] == ["y", "x"]
    del db["x"]
    assert "x" not in db
    assert len(db) == 2
    assert db.copy("y", "z").startswith("1-")
    assert db.get("none") is None


def test_it_stores_attachments(server: Any) -> None:
    db = server.create("db")
    db.save({"_id": "a"})
    doc = db["a"]
    db.put_attachment(doc, b"hello", "greeting.txt", "text/plain")
    assert db.get_attachment("a", "greeting.txt").read() == b"hello"
    doc = db["a"]
    db.delete_attachment(doc, "greeting.txt")
    assert db.get_attachment("a", "greeting.txt") is None


def test_it_reads_the_feed(server: Any) -> None:
    db = server.create("db")
    for n in range(3):
        db.save({"_id": f"d{n}"})
    answer = db.changes(include_docs=True)
    assert [row["doc"]["_id"] for row in answer["results"]] == ["d0", "d1", "d2"]
    feed = db.changes(feed="continuous", timeout=50)
    *rows, last = list(feed)
    assert [row["id"] for row in rows] == ["d0", "d1", "d2"]
    assert last["last_seq"] == answer["last_seq"]


def test_it_sets_security_and_purges(server: Any) -> None:
    db = server.create("db")
    db.security = {"members": {"roles": ["clerk"]}, "couchtill": {"id": "x"}}
    assert db.security == {"members": {"roles": ["clerk"]}, "couchtill": {"id": "x"}}
    _, rev = db.save({"_id": "a"})
    assert db.purge([{"_id": "a", "_rev": rev}])["purged"] == {"a": [rev]}
    assert db.compact() is True


def test_a_central_is_provisioned_and_its_users_get_in(hub: SimpleNamespace) -> None:
    terminals = [{"id": "s1-t1", "password": "pw1"}]
    provision(hub.url, stores=["s1", "s2"], terminals=terminals, office={"id": "office", "password": "pw2"})
    terminal = couchdb.Server(hub.as_user("s1-t1", "pw1"))
    _, rev = terminal["company"].save({"_id": "product:1", "type": "product", "schema": 1, "name": "Milk"})
    assert rev.startswith("1-")
    assert terminal["store-s1"].security["couchtill"]["id"]
    with pytest.raises((couchdb.ServerError, couchdb.Unauthorized, couchdb.http.HTTPError)):
        terminal["store-s2"].info()
    with pytest.raises(couchdb.http.Forbidden, match="written by head office, not by a till"):
        terminal["company"].save({"_id": "tax:1", "type": "tax", "schema": 1, "name": "VAT", "rate": 0})
    office = couchdb.Server(hub.as_user("office", "pw2"))
    assert office["store-s2"].info()["db_name"] == "store-s2"
