"""``GET`` and ``POST /db/_design/x/_view/y``, its ``queries``, and ``_info``: views as CouchDB answers them.

Map functions and reduce functions run in the engine, built-in reduces here; the rows lie in `docs.view_index`. What is
reduced is reduced when it is asked for, from the rows within the range: a hub's stores are small enough for that.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from app.docs import json, view_index
from app.docs.database import Database
from app.docs.errors import BadRequest, NotFound
from app.docs.view_index import Entry
from app.web.couch_http import access, documents, reductions, users_db, view_options
from app.web.couch_http.functions import FunctionError
from app.web.couch_http.problems import MethodNotAllowed
from app.web.couch_http.request import Request
from app.web.couch_http.response import Response, send_json
from app.web.couch_http.view_options import EXACT, ViewOptions
from app.web.couch_http.view_updates import Group, ViewUpdates, group_of

if TYPE_CHECKING:
    from app.web.couch_http.api import CouchAPI

#: Rows of a group that a reduce function is shown at once, and groups that go in one call.
ROWS: Final = 1000
GROUPS: Final = 100


def design(api: CouchAPI, request: Request, database: Database) -> Response:
    """Everything behind ``/db/_design/``: the document, its attachments, and at a hub its views. Other nodes have no
    indexes that would have to forget what their databases forget."""
    path = request.path
    what = path[3] if len(path) > 3 and not api.prefix else ""
    if what == "_info" and len(path) == 4:
        return _info(api, request, database)
    if what == "_view":
        return _view(api, request, database)
    return documents.document(api, request, database)


def _group(request: Request, database: Database) -> Group:
    if database.name == users_db.NAME:
        access.require_server_admin(request.identity)
    _program, body = request.functions.program(database, request.path[2])
    return group_of(database, f"_design/{request.path[2]}", body)


def _view(api: CouchAPI, request: Request, database: Database) -> Response:
    if request.method not in ("GET", "POST") or len(request.path) < 5:
        raise MethodNotAllowed("GET,POST,HEAD")
    group = _group(request, database)
    name, rest = request.path[4], request.path[5:]
    if name not in group.names:
        raise NotFound("missing_named_view")
    if rest and rest != ["queries"]:
        raise NotFound("missing")
    if rest:
        if request.method != "POST":
            raise MethodNotAllowed("POST")
        return _many(api, database, group, name, _queries(request))
    if request.method == "POST":
        request.require_json()
        body: Mapping[str, Any] | None = request.json_object()
        if "queries" in (body or {}):
            _queries(request)
            raise BadRequest("The `queries` parameter is no longer supported at this endpoint")
    else:
        body = None
    options = view_options.of_request(request.query, body)
    query = Query(api.views, database, group, name, options)
    return Response(Answer([query], query.stream(b"\n")), zip_stream=True)


def _queries(request: Request) -> list[ViewOptions]:
    asked = request.json_object().get("queries")
    if asked is None:
        raise BadRequest("POST body must include `queries` parameter.")
    if not isinstance(asked, list):
        raise BadRequest("`queries` member must be an array.")
    if not all(isinstance(one, dict) for one in asked):
        raise BadRequest("`queries` must be an array of objects.")
    return [view_options.of_object(request.query, one) for one in asked]


def _many(api: CouchAPI, database: Database, group: Group, name: str, asked: Sequence[ViewOptions]) -> Response:
    queries: list[Query] = []
    try:
        for options in asked:
            queries.append(Query(api.views, database, group, name, options))
    except BaseException:
        for query in queries:
            query.close()
        raise

    def stream() -> Iterator[bytes]:
        yield b'{"results":['
        for number, one in enumerate(queries):
            yield b"\r\n" if number == 0 else b",\r\n"
            yield from one.stream(b"")
        yield b"\r\n]}\n"

    return Response(Answer(queries, stream()), zip_stream=True)


class Answer:
    """The pieces of an answer, whose queries are closed with it, read or not."""

    def __init__(self, queries: Sequence[Query], pieces: Iterator[bytes]) -> None:
        self._queries, self._pieces = queries, pieces

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        finally:
            self.close()

    def close(self) -> None:
        for query in self._queries:
            query.close()


class Query:
    """One query of a view: checked, its index brought up to date, and what can go wrong done, when it is made."""

    def __init__(self, views: ViewUpdates, database: Database, group: Group, name: str, options: ViewOptions) -> None:
        self._views, self._database, self._group, self._name, self._options = views, database, group, name, options
        self._number = group.names.index(name)
        self._reduce = group.reduces.get(name)
        through = options.check(self._reduce is not None)
        self._bounds = options.bounds(through)
        index = views.index(database, group, update=options.update == "true")
        self._connection = index.connect()
        self._reduced: list[bytes] | None = None
        try:
            self._connection.execute("BEGIN")
            marks = view_index.marks(self._connection)
            self._seq = marks.get("seq", "0")
            if options.update != "true" and marks.get("uuid", database.uuid) != database.uuid:
                raise NotFound("missing")  # an index of another database of this name
            if through:
                self._reduced = self._reductions()
        except BaseException:
            self.close()
            raise
        if options.update == "lazy":
            views.later(database, group, index)

    def close(self) -> None:
        self._connection.close()

    def stream(self, end: bytes) -> Iterator[bytes]:
        """The answer as JSON, ended by `end`."""
        seq = b',"update_seq":' + json.dumps(self._seq) if self._options.update_seq else b""
        if self._reduced is not None:
            yield b"{" + (seq[1:] + b"," if seq else b"") + b'"rows":[\r\n'
            yield b",\r\n".join(self._reduced)
        else:
            total = view_index.count(self._connection, self._number)
            yield b'{"total_rows":%d,"offset":%d%b,"rows":[\r\n' % (total, min(self._offset(), total), seq)
            yield from _joined(self._rows())
        yield b"\r\n]}" + end

    # -- rows --------------------------------------------------------------------------------------------------------

    def _offset(self) -> int:
        if not self._bounds:
            return 0
        return view_index.before(self._connection, self._number, self._bounds[0]) + self._options.skip

    def _entries(self, skip: int, limit: int | None) -> Iterator[Entry]:
        """The rows asked for, through all the ranges."""
        for bounds in self._bounds:
            if limit == 0:
                return
            if skip and len(self._bounds) > 1:
                there = view_index.count(self._connection, self._number, bounds)
                if there <= skip:
                    skip -= there
                    continue
            found = 0
            for entry in view_index.entries(self._connection, self._number, bounds, limit=limit, skip=skip):
                found += 1
                yield entry
            skip = 0
            limit = None if limit is None else limit - found

    def _rows(self) -> Iterator[bytes]:
        options = self._options
        for entry in self._entries(options.skip, options.limit):
            doc = b',"doc":' + self._doc(entry) if options.include_docs else b""
            yield b'{"id":%b,"key":%b,"value":%b%b}' % (
                *(json.dumps(entry.id), entry.key.encode(), entry.value.encode()),
                doc,
            )

    def _doc(self, entry: Entry) -> bytes:
        """The document of a row, or the one that its value names."""
        wanted: dict[str, Any] = {"conflicts": self._options.conflicts, "attachments": self._options.attachments}
        id, rev = entry.id, None
        if '"_id"' in entry.value:
            value = json.loads(entry.value)
            if isinstance(value, dict) and isinstance(value.get("_id"), str):
                id, rev = value["_id"], value.get("_rev")
        if isinstance(rev, str):
            wanted["rev"] = rev
        try:
            return self._database.get_json(id, **wanted)
        except (NotFound, BadRequest):
            return b"null"

    # -- reductions --------------------------------------------------------------------------------------------------

    def _reductions(self) -> list[bytes]:
        """The rows of a reduced view, as JSON."""
        options, reduce = self._options, self._reduce or ""
        if reduce.strip().startswith("_"):
            reduce = reduce.strip()
            if reduce not in reductions.BUILT_IN:
                raise FunctionError("unknown_builtin", f"There is no built-in reduce function {reduce} here.")
        most = None if options.limit is None else options.skip + options.limit
        if most == 0:
            return []
        if reduce == "_count" and not options.grouped:
            there = sum(view_index.count(self._connection, self._number, bounds) for bounds in self._bounds)
            rows = [b'{"key":null,"value":%d}' % there] if there else []
        elif reduce in reductions.BUILT_IN:
            rows = self._built_in(reduce, most)
        else:
            rows = self._by_function(most)
        return rows[options.skip : most]

    def _groups(self) -> Iterator[tuple[str, Iterator[Entry]]]:
        """Each group's key, and its rows, which are to be read before the next group is."""
        for bounds in self._bounds:
            rest = view_index.entries(self._connection, self._number, bounds)
            ahead = next(rest, None)
            while ahead is not None:
                key = self._group_key(ahead.key)
                held: list[Entry] = []

                def of_group(first: Entry, key: str, rest: Iterator[Entry], held: list[Entry]) -> Iterator[Entry]:
                    yield first
                    for entry in rest:
                        if self._group_key(entry.key) != key:
                            held.append(entry)
                            return
                        yield entry

                members = of_group(ahead, key, rest, held)
                yield key, members
                for _ in members:
                    pass
                ahead = held[0] if held else None

    def _group_key(self, key: str) -> str:
        level = self._options.group_level
        if not level:
            return "null"
        if level == EXACT or not key.startswith("["):
            return key
        return json.dumps(json.loads(key)[:level]).decode()

    def _built_in(self, reduce: str, most: int | None) -> list[bytes]:
        made = reductions.BUILT_IN[reduce]
        needs_values = reduce not in ("_count", "_approx_count_distinct")
        rows = []
        for key, members in self._groups():
            keys, values = [], []
            for entry in members:
                keys.append(entry.key)
                values.append(json.loads(entry.value) if needs_values else None)
            try:
                value = made(keys, values)
            except reductions.InvalidValue as wrong:
                raise FunctionError("invalid_value", str(wrong)) from None
            rows.append(_row(key, value))
            if most is not None and len(rows) >= most:
                break
        return rows

    def _by_function(self, most: int | None) -> list[bytes]:
        """Small groups go many in one call; of a large one parts are reduced, and what comes of them once more."""
        rows: list[bytes] = []
        waiting: list[tuple[str, list[Any], list[Any]]] = []

        def reduced(groups: Sequence[tuple[Any, Sequence[Any]]]) -> list[Any]:
            return self._views.reduce(self._group.program, self._name, groups)

        def send() -> None:
            made = reduced([(keys, values) for _, keys, values in waiting])
            rows.extend(_row(key, value) for (key, _, _), value in zip(waiting, made, strict=True))
            waiting.clear()

        for number, (key, members) in enumerate(self._groups(), 1):
            keys: list[Any] = []
            values: list[Any] = []
            parts: list[Any] = []
            for entry in members:
                keys.append([json.loads(entry.key), entry.id])
                values.append(json.loads(entry.value))
                if len(values) == ROWS:
                    parts += reduced([(keys, values)])
                    keys, values = [], []
            if parts:
                send()
                parts += reduced([(keys, values)]) if values else []
                rows.append(_row(key, reduced([(None, parts)])[0]))
            else:
                waiting.append((key, keys, values))
                if len(waiting) == GROUPS:
                    send()
            if most is not None and number >= most:
                break
        send()
        return rows


