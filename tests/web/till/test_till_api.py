"""The till's other doors: state, catalogue, receipts, sync, news, and its pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.docs import json
from app.node import Node
from tests.web.till.shopfront import line, sale


def test_the_state_says_which_till_this_is_and_how_it_counts(till: FlaskClient) -> None:
    before = till.get("/api/state").json
    order = till.post("/api/sales", json=sale(line(), cash=245)).json["order"]
    after = till.get("/api/state").json

    assert (before["terminal"], before["store_name"], before["currency"], before["digits"]) == (
        "s1-t1",
        "Corner Shop",
        "EUR",
        2,
    )
    assert (after["series"], after["number"]) == (order["series"], 1)
    assert after["sync"]["level"] == "none"


def test_products_are_found_by_the_beginnings_of_words(till: FlaskClient) -> None:
    rows = till.get("/api/products?q=oran ju").json["rows"]

    assert [row["name"] for row in rows] == ["Orange juice"]
    assert rows[0]["category"] == {"id": "category:drinks", "name": "Drinks", "colour": "#2f7f8f"}


def test_products_are_paged_by_name_within_a_category(till: FlaskClient) -> None:
    first = till.get("/api/products?category=category:drinks&limit=2").json
    second = till.get(f"/api/products?category=category:drinks&limit=2&after={first['next']}").json

    assert [row["name"] for row in first["rows"] + second["rows"]] == [
        "Espresso",
        "Lemonade",
        "Orange juice",
        "Wine <b>bold</b>",
    ]


def test_a_measured_product_and_an_open_price_say_so(till: FlaskClient) -> None:
    bananas = till.get("/api/products/product:4000004").json
    flowers = till.get("/api/products/product:4000005").json

    assert (bananas["measured"], bananas["unit"]) == (True, "kg")
    assert (flowers["open"], flowers["price"]) == (True, None)


def test_a_barcode_answers_all_that_have_it(till: FlaskClient) -> None:
    assert [row["name"] for row in till.get("/api/barcode/4000001").json["rows"]] == ["Espresso"]
    assert len(till.get("/api/barcode/777777").json["rows"]) == 2
    unknown = till.get("/api/barcode/99%2F99")
    assert (unknown.status_code, unknown.json["reason"]) == (404, "No product has the code 99/99.")


def test_categories_come_with_their_counts(till: FlaskClient) -> None:
    rows = till.get("/api/categories").json["rows"]

    assert [(row["name"], row["count"]) for row in rows] == [("Drinks", 4), ("Fruit", 1)]


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1e3", "9" * 40])
def test_a_limit_that_is_none_is_refused(till: FlaskClient, limit: str) -> None:
    answer = till.get(f"/api/products?limit={limit}")

    assert (answer.status_code, answer.json["field"]) == (400, "limit")


def test_pictures_are_served_as_pictures_and_run_nothing(till: FlaskClient, terminal: Node) -> None:
    terminal.company.put_attachment("picture:x", "x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    terminal.company.put_attachment("picture:y", "y.html", b"<script>1</script>", "text/html")

    picture = till.get("/api/pictures/picture:x")

    assert picture.content_type == "image/svg+xml"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert till.get("/api/pictures/picture:y").status_code == 404
    assert till.get("/api/pictures/product:4000001").status_code == 404


def test_receipts_are_listed_newest_first_and_opened_by_id(till: FlaskClient) -> None:
    for number in range(3):
        till.post("/api/sales", json=sale(line(), cash=245) | {"sale": f"01JTESTSALE000000000000000{number}"})

    page = till.get("/api/receipts?limit=2").json
    rest = till.get(f"/api/receipts?limit=2&before={page['next']}").json

    assert [row["number"] for row in page["rows"] + rest["rows"]] == [3, 2, 1]
    assert till.get(f"/api/receipts/{page['rows'][0]['id']}").json["number"] == 3
    assert till.get("/api/receipts/order:none").status_code == 404


def test_the_receipt_page_shows_amounts_in_the_readers_language(till: FlaskClient) -> None:
    body = sale(line("4000004", 1234), line("4000002", 2000), cash=100000)
    order = till.post("/api/sales", json=body).json["order"]

    english = till.get(f"/receipts/{order['_id']}").text
    chinese = till.get(f"/receipts/{order['_id']}?part=paper", headers={"Accept-Language": "zh-CN"}).text

    assert "1.234 kg × 1.99 / kg" in english
    assert "2 × 1.99" in english
    assert "EUR 6.44" in english
    assert "993.56" in english
    assert "找零" in chinese
    assert "<html" not in chinese


def test_script_in_a_products_name_stays_text(till: FlaskClient) -> None:
    order = till.post("/api/sales", json=sale(line("4000007"), cash=1090)).json["order"]

    page = till.get(f"/receipts/{order['_id']}").text

    assert "<b>bold</b>" not in page
    assert "&lt;b&gt;bold" in page


def test_an_unknown_receipt_has_a_page_that_leads_back(till: FlaskClient) -> None:
    page = till.get("/receipts/order:none")

    assert page.status_code == 404
    assert "Back to the till" in page.text


def test_the_sync_page_and_its_words(till: FlaskClient) -> None:
    page = till.get("/sync")

    assert "Not linked" in page.text
    assert till.get("/api/sync").json["light"]["text"] == "Not linked"
    assert till.post("/api/sync", json={}).json["error"] == "no_central"
    assert till.post("/api/sync/retry", json={"id": "nobody"}).status_code == 404
    assert till.post("/api/sync/retry", json={}).json["field"] == "id"


def test_a_language_is_chosen_by_a_link_and_remembered(till: FlaskClient) -> None:
    moved = till.get("/?lang=zh")
    page = till.get("/")

    assert (moved.status_code, moved.headers["Location"]) == (302, "/")
    assert '<html lang="zh-Hans"' in page.text
    assert "扫描或搜索商品" in page.text


def test_news_tell_the_light_and_every_sale(till: FlaskClient, terminal: Node) -> None:
    stream = till.get("/api/events", buffered=False)
    chunks = iter(stream.response)

    first = [next(chunks) for _ in range(2)]
    till.post("/api/sales", json=sale(line(), cash=245))
    told = [event for event in events(next(chunks)) if event[0] != "shift"]  # the sale opened one
    while not told:
        told = [event for event in events(next(chunks)) if event[0] != "shift"]
    open_before = terminal.feeds.open
    stream.close()

    assert first[0].startswith(b"retry:")
    assert events(first[1])[0][0] == "light"
    assert (told[0][0], told[0][1]["number"], told[0][1]["own"]) == ("order", 1, True)
    assert (open_before, terminal.feeds.open) == (1, 0)


def test_news_end_when_the_node_stops(till: FlaskClient, terminal: Node) -> None:
    stream = till.get("/api/events", buffered=False)
    chunks = iter(stream.response)
    for _ in ("retry", "light", "inbox"):
        next(chunks)

    terminal.begin_stop()

    assert list(chunks) == []


def test_one_window_too_many_is_told_to_come_back(till: FlaskClient, terminal: Node) -> None:
    slots = [terminal.feeds.take() for _ in range(terminal.feeds.maximum)]

    answer = till.get("/api/events")
    for slot in slots:
        slot.release()

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def events(chunk: bytes) -> list[tuple[str, Any]]:
    found = []
    for block in chunk.decode().strip().split("\n\n"):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_order_that_is_none_hides_no_other(till: FlaskClient, terminal: Node) -> None:
    sold = till.post("/api/sales", json=sale(line(), cash=245)).json["order"]
    terminal.store_db.put({"_id": "order:junk", "type": "order", "at": None, "lines": [5, None], "tenders": [{}]})

    rows = till.get("/api/receipts").json["rows"]
    assert {row["id"] for row in rows} == {sold["_id"], "order:junk"}
    assert "can’t be read here" in till.get("/receipts/order:junk").text
