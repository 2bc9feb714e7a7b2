"""The design documents and Mango indexes of a company's databases, as `couch.designs` has them.

What a person added to one of our design documents (a view, a filter) stays; what we say of it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from couch.designs import Kind, content_hash, design_documents, indexes
from couch.server import CentralError, Server
from couch.steps import Step

Doc = dict[str, Any]

#: How often somebody else may be quicker to write a document.
TRIES = 3


def steps(server: Server, database: str, known: set[str], *, mango: bool) -> Iterator[Step]:
    """What is missing or otherwise in this database; indexes only where there is Mango."""
    kind: Kind = "company" if database == "company" else "store"
    there = server.documents(database, "_design/") if database in known else []
    have = {doc["_id"]: doc for doc in there}
    for wanted in design_documents(kind):
        old = have.get(wanted["_id"])
        if old is None or _next(old, wanted) != old:
            version, before = wanted["couchtill"], (old or {}).get("couchtill")
            what = "made" if old is None else f"{_version(before)} → {_version(version)}"
            name = f"{database}/{wanted['_id'].removeprefix('_design/')}"
            yield Step("design", name, what, before, version, partial(_put, server, database, wanted))
    for body in indexes(kind) if mango else ():
        definition = _definition(have.get(f"_design/{body['ddoc']}"), body["name"])
        if definition != body["index"]:
            name, make = f"{database}/{body['name']}", partial(server.make_index, database, body)
            what = "on " + ", ".join(map(str, body["index"]["fields"]))
            yield Step("index", name, what, definition, body["index"], make)


def _version(told: Mapping[str, Any] | None) -> str:
    return f"version {told.get('version')} ({str(told.get('hash'))[:8]})" if told else "without a version"


def _next(old: Doc, wanted: Doc) -> Doc:
    """What `old` becomes: `wanted` where it is as an older CouchTill has left it, else itself with all that is
    wanted in it."""
    if content_hash(old) == (old.get("couchtill") or {}).get("hash"):
        return {**wanted, "_rev": old["_rev"]}
    return _with(old, wanted)


def _with(old: Mapping[str, Any], wanted: Mapping[str, Any]) -> Doc:
    new = dict(old)
    for key, value in wanted.items():
        mine = old.get(key)
        new[key] = _with(mine, value) if isinstance(value, dict) and isinstance(mine, dict) else value
    return new


def _put(server: Server, database: str, wanted: Doc) -> None:
    for _ in range(TRIES):
        old = server.document(database, wanted["_id"])
        new = wanted if old is None else _next(old, wanted)
        if new == old or server.save(database, new):
            return
    raise CentralError(f"{database}/{wanted['_id']} is being changed by somebody else all the time.")


def _definition(doc: Doc | None, name: str) -> Any:
    """What an index was asked to be, as CouchDB keeps it beside its own form of it."""
    view = ((doc or {}).get("views") or {}).get(name) or {}
    return (view.get("options") or {}).get("def")
