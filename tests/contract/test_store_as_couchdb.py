"""The store and an Apache CouchDB are asked the same things, at random, and answer the same.

Needs `COUCHDB_URL`. Sequences and instance names differ by nature, and are left out of what is compared.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from app.docs.database import Database
from app.docs.errors import DocsError

SEEDS = int(os.environ.get("STORE_SEEDS", "6"))
STEPS = int(os.environ.get("STORE_STEPS", "120"))
IDS = ["a", "b/c", "d é+%", "x"]  # no design document: a batch with one is checked in another way
NAMES = ["one.bin", "two.bin"]

Answer = tuple[int, Any]


class CouchDB:
    """One database of a CouchDB, asked over HTTP; answers are (status, JSON)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self._ask("PUT", "", params={"q": "1", "n": "1"})

    def _ask(self, method: str, path: str, **given: Any) -> Answer:
        answer = self.http.request(method, self.url + path, timeout=30, **given)
        # Which kind of success it is (200, 201) is the HTTP API's affair.
        said = answer.json()
        if isinstance(said, dict) and said.get("reason") == "missing_rev":  # a 409 in the words of a 404
            said = {"error": "conflict", "reason": "Document update conflict."}
        return 200 if answer.ok else answer.status_code, said

    def _doc(self, id: str) -> str:
        return "/" + quote(id, safe="").replace("_design%2F", "_design/")

    def put(self, doc: dict[str, Any], rev: str | None) -> Answer:
        return self._ask("PUT", self._doc(doc["_id"]), json=doc, params={"rev": rev} if rev else {})

    def bulk_docs(self, docs: list[Any], new_edits: bool) -> Answer:
        return self._ask("POST", "/_bulk_docs", json={"docs": docs, "new_edits": new_edits})

    def get(self, id: str, options: dict[str, Any]) -> Answer:
        params = {k: v if k == "rev" else ("true" if v else "false") for k, v in options.items()}
        return self._ask("GET", self._doc(id), params=params, headers={"Accept": "application/json"})

    def open_revs(self, id: str, revs: Any, latest: bool) -> Answer:
        asked = revs if revs == "all" else _json(revs)
        params = {"open_revs": asked, "latest": str(latest).lower(), "revs": "true"}
        return self._ask("GET", self._doc(id), params=params, headers={"Accept": "application/json"})

    def bulk_get(self, entries: list[Any], latest: bool, revs: bool, attachments: bool) -> Answer:
        params = {"latest": str(latest).lower(), "revs": str(revs).lower(), "attachments": str(attachments).lower()}
        status, answer = self._ask("POST", "/_bulk_get", json={"docs": entries}, params=params)
        return status, answer.get("results", answer)

    def revs_diff(self, asked: Any) -> Answer:
        return self._ask("POST", "/_revs_diff", json=asked)

    def all_docs(self, options: dict[str, Any]) -> Answer:
        names = {"start": "start_key", "end": "end_key"}
        params = {names.get(k, k): _json(v) for k, v in options.items() if k != "keys"}
        if "keys" in options:
            return self._ask("POST", "/_all_docs", json={"keys": options["keys"]}, params=params)
        return self._ask("GET", "/_all_docs", params=params)

    def changes(self, options: dict[str, Any]) -> Answer:
        params = {k: v if isinstance(v, str) else _json(v) for k, v in options.items()}
        status, answer = self._ask("GET", "/_changes", params=params)
        rows = [{k: v for k, v in row.items() if k != "seq"} for row in answer["results"]]
        return status, _told(rows, options, answer.get("pending", 0))

    def put_attachment(self, id: str, name: str, data: bytes, rev: str | None) -> Answer:
        headers = {"Content-Type": "application/octet-stream"}
        params = {"rev": rev} if rev else {}
        return self._ask("PUT", f"{self._doc(id)}/{name}", data=data, params=params, headers=headers)

    def delete_attachment(self, id: str, name: str, rev: str | None) -> Answer:
        return self._ask("DELETE", f"{self._doc(id)}/{name}", params={"rev": rev} if rev else {})

    def get_attachment(self, id: str, name: str, rev: str | None) -> Answer:
        answer = self.http.get(f"{self.url}{self._doc(id)}/{name}", params={"rev": rev} if rev else {}, timeout=30)
        if answer.status_code != 200:
            return answer.status_code, answer.json()
        return 200, answer.content

    def purge(self, asked: Any) -> Answer:
        status, answer = self._ask("POST", "/_purge", json=asked)
        return status, answer.get("purged", answer)

    def set_revs_limit(self, limit: int) -> Answer:
        return self._ask("PUT", "/_revs_limit", data=str(limit))

    def counts(self) -> Answer:
        status, answer = self._ask("GET", "")
        return status, (answer["doc_count"], answer["doc_del_count"])


