"""Preparing a central with couchdb-python: our hub, and an Apache CouchDB where one is named."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from couch.databases import secured
from couch.provision import Changes, provision
from couch.server import CentralError
from tests.support.couchdb import COUCHDB_URL
from tests.support.process import CouchTill
from tests.support.proxy import FaultProxy

AWKWARD = "p@ss:wörd/%"


class Central:
    """A central, and names of the test's own at it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.root = url.rpartition("@")[2]
        mark = "t" + secrets.token_hex(4)
        self.store, self.terminal, self.office = f"{mark}s", f"{mark}s-t1", f"{mark}o"

    def provision(self, password: str | None = AWKWARD, **more: object) -> Changes:
        terminals = [{"id": self.terminal, "password": password}]
        return provision(self.url, terminals=terminals, office={"id": self.office, "password": "x"}, **more)

    def get(self, path: str, user: str | None = None, password: str = AWKWARD) -> requests.Response:
        who = (user or self.terminal).encode(), password.encode()
        return requests.get(f"http://{self.root}/{path}", auth=who, timeout=30)

    def clean(self) -> None:
        requests.delete(f"{self.url}/store-{self.store}", timeout=30)
        for user in (self.terminal, self.office):
            there = f"{self.url}/_users/{quote('org.couchdb.user:' + user, safe='')}"
            doc = requests.get(there, timeout=30).json()
            if "_rev" in doc:
                requests.delete(there, params={"rev": doc["_rev"]}, timeout=30)


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("hub")
    with CouchTill("hub", "--data", data, "--port", "0", "--admin", "admin:secret") as hub:
        yield f"http://admin:secret@127.0.0.1:{hub.port}"


