"""Python and JavaScript price alike: the cases of the file, and any other cart, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shop.pricing import cash_round
from tests.support.carts import pairs
from tests.support.pricer import JavaScript, python, text


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavaScript]:
    running = JavaScript()
    yield running
    running.close()


@given(pairs())
def test_any_cart_has_the_same_price_in_both_languages(
    javascript: JavaScript, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    assert javascript.price(*pair) == text(python(*pair))


def test_a_bundle_of_too_many_things_is_too_large_in_both_languages(javascript: JavaScript) -> None:
    part = {"id": "1", "product": "product:a", "name": "A", "quantity": 2000, "value": {"amount": 1}}
    price = {"amount": 1, "per": 10_000_000}
    line = {"id": "l1", "product": "product:set", "quantity": 9_999_999_999, "price": price, "bundle": [part]}
    book = {
        "tax_mode": "included", "rounding": {"scope": "line", "mode": "half_away"}, "taxes": {},
        "now": {"date": "2026-11-22", "time": "12:00", "weekday": 7},
    }  # fmt: skip
    assert python({"lines": [line]}, book) == {"error": "too_large", "line": "l1"}
    assert javascript.price({"lines": [line]}, book) == text({"error": "too_large", "line": "l1"})


@given(
    st.integers(-(10**12), 10**12),
    st.none()
    | st.fixed_dictionaries(
        {"step": st.sampled_from([1, 5, 10, 50, 7]), "mode": st.sampled_from(["half_away", "half_even", "up", "down"])}
    ),
)
def test_any_amount_rounds_to_the_same_cash_in_both_languages(
    javascript: JavaScript, amount: int, rule: dict[str, Any] | None
) -> None:
    assert javascript.ask("cash", amount, rule) == text(cash_round(amount, rule))


@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Asia/Tokyo"]),
    st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: 1_735_689_600 + 60 * minutes),
)
def test_the_page_tells_the_stores_time_as_the_server_does(javascript: JavaScript, zone: str, instant: int) -> None:
    local = datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone))
    told = {"date": local.date().isoformat(), "time": f"{local:%H:%M}", "weekday": local.isoweekday()}
    assert javascript.ask("now", zone, instant * 1000) == text(told)
