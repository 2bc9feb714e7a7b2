"""What is in each picture: a function of its name, which brings the window there."""

from __future__ import annotations

import re
from collections.abc import Callable

import requests
from playwright.sync_api import expect

from app.demo import people
from tests.screenshots import quarrels
from tests.screenshots.shop import sell
from tests.screenshots.window import (
    BEANS,
    DARK_CHOCOLATE,
    LOAF,
    MILK_CHOCOLATE,
    PATIENCE,
    SOAP,
    WATER,
    WINE,
    Window,
    with_check,
)

Shot = Callable[[Window], None]
SHOTS: dict[str, Shot] = {}


def shot(function: Shot) -> Shot:
    """A picture, named as its function."""
    SHOTS[function.__name__.replace("_", "-")] = function
    return function


@shot
def till_empty(window: Window) -> None:
    window.till()


@shot
def till_cart(window: Window) -> None:
    window.till()
    window.fill_cart()


@shot
def till_promotions(window: Window) -> None:
    window.till()
    window.fill_cart(MILK_CHOCOLATE, MILK_CHOCOLATE, DARK_CHOCOLATE, SOAP, WATER, with_check("290000009002"))


@shot
def till_search(window: Window) -> None:
    window.till()
    window.page.fill("#search", "cho")
    expect(window.page.locator(".result").first).to_be_visible()


@shot
def till_unknown_code(window: Window) -> None:
    window.till()
    window.scan(with_check("400000000001"))


@shot
def variants(window: Window) -> None:
    window.till()
    window.page.fill("#search", "tote")
    window.page.locator(".result").first.click()
    expect(window.page.locator("#variants")).to_be_visible()


@shot
def age_check(window: Window) -> None:
    window.till()
    window.scan(WINE)


@shot
def more(window: Window) -> None:
    window.till()
    window.page.click("#do-more")


@shot
def account(window: Window) -> None:
    window.till()
    window.page.click("#open-account")


@shot
def keys(window: Window) -> None:
    window.till()
    window.page.keyboard.press("?")
    expect(window.page.locator("#help")).to_be_visible()


@shot
def discount(window: Window) -> None:
    window.till()
    window.fill_cart(BEANS)
    window.page.click(".line[aria-current] [data-act=discount]")


@shot
def supervisor(window: Window) -> None:
    window.till()
    window.fill_cart(BEANS)
    window.page.keyboard.press("F8")
    expect(window.page.locator("#allow[open], #ask[open]").first).to_be_visible()


@shot
def pay(window: Window) -> None:
    window.till()
    window.fill_cart()
    window.page.click("#pay")
    expect(window.page.locator("#payment")).to_be_visible()


@shot
def pay_card(window: Window) -> None:
    pay(window)
    window.page.locator("#pay-kinds [role=radio], #pay-kinds button, #pay-kinds label").nth(1).click()


@shot
def sold(window: Window) -> None:
    window.till()
    window.fill_cart(MILK_CHOCOLATE, MILK_CHOCOLATE, DARK_CHOCOLATE, WATER)
    window.page.click("#pay")
    window.page.locator(".note").nth(1).click()
    expect(window.page.locator("#sold")).to_be_visible()
    expect(window.page.locator("#sold-paper .paper")).to_be_visible()


@shot
def lock(window: Window) -> None:
    window.open("t1", locked=True)
    expect(window.page.locator("#lock")).to_be_visible()


@shot
def lock_pin(window: Window) -> None:
    lock(window)
    window.page.locator("#lock button", has_text="Ben").click()


@shot
def shift_open(window: Window) -> None:
    window.shop.close_day()
    window.till("t2")
    button = window.page.get_by_role("button", name="Open with a float")
    if not button.is_visible():
        window.page.click("#do-more")  # on a phone
    button.click()
    expect(window.page.locator("#shift-open")).to_be_visible()
    window.page.locator("#open-counter input").nth(2).fill("3")


@shot
def shift(window: Window) -> None:
    window.till()
    window.action("shift")
    expect(window.page.locator("#shift")).to_be_visible()


