"""Whatever happens between the button and the disk, a cart is sold once, and never forgotten."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Request, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser.conftest import PATIENCE, Cashier, Terminal
from tests.support import browser as chromium


class LostAnswers:
    """While `losing`, sales reach the server but their answers get lost. `sent` is what was sent."""

    def __init__(self, cashier: Cashier, most: int = 1_000_000) -> None:
        self.losing = True
        self.most = most
        self.sent: list[Any] = []
        cashier.page.route("**/api/sales", self._handle)

    def _handle(self, route: Route, request: Request) -> None:
        self.sent.append(request.post_data_json)
        if self.losing and len(self.sent) <= self.most:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()


def test_a_reload_in_the_middle_keeps_the_cart(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.tap("Lemonade")
    cashier.page.reload()

    cashier.shows_total("€4.44")
    expect(cashier.page.locator(".line-name")).to_have_text(["Espresso", "Lemonade"])


def test_two_clicks_on_the_note_sell_once(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    cashier.page.evaluate(
        "() => { const note = document.querySelector('.note'); note.click(); note.click(); note.click(); }"
    )
    cashier.has_sold()

    assert len(terminal.orders()) == 1


def test_a_double_click_on_pay_and_a_held_enter_sell_nothing_by_themselves(
    cashier: Cashier, terminal: Terminal
) -> None:
    cashier.tap("Espresso")
    cashier.page.dblclick("#pay")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.page.evaluate(
        "() => document.querySelector('#pay-number').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', repeat: true, bubbles: true, cancelable: true}))"
    )
    expect(cashier.page.locator("#payment-form")).to_be_visible()

    assert terminal.orders() == []


def test_a_lost_answer_is_asked_again_with_the_same_id_and_sold_once(cashier: Cashier, terminal: Terminal) -> None:
    sent = LostAnswers(cashier, 2).sent
    cashier.tap("Espresso")
    cashier.pays_exact()

    assert len(sent) == 3
    assert len({request["sale"] for request in sent}) == 1
    assert [order["sale"] for order in terminal.orders()] == [sent[0]["sale"]]
    cashier.begins_anew()
    expect(cashier.page.locator(".line")).to_have_count(0)


def test_a_reload_before_the_answer_finishes_the_same_sale(cashier: Cashier, terminal: Terminal) -> None:
    lost = LostAnswers(cashier)
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator("#sending-why")).to_contain_text("it is sold once")
    lost.losing = False
    cashier.page.reload()
    cashier.has_sold()

    assert [order["sale"] for order in terminal.orders()] == [lost.sent[0]["sale"]]


def test_while_an_answer_is_awaited_the_cart_cannot_change(cashier: Cashier, terminal: Terminal) -> None:
    lost = LostAnswers(cashier)
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator("#sending-retry")).to_be_visible()
    cashier.press("Escape")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.page.evaluate("() => history.back()")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.scan("4000002")
    lost.losing = False  # it asks again by itself, maybe before a finger is on the button

    # The scan that waited begins the next sale.
    expect(cashier.line("Lemonade")).to_be_attached()
    [order] = terminal.orders()
    assert [line["name"] for line in order["lines"]] == ["Espresso"]


def test_the_server_killed_and_started_again_finishes_the_sale_once(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    terminal.kill()
    expect(cashier.page.locator("#away")).to_be_visible()
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator("#sending-why")).to_contain_text("The till’s server does not answer")
    assert terminal.orders() == []
    terminal.start()
    cashier.has_sold()
    expect(cashier.page.locator("#away")).to_be_hidden()

    assert len(terminal.orders()) == 1


def test_a_receipt_that_was_shown_survives_a_kill(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Wine")
    cashier.pays_exact()
    terminal.kill()
    terminal.start()
    cashier.begins_anew()
    expect(cashier.page.locator("#away")).to_be_hidden()
    cashier.press("F7")

    expect(cashier.page.locator("#receipts-paper")).to_contain_text("10.90")


def test_the_back_button_closes_what_is_open_and_stays_at_the_till(cashier: Cashier) -> None:
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    expect(cashier.page.locator("#payment")).to_be_visible()
    cashier.page.evaluate("() => history.back()")

    expect(cashier.page.locator("#payment")).to_be_hidden()
    cashier.shows_total("€2.45")


def test_a_price_changed_meanwhile_is_shown_and_never_charged_unseen(
    cashier: Cashier, terminal: Terminal, open_context: Callable[..., BrowserContext]
) -> None:
    cashier.tap("Espresso")
    changed = {"rev": None, "price": {"amount": 300, "per": 1000}}

    def dearer(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "price": changed["price"]})

    def refuse(route: Route) -> None:
        body = {"error": "total_differs", "reason": "The total is 3.00.", "field": "total", "total": 300, "shown": 245}
        route.fulfill(status=409, json=body)

    cashier.page.route("**/api/products/product*", dearer)
    cashier.page.route("**/api/sales", refuse, times=1)
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator(".toast")).to_contain_text("The total is now €3.00")
    cashier.shows_total("€3.00")

    assert terminal.orders() == []


def test_the_window_remembers_the_highest_number_of_its_series(cashier: Cashier, terminal: Terminal) -> None:
    sent: list[Any] = []
    cashier.page.on(
        "request", lambda request: sent.append(request.post_data_json) if request.method == "POST" else None
    )
    for _ in range(2):
        cashier.tap("Espresso")
        cashier.pays_exact()
        cashier.begins_anew()
    cashier.page.reload()
    cashier.tap("Espresso")
    cashier.pays_exact()

    series = terminal.orders()[0]["series"]
    seen = [request.get("seen") or {} for request in sent]
    assert [(told.get("series"), told.get("number")) for told in seen] == [(None, None), (series, 1), (series, 2)]


#: A power cut takes what the disk had not yet got: the copy of the request, which is written behind the sale.
FORGETS = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value, ...key) {
    return put.call(this, value?.pending ? { ...value, pending: null } : value, ...key);
  };
}"""


