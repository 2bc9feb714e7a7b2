"""``couchtill conflicts``: what is in dispute at a node, stopped or running, or at a CouchDB; deciding it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.docs.drawing import lay_out
from app.node import Node, NodeConfig
from app.node import config as node_config
from app.shop.conflicts.case import seen
from app.transfer.drawn import Paint, tree
from tests.support.forks import DELETED, fork, on
from tests.support.process import CouchTill, free_port
from tests.support.trees import grow, path
from tests.web.till.shopfront import stock

MILK = "product:4000001"


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


class Shop:
    """An office's directory with two documents in dispute: a price, and a deletion beside an edit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        config = NodeConfig("office", "office", port=free_port())
        with Node(path, config) as node:
            node_config.write(path, config)
            stock(node.company)
            edits = on("office", price=price(1290)), on("s1-t1", price=price(1350), name="Espresso forte")
            self.office, self.till = fork(node.company, MILK, *edits)
            fork(node.company, "product:4000002", on("s1-t1", name="Limonade"), DELETED)

    def doc(self, id: str = MILK) -> dict[str, Any]:
        with Database(self.path / "company.db", read_only=True) as company:
            return company.get(id, conflicts=True)

    def in_dispute(self, id: str = MILK) -> bool:
        with Database(self.path / "company.db", read_only=True) as company:
            return seen(company, id) is not None


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "office")


def run(*arguments: object, status: int = 0) -> CouchTill:
    process = CouchTill("conflicts", *(str(argument) for argument in arguments))
    assert process.wait() == status, process.stderr
    assert "Traceback" not in process.stderr
    return process


def test_the_list_tells_what_where_and_between_whom_and_can_be_narrowed(shop: Shop) -> None:
    listed = run("list", "--data", shop.path)
    assert f"company  {MILK}  price  2 sides" in listed.stdout
    assert "product:4000002  deleted and edited  2 sides" in listed.stdout
    assert "\x1b[" not in listed.stdout
    assert "2 in dispute" in listed.stderr

    rows = [
        json.loads(line) for line in run("list", "--data", shop.path, "--json", "--match", "forte").stdout.splitlines()
    ]
    assert [(row["id"], row["fields"], row["joined"]) for row in rows] == [(MILK, ["price"], ["name"])]
    assert {side["on"] for side in rows[0]["sides"]} == {"office", "s1-t1"}
    assert run("list", "--data", shop.path, "--type", "customer").stdout == ""


def test_a_document_is_shown_with_its_tree_and_what_differs_side_by_side(shop: Shop) -> None:
    shown = run("show", MILK, "--data", shop.path).stdout

    first, second = (rev.partition("-")[2][:6] for rev in (shop.office, shop.till))
    drawn = [line for line in shown.splitlines() if "─" in line]
    assert len(drawn) == 2 and "─┬─ 2-" in drawn[0] and "* in use" in drawn[0] and "└─ 2-" in drawn[1]
    assert first in shown and second in shown
    assert '{"amount":1290,"per":1000}' in shown and '{"amount":1350,"per":1000}' in shown
    assert 'name = "Espresso forte"' in shown
    assert json.loads(run("show", MILK, "--data", shop.path, "--json").stdout)["fields"][0]["path"] == "price"
    assert "Nothing is in dispute here." in run("show", "product:4000003", "--data", shop.path).stdout
    assert "There is no product:none here." in run("show", "product:none", "--data", shop.path, status=1).stderr


def test_a_decision_is_rehearsed_then_written_and_stands_in_the_history(shop: Shop) -> None:
    rehearsed = run("resolve", MILK, "--data", shop.path, "--field", f"price={shop.till[:8]}", "--dry-run")
    assert json.loads(rehearsed.stdout)["price"] == price(1350)
    assert shop.in_dispute()

    left = run("resolve", MILK, "--data", shop.path, status=1)
    assert "Left: price" in left.stderr

    run("resolve", MILK, "--data", shop.path, "--value", 'price={"amount": 1300, "per": 1000}', "--note", "agreed")
    doc = shop.doc()
    assert (doc["price"], doc["name"], doc["updated_on"], "_conflicts" in doc) == (
        price(1300),
        "Espresso forte",
        "office",
        False,
    )
    told = run("history", MILK, "--data", shop.path).stdout
    assert "decision  resolved" in told and "“agreed”" in told
    assert "Nothing is in dispute about" in run("resolve", MILK, "--data", shop.path, "--take", "2", status=1).stderr


def test_a_deletion_and_an_edit_are_told_apart_and_decided(shop: Shop) -> None:
    assert "--keep deleted or --keep live" in run("show", "product:4000002", "--data", shop.path).stdout
    run("resolve", "product:4000002", "--data", shop.path, "--keep", "live")
    assert shop.doc("product:4000002")["name"] == "Limonade"
    assert not shop.in_dispute("product:4000002")


def test_wrong_arguments_are_told_in_words(shop: Shop, tmp_path: Path) -> None:
    assert "none of the sides" in run("resolve", MILK, "--data", shop.path, "--take", "9-ff", status=1).stderr
    assert "any of several sides" in run("resolve", MILK, "--data", shop.path, "--take", "2-", status=1).stderr
    assert "must be PATH=" in run("resolve", MILK, "--data", shop.path, "--field", "price", status=1).stderr
    assert "must be" in run("resolve", MILK, "--data", shop.path, "--value", "price=12.5", status=1).stderr
    run("list", "--data", tmp_path / "nowhere", status=1)
    run("list", status=2)


def test_a_running_node_is_looked_into_and_takes_the_decision_through_its_own_door(shop: Shop) -> None:
    with CouchTill("office", "--data", shop.path) as office:
        assert office.port
        assert MILK in run("list", "--data", shop.path).stdout
        run("resolve", MILK, "--data", shop.path, "--take", shop.office)
        again = run("resolve", MILK, "--data", shop.path, "--take", shop.office, status=1)
        assert "Nothing is in dispute" in again.stderr
    assert shop.doc()["price"] == price(1290)


def test_a_couchdb_is_looked_into_by_its_url(tmp_path: Path) -> None:
    from tests.support.web import running_hub

    with running_hub(tmp_path / "hub") as hub:
        company = hub.node.directory.create("company")
        stock(company)
        fork(company, MILK, on("office", price=price(1290)), on("s1-t1", price=price(1350)))
        url = f"{hub.root.rstrip('/')}/company" if not hasattr(hub, "as_user") else f"{hub.url.rstrip('/')}/company"
        assert f"{MILK}  price  2 sides" in run("list", "--db", url).stdout
        shown = run("show", MILK, "--db", url).stdout
        assert "─┬─" in shown and '{"amount":245,"per":1000}' in shown
        assert "made" in run("history", MILK, "--db", url).stdout
        assert "couchtill: " in run("list", "--db", url + "x", status=1).stderr


def test_a_tree_is_drawn_in_lines_that_meet() -> None:
    ends = [path("a", "b", "c"), path("a", "x", "y", deleted=True), path("a", "x", "z"), path("a", "w", deleted=True)]
    paint = Paint()
    paint.on = False

    assert tree(lay_out(grow(*ends), closed={"2-w"}), paint) == [
        "1-a ─┬─ 2-x ────────┬─ 3-z * in use",
        "     │              └─ 3-y deleted",
        "     ├─ 2-b ────────── 3-c",
        "     └─ 2-w closed",
    ]


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Paint(Terminal())("x", "red") == "\x1b[31mx\x1b[0m"  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert Paint(Terminal())("x", "red") == "x"  # type: ignore[arg-type]
