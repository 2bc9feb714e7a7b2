"""The sync page of a till and of head office, its API, and the news that a page hears."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.docs import json
from app.node import Node, NodeConfig
from app.node import config as node_config
from app.web import i18n, kinds, reasons, sync_words, words
from couch.provision import provision
from tests.support.hub import Hub
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy
from tests.web.conftest import client_of
from tests.web.till.shopfront import line as item
from tests.web.till.shopfront import sale, stock

PASSWORD = "s1-t1-password-of-tests"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        users = [{"id": "s1-t1", "password": PASSWORD}]
        provision(hub.url, stores=["s1"], terminals=users, office={"id": "office", "password": PASSWORD}, iterations=10)
        yield hub


@pytest.fixture
def line(hub: Hub) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{hub.port}") as line:
        yield line


def linked(path: Path, kind: str, id: str, line: FaultProxy) -> Node:
    path.mkdir()
    node_config.write_secret(path, "central", PASSWORD)
    store = "s1" if kind == "terminal" else None
    return Node(path, NodeConfig(kind, id, store=store, central_url=line.url, central_user=id))


@pytest.fixture
def terminal(tmp_path: Path, hub: Hub, line: FaultProxy) -> Iterator[Node]:
    company = hub.node.directory.get("company")
    stock(company)
    with linked(tmp_path / "t", "terminal", "s1-t1", line) as node:
        wait_until(lambda: node.company.count() == company.count())
        wait_until(lambda: (node.sync_status()["state"], node.sync_status()["unsent"]) == ("idle", 0))
        yield node


@pytest.fixture
def till(terminal: Node) -> FlaskClient:
    return client_of(terminal)


@pytest.fixture
def english() -> Iterator[None]:
    application = Flask(__name__)
    i18n.init_app(application)
    with application.test_request_context("/"):
        yield


# -- the page ----------------------------------------------------------------------------------------------------------


def test_what_is_unsent_is_told_by_its_kind(till: FlaskClient, terminal: Node, line: FaultProxy) -> None:
    line.cut()
    wait_until(lambda: terminal.sync_status()["state"] == "waiting" and not terminal.contact().online)
    for number in range(3):
        sold = till.post("/api/sales", json={**sale(item(), cash=245), "sale": f"01JTESTSALE000000000000000{number}"})
        assert sold.status_code == 201, sold.text
    terminal.store_db.put({"_id": "thing:1", "type": "thing"})
    page = till.get("/sync?part=body").text
    told = till.get("/api/sync").json

    assert "3 receipts" in page and "other document" in page
    assert "does not answer" in page or "broke off" in page
    entry = next(one for one in told["unsent_documents"] if one["database"] == "store-s1")
    assert entry["types"]["order"] == 3
    assert told["contact"]["online"] is False and told["contact"]["last"] is not None

    line.restore()
    terminal.sync_now()
    wait_until(lambda: "Nothing. The central has everything" in till.get("/sync?part=body").text)


def test_in_step_the_page_says_when_the_central_was_seen_and_how_its_clock_stands(till: FlaskClient) -> None:
    page = till.get("/sync").text

    assert "Central last seen" in page
    assert "agrees with the clock here" in page
    assert "Always, as things happen" in page
    assert till.get("/sync?lang=zh", follow_redirects=True).text.count("何时同步") >= 1


def test_a_refused_document_is_named_in_words_and_offered_again(
    till: FlaskClient, terminal: Node, line: FaultProxy
) -> None:
    answer = [{"id": "product:4000001", "error": "forbidden", "reason": "The price must not be negative."}]
    line.answer(201, json.dumps(answer), {"Content-Type": "application/json"}, match="POST /company/_bulk_docs")
    doc = terminal.company.get("product:4000001")
    terminal.company.put({**doc, "price": {"amount": 250, "per": 1000}})
    wait_until(lambda: terminal.refused())
    page = till.get("/sync?part=body").text
    assert "Product “Espresso”" in page and "The price must not be negative." in page

    line.clear()
    [entry] = terminal.refused()
    assert till.post("/api/sync/retry", json={"id": entry["id"]}).status_code == 202
    wait_until(lambda: not terminal.refused())
    assert "None. Every document that was offered was taken." in till.get("/sync?part=body").text


def test_the_schedule_is_set_in_a_document_and_holds_at_once(till: FlaskClient, terminal: Node) -> None:
    terminal.company.put(
        {"_id": "settings:terminal:s1-t1", "type": "settings", "schema": 1, "scope": "terminal:s1-t1"}
        | {"values": {"paper": 58, "of_a_newer_program": 1}}
    )
    set = till.put("/api/sync/schedule", json={"sync": {"mode": "hours", "hours": ["18:00", "08:00", "18:00"]}})
    doc = terminal.company.get("settings:terminal:s1-t1")

    assert set.status_code == 200, set.text
    assert set.json["schedule"]["mode"] == "hours"
    assert doc["values"] == {
        "paper": 58,
        "of_a_newer_program": 1,
        "sync": {"mode": "hours", "minutes": 15, "hours": ["08:00", "18:00"]},
    }
    assert (doc["updated_on"], doc["scope"]) == ("s1-t1", "terminal:s1-t1")
    wait_until(lambda: "next sync" in till.get("/api/state").json["sync"]["text"])
    assert "At 08:00, 18:00" in till.get("/sync?part=body").text


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (None, "sync"),
        ({"mode": "sometimes"}, "sync.mode"),
        ({"mode": "every", "minutes": 0}, "sync.minutes"),
        ({"mode": "hours", "hours": ["25:00"]}, "sync.hours.0"),
        ({"mode": "hours", "hours": []}, "sync.hours"),
        ({"mode": "always", "whenever": 1}, "sync.whenever"),
    ],
)
def test_a_schedule_that_is_none_is_refused_with_the_field(till: FlaskClient, rule: Any, field: str) -> None:
    answer = till.put("/api/sync/schedule", json={"sync": rule})

    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_a_till_without_a_central_says_so_and_has_nothing_to_schedule(tmp_path: Path) -> None:
    with Node(tmp_path / "alone", NodeConfig("terminal", "s1-t1", store="s1")) as alone:
        page = client_of(alone).get("/sync").text

    assert "No other machine is set up" in page
    assert 'id="schedule"' not in page


def test_head_office_has_the_page_too_and_its_own_schedule(tmp_path: Path, line: FaultProxy) -> None:
    with linked(tmp_path / "o", "office", "office", line) as office:
        wait_until(lambda: office.sync_status()["state"] == "idle")
        client = client_of(office)
        assert "Always, as things happen" in client.get("/sync").text
        everybody = {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all"}
        office.company.put({**everybody, "values": {"sync": {"mode": "manual"}}})
        assert client.get("/api/sync").json["schedule"]["mode"] == "always"  # that is for tills
        assert client.put("/api/sync/schedule", json={"sync": {"mode": "every", "minutes": 30}}).status_code == 200
        wait_until(lambda: client.get("/api/sync").json["schedule"]["mode"] == "every")
        assert client.post("/api/sync", json={}).status_code == 202


# -- words -------------------------------------------------------------------------------------------------------------


def rests(**given: Any) -> dict[str, Any]:
    return {"state": "resting", "unsent": 0, "refused": [], "links": [], **given}


@pytest.mark.usefixtures("english")
def test_the_light_names_the_next_sync() -> None:
    soon = datetime.now(UTC).replace(hour=23, minute=59).isoformat()
    light = words.light(rests(schedule={"mode": "every", "next": soon}))
    by_hand = words.light(rests(unsent=3, schedule={"mode": "manual", "next": None}))

    assert (light["level"], light["text"]) == ("ok", "All sent, next sync 23:59")
    assert (by_hand["level"], by_hand["text"]) == ("busy", "3 unsent, sync by hand")


@pytest.mark.parametrize(
    ("left", "text"),
    [(5, None), (3.99, "Selling stops in 3 h"), (0.5, "Selling stops in 30 min"), (-1, "No selling: sync first")],
)
@pytest.mark.usefixtures("english")
def test_the_light_warns_in_time_before_selling_stops(left: float, text: str | None) -> None:
    now = datetime.now(UTC)
    stops = now + timedelta(hours=left, seconds=30)
    contact = {"last": (stops - timedelta(hours=24)).isoformat(), "stops_at": stops.isoformat(), "online": False}
    light = words.light(rests(state="waiting", contact=contact))

    assert light["text"] == (text or "Line cut: selling goes on")
    assert words.light(rests(state="idle", contact={**contact, "online": True}))["text"] == "All sent"


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (None, "not known yet"),
        (-1900, "agrees with the clock here"),
        (45_000, "The clock here is 45 s behind the central’s"),
        (-86_400_000 * 3, "The clock here is 3 days ahead of the central’s"),
    ],
)
@pytest.mark.usefixtures("english")
def test_the_clocks_are_compared_in_words(ahead: int | None, text: str) -> None:
    assert sync_words.clock(ahead) == text


@pytest.mark.usefixtures("english")
def test_documents_are_counted_in_words_money_first() -> None:
    types = {"cart": 1, "order": 3, "thing": 2, None: 1}

    assert kinds.counted(types) == "3 receipts, 1 parked cart, 3 other documents"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("http://c:5984 cannot be reached.", "中心（http://c:5984）没有应答。网络是否正常？"),
        ("Name or password is incorrect.", "中心不接受本机的名称或密码。"),
        ("The database does not exist there.", "中心没有这个数据库：请联系总部。"),
        ("http://c answered 503: it sleeps", "中心（http://c）自身有问题：it sleeps（503）"),
        ("The price must not be negative.", "The price must not be negative."),
        (None, ""),
    ],
)
def test_reasons_of_our_own_are_told_in_the_readers_language(reason: str | None, told: str) -> None:
    application = Flask(__name__)
    i18n.init_app(application)
    with application.test_request_context("/", headers={"Accept-Language": "zh"}):
        assert reasons.plain(reason) == told


# -- news --------------------------------------------------------------------------------------------------------------


def events(chunks: Iterator[bytes], name: str) -> Any:
    """The data of the next event of that name."""
    for chunk in chunks:
        for event in chunk.decode().split("\n\n"):
            head, _, data = event.partition("\ndata: ")
            if head == f"event: {name}":
                return json.loads(data)
    raise AssertionError(f"the stream ended without {name}")


def test_a_new_price_names_its_product_and_a_flood_names_none(till: FlaskClient, terminal: Node) -> None:
    stream = till.get("/api/events", buffered=False)
    chunks = iter(stream.response)
    assert next(chunks).startswith(b"retry:")
    doc = terminal.company.get("product:4000001")
    terminal.company.put({**doc, "price": {"amount": 260, "per": 1000}})
    told = events(chunks, "catalogue")
    terminal.company.bulk_docs([{"_id": f"product:n{n}", "type": "product", "name": "n"} for n in range(300)])
    flood = events(chunks, "catalogue")
    stream.close()

    assert told == {"products": ["product:4000001"], "types": ["product"]}
    assert flood["products"] is None


def test_a_customer_is_no_news_of_the_catalogue_and_a_task_is_told(till: FlaskClient, terminal: Node) -> None:
    stream = till.get("/api/events", buffered=False)
    chunks = iter(stream.response)
    next(chunks)
    terminal.company.put({"_id": "customer:1", "type": "customer", "schema": 1, "name": "Ada"})
    task = {"_id": "task:overspent:card", "type": "task", "schema": 1, "kind": "overspent", "about": "card"}
    terminal.company.put(task)
    heard: list[str] = []
    for chunk in chunks:
        heard += [event.partition("\n")[0] for event in chunk.decode().split("\n\n") if event]
        if "event: task" in heard:
            break
    stream.close()

    assert "event: catalogue" not in heard


def test_a_parked_cart_arrives_with_its_lines_and_its_end_too(till: FlaskClient, terminal: Node) -> None:
    stream = till.get("/api/events", buffered=False)
    chunks = iter(stream.response)
    next(chunks)
    lines = {"l1": {"product": "product:4000001", "quantity": 1000, "name": "Espresso"}}
    cart = {"_id": "cart:01jtestcart00000000000", "type": "cart", "schema": 1, "state": "parked", "lines": lines}
    rev = terminal.store_db.put({**cart, "parked_at": "2026-11-22T10:00:00.000Z"})
    parked = events(chunks, "cart")
    terminal.store_db.put({"_id": cart["_id"], "_rev": rev, "_deleted": True})
    gone = events(chunks, "cart")
    stream.close()

    assert parked["id"] == cart["_id"] and parked["lines"]["l1"]["name"] == "Espresso"
    assert gone["gone"] is True


def test_a_stream_hears_nothing_of_what_was_before_it(till: FlaskClient, terminal: Node) -> None:
    till.post("/api/sales", json=sale(item(), cash=245))
    stream = till.get("/api/events", buffered=False)
    chunks = iter(stream.response)
    next(chunks)
    till.post("/api/sales", json={**sale(item(), cash=245), "sale": "01JTESTSALE0000000000000002"})
    told = events(chunks, "order")
    stream.close()

    assert told["number"] == 2
