"""Reports at a till, as its people see them: a supervisor finds the receipts to the cent, a cashier is told who may."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_people import Staffed, at, is_in, lock, sign_in, staffed
from tests.browser.test_shift import menu
from tests.support.axe import faults
from tests.web.till.shopfront import line, sale

__all__ = ["staffed"]  # the fixture


def euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}€{abs(cents) // 100}.{abs(cents) % 100:02}"


def figures(page: Page) -> dict[str, int]:
    """Cents by the first cell of each row of the table, of the column `Revenue`."""
    heads = page.locator("table[data-sortable] thead th").all_inner_texts()
    column = next(at for at, head in enumerate(heads, 1) if head.strip().startswith(("Revenue", "Amount")))
    names = page.locator("table[data-sortable] tbody tr > :nth-child(1)").all_inner_texts()
    amounts = page.locator(f"table[data-sortable] tbody tr > :nth-child({column})").all_inner_texts()
    digits = str.maketrans({"−": "-", ",": "", ".": ""})
    return {name: int(text.translate(digits)) for name, text in zip(names, amounts, strict=True)}


def test_a_supervisor_finds_the_receipts_of_the_day_and_a_cashier_is_told_who_may(
    staffed: Staffed, open_context: Callable[..., BrowserContext]
) -> None:
    orders = []
    for number, lines in enumerate(([line(quantity=3000)], [line("4000004", quantity=750), line()], [line("4000007")])):
        request = sale(*lines, cash=5000) | {"sale": f"01JREPORTATTHETILL000000{number}"}
        orders.append(staffed.api("POST", "sales", **request))
    staffed.api("POST", "refunds", sale="01JREFUNDATTHETILL0001", order=staffed.orders()[0]["_id"])
    receipts = staffed.orders()
    assert [order.get("kind", "sale") for order in receipts].count("refund") == 1
    revenue = sum(order["total"] for order in receipts)

    cashier = at(staffed, open_context)
    page = cashier.page
    sign_in(cashier, "Cleo")
    is_in(cashier, "Cleo")
    page.goto(f"{staffed.url}/reports")
    expect(page.locator("body")).to_contain_text("A supervisor may")
    expect(page.locator(".reports-main")).to_have_count(0)
    page.go_back()

    lock(cashier)
    sign_in(cashier, "Sam")
    is_in(cashier, "Sam")
    menu(cashier)
    page.locator("#shift a.button", has_text="Reports").last.click()
    expect(page).to_have_url(f"{staffed.url}/reports")
    page.select_option("[name=range]", "today")
    expect(page.locator(".reports-main dd")).to_contain_text(euros(revenue))
    by_product: dict[str, int] = {}
    for order in receipts:
        for each in order["lines"]:
            by_product[each["name"]] = by_product.get(each["name"], 0) + each["total"]
    page.get_by_role("link", name="Products").click()
    expect(page.locator("[aria-current=page]", has_text="Products")).to_be_visible()
    shown = {name: amount for name, amount in figures(page).items() if amount}
    assert shown == {name: amount for name, amount in by_product.items() if amount}
    assert faults(page) == []
    page.get_by_role("link", name="Till", exact=True).click()
    is_in(cashier, "Sam")
