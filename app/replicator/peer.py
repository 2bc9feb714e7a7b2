"""What the replicator asks of one side of a replication, and the plain data that passes between the two.

A document travels either as a dict (`_id`, `_rev`, `_revisions`, maybe `_deleted`, `_attachments`) or as the bytes of
such a dict in JSON, so that a store which keeps texts and a server which takes them never meet a parser. Attachments of
a dict are stubs, or carry their content under `data` as *bytes*; base64 is made where a request is.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

Seq: TypeAlias = "str | int | float | list[Any] | None"
"""A peer's sequence: opaque, sent back as it came, never compared."""

Document: TypeAlias = "dict[str, Any] | bytes"


class Row(NamedTuple):
    """One row of a changes feed."""

    id: str
    revs: Sequence[str]
    """Every leaf, the winner first."""
    deleted: bool
    local: bool | None
    """Was the last change an edit made at this peer itself (not replicated in)? None: it can't tell."""
    doc: Document | None
    """The document, ready to be written, where the peer gave it and it is the only revision, without attachments."""


class Page:
    """Some rows of a feed, in order; `rows` may parse them only when asked for.

    `pending`: rows after these, None where the peer does not say. `bytes`: about how large the page is, 0 when unknown.
    """

    __slots__ = ("_parse", "_rows", "bytes", "last_seq", "pending")

    def __init__(
        self,
        rows: Sequence[Row] | None,
        last_seq: Seq,
        pending: int | None,
        *,
        parse: Callable[[], Sequence[Row]] | None = None,
        bytes: int = 0,
    ) -> None:
        self._rows = rows
        self._parse = parse
        self.last_seq = last_seq
        self.pending = pending
        self.bytes = bytes

    @property
    def empty(self) -> bool:
        return self._rows is not None and not self._rows

    def ends(self, limit: int) -> bool:
        """Is there nothing after this page, of at most `limit` rows?"""
        if self.pending is not None:
            return self.pending <= 0
        return len(self.rows()) < limit

    def rows(self) -> Sequence[Row]:
        """Raises TransportError when the text turns out to be broken."""
        if self._rows is None:
            assert self._parse is not None
            self._rows = self._parse()
            self._parse = None
        return self._rows


class Filter(NamedTuple):
    """Which documents take part: by id, or by a Mango selector. Both None: all."""

    doc_ids: tuple[str, ...] | None = None
    selector: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return self.doc_ids is not None or self.selector is not None


NO_FILTER = Filter()


class Missing(NamedTuple):
    """What `_revs_diff` says of one document."""

    revs: Sequence[str]
    ancestors: Sequence[str] = ()


class Want(NamedTuple):
    """A revision to fetch. `ancestors`: revisions that the target has, so that old attachments may stay stubs."""

    id: str
    rev: str
    ancestors: Sequence[str] = ()


class Failure(NamedTuple):
    """One document that a peer did not take. `error` and `reason` are the peer's."""

    id: str
    rev: str
    error: str
    reason: str


class Info(NamedTuple):
    """`GET /db`, as far as it matters."""

    update_seq: Seq
    instance_start_time: str
    empty: bool


class Central(NamedTuple):
    """Who a database says it is. `id` is a key that a person or tool provisioned, else None."""

    id: str | None
    restored_from: str | None
    server: str
    instance_start_time: str
    earlier: tuple[str, ...] = ()
    """Those that it was restored from before that."""

    def __str__(self) -> str:
        return self.id or f"{self.server or 'a server without a name'}, made {self.instance_start_time}"


class Peer(Protocol):
    """One side. Methods raise the errors of :mod:`app.replicator.errors`; all may be called from any thread."""

    name: str
    """For people: a path or an address, without credentials."""
    key: str
    """For the replication id: stays the same over restarts, new passwords and http → https."""
    remote: bool
    writes_design_docs_apart: bool

    def info(self) -> Info: ...
    def exists(self) -> bool: ...
    def create(self) -> None: ...
    def central(self) -> Central: ...
    def changes(
        self, since: Seq, *, limit: int, bodies: bool, filter: Filter, timeout: float = 0.0, heartbeat: bool = False
    ) -> Page:
        """At most `limit` rows after `since`. `timeout` > 0 waits that long (seconds) for the first row; `heartbeat`
        asks a server to send a byte now and then meanwhile."""
        ...

    def pending(self, since: Seq) -> int | None: ...
    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]: ...
    def fetch(self, wants: Sequence[Want]) -> list[dict[str, Any]]:
        """The wanted revisions, or their descendants where they were edited since. Gone ones (purged) are left out."""
        ...

    def leaves(self, id: str) -> list[dict[str, Any]]:
        """Every leaf of a document, as `fetch` gives them; [] when there is none."""
        ...

    def write(self, docs: Sequence[Document]) -> list[Failure]:
        """Writes with `new_edits: false`. Raises TooLarge or Refused when the request as a whole was not taken."""
        ...

    def write_one(self, doc: Document) -> Failure | None: ...
    def get_local(self, id: str) -> dict[str, Any] | None: ...
    def put_local(self, id: str, doc: Mapping[str, Any]) -> str:
        """Writes a local document (`_rev` of the stored one, when there is one) and returns its revision."""
        ...

    def commit(self) -> str:
        """Makes what was written durable, answers `instance_start_time` ("" when the peer has none)."""
        ...

    def who(self) -> tuple[bool, str]:
        """Are we still who we should be? (known, name): `GET /_session` behind a per-document refusal."""
        ...

    def renew(self) -> None:
        """Signs in anew at the next request."""
        ...

    def cut(self) -> None:
        """Wakes whoever waits in this peer, with `Stopped`."""
        ...

    def mend(self) -> None: ...
    def hurry(self, seconds: float) -> None:
        """From now on no request may take longer."""
        ...

    def close(self) -> None: ...


def has_bodies(doc: Mapping[str, Any]) -> bool:
    """Does every attachment carry its content?"""
    return all("data" in meta for meta in doc.get("_attachments", {}).values())


def attachment_bytes(doc: Mapping[str, Any]) -> int:
    """Bytes of the attachments that travel with `doc`."""
    return sum(len(meta["data"]) for meta in doc.get("_attachments", {}).values() if "data" in meta)


def inline(doc: dict[str, Any]) -> dict[str, Any]:
    """`doc` with its attachments' content in base64, as `_bulk_docs` takes it. The argument stays as it is."""
    attachments = doc.get("_attachments")
    if not attachments:
        return doc
    made = {}
    for name, meta in attachments.items():
        data = meta.get("data")
        if isinstance(data, bytes):
            meta = {key: value for key, value in meta.items() if key not in ("stub", "follows", "length")}
            meta["data"] = base64.b64encode(data).decode()
        made[name] = meta
    return {**doc, "_attachments": made}


def outline(doc: dict[str, Any]) -> dict[str, Any]:
    """The inverse of :func:`inline`, in place: base64 becomes bytes."""
    for meta in doc.get("_attachments", {}).values():
        if isinstance(meta.get("data"), str):
            meta["data"] = base64.b64decode(meta["data"])
    return doc
