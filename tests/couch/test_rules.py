"""Who may write what, at each kind of central: one table of cases, the same answer everywhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from app.couchjs.engine import Candidate, Engine, Program
from app.shop import ids, schemas
from couch.designs import KINDS, design_documents
from tests.couch.cases import BOTH, RIGHTS, USERS, Case, table
from tests.support.couchdb import COUCHDB_URL
from tests.support.pouchdb_server import PouchDBServer
from tests.support.web import running_hub

TABLE = table()
ROOT = "1-" + "0" * 31 + "1"


def said(case: Case, reason: str | None) -> str | None:
    """A line about a case that did not go as it should, None for one that did."""
    return None if reason == case.refused else f"{case.name}: {reason!r}, not {case.refused!r}"


def test_the_table_has_hundreds_of_cases_each_with_a_document_of_its_own():
    assert len(TABLE) > 1000
    assert len({case.after["_id"] for case in TABLE}) == len(TABLE)


def test_every_type_that_the_shop_knows_is_in_the_rules_and_in_the_table():
    assert set(RIGHTS) | set(BOTH) >= set(schemas.SCHEMAS) | ids.IMMUTABLE
    once = {type for type, (_, _, once) in RIGHTS.items() if once} | {type for type, once in BOTH.items() if once}
    assert once >= ids.IMMUTABLE and once.isdisjoint(set(schemas.SCHEMAS) - ids.IMMUTABLE - {"booking"})


# ---------------------------------------------------------------- in the engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    running = Engine()
    yield running
    running.close()


def program(kind: Any, promised: bool) -> Program:
    found = [doc for doc in design_documents(kind) if "validate_doc_update" in doc]
    (rules,) = found
    return Program.of(kind, rules["_id"], json.dumps(rules).encode(), rules["couchtill"]["reads"] if promised else None)


def candidate(case: Case) -> Candidate:
    """What a case brings, as a central shows it."""
    old = None
    new = dict(case.after)
    if case.before is not None and case.way != "root":
        old = {**case.before, "_rev": ROOT, "_revisions": {"start": 1, "ids": [ROOT[2:]]}}
        own = ROOT[2:] if case.way == "edit" else "c" * 32
        new |= {"_rev": f"2-{own}", "_revisions": {"start": 2, "ids": [own, ROOT[2:]]}}
    return Candidate(new["_id"], new, None if old is None else json.dumps(old).encode())


@pytest.mark.parametrize("promised", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_says_what_the_table_says(engine: Engine, kind: Any, promised: bool) -> None:
    """Shown whole documents, and shown what the functions promise to read alone."""
    rules = program(kind, promised)
    wrong = []
    for user, roles in USERS.items():
        cases = [case for case in TABLE if case.kind == kind and case.user == user]
        context = json.dumps({"db": "any", "name": user, "roles": roles}).encode()
        security = json.dumps({"admins": {"names": ["keeper"], "roles": ["_admin"]}, "members": {}}).encode()
        answers = engine.validate(rules, context, security, [candidate(case) for case in cases])
        for case, answer in zip(cases, answers, strict=True):
            if answer is not None:
                assert answer.error == "forbidden", (case, answer)
            wrong.append(said(case, None if answer is None else answer.reason))
    assert list(filter(None, wrong)) == []


# ---------------------------------------------------------------- over HTTP


class Central:
    """A central with two databases of the test's own that have the rules, and users."""

    def __init__(self, url: str, mark: str = "") -> None:
        self.url, self.mark = url, mark
        self.root = url.partition("://")[2].rpartition("@")[2]
        self.names = {user: f"{mark}{user}" for user in USERS}

    def database(self, kind: str) -> str:
        return f"{self.mark}{'store-s1' if kind == 'store' else 'company'}"

    def ask(self, method: str, path: str, user: str | None = None, **more: Any) -> requests.Response:
        url = self.url if user in (None, "admin") else f"http://{self.names[str(user)]}:pw-{user}@{self.root}"
        return requests.request(method, f"{url}/{path}", timeout=60, **more)

    def set_up(self) -> None:
        self.ask("PUT", "_users")
        for user, roles in USERS.items():
            if user != "admin":
                doc = {"name": self.names[user], "password": f"pw-{user}", "roles": list(roles), "type": "user"}
                self.ask("PUT", f"_users/org.couchdb.user:{self.names[user]}", json=doc).raise_for_status()
        for kind in KINDS:
            name = self.database(kind)
            self.ask("PUT", name).raise_for_status()
            before = [case.before for case in TABLE if case.kind == kind and case.before is not None]
            assert all(one.get("ok") for one in self.bulk(name, before, None))
            members = {"names": [], "roles": ["terminal", "office", "reader"]}
            security = {"admins": {"names": [self.names["keeper"]], "roles": ["_admin"]}, "members": members}
            self.ask("PUT", f"{name}/_security", json=security).raise_for_status()
            for doc in design_documents(kind):
                self.ask("PUT", f"{name}/{doc['_id']}", json=doc).raise_for_status()

    def bulk(self, name: str, docs: Sequence[Any], user: str | None, new_edits: bool = True) -> list[dict[str, Any]]:
        answer = self.ask("POST", f"{name}/_bulk_docs", user, json={"docs": docs, "new_edits": new_edits})
        assert answer.status_code == 201, answer.text
        return answer.json()  # type: ignore[no-any-return]

    def one_by_one(self, name: str, docs: Sequence[Any], user: str) -> list[dict[str, Any]]:
        """As `bulk`, each document by a request of its own."""
        found = []
        for doc in docs:
            answer = self.ask("PUT", f"{name}/{quote(doc['_id'], safe='')}", user, json=doc)
            found.append({"id": doc["_id"], **answer.json()})
        return found

    def revs(self, kind: str) -> dict[str, str]:
        rows = self.ask("GET", f"{self.database(kind)}/_all_docs").json()["rows"]
        return {row["id"]: row["value"]["rev"] for row in rows}

    def clean(self) -> None:
        for kind in KINDS:
            self.ask("DELETE", self.database(kind))
        for name in self.names.values():
            path = f"_users/org.couchdb.user:{quote(name, safe='')}"
            doc = self.ask("GET", path).json()
            if "_rev" in doc:
                self.ask("DELETE", path, params={"rev": doc["_rev"]})


