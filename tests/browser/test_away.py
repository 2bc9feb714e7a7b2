"""The terminal's own server is away, killed or restarting: the till stays open or opens, says so, and sells once when
it is back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import PATIENCE, Cashier, Terminal

#: The page is kept, by its service worker, under the version that serves it.
PAGE_KEPT = """async () => {
  await navigator.serviceWorker.ready;
  return Boolean(await caches.match("/")) && Boolean(await caches.match("/static/js/till/main.js"));
}"""


@pytest.fixture
def keeper(terminal: Terminal, open_context: Callable[..., BrowserContext]) -> Iterator[Cashier]:
    """A cashier whose browser has kept page and catalogue."""
    works = Cashier(open_context(service_workers="allow").new_page()).open(terminal.link())
    until = time.monotonic() + PATIENCE / 1000
    while not works.page.evaluate(PAGE_KEPT):
        assert time.monotonic() < until, PAGE_KEPT
        works.page.wait_for_timeout(200)
    works.keeps_catalogue()
    yield works
    assert works.problems == []


def test_a_till_reloaded_while_its_server_is_away_opens_and_sells_once_when_it_is_back(
    keeper: Cashier, terminal: Terminal
) -> None:
    keeper.tap("Espresso")
    terminal.kill()
    expect(keeper.page.locator("#away")).to_be_visible()
    keeper.page.reload()
    keeper.shows_total("€2.45")
    expect(keeper.page.locator("#away")).to_contain_text("The till’s server is away.")
    keeper.scan("4000002")
    expect(keeper.line("Lemonade")).to_be_visible()
    keeper.shows_total("€4.44")
    keeper.page.click("#pay")
    keeper.page.locator(".note").first.click()
    expect(keeper.page.locator("#sending-why")).to_contain_text("sold once")
    keeper.page.reload()
    expect(keeper.page.locator("#sending-why")).to_contain_text("sold once")
    assert terminal.orders() == []
    terminal.start()
    keeper.has_sold()
    expect(keeper.page.locator("#away")).to_be_hidden()

    [order] = terminal.orders()
    assert (order["total"], [line["name"] for line in order["lines"]]) == (444, ["Espresso", "Lemonade"])


def test_while_the_server_is_away_the_catalogue_is_searched_and_browsed_in_its_copy(
    keeper: Cashier, terminal: Terminal
) -> None:
    terminal.kill()
    expect(keeper.page.locator("#away")).to_be_visible()
    keeper.type("oran")
    expect(keeper.page.locator(".result")).to_have_count(1)
    keeper.press("Enter")
    expect(keeper.line("Orange juice")).to_be_visible()
    keeper.page.get_by_role("button", name="Fruit", exact=True).click()
    expect(keeper.page.locator(".tile")).to_have_count(1)
    keeper.tap("Bananas")
    keeper.type("2")
    keeper.press("Enter")

    keeper.shows_total("€7.18")


def test_a_page_that_was_not_kept_says_that_the_server_is_away(keeper: Cashier, terminal: Terminal) -> None:
    terminal.kill()
    expect(keeper.page.locator("#away")).to_be_visible()
    keeper.page.goto(f"{terminal.url}/sync")
    expect(keeper.page.locator("h1")).to_have_text("The till’s server is away")
    keeper.page.get_by_role("link", name="Open the till").click()

    expect(keeper.page.locator("#search")).to_be_visible()


def test_several_carts_outlive_a_reload_while_the_server_is_away(keeper: Cashier, terminal: Terminal) -> None:
    keeper.tap("Espresso")
    keeper.press("F3")
    keeper.tap("Wine")
    terminal.kill()
    expect(keeper.page.locator("#away")).to_be_visible()
    keeper.page.reload()

    keeper.shows_total("€10.90")
    expect(keeper.page.locator(".tab[data-cart]")).to_have_count(2)


def test_the_page_can_be_installed(keeper: Cashier) -> None:
    manifest = keeper.page.evaluate(
        "async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()"
    )

    assert manifest["display"] == "standalone"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        answer = keeper.page.request.get(keeper.page.url.rstrip("/") + icon["src"])
        assert answer.headers["content-type"] == "image/png"


def test_weight_and_price_in_a_code_are_read_while_the_server_is_away(
    terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    codes = [
        {"prefix": "21", "kind": "weight", "item": 5, "value": 5, "decimals": 3},
        {"prefix": "22", "kind": "price", "item": 5, "value": 5, "decimals": 2},
    ]
    terminal.put({"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": {"codes": codes}})
    ham = {
        "_id": "product:ham", "type": "product", "schema": 1, "sku": "12345", "name": "Ham", "barcodes": [],
        "sold_by": "measure", "unit": "kg", "decimals": 3, "price": {"amount": 1990, "per": 1000},
    }  # fmt: skip
    terminal.put(ham)
    works = Cashier(open_context(service_workers="allow").new_page()).open(terminal.link())
    works.keeps_catalogue()
    terminal.kill()
    expect(works.page.locator("#away")).to_be_visible()
    works.scan("2112345007502")
    expect(works.page.locator(".line")).to_have_count(1)
    works.shows_total("€14.93")
    works.scan("2212345001996")
    expect(works.page.locator(".line")).to_have_count(2)
    works.shows_total("€16.92")
    expect(works.page.locator(".line").last).to_contain_text("0.1 kg · price of its label")
    works.scan("2112345007503")
    expect(works.page.locator(".toast").last).to_contain_text("check digit")
    terminal.start()
    works.pays_exact()
    expect(works.page.locator("#sold-paper")).to_contain_text("0.75 kg × 19.90 / kg")
    expect(works.page.locator("#sold-paper")).not_to_contain_text("0.1 kg ×")

    [order] = terminal.orders()
    assert [(line["quantity"], line["total"]) for line in order["lines"]] == [(750, 1493), (100, 199)]
    assert works.problems == []


def test_a_kept_page_that_lacks_a_module_says_so_and_opens_when_its_server_is_back(
    keeper: Cashier, terminal: Terminal
) -> None:
    keeper.tap("Espresso")
    terminal.kill()
    expect(keeper.page.locator("#away")).to_be_visible()
    keeper.page.evaluate(
        """async () => {
          for (const name of await caches.keys()) await (await caches.open(name)).delete("/static/js/money.js");
        }"""
    )
    keeper.page.reload()
    expect(keeper.page.locator("#broken")).to_contain_text("This page has not loaded whole.")
    terminal.start()

    keeper.shows_total("€2.45")
    expect(keeper.page.locator("#broken")).to_be_hidden()


def test_a_page_whose_module_did_not_come_loads_anew_by_itself(
    terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(service_workers="block").new_page()
    page.route("**/js/money.js", lambda route: route.abort(), times=1)
    page.goto(terminal.link())

    expect(page.locator(".tile").first).to_be_visible()


def test_a_page_whose_module_never_comes_loads_anew_only_once(
    terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(service_workers="block").new_page()
    pages: list[str] = []
    page.on("request", lambda request: pages.append(request.url) if request.is_navigation_request() else None)
    page.route("**/js/money.js", lambda route: route.abort())
    page.goto(terminal.link())
    expect(page.locator("#broken-again")).to_be_visible()
    with page.expect_response("**/api/state"), page.expect_response("**/api/state"):
        pass

    assert pages.count(f"{terminal.url}/") == 2
