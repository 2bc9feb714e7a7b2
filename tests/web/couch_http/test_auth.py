"""Who gets in, and who doesn't."""

from __future__ import annotations

import stat
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from app.docs.errors import BadRequest, Forbidden
from app.web import auth, sessions, users
from app.web.auth import Authenticator, set_admin
from app.web.couch_http import users_db
from tests.support.web import running_hub


def session_of(url: str, **kwargs: Any) -> dict[str, Any]:
    answer = requests.get(f"{url}/_session", timeout=10, **kwargs)
    answer.raise_for_status()
    context: dict[str, Any] = answer.json()["userCtx"]
    return context


def make_user(hub: SimpleNamespace, name: str, password: str, *roles: str) -> str:
    doc = {"name": name, "password": password, "roles": list(roles), "type": "user"}
    answer = requests.put(f"{hub.url}/_users/org.couchdb.user:{name}", json=doc, timeout=10)
    assert answer.status_code == 201, answer.text
    rev: str = answer.json()["rev"]
    return rev


def test_nobody_comes_in_without_credentials(hub: SimpleNamespace, db: str) -> None:
    name = db.rpartition("/")[2]
    for method, path in (("GET", ""), ("PUT", "/doc"), ("POST", "/_bulk_docs"), ("GET", "/_changes"), ("DELETE", "")):
        answer = requests.request(method, f"{hub.root}/{name}{path}", json={}, timeout=10)
        assert answer.status_code == 401, (method, path)
    assert requests.get(f"{db}/_all_docs", timeout=10).json()["rows"] == []


def test_wrong_passwords_are_refused_in_couchdbs_words(hub: SimpleNamespace, db: str) -> None:
    answer = requests.get(hub.as_user("admin", "wrong") + "/", timeout=10)
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized", "reason": auth.WRONG})


def test_five_wrong_passwords_lock_a_name_for_a_while(hub: SimpleNamespace) -> None:
    make_user(hub, "lucy", "right")
    for _ in range(5):
        assert requests.get(hub.as_user("lucy", "wrong") + "/_session", timeout=10).status_code == 401
    answer = requests.get(hub.as_user("lucy", "right") + "/_session", timeout=10)
    assert (answer.status_code, answer.json()["reason"]) == (403, auth.LOCKED)
    assert session_of(hub.url)["name"] == "admin"


def test_a_cookie_opens_a_session_and_logging_out_ends_it(hub: SimpleNamespace, db: str) -> None:
    make_user(hub, "mary", "right", "clerk")
    with requests.Session() as session:
        answer = session.post(f"{hub.root}/_session", json={"name": "mary", "password": "right"}, timeout=10)
        assert answer.json() == {"ok": True, "name": "mary", "roles": ["clerk"]}
        assert "HttpOnly" in answer.headers["Set-Cookie"]
        who = session.get(f"{hub.root}/_session", timeout=10).json()
        assert (who["userCtx"]["name"], who["info"]["authenticated"]) == ("mary", "cookie")
        session.delete(f"{hub.root}/_session", timeout=10).raise_for_status()
        assert session.get(f"{hub.root}/_session", timeout=10).json()["userCtx"]["name"] is None


def test_a_session_is_renewed_before_it_ends_and_dies_with_its_time(hub: SimpleNamespace) -> None:
    make_user(hub, "nora", "right")
    user = users.HubUsers(hub.node.path, hub.directory)("nora")
    assert user is not None
    secret = users.session_secret(hub.node.path)
    ages = {10: (True, False), 100: (True, True), 700: (False, False)}
    for age, (alive, renewed) in ages.items():
        value = sessions.make_session("nora", user.salt, secret, now=time.time() - age)
        answer = requests.get(f"{hub.root}/_session", headers={"Cookie": f"AuthSession={value}"}, timeout=10)
        assert (answer.json()["userCtx"]["name"] == "nora") == alive
        assert ("Set-Cookie" in answer.headers) == renewed


def test_a_forged_cookie_is_nobody(hub: SimpleNamespace) -> None:
    value = sessions.make_session("admin", "salt", b"another secret")
    assert session_of(hub.root, headers={"Cookie": f"AuthSession={value}"})["name"] is None


def test_a_changed_password_counts_at_once_and_ends_old_sessions(hub: SimpleNamespace) -> None:
    rev = make_user(hub, "olga", "old")
    assert session_of(hub.as_user("olga", "old"))["name"] == "olga"
    with requests.Session() as session:
        session.post(f"{hub.root}/_session", json={"name": "olga", "password": "old"}, timeout=10).raise_for_status()
        doc = {"name": "olga", "password": "new", "roles": [], "type": "user", "_rev": rev}
        requests.put(f"{hub.url}/_users/org.couchdb.user:olga", json=doc, timeout=10).raise_for_status()
        assert session_of(hub.as_user("olga", "new"))["name"] == "olga"
        assert requests.get(hub.as_user("olga", "old") + "/_session", timeout=10).status_code == 401
        assert session.get(f"{hub.root}/_session", timeout=10).json()["userCtx"]["name"] is None


