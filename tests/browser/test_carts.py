"""Several open carts at one till: each in one window, none ever lost, each sold once."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Cashier, Terminal


def other_window(cashier: Cashier, terminal: Terminal) -> Cashier:
    return Cashier(cashier.page.context.new_page()).open(terminal.url)


def tabs(cashier: Cashier) -> Any:
    return cashier.page.locator(".tab[data-cart]")


def crash(cashier: Cashier) -> None:
    """The window's process dies at once, as when it runs out of memory."""
    devtools = cashier.page.context.new_cdp_session(cashier.page)
    cashier.page.on("crash", lambda page: None)
    devtools.send("Page.enable")
    try:
        cashier.page.goto("chrome://crash", timeout=3000)
    except Exception:  # that is what was asked for
        return


def test_a_second_customer_is_served_in_a_cart_of_its_own(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.page.get_by_role("button", name="New cart").click()
    cashier.shows_total("€0.00")
    cashier.tap("Lemonade")
    expect(tabs(cashier)).to_have_count(2)
    cashier.pays_exact()
    cashier.begins_anew()
    tabs(cashier).filter(has_text="Cart 1").click()
    cashier.shows_total("€2.45")
    cashier.pays_exact()

    assert [order["lines"][0]["name"] for order in terminal.orders()] == ["Lemonade", "Espresso"]


def test_all_carts_outlive_a_reload_and_the_open_one_stays_open(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.press("F3")
    cashier.tap("Lemonade")
    cashier.press("F3")
    cashier.tap("Wine")
    cashier.press("PageDown", "PageDown")
    cashier.shows_total("€1.99")
    cashier.page.reload()

    cashier.shows_total("€1.99")
    expect(tabs(cashier)).to_have_count(3)


def test_an_empty_cart_that_is_left_leaves_no_tab(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.press("F3")
    expect(tabs(cashier)).to_have_count(2)
    cashier.press("PageDown")

    expect(tabs(cashier)).to_have_count(1)
    cashier.shows_total("€2.45")


def test_a_cart_of_another_window_is_shown_as_such_and_can_be_taken_over(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    other = other_window(cashier, terminal)
    other.shows_total("€0.00")
    expect(tabs(other).filter(has_text="in another window")).to_have_count(1)
    tabs(other).filter(has_text="Cart 1").click()
    expect(other.page.locator("#take-over")).to_contain_text("Cart 1 is open in another window")
    other.page.get_by_role("button", name="Take over").click()
    other.shows_total("€2.45")
    cashier.shows_total("€0.00")
    expect(cashier.page.locator(".toast")).to_contain_text("Cart 1 was taken over by another window.")
    other.pays_exact()

    assert len(terminal.orders()) == 1
    assert other.problems == []
    expect(tabs(cashier).filter(has_text="in another window")).to_have_count(0)


def test_two_windows_sell_their_own_carts(cashier: Cashier, terminal: Terminal) -> None:
    other = other_window(cashier, terminal)
    other.tap("Lemonade")
    cashier.page.bring_to_front()
    cashier.tap("Espresso")
    cashier.pays_exact()
    other.page.bring_to_front()
    other.shows_total("€1.99")
    other.pays_exact()

    assert [order["lines"][0]["name"] for order in terminal.orders()] == ["Espresso", "Lemonade"]
    assert other.problems == []


def test_the_carts_of_a_window_that_was_closed_are_free_at_once(cashier: Cashier, terminal: Terminal) -> None:
    other = other_window(cashier, terminal)
    other.tap("Wine")
    expect(tabs(cashier).filter(has_text="in another window")).to_have_count(1)
    other.page.close()
    tabs(cashier).filter(has_text="1 line").click()

    cashier.shows_total("€10.90")
    cashier.pays_exact()
    assert [order["total"] for order in terminal.orders()] == [1090]


def test_the_cart_of_a_window_that_crashed_is_taken_up_by_the_next(cashier: Cashier, terminal: Terminal) -> None:
    other = other_window(cashier, terminal)
    other.tap("Wine")
    expect(tabs(cashier).filter(has_text="in another window")).to_have_count(1)
    crash(other)

    expect(tabs(cashier).filter(has_text="1 line")).to_have_count(1)
    tabs(cashier).filter(has_text="1 line").click()
    cashier.shows_total("€10.90")


def test_a_sale_left_in_the_middle_by_a_closed_window_is_finished_once_by_another(
    cashier: Cashier, terminal: Terminal
) -> None:
    other = other_window(cashier, terminal)
    sent: list[Any] = []

    def lose(route: Any, request: Any) -> None:
        sent.append(request.post_data_json["sale"])
        route.fetch()
        route.abort("connectionreset")

    other.page.route("**/api/sales", lose)
    other.tap("Wine")
    other.page.click("#pay")
    other.page.locator(".note").first.click()
    expect(other.page.locator("#sending-why")).to_contain_text("it is sold once")
    other.page.close()
    cashier.has_sold()

    assert [order["sale"] for order in terminal.orders()] == [sent[0]]


def test_what_an_older_version_kept_is_taken_over(cashier: Cashier) -> None:
    old = (
        '{"cart": {"lines": [{"id": "l1", "product": "product:4000001", "name": "Espresso", "size": "", '
        '"quantity": 2000, "price": {"amount": 245, "per": 1000}, "keyed": false, "measured": false, "unit": ""}], '
        '"born": 1, "coupons": []}, "sale": null, "pending": null}'
    )
    cashier.page.evaluate("old => localStorage.setItem('couchtill.s1-t1.cart', old)", old)
    cashier.page.reload()

    cashier.shows_total("€4.90")
    assert cashier.page.evaluate("() => localStorage.getItem('couchtill.s1-t1.cart')") is None
