"""``couchtill conflicts``: what is in dispute at a node (running or not), in a file or in a CouchDB; deciding it.

Looking is read-only. What lies at a URL, and what a dry run would write, is looked at in a database of its own that is
gone afterwards.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.docs import json
from app.docs.database import Database
from app.docs.directory import Directory
from app.docs.errors import AlreadyOpen, DocsError
from app.node import NodeError
from app.node import config as node_config
from app.node.config import NodeConfig
from app.shop.actor import ANYBODY
from app.shop.conflicts import case as cases
from app.shop.conflicts import history as histories
from app.shop.conflicts import policies
from app.shop.conflicts.case import Case
from app.shop.conflicts.history import History
from app.shop.conflicts.resolve import resolve
from app.shop.indexes import indexes_for
from app.shop.sale import SaleError
from app.transfer.place import is_url, open_file

#: Seconds that a running node may take.
TIMEOUT = 30.0
#: Rows of a changes feed in one page, and revisions of one document that are asked for.
PAGE, REVS = 1000, 100


class Source:
    """Databases to look at, and the settings that hold for them."""

    def __init__(self, databases: Sequence[Database]) -> None:
        self.databases = databases
        company = next((one for one in databases if one.name == "company"), None)
        self.asks = policies.asks(company) if company is not None else ()

    def cases(self, types: Sequence[str] | None, words: str | None) -> Iterator[Case]:
        """What is in dispute, the newest change first, database by database."""
        for database in self.databases:
            before: int | None = None
            while page := database.disputes(types=types, words=words, before=before, limit=PAGE):
                for record in page:
                    found = cases.read(database, record.id, self.asks)
                    if found is not None:
                        yield found
                before = page[-1].seq

    def find(self, id: str) -> Database:
        """The database that has the document, one in which it is in dispute first. NodeError in words."""
        having = [database for database in self.databases if database.read(id) is not None]
        if not having:
            raise NodeError(f"There is no {id} here.")
        return next((one for one in having if cases.seen(one, id) is not None), having[0])

    def case(self, database: Database, id: str) -> Case | None:
        return cases.read(database, id, self.asks)


@contextlib.contextmanager
def source(data: Path | None, db: str | None, only: str | None = None, id: str | None = None) -> Iterator[Source]:
    """The databases of the node in `data` (or of them `only` one), or the one that `db` names, a file or a URL; of a
    URL what is in dispute, or the document `id`. NodeError in words."""
    if db is not None and is_url(db):
        with _scratch() as directory:
            yield Source([_from_url(directory, db, id)])
    elif db is not None:
        with open_file(Path(db), write=False) as database:
            yield Source([database])
    else:
        assert data is not None
        node_config.read(data)
        with Directory(data, read_only=True, indexes_for=lambda name: None) as directory:
            names = [name for name in directory.names() if only is None or name == only]
            if not names:
                raise NodeError(f"{data} has no database {only}." if only else f"{data} holds no databases yet.")
            yield Source([directory.get(name) for name in sorted(names)])


def history(database: Database, id: str) -> History:
    """NodeError in words."""
    found = histories.read(database, id)
    if found is None:
        raise NodeError(f"There is no {id} in {database.name}.")
    return found


def shown(found: History) -> dict[str, Any]:
    """What `show` tells of a document out of dispute: `{"database", "id", "type", "rev", "deleted", "open"}`."""
    told = histories.told(found)
    return {name: told[name] for name in ("database", "id", "type", "rev", "deleted", "open")}


def about(case: Case) -> dict[str, Any]:
    """A row of the list: `{"database", "id", "type", "kind", "seen", "fields": [path], "joined": [path], "sides":
    [{"rev", "deleted", "at", "by", "on"}]}`."""
    told = ("rev", "deleted", "at", "by", "on")
    return {
        "database": case.database,
        "id": case.id,
        "type": case.type,
        "kind": case.kind,
        "seen": case.seen,
        "fields": [field.path for field in case.fields],
        "joined": [one.path for one in case.joined],
        "sides": [{name: getattr(side, name) for name in told} for side in case.sides],
    }


def asked(
    case: Case, take: str | None, fields: Sequence[str], values: Sequence[str], keep: str | None, note: str | None
) -> dict[str, Any]:
    """The decision as `resolve` takes it: `fields` are `path=REV`, `values` `path=JSON` (a plain word counts as text);
    a revision may be told by its beginning. NodeError in words."""
    choose: dict[str, Any] = {}
    for text in fields:
        path, rev = _pair(text, "price=3-c90e11")
        choose[path] = {"side": _rev(case, rev)}
    for text in values:
        path, given = _pair(text, 'price={"amount":1290,"per":1000}')
        try:
            choose[path] = {"value": json.loads(given)}
        except DocsError:
            choose[path] = {"value": given}
    whole = {"take": None if take is None else _rev(case, take), "choose": choose, "keep": keep, "note": note}
    return {"seen": case.seen, **{name: value for name, value in whole.items() if value}}


def decide(data: Path, database: str, id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Writes it at the node in `data`, through its own door while it runs: `{"rev", "resolution", "doc"}`. NodeError in
    words."""
    config = node_config.read(data)
    if config.kind == "hub":
        raise NodeError("A hub decides nothing: do it at head office, or at a till.")
    request = f"cli-{secrets.token_hex(12)}"
    try:
        with Directory(data, indexes_for=indexes_for) as directory:
            return _resolve(directory.get(database), directory, id, config.id, {"request": request, **wanted})
    except AlreadyOpen:
        return _tell(data, config, database, id, {"request": request, **wanted})


