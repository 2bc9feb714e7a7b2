"""Functions of design documents as a hub's clients meet them: the same as at a CouchDB, where one is named."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.couchjs.process import Process
from tests.support.couchdb import COUCHDB_URL, database_prefix
from tests.support.web import running_hub

SHOW = "function (n, o, u, s) { throw({forbidden: JSON.stringify([n, o, u])}); }"
#: Refuses what says so, and lets the rest pass.
RULE = "function (n, o, u, s) { if (n.bad || (o && o.locked)) throw({forbidden: 'the field bad, or locked'}); }"


class Place:
    """A database of the test's own at a central."""

    def __init__(self, url: str) -> None:
        self.url = url
        requests.put(url, timeout=30).raise_for_status()

    def ask(self, method: str, path: str = "", **more: Any) -> requests.Response:
        return requests.request(method, f"{self.url}{path}", timeout=60, **more)

    def put(self, path: str, **doc: Any) -> dict[str, Any]:
        answer = self.ask("PUT", f"/{path}", json=doc)
        assert answer.ok, answer.text
        return answer.json()  # type: ignore[no-any-return]

    def rule(self, source: str | None, name: str = "rules", **members: Any) -> None:
        """Writes a design document over the one before it."""
        known = self.ask("GET", f"/_design/{name}").json().get("_rev")
        doc = {**({"_rev": known} if known else {}), **members}
        self.put(f"_design/{name}", **doc, **({} if source is None else {"validate_doc_update": source}))

    def shown(self, answer: requests.Response) -> Any:
        """What `SHOW` was shown: [newDoc, oldDoc, userCtx]."""
        body = answer.json()
        refused = body[0] if isinstance(body, list) else body
        assert refused["error"] == "forbidden", body
        return json.loads(refused["reason"])


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield f"{hub.url}/t"


@pytest.fixture(scope="module")
def couchdb_prefix() -> Iterator[str]:
    with database_prefix(COUCHDB_URL) as prefix:
        yield prefix


