"""The case file: several hundred carts, some worked out by hand, with the same answer in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.shop.pricing import golden
from tests.shop.pricing.generate import FILE, disagreements
from tests.support.pricer import JavaScript, python, text

CASES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
BY_HAND = [case for case in CASES if "expected" in case]


def test_the_file_has_several_hundred_cases_and_yen_and_dinars_among_them() -> None:
    assert len(CASES) > 200
    assert len({case["name"] for case in CASES}) == len(CASES)
    for currency in ("JPY", "KWD", "EUR", "USD"):
        assert sum(case["book"]["currency"] == currency for case in CASES) >= 1
    assert [case["name"] for case in BY_HAND] == [case["name"] for case in golden.cases()]


@pytest.mark.parametrize("case", BY_HAND, ids=[case["name"] for case in BY_HAND])
def test_a_case_worked_out_by_hand_comes_out_so(case: dict[str, Any]) -> None:
    assert disagreements(case["expected"], python(case["cart"], case["book"])) == [], case["how"]


def test_every_case_has_its_answer_in_python() -> None:
    wrong = [case["name"] for case in CASES if text(python(case["cart"], case["book"])) != text(case["priced"])]
    assert wrong == []


def test_every_case_has_the_same_answer_in_javascript() -> None:
    javascript = JavaScript()
    try:
        wrong = [case["name"] for case in CASES if javascript.price(case["cart"], case["book"]) != text(case["priced"])]
    finally:
        javascript.close()
    assert wrong == []
