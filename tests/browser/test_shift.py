"""A cashier opens the day, works it, and closes it. Each test ends with the documents, not the screen alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from app.docs.database import Database
from app.shop import schemas
from app.shop.indexes import indexes_for
from tests.browser.conftest import Cashier, Terminal


def documents(terminal: Terminal, type: str) -> list[dict[str, Any]]:
    """The store's documents of a type, in the order of the journal."""
    database = Database(terminal.path / "store-s1.db", read_only=True, indexes=indexes_for("store-s1"))
    try:
        return sorted((record.full() for record in database.each(type)), key=lambda doc: doc["journal"])
    finally:
        database.close()


def settings(**values: Any) -> dict[str, Any]:
    return {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values}


def count(cashier: Cashier, dialog: str, **pieces: int) -> None:
    """Keys how many there are of each note or coin: `count(cashier, "#shift-open", **{"€50.00": 1})`."""
    for value, number in pieces.items():
        cashier.page.locator(f"{dialog} .counter input[aria-label='How many {value}']").fill(str(number))


def menu(cashier: Cashier) -> None:
    cashier.page.click("#open-account")
    cashier.page.click("#account [data-action=shift]")
    expect(cashier.page.locator("#shift")).to_be_visible()


def test_a_day_from_the_float_to_the_z(cashier: Cashier, terminal: Terminal) -> None:
    page = cashier.page
    page.get_by_role("button", name="Open with a float").click()
    count(cashier, "#shift-open", **{"€50.00": 1, "€10.00": 5})
    expect(page.locator("#open-total")).to_have_value("100.00")
    page.click("#open-done")
    expect(page.locator("#shift-open")).to_be_hidden()
    expect(page.locator("#shift-notice")).to_be_hidden()

    cashier.tap("Espresso")
    cashier.pays_exact()
    cashier.begins_anew()

    menu(cashier)
    page.click("#shift-expense")
    page.fill("#cash-amount", "4.50")
    page.locator("#cash-amount").press("Enter")  # no category is taken that nobody chose
    expect(page.locator("#cash-fault")).to_contain_text("Choose a category")
    expect(page.locator("#cash-category")).to_be_focused()
    page.select_option("#cash-category", "Cleaning")
    page.fill("#cash-reason", "Window cleaner")
    page.click("#cash-done")
    expect(page.locator("#shift-cash")).to_be_hidden()
    menu(cashier)
    page.click("#shift-drop")
    page.fill("#cash-amount", "500")
    page.locator("#cash-amount").press("Enter")
    expect(page.locator("#confirm-title")).to_have_text("The drawer should hold €97.95: note it anyway?")
    page.click("#confirm-no")
    expect(page.locator("#confirm")).to_be_hidden()
    page.fill("#cash-amount", "50")
    page.locator("#cash-amount").press("Enter")
    expect(page.locator("#shift-cash")).to_be_hidden()
    menu(cashier)
    page.click("#shift-drawer")
    expect(page.locator(".toast", has_text="drawer")).to_be_visible()
    menu(cashier)
    page.click("#shift-x")
    expect(page.locator("#report-paper")).to_contain_text("47.95")
    page.locator("#shift-report [data-close]").click()

    menu(cashier)
    page.click("#shift-end")
    expect(page.locator("#close-lead")).to_contain_text("€47.95")
    count(cashier, "#shift-close", **{"€20.00": 2, "€5.00": 1})
    expect(page.locator("#close-difference")).to_have_text("€2.95 are missing.")
    page.click("#close-done")
    expect(page.locator("#close-fault")).to_contain_text("count again, or say why")
    page.fill("#close-note", "Coins are at the bank")
    page.click("#close-done")
    expect(page.locator("#report-title")).to_have_text("Z report 1")
    expect(page.locator("#report-paper")).to_contain_text("Coins are at the bank")
    page.click("#report-next")
    page.click("#open-none")
    expect(page.locator("#shift-open")).to_be_hidden()

    first, second = documents(terminal, "shift")
    [z] = documents(terminal, "zreport")
    [order] = terminal.orders()
    assert (first["float"], second["float"], order["shift"]) == (10_000, 0, first["_id"])
    assert [(move["kind"], move["amount"], move["category"]) for move in documents(terminal, "cash")] == [
        ("expense", 450, "Cleaning"), ("drop", 5000, None),
    ]  # fmt: skip
    assert [event["kind"] for event in documents(terminal, "event")] == ["drawer", "x_report"]
    assert (z["expected"], z["declared"], z["difference"], z["grand_after"]) == (4795, 4500, -295, 245)
    assert schemas.check(z) == []


