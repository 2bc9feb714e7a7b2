"""Reading documents: one, some revisions of it, many at once, and what a peer lacks.

Answers are spliced from the stored texts; nothing here parses a body.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from app.docs import attachments, revision
from app.docs import tree as trees
from app.docs.errors import BadRequest, NotFound
from app.docs.record import COLUMNS, Record, dump, parse, pick_path, revisions, splice

if TYPE_CHECKING:
    from app.docs.database import Database

_BY_ID = f"SELECT {COLUMNS} FROM docs WHERE id = ?"
_CHUNK = 500  # ids asked for in one statement
_ILLEGAL = "Only reserved document ids may start with underscore."


class Version(NamedTuple):
    """One revision of a document, with what a reader may want to know of it."""

    id: str
    path: trees.Path
    atts: str | None
    body: str

    @property
    def rev(self) -> str:
        return f"{self.path[0]}-{self.path[2][0]}"


def record(connection: sqlite3.Connection, id: str) -> Record | None:
    """The row of a document, or None."""
    row = connection.execute(_BY_ID, (id,)).fetchone()
    return None if row is None else Record._make(row)


def records(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Record]:
    """The rows of those of `ids` that are here."""
    found: dict[str, Record] = {}
    if len(ids) == 1:
        one = record(connection, ids[0])
        return {} if one is None else {ids[0]: one}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        for row in connection.execute(f"SELECT {COLUMNS} FROM docs WHERE id IN ({marks})", chunk):
            found[row[1]] = Record._make(row)
    return found


def version(connection: sqlite3.Connection, row: Record, rev: str, paths: trees.Tree | None = None) -> Version | None:
    """Revision `rev` of a document, or None where it isn't in the tree or its body is no longer kept."""
    path = pick_path(row.paths() if paths is None else paths, rev)
    if path is None:
        return None
    if rev == row.rev:
        return Version(row.id, path, row.atts, row.body)
    sql = "SELECT deleted, atts, body FROM bodies WHERE doc = ? AND rev = ?"
    kept = connection.execute(sql, (row.n, rev)).fetchone()
    if kept is None:
        return None
    # The tree tells of its leaves only whether they are tombstones; a document that came back has one further up.
    return Version(row.id, (path[0], kept[0] == 1, path[2]), kept[1], kept[2])


def held(connection: sqlite3.Connection, row: Record) -> list[Version]:
    """Every revision of a document whose body is at hand, the winner first, tombstones and losing leaves too."""
    paths = row.paths()
    found = [Version(row.id, paths[0], row.atts, row.body)]
    sql = "SELECT rev, deleted, atts, body FROM bodies WHERE doc = ? ORDER BY rev"
    for rev, deleted, atts, body in connection.execute(sql, (row.n,)):
        path = pick_path(paths, rev)
        if path is not None and rev != row.rev:
            found.append(Version(row.id, (path[0], deleted == 1, path[2]), atts, body))
    return found


def render(
    connection: sqlite3.Connection,
    one: Version,
    *,
    revs: bool = False,
    with_attachments: bool = False,
    atts_since: Sequence[str] | None = None,
    att_encoding_info: bool = False,
    extra: str = "",
) -> str:
    """The JSON text of a revision: head, body, `extra`, attachments (as stubs, or with their bytes)."""
    if revs:
        extra = f',"_revisions":{dump(revisions(one.path))}{extra}'
    if one.atts is not None:
        shown = attachments.shown(
            connection,
            one.atts,
            data=with_attachments or atts_since is not None,
            since=_common_generation(one.path, atts_since),
            encoding_info=att_encoding_info,
        )
        extra += f',"_attachments":{dump(shown)}'
    return splice(one.id, one.rev, one.path[1], one.body, extra)


def in_list(connection: sqlite3.Connection, row: Record, *, conflicts: bool, with_attachments: bool) -> str:
    """The JSON text of a winner as ``include_docs`` puts it into a feed or a list."""
    extra = ""
    if conflicts and row.conflicts:
        others = [path_rev(path) for path in row.paths()[1:] if not path[1]]
        extra = f',"_conflicts":{dump(others)}'
    if with_attachments and row.atts is not None:
        one = Version(row.id, row.paths()[0], row.atts, row.body)
        return render(connection, one, with_attachments=True, extra=extra)
    return row.text(extra)


def _common_generation(path: trees.Path, known: Sequence[str] | None) -> int:
    """The newest generation of `path` that the reader has (its ``atts_since``): older attachments needn't be sent."""
    best = 0
    for rev in known or ():
        generation, hash_ = revision.parse(rev)
        at = path[0] - generation
        if 0 <= at < len(path[2]) and path[2][at] == hash_:
            best = max(best, generation)
    return best