@shot
def cash_out(window: Window) -> None:
    shift(window)
    window.page.click("#shift-expense")
    expect(window.page.locator("#shift-cash")).to_be_visible()


@shot
def x_report(window: Window) -> None:
    shift(window)
    window.page.click("#shift-x")
    expect(window.page.locator("#shift-report")).to_be_visible()


@shot
def shift_close(window: Window) -> None:
    shift(window)
    window.page.click("#shift-end")
    expect(window.page.locator("#shift-close")).to_be_visible()
    window.page.fill("#close-total", "250.00")


@shot
def shift_page(window: Window) -> None:
    window.open("t1", "/shift")


@shot
def z_report(window: Window) -> None:
    window.open("t2", f"/zreports/{window.shop.close_day()}")


@shot
def z_reports(window: Window) -> None:
    window.shop.close_day()
    window.open("t2", "/zreports")


@shot
def refund_find(window: Window) -> None:
    window.till()
    window.action("refund")
    expect(window.page.locator("#refund-rows .receipts-row").first).to_be_visible()


@shot
def refund(window: Window) -> None:
    window.till("t1")
    window.action("refund")
    window.page.fill("#refund-q", "washing")
    row = window.page.locator("#refund-rows .receipts-row", has_text="Olive soap")
    (row if row.count() else window.page.locator("#refund-rows .receipts-row")).first.click()
    expect(window.page.locator("#refund-lines li").first).to_be_visible()
    window.page.locator("#refund-lines button[aria-label^='One more']").first.click()


@shot
def receipts(window: Window) -> None:
    window.till()
    window.action("receipts")
    window.page.locator("#receipts-list .receipts-row").nth(1).click()
    if window.page.locator("#receipts-paper").is_visible():
        expect(window.page.locator("#receipts-paper .paper")).to_be_visible()


@shot
def receipt(window: Window) -> None:
    window.open("t1", f"/receipts/{window.shop.order}")


@shot
def parked(window: Window) -> None:
    window.till()
    window.action("park")
    expect(window.page.locator("#parked")).to_be_visible()


@shot
def customers(window: Window) -> None:
    window.till()
    window.action("customer")
    window.page.fill("#customers-search", "l")


@shot
def customer_edit(window: Window) -> None:
    customers(window)
    window.page.get_by_role("button", name="Edit: Café Lindenhof").click()


@shot
def gift_card(window: Window) -> None:
    window.till()
    window.action("giftcard")


def as_manager(window: Window, path: str) -> None:
    """A page of the first till that takes a manager."""
    address = window.context.request.post(f"{window.shop.demo.url}/demo/enter/t1").json()["url"]
    window.context.request.get(address)
    base = address.partition("/enter")[0]
    signed = window.context.request.post(
        f"{base}/api/session", data={"staff": people.DORA.id, "pin": people.DORA.pin}, timeout=PATIENCE
    )
    assert signed.ok, signed.text()
    window.page.goto(f"{base}{path}")


@shot
def people_page(window: Window) -> None:
    as_manager(window, "/people")


@shot
def sync(window: Window) -> None:
    window.open("t1", "/sync")


@shot
def api_docs(window: Window) -> None:
    window.open("t1", "/api/docs")


@shot
def display(window: Window) -> None:
    window.till()
    with window.context.expect_page() as opened:
        window.action("display")
    till, window.page = window.page, opened.value
    if size := till.viewport_size:
        window.page.set_viewport_size(size)
    till.bring_to_front()
    window._devtools = window.context.new_cdp_session(till)
    window.scan(MILK_CHOCOLATE, MILK_CHOCOLATE, DARK_CHOCOLATE, LOAF)
    window.page.bring_to_front()


@shot
def price_check(window: Window) -> None:
    window.till()
    window.action("price-check")
    window.page.fill("#price-check-code", "olive")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("button", name="Change the price").first).to_be_visible()


@shot
def price_change(window: Window) -> None:
    price_check(window)
    window.page.get_by_role("button", name="Change the price").first.click()
    expect(window.page.locator("#ask-number, #allow[open]").first).to_be_visible()


@shot
def inbox(window: Window) -> None:
    window.open("office", "/conflicts")
    expect(window.page.locator("#list > li").nth(2)).to_be_visible()


