"""What a person is shown of a document in dispute: who wrote what, what the rules join, what is left to decide."""

from __future__ import annotations

from base64 import b64encode

from app.docs.merge import MISSING
from app.shop.conflicts.case import read, seen
from tests.shop.conftest import Shop
from tests.support.forks import DELETED, arrive, fork, on

MILK = "product:milk"


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


def test_what_both_sides_changed_is_to_decide_and_what_one_side_changed_is_joined(shop: Shop) -> None:
    office, till = fork(
        shop.company,
        MILK,
        on("office", price=price(140), barcodes=["4000000000013", "4000000000099"]),
        on("s1-t1", "2026-11-20T12:05:00.000Z", by="staff:ann", price=price(150), picture="picture:milk"),
    )
    case = read(shop.company, MILK)
    assert case is not None and (case.kind, case.type, case.database) == ("edited", "product", "company")
    assert [(side.on, side.by, side.at) for side in sorted(case.sides, key=lambda side: side.on or "")] == [
        ("office", None, "2026-11-20T12:00:00.000Z"),
        ("s1-t1", "staff:ann", "2026-11-20T12:05:00.000Z"),
    ]
    [field] = case.fields
    assert (field.path, field.base, field.values) == (
        "price",
        {"amount": 129},
        {office: price(140), till: price(150)},
    )
    assert field.suggestion == office  # of what head office sets, its own comes first
    assert {one.path: (one.value, one.changed) for one in case.joined} == {
        "barcodes": (["4000000000013", "4000000000099"], (office,)),
        "picture": ("picture:milk", (till,)),
    }
    assert "name" in case.untouched
    told = case.as_dict()
    assert told["fields"][0]["values"] == field.values and told["seen"] == case.seen == seen(shop.company, MILK)
    assert "base" not in next(one for one in told["joined"] if one["path"] == "picture")


def test_three_sides_are_decided_at_once_and_who_left_a_field_alone_says_nothing_of_it(shop: Shop) -> None:
    office, first, second = fork(
        shop.company,
        MILK,
        on("office", price=price(140)),
        on("s1-t1", "2026-11-20T12:05:00.000Z", price=price(150), name="Milk"),
        on("s1-t2", "2026-11-20T12:06:00.000Z", brand="Alm"),
    )
    case = read(shop.company, MILK)
    assert case is not None and len(case.live) == 3
    [field] = case.fields
    assert (field.path, field.changed) == ("price", (office, first)) or field.changed == (first, office)
    assert second not in field.values
    assert {one.path: one.value for one in case.joined} == {"name": "Milk", "brand": "Alm"}


def test_without_the_version_before_every_difference_is_for_a_person(shop: Shop) -> None:
    company = shop.company
    body = {"type": "category", "schema": 1, "name": "Dairy"}
    told = [{**body, **on("office"), "name": "Milk"}, {**body, **on("s1-t1"), "colour": "#112233"}]
    for hash_, doc in zip(("aa", "bb"), told, strict=True):
        way = {"start": 2, "ids": [hash_ * 16, "cc" * 16]}
        assert company.bulk_docs([{"_id": "category:d", "_revisions": way, **doc}], new_edits=False) == []
    case = read(company, "category:d")
    assert case is not None and case.base is None and case.base_rev == f"1-{'cc' * 16}"
    assert [field.path for field in case.fields] == ["colour", "name"] and case.joined == ()
    assert MISSING in case.fields[0].values.values()


def test_deleted_at_one_place_and_edited_at_another(shop: Shop) -> None:
    fork(shop.company, MILK, DELETED, on("s1-t1", name="Fresh milk"))
    case = read(shop.company, MILK)
    assert case is not None and case.kind == "deleted"
    assert [side.deleted for side in case.sides] == [False, True] and case.fields == ()
    assert case.base is not None and case.base["name"] == "Whole milk"


def test_of_a_type_that_is_not_known_everything_is_for_a_person(shop: Shop) -> None:
    shop.company.put({"_id": "menu:lunch", "type": "menu", "schema": 9, "dish": "Soup", "side": "Bread"})
    soup, bread = fork(shop.company, "menu:lunch", {"dish": "Stew"}, {"side": "Rice"})
    case = read(shop.company, "menu:lunch")
    assert case is not None and case.by_hand and case.joined == ()
    assert {field.path: (field.suggestion, field.changed) for field in case.fields} == {
        "dish": (soup, (soup,)),
        "side": (bread, (bread,)),
    }


def test_nothing_is_joined_by_rule_where_there_are_attachments(shop: Shop) -> None:
    doc = shop.company.get(MILK)
    png = {"content_type": "image/png", "data": b64encode(b"one").decode()}
    rev = shop.company.put({**doc, "_attachments": {"a.png": png}})
    stubs = shop.company.get(MILK)["_attachments"]
    other = {**png, "data": b64encode(b"two").decode(), "digest": "md5-" + "A" * 22 + "=="}
    arrive(shop.company, MILK, rev, {**doc, **on("office"), "name": "Milk", "_attachments": stubs})
    arrive(shop.company, MILK, rev, {**doc, **on("s1-t1"), "brand": "Alm", "_attachments": {"a.png": other}})
    case = read(shop.company, MILK)
    assert case is not None and case.by_hand and case.joined == ()
    assert {field.path for field in case.fields} == {"name", "brand", "_attachments"}


def test_nothing_in_dispute_is_no_case_and_what_is_written_once_never_is_one(shop: Shop) -> None:
    assert read(shop.company, MILK) is None and seen(shop.company, MILK) is None
    assert read(shop.company, "product:none") is None
    shop.company.put({"_id": "ledger:a", "type": "ledger"})
    fork(shop.company, "ledger:a", {"x": 1}, {"x": 2})
    assert read(shop.company, "ledger:a") is None
    fork(shop.company, "product:tea", DELETED, DELETED | {"by": 1})
    assert read(shop.company, "product:tea") is None  # deleted at both places


def test_hashes_of_pins_are_shown_to_nobody(shop: Shop) -> None:
    pin = {"salt": "00", "hash": "11", "n": 1024, "r": 8, "p": 1, "pepper": "0" * 8}
    shop.company.put({"_id": "staff:a", "type": "staff", "schema": 1, "name": "Ann", "role": "cashier", "pin": pin})
    fork(shop.company, "staff:a", on("s1-t1", pin={**pin, "hash": "22"}), on("s1-t2", pin={**pin, "hash": "33"}))
    case = read(shop.company, "staff:a")
    assert case is not None
    told = case.as_dict()
    assert told["fields"][0]["path"] == "pin" and set(map(str, told["fields"][0]["values"].values())) == {
        "{'hidden': True}"
    }
    assert "'22'" not in str(told) and "'11'" not in str(told)


def test_another_leaf_or_another_edit_is_another_fingerprint(shop: Shop) -> None:
    fork(shop.company, MILK, on("office", price=price(1)), on("s1-t1", price=price(2)))
    before = seen(shop.company, MILK)
    shop.company.put({**shop.company.get(MILK), "name": "Milk"})
    assert before != seen(shop.company, MILK) is not None
