"""A shop whose tills refund."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from app.shop.till import Till

_ids = itertools.count(1)


@pytest.fixture
def refund() -> Callable[..., dict[str, Any]]:
    """Refunds an order at a till: `refund(till, order, l1=1000)`, without lines all that is left of it."""

    def make(till: Till, order: dict[str, Any], how: dict[str, Any] | None = None, **lines: int) -> dict[str, Any]:
        request: dict[str, Any] = {"sale": f"refund-{next(_ids):08}", "order": order["_id"], **(how or {})}
        if lines:
            request["lines"] = [{"line": line, "quantity": quantity} for line, quantity in lines.items()]
        return till.refunds.refund(request)[0]

    return make
