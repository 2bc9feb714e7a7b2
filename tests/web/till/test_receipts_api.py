"""Receipts and refunds over HTTP: found, looked at, copied, printed, given back."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node
from tests.support.printer import Printer
from tests.support.process import free_port
from tests.web.till.shopfront import line, sale


def sell(till: FlaskClient, number: int = 1, *lines: dict[str, Any], cash: int = 245, **fields: Any) -> dict[str, Any]:
    made = sale(*(lines or (line(),)), cash=cash, **{"sale": f"01JTESTSALE{number:016}", **fields})
    order: dict[str, Any] = till.post("/api/sales", json=made).json["order"]
    return order


def refund(till: FlaskClient, order: dict[str, Any], **fields: Any) -> Any:
    return till.post("/api/refunds", json={"sale": "01JTESTREFUND0001", "order": order["_id"], **fields})


def configure(node: Node, **values: Any) -> None:
    known = node.company.read("settings:all")
    doc = {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": values}
    node.company.put({**doc, "_rev": known.rev} if known is not None else doc)


def paper(till: FlaskClient, order: dict[str, Any], asks: str = "") -> str:
    return str(till.get(f"/receipts/{order['_id']}?part=paper{asks}").text)


def test_a_refund_is_asked_about_made_once_and_shown(till: FlaskClient) -> None:
    order = sell(till, 1, line(quantity=3000), cash=735)
    part = {"lines": [{"line": "l1", "quantity": 1000, "restock": "damaged"}]}

    view = till.get(f"/api/refunds/{order['_id']}").json
    quote = till.post("/api/refunds/quote", json={"sale": "00000000", "order": order["_id"], **part}).json
    made = refund(till, order, **part, total=245)
    again = refund(till, order, **part, total=245)

    assert (view["label"], view["lines"][0]["left"], view["caps"]) == (
        "S1-T1 · 1",
        3000,
        [{"kind": "cash", "amount": 735, "name": "Cash"}],
    )
    assert (quote["total"], quote["tenders"]) == (-245, [{"kind": "cash", "amount": -245, "name": "Cash"}])
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json["order"]["_id"] == made.json["order"]["_id"]
    assert till.get(f"/api/refunds/{order['_id']}").json["lines"][0]["left"] == 2000


def test_what_can_not_be_refunded_is_a_problem_in_words(till: FlaskClient) -> None:
    order = sell(till)
    refund(till, order)

    again = till.post("/api/refunds", json={"sale": "01JTESTREFUND0002", "order": order["_id"]})
    assert (again.status_code, again.content_type) == (409, "application/problem+json")
    assert again.json["reason"] == "Nothing of this receipt is left to refund."
    assert till.get("/api/refunds/order:nothing").status_code == 404
    assert till.post("/api/refunds", json={"order": order["_id"]}).json["field"] == "sale"


def test_the_list_says_what_came_of_each_receipt_and_how_fresh_that_is(till: FlaskClient) -> None:
    first, second = sell(till, 1), sell(till, 2)
    sell(till, 3)
    refund(till, first, void=True)
    till.post(f"/api/receipts/{second['_id']}/print", json={"request": "print-0001"})

    page = till.get("/api/receipts?limit=10").json
    assert [(row["number"], row["kind"], row["returned"], row["copies"]) for row in page["rows"]] == [
        (4, "refund", "none", 0),
        (3, "sale", "none", 0),
        (2, "sale", "none", 1),
        (1, "sale", "void", 0),
    ]
    assert (page["known_as_of"], page["next"]) == (None, None)
    assert [row["number"] for row in till.get("/api/receipts?kind=refund").json["rows"]] == [4]
    assert [row["number"] for row in till.get("/api/receipts?q=espresso&limit=2").json["rows"]] == [4, 3]


@pytest.mark.parametrize(("asks", "field"), [("number=x", "number"), ("amount=x", "amount"), ("limit=0", "limit")])
def test_a_question_that_is_none_is_said(till: FlaskClient, asks: str, field: str) -> None:
    refused = till.get(f"/api/receipts?{asks}")

    assert (refused.status_code, refused.json["field"]) == (400, field)


def test_a_refunds_receipt_names_the_original_and_a_void_is_marked(till: FlaskClient) -> None:
    order = sell(till)
    back = refund(till, order, void=True).json["order"]

    assert "Refund of receipt S1-T1 · 1" in paper(till, back)
    assert "REFUND" in paper(till, back)
    assert "VOID" in paper(till, order)
    assert "−2.45" in paper(till, back)


def test_copies_are_numbered_and_gift_receipts_have_no_price(till: FlaskClient) -> None:
    order = sell(till)
    path = f"/api/receipts/{order['_id']}/print"

    original = till.post(path, json={"request": "print-0001", "copy": False}).json
    copy = till.post(path, json={"request": "print-0002"}).json
    gift = till.post(path, json={"request": "print-0003", "gift": True}).json

    assert [(each["copy"], each["printed"], each["error"]) for each in (original, copy, gift)] == [
        (0, False, "browser"),
        (1, False, "browser"),
        (0, False, "browser"),
    ]
    assert "COPY 1" in till.get(f"/{copy['url']}").text
    shown = till.get(f"/{gift['url']}").text
    assert "Gift receipt" in shown
    assert "Espresso" in shown
    assert "2.45" not in shown


def test_a_receipt_has_the_language_width_and_code_that_settings_give_it(till: FlaskClient, terminal: Node) -> None:
    order = sell(till)
    configure(terminal, receipt_language="zh", paper=58, receipt_qr=False)
    chinese = paper(till, order)
    configure(terminal, receipt_language="en")

    assert 'lang="zh' in chinese
    assert "合计" in chinese or "总计" in chinese
    assert "paper-58" in chinese
    assert "<svg" not in chinese
    assert "<svg" in paper(till, order)
    assert "paper-58" in paper(till, order, "&width=58")


def test_script_in_a_products_name_stays_text_on_paper(till: FlaskClient) -> None:
    order = sell(till, 1, line("4000007"), cash=1090)

    assert "Wine &lt;b&gt;bold&lt;/b&gt;" in paper(till, order)


def test_a_till_with_a_printer_prints_and_kicks_the_drawer_for_cash(till: FlaskClient, terminal: Node) -> None:
    order = sell(till)
    printer = Printer()
    try:
        configure(terminal, printer={"kind": "network", "host": "127.0.0.1", "port": printer.port})
        path = f"/api/receipts/{order['_id']}/print"
        assert till.post(path, json={"request": "print-0001", "copy": False}).json["printed"]
        assert till.post(path, json={"request": "print-0002"}).json["copy"] == 1
        original, copy = printer.printed(2)
    finally:
        printer.close()

    assert (original.kicks > 0, copy.kicks) == (True, 0)
    assert "COPY 1" in copy.text
    assert "COPY" not in original.text
    assert "EUR 2.45" in original.text


def test_a_dead_printer_undoes_no_sale_and_its_receipt_waits(till: FlaskClient, terminal: Node) -> None:
    configure(terminal, printer={"kind": "network", "host": "127.0.0.1", "port": free_port()})
    order = sell(till)
    answer = till.post(f"/api/receipts/{order['_id']}/print", json={"request": "print-0001", "copy": False})

    assert (answer.status_code, answer.json["error"]) == (200, "printer_off")
    assert [(row["label"], row["copy"]) for row in till.get("/api/prints").json["waiting"]] == [("S1-T1 · 1", 0)]
    printer = Printer()
    try:
        configure(terminal, printer={"kind": "network", "host": "127.0.0.1", "port": printer.port})
        assert till.post("/api/prints", json={}).json["waiting"] == []
        assert "COPY" not in printer.printed()[0].text
    finally:
        printer.close()


def test_promotions_tips_and_rounding_stand_on_the_paper(till: FlaskClient, terminal: Node) -> None:
    configure(terminal, cash_rounding={"step": 5, "mode": "half_away"}, tips=True)
    order = sell(till, 1, line("4000002"), cash=300, tip=50)

    text = paper(till, order)
    for words in ("Tip", "Cash rounding", "To pay", "2.50"):
        assert words in text


def test_the_customers_display_knows_the_shop_and_no_staff(till: FlaskClient) -> None:
    page = till.get("/display").text

    assert "Corner Shop" in page
    assert "api.secret" not in page
    assert '"session"' not in page


def test_a_gift_cards_code_is_on_the_original_and_on_no_copy(till: FlaskClient, terminal: Node) -> None:
    card = {"kind": "giftcard", "quantity": 1000, "price": {"amount": 2500}}
    order = sell(till, 1, card, cash=2500)
    [code] = terminal.till.seller.codes(order).values()
    printer = Printer()
    try:
        configure(terminal, printer={"kind": "network", "host": "127.0.0.1", "port": printer.port})
        path = f"/api/receipts/{order['_id']}/print"
        till.post(path, json={"request": "print-0001", "copy": False})
        till.post(path, json={"request": "print-0002"})
        till.post(path, json={"request": "print-0003", "gift": True})
        printed = printer.printed(3)
    finally:
        printer.close()

    assert [code in each.text for each in printed] == [True, False, False]
    assert code in paper(till, order, "&codes=1")
    assert code not in paper(till, order)
    for number in range(2, 5):
        sell(till, number)
    assert code not in paper(till, order, "&codes=1")
    assert code not in str(till.get(f"/api/receipts/{order['_id']}").json)


def test_a_refund_above_the_limit_asks_for_a_supervisor(till: FlaskClient, terminal: Node) -> None:
    configure(terminal, refund_limit=200)
    order = sell(till)

    quote = till.post("/api/refunds/quote", json={"sale": "00000000", "order": order["_id"]}).json

    assert quote["needs"] == ["refund", "refund_over"]


def test_one_request_prints_one_receipt(till: FlaskClient) -> None:
    first, second = sell(till, 1), sell(till, 2)
    asked = {"request": "print-0001"}
    assert till.post(f"/api/receipts/{first['_id']}/print", json=asked).json["copy"] == 1
    assert till.post(f"/api/receipts/{first['_id']}/print", json=asked).json["copy"] == 1
    other = till.post(f"/api/receipts/{second['_id']}/print", json=asked)
    assert (other.status_code, other.json["error"]) == (409, "request_used")
    assert till.post(f"/api/receipts/{first['_id']}/print", json={**asked, "gift": True}).status_code == 409
