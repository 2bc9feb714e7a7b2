"""The inbox in a browser: what waits is found, decided many at once, kept up with the news; by mouse and by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from playwright.sync_api import APIResponse, BrowserContext, Page, Route, expect

from app.node import Node, NodeConfig
from app.shop import incidents
from app.web.auth import start_link
from app.web.server import serve
from app.web.users import api_key
from tests.browser.conftest import Terminal
from tests.browser.test_people import PINS, Staffed, running
from tests.support import axe
from tests.support.forks import fork, on
from tests.web.till.shopfront import product, stock


def dispute(company: Any, *ids: str) -> None:
    for id in ids:
        fork(
            company,
            id,
            on("office", "2026-11-21T13:02:00.000Z", price={"amount": 1290, "per": 1000}),
            on("s1-t1", "2026-11-21T13:05:00.000Z", price={"amount": 1350, "per": 1000}),
        )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Any]:
    """A running office on a socket with 60 prices in dispute."""
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        more = [product(f"c{n:03d}", f"Coffee {n:03d}", 1200) for n in range(60)]
        node.company.bulk_docs(more)
        with node.company.transaction():
            dispute(node.company, *(each["_id"] for each in more))
        node.database("store-s1").put(
            {"_id": "staff:ann00001", "type": "staff", "schema": 1, "name": "Ann Lee", "role": "cashier"}
        )
        server = serve(node, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.port}"
        yield SimpleNamespace(node=node, url=url, company=node.company, link=lambda: start_link(node, url))
        node.begin_stop()
        server.stop()


def rows(page: Page) -> Any:
    return page.locator("#list > li")


def test_many_are_selected_looked_at_and_decided_and_the_rest_keeps_its_place(
    office: Any, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.goto(office.link())
    page.get_by_role("link", name="To decide · 60").click()
    expect(rows(page)).to_have_count(30)
    expect(rows(page).first).to_contain_text("Coffee 059: price changed in two places (before: €12.00)")
    assert axe.faults(page) == []

    # A range with the shift key; a look at what each becomes; done, and told.
    page.get_by_label("Select: Coffee 059").check()
    page.get_by_label("Select: Coffee 056").click(modifiers=["Shift"])
    expect(page.locator("#bulk-count")).to_have_text("4 selected")
    page.get_by_role("button", name="Head office’s").click()
    expect(page.locator("#preview-list li")).to_have_count(4)
    expect(page.locator("#preview-list li").first).to_contain_text("price: €12.90")
    assert axe.faults(page) == []
    fork(office.company, "product:c057", on("s1-t2", price={"amount": 1, "per": 1000}))  # meanwhile, elsewhere
    page.get_by_role("button", name="Apply to 4").click()
    expect(page.locator("#preview-lead")).to_contain_text("3 decided. 1 stays on the list.")
    expect(page.locator("#preview-list")).to_contain_text("Coffee 057")
    page.keyboard.press("Escape")
    expect(page.locator('[data-count="conflicts"]')).to_have_text("57")
    assert office.company.get("product:c059")["price"]["amount"] == 1290
    expect(page.locator("#bulk-count")).to_have_text("1 selected")

    # Too quick: all three at once are in dispute again, and then decided once more.
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("3 are in dispute again.")
    expect(page.locator('[data-count="conflicts"]')).to_have_text("60")
    for number in ("059", "058", "056"):
        page.get_by_label(f"Select: Coffee {number}").check()
    page.get_by_label("Select: Coffee 057").uncheck()
    page.get_by_role("button", name="Head office’s").click()
    page.get_by_role("button", name="Apply to 3").click()
    expect(page.locator('[data-count="conflicts"]')).to_have_text("57")
    page.get_by_label("Select: Coffee 057").check()

    # News while the page is read: the row that is looked at stays where it is, and what is selected stays selected.
    row = page.get_by_text("Coffee 040: price")
    row.scroll_into_view_if_needed()
    before = row.bounding_box()
    dispute(office.company, "product:4000001")
    expect(page.locator('[data-count="conflicts"]')).to_have_text("58")
    expect(page.locator("#list")).to_contain_text("Espresso, small: price changed")
    after = row.bounding_box()
    assert before and after and abs(before["y"] - after["y"]) < 2
    expect(page.get_by_label("Select: Coffee 057")).to_be_checked()

    # All that match the search, also those that aren't listed yet.
    page.get_by_role("searchbox").fill("coffee")
    expect(page.locator("#matching")).to_have_text("30 of 57")
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Select all 57 that match").click()
    expect(page.locator("#bulk-count")).to_have_text("57 selected")
    page.get_by_role("button", name="The newer").click()
    page.get_by_role("button", name="Apply to 57").click()
    expect(page.locator('[data-count="conflicts"]')).to_have_text("1", timeout=60_000)
    expect(page.locator("#none")).to_contain_text("Nothing fits.")
    assert office.company.get("product:c000")["price"]["amount"] == 1350


def test_a_list_that_could_not_be_read_or_was_passed_by_on_the_way_is_read_again_by_itself(
    office: Any, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.goto(office.link())
    page.goto(f"{office.url}/conflicts")
    expect(rows(page)).to_have_count(30)
    failed: list[str] = []

    def fail(route: Route) -> None:
        failed.append(route.request.url)
        route.fulfill(status=503, json={"error": "busy", "reason": "Too much to do."})

    page.route("**/api/conflicts?*", fail)
    dispute(office.company, "product:4000001")
    expect(page.locator('[data-count="conflicts"]')).to_have_text("61")
    expect(page.locator("#fault")).to_have_text("Too much to do.")
    page.unroute("**/api/conflicts?*")
    expect(page.locator("#list")).to_contain_text("Espresso, small: price changed")
    expect(page.locator("#fault")).to_be_empty()
    assert failed

    # One answer is late: another page is asked for meanwhile, and what was new on the first one is not forgotten.
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/conflicts?*", lambda route: held.append((route, route.fetch())), times=1)
    dispute(office.company, "product:4000002")
    while not held:
        page.wait_for_timeout(50)
    dispute(office.company, "product:4000003")
    page.get_by_role("button", name="Show more").click()
    expect(rows(page)).to_have_count(60)
    for name in ("Lemonade", "Orange juice"):
        expect(page.locator("#list")).to_contain_text(name)
    [(route, answer)] = held
    route.fulfill(response=answer)
    page.wait_for_timeout(300)
    expect(page.locator("#list")).to_contain_text("Orange juice")
    expect(page.locator('[data-count="conflicts"]')).to_have_text("63")


def test_a_row_is_assigned_noted_put_aside_by_keyboard_alone_and_found_again_also_in_chinese_on_a_phone(
    office: Any, open_context: Callable[..., BrowserContext]
) -> None:
    incidents.write(office.node.directory.get("store-s1"), incidents.number_incident("s1-t1.k7", 12))
    page = open_context().new_page()
    page.goto(office.link())
    page.goto(f"{office.url}/conflicts")
    page.keyboard.press("Tab")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("coffee 050")
    expect(rows(page)).to_have_count(1)
    button = page.get_by_role("button", name="Note, assign: Coffee 050")
    while not button.evaluate("(element) => element === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#follow-note")).to_be_focused()
    page.keyboard.type("Ask the supplier.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("A")  # Ann Lee
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Decide later")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows(page)).to_contain_text("Ann Lee sees to it")
    expect(rows(page)).to_contain_text("Put aside")
    page.get_by_role("searchbox").fill("")
    page.locator("#assigned").select_option("later")
    expect(rows(page)).to_have_count(1)
    page.locator("#type").select_option("product")
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.locator("#none")).to_contain_text("Nothing fits.")

    page.get_by_role("link", name="Incidents 1").click()
    expect(rows(page)).to_have_count(1)
    assert axe.faults(page) == []
    page.get_by_role("button", name="Note, close").click()
    page.locator("#follow-turn").click()
    expect(page.locator("#none")).to_contain_text("No incidents.")
    page.locator("#state").select_option("done")
    expect(rows(page)).to_contain_text("Closed: ")

    phone = open_context(viewport={"width": 390, "height": 844}, locale="zh-CN", color_scheme="dark").new_page()
    phone.goto(office.link())
    phone.goto(f"{office.url}/conflicts")
    expect(rows(phone).first).to_contain_text("Coffee 059：价格在两处被改动")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    rows(phone).first.locator("input").check()
    expect(phone.locator("#bulk-count")).to_have_text("已选 1 项")
    assert axe.faults(phone) == []


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    yield from running(tmp_path / "s1-t1")


def test_the_till_says_quietly_what_waits_and_a_supervisor_allows_a_cashier_to_decide(
    staffed: Staffed, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.goto(staffed.link())
    sign_in(page, "Cleo")
    change_apart(staffed, "product:4000001")
    page.click("#do-more")
    page.get_by_role("button", name="To decide · 1").click()
    expect(rows(page)).to_have_count(1)
    rows(page).first.locator("input").check()
    page.get_by_role("button", name="Keep as it is").click()
    page.get_by_role("button", name="Apply to 1").click()
    allow = page.locator("#allow")
    expect(allow).to_be_visible()
    allow.get_by_role("button", name="Sam").click()
    page.keyboard.type(PINS["Sam"], delay=80)
    page.keyboard.press("Enter")
    expect(page.locator("#none")).to_contain_text("Nothing to decide.")
    page.get_by_role("link", name="Till").click()

    change_apart(staffed, "product:4000002")
    expect(page.locator("#do-more")).to_have_attribute("data-waiting", "")
    expect(page.get_by_role("button", name="1 to decide")).to_have_count(0)  # not for whoever may not
    page.keyboard.press("F1")
    sign_in(page, "Sam")
    expect(page.locator('#bar-actions [data-action="conflicts-now"]')).to_be_visible()


def sign_in(page: Page, name: str) -> None:
    lock = page.locator("#lock")
    expect(lock).to_be_visible()
    lock.get_by_role("button", name=name).click()
    page.keyboard.type(PINS[name], delay=80)
    page.keyboard.press("Enter")
    expect(lock).to_be_hidden()


def change_apart(terminal: Terminal, id: str) -> None:
    """Head office and another till give a product another price, each on what it was; both come by replication."""
    seen = terminal.get(id)
    generation, _, hash = str(seen["_rev"]).partition("-")
    docs = []
    for place, amount in (("office", 1290), ("s1-t2", 1350)):
        body = {**seen, **on(place, "2026-11-21T13:02:00.000Z", price={"amount": amount, "per": 1000})}
        ids = [f"{amount:032d}", hash]
        docs.append(
            {
                **body,
                "_rev": f"{int(generation) + 1}-{ids[0]}",
                "_revisions": {"start": int(generation) + 1, "ids": ids},
            }
        )
    answer = requests.post(
        f"{terminal.url}/couch/company/_bulk_docs",
        json={"docs": docs, "new_edits": False},
        auth=("api", api_key(terminal.path)),
        timeout=20,
    )
    assert answer.status_code == 201 and answer.json() == []
