"""A database as the command line names it: a file (``DIR/company.db``) or a URL (``http://user:password@host/db``).

Both sides answer the same few calls with CouchDB's shapes, so that ``load`` and ``dump`` need not know which it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote

from app.docs import json
from app.docs.database import Database
from app.docs.errors import DocsError, NotFound, StoreError
from app.node.config import NodeError

Doc = dict[str, Any]

#: Documents of a page that is read, and at most of one that is written.
PAGE = 500

#: Seconds that a server may take for one answer.
TIMEOUT = 60.0


class Place(Protocol):
    """Where documents come from or go to."""

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool) -> list[dict[str, Any]]: ...

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Any]: ...

    def read_many(self, ids: Sequence[str]) -> list[Doc | None]: ...

    def pages(self) -> Iterator[list[Doc]]:
        """The live documents by id, attachments included, a page at a time."""
        ...


def is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


@contextlib.contextmanager
def open_place(place: str, *, write: bool) -> Iterator[Place]:
    """The database at ``place``. A file is made when it is written to and isn't there; a URL must be there.

    Writing takes the lock of the file's directory: a running node's is refused. Errors in words.
    """
    if is_url(place):
        with _Remote(place) as remote:
            yield remote
    else:
        with open_file(Path(place), write=write) as database:
            yield _Local(database)


@contextlib.contextmanager
def open_file(
    path: Path, *, write: bool, indexed: bool = False, create: bool = True, lock: bool = True
) -> Iterator[Database]:
    """The database in the file ``path``, alone with it when ``write`` (unless ``lock`` is held already)."""
    from app.docs.directory import lock_folder

    if path.is_dir():
        raise NodeError(f"{path} is a directory; name a database in it, as in {path / 'company.db'}.")
    if path.suffix != ".db":
        raise NodeError(f"{path} is no database's file: their names end in .db, as in {path.with_suffix('.db')}.")
    if not path.exists() and (not write or not create):
        raise NodeError(f"{path} is not there.")
    if not path.parent.is_dir():
        raise NodeError(f"{path.parent} is no directory.")
    indexes: Sequence[Any] | None = None
    name = unquote(path.stem)
    if indexed:
        from app.shop.indexes import indexes_for

        indexes = indexes_for(name)
    with lock_folder(path.parent) if write and lock else contextlib.nullcontext():
        database = Database(path, name=name, indexes=indexes, read_only=not write, create=write and create)
        try:
            yield database
        finally:
            database.close()


class _Local:
    def __init__(self, database: Database) -> None:
        self.database = database

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool) -> list[dict[str, Any]]:
        return self.database.bulk_docs(list(docs), new_edits=new_edits)

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        return self.database.revs_diff({id: list(wanted) for id, wanted in revs.items()})

    def read_many(self, ids: Sequence[str]) -> list[Doc | None]:
        records = self.database.read_many(list(ids))
        return [None if record is None or record.deleted else record.full() for record in records]

    def pages(self) -> Iterator[list[Doc]]:
        start: str | None = None
        while True:
            rows = self.database.all_docs(start=start, limit=PAGE, include_docs=True, skip=0 if start is None else 1)[
                "rows"
            ]
            if rows:
                yield [self._whole(row["doc"]) for row in rows]
            if len(rows) < PAGE:
                return
            start = rows[-1]["id"]

    def _whole(self, doc: Doc) -> Doc:
        return self.database.get(doc["_id"], attachments=True) if "_attachments" in doc else doc


class _Remote:
    """A database of a CouchDB, or of what speaks like one, over HTTP."""

    def __init__(self, url: str) -> None:
        import requests

        from app.replicator.auth import parse_url

        try:
            endpoint, credentials = parse_url(url)
        except ValueError as error:
            raise NodeError(str(error)) from None
        self.url = endpoint.url
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        if credentials is not None:
            self._session.headers["Authorization"] = credentials.basic

    def __enter__(self) -> _Remote:
        self._ask("GET", "")
        return self

    def __exit__(self, *error: object) -> None:
        self._session.close()

    def _ask(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        import requests

        data = None if body is None else json.dumps(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        try:
            answer = self._session.request(
                method, self.url + path, data=data, params=params, headers=headers, timeout=TIMEOUT
            )
        except requests.ConnectionError:
            raise NodeError(f"{self.url} can't be reached.") from None
        except requests.RequestException as error:
            raise NodeError(f"{self.url} doesn't answer: {type(error).__name__}.") from None
        try:
            value = json.loads(answer.content)
        except DocsError:
            raise NodeError(f"{self.url} answers {answer.status_code}, but not as a CouchDB does.") from None
        if answer.status_code >= 400:
            reason = value.get("reason") if isinstance(value, dict) else None
            if answer.status_code == 404:
                raise NotFound(reason)
            if answer.status_code == 401:
                raise NodeError(f"{self.url} does not accept this name and password.")
            if answer.status_code == 403:
                raise NodeError(f"{self.url} is closed to this user: {reason}")
            raise _Refused(answer.status_code, value if isinstance(value, dict) else {})
        return value

    def bulk_docs(self, docs: Sequence[Doc], *, new_edits: bool) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self._ask("POST", "/_bulk_docs", {"docs": list(docs), "new_edits": new_edits})
        return answer

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask("POST", "/_revs_diff", revs)
        return answer

    def read_many(self, ids: Sequence[str]) -> list[Doc | None]:
        answer = self._ask("POST", "/_all_docs", {"keys": list(ids)}, include_docs="true")
        return [row.get("doc") for row in answer["rows"]]

    def pages(self) -> Iterator[list[Doc]]:
        start: dict[str, str] = {}
        while True:
            rows = self._ask("GET", "/_all_docs", include_docs="true", limit=str(PAGE), **start)["rows"]
            if rows:
                yield [self._whole(row["doc"]) for row in rows]
            if len(rows) < PAGE:
                return
            start = {"start_key": json.dumps(rows[-1]["id"]).decode(), "skip": "1"}

    def _whole(self, doc: Doc) -> Doc:
        if "_attachments" not in doc:
            return doc
        id = doc["_id"]
        path = "_design/" + quote(id[8:], safe="") if id.startswith("_design/") else quote(id, safe="")
        whole: Doc = self._ask("GET", "/" + path, attachments="true", rev=doc["_rev"])
        return whole


class _Refused(DocsError):
    """A server's answer of 400 and up, under its own name."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        self.status = status
        self.error = str(answer.get("error", "error"))
        super().__init__(str(answer.get("reason", f"HTTP {status}")))


__all__ = ["Place", "StoreError", "is_url", "open_file", "open_place"]
