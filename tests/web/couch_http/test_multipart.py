"""Documents and attachments as MIME parts, both ways."""

from __future__ import annotations

import base64
import email
import email.policy
import gzip
import json
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from app.docs.errors import BadRequest
from app.web.couch_http import multipart
from app.web.couch_http.attachments import parse_ranges

PICTURE = bytes(range(256)) * 20
NOTE = b"--not-the-boundary\r\n--\r\n" * 40


def parts_of(content_type: str, body: bytes) -> list[EmailMessage]:
    """The parts as the standard library reads them, which knows nothing of our writer."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    return list(message.iter_parts())  # type: ignore[return-value]


def related(document: dict[str, Any], *contents: bytes, names: bool = True, boundary: str = "xyz") -> bytes:
    """A request body, as another program would write it."""
    pieces = [f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{json.dumps(document)}\r\n".encode()]
    for name, content in zip(document["_attachments"], contents, strict=True):
        head = f'Content-Disposition: attachment; filename="{name}"\r\n' if names else ""
        pieces.append(f"--{boundary}\r\n{head}\r\n".encode() + content + b"\r\n")
    return b"".join(pieces) + f"--{boundary}--".encode()


def follows(content: bytes, content_type: str = "image/x-test") -> dict[str, Any]:
    return {"follows": True, "content_type": content_type, "length": len(content)}


def put(url: str, body: bytes, boundary: str = "xyz", **params: str) -> requests.Response:
    headers = {"Content-Type": f'multipart/related; boundary="{boundary}"'}
    return requests.put(url, data=body, headers=headers, params=params, timeout=10)


@pytest.mark.parametrize("names", [True, False], ids=["with file names", "in their order"])
def test_a_document_is_put_with_its_attachments(db: str, names: bool) -> None:
    document = {"v": 1, "_attachments": {"p.bin": follows(PICTURE), "n.txt": follows(NOTE, "text/plain")}}
    answer = put(f"{db}/a", related(document, PICTURE, NOTE, names=names))
    assert answer.status_code == 201, answer.text
    assert requests.get(f"{db}/a/p.bin", timeout=10).content == PICTURE
    note = requests.get(f"{db}/a/n.txt", timeout=10)
    assert (note.content, note.headers["Content-Type"]) == (NOTE, "text/plain")
    assert requests.get(f"{db}/a", timeout=10).json()["v"] == 1


def test_a_revision_made_elsewhere_is_put_with_a_gzipped_attachment(db: str) -> None:
    packed = gzip.compress(NOTE, mtime=0)
    meta = {
        **follows(packed, "text/plain"),
        "encoding": "gzip",
        "length": len(NOTE),
        "encoded_length": len(packed),
        "revpos": 1,
        "digest": multipart_digest(packed),
    }
    document = {"_id": "a", "_rev": "1-abc", "_attachments": {"n.txt": meta}}
    assert put(f"{db}/a", related(document, packed), new_edits="false").status_code == 201
    assert requests.get(f"{db}/a/n.txt", timeout=10, headers={"Accept-Encoding": "identity"}).content == NOTE
    encoded = requests.get(f"{db}/a/n.txt", timeout=10)
    assert (encoded.headers["Content-Encoding"], encoded.content) == ("gzip", NOTE)
    stub = requests.get(f"{db}/a", params={"att_encoding_info": "true"}, timeout=10).json()["_attachments"]["n.txt"]
    assert (stub["encoding"], stub["encoded_length"], stub["length"]) == ("gzip", len(packed), len(NOTE))
    assert stub["digest"] == multipart_digest(packed)


def multipart_digest(data: bytes) -> str:
    import hashlib

    return "md5-" + base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body[: len(body) // 2],
        lambda body: body.replace(b"--xyz--", b"--xyz\r\n"),
        lambda body: body.replace(b"--xyz", b"--abc"),
        lambda body: body.replace(b'"length": 5120', b'"length": 9'),
        lambda body: body.replace(b'"follows": true', b'"stub": true'),
        lambda body: body.replace(b'{"v"', b'{"v'),
        lambda body: b"",
    ],
)
def test_a_damaged_body_is_refused_and_writes_nothing(db: str, damage: Any) -> None:
    body = damage(related({"v": 1, "_attachments": {"p.bin": follows(PICTURE)}}, PICTURE))
    answer = put(f"{db}/a", body)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert requests.get(db, timeout=10).json()["doc_count"] == 0


def test_a_document_is_read_as_related_parts(db: str) -> None:
    document = {"v": 1, "_attachments": {"p.bin": follows(PICTURE), "n.txt": follows(NOTE, "text/plain")}}
    put(f"{db}/a", related(document, PICTURE, NOTE)).raise_for_status()
    answer = requests.get(f"{db}/a?attachments=true", headers={"Accept": "multipart/related"}, timeout=10)
    assert answer.headers["ETag"].startswith('"1-')
    doc, picture, note = parts_of(answer.headers["Content-Type"], answer.content)
    shown = json.loads(doc.get_payload(decode=True))
    assert [meta["follows"] for meta in shown["_attachments"].values()] == [True, True]
    assert picture.get_filename() == "p.bin"
    assert int(picture["Content-Length"]) == len(PICTURE)
    body = answer.content
    assert PICTURE in body and NOTE in body
    assert note.get_content_type() == "text/plain"
    plain = requests.get(f"{db}/a?attachments=true", headers={"Accept": "application/json"}, timeout=10).json()
    assert base64.b64decode(plain["_attachments"]["p.bin"]["data"]) == PICTURE


def test_open_revs_come_as_mixed_parts_with_what_is_missing(db: str) -> None:
    document = {"v": 1, "_attachments": {"p.bin": follows(PICTURE)}}
    rev = put(f"{db}/a", related(document, PICTURE)).json()["rev"]
    other = {"_id": "a", "_rev": "1-zzz", "v": 2}
    requests.post(f"{db}/_bulk_docs", json={"docs": [other], "new_edits": False}, timeout=10).raise_for_status()
    asked = {"open_revs": json.dumps([rev, "1-zzz", "9-none"]), "revs": "true"}
    answer = requests.get(f"{db}/a", params=asked, headers={"Accept": "multipart/mixed"}, timeout=10)
    with_picture, plain, missing = parts_of(answer.headers["Content-Type"], answer.content)
    assert with_picture.get_content_type() == "multipart/related"
    doc = json.loads(next(with_picture.iter_parts()).get_payload(decode=True))
    assert (doc["_rev"], doc["_revisions"]["start"], doc["_attachments"]["p.bin"]["follows"]) == (rev, 1, True)
    assert json.loads(plain.get_payload(decode=True))["v"] == 2
    assert missing.get_param("error") == "true"
    assert json.loads(missing.get_payload(decode=True)) == {"missing": "9-none"}


def test_attachments_that_the_reader_has_stay_stubs(db: str) -> None:
    first = put(f"{db}/a", related({"_attachments": {"old": follows(PICTURE)}}, PICTURE)).json()["rev"]
    both = {"_rev": first, "_attachments": {"old": {"stub": True}, "new": follows(NOTE)}}
    body = related({**both, "_attachments": {"new": follows(NOTE), "old": {"stub": True}}}, NOTE, b"")
    body = body[: body.rindex(b'--xyz\r\nContent-Disposition: attachment; filename="old"')] + b"--xyz--"
    second = put(f"{db}/a", body).json()["rev"]
    asked = {"open_revs": json.dumps([second]), "atts_since": json.dumps([first])}
    answer = requests.get(f"{db}/a", params=asked, headers={"Accept": "multipart/mixed"}, timeout=10)
    (package,) = parts_of(answer.headers["Content-Type"], answer.content)
    doc, only = package.iter_parts()
    metas = json.loads(doc.get_payload(decode=True))["_attachments"]
    assert (metas["old"].get("stub"), metas["new"].get("follows")) == (True, True)
    assert only.get_filename() == "new"


def test_bulk_get_answers_in_parts_to_those_who_only_take_parts(db: str) -> None:
    put(f"{db}/a", related({"_attachments": {"p.bin": follows(PICTURE)}}, PICTURE)).raise_for_status()
    requests.put(f"{db}/b", json={"v": 2}, timeout=10).raise_for_status()
    asked = {"docs": [{"id": "a"}, {"id": "b"}, {"id": "none"}]}
    answer = requests.post(f"{db}/_bulk_get", json=asked, headers={"Accept": "multipart/mixed"}, timeout=10)
    a, b, none = parts_of(answer.headers["Content-Type"], answer.content)
    assert (a["X-Doc-Id"], a.get_content_type()) == ("a", "multipart/related")
    assert json.loads(b.get_payload(decode=True))["v"] == 2
    assert json.loads(none.get_payload(decode=True))["error"] == "not_found"


def test_ranges_come_as_parts_too(db: str) -> None:
    put(f"{db}/a", related({"_attachments": {"p.bin": follows(PICTURE)}}, PICTURE)).raise_for_status()
    answer = requests.get(f"{db}/a/p.bin", headers={"Range": "bytes=1-3,256-257"}, timeout=10)
    assert answer.status_code == 206
    one, two = parts_of(answer.headers["Content-Type"], answer.content)
    assert one["Content-Range"] == f"bytes 1-3/{len(PICTURE)}"
    assert (PICTURE[1:4] in answer.content, two["Content-Range"]) == (True, f"bytes 256-257/{len(PICTURE)}")


def test_a_part_is_cut_by_its_length_whatever_it_holds() -> None:
    tricky = b"a\r\n--xyz\r\nb"
    head = b"--xyz\r\nContent-Type: application/json\r\n\r\n{}\r\n--xyz\r\nContent-Length: 11\r\n\r\n"
    (_, _), (headers, data) = multipart.split(head + tricky + b"\r\n--xyz--", b"xyz")
    assert (headers["content-length"], data) == ("11", tricky)


def test_a_content_type_without_a_boundary_is_refused() -> None:
    with pytest.raises(BadRequest):
        multipart.boundary_of("multipart/related")


def test_a_body_of_nothing_but_parts_or_headers_is_refused_before_it_fills_the_memory() -> None:
    parts = b"--x" + b"\r\n\r\n\r\n--x" * (multipart.MOST_PARTS + 5) + b"--"
    headers = b"--x\r\n" + b"".join(b"h%d: 1\r\n" % number for number in range(100)) + b"\r\n\r\n--x--"
    for body in (parts, headers):
        with pytest.raises(BadRequest, match="too many"):
            multipart.split(body, b"x")


@pytest.mark.parametrize("length", ["²", "9" * 5000, "-1", ""])
def test_a_length_that_is_no_number_is_no_length(length: str) -> None:
    body = f"--x\r\nContent-Length: {length}\r\n\r\ntext\r\n--x--".encode()
    assert multipart.split(body, b"x")[0][1] == b"text"


@pytest.mark.parametrize("wanted", ["bytes=²-³", "bytes=0-" + "9" * 5000, "bytes=" + "1" * 5000 + "-"])
def test_a_range_that_is_no_number_means_the_whole(wanted: str) -> None:
    assert parse_ranges(wanted, 100) is None
