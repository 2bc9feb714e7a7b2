"""How rivals lose money (F1 to F15), tried here on real processes: what no other test of the suite does already.

ARCHITECTURE.md has the table of them all, each with the tests that would catch it; the last test here walks it. Those
that need a browser are in tests/browser/test_rivals.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from couch.provision import provision
from tests.faults import rig
from tests.support import books
from tests.support.process import ROOT, CouchTill, wait_until
from tests.support.proxy import FaultProxy
from tests.web.till.shopfront import CATEGORIES, PRODUCTS, STORE, line, product

OFFICE = "office-password-of-tests"
SETTINGS = {
    "_id": "settings:all", "type": "settings", "schema": 1, "scope": "all",
    "values": {"cash_rounding": {"step": 5, "mode": "half_away"}},
}  # fmt: skip
LOGIN = "<!doctype html><title>Hotel</title><form>Room number and name, please</form>"


class Shop:
    """A hub, and two tills of a store, each on a line of its own."""

    def __init__(self, folder: Path, hub: rig.Hub) -> None:
        self.folder, self.hub = folder, hub
        docs = {"docs": [STORE, SETTINGS, *CATEGORIES, *PRODUCTS]}
        requests.post(f"{hub.url}/company/_bulk_docs", json=docs, timeout=10).raise_for_status()
        self.lines = {id: FaultProxy(f"http://{id}:{hub.passwords[id]}@127.0.0.1:{hub.port}") for id in hub.passwords}
        self.tills = {id: rig.Terminal(folder / id, id, line.url) for id, line in self.lines.items()}
        for till in self.tills.values():
            wait_until(lambda till=till: knows(till), 60, "the catalogue has arrived")

    def close(self) -> None:
        for till in self.tills.values():
            till.process.stop()
        for wire in self.lines.values():
            wire.close()

    def central(self, id: str) -> dict[str, Any]:
        """A document of the store at the hub; `{}` where it is not, or was deleted."""
        answer = requests.get(f"{self.hub.url}/store-s1/{id}", params={"conflicts": "true"}, timeout=10)
        return answer.json() if answer.status_code == 200 else {}


def knows(till: rig.Terminal) -> bool:
    """Whether the store, its settings and the catalogue are there."""
    last = till.session.get(f"{till.url}/couch/company/product:4000010", timeout=10)
    return last.status_code == 200 and till.get("/api/state")["store_known"]


def post(till: rig.Terminal, path: str, status: int = 201, **body: Any) -> Any:
    answer = till.session.post(f"{till.url}/api/{path}", json=body, timeout=30)
    assert answer.status_code in (status, 200), (answer.status_code, answer.text)
    return answer.json()


def sell(till: rig.Terminal, name: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A sale of some lines; its order."""
    order: dict[str, Any] = post(till, "sales", sale=rig.sale_id(name), lines=list(lines), **fields)["order"]
    return order


def cash(amount: int) -> list[dict[str, Any]]:
    return [{"kind": "cash", "amount": amount}]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("rivals")
    with rig.Hub(folder / "hub") as hub:
        provision(hub.url, office={"id": "office", "password": OFFICE}, iterations=rig.ITERATIONS)
        made = Shop(folder, hub)
        try:
            yield made
        finally:
            made.close()


def parked_line(sku: str, name: str, amount: int) -> dict[str, Any]:
    return {"product": f"product:{sku}", "name": name, "quantity": 1000, "price": {"amount": amount, "per": 1000}}


def test_a_sale_on_top_of_a_parked_cart_is_never_undone_by_a_newer_copy_of_the_cart(shop: Shop) -> None:
    """F3: a draft that was synced is paid without a line; meanwhile another till changes the draft."""
    one, two = shop.tills["s1-t1"], shop.tills["s1-t2"]
    draft = {"a": parked_line("4000001", "Espresso", 245)}
    id = post(one, "carts", request="01JRIVALSCART0000000000001", name="Table 4", lines=draft)["cart"]["id"]
    wait_until(lambda: two.session.get(f"{two.url}/api/carts/{id}", timeout=10).ok, 60, "the other till has it")
    shop.lines["s1-t1"].cut()
    post(one, f"carts/{id}/take", window="w1")
    order = sell(one, "f3", line(id="a"), tenders=cash(245), cart=id)
    one.kill()
    one.start()
    held = post(two, f"carts/{id}/take", window="w2")["cart"]
    more = {**held["lines"], "b": parked_line("4000002", "Lemonade", 199)}
    changed = two.session.put(f"{two.url}/api/carts/{id}", json={"rev": held["rev"], "lines": more}, timeout=10)
    assert changed.status_code == 200
    wait_until(lambda: sorted(shop.central(id).get("lines", ())) == ["a", "b"], 60, "the newer copy is at the hub")
    shop.lines["s1-t1"].restore()
    one.sync_now()

    wait_until(lambda: shop.central(order["_id"]) == order, 60, "the sale is at the hub as it was written")
    wait_until(lambda: list(shop.central(id).get("lines", ())) == ["b"], 60, "the cart is what was not sold")
    for till in (one, two):
        wait_until(lambda till=till: till.orders().get(order["_id"]) == order, 60)
        # 404 until it has heard of the rest: on the till that sold it, the cart has ended.
        url = f"{till.url}/api/carts/{id}"
        wait_until(
            lambda till=till, url=url: list(till.session.get(url, timeout=10).json().get("lines", ())) == ["b"], 60
        )
    assert order["paid"] == order["total"] == 245


