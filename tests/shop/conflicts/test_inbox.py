"""The inbox: which documents wait, in which order, by which filter; what hangs on each; who sees to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.docs.database import Database
from app.shop import followups, incidents, schemas, tasks
from app.shop.actor import ANYBODY, Actor
from app.shop.conflicts import bulk, inbox, joining, policies
from app.shop.conflicts.case import read
from app.shop.conflicts.inbox import LATER, NOBODY, Filter
from app.shop.conflicts.resolve import resolve
from app.shop.conflicts.weight import Weight
from app.shop.indexes import indexes_for
from app.shop.sale import SaleError
from tests.shop.conftest import FakeClock
from tests.shop.conftest import Shop as Tills
from tests.support.forks import DELETED, fork, on

MILK = "product:milk"
ANN = "staff:ann00001"


class Shop(NamedTuple):
    company: Database
    store: Database


@pytest.fixture
def shop(shop: Tills) -> Shop:
    return Shop(shop.company, shop.till().store)


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


def products(shop: Shop, *names: str) -> list[str]:
    """Products whose price head office and till 1 have changed apart; the last one is the newest."""
    ids = [f"product:{name}" for name in names]
    for id in ids:
        if shop.company.read(id) is None:
            like = {key: value for key, value in shop.company.get(MILK).items() if key != "_rev"}
            shop.company.put({**like, "_id": id, "name": id[8:].title(), "sku": id[8:], "price": price(1200)})
        fork(
            shop.company,
            id,
            on("office", "2026-11-22T12:02:00.000Z", price=price(1290)),
            on("s1-t1", "2026-11-22T12:05:00.000Z", by=ANN, price=price(1350)),
        )
    return ids


def listed(shop: Shop, limit: int = 50, **wanted: Any) -> list[str]:
    """The ids of all pages of `limit`, one after the other."""
    found, before = [], None
    while True:
        page = inbox.page([shop.company, shop.store], Filter(**wanted), before=before, limit=limit)
        found += [entry.case.id for entry in page.entries]
        assert len(page.entries) <= limit
        if page.next is None:
            return found
        before = page.next


def test_every_document_in_dispute_is_listed_once_the_newest_change_of_each_database_first(shop: Shop) -> None:
    ids = products(shop, "milk", "tea", "cocoa")
    shop.store.put({"_id": "staff:ann00001", "type": "staff", "schema": 1, "name": "Ann", "role": "cashier"})
    fork(shop.store, ANN, on("s1-t1", name="Anna"), on("s1-t2", name="Anne"))

    for limit in (1, 2, 50):
        assert listed(shop, limit) == [*reversed(ids), ANN]
    assert listed(shop, type="staff") == listed(shop, database=shop.store.name) == [ANN]
    assert listed(shop, words="COCOA") == ["product:cocoa"]
    assert listed(shop, words="anne") == [ANN]
    assert listed(shop, type="tax") == listed(shop, database="store-s9") == []
    assert inbox.matching([shop.company, shop.store], Filter()) == 4
    assert inbox.matching([shop.company, shop.store], Filter(type="product", words="tea")) == 1


def test_a_document_that_is_written_once_is_no_conflict_whatever_its_tree_says(shop: Shop) -> None:
    shop.store.put({"_id": "event:x", "type": "event"})
    fork(shop.store, "event:x", {"a": 1}, {"a": 2})
    shop.company.put({"_id": "odd"})
    fork(shop.company, "odd", {"a": 1}, {"a": 2})

    assert shop.store.dispute_counts() == {"event": 1}
    assert listed(shop) == ["odd"]
    assert listed(shop, type="") == ["odd"], "documents without a type can be asked for"


def test_what_was_sold_since_and_at_which_price_is_counted_in_the_orders_that_are_here(shop: Shop) -> None:
    def order(n: int, at: str, amount: int, quantity: int = 1000, **fields: Any) -> None:
        line = {"product": MILK, "quantity": quantity, "price": price(amount)}
        body = {"type": "order", "kind": "sale", "sale": f"s{n}", "at": at, "lines": [line, {"product": "product:tea"}]}
        shop.store.put({"_id": f"order:s1-t1.k1:{n:08d}:0123456789", **body, **fields})

    order(1, "2026-11-22T12:01:00.000Z", 1350)
    order(2, "2026-11-22T12:06:00.000Z", 1350, 2000, customer="customer:ada")
    order(3, "2026-11-22T12:07:00.000Z", 1350)
    order(4, "2026-11-22T12:08:00.000Z", 1290)
    order(5, "2026-11-22T12:09:00.000Z", 1350, kind="refund")
    order(6, "2026-11-22T12:09:30.000Z", 1350, lines="what is this")
    products(shop, "milk")

    [entry] = inbox.page([shop.company, shop.store], Filter()).entries
    sides = {side.on: side for side in entry.case.sides}
    assert entry.weight.sold_at(MILK, sides["s1-t1"].at or "", price(1350)) == 3000
    assert entry.weight.sold_at(MILK, sides["office"].at or "", price(1290)) == 1000
    assert entry.weight.sold_at(MILK, sides["office"].at or "", None) == 0
    assert entry.since == "2026-11-22T12:02:00.000Z" and entry.weight.sold(MILK, entry.since) == 4000
    assert Weight([shop.store], {"customer:ada": entry.since}).receipts("customer:ada", entry.since) == 1
    bounded = Weight([shop.store], {MILK: "2026-11-22T12:00:00.000Z"}, most=4)
    assert bounded.more and bounded.sold(MILK, "2026-11-22T12:00:00.000Z") == 2000
    assert not entry.weight.more


# --- who sees to it --------------------------------------------------------------------------------------------------


def say(shop: Shop, id: str, **asked: Any) -> dict[str, Any]:
    actor = asked.pop("actor", Actor(ANN, "Ann", frozenset({"conflicts"})))
    database = asked.pop("database", shop.company)
    return followups.change(database, id, asked, on="s1-t1", staff=[ANN], actor=actor, moment=FakeClock())


def test_a_conflict_is_assigned_noted_and_put_aside_in_a_document_of_its_own_until_it_is_decided(shop: Shop) -> None:
    products(shop, "milk", "tea", "cocoa")
    say(shop, MILK, assigned=ANN)
    say(shop, f"task:conflict:{MILK}", note="  Asked the supplier. ", request="note-0001")
    doc = say(shop, MILK, note="Asked the supplier.", request="note-0001")
    say(shop, "product:tea", later=True)

    assert doc["_id"] == f"task:conflict:{MILK}" and schemas.check(doc) == []
    assert {id: note["text"] for id, note in doc["notes"].items()} == {"note-0001": "Asked the supplier."}
    assert (doc["assigned"], doc["notes"]["note-0001"]["by"], doc["updated_on"]) == (ANN, ANN, "s1-t1")
    assert listed(shop, assigned=ANN) == [MILK]
    assert listed(shop, assigned=LATER) == ["product:tea"]
    assert listed(shop, assigned=NOBODY, limit=1) == ["product:cocoa", "product:tea"]
    assert inbox.matching([shop.company], Filter(assigned=NOBODY)) == 2
    assert [row["_id"] for row in tasks.tasks(shop.company)] == [], "it is no task besides"
    page = inbox.page([shop.company], Filter())
    assert [bool(entry.follow) for entry in page.entries] == [False, True, True]

    case = read(shop.company, MILK)
    assert case is not None
    resolve(shop.company, MILK, request="decide-01", seen=case.seen, actor=ANYBODY, on="s1-t1", take=case.sides[0].rev)
    assert MILK not in listed(shop)
    with pytest.raises(SaleError) as gone:
        say(shop, "product:nothing", note="Too late.")
    assert gone.value.status == 404


def test_an_incident_and_a_task_are_closed_and_open_again_and_say_by_whom(shop: Shop) -> None:
    incidents.write(shop.store, incidents.number_incident("s1-t1.k7", 12))
    id = "incident:number:s1-t1.k7:00000012"
    done = say(shop, id, database=shop.store, done=True, note="It was the copy.")
    assert (done["done_by"], bool(done["done_at"]), len(done["notes"])) == (ANN, True, 1)
    assert schemas.check(done) == []
    assert say(shop, id, database=shop.store, done=True) == done, "nothing is written twice"
    again = say(shop, id, database=shop.store, done=False)
    assert (again["done_at"], again["done_by"]) == (None, None)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, ""),
        ({"note": "   "}, "note"),
        ({"note": 5}, "note"),
        ({"note": "x" * 2001}, "notes.text"),
        ({"note": "x", "request": "short"}, "request"),
        ({"done": "yes"}, "done"),
        ({"assigned": "staff:nobody"}, "assigned"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_can_not_be_said_is_refused_with_its_field_and_writes_nothing(
    shop: Shop, asked: dict[str, Any], field: str
) -> None:
    products(shop, "milk")
    before = shop.company.update_seq
    with pytest.raises(SaleError) as refused:
        say(shop, MILK, **{**({"request": "note-0001"} if "note" in asked else {}), **asked})
    assert (refused.value.status, refused.value.as_dict()["field"]) == (400, field)
    assert shop.company.update_seq == before


def test_who_lacks_the_right_says_nothing_and_closes_no_task(shop: Shop) -> None:
    products(shop, "milk")
    tasks.write(shop.company, tasks.task("overspent", "credit:customer:1"))
    cashier = Actor(ANN, "Ann", frozenset({"sell"}))
    with pytest.raises(SaleError) as refused:
        say(shop, MILK, note="Mine.", actor=cashier)
    assert refused.value.as_dict()["error"] == "needs_approval" and refused.value.as_dict()["right"] == "conflicts"
    with pytest.raises(SaleError):
        tasks.finish(shop.company, "task:overspent:credit:customer:1", on="s1-t1", actor=cashier)


def test_what_two_places_say_apart_of_one_conflict_stays_all_of_it(shop: Shop, tmp_path: Path) -> None:
    products(shop, "milk")
    with Database(tmp_path / "other.db", name="company", indexes=indexes_for("company")) as other:
        carry(shop.company, other, MILK)
        say(shop, MILK, note="From here.", request="note-here", later=True)
        say(shop, MILK, database=other, note="From there.", request="note-there", assigned=ANN)
        carry(other, shop.company, f"task:conflict:{MILK}")
        joining.join(shop.company, f"task:conflict:{MILK}", policies.table_for("task"))

    doc = shop.company.get(f"task:conflict:{MILK}", conflicts=True)
    assert "_conflicts" not in doc
    assert set(doc["notes"]) == {"note-here", "note-there"}
    assert (doc["assigned"], bool(doc["later_at"])) == (ANN, True)


def carry(source: Database, target: Database, id: str) -> None:
    """Every leaf of a document, with its history."""
    docs = [entry["ok"] for entry in source.open_revs(id, "all", with_revs=True)]
    assert target.bulk_docs(docs, new_edits=False) == []


# --- many at once ----------------------------------------------------------------------------------------------------


def is_till(on: str | None) -> bool:
    return on is not None and "-t" in on


def decide(shop: Shop, id: str, choice: str, request: str = "many-0001", seen: str | None = None) -> dict[str, Any]:
    case = read(shop.company, id)
    told = seen if seen is not None else case.seen if case is not None else ""
    return bulk.decide(shop.company, id, told, choice, request=request, actor=ANYBODY, on="office", is_till=is_till)


def test_a_choice_for_many_means_for_each_its_own_side_and_each_is_one_resolution(shop: Shop) -> None:
    ids = products(shop, "milk", "tea", "cocoa")
    for id, choice in zip(ids, ("office", "till", "newer"), strict=True):
        done = decide(shop, id, choice)
        assert done["resolution"]["kind"] == "bulk" and decide(shop, id, choice) == done, "a repeat gives the same"
    assert [shop.company.get(id)["price"]["amount"] for id in ids] == [1290, 1350, 1350]
    assert shop.company.count("resolution") == 3
    assert listed(shop) == []


def test_a_deletion_can_be_the_side_that_is_chosen_and_what_is_unknown_is_said(shop: Shop) -> None:
    gone = {**DELETED}
    fork(shop.company, MILK, on("s1-t1", price=price(150)), gone)
    with pytest.raises(SaleError) as unknown:
        decide(shop, MILK, "newer")
    assert unknown.value.as_dict()["error"] == "no_side"
    with pytest.raises(SaleError) as nobody:
        decide(shop, MILK, "office")
    assert nobody.value.as_dict()["error"] == "no_side"
    decide(shop, MILK, "shown")
    assert shop.company.get(MILK)["price"] == price(150)


def test_one_that_has_changed_meanwhile_stays_as_it_is(shop: Shop) -> None:
    [id] = products(shop, "milk")
    case = read(shop.company, id)
    assert case is not None
    fork(shop.company, id, on("s1-t2", price=price(1)), rev=case.base_rev)
    before = shop.company.update_seq
    with pytest.raises(SaleError) as changed:
        decide(shop, id, "office", seen=case.seen)
    assert changed.value.as_dict()["error"] == "changed"
    assert shop.company.update_seq == before
