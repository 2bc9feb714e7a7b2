"""Views at a hub: the same answers as CouchDB's, where one is named; and what becomes of their indexes."""

from __future__ import annotations

import random
import secrets
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import couchdb
import pytest
import requests

from app.docs.collation import compare, sort_key
from app.web.couch_http import view_updates
from couch.designs import design_documents
from tests.couch.cases import document
from tests.couchjs import view_cases
from tests.support.couchdb import COUCHDB_URL, database_prefix
from tests.support.web import running_hub

NUMBERS = {"views": {"n": {"map": "function (d) { if (d.n !== undefined) emit(d.n, d._id); }", "reduce": "_sum"}}}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture(scope="module")
def couchdb_prefix() -> Iterator[str]:
    with database_prefix(COUCHDB_URL) as prefix:
        yield prefix


@pytest.fixture(params=["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def url(request: pytest.FixtureRequest) -> str:
    """Of a database that isn't there yet."""
    if request.param == "hub":
        return f"{request.getfixturevalue('hub').url}/v{secrets.token_hex(5)}"
    return str(request.getfixturevalue("couchdb_prefix")) + secrets.token_hex(5)


@pytest.fixture
def here(hub: SimpleNamespace) -> str:
    """A new database of the hub."""
    url = f"{hub.url}/v{secrets.token_hex(5)}"
    requests.put(url, timeout=30).raise_for_status()
    return url


def put(url: str, **doc: Any) -> str:
    answer = requests.put(url, json=doc, timeout=30)
    assert answer.ok, answer.text
    return str(answer.json()["rev"])


def bring(url: str, docs: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    answer = requests.post(f"{url}/_bulk_docs", json={"docs": docs, **more}, timeout=60)
    assert answer.ok, answer.text
    made: list[dict[str, Any]] = answer.json()
    return made


def view(url: str, name: str = "v/_view/n", **query: Any) -> Any:
    answer = requests.get(f"{url}/_design/{name}", params=query, timeout=60)
    assert answer.ok, answer.text
    return answer.json()


def keys(url: str, **query: Any) -> list[Any]:
    return [row["key"] for row in view(url, reduce="false", **query)["rows"]]


# ---------------------------------------------------------------- what is answered


def test_every_query_is_answered_as_couchdb_answers_it(url: str) -> None:
    view_cases.fill(url)
    wrong = [
        f"{was.asked}: {told[1:]}, not {was[1:]}"
        for was, told in zip(view_cases.recorded(), view_cases.ask(url), strict=True)
        if was != told
    ]
    assert wrong == []


def test_the_answers_bytes_are_couchdbs(url: str) -> None:
    requests.put(url, timeout=30)
    put(f"{url}/_design/v", **NUMBERS)
    bring(url, [{"_id": "a", "n": 1}, {"_id": "ü", "n": [2, "x"]}])
    rows = '{"total_rows":2,"offset":0,"rows":[\r\n{"id":"a","key":1,"value":"a"},\r\n'
    rows += '{"id":"ü","key":[2,"x"],"value":"ü"}\r\n]}\n'
    answer = requests.get(f"{url}/_design/v/_view/n", params={"reduce": "false"}, timeout=60)
    assert answer.content.decode() == rows
    head = requests.head(f"{url}/_design/v/_view/n", timeout=60)
    assert (head.status_code, head.content) == (200, b"") and head.headers["Content-Type"] == "application/json"
    for method, path, status in (
        ("PUT", "_view/n", 405),
        ("GET", "_view", 405),
        ("GET", "_view/none", 404),
    ):
        assert requests.request(method, f"{url}/_design/v/{path}", timeout=60).status_code == status
    assert requests.get(f"{url}/_design/none/_view/n", timeout=60).json()["reason"] == "missing"


def test_a_change_is_seen_at_once_a_deletion_too_and_a_stale_answer_is_had_by_asking(url: str) -> None:
    requests.put(url, timeout=30)
    put(f"{url}/_design/v", **NUMBERS)
    made = bring(url, [{"_id": f"d{at}", "n": at} for at in range(5)])
    assert keys(url) == [0, 1, 2, 3, 4]
    bring(url, [{"_id": "d1", "_rev": made[1]["rev"], "n": 9}, {"_id": "d2", "_rev": made[2]["rev"], "_deleted": True}])
    now, before = [0, 3, 4, 9], [0, 1, 2, 3, 4]
    if not (COUCHDB_URL and url.startswith(COUCHDB_URL)):  # which may have brought it up to date behind our back
        assert keys(url, update="false") == before
    assert keys(url) == now
    put(f"{url}/d7", n=7)
    for query in ({"stale": "ok"}, {"update": "false"}, {"update": "lazy"}):
        assert keys(url, **query) in (now, [0, 3, 4, 7, 9])
    assert keys(url) == [0, 3, 4, 7, 9]
    rev = requests.get(f"{url}/_design/v", timeout=30).json()["_rev"]
    changed = {"n": {"map": "function (d) { if (d.n > 3) emit(-d.n, null); }", "reduce": "_count"}}
    put(f"{url}/_design/v", _rev=rev, views=changed)
    assert keys(url) == [-9, -7, -4]


def test_a_conflict_that_is_settled_is_one_no_more(url: str) -> None:
    requests.put(url, timeout=30)
    [conflicts] = [doc for doc in design_documents("store") if doc["_id"] == "_design/couchtill-conflicts"]
    put(f"{url}/{conflicts['_id']}", **conflicts)
    docs = [{"_id": "cart:x", "type": "cart", "_rev": f"1-{letter * 32}"} for letter in "abc"]
    bring(url, docs, new_edits=False)
    name = "couchtill-conflicts/_view/by_type"
    assert view(url, name)["rows"] == [{"key": None, "value": 1}]
    assert view(url, name, reduce="false")["rows"] == [{"id": "cart:x", "key": "cart", "value": 2}]
    for doc in docs[:2]:
        requests.delete(f"{url}/cart:x", params={"rev": doc["_rev"]}, timeout=30).raise_for_status()
    assert view(url, name)["rows"] == []


def test_what_a_purge_takes_is_in_no_view(url: str) -> None:
    requests.put(url, timeout=30)
    put(f"{url}/_design/v", **NUMBERS)
    rev = put(f"{url}/a", n=1)
    put(f"{url}/b", n=2)
    assert keys(url) == [1, 2]
    requests.post(f"{url}/_purge", json={"a": [rev]}, timeout=30).raise_for_status()
    assert keys(url) == [2]


def test_a_function_for_many_rows_is_given_them_in_parts(url: str) -> None:
    requests.put(url, timeout=30)
    reduce = "function (keys, values, again) { return again ? sum(values) : values.length; }"
    put(f"{url}/_design/v", views={"n": {"map": "function (d) { if (d.n) emit(d.n % 3, 1); }", "reduce": reduce}})
    bring(url, [{"_id": f"d{at:05d}", "n": at} for at in range(1, 3001)])
    assert view(url)["rows"] == [{"key": None, "value": 3000}]
    assert view(url, group="true")["rows"] == [{"key": each, "value": 1000} for each in (0, 1, 2)]


# ---------------------------------------------------------------- ours, and who reads them


def test_third_parties_read_our_views_with_couchdb_python(url: str) -> None:
    base, _, name = url.rpartition("/")
    server = couchdb.Server(base)
    shop = server.create(name)
    for design in design_documents("store"):
        if "validate_doc_update" not in design:
            shop.save(dict(design))
    lines = [
        {"product": "product:milk", "quantity": 2000, "total": 258},
        {"product": None, "quantity": 1000, "total": 1},
    ]
    for number in range(1, 8):
        order = document("order", number, total=100 * number, lines=lines, business_date=f"2026-11-2{number % 2}")
        shop.save({**order, "terminal": "s1-t1"})
    days = {tuple(row.key): row.value for row in shop.view("couchtill-sales/by_day", group_level=2)}
    assert {day: (value["sum"], value["count"]) for day, value in days.items()} == {
        ("2026-11-20", "USD"): (1200, 3),
        ("2026-11-21", "USD"): (1600, 4),
    }
    [hour] = shop.view("couchtill-sales/by_hour", group=True, startkey=["2026-11-22"], endkey=["2026-11-22", {}])
    assert hour.key == ["2026-11-22", "09", "USD"] and hour.value["max"] == 700
    [sold] = shop.view("couchtill-sales/by_product", group_level=1)
    assert (sold.key, sold.value) == (["product:milk"], [14000, 1806])
    rows = shop.view("couchtill-sales/by_day", reduce=False, include_docs=True, limit=2, descending=True)
    assert (rows.total_rows, rows.offset, len(rows)) == (7, 0, 2)
    assert all(row.doc["type"] == "order" and row.doc.id == row.id for row in rows)
    paged = [row.id for row in shop.iterview("couchtill-sales/by_day", 3, reduce=False)]
    assert len(paged) == len(set(paged)) == 7
    del server[name]


def test_products_are_found_by_barcode_those_of_their_packings_too(url: str) -> None:
    requests.put(url, timeout=30)
    for design in design_documents("company"):
        if "validate_doc_update" not in design:
            put(f"{url}/{design['_id']}", **design)
    milk = document("product", 1, barcodes=["4006381333931"], units=[{"name": "box", "barcodes": ["14006381333938"]}])
    put(f"{url}/{milk['_id']}", **milk)
    name = "couchtill-products/_view/by_barcode"
    [row] = view(url, name, key='"14006381333938"', include_docs="true")["rows"]
    assert (row["value"], row["doc"]["name"]) == ("box", "Milk")
    assert view(url, name, key='"4006381333931"')["rows"][0]["id"] == milk["_id"]
    assert view(url, name, key='"1"')["rows"] == []


def test_who_may_read_the_database_may_read_its_views_and_nobody_else(hub: SimpleNamespace, here: str) -> None:
    put(f"{here}/_design/v", **NUMBERS)
    for name in ("reader", "stranger"):
        user = {"name": name, "password": "pw", "roles": [name], "type": "user"}
        requests.put(f"{hub.url}/_users/org.couchdb.user:{name}", json=user, timeout=30)
    security = {"members": {"roles": ["reader"]}, "admins": {"roles": ["_admin"]}}
    requests.put(f"{here}/_security", json=security, timeout=30).raise_for_status()
    path = f"{urlsplit(here).path}/_design/v/_view/n"
    for name, status in (("reader", 200), ("stranger", 403)):
        assert requests.get(hub.as_user(name, "pw") + path, timeout=30).status_code == status
    assert requests.get(hub.root + path, timeout=30).status_code == 401
    put(f"{hub.url}/_users/_design/v", views={"n": {"map": "function (d) { emit(d.name, d.salt); }"}})
    users = "/_users/_design/v/_view/n"
    security = {"members": {"roles": ["reader"]}, "admins": {"roles": ["_admin"]}}
    requests.put(f"{hub.url}/_users/_security", json=security, timeout=30)
    assert requests.get(hub.url + users, timeout=30).status_code == 200
    assert requests.get(hub.as_user("reader", "pw") + users, timeout=30).status_code in (401, 403)


# ---------------------------------------------------------------- what goes wrong


def test_a_map_function_that_loops_is_stopped_and_the_other_views_answer(here: str) -> None:
    put(f"{here}/_design/v", **NUMBERS)
    put(f"{here}/_design/loop", views={"n": {"map": "function (d) { while (d.n) {} }"}})
    put(f"{here}/a", n=1)
    answer = requests.get(f"{here}/_design/loop/_view/n", timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (500, "os_process_error")
    assert keys(here) == [1]
    broken = requests.put(f"{here}/_design/c", json={"views": {"n": {"map": "function (d) {"}}}, timeout=30)
    assert broken.ok
    answer = requests.get(f"{here}/_design/c/_view/n", timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (500, "compilation_error")


def test_a_document_at_which_a_function_fails_is_left_out_and_no_other(here: str) -> None:
    put(f"{here}/_design/v", views={"n": {"map": "function (d) { emit(d.a.b, null); }"}})
    bring(here, [{"_id": "a", "a": {"b": 1}}, {"_id": "b"}, {"_id": "c", "a": {"b": 2}}])
    assert keys(here) == [1, 2]


def test_what_is_not_served_is_said_and_never_answered_otherwise(here: str) -> None:
    raw = {**NUMBERS, "options": {"collation": "raw"}}
    top = {"views": {"n": {"map": "function () {}", "reduce": "_top_3"}}}
    ways = {"a": raw, "b": top, "c": {**NUMBERS, "language": "erlang"}}
    for name, told in (("a", "bad_request"), ("b", "unknown_builtin"), ("c", "unknown_query_language")):
        put(f"{here}/_design/{name}", **ways[name])
        answer = requests.get(f"{here}/_design/{name}/_view/n", timeout=30)
        assert (answer.status_code >= 400, answer.json()["error"]) == (True, told)


def test_numbers_that_stats_cannot_take_are_said(here: str) -> None:
    put(f"{here}/_design/v", views={"n": {"map": "function (d) { emit(1, d._id); }", "reduce": "_stats"}})
    put(f"{here}/a")
    answer = requests.get(f"{here}/_design/v/_view/n", timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (500, "invalid_value")


# ---------------------------------------------------------------- indexes


def folder(hub: SimpleNamespace, url: str) -> Path:
    return view_updates.folder_of(hub.directory.get(url.rpartition("/")[2]))


def test_an_index_of_another_state_of_the_file_is_made_anew(tmp_path: Path) -> None:
    """A database that is put back from a copy, and one that is made again under its name."""
    with running_hub(tmp_path / "hub") as hub:
        url = f"{hub.url}/d"
        requests.put(url, timeout=30)
        put(f"{url}/_design/v", **NUMBERS)
        put(f"{url}/a", n=1)
        assert keys(url) == [1]
    shutil.copytree(tmp_path / "hub", tmp_path / "copy")
    with running_hub(tmp_path / "hub") as hub:
        url = f"{hub.url}/d"
        put(f"{url}/b", n=2)
        put(f"{url}/c", n=3)
        assert keys(url) == [1, 2, 3]
    for file in (tmp_path / "copy").glob("d.db*"):
        shutil.copy(file, tmp_path / "hub" / file.name)
    with running_hub(tmp_path / "hub") as hub:
        url = f"{hub.url}/d"
        put(f"{url}/x", n=8)
        put(f"{url}/y", n=9)
        assert keys(url) == [1, 8, 9]
        requests.delete(url, timeout=30).raise_for_status()
        requests.put(url, timeout=30)
        put(f"{url}/_design/v", **NUMBERS)
        assert keys(url) == []


def test_a_damaged_index_is_made_anew(hub: SimpleNamespace, here: str) -> None:
    put(f"{here}/_design/v", **NUMBERS)
    put(f"{here}/a", n=1)
    assert keys(here) == [1]
    [file] = folder(hub, here).glob("*.index")
    file.write_bytes(b"no database, of more than a hundred bytes " * 10)
    assert keys(here) == [1]


def test_files_of_views_that_are_gone_go_with_them(hub: SimpleNamespace, here: str) -> None:
    rev = put(f"{here}/_design/v", **NUMBERS)
    keys(here)
    [first] = folder(hub, here).glob("*.index")
    rev = put(f"{here}/_design/v", _rev=rev, views={"n": {"map": "function (d) { emit(1, 2); }"}})
    view(here)
    [second] = folder(hub, here).glob("*.index")
    assert first != second
    requests.delete(f"{here}/_design/v", params={"rev": rev}, timeout=30).raise_for_status()
    cleaned = requests.post(f"{here}/_view_cleanup", headers={"Content-Type": "application/json"}, timeout=30)
    assert cleaned.status_code == 202 and list(folder(hub, here).glob("*.index")) == []


def test_what_was_forgotten_is_in_no_index_after_compaction(hub: SimpleNamespace, here: str) -> None:
    put(f"{here}/_design/v", views={"n": {"map": "function (d) { emit(d.name, d.name); }"}})
    rev = put(f"{here}/a", name="Wanda Secret")
    put(f"{here}/b", name="Else")
    assert keys(here) == ["Else", "Wanda Secret"]
    put(f"{here}/a", _rev=rev, name=None)
    compact = requests.post(f"{here}/_compact", headers={"Content-Type": "application/json"}, timeout=30)
    assert compact.status_code == 202
    assert keys(here) == [None, "Else"]
    assert not [path for path in folder(hub, here).iterdir() if b"Wanda" in path.read_bytes()]


def test_readers_and_writers_go_on_while_an_index_grows(here: str) -> None:
    put(f"{here}/_design/v", **NUMBERS)
    told: list[list[Any]] = []

    def read() -> None:
        for _ in range(5):
            told.append(keys(here))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for start in range(0, 1200, 100):
        bring(here, [{"_id": f"d{at:05d}", "n": at} for at in range(start, start + 100)])
    for reader in readers:
        reader.join()
    assert keys(here) == list(range(1200))
    assert all(each == list(range(len(each))) for each in told)


# ---------------------------------------------------------------- order


def test_sort_keys_stand_in_the_order_of_values() -> None:
    chance = random.Random(4)
    values = [*view_cases.KEYS, 2**53, 2**60, -(2**70), 0.1, "ab ", "Ab", "\x00a", "zß", "zss", "e\u0301", "吴小", "🙂"]
    values += [[a, b] for a in values[:40] for b in chance.sample(values, 4)]
    values += [{"k": a, "l": b} for a in values[:30] for b in chance.sample(values, 2)]
    for _ in range(20000):
        a, b = chance.choice(values), chance.choice(values)
        x, y = sort_key(a), sort_key(b)
        wanted = compare(a, b)
        assert (x > y) - (x < y) == (wanted > 0) - (wanted < 0), (a, b)
