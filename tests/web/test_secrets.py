"""Passwords and keys stand in files that are their owner's alone: in no other file, no log, no page and no answer."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.node import Node, certificates
from app.node.setup import prepare
from app.web.auth import start_link
from app.web.keys import KeyRing
from app.web.server import serve
from app.web.users import api_key
from tests.support.hub import ADMIN, PASSWORD, Hub
from tests.support.process import wait_until
from tests.web.till.shopfront import stock

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has other ways to keep a file to its owner")

#: Files whose contents are for their owner alone, by how they end.
SECRET = (".secret", ".key", "api-keys", "links.used")
#: Shorter words aren't looked for: they stand anywhere.
LEAST = 8


@pytest.fixture
def shop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[dict[str, Any]]:
    """A hub, and a terminal with a password for it, a key for a program, a certificate, and a browser that came in."""
    caplog.set_level(logging.DEBUG)
    with Hub(tmp_path / "hub") as hub:
        for name in ("company", "store-s1"):
            requests.put(f"{hub.url}/{name}", timeout=20).raise_for_status()
        office, till = tmp_path / "office", tmp_path / "s1-t1"
        office.mkdir()
        certificates.make_authority(office, "Tea")
        config = prepare(till, "terminal", id="s1-t1", central=hub.url, port=0)
        asked = certificates.request(till, "s1-t1", ["127.0.0.1"])
        certificates.install(till, certificates.sign(office, asked))
        with Node(till, config) as node:
            stock(node.company)
            server = serve(node, "127.0.0.1", 0)
            key = KeyRing(till).add("program", ["sell"])
            url = f"https://127.0.0.1:{server.port}"
            session = requests.Session()
            session.trust_env = False
            session.verify = str(office / "ca" / "ca.crt")
            assert session.get(start_link(till, url), timeout=20).status_code == 200
            credentials = {"name": "api", "password": api_key(till)}
            assert session.post(f"{url}/couch/_session", json=credentials, timeout=20).status_code == 200
            wrong = requests.Request("GET", f"{url}/api/state", headers={"Authorization": f"Bearer {key}x"})
            assert session.send(wrong.prepare(), verify=session.verify, timeout=20).status_code == 401
            wait_until(lambda: requests.get(f"{hub.url}/company", timeout=20).json()["doc_count"] > 5, 60)
            yield {"folders": (hub.path, office, till), "session": session, "url": url, "node": node, "key": key}
            session.close()
            node.begin_stop()
            server.stop()


def files(shop: dict[str, Any]) -> list[Path]:
    return [file for folder in shop["folders"] for file in sorted(folder.rglob("*")) if file.is_file()]


def secrets(shop: dict[str, Any]) -> set[str]:
    """Every word of the secret files that nobody would write elsewhere, and what isn't kept at all."""
    found = {PASSWORD, "s3cret%2F%2B%40", shop["key"]}
    for file in files(shop):
        if file.name.endswith((".secret", ".key")):
            words = file.read_text("utf-8").replace(",", " ").split()
            found |= {word for word in words if len(word) >= LEAST and "-----" not in word and word != ADMIN}
    assert len(found) > 8
    return found


def test_files_with_secrets_are_their_owners_alone_and_a_nodes_directory_too(shop: dict[str, Any]) -> None:
    kept = [file for file in files(shop) if file.name.endswith(SECRET)]
    assert {file.name for file in kept} >= {
        "api.secret", "session.secret", "admins.secret", "central.secret", "api-keys", "links.used", "tls.key",
        "ca.key",
    }  # fmt: skip
    assert {file.name: oct(stat.S_IMODE(file.stat().st_mode)) for file in kept} == {file.name: "0o600" for file in kept}
    assert stat.S_IMODE(shop["node"].path.stat().st_mode) == 0o700


def test_no_other_file_no_log_and_no_answer_holds_a_secret(
    shop: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    wanted = secrets(shop)
    for file in files(shop):
        if not file.name.endswith((".secret", ".key")):
            data = file.read_bytes()
            assert [word for word in wanted if word.encode() in data] == [], file
    assert [word for word in wanted if word in caplog.text] == []
    session, url = shop["session"], shop["url"]
    paths = ["/", "/sync", "/api/state", "/api/sync", "/health", "/metrics", "/api/session", "/couch/company/_all_docs"]
    for path in [
        *paths,
        "/couch/_active_tasks",
        "/couch/company/_changes?include_docs=true",
        "/couch/company/_security",
    ]:
        answer = session.get(url + path, timeout=20)
        assert answer.status_code == 200, path
        assert [word for word in wanted if word in answer.text or word in str(answer.headers)] == [], path
