"""Erasing a customer: at the till, from the button to the journal, with what the open page itself had kept of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.web.auth import start_link
from app.web.server import serve
from app.web.users import api_key
from tests.browser.conftest import Cashier, Terminal
from tests.support import axe
from tests.web.till.shopfront import stock

ADA = {"name": "Ada Quillfeather", "phone": "+49 555 0177", "email": "ada@quill.example"}

LINE = {"product": None, "name": "Coffee", "quantity": 1000, "price": {"amount": 250, "per": 1000}}

#: Everything that the page's own database holds, as text.
KEPT = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const asked = indexedDB.open(name);
    const db = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
    for (const store of db.objectStoreNames) {
      const all = db.transaction(store).objectStore(store).getAll();
      await new Promise((done) => { all.onsuccess = done; });
      found.push(...all.result);
    }
    db.close();
  }
  return JSON.stringify(found);
}"""


def test_a_customer_is_erased_at_the_till_with_what_the_page_has_kept(
    terminal: Terminal, cashier: Cashier, open_context: Callable[..., BrowserContext]
) -> None:
    page = cashier.page
    bearer = {"Authorization": f"Bearer {api_key(terminal.path)}"}
    post = lambda path, body: requests.post(f"{terminal.url}{path}", json=body, headers=bearer, timeout=10)  # noqa: E731
    id = post("/api/customers", {"request": "ada-of-the-page", **ADA}).json()["customer"]["id"]
    parked = {"customer": id, "name": None, "lines": {"a": LINE}, "request": "parked-0000001"}
    assert post("/api/carts", parked).status_code == 201
    cashier.tap("Espresso")
    page.keyboard.press("F12")
    page.fill("#customers-search", "quill")
    page.get_by_role("button", name=re.compile("^Ada Quillfeather")).click()
    expect(page.locator("#cart-customer")).to_have_text("Ada Quillfeather")
    assert "Quillfeather" in page.evaluate(KEPT)

    page.keyboard.press("F12")
    page.fill("#customers-search", "quill")
    page.get_by_role("button", name="Edit: Ada Quillfeather").click()
    page.click("#customer-erase")
    expect(page.locator("#erase-title")).to_have_text("Erase Ada Quillfeather?")
    assert axe.faults(page) == []
    page.click("#erase-go")
    expect(page.locator("#erase-open")).to_contain_text("A parked cart is theirs")
    expect(page.locator("#erase-go")).to_be_disabled()
    page.check("#erase-despite")
    page.click("#erase-go")

    expect(page.locator("#erase")).to_be_hidden()
    expect(page.locator("#customers-empty")).to_be_visible()
    page.locator("#customers [data-close]").click()
    expect(page.locator("#cart-customer")).to_be_hidden()
    expect(page.locator(".line")).to_contain_text("Espresso")
    page.wait_for_function(f"async () => !(await ({KEPT})()).includes('Quillfeather')")
    page.wait_for_function("() => !document.documentElement.outerHTML.includes('Quillfeather')")

    page.goto(f"{terminal.url}/erasures")
    row = page.locator(".erasure")
    expect(row).to_contain_text("Erased customer")
    expect(row).to_contain_text("The person asked for it")
    expect(row).to_contain_text("S1-T1 forgot at")
    assert axe.faults(page) == [] and "Quillfeather" not in page.content()


def test_head_office_finds_somebody_and_erases_them_by_keyboard(
    tmp_path: Path, open_context: Callable[..., BrowserContext]
) -> None:
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        node.company.put({"_id": "customer:ada", "type": "customer", "schema": 1, "cards": [], **ADA})
        server = serve(node, "127.0.0.1", 0)
        page: Page = open_context(viewport={"width": 390, "height": 844}, color_scheme="dark").new_page()
        problems: list[Any] = []
        page.on("pageerror", lambda error: problems.append(error))
        page.goto(start_link(node, f"http://127.0.0.1:{server.port}"))
        page.locator("summary", has_text="Menu").click()
        page.get_by_role("link", name="Erased people").click()
        expect(page.locator("#erasures-none")).to_be_visible()
        page.locator("#erasures-query").focus()
        page.keyboard.type("quill")
        button = page.get_by_role("button", name="Erase: Ada Quillfeather")
        expect(button).to_be_visible()
        page.keyboard.press("Tab")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#erase-reason")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator("#erase-go")).to_be_focused()
        page.wait_for_timeout(400)  # an Enter that belonged to the tap before answers nothing
        page.keyboard.press("Enter")
        expect(page.locator(".erasure")).to_contain_text("Head office forgot at")
        expect(page.locator("#erasures-people li")).to_have_count(0)
        assert axe.faults(page) == [] and problems == []
        node.begin_stop()
        server.stop()
