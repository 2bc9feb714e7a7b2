"""Documents that the other side refuses: on PouchDB Server, which runs validation functions as CouchDB does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs import json
from app.docs.database import Database
from app.replicator import replicate
from app.replicator.link import Link
from app.replicator.local import LocalPeer
from app.replicator.peer import Failure
from app.replicator.refused import RefusedList
from tests.replicator.conftest import fill, trees
from tests.replicator.test_supervisor import Node
from tests.support.hub import fresh
from tests.support.process import wait_until

RULE = """function (doc, old, user) {
  if (doc.bad) { throw({forbidden: 'bad documents are not wanted'}); }
}"""


@pytest.fixture
def strict(pouchdb_server: str) -> str:
    """A database whose design document refuses what is `bad`."""
    url = f"{pouchdb_server}/{fresh()}"
    requests.put(url, timeout=10)
    rule(url, RULE)
    return url


def rule(url: str, function: str) -> None:
    old = requests.get(f"{url}/_design/rules", timeout=10).json()
    doc = {"validate_doc_update": function, **({"_rev": old["_rev"]} if "_rev" in old else {})}
    requests.put(f"{url}/_design/rules", json=doc, timeout=10).raise_for_status()


@pytest.fixture
def till(tmp_path: Path, strict: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    # PouchDB Server makes a new instance_start_time at each start only; within a test it is one central
    node = Node(tmp_path, "till").link(strict)
    yield node
    node.close()


def there(url: str, id: str) -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"{url}/{id.replace(':', '%3A')}", timeout=10).json()
    return answer


def test_one_refused_document_stops_no_other_and_is_listed(db: Database, strict: str) -> None:
    fill(db, 30)
    db.put({"_id": "order:bad", "bad": True})
    fill(db, 30, start=100)
    result = replicate(db, strict)
    assert (result.stats.docs_written, result.stats.doc_write_failures) == (60, 1)
    assert result.failures[0].id == "order:bad"
    assert (result.failures[0].error, result.failures[0].reason) == ("forbidden", "bad documents are not wanted")
    assert replicate(db, strict).stats.missing_checked == 0


def test_many_refused_documents_are_all_listed(db: Database, strict: str) -> None:
    fill(db, 40, bad=True)
    result = replicate(db, strict)
    assert result.stats.doc_write_failures == 40
    assert len({failure.id for failure in result.failures}) == 40


def test_a_refused_immutable_document_stays_and_is_taken_when_offered_again(till: Node, strict: str) -> None:
    fill(till.database, 3)
    till.database.put({"_id": "order:bad", "bad": True})
    wait_until(lambda: till.status().refused == 1)
    entry = till.supervisor.refused.list()[0]
    assert (entry.document, entry.error, entry.set_aside) == ("order:bad", "forbidden", False)
    assert entry.reason == "bad documents are not wanted"
    assert till.database.read("order:bad") is not None
    wait_until(lambda: "n" in there(strict, "order:000002"))
    rule(strict, "function () {}")
    till.supervisor.refused.retry(entry.id)
    wait_until(lambda: till.status().refused == 0)
    assert there(strict, "order:bad")["bad"] is True
    assert till.supervisor.refused.list() == []


def test_a_document_refused_again_stays_listed_with_one_more_try(till: Node, strict: str) -> None:
    till.database.put({"_id": "order:bad", "bad": True})
    wait_until(lambda: till.status().refused == 1)
    till.supervisor.refused.retry(till.supervisor.refused.list()[0].id)
    wait_until(lambda: till.supervisor.refused.list()[0].tries >= 2)
    assert till.status().refused == 1
    assert till.supervisor.refused.list()[0].next_try is not None


class Strict(LocalPeer):
    """A stand-in for a central with a validation function: it takes nothing `bad`, until told."""

    remote = True
    lenient = False

    def write(self, docs: Any) -> list[Failure]:
        parsed = [json.loads(doc) if isinstance(doc, bytes) else doc for doc in docs]
        bad = [doc for doc in parsed if doc.get("bad") and not self.lenient]
        refused = [Failure(doc["_id"], doc["_rev"], "forbidden", "not wanted") for doc in bad]
        return refused + super().write([doc for doc in parsed if doc not in bad])


@pytest.fixture
def central_db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "central.db") as database:
        yield database


@pytest.fixture
def shop(tmp_path: Path, central_db: Database) -> Iterator[tuple[Node, Strict]]:
    node = Node(tmp_path, "till")
    target = Strict(central_db)
    node.supervisor.add(Link("push shop", node.database, target, "push", "shop"))  # type: ignore[arg-type]
    node.supervisor.start()
    yield node, target
    node.close()


def name(database: Database, id: str = "customer:1") -> str | None:
    record = database.read(id)
    return None if record is None or record.deleted else record.doc()["name"]


def test_a_refused_edit_is_set_aside_and_the_centrals_revision_takes_its_place(
    shop: tuple[Node, Strict], central_db: Database
) -> None:
    node, _ = shop
    rev = node.database.put({"_id": "customer:1", "name": "Ada"})
    wait_until(lambda: name(central_db) == "Ada")
    node.database.put({"_id": "customer:1", "name": "Bad Ada", "bad": True}, rev=rev)
    wait_until(lambda: name(node.database) == "Ada")
    assert node.database.read("customer:1").rev == rev  # type: ignore[union-attr]
    entry = node.supervisor.refused.list()[0]
    assert (entry.set_aside, entry.next_try) == (True, None)
    assert "Bad Ada" in str(entry.body)


def test_what_was_set_aside_comes_back_as_a_fresh_edit_of_the_winner(
    shop: tuple[Node, Strict], central_db: Database
) -> None:
    node, target = shop
    rev = node.database.put({"_id": "customer:1", "name": "Ada"})
    wait_until(lambda: name(central_db) == "Ada")
    bad = node.database.put({"_id": "customer:1", "name": "Bad Ada", "bad": True}, rev=rev)
    wait_until(lambda: name(node.database) == "Ada")
    node.database.put({"_id": "customer:1", "name": "Ada Lovelace"}, rev=rev)
    wait_until(lambda: name(central_db) == "Ada Lovelace")
    target.lenient = True
    node.supervisor.refused.retry(node.supervisor.refused.list()[0].id)
    wait_until(lambda: name(central_db) == "Bad Ada")
    assert node.supervisor.refused.list() == []
    record = central_db.read("customer:1")
    assert record is not None
    assert record.rev.startswith("3-")
    assert central_db.revs_diff({"customer:1": [bad]}) != {}  # the refused revision never went there


def test_what_others_wrote_stays_here_though_a_restored_central_does_not_take_it_from_us(
    tmp_path: Path, shop: tuple[Node, Strict], central_db: Database
) -> None:
    till, _ = shop
    with Database(tmp_path / "office.db") as office:
        rev = office.put({"_id": "product:1", "price": 1, "bad": True})
        office.put({"_id": "product:1", "price": 2, "bad": True}, rev=rev)
        newest = office.open_revs("product:1", "all", with_revs=True)[0]["ok"]
    till.database.bulk_docs([newest], new_edits=False)
    till.database.put({"_id": "order:after"})
    wait_until(lambda: central_db.read("order:after") is not None)
    assert till.database.get("product:1")["price"] == 2
    assert till.status().refused == 0 and central_db.read("product:1") is None


def test_a_document_refused_at_birth_is_kept_on_the_list(shop: tuple[Node, Strict], central_db: Database) -> None:
    node, target = shop
    node.database.put({"_id": "customer:2", "name": "Eve", "bad": True})
    wait_until(lambda: node.status().refused == 1 and node.database.read("customer:2") is None)
    target.lenient = True
    node.supervisor.refused.retry(node.supervisor.refused.list()[0].id)
    wait_until(lambda: name(central_db, "customer:2") == "Eve")


def test_a_refused_deletion_brings_the_document_back(shop: tuple[Node, Strict], central_db: Database) -> None:
    node, _ = shop
    rev = node.database.put({"_id": "customer:1", "name": "Ada"})
    wait_until(lambda: name(central_db) == "Ada")
    node.database.put({"_id": "customer:1", "_deleted": True, "bad": True}, rev=rev)
    wait_until(lambda: name(node.database) == "Ada")
    assert node.status().refused == 1


@pytest.mark.couchdb
def test_couchdb_refuses_an_edit_and_its_revision_takes_the_place(tmp_path: Path, couchdb_url: str) -> None:
    url = f"{couchdb_url}strict"
    requests.put(url, timeout=10).raise_for_status()
    rule(url, RULE)
    node = Node(tmp_path, "till").link(url)
    rev = node.database.put({"_id": "customer:1", "name": "Ada"})
    wait_until(lambda: there(url, "customer:1").get("name") == "Ada")
    node.database.put({"_id": "customer:1", "name": "Bad Ada", "bad": True}, rev=rev)
    wait_until(lambda: name(node.database) == "Ada" and node.status().refused == 1)
    good = node.database.put({"_id": "customer:1", "name": "Ada Lovelace"}, rev=rev)
    wait_until(lambda: there(url, "customer:1").get("_rev") == good)
    rule(url, "function () {}")
    node.supervisor.refused.retry(node.supervisor.refused.list()[0].id)
    wait_until(lambda: there(url, "customer:1").get("name") == "Bad Ada")
    node.close()


class Liar(LocalPeer):
    """Says yes, and forgets."""

    remote = True

    def write(self, docs: Any) -> list[Failure]:
        from app.replicator.writer import identify

        return super().write([doc for doc in docs if identify(doc)[0] != "order:000003"])


def test_a_document_that_a_server_takes_but_does_not_keep_is_listed(db: Database, other: Database) -> None:
    fill(db, 4)
    result = replicate(db, Liar(other))
    assert [(failure.id, failure.error) for failure in result.failures] == [("order:000003", "not_kept")]
    assert other.doc_count == 3


def test_the_list_outlives_the_process(tmp_path: Path) -> None:
    first = RefusedList(tmp_path / "node.db")
    first.add("push shop", "shop", Failure("a", "1-x", "forbidden", "no"), '{"_id":"a"}', set_aside=True)
    first.close()
    second = RefusedList(tmp_path / "node.db")
    assert second.count("push shop") == 1
    entry = second.list()[0]
    assert (entry.document, entry.reason, entry.body, entry.set_aside) == ("a", "no", '{"_id":"a"}', True)
    second.remove(entry.id)
    assert second.count("push shop") == 0
    second.close()


class Expired:
    """Counts what a run does when a session has run out."""

    def __init__(self) -> None:
        self.renewed = 0


def test_a_refusal_is_believed_only_when_the_server_knows_who_we_are(
    db: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An expired cookie makes every document forbidden, within a 201."""
    expired = Expired()

    class Forgetful(LocalPeer):
        remote = True

        def write(self, docs: Any) -> list[Failure]:
            if not expired.renewed:
                from app.replicator.writer import identify

                return [Failure(*identify(doc), "forbidden", "You are nobody.") for doc in docs]
            return super().write(docs)

        def who(self) -> tuple[bool, str]:
            return bool(expired.renewed), ""

        def renew(self) -> None:
            expired.renewed += 1

    fill(db, 10)
    result = replicate(db, Forgetful(other))
    assert (result.stats.docs_written, result.stats.doc_write_failures, expired.renewed) == (10, 0, 1)
    assert trees(db) == trees(other)


def test_a_document_that_cannot_be_read_at_the_source_is_listed_after_some_tries(
    db: Database, other: Database, make: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.replicator.errors import DocsUnavailable

    class Broken(LocalPeer):
        remote = True

        def changes(self, *args: Any, **options: Any) -> Any:
            page = super().changes(*args, **{**options, "bodies": False})
            return page

        def fetch(self, wants: Any) -> Any:
            if any(want.id == "order:000003" for want in wants):
                raise DocsUnavailable("gone", [(w.id, w.rev) for w in wants if w.id == "order:000003"])
            return super().fetch(wants)

    fill(db, 10)
    result = replicate(Broken(db), other)
    assert [failure.id for failure in result.failures] == ["order:000003"]
    assert other.doc_count == 9
