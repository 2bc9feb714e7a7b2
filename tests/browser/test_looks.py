"""Every page and dialog, light and dark: axe-core finds nothing serious, whatever can be touched is large enough."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Cashier, Terminal
from tests.support import axe

SMALL = """() => [...document.querySelectorAll("button, a[href], input, select")].filter((element) => {
  const box = element.getBoundingClientRect();
  const seen = element.checkVisibility() && box.width > 1 && box.height > 1;
  return seen && (box.height < 43.5 || box.width < 39) && !element.closest(".entry, .search, .office-search");
}).map((element) => element.outerHTML.slice(0, 120))"""


def open_dialogs(page: Page) -> list[str]:
    """Ids of the till's dialogs that can simply be shown."""
    ids: list[str] = page.evaluate("() => [...document.querySelectorAll('dialog')].map((dialog) => dialog.id)")
    return ids


@pytest.mark.slow
def test_axe_finds_nothing_serious_on_the_till_and_its_dialogs(
    terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    """Each as it opens in the light, and then in the dark: a page's colours change under what is open."""
    cashier = Cashier(open_context(color_scheme="light", reduced_motion="reduce").new_page()).open(terminal.link())
    page = cashier.page
    found: dict[str, list[str]] = {}

    def look(where: str) -> None:
        found[where] = axe.faults_light_and_dark(page)

    cashier.tap("Espresso")
    cashier.tap("Wine")
    look("till")
    cashier.type("twin")
    expect(page.locator(".result")).to_have_count(2)
    look("results")
    page.keyboard.press("Escape")
    for key, dialog in (("?", "help"), ("F4", "ask"), ("F6", "ask"), ("F9", "payment"), ("F7", "receipts")):
        page.keyboard.press(key)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        look(f"{dialog} {key}")
        page.keyboard.press("Escape")
        expect(page.locator(f"#{dialog}")).to_be_hidden()
    for button, dialog in (("#do-more", "more"), ("#open-account", "account")):
        page.click(button)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        look(dialog)
        page.keyboard.press("Escape")
    cashier.line("Espresso").click()
    page.click(".line[aria-current] [data-act=discount]")
    look("discount")
    page.keyboard.press("Escape")
    page.click("#pay")
    page.locator(".note").first.click()
    cashier.has_sold()
    look("sold")

    assert {where: faults for where, faults in found.items() if faults} == {}


def test_axe_finds_nothing_serious_on_the_other_pages(
    terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    cashier = Cashier(open_context(color_scheme="light", reduced_motion="reduce").new_page()).open(terminal.link())
    cashier.tap("Espresso")
    cashier.pays_exact()
    receipt = cashier.page.evaluate("async () => (await (await fetch('api/receipts')).json()).rows[0].id")
    found = {}
    for path in ("/sync", "/away", "/shift", "/people", f"/receipts/{receipt}", "/display"):
        cashier.page.goto(terminal.url + path)
        cashier.page.wait_for_load_state("networkidle")
        found[path] = axe.faults_light_and_dark(cashier.page)

    assert {path: faults for path, faults in found.items() if faults} == {}


def test_what_can_be_touched_is_large_enough(terminal: Terminal, open_context: Callable[..., BrowserContext]) -> None:
    tablet = open_context(viewport={"width": 1024, "height": 768}, has_touch=True)
    cashier = Cashier(tablet.new_page()).open(terminal.link())
    cashier.tap("Espresso")
    cashier.page.wait_for_timeout(200)
    small = cashier.page.evaluate(SMALL)
    cashier.page.click("#do-more")
    small += cashier.page.evaluate(SMALL)

    assert small == []


def test_light_or_dark_is_chosen_on_this_machine_and_stays(cashier: Cashier) -> None:
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    light = cashier.page.evaluate(ground)
    cashier.page.click("#open-account")
    cashier.page.get_by_role("radio", name="Dark").click()
    dark = cashier.page.evaluate(ground)
    cashier.page.reload()

    assert light != dark
    assert cashier.page.evaluate(ground) == dark


def test_a_key_can_be_given_to_another_action_and_comes_back(cashier: Cashier) -> None:
    cashier.press("?")
    cashier.page.get_by_role("button", name="Change the key of: Pay").click()
    cashier.press("F12")
    expect(cashier.page.get_by_role("button", name="Change the key of: Pay")).to_have_text("F12")
    cashier.press("Escape")
    cashier.tap("Espresso")
    cashier.press("F9")
    expect(cashier.page.locator("#payment")).to_be_hidden()
    cashier.page.reload()
    expect(cashier.line("Espresso")).to_be_visible()
    cashier.press("F12")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.press("Escape", "?")
    cashier.page.get_by_role("button", name="All keys as they were").click()

    expect(cashier.page.get_by_role("button", name="Change the key of: Pay")).to_have_text("F9")
