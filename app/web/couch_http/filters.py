"""``_changes?filter=``: what a feed leaves out, by a function of a design document.

Rows are read first and shown to the function then, many in one call: a slow function holds no connection of the
database. As in CouchDB each revision that a row names is asked for by itself (`style` ``all_docs``: every leaf, deleted
ones too), and a row stays with those that pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from app.couchjs.engine import Program
from app.docs import json
from app.docs.changes import ChangesJSON
from app.docs.database import Database
from app.docs.errors import BadRequest, NotFound
from app.web.couch_http import access
from app.web.couch_http.functions import Functions
from app.web.couch_http.proposals import REVS
from app.web.couch_http.request import Request

#: Rows that are read, and shown, at once.
PAGE: Final = 100


class Filter(NamedTuple):
    """A function that a feed goes through: `kind` and `name` as `Engine.filter` takes them, `request` its ``req``."""

    functions: Functions
    program: Program
    kind: str
    name: str
    request: bytes

    def compile(self) -> None:
        """Raises what is wrong with the function itself: FunctionError, NotFound."""
        self.functions.passing(self.program, self.kind, self.name, self.request, [])


def named(request: Request, database: Database, name: str, args: Mapping[str, str], body: Any) -> Filter:
    """The filter that a request names: ``design/filter``, or ``_view`` with its ``view=design/view``. BadRequest,
    NotFound."""
    if name == "_view":
        view = args.get("view", "")
        if not view:
            raise BadRequest("`view` filter parameter is not provided.")
        kind, parts, wanted = "filter_view", _parts(view), "`view` must be of the form `designname/viewname`"
    else:
        kind, parts, wanted = "filter", _parts(name), "`filter` must be of the form `designname/filtername`"
    if len(parts) != 2:
        raise BadRequest(wanted)
    design, function = parts
    program, design_body = request.functions.program(database, design)
    members = design_body.get("views" if kind == "filter_view" else "filters")
    if not isinstance(members, dict):
        raise NotFound(f"missing json key: {'views' if kind == 'filter_view' else 'filters'}")
    if function not in members:
        raise NotFound(f"missing json key: {function}")
    said = b"null" if kind == "filter_view" else json.dumps(req(request, database, body))
    return Filter(request.functions, program, kind, function, said)


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part]


def req(request: Request, database: Database, body: Any) -> dict[str, Any]:
    """What CouchDB tells a function of the request (`chttpd_external:json_req_obj`), without its secrets."""
    raw = request.environ.get("REQUEST_URI") or request.raw_path
    secret = ("AUTHORIZATION", "COOKIE")
    headers = {
        key[5:].replace("_", "-").title(): value
        for key, value in request.environ.items()
        if key.startswith("HTTP_") and key[5:] not in secret and isinstance(value, str)
    }
    query: dict[str, Any] = {}
    for key, value in request.query:
        query[key] = _parsed(value) if key in ("startkey", "endkey", "key", "descending") else value
    return {
        "info": database.info(),
        "uuid": None,
        "id": None,
        "method": request.method,
        "requested_path": request.path,
        "path": request.path,
        "raw_path": raw,
        "query": query,
        "headers": headers,
        "body": json.dumps(body).decode() if body else "undefined",
        "peer": request.environ.get("REMOTE_ADDR") or "",
        "form": {},
        "cookie": {},
        "userCtx": {"db": database.name, "name": request.identity.name, "roles": list(request.identity.roles)},
        "secObj": access.security_of(database),
    }


def _parsed(value: str) -> Any:
    try:
        return json.loads(value.encode("utf-8", "surrogateescape"))
    except BadRequest:
        return value


def pages(
    database: Database, filter: Filter, page: Mapping[str, Any], since: str, limit: int | None, descending: bool
) -> Iterator[ChangesJSON]:
    """Pages of the feed after `since` with what passes, up to its end, or until `limit` rows came; perhaps empty ones.
    FunctionError, NotFound, ServiceUnavailable."""
    left = limit
    before: int | None = None
    while True:
        if descending:
            read = database.changes_json(limit=PAGE, descending=True, before=before, **page)
            before = read.last_n
        else:
            read = database.changes_json(since, limit=PAGE, **page)
            since = read.last_seq
        kept, seqs = _kept(database, filter, read.rows)
        if left is not None and len(kept) >= left:
            yield _cut(database, read, kept, seqs, left)
            return
        yield ChangesJSON(kept, read.last_seq, read.pending, read.last_n)
        left = None if left is None else left - len(kept)
        if len(read.rows) < PAGE:
            return


def _cut(database: Database, read: ChangesJSON, kept: list[bytes], seqs: list[int], left: int) -> ChangesJSON:
    """A page that ends with its row number `left`, as if no more had been read."""
    if left == 0:
        return ChangesJSON([], read.last_seq, read.pending, read.last_n)
    at = seqs[left - 1]
    row = json.loads(read.rows[at])
    n = int(str(row["seq"]).partition("-")[0])
    return ChangesJSON(kept[:left], row["seq"], read.pending + len(read.rows) - at - 1, n)


def _kept(database: Database, filter: Filter, rows: list[bytes]) -> tuple[list[bytes], list[int]]:
    """The rows that pass, and where they stood."""
    parsed = [json.loads(row) for row in rows]
    asked = [(at, change["rev"]) for at, row in enumerate(parsed) for change in row["changes"]]
    shown: list[tuple[int, str, bytes]] = []
    for at, rev in asked:
        try:
            doc = database.get_json(parsed[at]["id"], rev=rev, revs=True)
        except NotFound:  # gone since
            continue
        shown.append((at, rev, _shortened(doc)))
    passes = filter.functions.passing(
        filter.program, filter.kind, filter.name, filter.request, [doc for _, _, doc in shown]
    )
    passing: dict[int, list[str]] = {}
    for (at, rev, _), passed in zip(shown, passes, strict=True):
        if passed:
            passing.setdefault(at, []).append(rev)
    kept = []
    for at in sorted(passing):
        all_of_them = len(passing[at]) == len(parsed[at]["changes"])
        kept.append(rows[at] if all_of_them else _with_revs(parsed[at], passing[at]))
    return kept, sorted(passing)


def _with_revs(row: dict[str, Any], revs: list[str]) -> bytes:
    return json.dumps({**row, "changes": [{"rev": rev} for rev in revs]})


def _shortened(doc: bytes) -> bytes:
    if doc.count(b'","') < REVS:
        return doc
    value = json.loads(doc)
    value["_revisions"]["ids"] = value["_revisions"]["ids"][:REVS]
    return json.dumps(value)
