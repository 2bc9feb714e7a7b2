"""The settings of a CouchDB's nodes, as ``couch/local.ini`` has them with a word on each.

What is not set at a node is set; what somebody has set otherwise stays, and is told. Nothing but the keys of that file
is read or written: a node's configuration holds secrets too.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files

from couch.server import Server
from couch.steps import Step

Settings = Mapping[str, Mapping[str, str]]

#: Where the users' database lets its security be changed, which head office needs.
EDITABLE = ("couchdb", "users_db_security_editable")


def wanted() -> Settings:
    """``local.ini``: the values by section and key."""
    return parse((files("couch") / "local.ini").read_text("utf-8"))


def parse(text: str) -> Settings:
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=(";",), empty_lines_in_values=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return {section: dict(parser[section]) for section in parser.sections()}


@dataclass
class Found:
    """What each node of a central has set: ``values[section, key][node]``, None where it isn't set."""

    values: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)
    readable: bool = True

    def everywhere(self, key: tuple[str, str], value: str) -> bool:
        """Whether it is this value at every node."""
        there = self.values.get(key)
        return bool(there) and all(_same(one, value) for one in (there or {}).values())


def read(server: Server, settings: Settings) -> Found:
    """What is set of these. Where settings can't be asked for (a hub, a hosted CouchDB), it says so."""
    found = Found()
    for node in server.nodes or ["_local"]:
        for section, values in settings.items():
            there = server.settings(node, section)
            if there is None:
                return Found(readable=False)
            for key in values:
                found.values.setdefault((section, key), {})[node] = there.get(key)
    return found


def steps(server: Server, settings: Settings, found: Found, *, needed: bool, notes: list[str]) -> Iterator[Step]:
    """One step a setting, for all nodes that lack it. `needed`: `EDITABLE` must hold, whoever set it otherwise. What
    stays as somebody has set it goes to `notes`."""
    for (section, key), there in found.values.items():
        value = settings[section][key]
        must = needed and (section, key) == EDITABLE
        lacking = [node for node, old in there.items() if not _same(old, value) and (old is None or must)]
        for other in sorted({old for old in there.values() if old is not None and not _same(old, value) and not must}):
            notes.append(f"{section}/{key} is {other}, as somebody has set it; {value} would be ours.")
        if not lacking:
            continue
        olds = {there[node] for node in lacking}
        old = olds.pop() if len(olds) == 1 else None
        at = f" at {', '.join(lacking)}" if len(lacking) < len(there) else ""
        what = f"{'not set' if old is None else old} → {value}{at}"
        yield Step("setting", f"{section}/{key}", what, old, value, partial(_set, server, lacking, section, key, value))


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.strip().lower() == other.strip().lower()


def _set(server: Server, nodes: list[str], section: str, key: str, value: str) -> None:
    for node in nodes:
        server.set_setting(node, section, key, value)