def _row(key: str, value: Any) -> bytes:
    return b'{"key":%b,"value":%b}' % (key.encode(), json.dumps(value))


def _joined(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Rows with commas between them, some hundred at once."""
    held: list[bytes] = []
    begun = False
    for row in rows:
        held.append(row)
        if len(held) == 200:
            yield (b",\r\n" if begun else b"") + b",\r\n".join(held)
            held.clear()
            begun = True
    if held:
        yield (b",\r\n" if begun else b"") + b",\r\n".join(held)


def _info(api: CouchAPI, request: Request, database: Database) -> Response:
    """What is told of a design document's index, as much of CouchDB's as there is here."""
    if request.method != "GET":
        raise MethodNotAllowed("GET")
    group = _group(request, database)
    index = api.views.index(database, group, update=False)
    size = index.path.stat().st_size if index.path.exists() else 0
    n = 0
    if size:
        with contextlib.closing(index.connect()) as connection, contextlib.suppress(sqlite3.Error):
            n = int(view_index.marks(connection).get("n", "0"))
    pending = max(0, database.last_n - n)
    return send_json(
        {
            "name": request.path[2],
            "view_index": {
                "updates_pending": {"minimum": pending, "preferred": pending, "total": pending},
                "waiting_commit": False,
                "waiting_clients": 0,
                "updater_running": api.views.running(index),
                "update_seq": n,
                "sizes": {"file": size, "external": size, "active": size},
                "signature": group.signature,
                "purge_seq": database.purge_seq,
                "language": "javascript",
                "compact_running": False,
            },
        }
    )