def get(
    database: Database,
    connection: sqlite3.Connection,
    id: str,
    *,
    rev: str | None = None,
    revs: bool = False,
    revs_info: bool = False,
    conflicts: bool = False,
    deleted_conflicts: bool = False,
    local_seq: bool = False,
    attachments: bool = False,
    atts_since: Sequence[str] | None = None,
    att_encoding_info: bool = False,
    latest: bool = False,
) -> bytes:
    """``GET /db/id``. Raises NotFound ("missing" or "deleted"), BadRequest on a malformed `rev`.

    As in CouchDB `latest` answers the winner whatever `rev` is, and a document asked for by `rev` says nothing of other
    revisions: `revs_info`, the conflicts and `local_seq` are for the winner.
    """
    row = record(connection, id)
    if rev is not None:
        generation, hash_ = revision.parse(rev)
        rev = None if latest else f"{generation}-{hash_}"
    if row is None:
        raise NotFound("missing")
    paths = row.paths()
    if rev is not None:
        revs_info = conflicts = deleted_conflicts = local_seq = False
    elif row.deleted:
        raise NotFound("deleted")
    one = version(connection, row, rev or row.rev, paths)
    if one is None:
        raise NotFound("missing")
    extra = ""
    if revs_info:
        extra += f',"_revs_info":{dump(_revs_info(connection, row, one.path))}'
    others = [f"{path[0]}-{path[2][0]}" for path in paths[1:] if not path[1]]
    gone = [f"{path[0]}-{path[2][0]}" for path in paths[1:] if path[1]]
    if conflicts and others:
        extra += f',"_conflicts":{dump(others)}'
    if deleted_conflicts and gone:
        extra += f',"_deleted_conflicts":{dump(gone)}'
    if local_seq:
        extra += f',"_local_seq":{row.seq}'
    return render(
        connection,
        one,
        revs=revs,
        with_attachments=attachments,
        atts_since=atts_since,
        att_encoding_info=att_encoding_info,
        extra=extra,
    ).encode()


def _revs_info(connection: sqlite3.Connection, row: Record, path: trees.Path) -> list[dict[str, str]]:
    kept = dict(connection.execute("SELECT rev, deleted FROM bodies WHERE doc = ?", (row.n,)).fetchall())
    kept[row.rev] = row.deleted
    words = {None: "missing", 0: "available", 1: "deleted"}
    revs = [f"{path[0] - back}-{hash_}" for back, hash_ in enumerate(path[2])]
    return [{"rev": rev, "status": words[kept.get(rev)]} for rev in revs]


def open_revs(
    database: Database,
    connection: sqlite3.Connection,
    id: str,
    revs: Sequence[str] | str,
    *,
    latest: bool = False,
    with_revs: bool = False,
    attachments: bool = False,
    atts_since: Sequence[str] | None = None,
    att_encoding_info: bool = False,
) -> list[dict[str, Any]]:
    """``GET /db/id?open_revs=…``: ``{"ok": doc}`` or ``{"missing": rev}`` each. NotFound for ``all`` of no document."""
    row = record(connection, id)
    if revs == "all":
        if row is None:
            raise NotFound("missing")
        asked: list[str] = row.leaves()
    else:
        if isinstance(revs, str) or not all(isinstance(rev, str) for rev in revs):
            raise BadRequest("Invalid rev format")
        asked = ["{}-{}".format(*revision.parse(rev)) for rev in revs]
    found: list[dict[str, Any]] = []
    shown: set[str] = set()
    paths = row.paths() if row is not None else ()
    for rev in asked:
        one = None
        for newest in (trees.latest(paths, rev) if latest and row is not None else [rev]) or [rev]:
            one = version(connection, row, newest, paths) if row is not None else None
            if one is None or newest in shown:
                continue
            shown.add(newest)
            text = render(
                connection,
                one,
                revs=with_revs,
                with_attachments=attachments,
                atts_since=atts_since,
                att_encoding_info=att_encoding_info,
            )
            found.append({"ok": parse(text)})
        if one is None:
            found.append({"missing": rev})
    return found


def bulk_get(
    database: Database,
    connection: sqlite3.Connection,
    entries: Iterable[Any],
    *,
    revs: bool = False,
    latest: bool = False,
    attachments: bool = False,
) -> list[bytes]:
    """CouchDB's ``_bulk_get`` results: one object an entry, in the order asked; errors stand in their place."""
    asked = list(entries)
    ids = [entry["id"] for entry in asked if isinstance(entry, Mapping) and isinstance(entry.get("id"), str)]
    known = records(connection, ids)
    return [
        _bulk_get_one(connection, entry, known, revs=revs, latest=latest, attachments=attachments).encode()
        for entry in asked
    ]


