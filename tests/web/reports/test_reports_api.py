"""Reports over HTTP: for people by their rights, for programs by theirs; pages, files, the journal at head office."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from app.shop.till import Till
from app.web.keys import KeyRing
from tests.web.till.shopfront import line, product, sale
from tests.web.till.test_people_api import CASHIER, SUPERVISOR, Window, staffed, window, with_key

__all__ = ["staffed", "window"]  # fixtures of the people's tests

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9"}


def sold(node: Node) -> list[dict[str, Any]]:
    """Three sales at a till of the store that `node` shows."""
    database = node.store_db if node.config["kind"] == "terminal" else node.database("store-s1")
    node.company.put(product("=HYPERLINK(1)", '=HYPERLINK("http://x")', 100))
    till = Till(node.company, database, terminal="s1-t1", store_id="s1")
    requests = (
        sale(line(quantity=2000), cash=500),
        sale(line("4000003"), line("=HYPERLINK(1)"), cash=500),
        sale(line("4000004", quantity=-1000, restock="damaged"), line("4000007"), cash=2000),
    )
    return [till.sell({**request, "sale": f"01JREPORTS{n:06d}"})[0] for n, request in enumerate(requests)]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.fixture(params=["till", "office"])
def client(request: pytest.FixtureRequest) -> FlaskClient:
    sold(request.getfixturevalue("terminal" if request.param == "till" else "head_office"))
    made: FlaskClient = request.getfixturevalue(request.param)
    return made


def test_a_report_is_what_the_receipts_come_to(client: FlaskClient) -> None:
    answer = client.get("/api/reports/sales?by=product&range=today").json
    (book,) = answer["currencies"]
    named = {row["name"]: row["figures"] for row in book["rows"]}
    assert {name: row["revenue"] for name, row in named.items()} == {
        "Espresso": 490, "Orange juice": 320, '=HYPERLINK("http://x")': 100, "Bananas": -199, "Wine <b>bold</b>": 1090,
    }  # fmt: skip
    assert named["Bananas"]["returned"] == -199
    assert (book["total"]["revenue"], book["total"]["receipts"]) == (1801, 3)
    assert (answer["left_out"], answer["unsummed"]["days"]) == ([], 0)


def test_the_file_adds_up_to_the_report_and_holds_no_formula(client: FlaskClient) -> None:
    answer = client.get("/api/reports/sales.csv?by=product&range=today")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    found = rows(answer.data)
    assert sum(Decimal(row["revenue"]) for row in found) == Decimal("18.01")
    assert {row["name"] for row in found} >= {'\'=HYPERLINK("http://x")', "Espresso"}
    assert not any(cell.startswith(("=", "@", "+")) for row in found for cell in row.values())
    assert {row["currency"] for row in found} == {"EUR"}


@pytest.mark.parametrize("by", ["day", "hour", "month", "product", "category", "cashier", "terminal", "tender", "tax",
                                "discount", "refunds", "sold", "foreign", "store"])  # fmt: skip
def test_each_report_has_a_page_in_both_languages_and_escapes_what_it_shows(client: FlaskClient, by: str) -> None:
    page = client.get(f"/reports?by={by}&range=today&compare=before")
    assert page.status_code == 200
    assert "<b>bold</b>" not in page.text
    if by == "product":
        assert "Wine &lt;b&gt;bold" in page.text and "€18.01" in page.text
    assert client.get(f"/reports?by={by}", headers=CHINESE).status_code == 200


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("from=2026-02-30", 400, "is no date"),
        ("from=2026-03-02&to=2026-03-01", 400, "comes before the first"),
        ("from=2000-01-01&to=2026-03-01", 400, "too long"),
        ("range=forever", 400, "is no range"),
        ("compare=luck", 400, "is no comparison"),
        ("by=weather", 400, "is no report"),
        ("by=tender&category=category:drinks", 400, "no category"),
        ("store=s9", 404, "is not here"),
    ],
)
def test_what_can_not_be_asked_is_said_in_words(client: FlaskClient, query: str, status: int, words: str) -> None:
    answer = client.get(f"/api/reports/sales?{query}")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert words in answer.json["reason"]
    page = client.get(f"/reports?{query}")
    assert page.status_code == status
    assert words in page.text


def test_filters_are_those_of_their_receipts(client: FlaskClient) -> None:
    drinks = client.get("/api/reports/sales?range=today&category=category:drinks").json["currencies"][0]["total"]
    assert drinks["revenue"] == 490 + 320 + 1090
    assert client.get("/api/reports/sales?range=today&cashier=-").json["currencies"][0]["total"]["revenue"] == 1801
    assert client.get("/api/reports/sales?range=today&terminal=s1-t9").json["currencies"] == []


def test_today_beside_last_week(client: FlaskClient) -> None:
    (book,) = client.get("/api/reports/today").json["currencies"]
    assert (book["revenue"], book["receipts"], book["then"]["revenue"]) == (1801, 3, 0)
    assert sum(hour["revenue"] or 0 for hour in book["by_hour"]) == 1801
    part = client.get("/reports/today")
    assert "€18.01" in part.text and "<svg" in part.text and "<html" not in part.text


def test_before_anything_is_sold_pages_say_so(till: FlaskClient, office: FlaskClient) -> None:
    for client in (till, office):
        assert "Nothing was sold on these days" in client.get("/reports").text
        assert client.get("/reports/today").status_code == 200
        assert client.get("/zreports").status_code == 200
        assert rows(client.get("/api/reports/sales.csv").data) == []
    assert "Nothing happened on these days" in office.get("/journal").text
    assert office.get("/").status_code == 200


# -- who may ----------------------------------------------------------------------------------------------------------


def test_a_cashier_may_not_a_supervisor_may_and_a_locked_till_shows_nothing(
    staffed: dict[str, str], window: Window
) -> None:
    paths = ("/api/reports/sales", "/api/reports/sales.csv", "/api/reports/today", "/reports", "/reports/today")

    def asked() -> list[int]:
        return [window.client.get(path).status_code for path in paths]

    assert asked() == [401, 401, 401, 303, 303]
    window.sign_in(staffed["Cleo"], CASHIER)
    assert asked() == [403] * 5
    window.sign_in(staffed["Sam"], SUPERVISOR)
    assert asked() == [200] * 5


def test_a_key_needs_the_right(terminal: Node, head_office: Node) -> None:
    for node in (terminal, head_office):
        ring = KeyRing(node.path)
        for right, status in (("reports", 200), ("report_x", 403)):
            client = with_key(node, ring.add(right.replace("_", "-"), [right]))
            for path in ("/api/reports/sales", "/api/reports/sales.csv", "/api/reports/today"):
                assert client.get(path).status_code == status


# -- Z reports and the journal of head office -------------------------------------------------------------------------


def closed(node: Node, off: int = 0) -> dict[str, Any]:
    till = Till(node.company, node.database("store-s1"), terminal="s1-t1", store_id="s1")
    shift = till.shifts.current()
    assert shift is not None
    expected = till.shifts.x_report()["sums"]["cash"]["expected"]
    body = {"request": f"close-{off:04}", "counted": {"total": expected + off}, "note": "counted"}
    return till.shifts.close(shift["_id"], body)[0]


def test_of_more_z_reports_than_a_page_shows_the_newest_are_shown_and_that_there_are_older_ones(
    office: FlaskClient, head_office: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.reports.zreports.MOST", 2)
    store = head_office.database("store-s1")
    for day in range(1, 5):
        at = {"business_date": f"2026-11-0{day}", "at": f"2026-11-0{day}T19:00:00.000Z"}
        store.put({"_id": f"zreport:{day}", "type": "zreport", "terminal": "s1-t1", "number": day, **at})

    told = office.get("/api/zreports?from=2026-11-01&to=2026-11-30").json

    assert ([row["number"] for row in told["rows"]], told["more"]) == ([4, 3], True)
    page = office.get("/zreports?from=2026-11-01&to=2026-11-30").text
    assert "These are the newest 2" in page
    assert "These are the newest" not in office.get("/zreports?from=2026-11-01&to=2026-11-02").text


def test_head_office_lists_and_shows_z_reports(office: FlaskClient, head_office: Node) -> None:
    sold(head_office)
    z = closed(head_office)
    told = office.get("/api/zreports?range=today").json
    (row,) = told["rows"]
    assert told["more"] is False
    assert (row["id"], row["revenue"], row["store"]) == (z["_id"], 1801, "s1")
    assert office.get(f"/api/zreports/{z['_id']}").json == {"zreport": head_office.database("store-s1").get(z["_id"]),
                                                             "late": []}  # fmt: skip
    assert "18.01" in office.get("/zreports").text
    page = office.get(f"/zreports/{z['_id']}")
    assert page.status_code == 200 and "Head office" in page.text
    assert office.get("/zreports/zreport:none").status_code == 404
    assert office.get("/api/zreports/zreport:none").status_code == 404
    assert office.get("/zreports?from=2026-02-30").status_code == 400
    odd = {"sums": {"revenue": "much"}, "difference": ["-"], "digits": "two", "currency": {}}
    head_office.database("store-s1").put(
        {"_id": "zreport:odd", "type": "zreport", "business_date": z["business_date"], **odd}
    )
    assert office.get("/zreports").status_code == 200
    assert "can’t be read" in office.get("/zreports/zreport:odd").text


def test_a_list_of_z_reports_says_what_was_over_and_what_short_and_sorts_by_it(
    office: FlaskClient, head_office: Node
) -> None:
    for off in (20, -35):
        sold(head_office) if off == 20 else one_more(head_office)
        closed(head_office, off)
    page = office.get("/zreports").text
    assert ">+€0.20</td>" in page and ">-€0.35</td>" in page and ">€18.01</td>" in page
    assert 'data-value="20"' in page and 'data-value="-35"' in page and 'data-value="1801"' in page
    head_office.company.put({**head_office.company.get("store:s1"), "currency": "KWD", "digits": 3})
    one_more(head_office)
    closed(head_office, 1500)
    page = office.get("/zreports").text
    assert ">+KWD\N{NO-BREAK SPACE}1.500</td>" in page and 'data-value="1500"' not in page  # several monies: no order


def one_more(node: Node) -> None:
    till = Till(node.company, node.database("store-s1"), terminal="s1-t1", store_id="s1")
    till.sell({**sale(line(), cash=5000), "sale": f"01JMORE{till.store.last_n:09d}"})


def test_the_journal_is_booked_once_and_saved_again_the_same(office: FlaskClient, head_office: Node) -> None:
    orders = sold(head_office)
    day = orders[0]["business_date"]
    body = {"request": "book-00001", "from": day, "to": day}
    refused = office.post("/api/journal", json=body)
    assert refused.status_code == 200 and refused.json["booked"] == []
    (why,) = refused.json["refused"]
    assert why["state"] == "open" and "Not closed yet: S1-T1." in why["open"]
    assert office.get(f"/journal?from={day}").text.count("Book all the same") == 1
    made = office.post("/api/journal", json={**body, "open": True})
    assert (made.status_code, len(made.json["booked"])) == (201, 1)
    first = office.get(f"/api/journal.csv?from={day}")
    found = rows(first.data)
    assert sum(Decimal(row["debit"]) for row in found) == sum(Decimal(row["credit"]) for row in found) > 0
    assert {row["kind"] for row in found} == {"day (open)"}
    assert office.post("/api/journal", json={**body, "open": True}).json["booked"] == []
    assert office.get(f"/api/journal.csv?from={day}").data == first.data
    assert [entry["state"] for entry in office.get(f"/api/journal?from={day}").json["days"]] == ["booked"]


@pytest.mark.parametrize(
    "wrong",
    [{"from": "x"}, {"request": None}, {"to": "2020-01-01"}, {"from": "2000-01-01"}, {"store": "s9"}, {"more": 1}],
    ids=str,
)
def test_a_wrong_request_books_nothing(office: FlaskClient, head_office: Node, wrong: dict[str, Any]) -> None:
    day = sold(head_office)[0]["business_date"]
    answer = office.post("/api/journal", json={"request": "book-00001", "from": day, "to": day, "open": True, **wrong})
    assert answer.status_code in (400, 404)
    assert answer.json["reason"]
    assert list(head_office.database("store-s1").each("booking")) == []


def test_a_till_has_no_journal(till: FlaskClient) -> None:
    assert till.get("/journal").status_code == 404
    assert till.get("/api/journal").status_code == 404
