"""What a shop must tell a person: two documents with one number, a sale written twice, a series that fell behind."""

from __future__ import annotations

from collections.abc import Callable

from app.docs.database import Database
from app.shop import schemas
from app.shop.arrivals import scan_incidents
from app.shop.totals import totals
from app.shop.verify import verify_store
from tests.shop.conftest import Shop

Exchange = Callable[[Database, Database], None]


def test_two_clones_of_one_terminal_both_count_and_are_found_at_first_contact(shop: Shop, exchange: Exchange) -> None:
    original = shop.till()
    shop.sell(original)
    clone = shop.copy(original, "clone")
    mine, theirs = shop.sell(original), shop.sell(clone)
    assert (mine["series"], mine["number"]) == (theirs["series"], theirs["number"])
    exchange(original.store, clone.store)
    assert scan_incidents(original.store) == ["incident:number:s1-t1.k0:00000002"]
    scan_incidents(clone.store)
    for till in (original, clone):
        assert till.receipt(mine["_id"]) == mine
        assert till.receipt(theirs["_id"]) == theirs
        assert totals(till.store).receipts == 3
        assert {finding.kind for finding in verify_store(till.store)} == {"number", "incident"}
        # From here on each goes its own way.
        assert shop.sell(till)["series"] != "s1-t1.k0"


def test_the_same_incident_found_on_two_nodes_is_one_document(shop: Shop, exchange: Exchange) -> None:
    original = shop.till()
    shop.sell(original)
    clone = shop.copy(original, "clone")
    shop.sell(original)
    shop.sell(clone)
    exchange(original.store, clone.store)
    scan_incidents(original.store)
    scan_incidents(clone.store)
    exchange(original.store, clone.store)
    incident = original.store.get("incident:number:s1-t1.k0:00000002", conflicts=True)
    assert incident["_rev"].startswith("1-")
    assert "_conflicts" not in incident
    assert schemas.check({key: value for key, value in incident.items() if key != "_conflicts"}) == []
    assert incident == clone.store.get("incident:number:s1-t1.k0:00000002", conflicts=True)


def test_a_second_look_finds_nothing_new(shop: Shop, exchange: Exchange) -> None:
    original = shop.till()
    shop.sell(original)
    clone = shop.copy(original, "clone")
    shop.sell(original)
    shop.sell(clone)
    exchange(original.store, clone.store)
    assert len(scan_incidents(original.store)) == 1
    before = original.store.last_n
    assert scan_incidents(original.store) == []
    assert original.store.last_n == before


def test_one_sale_written_on_a_terminal_and_its_restored_copy_counts_once(shop: Shop, exchange: Exchange) -> None:
    till = shop.till()
    shop.sell(till)
    restored = shop.copy(till, "restored")
    request = shop.request()
    first, _ = till.sell(request)
    # The window retries at the restored copy, and says that it saw nothing new; another sale came in between.
    shop.sell(restored)
    second, repeated = restored.sell(request)
    assert not repeated
    assert first["_id"] != second["_id"]
    exchange(till.store, restored.store)
    for one in (till, restored):
        assert f"incident:sale:{request['sale']}" in scan_incidents(one.store)
        assert one.store.count("order") == 4
        assert totals(one.store).receipts == 3
        assert one.sell(request) == (min(first, second, key=lambda order: order["_id"]), True)


def test_one_sale_with_one_number_on_two_clones_is_one_order_and_an_incident(shop: Shop, exchange: Exchange) -> None:
    till = shop.till()
    shop.sell(till)
    clone = shop.copy(till, "clone")
    request = shop.request()
    first, _ = till.sell(request)
    second, _ = clone.sell(request)
    assert first["_id"] == second["_id"]
    exchange(till.store, clone.store)
    assert scan_incidents(till.store) == [f"incident:sale:{request['sale']}"]
    assert totals(till.store).receipts == 2
    assert {finding.kind for finding in verify_store(till.store)} == {"conflict", "incident"}


def test_an_incident_that_somebody_removed_stays_removed(shop: Shop, exchange: Exchange) -> None:
    original = shop.till()
    shop.sell(original)
    clone = shop.copy(original, "clone")
    shop.sell(original)
    shop.sell(clone)
    exchange(original.store, clone.store)
    (found,) = scan_incidents(original.store)
    original.store.delete(found, original.store.get(found)["_rev"])
    original.store.delete_local("couchtill.incidents")
    assert scan_incidents(original.store) == []


def test_two_terminals_of_one_store_are_no_incident(shop: Shop, exchange: Exchange) -> None:
    one, two = shop.till("s1-t1"), shop.till("s1-t2")
    for till in (one, two, one, two):
        shop.sell(till)
    exchange(one.store, two.store)
    assert scan_incidents(one.store) == []
    assert verify_store(one.store) == []
    assert totals(one.store).receipts == 4
    assert shop.sell(one)["series"] == "s1-t1.k0"
