"""A cashier sells: by mouse, by keyboard alone, by scanner. Each test ends with the documents, not the screen alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Cashier, Terminal


def test_a_sale_by_mouse_with_exact_cash(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    cashier.tap("Espresso")
    cashier.shows_total("€6.89")
    cashier.pays_exact()

    [order] = terminal.orders()
    assert [(line["name"], line["quantity"]) for line in order["lines"]] == [("Espresso", 2000), ("Lemonade", 1000)]
    assert (order["total"], order["paid"], order["change"]) == (689, 689, 0)
    expect(cashier.page.locator("#sold-paper")).to_contain_text("Corner Shop")
    cashier.begins_anew()
    expect(cashier.page.locator(".line")).to_have_count(0)


def test_a_sale_by_keyboard_alone(cashier: Cashier, terminal: Terminal) -> None:
    cashier.type("lemon")
    expect(cashier.page.locator(".result[aria-selected=true]")).to_contain_text("Lemonade")
    cashier.press("Enter")
    expect(cashier.line("Lemonade")).to_be_visible()
    cashier.press("F4")
    cashier.type("3")
    cashier.press("Enter")
    cashier.shows_total("€5.97")
    cashier.press("F9")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.type("10")
    expect(cashier.page.locator("#change")).to_have_text("€4.03")
    cashier.press("Enter")
    cashier.has_sold()
    expect(cashier.page.locator("#sold-change")).to_have_text("€4.03")
    cashier.page.wait_for_timeout(600)
    cashier.press("Enter")
    expect(cashier.page.locator("#sold")).to_be_hidden()
    expect(cashier.page.locator("#search")).to_be_focused()

    [order] = terminal.orders()
    assert (order["lines"][0]["quantity"], order["paid"], order["change"]) == (3000, 1000, 403)


def test_arrows_choose_among_what_was_found(cashier: Cashier) -> None:
    cashier.type("twin")
    expect(cashier.page.locator(".result")).to_have_count(2)
    cashier.page.wait_for_timeout(500)  # the answer to all that was typed
    first = cashier.page.locator(".result").nth(0).get_attribute("data-product")
    cashier.press("ArrowDown")
    expect(cashier.page.locator(".result").nth(1)).to_have_attribute("aria-selected", "true")
    second = cashier.page.locator(".result").nth(1).get_attribute("data-product")
    cashier.press("Enter")

    name = {"product:4000008": "Twin one", "product:4000009": "Twin two"}
    assert {first, second} == set(name)
    expect(cashier.line(name[str(second)])).to_be_visible()
    expect(cashier.page.locator(".line")).to_have_count(1)


def test_scans_work_wherever_the_focus_is_and_the_same_code_counts_up(cashier: Cashier, terminal: Terminal) -> None:
    cashier.scan("4000001")
    expect(cashier.line("Espresso")).to_be_visible()
    cashier.page.locator(".tile", has_text="Lemonade").focus()
    cashier.scan("4000001")
    expect(cashier.line("Espresso")).to_contain_text("2 ×")
    cashier.page.locator("body").evaluate("body => document.activeElement.blur()")
    cashier.scan("4000003")
    expect(cashier.line("Orange juice")).to_be_visible()
    expect(cashier.page.locator("#search")).to_have_value("")
    cashier.pays_exact()

    [order] = terminal.orders()
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [("4000001", 2000), ("4000003", 1000)]


def test_a_burst_of_scans_loses_none(cashier: Cashier) -> None:
    for code in ("4000001", "4000002", "4000003", "4000001", "4000002", "4000001"):
        cashier.scan(code)

    cashier.shows_total("€14.53")
    expect(cashier.page.locator(".line")).to_have_count(3)


def test_five_times_then_a_scan_are_five(cashier: Cashier) -> None:
    cashier.type("5*")
    cashier.scan("4000001")

    expect(cashier.line("Espresso")).to_contain_text("5 ×")
    expect(cashier.page.locator("#search")).to_have_value("")


def test_an_unknown_code_is_said_without_standing_in_the_way(cashier: Cashier, terminal: Terminal) -> None:
    cashier.scan("999999999")
    expect(cashier.page.locator(".toast")).to_contain_text("No product has the code 999999999.")
    cashier.scan("4000001")
    expect(cashier.line("Espresso")).to_be_visible()
    cashier.page.get_by_role("button", name="Key price").click()
    cashier.type("3.5")  # the price comes first; whoever wants to gives it a name
    cashier.press("Enter")
    cashier.shows_total("€5.95")
    cashier.scan("888888888")
    for _ in range(3):
        cashier.scan("4000001")
    # Nobody has seen to it: it stays for as long as it would otherwise go unpaid.
    expect(cashier.page.locator(".toast[data-stays]")).to_contain_text("888888888")
    cashier.page.get_by_role("button", name="Key price").click()
    cashier.page.fill("#ask-name", "Mystery jar")
    cashier.page.fill("#ask-number", "1000000000000000")
    expect(cashier.page.locator("#ask-error")).to_have_text("That is too much.")
    cashier.page.fill("#ask-number", "1.234")
    expect(cashier.page.locator("#ask-error")).to_contain_text("At most 2 digits")
    cashier.page.fill("#ask-number", "1")
    cashier.page.click("#ask-done")
    expect(cashier.page.locator(".toast[data-stays]")).to_have_count(0)
    cashier.pays_exact()

    lines = [(line["product"], line["name"], line["total"]) for line in terminal.orders()[0]["lines"]]
    assert lines[1:] == [(None, "Code 999999999", 350), (None, "Mystery jar", 100)]


def test_a_code_of_two_products_asks_which(cashier: Cashier) -> None:
    cashier.scan("777777")
    expect(cashier.page.locator(".result")).to_have_count(2)
    cashier.page.locator(".result", has_text="Twin two").click()

    expect(cashier.line("Twin two")).to_be_visible()
    expect(cashier.line("Twin one")).to_have_count(0)


def test_a_scan_into_a_keypad_leaves_what_was_typed_and_waits(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.press("F4")
    cashier.type("7")
    cashier.scan("4000002")
    expect(cashier.page.locator("#ask-number")).to_have_value("7")
    cashier.press("Enter")

    expect(cashier.line("Espresso")).to_contain_text("7 ×")
    expect(cashier.line("Lemonade")).to_be_visible()


def test_a_keyed_price_counts_and_is_marked(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.press("F8")
    cashier.type("1,99")
    cashier.press("Enter")
    expect(cashier.line("Espresso")).to_contain_text("keyed price")
    cashier.shows_total("€1.99")
    cashier.pays_exact()

    [line] = terminal.orders()[0]["lines"]
    assert (line["price"]["amount"], line["keyed"], line["total"]) == (199, True, 199)


def test_an_open_price_is_asked_for(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Flowers")
    expect(cashier.page.locator("#ask-lead")).to_have_text("This product has no fixed price.")
    cashier.type("12.345")
    cashier.press("Enter")
    expect(cashier.page.locator("#ask-error")).to_have_text("At most 2 digits after the point.")
    cashier.press("Backspace", "Enter")
    cashier.shows_total("€12.34")
    cashier.pays_exact()

    assert terminal.orders()[0]["total"] == 1234


def test_measured_goods_ask_their_measure_and_round_half_away_from_zero(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Bananas")
    cashier.type("1.234")
    expect(cashier.page.locator("#ask-worth")).to_have_text("€2.46")
    cashier.press("Enter")
    cashier.tap("Unleaded")
    cashier.type("10.251")
    cashier.press("Enter")
    expect(cashier.line("Bananas")).to_contain_text("1.234 kg")
    cashier.shows_total("€25.00")
    cashier.pays_exact()

    assert [line["total"] for line in terminal.orders()[0]["lines"]] == [246, 2254]


def test_an_item_without_code_is_keyed_by_name_and_price(cashier: Cashier, terminal: Terminal) -> None:
    cashier.press("F6")
    cashier.type("Gift wrap")
    cashier.press("Enter")
    expect(cashier.page.locator("#ask-error")).to_have_text("Key a number.")
    cashier.type("2")
    cashier.press("Enter")
    cashier.pays_exact()

    [line] = terminal.orders()[0]["lines"]
    assert (line["name"], line["product"], line["total"]) == ("Gift wrap", None, 200)


def test_coupon_and_cash_pay_together(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Wine")
    cashier.press("F9", "k")
    cashier.type("20")
    expect(cashier.page.locator("#pay-error")).to_contain_text("A coupon can’t pay more than the €10.90")
    cashier.press("Backspace", "Backspace")
    cashier.type("3.50")
    cashier.press("Enter")
    expect(cashier.page.locator("#due")).to_have_text("€7.40")
    cashier.page.locator(".note", has_text="€10.00").click()
    cashier.has_sold()
    expect(cashier.page.locator("#sold-change")).to_have_text("€2.60")

    [order] = terminal.orders()
    assert order["tenders"] == [{"kind": "coupon", "amount": 350}, {"kind": "cash", "amount": 1000}]
    assert (order["total"], order["change"]) == (1090, 260)


def test_too_little_cash_finishes_nothing(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.press("F9")
    cashier.type("2.44")
    expect(cashier.page.locator("#change-label")).to_have_text("Missing")
    expect(cashier.page.locator("#change")).to_have_text("€0.01")
    cashier.press("Enter")
    expect(cashier.page.locator("#payment")).to_be_visible()

    assert terminal.orders() == []


def test_a_removed_line_comes_back_by_undo(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    cashier.line("Espresso").click()
    cashier.press("Delete")
    expect(cashier.page.locator(".line")).to_have_count(1)
    cashier.page.get_by_role("button", name="Undo").click()

    expect(cashier.page.locator(".line-name")).to_have_text(["Espresso", "Lemonade"])


def test_plus_and_minus_step_the_quantity_and_zero_removes(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.press("+", "+")
    expect(cashier.line("Espresso")).to_contain_text("3 ×")
    cashier.page.get_by_role("button", name="One less").click()
    expect(cashier.line("Espresso")).to_contain_text("2 ×")
    cashier.press("-", "-")
    expect(cashier.page.locator(".line")).to_have_count(0)


def test_script_in_a_products_name_is_text_on_the_page(cashier: Cashier) -> None:
    cashier.tap("Wine")

    expect(cashier.page.locator(".line-name")).to_have_text("Wine <b>bold</b>")


def test_the_last_receipts_open_again(cashier: Cashier) -> None:
    for name in ("Espresso", "Lemonade"):
        cashier.tap(name)
        cashier.pays_exact()
        cashier.begins_anew()
    cashier.press("F7")
    expect(cashier.page.locator(".receipts-row")).to_have_count(2)
    expect(cashier.page.locator("#receipts-paper")).to_contain_text("Lemonade")
    cashier.press("ArrowDown")
    expect(cashier.page.locator("#receipts-paper")).to_contain_text("Espresso")
    cashier.press("Escape")

    expect(cashier.page.locator("#receipts")).to_be_hidden()


@pytest.fixture
def keeper(cashier: Cashier) -> Cashier:
    """A cashier whose window has its copy of the catalogue."""
    cashier.keeps_catalogue()
    cashier.page.wait_for_timeout(100)
    return cashier


def test_a_scan_is_in_the_cart_before_the_server_has_said_a_word(keeper: Cashier, terminal: Terminal) -> None:
    held: list[Route] = []
    keeper.page.route("**/api/barcode/*", lambda route: held.append(route))
    keeper.scan("4000001")
    keeper.scan("4000002")
    keeper.shows_total("€4.44")
    while len(held) < 2:
        keeper.page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    keeper.pays_exact()

    assert terminal.orders()[0]["total"] == 444


def test_what_the_server_knows_better_of_a_scan_is_put_right_in_its_line(keeper: Cashier) -> None:
    def dearer(route: Route) -> None:
        answer = route.fetch()
        [row] = answer.json()["rows"]
        route.fulfill(response=answer, json={"rows": [{**row, "price": {"amount": 300, "per": 1000}}]})

    keeper.page.route("**/api/barcode/*", dearer)
    keeper.scan("4000001")
    keeper.shows_total("€3.00")
    keeper.scan("4000001")

    keeper.shows_total("€6.00")


def test_a_code_that_means_something_else_by_now_leaves_no_line_of_what_it_was(keeper: Cashier) -> None:
    def gone(route: Route) -> None:
        route.fulfill(status=404, json={"error": "not_found", "reason": "No product has the code.", "field": ""})

    with keeper.page.expect_response("**/api/barcode/4000002"):  # it is confirmed
        keeper.scan("4000002")
    expect(keeper.line("Lemonade")).to_be_visible()
    keeper.page.route("**/api/barcode/*", gone)
    keeper.scan("4000001")
    expect(keeper.page.locator(".toast")).to_contain_text("No product has the code 4000001.")

    expect(keeper.page.locator(".line-name")).to_have_text(["Lemonade"])
    keeper.shows_total("€1.99")


def test_a_new_price_holds_for_the_next_scan(keeper: Cashier, terminal: Terminal) -> None:
    espresso = terminal.get("product:4000001")
    with keeper.page.expect_response("**/api/products/product*"):
        terminal.put({**espresso, "price": {"amount": 500, "per": 1000}})
    keeper.scan("4000001")

    keeper.shows_total("€5.00")
