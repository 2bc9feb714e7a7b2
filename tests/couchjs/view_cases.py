"""Queries of views, and what Apache CouchDB 3.5.2 answered to them: `views.json` has its words.

`python -m tests.couchjs.view_cases URL` asks a CouchDB again and writes them anew.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import requests

ANSWERS = Path(__file__).with_name("views.json")

_N = "function (d) { if (d.n) emit([d.c, d._id], d.n); }"
VIEWS: dict[str, dict[str, str]] = {
    "all": {"map": "function (d) { if (d.bad) throw('x'); if (d.k !== undefined) emit(d.k, d.v); }"},
    "dup": {"map": "function (d) { if (d.t) { emit('x', 1); emit('a', 2); emit('x', 3); emit('x', 2); } }"},
    "link": {"map": "function (d) { if (d.ref) emit(d._id, {_id: d.ref}); }"},
    "sum": {"map": _N, "reduce": "_sum"},
    "count": {"map": _N, "reduce": "_count"},
    "stats": {"map": _N, "reduce": "_stats"},
    "distinct": {"map": "function (d) { if (d.n) emit(d.c, d.n); }", "reduce": "_approx_count_distinct"},
    "text": {"map": "function (d) { if (d._id === 'n0') emit(d.c, d.c); }", "reduce": "_sum"},
    "own": {
        "map": "function (d) { if (d.n) emit(d.c, d.n); }",
        "reduce": "function (keys, values, again) { return sum(values); }",
    },
    "broken": {
        "map": "function (d) { if (d.n) emit(d.c, d.n); }",
        "reduce": "function (keys, values) { throw('no'); }",
    },
    "objects": {"map": "function (d) { if (d.n) emit(null, {a: d.n, b: {c: 1}}); }", "reduce": "_sum"},
    "lists": {"map": "function (d) { if (d.n) emit(null, d.n > 3 ? [d.n, 1] : [1]); }", "reduce": "_sum"},
    "mixed": {"map": "function (d) { if (d.n) emit(null, d.n > 3 ? [d.n, 1] : d.n); }", "reduce": "_sum"},
    "stats_of_lists": {"map": "function (d) { if (d.n) emit(null, [d.n, 1]); }", "reduce": "_stats"},
    "conflicts": {"map": "function (d) { if (d._conflicts) emit(d._id, d._conflicts.length); }"},
    "whole": {"map": "function (d) { if (d._attachments) emit(Object.keys(d), d._attachments.a); }"},
    "odd": {
        "map": "function (d) { if (d._id === 'n0') { emit(); emit(undefined, NaN);"
        " emit([1, undefined], function () {}); emit(1/0, new Date(0)); d.n = 5; emit('changed', d.n); } }"
    },
    "required": {"map": "function (d) { if (d.n) emit(require('views/lib/twice').of(d.n), null); }"},
}
LIB = {"twice": "exports.of = function (n) { return n * 2; };"}
KEYS: list[Any] = [
    None, False, True, 0, -1, 1, 2.5, 10, "a", "A", "b", "B", "aa", "", [], [1], ["a"], ["a", {}], ["a", "b"], {},
    {"a": 1}, {"a": 2}, {"b": 1}, "á", "-", "1", "_", "Z", "z", "é", "吴", "ß", 1e300, -1e300, 1e-300, [[]], [None],
    {"a": 1, "b": 2}, {"b": 2, "a": 1}, "a b", "a-b", "ab", [True, "x"], [1, "y"], [0.5], 123456789012, "A1", "a2",
    "a10",
]  # fmt: skip
DESIGN = {"_id": "_design/v", "language": "javascript", "views": {**VIEWS, "lib": LIB}}
DOCS: list[dict[str, Any]] = [
    DESIGN,
    *({"_id": f"k{at:02d}", "k": key, "v": at} for at, key in enumerate(KEYS)),
    {"_id": "dup", "t": "dup"},
    {"_id": "bad", "bad": 1, "k": 1},
    {"_id": "r1", "ref": "k01"},
    {"_id": "r2", "ref": "none"},
    {"_id": "r3", "ref": "gone"},
    *({"_id": f"n{at}", "n": at + 1, "c": "xy"[at % 2]} for at in range(6)),
    {"_id": "w", "z": 1, "a": 2, "_attachments": {"a": {"content_type": "image/png", "data": "aGk="}}},
]

QUERIES = """
all
all?limit=3&skip=2
all?descending=true&limit=2
all?key="a"
all?key="zz"
all?keys=["b","a","zz",1]
all?keys=["b","a"]&descending=true
all?keys=["b","a"]&skip=1&limit=1
all?startkey="a"&endkey="b"
all?startkey="a"&endkey="b"&inclusive_end=false
all?startkey="b"&endkey="a"
all?startkey="b"&endkey="a"&descending=true
all?startkey="a"&endkey="b"&descending=true
all?startkey=["a"]&endkey=["a",{}]
all?startkey="a"&startkey_docid=k09&endkey="A"
all?startkey="a"&startkey_docid=k08&endkey="a"&endkey_docid=k08
all?startkey="a"&endkey="a"&endkey_docid=k07
all?startkey="a"&startkey_docid=k09&descending=true&limit=2
all?key=1&include_docs=true
all?key=1.0
all?limit=0
all?limit=0&startkey="a"
all?limit=1&startkey="zzzz"
all?skip=100
all?startkey={}&endkey={"a":1,"b":3}
all?group=true
all?group_level=1
all?reduce=true
all?reduce=false&limit=1
all?limit=x
all?limit=-1
all?skip=x
all?descending=maybe
all?startkey=x
all?key="a"&keys=["b"]
all?update=foo
all?stale=foo
all?update_seq=true&limit=0
all?sorted=false&limit=0
all?foo=bar&limit=1
all?start_key="a"&end_key="A"
all?keys={}
all?keys=[]
all?include_docs=true&conflicts=true&key=1
dup
dup?descending=true
dup?key="x"
dup?key="x"&limit=1&skip=1
link?include_docs=true
sum
sum?group=true
sum?group_level=1
sum?group_level=2
sum?group_level=1&descending=true
sum?group_level=1&limit=1&skip=1
sum?group_level=0
sum?reduce=false&limit=2
sum?reduce=false&group=true
sum?include_docs=true
sum?reduce=false&include_docs=true&limit=1
sum?startkey=["x"]&endkey=["x",{}]
sum?startkey=["z"]
sum?startkey=["z"]&group=true
sum?startkey=["y"]&endkey=["x"]
sum?keys=[["x","n0"],["y","n1"]]
sum?keys=[["x","n0"]]
sum?keys=[["x","n0"],["y","n1"],["q"]]&group=true
sum?keys=[["y","n1"],["x","n0"]]&group=true&descending=true
sum?key=["x","n0"]
sum?group_level=x
sum?group_level=-1
sum?group=false
sum?group=maybe
sum?group=true&group_level=1
sum?limit=0
sum?limit=0&group=true
sum?skip=1
sum?update_seq=true
sum?update_seq=true&group_level=1
count
count?group_level=1
count?startkey=["z"]
count?limit=0
count?skip=1
count?startkey=["x","n2"]&endkey=["y","n1"]
stats
stats?group_level=1
stats?startkey=["z"]
distinct
distinct?group=true
text
own
own?group=true
own?startkey="zz"
own?group=true&keys=["y","x","y"]
own?reduce=false&key="x"
broken
broken?group=true
objects
lists
mixed
stats_of_lists
conflicts
conflicts?include_docs=true&conflicts=true
whole
odd
required
nope
"""
BODIES: list[tuple[str, Any]] = [
    ("all", {"keys": ["a", "b"]}),
    ("all", {"key": "a", "include_docs": True}),
    ("all", {"limit": 1}),
    ("all", {"startkey": "a", "endkey": "b", "descending": False}),
    ("all", {"keys": 1}),
    ("all", []),
    ("all?limit=1", {"keys": ["b", "a"]}),
    ("all", {"queries": [{"key": "a"}, {"limit": 1}]}),
    ("all", {"queries": 1}),
    ("all/queries", {"queries": [{"key": "a"}, {"limit": 1}, {"keys": ["b"]}]}),
    ("sum/queries", {"queries": [{}, {"group_level": 1}, {"reduce": False, "limit": 1}]}),
    ("all/queries", {"queries": 1}),
    ("all/queries", {}),
    ("sum", {"keys": [["x", "n0"]], "group": True}),
]


class Told(NamedTuple):
    asked: str
    status: int
    body: Any


def fill(url: str) -> None:
    """The documents of the cases in a database that is new."""
    requests.put(url, timeout=30).raise_for_status()
    made = requests.post(f"{url}/_bulk_docs", json={"docs": [*DOCS, {"_id": "gone"}]}, timeout=30).json()
    requests.delete(f"{url}/gone", params={"rev": made[-1]["rev"]}, timeout=30).raise_for_status()
    forked = [{"_id": "k05", "_rev": f"1-{letter * 32}", "k": 1, "v": letter} for letter in "01"]
    answer = requests.post(f"{url}/_bulk_docs", json={"docs": forked, "new_edits": False}, timeout=30)
    answer.raise_for_status()


def ask(url: str) -> list[Told]:
    """Every case's answer, without what no two servers have in common."""
    told = []
    for asked in QUERIES.split("\n")[1:-1]:
        name, _, query = asked.partition("?")
        answer = requests.get(f"{url}/_design/v/_view/{name}", params=parse_qsl(query), timeout=60)
        told.append(Told(asked, answer.status_code, plain(answer.json(), "keys" in query)))
    for path, body in BODIES:
        answer = requests.post(f"{url}/_design/v/_view/{path}", json=body, timeout=60)
        told.append(Told(f"{path} {json.dumps(body)}", answer.status_code, plain(answer.json(), "keys" in str(body))))
    return told


def plain(body: Any, keys: bool) -> Any:
    """Where several keys are asked for, CouchDB's offset is one shard's."""
    if "results" in body:
        return {"results": [plain(one, keys) for one in body["results"]]}
    body.pop("ref", None)
    if keys:
        body.pop("offset", None)
    if "update_seq" in body:
        body["update_seq"] = bool(re.match(r"\d+-", body["update_seq"]))
    return body


def recorded() -> list[Told]:
    return [Told(*one) for one in json.loads(ANSWERS.read_text("utf-8"))]


if __name__ == "__main__":
    database = f"{sys.argv[1]}/couchtill-view-cases"
    requests.delete(database, timeout=30)
    fill(database)
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in ask(database))
    ANSWERS.write_text(f"[\n{lines}\n]\n", "utf-8")
    requests.delete(database, timeout=30)
