"""What a node does when documents arrived: every finding once, the same on every node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import schemas, tasks
from app.shop.actor import Actor
from app.shop.follow import follow
from app.shop.sale import SaleError
from app.shop.till import Till
from tests.shop.conftest import Shop

Exchange = Callable[[Database, Database], None]
LINE = {"product": "product:milk", "name": "Whole milk", "quantity": 1000, "price": {"amount": 129, "per": 1000}}


def sell(shop: Shop, till: Till, cart: str, *ids: str) -> dict[str, Any]:
    lines = [{"id": id, "product": "product:milk", "quantity": 1000} for id in ids]
    return shop.sell(till, cart=cart, lines=lines)


@pytest.fixture
def apart(shop: Shop, exchange: Exchange) -> tuple[Till, Till, str]:
    """Two tills that have one parked cart of two lines, and no line between them any more."""
    one, two = shop.till("s1-t1"), shop.till("s1-t2")
    cart = one.carts.park("01cart0001", {"lines": {"a": LINE, "b": LINE}})[0]["_id"]
    exchange(one.store, two.store)
    return one, two, cart


def test_a_cart_sold_on_two_tills_apart_is_one_task_with_one_revision(
    shop: Shop, exchange: Exchange, apart: tuple[Till, Till, str]
) -> None:
    one, two, cart = apart
    orders = [sell(shop, till, cart, "a", "b")["_id"] for till in (one, two)]
    exchange(one.store, two.store)
    id = f"task:cart_sold_twice:{cart}"
    assert follow(shop.company, one.store, kind="terminal") == [id]
    assert follow(shop.company, two.store, kind="terminal") == [id]
    assert one.store.get(id) == two.store.get(id) and schemas.check(one.store.get(id)) == []
    exchange(one.store, two.store)
    assert one.store.read(id).conflicts == 0  # type: ignore[union-attr]
    assert [order["_id"] for order in tasks.sellers(one.store, cart)] == sorted(orders)
    assert follow(shop.company, one.store, kind="terminal") == []


def test_the_two_halves_of_a_cart_that_grew_while_it_was_sold_are_no_task(
    shop: Shop, exchange: Exchange, apart: tuple[Till, Till, str]
) -> None:
    one, two, cart = apart
    rev = two.store.get(cart)["_rev"]
    two.carts.edit(cart, rev, {"lines": {"a": LINE, "b": LINE, "c": LINE}})
    sell(shop, one, cart, "a", "b")
    exchange(one.store, two.store)
    assert follow(shop.company, one.store, kind="terminal") == [cart]
    assert list(one.carts.get(cart)["lines"]) == ["c"]  # type: ignore[index]
    sell(shop, one, cart, "c")
    assert one.carts.list() == [] and follow(shop.company, one.store, kind="terminal") == []


def test_one_sale_that_two_clones_wrote_is_an_incident_and_no_task(shop: Shop, exchange: Exchange) -> None:
    one = shop.till("s1-t1")
    cart = one.carts.park("01cart0001", {"lines": {"a": LINE}})[0]["_id"]
    two = shop.copy(one, "clone")
    request = shop.request(cart=cart, lines=[{"id": "a", "product": "product:milk", "quantity": 1000}])
    one.sell(request), two.sell(request)
    exchange(one.store, two.store)
    assert not [id for id in follow(shop.company, one.store, kind="terminal") if id.startswith("task:")]


def test_only_the_stores_terminals_join_the_branches_of_a_cart(
    shop: Shop, exchange: Exchange, apart: tuple[Till, Till, str]
) -> None:
    one, two, cart = apart
    rev = one.store.get(cart)["_rev"]
    for till, id in ((one, "c"), (two, "d")):
        till.carts.edit(cart, rev, {"lines": {"a": LINE, "b": LINE, id: LINE}})
    exchange(one.store, two.store)
    assert follow(shop.company, one.store) == []
    assert one.store.read(cart).conflicts == 1  # type: ignore[union-attr]
    assert follow(shop.company, two.store, kind="terminal") == [cart]
    assert list(two.store.get(cart)["lines"]) == ["a", "b", "c", "d"]


def test_a_card_that_tills_apart_have_overdrawn_is_a_task_and_what_is_owed_is_none(shop: Shop) -> None:
    def move(place: str, account: str, amount: int) -> None:
        doc = {"_id": f"ledger:o:{place}", "type": "ledger", "schema": 1, "order": "o", "sale": "s", "place": place}
        shop.company.put({**doc, "account": account, "amount": amount, "currency": "EUR"})

    move("a", "giftcard:x", 1000), move("b", "giftcard:x", -600), move("d", "account:customer:1", -600)
    assert follow(shop.company, shop.company) == []
    move("c", "giftcard:x", -600)
    assert follow(shop.company, shop.company) == ["task:overspent:giftcard:x"]
    assert follow(shop.company, shop.company) == []


def test_a_task_that_is_done_says_by_whom_and_does_not_come_back(shop: Shop, till: Till) -> None:
    assert tasks.write(till.store, tasks.task("cart_sold_twice", "cart:1"))
    (found,) = tasks.tasks(shop.company, till.store)
    assert found["database"] == "store-s1"
    done = tasks.finish(till.store, found["_id"], on="s1-t1", actor=Actor(staff="staff:1"), moment=shop.clock)
    assert done["done_by"] == "staff:1" and schemas.check(done) == []
    assert tasks.finish(till.store, found["_id"], on="s1-t2") == done
    assert tasks.tasks(till.store) == [] and len(tasks.tasks(till.store, done=True)) == 1
    assert not tasks.write(till.store, tasks.task("cart_sold_twice", "cart:1"))
    with pytest.raises(SaleError):
        tasks.finish(till.store, "cart:1", on="s1-t1")


def test_an_odd_document_keeps_no_other_from_being_looked_at(shop: Shop, apart: tuple[Till, Till, str]) -> None:
    one, _, cart = apart
    one.store.put({"_id": "order:odd", "type": "order", "cart": [1], "lines": 5})
    one.store.put({"_id": "cart:odd", "type": "cart", "lines": "none"})
    sell(shop, one, cart, "a", "b")
    assert follow(shop.company, one.store, kind="terminal") == []
