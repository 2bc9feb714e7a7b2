"""HTTPS of a node's own server: what a browser that trusts the company's authority sees, and what others don't."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from app.node import Node, NodeConfig, certificates
from app.node.central_users import Central, CentralProblem
from app.node.config import NodeError
from app.replicator.errors import TransportError
from app.replicator.remote import RemotePeer
from app.web import tls
from app.web.server import serve
from app.web.users import api_key
from tests.support.hub import ADMIN, PASSWORD, Hub
from tests.support.process import wait_until


def give(office: Path, path: Path) -> certificates.Issued:
    asked = certificates.request(path, "s1-t1", ["127.0.0.1", "localhost"])
    return certificates.install(path, certificates.sign(office, asked))


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Any]:
    """A terminal that speaks HTTPS: its `url`, the authority's certificate `ca`, a `session` with its key."""
    office, path = tmp_path / "office", tmp_path / "s1-t1"
    office.mkdir()
    path.mkdir()
    ca = certificates.make_authority(office, "Tea")
    give(office, path)
    with Node(path, NodeConfig(kind="terminal", id="s1-t1", store="s1")) as node:
        server = serve(node, "127.0.0.1", 0)
        session = requests.Session()
        session.trust_env = False  # the environment may name other authorities
        session.verify = str(ca)
        session.headers["Authorization"] = f"Bearer {api_key(path)}"
        yield SimpleNamespace(
            url=f"https://127.0.0.1:{server.port}", port=server.port, ca=ca, session=session, path=path, office=office,
            node=node,
        )  # fmt: skip
        session.close()
        node.begin_stop()
        server.stop()


def test_pages_api_and_replication_come_by_https_and_stay_there(till: Any) -> None:
    page = till.session.get(f"{till.url}/", timeout=10)
    api = till.session.get(f"{till.url}/api/state", timeout=10)
    couch = requests.get(f"{till.url}/couch/company", auth=("api", api_key(till.path)), verify=till.ca, timeout=10)

    assert [page.status_code, api.status_code, couch.status_code] == [200, 200, 200]
    for answer in (page, api, couch):
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_cookies_are_for_https_only(till: Any) -> None:
    from app.web.auth import start_link

    answer = requests.get(start_link(till.path, till.url), verify=till.ca, timeout=10, allow_redirects=False)
    assert "Secure" in answer.headers["Set-Cookie"] and "HttpOnly" in answer.headers["Set-Cookie"]
    session = requests.post(
        f"{till.url}/couch/_session", json={"name": "api", "password": api_key(till.path)}, verify=till.ca, timeout=10
    )
    assert "Secure" in session.headers["Set-Cookie"]


def test_who_does_not_trust_the_authority_gets_no_answer(till: Any) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{till.url}/health", timeout=10)


def test_plain_http_and_old_tls_get_nothing_and_harm_nobody(till: Any) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"http://127.0.0.1:{till.port}/health", timeout=10)
    context = ssl.create_default_context(cafile=till.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", till.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        assert secure.version() in ("TLSv1.2", "TLSv1.3")
    assert till.session.get(f"{till.url}/health", timeout=10).status_code == 200


def test_clients_that_connect_and_say_nothing_keep_nobody_waiting(till: Any) -> None:
    silent = [socket.create_connection(("127.0.0.1", till.port), timeout=10) for _ in range(40)]
    try:
        assert till.session.get(f"{till.url}/health", timeout=10).status_code == 200
    finally:
        for each in silent:
            each.close()


def test_large_bodies_go_both_ways_over_one_connection(till: Any) -> None:
    auth = ("api", api_key(till.path))
    with requests.Session() as session:
        session.trust_env, session.auth, session.verify = False, auth, str(till.ca)
        for n in range(3):
            docs = [{"_id": f"n{n}-{i}", "type": "note", "text": "x" * 5000} for i in range(100)]
            answer = session.post(f"{till.url}/couch/store-s1/_bulk_docs", json={"docs": docs}, timeout=30)
            assert answer.status_code == 201
        rows = session.get(f"{till.url}/couch/store-s1/_all_docs?include_docs=true", timeout=30).json()["rows"]
    assert len([row for row in rows if row["id"].startswith("n")]) == 300


def test_a_feed_waits_over_https_and_ends_with_its_client(till: Any) -> None:
    auth = ("api", api_key(till.path))
    url = f"{till.url}/couch/store-s1/_changes?feed=continuous&heartbeat=200&since=now"
    with requests.get(url, auth=auth, verify=till.ca, stream=True, timeout=10) as feed:
        lines = feed.iter_lines()
        assert next(lines) == b""  # a heartbeat
        till.node.store_db.put({"_id": "news", "type": "note"})
        assert b"news" in next(line for line in lines if line)
        assert till.node.feeds.open >= 1
    wait_until(lambda: till.node.feeds.open == 0, 30)


def test_a_renewed_certificate_is_shown_without_a_restart(till: Any) -> None:
    def serial() -> str:
        context = ssl.create_default_context(cafile=till.ca)
        with (
            socket.create_connection(("127.0.0.1", till.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
        ):
            told = secure.getpeercert() or {}
            return str(told["serialNumber"]).lower().lstrip("0")

    before = serial()
    renewed = give(till.office, till.path)
    assert serial() == renewed.serial != before
    (till.path / "tls.crt").write_text("half written")
    assert serial() == renewed.serial


def test_a_key_that_is_missing_open_to_others_or_anothers_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    (tmp_path / "t").mkdir()
    certificates.make_authority(tmp_path / "office", "Tea")
    give(tmp_path / "office", tmp_path / "t")
    assert tls.adapter_of(tmp_path / "office") is None
    if os.name == "posix":
        (tmp_path / "t" / "tls.key").chmod(0o640)
        with pytest.raises(NodeError, match="chmod 600"):
            tls.adapter_of(tmp_path / "t")
    (tmp_path / "t" / "tls.key").unlink()
    with pytest.raises(NodeError, match="its key"):
        tls.adapter_of(tmp_path / "t")
    certificates.request(tmp_path / "t", "s1-t1", ["localhost"])
    with pytest.raises(NodeError, match="no certificate and its key"):
        tls.adapter_of(tmp_path / "t")


def test_many_at_once(till: Any) -> None:
    found: list[int] = []

    def ask() -> None:
        found.append(requests.get(f"{till.url}/health", verify=till.ca, timeout=30).status_code)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 20


def test_a_node_believes_its_central_by_the_authority_that_this_machine_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub with a certificate of the company's own: a link, what makes accounts there, and the reports reach it."""
    office, data = tmp_path / "office", tmp_path / "hub"
    office.mkdir()
    data.mkdir()
    ca = certificates.make_authority(office, "Tea")
    certificates.install(data, certificates.sign(office, certificates.request(data, "hub", ["127.0.0.1"])))
    with Hub(data) as hub:
        hub.node.directory.create("company")
        root = f"https://127.0.0.1:{hub.port}"
        for known in (False, True):
            if known:
                monkeypatch.setenv("SSL_CERT_FILE", str(ca))
            peer = RemotePeer(hub.url.replace("http:", "https:") + "/company")
            with Central(root, ADMIN, PASSWORD) as central:
                if known:
                    assert peer.info() and central.ask("GET", "_session").status == 200
                else:
                    with pytest.raises(TransportError, match="has no certificate that is trusted here"):
                        peer.info()
                    with pytest.raises(CentralProblem):
                        central.ask("GET", "_session")
            peer.close()
