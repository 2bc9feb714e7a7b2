"""Shifts over JSON, and their pages."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from app.node import Node
from app.shop import schemas
from tests.web.till.shopfront import line, sale


def opened(till: FlaskClient, float: int = 10000, **fields: Any) -> dict[str, Any]:
    answer = till.post("/api/shifts", json={"request": "open-00000001", "float": float, **fields})
    assert answer.status_code == 201, answer.json
    shift: dict[str, Any] = answer.json["shift"]
    return shift


def closed(till: FlaskClient, shift: dict[str, Any], total: int, **fields: Any) -> Any:
    body = {"request": f"close-{shift['journal']:08}", "counted": {"total": total}, **fields}
    return till.post(f"/api/shifts/{shift['_id']}/close", json=body)


def test_a_day_from_float_to_z(till: FlaskClient, terminal: Node) -> None:
    assert till.get("/api/shift").json["actions"] == ["open"]
    counted = [{"value": 5000, "count": 1}, {"value": 1000, "count": 5}]
    shift = opened(till, denominations=counted)
    assert schemas.check(shift) == []
    state = till.get("/api/shift").json
    assert (state["shift"]["_id"], state["due"], state["actions"]) == (shift["_id"], False, ["sell", "close"])

    order = till.post("/api/sales", json=sale(line(quantity=2000), cash=1000)).json["order"]
    assert order["shift"] == shift["_id"]
    for n, (kind, amount) in enumerate([("in", 2000), ("out", 500), ("expense", 300), ("drop", 5000)]):
        body = {"request": f"cash-{n:08}", "kind": kind, "amount": amount, "category": "Postage"}
        answer = till.post("/api/cash", json=body)
        assert (answer.status_code, schemas.check(answer.json["cash"])) == (201, [])
        assert till.post("/api/cash", json=body).json == {**answer.json, "repeated": True}
    more = till.post("/api/cash", json={"request": "cash-too-much", "kind": "drop", "amount": 10**6}).json
    assert more["error"] == "more_than_drawer" and more["reason"].endswith("less than €10,000.00.")
    assert till.post("/api/drawer", json={"request": "drawer-00001"}).status_code == 201
    body = {"request": "event-00001", "kind": "void_line", "details": {"name": "Espresso", "amount": 245}}
    assert till.post("/api/events", json=body).status_code == 201

    x = till.get("/api/reports/x").json
    assert x["sums"]["cash"]["expected"] == 10000 + 490 + 2000 - 500 - 300 - 5000
    assert (x["sums"]["counts"]["voids"], x["sums"]["counts"]["drawer_openings"]) == (1, 1)
    assert "X report" in till.get("/shift").text

    off = closed(till, shift, 6000)
    assert (off.status_code, off.json["error"], off.json["field"]) == (400, "needs_note", "note")
    assert off.json["differences"] == [{"tender": "cash", "expected": 6690, "declared": 6000, "difference": -690}]
    answer = closed(till, shift, 6000, note="A note is missing")
    z = answer.json["zreport"]
    assert (answer.status_code, schemas.check(z)) == (201, [])
    assert (z["number"], z["difference"], z["grand_before"], z["grand_after"]) == (1, -690, 0, 490)
    assert closed(till, shift, 6000).json == {"zreport": z, "repeated": True}

    rows = till.get("/api/zreports").json["rows"]
    assert [(row["id"], row["revenue"], row["receipts"]) for row in rows] == [(z["_id"], 490, 1)]
    assert till.get(f"/api/zreports/{z['_id']}").json == {"zreport": z, "late": []}
    page = till.get(f"/zreports/{z['_id']}").text
    assert "Z report 1" in page and "A note is missing" in page and "4.90" in page
    assert z["business_date"] not in page  # a day as people write it, as on every other line
    assert "S1-T1 · Z 1" in till.get("/zreports").text
    assert till.get("/api/shift").json["last"]["number"] == 1


def test_a_closed_shift_is_not_closed_twice(till: FlaskClient) -> None:
    shift = opened(till)
    first = closed(till, shift, 10000).json["zreport"]
    again = till.post(
        f"/api/shifts/{shift['_id']}/close", json={"request": "another-close", "counted": {"total": 10000}}
    )
    assert (again.status_code, again.json["error"], again.json["zreport"]) == (409, "shift_closed", first["_id"])


def test_only_one_shift_is_open_at_a_time(till: FlaskClient) -> None:
    shift = opened(till)
    again = till.post("/api/shifts", json={"request": "open-00000002", "float": 0})
    assert (again.status_code, again.json["error"], again.json["shift"]) == (409, "shift_open", shift["_id"])


def test_what_cannot_be_is_refused_in_plain_words(till: FlaskClient) -> None:
    no_shift = till.post("/api/cash", json={"request": "cash-00000001", "kind": "in", "amount": 1})
    assert (no_shift.status_code, no_shift.json["error"]) == (409, "no_shift")
    assert till.get("/api/reports/x").status_code == 409
    assert till.get("/shift").status_code == 404
    assert till.get("/zreports/zreport:none").status_code == 404
    assert till.get("/api/zreports/zreport:none").status_code == 404
    assert till.post("/api/shift/postpone", json={"request": "later-0000001"}).status_code == 409
    shift = opened(till)
    for body in (
        {"kind": "in", "amount": 0},
        {"kind": "in", "amount": 10**15},
        {"kind": "in", "amount": 1.5},
        {"kind": "gift", "amount": 1},
        {"kind": "expense", "amount": 1},
    ):
        answer = till.post("/api/cash", json={"request": "cash-00000001", **body})
        assert answer.status_code == 400 and answer.json["reason"].endswith("."), answer.json
    for counted in ({}, {"total": -1}, {"denominations": [{"value": 1, "count": 1}], "total": 5},
                    {"total": 10000, "tenders": {"cash": 1}}, {"total": 10000, "tenders": {"shells": 1}},
                    {"total": 10000, "foreign": {"XYZ": 1}}):  # fmt: skip
        answer = till.post(f"/api/shifts/{shift['_id']}/close", json={"request": "close-00001", "counted": counted})
        assert answer.status_code == 400, (counted, answer.json)
    assert (
        till.post("/api/shifts/shift:none/close", json={"request": "close-00001", "counted": {"total": 0}}).status_code
        == 404
    )


def test_script_in_a_note_is_text(till: FlaskClient) -> None:
    shift = opened(till)
    z = closed(till, shift, 1, note="<script>alert(1)</script>").json["zreport"]
    assert "<script>alert" not in till.get(f"/zreports/{z['_id']}").text
