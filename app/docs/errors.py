"""What can go wrong with documents, under CouchDB's names, and what can be wrong with a file.

A `DocsError` is an answer to a request: it has the HTTP status, the error's name and a reason, so the same exception
serves Python callers, `_bulk_docs` rows and HTTP answers. A `StoreError` means that a file can't be used at all; its
text is meant for the person who started the program.

Source of names and reasons: CouchDB's `chttpd:error_info/1`.
"""

from __future__ import annotations


class DocsError(Exception):
    """A request that the store refuses. `DocsError(reason)`, or no argument for the class's usual reason."""

    status: int = 500
    error: str = "unknown_error"
    reason: str = "The store could not answer."

    def __init__(self, reason: str | None = None) -> None:
        if reason is not None:
            self.reason = reason
        super().__init__(self.reason)

    def as_dict(self) -> dict[str, str]:
        """`{"error": …, "reason": …}`, the JSON body of CouchDB's error answers."""
        return {"error": self.error, "reason": self.reason}


class BadRequest(DocsError):
    status, error, reason = 400, "bad_request", "The request is not valid."


class IllegalDocId(DocsError):
    status, error, reason = 400, "illegal_docid", "Only reserved document ids may start with underscore."


class IllegalDatabaseName(DocsError):
    status, error = 400, "illegal_database_name"
    reason = (
        "Only lowercase characters (a-z), digits (0-9), and any of the characters _, $, (, ), +, -, and / are allowed. "
        "Must begin with a letter."
    )


class DocValidation(DocsError):
    status, error, reason = 400, "doc_validation", "The document has a special member that is not known."


class QueryParseError(DocsError):
    status, error, reason = 400, "query_parse_error", "A query parameter is not valid."


class Unauthorized(DocsError):
    status, error, reason = 401, "unauthorized", "You are not authorized to access this db."


class Forbidden(DocsError):
    status, error, reason = 403, "forbidden", "You are not allowed to access this db."


class NotFound(DocsError):
    """`reason` tells which: "missing", "deleted" or "Database does not exist."."""

    status, error, reason = 404, "not_found", "missing"


class Conflict(DocsError):
    status, error, reason = 409, "conflict", "Document update conflict."


class FileExists(DocsError):
    status, error, reason = 412, "file_exists", "The database could not be created, the file already exists."


class MissingStub(DocsError):
    """An attachment was sent as a stub, and no revision here has its content."""

    status, error, reason = 412, "missing_stub", "Invalid attachment stub: its content is not here."


class DocumentTooLarge(DocsError):
    status, error, reason = 413, "document_too_large", "The document is too large."


class AttachmentTooLarge(DocsError):
    status, error, reason = 413, "attachment_too_large", "The attachment is too large."


class BadContentType(DocsError):
    status, error, reason = 415, "bad_content_type", "Content-Type must be application/json"


class InsufficientStorage(DocsError):
    status, error, reason = 507, "insufficient_storage", "The disk is full: nothing was written."


class StoreError(Exception):
    """A database file that can't be used. The text says why, in words for a person."""

    reason: str = "The database file can't be used."

    def __init__(self, reason: str | None = None) -> None:
        if reason is not None:
            self.reason = reason
        super().__init__(self.reason)


class NotADatabase(StoreError):
    reason = "The file is not a CouchTill database."


class CorruptFile(StoreError):
    reason = "The database file is damaged."


class NewerSchema(StoreError):
    reason = "The database was written by a newer version of CouchTill."


class AlreadyOpen(StoreError):
    reason = "Another program has these databases open."


class ReadOnly(StoreError):
    reason = "The database is open for reading only."
