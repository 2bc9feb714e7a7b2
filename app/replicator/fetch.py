"""Fetching revisions from a server: `_bulk_get`, and what to do where it is absent, partial or wrong.

1. `POST _bulk_get?revs=true&latest=true`. Servers without it answer 400, 404, 405, 500 or 501.
2. What it did not give is asked for document by document with `open_revs` (multipart, or JSON).
3. What is still missing is asked for once more after `RETRY_WAIT` seconds; then the batch fails.

Attachments: small ones come in a second `_bulk_get` as base64, large ones by `open_revs` as multipart, and where a
server gives neither, one by one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from app.docs import json
from app.docs.gunzip import Unfit, gunzip
from app.replicator import multipart
from app.replicator.client import Client
from app.replicator.errors import (
    DatabaseMissing,
    Denied,
    DocsUnavailable,
    NotFoundError,
    Refused,
    Stopped,
    TransportError,
)
from app.replicator.peer import Want, outline

RETRY_WAIT = 2.0
"""Seconds before a missing revision is asked for again (couch_replicator's figure): another node may have it."""

INLINE_LIMIT = 1 << 20
"""Bytes of a document's attachments up to which they come as base64 with others; more come as multipart, alone."""

INLINE_TOTAL = 8 << 20
"""Bytes of attachments in one `_bulk_get` answer."""

URL_BUDGET = 6000
"""Bytes of open_revs and atts_since in one URL; proxies cut at 8 KB."""

_NO_BULK_GET = {400, 404, 405, 500, 501}


class Fetcher:
    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url
        self._bulk_get = True
        self._failed = 0
        self._pause = threading.Event()

    def fetch(self, wants: Sequence[Want]) -> list[dict[str, Any]]:
        """The wanted revisions, each with `_revisions` and its attachments' content. DocsUnavailable when one is not
        to be had."""
        got: dict[str, list[dict[str, Any]]] = {}
        left = self._take(got, self._by_bulk(wants) if self._bulk_get else [], wants)
        if left:
            left = self._take(got, self._one_by_one(left), left)
        if left:
            if self._pause.wait(RETRY_WAIT) or self._client.cut_off:
                raise Stopped()
            left = self._take(got, self._one_by_one(left), left)
        if left:
            first = left[0]
            raise DocsUnavailable(
                f"{first.id} {first.rev} is in the changes feed but cannot be fetched.",
                [(want.id, want.rev) for want in left],
            )
        ancestors = {want.id: want.ancestors for want in wants}
        return self._with_attachments([doc for docs in got.values() for doc in docs], ancestors)

    @staticmethod
    def _take(
        got: dict[str, list[dict[str, Any]]], docs: Iterable[dict[str, Any]], wants: Sequence[Want]
    ) -> list[Want]:
        """Adds `docs` to `got` and returns the wants that nothing in it satisfies."""
        for doc in docs:
            known = got.setdefault(doc["_id"], [])
            if all(doc["_rev"] != other["_rev"] for other in known):
                known.append(doc)
        return [want for want in wants if not any(_satisfies(doc, want.rev) for doc in got.get(want.id, ()))]

    # -- in bulk ------------------------------------------------------------------------------------------------

    def _by_bulk(self, wants: Sequence[Want], *, attachments: bool = False) -> list[dict[str, Any]]:
        entries = []
        for want in wants:
            entry: dict[str, Any] = {"id": want.id, "rev": want.rev}
            if attachments and want.ancestors:
                entry["atts_since"] = list(want.ancestors)
            entries.append(entry)
        try:
            answer = self._client.json(
                "POST",
                f"{self._url}/_bulk_get",
                params=f"revs=true&latest=true&attachments={'true' if attachments else 'false'}",
                body=json.dumps({"docs": entries}),
            )
        except DatabaseMissing:
            raise
        except (Refused, NotFoundError, TransportError) as error:
            if error.status not in _NO_BULK_GET:
                raise
            self._gave_up()
            return []
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list):
            self._gave_up()
            return []
        self._failed = 0
        return [doc for result in results for doc in _ok(result)]

    def _gave_up(self) -> None:
        """Three refusals in a row, and `_bulk_get` is not asked again: the server has none."""
        self._failed += 1
        if self._failed >= 3:
            self._bulk_get = False
        self._client.close()  # an old server leaves the body unread in the connection

    # -- one by one ---------------------------------------------------------------------------------------------

    def _one_by_one(self, wants: Sequence[Want]) -> Iterator[dict[str, Any]]:
        by_id: dict[str, list[Want]] = {}
        for want in wants:
            by_id.setdefault(want.id, []).append(want)
        for id, group in by_id.items():
            for some in _by_url(group):
                yield from self._open_revs(id, [want.rev for want in some], some[0].ancestors)

    def _open_revs(
        self, id: str, revs: Sequence[str], ancestors: Sequence[str] = (), *, attachments: bool = True
    ) -> list[dict[str, Any]]:
        wanted = "all" if revs == "all" else quote(json.dumps(list(revs)).decode(), safe="")
        query = "revs=true&latest=true&open_revs=" + wanted
        accept = "application/json"
        if attachments:
            accept = "multipart/mixed, application/json;q=0.5"
            since: list[str] = []
            for rev in ancestors:
                since.append(rev)
                if len(json.dumps(since)) * 3 > URL_BUDGET // 2:
                    since.pop()
                    break
            if since:
                query += "&atts_since=" + quote(json.dumps(since).decode(), safe="")
        try:
            response = self._client.request("GET", f"{self._url}/{_path(id)}", params=query, headers={"Accept": accept})
        except DatabaseMissing:
            raise
        except NotFoundError:
            return []
        rows = multipart.documents(response.headers.get("Content-Type", ""), response.content)
        return [_plain(outline(row["ok"])) for row in rows if _is_doc(row.get("ok"))]

    def leaves(self, id: str) -> list[dict[str, Any]]:
        """Every leaf of a document."""
        return [self._complete(doc, ()) for doc in self._open_revs(id, "all")]

    # -- attachments --------------------------------------------------------------------------------------------

    def _with_attachments(
        self, docs: list[dict[str, Any]], ancestors: dict[str, Sequence[str]]
    ) -> list[dict[str, Any]]:
        small: list[Want] = []
        total = 0
        done: list[dict[str, Any]] = []
        waiting: dict[tuple[str, str], dict[str, Any]] = {}

        def flush() -> None:
            nonlocal total
            found = self._by_bulk(small, attachments=True) if small and self._bulk_get else []
            for doc in found:
                stub = waiting.pop((doc["_id"], doc["_rev"]), None)
                if stub is not None:
                    done.append(self._complete(doc, ancestors[doc["_id"]]))
            for want in small:
                stub = waiting.pop((want.id, want.rev), None)
                if stub is not None:
                    done.append(self._alone(stub, want.ancestors))
            small.clear()
            total = 0

        for doc in docs:
            size = sum(int(meta.get("length") or 0) for meta in _stubs(doc))
            if not size and not _stubs(doc):
                done.append(doc)
            elif size > INLINE_LIMIT or not self._bulk_get:
                done.append(self._alone(doc, ancestors[doc["_id"]]))
            else:
                if total + size > INLINE_TOTAL:
                    flush()
                small.append(Want(doc["_id"], doc["_rev"], ancestors[doc["_id"]]))
                waiting[doc["_id"], doc["_rev"]] = doc
                total += size
        flush()
        return done

    def _alone(self, doc: dict[str, Any], ancestors: Sequence[str]) -> dict[str, Any]:
        for found in self._open_revs(doc["_id"], [doc["_rev"]], ancestors):
            if _satisfies(found, doc["_rev"]):
                return self._complete(found, ancestors)
        return self._complete(doc, ancestors)

    def _complete(self, doc: dict[str, Any], ancestors: Sequence[str]) -> dict[str, Any]:
        """Fetches what a server left as a stub though the target has no ancestor that could hold it."""
        newest = max((_generation(rev) for rev in ancestors), default=0)
        for name, meta in doc.get("_attachments", {}).items():
            if "data" in meta or (ancestors and int(meta.get("revpos") or 0) <= newest):
                continue
            url = f"{self._url}/{_path(doc['_id'])}/{quote(name, safe='')}"
            try:
                answer = self._client.request(
                    "GET", url, params="rev=" + quote(doc["_rev"], safe=""), headers={"Accept": "*/*"}
                )
            except (NotFoundError, Refused, Denied) as error:
                raise DocsUnavailable(
                    f"The attachment {name} of {doc['_id']} cannot be fetched.", [(doc["_id"], doc["_rev"])]
                ) from error
            meta.pop("stub", None)
            meta.pop("digest", None)
            meta["data"] = answer.content
        return doc

    def interrupt(self) -> None:
        """Ends a wait of another thread."""
        self._pause.set()

    def resume(self) -> None:
        self._pause.clear()