def answers(central: Central, kind: str, user: str) -> list[str]:
    """What did not go as the table says, for the cases of a user in a kind of database.

    PouchDB Server shows its functions another world: of a bulk request no `_security` (so whom it names an admin writes
    one by one), and what stands there as the old document of whatever comes (so a second root is a change to it)."""
    pouchdb = isinstance(central, PouchCentral)
    revs = central.revs(kind)
    name = central.database(kind)
    cases = [case for case in TABLE if case.kind == kind and case.user == user]
    if pouchdb:
        shown = [case for case in cases if case.way != "root" or case.before is None]
        cases = [case for case in shown if user != "keeper" or case.way == "edit"]
    wrong: list[str | None] = []
    edits = [case for case in cases if case.way == "edit"]
    docs = [{**case.after, **({} if case.before is None else {"_rev": revs[case.after["_id"]]})} for case in edits]
    send = central.one_by_one if pouchdb and user == "keeper" else central.bulk
    said_of = {answer["id"]: answer for answer in send(name, docs, user)}  # PouchDB keeps no order
    for case in edits:
        answer = said_of[case.after["_id"]]
        assert answer.get("error", "forbidden") == "forbidden", (case, answer)
        wrong.append(said(case, answer.get("reason")))
    arrivals = [case for case in cases if case.way != "edit"]
    brought = [arrival(case, revs.get(case.after["_id"])) for case in arrivals]
    failures = {one["id"]: one for one in central.bulk(name, brought, user, new_edits=False) if "error" in one}
    for case in arrivals:
        failure = failures.get(case.after["_id"], {"error": "forbidden"})
        assert failure["error"] == "forbidden", (case, failure)
        wrong.append(said(case, failure.get("reason")))
    return list(filter(None, wrong))


def arrival(case: Case, rev: str | None) -> dict[str, Any]:
    own = secrets.token_hex(16)
    if case.way == "root" or rev is None:
        return {**case.after, "_rev": f"1-{own}", "_revisions": {"start": 1, "ids": [own]}}
    return {**case.after, "_rev": f"2-{own}", "_revisions": {"start": 2, "ids": [own, rev[2:]]}}


class PouchCentral(Central):
    """A PouchDB Server."""


@pytest.fixture(scope="module")
def hub_central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        central = Central(hub.url)
        central.set_up()
        yield central


@pytest.fixture(scope="module")
def couchdb_central() -> Iterator[Central]:
    central = Central(COUCHDB_URL, f"t{secrets.token_hex(4)}-")
    central.set_up()
    yield central
    central.clean()


@pytest.fixture(scope="module")
def pouchdb_central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with PouchDBServer(Path(tmp_path_factory.mktemp("pouch"))) as server:
        central = PouchCentral(server.add_admin("admin", "secret"))
        central.set_up()
        yield central


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", ["hub", "pouchdb", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def test_a_central_says_what_the_table_says(request: pytest.FixtureRequest, at: str, kind: str, user: str) -> None:
    assert answers(request.getfixturevalue(f"{at}_central"), kind, user) == []
