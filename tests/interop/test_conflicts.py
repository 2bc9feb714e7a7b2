"""Conflicts made at a central appear here, are joined or decided here, and are gone there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs.database import Database
from app.replicator import older, replicate
from app.shop.actor import ANYBODY
from app.shop.conflicts import case as cases
from app.shop.conflicts import joining
from app.shop.conflicts.resolve import resolve
from app.shop.indexes import indexes_for
from tests.support.couchdb import COUCHDB_URL
from tests.support.web import running_hub

Doc = dict[str, Any]

STAMPS = {"updated_at": "2026-11-22T08:00:00.000Z", "updated_by": None, "updated_on": "office"}
LATER = {"updated_at": "2026-11-22T09:00:00.000Z", "updated_on": "s1-t1"}
PRODUCT = {
    "type": "product", "schema": 1, "sku": "x", "name": "Espresso", "sold_by": "unit", "barcodes": ["1"],
    "price": {"amount": 1200}, **STAMPS,
}  # fmt: skip
ANN = {"type": "customer", "schema": 1, "name": "Ann", "phone": "1", **STAMPS}

#: id → what was there, and what each place made of it (None: deleted it)
MADE: dict[str, tuple[Doc, list[Doc | None]]] = {
    "product:joined": (PRODUCT, [{"barcodes": ["1", "2"]}, {"barcodes": ["3"], "name": "Lungo", **LATER}]),
    "product:three": (PRODUCT, [{"barcodes": ["1", "2"]}, {"description": "dark"}, {"inactive": True, **LATER}]),
    "product:asked": (PRODUCT, [{"price": {"amount": 1290}}, {"price": {"amount": 1350}, **LATER}]),
    "product:gone": (PRODUCT, [{"name": "Lungo"}, None]),
    "customer:ann": (ANN, [{"phone": "2", **LATER}, {"name": "", "phone": None, "erased": True}]),
}
SETTLED = {"product:joined", "product:three", "customer:ann"}


@pytest.fixture(params=["hub", "pouchdb_server", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def theirs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database at a central."""
    if request.param == "hub":
        with running_hub(tmp_path / "hub") as hub:
            yield made(f"{hub.url}/company")
    elif request.param == "couchdb":
        yield made(f"{request.getfixturevalue('couchdb_url')}company")
    else:
        yield made(f"{request.getfixturevalue('pouchdb_server').rstrip('/')}/t{secrets.token_hex(5)}")


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "company.db", name="company", indexes=indexes_for("company")) as database:
        yield database


def made(url: str) -> str:
    requests.put(url, timeout=30).raise_for_status()
    return url


def write(url: str, docs: list[Doc], **options: Any) -> list[Doc]:
    answer = requests.post(f"{url}/_bulk_docs", json={"docs": docs, **options}, timeout=30)
    answer.raise_for_status()
    rows: list[Doc] = answer.json()
    assert not [row for row in rows if "error" in row]
    return rows


def by_new_edits_false(url: str) -> None:
    """Each branch is brought as a replicator brings it."""
    first = write(url, [{"_id": id, **base} for id, (base, _) in MADE.items()])
    for row, (base, sides) in zip(first, MADE.values(), strict=True):
        for side in sides:
            body = {**base, **side} if side is not None else {"_deleted": True}
            hashes = [secrets.token_hex(16), row["rev"][2:]]
            doc = {"_id": row["id"], "_rev": f"2-{hashes[0]}", "_revisions": {"start": 2, "ids": hashes}, **body}
            write(url, [doc], new_edits=False)


def by_its_own_replication(url: str) -> None:
    """Three databases of the CouchDB edit apart, and replicate there."""
    first = write(url, [{"_id": id, **base} for id, (base, _) in MADE.items()])
    copies = [made(f"{url}-{n}") for n in range(2)]
    for copy in copies:
        job(url, copy)
    for row, (base, sides) in zip(first, MADE.values(), strict=True):
        for place, side in zip((url, *copies), sides, strict=False):
            body = {**base, **side} if side is not None else {"_deleted": True}
            write(place, [{"_id": row["id"], "_rev": row["rev"], **body}])
    for copy in copies:
        job(copy, url)


