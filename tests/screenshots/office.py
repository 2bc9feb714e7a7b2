"""What is in the pictures of head office's pages, of the reports, and of a machine on its first day."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.screenshots.shots import as_manager, shot
from tests.screenshots.window import Window
from tests.support.process import READY, CouchTill


def _office(window: Window, path: str, ready: str) -> None:
    window.open("office", path)
    expect(window.page.locator(ready).first).to_be_visible()


@shot
def reports(window: Window) -> None:
    _office(window, "/reports?range=today&by=hour", ".plot")


@shot
def reports_products(window: Window) -> None:
    _office(window, "/reports?range=today&by=product", ".reports-table tbody tr")


@shot
def reports_till(window: Window) -> None:
    as_manager(window, "/reports?range=today&by=category")
    expect(window.page.locator(".reports-table tbody tr").first).to_be_visible()


@shot
def bookkeeper(window: Window) -> None:
    _office(window, "/journal", ".reports-table tbody tr")


@shot
def products(window: Window) -> None:
    _office(window, "/products", "#rows tr")


@shot
def product(window: Window) -> None:
    products(window)
    window.page.get_by_role("button", name="Apple juice", exact=True).click()
    expect(window.page.locator("dialog[open]")).to_be_visible()


@shot
def categories(window: Window) -> None:
    _office(window, "/products/categories", "#rows tr")


@shot
def product_files(window: Window) -> None:
    _office(window, "/products/import", "#export")


@shot
def prices(window: Window) -> None:
    _office(window, "/prices", "#lists li")


@shot
def price_plan(window: Window) -> None:
    prices(window)
    window.page.get_by_role("button", name="Many at once").click()
    expect(window.page.locator("dialog[open] tbody tr").first).to_be_visible()


@shot
def promotions(window: Window) -> None:
    _office(window, "/promotions", "#rows li")


@shot
def promotion(window: Window) -> None:
    promotions(window)
    window.page.get_by_role("button", name="Evening bakery").click()
    expect(window.page.locator("dialog[open]")).to_be_visible()


@shot
def taxes(window: Window) -> None:
    _office(window, "/taxes", "#rows tr")


@shot
def company_customers(window: Window) -> None:
    _office(window, "/customers", "#rows tr")


@shot
def company_customer(window: Window) -> None:
    company_customers(window)
    window.page.get_by_role("button", name="Café Lindenhof").click()
    expect(window.page.locator("dialog[open]")).to_be_visible()


@shot
def staff(window: Window) -> None:
    _office(window, "/staff", "#rows tr")


@shot
def roles(window: Window) -> None:
    staff(window)
    window.page.get_by_role("radio", name="Roles").click()
    expect(window.page.locator("#roles .card").first).to_be_visible()


@shot
def stores(window: Window) -> None:
    _office(window, "/stores", "#rows tr")


@shot
def store(window: Window) -> None:
    stores(window)
    window.page.get_by_role("button", name="Corner Shop").click()
    expect(window.page.locator("dialog[open]")).to_be_visible()


@shot
def terminals(window: Window) -> None:
    _office(window, "/terminals", "#rows tr")


@shot
def terminal_new(window: Window) -> None:
    terminals(window)
    window.page.get_by_role("button", name="New terminal").click()
    expect(window.page.locator("dialog[open]")).to_be_visible()


@shot
def certificates(window: Window) -> None:
    _office(window, "/certificates", "main .card")


@shot
def settings(window: Window) -> None:
    _office(window, "/settings", "#sections .setting")


@shot
def central(window: Window) -> None:
    _office(window, "/central", "main .table tbody tr")


@shot
def health(window: Window) -> None:
    _office(window, "/health", "#checks > div")


@shot
def unknown_page(window: Window) -> None:
    _office(window, "/nowhere", ".message")


@shot
def enroll(window: Window) -> None:
    """A machine that is no till yet asks for head office's code."""
    machine = CouchTill("terminal", "--data", window.shop.data / "new-machine", "--port", "0")
    window.afterwards.append(machine.stop)
    window.page.goto(machine.wait_for(READY, timeout=60)["link"])
    expect(window.page.locator("#code")).to_be_visible()


@shot
def office_first_day(window: Window) -> None:
    """Head office before anything is made."""
    office = CouchTill("office", "--data", window.shop.data / "new-office", "--port", "0", "--id", "new")
    window.afterwards.append(office.stop)
    window.page.goto(office.wait_for(READY, timeout=60)["link"])
    expect(window.page.locator(".office-steps")).to_be_visible()
