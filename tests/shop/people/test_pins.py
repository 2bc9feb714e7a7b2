"""Which PINs may be set, and what of them a document holds."""

from __future__ import annotations

import pytest

from app.shop.people import pins
from app.shop.sale import SaleError

KEY, OTHER = "ab" * 32, "cd" * 32


@pytest.mark.parametrize(
    "pin",
    "0000 1111 1234 4321 0123 7890 9876 1212 1122 3344 2211 123123 121212 112233 654321 890123 123456 000000".split(),
)
def test_what_everybody_tries_first_is_refused(pin: str) -> None:
    with pytest.raises(SaleError, match="guessed at once"):
        pins.allowed(pin, lending=False)


@pytest.mark.parametrize("pin", "5093 1235 1357 0864 739151 480268 100200 112358".split())
def test_others_may_be_set(pin: str) -> None:
    assert pins.allowed(pin, lending=False) == pin


@pytest.mark.parametrize(
    ("pin", "lending", "why"),
    [
        ("509", False, "4 digits"),
        ("5093", True, "6 digits"),
        ("50931", True, "6 digits"),
        ("5093728461058", False, "12 digits at most"),
        ("50a3", False, "made of digits"),
        ("５０９３", False, "made of digits"),
        ("", False, "4 digits"),
        (5093, False, "made of digits"),
    ],
)
def test_a_pin_is_digits_more_of_them_for_who_lends_rights(pin: object, lending: bool, why: str) -> None:
    with pytest.raises(SaleError) as refused:
        pins.allowed(pin, lending=lending)
    assert why in refused.value.reason or pin == ""
    assert (refused.value.status, refused.value.field) == (400, "pin")


def test_a_hash_holds_for_its_pin_and_its_key_alone() -> None:
    kept = pins.hashed("5093", KEY)

    assert pins.holds("5093", kept, KEY)
    assert not pins.holds("5094", kept, KEY)
    assert not pins.holds("5093", kept, OTHER)
    assert kept["pepper"] == pins.key_id(KEY) and KEY not in str(kept)
    assert pins.hashed("5093", KEY)["hash"] != kept["hash"]


def test_a_key_that_is_not_here_is_told_with_what_to_do() -> None:
    kept = pins.hashed("5093", KEY)

    assert pins.key_of(kept, (OTHER, KEY)) == KEY
    with pytest.raises(SaleError, match="couchtill staff key --data DIR --set KEY"):
        pins.key_of(kept, (OTHER,))
