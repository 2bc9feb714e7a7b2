"""What people, programs and chance may try with a decision: nothing is lost, shown or brought back that must not be."""

from __future__ import annotations

from typing import Any

import pytest

from app.shop.actor import Actor
from app.shop.conflicts import history, inbox, resolutions
from app.shop.conflicts.case import place_of, read, seen, text_of
from app.shop.conflicts.resolve import resolve, undo
from app.shop.conflicts.restoring import restore
from app.shop.erasing.erase import erase
from app.shop.follow import follow
from app.shop.sale import SaleError
from tests.shop.conftest import FakeClock, Shop
from tests.support.forks import DELETED, arrive, fork, on

MILK = "product:milk"
ANN = Actor("staff:ann", "Ann", frozenset({"conflicts", "people", "erase"}))
HASH = "abcdef0123456789" * 4
PIN = {"salt": "ab", "hash": HASH, "n": 1024, "r": 1, "p": 1, "pepper": "abcdef01"}


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


def decide(shop: Shop, id: str = MILK, *, request: str = "request-1", **asked: Any) -> dict[str, Any]:
    asked.setdefault("seen", seen(shop.company, id) or "")
    return resolve(shop.company, id, request=request, **{"actor": ANN, "on": "s1-t1", "moment": FakeClock(), **asked})


def back(shop: Shop, id: str, rev: str, request: str = "request-b") -> dict[str, Any]:
    now = shop.company.read(id)
    assert now is not None
    return restore(shop.company, id, rev, request=request, seen=now.rev, actor=ANN, on="s1-t1", moment=FakeClock())


def error_of(call: Any, *args: Any, **asked: Any) -> str:
    with pytest.raises(SaleError) as caught:
        call(*args, **asked)
    return caught.value.error


def staff(shop: Shop, id: str = "staff:bo", **more: Any) -> str:
    body = {
        "type": "staff",
        "schema": 1,
        "name": "Bo",
        "role": "cashier",
        "pin": PIN,
        "badge": {"hash": HASH, "pepper": "abcdef01"},
    }
    shop.company.put({"_id": id, **body, **more})
    return id


def test_nobody_is_shown_the_hash_of_a_pin_by_deciding_taking_back_or_bringing_back(shop: Shop) -> None:
    id = staff(shop)
    first = shop.company.get(id)["_rev"]
    revs = fork(shop.company, id, on("office", role="manager"), on("s1-t1", name="Bob", pin={**PIN, "salt": "cd"}))
    done = decide(shop, id, take=revs[0])
    of = done["resolution"]["_id"]
    undone = undo(shop.company, id, request="request-u", resolution=of, actor=ANN, on="s1-t1", moment=FakeClock())
    again = decide(shop, id, request="request-2", take=read(shop.company, id).sides[0].rev)  # type: ignore[union-attr]
    for answered in (done, undone, again, back(shop, id, first)):
        assert HASH not in str(answered) and answered["doc"]["pin"] == {"hidden": True}
    assert HASH not in str([one.doc() for one in shop.company.each("resolution")])
    assert shop.company.get(id)["pin"] == PIN, "the document itself has it"


def test_a_version_that_claims_another_type_shows_no_hash_either(shop: Shop) -> None:
    id = staff(shop)
    revs = fork(
        shop.company, id, on("office", type="product", pin={**PIN, "salt": "cd"}), on("s1-t1", type="note", role="x")
    )
    case = read(shop.company, id)
    told = history.read(shop.company, id)
    assert case is not None and told is not None
    assert HASH not in str(case.as_dict()) and HASH not in str(history.told(told))
    decide(shop, id, take=revs[0])
    assert HASH not in str([one.doc() for one in shop.company.each("resolution")])


def test_who_was_erased_is_brought_back_by_no_decision_and_no_older_version(shop: Shop) -> None:
    id = "customer:ann"
    shop.company.put({"_id": id, "type": "customer", "schema": 1, "name": "Ann Other", "cards": []})
    first = shop.company.get(id)["_rev"]
    fork(shop.company, id, on("s1-t1", name="Ann A"), on("office", name="", erased=True))
    leaves = sorted(shop.company.read(id).leaves())  # type: ignore[union-attr]
    for asked in ({"take": leaves[0]}, {"take": leaves[1]}, {"choose": {"erased": {"value": False}}}):
        assert error_of(decide, shop, id, **asked) == "erased"
    assert error_of(back, shop, id, first) == "erased"
    erase(shop.company, id, request="request-e", reason="asked", on="office", actor=ANN, moment=FakeClock())
    shop.company.put({"_id": id, "_deleted": True}, rev=shop.company.get(id)["_rev"])
    assert error_of(back, shop, id, first) == "erased", "deleted afterwards, too"


def test_what_stayed_deleted_and_is_brought_back_later_is_in_no_dispute_again(shop: Shop) -> None:
    first = shop.company.get(MILK)["_rev"]
    fork(shop.company, MILK, on("s1-t1", price=price(150)), {**DELETED})
    decide(shop, keep="deleted")
    assert shop.company.read(MILK).deleted  # type: ignore[union-attr]
    done = back(shop, MILK, first)
    assert shop.company.get(MILK)["name"] and seen(shop.company, MILK) is None
    assert inbox.page([shop.company], inbox.Filter()).entries == ()
    assert len(done["resolution"]["closed"]) == 1
    assert back(shop, MILK, first)["resolution"] == done["resolution"], "the same request again"


