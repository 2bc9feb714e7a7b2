"""The drills of `test_drills.py` at an Apache CouchDB, which others use too: what is lost there is a store's database.

A, B  it is lost, found to be another one, and put back    E  no copy of it, and no head office either
D     a till's data on two machines                        F  head office's machine
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app import cli
from couch.provision import provision
from tests.faults import rig
from tests.faults.rig import Terminal, copy, in_step, prove
from tests.faults.test_copies import incidents
from tests.faults.test_erasing import Office
from tests.support.couchdb import COUCHDB_URL
from tests.support.process import wait_until

SOON = 90.0
pytestmark = pytest.mark.couchdb


class Central:
    """A CouchDB, and a store of the test's own there."""

    def __init__(self) -> None:
        self.url = COUCHDB_URL
        self.store = f"t{secrets.token_hex(4)}"
        self.database, self.rebuilt = f"store-{self.store}", f"{self.store}-company"
        self.users = [{"id": f"{self.store}-t{n}", "password": secrets.token_hex(12)} for n in (1, 2)]
        self.boss = {"id": f"{self.store}-office", "password": secrets.token_hex(12)}
        self.left: list[str] = []

    def prepare(self) -> None:
        provision(self.url, stores=[self.store], terminals=self.users, office=self.boss, iterations=rig.ITERATIONS)

    def terminal(self, path: Path, number: int) -> Terminal:
        user = self.users[number - 1]
        return Terminal(path, user["id"], self.address(user))

    def office(self, path: Path) -> Office:
        return StoreOffice(path, self.address(self.boss), self.store)

    def leaves(self, node: Any, database: str = "") -> dict[str, list[str]]:
        """The leaves of every document of the store, but of those that each start of a till writes."""
        url, session = (node.url, requests) if node is self else (f"{node.url}/couch", node.session)
        rows = session.get(f"{url}/{database or self.database}/_changes?style=all_docs", timeout=60).json()["results"]
        found = {row["id"]: sorted(change["rev"] for change in row["changes"]) for row in rows}
        return {id: revs for id, revs in found.items() if not id.startswith(("_design/", "terminal:"))}

    def settled(self, *nodes: Any) -> dict[str, list[str]]:
        """Waits until the central and these nodes hold the same of the store; what that is."""

        def same() -> Any:
            here = self.leaves(self)
            return here if here and all(self.leaves(node) == here for node in nodes) else None

        known: Any = wait_until(same, SOON, "the central and its nodes hold the same")
        return known

    def product(self, office: Office, price: int) -> str:
        """A product of the test's own, as head office's program writes it; its id."""
        id = f"product:{self.store}"
        there = f"{office.url}/couch/company/{id}"
        old = office.session.get(there, timeout=30).json()
        doc = {"type": "product", "schema": 1, "name": "Thing", "price": {"amount": price}}
        rev = {"_rev": old["_rev"]} if "_rev" in old else {}
        office.session.put(there, json={**doc, **rev}, timeout=30).raise_for_status()
        self.left = [id]
        return id

    def price(self, node: Any) -> int | None:
        url, session = (node.url, requests) if node is self else (f"{node.url}/couch", node.session)
        doc = session.get(f"{url}/company/product:{self.store}", timeout=30).json()
        return doc["price"]["amount"] if "price" in doc else None

    def orders(self, store: str) -> dict[str, dict[str, Any]]:
        return rig.all_orders(f"{self.url}/store-{store}")

    def address(self, user: dict[str, str]) -> str:
        return f"http://{user['id']}:{user['password']}@{self.url.rpartition('@')[2]}"

    def close(self) -> None:
        requests.delete(f"{self.url}/{self.database}", timeout=30)
        requests.delete(f"{self.url}/{self.rebuilt}", timeout=30)
        users = [f"_users/org.couchdb.user:{user['id']}" for user in (*self.users, self.boss)]
        for there in (*users, *(f"company/{id}" for id in self.left)):
            rev = requests.get(f"{self.url}/{there}", timeout=30).json().get("_rev")
            requests.delete(f"{self.url}/{there}", params={"rev": rev}, timeout=30)


