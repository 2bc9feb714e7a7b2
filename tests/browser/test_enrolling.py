"""A terminal from head office's page to its first sale: made, its code typed on the new machine's page, sold; then
another machine in its place, and the end of a stolen one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.node import config as node_config
from app.node.enrolling import Enrolling
from app.web.auth import start_link
from app.web.server import serve
from couch.provision import provision
from tests.faults.rig import ADMIN, ITERATIONS, PASSWORD, Hub
from tests.support.process import CouchTill, wait_until
from tests.web.till.shopfront import stock

#: Where somebody wants to look at the pages: a folder for pictures.
PICTURES = os.environ.get("COUCHTILL_PICTURES")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Any]:
    """A hub with a store, head office on a socket, and `machine(name)`: a new one with the page that takes a code."""
    started: list[CouchTill] = []
    with Hub(tmp_path / "hub", terminals=()) as hub:
        provision(hub.url, stores=["s1"], office={"id": "office", "password": "office-of-tests"}, iterations=ITERATIONS)
        central = f"http://127.0.0.1:{hub.port}"
        config = NodeConfig(kind="office", id="office", central_url=central, central_user="office")
        node_config.write_secret(tmp_path / "office", "central", "office-of-tests")
        with Node(tmp_path / "office", config) as node:
            stock(node.company)
            node.link_new_stores()
            server = serve(node, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{server.port}"

            def machine(name: str) -> CouchTill:
                process = CouchTill("terminal", "--data", tmp_path / name, "--port", "0")
                started.append(process)
                return process

            yield SimpleNamespace(
                node=node, hub=hub, path=tmp_path, machine=machine, link=lambda: start_link(node, url, "/terminals")
            )
            for process in started:
                process.stop()
            node.begin_stop()
            server.stop()


@pytest.fixture
def terminals(company: Any, open_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """Head office's page of the terminals."""
    page = open_context().new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(company.link())
    yield page
    assert problems == []


def look(page: Page, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(300)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def make(page: Page, button: str = "New terminal") -> str:
    """Makes a terminal and its code on head office's page; the code, whose dialog stays open."""
    page.get_by_role("button", name=button).first.click()
    look(page, "plan")
    page.get_by_label("Name (may stay empty)").fill("At the door")
    page.keyboard.press("Enter")
    expect(page.locator("#ask")).to_be_visible()
    look(page, "ask")
    page.get_by_role("button", name="Make the code").click()
    return shown(page)


def shown(page: Page) -> str:
    groups = page.locator("#code-groups > span")
    expect(groups.first).to_be_visible()
    return "-".join(text[:5] for text in groups.all_text_contents())


def enter(page: Page, link: str, code: str) -> None:
    """Types a code on a new machine's page."""
    page.goto(link)
    page.get_by_label("The code from head office").fill(code)
    page.keyboard.press("Enter")


def test_a_terminal_is_made_enrolled_through_the_page_and_sells(
    company: Any, terminals: Page, open_context: Callable[..., BrowserContext]
) -> None:
    look(terminals, "empty")
    expect(terminals.locator("#empty")).to_be_visible()
    code = make(terminals)
    look(terminals, "code")
    terminals.keyboard.press("Escape")
    expect(terminals.locator("#code")).to_be_visible()

    machine = company.machine("till")
    page = open_context().new_page()
    page.goto(machine.link)
    look(page, "enroll")
    wrong = code[:12] + ("0" if code[12] != "0" else "1") + code[13:]
    enter(page, machine.link, wrong)
    expect(page.locator("#fault")).to_have_text("Group 3 is mistyped: look at it again.")
    look(page, "enroll-mistyped")
    page.get_by_label("The code from head office").fill(code.lower().replace("-", " "))
    page.keyboard.press("Enter")
    expect(page.locator("#work")).to_be_visible()
    look(page, "enroll-work")

    expect(page.locator(".tile").first).to_be_visible(timeout=60_000)
    look(page, "till")
    page.locator(".tile", has_text="Espresso").click()
    page.click("#pay")
    page.locator(".note").first.click()
    expect(page.locator("#sold")).to_be_visible()

    expect(terminals.locator("#code-state")).to_contain_text("S1-T1 is enrolled")
    look(terminals, "code-used")
    terminals.get_by_role("button", name="Done").click()
    expect(terminals.locator("#code-groups")).to_be_empty()
    expect(terminals.locator("#rows tr")).to_contain_text("Enrolled")
    wait_until(lambda: list(company.node.directory.get("store-s1").each("order")), 30, "the sale came home")
    terminals.reload()
    look(terminals, "enrolled")
    assert code not in terminals.content()
    terminals.get_by_role("button", name="S1-T1", exact=True).click()
    expect(terminals.locator("#details-log li")).to_have_count(3)
    look(terminals, "details")


@pytest.mark.slow
def test_another_machine_takes_its_place_and_the_first_one_is_told_why(
    company: Any, terminals: Page, open_context: Callable[..., BrowserContext]
) -> None:
    code = make(terminals)
    old = company.machine("old")
    till = open_context().new_page()
    enter(till, old.link, code)
    expect(till.locator(".tile").first).to_be_visible(timeout=60_000)
    expect(terminals.locator("#code-state")).to_contain_text("S1-T1 is enrolled")
    terminals.get_by_role("button", name="Done").click()

    terminals.get_by_role("button", name="Replace: S1-T1").click()
    expect(terminals.locator("#ask-lead")).to_contain_text("let in no more")
    look(terminals, "replace")
    terminals.get_by_role("button", name="Make the code").click()
    newer = shown(terminals)
    assert newer != code
    second = company.machine("new")
    page = open_context().new_page()
    enter(page, second.link, code)
    expect(page.locator("#fault")).to_contain_text("Head office has made a newer code for S1-T1")
    enter(page, second.link, newer)
    expect(page.locator(".tile").first).to_be_visible(timeout=60_000)

    till.goto(f"http://127.0.0.1:{old.port}/sync")
    till.get_by_role("button", name="Sync now").click()
    expect(till.get_by_text("Replaced by head office").first).to_be_visible(timeout=60_000)
    look(till, "replaced-till")

    terminals.get_by_role("button", name="Done").click()
    terminals.get_by_role("button", name="Revoke: S1-T1").click()
    terminals.get_by_label("It was stolen or lost").check()
    look(terminals, "revoke")
    terminals.locator("#sure-done").click()
    expect(terminals.locator("#rows tr")).to_contain_text("Stolen or lost")
    look(terminals, "revoked")
    page.goto(f"http://127.0.0.1:{second.port}/sync")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("Revoked by head office").first).to_be_visible(timeout=60_000)