@pytest.fixture(params=["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def place(request: pytest.FixtureRequest) -> Place:
    hub = request.param == "hub"
    return Place(request.getfixturevalue("hub_url" if hub else "couchdb_prefix") + secrets.token_hex(5))


@pytest.fixture
def here(hub_url: str) -> Place:
    """A database of the hub."""
    return Place(hub_url + secrets.token_hex(5))


def test_every_way_of_writing_is_looked_at(place: Place) -> None:
    kept = place.put("kept", v=1)["rev"]
    locked = place.put("locked", locked=True)["rev"]
    place.rule(RULE)
    text = {"Content-Type": "text/plain"}
    arriving = {"_id": "c", "bad": True, "_rev": "1-abc"}
    body = json.dumps(
        {"bad": True, "_attachments": {"a": {"follows": True, "content_type": "text/plain", "length": 2}}}
    )
    parts = f"--x\r\nContent-Type: application/json\r\n\r\n{body}\r\n--x\r\n\r\nhi\r\n--x--".encode()
    related = {"Content-Type": 'multipart/related; boundary="x"'}
    tries = {
        "PUT": place.ask("PUT", "/a", json={"bad": True}),
        "PUT, an edit": place.ask("PUT", "/kept", json={"bad": True, "_rev": kept}),
        "PUT with new_edits=false": place.ask("PUT", "/b?new_edits=false", json={"bad": True, "_rev": "1-abc"}),
        "PUT of parts": place.ask("PUT", "/m", data=parts, headers=related),
        "POST": place.ask("POST", json={"bad": True}),
        "DELETE": place.ask("DELETE", f"/locked?rev={locked}"),
        "COPY over": place.ask("COPY", "/kept", headers={"Destination": f"locked?rev={locked}"}),
        "an attachment": place.ask("PUT", f"/locked/a.txt?rev={locked}", data=b"hi", headers=text),
    }
    assert {name: (answer.status_code, answer.json()) for name, answer in tries.items()} == {
        name: (403, {"error": "forbidden", "reason": "the field bad, or locked"}) for name in tries
    }
    many = place.ask("POST", "/_bulk_docs", json={"docs": [{"_id": "x", "bad": True}, {"_id": "y"}, {"_id": "z"}]})
    told = [(one["id"], one.get("ok"), one.get("error")) for one in many.json()]
    assert told == [("x", None, "forbidden"), ("y", True, None), ("z", True, None)]
    brought = {"new_edits": False, "docs": [arriving, {"_id": "d", "_rev": "1-abc"}]}
    failed = place.ask("POST", "/_bulk_docs", json=brought).json()
    assert [(one["id"], one["rev"], one["error"]) for one in failed] == [("c", "1-abc", "forbidden")]
    rows = place.ask("GET", "/_all_docs").json()["rows"]
    assert [row["id"] for row in rows] == ["_design/rules", "d", "kept", "locked", "y", "z"]


def test_an_attachment_that_is_taken_away_is_looked_at(place: Place) -> None:
    data = {"a.txt": {"content_type": "text/plain", "data": base64.b64encode(b"hi").decode()}}
    rev = place.put("locked", locked=True, _attachments=data)["rev"]
    place.rule(RULE)
    assert place.ask("DELETE", f"/locked/a.txt?rev={rev}").status_code == 403
    place.rule(SHOW)
    new, old, _ = place.shown(place.ask("DELETE", f"/locked/a.txt?rev={rev}"))
    assert "_attachments" not in new and old["_attachments"]["a.txt"]["stub"] is True


def test_what_an_edit_is_shown_as(place: Place) -> None:
    rev = place.put("a", v=1)["rev"]
    place.rule(SHOW)
    revisions = {"start": 1, "ids": [rev[2:]]}
    old = {"_id": "a", "_rev": rev, "v": 1, "_revisions": revisions}
    new, before, user = place.shown(place.ask("PUT", "/a", json={"_rev": rev, "v": 2}))
    assert (new, before) == ({"_id": "a", "_rev": rev, "v": 2, "_revisions": revisions}, old)
    assert (user["db"], user["name"], user["roles"]) == (place.url.rpartition("/")[2], "admin", ["_admin"])
    new, before, _ = place.shown(place.ask("DELETE", f"/a?rev={rev}"))
    assert (new, before) == ({"_id": "a", "_rev": rev, "_deleted": True, "_revisions": revisions}, old)
    new, before, _ = place.shown(place.ask("PUT", "/b", json={"v": 1}))
    assert (new, before) == ({"_id": "b", "v": 1}, None)
    assert place.ask("PUT", "/a", json={"v": 2}).status_code == 409
    assert place.ask("PUT", "/a", json={"_rev": "1-abc", "v": 2}).status_code == 409


def test_what_comes_from_elsewhere_is_shown_beside_its_nearest_ancestor(place: Place) -> None:
    first = place.put("a", v=1)["rev"]
    second = place.put("a", v=2, _rev=first)["rev"]
    place.rule(SHOW)

    def shown(rev: str, *ids: str, **more: Any) -> Any:
        path = {"start": int(rev[0]), "ids": [rev[2:], *ids]}
        docs = [{"_id": "a", "_rev": rev, "_revisions": path, **more}]
        return place.ask("POST", "/_bulk_docs", json={"new_edits": False, "docs": docs})

    new, old, _ = place.shown(shown("4-d", "c", second[2:], first[2:], v=4))
    assert new["_revisions"] == {"start": 4, "ids": ["d", "c", second[2:], first[2:]]} and old["_rev"] == second
    new, old, _ = place.shown(shown("2-x", first[2:], _deleted=True))
    assert new["_deleted"] is True and old["_rev"] == first
    assert place.shown(shown("1-other"))[1] is None
    assert shown(second, first[2:], v=2).json() == [] and shown(first, v=1).json() == []  # they are here


def test_attachments_are_shown_as_stubs(place: Place) -> None:
    place.rule(SHOW)
    data = base64.b64encode(b"hello").decode()
    doc = {"_attachments": {"a.txt": {"content_type": "text/plain", "data": data}}}
    stub = {"content_type": "text/plain", "revpos": 0, "length": 5, "stub": True}
    assert place.shown(place.ask("PUT", "/a", json=doc))[0] == {"_id": "a", "_attachments": {"a.txt": stub}}
    place.rule("function () {}")
    rev = place.put("a", **doc)["rev"]
    place.rule(SHOW)
    again = {"_rev": rev, "_attachments": {"a.txt": {"stub": True}}}
    new, old, _ = place.shown(place.ask("PUT", "/a", json=again))
    assert new["_attachments"] == old["_attachments"] and new["_attachments"]["a.txt"]["revpos"] == 1


def test_a_deleted_document_that_comes_back_is_new(place: Place) -> None:
    rev = place.put("a", v=1)["rev"]
    place.ask("DELETE", f"/a?rev={rev}").raise_for_status()
    place.rule(SHOW)
    assert place.shown(place.ask("PUT", "/a", json={"v": 2}))[:2] == [{"_id": "a", "v": 2}, None]


def test_design_documents_and_local_ones_are_not_looked_at(place: Place) -> None:
    place.rule("function () { throw({forbidden: 'nothing at all'}); }")
    place.put("_design/another", filters={})
    place.put("_local/x", v=1)
    docs = [{"_id": "_design/more"}, {"_id": "_local/y"}, {"_id": "z"}]
    answers = place.ask("POST", "/_bulk_docs", json={"docs": docs}).json()
    assert [(one["id"], one.get("error")) for one in answers] == [
        ("_design/more", None),
        ("_local/y", None),
        ("z", "forbidden"),
    ]


def test_the_first_refusal_in_the_order_of_ids_counts_and_a_new_rule_counts_at_once(place: Place) -> None:
    place.rule("function () {}", "a")
    place.rule("function () { throw({forbidden: 'c'}); }", "c")
    place.rule("function () { throw({forbidden: 'b'}); }", "b")
    assert place.ask("PUT", "/x", json={}).json()["reason"] == "b"
    place.rule(None, "b")
    assert place.ask("PUT", "/x", json={}).json()["reason"] == "c"
    place.ask("DELETE", f"/_design/c?rev={place.ask('GET', '/_design/c').json()['_rev']}").raise_for_status()
    assert place.ask("PUT", "/x", json={}).status_code == 201


@pytest.mark.parametrize(
    "source, status, error",
    [
        ("function () { throw({forbidden: 'x'}); }", 403, "forbidden"),
        ("function () { throw({unauthorized: 'x'}); }", 401, "unauthorized"),
        ("function () { throw({other: 'x'}); }", 500, "unknown_error"),
        ("function () { throw('x'); }", 500, "unknown_error"),
        ("function () { nix(); }", 500, "ReferenceError"),
        ("function () { this is not }", 500, "compilation_error"),
        ("5", 500, "compilation_error"),
        ("", 404, "not_found"),
    ],
)
def test_what_goes_wrong_is_told_as_couchdb_tells_it(place: Place, source: str, status: int, error: str) -> None:
    place.rule(source)
    one = place.ask("PUT", "/a", json={})
    assert (one.status_code, one.json()["error"]) == (status, error)
    many = place.ask("POST", "/_bulk_docs", json={"docs": [{"_id": "b"}]})
    assert (many.status_code, many.json()[0]["error"]) == (201, error)


def test_a_function_in_a_language_that_nobody_speaks_here_refuses(place: Place) -> None:
    place.rule("(newDoc) ->", language="nix")
    answer = place.ask("PUT", "/a", json={})
    assert (answer.status_code, answer.json()) == (500, {"error": "unknown_query_language", "reason": "nix"})


@pytest.mark.parametrize(
    "members, reason",
    [
        ({"validate_doc_update": 5}, "`validate_doc_update` field must have string"),
        ({"filters": []}, "`filters` field must have object type"),
        ({"filters": {"a": 5}}, "`filters.a` field must have string or object type"),
        ({"views": {"v": {"reduce": "_sum"}}}, "View `v` must contain map function"),
    ],
)
def test_a_design_document_that_is_none_is_refused(place: Place, members: dict[str, Any], reason: str) -> None:
    answer = place.ask("PUT", "/_design/a", json=members)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_design_doc")
    assert answer.json()["reason"].startswith(reason)


def test_a_member_who_is_no_admin_writes_no_design_document(hub_url: str) -> None:
    root, there = hub_url.removesuffix("/t"), Place(hub_url + secrets.token_hex(5))
    name = f"member-{secrets.token_hex(4)}"
    user = {"name": name, "password": "pw", "roles": ["member"], "type": "user"}
    requests.put(f"{root}/_users", timeout=30)
    requests.put(f"{root}/_users/org.couchdb.user:{name}", json=user, timeout=30).raise_for_status()
    there.put("_security", members={"roles": ["member"]}, admins={"roles": ["_admin"]})
    url = there.url.replace("admin:secret", f"{name}:pw")
    assert requests.put(f"{url}/_design/a", json={}, timeout=30).status_code == 403
    docs = {"docs": [{"_id": "_design/a"}, {"_id": "b"}]}
    told = requests.post(f"{url}/_bulk_docs", json=docs, timeout=30).json()
    assert [one.get("error") for one in told] == ["forbidden", None]


# ---------------------------------------------------------------- loops


def test_a_function_that_loops_is_stopped_told_logged_and_kept_for_the_administrator(
    here: Place, caplog: pytest.LogCaptureFixture
) -> None:
    here.rule("function (n) { if (n.loop) while (true) {} }")
    with caplog.at_level(logging.ERROR, "couchtill.couchjs"):
        answer = here.ask("PUT", "/a", json={"loop": True})
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "os_process_error", "reason": "OS process timed out."},
    )
    assert "_design/rules stopped, for a" in caplog.text
    kept = here.ask("GET", "/_local/couchtill.functions").json()["functions"]["_design/rules validate_doc_update"]
    assert (kept["what"], kept["about"], kept["times"]) == ("stopped", "a", 1) and kept["at"].endswith("Z")
    docs = [{"_id": "x"}, {"_id": "y", "loop": True}, {"_id": "z"}]
    told = here.ask("POST", "/_bulk_docs", json={"docs": docs}).json()
    assert [(one["id"], one.get("error")) for one in told] == [("x", None), ("y", "os_process_error"), ("z", None)]


