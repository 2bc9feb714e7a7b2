"""Head office sees to it that an Apache CouchDB forgets erased persons: by its own user, or by a task for an admin."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs import tree as trees
from app.docs.directory import Directory
from app.node.central_erasing import TASK, CentralErasing
from app.node.state import NodeState
from app.replicator import replicate
from app.shop.erasing import cleaning
from app.shop.erasing.erase import erase
from app.shop.indexes import indexes_for
from tests.support.couchdb import COUCHDB_URL, anonymous
from tests.support.process import wait_until

ID = "customer:ada"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Any]:
    with Directory(tmp_path, indexes_for=indexes_for) as directory:
        yield directory


@pytest.fixture
def name() -> Iterator[str]:
    """A database of this test's own at the CouchDB, with the name that a store's has."""
    name = f"store-t{secrets.token_hex(5)}"
    requests.put(f"{COUCHDB_URL}/{name}", timeout=30).raise_for_status()
    yield name
    requests.delete(f"{COUCHDB_URL}/{name}", timeout=30)


@pytest.fixture
def member(name: str) -> Iterator[tuple[str, str]]:
    """A user who may read and write the database, and no more: as head office's."""
    user = f"u{name}"
    body = {"_id": f"org.couchdb.user:{user}", "name": user, "password": "pw", "roles": [], "type": "user"}
    made = requests.post(f"{COUCHDB_URL}/_users", json=body, timeout=30)
    made.raise_for_status()
    members = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [user], "roles": []}}
    requests.put(f"{COUCHDB_URL}/{name}/_security", json=members, timeout=30).raise_for_status()
    yield user, "pw"
    requests.delete(f"{COUCHDB_URL}/_users/org.couchdb.user:{user}", params={"rev": made.json()["rev"]}, timeout=30)


def edited_in_two_places_and_erased(database: Any, url: str) -> list[str]:
    """The revisions that are no leaves any more, all of which the CouchDB has had."""
    body = {"_id": ID, "type": "customer", "schema": 1, "cards": []}
    rev = database.put({**body, "name": "Ada Quillfeather"})
    first = rev
    for n in range(3):
        rev = database.put({**body, "name": f"Ada Quillfeather {n}", "_rev": rev})
    other = {**body, "name": "Ada Q.", "_revisions": {"start": 2, "ids": ["f" * 32, first[2:]]}}
    database.bulk_docs([other], new_edits=False)
    replicate(database, url)
    erase(database, ID, request="erase-at-couchdb", reason="asked", on="office")
    cleaning.clean(database)
    replicate(database, url)
    record = database.read(ID)
    return sorted(trees.revisions(record.paths()) - set(record.leaves()))


def given_out(url: str, revs: list[str]) -> list[str]:
    return [rev for rev in revs if requests.get(f"{url}/{ID}", params={"rev": rev}, timeout=30).status_code == 200]


@pytest.mark.couchdb
def test_an_admin_at_head_office_has_it_compacted_and_no_old_revision_is_given_out(
    shop: Directory, tmp_path: Path, name: str
) -> None:
    database = shop.create(name)
    url = f"{COUCHDB_URL}/{name}"
    revs = edited_in_two_places_and_erased(database, url)
    assert len(given_out(url, revs)) >= 2  # the leaves that it once had
    watch = CentralErasing(NodeState(tmp_path), shop, "office")
    session = requests.Session()
    told = [{"node": "s1-t1", "erased": {ID: "2026-11-22T12:00:00.000Z"}}]
    wait_until(lambda: not watch.look(session, COUCHDB_URL, told), 60)
    assert given_out(url, revs) == []
    known = watch.known()[ID]
    assert known["at"] is not None and known["heard"] == {"s1-t1": "2026-11-22T12:00:00.000Z"}
    rows = requests.get(f"{url}/_all_docs", params={"include_docs": "true", "conflicts": "true"}, timeout=30).text
    assert "Quillfeather" not in rows and "_conflicts" not in rows
    assert database.find("task_kind", TASK) == []


@pytest.mark.couchdb
def test_a_user_who_may_not_compact_leaves_a_task_that_is_done_when_an_admin_has(
    shop: Directory, tmp_path: Path, name: str, member: tuple[str, str]
) -> None:
    database = shop.create(name)
    url = f"{COUCHDB_URL}/{name}"
    revs = edited_in_two_places_and_erased(database, url)
    watch = CentralErasing(NodeState(tmp_path), shop, "office")
    session = requests.Session()
    session.auth = member
    root = anonymous(COUCHDB_URL)
    assert watch.look(session, root, []) and watch.look(session, root, [])
    (task,) = database.find("task_kind", TASK)
    assert not task.doc().get("done_at") and watch.known()[ID]["at"] is None
    requests.post(f"{url}/_compact", headers={"Content-Type": "application/json"}, timeout=30).raise_for_status()
    wait_until(lambda: not watch.look(session, root, []), 60)
    assert given_out(url, revs) == []
    assert database.get(task.id)["done_at"]
