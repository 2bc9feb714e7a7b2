"""What another machine may ask of a terminal: what replication needs, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from app.docs.database import Database
from app.node import Node, NodeConfig
from app.replicator import replicate
from app.web import create_app
from app.web.auth import credentials_of
from app.web.keys import KeyRing
from app.web.server import serve
from app.web.users import api_key

assert credentials_of  # the door's own reading of them


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Any]:
    with Node(tmp_path / "s1-t1", NodeConfig(kind="terminal", id="s1-t1", store="s1")) as node:
        yield node


@pytest.fixture
def peer(till: Node) -> FlaskClient:
    return client(till, "hall2", KeyRing(till.path).add("hall2", ["replicate"]))


def client(node: Node, name: str, password: str, address: str = "127.0.0.1") -> FlaskClient:
    import base64

    made = create_app(node).test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    made.environ_base["REMOTE_ADDR"] = address
    return made


FORBIDDEN = [
    ("PUT", "/couch/new"),
    ("DELETE", "/couch/company"),
    ("POST", "/couch/company"),
    ("PUT", "/couch/company/doc"),
    ("DELETE", "/couch/company/doc?rev=1-a"),
    ("PUT", "/couch/company/doc/file"),
    ("PUT", "/couch/company/_design/x"),
    ("PUT", "/couch/company/_design/x?new_edits=false"),
    ("GET", "/couch/company/_design/x/_view/y"),
    ("GET", "/couch/company/_design/x/_info"),
    ("PUT", "/couch/company/_security"),
    ("PUT", "/couch/company/_revs_limit"),
    ("POST", "/couch/company/_purge"),
    ("POST", "/couch/company/_compact"),
    ("POST", "/couch/company/_view_cleanup"),
    ("GET", "/couch/company/_all_docs"),
    ("GET", "/couch/company/_local_docs"),
    ("DELETE", "/couch/company/_local/x"),
    ("GET", "/couch/_all_dbs"),
    ("GET", "/couch/_dbs_info"),
    ("GET", "/couch/_db_updates"),
    ("GET", "/couch/_active_tasks"),
    ("GET", "/couch/_membership"),
    ("GET", "/couch/_node/_local/_prometheus"),
    ("GET", "/couch/_users"),
    ("GET", "/couch/_users/org.couchdb.user:x"),
]


@pytest.mark.parametrize(("method", "path"), FORBIDDEN)
def test_what_replication_does_not_need_is_forbidden_to_a_peer(peer: FlaskClient, method: str, path: str) -> None:
    answer = peer.open(path, method=method, json={})
    assert (answer.status_code, answer.json["error"]) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [one for one in FORBIDDEN if one[0] != "POST"])
def test_the_nodes_own_key_is_a_peers_where_it_comes_from_another_machine(till: Node, method: str, path: str) -> None:
    answer = client(till, "api", api_key(till.path), "192.168.7.9").open(path, method=method, json={})
    assert answer.status_code == 403


def test_the_nodes_own_key_opens_everything_from_this_machine(till: Node) -> None:
    owner = client(till, "api", api_key(till.path))
    assert owner.put("/couch/new").status_code == 201
    assert owner.put("/couch/new/doc", json={}).status_code == 201
    assert "new" in owner.get("/couch/_all_dbs").json


def test_the_nodes_own_key_opens_no_page_and_no_route_from_another_machine_but_a_key_with_a_right_does(
    till: Node,
) -> None:
    own, selling = api_key(till.path), KeyRing(till.path).add("shop", ["sell"])
    far = create_app(till).test_client()
    far.environ_base["REMOTE_ADDR"] = "192.168.7.9"

    def ask(key: str, path: str) -> int:
        return far.get(path, headers={"Authorization": f"Bearer {key}"}).status_code

    assert [ask(own, path) for path in ("/", "/api/state", "/sync", "/metrics")] == [403] * 4
    assert far.get("/health", headers={"Authorization": f"Bearer {own}"}).json == far.get("/health").json
    assert (ask(selling, "/api/state"), ask("wrong", "/api/state")) == (200, 401)
    far.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    assert ask(own, "/api/state") == 200


def test_a_peer_makes_no_revisions_of_its_own(till: Node, peer: FlaskClient) -> None:
    made = peer.post("/couch/company/_bulk_docs", json={"docs": [{"_id": "x"}]})
    assert made.status_code == 403
    rules = {"_id": "_design/x", "_rev": "1-" + "a" * 32, "validate_doc_update": "function(){}"}
    brought = peer.post("/couch/company/_bulk_docs", json={"docs": [rules], "new_edits": False})
    assert brought.status_code in (201, 403)
    assert till.company.read("x") is None and till.company.read("_design/x") is None


def test_two_machines_replicate_both_ways_with_a_peers_key(till: Node, tmp_path: Path) -> None:
    key = KeyRing(till.path).add("hall2", ["replicate"])
    till.store_db.bulk_docs([{"_id": f"there{n}", "type": "note"} for n in range(20)])
    doc = till.store_db.get("there0")
    till.store_db.put({**doc, "again": True})
    here = Database(tmp_path / "here.db")
    here.bulk_docs([{"_id": f"here{n}", "type": "note"} for n in range(20)])
    server = serve(till, "127.0.0.1", 0)
    try:
        url = f"http://hall2:{key}@127.0.0.1:{server.port}/couch/store-s1"
        assert replicate(url, here).ok
        assert replicate(here, url).ok
        anonymous = requests.get(f"http://127.0.0.1:{server.port}/couch/store-s1", timeout=10)
    finally:
        till.begin_stop()
        server.stop()
    assert here.get("there0")["again"] and till.store_db.read("here19") is not None
    here.close()
    assert anonymous.status_code == 401


def test_a_peers_key_opens_no_page_and_no_route_of_the_api_and_ends_when_it_is_revoked(till: Node) -> None:
    ring = KeyRing(till.path)
    key = ring.add("hall2", ["replicate"])
    bearer = create_app(till).test_client()
    bearer.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    for path in ("/", "/api/state", "/api/products", "/api/sync", "/metrics", "/sync"):
        assert bearer.get(path).status_code in (401, 403), path
    peer = client(till, "hall2", key)
    assert peer.get("/couch/company").status_code == 200
    assert client(till, "hall2", "wrong").get("/couch/company").status_code == 401
    ring.revoke("hall2")
    assert peer.get("/couch/company").status_code == 401


def test_a_key_without_the_right_opens_no_couchdb_api_and_none_may_be_called_as_the_nodes_own(till: Node) -> None:
    from app.docs.errors import BadRequest

    ring = KeyRing(till.path)
    key = ring.add("shop", ["sell"])
    assert client(till, "shop", key).get("/couch/company").status_code == 401
    with pytest.raises(BadRequest):
        ring.add("api", ["replicate"])