def test_a_close_with_carts_open_and_a_sale_on_its_way_loses_none_of_them(shop: Shop) -> None:
    """F8: the drawer is closed under a window that is paying, with a cart parked: the sale comes into the next shift,
    the cart waits, and the Z stays what it was."""
    till = shop.tills["s1-t1"]
    current = till.get("/api/shift")["shift"]
    if current is None:
        current = post(till, "shifts", request="01JRIVALSOPEN0000000000001", float=0)["shift"]
    id = post(till, "carts", request="01JRIVALSCART0000000000002", lines={"a": parked_line("4000003", "Juice", 320)})
    cart = id["cart"]["id"]
    sold = sell(till, "f8-before", line(), tenders=cash(245), shift=current["_id"])
    expected = till.get("/api/reports/x")["sums"]["cash"]["expected"]
    closing = {"request": "01JRIVALSCLOSE000000000001", "counted": {"total": expected}}
    z = post(till, f"shifts/{current['_id']}/close", **closing)["zreport"]
    late = {"sale": rig.sale_id("f8-late"), "lines": [line()], "tenders": cash(245)}
    told = till.session.post(f"{till.url}/api/sales", json={**late, "shift": current["_id"]}, timeout=10)
    assert (told.status_code, told.json()["error"]) == (409, "shift_closed")
    following = post(till, "shifts", request="01JRIVALSOPEN0000000000002", float=0)["shift"]
    order = post(till, "sales", **late, shift=following["_id"])["order"]
    paid = sell(till, "f8-cart", line("4000003", id="a"), tenders=cash(320), cart=cart)

    assert {order["shift"], paid["shift"]} == {following["_id"]} and sold["shift"] == current["_id"]
    assert z["carts"] >= 1 and till.get(f"/api/zreports/{z['_id']}")["zreport"]["hash"] == z["hash"]
    in_it = [order for order in till.orders().values() if order["shift"] == current["_id"]]
    assert books.figures_of(z) == books.figures(in_it)
    again = post(till, f"shifts/{current['_id']}/close", **closing)["zreport"]
    assert again == z


