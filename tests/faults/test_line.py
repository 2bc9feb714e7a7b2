"""A bad line between a terminal and its hub: each sale arrives once, and the light tells the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults.rig import Hub, Seller, Terminal, in_step, prove
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy

HTML = "<html><body><h1>Welcome to the hotel's Wi-Fi</h1></body></html>"

FAULTS: dict[str, Callable[[FaultProxy], object]] = {
    "drops the request": lambda line: line.drop_request(),
    "drops the answer": lambda line: line.drop_answer(),
    "drops the answer to writes": lambda line: line.drop_answer(match="_bulk_docs"),
    "truncates answers": lambda line: line.truncate(10),
    "truncates the feed": lambda line: line.truncate(40, match="_changes"),
    "is slow": lambda line: line.delay(0.3),
    "answers 500": lambda line: line.answer(500, '{"error":"internal","reason":"x"}'),
    "answers 502 with a page": lambda line: line.answer(502, HTML),
    "answers 429": lambda line: line.answer(429, "", {"Retry-After": "1"}),
    "answers 413 to writes": lambda line: line.answer(413, '{"error":"too_large","reason":"x"}', match="_bulk_docs"),
    "answers 200 with a page": lambda line: line.answer(200, HTML),
    "is cut": lambda line: line.cut(),
}


class Shop:
    """A hub, a line, a terminal behind it."""

    def __init__(self, hub: Hub, line: FaultProxy, terminal: Terminal) -> None:
        self.hub, self.line, self.terminal = hub, line, terminal
        self.sold: dict[str, dict[str, object]] = {}

    def sell(self, name: str) -> None:
        self.sold[name] = self.terminal.sell(name)

    def light(self) -> dict[str, object]:
        status: dict[str, object] = self.terminal.get("/api/sync")
        return status

    def mend(self) -> None:
        self.line.clear()
        self.line.restore()
        self.terminal.sync_now()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("line")
    with Hub(folder / "hub", terminals=("s1-t1",)) as hub, FaultProxy(f"http://127.0.0.1:{hub.port}") as line:
        central = f"http://s1-t1:{hub.passwords['s1-t1']}@127.0.0.1:{line.port}"
        with Terminal(folder / "t", "s1-t1", central) as terminal:
            yield Shop(hub, line, terminal)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_sale_arrives_once_over_a_line_that(shop: Shop, fault: str) -> None:
    before = shop.line.connections + len(shop.line.requests)
    shop.line.reset_connections()
    FAULTS[fault](shop.line)
    for number in range(3):
        shop.sell(f"{fault.replace(' ', '-').replace(chr(39), '')}-{number}")
    wait_until(lambda: shop.line.connections + len(shop.line.requests) > before + 2, what="the fault was met")
    shop.mend()
    orders = in_step(shop.hub, shop.terminal)
    prove(orders, shop.sold, set(shop.sold))
    wait_until(lambda: shop.light()["unsent"] == 0, what="the light says that all is sent")


def test_the_light_says_what_is_unsent_and_since_when_while_the_line_is_cut(shop: Shop) -> None:
    in_step_already = wait_until(lambda: shop.light()["unsent"] == 0)
    assert in_step_already
    shop.line.cut()
    for number in range(3):
        shop.sell(f"unsent-{number}")
    wait_until(lambda: shop.light()["state"] == "waiting", what="the link noticed")
    light = shop.light()
    assert light["unsent"] == 3
    assert light["oldest_unsent"] == shop.sold["unsent-0"]["at"]
    shop.mend()
    wait_until(lambda: shop.light()["unsent"] == 0 and shop.light()["state"] == "idle", what="all is well again")
    prove(in_step(shop.hub, shop.terminal), shop.sold, set(shop.sold))


def test_sales_go_on_at_their_pace_while_the_line_comes_and_goes(shop: Shop, rounds: int) -> None:
    seller = Seller("pace", lambda: shop.terminal)
    seller.start()
    try:
        for _ in range(rounds // 4):
            seen = len(seller.acknowledged)
            shop.line.cut()
            wait_until(lambda seen=seen: len(seller.acknowledged) > seen + 5, what="sales go on without a line")
            shop.line.restore()
            shop.terminal.sync_now()
            seen = len(seller.acknowledged)
            wait_until(lambda seen=seen: len(seller.acknowledged) > seen + 5, what="sales go on")
    finally:
        shop.line.restore()
        seller.finish()
    assert seller.repeated == 0
    shop.terminal.sync_now()
    prove(in_step(shop.hub, shop.terminal), {**shop.sold, **seller.acknowledged}, {*shop.sold, *seller.tried})
