"""What the pages of this room need of the node that serves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.docs.database import Database
from app.shop.actor import Actor


@dataclass(frozen=True)
class Hall:
    """`databases()` are those whose documents this node shows, `company` first; `on` is what the node calls itself;
    `actor(body)` is who asks, with the approvals that the body names; `zone()` the time zone that times are told in;
    `money()` is `{"currency", "digits"}`; `settings` are the shop's that hold at this node."""

    node: Any
    databases: Callable[[], Sequence[Database]]
    on: str
    actor: Callable[[Mapping[str, Any]], Actor]
    zone: Callable[[], str]
    money: Callable[[], dict[str, Any]]
    settings: Any

    @property
    def company(self) -> Database:
        return self.node.company

    def database(self, name: str) -> Database | None:
        """The database of that name, if this node shows it."""
        return next((each for each in self.databases() if each.name == name), None)
