"""The day after, as ARCHITECTURE.md tells it: each drill with real processes. What a central lost comes back from those
who have it, nobody fills a wrong one, and two machines with one till's data are found.

    A  the central, put back from last night's copy          D  a till's data on two machines
    B  the central, made anew and empty                      E  the central's disk, and no copy of it
    C  a till, put back from an image (test_copies.py)       F  head office's machine
"""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app import cli
from app.web.users import set_admin
from couch.provision import provision
from tests.faults import rig
from tests.faults.rig import Hub, Terminal, copy, in_step, prove
from tests.faults.test_copies import incidents
from tests.faults.test_erasing import ADA, PERSON, Office, change, doc_of, erase, found
from tests.shop.conftest import STORE
from tests.support.process import wait_until

SOON = 90.0
OFFICE = {"id": "office", "password": "of-the-office"}
DATABASES = ("company", "store-s1")


class Company:
    """A central, two tills of a store, head office; as processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = Hub(folder / "hub")
        provision(self.hub.url, office=OFFICE, iterations=rig.ITERATIONS)
        self.office = Office(folder / "office", f"http://office:of-the-office@127.0.0.1:{self.hub.port}")
        self.one, self.two = (Terminal(folder / id, id, self.address(id)) for id in ("s1-t1", "s1-t2"))
        self.sold: dict[str, dict[str, Any]] = {}
        self.put(self.hub, "store:s1", **{name: value for name, value in STORE.items() if name != "_id"})

    def address(self, id: str) -> str:
        return f"http://{id}:{self.hub.passwords[id]}@127.0.0.1:{self.hub.port}"

    @property
    def nodes(self) -> list[Terminal]:
        return [self.one, self.two, self.office]

    def sell(self, till: Terminal, *names: str) -> None:
        for name in names:
            self.sold[name] = till.sell(name)

    def put(self, node: Any, id: str, /, **body: Any) -> None:
        """A document of the company, written at the central (by an admin) or at a node (by its own program)."""
        url, session = (node.url, requests) if isinstance(node, Hub) else (f"{node.url}/couch", node.session)
        old = session.get(f"{url}/company/{id}", timeout=30).json()
        doc = {**({"_rev": old["_rev"]} if "_rev" in old else {}), **body}
        session.put(f"{url}/company/{id}", json=doc, timeout=30).raise_for_status()

    def trees(self, node: Any) -> dict[str, dict[str, list[str]]]:
        """The leaves of every document of a node, but for those that each node reads by itself."""
        url, session = (node.url, requests) if isinstance(node, Hub) else (f"{node.url}/couch", node.session)
        found = {}
        for name in DATABASES:
            rows = session.get(f"{url}/{name}/_changes?style=all_docs", timeout=60).json().get("results") or ()
            found[name] = {
                row["id"]: sorted(change["rev"] for change in row["changes"])
                for row in rows
                if not row["id"].startswith("_design/")
            }
        return found

    def settled(self, *nodes: Terminal) -> dict[str, dict[str, list[str]]]:
        """Waits until the central and these nodes hold the same; what that is."""
        chosen = nodes or self.nodes

        def same() -> Any:
            here = self.trees(self.hub)
            return here if all(self.trees(node) == here for node in chosen) else None

        known: Any = wait_until(same, SOON, "all hold the same documents, with the same revisions")
        return known

    def lose_central(self) -> None:
        """Its disk is gone; an empty machine stands in its place, under its address."""
        self.hub.kill()
        shutil.rmtree(self.hub.path)
        self.hub.path.mkdir()
        set_admin(self.hub.path, rig.ADMIN, rig.PASSWORD, rig.ITERATIONS)
        self.hub.start()

    def prepare(self) -> None:
        """An admin prepares it as it was once, with the passwords that the nodes have."""
        users = [{"id": id, "password": password} for id, password in self.hub.passwords.items()]
        provision(self.hub.url, stores=["s1"], terminals=users, office=OFFICE, iterations=rig.ITERATIONS)

    def look_again(self) -> None:
        """What nodes do by themselves within minutes; a test doesn't wait for it."""
        for node in self.nodes:
            node.sync_now()

    def asks(self, node: Terminal) -> set[str]:
        return {entry["database"] for entry in node.get("/api/sync")["asks"]}

    def close(self) -> None:
        for node in (*self.nodes, self.hub):
            node.process.stop()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.close()


def first_day(company: Company) -> None:
    """Something of every kind, everywhere."""
    for n in range(20):
        company.put(company.office, f"product:{n}", type="product", schema=1, name=f"Thing {n}", price={"amount": n})
    picture = {"p.png": {"content_type": "image/png", "data": base64.b64encode(bytes(range(256)) * 40).decode()}}
    company.put(company.office, "picture:1", type="picture", schema=1, _attachments=picture)
    customer = {"request": "ada-of-the-test", **PERSON}
    company.one.session.post(f"{company.one.url}/api/customers", json=customer, timeout=30).raise_for_status()
    company.sell(company.one, "one", "two")
    company.sell(company.two, "three")
    company.settled()