@shot
def inbox_selected(window: Window) -> None:
    inbox(window)
    for place in range(2):
        window.page.locator("#list > li input[type=checkbox]").nth(place).check()
    window.page.get_by_role("button", name="Head office’s").click()
    expect(window.page.locator("#preview-list li").first).to_be_visible()


@shot
def incidents(window: Window) -> None:
    window.open("office", "/conflicts?list=incidents")
    expect(window.page.locator("#list > li").first).to_be_visible()


@shot
def tasks(window: Window) -> None:
    window.open("office", "/conflicts?list=tasks")
    expect(window.page.locator("#list > li").first).to_be_visible()


@shot
def inbox_note(window: Window) -> None:
    tasks(window)
    window.page.get_by_role("button", name=re.compile("^Note,")).first.click()
    expect(window.page.locator("#follow")).to_be_visible()


def _case(window: Window, id: str) -> None:
    window.open("office", f"/conflicts/company/{id}")
    expect(window.page.locator("#case-title")).to_be_visible()


@shot
def case_price(window: Window) -> None:
    _case(window, quarrels.PRICE)
    expect(window.page.locator("#use")).to_be_visible()


@shot
def case_fields(window: Window) -> None:
    _case(window, quarrels.FIELDS)
    expect(window.page.locator("fieldset").nth(1)).to_be_visible()


@shot
def case_deleted(window: Window) -> None:
    _case(window, quarrels.GONE)
    expect(window.page.get_by_role("button", name="Keep it deleted")).to_be_visible()


@shot
def case_details(window: Window) -> None:
    _case(window, quarrels.FIELDS)
    window.page.locator("#details > summary").click()
    expect(window.page.locator(".tree-svg")).to_be_visible()
    window.page.locator("#details").scroll_into_view_if_needed()
    window.page.locator("#details > summary").evaluate("summary => summary.scrollIntoView()")


@shot
def history(window: Window) -> None:
    window.open("office", f"/history/company/{quarrels.TOLD}")
    expect(window.page.locator(".timeline-entry").first).to_be_visible()


@shot
def history_tree(window: Window) -> None:
    history(window)
    window.page.locator(".history-details > summary").click()
    expect(window.page.locator(".tree-box")).to_be_visible()
    window.page.locator(".history-details > summary").evaluate("summary => summary.scrollIntoView()")


@shot
def erasures(window: Window) -> None:
    window.open("office", "/erasures")
    expect(window.page.locator(".erasure").first).to_be_visible()


@shot
def erase(window: Window) -> None:
    erasures(window)
    window.page.fill("#erasures-query", "weber")
    window.page.get_by_role("button", name="Erase: Jonas Weber").click()
    expect(window.page.locator("#erase-title")).to_be_visible()


@shot
def office(window: Window) -> None:
    window.open("office")
    expect(window.page.locator("#decide")).to_be_visible()


@shot
def demo(window: Window) -> None:
    """The line of Till 1 is cut, and it has sold on."""
    page, shop = window.page, window.shop
    page.goto(shop.demo.url)
    for name in ("t1", "t2"):
        expect(page.frame_locator(f"[data-node={name}] iframe").locator(".tile").first).to_be_visible(timeout=PATIENCE)
    office = page.frame_locator("[data-node=office] iframe")
    expect(office.locator("body")).to_contain_text("€", timeout=PATIENCE)
    window.afterwards.append(lambda: requests.post(f"{shop.demo.url}/demo/plug/t1", timeout=60))
    page.click("[data-node=t1] [data-act=cut]")
    expect(page.locator("[data-node=t1]")).to_have_attribute("data-line", "cut", timeout=PATIENCE)
    sell(shop.one, ("croissant", "coffee-to-go"), {"kind": "cash", "amount": 1000})
    light = page.frame_locator("[data-node=t1] iframe").locator("#light")
    expect(light).to_have_attribute("data-level", "cut", timeout=2 * PATIENCE)
    page.wait_for_function(
        "() => document.querySelector('#sold').textContent > document.querySelector('#arrived').textContent"
    )