def _bulk_get_one(
    connection: sqlite3.Connection,
    entry: Any,
    known: Mapping[str, Record],
    *,
    revs: bool,
    latest: bool,
    attachments: bool,
) -> str:
    if not isinstance(entry, Mapping) or not entry:
        return _failed(None, None, "bad_request", "document must be a JSON object")
    id = entry.get("id")
    if id is None:
        return _failed(None, None, "bad_request", "document id missed")
    if not isinstance(id, str):
        return _failed(id, None, "illegal_docid", "Document id must be a string")
    if not id or (id[0] == "_" and not id.startswith(("_design/", "_local/"))):
        return _failed(id, None, "illegal_docid", _ILLEGAL if id else "Document id must not be empty")
    rev = entry.get("rev")
    row = known.get(id)
    since = entry.get("atts_since")
    if rev is None:
        if row is None:
            return _failed(id, "undefined", "not_found", "missing")
        wanted = [path_rev(path) for path in row.paths()]
    else:
        try:
            generation, hash_ = revision.parse(rev)
        except BadRequest as error:
            return _failed(id, rev, error.error, error.reason)
        wanted = [f"{generation}-{hash_}"]
    if since is not None and not isinstance(since, list):
        return _failed(id, since, "bad_request", "att_since value must be array of revs.")
    for older in since or ():
        try:
            revision.parse(older)
        except BadRequest as error:
            return _failed(id, older, error.error, error.reason)
    if row is None:
        return _failed(id, wanted[0], "not_found", "missing")
    paths = row.paths()
    if latest and rev is not None:
        wanted = trees.latest(paths, wanted[0]) or wanted
    docs = []
    for one_rev in wanted:
        one = version(connection, row, one_rev, paths)
        if one is None:
            docs.append(f'{{"error":{_error(id, one_rev, "not_found", "missing")}}}')
            continue
        text = render(connection, one, revs=revs, with_attachments=attachments, atts_since=since)
        docs.append(f'{{"ok":{text}}}')
    return f'{{"id":{dump(id)},"docs":[{",".join(docs)}]}}'


def path_rev(path: trees.Path) -> str:
    return f"{path[0]}-{path[2][0]}"


def _error(id: Any, rev: Any, error: str, reason: str) -> str:
    return dump({"id": id, "rev": rev, "error": error, "reason": reason})


def _failed(id: Any, rev: Any, error: str, reason: str) -> str:
    return f'{{"id":{dump(id)},"docs":[{{"error":{_error(id, rev, error, reason)}}}]}}'


def revs_diff(connection: sqlite3.Connection, asked: Any) -> dict[str, Any]:
    """CouchDB's ``_revs_diff``. A revision is present wherever it stands in the tree, with or without a body."""
    if not isinstance(asked, Mapping):
        raise BadRequest("Request body must be a JSON object")
    wanted: dict[str, list[str]] = {}
    for id, revs in asked.items():
        if not isinstance(revs, list):
            raise BadRequest("missing_revs values must be an array")
        wanted[id] = [f"{generation}-{hash_}" for generation, hash_ in map(revision.parse, revs)]
    answer: dict[str, Any] = {}
    ids = list(wanted)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        rows = connection.execute(f"SELECT id, rev, tree FROM docs WHERE id IN ({marks})", chunk)
        known = {id: (rev, tree) for id, rev, tree in rows}
        for id in chunk:
            entry = _diff(wanted[id], *known[id]) if id in known else _all_missing(wanted[id])
            if entry is not None:
                answer[id] = entry
    return answer


def _all_missing(revs: list[str]) -> dict[str, Any] | None:
    return {"missing": revs} if revs else None


def _diff(revs: list[str], winner: str, tree: str | None) -> dict[str, Any] | None:
    if tree is None:
        missing = [rev for rev in revs if rev != winner]
        leaves = [winner]
    else:
        paths = trees.decode(tree)
        missing = [rev for rev in revs if not trees.contains(paths, rev)]
        leaves = trees.leaves(paths)
    if not missing:
        return None
    highest = max(int(rev.partition("-")[0]) for rev in missing)
    ancestors = [leaf for leaf in leaves if int(leaf.partition("-")[0]) < highest]
    return {"missing": missing, "possible_ancestors": ancestors} if ancestors else {"missing": missing}
