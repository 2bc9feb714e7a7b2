"""``_all_docs`` and its kin: documents by id, streamed in pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.docs import json
from app.docs.database import Database
from app.docs.errors import BadRequest, QueryParseError
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI

# Rows read at once. A page lies in memory, with its documents when they were asked for.
PAGE = 1_000
_PAGE_WITH_DOCS = 250
_UNSET: Any = object()

# Where the documents of a name space begin and end, in the order of bytes.
_SPACES = {"_all_docs": (None, None), "_design_docs": ("_design/", "_design0")}


class Query:
    """The options of one view-like query, as CouchDB reads them from a query string or a JSON object."""

    def __init__(self) -> None:
        self.start: Any = _UNSET
        self.end: Any = _UNSET
        self.keys: list[Any] | None = None
        self.inclusive_end = True
        self.descending = False
        self.limit: int | None = None
        self.skip = 0
        self.include_docs = False
        self.conflicts = False
        self.attachments = False
        self.update_seq = False

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[str, str]]) -> Query:
        query = cls()
        for name, text in pairs:
            query.read(name, json.loads(text) if name in _KEYS else text)
        return query

    @classmethod
    def of_object(cls, options: Mapping[str, Any]) -> Query:
        query = cls()
        for name, value in options.items():
            query.read(name, value)
        return query

    def read(self, name: str, value: Any) -> None:
        """Take one option. QueryParseError or BadRequest when it isn't what it should be; unknown ones are ignored."""
        if name in ("startkey", "start_key"):
            self.start = value
        elif name in ("endkey", "end_key"):
            self.end = value
        elif name == "key":
            self.start = self.end = value
        elif name == "keys":
            self.keys = value
        elif name in ("limit", "skip"):
            setattr(self, name, natural(value))
        elif name in _FLAGS:
            setattr(self, name, boolean(value))

    def cut(self, names: list[str]) -> list[str]:
        """The part of `names`, sorted in this query's direction, that it asks for."""
        low, high = (self.end, self.start) if self.descending else (self.start, self.end)
        kept = [
            name
            for name in names
            if (low is _UNSET or not isinstance(low, str) or name >= low)
            and (high is _UNSET or not isinstance(high, str) or name < high or (self.inclusive_end and name == high))
        ]
        return kept[self.skip : None if self.limit is None else self.skip + self.limit]

    def bounds(self, space: str) -> tuple[str | None, str | None] | None:
        """`start` and `end` for the store, narrowed to the name space; None when nothing can match.

        Ids are text. In CouchDB's raw order every other kind of key sorts before it.
        """
        first, last = _SPACES[space]
        if self.descending:
            first, last = last, first
        start = _bound(self.start)
        end = _bound(self.end)
        nothing = end is _UNSET if not self.descending else start is _UNSET
        if nothing and (self.start if self.descending else self.end) is not _UNSET:
            return None
        start = None if start is _UNSET else start
        end = None if end is _UNSET else end
        outer = max if self.descending is False else min
        if first is not None:
            start = first if start is None else outer(start, first)
        if last is not None:
            inner = min if self.descending is False else max
            end = last if end is None else inner(end, last)
        return start, end


_KEYS = frozenset({"startkey", "start_key", "endkey", "end_key", "key", "keys"})
_FLAGS = frozenset({"inclusive_end", "descending", "include_docs", "conflicts", "attachments", "update_seq"})


def _bound(value: Any) -> Any:
    return value if isinstance(value, str) else _UNSET


def natural(value: Any) -> int:
    """A number of 0 and more. QueryParseError."""
    try:
        number = value if type(value) is int else int(value)
    except (TypeError, ValueError):
        raise QueryParseError(f"Invalid value for integer: {_shown(value)}") from None
    if number < 0:
        raise QueryParseError(f"Invalid value for positive integer: {_shown(value)}")
    return number


