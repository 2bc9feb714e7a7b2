"""When a price list or a promotion holds: customer group, dates, hours, coupon codes; and which of several is stronger.

Dates are the store's calendar dates, both ends included; `starts_at` and `ends_at` are the times on these two days.
Hours are spans `{"weekdays": [1–7], "begins": "17:00", "ends": "19:00"}`, the end excluded; one that ends before it
begins goes on past midnight, and belongs to the weekday that it began on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Rule = Mapping[str, Any]


def strongest(rules: Iterable[Rule]) -> list[Rule]:
    """The rules by priority, the highest first, then by id."""
    return sorted(rules, key=lambda rule: (-(rule.get("priority") or 0), rule["id"]))


def holds(rule: Rule, cart: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a price list or promotion holds for this cart's customer and codes at this moment."""
    groups, first, last = rule.get("groups"), rule.get("starts"), rule.get("ends")
    if groups and (cart.get("customer") or {}).get("group") not in groups:
        return False
    moment = (now["date"], now["time"])
    if first and moment < (first, rule.get("starts_at") or "00:00"):
        return False
    if last and moment >= (last, rule.get("ends_at") or "24:00"):
        return False
    hours, codes = rule.get("hours"), rule.get("coupons")
    if hours and not any(_within(span, now) for span in hours):
        return False
    return not codes or not {plain(code) for code in codes}.isdisjoint(map(plain, cart.get("coupons") or ()))


def _within(span: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    begins, ends, time = span.get("begins") or "00:00", span.get("ends") or "24:00", now["time"]
    days = span.get("weekdays") or range(1, 8)
    today, yesterday = now["weekday"], (now["weekday"] + 5) % 7 + 1
    if begins < ends:
        return today in days and begins <= time < ends
    return (today in days and time >= begins) or (yesterday in days and time < ends)


_UPPER = {ord("a") + i: ord("A") + i for i in range(26)}


def plain(code: str) -> str:
    """A coupon code as it is compared: capitals and small letters (of ASCII) are the same."""
    return code.translate(_UPPER)


def used_codes(cart: Mapping[str, Any], applied: Sequence[Rule]) -> list[str]:
    """The codes of the cart, each once and as compared, whose promotion took something off."""
    good = {plain(code) for rule in applied for code in rule.get("coupons") or ()}
    found = [plain(code) for code in cart.get("coupons") or ()]
    return [code for code in dict.fromkeys(found) if code in good]
