"""The two foreign peers with each other: what our own tests take for granted about them."""

from __future__ import annotations

import secrets

import pytest
import requests

from tests.support.pouch import PouchError, run_pouch
from tests.support.process import wait_until


@pytest.fixture
def remote(pouchdb_server: str) -> str:
    url = f"{pouchdb_server}/t{secrets.token_hex(5)}"
    requests.put(url, timeout=10).raise_for_status()
    return url


def test_pouchdb_pushes_documents_and_attachments_to_pouchdb_server(pouch, remote):
    pouch.call("local", "put", {"_id": "a", "n": 1})
    pouch.call("local", "putAttachment", "b", "hello.txt", b"hello", "text/plain")
    result = pouch.call("local", "replicate.to", remote)
    assert (result["ok"], result["docs_written"]) == (True, 2)
    assert requests.get(f"{remote}/b/hello.txt", timeout=10).content == b"hello"
    assert pouch.call(remote, "getAttachment", "b", "hello.txt") == b"hello"


def test_pouchdb_says_what_went_wrong(pouch):
    pouch.call("local", "put", {"_id": "a"})
    with pytest.raises(PouchError) as caught:
        pouch.call("local", "put", {"_id": "a"})
    assert (caught.value.name, caught.value.status) == ("conflict", 409)


def test_a_live_replication_goes_on_until_it_is_cancelled(pouch, remote):
    handle = pouch.call("local", "livesync", remote)
    pouch.call("local", "put", {"_id": "up"})
    requests.put(f"{remote}/down", json={}, timeout=10).raise_for_status()
    wait_until(lambda: requests.get(f"{remote}/up", timeout=10).status_code == 200)
    wait_until(lambda: [row["id"] for row in pouch.call("local", "allDocs")["rows"]] == ["down", "up"])
    assert pouch.call("local", "cancel", handle) == "complete"


def test_a_script_runs_to_its_end_and_answers_json(remote):
    result = run_pouch("replicate", "local", remote, {"fill": 250, "batch_size": 100})
    assert (result["docs_written"], result["ok"]) == (250, True)
    assert result["seconds"] > 0