def _satisfies(doc: dict[str, Any], rev: str) -> bool:
    """Is `doc` the revision, or a descendant of it (`latest=true`)?"""
    if doc["_rev"] == rev:
        return True
    generation, _, hash = rev.partition("-")
    revisions = doc.get("_revisions") or {}
    index = int(revisions.get("start") or 0) - int(generation)
    ids = revisions.get("ids") or ()
    return 0 <= index < len(ids) and ids[index] == hash


def _ok(result: Any) -> Iterator[dict[str, Any]]:
    """The documents of one `_bulk_get` result, however a server nests its errors."""
    rows = result.get("docs") if isinstance(result, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and _is_doc(row.get("ok")):
            yield _plain(outline(row["ok"]))


def _is_doc(value: Any) -> bool:
    return isinstance(value, dict) and "_id" in value and "_rev" in value and "_revisions" in value


def _plain(doc: dict[str, Any]) -> dict[str, Any]:
    """Content without its transfer coding. The digest of a gzipped attachment is over the gzipped bytes: it goes."""
    for name, meta in doc.get("_attachments", {}).items():
        data = meta.get("data")
        if not isinstance(data, bytes):
            continue
        if meta.get("encoding") == "gzip" and data[:2] == b"\x1f\x8b":
            try:
                meta["data"] = gunzip(data)
            except Unfit as error:
                raise TransportError(f"The attachment {name} of {doc['_id']} arrived damaged.") from error
        for key in ("encoding", "encoded_length", "digest", "length", "stub"):
            meta.pop(key, None)
    return doc


def _stubs(doc: dict[str, Any]) -> list[dict[str, Any]]:
    return [meta for meta in doc.get("_attachments", {}).values() if "data" not in meta]


def _by_url(wants: Sequence[Want]) -> Iterator[list[Want]]:
    """Groups whose revisions fit into one URL."""
    group: list[Want] = []
    size = 0
    for want in wants:
        length = len(want.rev) + 12
        if group and size + length > URL_BUDGET // 2:
            yield group
            group, size = [], 0
        group.append(want)
        size += length
    if group:
        yield group


def _generation(rev: str) -> int:
    head = rev.partition("-")[0]
    return int(head) if head.isascii() and head.isdigit() and len(head) < 16 else 0


def _path(id: str) -> str:
    return "_design/" + quote(id[8:], safe="") if id.startswith("_design/") else quote(id, safe="")
