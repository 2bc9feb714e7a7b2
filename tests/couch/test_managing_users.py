"""Who manages the users of a central: head office, which is no server admin; a terminal its own password, nobody else.

What a CouchDB 3.5.2 answers stands here as it answered it; the hub answers the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from couch.provision import provision
from tests.support.hub import Hub

PASSWORD = "correct horse"
OWN = {"office": "office", "terminal": "s1-t1"}


class Central:
    """A central with head office and two terminals, all with one password."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        terminals = [{"id": name, "password": PASSWORD} for name in ("s1-t1", "s1-t2")]
        provision(hub.url, terminals=terminals, office={"id": "office", "password": PASSWORD}, iterations=1000)

    def ask(self, who: str, method: str, path: str, body: object = None) -> requests.Response:
        auth = (OWN[who], PASSWORD)
        return requests.request(
            method, f"http://127.0.0.1:{self.hub.port}/_users{path}", json=body, auth=auth, timeout=30
        )

    def user(self, name: str) -> dict[str, object]:
        return requests.get(f"{self.hub.url}/_users/org.couchdb.user:{name}", timeout=30).json()


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with Hub(tmp_path_factory.mktemp("hub")) as running:
        yield Central(running)


def named(name: str, *roles: str) -> dict[str, object]:
    return {"name": name, "type": "user", "roles": list(roles), "password": PASSWORD}


def test_head_office_makes_and_changes_users(central: Central) -> None:
    assert (
        central.ask("office", "PUT", "/org.couchdb.user:s9-t1", named("s9-t1", "terminal", "store:s9")).status_code
        == 201
    )
    made = central.ask("office", "GET", "/org.couchdb.user:s9-t1").json()
    changed = {**made, "roles": [], "password": "another"}
    assert central.ask("office", "PUT", "/org.couchdb.user:s9-t1", changed).status_code == 201


def test_head_office_makes_no_admin_and_deletes_nobody(central: Central) -> None:
    refused = central.ask("office", "PUT", "/org.couchdb.user:boss", named("boss", "_admin"))
    assert (refused.status_code, refused.json()["reason"][:15]) == (403, "No system roles")
    rev = central.user("s1-t2")["_rev"]
    refused = central.ask("office", "DELETE", f"/org.couchdb.user:s1-t2?rev={rev}")
    assert (refused.status_code, refused.json()["reason"]) == (403, "Only admins may delete other user docs.")
    for path in ("/_all_docs", "/_changes"):
        assert central.ask("office", "GET", path).status_code == 401


def test_a_terminal_changes_its_own_password_and_not_its_roles(central: Central) -> None:
    mine = central.ask("terminal", "GET", "/org.couchdb.user:s1-t1").json()
    more = {**mine, "roles": [*mine["roles"], "office"]}
    assert central.ask("terminal", "PUT", "/org.couchdb.user:s1-t1", more).status_code == 403
    assert central.ask("terminal", "PUT", "/org.couchdb.user:s1-t1", {**mine, "password": PASSWORD}).status_code == 201


def test_a_terminal_sees_and_changes_nobody_else(central: Central) -> None:
    other = "org.couchdb.user:s1-t2"
    rev = central.user("s1-t2")["_rev"]
    assert central.ask("terminal", "GET", f"/{other}").status_code == 404
    assert central.ask("terminal", "PUT", f"/{other}", {**named("s1-t2"), "_rev": rev}).status_code == 404
    assert central.ask("terminal", "DELETE", f"/{other}?rev={rev}").status_code == 404
    assert central.ask("terminal", "PUT", "/org.couchdb.user:s1-t3", named("s1-t3", "office")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/_all_docs?include_docs=true", None),
        ("GET", "/_changes?include_docs=true", None),
        ("POST", "/_all_docs?include_docs=true", {"keys": ["org.couchdb.user:s1-t2"]}),
        ("POST", "/_all_docs/queries", {"queries": [{"include_docs": True}]}),
        ("POST", "/_design_docs?include_docs=true", {"keys": ["org.couchdb.user:s1-t2"]}),
        ("POST", "/_design_docs/queries", {"queries": [{"include_docs": True, "keys": ["org.couchdb.user:s1-t2"]}]}),
        ("POST", "/_local_docs?include_docs=true", {"keys": ["org.couchdb.user:s1-t2"]}),
        ("POST", "/_bulk_get", {"docs": [{"id": "org.couchdb.user:s1-t2"}]}),
        ("POST", "/_find", {"selector": {"name": "s1-t2"}}),
        ("GET", "/org.couchdb.user:s1-t2?open_revs=all", None),
        ("GET", "/org.couchdb.user:s1-t2?revs_info=true", None),
    ],
)
def test_no_way_of_reading_shows_a_terminal_anothers_hash(
    central: Central, method: str, path: str, body: object
) -> None:
    shown = central.ask("terminal", method, path, body).text
    assert str(central.user("s1-t2")["derived_key"]) not in shown and '"salt"' not in shown


@pytest.mark.parametrize(
    "security",
    [
        {},
        {"admins": {"roles": ["_admin"]}, "members": {"roles": [], "names": []}},
        {"admins": {"roles": ["office"]}, "members": {"roles": ["office"]}},
        {"members": {"roles": ["_admin"]}},
    ],
)
def test_nothing_opens_the_users_to_everybody(central: Central, security: object) -> None:
    there = f"{central.hub.url}/_users/_security"
    before = requests.get(there, timeout=30).json()
    assert requests.put(there, json=security, timeout=30).status_code == 403
    assert requests.get(there, timeout=30).json() == before


def test_a_terminal_does_not_change_who_manages_users(central: Central) -> None:
    security = requests.get(f"{central.hub.url}/_users/_security", timeout=30).json()
    assert central.ask("terminal", "PUT", "/_security", security).status_code == 403
