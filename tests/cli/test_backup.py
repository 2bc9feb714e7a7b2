"""``couchtill central backup|check|restore``: whole or not at all, and nothing that is there is harmed."""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app import cli
from app.replicator import identity
from app.replicator.errors import UnknownCentral
from app.replicator.local import central_of
from app.replicator.remote import RemotePeer
from couch.provision import provision
from tests.support.couchdb import COUCHDB_URL
from tests.support.hub import Hub
from tests.support.proxy import FaultProxy

KINDS = ["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)]


class Central:
    """A central, and the databases that the test made there; their names are its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: list[str] = []

    def name(self) -> str:
        self.made.append(f"store-t{secrets.token_hex(4)}")
        return self.made[-1]

    def call(self, method: str, path: str, **options: Any) -> Any:
        answer = requests.request(method, f"{self.url}/{path}", timeout=60, **options)
        assert answer.status_code < 400, (path, answer.status_code, answer.text)
        return answer.json()

    def tree(self, name: str) -> dict[str, Any]:
        """Every leaf of every document: its body, its ancestry, its attachments."""
        found = {}
        for row in self.call("GET", f"{name}/_changes?style=all_docs")["results"]:
            revs = [change["rev"] for change in row["changes"]]
            found[row["id"]] = {rev: self.leaf(name, row["id"], rev) for rev in revs}
        return found

    def leaf(self, name: str, id: str, rev: str) -> dict[str, Any]:
        path = f"{name}/{id}?rev={rev}&revs=true&attachments=true"
        doc: dict[str, Any] = requests.get(
            f"{self.url}/{path}", headers={"Accept": "application/json"}, timeout=60
        ).json()
        for meta in doc.get("_attachments", {}).values():
            meta.pop("digest", None)  # CouchDB's is of the packed content
        return doc

    def close(self) -> None:
        for name in self.made:
            requests.delete(f"{self.url}/{name}", timeout=30)


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub.url


@pytest.fixture(params=KINDS)
def central(request: pytest.FixtureRequest) -> Iterator[Central]:
    made = Central(request.getfixturevalue("hub_url") if request.param == "hub" else COUCHDB_URL)
    yield made
    made.close()


def run(*argv: object) -> int:
    return cli.main(["central", *(str(part) for part in argv)])


def fill(central: Central, name: str, large: int = 2_500_000) -> None:
    """A document of each kind of history, an attachment, a design document, and a log of somebody's."""
    store = name.removeprefix("store-")
    provision(central.url, stores=[store])
    path = name
    docs: list[dict[str, Any]] = [{"_id": f"thing:{n:04}", "n": n, "text": "Käse " * 20} for n in range(700)]
    central.call("POST", f"{path}/_bulk_docs", json={"docs": docs})
    rev = central.call("PUT", f"{path}/edited", json={"v": 1})["rev"]
    for v in (2, 3):
        rev = central.call("PUT", f"{path}/edited?rev={rev}", json={"v": v})["rev"]
    rev = central.call("PUT", f"{path}/gone", json={"v": 1})["rev"]
    central.call("DELETE", f"{path}/gone?rev={rev}")
    branches = [
        {"_id": "forked", "_rev": f"2-{c * 32}", "v": c, "_revisions": {"start": 2, "ids": [c * 32, "0" * 32]}}
        for c in "abc"
    ]
    branches[1]["_deleted"] = True
    assert central.call("POST", f"{path}/_bulk_docs", json={"new_edits": False, "docs": branches}) == []
    attached = {
        "small.txt": {"content_type": "text/plain", "data": base64.b64encode(b"small " * 50).decode()},
        "large.bin": {"content_type": "image/png", "data": base64.b64encode(os.urandom(large)).decode()},
    }
    rev = central.call("PUT", f"{path}/pictured", json={"_attachments": attached})["rev"]
    stubs = central.call("GET", f"{path}/pictured")["_attachments"]
    central.call("PUT", f"{path}/pictured?rev={rev}", json={"v": 2, "_attachments": stubs})
    central.call("PUT", f"{path}/_design/mine", json={"views": {"x": {"map": "function (doc) { emit(doc._id) }"}}})
    central.call("PUT", f"{path}/_local/some-log", json={"source_last_seq": 7})


@pytest.mark.slow
def test_what_was_copied_comes_back_with_all_its_leaves_bodies_attachments_and_its_security(
    central: Central, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = central.name()
    fill(central, name)
    before, security = central.tree(name), central.call("GET", f"{name}/_security")
    rows, leaves = len(before), sum(map(len, before.values()))
    file = tmp_path / "copy.zip"
    assert run("backup", central.url, file, "--database", name) == 0
    said = f"{name}: {rows} documents (1 deleted), {leaves} revisions, 2 attachments"
    assert said in capsys.readouterr().out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part"))
    assert run("check", file, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    (part,) = told["databases"]
    assert (part["rows"], part["ancestors"], part["attachments"]) == (rows, 3, 2)
    assert told["format"] == "couchtill-backup" and "secret" not in json.dumps(told) and part["sha256"]

    central.call("DELETE", name)
    assert run("restore", file, central.url, "--json") == 0
    assert json.loads(capsys.readouterr().out)["databases"][0]["written"] == leaves + 3
    assert central.tree(name) == before
    (edited,) = before["edited"].values()
    assert (
        central.call("GET", f"{name}/edited?rev=2-{edited['_revisions']['ids'][1]}")["v"] == 2
    )  # what a merge would be made from
    after = central.call("GET", f"{name}/_security")
    assert (after["admins"], after["members"]) == (security["admins"], security["members"])
    assert after["couchtill"]["restored_from"] == security["couchtill"]["id"] != after["couchtill"]["id"]
    assert requests.get(f"{central.url}/{name}/_local/some-log", timeout=30).status_code == 404

    assert run("restore", file, central.url) == 0  # once more changes nothing
    assert f"0 revisions written, {leaves + 3} were there" in capsys.readouterr().out
    assert central.tree(name) == before and central.call("GET", f"{name}/_security") == after


def test_what_is_newer_stays_newer_and_what_came_since_stays(central: Central, tmp_path: Path) -> None:
    name = central.name()
    fill(central, name)
    file = tmp_path / "copy.zip"
    assert run("backup", central.url, file, "--database", name) == 0
    security = central.call("GET", f"{name}/_security")
    rev = central.call("GET", f"{name}/edited")["_rev"]
    central.call("PUT", f"{name}/edited?rev={rev}", json={"v": 4})
    rev = central.call("GET", f"{name}/thing:0001")["_rev"]
    central.call("DELETE", f"{name}/thing:0001?rev={rev}")
    central.call("PUT", f"{name}/new", json={})
    before = central.tree(name)
    assert run("restore", file, central.url) == 0
    assert central.tree(name) == before
    assert central.call("GET", f"{name}/_security") == security


def test_a_copy_goes_into_a_central_that_was_prepared_anew_and_its_links_know_it(
    central: Central, tmp_path: Path
) -> None:
    name = central.name()
    fill(central, name)
    peer = RemotePeer(f"{central.url}/{name}")
    known = identity.check(None, peer.central())
    file = tmp_path / "copy.zip"
    assert run("backup", central.url, file, "--database", name) == 0
    for _ in range(2):  # and once more: a till that slept through the first still knows it
        central.call("DELETE", name)
        provision(central.url, stores=[name.removeprefix("store-")])
        with pytest.raises(UnknownCentral):
            identity.check(known, peer.central())
        rules = central.tree(name)  # those of today, not those of the copy beside them
        assert run("restore", file, central.url) == 0
        after = central.tree(name)
        assert rules and {id: after[id] for id in rules} == rules and "_design/mine" in after
        identity.check(known, peer.central())
        assert run("backup", central.url, file, "--database", name) == 0
    peer.close()
    assert central.call("GET", f"{name}/_security")["couchtill"]["earlier"] == [known["id"]]


def test_a_database_that_another_central_filled_is_left_alone_until_a_person_says_so(
    central: Central, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = central.name()
    fill(central, name)
    file = tmp_path / "copy.zip"
    assert run("backup", central.url, file, "--database", name) == 0
    central.call("DELETE", name)
    provision(central.url, stores=[name.removeprefix("store-")])
    central.call("PUT", f"{name}/thing:of-somebody", json={})
    before, security = central.tree(name), central.call("GET", f"{name}/_security")
    assert run("restore", file, central.url) == 1
    assert "holds documents, and is not the central" in capsys.readouterr().err
    assert central.tree(name) == before and central.call("GET", f"{name}/_security") == security
    assert run("restore", file, central.url, "--join") == 0
    assert {"thing:of-somebody", "thing:0699", "forked", "gone"} <= set(central.tree(name))
    own = central.call("GET", f"{name}/_security")["couchtill"]
    assert own["id"] == security["couchtill"]["id"] and own["restored_from"]


def test_a_restore_that_was_cut_off_lets_no_link_in_and_goes_on_when_it_is_run_again(
    central: Central, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.transfer import backup, restore

    name = central.name()
    fill(central, name)
    before = central.tree(name)
    known = identity.check(None, RemotePeer(f"{central.url}/{name}").central())
    file = tmp_path / "copy.zip"
    assert run("backup", central.url, file, "--database", name) == 0
    central.call("DELETE", name)
    monkeypatch.setattr(backup, "WAIT", 0.01)
    monkeypatch.setattr(restore, "BATCH", 100)
    root, _, host = central.url.rpartition("@")
    with FaultProxy(f"http://{host.rstrip('/')}") as proxy:
        through = f"{root}@{proxy.url.partition('://')[2]}"
        sent: list[int] = []
        whole = restore._send

        def cut(peer: RemotePeer, lines: Any) -> Any:
            sent.append(len(lines))
            if len(sent) > 3:
                proxy.cut()
            return whole(peer, lines)

        monkeypatch.setattr(restore, "_send", cut)
        assert run("restore", file, through) == 1
        monkeypatch.setattr(restore, "_send", whole)
    assert "secret" not in capsys.readouterr().err
    with pytest.raises(UnknownCentral):
        identity.check(known, RemotePeer(f"{central.url}/{name}").central())
    assert run("restore", file, central.url) == 0
    assert central.tree(name) == before
    identity.check(known, RemotePeer(f"{central.url}/{name}").central())
    assert identity.RESTORING not in central.call("GET", f"{name}/_security")["couchtill"]


def test_a_node_of_a_cluster_that_is_a_little_behind_is_asked_again_and_one_that_keeps_nothing_is_told(
    hub_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.transfer import restore

    central = Central(hub_url)
    name = central.name()
    central.call("PUT", name)
    central.call("PUT", f"{name}/thing", json={})
    file = tmp_path / "copy.zip"
    assert run("backup", central.url, file, "--database", name) == 0
    looks: list[int] = []
    behind, whole = 2, restore._missing

    def lags(peer: RemotePeer, lines: Any) -> set[tuple[str, str]]:
        looks.append(len(lines))
        late = {(line.id, line.rev) for line in lines} if 1 < len(looks) <= 1 + behind else set()
        return whole(peer, lines) | late

    monkeypatch.setattr(restore, "_missing", lags)
    monkeypatch.setattr(restore, "LAGS", (0.0,) * 5)
    central.call("DELETE", name)
    assert run("restore", file, central.url) == 0
    assert looks == [1, 1, 1, 1]
    looks.clear()
    behind = 100
    central.call("DELETE", name)
    assert run("restore", file, central.url) == 1
    assert "took thing 1-" in capsys.readouterr().err and len(looks) == 6
    central.close()


def test_sales_that_come_in_while_it_is_copied_are_no_trouble(central: Central, tmp_path: Path) -> None:
    name = central.name()
    fill(central, name)
    ending = threading.Event()
    written: list[str] = []

    def write() -> None:
        while not ending.is_set():
            written.append(central.call("PUT", f"{name}/late:{len(written)}", json={"n": len(written)})["rev"])
            rev = central.call("GET", f"{name}/edited")["_rev"]
            central.call("PUT", f"{name}/edited?rev={rev}", json={"v": len(written)})

    thread = threading.Thread(target=write)
    thread.start()
    file = tmp_path / "copy.zip"
    try:
        assert run("backup", central.url, file, "--database", name) == 0
    finally:
        ending.set()
        thread.join()
    central.call("DELETE", name)
    assert run("restore", file, central.url) == 0
    tree = central.tree(name)
    assert {f"thing:{n:04}" for n in range(700)} <= set(tree) and len(tree["edited"]) == 1


def test_users_come_back_with_their_passwords_if_they_were_asked_for(central: Central, tmp_path: Path) -> None:
    name = central.name()
    store = name.removeprefix("store-")
    user = f"{store}-t1"
    provision(central.url, terminals=[{"id": user, "password": "a-pässword", "store": store}])
    file = tmp_path / "copy.zip"
    assert run("backup", central.url, file, "--database", name, "--users") == 0
    assert b"a-p" not in file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert "a-pässword" not in archive.read("users.jsonl").decode()

    def signs_in() -> bool:
        host = central.url.rpartition("@")[2]
        auth = (user, "a-pässword".encode())
        return requests.get(f"http://{host}/{name}", auth=auth, timeout=30).status_code == 200  # type: ignore[arg-type]

    there = f"{central.url}/_users/org.couchdb.user:{user}"
    rev = requests.get(there, timeout=30).json()["_rev"]
    assert signs_in()
    requests.delete(there, params={"rev": rev}, timeout=30).raise_for_status()
    assert run("restore", file, central.url) == 0
    assert not signs_in()  # who was turned off at this very central stays so
    assert run("backup", central.url, tmp_path / "later.zip", "--database", name, "--users") == 0


def test_identities_that_took_the_place_of_others_are_known_by_all_of_them() -> None:
    own = identity.succeeding({"id": "c"}, {"id": "b", "before": ["a"]})
    assert own == {"id": "c", "restored_from": "b", "earlier": ["a"]}
    again = identity.succeeding({"id": "d"}, {"id": "c", "before": ["b", "a"]})
    for known in "abcd":
        identity.check({"id": known}, central_of({"couchtill": again}, "", ""))
    with pytest.raises(UnknownCentral):
        identity.check({"id": "x"}, central_of({"couchtill": again}, "", ""))
    assert identity.succeeding({"id": "d", identity.RESTORING: "c"}, {"id": "d", "before": []}) == {"id": "d"}
