"""Head office's page of the central: a terminal gone silent, seen without a touch, and a central that is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.node import Node, NodeConfig
from app.web.auth import start_link
from app.web.server import serve
from couch.provision import provision
from tests.support import axe
from tests.support.hub import Hub
from tests.web.till.shopfront import stock


def ago(seconds: float) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Watched:
    """Head office on a socket, with a hub as its central, where `tell` is what a terminal would write of itself."""

    def __init__(self, hub: Hub, node: Node, url: str) -> None:
        self.hub = hub
        self.node = node
        self.url = url

    def tell(self, id: str, seconds: float, **more: Any) -> None:
        report = {"node": id, "kind": "terminal", "store": "s1", "time": ago(seconds), "state": "idle", "unsent": 0,
                  "refused": 0, "version": "1.0", "ahead": 0, "schedule": "always", **more}  # fmt: skip
        self.hub.node.database("company").put_local(f"couchtill.node.{id}", report)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with Hub(tmp_path / "hub") as hub:
        office = {"id": "office", "password": "o"}
        provision(hub.url, stores=["s1"], office=office, iterations=1000, designs=False)
        path = tmp_path / "office"
        path.mkdir()
        (path / "central.secret").write_text("o")
        central = f"http://127.0.0.1:{hub.port}"
        config = NodeConfig(kind="office", id="office", central_url=central, central_user="office")
        with Node(path, config) as node:
            stock(node.company)
            server = serve(node, "127.0.0.1", 0)
            yield Watched(hub, node, f"http://127.0.0.1:{server.port}")
            node.begin_stop()
            server.stop()


@pytest.fixture
def page(watched: Watched, open_context: Callable[..., BrowserContext]) -> Page:
    page = open_context().new_page()
    page.goto(start_link(watched.node, watched.url, "/central"))
    return page


@pytest.mark.slow
def test_a_terminal_gone_silent_moves_to_the_top_of_the_open_page_and_is_a_task(page: Page, watched: Watched) -> None:
    watched.tell("s1-t1", 5)
    watched.tell("s1-t2", 5, unsent=2, oldest_unsent=ago(60))
    rows = page.locator("#terminals tbody tr")
    expect(rows).to_have_count(2, timeout=30_000)
    expect(rows.first).to_have_attribute("data-level", "busy")

    watched.tell("s1-t1", 50 * 3600)  # what a till wrote two days ago, and nothing since

    expect(rows.first).to_have_attribute("data-terminal", "s1-t1", timeout=30_000)
    expect(rows.first).to_contain_text("silent")
    watched.node.watching.turn()
    page.goto(f"{watched.url}/")
    expect(page.locator(".office-task", has_text="S1-T1 has not been heard of")).to_be_visible()
    watched.tell("s1-t1", 1)
    page.goto(f"{watched.url}/central")
    expect(rows.first).to_have_attribute("data-terminal", "s1-t2", timeout=30_000)
    watched.node.watching.turn()
    page.goto(f"{watched.url}/")
    expect(page.locator(".office-task", has_text="The central’s rules are not those of this version")).to_be_visible()
    expect(page.locator(".office-task", has_text="S1-T1")).to_have_count(0)


@pytest.mark.slow
def test_a_central_that_goes_away_leaves_what_was_known_last_with_its_time(page: Page, watched: Watched) -> None:
    watched.tell("s1-t1", 5)
    expect(page.locator("#terminals tbody tr")).to_have_count(1, timeout=30_000)
    expect(page.get_by_text("Only an administrator sees this: what the central is working at.")).to_be_visible()

    watched.hub.stop()

    expect(page.locator("#stale")).to_contain_text("The central is away. This is what was known", timeout=60_000)
    expect(page.locator("#terminals tbody tr")).to_have_count(1)
    page.reload()
    expect(page.locator("#stale")).to_be_visible()


def test_the_page_fits_a_telephone_is_read_by_a_screen_reader_and_speaks_chinese(
    watched: Watched, open_context: Callable[..., BrowserContext]
) -> None:
    watched.tell("s1-t1", 5)
    page = open_context(viewport={"width": 360, "height": 740}, color_scheme="dark", locale="zh-CN").new_page()
    page.goto(start_link(watched.node, watched.url, "/central"))
    expect(page.locator("#terminals tbody tr")).to_have_count(1, timeout=30_000)
    expect(page.locator("h1")).to_contain_text("中")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe.faults(page) == []
    page.goto(f"{watched.url}/health")
    expect(page.get_by_role("status").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe.faults(page) == []
