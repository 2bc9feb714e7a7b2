"""The steps beside the demo's page. They tick themselves off from the documents and stay ticked until *Start over*.

A step is told by what the nodes hold, not by what was clicked: "arrived" means that head office has every order, not
that somebody plugged the line in. Orders of earlier runs count for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.demo.watch import Priced

STEPS = (
    "sell", "cut", "offline", "plug", "arrived",
    "pull", "start", "there",
    "prices", "dispute", "decided",
    "refund", "close",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One look at everything: who runs, whose line is up, and the orders (id to sale) that each node holds."""

    running: Mapping[str, bool]
    up: Mapping[str, bool]
    orders: Mapping[str, Mapping[str, str]]
    terminals: Mapping[str, str]
    """A terminal's short name on the page to its id: ``t1`` to ``s1-t1``."""
    refunds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The refunds that each node holds: id to the order that it takes back."""
    zreports: frozenset[str] = frozenset()
    """The Z reports that any node holds."""
    prices: Mapping[str, Mapping[str, Priced]] = field(default_factory=dict)
    """The products as each node has them, by id."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """What persons decided, as head office knows it: the decision's id to the document that it is about."""


@dataclass
class Lesson:
    """Which steps are done, and what must be remembered to tell."""

    before: frozenset[str] = frozenset()
    """Orders, refunds, Z reports and decisions of earlier runs."""
    done: set[str] = field(default_factory=set)
    _cut: str | None = None
    _when_cut: frozenset[str] = frozenset()
    _pulled: str | None = None
    _when_pulled: frozenset[str] = frozenset()
    _priced: str | None = None

    def cut(self, name: str, seen: Seen) -> None:
        """The line of terminal ``name`` was cut."""
        self.done.add("cut")
        if "offline" not in self.done:
            self._cut, self._when_cut = name, all_orders(seen)

    def pulled(self, name: str, seen: Seen) -> None:
        """The plug of terminal ``name`` was pulled; ``seen`` is from just before."""
        own = own_orders(seen, name)
        if own - self.before and "there" not in self.done:
            self.done.add("pull")
            self._pulled, self._when_pulled = name, own

    def look(self, seen: Seen) -> None:
        """Ticks what the documents show."""
        fresh = all_orders(seen) - self.before
        if fresh:
            self.done.add("sell")
        if self._cut is not None and not seen.up[self._cut] and "offline" not in self.done:
            since = fresh - self._when_cut
            # Both tills sold, and head office lacks what the one behind the cut line sold.
            if all(own_orders(seen, name) & since for name in seen.terminals) and not (
                own_orders(seen, self._cut) & since <= set(seen.orders["office"])
            ):
                self.done.add("offline")
        if "offline" in self.done and self._cut is not None and seen.up[self._cut]:
            self.done.add("plug")
        if "plug" in self.done and all(fresh <= set(orders) for orders in seen.orders.values()) and not twice(seen):
            self.done.add("arrived")
        if self._pulled is not None and seen.running[self._pulled]:
            self.done.add("start")
            if self._when_pulled <= set(seen.orders[self._pulled]):
                self.done.add("there")
        self._look_at_prices(seen)
        if "refund" not in self.done and any(self._is_lesson(seen, name) for name in seen.terminals):
            self.done.add("refund")
        if fresh and seen.zreports - self.before:
            self.done.add("close")

    def _look_at_prices(self, seen: Seen) -> None:
        """One product with two prices, of head office and of a till behind a cut line; in dispute; and decided."""
        if "decided" in self.done:
            return
        found = [id for name in seen.terminals if not seen.up[name] for id in priced_apart(seen, name)]
        if found and self._priced not in found and "dispute" not in self.done:
            self.done.add("prices")
            self._priced = found[0]
        if self._priced is None:
            return
        held = [prices[self._priced] for prices in seen.prices.values() if self._priced in prices]
        decided = any(about == self._priced and id not in self.before for id, about in seen.decided.items())
        if decided or any(product.disputed for product in held):
            self.done.add("dispute")
        agreed = len(held) == len(seen.prices) and len({product.rev for product in held}) == 1
        if decided and agreed and not any(product.disputed for product in held):
            self.done.add("decided")

    def _is_lesson(self, seen: Seen, name: str) -> bool:
        """Whether a terminal whose line is cut refunded what another one sold, and head office doesn't know yet."""
        if seen.up[name]:
            return False
        other = tuple(f"order:{id}." for terminal, id in seen.terminals.items() if terminal != name)
        return any(
            id.startswith(f"order:{seen.terminals[name]}.") and of.startswith(other)
            for id, of in seen.refunds.get(name, {}).items()
            if id not in self.before and id not in seen.refunds.get("office", {})
        )


def all_orders(seen: Seen) -> frozenset[str]:
    return frozenset(id for orders in seen.orders.values() for id in orders)


def priced_apart(seen: Seen, name: str) -> list[str]:
    """The products that have one price from head office there, and another from the terminal ``name`` at it."""
    office = seen.prices.get("office", {})
    return [
        id
        for id, own in sorted(seen.prices.get(name, {}).items())
        if own.on == seen.terminals[name]
        and id in office
        and office[id].on == "office"
        and office[id].price != own.price
    ]


def everything(seen: Seen) -> frozenset[str]:
    """Every order, refund, Z report and decision that any node holds."""
    refunds = {id for held in seen.refunds.values() for id in held}
    return all_orders(seen) | refunds | seen.zreports | frozenset(seen.decided)


def own_orders(seen: Seen, name: str) -> frozenset[str]:
    """The orders that a terminal holds and sold itself: its id begins their series."""
    prefix = f"order:{seen.terminals[name]}."
    return frozenset(id for id in seen.orders[name] if id.startswith(prefix))


def twice(seen: Seen) -> int:
    """How many orders too many there are: orders at head office beyond one a sale."""
    orders = seen.orders["office"]
    return len(orders) - len(set(orders.values()))
