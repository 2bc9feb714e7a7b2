"""What may be changed by hand, and how a change that somebody else made meanwhile is told."""

from __future__ import annotations

import pytest

from app.shop.editing import Changed, edit
from app.shop.sale import SaleError
from app.shop.till import Till
from tests.shop.conftest import Shop


def test_an_edit_names_the_revision_that_was_seen_and_overwrites_no_later_one(shop: Shop) -> None:
    seen = shop.company.get("product:milk")
    changed = edit(
        shop.company, "product:milk", seen["_rev"], {"price": {"amount": 140, "per": 1000}}, by="a", on="office"
    )
    assert (changed["price"]["amount"], changed["updated_by"], changed["updated_on"]) == (140, "a", "office")
    with pytest.raises(Changed) as caught:
        edit(shop.company, "product:milk", seen["_rev"], {"name": "Cream"}, by="b", on="office")
    assert caught.value.current == changed


def test_an_edit_that_changes_nothing_writes_nothing(shop: Shop) -> None:
    seen = shop.company.get("product:milk")
    assert edit(shop.company, "product:milk", seen["_rev"], {"name": "Whole milk"}, by="a", on="office") == seen


def test_an_edit_to_nonsense_is_refused_with_its_field(shop: Shop) -> None:
    seen = shop.company.get("product:milk")
    with pytest.raises(SaleError) as caught:
        edit(shop.company, "product:milk", seen["_rev"], {"price": {"amount": -1}}, by="a", on="office")
    assert (caught.value.status, caught.value.field) == (400, "price.amount")
    assert shop.company.get("product:milk") == seen


def test_a_finished_order_cannot_be_edited(shop: Shop, till: Till) -> None:
    order = shop.sell(till)
    with pytest.raises(SaleError) as caught:
        edit(till.store, order["_id"], order["_rev"], {"total": 1}, by="a", on="office")
    assert caught.value.status == 403
    assert till.receipt(order["_id"]) == order
