"""The foreign clients at a central that is guarded: its rules are in, and they come as a terminal's user.

What is refused is told with its reason and stops nothing else; what a till may write goes through.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import couchdb
import pytest
import requests

from couch.provision import provision
from tests.couch.cases import document
from tests.support.couchdb import COUCHDB_URL
from tests.support.hub import Hub
from tests.support.pouch import Pouch
from tests.support.process import wait_until

KINDS = ["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)]
SOON = 60.0
ONLY_ONCE = "A document of the type “order” is written once: another one that names it corrects it."


class Guarded:
    """A prepared store at a central. `url` is its database's as its terminal comes, `admin` as an admin does."""

    def __init__(self, central: str) -> None:
        self.central = central
        self.store = f"t{secrets.token_hex(4)}"
        self.terminal, password = f"{self.store}-t1", secrets.token_hex(12)
        provision(central, terminals=[{"id": self.terminal, "password": password}], iterations=1000)
        host = central.rpartition("@")[2]
        self.root = f"http://{self.terminal}:{password}@{host}"
        self.url, self.admin = f"{self.root}/store-{self.store}", f"{central}/store-{self.store}"

    def put(self, doc: dict[str, Any]) -> str:
        """As an admin."""
        answer = requests.put(f"{self.admin}/{quote(doc['_id'], safe='')}", json=doc, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["rev"])

    def ids(self) -> set[str]:
        rows = requests.get(f"{self.admin}/_all_docs", timeout=30).json()["rows"]
        return {row["id"] for row in rows if not row["id"].startswith("_design/")}

    def rev(self, id: str) -> str:
        return str(requests.get(f"{self.admin}/{quote(id, safe='')}", timeout=30).json()["_rev"])

    def clean(self) -> None:
        requests.delete(self.admin, timeout=30)
        user = f"{self.central}/_users/org.couchdb.user:{self.terminal}"
        requests.delete(user, params={"rev": requests.get(user, timeout=30).json()["_rev"]}, timeout=30)


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub.url


@pytest.fixture(params=KINDS)
def guarded(request: pytest.FixtureRequest) -> Iterator[Guarded]:
    made = Guarded(request.getfixturevalue("hub_url") if request.param == "hub" else COUCHDB_URL)
    yield made
    made.clean()


def order(n: int, **more: Any) -> dict[str, Any]:
    return document("order", n, **more)


# -- PouchDB 9 ------------------------------------------------------------------------------------------------------


def test_pouchdb_replicates_both_ways_and_a_denied_document_stops_no_other(pouch: Pouch, guarded: Guarded) -> None:
    sold = order(1)
    guarded.put(sold)
    assert pouch.call("till", "replicate.from", guarded.url)["ok"] is True
    mine = pouch.call("till", "get", sold["_id"])
    design = pouch.call("till", "get", "_design/couchtill")

    pouch.call("till", "put", {**mine, "total": 1})
    pouch.call("till", "put", {**design, "validate_doc_update": "function () {}"})
    wrong, fine = order(2, total="12"), [order(n) for n in range(3, 8)]
    pouch.call(
        "till", "bulkDocs", [wrong, *fine, document("cart", 8), document("tax", 9), {"_id": "of-another-program"}]
    )
    result = pouch.call("till", "replicate.to", guarded.url)

    assert result["doc_write_failures"] == 4 and result["docs_written"] == len(fine) + 2
    wanted = {sold["_id"], *(one["_id"] for one in fine), document("cart", 8)["_id"], "of-another-program"}
    assert guarded.ids() == wanted
    assert guarded.rev(sold["_id"]) == mine["_rev"]
    assert guarded.rev("_design/couchtill") == design["_rev"]
    told = {one["id"]: one["reason"] for one in result["errors"]}
    assert told[sold["_id"]] == ONLY_ONCE
    assert told[wrong["_id"]] == "The field “total” must be a whole number."
    assert "tax" in told[document("tax", 9)["_id"]]


def test_pouchdb_goes_on_live_after_what_was_denied(pouch: Pouch, guarded: Guarded) -> None:
    handle = pouch.call("till", "livesync", guarded.url)
    wrong, fine, down = order(1, total="12"), order(2), order(3)
    pouch.call("till", "put", wrong)
    pouch.call("till", "put", fine)
    guarded.put(down)
    wait_until(lambda: fine["_id"] in guarded.ids(), SOON, "what is right is pushed")
    there = {"keys": [down["_id"]]}
    wait_until(lambda: "error" not in pouch.call("till", "allDocs", there)["rows"][0], SOON, "it is pulled")
    assert wrong["_id"] not in guarded.ids()
    assert pouch.call("till", "cancel", handle) == "complete"


def test_pouchdb_without_a_password_or_at_another_store_gets_nothing(pouch: Pouch, guarded: Guarded) -> None:
    guarded.put(order(1))
    other = Guarded(guarded.central)
    try:
        stranger = f"{guarded.root}/store-{other.store}"
        for url in (stranger, guarded.url.replace(f"{guarded.terminal}:", f"{guarded.terminal}:x")):
            with pytest.raises(AssertionError, match=r"401|403"):
                pouch.call("till", "replicate.from", url)
        assert pouch.call("till", "allDocs")["rows"] == []
    finally:
        other.clean()


