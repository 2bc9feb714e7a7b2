"""What a manager reads about an incident: made of really copied data directories, and of documents altered for real."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.node import Node, NodeConfig
from app.shop.arrivals import PATIENCE, scan_incidents
from app.shop.clock import now
from app.web import create_app
from app.web.conflicts import evidence
from tests.shop.conftest import replicate
from tests.shop.test_integrity import body, one_byte, rehashed
from tests.support.process import wait_until
from tests.web.till.shopfront import line, sale, stock

CONFIG = NodeConfig(kind="terminal", id="s1-t1", store="s1")


class Tills:
    """Terminals as directories: sold at, copied, put back. What they wrote comes to `office`, as by replication."""

    def __init__(self, folder: Path, office: Node) -> None:
        self.folder = folder
        self.office = office
        self.store: Database = office.database("store-s1")
        self._sold = 0
        with Node(folder / "a", CONFIG) as node:
            stock(node.company)

    def copy(self, old: str, new: str) -> None:
        shutil.rmtree(self.folder / new, ignore_errors=True)
        shutil.copytree(self.folder / old, self.folder / new)

    def sell(self, name: str, times: int = 1) -> list[dict[str, Any]]:
        with Node(self.folder / name, CONFIG) as node:
            sold = []
            for _ in range(times):
                self._sold += 1
                request = sale(line(), cash=245, sale=f"01JEVIDENCE{self._sold:014}")
                sold.append(node.till.sell(request)[0])
            return sold

    def send(self, *names: str) -> None:
        for name in names:
            with Node(self.folder / name, CONFIG) as node:
                replicate(node.store_db, self.store)

    def send_from(self, *nodes: Node) -> None:
        for node in nodes:
            replicate(node.store_db, self.store)

    def told(self, **later: Any) -> list[dict[str, Any]]:
        """The incidents that head office has found by now, as its list shows them in English."""
        scan_incidents(self.store, (lambda: now() + PATIENCE * 2) if later else now)  # or its own watcher was faster
        return [self.row(id) for id in sorted(record.id for record in self.store.each("incident"))]

    def row(self, id: str, language: str = "en") -> dict[str, Any]:
        app = create_app(self.office)
        with app.test_request_context("/", headers={"Accept-Language": language}):
            return evidence.row(self.store.get(id), self.store, self.office.company, [self.store])


@pytest.fixture
def tills(tmp_path: Path) -> Iterator[Tills]:
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as office:
        stock(office.company)
        yield Tills(tmp_path, office)


def values(row: dict[str, Any], label: str) -> list[str]:
    return [entry["value"] for entry in row["evidence"] if entry["label"] == label]


def test_two_machines_with_one_tills_data_are_called_a_copy_that_worked_at_the_same_time(tills: Tills) -> None:
    tills.sell("a")
    tills.copy("a", "b")
    for _ in range(2):
        mine, theirs = tills.sell("a")[0], tills.sell("b")[0]
    tills.send("a", "b")
    first, second = tills.told()

    assert first["title"] == "S1-T1 gave the number 2 twice"
    assert first["kind"] == "number" and first["database"] == "store-s1" and first["store"] == "s1"
    shown = [entry for entry in first["evidence"] if entry["label"] == "Receipt S1-T1 · 2"]
    assert len(shown) == 2 and all("€2.45" in entry["value"] for entry in shown)
    assert {entry["link"] for entry in shown} == {
        f"receipts/{row['id'].replace(':', '%3A')}" for row in first["receipts"]
    }
    assert values(first, "Last in common")[0].startswith("Receipt S1-T1 · 1")
    assert "copied to another machine" in first["likely"] and "at the same time" in first["likely"]
    assert "switch it off" in first["do"]
    assert {row["id"] for row in second["receipts"]} == {mine["_id"], theirs["_id"]}
    assert values(second, "Last in common") == []  # each follows its own life's


def test_a_till_put_back_from_last_weeks_copy_is_called_that(tills: Tills) -> None:
    tills.sell("a")
    tills.copy("a", "backup")
    tills.sell("a", 2)
    tills.send("a")
    time.sleep(0.01)
    tills.copy("backup", "a")
    tills.sell("a", 2)
    tills.send("a")
    first, _second = tills.told()

    assert "put back from an older copy" in first["likely"]
    assert "let it sync before it sells" in first["do"]


def test_a_till_that_learns_how_far_it_was_tells_so(tills: Tills) -> None:
    tills.sell("a")
    tills.copy("a", "backup")
    lost = tills.sell("a", 2)
    tills.send("a")
    tills.copy("backup", "a")
    with Node(tills.folder / "a", CONFIG) as node:
        replicate(tills.store, node.store_db)
        node.till.sell(sale(line(), cash=245, sale="01JEVIDENCEBEHIND00001"))
    tills.send("a")
    (told,) = [tills.row(record.id) for record in tills.store.each("incident")]

    assert told["title"] == "S1-T1 knew less than it had sold"
    assert f"{lost[-1]['series']}, up to number 3" in values(told, "Series before")
    assert values(told, "Series now") and "put back" in told["likely"]


def altered(tills: Tills, order: dict[str, Any], change: dict[str, Any]) -> None:
    forged = {**change, "_id": order["_id"], "_rev": "1-" + "f" * 32}
    assert tills.store.bulk_docs([forged], new_edits=False) == []


def test_a_byte_of_a_receipt_altered_in_the_database_shows_which_version_is_the_tills(tills: Tills) -> None:
    first, _next = tills.sell("a", 2)
    tills.send("a")
    altered(tills, first, one_byte(first))
    (told,) = tills.told()

    assert told["title"] == "Receipt S1-T1 · 1 has a second version"
    shown = [entry["value"] for entry in told["evidence"] if entry["label"].startswith("Version")]
    assert sum("the original" in value for value in shown) == 1
    (wrong,) = [value for value in shown if "check sum doesn’t fit" in value]
    assert "differs: total: 2.45 → 2.44" in wrong
    assert "password of the database" in told["likely"] and "Change the passwords" in told["do"]


def test_an_edit_that_knows_how_the_check_sum_is_made_is_given_away_by_the_next_receipt(tills: Tills) -> None:
    first, _next = tills.sell("a", 2)
    tills.send("a")
    tills.store.put({**rehashed(first, total=1, paid=1), "_id": first["_id"], "_rev": first["_rev"]})
    (told,) = tills.told()

    shown = [entry["value"] for entry in told["evidence"] if entry["label"].startswith("Version")]
    assert len(shown) == 2
    assert [("the original" in value, "€2.45" in value) for value in shown] == [(False, False), (True, True)]


def test_a_deleted_receipt_says_what_it_was(tills: Tills) -> None:
    (order,) = tills.sell("a")
    tills.send("a")
    tills.store.delete(order["_id"], order["_rev"])
    (told,) = tills.told()

    assert told["title"] == "Receipt S1-T1 · 1 was deleted"
    assert "€2.45" in values(told, "What it was")[0]
    assert values(told, "Now") == ["deleted; the numbers have a gap"]
    assert "can put it back" in told["do"] and told["receipts"] == []


@pytest.mark.parametrize("kind", ["altered", "sums"])
def test_a_made_up_receipt_names_what_is_wrong_with_it_in_the_readers_language(tills: Tills, kind: str) -> None:
    (order,) = tills.sell("a")
    altered(tills, order, {**body(order), "total": 1} if kind == "altered" else rehashed(order, change=5))
    (told,) = tills.told()
    assert told["kind"] == kind
    text = " ".join(entry["value"] for entry in told["evidence"])
    sentence = "the change is 0.05 and should be 0.00." if kind == "sums" else "the total is 0.01 and should be 2.45."
    assert sentence in text

    chinese = tills.row(told["id"], "zh")
    assert sentence not in str(chinese)
    for words in (chinese["title"], chinese["likely"], chinese["do"], *(e["label"] for e in chinese["evidence"])):
        assert any("一" <= letter <= "鿿" for letter in words), words


def test_a_receipt_whose_predecessor_never_came_is_told_after_a_week_and_heals(tills: Tills) -> None:
    orders = tills.sell("a", 3)
    with Node(tills.folder / "a", CONFIG) as node:
        for order in (orders[0], orders[2]):
            found = node.store_db.open_revs(order["_id"], "all", with_revs=True)
            tills.store.bulk_docs([leaf["ok"] for leaf in found], new_edits=False)
    assert tills.told() == []
    told = tills.told(later=True)[-1]
    assert told["title"] == "The journal is broken before Receipt S1-T1 · 3"
    assert "missing" in values(told, "Before it")[0] and "never came" in told["likely"]
    assert "sync page of S1-T1" in told["do"]

    tills.send("a")
    assert "came late" in tills.row(told["id"])["likely"]


def test_an_incident_of_a_newer_version_is_shown_as_one(tills: Tills) -> None:
    tills.store.put({"_id": "incident:alien:1", "type": "incident", "schema": 9, "kind": "alien"})

    assert tills.row("incident:alien:1")["title"] == "Something to look at"


def test_two_machines_that_run_as_one_till_are_told_with_where_they_stand(tills: Tills) -> None:
    tills.sell("a")
    with Node(tills.folder / "a", CONFIG) as original:
        wait_until(lambda: original.store_db.get("terminal:s1-t1").get("claim"))
        tills.copy("a", "b")
        with Node(tills.folder / "b", CONFIG) as clone:

            def found() -> bool:
                for source, target in ((clone, original), (original, clone)):
                    replicate(source.store_db, target.store_db)
                return any(record.doc()["kind"] == "copied" for record in clone.store_db.each("incident"))

            wait_until(found)
            tills.send_from(original, clone)
            lives = [node.claiming.life for node in (original, clone) if node.claiming is not None]
    row = next(row for row in tills.told() if row["kind"] == "copied")
    assert row["title"] == "Two machines run as S1-T1"
    assert len(values(row, "Machine")) == 2 and all("running since" in value for value in values(row, "Machine"))
    assert all(str(life.host) in value for life, value in zip(lives, values(row, "Machine"), strict=True))
    assert "cloned disk" in row["likely"] and "switch one of them off" in row["do"]
    assert tills.row(row["id"], "zh")["title"] == "有两台机器以 S1-T1 的身份运行"