def test_till_receipt_x_z_and_head_office_have_one_total_also_where_cash_was_rounded(
    shop: Shop, tmp_path: Path
) -> None:
    """F9: rounded cash that is paid exactly, overpaid, in part and not at all, and taken back."""
    till = shop.tills["s1-t2"]
    shift = post(till, "shifts", request="01JRIVALSOPEN0000000000003", float=5000)["shift"]
    fruit = line("4000004", 1234)  # 1.234 kg at 1.99: 2.46
    exact = sell(till, "f9-exact", line("4000002"), line(), tenders=cash(445))  # 4.44
    over = sell(till, "f9-over", fruit, tenders=cash(500))
    card = [{"kind": "card", "amount": 100, "reference": "7"}]
    split = sell(till, "f9-split", fruit, tenders=[*card, *cash(145)])
    none = sell(till, "f9-none", fruit, tenders=[{"kind": "card", "amount": 246, "reference": "8"}])
    back = post(
        till, "refunds", sale=rig.sale_id("f9-back"), order=exact["_id"],
        lines=[{"line": exact["lines"][0]["id"], "quantity": 1000}],
    )["order"]  # fmt: skip
    orders = [exact, over, split, none, back]
    assert [(order["total"], order["cash_rounding"], order["change"]) for order in orders[:4]] == [
        (444, 1, 0), (246, -1, 255), (246, -1, 0), (246, 0, 0),
    ]  # fmt: skip
    assert all(books.adds_up(order) for order in orders)
    for order in orders:
        paper = till.session.get(f"{till.url}/receipts/{order['_id']}", timeout=10).text
        for amount in (order["total"], order["paid"]):
            assert f"{abs(amount) / 100:.2f}" in paper, (order["number"], amount)
    x = till.get("/api/reports/x")["sums"]
    lies_there = books.drawer(5000, orders, [])
    body = {"request": "01JRIVALSCLOSE000000000003", "counted": {"total": lies_there}}
    z = post(till, f"shifts/{shift['_id']}/close", **body)["zreport"]
    by_hand = books.figures(orders)
    assert by_hand == books.figures_of(x) == books.figures_of(z)
    assert (z["expected"], z["difference"]) == (lies_there, 0)

    central = f"http://office:{OFFICE}@127.0.0.1:{shop.hub.port}"
    folder = tmp_path / "office"
    with CouchTill("office", "--data", folder, "--id", "office", "--port", "0", "--central", central) as office:
        url = office.url
        key = {"Authorization": f"Bearer {(folder / 'api.secret').read_text().strip()}"}

        def here() -> dict[str, Any]:
            rows = requests.get(f"{url}/api/takings", headers=key, timeout=10).json()
            stores = rows.get("stores", rows.get("rows", []))
            tills = [row for store in stores for row in store["terminals"] if row["terminal"] == "s1-t2"]
            return tills[0] if tills and tills[0]["receipts"] == len(orders) else {}

        takings: Any = wait_until(here, 60, "head office has the receipts of this till")
        assert (takings["total"], takings["refunds"]) == (by_hand["total"], -by_hand["refunds"])
        there = {order["_id"]: order for order in books.read(folder, "order")}
        assert [there[order["_id"]] for order in orders] == orders
        wait_until(lambda: [doc["_id"] for doc in books.read(folder, "zreport")].count(z["_id"]) == 1, 60)


def test_goods_in_the_customers_hand_are_sold_whatever_the_documents_say(shop: Shop) -> None:
    """F11: no stock figure, no flag and no missing document keeps a till from selling what lies on the counter."""
    till = shop.tills["s1-t1"]
    docs = [
        product("none-left", "None left", 100, stock=0, on_hand=-5),
        product("not-sold", "No longer sold", 100, inactive=True),
        {"_id": "product:deleted", "_deleted": True},
    ]
    till.session.post(f"{till.url}/couch/company/_bulk_docs", json={"docs": docs}, timeout=10).raise_for_status()
    price = {"price": {"amount": 100}, "name": "Thing"}
    lines = [line(sku, id=sku, **price) for sku in ("none-left", "not-sold", "deleted", "never-heard-of")]
    order = sell(till, "f11", *lines, tenders=cash(400))

    assert order["total"] == 400 and len(order["lines"]) == 4


@pytest.mark.parametrize("lie", ["a login page", "silence"])
def test_a_line_that_lies_about_being_there_stops_no_sale_and_never_shows_all_sent(shop: Shop, lie: str) -> None:
    """F14: the address answers, and it isn't the central; or it takes the request and says nothing."""
    till, wire = shop.tills["s1-t1"], shop.lines["s1-t1"]
    wait_until(lambda: till.get("/api/sync")["unsent"] == 0, 60)
    if lie == "silence":
        wire.blackhole()
    else:
        wire.answer(200, LOGIN, {"Content-Type": "text/html"})
    wire.reset_connections()
    name = lie.replace(" ", "-")
    orders = [sell(till, f"f14-{name}-{n}", line(), tenders=cash(245)) for n in range(3)]
    met = len(wire.requests)
    till.sync_now()
    wait_until(lambda: len(wire.requests) > met, 60, "the till has tried")

    def shows_trouble() -> bool:
        status = till.get("/api/sync")
        assert status["unsent"] >= 3, status
        return bool(status["state"] != "idle")

    wait_until(shows_trouble, 60, "the light has changed")
    assert all(shop.central(order["_id"]) == {} for order in orders)

    wire.clear()
    till.sync_now()
    wait_until(lambda: all(shop.central(order["_id"]) == order for order in orders), 60, "they have arrived")
    wait_until(lambda: till.get("/api/sync")["unsent"] == 0, 60, "and the till knows")


# -- the table --------------------------------------------------------------------------------------------------------

ROW = re.compile(r"^\| (F\d+) .*$", re.MULTILINE)
NAMED = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_way_to_lose_money_names_tests_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = {match[1]: match[0] for match in ROW.finditer(text)}
    assert list(rows) == [f"F{n}" for n in range(1, 16)]
    for name, row in rows.items():
        tests = NAMED.findall(row)
        assert tests, f"{name} names no test"
        missing = [f"{file}::{test}" for file, test in tests if test not in functions(ROOT / "tests" / file)]
        assert missing == [], name
