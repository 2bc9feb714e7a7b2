"""Who we are at a server: credentials in addresses, Basic, cookie sessions, and that no text ever holds a password."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from app.docs.database import Database
from app.replicator import open_peer, replicate
from app.replicator.auth import REFRESH_AT_MOST, RENEW_AFTER, Credentials, Session, parse_url, redact
from app.replicator.remote import RemotePeer
from tests.replicator.conftest import fill, trees
from tests.support.proxy import FaultProxy

ADA = Credentials("ada", "gehe/im")


def test_a_url_gives_its_credentials_apart() -> None:
    endpoint, credentials = parse_url("https://ada:gehe%2Fim@central.example:6984/a%2Fb+c")
    assert credentials == ADA
    assert endpoint.url == "https://central.example:6984/a%2Fb%2Bc"
    assert endpoint.root == "https://central.example:6984/"
    assert endpoint.database == "a/b+c"


def test_a_database_behind_a_path_has_its_root_there() -> None:
    endpoint, _ = parse_url("http://till.example/couch/shop/")
    assert (endpoint.root, endpoint.database) == ("http://till.example/couch/", "shop")


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert parse_url("http://[::1]:5984/shop")[0].url == "http://[::1]:5984/shop"


@pytest.mark.parametrize("url", ["ftp://x/y", "http://host", "http://", "host/db"])
def test_what_is_no_address_of_a_database_is_said_in_words(url: str) -> None:
    with pytest.raises(ValueError, match="database"):
        parse_url(url)


def test_no_text_holds_a_password() -> None:
    assert "geheim" not in redact("failed: http://ada:geheim@host/db and again geheim", "geheim")
    assert redact("http://ada:x@host/db") == "http://host/db"
    assert "gehe" not in repr(ADA)
    assert "gehe%2Fim" not in redact("/_session?p=gehe%2Fim", "gehe/im")


class Server:
    """Answers sign-ins."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.count = 0
        self.now = 1000.0

    def sign_in(self, credentials: Credentials) -> tuple[int, Mapping[str, str], float | None]:
        self.count += 1
        return self.status, ({"AuthSession": f"cookie{self.count}"} if self.status == 200 else {}), None

    def session(self) -> Session:
        return Session(ADA, self.sign_in, clock=lambda: self.now)


def test_a_session_signs_in_once_and_renews_itself_before_it_runs_out() -> None:
    server = Server()
    session = server.session()
    assert session.headers() == session.headers() == {"Cookie": "AuthSession=cookie1"}
    server.now += RENEW_AFTER + 1
    assert session.headers() == {"Cookie": "AuthSession=cookie2"}


def test_a_rotated_cookie_is_taken() -> None:
    server = Server()
    session = server.session()
    session.headers()
    session.rotated("fresh")
    assert session.headers() == {"Cookie": "AuthSession=fresh"}
    session.rotated("short", max_age=10)
    server.now += 9.5
    assert session.headers() == {"Cookie": "AuthSession=cookie2"}


def test_a_server_without_sessions_gets_basic() -> None:
    session = Server(404).session()
    assert session.headers() == {"Authorization": ADA.basic}
    assert not session.refused(session.headers())


def test_a_refused_cookie_is_renewed_and_tried_once_more() -> None:
    server = Server()
    session = server.session()
    sent = session.headers()
    assert session.refused(sent)
    assert session.headers() == {"Cookie": "AuthSession=cookie2"}
    assert session.refused(sent)  # another thread's request, sent before the renewal
    assert server.count == 2


def test_a_cookie_refused_again_at_once_leaves_the_word_to_the_password() -> None:
    server = Server()
    session = server.session()
    session.refused(session.headers())
    assert session.refused(session.headers())
    assert session.headers() == {"Authorization": ADA.basic}
    server.now += REFRESH_AT_MOST + 1
    assert "Cookie" in session.headers()


def test_a_run_by_session_signs_in_and_sends_no_password_after_that(db: Database, proxy: FaultProxy) -> None:
    fill(db, 3)
    peer = RemotePeer(proxy.url, sessions=True)
    replicate(db, peer)
    assert proxy.count("POST /_session") == 1
    peer.close()


def test_an_expired_session_in_the_middle_is_renewed(db: Database, other: Database, proxy: FaultProxy) -> None:
    peer = RemotePeer(proxy.url, sessions=True)
    fill(db, 3)
    replicate(db, peer)
    fill(db, 3, start=3)
    unauthorized = '{"error":"unauthorized","reason":"You are not authorized to access this db."}'
    proxy.answer(401, unauthorized, match="_bulk_docs", times=1)
    replicate(db, peer)
    assert proxy.count("POST /_session") == 2
    replicate(peer, other)
    assert trees(other) == trees(db)
    peer.close()


def test_a_server_without_a_session_call_is_used_with_basic(db: Database, proxy: FaultProxy) -> None:
    proxy.answer(404, '{"error":"not_found","reason":"missing"}', match="_session")
    fill(db, 3)
    peer = RemotePeer(proxy.url, sessions=True)
    assert replicate(db, peer).stats.docs_written == 3
    peer.close()


def test_neither_names_nor_keys_of_a_peer_hold_the_password(central: str) -> None:
    peer = open_peer(central)
    assert isinstance(peer, RemotePeer)
    assert "s3cret" not in peer.name + peer.key + repr(peer.credentials)
    peer.close()
