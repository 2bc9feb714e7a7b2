"""Requests whose answers have to be CouchDB's: status, body and the headers that clients read.

Each scenario is a list of requests sent in order to a fresh database (``{db}`` in the path, with the admin's name and
password unless ``user`` says otherwise). ``{rev:N}`` stands for the ``rev`` of the N-th answer of the scenario.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

JSON = {"Content-Type": "application/json"}
ACCEPT_JSON = {"Accept": "application/json"}
PROBE_PASSWORD = "pw"
# A name that no server knows; a new one each run, since five failures lock it for minutes.
NOBODY = f"nobody-{secrets.token_hex(4)}"


class Step(NamedTuple):
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    user: str | None = "admin"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body if self.body is not None else ''}"[:150]


def get(path: str, **headers: str) -> Step:
    return Step("GET", "/{db}" + path, None, _names(headers))


def put(path: str, body: Any, **headers: str) -> Step:
    return Step("PUT", "/{db}" + path, body, _names(headers))


def post(path: str, body: Any, **headers: str) -> Step:
    return Step("POST", "/{db}" + path, body, {**JSON, **_names(headers)})


def delete(path: str, **headers: str) -> Step:
    return Step("DELETE", "/{db}" + path, None, _names(headers))


def head(path: str, **headers: str) -> Step:
    return Step("HEAD", "/{db}" + path, None, _names(headers))


def server(method: str, path: str, body: Any = None, user: str | None = "admin", **headers: str) -> Step:
    return Step(method, path, body, _names(headers), user)


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def arrival(id: str, start: int, *hashes: str, **fields: Any) -> dict[str, Any]:
    """A revision made elsewhere."""
    return {
        "_id": id,
        "_rev": f"{start}-{hashes[0]}",
        "_revisions": {"start": start, "ids": list(hashes)},
        **fields,
    }


A, B, C = "a" * 32, "b" * 32, "c" * 32
TEXT = {"content_type": "application/octet-stream", "data": base64.b64encode(b"hello world").decode()}
ATTACHED = {"_attachments": {"a.bin": TEXT, "b.bin": {**TEXT, "data": "AAEC"}}, "n": 1}
CONFLICTED = [
    post(
        "/_bulk_docs",
        {
            "new_edits": False,
            "docs": [
                arrival("x", 2, B, A, v="b"),
                arrival("x", 2, C, A, v="c"),
                arrival("x", 3, "d" * 32, C, A, _deleted=True),
                arrival("x", 2, "9" * 32, A, v="9"),
            ],
        },
    )
]

SCENARIOS: dict[str, list[Step]] = {
    "a document's life": [
        put("/a", {"v": 1}),
        get("/a"),
        head("/a"),
        put("/a", {"v": 2}),
        put("/a", {"v": 2, "_rev": "{rev:0}"}),
        put("/a", {"v": 3, "_rev": "{rev:0}"}),
        put("/a?rev={rev:4}", {"v": 3}),
        put("/a?rev={rev:4}", {"v": 3, "_rev": "{rev:0}"}),
        put("/a", {"v": 4}, If_Match='"{rev:6}"'),
        put("/a?rev={rev:6}", {"v": 4}, If_Match='"{rev:0}"'),
        put("/a", {"v": 4, "_rev": "nonsense"}),
        put("/a", {"v": 4, "_rev": 7}),
        get("/a?revs=true"),
        get("/a?revs_info=true"),
        get("/a?rev={rev:0}"),
        get("/a?rev=1-" + A),
        get("/a?rev=zzz"),
        get("/a?local_seq=true&conflicts=true&deleted_conflicts=true"),
        get("/a?meta=true"),
        get("/a", If_None_Match='"{rev:8}"'),
        get("/a", If_None_Match='"1-x"'),
        delete("/a"),
        delete("/a?rev={rev:0}"),
        delete("/a?rev={rev:8}"),
        get("/a"),
        delete("/a?rev={rev:23}"),
        get("/a?rev={rev:23}"),
        put("/a", {"v": 5}),
        get("/a?revs=true"),
        get("/never"),
        delete("/never"),
        delete("/never?rev=1-x"),
    ],
    "documents that may not be": [
        put("/_odd", {}),
        put("/a", "{", Content_Type="application/json"),
        put("/a", ""),
        put("/a", []),
        put("/a", "nonsense"),
        put("/a", '{"a":NaN}'),
        put("/a", '{"a":1e999}'),
        put("/a", b'{"a":"\xff"}'),
        put("/a", {"_odd": 1}),
        put("/a", {"_deleted": 1}),
        put("/a", {"_id": "_bad"}),
        put("/a", {"_attachments": {"_x": TEXT}}),
        put("/a", {"_attachments": {"x": {"stub": True}}}),
        put("/a", {"_attachments": {"x": {"data": "a"}}}),
        put("/a", {"_attachments": {"x": {"data": 5}}}),
        put("/a?rev=1-x", {}),
        put("/_design/", {}),
        put("/%ff", {}),
        post("", {"_id": ""}),
        post("", {"_id": 5}),
        post("", {"_id": "_x"}),
        post("", {"_id": "p", "v": 1}),
        Step("POST", "/{db}", '{"v":1}', {"Content-Type": "text/plain"}),
        Step("POST", "/{db}", None, JSON),
        get(""),
    ],
    "ids of every kind": [
        put("/a%2Fb", {"v": 1}),
        put("/a%2Fb/att%2Fx", b"x", Content_Type="image/x", If_Match="{rev:0}"),
        get("/a%2Fb"),
        get("/a%2Fb/att/x"),
        get("/a%2Fb/att%2Fx"),
        get("/a/b"),
        put("/a%20b", {}),
        get("/a+b"),
        put("/a%2Bb", {}),
        put("/%F0%9F%8D%8E", {"v": "🍎"}),
        get("/%F0%9F%8D%8E"),
        put("/100%25", {}),
        get("/100%25"),
        get("/100%"),
        get("/100%zz"),
        put("/a%22b%5Cc", {}),
        get("/a%22b%5Cc"),
        put("/%3Fq%3D1%26r", {}),
        put("/constructor", {}),
        put("/__proto__", {}),
        get("/_all_docs"),
        get("/_changes"),
    ],
    "design and local documents": [
        put("/_design/x", {"a": 1}),
        get("/_design/x"),
        get("/_design%2Fx"),
        get("/_design%2Fx?rev={rev:0}"),
        put("/_design%2Fy", {"a": 1}),
        get("/_design/x/att"),
        get("/_design/z"),
        get("/_design_docs"),
        put("/_local/l", {"a": 1}),
        get("/_local/l"),
        put("/_local/l", {"a": 2}),
        put("/_local/l", {"a": 3, "_rev": "0-7"}),
        put("/_local/l", {"a": 3, "_rev": "0-x"}),
        get("/_local%2Fl"),
        get("/_local/none"),
        get("/_local"),
        get("/_local/l/att"),
        put("/_local/m%2Fn", {"b": 1, "_revisions": {"start": 0, "ids": ["1"]}}),
        get("/_local/m%2Fn"),
        get("/_local_docs"),
        get("/_local_docs?include_docs=true&startkey=%22_local/m%22"),
        delete("/_local/l"),
        delete("/_local/l"),
        get("/_local/l"),
        get("/_all_docs"),
        get("/_changes?filter=_design"),
    ],
    "conflicts": [
        *CONFLICTED,
        get("/x"),
        get("/x?conflicts=true"),
        get("/x?deleted_conflicts=true"),
        get("/x?meta=true"),
        get("/x?open_revs=all", Accept="application/json"),
        get('/x?open_revs=["2-' + B + '","2-' + A + '","zz"]', Accept="application/json"),
        get('/x?open_revs=["2-' + B + '","2-' + A + '"]', Accept="application/json"),
        get('/x?open_revs=["1-' + A + '"]&latest=true', Accept="application/json"),
        get('/x?open_revs=["1-' + A + '"]&revs=true', Accept="application/json"),
        get("/x?open_revs=5", Accept="application/json"),
        get("/none?open_revs=all", Accept="application/json"),
        get('/none?open_revs=["1-a"]', Accept="application/json"),
        get("/x?rev=2-" + B + "&latest=true"),
        get("/x?rev=1-" + A),
        get("/_changes?style=all_docs"),
        get("/_changes?include_docs=true&conflicts=true"),
        get("/_all_docs?include_docs=true&conflicts=true"),
        put("/x?rev=2-" + B, {"v": "b2"}),
        get("/x?conflicts=true"),
        delete("/x?rev=2-" + "9" * 32),
        get("/x?conflicts=true&deleted_conflicts=true"),
    ],
    "_bulk_docs": [
        post("/_bulk_docs", {"docs": [{"_id": "a", "v": 1}, {"_id": "b"}, {"_id": "a", "v": 2}]}),
        post("/_bulk_docs", {"docs": [{"_id": "a", "v": 9}, {"_id": "b", "_rev": "{rev:0.1}", "_deleted": True}]}),
        post("/_bulk_docs", {"docs": []}),
        post("/_bulk_docs", {}),
        post("/_bulk_docs", {"docs": {}}),
        post("/_bulk_docs", {"docs": [1]}),
        post("/_bulk_docs", {"docs": [{"_id": "_x"}, {"_id": "never"}]}),
        post("/_bulk_docs", {"docs": [{"_id": 1}, {"_id": "never"}]}),
        post("/_bulk_docs", {"docs": [{"_id": "c", "_rev": "bad"}, {"_id": "never"}]}),
        post("/_bulk_docs", {"docs": [{"_id": "c", "_odd": 1}, {"_id": "never"}]}),
        post("/_bulk_docs", {"docs": [], "new_edits": 5}),
        post("/_bulk_docs", []),
        post("/_bulk_docs", "{"),
        Step("POST", "/{db}/_bulk_docs", '{"docs":[]}', {}),
        Step("POST", "/{db}/_bulk_docs", '{"docs":[]}', {"Content-Type": "application/json; charset=utf-8"}),
        get("/_bulk_docs"),
        post("/_bulk_docs", {"new_edits": False, "docs": [arrival("r", 2, B, A, v=1), arrival("r", 2, B, A, v=1)]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [{"_id": "r"}]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [{"_id": "r", "_rev": "1-zz", "v": 3}]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [{"_id": "r", "_rev": "zz"}]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [{"_id": "s", "_rev": "1-ABCDEF00112233445566778899aabbcc"}]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [arrival("t", 2, "short", "words")]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [{"_id": "u", "_revisions": {"start": "x", "ids": []}}]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [{"_id": "u", "_revisions": {"start": 1, "ids": "x"}}]}),
        post("/_bulk_docs", {"new_edits": False, "docs": [{"_id": "u", "_revisions": {"start": 1, "ids": [3]}}]}),
        post(
            "/_bulk_docs",
            {"new_edits": False, "docs": [arrival("w", 1, A, _attachments={"s": {"stub": True, "revpos": 1}})]},
        ),
        post("/_bulk_docs", {"docs": [{"_id": "_local/q", "a": 1}, {"_id": "_design/q", "a": 1}]}),
        get("/_all_docs?include_docs=true"),
        get("/r?open_revs=all", Accept="application/json"),
        get("/_changes?style=all_docs"),
        get(""),
    ],
    "new_edits=false by PUT": [
        put("/a?new_edits=false", arrival("a", 3, C, B, A, v=1)),
        put("/a?new_edits=false", arrival("a", 3, C, B, A, v=1)),
        put("/a?new_edits=false", {"v": 1}),
        put("/a?new_edits=false&rev=2-" + B, {"v": 1}),
        put("/a?new_edits=false&rev=2-" + B, {"v": 1, "_rev": "3-" + C}),
        get("/a?revs=true"),
        put("/b?new_edits=false", arrival("b", 2, B, A, _deleted=True)),
        get("/b"),
        get("/b?rev=2-" + B),
    ],
    "_revs_diff": [
        *CONFLICTED,
        post("/_revs_diff", {"x": ["2-" + B, "1-" + A, "4-" + A, "1-" + B], "new": ["1-x"]}),
        post("/_revs_diff", {"x": ["2-" + B]}),
        post("/_revs_diff", {}),
        post("/_revs_diff", {"x": []}),
        post("/_revs_diff", {"x": "2-a"}),
        post("/_revs_diff", {"x": ["bad"]}),
        post("/_revs_diff", {"x": [5]}),
        post("/_revs_diff", []),
        post("/_revs_diff", "x"),
        Step("POST", "/{db}/_revs_diff", "{}", {}),
        get("/_revs_diff"),
        post("/_missing_revs", {"x": ["2-" + B, "4-" + A], "new": ["1-x"]}),
    ],
    "_bulk_get": [
        *CONFLICTED,
        put("/a", {"v": 1}),
        post("/_bulk_get", {"docs": [{"id": "a"}, {"id": "a", "rev": "{rev:1}"}, {"id": "a"}]}, **ACCEPT_JSON),
        post("/_bulk_get?revs=true", {"docs": [{"id": "x", "rev": "2-" + B}]}, **ACCEPT_JSON),
        post("/_bulk_get?latest=true&revs=true", {"docs": [{"id": "x", "rev": "1-" + A}]}, **ACCEPT_JSON),
        post("/_bulk_get?latest=true", {"docs": [{"id": "x", "rev": "2-" + C}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{"id": "x"}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{"id": "x", "rev": "1-" + A}, {"id": "none", "rev": "1-x"}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{"id": "none"}, {"rev": "1-x"}, {"id": "a", "rev": "bad"}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{"id": 5}, {"id": ""}, {"id": "_x"}, {"id": "a", "rev": 5}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{}, 5, "x", []]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{"id": "a", "atts_since": ["bad"]}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{"id": "a", "atts_since": "1-x"}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": []}, **ACCEPT_JSON),
        post("/_bulk_get", {}, **ACCEPT_JSON),
        post("/_bulk_get?rev=1-x", {"docs": []}, **ACCEPT_JSON),
        post("/_bulk_get?open_revs=all", {"docs": []}, **ACCEPT_JSON),
        post("/_bulk_get?atts_since=x", {"docs": []}, **ACCEPT_JSON),
        post("/_bulk_get?w=1", {"docs": []}, **ACCEPT_JSON),
        get("/_bulk_get"),
    ],
    "_all_docs": [
        post("/_bulk_docs", {"docs": [{"_id": id} for id in ("a", "b", "c", "d", "e", "aa", "ä", "B", "0", "x y")]}),
        delete("/d?rev={rev:0.3}"),
        *[
            get("/_all_docs?" + query)
            for query in (
                "",
                "limit=2",
                "limit=0",
                "limit=2&skip=1",
                "skip=100",
                "descending=true",
                "descending=true&limit=3&skip=1",
                'startkey="b"',
                'startkey="b"&endkey="c"',
                'start_key="b"&end_key="c"&inclusive_end=false',
                'endkey="b"&inclusive_end=false',
                'startkey="c"&endkey="b"&descending=true',
                'startkey="c"&endkey="b"&descending=true&inclusive_end=false',
                'key="b"',
                'key="zz"',
                "key=1",
                "startkey=1",
                "endkey=1",
                "startkey={}",
                "startkey=null",
                'keys=["a","d","zz","a",3]',
                'keys=["a","d","zz"]&include_docs=true',
                'keys=["a","b","c"]&descending=true',
                'keys=["a","b","c"]&limit=1&skip=1',
                "keys=[]",
                "keys=5",
                "include_docs=true&limit=2",
                "limit=x",
                "limit=-1",
                "skip=x",
                "descending=maybe",
                "include_docs=5",
                "startkey=nonsense",
                'start_key_doc_id=b&startkey="a"',
                "unknown=1",
                "stale=ok",
                "reduce=false",
            )
        ],
        post("/_all_docs", {"keys": ["a", "zz", "d"]}),
        post("/_all_docs", {"keys": ["a"]}),
        post("/_all_docs", {"keys": 5}),
        post("/_all_docs", {}),
        post("/_all_docs", {"startkey": "b", "limit": 2}),
        post("/_all_docs?limit=1", {"keys": ["a", "b"], "include_docs": True}),
        post("/_all_docs", []),
        post("/_all_docs", "x"),
        Step("POST", "/{db}/_all_docs", "{}", {}),
        post("/_all_docs/queries", {"queries": [{"limit": 1}, {"keys": ["a", "zz"]}, {"startkey": "c"}]}),
        post("/_all_docs/queries", {}),
        delete("/_all_docs"),
    ],
    "_changes": [
        post("/_bulk_docs", {"docs": [{"_id": id, "v": n} for n, id in enumerate("abcde")]}),
        put("/b", {"v": 9, "_rev": "{rev:0.1}"}),
        delete("/c?rev={rev:0.2}"),
        put("/_design/d", {"x": 1}),
        *[
            get("/_changes?" + query)
            for query in (
                "",
                "limit=2",
                "limit=0",
                "limit=0&since=now",
                "since=now",
                "since=0",
                "since=nonsense",
                "since=5",
                "style=all_docs&limit=3",
                "include_docs=true",
                "descending=true",
                "descending=true&limit=2",
                "filter=_design",
                "filter=_doc_ids",
                'filter=_doc_ids&doc_ids=["b","zz"]',
                "filter=_odd",
                "filter=nonsense",
                "filter=d/none",
                "filter=none/none",
                "feed=odd",
                "heartbeat=-1",
                "heartbeat=0",
                "heartbeat=x",
                "feed=longpoll",
                "feed=longpoll&limit=2",
                "feed=longpoll&since=now&timeout=50",
                "feed=continuous&timeout=50",
                "feed=continuous&timeout=50&limit=2",
                "feed=continuous&since=now&timeout=50",
                "feed=live&since=now&timeout=50",
                "feed=eventsource&timeout=50",
                "feed=longpoll&descending=true&limit=1",
                "timeout=100",
            )
        ],
        post("/_changes?filter=_doc_ids", {"doc_ids": ["a", "b", "nope"]}),
        post("/_changes?filter=_doc_ids", {"doc_ids": 5}),
        post("/_changes?filter=_doc_ids", {}),
        post("/_changes?filter=_selector", {"selector": {"v": {"$gt": 3}}}),
        post("/_changes?filter=_selector&include_docs=true", {"selector": {"v": 9}}),
        post("/_changes?filter=_selector", {}),
        post("/_changes?filter=_selector", {"selector": 5}),
        post("/_changes", {}),
        post("/_changes", "x"),
        Step("POST", "/{db}/_changes", "{}", {}),
        Step("POST", "/{db}/_changes", None, JSON),
        delete("/_changes"),
    ],
    "attachments": [
        put("/a", ATTACHED),
        get("/a"),
        get("/a?attachments=true", Accept="application/json"),
        get("/a?att_encoding_info=true"),
        get("/a/a.bin"),
        head("/a/a.bin"),
        get("/a/a.bin", Range="bytes=2-4"),
        get("/a/a.bin", Range="bytes=2-"),
        get("/a/a.bin", Range="bytes=-3"),
        get("/a/a.bin", Range="bytes=0-"),
        get("/a/a.bin", Range="bytes=0-99"),
        get("/a/a.bin", Range="bytes=99-"),
        get("/a/a.bin", Range="bytes=5-2"),
        get("/a/a.bin", Range="nonsense"),
        get("/a/a.bin", If_None_Match='"XrY7u+Ae7tCTyyK7j1rNww=="'),
        get("/a/none"),
        get("/none/none"),
        put("/a/c.bin", b"new", Content_Type="application/octet-stream"),
        put("/a/c.bin?rev={rev:0}", b"new", Content_Type="application/octet-stream"),
        put("/a/_x?rev={rev:18}", b"new"),
        put("/fresh/c.bin", b"x", Content_Type="application/octet-stream"),
        get("/fresh"),
        put("/a", {"_rev": "{rev:18}", "_attachments": {"a.bin": {"stub": True}}, "n": 2}),
        get("/a"),
        put("/a", {"_rev": "{rev:22}", "_attachments": {"zz": {"stub": True}}}),
        delete("/a/a.bin"),
        delete("/a/none"),
        delete("/a/none?rev={rev:22}"),
        delete("/a/a.bin?rev={rev:22}"),
        get("/a"),
        get("/a/a.bin?rev={rev:22}"),
        get("/a/a.bin"),
        delete("/none/x"),
        post("/_bulk_get?attachments=true", {"docs": [{"id": "a", "rev": "{rev:22}"}]}, **ACCEPT_JSON),
        post("/_bulk_get", {"docs": [{"id": "a", "rev": "{rev:22}", "atts_since": ["{rev:0}"]}]}, **ACCEPT_JSON),
        get('/a?rev={rev:22}&atts_since=["{rev:0}"]', Accept="application/json"),
        get('/a?rev={rev:22}&atts_since=["9-x"]', Accept="application/json"),
        get("/_changes?include_docs=true&attachments=true"),
        Step("COPY", "/{db}/fresh", None, {"Destination": "copied"}),
        get("/copied"),
    ],
    "the database itself": [
        get(""),
        head(""),
        post("/_ensure_full_commit", None),
        Step("POST", "/{db}/_ensure_full_commit", None, {}),
        get("/_ensure_full_commit"),
        get("/_security"),
        put("/_security", {"admins": {"names": ["x"]}, "couchtill": {"id": "q"}}),
        get("/_security"),
        put("/_security", {"admins": {"names": "x"}}),
        put("/_security", {"members": {"roles": [5]}}),
        put("/_security", {"members": 5}),
        put("/_security", []),
        delete("/_security"),
        get("/_revs_limit"),
        put("/_revs_limit", "100"),
        get("/_revs_limit"),
        put("/_revs_limit", "0"),
        put("/_revs_limit", '"x"'),
        put("/_revs_limit", "-5"),
        post("/_compact", None),
        post("/_purge", {"none": ["1-x"]}),
        put("/p", {"v": 1}),
        post("/_purge", {"p": ["{rev:21}"]}),
        get("/p"),
        post("/_purge", {"p": "x"}),
        post("/_purge", {"p": ["bad"]}),
        get("/_purge"),
        put("", None),
        server("DELETE", "/{db}?rev=1-x"),
        server("PATCH", "/{db}"),
        get("/_odd"),
        put("/c", {"v": 1}),
        Step("COPY", "/{db}/c", None, {"Destination": "d"}),
        Step("COPY", "/{db}/c", None, {"Destination": "d"}),
        Step("COPY", "/{db}/c", None, {"Destination": "d?rev={rev:32}"}),
        Step("COPY", "/{db}/c", None, {}),
        Step("COPY", "/{db}/none", None, {"Destination": "e"}),
        Step("MOVE", "/{db}/c", None, {}),
        Step("POST", "/{db}/c", "{}", {"X-HTTP-Method-Override": "GET", **JSON}),
        put("/q?batch=ok", {"v": 1}),
        server("DELETE", "/{db}"),
        server("DELETE", "/{db}"),
        server("GET", "/{db}"),
        server("HEAD", "/{db}"),
        server("PUT", "/{db}%2Fsub%2Bplus"),
        server("GET", "/{db}%2Fsub%2Bplus"),
        server("PUT", "/{db}%2Fsub%2Bplus/doc%2Fwith", {"a": 1}),
        server("DELETE", "/{db}%2Fsub%2Bplus"),
    ],
    "the server": [
        server("GET", "/_up"),
        server("GET", "/_session"),
        server("GET", "/_session", None, None),
        server("PUT", "/_session"),
        server("GET", "/_all_dbs", None, None),
        server("POST", "/_all_dbs", None),
        server("GET", "/_all_dbs/x"),
        server("GET", "/_uuids?count=x"),
        server("GET", "/_uuids?count=-1"),
        server("GET", "/_uuids?count=5000"),
        server("POST", "/_uuids"),
        server("GET", "/_active_tasks"),
        server("GET", "/_odd"),
        server("GET", "/_odd", None, None),
        server("PUT", "/Upper"),
        server("PUT", "/1st"),
        server("PUT", "/_odd"),
        server("PUT", "/a%20b"),
        server("GET", "/Upper"),
        server("GET", "/not_there"),
        server("GET", "/not_there/x"),
        server("PUT", "/not_there/x", {}),
        server("GET", "/not_there", None, None),
        server("PUT", "/nobody_made", None, None),
        server("DELETE", "/nobody_made", None, None),
        server("GET", "/%zz"),
        server("GET", "/_up", None, NOBODY),
        server("GET", "/", None, NOBODY),
        server("POST", "/_session", {"name": NOBODY, "password": "x"}, None, Content_Type="application/json"),
        server(
            "POST", "/_session", f"name={NOBODY}&password=x", None, Content_Type="application/x-www-form-urlencoded"
        ),
        server("POST", "/_session", "{}", None, Content_Type="application/json"),
        server("POST", "/_session", "{", None, Content_Type="application/json"),
        server("POST", "/_session", "x", None, Content_Type="text/plain"),
        server("DELETE", "/_session", None, None),
        server("GET", "/_session", None, None, Cookie="AuthSession=nonsense"),
        server("GET", "/_session", None, None, Authorization="Basic !!!"),
        server("GET", "/_session", None, None, Authorization="Bearer x"),
        server("POST", "/_dbs_info", {"keys": ["not_there"]}, "admin", **JSON),
        server("POST", "/_dbs_info", {}, "admin", **JSON),
        server("GET", "/_session", None, "admin", Accept="text/html"),
    ],
    "who may what": [
        put("/doc", {"v": 1}),
        Step("GET", "/{db}", None, {}, None),
        Step("GET", "/{db}/doc", None, {}, None),
        Step("GET", "/{db}", None, {}, "probe"),
        Step("GET", "/{db}/_security", None, {}, "probe"),
        put("/_security", {"members": {"roles": ["clerk"]}, "admins": {"names": ["someone"]}}),
        Step("GET", "/{db}/doc", None, {}, "probe"),
        Step("GET", "/{db}/doc", None, {}, None),
        Step("PUT", "/{db}/doc2", {"v": 2}, {}, "probe"),
        Step("PUT", "/{db}/_design/x", {"v": 2}, {}, "probe"),
        Step("POST", "/{db}/_bulk_docs", {"docs": [{"_id": "_design/y"}, {"_id": "ok"}]}, JSON, "probe"),
        Step("PUT", "/{db}/_local/x", {"v": 2}, {}, "probe"),
        Step("PUT", "/{db}/_security", {}, {}, "probe"),
        Step("PUT", "/{db}/_revs_limit", "5", {}, "probe"),
        Step("POST", "/{db}/_compact", None, JSON, "probe"),
        Step("POST", "/{db}/_purge", {}, JSON, "probe"),
        Step("DELETE", "/{db}", None, {}, "probe"),
        Step("GET", "/_all_dbs", None, {}, "probe"),
        Step("GET", "/_session", None, {}, "probe"),
        put("/_security", {"members": {"names": ["probe"]}, "admins": {"roles": ["clerk"]}}),
        Step("PUT", "/{db}/_design/x", {"v": 2}, {}, "probe"),
        Step("PUT", "/{db}/_security", {}, {}, "probe"),
        Step("GET", "/{db}/doc", None, {}, None),
        Step("PUT", "/{db}/doc3", {}, {}, None),
        Step("PUT", "/{db}/_design/z", {}, {}, None),
        Step("POST", "/{db}/_compact", None, JSON, None),
        Step("GET", "/_users/org.couchdb.user:probe", None, {}, "probe"),
        Step("GET", "/_users/_all_docs", None, {}, "probe"),
        Step("PUT", "/_users/_security", {}, {}),
        Step("PUT", "/_users/org.couchdb.user:bad", {"name": "bad", "roles": []}, {}),
        Step("PUT", "/_users/org.couchdb.user:bad", {"name": "bad", "type": "user"}, {}),
        Step("PUT", "/_users/org.couchdb.user:bad", {"name": "worse", "roles": [], "type": "user"}, {}),
        Step("PUT", "/_users/org.couchdb.user:bad", {"name": "bad", "roles": ["_admin"], "type": "user"}, {}),
        Step("POST", "/_users/_bulk_docs", {"docs": [{"_id": "org.couchdb.user:bad"}]}, JSON),
    ],
}


_VARIABLE = [
    (re.compile(r'"(update_seq|last_seq|seq|purge_seq|_local_seq)":("[^"]*"|\d+)'), r'"\1":"<seq>"'),
    (re.compile(r'\bid: "[^"]*"'), 'id: "<seq>"'),
    (re.compile(r'"instance_start_time":"\d+"'), '"instance_start_time":"<time>"'),
    (re.compile(r'"(derived_key|salt)":"[^"]*"'), r'"\1":"<hash>"'),
    (re.compile(r'"(sizes|cluster)":\{[^}]*\}'), r'"\1":{}'),
    # Ours says more precisely what is wrong with the JSON.
    (re.compile(r'"invalid UTF-8 JSON: [^"]*"'), '"invalid UTF-8 JSON"'),
]
# Here the frame counts to the byte: clients read the rows line by line.
_STREAMED = re.compile(r"/_(changes|all_docs|design_docs|local_docs|dbs_info)")
_HEADERS = ("Content-Type", "Location", "Allow", "Content-Range", "Accept-Ranges", "Content-Length", "Cache-Control")


class Answer(NamedTuple):
    """What is compared of an answer."""

    status: int
    body: str
    headers: dict[str, str]


def run(root: str, database: str, steps: list[Step]) -> list[Answer]:
    """Send the steps to the server at `root` (no name in it) and return the answers."""
    answers: list[Answer] = []
    raw: list[requests.Response] = []
    with requests.Session() as session:
        session.trust_env = False
        for step in steps:
            answer = _send(session, root, database, step, raw)
            raw.append(answer)
            answers.append(_compared(answer, step, database))
    return answers


def _send(
    session: requests.Session, root: str, database: str, step: Step, before: list[requests.Response]
) -> requests.Response:
    def fill(text: str) -> str:
        text = text.replace("{db}", database)
        for number, part in re.findall(r"\{rev:(\d+)(?:\.(\d+))?\}", text):
            answer = before[int(number)].json()
            rev = answer[int(part)]["rev"] if part else answer["rev"]
            text = text.replace(f"{{rev:{number}{'.' + part if part else ''}}}", rev)
        return text

    body = step.body
    if body is not None and not isinstance(body, str | bytes):
        body = json.dumps(body, ensure_ascii=False)
    if isinstance(body, str):
        body = fill(body).encode()
    url = f"{root}{fill(step.path)}"
    headers = {"Accept": "*/*", **{name: fill(value) for name, value in step.headers.items()}}
    passwords = {"admin": urlsplit(root).password, "probe": PROBE_PASSWORD, NOBODY: "x"}
    auth = None if step.user is None else (step.user, passwords[step.user] or "secret")
    request = requests.Request(step.method, url, headers=headers, data=body, auth=auth)
    prepared = session.prepare_request(request)
    prepared.url = url if "%zz" in url or url.endswith("%") else prepared.url
    session.cookies.clear()
    return session.send(prepared, timeout=30, allow_redirects=False)


def _sorted(value: Any) -> Any:
    """The order of several revisions of one document, and of what is missing, follows CouchDB's cluster."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(v, dict) and len(v) == 1 for v in value):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, list) and all(isinstance(v, str) and re.match(r"\d+-", v) for v in value):
        return sorted(value)
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _compared(answer: requests.Response, step: Step, database: str) -> Answer:
    text = answer.content.decode("utf-8", "replace")
    for pattern, stand_in in _VARIABLE:
        text = pattern.sub(stand_in, text)
    text = text.replace(database, "<db>")
    if "filter=" in step.path:  # CouchDB counts as pending what the filter already passed over
        text = re.sub(r'"pending":\d+', '"pending":0', text)
    if not _STREAMED.search(step.path) and answer.headers.get("Content-Type") == "application/json" and text:
        text = json.dumps(_sorted(json.loads(text)), sort_keys=True)
    headers = {name: answer.headers[name] for name in _HEADERS if name in answer.headers}
    if "Location" in headers:
        headers["Location"] = re.sub(r"^https?://[^/]+", "", headers["Location"]).replace(database, "<db>")
    tag = answer.headers.get("ETag", "")
    if re.match(r'"\d+-', tag):  # a document's; others are a hash of something
        headers["ETag"] = tag
    if "Set-Cookie" in answer.headers:
        headers["Set-Cookie"] = re.sub(r"=[\w-]{10,}|Expires=[^;]*", "", answer.headers["Set-Cookie"])
    if (
        "<" in text
        or "invalid UTF-8 JSON" in text
        or "open_revs" in step.path
        or _STREAMED.search(step.path)
        or step.method == "HEAD"
    ):
        headers.pop("Content-Length", None)  # of what varies, or CouchDB sends in chunks
    if answer.status_code == 304:
        headers = {}
    return Answer(answer.status_code, text, headers)
