"""The demo as a process: the whole lesson, and how it ends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.support.process import CouchTill, free_port, wait_until

STEPS = ["sell", "cut", "offline", "plug", "arrived", "pull", "start", "there"]
STEPS += ["prices", "dispute", "decided", "refund", "close"]


class Demo:
    """A running demo, as its page and the tills' pages talk to it."""

    def __init__(self, data: Path, port: int | None = None) -> None:
        self.data = data
        self.process = CouchTill("demo", "--data", data, "--port", str(port or free_port()))
        self.url = self.process.url

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = requests.get(f"{self.url}/demo/state", timeout=30).json()
        return state

    def done(self) -> list[str]:
        return [step["id"] for step in self.state()["steps"] if step["done"]]

    def act(self, action: str) -> requests.Response:
        return requests.post(f"{self.url}/demo/{action}", timeout=60)

    def sell(self, name: str, sale: str) -> dict[str, Any]:
        node = self.state()["nodes"][name]
        key = (self.data / node["id"] / "api.secret").read_text().strip()
        line = {"id": "l1", "product": "product:milk", "quantity": 1000}
        answer = requests.post(
            f"{node['url'].partition('/enter')[0]}/api/sales",
            json={"sale": f"sale-of-the-demo-{sale}", "lines": [line], "tenders": [{"kind": "cash", "amount": 200}]},
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()["order"]
        return order

    def ask(self, name: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What a node's API answers to its own key."""
        node = self.state()["nodes"][name]
        key = (self.data / node["id"] / "api.secret").read_text().strip()
        url = f"{node['url'].partition('/enter')[0]}/api/{path}"
        answer = requests.request(method, url, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=30)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def price(self, name: str, amount: int) -> None:
        rev = self.ask(name, "GET", "products/product:milk")["rev"]
        self.ask(name, "PUT", "products/product:milk/price", {"rev": rev, "price": {"amount": amount}})

    def wait_for_the_catalogue(self) -> None:
        def there() -> bool:
            return all(
                (self.data / self.state()["nodes"][name]["id"]).exists() and self._knows_milk(name)
                for name in ("t1", "t2")
            )

        wait_until(there, 60, "the catalogue is on both tills")

    def _knows_milk(self, name: str) -> bool:
        node = self.state()["nodes"][name]
        key = (self.data / node["id"] / "api.secret").read_text().strip()
        answer = requests.get(
            f"{node['url'].partition('/enter')[0]}/couch/company/product:milk", auth=("api", key), timeout=30
        )
        return answer.status_code == 200


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "demo-data")
    demo.wait_for_the_catalogue()
    yield demo
    demo.process.stop()


def children(demo: Demo) -> list[psutil.Process]:
    return psutil.Process(demo.process.pid).children(recursive=True)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_lesson_ticks_itself_off_and_nothing_is_lost_or_doubled_and_starting_over_forgets_it(demo: Demo) -> None:
    assert requests.get(demo.url, timeout=30).status_code == 200
    assert [step["id"] for step in demo.state()["steps"]] == STEPS
    demo.sell("t1", "one")
    wait_until(lambda: demo.done() == ["sell"])
    wait_until(lambda: demo.state()["sales"]["arrived"] == 1)

    assert demo.act("cut/t1").json()["nodes"]["t1"]["line"] == "cut"
    demo.sell("t1", "two")
    demo.sell("t2", "three")
    wait_until(lambda: demo.done() == STEPS[:3])
    wait_until(lambda: demo.state()["sales"]["office"] == 2)
    assert demo.state()["sales"] == {"t1": 2, "t2": 2, "office": 2, "sold": 3, "arrived": 2, "twice": 0}

    demo.act("plug/t1")
    wait_until(lambda: demo.done() == STEPS[:5], what="everything arrives, once")
    assert demo.state()["sales"] == {"t1": 3, "t2": 3, "office": 3, "sold": 3, "arrived": 3, "twice": 0}

    last = demo.sell("t1", "four")
    before = demo.state()["nodes"]["t1"]["url"].partition("/enter")[0]
    pulled = demo.act("pull/t1").json()["nodes"]["t1"]
    assert (pulled["running"], pulled["url"]) == (False, None)
    with pytest.raises(requests.ConnectionError):
        requests.get(before, timeout=30)
    started = demo.act("start/t1").json()["nodes"]["t1"]
    assert started["url"].startswith(before)  # the same port: the open window finds it again
    wait_until(lambda: demo.done() == STEPS[:8], what="the receipt is there")
    assert demo.sell("t1", "five")["number"] == last["number"] + 1

    demo.act("cut/t1")
    demo.price("office", 139)
    wait_until(lambda: demo.ask("t2", "GET", "products/product:milk")["price"]["amount"] == 139)
    demo.price("t1", 149)
    wait_until(lambda: demo.done() == STEPS[:9], what="two prices for one thing")
    demo.act("plug/t1")
    wait_until(lambda: demo.done() == STEPS[:10], what="one to decide")
    wait_until(lambda: demo.ask("office", "GET", "conflicts")["rows"], what="it is in the inbox")
    case = demo.ask("office", "GET", "conflicts/company/product:milk")
    theirs = next(side for side in case["sides"] if side["on"] == "s1-t1")
    decide = {"request": "decide-000001", "seen": case["seen"], "take": theirs["rev"]}
    demo.ask("office", "POST", "conflicts/company/product:milk/resolve", decide)
    wait_until(lambda: demo.done() == STEPS[:11], what="both tills have what was decided")
    assert {demo.ask(name, "GET", "products/product:milk")["price"]["amount"] for name in ("t1", "t2")} == {149}

    generation = demo.state()["generation"]
    state = demo.act("reset").json()
    assert state["generation"] == generation + 1
    assert set(state["sales"].values()) == {0}
    assert not any(step["done"] for step in state["steps"])
    demo.wait_for_the_catalogue()
    assert demo.sell("t1", "one")["number"] == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_sold_is_kept_between_runs_and_ticks_nothing(tmp_path: Path) -> None:
    first = Demo(tmp_path / "demo-data")
    first.wait_for_the_catalogue()
    first.sell("t2", "one")
    assert first.process.terminate() == 0
    second = Demo(tmp_path / "demo-data")
    try:
        wait_until(lambda: second.state()["sales"]["t2"] == 1)
        assert second.done() == []
        assert second.state()["sales"]["sold"] == 0
        other = CouchTill("demo", "--data", tmp_path / "demo-data", "--port", str(free_port()))
        assert other.wait() == 1
        assert "Another CouchTill is running" in other.stderr
    finally:
        second.process.stop()


@pytest.mark.timeout(300)
def test_the_nodes_end_with_the_demo_also_when_it_is_killed(demo: Demo) -> None:
    nodes = children(demo)  # and the hub's processes for its rules
    assert len([node for node in nodes if not any(part.endswith("worker.py") for part in node.cmdline())]) == 4
    assert len(nodes) > 4
    demo.process.kill()
    wait_until(lambda: not any(node.is_running() and node.status() != psutil.STATUS_ZOMBIE for node in nodes))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_dead_hub_is_told_and_started_again_while_the_tills_sell_on(demo: Demo) -> None:
    hub = next(node for node in children(demo) if "hub" in node.cmdline())
    hub.kill()
    wait_until(lambda: demo.state()["hub"] == {"running": False})
    demo.sell("t1", "alone")
    assert demo.state()["sales"]["arrived"] == 0

    assert demo.act("start/hub").json()["hub"] == {"running": True}
    wait_until(lambda: demo.state()["sales"]["arrived"] == 1)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_only_its_own_page_may_pull_a_plug(demo: Demo) -> None:
    pull = f"{demo.url}/demo/pull/t1"
    assert requests.post(pull, headers={"Origin": "http://evil.example"}, timeout=30).status_code == 403
    assert requests.post(pull, headers={"Host": "evil.example"}, timeout=30).status_code == 403
    assert demo.state()["nodes"]["t1"]["running"]
    page = requests.get(demo.url, timeout=30)
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    till = requests.get(demo.state()["nodes"]["t1"]["url"], timeout=30)
    assert f"frame-ancestors 'self' {demo.url}" in till.headers["Content-Security-Policy"]
    for action in ("cut/office", "explode/t1", "pull/t3", "pull"):
        assert demo.act(action).status_code == 404


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = CouchTill("demo", "--data", tmp_path / "demo-data", "--port", str(port))
        assert demo.wait() == 1
    assert f"Port {port} of 127.0.0.1 is taken by another program" in demo.stderr