@pytest.fixture(params=["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def central(request: pytest.FixtureRequest) -> Iterator[Central]:
    central = Central(request.getfixturevalue("hub_url") if request.param == "hub" else COUCHDB_URL)
    had_company = requests.get(f"{central.url}/company", timeout=30).status_code == 200
    yield central
    central.clean()
    if not had_company:
        requests.delete(f"{central.url}/company", timeout=30)


def test_a_second_run_changes_nothing(central: Central) -> None:
    assert central.provision()
    company, store = (central.get(f"{name}/_security").json() for name in ("company", f"store-{central.store}"))
    assert central.provision().made == []
    assert central.provision(iterations=1000).made == []
    assert central.get("company/_security").json() == company
    assert central.get(f"store-{central.store}/_security").json() == store
    assert company["couchtill"]["id"] != store["couchtill"]["id"]


def test_a_plan_changes_nothing_and_says_what_the_run_then_does(central: Central) -> None:
    plan = central.provision(dry_run=True).made
    assert requests.get(f"{central.url}/store-{central.store}", timeout=30).status_code == 404
    done = central.provision().made
    assert plan == done
    assert not [words for words in done if AWKWARD in words]


def test_a_view_and_an_index_that_somebody_changed_are_steps_and_come_back(central: Central) -> None:
    central.provision()
    store = f"{central.url}/store-{central.store}"
    view = requests.get(f"{store}/_design/couchtill-sales", timeout=30).json()
    brought = view["views"]["by_day"]["map"]
    view["views"]["by_day"]["map"] = "function (doc) { emit(doc._id, null); }"
    view["views"]["of_a_person"] = {"map": "function (doc) { emit(1, null); }"}
    requests.put(f"{store}/_design/couchtill-sales", json=view, timeout=30).raise_for_status()
    other = {"ddoc": "couchtill-orders_by_day", "name": "orders_by_day", "type": "json", "index": {"fields": ["at"]}}
    has_mango = requests.post(f"{store}/_index", json=other, timeout=30).status_code == 200

    steps = [f"design store-{central.store}/couchtill-sales"]
    steps += [f"index store-{central.store}/orders_by_day"] if has_mango else []
    made = central.provision().made

    assert [step.partition(":")[0] for step in made] == steps
    views = requests.get(f"{store}/_design/couchtill-sales", timeout=30).json()["views"]
    assert views["by_day"]["map"] == brought and "of_a_person" in views
    assert central.provision().made == []


def test_each_comes_in_where_it_belongs_and_nowhere_else(central: Central) -> None:
    central.provision()
    mine, company = f"store-{central.store}", "company"
    other = Central(central.url)
    try:
        other.provision()
        assert central.get(company).status_code == central.get(mine).status_code == 200
        assert central.get(f"store-{other.store}").status_code == 403
        assert central.get(f"store-{other.store}", central.office, "x").status_code == 200
        assert requests.get(f"http://{central.root}/{mine}", timeout=30).status_code in (401, 403)
        assert central.get(mine, password="wrong").status_code == 401
        body = {"members": {"roles": ["everybody"]}}
        asked = requests.put(
            f"http://{central.root}/{mine}/_security",
            json=body,
            auth=(central.terminal.encode(), AWKWARD.encode()),
            timeout=30,
        )
        assert asked.status_code >= 400  # CouchDB 3.5 says 500
        assert "everybody" not in str(central.get(f"{mine}/_security").json())
    finally:
        other.clean()


def test_a_password_that_was_hashed_here_lets_its_user_in(central: Central) -> None:
    central.provision(iterations=1000)
    assert central.get("company").status_code == 200
    doc = requests.get(
        f"{central.url}/_users/{quote('org.couchdb.user:' + central.terminal, safe='')}", timeout=30
    ).json()
    assert AWKWARD not in str(doc)


@pytest.mark.parametrize("iterations", [None, 1000])
def test_another_password_replaces_the_old_one(central: Central, iterations: int | None) -> None:
    central.provision()
    assert central.provision("another", iterations=iterations).made == [f"user {central.terminal}: new password"]
    assert central.get("company", password="another").status_code == 200
    assert central.get("company").status_code == 401
    assert central.provision(None).made == []


def test_what_a_person_added_stays(central: Central) -> None:
    central.provision()
    path = f"{central.url}/store-{central.store}/_security"
    security = requests.get(path, timeout=30).json()
    security["members"]["names"] = ["auditor"]
    security["members"]["roles"].remove("office")
    assert requests.put(path, json=security, timeout=30).status_code == 200
    assert len(central.provision().made) == 1
    after = requests.get(path, timeout=30).json()
    assert after["members"]["names"] == ["auditor"]
    assert "office" in after["members"]["roles"]
    assert after["couchtill"] == security["couchtill"]


def test_an_identity_that_names_what_it_was_restored_from_stays() -> None:
    old = {"couchtill": {"id": "new", "restored_from": "old"}, "members": {"roles": ["a"]}, "admins": {}}
    new = secured(old, ("a",))
    assert new["couchtill"] == old["couchtill"]
    assert secured(new, ("a",)) == new


def test_only_an_admin_prepares_a_central(central: Central) -> None:
    central.provision()
    name, password = central.terminal, quote(AWKWARD, safe="")
    with pytest.raises(CentralError, match="must be prepared by an admin"):
        provision(f"http://{name}:{password}@{central.root}", stores=["x"])
    with pytest.raises(CentralError, match="must be prepared by an admin"):
        provision(f"http://{central.root}", stores=["x"])
    with pytest.raises(CentralError, match="does not accept this name and password"):
        provision(f"http://admin:wrong@{central.root}", stores=["x"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("central.example", "no address of a CouchDB"),
        ("http://a:geheim@127.0.0.1:1", "can't be reached"),
    ],
)
def test_a_central_that_is_none_is_told_in_words(url: str, words: str) -> None:
    with pytest.raises(CentralError, match=words) as raised:
        provision(url, stores=["s1"])
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "body"), [(200, "<html>"), (200, "[]"), (200, ""), (502, "<html>"), (404, "no"), (500, '{"error":"x"}')]
)
def test_an_answer_of_something_else_is_told_in_words(status: int, body: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nothing:
        target = f"http://a:geheim@127.0.0.1:{nothing.getsockname()[1]}"
        with FaultProxy(target) as proxy:
            for kind in ("text/html", "application/json"):
                proxy.clear()
                proxy.answer(status, body, {"Content-Type": kind})
                with pytest.raises(CentralError) as raised:
                    provision(proxy.url, stores=["s1"])
                assert "geheim" not in str(raised.value)


@pytest.mark.parametrize("id", ["S1-t1", "s1", "s1-", "../x", "s1 t1"])
def test_an_id_that_can_not_be_is_refused_before_anything_is_made(id: str) -> None:
    with pytest.raises(CentralError):
        provision("http://127.0.0.1:1", terminals=[{"id": id, "password": "x"}])