def test_while_a_function_loops_other_requests_are_answered(hub_url: str, here: Place) -> None:
    """Reads, writes of the same database that don't loop, and writes of another one go on meanwhile."""
    here.rule("function (n) { if (n.loop) while (true) {} }")
    other = Place(hub_url + secrets.token_hex(5))
    other.rule(RULE)
    over = threading.Event()
    answers: list[int] = []

    def loop() -> None:
        answers.append(here.ask("PUT", f"/loop{secrets.token_hex(4)}", json={"loop": True}).status_code)

    loops = [threading.Thread(target=loop) for _ in range(3)]
    for thread in loops:
        thread.start()
    count = 0
    while any(thread.is_alive() for thread in loops) and not over.is_set():
        count += 1
        assert here.ask("GET").status_code == 200
        assert other.ask("PUT", f"/good{count}", json={}).status_code == 201
        assert other.ask("PUT", f"/bad{count}", json={"bad": True}).status_code == 403
        assert here.ask("PUT", f"/good{count}", json={}).status_code in (201, 503)
    for thread in loops:
        thread.join()
    assert count and set(answers) <= {500, 503} and 500 in answers


# ---------------------------------------------------------------- filters


@pytest.fixture
def filtered(place: Place) -> Place:
    place.put("a", type="x", v=1)
    place.put("b", type="y")
    gone = place.put("c", type="x")["rev"]
    place.ask("DELETE", f"/c?rev={gone}").raise_for_status()
    brought = {"_id": "a", "_rev": "1-0", "type": "y", "_revisions": {"start": 1, "ids": ["0"]}}
    place.ask("POST", "/_bulk_docs", json={"new_edits": False, "docs": [brought]}).raise_for_status()
    place.rule(
        None,
        "f",
        filters={
            "type": "function (doc, req) { return doc.type == req.query.type; }",
            "text": "function (doc, req) { return doc._id == req.query.id ? 'yes' : 0; }",
            "mine": "function (doc, req) { return req.userCtx.name == 'admin' && req.method == 'GET' && !doc.type; }",
            "boom": "function (doc) { doc.x.y; }",
            "broken": "function (doc",
        },
        views={"v": {"map": "function (doc) { if (doc.type == 'y') emit(doc._id); }"}},
    )
    return place