def job(source: str, target: str) -> None:
    answer = requests.post(f"{COUCHDB_URL}/_replicate", json={"source": source, "target": target}, timeout=60)
    assert answer.ok, answer.text


def here_and_back(theirs: str, ours: Database) -> None:
    """Pulls, joins by rule, lets a person decide the rest, pushes."""
    replicate(theirs, ours)
    assert {record.id for record in ours.disputes()} == set(MADE)
    asked: list[str] = []

    def fetch(id: str, revs: list[str]) -> None:
        """The base was never here: only leaves travel."""
        asked.extend(older.remember(ours, theirs, id, revs))

    joined = list(joining.join_all(ours, ours, list(MADE), "office", fetch=fetch))
    assert set(joined) == SETTLED and asked
    for id in sorted(set(MADE) - SETTLED):
        case = cases.read(ours, id)
        assert case is not None
        choice: Doc = {"keep": "deleted"} if case.kind == "deleted" else {"take": case.sides[1].rev}
        resolve(ours, id, request=f"request-{id[8:]}", seen=case.seen, actor=ANYBODY, on="office", **choice)
    assert ours.disputes() == []
    replicate(ours, theirs)


def there(url: str, id: str) -> Doc | None:
    answer = requests.get(f"{url}/{id}", params={"conflicts": "true"}, timeout=30)
    if answer.status_code == 404:
        return None
    doc: Doc = answer.json()
    return doc


def leaves(url: str, id: str) -> set[str]:
    """All leaves of a document at a central, tombstones too."""
    params = {"open_revs": "all"}
    answer = requests.get(f"{url}/{id}", params=params, headers={"Accept": "application/json"}, timeout=30)
    return {row["ok"]["_rev"] for row in answer.json()}


def look(theirs: str) -> None:
    docs = {id: there(theirs, id) for id in MADE}
    assert docs.pop("product:gone") is None
    assert all(doc is not None and "_conflicts" not in doc for doc in docs.values())
    found = {id: doc or {} for id, doc in docs.items()}
    assert (found["product:joined"]["barcodes"], found["product:joined"]["name"]) == (["2", "3"], "Lungo")
    three = found["product:three"]
    assert (three["barcodes"], three["description"], three["inactive"]) == (["1", "2"], "dark", True)
    assert three["updated_at"] == LATER["updated_at"]
    assert found["product:asked"]["price"]["amount"] in (1290, 1350)
    assert (found["customer:ann"]["erased"], found["customer:ann"]["name"]) == (True, "")


def test_conflicts_brought_to_a_central_are_settled_here_and_gone_there(theirs: str, ours: Database) -> None:
    by_new_edits_false(theirs)
    here_and_back(theirs, ours)
    look(theirs)


@pytest.mark.couchdb
def test_conflicts_of_a_couchdbs_own_replication_are_settled_here_and_gone_there(
    couchdb_url: str, ours: Database
) -> None:
    url = made(f"{couchdb_url}company")
    by_its_own_replication(url)
    here_and_back(url, ours)
    look(url)


def test_a_second_node_that_joins_the_same_leaves_brings_the_central_nothing_new(
    theirs: str, ours: Database, tmp_path: Path
) -> None:
    by_new_edits_false(theirs)
    (tmp_path / "second").mkdir()
    with Database(tmp_path / "second" / "company.db", name="company", indexes=indexes_for("company")) as second:
        replicate(theirs, second)

        def fetch(id: str, revs: list[str]) -> None:
            older.remember(second, theirs, id, revs)

        assert set(joining.join_all(second, second, list(MADE), "office", fetch=fetch)) == SETTLED
        here_and_back(theirs, ours)
        before = [leaves(theirs, id) for id in MADE]
        replicate(second, theirs)
        assert [leaves(theirs, id) for id in MADE] == before
