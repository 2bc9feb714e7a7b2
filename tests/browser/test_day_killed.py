"""The till's server dies by SIGKILL again and again in the middle of sales, while the cashier's page stays open."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Cashier, Terminal
from tests.faults.rig import verify
from tests.support import books

#: Milliseconds within which a page finishes its sale once its server is back.
BACK = 60_000
GOODS = {"Espresso": 245, "Lemonade": 199, "Orange juice": 320, "Wine": 1090}

#: When it dies: before the button, with the dialog open, at any moment around the request, with the receipt on screen.
MOMENTS = ("in the cart", "in the dialog", "on its way", "on its way", "on its way", "shown")


class Dies(threading.Thread):
    """SIGKILLs the server after some seconds and starts it again on its port."""

    def __init__(self, terminal: Terminal, after: float) -> None:
        super().__init__(daemon=True)
        self.terminal, self.after = terminal, after
        self.failed: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            time.sleep(self.after)
            self.terminal.kill()
            self.terminal.start()
        except BaseException as error:
            self.failed = error

    def is_over(self) -> None:
        self.join(120)
        assert not self.is_alive() and self.failed is None, self.failed


def fills(cashier: Cashier, chance: random.Random) -> list[str]:
    """Taps some tiles; what is in the cart then, and its total on the screen."""
    names = chance.sample(sorted(GOODS), chance.randint(1, 3))
    for name in names:
        cashier.tap(name)
        expect(cashier.line(name)).to_be_visible()
    cashier.shows_total(f"€{sum(GOODS[name] for name in names) / 100:.2f}")
    return names


def pays(cashier: Cashier) -> None:
    cashier.page.click("#pay")
    cashier.page.locator(".note").first.click()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_server_killed_in_the_middle_of_sales_sells_each_once_and_loses_no_cart(
    cashier: Cashier, terminal: Terminal, rounds: int
) -> None:
    chance = random.Random(14)
    sent: list[Any] = []
    page = cashier.page
    page.on("request", lambda made: sent.append(made.post_data_json) if made.url.endswith("/api/sales") else None)
    sold = page.locator("#sold")
    totals: list[int] = []
    for turn in range(max(rounds // 3, len(MOMENTS))):
        moment = MOMENTS[turn % len(MOMENTS)]
        names = fills(cashier, chance)
        if moment == "on its way":
            dies = Dies(terminal, chance.uniform(0.0, 0.15))
            pays(cashier)
        elif moment == "shown":
            pays(cashier)
            expect(sold).to_be_visible()
            dies = Dies(terminal, 0)
        else:
            if moment == "in the dialog":
                page.click("#pay")
            dies = Dies(terminal, 0)
            dies.is_over()
            if moment == "in the cart":
                expect(page.locator("#away")).to_be_hidden(timeout=BACK)
                expect(page.locator(".line-name")).to_have_count(len(names))
                page.click("#pay")
            page.locator(".note").first.click()
        expect(sold).to_be_visible(timeout=BACK)
        dies.is_over()
        totals.append(sum(GOODS[name] for name in names))
        cashier.begins_anew()
        expect(page.locator(".line")).to_have_count(0)
        expect(page.locator("#away")).to_be_hidden(timeout=BACK)
    left = fills(cashier, chance)
    Dies(terminal, 0).is_over()
    page.reload()
    expect(page.locator(".line-name")).to_have_count(len(left))

    orders = terminal.orders()
    assert [order["total"] for order in orders] == totals
    assert books.gapless(orders) and all(books.adds_up(order) for order in orders)
    assert {order["sale"] for order in orders} == {request["sale"] for request in sent}
    [shift] = {order["shift"] for order in orders}
    assert [doc["_id"] for doc in books.read(terminal.path, "shift")] == [shift]
    terminal.stop()
    assert verify(terminal.path) == 0