# -- CouchDB's replicator -------------------------------------------------------------------------------------------


@pytest.mark.couchdb
def test_couchdbs_replicator_carries_a_store_both_ways_as_the_terminals_user(hub_url: str) -> None:
    """A job in `_replicator` for each direction, between a CouchDB and a hub, each with its rules and its user."""
    here, there = Guarded(hub_url), Guarded(COUCHDB_URL)
    jobs = {f"{there.store}-up": (there, here), f"{there.store}-down": (here, there)}
    place = f"{COUCHDB_URL}/_replicator"
    up, down, rules = order(1), order(2), here.rev("_design/couchtill")
    there.put(up)
    here.put(down)
    try:
        for id, (source, target) in jobs.items():
            job = {"source": source.url, "target": target.url, "continuous": True}
            requests.put(f"{place}/{id}", json=job, timeout=30).raise_for_status()
        wait_until(lambda: up["_id"] in here.ids() and down["_id"] in there.ids(), SOON, "both have both")
        # What its rules refuse a till, a job of that till can't bring either; the rest arrives.
        later = order(3)
        for one in (here, there):
            changed = {**one_of(one, up["_id"]), "total": 1}
            refused = requests.put(f"{one.url}/{quote(up['_id'], safe='')}", json=changed, timeout=30)
            assert (refused.status_code, refused.json()["reason"]) == (403, ONLY_ONCE)
        there.put(document("tax", 4, _id="taxes-of-another-program", type="none"))
        without_rules(there, order(5, total="12"))
        there.put(later)
        wait_until(lambda: later["_id"] in here.ids(), SOON, "what came later arrives")
        wait_until(lambda: "taxes-of-another-program" in here.ids(), SOON, "what is nobody's arrives")
        job = f"{COUCHDB_URL}/_scheduler/docs/_replicator/{there.store}-up"
        # The order, and the design document that was another one for a moment: a till's job may bring neither.
        wait_until(lambda: refusals(job) >= 2, SOON, "the replicator has tried what is refused")
        assert order(5)["_id"] not in here.ids() and order(5)["_id"] in there.ids()
        assert here.rev("_design/couchtill") == rules and here.rev(up["_id"]) == there.rev(up["_id"])
    finally:
        for id in jobs:
            rev = requests.get(f"{place}/{id}", timeout=30).json().get("_rev")
            requests.delete(f"{place}/{id}", params={"rev": rev}, timeout=30)
        here.clean()
        there.clean()


def refusals(job: str) -> int:
    """How many documents of a job were refused so far."""
    return int((requests.get(job, timeout=30).json().get("info") or {}).get("doc_write_failures") or 0)


def one_of(guarded: Guarded, id: str) -> dict[str, Any]:
    doc: dict[str, Any] = requests.get(f"{guarded.admin}/{quote(id, safe='')}", timeout=30).json()
    return doc


def without_rules(guarded: Guarded, doc: dict[str, Any]) -> None:
    """Writes `doc` at a central that has no rules for a moment: of an older CouchTill, or nobody prepared it."""
    rules = one_of(guarded, "_design/couchtill")
    bare = {key: value for key, value in rules.items() if key != "validate_doc_update"}
    guarded.put(bare)
    guarded.put(doc)
    guarded.put({**rules, "_rev": guarded.rev("_design/couchtill")})


# -- couchdb-python -------------------------------------------------------------------------------------------------


def test_couchdb_python_reads_writes_and_is_told_why_not(guarded: Guarded) -> None:
    store = couchdb.Server(guarded.root)[f"store-{guarded.store}"]
    _, rev = store.save(order(1))
    sold = store[order(1)["_id"]]
    assert sold.rev == rev and [row.id for row in store.view("_all_docs", startkey="order:")] == [sold.id]
    sold["total"] = 1
    with pytest.raises(couchdb.http.Forbidden) as refused:
        store[sold.id] = sold
    assert refused.value.args[0] == ("forbidden", ONLY_ONCE)
    with pytest.raises(couchdb.http.Forbidden, match="only head office deletes it"):
        store.delete(store[sold.id])
    several = store.update([order(2), order(3, total="12"), document("cart", 4)])
    assert [ok for ok, _, _ in several] == [True, False, True]
    assert "“total” must be a whole number" in str(several[1][2])
    with pytest.raises(couchdb.http.Forbidden):
        store["_design/couchtill"] = {"_rev": store["_design/couchtill"].rev}
    with pytest.raises((couchdb.http.Forbidden, couchdb.http.ServerError)):
        store.security = {"members": {"roles": []}}
    with pytest.raises(couchdb.http.Unauthorized):
        couchdb.Server(guarded.root).create("mine")
    assert store.get("none") is None and store[sold.id].rev == rev