def ids(answer: requests.Response) -> list[tuple[str, int]]:
    """Each row's id, and how many revisions it names."""
    assert answer.status_code == 200, answer.text
    return sorted((row["id"], len(row["changes"])) for row in answer.json()["results"])


@pytest.mark.parametrize(
    "query, found",
    [
        ("filter=f/type&type=x", [("a", 1)]),
        ("filter=f/type&type=y", [("b", 1)]),
        ("filter=f/type&type=y&style=all_docs", [("a", 1), ("b", 1)]),
        ("filter=f/type&type=y&style=all_docs&include_docs=true", [("a", 1), ("b", 1)]),
        ("filter=f/type&type=none", []),
        ("filter=f/text&id=c", [("c", 1)]),
        ("filter=f/mine", [("_design/f", 1), ("c", 1)]),
        ("filter=f/type&type=y&style=all_docs&descending=true", [("a", 1), ("b", 1)]),
        ("filter=_view&view=f/v", [("b", 1)]),
        ("filter=_view&view=f/v&style=all_docs", [("a", 1), ("b", 1)]),
    ],
)
def test_a_feed_goes_through_a_function(filtered: Place, query: str, found: list[tuple[str, int]]) -> None:
    assert ids(filtered.ask("GET", f"/_changes?{query}")) == found
    assert ids(filtered.ask("GET", f"/_changes?{query}&feed=longpoll&timeout=100")) == found


