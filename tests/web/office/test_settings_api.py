"""Settings at head office: what holds where, where it comes from, set and given back, never overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from app.shop.schemas.settings import DEFAULTS
from app.shop.settings import ShopSettings
from app.web import create_app
from app.web.office.setting_words import sections

UNSET = {"own": False, "value": None}


@pytest.fixture
def with_terminal(head_office: Node) -> Node:
    head_office.directory.get("store-s1").put(
        {
            "_id": "terminal:s1-t1", "type": "terminal", "schema": 1, "terminal": "s1-t1", "store": "store:s1",
            "incarnations": ["k7"],
        }
    )  # fmt: skip
    return head_office


def row(office: FlaskClient, scope: str, name: str) -> dict[str, Any]:
    [found] = [row for row in office.get(f"/api/settings?scope={scope}").json["rows"] if row["name"] == name]
    return found


def put(office: FlaskClient, scope: str, name: str, value: Any, rev: str | None = None, **more: Any) -> Any:
    rev = office.get(f"/api/settings?scope={scope}").json["rev"] if rev is None else rev
    return office.put(f"/api/settings/{scope}/{name}", json={"rev": rev, "seen": UNSET, "value": value, **more})


def test_a_value_comes_from_the_narrowest_scope_that_sets_it(office: FlaskClient, with_terminal: Node) -> None:
    assert row(office, "terminal:s1-t1", "refund_limit")["from"] == "default"
    put(office, "all", "refund_limit", 1000)
    put(office, "store:s1", "refund_limit", 2000)
    assert put(office, "terminal:s1-t1", "refund_limit", 3000).status_code == 200

    shown = row(office, "terminal:s1-t1", "refund_limit")
    assert (shown["value"], shown["from"], shown["own"]) == (3000, "terminal:s1-t1", True)
    assert (shown["inherited"], shown["inherited_from"]) == (2000, "store:s1")
    assert row(office, "store:s1", "refund_limit")["inherited_from"] == "all"
    till = ShopSettings(with_terminal.company, "s1", "s1-t1")
    assert till["refund_limit"] == 3000
    assert with_terminal.company.get("settings:terminal:s1-t1")["updated_on"] == "office"


def test_a_value_is_given_back_to_the_wider_scope(office: FlaskClient) -> None:
    put(office, "all", "tips", True)
    rev = put(office, "store:s1", "tips", False).json["rev"]
    seen = {"own": True, "value": False}
    answer = office.put("/api/settings/store:s1/tips", json={"rev": rev, "seen": seen, "reset": True})

    assert answer.status_code == 200
    shown = row(office, "store:s1", "tips")
    assert (shown["value"], shown["from"], shown["own"]) == (True, "all", False)


def test_nothing_is_a_value_of_its_own(office: FlaskClient, head_office: Node) -> None:
    put(office, "all", "cash_rounding", {"step": 5, "mode": "half_away"})
    put(office, "store:s1", "cash_rounding", None)

    assert row(office, "store:s1", "cash_rounding")["value"] is None
    assert ShopSettings(head_office.company, "s1")["cash_rounding"] is None
    assert ShopSettings(head_office.company, "s2")["cash_rounding"]["step"] == 5


def test_what_somebody_else_set_meanwhile_is_shown_and_not_overwritten(office: FlaskClient) -> None:
    rev = office.get("/api/settings?scope=all").json["rev"]
    put(office, "all", "refund_limit", 111)
    answer = put(office, "all", "refund_limit", 222, rev=rev)

    assert (answer.status_code, answer.json["error"]) == (409, "changed")
    assert answer.json["current"]["refund_limit"] == 111
    assert row(office, "all", "refund_limit")["value"] == 111
    assert put(office, "all", "refund_limit", 111, rev=rev).status_code == 200, "what is asked for stands already"
    assert put(office, "all", "refund_limit", 222, rev=answer.json["current"]["rev"]).status_code == 200


def test_another_setting_that_changed_meanwhile_is_in_nobodys_way(office: FlaskClient) -> None:
    rev = office.get("/api/settings?scope=all").json["rev"]
    put(office, "all", "tips", True)
    assert put(office, "all", "refund_limit", 222, rev=rev).status_code == 200
    assert row(office, "all", "tips")["value"] is True


@pytest.mark.parametrize(
    ("scope", "name", "value", "status", "field"),
    [
        ("all", "refund_limit", -1, 400, "refund_limit"),
        ("all", "count", "sideways", 400, "count"),
        ("all", "cash_rounding", {"step": 0}, 400, "cash_rounding.step"),
        ("all", "codes", [{"prefix": "x"}], 400, "codes.0.prefix"),
        ("all", "no_such", 1, 404, "no_such"),
        ("store:gone", "tips", True, 404, "scope"),
        ("terminal:s9-t9", "tips", True, 404, "scope"),
        ("nowhere", "tips", True, 404, "scope"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    office: FlaskClient, head_office: Node, scope: str, name: str, value: Any, status: int, field: str
) -> None:
    before = head_office.company.update_seq
    answer = put(office, scope, name, value, rev="")

    assert (answer.status_code, answer.json["field"]) == (status, field)
    assert head_office.company.update_seq == before


def test_every_setting_has_its_words(head_office: Node) -> None:
    with create_app(head_office).test_request_context("/"):
        told = {spec["name"] for section in sections() if section["id"] != "other" for spec in section["settings"]}
    assert set(DEFAULTS) - told == set()


def test_the_page_shows_a_scope_and_says_when_there_is_none(office: FlaskClient, with_terminal: Node) -> None:
    assert "S1-T1" in office.get("/settings?scope=terminal:s1-t1").get_data(as_text=True)
    assert office.get("/settings?scope=terminal:s9-t1").status_code == 404


def test_accounts_are_named_as_something_is_booked_and_a_slip_is_told_with_what_is_near(
    office: FlaskClient, head_office: Node
) -> None:
    put(office, "store:s1", "expenses", ["Flowers"])
    tax = "tax:special"
    head_office.company.put({"_id": tax, "type": "tax", "schema": 1, "name": "Special", "rate": 50_000})
    right = {"cash": "1000", tax: "2200", f"sales:{tax}": "4001", "sales:category:drinks": "4002",
             "expense:Flowers": "6001", "expense:Postage": "6002"}  # fmt: skip
    assert put(office, "all", "accounts", right).status_code == 200

    for wrong, near in (
        ("sales:category:drink", "sales:category:drinks"), ("cahs", "cash"), (f"{tax}l", tax),
        ("expense:Postge", "expense:Postage"), ("sales:tax:gone", None), ("sales:", None), ("cash:x", "cash"),
        ("x" * 90, None),
    ):  # fmt: skip
        answer = put(office, "all", "accounts", {**right, wrong: "1"})
        assert (answer.status_code, answer.json["field"]) == (400, "accounts"), wrong
        assert wrong in answer.json["reason"] and (near is None or f"“{near}”?" in answer.json["reason"])
    assert row(office, "all", "accounts")["value"] == right

    drinks = head_office.company.get("category:drinks")
    head_office.company.delete("category:drinks", drinks["_rev"])
    more = {**right, "card": "1100"}
    assert put(office, "all", "accounts", more).status_code == 200, "what was right once stays"
    assert put(office, "store:s1", "accounts", {"sales:category:drinks": "1"}).status_code == 200, "and is booked still"
