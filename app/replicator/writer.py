"""Writing a batch at the target, so that no document can hold up another.

A batch that is too large, or that a server refuses as a whole for the sake of one document, is halved until that one
stands alone; it is listed, and the rest is written. Design documents and large attachments go one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.docs import json
from app.replicator.errors import MissingStubError, Refused, TooLarge, TransportError
from app.replicator.peer import Document, Failure, Peer, attachment_bytes
from app.replicator.policy import Split

INLINE_LIMIT = 1 << 20
"""Bytes of attachments up to which a document travels in `_bulk_docs` with others; more go as multipart."""

DENIALS = {"forbidden", "unauthorized"}
"""Errors of a single document that say "not this one, or not you"."""

LASTING = DENIALS | {
    "bad_request",
    "doc_validation",
    "illegal_docid",
    "document_too_large",
    "too_large",
    "attachment_too_large",
    "request_entity_too_large",
    "bad_content_type",
    "invalid_attachment",
    "badarg",
    "illegal_attachment_name",
    "missing_id",
    "bad_doc_id",
}
"""Errors that the same document will meet again."""

_HEAD_ID = re.compile(rb'^\{"_id":"((?:[^"\\]|\\.)*)","_rev":"([^"\\]*)"')


class StubsMissing(Exception):
    """The target lacks attachments that were sent as stubs: fetch `ids` again with their contents.

    `failures` are those of the documents that were written meanwhile.
    """

    def __init__(self, ids: set[tuple[str, str]], failures: list[Failure]) -> None:
        super().__init__(len(ids))
        self.ids = ids
        self.failures = failures


class Writer:
    """Writes to one target. Returns failures; raises TransportError and its like when the batch must come again."""

    def __init__(self, target: Peer, split: Split) -> None:
        self._target = target
        self._split = split

    def write(self, docs: Sequence[Document]) -> list[Failure]:
        """All of `docs`; StubsMissing after everything else was written."""
        failures: list[Failure] = []
        stubs: set[tuple[str, str]] = set()
        many: list[Document] = []
        for doc in docs:
            if self._alone(doc):
                self._one(doc, failures, stubs)
            else:
                many.append(doc)
        for some in self._portions(many):
            self._some(some, failures, stubs)
        if stubs:
            raise StubsMissing(stubs, failures)
        return failures

    def _alone(self, doc: Document) -> bool:
        if isinstance(doc, bytes):
            return self._target.writes_design_docs_apart and doc.startswith(b'{"_id":"_design/')
        if self._target.writes_design_docs_apart and doc["_id"].startswith("_design/"):
            return True
        return self._target.remote and attachment_bytes(doc) > INLINE_LIMIT

    def _portions(self, docs: Sequence[Document]) -> Iterator[Sequence[Document]]:
        """Parts that stay below the limits of a request."""
        part: list[Document] = []
        size = 0
        for doc in docs:
            length = len(doc) if isinstance(doc, bytes) else 1024 + attachment_bytes(doc) * 4 // 3
            if part and (size + length > self._split.bytes or len(part) >= self._split.docs):
                yield part
                part, size = [], 0
            part.append(doc)
            size += length
        if part:
            yield part

    def _some(self, docs: Sequence[Document], failures: list[Failure], stubs: set[tuple[str, str]]) -> None:
        try:
            found = self._target.write(docs)
        except MissingStubError:
            if len(docs) == 1:
                stubs.add(identify(docs[0]))
                return
            self._halve(docs, failures, stubs)
            return
        except (TooLarge, Refused) as error:
            if len(docs) == 1:
                failures.append(Failure(*identify(docs[0]), error.error or "bad_request", error.reason))
                return
            self._halve(docs, failures, stubs)
            return
        if found:
            self._sort(docs, found, failures, stubs)

    def _halve(self, docs: Sequence[Document], failures: list[Failure], stubs: set[tuple[str, str]]) -> None:
        middle = len(docs) // 2
        self._some(docs[:middle], failures, stubs)
        self._some(docs[middle:], failures, stubs)

    def _one(self, doc: Document, failures: list[Failure], stubs: set[tuple[str, str]]) -> None:
        try:
            failure = self._target.write_one(doc)
        except MissingStubError:
            stubs.add(identify(doc))
            return
        except (TooLarge, Refused) as error:
            failure = Failure(*identify(doc), error.error or "bad_request", error.reason)
        if failure is not None:
            self._sort([doc], [failure], failures, stubs)

    def _sort(
        self,
        docs: Sequence[Document],
        found: Sequence[Failure],
        failures: list[Failure],
        stubs: set[tuple[str, str]],
    ) -> None:
        """Gives each failure its revision (not every server names it), and sets missing stubs apart."""
        by_id: dict[str, list[str]] = {}
        for doc in docs:
            id, rev = identify(doc)
            by_id.setdefault(id, []).append(rev)
        for failure in found:
            revs = by_id.get(failure.id)
            if revs is None:
                if len(docs) > 1:  # whose failure it is, only smaller requests can tell
                    self._halve(docs, failures, stubs)
                    return
                failure = failure._replace(id=next(iter(by_id)))
                revs = by_id[failure.id]
            for rev in [failure.rev] if failure.rev in revs else revs:
                if failure.error == "missing_stub":
                    stubs.add((failure.id, rev))
                else:
                    failures.append(failure._replace(rev=rev))


def identify(doc: Document) -> tuple[str, str]:
    """(id, revision) of a document in either form."""
    if isinstance(doc, dict):
        return doc["_id"], doc["_rev"]
    found = _HEAD_ID.match(doc)
    if found and b"\\" not in found.group(1):
        return found.group(1).decode(), found.group(2).decode()
    parsed: dict[str, Any] = json.loads(doc)
    return parsed["_id"], parsed["_rev"]


def passing(failure: Failure) -> TransportError | None:
    """The error of a document that may go through the next time, as an error of the batch; None: it will not."""
    if failure.error in LASTING:
        return None
    return TransportError(f"{failure.id} could not be written: {failure.reason or failure.error}", error=failure.error)
