"""A product's price, changed at the till's page: from the tile, at once on it; what others changed is shown first."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Cashier, Terminal


def test_a_price_is_changed_from_its_tile_and_stands_there_at_once(terminal: Terminal, cashier: Cashier) -> None:
    page = cashier.page
    tile = page.locator(".tile", has_text="Espresso")
    tile.click(button="right")
    answer = page.locator("#price-check-answer")
    expect(answer).to_contain_text("€2.45")
    # Meanwhile head office is faster: that is shown, and nothing is written over it.
    doc = terminal.get("product:4000001")
    answer.get_by_role("button", name="Change the price").click()
    terminal.put({**doc, "price": {"amount": 250, "per": 1000}})
    page.fill("#ask-number", "2.60")
    page.click("#ask-done")
    expect(page.locator("#ask-lead")).to_contain_text("it costs €2.50 now")
    assert terminal.get("product:4000001")["price"]["amount"] == 250
    page.fill("#ask-number", "2.60")
    page.click("#ask-done")

    expect(page.locator("#price-check")).to_be_hidden()
    expect(tile).to_contain_text("€2.60")
    assert terminal.get("product:4000001")["updated_on"] == "s1-t1"
    tile.click()
    cashier.shows_total("€2.60")
    assert cashier.line("Espresso").count() == 1


def test_a_price_check_by_name_leads_to_the_change_too(cashier: Cashier, terminal: Terminal) -> None:
    page = cashier.page
    page.click("#do-more")
    page.locator("#more").get_by_role("button", name="Price check").click()
    page.fill("#price-check-code", "lemon")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Change the price").click()
    page.fill("#ask-number", "1.89")
    page.keyboard.press("Enter")

    expect(page.locator("#price-check-answer")).to_contain_text("€1.89")
    expect(page.locator(".tile", has_text="Lemonade")).to_contain_text("€1.89")
    # Somebody decides otherwise, elsewhere: what is looked at says so.
    terminal.put({**terminal.get("product:4000002"), "price": {"amount": 177, "per": 1000}})
    expect(page.locator("#price-check-answer")).to_contain_text("€1.77")
    expect(page.locator(".tile", has_text="Lemonade")).to_contain_text("€1.77")
