"""The design documents and Mango indexes of a central, read from the tree of JavaScript files under `couch/design/`.

    design/<kind>/<name>/validate_doc_update.js    of `_design/<name>`: what may be written
    design/<kind>/<name>/filters/<filter>.js
    design/<kind>/<name>/views/<view>/map.js, reduce.js
    design/<kind>/indexes/<index>.json             a body for `POST /db/_index`
    design/shared/<part>.js                        what several functions use

`<kind>` is "company" or "store": which databases they are for. A file holds one function, as a reader expects it. What
several share stands in `design/shared/`, and comes in where a line says ``//= shared/<part>.js``: CouchDB takes one
function, which knows nothing beside itself.

Lines ``//= reads <members>`` in a validation function are a promise: it looks at no other members of a new document. Of
``lines{}`` it looks only at what kind of thing that is. The promise stands in the design document as
``couchtill.reads``, and spares a hub of ours most of the work.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal

Kind = Literal["company", "store"]
KINDS: Final[tuple[Kind, ...]] = ("company", "store")

#: Raised with every change of what the functions decide, so that an older program knows newer rules when it sees them.
VERSION: Final = 2

_INCLUDE = re.compile(r"^([ \t]*)//= (shared/[a-z_]+\.js)$", re.MULTILINE)
_READS = re.compile(r"^[ \t]*//= reads (.+)$", re.MULTILINE)
_ROOT: Final = files("couch") / "design"


def design_documents(kind: Kind) -> list[dict[str, Any]]:
    """The design documents of a database of this kind, as they are PUT, without ``_rev``. In each stands
    ``couchtill: {"version", "hash", "reads"?}``: `VERSION`, and what its contents come to, so that a central's can be
    compared without their text."""
    return [_document(directory) for directory in _directories(_ROOT / kind) if directory.name != "indexes"]


def indexes(kind: Kind) -> list[dict[str, Any]]:
    """The bodies for ``POST /db/_index`` of a database of this kind."""
    return [json.loads(file.read_text("utf-8")) for file in _files(_ROOT / kind / "indexes", ".json")]


def _document(directory: Traversable) -> dict[str, Any]:
    body: dict[str, Any] = {"_id": f"_design/{directory.name}", "language": "javascript"}
    for file in _files(directory, ".js"):
        body[file.name.removesuffix(".js")] = _source(file)
    filters = {file.name.removesuffix(".js"): _source(file) for file in _files(directory / "filters", ".js")}
    if filters:
        body["filters"] = filters
    views = {
        view.name: {file.name.removesuffix(".js"): _source(file) for file in _files(view, ".js")}
        for view in _directories(directory / "views")
    }
    if views:
        body["views"] = views
    body["couchtill"] = {"version": VERSION, "hash": content_hash(body)}
    reads = _READS.findall(body.get("validate_doc_update", ""))
    if reads:
        body["couchtill"]["reads"] = sorted({name for names in reads for name in names.split()})
    return body


def content_hash(body: dict[str, Any]) -> str:
    """What a design document's contents come to: 16 hex digits over all but its revision and `couchtill`."""
    text = json.dumps(
        {key: value for key, value in body.items() if key not in ("_rev", "couchtill")},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _source(file: Traversable) -> str:
    """A function's text with its shared parts in place; a built-in reduce is its name alone (``_sum``)."""

    def include(found: re.Match[str]) -> str:
        text = _source(_ROOT / found[2]).rstrip("\n")
        return "\n".join(found[1] + line if line else "" for line in text.split("\n"))

    return _INCLUDE.sub(include, file.read_text("utf-8")).strip()


def _directories(parent: Traversable) -> Iterator[Traversable]:
    yield from sorted((one for one in _entries(parent) if one.is_dir()), key=lambda one: one.name)


def _files(parent: Traversable, ending: str) -> Iterator[Traversable]:
    yield from sorted((one for one in _entries(parent) if one.name.endswith(ending)), key=lambda one: one.name)


def _entries(parent: Traversable) -> list[Traversable]:
    return list(parent.iterdir()) if parent.is_dir() else []
