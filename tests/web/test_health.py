"""`/health` and `/metrics`: what a balancer, a scraper and a person hear of a node."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text

from app.node import Node, health
from app.shop.till import Till
from app.web import create_app
from app.web.auth import start_link
from app.web.keys import KeyRing
from tests.support.hub import Hub
from tests.web.till.shopfront import line, sale


def stranger(node: Node) -> FlaskClient:
    return create_app(node).test_client()


def with_key(node: Node, *rights: str) -> FlaskClient:
    client = stranger(node)
    key = KeyRing(node.path).add("scraper", rights)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def figures(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by name and labels, by the official parser."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in read_text(text):
        assert family.documentation, family.name
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def full(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def set(key: str, value: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(node.state, "set", set)
        node.health.probe()


def test_a_stranger_hears_up_or_not_up_and_nothing_else(terminal: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    client = stranger(terminal)
    answer = client.get("/health", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json) == (200, {"status": "up"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/health", headers={"Authorization": "Bearer wrong"}).json == {"status": "up"}
    assert client.get("/metrics").status_code == 401

    full(terminal, monkeypatch)
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (503, {"status": "down"})


def test_a_key_with_the_right_to_sync_reads_all_and_another_one_no_more_than_a_stranger(terminal: Node) -> None:
    told = with_key(terminal, "sync").get("/health")
    assert (told.status_code, told.json["status"], told.json["node"]) == (200, "ok", "s1-t1")
    assert set(told.json["checks"]) == {
        "stopping", "databases", "disk", "links", "backlog", "central", "clock", "refused", "incidents",
        "certificate",
    }  # fmt: skip
    KeyRing(terminal.path).revoke("scraper")
    client = with_key(terminal, "sell")
    assert client.get("/health").json == {"status": "up"}
    assert client.get("/metrics").status_code == 403


def test_what_leaves_a_node_at_work_is_a_warning_and_200(till: FlaskClient, terminal: Node) -> None:
    incident = {"_id": "incident:sale:x", "type": "incident", "schema": 1, "kind": "sale", "sale": "x"}
    terminal.store_db.put(incident)

    answer = till.get("/health")

    assert (answer.status_code, answer.json["status"]) == (200, "warn")
    assert answer.json["checks"]["incidents"] == {"level": "warn", "open": 1}


def test_a_node_that_stops_sends_the_balancer_elsewhere(terminal: Node) -> None:
    client = stranger(terminal)
    terminal.closing.set()
    assert client.get("/health").status_code == 503


def test_a_person_reads_it_as_a_page_in_two_languages(
    till: FlaskClient, terminal: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = till.get("/health", headers={"Accept": "text/html,*/*;q=0.8"}).text
    assert "All is well" in text and "Free disk" in text
    full(terminal, monkeypatch)
    answer = till.get("/health", headers={"Accept": "text/html", "Accept-Language": "zh"})
    assert answer.status_code == 503
    assert "无法工作" in answer.text and "database or disk is full" in answer.text


def test_head_office_has_a_health_of_its_own(office: FlaskClient) -> None:
    assert office.get("/health").json["kind"] == "office"
    assert "All is well" in office.get("/health", headers={"Accept": "text/html"}).text


def test_the_figures_are_what_the_official_parser_reads(till: FlaskClient, terminal: Node) -> None:
    shop = Till(terminal.company, terminal.store_db, terminal="s1-t1", store_id="s1")
    shop.sell({**sale(line(), cash=245), "sale": "01JMETRICS0000000001"})

    answer = till.get("/metrics")

    assert answer.content_type.startswith("text/plain; version=")
    found = figures(answer.text)
    assert found["couchtill_up"] == {(): 1}
    assert found["couchtill_writable"] == {(): 1}
    assert found["couchtill_database_documents"][(("database", "store-s1"),)] == terminal.store_db.info()["doc_count"]
    assert found["couchtill_disk_free_bytes"][()] > 0
    [(labels, value)] = found["couchtill_node_info"].items()
    assert dict(labels)["node"] == "s1-t1" and value == 1
    till.get("/nowhere")
    again = figures(till.get("/metrics").text)
    assert again["couchtill_http_requests_total"][(("method", "GET"), ("status", "404"))] == 1
    assert again["couchtill_http_requests_total"][(("method", "GET"), ("status", "200"))] >= 1


def test_open_metrics_are_given_to_those_who_ask(till: FlaskClient) -> None:
    answer = till.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert answer.content_type.startswith("application/openmetrics-text")
    names = {family.name for family in read_open(answer.text)}
    assert {"couchtill_up", "couchtill_http_requests", "couchtill_node"} <= names


def test_head_office_tells_of_each_terminal_and_of_no_person(
    office: FlaskClient, head_office: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    head_office.company.put({"_id": "customer:ada", "type": "customer", "schema": 1, "name": "Ada Quillfeather"})
    head_office.database("userdb-616461")
    time = "2026-11-22T10:00:00.000Z"
    rows = [
        {"node": "s1-t2", "kind": "terminal", "store": "s1", "time": time, "unsent": 3, "refused": 1, "ahead": 2500,
         "version": "1.0", "disk": {"free": 10, "total": 20}, "state": "idle"},
        {"node": "s1-t3", "kind": "terminal", "store": "s1", "time": "?", "unsent": "many", "disk": None},
        {"node": "hub", "kind": "hub", "time": time},
    ]  # fmt: skip
    monkeypatch.setattr(head_office, "terminal_reports", lambda: rows)

    text = office.get("/metrics").text

    of = (("store", "s1"), ("terminal", "s1-t2"))
    found = figures(text)
    assert found["couchtill_terminal_last_seen_timestamp_seconds"] == {of: 1795341602.5}
    assert found["couchtill_terminal_unsent_documents"][of] == 3
    assert found["couchtill_terminal_clock_offset_seconds"] == {of: 2.5}
    assert found["couchtill_terminal_disk_free_bytes"] == {of: 10}
    assert "Quillfeather" not in text and "616461" not in text
    assert (("database", "other"),) in found["couchtill_database_documents"]


def test_a_hub_serves_its_figures_under_couchdbs_own_path_to_those_who_may(tmp_path: Path) -> None:
    with Hub(tmp_path) as hub:
        root = f"http://127.0.0.1:{hub.port}"
        requests.put(f"{hub.url}/company", timeout=10)
        user = {"name": "prom", "type": "user", "roles": ["_metrics"], "password": "pw"}
        requests.put(f"{hub.url}/_users/org.couchdb.user:prom", json=user, timeout=10)
        other = {**user, "name": "other", "roles": []}
        requests.put(f"{hub.url}/_users/org.couchdb.user:other", json=other, timeout=10)
        path = "/_node/_local/_prometheus"

        text = requests.get(root + path, auth=("prom", "pw"), timeout=10).text
        stranger = requests.get(root + path, timeout=10)
        member = requests.get(root + path, auth=("other", "pw"), timeout=10)
        up = requests.get(root + "/_health", timeout=10)
        whole = requests.get(root + "/_health", auth=("prom", "pw"), timeout=10).json()

    found = figures(text)
    assert found["couchdb_httpd_status_codes_total"][(("code", "201"),)] >= 2
    assert found["couchdb_httpd_request_methods_total"][(("method", "PUT"),)] == 3
    assert found["couchdb_open_databases"] == {(): 2}
    assert found["couchtill_database_documents"] == {(("database", "company"),): 0, (("database", "other"),): 2}
    assert (stranger.status_code, stranger.json()["error"]) == (401, "unauthorized")
    assert member.status_code == 401
    assert (up.status_code, up.json()) == (200, {"status": "up"})
    assert (whole["status"], whole["kind"]) == ("ok", "hub")


def test_a_hub_of_which_the_disk_is_full_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"total": 10**12, "free": health.FLOOR - 1})()
    with Hub(tmp_path) as hub:
        monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage)
        answer = requests.get(f"http://127.0.0.1:{hub.port}/_health", timeout=10)
    assert (answer.status_code, answer.json()) == (503, {"status": "down"})


def test_a_browser_gets_to_the_page_by_the_tills_cookie(terminal: Node) -> None:
    client = stranger(terminal)
    link = start_link(terminal, "http://localhost")
    client.get(link.removeprefix("http://localhost"))
    assert "All is well" in client.get("/health", headers={"Accept": "text/html"}).text
