"""Documents that are written once, and were not left as they were: each node that hears of it says so, in one document;
what may still be on its way is no incident."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import journal, schemas
from app.shop.arrivals import PATIENCE, scan_incidents
from app.shop.till import Till
from app.shop.verify import verify_store
from tests.shop.conftest import Shop

Exchange = Callable[[Database, Database], None]


@pytest.fixture
def store(shop: Shop) -> Database:
    """The same store at head office, to which a till's documents come."""
    return shop.open("store-s1", shop.folder / "office.db")


def body(doc: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in doc.items() if key[:1] != "_"}


def forge(store: Database, id: str, doc: dict[str, Any], rev: str = "1-" + "f" * 32) -> None:
    """What another program with a password can write past every rule."""
    assert store.bulk_docs([{**body(doc), "_id": id, "_rev": rev}], new_edits=False) == []


def rehashed(doc: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A document altered by somebody who knows how its hash is made."""
    made = {**body(doc), **changes}
    return {**made, "hash": journal.digest(made)}


def one_byte(order: dict[str, Any]) -> dict[str, Any]:
    return {**body(order), "total": order["total"] - 1}


def test_a_byte_altered_past_the_rules_is_a_second_version_at_every_node(
    shop: Shop, exchange: Exchange, store: Database
) -> None:
    till = shop.till()
    order, other = shop.sell(till), shop.sell(till)
    exchange(till.store, store)
    assert scan_incidents(store) == [] == scan_incidents(till.store)
    for altered in (one_byte(order), rehashed(other, change=0)):
        forge(store, order["_id"] if altered["number"] == 1 else other["_id"], altered)
    found = [f"incident:second_version:{doc['_id']}" for doc in (order, other)]

    assert sorted(scan_incidents(store)) == found
    exchange(till.store, store)
    scan_incidents(till.store)
    exchange(till.store, store)
    for id in found:
        incident = till.store.get(id, conflicts=True)
        assert incident == store.get(id, conflicts=True) and "_conflicts" not in incident
        assert schemas.check(incident) == []
    assert scan_incidents(store) == [] == scan_incidents(till.store)
    # The till itself goes on in its series: nobody copied it.
    assert shop.sell(till)["series"] == order["series"]
    assert {"conflict", "incident"} <= {finding.kind for finding in verify_store(store)}


def test_an_edit_and_a_deletion_of_what_is_written_once_are_found(
    shop: Shop, exchange: Exchange, store: Database
) -> None:
    till = shop.till()
    first, second = shop.sell(till), shop.sell(till)
    exchange(till.store, store)
    store.put({**rehashed(first, note="better"), "_id": first["_id"], "_rev": first["_rev"]})
    store.delete(second["_id"], second["_rev"])

    assert sorted(scan_incidents(store)) == [
        f"incident:removed:{second['_id']}",
        f"incident:second_version:{first['_id']}",
    ]
    exchange(till.store, store)
    assert scan_incidents(till.store) == []  # head office has told already
    assert till.store.get(f"incident:removed:{second['_id']}")["about"] == second["_id"]


def test_a_made_up_receipt_with_a_wrong_hash_or_with_wrong_sums_is_found(
    shop: Shop, exchange: Exchange, store: Database
) -> None:
    till = shop.till()
    for change, kind in ((one_byte, "altered"), (lambda order: rehashed(order, change=order["change"] + 1), "sums")):
        order = shop.sell(till)
        forge(store, order["_id"], change(order))
        assert scan_incidents(store) == [f"incident:{kind}:{order['_id']}"]


def test_a_z_whose_own_figures_do_not_add_up_is_found_without_its_documents(shop: Shop, store: Database) -> None:
    till = shop.till()
    shift = till.shifts.open({"request": "open-00000001", "float": 10_000})[0]
    shop.sell(till)
    z = till.shifts.close(shift["_id"], {"request": "close-0000001", "counted": {"total": 0}, "note": "x"})[0]
    forge(store, z["_id"], rehashed(z, grand_after=z["grand_after"] + 100))

    assert scan_incidents(store) == [f"incident:sums:{z['_id']}"]
    assert any("perpetual total" in finding.message for finding in verify_store(store)) or verify_store(store)


def arrive(store: Database, till: Till, *docs: dict[str, Any]) -> None:
    for doc in docs:
        found = till.store.open_revs(doc["_id"], "all", with_revs=True)
        assert store.bulk_docs([leaf["ok"] for leaf in found], new_edits=False) == []


def test_a_gap_that_fills_up_later_is_no_incident_and_one_that_stays_for_a_week_is(shop: Shop, store: Database) -> None:
    till = shop.till()
    first, second, third, fourth = (shop.sell(till) for _ in range(4))
    arrive(store, till, *[{"_id": record.id} for record in till.store.each("shift")], first, third)
    assert scan_incidents(store) == []
    shop.clock.now += PATIENCE / 2
    arrive(store, till, second)
    assert scan_incidents(store, shop.clock) == []
    shop.clock.now += PATIENCE * 2
    assert scan_incidents(store, shop.clock) == []

    sixth = [shop.sell(till) for _ in range(2)][-1]
    arrive(store, till, fourth, sixth)
    assert scan_incidents(store, shop.clock) == []
    shop.clock.now += PATIENCE - timedelta(minutes=1)
    assert scan_incidents(store, shop.clock) == []
    shop.clock.now += timedelta(minutes=2)
    assert scan_incidents(store, shop.clock) == [f"incident:chain:{sixth['_id']}"]
    assert scan_incidents(store, shop.clock) == []


def test_a_document_that_names_one_which_it_cannot_follow_breaks_the_chain_at_once(shop: Shop, store: Database) -> None:
    till = shop.till()
    first, second, third = (shop.sell(till) for _ in range(3))
    arrive(store, till, first)
    forge(store, second["_id"], rehashed(second, at="2020-01-01T00:00:00.000Z"))
    forge(store, third["_id"], rehashed(third, prev=None))
    found = set(scan_incidents(store))

    assert found == {f"incident:chain:{doc['_id']}" for doc in (second, third)}
    assert sum(finding.kind == "chain" for finding in verify_store(store)) >= 1


def test_two_clones_and_a_restored_copy_are_no_fault_of_any_document(
    shop: Shop, exchange: Exchange, store: Database
) -> None:
    original = shop.till()
    shop.sell(original)
    clone = shop.copy(original, "clone")
    request = shop.request()
    original.sell(request)
    clone.sell(request)  # the same sale, the same number: one document with two versions
    mine, theirs = [shop.sell(original) for _ in range(3)], [shop.sell(clone) for _ in range(3)]
    arrive(store, clone, theirs[-1], theirs[0])
    assert scan_incidents(store) == []
    exchange(original.store, store)
    exchange(clone.store, store)
    exchange(original.store, store)
    found = set(scan_incidents(store))
    shop.clock.now += PATIENCE * 2
    found |= set(scan_incidents(store, shop.clock))

    assert {id.split(":")[1] for id in found} == {"number", "sale"}
    # Each goes its own way; nothing of what follows is wrong.
    for till in (original, clone):
        scan_incidents(till.store)
        shop.sell(till)
        exchange(till.store, store)
    assert scan_incidents(store, shop.clock) == []
    assert len(mine) == len(theirs)


def test_what_another_program_or_a_newer_one_wrote_is_no_incident(shop: Shop, store: Database) -> None:
    order = shop.sell(shop.till())
    forge(store, "order:junk", {"type": "order", "total": "x"})
    store.put({"_id": "order:mine", "type": "order", "lines": 5})
    store.put({**store.get("order:mine"), "lines": 6})
    forge(store, order["_id"], {**body(order), "hash_version": 99})

    assert scan_incidents(store) == []


def test_a_node_that_comes_from_an_older_version_looks_at_everything_once(
    shop: Shop, exchange: Exchange, store: Database
) -> None:
    till = shop.till()
    order = shop.sell(till)
    exchange(till.store, store)
    forge(store, order["_id"], one_byte(order))
    store.put_local("couchtill.incidents", {"seq": store.update_seq})  # as the version before left it

    assert scan_incidents(store) == [f"incident:second_version:{order['_id']}"]
