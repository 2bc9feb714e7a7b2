"""What is asked of a view: the options of a query string, or of a JSON object, as CouchDB takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.docs import json
from app.docs.collation import compare, sort_key
from app.docs.errors import BadRequest, QueryParseError
from app.docs.view_index import Bounds
from app.web.couch_http.all_docs import boolean, natural

_UNSET: Any = object()
_JSON: Final = frozenset({"key", "keys", "startkey", "start_key", "endkey", "end_key"})
_FLAGS: Final = {
    "descending": "descending",
    "include_docs": "include_docs",
    "inclusive_end": "inclusive_end",
    "conflicts": "conflicts",
    "attachments": "attachments",
    "update_seq": "update_seq",
    "sorted": "sorted",
    "stable": "stable",
}
#: Groups are told apart by their whole keys.
EXACT: Final = 1 << 30


@dataclass
class ViewOptions:
    """`reduce` None: as the view is made. `group_level` None: not asked for; `EXACT`: by whole keys. `update` is
    "true", "false" or "lazy"."""

    start: Any = _UNSET
    start_id: str | None = None
    end: Any = _UNSET
    end_id: str | None = None
    keys: list[Any] | None = None
    inclusive_end: bool = True
    descending: bool = False
    limit: int | None = None
    skip: int = 0
    reduce: bool | None = None
    group_level: int | None = None
    include_docs: bool = False
    conflicts: bool = False
    attachments: bool = False
    update_seq: bool = False
    sorted: bool = True
    stable: bool = False
    update: str = "true"

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[str, str]]) -> ViewOptions:
        options = cls()
        options.read_pairs(pairs)
        return options

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        for name, text in pairs:
            self.read(name, json.loads(text) if name in _JSON else text)

    def read(self, name: str, value: Any) -> None:
        """Takes one option; unknown ones are ignored. QueryParseError, BadRequest."""
        if name == "key":
            self.start = self.end = value
        elif name == "keys":
            if not isinstance(value, list):
                raise QueryParseError("`keys` must be an array of strings.")
            self.keys = value
        elif name in ("startkey", "start_key"):
            self.start = value
        elif name in ("endkey", "end_key"):
            self.end = value
        elif name in ("startkey_docid", "start_key_doc_id"):
            self.start_id = str(value)
        elif name in ("endkey_docid", "end_key_doc_id"):
            self.end_id = str(value)
        elif name in ("limit", "skip"):
            setattr(self, name, natural(value))
        elif name == "reduce":
            self.reduce = boolean(value)
        elif name == "group":
            self.group_level = EXACT if boolean(value) else None
        elif name == "group_level":
            self.group_level = natural(value)
        elif name in _FLAGS:
            setattr(self, _FLAGS[name], boolean(value))
        elif name == "update":
            if isinstance(value, bool):
                value = "true" if value else "false"
            if value not in ("true", "false", "lazy"):
                raise QueryParseError("Invalid value for `update`.")
            self.update = value
        elif name == "stale":
            if value not in ("ok", "update_after"):
                raise QueryParseError("Invalid value for `stale`.")
            self.update = "false" if value == "ok" else "lazy"

    @property
    def grouped(self) -> bool:
        return bool(self.group_level)

    def check(self, reduces: bool) -> bool:
        """Whether what was asked for goes through the reduce function of a view that has one (`reduces`).
        QueryParseError for what doesn't go together."""
        if not reduces:
            if self.reduce:
                raise QueryParseError("Reduce is invalid for map-only views.")
            if self.grouped:
                raise QueryParseError("Invalid use of grouping on a map view.")
        through = reduces and self.reduce is not False
        if reduces and not through and self.grouped:
            raise QueryParseError("Invalid use of grouping on a map view.")
        if through and self.include_docs:
            raise QueryParseError("`include_docs` is invalid for reduce")
        if through and self.keys is not None and len(self.keys) != 1 and not self.grouped:
            raise QueryParseError("Multi-key fetches for reduce views must use `group=true`")
        if self.keys is None and self.start is not _UNSET and self.end is not _UNSET:
            turned = compare(self.end, self.start) if self.descending else compare(self.start, self.end)
            if turned > 0:
                raise QueryParseError(
                    "No rows can match your key range, reverse your start_key and end_key or set "
                    f"descending={'false' if self.descending else 'true'}"
                )
        return through

    def bounds(self, through: bool) -> list[Bounds]:
        """Which rows are asked for: one range, or one for each of the keys, in their order, the last one first where
        rows are wanted `descending`, and not what they are reduced to (`through`)."""
        if self.keys is not None:
            turned = self.descending and not through
            keys = [sort_key(key) for key in (reversed(self.keys) if turned else self.keys)]
            return [Bounds(key, None, key, None, True, self.descending) for key in keys]
        start = None if self.start is _UNSET else sort_key(self.start)
        end = None if self.end is _UNSET else sort_key(self.end)
        return [Bounds(start, self.start_id, end, self.end_id, self.inclusive_end, self.descending)]


def of_object(query: Sequence[tuple[str, str]], body: Mapping[str, Any]) -> ViewOptions:
    """Those of one of several queries; what the query string says holds for each that says nothing else."""
    return of_request(query, body)


def of_request(query: Sequence[tuple[str, str]], body: Mapping[str, Any] | None) -> ViewOptions:
    """Those of a GET, or of a POST with its body, whose members count where both say something."""
    options = ViewOptions.of_pairs(query)
    if body is not None:
        if not isinstance(body.get("keys", []), list):
            raise BadRequest("`keys` member must be an array.")
        for name, value in body.items():
            options.read(name, value)
    return options