class Store:
    """The store, asked the same; errors as the HTTP API would answer them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def put(self, doc: dict[str, Any], rev: str | None) -> Answer:
        def run() -> Answer:
            return 200, {"ok": True, "id": doc["_id"], "rev": self.database.put(doc, rev=rev)}

        return _caught(run)

    def bulk_docs(self, docs: list[Any], new_edits: bool) -> Answer:
        return _caught(lambda: (200, self.database.bulk_docs(docs, new_edits=new_edits)))

    def get(self, id: str, options: dict[str, Any]) -> Answer:
        return _caught(lambda: (200, self.database.get(id, **options)))

    def open_revs(self, id: str, revs: Any, latest: bool) -> Answer:
        return _caught(lambda: (200, self.database.open_revs(id, revs, latest=latest, with_revs=True)))

    def bulk_get(self, entries: list[Any], latest: bool, revs: bool, attachments: bool) -> Answer:
        options = {"latest": latest, "revs": revs, "attachments": attachments}
        return _caught(lambda: (200, self.database.bulk_get(entries, **options)))

    def revs_diff(self, asked: Any) -> Answer:
        return _caught(lambda: (200, self.database.revs_diff(asked)))

    def all_docs(self, options: dict[str, Any]) -> Answer:
        return _caught(lambda: (200, self.database.all_docs(**options)))

    def changes(self, options: dict[str, Any]) -> Answer:
        def run() -> Answer:
            page = self.database.changes(**options)
            rows = [{k: v for k, v in row.items() if k != "seq"} for row in page.rows]
            return 200, _told(rows, options, page.pending)

        return _caught(run)

    def put_attachment(self, id: str, name: str, data: bytes, rev: str | None) -> Answer:
        def run() -> Answer:
            made = self.database.put_attachment(id, name, data, "application/octet-stream", rev=rev)
            return 200, {"ok": True, "id": id, "rev": made}

        return _caught(run)

    def delete_attachment(self, id: str, name: str, rev: str | None) -> Answer:
        def run() -> Answer:
            return 200, {"ok": True, "id": id, "rev": self.database.delete_attachment(id, name, rev=rev)}

        return _caught(run)

    def get_attachment(self, id: str, name: str, rev: str | None) -> Answer:
        return _caught(lambda: (200, self.database.get_attachment(id, name, rev=rev).data))

    def purge(self, asked: Any) -> Answer:
        return _caught(lambda: (200, self.database.purge(asked)["purged"]))

    def set_revs_limit(self, limit: int) -> Answer:
        self.database.revs_limit = limit
        return 200, {"ok": True}

    def counts(self) -> Answer:
        info = self.database.info()
        return 200, (info["doc_count"], info["doc_del_count"])


def _told(rows: list[dict[str, Any]], options: dict[str, Any], pending: int) -> dict[str, Any]:
    """A page of changes as it is compared: CouchDB shows a document again when an old ancestor's body came."""
    if "limit" in options:
        return {"rows": len(rows), "pending": pending}
    return {"rows": sorted(rows, key=lambda row: str(row["id"])), "pending": pending}


def _json(value: Any) -> str:
    import json

    return json.dumps(value, sort_keys=True)


def _caught(run: Any) -> Answer:
    try:
        answer: Answer = run()
    except DocsError as error:
        return error.status, error.as_dict()
    return answer


class Both:
    """Asks both, and insists on equal answers."""

    def __init__(self, couchdb: CouchDB, store: Store) -> None:
        self.couchdb, self.store = couchdb, store
        self.said: list[str] = []

    def __call__(self, method: str, *given: Any) -> Answer:
        self.said.append(f"{method}{given}")
        theirs = getattr(self.couchdb, method)(*given)
        ours = getattr(self.store, method)(*given)
        _cut(ours[1], self.store.database.revs_limit)
        if method == "open_revs" and isinstance(theirs[1], list):
            theirs, ours = (theirs[0], _sorted(theirs[1])), (ours[0], _sorted(ours[1]))
        if method == "bulk_get":
            for result in (*theirs[1], *ours[1]):
                result["docs"] = _sorted(result["docs"])  # of several leaves CouchDB shows some other order
        if method == "bulk_docs" and isinstance(theirs[1], list) and not given[1]:
            theirs, ours = (theirs[0], _sorted(theirs[1])), (ours[0], _sorted(ours[1]))
        assert ours == theirs, "\n".join([*self.said[-8:], f"theirs {theirs}", f"ours   {ours}"])
        return ours