def kept(before: dict[str, dict[str, list[str]]], after: dict[str, dict[str, list[str]]]) -> None:
    """Every leaf that was there is there. A terminal's own document goes on, with each start of it."""
    for name in DATABASES:
        assert before[name].keys() <= after[name].keys()
        same = [id for id in before[name] if not id.startswith("terminal:")]
        assert {id: after[name][id] for id in same} == {id: before[name][id] for id in same}


@pytest.mark.slow
def test_drill_a_a_central_put_back_from_last_nights_copy_gets_back_what_it_had_lost(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_day(company)
    backup = tmp_path / "last-night.zip"
    assert cli.main(["central", "backup", company.hub.url, str(backup), "--users"]) == 0

    company.sell(company.one, "four", "five")  # the day after the copy
    company.sell(company.two, "six")
    company.put(company.office, "product:1", type="product", schema=1, name="Thing 1", price={"amount": 5})
    picture = {"q.png": {"content_type": "image/png", "data": base64.b64encode(b"new" * 5000).decode()}}
    company.put(company.hub, "picture:2", type="picture", schema=1, _attachments=picture)  # nodes only pulled it
    change(company.one, note="likes zebrawood")
    company.settled()
    assert erase(company.office).status_code == 201
    wait_until(lambda: not found(tmp_path / "hub"), SOON, "the customer is forgotten")
    before = company.settled()
    content = requests.get(f"{company.hub.url}/company/picture:2/q.png", timeout=30).content

    company.lose_central()
    company.sell(company.one, "seven")  # nobody waits for it
    assert cli.main(["central", "restore", str(backup), company.hub.url]) == 0
    assert "Tills go on by themselves" in capsys.readouterr().err
    company.look_again()
    after = company.settled()

    kept(before, after)
    assert not any(company.asks(node) for node in company.nodes)
    assert requests.get(f"{company.hub.url}/company/picture:2/q.png", timeout=30).content == content
    assert (doc_of(company.hub) or {})["erased"] is True and doc_of(company.hub)["_id"] == ADA  # type: ignore[index]
    wait_until(lambda: not found(tmp_path / "hub"), SOON, "and forgotten again, by the restored central too")
    prove(in_step(company.hub, company.one, company.two, timeout=SOON), company.sold, set(company.sold))
    for node in company.nodes:
        status = node.get("/api/sync")
        assert status["refused"] == [] and status["unsent"] == 0


def test_drill_b_a_central_made_anew_is_filled_by_nobody_until_a_person_has_said_so(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_day(company)
    before = company.settled()
    company.lose_central()
    company.prepare()
    company.look_again()
    for node in company.nodes:
        wait_until(lambda node=node: company.asks(node) == set(DATABASES), SOON, f"{node.id} asks")
    company.sell(company.one, "four")
    company.look_again()
    time.sleep(1)  # long enough for a link that didn't ask
    assert all(not rows for rows in company.trees(company.hub).values())
    status = company.one.get("/api/sync")
    assert status["state"] == "stopped" and status["unsent"] >= 1
    page = company.one.session.get(f"{company.one.url}/sync", timeout=30).text
    assert "Is this still your central?" in page and "until a person accepts it" in page

    for name in DATABASES:  # one till at the command line, while it runs
        assert cli.main(["link", "accept", name, "--data", str(company.one.path)]) == 0
        assert "is taken for the right one now" in capsys.readouterr().out
    company.one.sync_now()
    for node in (company.two, company.office):  # the others on their page
        answer = node.session.post(f"{node.url}/api/sync/accept", json={"databases": list(DATABASES)}, timeout=30)
        assert (answer.status_code, answer.json()["databases"]) == (202, list(DATABASES))
    after = company.settled()
    kept(before, after)
    prove(in_step(company.hub, company.one, company.two, timeout=SOON), company.sold, set(company.sold))
    again = company.two.session.post(f"{company.two.url}/api/sync/accept", json={"databases": ["company"]}, timeout=30)
    assert again.status_code == 404  # nothing asks any more


def test_drill_b_a_backup_that_is_found_later_goes_in_beside_what_the_tills_have_sent(
    company: Company, tmp_path: Path
) -> None:
    first_day(company)
    backup = tmp_path / "last-night.zip"
    assert cli.main(["central", "backup", company.hub.url, str(backup), "--users"]) == 0
    before = company.settled()
    company.two.stop()
    company.lose_central()
    company.prepare()
    company.look_again() if company.two.process.alive else company.one.sync_now()
    wait_until(lambda: company.asks(company.one) == set(DATABASES), SOON, "the till asks")
    answer = company.one.session.post(
        f"{company.one.url}/api/sync/accept", json={"databases": list(DATABASES)}, timeout=30
    )
    answer.raise_for_status()
    wait_until(lambda: company.trees(company.hub)["store-s1"], SOON, "the till has sent something")
    assert cli.main(["central", "restore", str(backup), company.hub.url]) == 1
    assert cli.main(["central", "restore", str(backup), company.hub.url, "--join"]) == 0
    company.two.start()  # which was never asked anything: it knows the copy's central
    after = company.settled(company.one, company.two)
    kept(before, after)
    assert not company.asks(company.two)


def test_drill_d_two_machines_with_one_tills_data_are_found_at_first_contact_and_both_go_on(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company.sell(company.one, "one")
    company.settled()
    wait_until(
        lambda: (
            company.one.session.get(f"{company.one.url}/couch/store-s1/terminal:s1-t1", timeout=30).json().get("claim")
        ),
        SOON,
        "the till has claimed its name",
    )
    copy(tmp_path / "s1-t1", tmp_path / "clone")  # while it runs: a snapshot of a virtual machine's disk
    shutil.rmtree(tmp_path / "clone" / "lock", ignore_errors=True)
    company.settled()
    with Terminal(tmp_path / "clone", "s1-t1", company.address("s1-t1")) as clone:
        wait_until(lambda: incidents(company.hub, "copied"), SOON, "it is an incident at the central")
        (incident,) = incidents(company.hub, "copied")
        for name, till in (("two", company.one), ("three", clone), ("four", company.one), ("five", clone)):
            company.sell(till, name)
        orders = in_step(company.hub, company.one, clone, company.two, timeout=SOON)
        prove(orders, company.sold, set(company.sold))
        series = {name: order["series"] for name, order in company.sold.items()}
        assert series["two"] == series["four"] != series["three"] == series["five"]
        assert series["one"] in (series["two"], series["three"])  # one of them goes on as it was
        numbers = [(order["series"], order["number"]) for order in orders.values()]
        assert len(set(numbers)) == len(numbers) == 5
        for node in (company.one, clone, company.office):
            page = node.session.get(f"{node.url}/api/inbox?list=incidents", timeout=30)
            assert "Two machines run as S1-T1" in page.text
        assert len(incident["lives"]) == 2  # type: ignore[arg-type]
        clone.stop()
    assert incidents(company.hub, "number") == [] and incidents(company.hub, "behind") == []
    company.one.stop()
    assert rig.verify(tmp_path / "s1-t1") == 1
    assert "Two machines ran as the terminal of series" in capsys.readouterr().out


def test_drill_d_restarts_and_a_slow_line_are_no_second_machine(company: Company, tmp_path: Path) -> None:
    company.sell(company.one, "one")
    company.settled()
    company.hub.process.stop()
    for number in range(3):  # a week without a line
        company.one.kill() if number % 2 else company.one.stop()
        company.one.start()
        company.sell(company.one, f"week-{number}")
    company.hub.start()
    company.one.sync_now()
    company.settled()
    assert incidents(company.hub, "copied") == incidents(company.hub, "behind") == []
    assert len({order["series"] for order in company.sold.values()}) == 1


def test_drill_e_without_a_copy_and_without_head_office_a_central_is_rebuilt_from_its_tills(
    company: Company, tmp_path: Path
) -> None:
    first_day(company)
    before = company.settled()
    company.office.kill()
    shutil.rmtree(tmp_path / "office")
    company.lose_central()
    company.prepare()
    for till in (company.one, company.two):
        till.sync_now()
        wait_until(lambda till=till: company.asks(till) == set(DATABASES), SOON, "the till asks")
        answer = till.session.post(f"{till.url}/api/sync/accept", json={"databases": list(DATABASES)}, timeout=30)
        answer.raise_for_status()
    # Head office's documents are nobody's but head office's to write: an admin brings them from a till's own file.
    company.two.stop()
    there = f"{company.hub.url}/company"
    assert cli.main(["replicate", str(company.two.path / "company.db"), there]) == 0
    company.two.start()
    office = Office(tmp_path / "office-2", f"http://office:of-the-office@127.0.0.1:{company.hub.port}")
    company.office = office
    company.put(company.office, "product:new", type="product", schema=1, name="New", price={"amount": 1})
    after = company.settled()
    kept(before, after)
    prove(in_step(company.hub, company.one, company.two, timeout=SOON), company.sold, set(company.sold))


def test_drill_f_head_office_on_another_machine_fetches_everything(company: Company, tmp_path: Path) -> None:
    first_day(company)
    before = company.settled()
    company.office.kill()
    shutil.rmtree(tmp_path / "office")
    company.sell(company.one, "four")
    company.office = Office(tmp_path / "office", f"http://office:of-the-office@127.0.0.1:{company.hub.port}")
    after = company.settled()
    kept(before, after)
    company.put(company.office, "product:1", type="product", schema=1, name="Thing 1", price={"amount": 7})
    company.settled()
    assert not company.asks(company.office)
