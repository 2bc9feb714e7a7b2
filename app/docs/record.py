"""A document as it lies in the store: one row, and the texts that are made from it without parsing its body.

Bodies are kept as compact JSON objects without the members that begin with ``_``. What a peer is sent is spliced::

    {"_id":"a","_rev":"1-x"            + ,"k":1}  of the body {"k":1}
                                       + }        of the empty body {}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.docs import json
from app.docs import tree as trees

COLUMNS = "n, id, seq, type, rev, deleted, conflicts, local, tree, atts, body"


class Record(NamedTuple):
    """One row of ``docs``: a document with its winning revision.

    `n` is the row's number inside this file, `seq` the number of its last change, `conflicts` how many live leaves
    besides the winner it has, `local` whether its last change was an edit made here (not one that came by
    replication), `tree` its revision tree (None while it has one generation), `atts` the winner's attachments as JSON,
    `body` the winner's body as JSON without the ``_`` members.
    """

    n: int
    id: str
    seq: int
    type: str | None
    rev: str
    deleted: bool
    conflicts: int
    local: bool
    tree: str | None
    atts: str | None
    body: str

    def doc(self) -> dict[str, Any]:
        """The body, parsed: no ``_`` members."""
        return parse(self.body)

    def full(self) -> dict[str, Any]:
        """The document with ``_id``, ``_rev``, ``_deleted`` and attachment stubs."""
        return parse(self.text())

    def text(self, extra: str = "") -> str:
        """The document as JSON text, unparsed; `extra` is put behind the body (`,"_conflicts":[…]`)."""
        return splice(self.id, self.rev, bool(self.deleted), self.body, stubs_member(self.atts) + extra)

    def json(self) -> bytes:
        """The document as UTF-8 JSON, unparsed."""
        return self.text().encode()

    def paths(self) -> trees.Tree:
        """The revision tree as leaf paths, the winner's first."""
        if self.tree is not None:
            return trees.decode(self.tree)
        generation, _, hash_ = self.rev.partition("-")
        return ((int(generation), bool(self.deleted), (hash_,)),)

    def leaves(self) -> list[str]:
        """Every leaf revision, deleted ones too, the winner first."""
        return [self.rev] if self.tree is None else trees.leaves(trees.decode(self.tree))


def parse(text: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text)
    return value


def dump(value: Any) -> str:
    """JSON text of `value`, for splicing."""
    return json.dumps(value).decode()


def splice(id: str, rev: str, deleted: bool, body: str, extra: str = "", between: str = "") -> str:
    """The document's JSON text. `between` stands before the body, `extra` behind it; each begins with its comma."""
    gone = ',"_deleted":true' if deleted else ""
    head = f'{{"_id":{dump(id)},"_rev":"{rev}"{between}{gone}'
    if body == "{}":
        return f"{head}{extra}}}"
    return f"{head},{body[1:-1]}{extra}}}" if extra else f"{head},{body[1:]}"


def stubs_member(atts: str | None) -> str:
    """`,"_attachments":{…}` with every attachment as a stub, or nothing."""
    if atts is None:
        return ""
    return f',"_attachments":{dump(stubs(parse(atts)))}'


def stubs(atts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a reader is told of attachments whose bytes are not sent along (the encoding stays the store's secret)."""
    return {
        name: {**{k: v for k, v in meta.items() if k not in ("encoding", "encoded_length")}, "stub": True}
        for name, meta in atts.items()
    }


def revisions(path: trees.Path) -> dict[str, Any]:
    """CouchDB's ``_revisions`` of a leaf path: ``{"start": 3, "ids": [newest, …, oldest]}``."""
    return {"start": path[0], "ids": list(path[2])}


def pick_path(paths: trees.Tree, rev: str) -> trees.Path | None:
    """The path from the root to `rev`, cut there; its deleted flag is the leaf's own only when `rev` is a leaf."""
    for generation, deleted, hashes in paths:
        wanted, _, hash_ = rev.partition("-")
        skip = generation - int(wanted)
        if 0 <= skip < len(hashes) and hashes[skip] == hash_:
            return (int(wanted), deleted if skip == 0 else False, tuple(hashes[skip:]))
    return None