def test_on_a_phone_in_chinese(company: Any, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context(viewport={"width": 360, "height": 740}, locale="zh-CN").new_page()
    page.goto(company.link())
    look(page, "phone-empty")
    page.get_by_role("button", name="新收银机").first.click()
    page.get_by_role("button", name="建立收银机").click()
    page.locator("#ask-done").click()
    code = shown(page)
    look(page, "phone-code")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="我已记下代码").click()
    look(page, "phone-list")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto(company.machine("phone").link)
    look(page, "phone-enroll")
    page.get_by_label("总部给的代码").fill(code[:-1])
    page.keyboard.press("Enter")
    expect(page.locator("#fault")).to_have_text("最后一组不完整：每组五个字符。")
    look(page, "phone-fault")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_a_till_gets_its_certificate_from_the_page_and_speaks_https(
    company: Any, terminals: Page, open_context: Callable[..., BrowserContext]
) -> None:
    root = terminals.url.removesuffix("/terminals")
    code = make(terminals)
    till = company.path / "till"
    Enrolling(till, port=0).run(code)
    process = CouchTill("terminal", "--data", till, "--port", "0")
    try:
        terminals.goto(f"{root}/certificates")
        look(terminals, "certificates-none")
        terminals.get_by_label("The company’s name").fill("Tea & Co")
        terminals.keyboard.press("Enter")
        expect(terminals.get_by_role("heading", name="The authority of Tea & Co")).to_be_visible()
        terminals.get_by_role("button", name="Give it a certificate").click()
        names = terminals.get_by_label("Names and addresses")
        names.fill("till 1/x")
        look(terminals, "certificates-names")
        terminals.locator("#names-done").click()
        expect(terminals.locator("#names-fault")).to_contain_text("neither a name nor an address")
        names.fill("till1.local, 192.168.7.20")
        terminals.locator("#names-done").click()
        row = terminals.locator("#rows tr")
        expect(row).to_contain_text("till1.local, 192.168.7.20")
        expect(row.locator(".chip")).to_contain_text("Until", timeout=90_000)
        with terminals.expect_download() as file:
            terminals.get_by_role("link", name="Save ca.crt").click()
        ca = company.path / "ca-of-the-tablet.crt"
        file.value.save_as(ca)
        terminals.set_viewport_size({"width": 360, "height": 740})
        look(terminals, "certificates-phone")
        assert terminals.evaluate("document.documentElement.scrollWidth") <= 360
        wait_until((till / "tls.crt").exists, 60, "the till took it")
    finally:
        process.stop()
    with CouchTill("terminal", "--data", till, "--port", "0") as process:
        answer = requests.get(f"https://127.0.0.1:{process.port}/health", verify=str(ca), timeout=30)
        assert answer.json()["status"] == "up"


def test_a_new_store_from_its_page_to_the_first_sale_of_its_till(
    company: Any, terminals: Page, open_context: Callable[..., BrowserContext]
) -> None:
    """All of it by a person: the store, the central made ready for it, its terminal, the code, the sale, the figure."""
    root = terminals.url.removesuffix("/terminals")
    terminals.goto(f"{root}/stores")
    terminals.get_by_role("button", name="Make a store").click()
    terminals.get_by_label("Name", exact=True).fill("Harbour")
    terminals.keyboard.press("Enter")
    dialog = terminals.get_by_role("dialog", name="Prepare the central for Harbour")
    dialog.get_by_label("Name of an administrator").fill(ADMIN)
    dialog.get_by_label("Password").fill(PASSWORD)
    terminals.keyboard.press("Enter")
    dialog.get_by_role("button", name="Do it").click()
    expect(dialog).to_be_hidden()
    row = terminals.locator("#rows tr", has_text="Harbour")
    expect(row.locator(".chip")).to_have_attribute("data-level", "ok", timeout=60_000)

    terminals.goto(f"{root}/terminals")
    terminals.get_by_role("button", name="New terminal").first.click()
    terminals.locator("#plan-store").select_option("s2")
    terminals.get_by_role("button", name="Make the terminal").click()
    terminals.get_by_role("button", name="Make the code").click()
    page = open_context().new_page()
    enter(page, company.machine("till").link, shown(terminals))
    page.locator(".tile", has_text="Espresso").click(timeout=60_000)
    page.click("#pay")
    page.locator(".note").first.click()
    expect(page.locator("#sold")).to_be_visible()

    expect(terminals.locator("#code-state")).to_contain_text("S2-T1 is enrolled")
    wait_until(lambda: list(company.node.directory.get("store-s2").each("order")), 60, "the sale came home")
    [order] = company.hub.orders("s2").values()
    assert (order["store"], order["terminal"], order["total"]) == ("s2", "s2-t1", 245)
