"""The demo, as somebody sees it for the first time: its steps tick themselves off, from the documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, expect

from app.transfer.verify import run as verify
from tests.browser.conftest import BY_HAND
from tests.support.process import CouchTill

#: Milliseconds: links notice a line that was plugged in within their backoff.
SOON = 45_000


def sell(till: FrameLocator) -> None:
    """One sale in a till's frame, which is as narrow as a phone."""
    till.locator(".tile", has_text="Avocado").click()
    till.locator("#phone-cart").click()
    till.locator("#pay").click()
    till.locator(".note").first.click()
    expect(till.locator("#sold")).to_be_visible()
    till.locator("#sold-next").click()


def sign_in(till: FrameLocator, staff: str, pin: str) -> None:
    """At a till that a restart has locked."""
    till.locator(f"#lock [data-person={staff!r}]").click()
    till.locator("#lock-pin").press_sequentially(pin, delay=BY_HAND)
    till.locator("#lock-pin").press("Enter")
    expect(till.locator("#lock")).to_be_hidden()


@pytest.mark.slow
def test_the_steps_of_the_demo_tick_themselves_off(tmp_path: Path, open_context: Callable[..., BrowserContext]) -> None:
    with CouchTill("demo", "--data", tmp_path / "demo", "--port", "0") as demo:
        page = open_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(demo.url, wait_until="domcontentloaded")
        one, two = (page.frame_locator(f"[data-node={name}] iframe") for name in ("t1", "t2"))
        expect(one.locator(".tile").first).to_be_visible(timeout=SOON)

        def done(step: str) -> None:
            expect(page.locator(f"[data-step={step}]")).to_have_attribute("data-done", "", timeout=SOON)

        sell(one)
        done("sell")
        page.click("[data-node=t1] [data-act=cut]")
        done("cut")
        sell(one)
        sell(two)
        done("offline")
        expect(one.locator("#light")).to_have_attribute("data-level", "cut", timeout=SOON)
        page.click("[data-node=t1] [data-act=plug]")
        done("plug")
        done("arrived")
        expect(page.locator("#sold, #arrived, #twice")).to_have_text(["3", "3", "0"])
        sell(one)
        page.click("[data-node=t1] [data-act=pull]")
        done("pull")
        expect(one.locator("#away")).to_be_visible()
        page.click("[data-node=t1] [data-act=start]")
        done("there")

        expect(one.locator("#away")).to_be_hidden(timeout=SOON)
        sign_in(one, "staff:sample-ana", "1732")

        # The second minute: two prices for one thing, and one tap that decides.
        page.click("[data-node=t1] [data-act=cut]")
        office = page.frame_locator("[data-node=office] iframe")
        office.locator("#price-query").fill("avocado")
        row = office.locator(".price", has_text="Avocado")
        row.get_by_role("button", name="Edit").click()
        row.locator("input").fill("1.49")
        row.get_by_role("button", name="Save").click()
        one.locator(".tile", has_text="Avocado").click(button="right")
        one.get_by_role("button", name="Change the price").click()
        one.locator("#ask-number").fill("1.59")
        one.locator("#ask-done").click()
        expect(one.locator("#allow-about")).to_contain_text("another price for Avocado: €1.59")
        one.locator("#allow .person", has_text="Ben").click()
        one.locator("#allow-pin").press_sequentially("314159", delay=BY_HAND)
        one.locator("#allow-pin").press("Enter")
        done("prices")
        expect(one.locator(".tile", has_text="Avocado")).to_contain_text("€1.59")
        expect(two.locator(".tile", has_text="Avocado")).to_contain_text("€1.49", timeout=SOON)
        page.click("[data-node=t1] [data-act=plug]")
        done("dispute")
        expect(office.locator("#decide")).to_contain_text("1 to decide", timeout=SOON)
        office.locator("#decide").click()
        office.locator(".case-option", has_text="€1.59").click()
        office.get_by_role("button", name="Use €1.59").click()
        done("decided")
        for till in (one, two):
            expect(till.locator(".tile", has_text="Avocado")).to_contain_text("€1.59", timeout=SOON)


@pytest.mark.slow
def test_start_over_begins_with_empty_carts_and_no_incident(
    tmp_path: Path, open_context: Callable[..., BrowserContext]
) -> None:
    with CouchTill("demo", "--data", tmp_path / "demo", "--port", "0") as demo:
        page = open_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(demo.url, wait_until="domcontentloaded")
        one = page.frame_locator("[data-node=t1] iframe")
        expect(one.locator(".tile").first).to_be_visible(timeout=SOON)
        sell(one)
        one.locator(".tile", has_text="Avocado").click()
        expect(one.locator("#phone-total")).to_have_text("€1.39")
        page.click("#reset")
        page.click("#sure button[value=yes]")
        expect(page.locator("#sold")).to_have_text("0", timeout=SOON)
        expect(page.locator("#busy")).to_be_hidden(timeout=SOON)
        expect(one.locator("#phone-cart")).to_be_hidden(timeout=SOON)
        expect(one.locator(".tile", has_text="Avocado")).to_contain_text("€1.39", timeout=SOON)
        sell(one)
        expect(page.locator("#sold")).to_have_text("1", timeout=SOON)

    assert verify(tmp_path / "demo" / "s1-t1").findings == []
