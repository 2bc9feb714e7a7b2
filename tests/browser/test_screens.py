"""The till on other screens and in another language; taxes on top, no decimals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Cashier, Terminal

MONEY = """async () => {
  const m = await import("/static/js/money.js");
  const usd = { code: "USD", digits: 2, locale: "en-US" };
  const kwd = { ...usd, code: "KWD", digits: 3 };
  const texts = [
    ["12.34", 2], ["12,3", 2], ["12.345", 2], ["", 2], [".", 2], ["-1", 2],
    ["1e3", 2], ["12", 0], ["1.5", 0], ["1.234", 3], [".5", 2], ["9".repeat(17), 2],
  ];
  const halves = [
    m.lineAmount({ amount: 1, per: 1000 }, 500), m.lineAmount({ amount: 2199, per: 10000 }, 10251),
    m.divideRound(-5n, 2n), m.divideRound(-4n, 3n),
  ];
  const sums = [m.money(123456789012345n, usd), m.money(-5n, usd), m.money(1234n, kwd)];
  return {
    half: halves.map(String),
    parsed: texts.map(([text, digits]) => String(m.parseDecimal(text, digits))),
    notes: [2345n, 2542n, 299n, 4800n, 1000n, 15010n].map((due) => m.likelyNotes(due, usd).map(Number)),
    shown: [...sums, m.quantityText(1500), m.quantityText(1000)],
  };
}"""

OpenContext = Callable[..., BrowserContext]


def test_a_sale_on_a_phone(terminal: Terminal, open_context: OpenContext) -> None:
    phone = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    cashier = Cashier(phone.new_page()).open(terminal.link())
    page = cashier.page
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.locator(".tile", has_text="Espresso").tap()
    page.locator(".tile", has_text="Bananas").tap()
    for key in ("1", ".", "5"):
        page.locator(f"#ask .pad-key[data-key='{key}']").tap()
    page.locator("#ask-done").tap()
    expect(page.locator("#phone-total")).to_have_text("€5.44")
    page.locator("#phone-cart").tap()
    expect(page.locator("#pay")).to_be_in_viewport()
    page.go_back()
    expect(page.locator("#pay")).to_be_hidden()
    page.locator("#phone-cart").tap()
    page.locator("#pay").tap()
    expect(page.locator("#pay-done")).to_be_in_viewport()
    page.locator(".note").first.tap()
    cashier.has_sold()
    expect(page.locator("#sold-next")).to_be_in_viewport()

    assert terminal.orders()[0]["total"] == 544
    assert cashier.problems == []


def test_nothing_lies_beyond_the_screen(cashier: Cashier) -> None:
    for _ in range(3):
        cashier.tap("Espresso")
    for width, height in ((1366, 768), (1024, 768), (1280, 800)):
        cashier.page.set_viewport_size({"width": width, "height": height})
        assert cashier.page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        ) == [width, height]
        cashier.page.click("#pay")
        expect(cashier.page.locator("#pay-done")).to_be_in_viewport(ratio=1)
        expect(cashier.page.locator("#due")).to_be_in_viewport(ratio=1)
        cashier.press("Escape")
        expect(cashier.page.locator("#payment")).to_be_hidden()


def test_a_sale_in_chinese(terminal: Terminal, open_context: OpenContext) -> None:
    cashier = Cashier(open_context(locale="zh-CN").new_page()).open(terminal.link())
    cashier.tap("Espresso")
    expect(cashier.page.locator("#cart-count")).to_have_text("1 件")
    cashier.scan("999999999")
    expect(cashier.page.locator(".toast")).to_contain_text("没有商品使用条码 999999999。")
    cashier.press("F9")
    expect(cashier.page.locator("#payment-title")).to_have_text("付款")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator("#sold-title")).to_have_text("已售出")
    expect(cashier.page.locator("#sold-paper")).to_contain_text("合计")

    assert len(terminal.orders()) == 1


def test_a_double_tap_on_pay_on_a_phone_takes_no_money(terminal: Terminal, open_context: OpenContext) -> None:
    phone = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    cashier = Cashier(phone.new_page()).open(terminal.link())
    cashier.page.locator(".tile", has_text="Espresso").tap()
    cashier.page.locator("#phone-cart").tap()
    cashier.page.locator("#pay").dblclick()
    expect(cashier.page.locator("#payment-form")).to_be_visible()
    cashier.page.wait_for_timeout(500)

    assert terminal.orders() == []
    expect(cashier.page.locator("#payment-form")).to_be_visible()


def test_a_language_chosen_at_the_till_stays(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.page.locator("#open-account").click()
    cashier.page.get_by_role("link", name="中文").click()
    expect(cashier.page.locator("#pay")).to_contain_text("付款")
    cashier.page.reload()

    expect(cashier.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    cashier.shows_total("€2.45")


@pytest.fixture
def yen(tmp_path: Path) -> Iterator[Terminal]:
    """A till whose currency has no decimals and whose taxes come on top."""
    started = Terminal(tmp_path / "yen", currency="JPY", digits=0, tax_mode="added", taxes=["tax:vat"])
    started.stock_more([{"_id": "tax:vat", "type": "tax", "schema": 1, "name": "VAT", "rate": 75_000}])
    try:
        started.start()
        yield started
    finally:
        started.stop()


def test_a_currency_without_decimals_and_taxes_on_top_come_out_as_the_server_has_it(
    yen: Terminal, open_context: OpenContext
) -> None:
    cashier = Cashier(open_context().new_page()).open(yen.link())
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    cashier.press("F6")
    cashier.type("Bag")
    cashier.press("Tab")
    cashier.type("7.5")
    expect(cashier.page.locator("#ask-error")).to_have_text("No decimals here.")
    cashier.press("Backspace", "Backspace", "Enter")
    # 245 + 18.375, 199 + 14.925, 7 + 0.525: each tax rounded for itself
    cashier.shows_total("¥485")
    cashier.pays_exact()

    assert yen.orders()[0]["total"] == 485


def test_a_window_opened_before_the_first_sync_takes_the_store_s_currency_when_it_comes(
    cashier: Cashier, terminal: Terminal
) -> None:
    cashier.tap("Espresso")
    cashier.shows_total("€2.45")
    terminal.put({**terminal.get("store:s1"), "currency": "JPY", "digits": 0})

    cashier.shows_total("¥245")
    expect(cashier.page.locator(".tile", has_text="Lemonade")).to_contain_text("¥199")


def test_a_till_that_does_not_know_its_store_says_so_until_it_does(cashier: Cashier, terminal: Terminal) -> None:
    expect(cashier.page.locator("#no-store")).to_be_hidden()
    store = terminal.get("store:s1")
    terminal.put({"_id": "store:s1", "_rev": store["_rev"], "_deleted": True})
    expect(cashier.page.locator("#no-store")).to_be_visible()
    terminal.put({key: value for key, value in store.items() if key != "_rev"})
    expect(cashier.page.locator("#no-store")).to_be_hidden()


def test_a_till_whose_store_is_closed_says_how_long_it_sells(cashier: Cashier, terminal: Terminal) -> None:
    expect(cashier.page.locator("#closing")).to_be_hidden()
    store = terminal.get("store:s1")
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    terminal.put({**store, "inactive": True, "closed_at": now})
    expect(cashier.page.locator("#closing")).to_contain_text("Finish the day")
    terminal.put({**terminal.get("store:s1"), "closed_at": "2026-01-01T12:00:00.000Z"})
    expect(cashier.page.locator("#closed")).to_contain_text("Nothing is sold here any more")
    expect(cashier.page.locator("#closing")).to_be_hidden()
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.get_by_text("Head office has closed this store: nothing is sold here")).to_be_visible()
    assert terminal.orders() == []


def test_a_new_price_comes_to_the_shelf_by_itself_and_the_cart_asks(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    terminal.put({**terminal.get("product:4000001"), "price": {"amount": 260, "per": 1000}})
    expect(cashier.page.locator(".tile", has_text="Espresso")).to_contain_text("€2.60")
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator(".toast")).to_contain_text("The total is now €2.60")
    cashier.pays_exact()

    assert [order["total"] for order in terminal.orders()] == [260]


def test_a_planned_price_that_comes_after_the_line_shows_in_the_open_cart_at_once(
    cashier: Cashier, terminal: Terminal
) -> None:
    cashier.tap("Espresso")
    cashier.shows_total("€2.45")
    plan = {"_id": "pricelist:plan-late-001", "type": "pricelist", "schema": 1, "name": "Late", "catalogue": True,
            "plan": "late", "starts": "2026-01-01", "starts_at": "00:00", "currency": "EUR", "digits": 2,
            "prices": [{"product": "product:4000001", "price": {"amount": 260, "per": 1000}}]}  # fmt: skip
    terminal.put(plan)
    cashier.shows_total("€2.60")
    cashier.pays_exact()
    assert [order["total"] for order in terminal.orders()] == [260]


def test_a_kept_cart_has_the_prices_that_were_planned_meanwhile_after_a_reload(
    cashier: Cashier, terminal: Terminal
) -> None:
    """Another price of the product itself is told when it is paid (test_rivals.py, F12)."""
    cashier.tap("Espresso")
    cashier.shows_total("€2.45")
    cashier.page.goto("about:blank")
    plan = {"_id": "pricelist:plan-late-002", "type": "pricelist", "schema": 1, "name": "Late", "catalogue": True,
            "plan": "late", "starts": "2026-01-01", "starts_at": "00:00", "currency": "EUR", "digits": 2,
            "prices": [{"product": "product:4000001", "price": {"amount": 270, "per": 1000}}]}  # fmt: skip
    terminal.put(plan)
    cashier.page.go_back()
    cashier.shows_total("€2.70")


def test_the_sync_page_tells_where_things_stand(cashier: Cashier) -> None:
    cashier.page.click("#light")
    expect(cashier.page.locator(".verdict")).to_contain_text("Not linked")
    expect(cashier.page.locator("#sync-now")).to_be_disabled()
    cashier.page.get_by_role("link", name="Till").click()

    expect(cashier.page.locator("#search")).to_be_visible()


def test_print_prints_the_receipt_and_nothing_else(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.pays_exact()
    expect(cashier.page.locator("#sold-paper .paper")).to_be_visible()
    cashier.page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    cashier.page.emulate_media(media="print")
    cashier.page.evaluate("() => document.querySelector('#sold-print').click()")

    cashier.page.wait_for_function("() => window.printed")
    expect(cashier.page.locator("#print-holder .paper")).to_be_visible()
    expect(cashier.page.locator("#till")).to_be_hidden()
    expect(cashier.page.locator("#sold")).to_be_hidden()
    width = cashier.page.locator("#print-holder .paper").evaluate("paper => paper.getBoundingClientRect().width")
    assert 295 < width < 310  # 80 mm at 96 dots an inch


def test_money_comes_out_as_in_python(cashier: Cashier) -> None:
    results = cashier.page.evaluate(MONEY)

    assert results["half"] == ["1", "2254", "-3", "-1"]
    assert results["parsed"] == [
        "1234",
        "1230",
        "null",
        "null",
        "null",
        "null",
        "null",
        "12",
        "null",
        "1234",
        "50",
        "null",
    ]
    assert results["notes"] == [
        [2500, 3000, 5000],
        [3000, 4000, 5000],
        [300, 500, 1000],
        [5000, 6000, 10000],
        [2000, 5000, 10000],
        [15100, 15500, 20000],
    ]
    assert results["shown"][:2] == ["$1,234,567,890,123.45", "-$0.05"]
    assert re.fullmatch(r"KWD\s1\.234", results["shown"][2])
    assert results["shown"][3:] == ["1.5", "1"]