class StoreOffice(Office):
    """Head office of this store alone: at a central that others use too."""

    def __init__(self, path: Path, central: str, store: str) -> None:
        self.store = store
        super().__init__(path, central)

    def launch(self, *more: str) -> None:
        super().launch(*more, *(("--stores", self.store) if more else ()))


@pytest.fixture
def central() -> Iterator[Central]:
    made = Central()
    made.prepare()
    yield made
    made.close()


def test_a_stores_database_that_was_made_anew_waits_and_one_that_was_put_back_gets_what_it_had_lost(
    central: Central, tmp_path: Path
) -> None:
    sold: dict[str, dict[str, Any]] = {}
    with central.terminal(tmp_path / "one", 1) as one, central.terminal(tmp_path / "two", 2) as two:
        sold["one"], sold["two"] = one.sell("one"), two.sell("two")
        in_step(central, one, two, store=central.store, timeout=SOON)  # type: ignore[arg-type]
        backup = tmp_path / "last-night.zip"
        assert cli.main(["central", "backup", central.url, str(backup), "--database", central.database]) == 0
        sold["three"], sold["four"] = one.sell("three"), two.sell("four")
        in_step(central, one, two, store=central.store, timeout=SOON)  # type: ignore[arg-type]

        requests.delete(f"{central.url}/{central.database}", timeout=30).raise_for_status()
        central.prepare()
        for till in (one, two):
            till.sync_now()
            wait_until(
                lambda till=till: central.database in {each["database"] for each in till.get("/api/sync")["asks"]},
                SOON,
                f"{till.id} asks",
            )
        sold["five"] = one.sell("five")
        assert central.orders(central.store) == {}

        assert cli.main(["central", "restore", str(backup), central.url]) == 0
        for till in (one, two):
            till.sync_now()
        orders = in_step(central, one, two, store=central.store, timeout=SOON)  # type: ignore[arg-type]
        prove(orders, sold, set(sold))
        assert one.get("/api/sync")["asks"] == [] and one.get("/api/sync")["refused"] == []


def test_drill_c_a_till_put_back_from_an_image_begins_a_new_series(central: Central, tmp_path: Path) -> None:
    store = central.store
    with central.terminal(tmp_path / "one", 1) as one:
        sold = {"one": one.sell("one")}
        one.stop()
    copy(tmp_path / "one", tmp_path / "image")
    with central.terminal(tmp_path / "one", 1) as one:
        sold["two"], sold["three"] = one.sell("two"), one.sell("three")
        in_step(central, one, store=store, timeout=SOON)  # type: ignore[arg-type]
        one.kill()
    shutil.rmtree(tmp_path / "one")
    copy(tmp_path / "image", tmp_path / "one")
    with central.terminal(tmp_path / "one", 1) as restored:
        in_step(central, restored, store=store, timeout=SOON)  # type: ignore[arg-type]
        sold["four"] = restored.sell("four")
        orders = in_step(central, restored, store=store, timeout=SOON)  # type: ignore[arg-type]
        wait_until(lambda: incidents(central, "behind", store), SOON, "the incident is at the central")
        restored.stop()
    assert sold["four"]["series"] != sold["three"]["series"] and sold["four"]["number"] == 1
    prove(orders, sold, set(sold))
    assert rig.verify(tmp_path / "one") == 1