def test_a_requests_id_says_no_second_thing(shop: Shop) -> None:
    first = shop.company.get(MILK)["_rev"]
    revs = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    was = seen(shop.company, MILK)
    done = decide(shop, take=revs[0])
    of = done["resolution"]["_id"]
    assert decide(shop, take=revs[0], seen=was)["resolution"] == done["resolution"]
    assert error_of(decide, shop, take=revs[0], seen="0" * 16) == "request_used"
    asked = dict(request="request-1", actor=ANN, on="s1-t1")
    assert error_of(undo, shop.company, MILK, resolution=of, **asked) == "request_used"
    assert error_of(back, shop, MILK, first, "request-1") == "request_used"
    assert shop.company.get(MILK)["price"] == price(140)


def test_keys_with_dots_are_decided_each_for_itself(shop: Shop) -> None:
    doc = shop.company.get(MILK)
    shop.company.put({**doc, "attributes": {"a": "1", "a.b": "1", '"q': "1"}, "names": {"x.y": "1"}})
    revs = fork(
        shop.company,
        MILK,
        on("office", attributes={"a": "2", "a.b": "2", '"q': "2"}, names={"x.y": "2"}),
        on("s1-t1", attributes={"a": "3", "a.b": "3", '"q': "3"}, names={"x.y": "3"}),
    )
    case = read(shop.company, MILK)
    assert case is not None and len(case.places) == 4
    assert [place_of(text_of(place)) for place in case.places.values()] == list(case.places.values())
    decide(shop, choose={path: {"side": revs[n % 2]} for n, path in enumerate(sorted(case.places))})
    assert sorted(shop.company.get(MILK)["attributes"].values()) == ["2", "2", "3"] or seen(shop.company, MILK) is None


def test_what_a_newer_program_wrote_on_the_losing_side_is_joined_by_no_rule(shop: Shop) -> None:
    fork(
        shop.company,
        MILK,
        on("office", price=price(140), brand="A"),
        on("s1-t1", schema=2, price=price(150), colour="#112233"),
    )
    case = read(shop.company, MILK)
    assert case is not None and case.by_hand and not case.joined


NONSENSE: list[Any] = [None, 1, 10**400, "x", [[]], [{"a": 1}], {"a": {}}, {"a": 1}, True]


@pytest.mark.parametrize("value", NONSENSE, ids=str)
def test_resolutions_that_are_none_stop_nothing_and_decide_nothing(shop: Shop, value: Any) -> None:
    revs = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    names = ("leaves", "closed", "result", "choices", "undoes", "base", "note", "at", "by", "on", "kept", "doctype")
    for number, name in enumerate(names):
        good = {**dict.fromkeys(names), "leaves": revs, "closed": [], "choices": [], "request": f"request-{number}"}
        odd = {**good, name: value, "about": MILK, "kind": "resolved", "type": "resolution", "schema": 1}
        shop.company.put({"_id": f"resolution:{number}", **odd})
    shop.company.put({"_id": "order:x", "type": "order", "sale": value})
    follow(shop.company, shop.company, kind="office")
    resolutions.latest(shop.company, MILK)
    told = history.read(shop.company, MILK)
    assert told is not None and history.told(told)["entries"]
    assert decide(shop, request="request-z", take=revs[0])["doc"]["price"] == price(140)


def test_an_order_that_strayed_into_the_companys_database_does_not_stop_what_a_node_looks_at(shop: Shop) -> None:
    shop.company.put({"_id": "order:s1-t1-1:00000001:x", "type": "order", "sale": "s"})
    fork(shop.company, MILK, on("office", barcodes=["1"]), on("s1-t1", barcodes=["2"]))
    assert MILK in follow(shop.company, shop.company, kind="office")


def test_an_id_and_a_member_of_any_text_can_be_decided(shop: Shop) -> None:
    id = "product:\x00" + "long" * 200
    shop.company.put({"_id": id, "type": "product\x01", "\x02": 1, "": 1})
    revs = fork(shop.company, id, {"\x02": 2, "": 2}, {"\x02": 3, "": 3})
    done = decide(shop, id, choose={"\x02": {"side": revs[0]}, "": {"side": revs[1]}})
    assert (done["doc"]["\x02"], done["doc"][""]) == (2, 3)


def test_a_document_of_thousands_of_members_is_decided_all_the_same(shop: Shop) -> None:
    shop.company.put({"_id": "x", **{f"m{n}": 0 for n in range(1500)}})
    revs = fork(shop.company, "x", {f"m{n}": 1 for n in range(1500)}, {f"m{n}": 2 for n in range(1500)})
    assert decide(shop, "x", take=revs[1])["doc"]["m1499"] == 2


def test_the_place_of_a_page_that_cannot_be_read_begins_anew(shop: Shop) -> None:
    fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    for before in ("company:²", "company:9" + "9" * 30, "company:-1", ":", "\x00", "company:1e3"):
        assert len(inbox.page([shop.company], inbox.Filter(), before=before).entries) == 1


def test_a_version_that_arrives_while_one_decides_stops_it_and_nothing_is_written(shop: Shop) -> None:
    base = shop.company.get(MILK)
    revs = fork(shop.company, MILK, on("office", price=price(140)), on("s1-t1", price=price(150)))
    was = seen(shop.company, MILK)
    arrive(shop.company, MILK, base["_rev"], {**base, **on("s1-t2", price=price(160))})
    before = shop.company.update_seq
    assert error_of(decide, shop, seen=was, take=revs[0]) == "changed"
    assert shop.company.update_seq == before
