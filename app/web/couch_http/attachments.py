"""One attachment of a document: read (whole or in part), write, delete."""

from __future__ import annotations

from typing import Any

from app.docs import json
from app.docs.database import Database
from app.docs.edits import check_id
from app.docs.errors import BadContentType, BadRequest, NotFound
from app.web.couch_http import multipart, proposals, users_db
from app.web.couch_http.options import check_write, edited_rev, written
from app.web.couch_http.problems import MethodNotAllowed, RangeNotSatisfiable
from app.web.couch_http.request import Request, gunzip
from app.web.couch_http.response import Headers, Response, etag_matches, etag_of, not_modified

# More ranges than this in one request are answered with the whole attachment, as CouchDB does.
_MAX_RANGES = 9
_LONGEST_RANGE = 40  # characters of one


def attachment(request: Request, database: Database, id: str, name: str) -> Response:
    """``/db/<id>/<name>``"""
    if request.method == "GET":
        return read(request, database, id, name)
    if request.method == "PUT":
        return write(request, database, id, name)
    if request.method == "DELETE":
        return delete(request, database, id, name)
    raise MethodNotAllowed("DELETE,GET,HEAD,PUT")


def read(request: Request, database: Database, id: str, name: str) -> Response:
    """``GET /db/<id>/<name>[?rev=]``, with ``Range`` and ``If-None-Match``."""
    users_db.check_read(database, request.identity, id)
    found = database.get_attachment(id, name, rev=request.arg("rev"))
    etag = etag_of(found.digest.removeprefix("md5-"))
    headers: Headers = [("ETag", etag)]
    if etag_matches(request.header("IF_NONE_MATCH"), etag):
        return not_modified(etag)
    data = found.data
    if found.encoding == "gzip":
        headers.append(("Accept-Ranges", "none"))
        if "gzip" in (request.header("ACCEPT_ENCODING") or ""):
            headers.append(("Content-Encoding", "gzip"))
            data = database.attachment_bytes(found.digest)
    else:
        headers.append(("Accept-Ranges", "bytes"))
    # An attachment is someone's file: a browser must not run it as a page of this site.
    headers.append(("Content-Security-Policy", "sandbox"))
    wanted = request.header("RANGE")
    if wanted and found.encoding is None:
        ranges = parse_ranges(wanted, len(data))
        if ranges is not None and len(ranges) == 1:
            first, last = ranges[0]
            headers.append(("Content-Range", f"bytes {first}-{last}/{len(data)}"))
            return Response(data[first : last + 1], 206, headers, found.content_type)
        if ranges is not None and len(ranges) <= _MAX_RANGES:
            return _byteranges(data, ranges, found.content_type)
    return Response(data, 200, headers, found.content_type)


def _byteranges(data: bytes, ranges: list[tuple[int, int]], content_type: str) -> Response:
    boundary = multipart.new_boundary()
    mark = boundary.encode()
    pieces = [b"--", mark]
    for first, last in ranges:
        head = f"\r\nContent-Type: {content_type}\r\nContent-Range: bytes {first}-{last}/{len(data)}\r\n\r\n"
        pieces += [head.encode("utf-8", "replace"), data[first : last + 1], b"\r\n--", mark]
    return Response(b"".join([*pieces, b"--"]), 206, [], f'multipart/byteranges; boundary="{boundary}"')


def parse_ranges(header: str, length: int) -> list[tuple[int, int]] | None:
    """The byte ranges of a ``Range`` header, ends included; None means the whole. RangeNotSatisfiable."""
    unit, _, text = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    ranges = []
    for piece in text.split(","):
        low, dash, high = piece.strip().partition("-")
        if not dash or not (low + high).isdigit() or not piece.isascii() or len(piece) > _LONGEST_RANGE:
            return None
        if not low:
            if int(high) == 0:
                raise RangeNotSatisfiable()
            first, last = max(0, length - int(high)), length - 1
        else:
            first, last = int(low), min(int(high), length - 1) if high else length - 1
        if first > last:
            raise RangeNotSatisfiable()
        if (first, last) == (0, length - 1) and not high and low:
            return None
        ranges.append((first, last))
    return ranges


def _check_name(name: str) -> None:
    if name.startswith("_"):
        raise BadRequest(f"Attachment name '{name}' starts with prohibited character '_'")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise BadRequest("Attachment name is not UTF-8 encoded") from None


def write(request: Request, database: Database, id: str, name: str) -> Response:
    """``PUT /db/<id>/<name>?rev=``; the document is made where there is none."""
    check_write(request, database, id)
    users_db.check_attachment(database, request.identity, id)
    _check_name(name)
    check_id(id)
    data = request.body()
    coding = (request.header("CONTENT_ENCODING") or "identity").strip().lower()
    if coding == "gzip":
        data = gunzip(data)
    elif coding != "identity":
        raise BadContentType("Only gzip and identity content-encodings are supported")
    kind = request.content_type or "application/octet-stream"
    base = edited_rev(request)
    _validate(request, database, id, base, name, {"data": data, "content_type": kind})
    rev = database.put_attachment(id, name, data, kind, rev=base)
    return written(id, rev, 201, [("Location", request.location(database.name, id, name))])


def _validate(
    request: Request, database: Database, id: str, rev: str | None, name: str, attachment: dict[str, Any] | None
) -> None:
    """Shows the database's validation functions the document with that attachment, or without it. Raises their
    refusal; what the store refuses is left to it."""
    if id[:1] == "_" or not request.functions.guards(database):
        return
    record = database.read(id)
    doc: dict[str, Any] = {"_id": id}
    if record is not None and not (record.deleted and rev is None):
        try:
            doc = database.get(id, rev=rev)
        except NotFound:
            return
    others = {key: value for key, value in (doc.get("_attachments") or {}).items() if key != name}
    doc["_attachments"] = others if attachment is None else {name: attachment, **others}
    request.functions.require(database, request.identity, proposals.of_edit(database, doc, rev, record))


def delete(request: Request, database: Database, id: str, name: str) -> Response:
    """``DELETE /db/<id>/<name>?rev=``"""
    check_write(request, database, id)
    users_db.check_attachment(database, request.identity, id)
    _check_name(name)
    rev = edited_rev(request)
    record = database.read(id)
    if record is None or (record.deleted and rev is None):
        raise NotFound("missing" if record is None else "deleted")
    if rev is None and (record.atts is None or name not in json.loads(record.atts.encode())):
        raise NotFound("Document is missing attachment")
    _validate(request, database, id, rev, name, None)
    rev = database.delete_attachment(id, name, rev=rev)
    return written(id, rev, 200, [])
