"""One document in dispute over HTTP: shown, decided, taken back; what is refused, and in which words."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node, NodeConfig
from app.shop.conflicts import leave
from app.shop.ids import IMMUTABLE
from app.web import create_app
from app.web.keys import KeyRing
from couch.designs import design_documents
from tests.support.forks import DELETED, arrive, fork, on
from tests.web.conftest import client_of
from tests.web.till.shopfront import stock

ESPRESSO = "product:4000001"
AT = f"/api/conflicts/company/{ESPRESSO}"
PAGE = f"/conflicts/company/{ESPRESSO}"


def price(amount: int) -> dict[str, int]:
    return {"amount": amount, "per": 1000}


@pytest.fixture
def revs(terminal: Node) -> list[str]:
    """Head office and till 1 changed the price of an espresso apart."""
    return fork(
        terminal.company,
        ESPRESSO,
        on("office", price=price(1290)),
        on("s1-t1", "2026-11-20T12:05:00.000Z", price=price(1350), brand="Alm"),
    )


def decide(till: FlaskClient, **asked: Any) -> Any:
    seen = till.get(AT).json.get("seen", "none")
    return till.post(f"{AT}/resolve", json={"request": "request-1", "seen": seen, **asked})


def test_a_case_is_shown_decided_once_and_taken_back(till: FlaskClient, revs: list[str], terminal: Node) -> None:
    case = till.get(AT).json
    assert [field["path"] for field in case["fields"]] == ["price"]
    assert case["fields"][0]["values"] == {revs[0]: price(1290), revs[1]: price(1350)}
    assert till.get(AT, query_string={"seen": case["seen"]}).json == {"seen": case["seen"]}
    asked = {"request": "request-1", "seen": case["seen"], "choose": {"price": {"side": revs[1]}}}
    done = till.post(f"{AT}/resolve", json=asked)
    assert done.status_code == 200 and done.json["doc"]["price"] == price(1350)
    assert done.json["resolution"]["on"] == "s1-t1"
    assert till.post(f"{AT}/resolve", json=asked).json == done.json
    gone = till.get(AT)
    assert (gone.status_code, gone.json["error"]) == (404, "not_in_dispute")
    assert gone.json["resolution"]["_id"] == done.json["resolution"]["_id"]
    undone = till.post(f"{AT}/undo", json={"request": "request-2", "resolution": done.json["resolution"]["_id"]})
    assert undone.status_code == 200
    again = {str(value) for value in till.get(AT).json["fields"][0]["values"].values()}
    assert again == {str(price(1290)), str(price(1350))}


def test_what_is_wrong_is_said_with_its_field_and_nothing_is_written(
    till: FlaskClient, revs: list[str], terminal: Node
) -> None:
    before = terminal.company.update_seq
    for asked, status, error, field in (
        ({}, 400, "undecided", "price"),
        ({"choose": {"price": {"value": {"amount": -5}}}}, 400, "invalid", "price.amount"),
        ({"choose": {"name": {"value": "x"}}, "take": revs[0]}, 400, "invalid", "name"),
        ({"choose": 1}, 400, "invalid", "choose"),
        ({"keep": "both"}, 400, "invalid", "keep"),
        ({"whatever": 1}, 400, "invalid", "whatever"),
        ({"request": "x"}, 400, "invalid", "request"),
        ({"take": revs[0], "seen": "0" * 16}, 409, "changed", ""),
    ):
        answer = decide(till, **asked)
        assert (answer.status_code, answer.json["error"], answer.json["field"]) == (status, error, field), asked
    assert answer.json["case"]["seen"] == till.get(AT).json["seen"]
    chinese = till.post(
        f"{AT}/resolve",
        json={"request": "request-9", "seen": till.get(AT).json["seen"]},
        headers={"Accept-Language": "zh"},
    )
    assert chinese.json["reason"] == "请对所有不同之处作出选择。"
    assert till.get("/api/conflicts/other/product:a").status_code == 404
    assert till.get("/api/conflicts/company/product:none").json["error"] == "not_found"
    assert till.post(f"{AT}/undo", json={"request": "request-1", "resolution": "resolution:x"}).status_code == 404
    assert terminal.company.update_seq == before


def test_a_key_needs_the_right(terminal: Node, revs: list[str]) -> None:
    ring = KeyRing(terminal.path)
    client = create_app(terminal).test_client()
    for rights, status in ((["conflicts"], 200), (["sell"], 403)):
        key = ring.add("-".join(rights), rights)
        assert client.get(AT, headers={"Authorization": f"Bearer {key}"}).status_code == status


def test_the_page_says_it_in_the_words_of_a_shop(till: FlaskClient, revs: list[str], terminal: Node) -> None:
    sale = {"product": ESPRESSO, "quantity": 3000, "price": price(1350)}
    sold = {"sale": "01JSOLDATTHATPRICE", "lines": [sale], "tenders": [{"kind": "cash", "amount": 4050}]}
    late = arrive(terminal.company, ESPRESSO, revs[1], {**terminal.company.get(ESPRESSO, rev=revs[1]), "sort": 1})
    assert late and terminal.till.sell(sold)
    page = till.get(PAGE).text
    for text in ("Espresso, small", "price changed in two places", "before: €2.45", "€12.90", "Head office"):
        assert text in page
    assert "3 sold at it" in page and "Joined for you: " in page and "brand" in page
    body = till.get(PAGE, query_string={"part": "body"}).text
    assert "<html" not in body and 'id="decide"' in body
    details = till.get(PAGE, query_string={"part": "details"}).text
    assert "Before" in details and "<svg" in details
    decide(till, take=revs[0], request="request-7")
    done = till.get(PAGE).text
    assert "Decided." in done and "€12.90" in done and 'id="undo"' in done
    assert till.get("/conflicts/company/product:none").status_code == 404
    assert "Nothing to decide here." in till.get("/conflicts/company/product:4000002").text
    assert "价格" in till.get(PAGE, headers={"Accept-Language": "zh"}).text


def test_when_a_price_was_set_goes_with_it_and_is_told_nobody(till: FlaskClient, terminal: Node) -> None:
    first, second = "2026-11-20T12:05:00.111Z", "2026-11-20T12:06:00.222Z"
    early, late = "2026-11-20T12:05:00.000Z", "2026-11-20T12:06:00.000Z"
    fork(
        terminal.company,
        ESPRESSO,
        on("office", early, price=price(1290), priced_at=first, brand="Alm"),
        on("s1-t1", late, price=price(1350), priced_at=second),
    )
    page = till.get(PAGE).text
    assert "Joined for you: brand" in page and "time of the price" not in page and "111Z" not in page
    case = {"database": "company", "id": ESPRESSO, "seen": till.get(AT).json["seen"]}
    [row] = till.post("/api/conflicts/preview", json={"items": [case], "take": "newer"}).json["rows"]
    assert [line["field"] for line in row["becomes"]] == ["price", "brand"]
    done = decide(till, choose={"price": {"value": price(1300)}})
    assert done.json["doc"]["priced_at"] == second
    page = till.get(PAGE).text
    assert "Alm" in page and "ime of the price" not in page and "222Z" not in page


def test_what_is_counted_is_neither_shown_nor_keyed_as_money(till: FlaskClient, terminal: Node) -> None:
    promotion = {"_id": "promotion:ten", "type": "promotion", "name": "Ten off", "kind": "percent", "limit": 1}
    terminal.company.put({**promotion, "spend": 1000})
    fork(terminal.company, promotion["_id"], on("office", limit=3, spend=2000), on("s1-t1", limit=4, spend=3000))
    fields = till.get(f"/conflicts/company/{promotion['_id']}").text.split("<fieldset")
    limit, spend = (next(part for part in fields if f'data-field="{name}"' in part) for name in ("limit", "spend"))
    assert ('data-text="3"' in limit, 'data-digits="0"' in limit, "€" in limit) == (True, True, False)
    assert ('data-text="€20.00"' in spend, 'data-digits="2"' in spend) == (True, True)


def test_nobody_is_shown_the_hash_of_a_pin(till: FlaskClient, terminal: Node) -> None:
    pin = {"salt": "aa", "hash": "cafe01", "n": 1024, "r": 8, "p": 1, "pepper": "0" * 8}
    staff = {"_id": "staff:a", "type": "staff", "schema": 1, "name": "Ann", "role": "cashier", "inactive": True}
    terminal.store_db.put({**staff, "pin": pin})
    fork(
        terminal.store_db,
        "staff:a",
        on("s1-t1", pin={**pin, "hash": "cafe02"}, role="manager"),
        on("s1-t2", pin={**pin, "hash": "cafe03"}, role="supervisor"),
    )
    for url in ("/api/conflicts/store-s1/staff:a", "/conflicts/store-s1/staff:a"):
        for part in ("", "?part=details"):
            shown = till.get(url + part)
            assert shown.status_code == 200 and "cafe0" not in shown.text


def test_the_pictures_of_each_version_are_shown_and_nothing_else_of_it(till: FlaskClient, terminal: Node) -> None:
    files = {
        "a.svg": {"content_type": "image/svg+xml", "data": b64encode(b"<svg/>").decode()},
        "b.html": {"content_type": "text/html", "data": b64encode(b"<p>").decode()},
    }
    terminal.company.put({"_id": "picture:a", "type": "picture", "_attachments": files})
    fork(terminal.company, "picture:a", {"alt": "one"}, {"alt": "two", "_attachments": None})
    rev = next(side for side in till.get("/api/conflicts/company/picture:a").json["sides"] if side["attachments"])[
        "rev"
    ]
    at = "/api/conflicts/company/picture:a/attachment"
    shown = till.get(at, query_string={"rev": rev, "name": "a.svg"})
    assert (shown.status_code, shown.data) == (200, b"<svg/>") and "sandbox" in shown.headers["Content-Security-Policy"]
    for name in ("b.html", "none"):
        assert till.get(at, query_string={"rev": rev, "name": name}).status_code == 404
    assert "attachment?rev=" in till.get("/conflicts/company/picture:a").text


def test_deleted_against_edited_says_what_was_edited_and_asks_which(till: FlaskClient, terminal: Node) -> None:
    early = "2026-11-20T12:05:00.111Z"
    fork(terminal.company, ESPRESSO, DELETED, on("s1-t1", name="Espresso doppio", priced_at=early))
    page = till.get(PAGE).text
    assert "Keep it deleted" in page and "Bring it back" in page and "doppio" in page and early not in page
    assert decide(till, keep="deleted").json["doc"] is None
    assert "it stays deleted" in till.get(PAGE).text


def test_three_hundred_versions_are_shown_and_decided(till: FlaskClient, terminal: Node) -> None:
    edits = [on(f"s1-t{n}", f"2026-11-20T12:{n % 60:02}:00.000Z", price=price(n), brand=f"b{n}") for n in range(1, 301)]
    fork(terminal.company, ESPRESSO, *edits)
    page = till.get(PAGE)
    assert page.status_code == 200 and len(page.data) < 200_000
    assert till.get(PAGE, query_string={"part": "details"}).status_code == 200
    case = till.get(AT).json
    done = decide(till, take=case["sides"][0]["rev"])
    assert done.status_code == 200 and len(done.json["resolution"]["closed"]) == 299
    assert till.get(AT).status_code == 404


TAX = "tax:reduced"


def test_a_till_of_a_central_decides_nothing_that_head_office_alone_writes(tmp_path: Path) -> None:
    config = NodeConfig(kind="terminal", id="s1-t1", store="s1", central_url="http://127.0.0.1:9")
    with Node(tmp_path / "s1-t1", config) as node:
        stock(node.company)
        node.company.put({"_id": TAX, "type": "tax", "schema": 1, "name": "Reduced", "rate": 70000})
        revs = fork(node.company, TAX, on("office", rate=50000), on("s1-t1", rate=60000))
        fork(node.company, ESPRESSO, on("office", price=price(1290)), on("s1-t1", price=price(1350)))
        before, client = node.company.update_seq, client_of(node)
        path = f"/api/conflicts/company/{TAX}"
        seen = client.get(path).json["seen"]
        reason = "Head office decides this: the central takes it from no till."
        asked = {"request": "request-1", "seen": seen, "take": revs[0]}
        refused = [
            client.post(f"{path}/resolve", json=asked),
            client.post(f"{path}/undo", json={"request": "request-2", "resolution": "resolution:x"}),
            client.post(
                f"/api/history/company/{TAX}/restore", json={"request": "request-3", "rev": revs[1], "seen": revs[0]}
            ),
        ]
        for answer in refused:
            assert (answer.status_code, answer.json["error"], answer.json["reason"]) == (403, "head_office", reason)
        items = [{"database": "company", "id": TAX, "seen": seen}]
        preview = client.post("/api/conflicts/preview", json={"take": "shown", "items": items}).json
        many = client.post("/api/conflicts/bulk", json={"request": "request-4", "take": "shown", "items": items}).json
        assert preview["rows"][0]["reason"] == many["stayed"][0]["reason"] == reason
        assert node.company.update_seq == before
        page = client.get(f"/conflicts/company/{TAX}").text
        assert reason in page and 'id="use"' not in page and "data-take" not in page
        assert "总部" in client.get(f"/conflicts/company/{TAX}", headers={"Accept-Language": "zh"}).text
        own = client.get(f"/conflicts/company/{ESPRESSO}").text
        assert reason not in own and 'id="use"' in own


def test_what_head_office_alone_decides_is_what_the_centrals_rules_say() -> None:
    [rules] = [doc for doc in design_documents("company") if "validate_doc_update" in doc]
    written = dict(re.findall(r"^ +(\w+): +'([a-z ]+)'", rules["validate_doc_update"], re.MULTILINE))
    assert len(written) == 17
    alone = {name for name, who in written.items() if who.split()[0] == "office"}
    assert alone - IMMUTABLE == leave.BY_OFFICE
    assert written["settings"] == "own office"
    assert [leave.is_by_office(id) for id in ("settings:all", "settings:store:s1", "settings:terminal:s1-t1")] == [
        True,
        True,
        False,
    ]
