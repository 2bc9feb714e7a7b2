"""What every page and answer carries: a content security policy without exceptions, and cookies for this site only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app
from app.node import Node
from app.web import create_app, enrolling
from app.web.users import api_key

ROOT = Path(app.__file__).parent
#: Of what is no page, but somebody's picture.
PICTURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
INLINE = re.compile(
    r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|<style\b|javascript:|<script(?![^>]*\b(src|type="application/json"|type="importmap"))"""
)


@pytest.mark.parametrize("file", sorted(ROOT.glob("templates/**/*.html")), ids=lambda file: file.name)
def test_no_template_needs_an_inline_script_or_style(file: Path) -> None:
    assert INLINE.findall(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", sorted(ROOT.glob("templates/**/*.html")), ids=lambda file: file.name)
def test_a_form_that_a_module_answers_goes_nowhere_by_itself(file: Path) -> None:
    """Before the module listens a browser would put what was typed, a PIN maybe, into the page's address."""
    forms = re.findall(r"<form\b[^>]*>", file.read_text("utf-8"))
    assert [form for form in forms if "action=" not in form and 'method="dialog"' not in form] == []


@pytest.mark.parametrize("file", sorted(ROOT.glob("static/js/**/*.js")), ids=lambda file: file.name)
def test_no_module_evaluates_text_or_writes_a_style_attribute(file: Path) -> None:
    text = file.read_text("utf-8")
    assert (
        re.findall(r"\beval\(|new Function\(|setAttribute\([\"']style|insertAdjacentHTML|document\.write", text) == []
    )


def pages(client: FlaskClient) -> list[str]:
    """Every address that can be read, with something in the place of what it asks for; not feeds, which don't end."""
    found = []
    for rule in client.application.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "events" not in rule.rule:
            found += {re.sub(r"<[^>]+>", given, rule.rule) for given in ("x", "product:4000001", "style.css")}
    return [*found, "/nowhere", "/api/nowhere", "/_session", "/static/js/nowhere.js"]


def is_guarded(path: str, answer: TestResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    if policy != PICTURE:
        assert "unsafe" not in policy and "default-src 'self'" in policy, path
        assert "object-src 'none'" in policy and "base-uri 'none'" in policy and "form-action 'self'" in policy, path
        assert "frame-ancestors 'self'" in policy, path
    assert answer.headers["X-Content-Type-Options"] == "nosniff", path
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "SameSite=" in cookie, path


def guarded(client: FlaskClient) -> set[str]:
    """The pages, of all answers; each is looked at as somebody who came in, and as a stranger."""
    found = set()
    stranger = client.application.test_client()
    for path in pages(client):
        answer = client.get(path, headers={"Accept": "text/html"})
        is_guarded(path, answer)
        if answer.mimetype == "text/html":
            found.add(path)
            assert INLINE.findall(answer.text) == [], path
        is_guarded(path, stranger.get(path))
        is_guarded(path, client.get(path, headers={"Host": "evil.example"}))
        is_guarded(path, client.patch(path))
    return found


def test_every_page_of_a_till_is_guarded(till: FlaskClient) -> None:
    assert len(guarded(till)) >= 12


def test_every_page_of_head_office_is_guarded(office: FlaskClient) -> None:
    assert len(guarded(office)) >= 15


def test_the_page_of_a_machine_that_is_no_terminal_yet_is_guarded(tmp_path: Path) -> None:
    newcomer = enrolling.Newcomer(tmp_path, host="127.0.0.1", port=0, explain=lambda error: None)
    client = enrolling.create_app(newcomer).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {api_key(tmp_path)}"
    assert "/" in guarded(client)
    is_guarded("/api/enrolment", client.post("/api/enrolment", json={"code": "x"}))


def test_what_breaks_off_is_guarded_too(office: FlaskClient, head_office: Node) -> None:
    head_office.directory.close()
    answer = office.get("/products")
    assert answer.status_code == 500
    is_guarded("/products", answer)


def test_a_session_of_the_couchdb_api_is_for_this_site_only(terminal: Node) -> None:
    client = create_app(terminal).test_client()
    answer = client.post("/couch/_session", json={"name": "api", "password": api_key(terminal.path)})
    assert "SameSite=Strict" in answer.headers["Set-Cookie"] and "HttpOnly" in answer.headers["Set-Cookie"]


def test_no_other_sites_page_writes_anything(till: FlaskClient, office: FlaskClient) -> None:
    for client in (till, office):
        for rule in client.application.url_map.iter_rules():
            for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
                path = re.sub(r"<[^>]+>", "x", rule.rule)
                answer = client.open(path, method=method, headers={"Origin": "https://evil.example"}, json={})
                assert answer.status_code == 403, f"{method} {rule.rule}"
                form = client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"}, data={"a": "b"})
                assert form.status_code == 403, f"{method} {rule.rule}"
