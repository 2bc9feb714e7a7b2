"""Attachments: bytes beside a document's body, kept once for each digest.

A revision names its attachments in `atts`, a JSON object in the order of ``_attachments``::

    {"receipt.png": {"content_type": "image/png", "revpos": 2, "digest": "md5-…", "length": 812}}

`revpos` is the generation in which the attachment came. Bytes that came gzipped from a CouchDB (`encoding`,
`encoded_length`) are kept so, since the digest is taken over them; readers get them unpacked unless they ask.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from app.docs.errors import AttachmentTooLarge, BadRequest, MissingStub, NotFound
from app.docs.gunzip import Unfit, Unfolds, gunzip
from app.docs.record import Record, parse, stubs

if TYPE_CHECKING:
    pass

OCTETS = "application/octet-stream"


class Attachment(NamedTuple):
    """One attachment with its bytes, unpacked; `encoding` tells that they are kept as gzip."""

    content_type: str
    digest: str
    length: int
    revpos: int
    data: bytes
    encoding: str | None = None


def digest_of(data: bytes) -> str:
    """CouchDB's digest: ``md5-`` and base64."""
    return "md5-" + base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def hashed(atts: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, bytes]]:
    """What a revision id is taken over: name, type and MD5 of each."""
    return [(name, meta["content_type"], base64.b64decode(meta["digest"][4:])) for name, meta in atts.items()]


def of_revision(connection: sqlite3.Connection, row: Record, rev: str) -> dict[str, Any]:
    """The attachments of one stored revision of a document."""
    if rev == row.rev:
        atts = row.atts
    else:
        kept = connection.execute("SELECT atts FROM bodies WHERE doc = ? AND rev = ?", (row.n, rev)).fetchone()
        atts = kept[0] if kept else None
    return parse(atts) if atts else {}


def matching(connection: sqlite3.Connection, row: Record, name: str, stub: Mapping[str, Any]) -> Any:
    """What is known of the attachment that a stub from elsewhere means, in any revision of the document held here."""
    kept = [row.atts] + [atts for (atts,) in connection.execute("SELECT atts FROM bodies WHERE doc = ?", (row.n,))]
    for atts in kept:
        meta = parse(atts).get(name) if atts else None
        if meta is not None and stub.get("digest") in (None, meta["digest"]):
            return {**meta, "revpos": stub.get("revpos", meta["revpos"])}
    return None


def take_in(
    connection: sqlite3.Connection,
    id: str,
    atts: Mapping[str, Any],
    generation: int,
    known: Callable[[str], Any],
) -> dict[str, Any]:
    """Stores the bytes of a document's ``_attachments`` and returns what its revision remembers of them.

    Each is ``{"data": base64 text | bytes, "content_type"}`` or ``{"stub": true}``, which `known` must resolve. Raises
    BadRequest, MissingStub.
    """
    taken: dict[str, Any] = {}
    for name, given in atts.items():
        if not name or name[:1] == "_":
            raise BadRequest(f"Attachment name '{name}' starts with prohibited character '_'")
        if not isinstance(given, Mapping):
            raise BadRequest(f"Invalid attachment data for {name}")
        data = given.get("data")
        if data is None:
            meta = known(name) if given.get("stub") or given.get("follows") else None
            if meta is None:
                raise MissingStub(f"Invalid attachment stub in {id} for {name}")
            taken[name] = dict(meta)
            continue
        packed = isinstance(data, bytes) and given.get("encoding") == "gzip"
        if not isinstance(data, bytes):
            data = _decode(name, data)
        digest = digest_of(data)
        revpos = given.get("revpos")
        usable = isinstance(revpos, int) and not isinstance(revpos, bool) and 0 < revpos <= generation
        content_type = given.get("content_type") or OCTETS
        if not isinstance(content_type, str):
            raise BadRequest(f"Invalid content type of attachment {name}")
        meta = {
            "content_type": content_type,
            # An edit made here brings the attachment now; only an arrival's revpos is news.
            "revpos": revpos if usable and given.get("digest") else generation,
            "digest": digest,
            "length": len(data),
        }
        if packed:
            meta |= {"length": len(unpack(data)), "encoding": "gzip", "encoded_length": len(data)}
        connection.execute("INSERT OR IGNORE INTO blobs(digest, data) VALUES(?, ?)", (digest, data))
        taken[name] = meta
    return taken


def _decode(name: str, text: Any) -> bytes:
    if isinstance(text, str):
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    raise BadRequest(f"Invalid attachment data for {name}")


def unpack(data: bytes) -> bytes:
    """The bytes of a gzipped attachment. Raises BadRequest, AttachmentTooLarge."""
    try:
        return gunzip(data)
    except Unfolds:
        raise AttachmentTooLarge from None
    except Unfit:
        raise BadRequest("An attachment says it is gzipped, and isn't.") from None


def stored(connection: sqlite3.Connection, digest: str) -> bytes:
    """The bytes that have `digest`, as they are kept (gzipped, where they came so). Raises NotFound."""
    row = connection.execute("SELECT data FROM blobs WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        raise NotFound("Document is missing attachment")
    return bytes(row[0])


def drop_unnamed(connection: sqlite3.Connection) -> None:
    """Deletes the bytes that no kept revision names any more."""
    named: set[str] = set()
    for table in ("docs", "bodies"):
        for (atts,) in connection.execute(f"SELECT atts FROM {table} WHERE atts IS NOT NULL"):
            named.update(meta["digest"] for meta in parse(atts).values())
    for n, digest in connection.execute("SELECT n, digest FROM blobs").fetchall():
        if digest not in named:
            connection.execute("DELETE FROM blobs WHERE n = ?", (n,))


def shown(
    connection: sqlite3.Connection, atts: str, *, data: bool, since: int = 0, encoding_info: bool = False
) -> dict[str, Any]:
    """``_attachments`` as a reader sees it: stubs, or with base64 data for those newer than generation `since`."""
    every = parse(atts)
    told = {name: {**meta, "stub": True} for name, meta in every.items()} if encoding_info else stubs(every)
    if data:
        for name, meta in every.items():
            if meta["revpos"] <= since:
                continue
            raw = stored(connection, meta["digest"])
            if meta.get("encoding") == "gzip":
                raw = unpack(raw)
            del told[name]["stub"], told[name]["length"]  # the data tell
            told[name]["data"] = base64.b64encode(raw).decode()
    return told


def kept(atts: str | None) -> dict[str, Any]:
    """``_attachments`` of an edit that leaves them as they are."""
    return {name: {"stub": True} for name in parse(atts)} if atts else {}
