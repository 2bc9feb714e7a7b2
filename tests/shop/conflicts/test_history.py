"""What a document has been through: who changed what, when and where, what is no longer held, and bringing it back."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from app.docs.database import Database
from app.docs.merge import MISSING
from app.shop.actor import ANYBODY, Actor
from app.shop.conflicts import case, joining
from app.shop.conflicts.history import Decision, Gap, History, Version, read, told
from app.shop.conflicts.policies import table_for
from app.shop.conflicts.resolve import resolve, undo
from app.shop.conflicts.restoring import restore
from app.shop.editing import edit
from app.shop.sale import SaleError
from tests.shop.conftest import FakeClock, Shop
from tests.support.forks import arrive, fork, on

MILK = "product:milk"
ANN = Actor("staff:ann", "Ann", frozenset({"conflicts"}))


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


def history(database: Database, id: str = MILK, elsewhere: list[Any] | None = None) -> History:
    found = read(database, id, elsewhere or [])
    assert found is not None
    return found


def rows(found: History) -> list[tuple[Any, ...]]:
    """Kind, who, where and the changed members of each entry."""
    made: list[tuple[Any, ...]] = []
    for entry in found.entries:
        if isinstance(entry, Gap):
            made.append(("gap", len(entry.revs)))
        elif isinstance(entry, Decision):
            made.append((entry.doc["kind"], entry.doc["by"], entry.doc["on"]))
        else:
            paths = None if entry.changes is None else [one.path for one in entry.changes]
            made.append((entry.kind, entry.by, entry.on, paths))
    return made


def change(shop: Shop, moment: FakeClock, by: str, where: str, **changes: Any) -> str:
    record = shop.company.read(MILK)
    assert record is not None
    edited = edit(shop.company, MILK, record.rev, changes, by=by, on=where, moment=moment)
    return str(edited["_rev"])


def bring_back(shop: Shop, rev: str, id: str = MILK, request: str = "request-1", **asked: Any) -> dict[str, Any]:
    record = shop.company.read(id)
    asked.setdefault("seen", record.rev if record is not None else "")
    return restore(
        shop.company, id, rev, request=request, **{"actor": ANN, "on": "s1-t1", "moment": FakeClock(), **asked}
    )


def refused(shop: Shop, rev: str, id: str = MILK, **asked: Any) -> SaleError:
    before = shop.company.update_seq
    with pytest.raises(SaleError) as caught:
        bring_back(shop, rev, id, **asked)
    assert shop.company.update_seq == before
    return caught.value


def test_who_changed_which_member_when_and_where_newest_first(shop: Shop) -> None:
    clock = FakeClock()
    change(shop, clock, "staff:ann", "s1-t1", price=price(139))
    change(shop, clock, "staff:bob", "office", attributes={"zh": "牛奶"}, barcodes=["1", "2"])
    change(shop, clock, "staff:ann", "office", attributes={"zh": "全脂牛奶"})

    found = history(shop.company)

    assert rows(found) == [
        ("changed", "staff:ann", "office", ["attributes.zh"]),
        ("changed", "staff:bob", "office", ["attributes", "barcodes"]),
        ("changed", "staff:ann", "s1-t1", ["price"]),
        ("made", None, None, None),
    ]
    newest = found.entries[0]
    assert isinstance(newest, Version) and newest.changes is not None
    assert (newest.changes[0].before, newest.changes[0].after, newest.state) == ("牛奶", "全脂牛奶", "used")
    assert newest.at == "2026-11-22T12:00:03.000Z"
    second = found.entries[1]
    assert isinstance(second, Version) and second.changes is not None
    assert second.changes[0].before is MISSING
    assert told(found)["entries"][1]["changes"][0] == {"path": "attributes", "after": {"zh": "牛奶"}}


def test_branches_of_a_dispute_are_open_and_what_a_rule_joined_says_so(shop: Shop) -> None:
    office, till = fork(shop.company, MILK, on("office", picture="picture:m"), on("s1-t1", price=price(150)))
    states = {entry.rev: entry.state for entry in history(shop.company).entries if isinstance(entry, Version)}
    assert sorted([states[office], states[till]]) == ["open", "used"]

    assert joining.join(shop.company, MILK, table_for("product"))
    found = history(shop.company)
    kinds = {entry.rev: (entry.kind, entry.state) for entry in found.entries if isinstance(entry, Version)}
    assert kinds[found.rev] == ("joined", "used")
    assert sorted([kinds[office][1], kinds[till][1]]) == ["joined", "past"]
    assert len(found.entries) == 4


def test_what_a_person_decided_stands_there_with_the_note_and_what_was_set_aside(shop: Shop) -> None:
    office, till = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    seen = case.seen(shop.company, MILK)
    assert seen is not None
    done = resolve(
        shop.company,
        MILK,
        request="request-1",
        seen=seen,
        actor=ANN,
        on="office",
        take=till,
        note="shelf",
        moment=FakeClock(),
    )
    found = history(shop.company)
    first = found.entries[0]
    assert isinstance(first, Decision) and first.version is not None
    assert (first.doc["note"], first.version.rev, first.undone) == ("shelf", done["rev"], False)
    states = {entry.rev: entry.state for entry in found.entries if isinstance(entry, Version)}
    assert sorted([states[office], states[till]]) == ["closed", "past"]
    assert found.closed == set(done["resolution"]["closed"])

    of = done["resolution"]["_id"]
    undo(shop.company, MILK, request="request-2", resolution=of, actor=ANN, on="office", moment=FakeClock())
    again = history(shop.company)
    assert [(entry.doc["kind"], entry.undone) for entry in again.entries if isinstance(entry, Decision)] == [
        ("undone", False),
        ("resolved", True),
    ]
    assert len(again.open) == 2


def test_deleted_and_returned_are_told(shop: Shop) -> None:
    first = shop.company.read(MILK)
    assert first is not None
    shop.company.delete(MILK, first.rev)
    assert [row[0] for row in rows(history(shop.company))] == ["deleted", "made"]
    assert history(shop.company).body["name"] == "Whole milk"

    done = bring_back(shop, first.rev)

    assert done["doc"]["price"] == {"amount": 129}
    assert rows(history(shop.company))[0] == ("restored", "staff:ann", "s1-t1")
    assert history(shop.company).entries[0].version.kind == "returned"  # type: ignore[union-attr]


def test_what_is_no_longer_held_is_counted_and_may_be_held_elsewhere(shop: Shop) -> None:
    clock = FakeClock()
    revs = [change(shop, clock, "staff:ann", "s1-t1", price=price(200 + n)) for n in range(5)]
    kept = {doc["_rev"]: doc for doc in shop.company.held(MILK)}
    shop.company.compact()

    found = history(shop.company)
    assert rows(found) == [("unknown", "staff:ann", "s1-t1", None), ("gap", 5)]
    assert found.missing[0] == revs[-2]

    fuller = history(shop.company, elsewhere=[kept[revs[-2]], kept[revs[0]]])
    assert rows(fuller) == [
        ("changed", "staff:ann", "s1-t1", ["price"]),
        ("changed", "staff:ann", "s1-t1", ["price"]),
        ("gap", 2),
        ("unknown", "staff:ann", "s1-t1", None),
        ("gap", 1),
    ]
    second = fuller.entries[1]
    assert isinstance(second, Version) and (second.over, second.here) == (2, False)

    assert refused(shop, revs[0]).as_dict()["error"] == "not_held"
    assert bring_back(shop, revs[0], elsewhere=kept[revs[0]])["doc"]["price"] == price(200)


def test_an_older_version_is_written_anew_once_and_says_so(shop: Shop) -> None:
    clock = FakeClock()
    first = shop.company.read(MILK)
    assert first is not None
    change(shop, clock, "staff:bob", "office", price=price(999), name="Mlik")

    done = bring_back(shop, first.rev, note="typo")

    assert done["rev"].startswith("3-")
    doc = done["doc"]
    assert (doc["name"], doc["price"], doc["updated_by"], doc["updated_on"]) == (
        "Whole milk",
        {"amount": 129},
        "staff:ann",
        "s1-t1",
    )
    resolution = done["resolution"]
    assert (resolution["kind"], resolution["base"], resolution["result"]) == ("restored", first.rev, done["rev"])
    assert [(one["path"], one["value"]) for one in resolution["choices"]] == [
        ("name", "Whole milk"),
        ("price", {"amount": 129}),
    ]
    seq = shop.company.update_seq
    assert bring_back(shop, first.rev, seen="anything") == done
    assert shop.company.update_seq == seq


def test_nothing_is_written_over_what_came_meanwhile_or_without_the_right(shop: Shop) -> None:
    first = shop.company.read(MILK)
    assert first is not None
    now = change(shop, FakeClock(), "staff:bob", "office", price=price(999))

    stale = refused(shop, first.rev, seen=first.rev)
    assert (stale.status, stale.as_dict()["error"], stale.as_dict()["rev"]) == (409, "changed", now)
    assert refused(shop, first.rev, actor=Actor("staff:cy", "Cy", frozenset())).as_dict()["error"] == "needs_approval"
    assert refused(shop, now).as_dict()["error"] == "invalid"
    assert refused(shop, "7-feed").status == 404
    assert refused(shop, "1-feed", "product:none").status == 404
    assert refused(shop, first.rev, request="x").status == 400


def test_what_is_not_valid_any_more_is_not_brought_back(shop: Shop) -> None:
    record = shop.company.read(MILK)
    assert record is not None
    wrong = shop.company.put({**record.full(), "price": "twelve"})
    shop.company.put({**record.full(), "_rev": wrong})

    assert refused(shop, wrong).as_dict()["error"] == "invalid"


def test_the_rights_of_a_person_come_back_only_by_who_may_give_them(shop: Shop) -> None:
    staff = {"_id": "staff:eve", "type": "staff", "schema": 1, "name": "Eve", "role": "manager", "inactive": False}
    first = shop.company.put(staff)
    shop.company.put({**staff, "_rev": first, "role": "cashier"})

    error = refused(shop, first, "staff:eve")
    assert (error.status, error.as_dict()["right"]) == (403, "people")


def test_values_of_a_person_stand_in_no_resolution_and_what_is_erased_stays_so(shop: Shop) -> None:
    ada = {"_id": "customer:ada", "type": "customer", "schema": 1, "name": "Ada Lovelace", "cards": []}
    first = shop.company.put(ada)
    second = shop.company.put({**ada, "_rev": first, "name": "Ada King"})
    done = bring_back(shop, first, "customer:ada")
    assert done["resolution"]["choices"] == [{"path": "name", "side": first}]

    shop.company.put({"_id": "customer:ada", "_rev": done["rev"], "type": "customer", "schema": 1, "erased": True})
    assert refused(shop, second, "customer:ada", request="request-2").as_dict()["error"] == "erased"
    assert rows(history(shop.company, "customer:ada"))[0][0] == "erased"


def test_secrets_of_a_person_are_told_to_nobody(shop: Shop) -> None:
    staff = {"_id": "staff:eve", "type": "staff", "schema": 1, "name": "Eve", "role": "cashier", "pin": {"hash": "aa"}}
    first = shop.company.put(staff)
    shop.company.put({**staff, "_rev": first, "pin": {"hash": "bb"}})

    assert told(history(shop.company, "staff:eve"))["entries"][0]["changes"] == [
        {"path": "pin", "before": {"hidden": True}, "after": {"hidden": True}}
    ]


def test_a_receipt_has_one_version_and_cannot_be_brought_back(shop: Shop) -> None:
    till = shop.till("s1-t1")
    order = shop.sell(till)
    store = till.store

    found = history(store, order["_id"])

    assert rows(found) == [("made", order["cashier"], "s1-t1", None)]
    with pytest.raises(SaleError) as caught:
        restore(store, order["_id"], found.rev, request="request-1", seen=found.rev, actor=ANYBODY, on="s1-t1")
    assert caught.value.status == 403


def test_files_of_an_older_version_come_back_with_it(shop: Shop) -> None:
    file = {"note.txt": {"content_type": "text/plain", "data": b64encode(b"milk").decode()}}
    first = shop.company.put({"_id": "memo:1", "text": "a", "_attachments": file})
    shop.company.put({"_id": "memo:1", "_rev": first, "text": "b"})

    done = bring_back(shop, first, "memo:1")

    assert shop.company.get_attachment("memo:1", "note.txt").data == b"milk"
    assert (done["doc"]["text"], "updated_at" in done["doc"]) == ("a", False)


def test_a_branch_without_times_stands_above_what_it_was_made_on(shop: Shop) -> None:
    first = shop.company.put({"_id": "memo:2", "n": 1, "updated_at": "2030-01-01T00:00:00.000Z"})
    second = arrive(shop.company, "memo:2", first, {"n": 2})
    third = arrive(shop.company, "memo:2", second, {"n": 3, "updated_at": "2026-01-01T00:00:00.000Z"})

    entries = history(shop.company, "memo:2").entries
    assert [entry.rev for entry in entries if isinstance(entry, Version)] == [third, second, first]
