"""Parked carts: taken up on any till, added to by several, sold once, and no line lost whatever comes together."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs.database import Database
from app.shop.actor import Actor
from app.shop.carts import merging
from app.shop.sale import SaleError
from app.shop.till import Till
from tests.docs.test_merge import together
from tests.shop.conftest import Shop, replicate

Exchange = Callable[[Database, Database], None]


PRICE = "The price is too large, the most is 999999999999."


def line(name: str = "Whole milk", quantity: int = 1000, **fields: Any) -> dict[str, Any]:
    return {
        "product": "product:milk",
        "name": name,
        "quantity": quantity,
        "price": {"amount": 129, "per": 1000},
        **fields,
    }


def park(till: Till, *ids: str, request: str = "01cart0001", **fields: Any) -> dict[str, Any]:
    return till.carts.park(request, {"lines": {id: line(id) for id in ids}, **fields})[0]


def shown(till: Till, id: str = "cart:01cart0001") -> dict[str, int]:
    cart = till.carts.get(id)
    return {} if cart is None else {key: each["quantity"] for key, each in cart["lines"].items()}


@pytest.fixture
def tills(shop: Shop) -> tuple[Till, Till]:
    return shop.till("s1-t1"), shop.till("s1-t2")


def test_a_parked_cart_says_who_where_when_and_waits_for_anyone(till: Till) -> None:
    cart = till.carts.park("01cart0001", {"lines": {"a": line()}, "name": "Blue coat"}, Actor(staff="staff:1"))[0]
    assert till.carts.list() == [cart]
    assert (cart["name"], cart["parked_by"], cart["parked_on"], cart["holder"]) == (
        "Blue coat",
        "staff:1",
        "s1-t1",
        None,
    )
    assert cart["parked_at"].startswith("2026-11-22T12:00")


def test_the_one_parked_last_stands_first(till: Till) -> None:
    for number in range(3):
        park(till, "a", request=f"01cart000{number}")
    assert [cart["_id"] for cart in till.carts.list()] == ["cart:01cart0002", "cart:01cart0001", "cart:01cart0000"]


def test_parking_twice_with_one_request_parks_once(till: Till) -> None:
    first = park(till, "a")
    again, repeated = till.carts.park("01cart0001", {"lines": {"b": line()}})
    assert (again, repeated) == (first, True)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"lines": {}}, "There is nothing to park: the cart is empty."),
        ({"lines": {"a": line(quantity=0)}}, "The quantity must be a whole number of thousandths, and not zero."),
        ({"lines": {"a": line(extra=1.5)}}, "The line must be an object of texts and whole numbers."),
        ({"lines": {"a": {**line(), "name": ""}}}, "The name is missing."),
        ({"lines": {"a": line(price={"amount": 10**15 + 1, "per": 1000})}}, PRICE),
        ({"lines": {"": line()}}, "The id of the line is not valid."),
        ({"lines": [line()]}, "The lines must be an object of lines by their ids."),
        ({"lines": {"a": line(shown="x" * 9000)}}, "The line is too large."),
    ],
)  # fmt: skip
def test_what_is_no_cart_is_refused_in_plain_words(till: Till, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(SaleError) as refused:
        till.carts.park("01cart0001", fields)
    assert (refused.value.status, str(refused.value)) == (400, reason)
    assert till.carts.list() == []


def test_a_cart_belongs_to_one_window_until_another_takes_it_over(tills: tuple[Till, Till], exchange: Exchange) -> None:
    one, two = tills
    id = park(one, "a")["_id"]
    held = one.carts.take(id, "window-1")
    assert held["holder"]["terminal"] == "s1-t1" and one.carts.take(id, "window-1") == held
    exchange(one.store, two.store)
    with pytest.raises(SaleError) as refused:
        two.carts.take(id, "window-9")
    assert (refused.value.error, refused.value.details["holder"]) == ("held", held["holder"])
    taken = two.carts.take(id, "window-9", over=True)
    assert (taken["holder"]["terminal"], taken["holder"]["window"]) == ("s1-t2", "window-9")
    # The first window, which has not heard of it, goes on adding: its line counts, the cart stays with the second.
    exchange(one.store, two.store)
    after, joined = one.carts.edit(id, held["_rev"], {"lines": {"a": line("a"), "b": line("b")}}, window="window-1")
    assert joined and sorted(after["lines"]) == ["a", "b"] and after["holder"]["terminal"] == "s1-t2"


def test_a_stale_edit_is_joined_line_by_line_and_a_released_cart_waits_again(till: Till) -> None:
    cart = park(till, "a", "b")
    first = till.carts.edit(cart["_id"], cart["_rev"], {"lines": {**cart["lines"], "c": line()}}, window="w1")[0]
    lines = {"a": line("a", 5000)}  # a changed, b taken out, of the cart as it was parked
    after, joined = till.carts.edit(cart["_id"], cart["_rev"], {"lines": lines, "name": "Anna"}, release=True)
    assert joined and shown(till) == {"a": 5000, "c": 1000} and after["name"] == "Anna"
    assert first["holder"]["window"] == "w1"
    released = till.carts.edit(cart["_id"], after["_rev"], {}, release=True)[0]
    assert released["holder"] is None
    assert till.carts.edit(cart["_id"], released["_rev"], {}, release=True)[0]["_rev"] == released["_rev"]


def test_the_same_edit_sent_again_changes_nothing(till: Till) -> None:
    cart = park(till, "a")
    changes = {"lines": {"a": line("a", 7000), "b": line("b")}}
    first = till.carts.edit(cart["_id"], cart["_rev"], changes)[0]
    assert till.carts.edit(cart["_id"], cart["_rev"], changes)[0]["_rev"] == first["_rev"]


def test_a_line_changed_on_both_sides_stays_twice_and_says_so(tills: tuple[Till, Till], exchange: Exchange) -> None:
    one, two = tills
    cart = park(one, "a")
    exchange(one.store, two.store)
    one.carts.edit(cart["_id"], cart["_rev"], {"lines": {"a": line("a", 2000)}})
    two.carts.edit(cart["_id"], cart["_rev"], {"lines": {"a": line("a", 3000)}})
    exchange(one.store, two.store)
    (a, second) = sorted(one.carts.get(cart["_id"])["lines"].items())  # type: ignore[index]
    assert (a[0], a[1]["quantity"]) == ("a", 3000) and "twice" not in a[1]
    assert second[0].startswith("a~") and second[1]["quantity"] == 2000 and second[1]["twice"] is True
    assert two.carts.get(cart["_id"]) == one.carts.get(cart["_id"])


def test_a_line_removed_on_one_side_and_changed_on_the_other_stays(
    tills: tuple[Till, Till], exchange: Exchange
) -> None:
    one, two = tills
    cart = park(one, "a", "b")
    exchange(one.store, two.store)
    one.carts.edit(cart["_id"], cart["_rev"], {"lines": {}})
    two.carts.edit(cart["_id"], cart["_rev"], {"lines": {"a": line("a", 9000), "b": line("b")}})
    exchange(one.store, two.store)
    assert shown(one) == shown(two) == {"a": 9000}


def test_lines_are_united_where_no_common_ancestor_is_at_hand(tills: tuple[Till, Till], exchange: Exchange) -> None:
    one, two = tills
    cart = park(one, "a")
    exchange(one.store, two.store)
    one.carts.edit(cart["_id"], cart["_rev"], {"lines": {"a": line("a"), "b": line("b")}})
    two.carts.edit(cart["_id"], cart["_rev"], {"lines": {"c": line("c")}})
    exchange(one.store, two.store)
    for till in tills:
        till.store.compact()  # drops what ancestors held
    one.carts.get(cart["_id"])
    two.carts.get(cart["_id"])
    assert shown(one) == shown(two) and sorted(shown(one)) == ["a", "b", "c"]


def test_a_cart_ends_with_its_sale_and_a_late_edit_hears_of_it(till: Till) -> None:
    cart = park(till, "a")
    till.carts.sold(cart["_id"], {"_id": "order:s1-t1.k1:1:x", "lines": [{"id": "a"}]})
    assert till.carts.list() == [] and till.carts.get(cart["_id"]) is None
    with pytest.raises(SaleError) as refused:
        till.carts.edit(cart["_id"], cart["_rev"], {"lines": {"a": line()}})
    assert (refused.value.status, refused.value.error) == (409, "gone")
    assert refused.value.details == {"sold": "order:s1-t1.k1:1:x"} and "sold" in str(refused.value)
    with pytest.raises(SaleError):
        till.carts.park("01cart0001", {"lines": {"a": line()}})


def test_what_another_till_added_and_the_sale_had_not_seen_stays_parked(
    tills: tuple[Till, Till], exchange: Exchange
) -> None:
    one, two = tills
    cart = park(one, "a")
    exchange(one.store, two.store)
    two.carts.edit(cart["_id"], cart["_rev"], {"lines": {**cart["lines"], "b": line("b")}})
    exchange(one.store, two.store)
    one.carts.sold(cart["_id"], {"_id": "order:s1-t1.k1:1:x", "lines": [{"id": "a"}]})
    assert shown(one) == {"b": 1000} and one.carts.list()[0]["sold"] == "order:s1-t1.k1:1:x"


def test_a_bundle_that_another_till_parked_is_sold_with_its_cart(
    shop: Shop, tills: tuple[Till, Till], exchange: Exchange
) -> None:
    """In the order it stands as its parts, under ids of their own."""
    one, two = tills
    parts = [{"product": "product:milk", "quantity": 2000}, {"product": "product:milk", "quantity": 1000}]
    bag = {**shop.company.get("product:milk"), "_id": "product:bag", "barcodes": [], "bundle": parts}
    bag.pop("_rev")
    shop.company.put(bag)
    cart = park(one, "bag-line", "other-line")
    exchange(one.store, two.store)
    lines = [{"id": "bag-line", "product": "product:bag", "quantity": 1000}]
    order = shop.sell(
        two, cart=cart["_id"], lines=[*lines, {"id": "other-line", "product": "product:milk", "quantity": 1000}]
    )
    assert [each["bundle"] for each in order["lines"] if each.get("bundle")] == ["product:bag"] * 2
    assert two.carts.list() == []


def test_sold_on_one_till_and_added_to_on_another_apart_leaves_what_was_added(
    tills: tuple[Till, Till], exchange: Exchange
) -> None:
    one, two = tills
    cart = park(one, "a", "b")
    exchange(one.store, two.store)
    mine = one.carts.edit(cart["_id"], cart["_rev"], {"lines": {**cart["lines"], "c": line("c")}})[0]
    one.carts.sold(cart["_id"], {"_id": "order:s1-t1.k1:1:x", "lines": [{"id": id} for id in "abc"]})
    two.carts.edit(cart["_id"], cart["_rev"], {"lines": {"a": line("a"), "b": line("b", 4000), "d": line("d")}})
    exchange(one.store, two.store)
    for till in tills:
        merging.settle(till.store, cart["_id"])
        assert not merging.needs_merge(till.store, cart["_id"])
    assert shown(one) == shown(two) == {"b": 4000, "d": 1000}
    assert one.carts.get(cart["_id"]) == two.carts.get(cart["_id"])
    left = one.carts.list()[0]
    assert left["sold"] == "order:s1-t1.k1:1:x" and left["lines"]["b"]["twice"] and "twice" not in left["lines"]["d"]
    assert mine["_rev"] != left["_rev"]


def test_sold_apart_and_only_looked_at_on_the_other_till_is_sold_everywhere(
    tills: tuple[Till, Till], exchange: Exchange
) -> None:
    one, two = tills
    cart = park(one, "a")
    exchange(one.store, two.store)
    one.carts.sold(cart["_id"], {"_id": "order:s1-t1.k1:1:x", "lines": [{"id": "a"}]})
    two.carts.take(cart["_id"], "w2")
    exchange(one.store, two.store)
    for till in tills:
        merging.settle(till.store, cart["_id"])
    exchange(one.store, two.store)
    assert one.carts.list() == two.carts.list() == []


def test_deleting_needs_the_right_and_the_cart_as_it_is_now(till: Till) -> None:
    cart = park(till, "a")
    with pytest.raises(SaleError) as refused:
        till.carts.delete(cart["_id"], cart["_rev"], Actor(rights=frozenset()))
    assert refused.value.error == "needs_approval"
    changed = till.carts.edit(cart["_id"], cart["_rev"], {"name": "x"})[0]
    with pytest.raises(SaleError) as refused:
        till.carts.delete(cart["_id"], cart["_rev"])
    assert (refused.value.error, refused.value.details["cart"]) == ("changed", changed)
    assert till.carts.delete(cart["_id"], changed["_rev"]) and not till.carts.delete(cart["_id"])
    with pytest.raises(SaleError) as refused:
        till.carts.delete("cart:unknown00")
    assert refused.value.status == 404


@pytest.mark.slow
@given(seed=st.integers(0, 2**32), count=st.integers(2, 5))
def test_any_tills_apart_in_any_way_end_with_one_cart_and_every_line(
    seed: int, count: int, tmp_path_factory: Any
) -> None:
    chance = random.Random(seed)
    shop = Shop(tmp_path_factory.mktemp("carts"))
    try:
        tills = [shop.till(f"s1-t{i}") for i in range(count)]
        id = park(tills[0], "first")["_id"]
        for till in tills[1:]:
            _bring(tills[0], till)
        kept = {"first"}
        for step in range(chance.randrange(4, 14)):
            till = chance.choice(tills)
            cart = till.carts.get(id)
            assert cart is not None
            lines = dict(cart["lines"])
            match chance.choice(["add", "add", "change", "remove", "bring", "bring", "merge"]):
                case "add":
                    lines[f"l{step}"] = line(f"l{step}", 1000 + step)
                    kept.add(f"l{step}")
                case "change":
                    which = chance.choice(sorted(lines)) if lines else None
                    if which:
                        lines[which] = {**lines[which], "quantity": chance.randrange(1, 4) * 1000}
                case "remove":
                    which = chance.choice(sorted(lines)) if lines else None
                    lines.pop(which, None)  # type: ignore[arg-type]
                    kept.discard(which)  # type: ignore[arg-type]
                case "bring":
                    _bring(till, chance.choice(tills))
                    continue
                case "merge":
                    merging.settle(till.store, id)
                    continue
            till.carts.edit(id, cart["_rev"], {"lines": lines})
            if chance.random() < 0.1:
                till.store.compact()
        together([till.store for till in tills], lambda store: merging.settle(store, id), id)
        ends = [till.carts.get(id) for till in tills]
        assert all(end == ends[0] for end in ends)
        assert kept <= set(ends[0]["lines"])  # type: ignore[index]
    finally:
        for database in shop.databases:
            database.close()


def _bring(source: Till, target: Till) -> None:
    if source is not target:
        replicate(source.store, target.store)


def test_no_parked_cart_holds_the_code_of_a_gift_card(shop: Shop, till: Till) -> None:
    line = {"kind": "topup", "product": None, "name": "Top-up", "quantity": 1000, "code": "PLAIN-123"}
    with pytest.raises(SaleError) as refused:
        till.carts.park("parked-0001", {"lines": {"a": line}})
    assert refused.value.field == "lines.a"
    plain = {key: value for key, value in line.items() if key != "code"}
    cart, _ = till.carts.park("parked-0001", {"lines": {"a": plain}})
    with pytest.raises(SaleError):
        till.carts.edit(cart["_id"], cart["_rev"], {"lines": {"a": line}})
