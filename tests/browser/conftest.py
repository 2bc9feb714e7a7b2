"""A real terminal in a process of its own, and a cashier who works its page in a real Chromium."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.docs.database import Database
from app.docs.directory import Directory
from app.shop.indexes import indexes_for
from app.web.auth import start_link
from app.web.users import api_key
from tests.support.process import CouchTill, free_port
from tests.web.till.shopfront import stock

#: Milliseconds for which the page may take to show what it should; a busy machine is slow, never wrong.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)

#: Milliseconds between two keys of a person, and seconds between two of a scanner.
BY_HAND, BY_SCANNER = 80, 0.004
#: Milliseconds in which a hand goes from the keyboard to the scanner.
PICKS_UP = 500


class Terminal:
    """A terminal without a central: `start`, `kill` (SIGKILL), `start` again on the same port."""

    def __init__(self, path: Path, **store: Any) -> None:
        self.path = path
        self.port = free_port()
        self.process: CouchTill | None = None
        path.mkdir()
        with Directory(path, indexes_for=indexes_for) as directory:
            stock(directory.create("company"), **store)
            directory.create("store-s1")

    def stock_more(self, docs: list[dict[str, Any]]) -> None:
        """More documents for the shop, before the start."""
        with Directory(self.path, indexes_for=indexes_for) as directory:
            directory.get("company").bulk_docs(docs)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = CouchTill("terminal", "--data", self.path, "--id", "s1-t1", "--port", str(self.port))
        assert self.process.port == self.port

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()

    def link(self) -> str:
        return start_link(self.path, self.url)

    def get(self, id: str) -> dict[str, Any]:
        """A document of the company, through the terminal's own CouchDB API."""
        answer = requests.get(f"{self.url}/couch/company/{id}", auth=("api", api_key(self.path)), timeout=10)
        answer.raise_for_status()
        doc: dict[str, Any] = answer.json()
        return doc

    def put(self, doc: dict[str, Any]) -> None:
        """An edit of one, as replication would bring it."""
        url = f"{self.url}/couch/company/{doc['_id']}"
        requests.put(url, json=doc, auth=("api", api_key(self.path)), timeout=10).raise_for_status()

    def orders(self) -> list[dict[str, Any]]:
        """The orders on disk, in the order of their numbers; the terminal may be running."""
        database = Database(self.path / "store-s1.db", read_only=True, indexes=indexes_for("store-s1"))
        try:
            return sorted((record.full() for record in database.each("order")), key=lambda order: order["number"])
        finally:
            database.close()


#: Whether the window's own copy of the catalogue is whole.
CATALOGUE_KEPT = """() => new Promise((resolve) => {
  const opening = indexedDB.open("couchtill.s1-t1.catalogue");
  opening.onsuccess = () => {
    const db = opening.result;
    if (!db.objectStoreNames.contains("meta")) { db.close(); return resolve(false); }
    const asked = db.transaction("meta").objectStore("meta").get("done");
    asked.onsuccess = () => { db.close(); resolve(Boolean(asked.result)); };
  };
})"""


class Cashier:
    """Works one window of a till."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self._devtools = page.context.new_cdp_session(page)
        self._scanned = 0.0
        self._typed = False
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def open(self, link: str) -> Cashier:
        self.page.goto(link)
        expect(self.page.locator(".tile").first).to_be_visible()
        return self

    def keeps_catalogue(self, patience: float = PATIENCE / 1000) -> None:
        """Waits until the window's own copy of the catalogue is whole, for so many seconds."""
        until = time.monotonic() + patience
        while not self.page.evaluate(CATALOGUE_KEPT):
            assert time.monotonic() < until, "the catalogue's copy does not come to its end"
            self.page.wait_for_timeout(100)

    def scan(self, code: str) -> None:
        """Keys as a scanner sends them: real ones, their times as close as a scanner's however busy this machine is."""
        if self._typed:
            self.page.wait_for_timeout(PICKS_UP)
            self._typed = False
        self._scanned = max(time.time(), self._scanned)
        for key in [*code, "Enter"]:
            self._scanned += BY_SCANNER
            known = {"windowsVirtualKeyCode": 13, "code": "Enter"} if key == "Enter" else {}
            event = {"key": key, "timestamp": self._scanned, **known}
            self._devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": "\r" if known else key, **event})
            self._devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=BY_HAND)
        self._typed = True

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tap(self, name: str) -> None:
        """Taps a product's tile."""
        self.page.locator(".tile", has_text=name).click()

    def line(self, name: str) -> Any:
        return self.page.locator(".line", has_text=name)

    def shows_total(self, text: str) -> None:
        expect(self.page.locator("#total")).to_have_text(text)

    def pays_exact(self) -> None:
        self.page.click("#pay")
        self.page.locator(".note").first.click()
        self.has_sold()

    def has_sold(self) -> None:
        expect(self.page.locator("#sold")).to_be_visible()

    def begins_anew(self) -> None:
        self.page.click("#sold-next")
        expect(self.page.locator("#sold")).to_be_hidden()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path / "s1-t1")
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (profiles of their own), closed at the end."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        # A service worker would answer beside the tests' own routes; tests/browser/test_away.py lets it.
        options = {"viewport": {"width": 1366, "height": 768}, "locale": "en-GB", "service_workers": "block", **options}
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def cashier(terminal: Terminal, open_context: Callable[..., BrowserContext]) -> Iterator[Cashier]:
    """A cashier at the open till, on a desktop's screen."""
    works = Cashier(open_context().new_page()).open(terminal.link())
    yield works
    assert works.problems == []
