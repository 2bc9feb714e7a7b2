"""What head office knows of its central: from a hub or a CouchDB, as an administrator and as one who may see little."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.node import central_view
from app.node.central_view import CentralView
from app.node.state import NodeState
from couch.designs import design_documents
from tests.support.couchdb import COUCHDB_URL
from tests.support.hub import Hub, fresh

KINDS = ["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)]


class Central:
    """A central with a database of a store's, and a user who may read and write that, and no more."""

    def __init__(self, admin: str) -> None:
        self.admin = admin
        self.name = f"store-{fresh()}"
        self.user = f"office-{fresh()}"
        root = requests.utils.urldefragauth(admin).rstrip("/")
        self.root = root

    def make(self) -> None:
        self.put(self.name)
        self.put(
            f"{self.name}/_security", {"members": {"names": [self.user], "roles": []}, "admins": {"roles": ["_admin"]}}
        )
        body = {"name": self.user, "type": "user", "roles": ["office"], "password": "pw"}
        self.put(f"_users/org.couchdb.user:{self.user}", body)
        self.put(f"{self.name}/a", {"type": "note"})

    def put(self, path: str, body: Any = None) -> dict[str, Any]:
        answer = requests.put(f"{self.admin}/{path}", json=body, timeout=30)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def manage(self) -> None:
        """The user may see to users, as provisioning lets head office."""
        old = requests.get(f"{self.admin}/_users/_security", timeout=30).json()
        admins = {**old.get("admins", {}), "roles": sorted({*old.get("admins", {}).get("roles", []), "office"})}
        self.put("_users/_security", {**old, "admins": admins})

    def remove(self) -> None:
        requests.delete(f"{self.admin}/{self.name}", timeout=30)
        path = f"{self.admin}/_users/org.couchdb.user:{self.user}"
        requests.delete(path, params={"rev": requests.get(path, timeout=30).json()["_rev"]}, timeout=30)

    def session(self, *, admin: bool = False) -> requests.Session:
        made = requests.Session()
        if not admin:
            made.auth = (self.user, "pw")
        return made


@pytest.fixture(params=KINDS)
def central(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Central]:
    if request.param == "couchdb":
        made = Central(COUCHDB_URL)
        made.make()
        yield made
        made.remove()
        return
    with Hub(tmp_path / "hub") as hub:
        made = Central(hub.url)
        made.make()
        yield made


def look(view: CentralView, central: Central, *, admin: bool = False) -> dict[str, Any]:
    with central.session(admin=admin) as session:
        view.look(session, central.admin if admin else central.root)
    return view.as_dict()


def test_a_member_sees_databases_and_rules_and_is_told_what_only_an_administrator_sees(central: Central) -> None:
    view = CentralView(lambda: [central.name])

    told = look(view, central)

    database = told["databases"][central.name]
    assert (database["documents"], database["deleted"]) == (1, 0)
    assert database["file"] > 0 and database["active"] > 0
    assert database["designs"] == {}
    assert {"tasks", "all"} <= set(told["refused"])
    assert "tasks" not in told and "all" not in told
    assert told["server"]["version"].startswith("3.") and told["at"]


def test_where_only_an_administrator_may_list_users_those_are_shown_that_are_known_here(central: Central) -> None:
    till, stranger = f"s1-t-{central.name[6:]}", f"other-{central.name[6:]}"
    central.manage()
    for name in (till, stranger):
        central.put(f"_users/org.couchdb.user:{name}", {"name": name, "type": "user", "roles": ["terminal"]})
    known = [till, "nobody", central.user]
    view = CentralView(lambda: [central.name], None, lambda: known)

    users = look(view, central)["users"]

    assert [(row["name"], row["roles"]) for row in users["rows"]] == [(central.user, ["office"]), (till, ["terminal"])]
    assert (users["some"], users["more"]) == (True, False)
    known.remove(till)  # its document is gone from head office's databases
    assert [row["name"] for row in look(view, central)["users"]["rows"]] == [central.user]
    whole = look(CentralView(lambda: [], None, lambda: known), central, admin=True)["users"]
    assert {till, stranger} <= {row["name"] for row in whole["rows"]} and "some" not in whole


def test_an_administrator_sees_active_tasks_every_database_and_users_without_hashes(central: Central) -> None:
    view = CentralView(lambda: [central.name])

    told = look(view, central, admin=True)

    assert told["refused"] == {}
    assert isinstance(told["tasks"]["rows"], list)
    assert central.name in told["all"]["names"]
    [user] = [row for row in told["users"]["rows"] if row["name"] == central.user]
    assert user == {"name": central.user, "roles": ["office"], "disabled": False}
    assert "derived_key" not in str(told) and "salt" not in str(told)


