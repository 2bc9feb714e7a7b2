"""Documents with their attachments as MIME parts, the way CouchDB's replicator sends and expects them.

``multipart/related``: the document as JSON, in whose ``_attachments`` some say ``"follows": true``, then their bytes in
the same order. ``multipart/mixed`` (several revisions of one document) has one such package, or plain JSON, a part.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from app.docs import json
from app.docs.errors import BadRequest

_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_FILENAME = re.compile(r'filename\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))', re.IGNORECASE)


#: Parts of a body, and header lines of a part: each is an object, so that a body of nothing else would fill the memory.
MOST_PARTS, MOST_HEADERS = 10_000, 50


class Part(NamedTuple):
    """An attachment on its way out; `data` as it is stored, `encoding` how."""

    name: str
    content_type: str
    data: bytes
    encoding: str | None = None


def new_boundary() -> str:
    return secrets.token_hex(16)


def related_type(boundary: str) -> str:
    return f'multipart/related; boundary="{boundary}"'


def related(boundary: str, document: bytes, parts: Sequence[Part]) -> bytes:
    """A document and its attachments; the plain document when it has none."""
    if not parts:
        return document
    mark = boundary.encode()
    pieces = [b"--", mark, b"\r\nContent-Type: application/json\r\n\r\n", document, b"\r\n--", mark]
    for part in parts:
        pieces.append(b'\r\nContent-Disposition: attachment; filename="' + _quoted(part.name) + b'"')
        pieces.append(b"\r\nContent-Type: " + part.content_type.encode("utf-8", "replace").replace(b"\n", b""))
        pieces.append(b"\r\nContent-Length: " + str(len(part.data)).encode())
        if part.encoding:
            pieces.append(b"\r\nContent-Encoding: " + part.encoding.encode())
        pieces += [b"\r\n\r\n", part.data, b"\r\n--", mark]
    pieces.append(b"--")
    return b"".join(pieces)


def mixed(boundary: str, results: Iterator[tuple[bytes, Sequence[Part]] | bytes]) -> Iterator[bytes]:
    """``open_revs`` as ``multipart/mixed``: a document with its attachments, or the JSON of a missing revision each."""
    mark = boundary.encode()
    inner = new_boundary()
    yield b"--" + mark
    for result in results:
        if isinstance(result, bytes):
            yield b'\r\nContent-Type: application/json; error="true"\r\n\r\n' + result + b"\r\n--" + mark
            continue
        document, parts = result
        kind = related_type(inner) if parts else "application/json"
        yield b"\r\nContent-Type: " + kind.encode() + b"\r\n\r\n"
        yield related(inner, document, parts)
        yield b"\r\n--" + mark
    yield b"--"


def _quoted(name: str) -> bytes:
    """A name as CouchDB writes it, raw; what would break the header is percent-encoded."""
    if '"' in name or "\r" in name or "\n" in name:
        name = quote(name, safe="")
    return name.encode("utf-8", "replace")


# ---------------------------------------------------------------- reading


def boundary_of(content_type: str) -> bytes:
    """The boundary that a ``Content-Type`` header names. BadRequest without one."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BadRequest("The multipart/related Content-Type has no boundary")
    return (found.group(1) or found.group(2)).encode("latin-1")


def split(body: bytes, boundary: bytes) -> list[tuple[dict[str, str], bytes]]:
    """The parts of a multipart body: headers by lower-case name, and content. BadRequest when it is cut short.

    A part that tells its ``Content-Length`` is taken by it, so its bytes may hold anything.
    """
    mark = b"--" + boundary
    at = body.find(mark)
    if at < 0:
        raise BadRequest("The multipart body does not begin with its boundary")
    at += len(mark)
    parts: list[tuple[dict[str, str], bytes]] = []
    while not body.startswith(b"--", at):
        if len(parts) > MOST_PARTS:
            raise BadRequest("The multipart body has too many parts")
        at = _line_end(body, at)
        headers, at = _headers(body, at)
        end = -1
        length = headers.get("content-length", "")
        if (
            length.isascii()
            and length.isdigit()
            and len(length) < 16
            and body.startswith(b"\r\n" + mark, at + int(length))
        ):
            end = at + int(length)
        else:
            end = body.find(b"\r\n" + mark, at)
        if end < 0:
            raise BadRequest("The multipart body ends in the middle of a part")
        parts.append((headers, body[at:end]))
        at = end + 2 + len(mark)
        if at >= len(body):
            raise BadRequest("The multipart body has no closing boundary")
    return parts


def _line_end(body: bytes, at: int) -> int:
    end = body.find(b"\r\n", at)
    if end < 0 or body[at:end].strip():
        raise BadRequest("The multipart body is malformed behind a boundary")
    return end + 2


def _headers(body: bytes, at: int) -> tuple[dict[str, str], int]:
    headers: dict[str, str] = {}
    while True:
        end = body.find(b"\r\n", at)
        if end < 0:
            raise BadRequest("The multipart body ends in the middle of a part's headers")
        if end == at:
            return headers, at + 2
        if len(headers) >= MOST_HEADERS:
            raise BadRequest("A part of the multipart body has too many headers")
        name, _, value = body[at:end].decode("utf-8", "replace").partition(":")
        headers[name.strip().lower()] = value.strip()
        at = end + 2


def read_document(content_type: str, body: bytes) -> dict[str, Any]:
    """The document of a ``multipart/related`` request, the bytes of its attachments in it as ``data``.

    Attachments are matched by file name where each part has one, else by their order.
    """
    parts = split(body, boundary_of(content_type))
    if not parts:
        raise BadRequest("The multipart body has no parts")
    document = json.loads(parts[0][1])
    if not isinstance(document, dict):
        raise BadRequest("Document must be a JSON object")
    attachments = document.get("_attachments")
    if not isinstance(attachments, dict):
        return document
    waiting = [name for name, meta in attachments.items() if isinstance(meta, dict) and meta.get("follows") is True]
    rest = parts[1:]
    if len(rest) != len(waiting):
        raise BadRequest(f"{len(waiting)} attachments were announced, {len(rest)} came")
    named = [_filename(headers) for headers, _ in rest]
    order = named if sorted(filter(None, named)) == sorted(waiting) else waiting
    for name, (headers, data) in zip(order, rest, strict=True):
        meta = {key: value for key, value in attachments[str(name)].items() if key != "follows"}
        length = meta.get("encoded_length", meta.get("length"))
        if isinstance(length, int) and length != len(data):
            raise BadRequest(f"Attachment {name} has {len(data)} bytes, {length} were announced")
        if "encoding" not in meta and headers.get("content-encoding") == "gzip":
            meta["encoding"] = "gzip"
        attachments[str(name)] = {**meta, "data": data}
    return document


def _filename(headers: dict[str, str]) -> str | None:
    found = _FILENAME.search(headers.get("content-disposition", ""))
    if found is None:
        return None
    return (found.group(1) or found.group(2) or "").replace('\\"', '"')
