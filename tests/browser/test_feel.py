"""How the till feels: a held key answers no question, no dialog is a dead end, the next button is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from app.docs.directory import Directory
from app.shop.indexes import indexes_for
from tests.browser.conftest import Cashier, Terminal
from tests.browser.test_people import PINS, Staffed
from tests.support.process import free_port
from tests.web.till.shopfront import product


class Adults(Terminal):
    """A shop that sells something with an age."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.stock_more([product("5000001", "Whisky", 4590, min_age=18)])


class Empty(Terminal):
    """A terminal on its first day: no store document, no products."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = free_port()
        self.process = None
        path.mkdir()
        with Directory(path, indexes_for=indexes_for) as directory:
            directory.create("company")
            directory.create("store-s1")


def started(terminal: Terminal) -> Iterator[Terminal]:
    try:
        terminal.start()
        yield terminal
    finally:
        terminal.stop()


@pytest.fixture
def adults(tmp_path: Path) -> Iterator[Terminal]:
    yield from started(Adults(tmp_path / "s1-t1"))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Terminal]:
    yield from started(Empty(tmp_path / "s1-t1"))


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    terminal = Staffed(tmp_path / "s1-t1")
    try:
        terminal.start()
        terminal.hire()
        yield terminal
    finally:
        terminal.stop()


def hold_enter(cashier: Cashier) -> None:
    devtools = cashier.page.context.new_cdp_session(cashier.page)
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    for place in range(8):
        devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "\r", "autoRepeat": place > 0, **key})
        cashier.page.wait_for_timeout(40)
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})


def test_an_enter_that_is_held_down_confirms_no_age(
    adults: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    cashier = Cashier(open_context().new_page()).open(adults.link())
    cashier.type("whisky")
    expect(cashier.page.locator(".result")).to_have_count(1)
    hold_enter(cashier)

    expect(cashier.page.locator("#confirm")).to_be_visible()
    expect(cashier.page.locator(".line")).to_have_count(0)
    cashier.press("Enter")
    expect(cashier.line("Whisky")).to_be_visible()


def test_esc_closes_the_dialog_and_the_line_stays_chosen(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.press("F8")
    expect(cashier.page.locator("#ask")).to_be_visible()
    cashier.press("Escape")

    expect(cashier.page.locator("#ask")).to_be_hidden()
    expect(cashier.page.locator(".line[aria-current]")).to_be_visible()
    cashier.press("Escape")
    expect(cashier.page.locator(".line[aria-current]")).to_have_count(0)


def test_percent_and_amount_are_buttons_that_can_be_tapped(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.page.locator("[data-act=discount]").click()
    for name in ("Percent", "Amount"):
        box = cashier.page.get_by_role("radio", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_paying_on_account_has_the_button_to_choose_whose(cashier: Cashier, terminal: Terminal) -> None:
    terminal.put({"_id": "customer:ada", "type": "customer", "schema": 1, "name": "Ada"})
    page = cashier.page
    cashier.tap("Espresso")
    page.click("#pay")
    page.click("#kind-account")
    expect(page.locator("#pay-error")).to_have_text("There is no customer on this cart yet.")
    page.click("#pay-done")
    page.locator(".customer-row", has_text="Ada").click()
    expect(page.locator("#pay-done")).to_have_text("Take €2.45")
    page.click("#pay-done")
    cashier.has_sold()

    [order] = terminal.orders()
    assert [(tender["kind"], tender.get("customer")) for tender in order["tenders"]] == [("account", "customer:ada")]


def test_no_kind_of_payment_moves_the_buttons(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    cashier.page.wait_for_timeout(300)  # it has risen
    places = set()
    for kind in ("cash", "card", "giftcard", "coupon", "account"):
        cashier.page.click(f"#kind-{kind}")
        boxes = [cashier.page.locator(f"#{id}").bounding_box() for id in ("kind-cash", "pay-done")]
        places.add(tuple(round(box["y"]) for box in boxes if box))

    assert len(places) == 1


def test_a_double_tap_on_pay_leaves_the_keyboard_in_the_amount(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.page.dblclick("#pay")

    expect(cashier.page.locator("#payment")).to_be_visible()
    expect(cashier.page.locator("#pay-number")).to_be_focused()


def test_no_two_actions_have_the_same_key(cashier: Cashier) -> None:
    cashier.press("?")
    keys = cashier.page.locator("#keys .key-change").all_inner_texts()

    assert len(keys) > 10
    assert sorted(keys) == sorted(set(keys))


def test_typing_in_the_list_of_receipts_finds(cashier: Cashier) -> None:
    for name in ("Espresso", "Lemonade"):
        cashier.tap(name)
        cashier.pays_exact()
        cashier.begins_anew()
    cashier.press("F7")
    expect(cashier.page.locator("#receipts-list [data-receipt]")).to_have_count(2)
    expect(cashier.page.locator("#receipts-list [data-receipt]").first).to_be_focused()
    cashier.type("lemon")

    expect(cashier.page.locator("#receipts-list [data-receipt]")).to_have_count(1)


def test_goods_brought_back_count_as_items(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    cashier.page.click("#do-more")
    cashier.page.get_by_role("button", name="Return the chosen line").click()

    expect(cashier.page.locator("#cart-count")).to_have_text("2 items")


def test_an_address_that_is_none_is_said_at_its_field(cashier: Cashier) -> None:
    page = cashier.page
    cashier.tap("Espresso")
    cashier.press("F12")
    page.click("#customers-new")
    page.fill("#customer-name", "Ada")
    page.fill("#customer-email", "ada at home")
    page.click("#customer-save")

    expect(page.locator("#customer-email-fault")).to_have_text("This is no e-mail address.")
    expect(page.locator("#customer-email")).to_be_focused()


def test_a_till_without_products_sells_by_name_and_price(
    empty: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    cashier = Cashier(page)
    page.goto(empty.link())
    expect(page.locator("#shelf-note")).to_contain_text("No products yet")
    page.locator("#shelf-note").get_by_role("button", name="Item without code").click()
    page.fill("#ask-name", "Lamp")
    page.fill("#ask-number", "12")
    page.click("#ask-done")
    cashier.pays_exact()

    assert [order["total"] for order in empty.orders()] == [1200]


def test_a_sale_that_waits_never_covers_the_lock(staffed: Staffed, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context().new_page()
    cashier = Cashier(page)

    def sign_in() -> None:
        page.locator("#lock .person", has_text="Mia").click()
        cashier.type(PINS["Mia"])
        cashier.press("Enter")

    page.goto(staffed.link())
    sign_in()
    cashier.tap("Espresso")
    page.click("#pay")
    expect(page.locator(".note").first).to_be_visible()
    staffed.kill()
    page.locator(".note").first.click()
    expect(page.locator("#sending-title")).to_have_text("Not yet written")
    staffed.start()
    page.reload()
    sign_in()
    cashier.has_sold()

    assert [order["total"] for order in staffed.orders()] == [245]
