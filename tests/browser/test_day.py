"""A whole day at the till, as a cashier works it, the line to the central cut from first to last.

Then the line comes back, and head office has every document of the day byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from app.node.config import write_secret
from app.shop.barcodes import check_digit
from couch.provision import provision
from tests.browser.conftest import Cashier, Terminal
from tests.browser.test_shift import count, menu
from tests.faults import rig
from tests.support import books
from tests.support.process import CouchTill, wait_until
from tests.support.proxy import FaultProxy
from tests.web.till.shopfront import product, shop

#: Seconds within which everything is at head office once the line is back.
SOON = 120.0
OFFICE = "office-password-of-tests"
PINS = {"Mia": "739151", "Sam": "480268", "Cleo": "5093"}

SHOP = [
    {
        "_id": "settings:all", "type": "settings", "schema": 1, "scope": "all",
        "values": {
            "shift_auto": False,
            "cash_rounding": {"step": 5, "mode": "half_away"},
            "codes": [{"prefix": "21", "kind": "weight", "item": 5, "value": 5, "decimals": 3}],
        },
    },
    {"_id": "tax:vat", "type": "tax", "schema": 1, "name": "VAT", "rate": 190_000},
    {
        "_id": "promotion:three", "type": "promotion", "schema": 1, "name": "Three for two", "kind": "buy",
        "products": ["product:4000002"], "buy": 2, "get": 1,
    },
    product("12345", "Ham", 1990, barcodes=["12345"], sold_by="measure", unit="kg", decimals=3),
]  # fmt: skip
HAM = "211234500750"  # 0.750 kg of it
STORE = {"taxes": ["tax:vat"]}


class Linked(Terminal):
    """A terminal at the end of a line that a test may cut."""

    def __init__(self, path: Path, hub: rig.Hub) -> None:
        super().__init__(path, **STORE)
        self.stock_more(SHOP)
        self.line = FaultProxy(f"http://127.0.0.1:{hub.port}")
        write_secret(path, "central", hub.passwords["s1-t1"])

    def start(self) -> None:
        central = self.line.url.replace("://", "://s1-t1@")
        given = ("--id", "s1-t1", "--port", str(self.port), "--central", central)
        self.process = CouchTill("terminal", "--data", self.path, *given)
        assert self.process.port == self.port


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[rig.Hub]:
    with rig.Hub(tmp_path / "hub", terminals=("s1-t1",)) as hub:
        provision(hub.url, office={"id": "office", "password": OFFICE}, iterations=rig.ITERATIONS)
        # What head office writes, and no till may bring, stands at the central already.
        answer = requests.post(f"{hub.url}/company/_bulk_docs", json={"docs": [*shop(**STORE), *SHOP]}, timeout=30)
        assert all(row.get("ok") for row in answer.json()), answer.text
        yield hub


@pytest.fixture
def terminal(tmp_path: Path, hub: rig.Hub) -> Iterator[Linked]:
    started = Linked(tmp_path / "s1-t1", hub)
    started.line.cut()
    try:
        started.start()
        yield started
    finally:
        started.stop()
        started.line.close()


# -- what a cashier does ----------------------------------------------------------------------------------------------


def adds_people(page: Page, url: str) -> None:
    page.goto(f"{url}/people")
    page.click("#add-first")
    for name, role in (("Mia", "manager"), ("Sam", "supervisor"), ("Cleo", "cashier")):
        if name != "Mia":  # the first is the manager, whatever was chosen
            page.click("#add")
            page.select_option("#person-role", role)
        page.fill("#person-name", name)
        page.fill("#person-pin", PINS[name])
        page.click("#person-done")
        expect(page.locator("#list .person", has_text=name)).to_be_visible()


def signs_in(cashier: Cashier, name: str) -> None:
    expect(cashier.page.locator("#lock")).to_be_visible(timeout=30_000)
    cashier.page.locator("#lock .person", has_text=name).click()
    cashier.type(PINS[name])
    cashier.press("Enter")
    expect(cashier.page.locator("#lock")).to_be_hidden()


def is_allowed_by(cashier: Cashier, name: str) -> None:
    """A supervisor comes and keys a PIN over what is open."""
    expect(cashier.page.locator("#allow")).to_be_visible()
    cashier.page.locator("#allow .person", has_text=name).click()
    cashier.type(PINS[name])
    cashier.press("Enter")
    expect(cashier.page.locator("#allow")).to_be_hidden()


def has(cashier: Cashier, *names: str) -> None:
    expect(cashier.page.locator(".line-name")).to_have_text(list(names))


def finds_receipt(cashier: Cashier, words: str) -> None:
    cashier.page.locator("[data-action=refund]").click()
    expect(cashier.page.locator("#refund")).to_be_visible()
    cashier.page.fill("#refund-q", words)
    expect(cashier.page.locator("#refund-rows .receipts-row").first).to_contain_text("S1-T1")
    cashier.page.locator("#refund-rows .receipts-row").first.click()


def moves_cash(cashier: Cashier, button: str, amount: str, reason: str = "") -> None:
    menu(cashier)
    cashier.page.click(button)
    cashier.page.fill("#cash-amount", amount)
    if reason:
        cashier.page.fill("#cash-reason", reason)
    cashier.page.click("#cash-done")


# -- the day ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_whole_day_without_the_central_and_then_head_office_has_all_of_it(
    terminal: Linked, hub: rig.Hub, tmp_path: Path, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    cashier = Cashier(page)
    page.goto(terminal.link())
    adds_people(page, terminal.url)
    page.goto(terminal.url)
    opens_with_a_float(cashier)
    sells_by_scan_weight_and_promotion(cashier)
    sells_to_a_new_customer_under_the_limit_of_a_supervisor(cashier)
    sells_a_gift_card_and_takes_it_with_a_card_and_cash(cashier)
    parks_serves_another_and_takes_up(cashier)
    exchanges(cashier)
    goes_on_after_a_restart(cashier, terminal)
    refunds_in_part(cashier)
    moves_cash(cashier, "#shift-out", "5.00", "Stamps")
    is_allowed_by(cashier, "Sam")
    expect(page.locator("#shift-cash")).to_be_hidden()
    moves_cash(cashier, "#shift-drop", "50.00")
    expect(page.locator("#shift-cash")).to_be_hidden()
    shift, moves = books.read(terminal.path, "shift")[-1], books.read(terminal.path, "cash")
    orders = books.read(terminal.path, "order")
    lies_there = books.drawer(shift["float"], orders, moves)
    reads_the_x(cashier, lies_there)
    prints_a_copy(cashier)
    closes(cashier, lies_there - 10)
    assert cashier.problems == []

    # Nobody but the till knows of it.
    assert {seen.status for seen in terminal.line.requests} <= {0}
    assert books.raw(hub.path, "store-s1", *books.JOURNALLED) == {}
    adds_up_by_hand(terminal, lies_there)

    terminal.line.restore()
    with CouchTill(
        "office", "--data", tmp_path / "office", "--id", "office", "--port", "0", "--central",
        f"http://office:{OFFICE}@127.0.0.1:{hub.port}",
    ) as office:  # fmt: skip
        office_link = office.link
        page.click("#report-paper ~ footer >> text=Print", trial=True)  # the Z stays on the screen until it was read
        page.locator("#shift-report [data-close]").first.click()
        for path in (hub.path, tmp_path / "office"):
            wait_until(lambda path=path: same(terminal.path, path), SOON, f"{path.name} has what the till has")
        head = open_context().new_page()
        head.goto(office_link)
        expect(head.locator(".sale")).to_have_count(len(books.read(terminal.path, "order")))
    terminal.stop()
    hub.process.terminate()
    assert [rig.verify(path) for path in (terminal.path, hub.path, tmp_path / "office")] == [0, 0, 0]
    assert same(terminal.path, hub.path) and same(terminal.path, tmp_path / "office")


def opens_with_a_float(cashier: Cashier) -> None:
    page = cashier.page
    page.goto(page.url)
    if page.locator("#shift-open").is_visible():
        page.reload()
    expect(page.locator("#shift-open")).to_be_visible()
    count(cashier, "#shift-open", **{"€50.00": 1, "€10.00": 5})
    expect(page.locator("#open-total")).to_have_value("100.00")
    page.click("#open-done")
    expect(page.locator("#shift-open")).to_be_hidden()
    page.click("#open-account")
    page.locator("#account-actions .choice", has_text="Lock").click()
    signs_in(cashier, "Cleo")


def sells_by_scan_weight_and_promotion(cashier: Cashier) -> None:
    cashier.scan("4000001")
    cashier.scan("4000001")
    cashier.scan(HAM + check_digit(HAM))
    expect(cashier.line("Ham")).to_contain_text("0.75 kg")
    for _ in range(3):
        cashier.scan("4000002")
    expect(cashier.line("Lemonade")).to_contain_text("3 ×")
    cashier.tap("Bananas")
    cashier.type("1.234")
    cashier.press("Enter")
    cashier.shows_total("€26.27")  # 4.90 + 14.93 + two of three at 1.99 + 2.46
    cashier.page.click("#pay")
    cashier.type("30")
    expect(cashier.page.locator("#change")).to_have_text("€3.75")
    cashier.press("Enter")
    cashier.has_sold()
    cashier.begins_anew()


def sells_to_a_new_customer_under_the_limit_of_a_supervisor(cashier: Cashier) -> None:
    page = cashier.page
    cashier.tap("Wine")
    page.locator("[data-action=customer]").click()
    page.fill("#customers-search", "Anna Smith")
    page.click("#customers-new")
    page.click("#customer-save")
    expect(page.locator("#cart-customer")).to_have_text("Anna Smith")
    cashier.line("Wine").get_by_role("button", name="Discount", exact=True).click()
    cashier.type("20")
    cashier.press("Enter")
    cashier.shows_total("€8.72")
    page.click("#pay")
    page.locator(".note").first.click()
    is_allowed_by(cashier, "Sam")
    cashier.has_sold()
    cashier.begins_anew()


def sells_a_gift_card_and_takes_it_with_a_card_and_cash(cashier: Cashier) -> None:
    page = cashier.page
    page.click("#do-more")
    page.locator("#more-actions .choice", has_text="Gift card").click()
    cashier.type("5")
    cashier.press("Enter")
    cashier.shows_total("€5.00")
    page.click("#pay")
    page.locator(".note").first.click()
    code = page.locator("#gift-codes code")
    expect(code).to_be_visible()
    text = code.inner_text()
    page.locator("#gift-codes [data-close]").last.click()
    cashier.has_sold()
    cashier.begins_anew()
    cashier.tap("Wine")
    page.click("#pay")
    page.click("#kind-giftcard")
    cashier.scan(text)
    expect(page.locator("#pay-info")).to_contain_text("€5.00")
    page.click("#pay-done")
    expect(page.locator("#due")).to_have_text("€5.90")
    page.click("#kind-card")
    page.fill("#pay-text", "0042")
    page.fill("#pay-number", "3.00")
    page.click("#pay-done")
    expect(page.locator("#due")).to_have_text("€2.90")
    page.locator(".note").first.click()
    cashier.has_sold()
    cashier.begins_anew()


def parks_serves_another_and_takes_up(cashier: Cashier) -> None:
    page = cashier.page
    cashier.tap("Espresso")
    cashier.tap("Orange juice")
    page.locator("[data-action=park]").click()
    page.fill("#parked-name", "Blue coat")
    page.click("#parked-done")
    expect(page.locator("#parked")).to_be_hidden()
    cashier.tap("Lemonade")
    cashier.pays_exact()
    cashier.begins_anew()
    page.locator("[data-action=park]").click()
    page.locator(".parked-row", has_text="Blue coat").get_by_role("button", name="Take up").click()
    has(cashier, "Espresso", "Orange juice")
    cashier.pays_exact()
    cashier.begins_anew()


def exchanges(cashier: Cashier) -> None:
    """The juice that was just sold comes back, and a bottle of wine goes."""
    finds_receipt(cashier, "orange")
    cashier.page.get_by_role("button", name="One more of Orange juice").click()
    expect(cashier.page.locator("#refund-send")).to_be_enabled()
    cashier.page.click("#refund-cart")
    expect(cashier.page.locator("#refund")).to_be_hidden()
    cashier.tap("Wine")
    cashier.shows_total("€7.70")
    cashier.pays_exact()
    cashier.begins_anew()


def goes_on_after_a_restart(cashier: Cashier, terminal: Linked) -> None:
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    terminal.stop()
    expect(cashier.page.locator("#away")).to_be_visible()
    terminal.start()
    signs_in(cashier, "Cleo")
    has(cashier, "Espresso", "Lemonade")
    cashier.pays_exact()
    cashier.begins_anew()


def refunds_in_part(cashier: Cashier) -> None:
    page = cashier.page
    finds_receipt(cashier, "ham")
    page.get_by_role("button", name="One more of Espresso").click()
    page.get_by_label("What becomes of Espresso").select_option("damaged")
    expect(page.locator("#refund-send")).to_have_text("Refund €2.45")
    expect(page.locator("#refund-send")).to_be_enabled()
    page.click("#refund-send")
    cashier.has_sold()
    cashier.begins_anew()


def reads_the_x(cashier: Cashier, cash: int) -> None:
    menu(cashier)
    cashier.page.click("#shift-x")
    expect(cashier.page.locator("#report-paper")).to_contain_text(f"{cash // 100}.{cash % 100:02}")
    cashier.page.locator("#shift-report [data-close]").click()


def prints_a_copy(cashier: Cashier) -> None:
    cashier.press("F7")
    expect(cashier.page.locator("#receipts .receipts-row").first).to_be_visible()
    cashier.page.click("#receipts-print")
    expect(cashier.page.locator("#receipts .receipts-row").first).to_contain_text("1 copy")
    cashier.press("Escape")
    expect(cashier.page.locator("#receipts")).to_be_hidden()


def closes(cashier: Cashier, counted: int) -> None:
    page = cashier.page
    menu(cashier)
    page.click("#shift-end")
    page.fill("#close-total", f"{counted // 100}.{counted % 100:02}")
    expect(page.locator("#close-difference")).to_have_text("€0.10 are missing.")
    page.fill("#close-note", "A coin rolled away")
    page.click("#close-done")
    expect(page.locator("#report-title")).to_have_text("Z report 1")


# -- the books --------------------------------------------------------------------------------------------------------


def same(till: Path, other: Path) -> bool:
    """Whether another node has every document of the day, revision and bytes as at the till."""
    there = books.raw(other, "store-s1", *books.JOURNALLED) == books.raw(till, "store-s1", *books.JOURNALLED)
    return there and books.raw(other, "company", *books.OF_THE_COMPANY) == books.raw(
        till, "company", *books.OF_THE_COMPANY
    )


def adds_up_by_hand(terminal: Linked, lies_there: int) -> None:
    """The Z says what the orders say, added up here."""
    orders = books.read(terminal.path, "order")
    assert [order["total"] for order in orders] == [2627, 872, 500, 1090, 199, 565, 770, 444, -245]
    assert [order["cash_rounding"] for order in orders] == [-2, -2, 0, 0, 1, 0, 0, 1, 0]
    assert all(books.adds_up(order) for order in orders) and books.gapless(orders)
    [z] = books.read(terminal.path, "zreport")
    [shift] = books.read(terminal.path, "shift")
    assert books.figures_of(z) == books.figures(orders)
    assert {order["shift"] for order in orders} == {shift["_id"]} == {z["shift"]}
    assert (z["number"], z["grand_before"], z["grand_after"]) == (1, 0, z["sums"]["revenue"])
    assert (z["expected"], z["declared"], z["difference"]) == (lies_there, lies_there - 10, -10)
    events = [event["kind"] for event in books.read(terminal.path, "event")]
    assert [events.count(kind) for kind in ("x_report", "reprint")] == [1, 1]
    counts = z["sums"]["counts"]
    assert (counts["reprints"], counts["x_reports"], counts["refunds"], counts["discounts"]) == (1, 1, 1, 1)
    cleo = {order["cashier"] for order in orders}
    assert len(cleo) == 1 and None not in cleo
    assert [entry["right"] for order in orders for entry in order["approvals"]] == ["discount_over"]
    assert [(move["kind"], move["amount"]) for move in books.read(terminal.path, "cash")] == [
        ("out", 500),
        ("drop", 5000),
    ]
    # 100.00, and in coins: 26.25 + 8.70 + 5.00 + 2.90 + 2.00 + 5.65 + 7.70 + 4.45 − 2.45 − 5.00 − 50.00
    assert lies_there == 10_000 + 2625 + 870 + 500 + 290 + 200 + 565 + 770 + 445 - 245 - 500 - 5000
