"""``couchtill settings``: what head office sets, read and written at a node, running or not."""

from __future__ import annotations

from collections.abc import Mapping
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
from app.shop import clock
from app.shop.indexes import indexes_for
from app.shop.sale import SaleError
from app.shop.schemas.settings import DEFAULTS
from app.shop.settings import ShopSettings
from app.shop.settings_edit import UNSET, merged, read_values, set_values

#: Seconds that a running node may take.
TIMEOUT = 10.0


def read(path: Path, name: str | None, scope: str | None) -> dict[str, Any]:
    """The values that hold at the node in `path` (or only those set for `scope`: all, store or terminal), by name; only
    `name`, where it is given. NodeError in words."""
    config = node_config.read(path)
    if name is not None and name not in DEFAULTS:
        raise NodeError(f"There is no setting named {name!r}. There are: {', '.join(sorted(DEFAULTS))}.")
    file = path / "company.db"
    if not file.exists():
        raise NodeError(f"{path} has no company.db yet: start the node once.")
    with Database(file, read_only=True) as company:
        settings = ShopSettings(company, config.store or "", config.id)
        if scope is not None:
            settings.ids = [f"settings:{_scope(config, scope)}"]
        elif config.kind == "office":
            settings.ids = settings.ids[:1]
        values = settings.read() if scope is None else settings.set_here()
    return {name: values[name] for name in sorted(values)} if name is None else {name: values.get(name)}


def write(path: Path, name: str, text: str, scope: str) -> str:
    """Sets the setting `name` to the JSON in `text` (a plain word counts as text; `default` takes it away); in words.
    NodeError in words."""
    config = node_config.read(path)
    changes = {name: UNSET if text == "default" else _value(text)}
    whom = _scope(config, scope)
    try:
        checked = read_values(changes)
        try:
            with Directory(path, indexes_for=indexes_for) as directory:
                set_values(directory.ensure("company"), whom, changes, by=None, on=config.id)
        except AlreadyOpen:
            _tell(path, config, whom, changes, checked)
    except SaleError as wrong:
        raise NodeError(wrong.reason) from None
    return f"{name} of {whom} is {'as by default' if text == 'default' else json.dumps(checked[name]).decode()} now."


def _tell(path: Path, config: NodeConfig, scope: str, changes: Mapping[str, Any], checked: Mapping[str, Any]) -> None:
    """Through the running node's own CouchDB API."""
    import requests

    from app.web.users import api_key

    if config.port == 0:
        raise NodeError("This node runs on a port of its own choice: stop it to change its settings here.")
    prefix = "" if config.kind == "hub" else "/couch"
    url = f"http://127.0.0.1:{config.port}{prefix}/company/{quote(f'settings:{scope}', safe='')}"
    with requests.Session() as session:
        session.auth = ("api", api_key(path))
        try:
            there = session.get(url, timeout=TIMEOUT)
            found = there.json() if there.status_code == 200 else {}
            doc = merged(found, scope, changes, checked, by=None, on=config.id, at=clock.stamp(clock.now()))
            if doc is not None:
                session.put(url, json=doc, timeout=TIMEOUT).raise_for_status()
        except (requests.RequestException, ValueError):
            raise NodeError(f"The node that runs here did not take it: {url} did not answer as it should.") from None


def _scope(config: NodeConfig, scope: str) -> str:
    if scope == "all":
        return "all"
    if scope == "store":
        if config.store is None:
            raise NodeError(f"{config.id} stands in no store.")
        return f"store:{config.store}"
    return f"terminal:{config.id}"


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except DocsError:
        return text
