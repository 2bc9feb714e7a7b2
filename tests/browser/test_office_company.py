"""Head office's pages of stores and settings, as a person uses them: by keys, on two windows, beside a real central."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.node import config as node_config
from app.shop.schemas.settings import DEFAULTS
from app.shop.settings import ShopSettings
from app.web.auth import start_link
from app.web.server import serve
from couch.provision import provision
from tests.browser.conftest import BY_HAND
from tests.support.hub import ADMIN, PASSWORD, Hub
from tests.support.process import wait_until
from tests.web.till.shopfront import stock

TILL = {"_id": "terminal:s1-t1", "type": "terminal", "schema": 1, "terminal": "s1-t1", "store": "store:s1"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Any]:
    """A running head office with a hub as its central, the store s1 linked and a terminal in it."""
    with Hub(tmp_path / "hub") as hub:
        provision(hub.url, stores=["s1"], office={"id": "office", "password": "office-pass-1"}, iterations=10)
        config = NodeConfig(
            kind="office", id="office", central_url=f"http://127.0.0.1:{hub.port}", central_user="office"
        )
        node_config.write_secret(tmp_path / "office", "central", "office-pass-1")
        with Node(tmp_path / "office", config) as node:
            stock(node.company)
            node.database("store-s1").put({**TILL, "incarnations": ["k7"]})
            server = serve(node, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{server.port}"
            yield SimpleNamespace(node=node, hub=hub, url=url, link=lambda: start_link(node, url))
            node.begin_stop()
            server.stop()


@pytest.fixture
def window(office: Any, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    def opened(path: str, **options: Any) -> Page:
        page = open_context(**options).new_page()
        page.goto(office.link())
        page.goto(f"{office.url}{path}")
        return page

    return opened


def test_a_store_is_made_its_central_prepared_and_it_is_linked(window: Callable[..., Page], office: Any) -> None:
    page = window("/stores")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("button", name="Make a store").click()
    page.get_by_label("Name", exact=True).fill("Harbour")
    expect(page.get_by_label("Short name").first).to_have_value("s2")
    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog", name="Prepare the central for Harbour")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Name of an administrator").fill(ADMIN)
    dialog.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("does not take this name")).to_be_visible()
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog.locator(".steps li").first).to_contain_text("store-s2")
    assert "store-s2" not in office.hub.node.directory.names()
    dialog.get_by_role("button", name="Do it").click()
    expect(dialog).to_be_hidden()

    expect(page.locator("#rows tr", has_text="Harbour").locator(".chip")).to_have_attribute("data-level", "ok")
    office.hub.node.directory.get("store-s2").put({"_id": "from:a till"})
    wait_until(lambda: office.node.directory.get("store-s2").read("from:a till") is not None)
    assert PASSWORD not in page.content()


def test_two_windows_change_one_store_and_nothing_is_lost(window: Callable[..., Page], office: Any) -> None:
    one, two = window("/stores"), window("/stores")
    for page, name, phone in ((one, "Left", "1"), (two, "Right", "2")):
        page.get_by_role("button", name="Corner Shop").click()
        page.get_by_label("Name", exact=True).first.fill(name)
        page.get_by_label("Phone").fill(phone)
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_role("button", name="Left")).to_be_visible()
    two.get_by_role("button", name="Save").click()

    expect(two.locator(".clash")).to_have_count(2)
    expect(two.locator(".clash").first).to_contain_text("Left")
    expect(two.locator(".clash").first).to_be_in_viewport(ratio=1)
    assert office.node.company.get("store:s1")["name"] == "Left"
    two.locator(".clash").first.get_by_role("button", name="Keep mine").click()
    two.locator(".clash").first.get_by_role("button", name="Take theirs").click()
    two.get_by_role("button", name="Save").click()
    expect(two.get_by_role("button", name="Right")).to_be_visible()
    doc = office.node.company.get("store:s1")
    assert (doc["name"], doc["phone"]) == ("Right", "1")


def test_a_setting_is_found_set_for_one_terminal_and_given_back(window: Callable[..., Page], office: Any) -> None:
    page = window("/settings")
    page.get_by_label("For whom").select_option("terminal:s1-t1")
    page.wait_for_url("**scope=terminal*")
    page.get_by_label("Find a setting").fill("refund sup")
    row = page.locator(".setting")
    expect(row).to_have_count(1)
    expect(row.locator("strong")).to_have_text("€50.00")
    row.get_by_role("button", name="Edit: ").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("12,5x")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Key an amount like 12.00")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("12,50")
    page.keyboard.press("Enter")

    expect(row.locator("strong")).to_have_text("€12.50")
    expect(row.locator(".chip")).to_have_text("set here")
    assert ShopSettings(office.node.company, "s1", "s1-t1")["refund_limit"] == 1250
    assert ShopSettings(office.node.company, "s1", "s1-t2")["refund_limit"] == 5000
    page.reload()
    page.get_by_label("Only what is set here").check()
    expect(page.locator(".setting")).to_have_count(1)
    page.get_by_label("Only what is set here").uncheck()
    page.get_by_role("button", name="Reset: Refund without a supervisor").click()
    expect(page.locator("[data-setting=refund_limit] strong")).to_have_text("€50.00")
    assert ShopSettings(office.node.company, "s1", "s1-t1")["refund_limit"] == 5000


def test_every_setting_can_be_opened_and_saved_as_it_is(window: Callable[..., Page], office: Any) -> None:
    page = window("/settings")
    expect(page.locator(".setting").first).to_be_visible()
    for button in page.get_by_role("button", name="Edit:").all():
        button.click()
        page.get_by_role("button", name="Save").click()
        expect(page.locator("dialog[open]")).to_have_count(0)
    values = office.node.company.get("settings:all")["values"]
    usual = ShopSettings(office.node.company, "none").read()
    assert values == {name: value for name, value in DEFAULTS.items() if name != "roles"}
    assert usual == DEFAULTS


@pytest.mark.parametrize("path", ["/stores", "/settings", "/staff", "/customers", "/products"])
def test_pages_fit_a_phone_and_speak_chinese(window: Callable[..., Page], office: Any, path: str) -> None:
    store = office.node.company.get("store:s1")
    long = "A very long name of a store that nobody ever shortened, at the corner of 5th"
    office.node.company.put({**store, "name": long})
    page = window(f"{path}?lang=zh", viewport={"width": 360, "height": 740}, color_scheme="dark")
    expect(page.locator("main h1")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360


def test_a_person_is_added_at_head_office_and_chooses_a_pin_at_the_till(
    window: Callable[..., Page], office: Any, tmp_path: Path, open_context: Callable[..., BrowserContext]
) -> None:
    page = window("/staff")
    page.get_by_role("button", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill("Nina")
    page.keyboard.press("Enter")
    code = page.locator("#code-digits")
    expect(code).to_have_text(re.compile(r"\d{4} \d{4} \d{4}"))
    digits = (code.text_content() or "").replace(" ", "")
    page.get_by_role("button", name="I have noted it").click()
    expect(page.locator("#rows tr", has_text="Nina")).to_contain_text("Code, until")
    assert digits not in page.content()

    config = NodeConfig(kind="terminal", id="s1-t1", store="s1")
    with Node(tmp_path / "till", config) as node:
        stock(node.company)
        person = office.node.directory.get("store-s1").get("staff:" + _request(office))
        node.store_db.put({key: value for key, value in person.items() if key != "_rev"})
        server = serve(node, "127.0.0.1", 0)
        till = open_context().new_page()
        till.goto(start_link(node, f"http://127.0.0.1:{server.port}"))
        lock = till.locator("#lock")
        expect(lock).to_be_visible()
        till.keyboard.type(digits, delay=BY_HAND)
        till.keyboard.press("Enter")
        expect(lock.get_by_text("Choose a PIN of your own now: at least 6 digits.")).to_be_visible()
        for pin in ("602781", "602782", "602781", "602781"):
            till.keyboard.type(pin, delay=BY_HAND)
            till.keyboard.press("Enter")
        expect(lock).to_be_hidden()
        assert node.store_db.get(person["_id"])["onetime"] is None
        node.begin_stop()
        server.stop()


def _request(office: Any) -> str:
    [record] = office.node.directory.get("store-s1").each("staff")
    return str(record.id.partition(":")[2])


def test_a_role_is_made_and_renamed(window: Callable[..., Page], office: Any) -> None:
    page = window("/staff?roles=all")
    page.get_by_role("button", name="Make a role").click()
    page.get_by_label("Name", exact=True).fill("Helper")
    page.locator("dialog[open] .field-many input").first.check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Edit: Helper").click()
    page.get_by_label("Name", exact=True).fill("Counter hand")
    page.locator("dialog[open] .field-many input").nth(1).check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-role='Counter hand']")).to_be_visible()
    expect(page.locator("[data-role=Helper]")).to_have_count(0)
    [rights] = office.node.company.get("settings:all")["values"]["roles"].values()
    assert len(rights) == 2
    page.get_by_role("button", name="Edit: Cashier").click()  # one of those that there are has no other name
    expect(page.locator("dialog[open] [data-field=name]")).to_have_count(0)


def test_a_customer_is_made_found_among_many_and_taken_from_a_file(window: Callable[..., Page], office: Any) -> None:
    docs = [
        {"_id": f"customer:{n:04d}", "type": "customer", "schema": 1, "name": f"Person {n:04d}"} for n in range(500)
    ]
    office.node.company.bulk_docs(docs)
    page = window("/customers")
    expect(page.locator("#rows tr")).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#rows tr")).to_have_count(100)
    page.get_by_role("button", name="Make a customer").click()
    page.get_by_label("Name", exact=True).first.fill("Ada Byron")
    page.get_by_label("May owe on account").fill("12,50")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_label("Find a customer").fill("byr")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("button", name="Ada Byron").click()
    expect(page.get_by_text("never used")).to_have_count(2)
    expect(page.get_by_label("May owe on account")).to_have_value("12.50")
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Import and export").click()
    csv = b"customer_id,name,account_limit\n0001,Renamed,1\nnew-1,Newcomer,\nbad,Wrong,lots\n"
    page.locator("#file").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": csv})
    expect(page.locator(".import-count strong")).to_have_text(["1", "1", "0", "1"])
    expect(page.locator("#rows tr").first).to_contain_text("account_limit")
    page.get_by_role("button", name="Apply 2 rows").click()
    expect(page.get_by_text("2 customers were written.")).to_be_visible()
    assert office.node.company.get("customer:0001")["name"] == "Renamed"
