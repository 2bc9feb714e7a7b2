"""What the tests rely on in PouchDB Server 4.2; a new release that behaves otherwise is seen here first."""

from __future__ import annotations

import secrets

import pytest
import requests

from tests.support.pouchdb_server import PouchDBServer

VALIDATION = """function (doc, old, user, security) {
  if (doc.type === 'bad') throw({forbidden: 'no bad ones'});
  if (doc.type === 'anonymous' && !user.name) throw({unauthorized: 'log in'});
}"""


@pytest.fixture
def database(pouchdb_server: str) -> str:
    url = f"{pouchdb_server}/t{secrets.token_hex(5)}"
    assert requests.put(url, timeout=10).status_code == 201
    return url


def test_it_takes_revisions_as_they_are_and_tells_them_in_its_changes(database):
    doc = {"_id": "a", "_rev": "2-bb", "_revisions": {"start": 2, "ids": ["bb", "aa"]}, "n": 1}
    answer = requests.post(f"{database}/_bulk_docs", json={"new_edits": False, "docs": [doc]}, timeout=10)
    assert (answer.status_code, answer.json()) == (201, [])
    changes = requests.get(f"{database}/_changes", params={"style": "all_docs"}, timeout=10).json()
    assert changes == {"results": [{"id": "a", "changes": [{"rev": "2-bb"}], "seq": 1}], "last_seq": 1}


def test_its_validation_functions_refuse_one_document_and_take_the_others(database):
    requests.put(f"{database}/_design/v", json={"validate_doc_update": VALIDATION}, timeout=10).raise_for_status()
    docs = [{"_id": kind, "_rev": "1-aa", "type": kind} for kind in ("good", "bad", "anonymous")]
    answer = requests.post(f"{database}/_bulk_docs", json={"new_edits": False, "docs": docs}, timeout=10)
    assert answer.json() == [
        {"id": "bad", "error": "forbidden", "reason": "no bad ones"},
        {"id": "anonymous", "error": "unauthorized", "reason": "log in"},
    ]
    assert requests.get(f"{database}/good", timeout=10).status_code == 200
    assert requests.get(f"{database}/bad", timeout=10).status_code == 404


def test_it_knows_users_by_basic_credentials_and_by_cookie():
    with PouchDBServer() as server:
        root = server.add_admin("boss", "secret")
        user = {"_id": "org.couchdb.user:t1", "name": "t1", "type": "user", "roles": ["terminal"], "password": "pw"}
        requests.put(f"{root}/_users/{user['_id']}", json=user, timeout=10).raise_for_status()
        basic = requests.get(f"{server.url}/_session", auth=("t1", "pw"), timeout=10).json()
        assert basic["userCtx"] == {"name": "t1", "roles": ["terminal"]}
        session = requests.Session()
        session.post(f"{server.url}/_session", json={"name": "t1", "password": "pw"}, timeout=10).raise_for_status()
        assert session.get(f"{server.url}/_session", timeout=10).json()["userCtx"]["name"] == "t1"
        assert requests.get(f"{server.url}/_session", auth=("t1", "no"), timeout=10).status_code == 401


def test_on_disk_it_goes_on_where_it_was_after_a_kill(tmp_path):
    with PouchDBServer(tmp_path) as server:
        requests.put(f"{server.url}/kept", timeout=10).raise_for_status()
        requests.put(f"{server.url}/kept/a", json={"n": 1}, timeout=10).raise_for_status()
        server.kill()
        server.start()
        assert requests.get(f"{server.url}/kept/a", timeout=10).json()["n"] == 1