def test_without_automatic_shifts_the_till_asks_for_the_float_first(
    terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    terminal.put(settings(shift_auto=False, count="blind"))
    cashier = Cashier(open_context().new_page()).open(terminal.link())
    page = cashier.page
    expect(page.locator("#shift-open")).to_be_visible()
    cashier.press("Escape")
    expect(page.locator("#shift-open")).to_be_visible()
    # By keyboard alone: three notes of 200, Enter to the next, then the button.
    expect(page.locator("#open-counter input").first).to_be_focused()
    cashier.type("3")
    cashier.press("Enter")
    cashier.type("1")
    expect(page.locator("#open-total")).to_have_value("700.00")
    page.locator("#open-done").press("Enter")
    expect(page.locator("#shift-open")).to_be_hidden()
    cashier.tap("Lemonade")
    cashier.pays_exact()
    cashier.begins_anew()

    # A second window shows the same shift, and hears that the first one closed it.
    other = Cashier(page.context.new_page()).open(terminal.url)
    expect(other.page.locator("#shift-open")).to_be_hidden()
    menu(cashier)
    page.click("#shift-end")
    expect(page.locator("#close-lead")).not_to_contain_text("701")
    page.fill("#close-total", "701.99")
    page.click("#close-done")
    expect(page.locator("#report-title")).to_have_text("Z report 1")
    other.page.bring_to_front()
    other.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(other.page.locator("#shift-open")).to_be_visible()
    assert [z["difference"] for z in documents(terminal, "zreport")] == [0]
    assert cashier.problems + other.problems == []


def test_a_close_whose_answer_was_lost_is_closed_once(cashier: Cashier, terminal: Terminal) -> None:
    page = cashier.page
    cashier.tap("Espresso")
    cashier.pays_exact()
    cashier.begins_anew()
    menu(cashier)
    page.click("#shift-end")
    page.fill("#close-total", "2.45")
    lost = {"once": True}

    def lose(route: Any) -> None:
        if lost.pop("once", False):
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/close", lose)
    page.click("#close-done")
    expect(page.locator("#close-fault")).to_contain_text("nothing is done twice")
    page.click("#close-done")
    expect(page.locator("#report-title")).to_have_text("Z report 1")
    assert len(documents(terminal, "zreport")) == 1


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_dialogs_of_the_shift_fit_their_screen(
    terminal: Terminal, open_context: Callable[..., BrowserContext], size: tuple[int, int]
) -> None:
    width, height = size
    page = open_context(viewport={"width": width, "height": height}).new_page()
    Cashier(page).open(terminal.link())
    page.click("#open-account")
    page.click("#account [data-action=shift]")
    for dialog, button in (
        ("#shift-open", "#open-none"),
        ("#shift-cash", "#cash-done"),
        ("#shift-close", "#close-done"),
    ):
        if dialog != "#shift-open":
            menu(Cashier(page))
            page.click("#shift-in" if dialog == "#shift-cash" else "#shift-end")
        expect(page.locator(dialog)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator(dialog).bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] <= height
        page.locator(button).scroll_into_view_if_needed()
        if dialog == "#shift-open":
            page.click(button)
        else:
            page.locator(f"{dialog} [data-close]").click()
        expect(page.locator(dialog)).to_be_hidden()
