"""The journal: numbers without gaps, a chain of hashes, a new series where the old one can't go on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import journal, seen
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop, replicate

# A frozen order of hash version 1. If this test fails, old receipts no longer verify: make a new version instead.
GOLDEN: dict[str, Any] = {
    "type": "order", "schema": 1, "kind": "sale", "sale": "01JD0000000000000000000000", "store": "s1",
    "terminal": "s1-t2", "series": "s1-t2.k7", "number": 42, "at": "2026-11-22T09:30:00.000Z",
    "business_date": "2026-11-22", "currency": "EUR", "digits": 2, "cart": None, "customer": None, "shift": None,
    "drawer": None, "cashier": None, "header": {"name": "Käseladen", "lines": ["1 High Street"], "footer": []},
    "lines": [{
        "id": "l1", "product": "product:1", "sku": "1", "name": "Käse „alt“", "category": None, "quantity": 1500,
        "price": {"amount": 199, "per": 1000}, "discounts": [{"kind": "retail", "amount": 50}], "amount": 299,
        "total": 249, "tax": [{"id": "tax:vat", "rate": 70000, "base": 233, "amount": 16}],
    }],
    "tax_mode": "included", "rounding": {"scope": "line", "mode": "half_away"}, "subtotal": 249, "discount": 50,
    "tax": [{"id": "tax:vat", "name": "VAT", "rate": 70000, "base": 233, "amount": 16}], "total": 249,
    "tenders": [{"kind": "cash", "amount": 300}], "paid": 300, "change": 51, "journal": 57,
    "prev": "0" * 64, "hash_version": 1,
}  # fmt: skip


def test_the_hash_of_version_1_is_frozen() -> None:
    assert journal.digest(GOLDEN) == "f456bb3fe75c37bb972817178f826e155e5faed2ab5c9a361e38414df5fce3e5"
    text = json.dumps(GOLDEN, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert journal.digest(GOLDEN) == hashlib.sha256(text.encode()).hexdigest()
    reordered = dict(reversed(GOLDEN.items()))
    assert journal.digest({**reordered, "_id": "x", "hash": "y"}) == journal.digest(GOLDEN)


@pytest.mark.parametrize("field", journal.HASH_FIELDS["order"][1])
def test_the_hash_covers_every_field_of_an_order(field: str) -> None:
    if field in ("type", "hash_version"):
        with pytest.raises(journal.UnknownHashVersion):
            journal.digest({**GOLDEN, field: "other"})
    else:
        assert journal.digest({**GOLDEN, field: "other"}) != journal.digest(GOLDEN)


def test_numbers_have_no_gaps_and_each_document_names_the_one_before(shop: Shop, till: Till) -> None:
    orders = [shop.sell(till) for _ in range(5)]
    assert [order["number"] for order in orders] == [1, 2, 3, 4, 5]
    (shift,) = [record.full() for record in till.store.each("shift")]  # the first sale opened it
    assert (shift["journal"], shift["prev"]) == (1, None)
    assert [order["journal"] for order in orders] == [2, 3, 4, 5, 6]
    assert [order["prev"] for order in orders] == [shift["hash"], *[order["hash"] for order in orders[:-1]]]
    assert {order["series"] for order in orders} == {"s1-t1.k0"}
    assert orders[3]["_id"].startswith("order:s1-t1.k0:00000004:")
    assert verify_store(till.store) == []


def test_the_terminal_document_lists_the_series(shop: Shop, till: Till) -> None:
    shop.sell(till)
    terminal = till.store.get("terminal:s1-t1")
    assert (terminal["incarnations"], terminal["store"]) == (["k0"], "store:s1")


def test_a_till_opened_again_goes_on_with_its_series(shop: Shop, till: Till) -> None:
    first = shop.sell(till)
    till.store.close()
    again = shop.till("s1-t1")
    second = shop.sell(again)
    assert (second["series"], second["number"], second["prev"]) == (first["series"], 2, first["hash"])


def said(till: Till, number: int, series: str = "s1-t1.k0") -> dict[str, Any] | None:
    """What a window keeps that this terminal told so, in this life or a later one."""
    return seen.told(till.store, till.terminal, series, number)


def test_numbers_that_no_terminal_told_begin_no_series(shop: Shop, till: Till) -> None:
    shop.sell(till)
    other = shop.till("s1-t2", shop.open("store-s1", shop.folder / "other.db"))
    shop.sell(other)
    for number in range(5, 10):
        invented = {"series": "s1-t1.k0", "number": number}
        elsewhere = said(other, number)
        assert elsewhere is not None
        for lie in (invented, {**invented, "mark": "0" * 32}, elsewhere, {**(said(till, 1) or {}), "number": number}):
            assert shop.sell(till, seen=lie)["series"] == "s1-t1.k0"
    assert till.store.count("incident") == 0


def test_a_window_that_saw_a_higher_number_starts_a_new_series(shop: Shop, till: Till) -> None:
    shop.sell(till)
    old = shop.copy(till, "backup")
    for _ in range(3):
        last = shop.sell(till)
    told = till.told(last)
    order = shop.sell(old, seen=told)
    assert (order["series"], order["number"], order["prev"]) == ("s1-t1.k1", 1, None)
    # The window says the same once more, since it has not seen the answer: nothing more happens.
    assert shop.sell(old, seen=told)["number"] == 2
    incident = old.store.get("incident:behind:s1-t1.k1")
    assert (incident["kind"], incident["series"], incident["number"]) == ("behind", "s1-t1.k0", 4)


def test_a_window_that_saw_a_series_unknown_here_starts_a_new_series(shop: Shop, till: Till) -> None:
    shop.sell(till)
    order = shop.sell(till, seen=said(till, 3, "s1-t1.zz"))
    assert (order["series"], order["number"]) == ("s1-t1.k1", 1)


@pytest.mark.parametrize("given", [None, {"series": "s1-t1.k0", "number": 1}, {"series": "s1-t1.k0", "number": 0},
                                  {"series": "s1-t2.k0", "number": 99}])  # fmt: skip
def test_a_window_that_saw_no_more_changes_nothing(shop: Shop, till: Till, given: Any) -> None:
    shop.sell(till)
    assert shop.sell(till, seen=given)["series"] == "s1-t1.k0"


def test_a_window_still_open_from_before_a_new_series_changes_nothing(shop: Shop, till: Till) -> None:
    shop.sell(till)
    shop.sell(till, seen=said(till, 7))
    assert shop.sell(till, seen=said(till, 1))["series"] == "s1-t1.k1"


def test_a_terminal_restored_from_an_old_copy_starts_a_new_series_when_its_own_orders_come_home(shop: Shop) -> None:
    till = shop.till()
    central = shop.open("store-s1", shop.folder / "central.db")
    shop.sell(till)
    old = shop.copy(till, "backup")
    lost = [shop.sell(till) for _ in range(3)]
    replicate(till.store, central)
    replicate(central, old.store)
    order = shop.sell(old)
    assert (order["series"], order["number"]) == ("s1-t1.k1", 1)
    replicate(old.store, central)
    assert {record.id for record in central.each("order")} >= {order["_id"], *(doc["_id"] for doc in lost)}
    assert [finding.kind for finding in verify_store(central)] == ["incident"]


def test_an_incarnation_that_was_ever_used_is_never_minted_again(shop: Shop, till: Till) -> None:
    shop.sell(till)
    other = shop.copy(till, "other")
    shop.sell(other, seen=said(other, 9))  # has k1 now, and the terminal document says so
    terminal = other.store.get("terminal:s1-t1")
    assert terminal["incarnations"] == ["k0", "k1"]
    fresh = shop.open("store-s1", shop.folder / "fresh.db")
    replicate(other.store, fresh)
    letters = iter(["k0", "k1", "k5"])
    made = Till(shop.company, fresh, terminal="s1-t1", store_id="s1", clock=shop.clock, mint=lambda: next(letters))
    assert shop.sell(made)["series"] == "s1-t1.k5"


def test_orders_that_came_home_before_the_terminal_document_count_as_used_series(shop: Shop, till: Till) -> None:
    order = shop.sell(till)
    fresh = shop.open("store-s1", shop.folder / "fresh.db")
    fresh.bulk_docs([till.store.get(order["_id"], revs=True)], new_edits=False)
    letters = iter(["k0", "k4"])
    made = Till(shop.company, fresh, terminal="s1-t1", store_id="s1", clock=shop.clock, mint=lambda: next(letters))
    assert shop.sell(made)["series"] == "s1-t1.k4"


def test_a_terminal_that_used_up_all_names_of_two_letters_goes_on_with_three(shop: Shop, till: Till) -> None:
    every = [a + b for a in journal.ALPHABET for b in journal.ALPHABET]
    till.store.put({"_id": "terminal:s1-t1", "type": "terminal", "schema": 1, "terminal": "s1-t1",
                    "store": "store:s1", "incarnations": every})  # fmt: skip
    assert len(shop.sell(till)["series"].rpartition(".")[2]) == 3


def test_receipt_times_never_run_backwards(shop: Shop, till: Till) -> None:
    first = shop.sell(till)
    shop.clock.now = shop.clock.now.replace(year=2020)
    second = shop.sell(till)
    assert second["at"] == first["at"]
    assert shop.sell(till, seen=said(till, 9))["at"] == first["at"]  # nor in the next series


def test_the_head_is_written_with_the_order_or_not_at_all(
    shop: Shop, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell(till)

    def broken(self: Database, id: str, doc: Any) -> str:
        raise OSError("pulled the plug")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "put_local", broken)
        with pytest.raises(OSError):
            shop.sell(till)
    assert till.store.count("order") == 1
    assert shop.sell(till)["number"] == 2
    assert verify_store(till.store) == []
