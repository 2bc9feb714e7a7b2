"""No other site's page can do anything at a till, whichever route it tries: every route of the application is tried."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.node import Node
from app.web import create_app, sessions, users
from app.web.keys import KeyRing

WRITING = ("POST", "PUT", "PATCH", "DELETE")


def routes(node: Node) -> list[tuple[str, str]]:
    """Each writing route of a node's pages with something in the place of its variables."""
    found = []
    for rule in create_app(node).url_map.iter_rules():
        for method in sorted(set(WRITING) & set(rule.methods or ())):
            found.append((method, re.sub(r"<[^>]*>", "something", rule.rule)))
    return sorted(found)


def browser(node: Node) -> Any:
    """A browser that the door lets in, and that sends its cookie whoever made the page."""
    client = create_app(node).test_client()
    name = sessions.page_cookie_name(str(node.config.get("id") or node.uuid))
    client.set_cookie(name, sessions.make_page_cookie(users.api_key(node.path)))
    return client


@pytest.fixture(params=["terminal", "head_office"])
def node(request: pytest.FixtureRequest) -> Node:
    found: Node = request.getfixturevalue(request.param)
    return found


def test_there_are_routes_to_try(terminal: Node) -> None:
    assert ("POST", "/api/sales") in routes(terminal)
    assert len(routes(terminal)) > 10


def test_a_form_posted_from_another_site_does_nothing(node: Node) -> None:
    client = browser(node)
    for method, path in routes(node):
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            answer = client.open(path, method=method, data={"sale": "x"}, headers=headers)
            assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden"), (method, path, headers)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_a_form_could_send_is_refused_even_without_an_origin(node: Node, content_type: str) -> None:
    client = browser(node)
    for method, path in routes(node):
        if method == "DELETE":  # no form can send one, and the browser asks first for a script
            continue
        answer = client.open(path, method=method, data='{"sale": "x"}', content_type=content_type)
        assert (answer.status_code, answer.get_json()["error"]) == (415, "bad_content_type"), (method, path)


def test_every_error_of_the_api_is_a_problem_in_words(node: Node) -> None:
    client = browser(node)
    for method, path in [*routes(node), ("GET", "/api/nowhere"), ("POST", "/api/state"), ("GET", "/api/products/none")]:
        body = None if method in ("GET", "DELETE") else "no json"
        answer = client.open(path, method=method, data=body, content_type="application/json")
        if answer.status_code < 400:
            continue
        assert answer.content_type == "application/problem+json", (method, path)
        problem = answer.get_json()
        assert problem["status"] == answer.status_code
        assert problem["type"] == f"/api/docs#{problem['error']}"
        assert problem["title"] and problem["detail"] == problem["reason"]


def test_a_program_without_a_key_and_one_with_a_wrong_key_get_a_problem_too(terminal: Node) -> None:
    client = create_app(terminal).test_client()
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = client.get("/api/state", headers=headers)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def test_a_key_without_rights_writes_nowhere(terminal: Node) -> None:
    """Which also keeps a new route from being open to every key before somebody has said whose it is."""
    client = create_app(terminal).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {KeyRing(terminal.path).add('reader', [])}"
    reckoning = {("POST", "/api/price"), ("POST", "/api/approvals")}
    for method, path in set(routes(terminal)) - reckoning:
        answer = client.open(path, method=method, json={})
        assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_till_that_is_locked_is_locked_on_every_route(terminal: Node, method: str) -> None:
    client = browser(terminal)
    person = {"request": "request-1", "name": "Mia", "role": "manager", "pin": "739151"}
    assert client.post("/api/people", json=person).status_code == 201
    client.delete("/api/session")
    unlocks = {"/api/session", "/api/price"}
    for path in [path for each, path in routes(terminal) if each == method and path not in unlocks]:
        answer = client.open(path, method=method, json=None if method == "DELETE" else {})
        assert (answer.status_code, answer.get_json()["error"]) == (401, "locked"), path
