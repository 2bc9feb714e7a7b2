"""A person is erased while a till is away, and comes back from nowhere: no file of any node holds a byte of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.node.config import write_secret
from app.replicator.peer import Failure
from app.replicator.refused import RefusedList
from couch.provision import provision
from tests.faults import rig
from tests.support.process import CouchTill, wait_until
from tests.support.proxy import FaultProxy

ADA = "customer:ada-of-the-test"
PERSON = {"name": "Žofrėja Quillfeather", "phone": "+370 6555 01773", "email": "zq@quillfeather.example"}
#: The person as UTF-8, as escaped JSON, and as the words of a search index, all small: files are searched so.
WORDS = (
    *("žofrėja", "\\u017dofr", "\\u017eofr", "zofreja", "quillfeather", "01773", "zq@quill", "zebrawood"),
    *("blackthorn", "teasel"),
)
SOON = 60.0


class Office(rig.Terminal):
    """Head office as a process, asked over its API as a terminal is."""

    def __init__(self, path: Path, central: str) -> None:
        self.path, self.id, self.behind = path, "office", ()
        self.session = requests.Session()
        self.start("--id", "office", "--central", central)

    def launch(self, *more: str) -> None:
        self.process = CouchTill("office", "--data", self.path, "--port", "0", *more)


def found(path: Path) -> set[tuple[str, str]]:
    """Which words of the person stand in which file below `path`."""
    hits = set()
    for file in filter(Path.is_file, path.rglob("*")):
        raw = file.read_bytes()
        small, text = raw.lower(), raw.decode("utf-8", "replace").lower()
        hits |= {(str(file.relative_to(path)), word) for word in WORDS if word in text or word.encode() in small}
    return hits


def doc_of(node: Any) -> dict[str, Any] | None:
    """The customer with the conflicts, as a node's CouchDB API has it."""
    base, session = (node.url, requests) if isinstance(node, rig.Hub) else (f"{node.url}/couch", node.session)
    answer = session.get(f"{base}/company/{ADA}", params={"conflicts": "true"}, timeout=30)
    return answer.json() if answer.status_code == 200 else None


def change(till: rig.Terminal, **fields: Any) -> None:
    rev = till.get(f"/api/customers/{ADA}")["rev"]
    answer = till.session.put(f"{till.url}/api/customers/{ADA}", json={"rev": rev, **fields}, timeout=30)
    answer.raise_for_status()


def edit(till: rig.Terminal, **fields: Any) -> None:
    """As `change`, by a program of the shop's own, which asks nobody whether the field is in dispute."""
    doc = {key: value for key, value in (doc_of(till) or {}).items() if key != "_conflicts"}
    answer = till.session.put(f"{till.url}/couch/company/{ADA}", json={**doc, **fields}, timeout=30)
    answer.raise_for_status()


def erase(node: rig.Terminal, request: str = "erase-ada-0001") -> requests.Response:
    body = {"request": request, "reason": "asked"}
    return node.session.post(f"{node.url}/api/customers/{ADA}/erase", json=body, timeout=30)


def same_and_erased(*nodes: Any) -> bool:
    docs = [doc_of(node) for node in nodes]
    return all(doc is not None and doc == docs[0] and doc.get("erased") and "_conflicts" not in doc for doc in docs)


def confirmed(office: rig.Terminal) -> dict[str, Any] | None:
    row = office.get("/api/erasures")["rows"][0]
    nodes = {node["node"]: node["when"] for node in row["nodes"]}
    return row if row["clean"] and nodes.keys() >= {"central", "office", "s1-t1", "s1-t2"} else None


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[rig.Hub]:
    with rig.Hub(tmp_path / "hub") as hub:
        provision(hub.url, office={"id": "office", "password": "of-the-office"}, iterations=rig.ITERATIONS)
        yield hub


@pytest.fixture
def line(hub: rig.Hub) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{hub.port}") as proxy:
        yield proxy


@pytest.fixture
def tills(tmp_path: Path, hub: rig.Hub, line: FaultProxy) -> Iterator[tuple[rig.Terminal, rig.Terminal]]:
    for id in ("s1-t1", "s1-t2"):
        (tmp_path / id).mkdir()
        write_secret(tmp_path / id, "central", hub.passwords[id])
    straight = f"http://s1-t1@127.0.0.1:{hub.port}"
    away = line.url.replace("://", "://s1-t2@")
    with (
        rig.Terminal(tmp_path / "s1-t1", "s1-t1", straight) as one,
        rig.Terminal(tmp_path / "s1-t2", "s1-t2", away) as two,
    ):
        yield one, two


