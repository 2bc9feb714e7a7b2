"""The first start of a node, and what a later start may change: from flags to ``node.toml`` and its secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from app.node import config as node_config
from app.node.config import DEFAULT_PORT, LinkConfig, NodeConfig, NodeError

log = logging.getLogger("couchtill.setup")

KIND_WORDS = {"hub": "a hub", "terminal": "a terminal", "office": "head office"}


def prepare(
    path: Path,
    kind: str,
    *,
    id: str | None = None,
    store: str | None = None,
    central: str | None = None,
    stores: Iterable[str] = (),
    host: str | None = None,
    port: int | None = None,
) -> NodeConfig:
    """The configuration to run ``path`` with: what ``node.toml`` says, or, at the first start, what the flags say.

    A later start may name another central or password (kept) and another host or port (for this run); who the node is
    never changes. ``central`` is ``http://user:password@host:5984``. NodeError in words.
    """
    if not (path / "node.toml").exists():
        if path.exists() and not path.is_dir():
            raise NodeError(f"{path} is a file; a node needs a directory.")
        config = _first(path, kind, id, store, central, stores, host, port)
    else:
        config = _later(path, kind, id, store, central)
    return config.with_(
        host=config.host if host is None else host,
        port=config.port if port is None else port,
    )


def _first(
    path: Path,
    kind: str,
    id: str | None,
    store: str | None,
    central: str | None,
    stores: Iterable[str],
    host: str | None,
    port: int | None,
) -> NodeConfig:
    if kind == "terminal":
        if id is None:
            raise NodeError(
                f"{path} is no terminal's directory yet: it has no node.toml. "
                "The first start needs --id, as in --id s1-t1, and --central with the address of the central."
            )
        store = store or node_config.store_of(id)
    url, user, password = node_config.split_central(central) if central else (None, None, None)
    config = NodeConfig(
        kind=kind,
        id=id or {"hub": "central"}.get(kind, kind),
        store=store,
        port=DEFAULT_PORT[kind] if port is None else port,
        host=host or "127.0.0.1",
        central_url=url,
        central_user=user,
        links=tuple(LinkConfig(f"store-{name}") for name in stores),
    )
    node_config.check(config, str(path / "node.toml"))
    if password is not None:
        node_config.write_secret(path, "central", password)
    node_config.write(path, config)
    log.info("%s: made %s %s", path, kind, config.id)
    return config


def _later(path: Path, kind: str, id: str | None, store: str | None, central: str | None) -> NodeConfig:
    config = node_config.read(path)
    if config.kind != kind:
        raise NodeError(
            f"{path} is the directory of {KIND_WORDS[config.kind]} ({config.id}), not of {KIND_WORDS[kind]}."
        )
    if id is not None and id != config.id:
        raise NodeError(f"{path} is the directory of {config.id}, not of {id}. Who a node is never changes.")
    if store is not None and store != config.store:
        raise NodeError(f"{path} is a till of store {config.store}, not of {store}. Who a node is never changes.")
    if central is None:
        return config
    url, user, password = node_config.split_central(central)
    if password is not None and password != node_config.read_secret(path, "central"):
        node_config.write_secret(path, "central", password)
        log.info("%s: another password for the central", path)
    user = user or config.central_user
    if (url, user) != (config.central_url, config.central_user):
        # Another address may lead to another central: the links notice by its identity, and ask.
        log.info("%s: the central is %s now", path, url)
        config = config.with_(central_url=url, central_user=user)
        node_config.write(path, config)
    return config