def rehearse(database: Database, asks: Sequence[str], id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What `decide` would write, written nowhere. NodeError in words."""
    with _scratch() as directory:
        copy = directory.create(database.name)
        _copied(copy, [one["ok"] for one in database.open_revs(id, "all", with_revs=True, attachments=True)])
        known = [doc["_rev"] for doc in database.held(id)]
        _copied(copy, [one["ok"] for one in database.open_revs(id, known, with_revs=True, attachments=True)])
        return _within(copy, id, "dry-run", asks, {"request": "dry-run-0", **wanted})


# --- behind them -----------------------------------------------------------------------------------------------------


def _resolve(database: Database, directory: Directory, id: str, on: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    asks = policies.asks(directory.get("company")) if "company" in directory.names() else ()
    return _within(database, id, on, asks, wanted)


def _within(database: Database, id: str, on: str, asks: Sequence[str], wanted: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return resolve(database, id, actor=ANYBODY, on=on, asks=asks, **wanted)
    except SaleError as wrong:
        raise NodeError(_said(wrong.as_dict())) from None


def _said(problem: Mapping[str, Any]) -> str:
    reason = str(problem.get("reason") or problem.get("error"))
    if problem.get("error") == "undecided":
        left = ", ".join(problem.get("fields") or ())
        return f"{reason} Left: {left} (--take REV, --field PATH=REV, --value PATH=JSON, --keep deleted|live)."
    field = problem.get("field")
    return f"{field}: {reason}" if field else reason


def _tell(data: Path, config: NodeConfig, database: str, id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Through the running node's own API."""
    import requests

    from app.web.users import api_key

    if config.port == 0:
        raise NodeError("This node runs on a port of its own choice: stop it to decide here, or do it on its page.")
    place = f"{quote(database, safe='')}/{'/'.join(quote(part, safe='') for part in id.split('/'))}"
    url = f"http://127.0.0.1:{config.port}/api/conflicts/{place}/resolve"
    try:
        answer = requests.post(
            url, json=dict(wanted), headers={"Authorization": f"Bearer {api_key(data)}"}, timeout=TIMEOUT
        )
        told = answer.json()
    except (requests.RequestException, ValueError):
        raise NodeError(f"The node that runs here did not take it: {url} did not answer as it should.") from None
    if answer.status_code != 200:
        raise NodeError(_said(told if isinstance(told, dict) else {"error": f"HTTP {answer.status_code}"}))
    found: dict[str, Any] = told
    return found


@contextlib.contextmanager
def _scratch() -> Iterator[Directory]:
    with tempfile.TemporaryDirectory(prefix="couchtill-") as folder, Directory(folder, indexes_for=indexes_for) as made:
        yield made


def _from_url(directory: Directory, url: str, id: str | None) -> Database:
    """What is in dispute there, or one document, in a database of its own."""
    from app.replicator import older
    from app.replicator.errors import PeerError
    from app.replicator.peer import Filter
    from app.replicator.remote import RemotePeer

    try:
        peer = RemotePeer(url)
    except ValueError as error:
        raise NodeError(str(error)) from None
    copy = directory.create(peer.endpoint.path.rstrip("/").rpartition("/")[2] or "company")
    try:
        peer.info()
        ids, since = ([] if id is None else [id]), None
        while id is None:
            page = peer.changes(since, limit=PAGE, bodies=False, filter=Filter())
            ids += [row.id for row in page.rows() if len(row.revs) > 1 and not row.deleted]
            since = page.last_seq
            if page.ends(PAGE):
                break
        for one in ids:
            _copied(copy, peer.leaves(one))
            found = histories.read(copy, one)
            wanted = list(found.missing[:REVS]) if found is not None else []
            if wanted and (id is not None or (found is not None and len(found.open) > 1)):
                _copied(copy, [doc for doc in older.look(url, one, wanted) if not doc.get("_attachments")])
    except PeerError as error:
        raise NodeError(str(error)) from None
    finally:
        peer.close()
    return copy


def _copied(copy: Database, docs: Sequence[Mapping[str, Any]]) -> None:
    if docs:
        copy.bulk_docs([dict(doc) for doc in docs], new_edits=False)


def _pair(text: str, example: str) -> tuple[str, str]:
    path, equals, rest = text.partition("=")
    if not path or not equals:
        raise NodeError(f"{text!r} must be PATH=…, as in {example}.")
    return path, rest


def _rev(case: Case, text: str) -> str:
    """The side that `text` begins. NodeError in words."""
    found = [side.rev for side in case.sides if side.rev.startswith(text)]
    if len(found) == 1:
        return found[0]
    what = "is none of the sides" if not found else "may be any of several sides"
    raise NodeError(f"{text!r} {what}: {', '.join(side.rev for side in case.sides)}.")