def test_a_deleted_user_is_out_at_once(hub: SimpleNamespace) -> None:
    rev = make_user(hub, "petra", "right")
    assert session_of(hub.as_user("petra", "right"))["name"] == "petra"
    requests.delete(f"{hub.url}/_users/org.couchdb.user:petra", params={"rev": rev}, timeout=10).raise_for_status()
    assert requests.get(hub.as_user("petra", "right") + "/_session", timeout=10).status_code == 401


def test_a_right_password_is_hashed_once(hub: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    make_user(hub, "rosa", "right")
    hashed: list[str] = []
    check = users.check_password
    monkeypatch.setattr(users, "check_password", lambda user, word: hashed.append(user.name) or check(user, word))
    for _ in range(3):
        session_of(hub.as_user("rosa", "right"))
    assert hashed == ["rosa"]


def test_a_password_is_stored_as_couchdb_stores_it(hub: SimpleNamespace) -> None:
    make_user(hub, "sara", "top secret")
    doc = requests.get(f"{hub.url}/_users/org.couchdb.user:sara", timeout=10).json()
    assert "password" not in doc
    assert (doc["password_scheme"], doc["pbkdf2_prf"]) == ("pbkdf2", "sha256")
    assert {"salt", "iterations", "derived_key"} <= set(doc)
    for path in ("_all_docs?include_docs=true", "_changes?include_docs=true"):
        assert "top secret" not in requests.get(f"{hub.url}/_users/{path}", timeout=10).text


@pytest.mark.parametrize(
    "proof",
    [
        # Made by CouchDB 3.5 (sha256), 1.6 (sha) and 1.0 (salted SHA-1) of the password "pw".
        {
            "password_scheme": "pbkdf2",
            "iterations": 10,
            "salt": "abc",
            "derived_key": __import__("hashlib").pbkdf2_hmac("sha1", b"pw", b"abc", 10).hex(),
        },
        {"password_sha": __import__("hashlib").sha1(b"pwabc").hexdigest(), "salt": "abc"},
    ],
)
def test_hashes_of_older_couchdbs_are_checked(proof: dict[str, Any]) -> None:
    user = users.user_of({**proof, "roles": []}, "old")
    assert users.check_password(user, "pw")
    assert not users.check_password(user, "px")


def test_a_hash_that_would_take_for_ever_is_refused() -> None:
    proof = {"password_scheme": "pbkdf2", "iterations": 10**12, "salt": "a", "derived_key": "b"}
    with pytest.raises(Forbidden):
        users.check_password(users.user_of(proof, "slow"), "pw")


def test_an_admins_password_can_be_changed_while_the_hub_runs(own_hub: SimpleNamespace) -> None:
    set_admin(own_hub.node.path, "second", "word")
    assert session_of(own_hub.as_user("second", "word"))["roles"] == ["_admin"]
    set_admin(own_hub.node.path, "second", "other")
    assert session_of(own_hub.as_user("second", "other"))["name"] == "second"
    assert requests.get(own_hub.as_user("second", "word") + "/_session", timeout=10).status_code == 401
    assert session_of(own_hub.url)["name"] == "admin"


def test_secrets_are_readable_by_their_owner_only(own_hub: SimpleNamespace) -> None:
    requests.post(f"{own_hub.root}/_session", json={"name": "admin", "password": "secret"}, timeout=10)
    files = list(own_hub.node.path.glob("*.secret"))
    assert {file.name for file in files} >= {"admins.secret", "session.secret"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "secret" not in (own_hub.node.path / "admins.secret").read_text().split("=")[1]


@pytest.mark.parametrize(
    ("name", "password"), [("", "x"), ("a:b", "x"), ("a=b", "x"), ("_a", "x"), ("a\nb", "x"), ("a", "")]
)
def test_an_admin_needs_a_plain_name_and_a_password(tmp_path: Any, name: str, password: str) -> None:
    with pytest.raises(BadRequest):
        set_admin(tmp_path, name, password)


def test_a_user_changes_their_own_document_only(hub: SimpleNamespace) -> None:
    database = hub.directory.get("_users")
    anna = auth.Identity("anna", ())
    mine = {"_id": "org.couchdb.user:anna", "name": "anna", "type": "user", "roles": []}
    assert users_db.check_write(database, anna, mine) == mine
    with pytest.raises(users_db.NotFound):
        users_db.check_write(database, anna, {**mine, "_id": "org.couchdb.user:bob", "name": "bob"})
    with pytest.raises(Forbidden):
        users_db.check_write(database, anna, {**mine, "roles": ["boss"]})
    with pytest.raises(users_db.NotFound):
        users_db.check_read(database, anna, "org.couchdb.user:bob")
    users_db.check_read(database, anna, "org.couchdb.user:anna")


def test_who_is_locked_out_is_told_apart_by_address(tmp_path: Any) -> None:
    set_admin(tmp_path, "admin", "right", iterations=10)
    door = Authenticator(users.HubUsers(tmp_path, {}), b"secret")
    for _ in range(5):
        assert door.check("admin", "wrong", "10.0.0.1") is None
    with pytest.raises(Forbidden):
        door.check("admin", "right", "10.0.0.1")
    assert door.check("admin", "right", "10.0.0.2") is not None


def locks(tmp_path: Any) -> Authenticator:
    set_admin(tmp_path, "admin", "right", iterations=10)
    return Authenticator(users.HubUsers(tmp_path, {}), b"secret")


def test_guesses_at_one_moment_are_no_more_than_five(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    door, looked, refused = locks(tmp_path), [], []
    together = threading.Barrier(20)

    def slowly(user: users.User, password: str) -> bool:
        looked.append(password)
        time.sleep(0.2)
        return False

    monkeypatch.setattr(users, "check_password", slowly)

    def guess(number: int) -> None:
        together.wait(10)
        try:
            door.check("admin", f"guess {number}", "10.0.0.1")
        except Forbidden:
            refused.append(number)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(looked), len(refused)) == (5, 15)


def test_names_that_nobody_has_are_locked_too_and_push_out_no_count_of_one_that_is(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_LOCKOUT_ENTRIES", 3)
    door = locks(tmp_path)
    for _ in range(5):
        door.check("admin", "wrong", "10.0.0.1")
    for _ in range(5):
        assert door.check("nobody", "x", "10.0.0.1", count_unknown=True) is None
    with pytest.raises(Forbidden):
        door.check("nobody", "x", "10.0.0.1", count_unknown=True)
    for number in range(10):
        door.check(f"nobody{number}", "x", "10.0.0.1", count_unknown=True)
    with pytest.raises(Forbidden):
        door.check("admin", "right", "10.0.0.1")


def test_one_line_of_ipv6_is_one_place_whatever_address_it_takes(tmp_path: Any) -> None:
    door = locks(tmp_path)
    for number in range(5):
        assert door.check("admin", "wrong", f"2001:db8:7:1::{number}") is None
    with pytest.raises(Forbidden):
        door.check("admin", "right", "2001:db8:7:1:ffff::1")
    assert door.check("admin", "right", "2001:db8:7:2::1") is not None
    assert auth.place_of("::ffff:10.0.0.1") == auth.place_of("10.0.0.1")


def test_a_right_password_takes_back_no_wrong_one(tmp_path: Any) -> None:
    """Who has a user of their own must not start over at will."""
    door = locks(tmp_path)
    for _ in range(4):
        door.check("admin", "wrong", "10.0.0.1")
    assert door.check("admin", "right", "10.0.0.1") is not None
    assert door.check("admin", "wrong", "10.0.0.1") is None
    with pytest.raises(Forbidden):
        door.check("admin", "right", "10.0.0.1")


def test_the_cookie_follows_couchdbs_setting_and_is_for_own_pages_where_no_origin_is_named(tmp_path: Any) -> None:
    def cookie(number: int, **config: Any) -> str:
        with running_hub(tmp_path / str(number), **config) as hub:
            body = {"name": "admin", "password": "secret"}
            return requests.post(f"{hub.root}/_session", json=body, timeout=10).headers["Set-Cookie"]

    assert "; SameSite=Strict" in cookie(1)
    assert "SameSite" not in cookie(2, cors_origins=("https://shop.example",))
    assert "; SameSite=Lax" in cookie(3, same_site="lax")
    assert "SameSite" not in cookie(4, same_site="")


def test_a_cookie_that_is_renewed_over_https_stays_secure(tmp_path: Any) -> None:
    door = locks(tmp_path)
    admin = door.lookup("admin")
    assert admin is not None
    value = sessions.make_session("admin", admin.salt, b"secret", now=time.time() - 100)
    renewed = {
        scheme: door.identify({"HTTP_COOKIE": f"AuthSession={value}", "wsgi.url_scheme": scheme}).cookie
        for scheme in ("http", "https")
    }
    assert "; Secure" in str(renewed["https"]) and "; Secure" not in str(renewed["http"])
