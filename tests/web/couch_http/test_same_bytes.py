"""Answers read off an Apache CouchDB 3.5.2, for machines that have none; ``tests/interop`` asks a real one."""

from __future__ import annotations

import base64
import json

import requests

OCTETS = {"Content-Type": "application/octet-stream"}
A, B = "a" * 32, "b" * 32


def test_revisions_with_attachments_have_couchdbs_ids(db: str) -> None:
    data = base64.b64encode(b"hello world").decode()
    atts = {"a.bin": {"content_type": "application/octet-stream", "data": data}}
    atts["b.bin"] = {**atts["a.bin"], "data": "AAEC"}
    first = requests.put(f"{db}/a", json={"_attachments": atts, "n": 1}, timeout=10).json()["rev"]
    second = requests.put(f"{db}/a/c.bin?rev={first}", data=b"new", headers=OCTETS, timeout=10).json()["rev"]
    assert second == "2-4ac4a521334897a43f6ed2a819798df6"
    kept = {"_rev": second, "_attachments": {"a.bin": {"stub": True}}, "n": 2}
    third = requests.put(f"{db}/a", json=kept, timeout=10).json()["rev"]
    assert third == "3-9d65d31c70d13802c3f370f9f431a743"
    fourth = requests.delete(f"{db}/a/a.bin?rev={third}", timeout=10).json()["rev"]
    assert fourth == "4-3f8a1db171cf90aa4fdfeec6fea8edf3"


def test_bulk_get_puts_an_error_in_the_place_of_what_it_cannot_give(db: str) -> None:
    requests.put(f"{db}/a", json={}, timeout=10).raise_for_status()
    asked = [{"id": "none"}, {"rev": "1-x"}, {"id": "a", "rev": "bad"}, {}, 5, {"id": "a", "atts_since": "1-x"}]
    answer = requests.post(f"{db}/_bulk_get", json={"docs": asked}, headers={"Accept": "application/json"}, timeout=10)
    assert list(answer.json()) == ["results"]
    errors = [result["docs"][0]["error"] for result in answer.json()["results"]]
    assert [(error["id"], error["rev"], error["error"], error["reason"]) for error in errors] == [
        ("none", "undefined", "not_found", "missing"),
        (None, None, "bad_request", "document id missed"),
        ("a", "bad", "bad_request", "Invalid rev format"),
        (None, None, "bad_request", "document must be a JSON object"),
        (None, None, "bad_request", "document must be a JSON object"),
        ("a", "1-x", "bad_request", "att_since value must be array of revs."),
    ]


def test_the_frame_of_the_feeds_is_couchdbs(db: str) -> None:
    requests.put(f"{db}/a", json={}, timeout=10).raise_for_status()
    requests.put(f"{db}/b", json={}, timeout=10).raise_for_status()
    seqs = [row["seq"] for row in requests.get(f"{db}/_changes", timeout=10).json()["results"]]
    rev = "1-967a00dff5e02add41819138abb3284d"
    one, two = (
        f'{{"seq":"{seq}","id":"{id}","changes":[{{"rev":"{rev}"}}]}}' for seq, id in zip(seqs, "ab", strict=True)
    )
    end = f'"last_seq":"{seqs[1]}","pending":0}}\n\n'
    frames = {
        "": f'{{"results":[\n{one},\r\n{two}\n],\n{end}',
        "feed=longpoll": f'{{"results":[\n{one},\r\n{two}\n],\n{end}',
        "feed=continuous&timeout=20": f"{one}\n{two}\n{{{end}",
        f"since={seqs[1]}": f'{{"results":[\n\n],\n{end}',
        f"since={seqs[1]}&feed=longpoll&timeout=20": f'{{"results":[\n\n\n],\n{end}',
        f"since={seqs[1]}&feed=continuous&timeout=20": f"\n{{{end}",
        "feed=eventsource&timeout=20": f'data: {one}\nid: "{seqs[0]}"\n\ndata: {two}\nid: "{seqs[1]}"\n\n',
    }
    for query, expected in frames.items():
        assert requests.get(f"{db}/_changes?{query}", timeout=10).text == expected, query


def test_the_frame_of_all_docs_is_couchdbs(db: str) -> None:
    assert requests.get(f"{db}/_all_docs", timeout=10).text == '{"total_rows":0,"offset":0,"rows":[\r\n\r\n]}\n'
    requests.put(f"{db}/a", json={}, timeout=10).raise_for_status()
    row = '{"id":"a","key":"a","value":{"rev":"1-967a00dff5e02add41819138abb3284d"}}'
    frame = f'{{"total_rows":1,"offset":0,"rows":[\r\n{row}\r\n]}}\n'
    assert requests.get(f"{db}/_all_docs", timeout=10).text == frame
    keys = requests.post(f"{db}/_all_docs", json={"keys": ["a", "z"]}, timeout=10).text
    assert keys == f'{{"total_rows":1,"offset":null,"rows":[\r\n{row},\r\n{{"key":"z","error":"not_found"}}\r\n]}}\n'


def test_revs_diff_names_what_is_missing_and_what_may_precede_it(db: str) -> None:
    arrival = {"_id": "x", "_rev": f"2-{B}", "_revisions": {"start": 2, "ids": [B, A]}}
    written = requests.post(f"{db}/_bulk_docs", json={"docs": [arrival], "new_edits": False}, timeout=10)
    assert (written.status_code, written.text) == (201, "[]\n")
    asked = {"x": [f"2-{B}", f"1-{A}", f"4-{A}"], "y": ["1-z"], "z": []}
    answer = requests.post(f"{db}/_revs_diff", json=asked, timeout=10)
    assert answer.json() == {
        "x": {"missing": [f"4-{A}"], "possible_ancestors": [f"2-{B}"]},
        "y": {"missing": ["1-z"]},
    }


def test_numbers_keep_every_digit(db: str) -> None:
    text = '{"n":12345678901234567890123,"m":[-98765432109876543210,1.0,1e2],"s":"12345678901234567890123"}'
    requests.put(f"{db}/a", data=text, headers={"Content-Type": "application/json"}, timeout=10).raise_for_status()
    found = requests.get(f"{db}/a", timeout=10).text
    assert '"n":12345678901234567890123,"m":[-98765432109876543210,1.0,100.0],"s":"12345678901234567890123"' in found
    assert json.loads(found)["n"] == 12345678901234567890123


def test_the_start_of_a_database_is_told_the_same_everywhere(db: str) -> None:
    start = requests.get(db, timeout=10).json()["instance_start_time"]
    commit = requests.post(f"{db}/_ensure_full_commit", headers={"Content-Type": "application/json"}, timeout=10)
    assert (commit.status_code, commit.json()) == (201, {"ok": True, "instance_start_time": start})
    assert isinstance(start, str)
