"""The door of a terminal: its pages are for whoever has its key, and for nobody else's pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from app.web import users
from app.web.auth import start_link
from app.web.door import host_is_ours
from tests.support.hub import terminal_door


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """`root` without, `url` with the API key in it."""
    with terminal_door(tmp_path_factory.mktemp("terminal")) as (node, couch):
        url = couch.removesuffix("/couch")
        key = url.partition("api:")[2].partition("@")[0]
        yield SimpleNamespace(node=node, url=url, root="http://" + url.partition("@")[2], key=key)


@pytest.fixture
def browser(terminal: SimpleNamespace) -> Iterator[requests.Session]:
    """A browser that came in by a start link."""
    with requests.Session() as session:
        session.get(start_link(terminal.node, terminal.root), timeout=10).raise_for_status()
        yield session


def test_nobody_sees_a_page_or_calls_the_api_without_the_key(terminal: SimpleNamespace) -> None:
    for path in ("/", "/sync", "/receipts/x", "/api/state", "/api/products", "/couch/", "/couch/_all_dbs"):
        answer = requests.get(terminal.root + path, timeout=10, allow_redirects=False)
        # CouchDB's welcome tells nothing that is worth a password.
        assert answer.status_code == (200 if path == "/couch/" else 401), path
    assert requests.post(f"{terminal.root}/api/sales", json={}, timeout=10).status_code == 401


def test_a_start_link_lets_one_browser_in_once(terminal: SimpleNamespace) -> None:
    link = start_link(terminal.node, terminal.root)
    with requests.Session() as browser:
        answer = browser.get(link, timeout=10)
        assert answer.status_code == 200
        assert answer.url == f"{terminal.root}/"
        assert browser.get(f"{terminal.root}/api/state", timeout=10).status_code == 200
        cookie = next(iter(browser.cookies))
        assert terminal.node.config.id in cookie.name
        assert cookie.has_nonstandard_attr("HttpOnly")
        # The same browser may open its bookmark again.
        assert browser.get(link, timeout=10).status_code == 200
    again = requests.get(link, timeout=10)
    assert again.status_code == 403
    assert "used already" in again.text


def test_a_start_link_leads_to_a_page_of_ours_only(terminal: SimpleNamespace) -> None:
    asked_and_given = [
        ("/sync", "/sync"),
        ("//evil.example", "/"),
        ("http://evil.example", "/"),
        ("/\\evil", "/"),
        ("/\t/evil.example", "/"),  # browsers drop tabs and newlines, and are left with //evil.example
        ("/\r\nSet-Cookie: x=y", "/"),
    ]
    for asked, target in asked_and_given:
        link = start_link(terminal.node, terminal.root, next=asked)
        answer = requests.get(link, timeout=10, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (303, target)


@pytest.mark.parametrize("key", ["", "x", "0-0.0", "zz-zz.zz", "ffffffff-00.", "é.ü"])
def test_an_invented_link_opens_nothing(terminal: SimpleNamespace, key: str) -> None:
    answer = requests.get(f"{terminal.root}/enter", params={"key": key}, timeout=10)
    assert (answer.status_code, answer.cookies.get_dict()) == (403, {})


def test_a_link_is_too_old_after_a_day(terminal: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.web import sessions

    monkeypatch.setattr(sessions, "LINK_SECONDS", -1)
    assert requests.get(start_link(terminal.node, terminal.root), timeout=10).status_code == 403


def test_scripts_use_the_api_key(terminal: SimpleNamespace) -> None:
    assert requests.get(f"{terminal.url}/api/state", timeout=10).status_code == 200
    bearer = {"Authorization": f"Bearer {terminal.key}"}
    assert requests.get(f"{terminal.root}/api/state", headers=bearer, timeout=10).status_code == 200
    wrong = {"Authorization": "Bearer nonsense"}
    assert requests.get(f"{terminal.root}/api/state", headers=wrong, timeout=10).status_code == 401
    assert requests.get(f"{terminal.url}/couch/_all_dbs", timeout=10).status_code == 200
    assert requests.get(f"{terminal.root}/couch/_all_dbs", headers=bearer, timeout=10).status_code == 200


def test_the_cookie_of_the_pages_does_not_open_the_database_api(
    terminal: SimpleNamespace, browser: requests.Session
) -> None:
    assert browser.get(f"{terminal.root}/couch/_all_dbs", timeout=10).status_code == 401


def test_a_host_that_is_not_this_machine_is_refused(browser: requests.Session, terminal: SimpleNamespace) -> None:
    """A page on evil.example whose name was made to point here. (The cookie is for 127.0.0.1, not for localhost.)"""
    port = terminal.root.rpartition(":")[2]
    for host, status in ((f"evil.example:{port}", 403), ("evil.example", 403), (f"localhost:{port}", 401)):
        answer = browser.get(f"{terminal.root}/api/state", headers={"Host": host}, timeout=10)
        assert answer.status_code == status, host


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("192.168.1.7", True),
        ("localhost", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example:80", False),
        ("", False),
    ],
)
def test_addresses_and_own_names_are_ours(host: str, ours: bool) -> None:
    assert host_is_ours(host) is ours


def test_another_sites_page_cannot_sell(browser: requests.Session, terminal: SimpleNamespace) -> None:
    url = f"{terminal.root}/api/sales"
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = browser.post(url, json={}, headers=headers, timeout=10)
        assert answer.status_code == 403, headers
    assert browser.post(url, json={}, headers={"Origin": terminal.root}, timeout=10).status_code == 400
    assert browser.post(url, json={}, timeout=10).status_code == 400


def test_the_api_says_what_it_does_not_do_in_json(browser: requests.Session, terminal: SimpleNamespace) -> None:
    for method, path, status in (
        ("GET", "/api/sales", 405),
        ("DELETE", "/api/receipts/x", 405),
        ("GET", "/api/x", 404),
    ):
        answer = browser.request(method, f"{terminal.root}{path}", timeout=10)
        assert answer.status_code == status
        assert answer.json()["error"]


def test_pages_say_who_may_frame_them(browser: requests.Session, terminal: SimpleNamespace) -> None:
    headers = browser.get(f"{terminal.root}/", timeout=10).headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_root_has_no_session_for_couchdbs_replicator(terminal: SimpleNamespace) -> None:
    for url in (terminal.root, terminal.url):
        for method in ("GET", "POST"):
            answer = requests.request(method, f"{url}/_session", timeout=10, allow_redirects=False)
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_an_unknown_page_is_told_in_words(browser: requests.Session, terminal: SimpleNamespace) -> None:
    answer = browser.get(f"{terminal.root}/nowhere", timeout=10)
    assert (answer.status_code, answer.text) == (404, "There is no such page.\n")
    answer = browser.get(f"{terminal.root}/nowhere", headers={"Accept": "text/html,*/*;q=0.8"}, timeout=10)
    assert (answer.status_code, "There is no such page" in answer.text, 'href="/"' in answer.text) == (404, True, True)
    answer = browser.get(f"{terminal.root}/api/nowhere", timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    from app.web import users

    key = users.api_key(tmp_path)
    assert len(key) >= 32
    assert users.api_key(tmp_path) == key


@pytest.mark.parametrize("content", ["", "\n", "zz\n", "ab\n"])
def test_an_emptied_secret_is_no_secret(tmp_path: Path, content: str) -> None:
    """As a power cut, or somebody's `>`, leaves it: `api:` with an empty password must open nothing."""
    (tmp_path / "session.secret").write_text(content)
    assert len(users.session_secret(tmp_path)) == 32
    (tmp_path / "api.secret").write_text(content)
    assert users.api_key(tmp_path) == content.strip() or len(users.api_key(tmp_path)) == 32
    assert users.api_key(tmp_path)


def test_a_body_in_chunks_is_measured_too(terminal: SimpleNamespace, browser: requests.Session) -> None:
    def pieces(count: int) -> Iterator[bytes]:
        yield b'{"sale": "'
        for _ in range(count):
            yield b"x" * 1000
        yield b'"}'

    headers = {"Content-Type": "application/json"}
    for count, status, error in ((10, 400, "invalid"), (1_000, 413, "too_large")):
        answer = browser.post(f"{terminal.root}/api/sales", data=pieces(count), headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.headers["Content-Type"] == "application/problem+json"