@pytest.mark.parametrize(
    "query, status, error",
    [
        ("filter=f/nix", 404, "not_found"),
        ("filter=nix/type", 404, "not_found"),
        ("filter=nix", 400, "bad_request"),
        ("filter=a/b/c", 400, "bad_request"),
        ("filter=_nix", 400, "bad_request"),
        ("filter=_view", 400, "bad_request"),
        ("filter=_view&view=f/nix", 404, "not_found"),
        ("filter=f/boom", 500, None),
        ("filter=f/broken", 500, None),
        ("filter=f/broken&feed=continuous&timeout=100", 500, None),
    ],
)
def test_a_filter_that_fails_is_told_by_the_status(filtered: Place, query: str, status: int, error: str | None) -> None:
    answer = filtered.ask("GET", f"/_changes?{query}")
    assert answer.status_code == status
    assert error is None or answer.json()["error"] == error


def test_a_limit_counts_what_passes_and_the_feed_goes_on_behind_it(here: Place) -> None:
    here.rule(None, "f", filters={"even": "function (doc) { return doc.n % 2 === 0; }"})
    here.ask("POST", "/_bulk_docs", json={"docs": [{"_id": f"d{at:04}", "n": at} for at in range(600)]})
    seen: list[str] = []
    since, pending = "0", 1
    while pending:
        page = here.ask("GET", f"/_changes?filter=f/even&limit=70&since={since}").json()
        assert len(page["results"]) == 70 or page["pending"] == 0
        seen += [row["id"] for row in page["results"]]
        since, pending = page["last_seq"], page["pending"]
    assert seen == [f"d{at:04}" for at in range(0, 600, 2)]


def test_a_continuous_feed_tells_what_passes_as_it_comes(here: Place) -> None:
    here.rule(None, "f", filters={"good": "function (doc) { return doc.good; }"})
    url = f"{here.url}/_changes?filter=f/good&feed=continuous&heartbeat=200"
    with requests.get(url, stream=True, timeout=30) as feed:
        lines = (json.loads(line) for line in feed.iter_lines(chunk_size=1) if line)
        for at in range(6):
            here.put(f"d{at}", good=at % 2 == 0)
        assert [next(lines)["id"] for _ in range(3)] == ["d0", "d2", "d4"]
        here.rule(None, "f", filters={"good": "function (doc) { doc.x.y; }"})
        here.put("d7", good=True)  # a feed keeps the function that it began with
        assert next(lines)["id"] == "d7"


def test_a_filter_is_told_no_password_and_no_cookie(here: Place) -> None:
    here.rule(None, "f", filters={"show": "function (doc, req) { throw(['error', 'shown', JSON.stringify(req)]); }"})
    answer = here.ask("GET", "/_changes?filter=f/show&a=1&key=[1]", headers={"Cookie": "till=crumbs"})
    req = json.loads(answer.json()["reason"])
    assert "secret" not in json.dumps(req["headers"]) and "crumbs" not in json.dumps(req)
    assert (req["query"]["a"], req["query"]["key"], req["method"]) == ("1", [1], "GET")
    assert req["info"]["db_name"] == here.url.rpartition("/")[2] and req["peer"] == "127.0.0.1"


def test_after_a_stop_no_process_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Process] = []

    class Kept(Process):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            started.append(self)

    monkeypatch.setattr("app.couchjs.pool.Process", Kept)
    with running_hub(tmp_path) as hub:
        there = Place(f"{hub.url}/t")
        there.put("a")
        assert not started  # nothing to run, nothing runs
        there.rule(RULE)
        there.put("b")
        assert started
    assert all(one._process.poll() is not None for one in started)
