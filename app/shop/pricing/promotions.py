"""Promotions: what each takes off which lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.shop.pricing.lines import Line

Applied = dict[str, tuple[Mapping[str, Any], int]]


def promote(lines: Sequence[Line], cart: Mapping[str, Any], book: Mapping[str, Any]) -> Applied:
    """Takes off the lines what the book's promotions give; `{id: (promotion, amount)}` in the order applied."""
    return {}
