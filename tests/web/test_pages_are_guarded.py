"""What every page and answer carries: a content security policy without exceptions, and cookies for this site only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app
from app.node import Node
from app.web import create_app
from app.web.users import api_key

ROOT = Path(app.__file__).parent
INLINE = re.compile(
    r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|<style\b|javascript:|<script(?![^>]*\b(src|type="application/json"|type="importmap"))"""
)


@pytest.mark.parametrize("file", sorted(ROOT.glob("templates/**/*.html")), ids=lambda file: file.name)
def test_no_template_needs_an_inline_script_or_style(file: Path) -> None:
    assert INLINE.findall(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", sorted(ROOT.glob("static/js/**/*.js")), ids=lambda file: file.name)
def test_no_module_evaluates_text_or_writes_a_style_attribute(file: Path) -> None:
    text = file.read_text("utf-8")
    assert (
        re.findall(r"\beval\(|new Function\(|setAttribute\([\"']style|insertAdjacentHTML|document\.write", text) == []
    )


def pages(client: FlaskClient) -> list[str]:
    rules = client.application.url_map.iter_rules()
    return [
        rule.rule
        for rule in rules
        if "GET" in (rule.methods or ()) and not rule.arguments and "events" not in rule.rule
    ]


def guarded(client: FlaskClient) -> int:
    found = 0
    for path in pages(client):
        answer = client.get(path, headers={"Accept": "text/html"})
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'self'" in policy, path
        assert "object-src 'none'" in policy and "base-uri 'none'" in policy and "form-action 'self'" in policy, path
        assert "frame-ancestors 'self'" in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        for cookie in answer.headers.getlist("Set-Cookie"):
            assert "SameSite=" in cookie, path
        if answer.mimetype == "text/html":
            found += 1
            assert INLINE.findall(answer.text) == [], path
    return found


def test_every_page_of_a_till_is_guarded(till: FlaskClient) -> None:
    assert guarded(till) >= 3


def test_every_page_of_head_office_is_guarded(office: FlaskClient) -> None:
    assert guarded(office) >= 4


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
