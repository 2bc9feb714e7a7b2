"""A cashier takes goods back: by receipt, in parts, as it was paid. Each test ends with the documents."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Cashier, Terminal


def sells(cashier: Cashier, *names: str) -> None:
    for name in names:
        cashier.tap(name)
    cashier.pays_exact()
    cashier.begins_anew()


def opens_refund(cashier: Cashier) -> None:
    cashier.press("F10")
    expect(cashier.page.locator("#refund")).to_be_visible()


def test_one_of_two_goes_back_and_then_the_other(cashier: Cashier, terminal: Terminal) -> None:
    sells(cashier, "Espresso", "Espresso", "Lemonade")
    page = cashier.page
    opens_refund(cashier)
    cashier.type("espresso")
    page.locator("#refund-rows .receipts-row").first.click()
    page.get_by_role("button", name="One more of Espresso").click()
    expect(page.locator("#refund-send")).to_have_text("Refund €2.45")
    page.get_by_label("What becomes of Espresso").select_option("damaged")
    expect(page.locator("#refund-send")).to_be_enabled()
    page.click("#refund-send")
    expect(page.locator("#sold-title")).to_have_text("Refunded")
    expect(page.locator("#sold-change")).to_have_text("€2.45")
    expect(page.locator("#sold-paper")).to_contain_text("Refund of receipt S1-T1 · 1")
    cashier.begins_anew()

    opens_refund(cashier)
    page.locator("#refund-rows .receipts-row", has_text="S1-T1 · 1").last.click()
    expect(page.locator(".refund-line", has_text="Espresso")).to_contain_text("1 of 2 can come back")
    page.click("#refund-all")
    expect(page.locator("#refund-send")).to_have_text("Refund €4.44")
    page.click("#refund-send")
    cashier.has_sold()

    sale, first, second = terminal.orders()
    assert (first["kind"], first["refund_of"], first["total"]) == ("refund", sale["_id"], -245)
    assert [(line["quantity"], line["restock"]) for line in first["lines"]] == [(-1000, "damaged")]
    assert [(line["name"], line["quantity"]) for line in second["lines"]] == [("Espresso", -1000), ("Lemonade", -1000)]
    assert sale["total"] + first["total"] + second["total"] == 0


def test_the_code_on_a_receipt_opens_its_refund(cashier: Cashier, terminal: Terminal) -> None:
    sells(cashier, "Espresso")
    [sale] = terminal.orders()
    cashier.scan(sale["_id"])

    expect(cashier.page.locator("#refund-label")).to_have_text("S1-T1 · 1")
    expect(cashier.page.locator("#refund-send")).to_have_text("Refund €2.45")


def test_a_receipt_refunded_in_full_says_so(cashier: Cashier, terminal: Terminal) -> None:
    sells(cashier, "Espresso")
    page = cashier.page
    for _ in range(2):
        opens_refund(cashier)
        page.locator("#refund-rows .receipts-row", has_text="S1-T1 · 1").last.click()
        expect(page.locator("#refund-label")).to_have_text("S1-T1 · 1")
        if page.locator("#refund-excess").is_visible():
            break
        page.click("#refund-send")
        cashier.has_sold()
        cashier.begins_anew()

    expect(page.locator("#refund-excess")).to_have_text("Nothing of this receipt is left to refund.")
    expect(page.locator("#refund-send")).to_be_disabled()
    assert len(terminal.orders()) == 2


def test_an_exchange_takes_the_old_thing_back_in_the_same_cart(cashier: Cashier, terminal: Terminal) -> None:
    sells(cashier, "Espresso")
    page = cashier.page
    opens_refund(cashier)
    page.locator("#refund-rows .receipts-row").first.click()
    expect(page.locator("#refund-send")).to_be_enabled()
    page.click("#refund-cart")
    cashier.tap("Orange juice")
    cashier.shows_total("€0.75")
    cashier.pays_exact()

    sale, swap = terminal.orders()
    assert swap["total"] == 320 - 245
    back = next(line for line in swap["lines"] if line["quantity"] < 0)
    assert (back["return_of"], back["restock"]) == ({"order": sale["_id"], "line": sale["lines"][0]["id"]}, "restock")


def test_goods_without_a_receipt_come_back_into_the_open_cart(cashier: Cashier, terminal: Terminal) -> None:
    page = cashier.page
    opens_refund(cashier)
    cashier.type("lemonade")
    page.locator("#refund-products .choice", has_text="Lemonade").click()
    cashier.tap("Orange juice")
    cashier.shows_total("€1.21")
    cashier.pays_exact()

    [order] = terminal.orders()
    assert sorted(line["quantity"] for line in order["lines"]) == [-1000, 1000]


def test_the_servers_death_in_the_middle_refunds_once(cashier: Cashier, terminal: Terminal) -> None:
    sells(cashier, "Espresso")
    page = cashier.page
    opens_refund(cashier)
    page.locator("#refund-rows .receipts-row").first.click()
    expect(page.locator("#refund-send")).to_be_enabled()
    terminal.kill()
    page.click("#refund-send")
    expect(page.locator("#refund-error")).to_contain_text("never twice")
    terminal.start()
    cashier.has_sold()

    orders = terminal.orders()
    assert [order["kind"] for order in orders] == ["sale", "refund"]
    assert page.evaluate("localStorage.getItem('couchtill.refund.s1-t1')") is None
