"""One batch of the feed: what is missing at the target, fetched, written, and each refusal settled.

    rows → _revs_diff (where needed) → bodies from the feed, or fetched → written → refusals settled

A batch either is done, every document written or listed as refused, or it raises and counts as not begun.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from app.replicator.errors import Denied, DocsUnavailable, Stopped
from app.replicator.peer import Document, Failure, Missing, Peer, Row, Want
from app.replicator.policy import Bodies, Diff, Split
from app.replicator.stats import Result
from app.replicator.writer import DENIALS, StubsMissing, Writer, identify, passing

FETCH = 200
"""Revisions in one `_bulk_get`: large enough to hide a round trip, small enough to hold with their attachments."""

STRIKES = 3
"""Tries of one document (each with its batch, after a wait) before it is set aside, so that it blocks no other."""


class Refusals(Protocol):
    """Where documents go that the target does not take."""

    def refused(self, failure: Failure, doc: Document | None) -> None: ...


class Strikes:
    """How often each revision failed in a way that might pass. Lives as long as the run, over its restarts."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def out(self, id: str, rev: str) -> bool:
        """One more failure; is it enough?"""
        with self._lock:
            self._counts[id, rev] = self._counts.get((id, rev), 0) + 1
            return self._counts[id, rev] >= STRIKES

    def is_out(self, id: str, rev: str) -> bool:
        return self._counts.get((id, rev), 0) >= STRIKES


class Worker:
    """Processes batches; threads may share it."""

    def __init__(
        self,
        source: Peer,
        target: Peer,
        *,
        diff: Diff,
        bodies: Bodies,
        result: Result,
        strikes: Strikes,
        refusals: Refusals | None,
        split: Split,
        stopped: threading.Event,
    ) -> None:
        self._source = source
        self._target = target
        self._diff = diff
        self._bodies = bodies
        self._result = result
        self._strikes = strikes
        self._refusals = refusals
        self._writer = Writer(target, split)
        self._stopped = stopped

    def process(self, rows: Sequence[Row]) -> set[str]:
        """Brings the rows' revisions to the target. Returns the ids of those that it refused."""
        ask, take = self._diff.skips(rows)
        missing = self._missing(ask)
        ready: list[Document] = [row.doc for row in take if row.doc is not None]
        wants = [Want(row.id, rev) for row in take if row.doc is None for rev in row.revs]
        plain = useful = len(ready)
        for row in ask:
            found = missing.get(row.id)
            if found is None:
                continue
            if row.doc is not None and len(found.revs) == len(row.revs):
                ready.append(row.doc)
                useful += 1
                plain += 1
            else:
                plain += len(row.revs) == 1 and row.revs[0].startswith("1-")
                wants += [Want(row.id, rev, found.ancestors) for rev in found.revs]
        asked = sum(len(row.revs) for row in ask)
        taken = sum(len(row.revs) for row in take)
        absent = sum(len(found.revs) for found in missing.values())
        # What was pulled from there is there, which says nothing about what was written here.
        own = [row for row in ask if row.local is not False]
        own_missing = sum(len(missing[row.id].revs) for row in own if row.id in missing)
        self._diff.learn(sum(len(row.revs) for row in own), own_missing)
        self._bodies.learn(len(rows), useful, plain)
        self._result.stats.add(missing_checked=asked + taken, missing_found=absent + taken)
        refused = self._write(ready)
        for start in range(0, len(wants), FETCH):
            refused |= self._write(self._fetch(wants[start : start + FETCH]))
        return refused

    def _missing(self, rows: Sequence[Row]) -> Mapping[str, Missing]:
        return self._target.revs_diff({row.id: row.revs for row in rows}) if rows else {}

    def _fetch(self, wants: Sequence[Want]) -> Sequence[Document]:
        wants = [want for want in wants if not self._strikes.is_out(want.id, want.rev)]
        if not wants:
            return []
        self._result.stats.add(bulk_get_attempts=len(wants))
        try:
            docs = self._source.fetch(wants)
        except DocsUnavailable as error:
            for id, rev in error.revisions:
                if self._strikes.out(id, rev):
                    self.refuse(Failure(id, rev, "not_fetched", error.reason), None)
            raise
        self._result.stats.add(bulk_get_docs=len(docs))
        return docs

    def _write(self, docs: Sequence[Document]) -> set[str]:
        if not docs:
            return set()
        if self._stopped.is_set():
            raise Stopped()
        self._result.stats.add(docs_read=len(docs))
        failures = self._attempt(docs)
        if any(failure.error in DENIALS for failure in failures):
            failures = self._believed(docs, failures)
        by_rev = {identify(doc): doc for doc in docs} if failures else {}
        for failure in failures:
            lasting = passing(failure)
            if lasting is not None and not self._strikes.out(failure.id, failure.rev):
                raise lasting
        for failure in failures:
            self.refuse(failure, by_rev.get((failure.id, failure.rev)))
        self._result.stats.add(docs_written=len(docs) - len(failures))
        return {failure.id for failure in failures}

    def _attempt(self, docs: Sequence[Document]) -> list[Failure]:
        """Writes; where attachments were sent as stubs that the target lacks, once more with their contents."""
        try:
            return self._writer.write(docs)
        except StubsMissing as error:
            whole = self._fetch([Want(id, rev) for id, rev in sorted(error.ids)])
            try:
                return error.failures + self._writer.write(whole)
            except StubsMissing as again:
                lost = [
                    Failure(id, rev, "missing_stub", "An attachment's content is nowhere to be had.")
                    for id, rev in sorted(again.ids)
                ]
                return error.failures + again.failures + lost

    def _believed(self, docs: Sequence[Document], failures: list[Failure]) -> list[Failure]:
        """A document's 401 or 403 means something only when the server knows who asks: an expired cookie makes every
        document "forbidden". Signs in anew and writes the refused ones again where it does not."""
        known, _ = self._target.who()
        if known:
            return failures
        self._target.renew()
        known, _ = self._target.who()
        if not known:
            raise Denied("The user name or password is not accepted any more.", status=401, error="unauthorized")
        denied = {(failure.id, failure.rev) for failure in failures if failure.error in DENIALS}
        rest = [failure for failure in failures if failure.error not in DENIALS]
        return rest + self._attempt(_only(docs, denied))

    def refuse(self, failure: Failure, doc: Document | None) -> None:
        if self._refusals is not None:
            self._refusals.refused(failure, doc)
        self._result.failed(failure)


def _only(docs: Iterable[Document], revisions: set[tuple[str, str]]) -> list[Document]:
    return [doc for doc in docs if identify(doc) in revisions]
