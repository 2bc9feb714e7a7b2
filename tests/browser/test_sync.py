"""The sync page and the light as a cashier sees them, over a line that is cut and mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from app import cli
from app.docs import json
from app.docs.directory import Directory
from app.node.config import write_secret
from app.shop.indexes import indexes_for
from couch.provision import provision
from tests.browser.conftest import Cashier, Terminal
from tests.support.hub import Hub
from tests.support.process import CouchTill, wait_until
from tests.support.proxy import FaultProxy
from tests.web.till.shopfront import stock

PASSWORD = "s1-t1-password-of-tests"


class Linked(Terminal):
    """A terminal behind a line to its hub."""

    def __init__(self, path: Path, line: FaultProxy) -> None:
        super().__init__(path)
        with Directory(path, indexes_for=indexes_for) as directory:  # its stock came from the hub, as a till's does
            docs = [row["doc"] for row in directory.get("company").all_docs(include_docs=True)["rows"]]
            directory.delete("company")
            directory.create("company").bulk_docs(docs, new_edits=False)
        self.line = line
        write_secret(path, "central", PASSWORD)

    def start(self) -> None:
        central = self.line.url.replace("://", "://s1-t1@")
        self.process = CouchTill(
            "terminal", "--data", self.path, "--id", "s1-t1", "--port", str(self.port), "--central", central
        )
        assert self.process.port == self.port


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        provision(hub.url, stores=["s1"], terminals=[{"id": "s1-t1", "password": PASSWORD}], iterations=1000)
        stock(hub.node.database("company"))  # what head office writes, and no till may bring
        yield hub


@pytest.fixture
def line(hub: Hub) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{hub.port}") as line:
        yield line


@pytest.fixture
def terminal(tmp_path: Path, line: FaultProxy) -> Iterator[Linked]:
    started = Linked(tmp_path / "s1-t1", line)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def synced(cashier: Cashier) -> Cashier:
    expect(cashier.page.locator("#light-words")).to_have_text("All sent")
    return cashier


def orders_at(hub: Hub) -> list[str]:
    rows = requests.get(f"{hub.url}/store-s1/_all_docs", timeout=10).json()["rows"]
    return [row["id"] for row in rows if row["id"].startswith("order:")]


def sells(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.pays_exact()
    cashier.begins_anew()


def opens_sync(cashier: Cashier) -> Page:
    cashier.page.click("#light")
    expect(cashier.page.locator(".verdict h2")).to_be_visible()
    cashier.page.wait_for_load_state("load")  # the words come from the server; what keeps them current loads after them
    return cashier.page


def test_what_is_unsent_rises_while_the_line_is_cut_and_leaves_when_it_is_back(
    synced: Cashier, line: FaultProxy, hub: Hub, terminal: Linked
) -> None:
    line.cut()
    sells(synced)
    sells(synced)
    expect(synced.page.locator("#light-words")).to_contain_text("Line cut")
    page = opens_sync(synced)
    expect(page.locator(".unsent")).to_contain_text("2 receipts")
    expect(page.locator(".links")).to_contain_text("no line, tries again")
    assert orders_at(hub) == []

    line.restore()
    page.click("#sync-now")
    expect(page.locator("#sync")).to_contain_text("Nothing. The central has everything that was written here.")
    expect(page.locator(".verdict h2")).to_have_text("All sent")
    assert sorted(orders_at(hub)) == sorted(order["_id"] for order in terminal.orders())
    assert len(orders_at(hub)) == 2


def test_a_refused_document_stands_there_by_name_and_a_person_offers_it_again(
    synced: Cashier, line: FaultProxy, hub: Hub, terminal: Linked
) -> None:
    no = [{"id": "product:4000001", "error": "forbidden", "reason": "The price must not be negative."}]
    line.answer(201, json.dumps(no), {"Content-Type": "application/json"}, match="POST /company/_bulk_docs")
    terminal.put({**terminal.get("product:4000001"), "price": {"amount": 999, "per": 1000}})
    expect(synced.page.locator("#light-words")).to_have_text("1 refused: look here")
    page = opens_sync(synced)
    expect(page.locator(".refused")).to_contain_text("Product “Espresso”")
    expect(page.locator(".refused")).to_contain_text("The price must not be negative.")

    line.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#sync")).to_contain_text("None. Every document that was offered was taken.")
    wait_until(lambda: there(hub)["price"]["amount"] == 999)


def there(hub: Hub) -> dict[str, Any]:
    doc: dict[str, Any] = requests.get(f"{hub.url}/company/product:4000001", timeout=10).json()
    return doc


def test_a_schedule_is_set_here_holds_at_once_and_sync_now_works_under_it(
    synced: Cashier, hub: Hub, terminal: Linked
) -> None:
    page = opens_sync(synced)
    page.get_by_label("At these hours").check()
    page.get_by_label("Hours, as 08:00, 18:00").fill("noon")
    page.click("#schedule-save")
    expect(page.locator("#schedule-problem")).to_have_text("Write hours as 08:00, with commas between them.")

    page.get_by_label("By hand only").check()
    page.click("#schedule-save")
    expect(page.locator(".toast")).to_contain_text("Saved. It holds from now on.")
    expect(page.locator(".sync-facts")).to_contain_text("By hand only")
    page.get_by_role("link", name="Till").click()
    sells(synced)
    expect(synced.page.locator("#light-words")).to_contain_text("unsent")
    expect(synced.page.locator("#light-words")).to_contain_text("sync by hand")
    assert orders_at(hub) == []

    opens_sync(synced)
    synced.page.click("#sync-now")
    wait_until(lambda: len(orders_at(hub)) == 1)
    expect(synced.page.locator(".verdict h2")).to_have_text("All sent, sync by hand")
    synced.page.reload()
    expect(synced.page.get_by_label("By hand only")).to_be_checked()


def test_a_page_whose_server_is_away_says_so_and_comes_back_by_itself(synced: Cashier, terminal: Linked) -> None:
    page = opens_sync(synced)
    terminal.kill()
    expect(page.locator("#sync-away")).to_be_visible()
    terminal.start()
    expect(page.locator("#sync-away")).to_be_hidden()


def made_anew(hub: Hub) -> None:
    """Its databases are lost, and prepared again, empty."""
    for name in ("company", "store-s1"):
        hub.node.directory.delete(name)
    provision(hub.url, stores=["s1"], terminals=[{"id": "s1-t1", "password": PASSWORD}], iterations=1000)


def test_a_central_made_anew_is_asked_about_selling_goes_on_and_it_is_filled_once_a_person_says_that_it_is_ours(
    synced: Cashier, hub: Hub, terminal: Linked
) -> None:
    sells(synced)
    wait_until(lambda: len(orders_at(hub)) == 1)
    page = opens_sync(synced)
    expect(page.locator(".verdict h2")).to_have_text("All sent")  # what goes with a sale, too
    expect(page.locator("#sync")).to_contain_text("Nothing. The central has everything")
    made_anew(hub)
    page.click("#sync-now")
    card = page.locator(".card", has_text="Is this still your central?")
    expect(card).to_contain_text("it was made anew, or it is somebody else’s")
    expect(card.locator(".asks li")).to_have_count(2)
    expect(page.locator(".verdict h2")).to_have_text("Sync stopped: look here")
    expect(page.locator("#sync")).to_contain_text("Nothing. The central that was known here has everything")

    page.get_by_role("link", name="Till").click()  # keeps waiting: nothing is pressed
    sells(synced)
    page = opens_sync(synced)
    page.reload()
    expect(card).to_be_visible()
    expect(page.locator(".unsent")).to_contain_text("1 receipt")
    assert orders_at(hub) == []

    yes = card.get_by_role("button", name="It is ours: send everything to it")
    yes.focus()
    page.wait_for_event("response", lambda seen: "part=body" in seen.url)
    page.wait_for_event("response", lambda seen: "part=body" in seen.url)  # drawn anew meanwhile
    expect(yes).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("It is the central from now on.")
    expect(card).to_have_count(0)
    expect(page.locator(".verdict h2")).to_have_text("All sent")
    assert sorted(orders_at(hub)) == sorted(order["_id"] for order in terminal.orders())
    assert len(orders_at(hub)) == 2


def test_in_chinese_on_a_phone_who_waits_is_asked_no_more_when_the_central_is_put_back(
    synced: Cashier, hub: Hub, terminal: Linked, open_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    sells(synced)
    wait_until(lambda: len(orders_at(hub)) == 1)
    backup = tmp_path / "last-night.zip"
    assert cli.main(["central", "backup", hub.url, str(backup)]) == 0
    sells(synced)
    wait_until(lambda: len(orders_at(hub)) == 2)
    made_anew(hub)
    phone = open_context(viewport={"width": 360, "height": 740}, color_scheme="dark", locale="zh-CN").new_page()
    phone.goto(terminal.link())
    phone.goto(f"{terminal.url}/sync")
    phone.click("#sync-now")
    card = phone.locator(".card", has_text="这还是你们的中心吗？")
    expect(card).to_contain_text("它被重新建立过，或者是别人的")
    expect(card).to_contain_text("如果它将从备份恢复，请等待")
    expect(card.get_by_role("button", name="它是我们的：把所有内容发送给它")).to_be_visible()
    expect(card).not_to_contain_text("central")
    phone.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    assert orders_at(hub) == []

    assert cli.main(["central", "restore", str(backup), hub.url]) == 0
    phone.click("#sync-now")
    expect(card).to_have_count(0)
    wait_until(lambda: len(orders_at(hub)) == 2)  # the second came from the till


def test_the_description_of_the_api_opens_from_its_address(
    terminal: Linked, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    page.goto(terminal.link())
    page.goto(f"{terminal.url}/api/docs")
    page.get_by_role("link", name="403 needs_approval").first.click()

    expect(page.locator("#needs_approval")).to_be_in_viewport()
