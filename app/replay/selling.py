"""Selling a terminal's receipts, one after the other, as a cashier would who lets nothing stop him.

A request without an answer is repeated until there is one: that is what the client-born id of a sale is for. Faults
come from a plan made before, so that a seed gives the same faults at the same receipts (what they hit is up to the
moment).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from app.replay.company import TIMEOUT, Terminal
from app.replay.receipts import Catalogue, Receipt

KILLS = 0.012  # of the sales, at least one a terminal
CUTS = 0.04
REPEATS = 0.05  # answered requests that are sent again all the same
AGAIN = 0.05  # seconds until an unanswered request is sent again
GIVE_UP = 180.0  # seconds without any answer: the terminal is lost


@dataclass
class Sold:
    """What a terminal did: the id and revision of each sale's order, requests sent again, and what went wrong."""

    orders: dict[str, tuple[str, str]] = field(default_factory=dict)
    again: int = 0
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)


class Cashier(threading.Thread):
    """Sells `receipts` at `terminal`."""

    def __init__(self, terminal: Terminal, receipts: Sequence[Receipt], catalogue: Catalogue, seed: str) -> None:
        super().__init__(name=terminal.id, daemon=True)
        self.terminal = terminal
        self.receipts = receipts
        self.catalogue = catalogue
        self.sold = Sold()
        self._chance = random.Random(seed)
        self._seen: dict[str, Any] | None = None
        self._session = requests.Session()
        self._plan_faults()

    def _plan_faults(self) -> None:
        """Which sales a kill falls into, and from where to where the line is cut; at least one of each."""
        count = len(self.receipts)
        self._kills = {i for i in range(count) if self._chance.random() < KILLS}
        cuts = [i for i in range(count) if self._chance.random() < CUTS]
        if count:
            self._kills = self._kills or {self._chance.randrange(count)}
            cuts = cuts or [self._chance.randrange(count)]
        self._cuts = {i: min(count, i + self._chance.randint(1, 12)) for i in cuts}

    def run(self) -> None:
        plug_at = -1
        try:
            for index, receipt in enumerate(self.receipts):
                if index == plug_at:
                    self.terminal.line.plug()
                if index in self._cuts:
                    self.terminal.cut()
                    plug_at = max(plug_at, self._cuts[index])
                if index in self._kills:
                    self.terminal.kill_after(self._chance.uniform(0, 0.03), self._chance.uniform(0, 0.3))
                self._sell(receipt)
        except Exception as error:  # whatever it is, the replay must say it, and not hang
            self.sold.wrong.append(f"{self.terminal.id}: {type(error).__name__}: {error}")
        finally:
            self.terminal.line.plug()

    def _sell(self, receipt: Receipt) -> None:
        request = {**receipt.request(self.catalogue), "seen": self._seen}
        status, answer = self._post(request)
        if status not in (200, 201):
            self.sold.wrong.append(f"{self.terminal.id}: receipt {receipt.basket}: {status} {answer}")
            return
        order = answer["order"]
        self._seen = answer["seen"]
        self.sold.orders[receipt.sale] = (order["_id"], order["_rev"])
        if self._chance.random() < REPEATS:
            self.sold.repeated += 1
            status, answer = self._post(request)
            if status != 200 or answer["order"] != order:
                self.sold.wrong.append(
                    f"{self.terminal.id}: receipt {receipt.basket} repeated: {status}, another order"
                )

    def _post(self, request: dict[str, Any]) -> tuple[int, Any]:
        pause = threading.Event()
        waited = 0.0
        while True:
            base = self.terminal.base()
            if base is not None:
                try:
                    headers = {"Authorization": f"Bearer {self.terminal.key()}"}
                    answer = self._session.post(f"{base}/api/sales", json=request, headers=headers, timeout=TIMEOUT)
                    if answer.status_code < 500 or answer.status_code == 507:
                        return answer.status_code, answer.json()
                except (requests.RequestException, ValueError):
                    self.sold.again += 1  # no answer, or half of one
            pause.wait(AGAIN)
            waited += AGAIN
            if waited > GIVE_UP:
                raise TimeoutError(f"no answer for {GIVE_UP:.0f} s")
