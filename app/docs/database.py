"""A database: one file of revisioned JSON documents, as CouchDB keeps them.

This module opens it, lends its connections, and runs its transactions; what a document goes through is told in the
modules beside it (`edits`, `incoming`, `reads`, `changes`, `queries`, `attachments`, `maintenance`), whose functions
are the methods here.

Its connections and transactions are `store.Store`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.docs import (
    attached,
    attachments,
    changes,
    disputes,
    edits,
    forgetting,
    incoming,
    json,
    local_docs,
    maintenance,
    queries,
    reads,
)
from app.docs.attachments import Attachment
from app.docs.changes import Batch, ChangesJSON, ChangesPage
from app.docs.queries import AllDocsJSON
from app.docs.record import Record
from app.docs.store import Store

if TYPE_CHECKING:
    from app.docs.tiny import TinyTable


class Database(Store):
    """One database file, open.

    Raises at opening: StoreError and its kinds (`NotADatabase`, `CorruptFile`, `NewerSchema`), each in a sentence for a
    person. Methods raise `DocsError` kinds, with CouchDB's status, error and reason.

    `indexes` None leaves the file's indexes as they are (a command-line tool opening a till's file must not drop them).
    """

    def info(self) -> dict[str, Any]:
        """What CouchDB answers to ``GET /db``."""
        return maintenance.info(self, self._live, self._dead)

    # -- reading -------------------------------------------------------------------------------------------------

    def read(self, id: str) -> Record | None:
        """The row of a document (a deleted one too), or None."""
        with self.reading() as connection:
            return reads.record(connection, id)

    def read_many(self, ids: Sequence[str]) -> list[Record | None]:
        """The rows of many documents, in the order asked for."""
        with self.reading() as connection:
            found = reads.records(connection, ids)
        return [found.get(id) for id in ids]

    def get(self, id: str, **options: Any) -> dict[str, Any]:
        """The document as CouchDB's ``GET /db/id`` answers it; options as in `reads.get`. Raises NotFound."""
        return json.loads(self.get_json(id, **options))  # type: ignore[no-any-return]

    def get_json(self, id: str, **options: Any) -> bytes:
        """As `get`, as JSON with the body unparsed."""
        with self.snapshot() as connection:
            return reads.get(self, connection, id, **options)

    def open_revs(self, id: str, revs: Sequence[str] | str, **options: Any) -> list[dict[str, Any]]:
        """``[{"ok": doc} | {"missing": rev}]`` for the revisions asked for, or for ``"all"`` leaves."""
        with self.snapshot() as connection:
            return reads.open_revs(self, connection, id, revs, **options)

    def held(self, id: str) -> list[dict[str, Any]]:
        """Every revision of a document whose body is at hand, as a document with ``_rev`` and ``_deleted``: the winner
        first, then the others in no order that means anything; [] for no document."""
        with self.snapshot() as connection:
            row = reads.record(connection, id)
            if row is None:
                return []
            return [json.loads(reads.render(connection, one)) for one in reads.held(connection, row)]

    def bulk_get(self, entries: Iterable[Any], **options: Any) -> list[dict[str, Any]]:
        """CouchDB's ``_bulk_get`` results: one for each entry, in the same order."""
        return [json.loads(result) for result in self.bulk_get_json(entries, **options)]

    def bulk_get_json(self, entries: Iterable[Any], **options: Any) -> list[bytes]:
        """As `bulk_get`, each result as JSON with the bodies unparsed."""
        with self.snapshot() as connection:
            return reads.bulk_get(self, connection, entries, **options)

    def revs_diff(self, asked: Any) -> dict[str, Any]:
        """``{id: {"missing": [...], "possible_ancestors": [...]?}}`` for what isn't here. BadRequest on bad shapes."""
        with self.reading() as connection:
            return reads.revs_diff(connection, asked)

    def missing_revs(self, asked: Any) -> dict[str, Any]:
        """``{"missing_revs": {id: [rev]}}``, the older form of `revs_diff`."""
        return {"missing_revs": {id: entry["missing"] for id, entry in self.revs_diff(asked).items()}}

    def all_docs(self, **options: Any) -> dict[str, Any]:
        """CouchDB's ``_all_docs``; options as in `queries.all_docs`."""
        return self.all_docs_json(**options).as_dict()

    def all_docs_json(self, **options: Any) -> AllDocsJSON:
        with self.snapshot() as connection:
            return queries.all_docs(self, connection, **options)

    def count(self, type: str | None = None) -> int:
        """How many live documents there are (of `type`)."""
        if type is None:
            return self._live
        with self.reading() as connection:
            return queries.count(connection, type)

    def after(self, n: int, limit: int) -> list[Record]:
        """The next documents changed after change number `n`, deleted ones too."""
        with self.reading() as connection:
            return queries.after(connection, n, limit)

    def conflicted(self) -> int:
        """How many live documents have conflicts."""
        with self.reading() as connection:
            return queries.conflicted(connection)

    # -- writing -------------------------------------------------------------------------------------------------

    def put(self, doc: Mapping[str, Any], *, rev: str | None = None) -> str:
        """Writes an edit of a document (``_id`` minted where there is none) and returns the new revision.

        The revision edited is `rev` or ``_rev``. Raises Conflict, BadRequest, DocValidation, IllegalDocId, MissingStub,
        DocumentTooLarge, InsufficientStorage.
        """
        draft = edits.draft(doc, rev=rev)
        with self.transaction() as tx:
            return edits.edit(tx, draft)

    def delete(self, id: str, rev: str) -> str:
        """Writes a tombstone on `rev` and returns its revision. Raises NotFound, Conflict."""
        return self.put({"_id": id, "_deleted": True}, rev=rev)

    def bulk_docs(self, docs: Sequence[Any], *, new_edits: bool = True) -> list[dict[str, Any]]:
        """CouchDB's ``_bulk_docs``, in one commit.

        A result for each document; with ``new_edits=False`` (revisions of other nodes, merged into the trees) only the
        failures, so ``[]`` on success. Raises BadRequest when the request as a whole is wrong.
        """
        if new_edits:
            drafts = edits.drafts(docs)
            with self.transaction() as tx:
                return edits.edit_many(tx, drafts)
        arrivals = incoming.arrivals(docs)
        with self.transaction() as tx:
            return incoming.merge_many(tx, arrivals)

    def purge(self, asked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Forgets leaf revisions, as if they had never been (CouchDB's ``_purge``). They don't replicate as deleted."""
        with self.transaction() as tx:
            done, self.purge_seq = maintenance.purge(self, tx, asked)
        return done

    def retract(self, id: str, rev: str) -> bool:
        """Takes a leaf revision back: its parent is the leaf again. False (and nothing done) where that can't be."""
        with self.transaction() as tx:
            return maintenance.retract(tx, id, rev)

    # -- attachments ---------------------------------------------------------------------------------------------

    def get_attachment(self, id: str, name: str, *, rev: str | None = None) -> Attachment:
        """An attachment with its bytes. Raises NotFound."""
        with self.snapshot() as connection:
            return attached.get(connection, id, name, rev)

    def attachment_bytes(self, digest: str) -> bytes:
        """The stored bytes of an attachment, still gzipped if its stub tells an ``encoding``. Raises NotFound."""
        with self.reading() as connection:
            return attachments.stored(connection, digest)

    def put_attachment(self, id: str, name: str, data: bytes, content_type: str, *, rev: str | None = None) -> str:
        """Adds or replaces an attachment (and makes the document, without `rev`, where there is none)."""
        with self.transaction() as tx:
            return attached.put(tx, id, name, data, content_type, rev)

    def delete_attachment(self, id: str, name: str, *, rev: str | None) -> str:
        """Takes an attachment away. Raises NotFound, Conflict."""
        with self.transaction() as tx:
            return attached.delete(tx, id, name, rev)

    # -- local documents -----------------------------------------------------------------------------------------

    def get_local(self, id: str) -> dict[str, Any] | None:
        """The local document `id` (without ``_local/``), or None."""
        with self.reading() as connection:
            return local_docs.get(connection, id)

    def put_local(self, id: str, doc: Mapping[str, Any]) -> str:
        """Writes a local document and returns its new ``0-N``."""
        with self.transaction() as tx:
            return local_docs.put(tx.connection, id, doc)

    def delete_local(self, id: str) -> None:
        """Deletes a local document. Raises NotFound."""
        with self.transaction() as tx:
            local_docs.delete(tx.connection, id)

    def local_docs(self) -> list[dict[str, Any]]:
        """All local documents."""
        with self.reading() as connection:
            return local_docs.every(connection)

    # -- the changes feed ----------------------------------------------------------------------------------------

    def changes(self, since: Any = "0", **options: Any) -> ChangesPage:
        """A page of the changes feed, parsed; options as in `changes.page`."""
        return self.changes_json(since, **options).parsed()

    def changes_json(self, since: Any = "0", **options: Any) -> ChangesJSON:
        """A page of the changes feed, each row as JSON with its document unparsed."""
        return changes.page(self, since, **options)

    def batch(self, since: Any, limit: int, *, bodies: bool = True) -> Batch:
        """A page of the feed as a replicator sends it on."""
        with self.reading() as connection:
            return changes.batch(self, connection, since, limit, bodies)

    def unsent(self, since: Any) -> tuple[int, Record | None]:
        """How many documents were last written *here* after `since`, and the oldest of them."""
        with self.reading() as connection:
            return changes.unsent(self, connection, since)

    def unsent_types(self, since: Any) -> dict[str | None, int]:
        """How many of them there are of each type; None: deletions, and documents without a type."""
        with self.reading() as connection:
            return changes.unsent_types(self, connection, since)

    # -- indexes -------------------------------------------------------------------------------------------------

    def find(self, index: str, value: Any = queries.ANY, **options: Any) -> list[Record]:
        """Live documents by an index; options as in `queries.find`."""
        with self.reading() as connection:
            return queries.find(self, connection, index, value, **options)

    def between(self, low: str, high: str, *, limit: int | None = None, descending: bool = False) -> list[Record]:
        """Live documents whose ids lie from `low` to `high` (both included), in the order of ids."""
        with self.reading() as connection:
            return queries.between(connection, low, high, limit=limit, descending=descending)

    def tally(self, index: str) -> dict[Any, int]:
        """How many live documents each value of an index has."""
        with self.reading() as connection:
            return queries.tally(self, connection, index)

    def search(
        self, type: str, text: str, *, limit: int = 50, within: tuple[str, Sequence[Any]] | None = None
    ) -> list[Record]:
        """Live documents of `type` in which every word of `text` begins a word of theirs, the best first; `within`:
        only those that have one of these values in an index."""
        with self.reading() as connection:
            return queries.search(self, connection, type, text, limit, within)

    def disputes(
        self,
        *,
        types: Sequence[str | None] | None = None,
        words: str | None = None,
        unsearched: Collection[str] = (),
        before: int | None = None,
        limit: int = 50,
    ) -> list[Record]:
        """Documents in dispute (`app.docs.disputes`), the newest change here first; options as in `disputes.page`."""
        with self.snapshot() as connection:
            return disputes.page(
                connection, types=types, words=words, unsearched=unsearched, before=before, limit=limit
            )

    def dispute_counts(self, words: str | None = None, unsearched: Collection[str] = ()) -> dict[str | None, int]:
        """How many documents of each type are in dispute; None: those without a type."""
        with self.snapshot() as connection:
            return disputes.counts(connection, words, unsearched)

    def each(self, type: str) -> Iterator[Record]:
        """All live documents of `type`, the oldest here first, read in pages."""
        return queries.each(self, type)

    # -- maintenance ---------------------------------------------------------------------------------------------

    def compact(self) -> None:
        """Drops the bodies of ancestors and bytes that nothing names any more, and gives the space back."""
        maintenance.compact(self)

    def forget(self, ids: Iterable[str]) -> int:
        """Drops the bodies of these documents' ancestors, for good; how many there were (`app.docs.forgetting`)."""
        wanted = frozenset(ids)
        with self.transaction() as tx:
            tx.forgotten |= wanted
            return sum(forgetting.forget(tx, id) for id in sorted(wanted))

    def scrub(self, types: Sequence[str] = ()) -> bool:
        """Leaves no byte in the file of what was deleted; whether its log could be emptied too. Not in a
        transaction."""
        return forgetting.scrub(self, types)

    def marked(self, types: Sequence[str], member: str, since: int) -> list[Record]:
        """Live documents of `types` whose `member` is true and which changed after change number `since`."""
        with self.reading() as connection:
            return forgetting.marked(connection, types, member, since)

    def verify(self) -> list[str]:
        """What is wrong with the file, the trees and the indexes, in words; empty when all is well."""
        return maintenance.verify(self)

    def table(self, type: str) -> TinyTable:
        """The documents of `type` as a TinyDB table."""
        from app.docs.tiny import TinyDocs  # imported late: the sale path does without TinyDB

        return TinyDocs(self).table(type)
