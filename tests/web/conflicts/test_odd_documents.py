"""Documents that no program of ours writes, in dispute: every page and answer stands, whoever asks, however it is
named."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from app.docs import json
from app.node import Node
from app.shop.follow import follow
from app.web import create_app
from app.web.keys import KeyRing
from tests.support.forks import arrive

NAMES = (
    *("name", "price", "barcodes", "units", "attributes", "lines", "notes", "values", "kind", "about", "assigned"),
    *("done_at", "later_at", "updated_at", "updated_by", "updated_on", "number", "series", "sale", "at", "by", "on"),
    *("size", "picture", "colour", "rate", "amount", "inactive", "prices", "leaves", "choices", "closed", "result"),
)
DEEP = json.loads("[" * 390 + "]" * 390)
VALUES: list[Any] = [
    None,
    10**400,
    -1,
    1.5,
    "</script><b>",
    "0001-01-01T00:00:00.000Z",
    [],
    [None, [1]],
    {"": {"a.b": 1}},
]
VALUES += [
    {"amount": 10**30},
    {"amount": 5, "per": "x"},
    [{"name": [], "product": {}}],
    DEEP,
    True,
    "staff:?",
    ["\x00"],
]
TYPES = ("product", "customer", "task", "incident", "settings", "pricelist", "order", "staff", "cart", "resolution", 7)
IDS = ("a b", "a/b", "50%", "a%2Fb", "😀", "q\"'", "<script>", "x?y=1#z", "../..", "\x00", "_design")


def odd(db: Any, id: str, kind: Any, values: tuple[Any, ...]) -> None:
    first, *others = [{"_id": id, "type": kind, "schema": 1, **dict.fromkeys(NAMES, value)} for value in values]
    rev = db.put(first)
    for doc in others:
        arrive(db, id, rev, doc)


def walk(client: FlaskClient, at: str) -> None:
    for path in (
        *(f"/conflicts/{at}", f"/conflicts/{at}?part=details", f"/conflicts/{at}?part=body", f"/history/{at}"),
        *(f"/api/conflicts/{at}", f"/api/history/{at}"),
    ):
        assert client.get(path).status_code in (200, 404), path


@pytest.mark.parametrize("number", range(len(TYPES)))
def test_nonsense_of_every_type_is_shown_decided_and_stops_no_node(
    till: FlaskClient, terminal: Node, number: int
) -> None:
    kind, store = TYPES[number], terminal.database("store-s1")
    for at in range(number, len(VALUES), 4):
        value = VALUES[at]
        name, place = IDS[(at + number) % len(IDS)], (terminal.company, store)[at % 2]
        id = f"_design/{at}" if name == "_design" else f"{kind}:{name}{at}"
        odd(place, id, kind, (value, VALUES[at - 1], VALUES[at - 2])[: 2 + at % 2])
        url = f"{place.name}/{quote(id, safe=':')}"
        walk(till, url)
        case = till.get(f"/api/conflicts/{url}")
        if case.status_code == 200:
            asked = {"request": f"request-{at}", "seen": case.json["seen"], "take": case.json["sides"][0]["rev"]}
            done = till.post(f"/api/conflicts/{url}/resolve", json=asked)
            assert done.status_code in (200, 400, 403), done.json
            walk(till, url)
        assert till.post(f"/api/followups/{url}", json={"note": "x"}).status_code in (200, 400, 404)
    for database in (terminal.company, store):
        follow(terminal.company, database, kind="terminal")
        assert database.verify() == []
    for path in ("/conflicts", "/conflicts?list=incidents", "/conflicts?list=tasks", "/api/conflicts?q=%00"):
        assert till.get(path).status_code == 200, path


BODIES: list[Any] = [[], None, 1, {"request": 1}, {"items": [[]]}, {"seen": [], "take": {}, "choose": []}]
BODIES += [{"approvals": 1}, {"request": "request-1", "approvals": [1, None, {}]}]
WRITES = (
    "/api/conflicts/company/product:4000001/resolve",
    "/api/conflicts/company/product:4000001/undo",
    "/api/conflicts/bulk",
    "/api/conflicts/bulk/undo",
    "/api/conflicts/preview",
    "/api/history/company/product:4000001/restore",
    "/api/followups/company/product:4000001",
    "/api/customers/customer:ann/erase",
    "/api/people/staff:bo/erase",
)


@pytest.mark.parametrize("path", WRITES)
def test_no_form_of_another_site_and_no_key_without_the_right_writes(
    terminal: Node, till: FlaskClient, path: str
) -> None:
    assert till.post(path, data="{}", content_type="text/plain").status_code == 415
    assert till.post(path, data="x=1", content_type="application/x-www-form-urlencoded").status_code == 415
    secret = KeyRing(terminal.path).add("scanner", ["sell"])
    other = create_app(terminal).test_client()
    other.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    assert other.post(path, json={"request": "request-1"}).status_code == 403
    nobody = create_app(terminal).test_client()
    assert nobody.post(path, json={"request": "request-1"}).status_code in (401, 403)


@pytest.mark.parametrize("path", WRITES)
def test_a_body_of_any_other_shape_is_refused_in_words(till: FlaskClient, path: str) -> None:
    for body in BODIES:
        answer = till.post(path, json=body)
        assert 400 <= answer.status_code < 500 and answer.json["reason"], (body, answer.data)


def test_a_database_that_the_node_does_not_show_is_not_here(till: FlaskClient) -> None:
    for name in ("store-s2", "_users", "_replicator", "../company", "%2e%2e", "COMPANY"):
        at = f"{quote(name, safe='')}/product:4000001"
        assert till.get(f"/api/conflicts/{at}").status_code == 404
        assert till.post(f"/api/conflicts/{at}/resolve", json={"request": "request-1", "seen": "x"}).status_code == 404