class Window:
    """A browser with a profile of its own on the disk, killed as a power cut ends it."""

    def __init__(self, kind: BrowserType, profile: Path) -> None:
        self.kind, self.profile = kind, profile
        self.context: BrowserContext | None = None

    def __enter__(self) -> Window:
        return self

    def opens(self, link: str) -> Cashier:
        self.context = self.kind.launch_persistent_context(
            str(self.profile),
            executable_path=chromium.executable(),
            args=list(chromium.FLAGS),
            locale="en-GB",
            viewport={"width": 1366, "height": 768},
            service_workers="block",
        )
        self.context.set_default_timeout(PATIENCE)
        return Cashier(self.context.pages[0]).open(link)

    def dies(self) -> None:
        mine = f"--user-data-dir={self.profile}".encode()
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if mine in words and not any(word.startswith(b"--type=") for word in words):
                    os.kill(int(entry.name), signal.SIGKILL)
        with contextlib.suppress(PlaywrightError):
            if self.context is not None:
                self.context.close()

    def __exit__(self, *error: object) -> None:
        self.dies()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the browser's process in /proc")
@pytest.mark.parametrize("sold", [True, False], ids=["sold", "not sold"])
def test_a_browser_killed_between_the_request_and_its_answer_asks_whether_it_was_sold(
    terminal: Terminal, browser: Browser, tmp_path: Path, sold: bool
) -> None:
    with Window(browser.browser_type, tmp_path / "profile") as window:
        cashier = window.opens(terminal.link())
        cashier.page.evaluate(FORGETS)
        cashier.tap("Espresso")
        cashier.shows_total("€2.45")
        sent: list[Any] = []
        over: list[bool] = []

        def lose(route: Route, request: Request) -> None:
            sent.append(request.post_data_json)
            if sold:
                route.fetch()
            over.append(sold)

        cashier.page.route("**/api/sales", lose)
        cashier.page.click("#pay")
        cashier.page.locator(".note").first.click()
        expect(cashier.page.locator("#sending-title")).to_have_text("Writing the sale…")
        while not over:
            cashier.page.wait_for_timeout(50)
        window.dies()
        assert len(terminal.orders()) == int(sold)

        cashier = window.opens(terminal.link())
        if sold:
            cashier.has_sold()
            expect(cashier.page.locator("#sold-number")).to_contain_text("1")
            expect(cashier.page.locator("#sold-paper")).to_contain_text("Espresso")
            cashier.begins_anew()
            expect(cashier.page.locator(".line")).to_have_count(0)
        else:
            expect(cashier.line("Espresso")).to_be_visible()
            cashier.scan("4000002")
            cashier.shows_total("€4.44")
            cashier.page.on("request", lambda made: sent.append(made.post_data_json) if made.method == "POST" else None)
            cashier.pays_exact()
        assert cashier.problems == []

    # Offered again, it was paid under the id it had: had the first request come late, it would have been the same sale.
    assert [order["sale"] for order in terminal.orders()] == [sent[0]["sale"]]
    assert {request["sale"] for request in sent if "sale" in request} == {sent[0]["sale"]}


def test_a_cart_that_may_have_been_sold_is_offered_only_when_the_server_has_said_so(
    cashier: Cashier, terminal: Terminal
) -> None:
    cashier.page.evaluate(FORGETS)
    cashier.tap("Espresso")
    lost = LostAnswers(cashier)
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()
    expect(cashier.page.locator("#sending-why")).to_contain_text("it is sold once")
    cashier.page.route("**/api/sales/*", lambda route: route.abort("connectionreset"))
    cashier.page.reload()
    expect(cashier.page.locator("#sending-why")).to_contain_text("may have been sold")
    cashier.scan("4000002")
    expect(cashier.page.locator(".line-name")).to_have_text(["Espresso"])
    cashier.page.unroute("**/api/sales/*")
    retry = cashier.page.locator("#sending-retry")
    retry.evaluate("button => button.click()")  # it may just have been asked again by itself, and the button be gone

    # It had been sold; the scan that waited begins the next sale.
    expect(cashier.page.locator(".line-name")).to_have_text(["Lemonade"])
    assert [order["sale"] for order in terminal.orders()] == [lost.sent[0]["sale"]]
    assert [line["name"] for line in terminal.orders()[0]["lines"]] == ["Espresso"]


def test_a_payment_that_was_left_asks_nobody_after_a_reload(cashier: Cashier, terminal: Terminal) -> None:
    cashier.tap("Espresso")
    cashier.page.click("#pay")
    expect(cashier.page.locator(".note").first).to_be_visible()
    cashier.page.wait_for_timeout(300)
    cashier.press("Escape")
    expect(cashier.page.locator("#payment")).to_be_hidden()
    cashier.page.wait_for_timeout(300)
    asked: list[str] = []
    cashier.page.on("request", lambda made: asked.append(made.url) if "/api/sales" in made.url else None)
    cashier.page.reload()
    cashier.shows_total("€2.45")
    expect(cashier.page.locator(".tile").first).to_be_visible()

    assert asked == []
