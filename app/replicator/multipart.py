"""MIME multipart as CouchDB speaks it: `multipart/mixed` of open revisions, `multipart/related` of one document.

multipart/mixed                      one part a revision
  application/json                     a document without attachments (or `error="true"`: {"missing": rev})
  multipart/related                    a document and, in the order of `_attachments`, what follows it
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from app.docs import json
from app.docs.errors import DocsError
from app.replicator.errors import TransportError

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)


def boundary(content_type: str) -> bytes | None:
    found = _BOUNDARY.search(content_type)
    return (found.group(1) or found.group(2)).encode("latin-1") if found else None


def parts(body: bytes, mark: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    """The parts of a body as (headers in lower case, content). TransportError when the closing line is missing."""
    delimiter = b"--" + mark
    if not body.startswith(delimiter):
        start = body.find(b"\r\n" + delimiter)
        if start < 0:
            raise TransportError("A multipart answer has no parts.")
        body = body[start + 2 :]
    position = len(delimiter)
    while True:
        if body[position : position + 2] == b"--":
            return
        end = body.find(b"\r\n" + delimiter, position)
        if end < 0:
            raise TransportError("A multipart answer ended too early.")
        head, gap, content = body[position:end].partition(b"\r\n\r\n")
        if not gap:
            raise TransportError("A part of a multipart answer has no headers.")
        yield _headers(head), content
        position = end + 2 + len(delimiter)


def _headers(head: bytes) -> dict[str, str]:
    headers = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return headers


def documents(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """An answer to `open_revs` as `[{"ok": doc} | {"missing": rev}]`, whatever its content type is."""
    mark = boundary(content_type) if content_type.lower().startswith("multipart/") else None
    if mark is None:
        return _rows(_json(body))
    found: list[dict[str, Any]] = []
    for headers, content in parts(body, mark):
        kind = headers.get("content-type", "")
        inner = boundary(kind) if kind.lower().startswith("multipart/related") else None
        if inner is not None:
            found.append({"ok": related(content, inner)})
        else:
            value = _json(content)
            found.append(value if 'error="true"' in kind and isinstance(value, dict) else {"ok": value})
    return found


def related(body: bytes, mark: bytes) -> dict[str, Any]:
    """A document of `multipart/related`: attachments that follow become `data`, as bytes."""
    stream = parts(body, mark)
    try:
        doc = _json(next(stream)[1])
    except StopIteration:
        raise TransportError("A multipart document is empty.") from None
    if not isinstance(doc, dict):
        raise TransportError("A multipart document is no object.")
    waiting = [meta for meta in doc.get("_attachments", {}).values() if meta.get("follows")]
    for meta, (_, content) in zip(waiting, stream, strict=False):
        del meta["follows"]
        meta["data"] = content
    if any("follows" in meta for meta in waiting):
        raise TransportError("A multipart document lacks an attachment.")
    return doc


def encode(doc: dict[str, Any]) -> tuple[str, bytes]:
    """(content type, body) of a document whose attachments carry bytes, for `PUT doc?new_edits=false`."""
    mark = secrets.token_hex(16)
    contents = []
    attachments = {}
    for name, meta in doc.get("_attachments", {}).items():
        data = meta.get("data")
        if isinstance(data, bytes):
            meta = {key: value for key, value in meta.items() if key not in ("data", "stub")}
            meta |= {"follows": True, "length": meta.get("encoded_length", len(data))}
            contents.append((name, meta, data))
        attachments[name] = meta
    line = b"\r\n--" + mark.encode()
    chunks = [b"--", mark.encode(), b"\r\nContent-Type: application/json\r\n\r\n"]
    chunks.append(json.dumps({**doc, "_attachments": attachments}))
    for name, meta, data in contents:
        kind = str(meta.get("content_type") or "application/octet-stream").encode("latin-1", "replace")
        file = quote(name, safe=" ").encode()  # CouchDB goes by order, PouchDB Server by name
        chunks += [line, b'\r\nContent-Disposition: attachment; filename="', file, b'"\r\nContent-Type: ', kind]
        chunks += [b"\r\nContent-Length: ", str(len(data)).encode(), b"\r\n\r\n", data]
    chunks += [line, b"--"]
    return f'multipart/related; boundary="{mark}"', b"".join(chunks)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except DocsError as error:
        raise TransportError("A multipart answer holds something that is no JSON.") from error


def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [{"ok": value}]
    if not isinstance(value, list):
        raise TransportError("An answer to open_revs is no list.")
    return [row for row in value if isinstance(row, dict)]