def boolean(value: Any) -> bool:
    """QueryParseError where it is neither true nor false."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise QueryParseError(f"Invalid boolean parameter: {_shown(value)}")


def _shown(value: Any) -> str:
    return json.dumps(value).decode()


# ---------------------------------------------------------------- handlers


def all_docs(api: CouchAPI, request: Request, database: Database) -> Response:
    """``GET`` and ``POST`` of ``_all_docs`` and ``_design_docs``, and ``POST …/queries``."""
    path = request.path
    space = path[1]
    if len(path) == 3 and path[2] == "queries":
        return _queries(request, database, space)
    query = _query(request)
    return Response(_stream(database, query, space), zip_stream=True)


def _query(request: Request) -> Query:
    if request.method == "GET":
        query = Query.of_pairs(request.query)
        if query.keys is not None and not isinstance(query.keys, list):
            raise BadRequest("`keys` parameter must be an array.")
        return query
    if request.method != "POST":
        raise MethodNotAllowed("GET,HEAD,POST")
    request.require_json()
    body = request.json_object()
    keys = body.get("keys")
    if keys is not None and not isinstance(keys, list):
        raise BadRequest("`keys` body member must be an array.")
    query = Query.of_object(body)
    for name, text in request.query:
        query.read(name, json.loads(text) if name in _KEYS else text)
    query.keys = keys if keys is not None else query.keys
    return query


def _queries(request: Request, database: Database, space: str) -> Response:
    if request.method != "POST":
        raise MethodNotAllowed("POST")
    asked = request.json_object().get("queries")
    if asked is None:
        raise BadRequest("POST body must include `queries` parameter.")
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise BadRequest("`queries` must be an array of objects.")
    queries = []
    for one in asked:
        query = Query.of_object(one)
        if query.keys is not None and not isinstance(query.keys, list):
            raise BadRequest("`keys` member must be an array.")
        queries.append(query)

    def stream() -> Iterator[bytes]:
        yield b'{"results":['
        for number, query in enumerate(queries):
            yield b"\r\n" if number == 0 else b",\r\n"
            yield from _stream(database, query, space, end=b"")
        yield b"\r\n]}\n"

    return Response(stream(), zip_stream=True)


def _stream(database: Database, query: Query, space: str, end: bytes = b"\n") -> Iterator[bytes]:
    """The rows of a query as JSON text, read page by page: a response of a million documents needs little memory."""
    options: dict[str, Any] = {
        "include_docs": query.include_docs,
        "conflicts": query.conflicts,
        "attachments": query.attachments,
    }
    size = _PAGE_WITH_DOCS if query.include_docs else PAGE
    if query.keys is not None:
        yield from _by_keys(database, query, space, options, size, end)
        return
    bounds = query.bounds(space)
    start, stop = bounds if bounds is not None else (None, None)
    left = 0 if bounds is None else query.limit
    skip = query.skip
    first = True
    while True:
        count = size if left is None else min(size, left)
        page = database.all_docs_json(
            start=start,
            end=stop,
            inclusive_end=query.inclusive_end,
            descending=query.descending,
            limit=count,
            skip=skip,
            update_seq=query.update_seq and first,
            with_offset=first,
            **options,
        )
        if first:
            total = page.total_rows if space == "_all_docs" else _count(database, space)
            yield _opening(total, 0 if bounds is None else page.offset, page.update_seq)
        elif page.rows:
            yield b",\r\n"
        if page.rows:
            yield b",\r\n".join(page.rows)
        first = False
        if len(page.rows) < count or count == 0:
            break
        left = None if left is None else left - len(page.rows)
        if left == 0:
            break
        last = json.loads(page.rows[-1])["id"] if not query.include_docs else _id_of(page.rows[-1])
        # The next id behind `last`; before it there is no such thing, so it is read again and skipped.
        start, skip = (last, 1) if query.descending else (last + "\0", 0)
    yield b"\r\n]}" + end


def _id_of(row: bytes) -> str:
    """The id at the head of a row, ``{"id":"…","key":"…",…}``, without parsing the document behind it."""
    head = row[: row.index(b',"value":{"rev":')]
    id: str = json.loads(head + b"}")["id"]
    return id


def _by_keys(
    database: Database, query: Query, space: str, options: dict[str, Any], size: int, end: bytes
) -> Iterator[bytes]:
    keys = list(query.keys or ())
    total = database.count()
    if space != "_all_docs":
        # What lies outside is not there, as at a CouchDB: of `_users`, members see design documents and no other.
        first, last = _SPACES[space]
        keys = [key for key in keys if isinstance(key, str) and (first or "") <= key < (last or "")]
        total = _count(database, space)
    if query.descending:
        keys.reverse()
    keys = keys[query.skip : None if query.limit is None else query.skip + query.limit]
    yield _opening(total, None, database.update_seq if query.update_seq else None)
    for at in range(0, len(keys), size):
        rows = database.all_docs_json(keys=keys[at : at + size], **options).rows
        yield (b",\r\n" if at else b"") + b",\r\n".join(rows)
    yield b"\r\n]}" + end


def _opening(total: int | None, offset: int | None, update_seq: str | None) -> bytes:
    seq = b"" if update_seq is None else b',"update_seq":' + json.dumps(update_seq)
    counts = b'{"total_rows":' + json.dumps(total) + b',"offset":' + json.dumps(offset)
    return counts + seq + b',"rows":[\r\n'


def _count(database: Database, space: str) -> int:
    first, last = _SPACES[space]
    return len(database.all_docs_json(start=first, end=last).rows)


def local_docs(api: CouchAPI, request: Request, database: Database) -> Response:
    """``GET`` and ``POST /db/_local_docs``."""
    query = _query(request)
    documents = {doc["_id"]: doc for doc in database.local_docs()}
    if query.keys is not None:
        rows = [_local_row(key, documents.get(key) if isinstance(key, str) else None, query) for key in query.keys]
    else:
        names = query.cut(sorted(documents, reverse=query.descending))
        rows = [_local_row(name, documents[name], query) for name in names]
    seq = "null" if query.update_seq else None
    head = b'{"total_rows":null,"offset":null,' + (b'"update_seq":null,' if seq else b"") + b'"rows":[\r\n'
    return Response(head + b",\r\n".join(rows) + b"\r\n]}\n")


def _local_row(key: Any, document: dict[str, Any] | None, query: Query) -> bytes:
    if document is None:
        return json.dumps({"key": key, "error": "not_found"})
    row = {"id": key, "key": key, "value": {"rev": document["_rev"]}}
    if query.include_docs:
        row["doc"] = document
    return json.dumps(row)