def test_drill_d_two_machines_with_one_tills_data_are_found_at_first_contact_and_both_go_on(
    central: Central, tmp_path: Path
) -> None:
    store, id = central.store, central.users[0]["id"]
    with central.terminal(tmp_path / "one", 1) as one, central.terminal(tmp_path / "two", 2) as two:
        sold = {"one": one.sell("one")}
        in_step(central, one, two, store=store, timeout=SOON)  # type: ignore[arg-type]
        claim = f"{central.url}/{central.database}/terminal:{id}"
        wait_until(lambda: requests.get(claim, timeout=30).json().get("claim"), SOON, "the till has claimed its name")
        copy(tmp_path / "one", tmp_path / "clone")  # while it runs: a snapshot of a virtual machine's disk
        central.settled(one, two)
        with central.terminal(tmp_path / "clone", 1) as clone:
            wait_until(lambda: incidents(central, "copied", store), SOON, "it is an incident at the central")
            for name, till in (("two", one), ("three", clone), ("four", one), ("five", clone)):
                sold[name] = till.sell(name)
            orders = in_step(central, one, clone, two, store=store, timeout=SOON)  # type: ignore[arg-type]
            prove(orders, sold, set(sold))
            series = {name: order["series"] for name, order in sold.items()}
            assert series["two"] == series["four"] != series["three"] == series["five"]
            numbers = [(order["series"], order["number"]) for order in orders.values()]
            assert len(set(numbers)) == len(numbers) == 5
            for node in (one, clone):
                page = node.session.get(f"{node.url}/api/inbox?list=incidents", timeout=30)
                assert f"Two machines run as {id.upper()}" in page.text
    assert incidents(central, "number", store) == [] and incidents(central, "behind", store) == []
    assert len(incidents(central, "copied", store)) == 1


def test_drill_e_without_a_copy_and_without_head_office_it_is_rebuilt_from_its_tills(
    central: Central, tmp_path: Path
) -> None:
    with central.terminal(tmp_path / "one", 1) as one, central.terminal(tmp_path / "two", 2) as two:
        with central.office(tmp_path / "office") as office:
            sold = {"one": one.sell("one"), "two": one.sell("two"), "three": two.sell("three")}
            central.product(office, 250)
            before = central.settled(one, two, office)
            wait_until(lambda: central.price(two) == 250, SOON, "the till has what head office wrote")
            office.kill()
        shutil.rmtree(tmp_path / "office")
        requests.delete(f"{central.url}/{central.database}", timeout=30).raise_for_status()
        central.prepare()
        for till in (one, two):
            till.sync_now()
            wait_until(
                lambda till=till: central.database in {each["database"] for each in till.get("/api/sync")["asks"]},
                SOON,
                f"{till.id} asks",
            )
        assert central.leaves(central) == {}
        for till in (one, two):
            body = {"databases": [central.database]}
            till.session.post(f"{till.url}/api/sync/accept", json=body, timeout=30).raise_for_status()
        after = central.settled(one, two)
        assert before.items() <= after.items()
        # What head office wrote, an admin brings from a till's own file, here beside the company that others use.
        company = central.leaves(two, "company")
        two.stop()
        there = f"{central.url}/{central.rebuilt}"
        requests.put(there, timeout=30).raise_for_status()
        assert cli.main(["replicate", str(two.path / "company.db"), there]) == 0
        rebuilt = central.leaves(central, central.rebuilt)
        assert company.items() <= rebuilt.items() and f"product:{central.store}" in rebuilt
        with central.office(tmp_path / "office-2") as office:
            assert central.settled(one, office) == central.leaves(central)
            prove(office.orders(central.store), sold, set(sold))


def test_drill_f_head_office_on_another_machine_fetches_everything_and_goes_on(
    central: Central, tmp_path: Path
) -> None:
    with central.terminal(tmp_path / "one", 1) as one:
        with central.office(tmp_path / "office") as office:
            sold = {"one": one.sell("one")}
            central.product(office, 250)
            central.settled(one, office)
            wait_until(lambda: central.price(central) == 250, SOON, "the central has what head office wrote")
            office.kill()
        shutil.rmtree(tmp_path / "office")
        sold["two"] = one.sell("two")
        with central.office(tmp_path / "office-2") as office:
            central.settled(one, office)
            prove(office.orders(central.store), sold, set(sold))
            wait_until(lambda: central.price(office) == 250, SOON, "head office has what it wrote on the old machine")
            central.product(office, 300)
            wait_until(lambda: central.price(one) == 300, SOON, "the till has what the new machine wrote")
            assert office.get("/api/sync")["asks"] == []
