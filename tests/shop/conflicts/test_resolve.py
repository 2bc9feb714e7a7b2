"""Deciding a document in dispute, and taking that back: all of it or nothing, once for each request."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs.attachments import digest_of
from app.docs.database import Database
from app.shop import schemas
from app.shop.actor import ANYBODY, Actor
from app.shop.conflicts.case import ATTACHMENTS, Case, read, seen
from app.shop.conflicts.resolve import resolve, undo
from app.shop.indexes import indexes_for
from app.shop.sale import SaleError
from tests.shop.conftest import FakeClock, Shop
from tests.support.forks import DELETED, arrive, fork, on, open_bodies

MILK = "product:milk"
ANN = Actor("staff:ann", "Ann", frozenset({"conflicts"}))


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


def case_of(database: Database, id: str = MILK) -> Case:
    found = read(database, id)
    assert found is not None
    return found


def decide(shop: Shop, id: str = MILK, *, request: str = "request-1", **asked: Any) -> dict[str, Any]:
    asked.setdefault("seen", seen(shop.company, id) or "")
    return resolve(shop.company, id, request=request, **{"actor": ANN, "on": "s1-t1", "moment": FakeClock(), **asked})


def take_back(shop: Shop, done: dict[str, Any], id: str = MILK, request: str = "request-u") -> dict[str, Any]:
    of = done["resolution"]["_id"]
    return undo(shop.company, id, request=request, resolution=of, actor=ANN, on="s1-t1", moment=FakeClock())


def refused(shop: Shop, **asked: Any) -> SaleError:
    """The refusal; the shop is as it was."""
    before = shop.company.update_seq
    with pytest.raises(SaleError) as caught:
        decide(shop, **asked)
    assert shop.company.update_seq == before
    return caught.value


def test_a_side_is_taken_the_joined_stays_and_the_other_branch_is_closed(shop: Shop) -> None:
    office, till = fork(
        shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150), picture="picture:m")
    )
    case = case_of(shop.company)
    done = decide(shop, choose={"price": {"side": till}}, note="as agreed")
    doc = shop.company.get(MILK, conflicts=True)
    assert (doc["price"], doc["picture"]) == (price(150), "picture:m")
    assert (doc["updated_by"], doc["updated_on"], doc["updated_at"]) == (
        "staff:ann",
        "s1-t1",
        "2026-11-22T12:00:01.000Z",
    )
    assert "_conflicts" not in doc and read(shop.company, MILK) is None
    assert done["rev"] == doc["_rev"] and done["doc"] == doc
    resolution = done["resolution"]
    assert schemas.check(resolution) == []
    winner, loser = case.sides[0].rev, case.sides[1].rev
    assert (resolution["leaves"], resolution["base"]) == ([winner, loser], case.base_rev)
    assert shop.company.get(MILK, rev=doc["_rev"], revs=True)["_revisions"]["ids"][1] == winner.partition("-")[2]
    [closed] = resolution["closed"]
    assert shop.company.get(MILK, rev=closed)["resolved"] is True
    assert resolution["choices"] == [
        {"path": "price", "side": till, "value": price(150), "aside": {office: price(140)}},
        {"path": "picture", "side": "joined", "value": "picture:m"},
    ]
    assert (resolution["note"], resolution["by"], resolution["kind"]) == ("as agreed", "staff:ann", "resolved")


def test_a_keyed_value_is_checked_in_words_and_written(shop: Shop) -> None:
    fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    wrong = refused(shop, choose={"price": {"value": {"amount": -1}}})
    assert (wrong.status, wrong.field, wrong.reason) == (400, "price.amount", "The price must not be negative.")
    assert refused(shop, choose={"price": {"value": {"amount": 1.5}}}).error == "invalid"
    done = decide(shop, choose={"price": {"value": {"amount": 145}}})
    assert done["doc"]["price"] == price(145)
    assert done["resolution"]["choices"][0]["side"] == "other"


def test_nothing_is_written_when_something_is_not_chosen_or_is_wrong(shop: Shop) -> None:
    office, till = fork(
        shop.company, MILK, on("office", price=price(140), name="Milk"), on("s1-t1", price=price(150), name="Fresh")
    )
    missing = refused(shop, choose={"price": {"side": till}})
    assert (missing.status, missing.error, missing.details["fields"]) == (400, "undecided", ["name"])
    assert refused(shop, choose={"colour": {"value": 1}}, take=till).field == "colour"
    assert refused(shop, choose={"price": {"side": "9-none"}}, take=till).field == "price"
    assert refused(shop, take="9-none").field == "take"
    assert refused(shop, take=till, keep="deleted").field == "keep"
    assert refused(shop, take=till, request="short").field == "request"
    assert refused(shop, take=till, actor=Actor("staff:bob", "Bob", frozenset())).error == "needs_approval"
    done = decide(shop, take=office, choose={"price": {"side": till}})
    assert (done["doc"]["name"], done["doc"]["price"]) == ("Milk", price(150))


def test_an_old_view_writes_nothing_and_is_shown_what_is_new_or_who_decided(shop: Shop) -> None:
    _, till = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    old = seen(shop.company, MILK)
    arrive(shop.company, MILK, till, {**shop.company.get(MILK, rev=till), "price": price(160)})
    late = refused(shop, seen=old, take=till)
    assert (late.status, late.error) == (409, "changed")
    assert {value["amount"] for value in late.details["case"]["fields"][0]["values"].values()} == {140, 160}
    done = decide(shop, take=case_of(shop.company).sides[0].rev)
    late = refused(shop, seen=old, take=till, request="request-2")
    assert late.details["case"] is None and late.details["resolution"]["_id"] == done["resolution"]["_id"]


def test_one_request_decides_once(shop: Shop) -> None:
    _, till = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    old = seen(shop.company, MILK)
    done = decide(shop, take=till)
    again = decide(shop, take=till, seen=old)
    assert again == done and shop.company.count("resolution") == 1
    fork(shop.company, "product:tea", on("office", price=price(1)), on("s1-t1", price=price(2)))
    assert refused(shop, id="product:tea", take=till).error == "request_used"


def test_two_people_who_decide_apart_come_to_dispute_again_and_no_decision_is_lost(shop: Shop) -> None:
    fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    copy = shop.open("company", shop.folder / "copy.db")
    docs = [entry["ok"] for entry in shop.company.open_revs(MILK, "all", with_revs=True)]
    assert copy.bulk_docs(docs, new_edits=False) == []
    told = seen(copy, MILK)
    assert told is not None
    decide(shop, choose={"price": {"value": price(144)}})
    asked: Any = dict(choose={"price": {"value": price(155)}}, actor=ANYBODY, on="office")
    resolve(copy, MILK, request="request-2", seen=told, **asked)
    for id in (MILK, copy.find("resolution_about", MILK)[0].id):
        brought = [entry["ok"] for entry in copy.open_revs(id, "all", with_revs=True)]
        assert shop.company.bulk_docs(brought, new_edits=False) == []
    assert set(map(str, case_of(shop.company).fields[0].values.values())) == {str(price(144)), str(price(155))}
    assert len(shop.company.find("resolution_about", MILK)) == 2


def test_deleted_against_edited_is_kept_deleted_or_brought_back(shop: Shop) -> None:
    fork(shop.company, MILK, DELETED, on("s1-t1", name="Fresh milk"))
    assert refused(shop).details["fields"] == ["_deleted"]
    before = open_bodies(shop.company, MILK)
    gone = decide(shop, keep="deleted")
    assert gone["doc"] is None and gone["resolution"]["kept"] == "deleted" and gone["resolution"]["result"] is None
    record = shop.company.read(MILK)
    assert record is not None and record.deleted and read(shop.company, MILK) is None
    take_back(shop, gone)
    assert open_bodies(shop.company, MILK) == before and case_of(shop.company).kind == "deleted"
    back = decide(shop, keep="live", request="request-2")
    assert back["doc"]["name"] == "Fresh milk" and read(shop.company, MILK) is None
    take_back(shop, back, request="request-3")
    assert case_of(shop.company).kind == "deleted"


def test_a_late_edit_of_what_was_kept_deleted_comes_to_dispute_again(shop: Shop) -> None:
    seen_rev = shop.company.get(MILK)
    _, edit = fork(shop.company, MILK, DELETED, on("s1-t1", name="Fresh milk"))
    decide(shop, keep="deleted")
    arrive(shop.company, MILK, edit, {**seen_rev, **on("s1-t2"), "name": "Late milk"})
    assert case_of(shop.company).kind == "deleted"


def test_three_sides_one_of_them_deleted_are_decided_at_once_and_taken_back(shop: Shop) -> None:
    fork(shop.company, MILK, DELETED, on("office", price=price(140)), on("s1-t1", price=price(150)))
    before = open_bodies(shop.company, MILK)
    case = case_of(shop.company)
    assert refused(shop, keep="live").details["fields"] == ["price"]
    done = decide(shop, keep="live", take=case.live[1].rev)
    assert done["doc"]["price"] == case.live[1].body["price"] and len(done["resolution"]["closed"]) == 2
    take_back(shop, done)
    assert open_bodies(shop.company, MILK) == before
    gone = decide(shop, keep="deleted", request="request-2")
    assert gone["doc"] is None and len(gone["resolution"]["closed"]) == 2
    take_back(shop, gone, request="request-3")
    assert open_bodies(shop.company, MILK) == before


def test_what_was_edited_since_is_not_taken_back(shop: Shop) -> None:
    _, till = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    done = decide(shop, take=till)
    shop.company.put({**shop.company.get(MILK), "name": "Milk"})
    with pytest.raises(SaleError) as caught:
        take_back(shop, done)
    assert (caught.value.status, caught.value.error) == (409, "changed")
    with pytest.raises(SaleError) as none:
        take_back(shop, {"resolution": {"_id": "resolution:none"}})
    assert none.value.status == 404


def test_what_is_no_longer_kept_is_not_taken_back(shop: Shop) -> None:
    _, till = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    done = decide(shop, take=till)
    shop.company.compact()
    with pytest.raises(SaleError) as caught:
        take_back(shop, done)
    assert (caught.value.status, caught.value.error) == (409, "not_held")


def test_the_attachments_are_those_of_the_side_that_was_chosen_and_come_back_with_it(shop: Shop) -> None:
    doc = shop.company.get(MILK)
    rev = shop.company.put({**doc, "_attachments": {"a.png": _png(b"before")}})
    sides = [
        arrive(shop.company, MILK, rev, {**doc, **on(place), "name": place, "_attachments": {"a.png": _png(data)}})
        for place, data in (("office", b"one"), ("s1-t1", b"two"))
    ]
    before = open_bodies(shop.company, MILK)
    wrong = refused(shop, take=sides[0], choose={ATTACHMENTS: {"value": {}}})
    assert wrong.field == ATTACHMENTS
    for number, (place, data) in enumerate((("office", b"one"), ("s1-t1", b"two"))):
        side = next(side for side in case_of(shop.company).sides if side.on == place)
        done = decide(shop, take=side.rev, request=f"request-{number}")
        shown = shop.company.get(MILK, attachments=True)
        assert b64decode(shown["_attachments"]["a.png"]["data"]) == data
        take_back(shop, done, request=f"undoing-{number}")
        assert _plain(open_bodies(shop.company, MILK)) == _plain(before)
    one, two = sorted(case_of(shop.company).sides, key=lambda side: side.on or "")
    done = decide(shop, take=one.rev, choose={ATTACHMENTS: {"side": two.rev}}, request="mixed-01")
    assert done["doc"]["name"] == "office" and done["doc"]["_attachments"]["a.png"]["digest"] == digest_of(b"two")


def _png(data: bytes) -> dict[str, Any]:
    return {"content_type": "image/png", "data": b64encode(data).decode(), "digest": digest_of(data)}


def _plain(bodies: list[dict[str, Any]]) -> list[Any]:
    """What the bodies say, and which bytes hang on them (in which generation they came is no matter)."""
    told = [{**body, "_attachments": {n: a["digest"] for n, a in body["_attachments"].items()}} for body in bodies]
    return sorted(map(str, told))


def test_a_resolution_about_a_person_holds_no_value_of_theirs(shop: Shop) -> None:
    shop.company.put({"_id": "customer:a", "type": "customer", "schema": 1, "name": "Ada", "phone": "1"})
    fork(shop.company, "customer:a", on("s1-t1", phone="2222"), on("s1-t2", phone="3333", email="ada@example.org"))
    done = decide(shop, id="customer:a", choose={"phone": {"value": "4444"}})
    told = done["resolution"]
    assert [choice["path"] for choice in told["choices"]] == ["phone", "email"]
    assert not any(word in str(told) for word in ("2222", "3333", "4444", "ada@"))


def test_a_supervisor_who_lent_the_right_is_named(shop: Shop) -> None:
    _, till = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    bob = Actor("staff:bob", "Bob", frozenset(), {"conflicts": "staff:sue"})
    done = decide(shop, take=till, actor=bob)
    assert done["resolution"]["approvals"] == [{"right": "conflicts", "by": "staff:sue"}]
    assert done["resolution"]["by"] == "staff:bob"


def test_what_decides_on_the_rights_of_others_takes_their_right_too(shop: Shop) -> None:
    shop.company.put({"_id": "staff:a", "type": "staff", "schema": 1, "name": "Ann", "role": "cashier"})
    _, till = fork(shop.company, "staff:a", on("s1-t1", role="manager"), on("s1-t2", role="supervisor"))
    assert refused(shop, id="staff:a", take=till).details["right"] == "people"
    chief = Actor("staff:c", "Chief", frozenset({"conflicts"}), {"people": "staff:m"})
    done = decide(shop, id="staff:a", take=till, actor=chief)
    assert done["resolution"]["approvals"] == [{"right": "people", "by": "staff:m"}]


VALUES = st.sampled_from([None, 1, 2, "a", ["x"], ["y", "x"], {"k": 1}])
EDITS = st.lists(
    st.one_of(
        st.just(DELETED), st.fixed_dictionaries({"a": VALUES, "b": VALUES, "updated_at": st.sampled_from("123")})
    ),
    min_size=2,
    max_size=4,
)


def body_of(company: Database) -> dict[str, Any]:
    return {key: value for key, value in company.get("thing:a").items() if key[:1] != "_"}


@given(edits=EDITS, data=st.data())
def test_whatever_is_decided_one_leaf_is_left_and_taken_back_all_stand_as_they_did(
    tmp_path_factory: pytest.TempPathFactory, edits: list[dict[str, Any]], data: st.DataObject
) -> None:
    path: Path = tmp_path_factory.mktemp("any") / "company.db"
    with Database(path, name="company", indexes=indexes_for("company")) as company:
        company.put({"_id": "thing:a", "type": "thing", "a": 0, "b": 0})
        fork(company, "thing:a", *edits)
        case = read(company, "thing:a")
        if case is None:
            return
        before, shown = open_bodies(company, "thing:a"), body_of(company)
        keep: Any = data.draw(st.sampled_from(["live", "deleted"])) if case.kind == "deleted" else None
        sides = st.sampled_from([side.rev for side in case.live])
        choose = {field.path: {"side": data.draw(sides)} for field in case.fields}
        asked: Any = dict(actor=ANYBODY, on="office")
        done = resolve(company, "thing:a", request="request-1", seen=case.seen, choose=choose, keep=keep, **asked)
        record = company.read("thing:a")
        assert record is not None and read(company, "thing:a") is None and bool(record.deleted) == (keep == "deleted")
        for name, choice in choose.items():
            if done["doc"] is not None:
                assert done["doc"].get(name) == dict(case.by_rev[choice["side"]].body).get(name)
        undo(company, "thing:a", request="request-2", resolution=done["resolution"]["_id"], **asked)
        assert open_bodies(company, "thing:a") == before
        assert body_of(company) == shown  # what was in use then is so again, whatever the new revisions are called
        assert company.verify() == []