def test_rules_that_are_missing_older_changed_or_newer_are_told_apart(central: Central) -> None:
    view = CentralView(lambda: [central.name])
    look(view, central)
    assert view.outdated() is None  # nobody said what they should be
    view.designs = lambda kind: design_documents(kind)  # type: ignore[arg-type]
    brought = design_documents("store")
    assert view.differing() == {central.name: [doc["_id"] for doc in brought]}
    [task] = view.outdated() or []

    revs = [central.put(f"{central.name}/{doc['_id']}", doc)["rev"] for doc in brought]
    view._asked.clear()
    view._seen["databases"].clear()
    look(view, central)
    assert (view.differing(), view.outdated()) == ({}, [])
    changed = {**brought[0], "couchtill": {**brought[0]["couchtill"], "hash": "0" * 16}, "_rev": revs[0]}
    rev = central.put(f"{central.name}/{brought[0]['_id']}", changed)["rev"]
    view._seen["databases"].clear()
    look(view, central)
    assert (view.differing(), view.outdated()) == ({central.name: [brought[0]["_id"]]}, [task])
    newer = {**changed, "couchtill": {"version": 10**6, "hash": "1" * 16}, "_rev": rev}
    central.put(f"{central.name}/{brought[0]['_id']}", newer)
    view._seen["databases"].clear()
    look(view, central)
    assert view.outdated() == []


def test_a_database_that_is_not_there_or_not_ours_is_said(central: Central) -> None:
    central.put(f"{central.name}-other")
    central.put(f"{central.name}-other/_security", {"members": {"names": ["x"], "roles": []}, "admins": {}})
    view = CentralView(lambda: [f"{central.name}-none", f"{central.name}-other"])

    told = look(view, central)["databases"]

    requests.delete(f"{central.admin}/{central.name}-other", timeout=30)
    assert told[f"{central.name}-other"]["refused"] is True
    assert told[f"{central.name}-none"].get("missing") is True


def test_what_was_seen_is_still_known_after_a_restart(central: Central, tmp_path: Path) -> None:
    state = NodeState(tmp_path)
    before = look(CentralView(lambda: [central.name], state), central)
    state.close()

    after = CentralView(lambda: [central.name], NodeState(tmp_path)).as_dict()

    assert after == before


def test_a_thousand_databases_are_looked_at_in_turns(central: Central, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(central_view, "AT_ONCE", 2)
    view = CentralView(lambda: [f"{central.name}-{n}" for n in range(5)])

    assert [len(look(view, central)["databases"]) for _ in range(3)] == [2, 4, 5]


def test_it_looks_closer_while_somebody_watches(central: Central) -> None:
    view = CentralView(lambda: [central.name])
    with central.session() as session:
        assert view.look(session, central.root) == central_view.READING
        assert view.watched() and not view.watched()
        assert view.look(session, central.root) == central_view.WATCHED


def test_documents_in_dispute_are_counted_at_the_central_and_no_look_waits_for_it(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = [{"_id": "cart:x", "type": "cart", "schema": 1, "_rev": f"1-{letter * 32}"} for letter in "ab"]
    for doc in design_documents("store"):
        central.put(f"{central.name}/{doc['_id']}", doc)
    view = CentralView(lambda: [central.name])
    assert counted(view, central, 0)
    url = f"{central.admin}/{central.name}"

    requests.post(f"{url}/_bulk_docs", json={"docs": docs, "new_edits": False}, timeout=30).raise_for_status()

    assert counted(view, central, 1)
    requests.delete(f"{url}/cart:x", params={"rev": docs[0]["_rev"]}, timeout=30).raise_for_status()
    assert counted(view, central, 0)
    monkeypatch.setattr(central_view, "SETTLED", 0.0)
    asked: list[str] = []
    with central.session() as session:
        session.hooks["response"].append(lambda answer, **_: asked.append(answer.url))
        view.look(session, central.root)
        asked.clear()
        view.look(session, central.root)
    assert not [url for url in asked if "_view" in url], "nothing has changed, and the view was asked again"


def counted(view: CentralView, central: Central, number: int) -> bool:
    """Whether the looks come to that number, within some of them: CouchDB builds its view behind its answer."""
    for _ in range(100):
        if look(view, central)["databases"][central.name].get("conflicts") == number:
            return True
        time.sleep(0.1)
    return False
