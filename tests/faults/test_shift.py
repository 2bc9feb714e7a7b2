"""SIGKILL in the middle of a day: whatever the cashier asks again is done once, and each Z is its documents."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs.database import Database
from app.shop.indexes import indexes_for
from app.shop.verify import verify_store
from tests.faults.rig import Terminal, request


class Worker(threading.Thread):
    """Works a till as a window does: each step is asked for until it is answered, however often the till dies."""

    def __init__(self, terminal: Terminal, shifts: int, chance: random.Random) -> None:
        super().__init__()
        self.terminal, self.shifts, self.chance = terminal, shifts, chance
        self.orders: list[str] = []
        self.zs: list[str] = []
        self.failed: BaseException | None = None

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        for _ in range(600):
            try:
                answer = self.terminal.session.post(f"{self.terminal.url}{path}", json=body, timeout=10)
            except requests.RequestException:
                time.sleep(0.05)
                continue
            assert answer.status_code in (200, 201), answer.text
            made: dict[str, Any] = answer.json()
            return made
        raise AssertionError("the till never came back")

    def run(self) -> None:
        try:
            for n in range(self.shifts):
                shift = self.post("/api/shifts", {"request": f"open-{n:08}", "float": 1000})["shift"]
                for m in range(self.chance.randint(1, 8)):
                    order = self.post("/api/sales", {**request(f"sale-{n:04}-{m:04}"), "shift": shift["_id"]})["order"]
                    self.orders.append(order["_id"])
                    self.post("/api/cash", {"request": f"cash-{n:04}-{m:04}", "kind": "in", "amount": 5})
                body = {"request": f"close-{n:08}", "counted": {"total": 0}, "note": "not counted"}
                self.zs.append(self.post(f"/api/shifts/{shift['_id']}/close", body)["zreport"]["_id"])
        except BaseException as error:
            self.failed = error


@pytest.mark.timeout(600)
def test_a_till_that_is_killed_again_and_again_writes_each_z_once_and_right(tmp_path: Path) -> None:
    chance = random.Random(5)
    terminal = Terminal(tmp_path / "s1-t1", "s1-t1", "http://127.0.0.1:9")
    worker = Worker(terminal, 8, chance)
    try:
        worker.start()
        for _ in range(6):
            time.sleep(chance.uniform(0.05, 0.5))
            if not worker.is_alive():
                break
            terminal.kill()
            terminal.launch()
            terminal.ready()
        worker.join(300)
    finally:
        terminal.process.stop()
    assert worker.failed is None and not worker.is_alive()
    store = Database(tmp_path / "s1-t1" / "store-s1.db", read_only=True, indexes=indexes_for("store-s1"))
    try:
        assert verify_store(store) == []
        zs = sorted((record.full() for record in store.each("zreport")), key=lambda z: z["number"])
        assert [z["_id"] for z in zs] == worker.zs
        assert [z["number"] for z in zs] == list(range(1, 9))
        assert sum(z["sums"]["receipts"]["count"] for z in zs) == len(set(worker.orders)) == store.count("order")
        assert store.count("cash") == store.count("order")
        assert zs[-1]["grand_after"] == sum(record.doc()["total"] for record in store.each("order"))
    finally:
        store.close()