def test_no_node_holds_a_byte_of_somebody_who_was_erased_while_a_till_was_away(
    tmp_path: Path, hub: rig.Hub, line: FaultProxy, tills: tuple[rig.Terminal, rig.Terminal]
) -> None:
    one, two = tills
    with Office(tmp_path / "office", f"http://office:of-the-office@127.0.0.1:{hub.port}") as office:
        made = one.session.post(f"{one.url}/api/customers", json={"request": "ada-of-the-test", **PERSON}, timeout=30)
        assert made.status_code == 201
        for note in ("likes zebrawood", "no, blackthorn", "teasel"):
            change(one, note=note)
        wait_until(lambda: doc_of(two) == doc_of(office) == doc_of(one), SOON, "everybody knows her")

        line.cut()  # two tills change one field: a conflict that only a person can decide
        change(one, phone="+370 6555 01773 1")
        change(two, phone="+370 6555 01773 2")
        line.restore()
        for node in (one, two, hub, office):
            wait_until(lambda node=node: "_conflicts" in (doc_of(node) or {}), SOON, "she is in dispute everywhere")
        one.stop()  # a revision that the central once refused stands on the till's own list
        listed = RefusedList(tmp_path / "s1-t1" / "node.db")
        refused = Failure(ADA, "9-" + "a" * 32, "forbidden", "not for you")
        listed.add("push company", "company", refused, '{"name":"Žofrėja Quillfeather, refused"}', set_aside=True)
        listed.close()
        one.start()
        wait_until(lambda: one.get("/api/sync")["links"], SOON)
        assert {file.split("/")[0] for file, _ in found(tmp_path)} == {"hub", "s1-t1", "s1-t2", "office"}
        shutil.copytree(tmp_path / "s1-t1", tmp_path / "image", ignore=shutil.ignore_patterns("lock"))

        line.cut()
        for n in range(4):
            edit(two, note=f"loves zebrawood {n}")  # a longer branch than any other
        answer = erase(office)
        assert (answer.status_code, answer.json()["repeated"]) == (201, False)
        assert erase(office).json()["erasure"]["id"] == answer.json()["erasure"]["id"]
        assert "quillfeather" not in answer.text.lower()
        wait_until(lambda: same_and_erased(one, hub, office), SOON, "those with a line know it")
        row = office.get("/api/erasures")["rows"][0]
        assert not row["clean"] and "zebrawood" in (doc_of(two) or {})["note"]

        line.restore()
        wait_until(lambda: same_and_erased(one, two, hub, office), SOON, "the till that was away knows it too")
        said = "every node says that it has forgotten her"
        wait_until(lambda: confirmed(office), SOON, said, lambda: office.get("/api/erasures")["rows"])
        gone = two.session.get(f"{two.url}/api/customers/{ADA}", timeout=30)
        assert (gone.status_code, gone.json()["erased"]) == (404, True)
        running = (tmp_path / name for name in ("hub", "office", "s1-t1", "s1-t2"))
        for path in running:  # a report may be older than the branch that came last
            wait_until(lambda path=path: not found(path), SOON, f"{path.name} holds nothing, also while it runs")

        one.stop()  # an old disk image of the first till comes back in its place
        shutil.rmtree(tmp_path / "s1-t1")
        shutil.move(tmp_path / "image", tmp_path / "s1-t1")
        assert found(tmp_path / "s1-t1") != set()
        one.start()
        wait_until(lambda: same_and_erased(one, two, hub, office), SOON, "the image is erased again")
        wait_until(lambda: not found(tmp_path / "s1-t1"), SOON, "and has forgotten her")
        for node in (one, two, office):
            node.stop()
        hub.process.terminate()
    assert found(tmp_path) == set()
    assert [rig.verify(tmp_path / name) for name in ("hub", "s1-t1", "s1-t2", "office")] == [0, 0, 0, 0]


def test_a_central_that_is_restored_from_before_is_erased_again(
    tmp_path: Path, hub: rig.Hub, tills: tuple[rig.Terminal, rig.Terminal]
) -> None:
    one, two = tills
    body = {"request": "ada-of-the-test", **PERSON}
    one.session.post(f"{one.url}/api/customers", json=body, timeout=30).raise_for_status()
    change(one, note="zebrawood")
    wait_until(lambda: doc_of(two) == doc_of(hub) == doc_of(one), SOON, "everybody knows her")
    hub.process.terminate()
    shutil.copytree(tmp_path / "hub", tmp_path / "backup", ignore=shutil.ignore_patterns("lock"))
    hub.start()
    assert erase(one).status_code == 201  # a till may, too: here nobody signs in
    wait_until(lambda: same_and_erased(one, two, hub), SOON, "everybody has heard")
    hub.process.terminate()
    shutil.rmtree(tmp_path / "hub")
    shutil.move(tmp_path / "backup", tmp_path / "hub")
    assert found(tmp_path / "hub") != set()
    hub.start()
    wait_until(lambda: same_and_erased(one, two, hub), SOON, "the old copy has heard")
    wait_until(lambda: not found(tmp_path), SOON, "and nobody has a byte of her")


def test_a_node_that_is_killed_while_it_forgets_goes_on_when_it_starts_again(
    tmp_path: Path, hub: rig.Hub, tills: tuple[rig.Terminal, rig.Terminal]
) -> None:
    one, two = tills
    body = {"request": "ada-of-the-test", **PERSON}
    one.session.post(f"{one.url}/api/customers", json=body, timeout=30).raise_for_status()
    wait_until(lambda: doc_of(two) == doc_of(hub), SOON, "everybody knows her")
    assert erase(one).status_code == 201
    wait_until(lambda: (doc_of(two) or {}).get("erased"), SOON, "the other till has heard")
    two.kill()
    two.start()
    wait_until(lambda: not found(tmp_path / "s1-t2"), SOON, "it has forgotten her")
