"""What the tests of selling share: settings, a line to the central, people with their rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.shop.actor import Actor
from app.shop.desk import Contact
from app.shop.people.rights import ROLES
from app.shop.till import Till
from tests.shop.conftest import NOON, Shop

Settings = Callable[..., None]


@pytest.fixture
def settings(shop: Shop) -> Settings:
    """Sets values for all tills."""

    def put(**values: Any) -> None:
        found = shop.company.read("settings:all")
        doc = {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values}
        if found is not None:
            doc["_rev"] = found.rev
        shop.company.put(doc)

    return put


def on_line(till: Till, there: bool = True) -> None:
    """The central is there, or was last heard an hour before noon."""
    contact = Contact(NOON - timedelta(hours=1), None, there)
    till.desk.contact = lambda: contact


def cashier(**approvals: str) -> Actor:
    """A cashier, with what a supervisor has lent."""
    return Actor("staff:ann", "Ann", frozenset(ROLES["cashier"]), approvals)
