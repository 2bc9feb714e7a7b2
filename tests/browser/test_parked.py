"""Parked carts: put away and taken up again, on this till and on another one, with the line there and with it cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from app.docs.database import Database
from app.shop.indexes import indexes_for
from app.web.auth import start_link
from tests.browser.conftest import Cashier, Terminal
from tests.faults import rig
from tests.support import books
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy
from tests.web.till.shopfront import CATEGORIES, PRODUCTS, STORE, product

#: Seconds within which tills hear of each other once their lines are back.
SOON = 40.0


def park(cashier: Cashier, name: str = "") -> None:
    cashier.page.locator("[data-action=park]").click()
    if name:
        cashier.page.fill("#parked-name", name)
    cashier.page.click("#parked-done")
    expect(cashier.page.locator("#parked")).to_be_hidden()


def parked(cashier: Cashier) -> Any:
    """The list, open."""
    if not cashier.page.locator("#parked").is_visible():
        cashier.page.locator("[data-action=park]").click()
    return cashier.page.locator(".parked-row")


def lines(cashier: Cashier) -> Any:
    return cashier.page.locator(".line .line-name")


def carts(terminal: Terminal | Till) -> list[dict[str, Any]]:
    """The parked carts on disk."""
    database = Database(terminal.path / "store-s1.db", read_only=True, indexes=indexes_for("store-s1"))
    try:
        return [record.full() for record in database.each("cart")]
    finally:
        database.close()


def test_a_cart_is_parked_with_a_name_survives_a_reload_and_is_taken_up_and_sold(
    cashier: Cashier, terminal: Terminal
) -> None:
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    park(cashier, "Blue coat")
    cashier.shows_total("€0.00")
    (cart,) = carts(terminal)
    assert cart["name"] == "Blue coat" and [each["name"] for each in cart["lines"].values()] == ["Espresso", "Lemonade"]

    cashier.page.reload()
    row = parked(cashier)
    expect(row).to_contain_text(["Blue coat"])
    expect(row).to_contain_text(["€4.44"])
    row.get_by_role("button", name="Take up").click()
    expect(lines(cashier)).to_have_text(["Espresso", "Lemonade"])
    cashier.tap("Orange juice")
    cashier.shows_total("€7.64")
    wait_until(lambda: len(carts(terminal)[0]["lines"]) == 3)
    cashier.pays_exact()

    (order,) = terminal.orders()
    assert order["cart"] == cart["_id"] and len(order["lines"]) == 3
    assert carts(terminal) == []


def test_a_packing_stays_one_through_reload_parking_a_restart_and_another_window(
    cashier: Cashier, terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    cola = terminal.get("product:4000002")
    box = {"name": "Box of 12", "quantity": 12000, "barcodes": [], "price": {"amount": 1999, "per": 1000}}
    tray = {"name": "Tray of 24", "quantity": 24000, "barcodes": []}
    terminal.put({**cola, "units": [box, tray]})
    cashier.scan("4000002")
    cashier.page.get_by_role("button", name="Box of 12", exact=True).click()
    cashier.shows_total("€19.99")
    cashier.page.reload()
    cashier.shows_total("€19.99")
    chosen = cashier.page.get_by_role("button", name="Box of 12", exact=True)
    lines(cashier).click()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    park(cashier, "Boxes")
    ((line,),) = [list(cart["lines"].values()) for cart in carts(terminal)]
    assert (line["quantity"], line["pack"]["name"]) == (12000, "Box of 12")

    terminal.kill()
    terminal.start()
    second = Cashier(open_context().new_page()).open(terminal.link())
    parked(second).get_by_role("button", name="Take up").click()
    second.shows_total("€19.99")
    lines(second).click()
    expect(second.page.get_by_role("button", name="Box of 12", exact=True)).to_have_attribute("aria-pressed", "true")
    second.page.get_by_role("button", name="One more").click()
    second.shows_total("€39.98")
    second.page.get_by_role("button", name="Tray of 24", exact=True).click()
    second.shows_total("€95.52")  # two trays at 1.99 each piece
    second.page.get_by_role("button", name="Box of 12", exact=True).click()
    second.shows_total("€39.98")
    second.pays_exact()

    (order,) = terminal.orders()
    assert [(sold["quantity"], sold["total"]) for sold in order["lines"]] == [(24000, 3998)]
    assert second.problems == []


def test_a_parked_cart_is_deleted_and_brought_back(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    park(cashier)
    row = parked(cashier)
    expect(row).to_have_count(1)
    row.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert carts(terminal) == []
    cashier.page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    assert [each["name"] for each in carts(terminal)[0]["lines"].values()] == ["Espresso"]


def test_another_browser_of_the_till_takes_over_and_the_first_hears_of_it(
    cashier: Cashier, terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    cashier.tap("Espresso")
    park(cashier, "Anna")
    parked(cashier).get_by_role("button", name="Take up").click()
    expect(lines(cashier)).to_have_text(["Espresso"])
    second = Cashier(open_context().new_page()).open(terminal.link())
    row = parked(second)
    expect(row).to_contain_text(["Open on S1-T1"])
    row.get_by_role("button", name="Take over").click()
    expect(lines(second)).to_have_text(["Espresso"])
    second.tap("Lemonade")
    wait_until(lambda: len(carts(terminal)[0]["lines"]) == 2)
    assert second.problems == []


def test_a_customer_is_made_edited_found_by_card_and_stands_on_the_sale(cashier: Cashier, terminal: Terminal) -> None:
    page = cashier.page
    cashier.tap("Espresso")
    page.locator("[data-action=customer]").click()
    page.fill("#customers-search", "Anna Smith")
    page.click("#customers-new")
    expect(page.locator("#customer-name")).to_have_value("Anna Smith")
    page.fill("#customer-cards", "CARD-1")
    page.fill("#customer-group", "staff")
    page.click("#customer-save")
    expect(page.locator("#cart-customer")).to_have_text("Anna Smith")
    page.locator("[data-action=customer]").click()
    page.get_by_role("button", name="Take the customer off this cart").click()
    expect(page.locator("#cart-customer")).to_be_hidden()

    cashier.scan("CARD-1")
    expect(page.locator("#cart-customer")).to_have_text("Anna Smith")
    cashier.pays_exact()
    (order,) = terminal.orders()
    customer = terminal.get(order["customer"])
    assert (customer["name"], customer["cards"], customer["group"]) == ("Anna Smith", ["CARD-1"], "staff")

    cashier.begins_anew()
    page.locator("[data-action=customer]").click()
    page.get_by_role("button", name="Edit: Anna Smith").click()
    page.fill("#customer-phone", "555")
    terminal.put({**customer, "email": "anna@example.org"})  # head office was quicker
    page.click("#customer-save")
    expect(page.locator("#customer-fault")).to_contain_text("Somebody else has changed this customer")
    expect(page.locator("#customer-email")).to_have_value("anna@example.org")
    expect(page.locator("#customer-phone")).to_have_value("555")
    page.click("#customer-save")
    expect(page.locator("#customers")).to_be_hidden()
    now = terminal.get(order["customer"])
    assert (now["phone"], now["email"]) == ("555", "anna@example.org")


def test_a_tile_with_variants_asks_which_and_a_price_check_puts_nothing_in(
    cashier: Cashier, terminal: Terminal
) -> None:
    page = cashier.page
    shirts = [product("shirt", "Shirt", 1900, category="category:fruit")]
    sizes = ["M", "L"]
    shirts += [
        product(f"sh{x}", f"Shirt {x}", 2000, variant_of="product:shirt", variant=x, barcodes=[f"{x}-999"])
        for x in sizes
    ]
    for doc in shirts:
        terminal.put(doc)
    page.reload()
    page.get_by_role("button", name="Fruit").click()
    cashier.tap("Shirt")
    page.locator(".variant", has_text="Shirt L").click()
    expect(lines(cashier)).to_have_text(["Shirt L"])
    cashier.shows_total("€20.00")

    page.click("#do-more")
    page.locator("[data-action=price-check]").click()
    cashier.scan("4000001")
    expect(page.locator("#price-check-answer")).to_contain_text("€2.45")
    page.keyboard.press("Escape")
    expect(lines(cashier)).to_have_text(["Shirt L"])


# --- two tills -----------------------------------------------------------------------------------------------------


class Till:
    """A terminal behind a line of its own to the hub, and its window."""

    def __init__(self, path: Path, id: str, hub: rig.Hub) -> None:
        self.path = path
        self.line = FaultProxy(f"http://{id}:{hub.passwords[id]}@127.0.0.1:{hub.port}")
        self.terminal = rig.Terminal(path, id, self.line.url)

    def open(self, page: Page) -> Cashier:
        link = start_link(self.path, self.terminal.url)
        page.goto(link)
        expect(page.locator(".tile").first).to_be_visible(timeout=SOON * 1000)
        return Cashier(page).open(self.terminal.url)

    def close(self) -> None:
        self.line.close()
        self.terminal.process.stop()


@pytest.fixture
def tills(tmp_path: Path) -> Iterator[tuple[rig.Hub, Till, Till]]:
    with rig.Hub(tmp_path / "hub") as hub:
        docs = {"docs": [STORE, *CATEGORIES, *PRODUCTS]}
        requests.post(f"{hub.url}/company/_bulk_docs", json=docs, timeout=10).raise_for_status()
        opened = [Till(tmp_path / id, id, hub) for id in ("s1-t1", "s1-t2")]
        try:
            yield hub, opened[0], opened[1]
        finally:
            for till in opened:
                till.close()


def central(hub: rig.Hub, prefix: str) -> list[dict[str, Any]]:
    """The documents of a kind that the hub has."""
    span = {"include_docs": "true", "conflicts": "true", "startkey": f'"{prefix}:"', "endkey": f'"{prefix};"'}
    answer = requests.get(f"{hub.url}/store-s1/_all_docs", params=span, timeout=10).json()
    return [row["doc"] for row in answer["rows"]]


@pytest.mark.slow
def test_two_tills_add_to_one_parked_cart_while_the_line_is_cut_and_neither_line_is_lost(
    tills: tuple[rig.Hub, Till, Till], open_context: Callable[..., BrowserContext]
) -> None:
    hub, one, two = tills
    first, second = one.open(open_context().new_page()), two.open(open_context().new_page())
    first.tap("Espresso")
    park(first, "Table 4")
    row = parked(second)
    expect(row).to_contain_text(["Table 4"], timeout=SOON * 1000)  # it comes by itself
    second.press("Escape")

    for till in (one, two):
        till.line.cut()
    for cashier, name in ((first, "Lemonade"), (second, "Orange juice")):
        parked(cashier).get_by_role("button", name="Take up").click()
        expect(lines(cashier)).to_have_text(["Espresso"])
        cashier.tap(name)
        expect(lines(cashier)).to_have_text(["Espresso", name])
    for till in (one, two):
        wait_until(lambda till=till: len(carts(till)[0]["lines"]) == 2)

    for till in (one, two):
        till.line.restore()

    def joined() -> bool:
        there = central(hub, "cart")
        return len(there) == 1 and "_conflicts" not in there[0] and len(there[0]["lines"]) == 3

    wait_until(joined, timeout=SOON)
    (cart,) = central(hub, "cart")
    assert sorted(line["name"] for line in cart["lines"].values()) == ["Espresso", "Lemonade", "Orange juice"]
    # One till holds it now; the other has heard so, and lost nothing.
    holder, other = (first, second) if cart["holder"]["terminal"] == "s1-t1" else (second, first)
    expect(lines(holder)).to_have_count(3, timeout=SOON * 1000)
    expect(lines(other)).to_have_count(0, timeout=SOON * 1000)
    holder.shows_total("€7.64")
    holder.pays_exact()

    wait_until(lambda: len(central(hub, "order")) == 1 and central(hub, "cart") == [], timeout=SOON)
    (order,) = central(hub, "order")
    assert sorted(line["name"] for line in order["lines"]) == ["Espresso", "Lemonade", "Orange juice"]
    assert order["cart"] == cart["_id"] and order["total"] == 764
    for till in (one, two):
        wait_until(lambda till=till: carts(till) == [], timeout=SOON)
    assert central(hub, "task") == []
    kept = books.raw(hub.path, "store-s1", *books.JOURNALLED)
    for till in (one, two):
        wait_until(lambda till=till: books.raw(till.path, "store-s1", *books.JOURNALLED) == kept, timeout=SOON)
    assert order["_id"] in kept and books.adds_up(order)
    assert [rig.verify(path) for path in (one.path, two.path, hub.path)] == [0, 0, 0]
    assert first.problems == second.problems == []


@pytest.mark.slow
def test_one_parked_cart_sold_on_two_tills_apart_stands_twice_and_is_a_task_on_both(
    tills: tuple[rig.Hub, Till, Till], open_context: Callable[..., BrowserContext]
) -> None:
    hub, one, two = tills
    first, second = one.open(open_context().new_page()), two.open(open_context().new_page())
    first.tap("Espresso")
    park(first, "Table 4")
    expect(parked(second)).to_contain_text(["Table 4"], timeout=SOON * 1000)
    for till in (one, two):
        till.line.cut()
    for cashier in (first, second):
        parked(cashier).get_by_role("button", name="Take up").click()
        expect(lines(cashier)).to_have_text(["Espresso"])
        cashier.pays_exact()
        cashier.begins_anew()
    for till in (one, two):
        till.line.restore()

    wait_until(lambda: len(central(hub, "task")) == 1, timeout=SOON)
    (task,) = central(hub, "task")
    orders = central(hub, "order")
    assert len(orders) == 2 and {order["cart"] for order in orders} == {task["about"]}
    assert task["kind"] == "cart_sold_twice" and "_conflicts" not in task and central(hub, "cart") == []
    for cashier in (first, second):
        cashier.page.click("#do-more")
        choice = cashier.page.locator("[data-action=tasks]")
        expect(choice).to_contain_text("1", timeout=SOON * 1000)
        choice.click()
        expect(cashier.page.locator(".task")).to_contain_text("A parked cart was sold twice")
        cashier.press("Escape")
    first.page.click("#do-more")
    first.page.locator("[data-action=tasks]").click()
    first.page.locator(".task").get_by_role("button", name="Done").click()
    expect(first.page.locator("#tasks-none")).to_be_visible()
    wait_until(lambda: bool(central(hub, "task")[0].get("done_at")), timeout=SOON)


def test_a_line_that_two_tills_changed_is_shown_twice_until_somebody_has_looked(
    cashier: Cashier, terminal: Terminal
) -> None:
    cashier.tap("Espresso")
    park(cashier, "Table 4")
    (cart,) = carts(terminal)
    parked(cashier).get_by_role("button", name="Take up").click()
    expect(lines(cashier)).to_have_text(["Espresso"])
    cashier.tap("Espresso")
    wait_until(lambda: next(iter(carts(terminal)[0]["lines"].values()))["quantity"] == 2000)
    # Another till, apart, made five of it, and its change arrives.
    ((id, line),) = cart["lines"].items()
    theirs = {"lines": {id: {**line, "quantity": 5000}}, "rev": cart["_rev"]}
    key = {"Authorization": f"Bearer {(terminal.path / 'api.secret').read_text().strip()}"}
    answer = requests.put(f"{terminal.url}/api/carts/{cart['_id']}", json=theirs, headers=key, timeout=10)
    assert answer.json()["joined"] is True

    expect(lines(cashier)).to_have_count(2)
    notice = cashier.page.locator(".cart-notice")
    expect(notice).to_contain_text("Two tills changed the same line")
    cashier.shows_total("€17.15")
    notice.get_by_role("button", name="Checked").click()
    expect(notice).to_be_hidden()
    wait_until(lambda: not any("twice" in each for each in carts(terminal)[0]["lines"].values()))
    cashier.pays_exact()
    assert sorted(each["quantity"] for each in terminal.orders()[0]["lines"]) == [2000, 5000]


#: Holds back the answers about a parked cart, as a busy machine may, and notes of which revisions the news told.
SLOW_ANSWERS = """
Object.assign(window, { slow: false, held: {}, told: [] });
const fetchAtOnce = window.fetch;
window.fetch = async (path, options) => {
  const answer = await fetchAtOnce(path, options);
  const { method } = options;
  if (window.slow && path.startsWith("api/carts/cart")) await new Promise((go) => (window.held[method] = go));
  return answer;
};
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, run) {
  listen.call(this, name, (event) => {
    run(event);
    if (name === "cart") window.told.push(JSON.parse(event.data).rev);
  });
};
"""


def test_an_answer_that_comes_late_takes_nothing_off_the_screen_that_the_news_brought(
    terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.add_init_script(SLOW_ANSWERS)
    cashier = Cashier(page).open(terminal.link())
    cashier.tap("Espresso")
    park(cashier, "Table 4")
    parked(cashier).get_by_role("button", name="Take up").click()
    expect(lines(cashier)).to_have_text(["Espresso"])

    def held(method: str) -> None:
        wait_until(lambda: page.evaluate(f"'{method}' in window.held"))

    def is_told() -> None:
        """The page has heard of the cart as it is on disk."""
        rev = carts(terminal)[0]["_rev"]
        wait_until(lambda: page.evaluate(f"window.told.includes('{rev}')"))

    def another_till_adds(id: str, name: str) -> None:
        (cart,) = carts(terminal)
        line = {**next(iter(cart["lines"].values())), "name": name, "quantity": 1000}
        change = {"lines": {**cart["lines"], id: line}, "rev": cart["_rev"]}
        key = {"Authorization": f"Bearer {(terminal.path / 'api.secret').read_text().strip()}"}
        url = f"{terminal.url}/api/carts/{cart['_id']}"
        requests.put(url, json=change, headers=key, timeout=10).raise_for_status()

    is_told()
    page.evaluate("window.slow = true")
    cashier.tap("Espresso")
    held("PUT")
    another_till_adds("01JANOTHERTILLSLINE0000001", "First")
    is_told()  # so the page will ask how the cart is now
    page.evaluate("window.held.PUT()")
    held("GET")
    another_till_adds("01JANOTHERTILLSLINE0000002", "Second")
    is_told()
    page.evaluate("window.slow = false; window.held.GET()")  # an answer that knows nothing of the second
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    expect(cashier.page.locator(".line")).to_have_count(3)
    expect(lines(cashier)).to_have_text(["First", "Second", "Espresso"])
    cashier.pays_exact()
    assert sorted(line["quantity"] for line in terminal.orders()[0]["lines"]) == [1000, 1000, 2000]
    assert cashier.problems == []
