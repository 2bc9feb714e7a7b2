"""The sync page at a till with staff: what a cashier may not change, a supervisor allows there and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Cashier
from tests.browser.test_people import PINS, Staffed
from tests.support.process import CouchTill


class Linked(Staffed):
    """With people, and a central that is away."""

    def start(self) -> None:
        self.process = CouchTill(
            "terminal", "--data", self.path, "--id", "s1-t1", "--port", str(self.port),
            "--central", "http://127.0.0.1:9",
        )  # fmt: skip
        assert self.process.port == self.port


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Linked]:
    started = Linked(tmp_path / "s1-t1")
    try:
        started.start()
        started.hire()
        yield started
    finally:
        started.stop()


def test_a_cashier_changes_the_schedule_with_a_managers_pin(
    terminal: Linked, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context().new_page()
    works = Cashier(page)
    page.goto(terminal.link())
    page.locator("#lock").get_by_role("button", name="Cleo").click()
    page.keyboard.type(PINS["Cleo"])
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    page.goto(f"{terminal.url}/sync")
    page.locator("[value=manual]").check()
    page.click("#schedule-save")
    allow = page.locator("#allow")
    expect(allow).to_be_visible()
    expect(allow.get_by_role("button", name="Sam")).to_have_count(0)
    mia = allow.get_by_role("button", name="Mia")
    if mia.count():
        mia.click()
    page.keyboard.type(PINS["Mia"])
    page.keyboard.press("Enter")
    expect(allow).to_be_hidden()
    expect(page.locator(".toast")).to_contain_text("Saved")

    assert terminal.api("GET", "sync")["schedule"]["mode"] == "manual"
    assert works.problems == []
