"""Planned changes of prices at head office: drafted, written, moved, called off, and written into the products."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import clock, editing
from app.shop.actor import ANYBODY
from app.shop.indexes import indexes_for
from app.shop.range import planning as planning_module
from app.shop.range.planning import Planning
from app.shop.range.rounding import new_price
from app.shop.range.settling import settle
from app.shop.sale import SaleError

SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
#: 06:00 on Monday in Berlin, and in New York, where the two stores stand.
BERLIN, NEW_YORK = datetime(2026, 11, 23, 5, 0, tzinfo=UTC), datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
MONDAY = {"starts": "2026-11-23", "starts_at": "06:00"}


class Clock:
    now = SUNDAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def ticking() -> Clock:
    return Clock()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "company.db", name="company", indexes=indexes_for("company"))
    for id, zone in (("s1", "Europe/Berlin"), ("s2", "America/New_York")):
        head = {"_id": f"store:{id}", "type": "store", "schema": 1, "id": id, "name": id.upper()}
        database.put({**head, "currency": "EUR", "digits": 2, "timezone": zone})
    for name in ("drinks", "tea"):
        parent = {"parent": "category:drinks"} if name == "tea" else {}
        database.put({"_id": f"category:{name}", "type": "category", "schema": 1, "name": name, **parent})
    for n in range(5):
        database.put(product(n, category="category:tea" if n % 2 else "category:drinks"))
    database.put(product(9, category="category:bread"))
    yield database
    database.close()


def product(n: int, **more: Any) -> dict[str, Any]:
    usual = {"_id": f"product:p{n}", "type": "product", "schema": 1, "sku": f"p{n}", "name": f"P{n}", "barcodes": []}
    return {**usual, "category": None, "sold_by": "unit", "price": {"amount": 1000 + n, "per": 1000}, **more}


@pytest.fixture
def plans(company: Database, ticking: Clock) -> Planning:
    return Planning(company, "office", lambda: {"currency": "EUR", "digits": 2}, ticking)


def request(**more: Any) -> dict[str, Any]:
    usual = {"request": "01JPLANNED0000000000000001", **MONDAY, "what": {"category": "category:drinks"}}
    return {**usual, "how": {"percent": 100_000, "ending": "9"}, **more}


def test_a_category_and_those_in_it_get_new_prices_as_the_shop_likes_them_to_end(plans: Planning) -> None:
    made = plans.plan(request(), ANYBODY)
    assert made["count"] == 5 and made["state"] == "planned"
    entries = {entry["product"]: (entry["was"]["amount"], entry["price"]["amount"]) for entry in made["entries"]}
    assert entries["product:p1"] == (1001, 1099) and "product:p9" not in entries


def test_the_same_request_again_is_the_same_plan(plans: Planning, company: Database) -> None:
    first = plans.plan(request(), ANYBODY)
    assert plans.plan(request(), ANYBODY) == first
    assert company.count("pricelist") == 1 and len(plans.all()) == 1


def test_a_large_change_is_written_in_several_documents_and_is_one_plan(
    plans: Planning, company: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning_module, "CHUNK", 2)
    made = plans.plan(request(), ANYBODY)
    assert company.count("pricelist") == 3 and len(made["revs"]) == 3 and len(made["entries"]) == 5
    moved = plans.change(made["id"], {"revs": made["revs"], "starts": "2026-11-24"}, ANYBODY)
    assert moved["starts"] == "2026-11-24" and {rev[0] for rev in moved["revs"].values()} == {"2"}
    off = plans.change(made["id"], {"revs": moved["revs"], "inactive": True}, ANYBODY)
    assert off["state"] == "off"


def test_a_price_of_a_plan_is_changed_and_taken_out(plans: Planning) -> None:
    made = plans.plan(request(), ANYBODY)
    price = {"amount": 777, "per": 1000}
    made = plans.change(made["id"], {"revs": made["revs"], "product": "product:p1", "price": price}, ANYBODY)
    assert {e["product"]: e["price"] for e in made["entries"]}["product:p1"] == price
    made = plans.change(made["id"], {"revs": made["revs"], "product": "product:p1", "price": None}, ANYBODY)
    assert made["count"] == 4


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(plans: Planning) -> None:
    made = plans.plan(request(), ANYBODY)
    plans.change(made["id"], {"revs": made["revs"], "name": "Theirs"}, ANYBODY)
    with pytest.raises(SaleError) as refused:
        plans.change(made["id"], {"revs": made["revs"], "name": "Mine"}, ANYBODY)
    assert refused.value.status == 409 and refused.value.details["current"]["name"] == "Theirs"


def test_what_has_begun_in_one_store_can_not_be_moved_or_called_off(plans: Planning, ticking: Clock) -> None:
    made = plans.plan(request(), ANYBODY)
    ticking.now = BERLIN
    assert plans.get(made["id"])["state"] == "begun"
    for fields in ({"starts": "2026-12-01"}, {"inactive": True}):
        with pytest.raises(SaleError) as refused:
            plans.change(made["id"], {"revs": made["revs"], **fields}, ANYBODY)
        assert refused.value.error == "begun"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"starts": "2026-11-22", "starts_at": "06:00"}, "starts"),
        ({"starts": "soon"}, "starts"),
        ({"starts": None}, "starts"),
        ({"starts_at": "25:00"}, "starts_at"),
        ({"what": {}}, "what"),
        ({"what": {"category": "category:none"}}, "what"),
        ({"how": {}}, "how"),
        ({"how": {"percent": 1, "amount": 1}}, "how"),
        ({"how": {"percent": 0}}, "what"),
        ({"how": {"percent": -2_000_000}}, "how"),
        ({"how": {"percent": 100_000, "ending": "7"}}, "how"),
        ({"what": {"prices": [{"product": "product:none", "price": {"amount": 1}}]}}, "prices"),
        ({"what": {"prices": [{"product": "product:p1", "price": {"amount": -1}}]}}, "prices"),
        ({"what": {"prices": ["x"]}}, "prices"),
        ({"what": []}, "what"),
        ({"request": None}, "request"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field_and_nothing_is_written(
    plans: Planning, company: Database, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(SaleError) as refused:
        plans.plan(request(**more), ANYBODY)
    assert (refused.value.status, refused.value.field) == (400, field)
    assert company.count("pricelist") == 0


@pytest.mark.parametrize(
    ("how", "old", "new"),
    [
        ({"percent": 50_000}, 1290, 1355),
        ({"percent": -50_000, "ending": "5"}, 1290, 1225),
        ({"amount": 60}, 1290, 1350),
        ({"percent": 50_000, "ending": "99"}, 1290, 1399),
        ({"percent": 20_000, "ending": "99"}, 1290, 1299),
        ({"percent": -1_000_000}, 1290, 0),
        ({"amount": -2000}, 1290, 0),
        ({"percent": 50_000, "ending": "9"}, 1, 0),
    ],
)
def test_a_new_price_from_an_old_one(how: dict[str, Any], old: int, new: int) -> None:
    assert new_price(how)(old) == new


def test_it_is_written_into_the_products_when_it_holds_everywhere_and_only_once(
    plans: Planning, company: Database, ticking: Clock
) -> None:
    made = plans.plan(request(), ANYBODY)
    ticking.now = BERLIN + timedelta(hours=1)
    assert settle(company, on="office", clock=ticking) == []
    assert company.get("product:p1")["price"]["amount"] == 1001
    ticking.now = NEW_YORK
    assert settle(company, on="office", clock=ticking) == list(made["revs"])
    tea = company.get("product:p1")
    assert (tea["price"]["amount"], tea["priced_at"]) == (1099, clock.stamp(NEW_YORK))
    assert plans.get(made["id"])["state"] == "past"
    last = company.last_n
    assert settle(company, on="office", clock=ticking) == [] and company.last_n == last


def test_a_price_that_somebody_set_after_the_moment_stays_when_the_plan_is_written(
    plans: Planning, company: Database, ticking: Clock
) -> None:
    plans.plan(request(), ANYBODY)
    ticking.now = NEW_YORK + timedelta(minutes=1)
    seen, price = company.get("product:p1"), {"amount": 555, "per": 1000}
    editing.edit(company, "product:p1", seen["_rev"], {"price": price}, by=None, on="s1-t1", moment=ticking)
    settle(company, on="office", clock=ticking)
    assert company.get("product:p1")["price"]["amount"] == 555
    assert company.get("product:p3")["price"]["amount"] == 1099


def test_a_plan_that_was_called_off_is_never_written(plans: Planning, company: Database, ticking: Clock) -> None:
    made = plans.plan(request(), ANYBODY)
    plans.change(made["id"], {"revs": made["revs"], "inactive": True}, ANYBODY)
    ticking.now = NEW_YORK + timedelta(days=1)
    assert settle(company, on="office", clock=ticking) == []


def test_what_is_to_come_for_a_product_is_told_soonest_first(plans: Planning) -> None:
    plans.plan(request(), ANYBODY)
    later = {"request": "01JPLANNED0000000000000002", "starts": "2026-11-30", "starts_at": None}
    prices = [{"product": "product:p1", "price": {"amount": 1350}}]
    plans.plan(request(**later, what={"prices": prices}), ANYBODY)
    told = plans.of_product("product:p1")
    assert [(row["starts"], row["starts_at"], row["price"]["amount"]) for row in told] == [
        ("2026-11-23", "06:00", 1099),
        ("2026-11-30", "00:00", 1350),
    ]
    assert [row["starts"] for row in plans.all()] == ["2026-11-23", "2026-11-30"]
    assert plans.all()[1]["name"] == "P1"