def _cut(value: Any, limit: int) -> None:
    """CouchDB tells no more than `revs_limit` of the generations that it keeps; the store tells all."""
    if isinstance(value, list):
        for item in value:
            _cut(item, limit)
    elif isinstance(value, dict):
        if "_revisions" in value:
            del value["_revisions"]["ids"][limit:]
        for item in value.values():
            _cut(item, limit)


def _sorted(entries: list[Any]) -> list[Any]:
    return sorted(entries, key=_json)


class Shopper:
    """Makes the random requests of one seed, knowing every revision that was ever answered."""

    def __init__(self, seed: int, both: Both) -> None:
        self.random = random.Random(seed)
        self.both = both
        self.revs: dict[str, list[str]] = {id: [] for id in IDS}
        self.paths: dict[str, list[list[str]]] = {id: [] for id in IDS}  # whole histories, newest first

    def id(self) -> str:
        return self.random.choice(IDS)

    def rev(self, id: str) -> str | None:
        known = self.revs[id]
        kind = self.random.random()
        if kind < 0.15 or not known:
            return None
        if kind < 0.25:
            return f"{self.random.randint(1, 4)}-{self.random.choice('abc') * 32}"
        leaves = self.both.store.database.read(id)
        if kind < 0.85 and leaves is not None:
            return self.random.choice(leaves.leaves())
        return self.random.choice(known)

    def body(self) -> dict[str, Any]:
        return self.random.choice([{}, {"n": self.random.randint(1, 3)}, {"type": "order", "l": [1, 2, {"é": None}]}])

    def atts(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.random.random() < 0.3:
            for name in self.random.sample(NAMES, self.random.randint(1, 2)):
                if self.random.random() < 0.4:
                    made[name] = {"stub": True}
                else:
                    data = base64.b64encode(bytes([self.random.randint(1, 3)]) * 5).decode()
                    made[name] = {"data": data, "content_type": "application/octet-stream"}
        return {"_attachments": made} if made else {}

    def edited(self, id: str, alone: bool = False) -> dict[str, Any]:
        doc: dict[str, Any] = {"_id": id, **self.body(), **self.atts()}
        row = self.both.store.database.read(id)
        if row is None or row.deleted or not alone:
            doc.pop("_attachments", None)  # where nothing is live CouchDB sees a stub before it sees the conflict
        rev = self.rev(id)
        if rev:
            doc["_rev"] = rev
        if self.random.random() < 0.25:
            doc["_deleted"] = True
        return doc

    def arrival(self, id: str) -> dict[str, Any]:
        hashes: list[str] = []
        if self.paths[id] and self.random.random() < 0.8:
            hashes = self.random.choice(self.paths[id])
            hashes = hashes[self.random.choice([0, 0, self.random.randint(0, len(hashes))]) :]
        for _ in range(self.random.randint(0 if hashes else 1, 3)):
            # As a real revision id does, this one depends on its parent: no revision has two histories.
            parent = hashes[0] if hashes else ""
            hashes = [md5(f"{parent}{self.random.choice('abc')}".encode()).hexdigest(), *hashes]
        self.paths[id].append(hashes)
        rev = f"{len(hashes)}-{hashes[0]}"
        self.revs[id].append(rev)
        ids = hashes[: self.random.choice([1, 2, 3, 1000])]
        always = random.Random(rev)  # one revision has one content, however often it comes
        doc = {"_id": id, "of": always.randint(1, 3), "_revisions": {"start": len(hashes), "ids": ids}, "_rev": rev}
        if always.random() < 0.3:
            doc["_deleted"] = True
        return doc

    def remember(self, answer: Answer) -> None:
        entries = answer[1] if isinstance(answer[1], list) else [answer[1]]
        for entry in entries:
            if isinstance(entry, dict) and "rev" in entry and "ok" in entry:
                self.revs[entry["id"]].append(entry["rev"])

    def step(self) -> None:
        choice = self.random.random()
        id = self.id()
        both = self.both
        if choice < 0.3:
            doc = self.edited(id, alone=True)
            self.remember(both("put", doc, doc.get("_rev") if self.random.random() < 0.3 else None))
        elif choice < 0.4:
            ids = sorted(self.id() for _ in range(self.random.randint(1, 4)))  # as CouchDB sorts them: equal sequences
            self.remember(both("bulk_docs", [self.edited(id) for id in ids], True))
        elif choice < 0.6:
            docs = [self.arrival(id) for id in sorted(self.random.sample(IDS, self.random.randint(1, 4)))]
            both("bulk_docs", docs, False)
        elif choice < 0.66:
            names = ["revs", "conflicts", "deleted_conflicts", "attachments", "latest"]
            options: dict[str, Any] = {name: True for name in names if self.random.random() < 0.5}
            rev = self.rev(id)
            both("get", id, {**options, **({"rev": rev} if rev else {})})
        elif choice < 0.72:
            revs = [r for r in (self.rev(id), self.rev(id)) if r]
            both("open_revs", id, "all" if self.random.random() < 0.5 or not revs else revs, self.random.random() < 0.5)
        elif choice < 0.8:
            entries: list[Any] = []
            for _ in range(self.random.randint(1, 4)):
                one = self.random.choice([*IDS, "unknown"])
                rev = self.rev(one) if one in self.revs else None
                entries.append({"id": one, **({"rev": rev} if rev else {})})
            flags = [self.random.random() < 0.5 for _ in range(3)]
            both("bulk_get", entries, *flags)
        elif choice < 0.84:
            asked = {one: {self.rev(one), self.rev(one)} - {None} for one in self.random.sample(IDS, 2)}
            both("revs_diff", {one: sorted(map(str, revs)) for one, revs in asked.items()})
        elif choice < 0.88:
            row = both.store.database.read(id)
            if row is not None and row.deleted:
                return  # the id of the revision that a CouchDB makes of it is its own
            both("put_attachment", id, self.random.choice(NAMES), bytes([self.random.randint(1, 3)]) * 5, self.rev(id))
        elif choice < 0.91:
            both("delete_attachment", id, self.random.choice(NAMES), self.rev(id))
        elif choice < 0.94:
            both("get_attachment", id, self.random.choice(NAMES), self.rev(id))
        elif choice < 0.96:
            row = both.store.database.read(id)
            # What a CouchDB holds of a document whose last live leaf was purged is odd: it counts as deleted and isn't.
            if row is not None and (row.conflicts or (row.deleted and len(row.leaves()) > 1)):
                both("purge", {id: [self.random.choice(row.leaves())]})
        else:
            self.look()

    def look(self) -> None:
        """Compares all that can be read."""
        both = self.both
        both("counts")
        both(
            "changes", {"style": self.random.choice(["main_only", "all_docs"]), "include_docs": True, "conflicts": True}
        )
        both("changes", {"style": "all_docs", "limit": self.random.randint(0, 3)})
        both("changes", {"descending": True})
        both("all_docs", {"include_docs": True, "conflicts": True})
        both("all_docs", {"keys": [*IDS, "unknown"], "include_docs": True})
        first, last = sorted(self.random.sample(IDS, 2))
        options = {"descending": True, "start": last, "end": first, "inclusive_end": self.random.random() < 0.5}
        both("all_docs", options if self.random.random() < 0.5 else {"start": first, "skip": 1, "limit": 1})
        for id in IDS:
            both("open_revs", id, "all", False)
            both("get", id, {"revs": True, "conflicts": True, "deleted_conflicts": True, "attachments": True})
        wrong = both.store.database.verify()
        assert wrong == [], "\n".join([*both.said[-8:], *wrong])


@pytest.fixture
def both(couchdb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    monkeypatch.setattr("app.docs.writing.ANCESTORS_KEPT", 10_000)  # a CouchDB keeps all until it is compacted
    with Database(tmp_path / "shop.db") as database:
        yield Both(CouchDB(couchdb_url + "shop"), Store(database))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_requests_get_the_same_answers(both: Both, seed: int) -> None:
    shopper = Shopper(seed, both)
    if seed % 3 == 0:
        both("set_revs_limit", 3)
    for _ in range(STEPS):
        shopper.step()
    shopper.look()
