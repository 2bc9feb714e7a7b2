"""Head office's page of the central: what is known, as of when, and what its user may not see."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node, NodeConfig
from couch.provision import provision
from tests.support.hub import Hub
from tests.support.process import wait_until
from tests.web.conftest import client_of
from tests.web.till.shopfront import stock


def ago(seconds: float) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(id: str, seconds: float, **more: Any) -> dict[str, Any]:
    return {"node": id, "kind": "terminal", "store": "s1", "time": ago(seconds), "state": "idle", "unsent": 0,
            "refused": 0, "version": "1.2", "ahead": 0, "schedule": "always", **more}  # fmt: skip


@pytest.fixture
def reports(head_office: Node, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    monkeypatch.setattr(head_office, "reports_read", lambda: (rows, datetime.now(UTC)))
    return rows


def test_an_office_without_a_central_says_so_and_shows_what_it_has(office: FlaskClient) -> None:
    text = office.get("/central").text
    assert "linked to no central" in text and "No terminal has been heard of yet." in text
    body = office.get("/api/central").json
    assert (body["central"]["linked"], body["tasks"]["known"], body["users"]["known"]) == (False, False, False)
    assert [row["name"] for row in body["databases"]] == ["company", "store-s1"]
    assert body["databases"][0]["here"]["documents"] > 0


def test_of_many_stores_the_page_draws_what_needs_somebody_and_says_how_many_are_left(
    office: FlaskClient, head_office: Node, reports: list[dict[str, Any]]
) -> None:
    for number in range(110):
        head_office.database(f"store-x{number:03}")
        reports.append(told(f"x{number:03}-t1", 10))
    reports.append(told("x999-t1", 3600))
    other = head_office.directory.get("store-x105")
    for hash_ in "ab":
        doc = {"_id": "cart:x", "_rev": f"1-{hash_ * 32}", "type": "cart"}
        other.bulk_docs([doc], new_edits=False)

    page = office.get("/central").text

    rows = re.findall(r'data-terminal="([^"]+)"', page)
    assert len(rows) == 100 and rows[0] == "x999-t1"
    databases = re.findall(r'data-database="([^"]+)"', page)
    assert len(databases) == 100 and databases[:2] == ["company", "store-x105"]
    assert "11 more rows are not shown" in page and "12 more rows are not shown" in page
    whole = office.get("/central", query_string={"all": "1", "part": "body"}).text
    assert len(re.findall("data-terminal=", whole)) == 111 and "not shown" not in whole
    data = office.get("/api/central").json
    assert len(data["terminals"]) == 111 and data["left"]["terminals"] == 0


def test_silent_terminals_stand_first_and_those_out_of_service_last(
    office: FlaskClient, head_office: Node, reports: list[dict[str, Any]]
) -> None:
    reports += [
        told("s1-t1", 10),
        told("s1-t2", 3600, unsent=3, oldest_unsent=ago(7200)),
        told("s1-t3", 20, refused=2),
        told("s1-t4", 7200, schedule="hours"),
        told("s1-t6", 9999),
    ]
    store = head_office.directory.get("store-s1")
    store.put({"_id": "terminal:s1-t5", "type": "terminal", "schema": 1, "terminal": "s1-t5"})
    store.put({"_id": "terminal:s1-t6", "type": "terminal", "schema": 1, "terminal": "s1-t6", "inactive": True})

    rows = office.get("/api/central").json["terminals"]

    assert [(row["node"], row["level"]) for row in rows] == [
        ("s1-t2", "cut"),
        ("s1-t5", "none"),
        ("s1-t3", "bad"),
        ("s1-t1", "ok"),
        ("s1-t4", "ok"),
        ("s1-t6", "off"),
    ]
    assert (rows[0]["state"], rows[0]["ago"], rows[0]["unsent"]) == ("silent", "1 h ago", 3)
    assert "2 h" in rows[0]["oldest"]
    assert rows[1]["state"] == "not heard of yet"
    unheard = office.get("/central").text.partition('data-terminal="s1-t5"')[2].partition("</tr>")[0]
    assert unheard.count("—") == 6 and ">0<" not in unheard  # nothing is known of it, so nothing is none


def test_a_report_of_any_shape_breaks_nothing(office: FlaskClient, reports: list[dict[str, Any]]) -> None:
    reports += [
        {"node": "<b>x</b>", "kind": "terminal", "time": "yesterday", "unsent": "many", "disk": [], "ahead": "much"},
        {"node": None, "kind": "terminal", "findings": 3, "time": 5, "version": None},
    ]
    page = office.get("/central").text
    assert "&lt;B&gt;X&lt;/B&gt;" in page and "<b>x</b>" not in page


def test_a_clock_that_is_off_is_marked_and_times_are_the_centrals(
    office: FlaskClient, reports: list[dict[str, Any]]
) -> None:
    reports.append(told("s1-t1", 86400, ahead=86_400_000))
    [row] = office.get("/api/central").json["terminals"]
    assert (row["level"], row["ago"], row["clock_wrong"]) == ("ok", "just now", True)
    assert "1 day" in row["clock"] or "24 h" in row["clock"]


def test_the_part_that_the_page_draws_anew_is_the_page_without_its_frame(office: FlaskClient) -> None:
    part = office.get("/central?part=body").text
    assert "<html" not in part and 'id="databases"' in part
    assert "只有管理员" not in part and "数据库" in office.get("/central", headers={"Accept-Language": "zh"}).text


def test_head_office_sees_its_central_its_terminals_and_what_only_an_administrator_sees(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        provision(
            hub.url,
            terminals=[{"id": "s1-t1", "password": "t"}],
            office={"id": "office", "password": "o"},
            iterations=1000,
        )
        central = {"central_url": f"http://127.0.0.1:{hub.port}"}
        till = NodeConfig(kind="terminal", id="s1-t1", store="s1", central_user="s1-t1", **central)
        office = NodeConfig(kind="office", id="office", central_user="office", **central)
        for name in ("t", "o"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "central.secret").write_text(name)
        with Node(tmp_path / "t", till) as terminal, Node(tmp_path / "o", office) as node:
            stock(node.company)
            client = client_of(node)

            def now() -> dict[str, Any]:
                body: dict[str, Any] = client.get("/api/central").json
                return body

            wait_until(lambda: [row["node"] for row in now()["terminals"]] == ["s1-t1"], 60)
            wait_until(lambda: (now()["databases"] or [{"there": {}}])[0]["there"].get("documents"), 60)
            body = now()
            assert body["central"]["online"] and "hub" in body["central"]["product"]
            assert body["tasks"]["refused"] and body["others"]["refused"]
            assert body["terminals"][0]["state"] and body["terminals"][0]["version"]
            assert "only an administrator" in client.get("/central").text.lower()
            assert terminal.id not in body["central"]["address"]

            hub.stop()
            wait_until(lambda: not now()["central"]["online"], 90)
            text = client.get("/central").text
            assert "The central is away. This is what was known" in text
            assert "S1-T1" in text
            assert now()["databases"][0]["there"]["documents"] is not None
