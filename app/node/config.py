"""``node.toml``: what a node is, where its central is, what it links. Its secrets stand beside it, mode 600.

.. code-block:: toml

    [node]
    kind = "terminal"          # hub, terminal or office
    id = "s1-t1"
    store = "s1"               # a terminal's
    port = 8080
    cors_origins = ["https://shop.example"]    # whose pages may use the CouchDB API from a browser
    names = ["till1.shop.example"]             # names of this machine besides its own, which browsers may use
    same_site = "lax"          # of a hub's session cookie, as CouchDB's setting of that name
    proxies = ["10.0.0.2"]                     # whose word on who asks, and whether by HTTPS, is believed

    [central]
    url = "https://central.example:6984"
    user = "s1-t1"             # the password is in central.secret

    [[link]]                   # what a node replicates besides its own: head office's stores, for one
    database = "store-s2"
    direction = "pull"         # push, pull, or both when it is left out
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

KINDS = ("hub", "terminal", "office")
DEFAULT_PORT = {"hub": 5984, "terminal": 8080, "office": 8090}

#: Feeds a node keeps open at once; one more gets 503. The server's threads are this and 32.
MAX_FEEDS = 200

SAME_SITE = ("strict", "lax", "none", "")

#: A CouchDB database's name, and so a store's id, is lower case; a terminal's id becomes a user's name and a series.
_ID = re.compile(r"[a-z][a-z0-9-]*\Z")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z")
_DATABASE = re.compile(r"[a-z][a-z0-9_$()+/-]*\Z")


def is_network(text: Any) -> bool:
    """Whether this is an IP address or a network of them."""
    try:
        ipaddress.ip_network(text, strict=False)
    except (ValueError, TypeError):
        return False
    return isinstance(text, str)


def is_store(id: str) -> bool:
    """Whether this can be a store's id."""
    return bool(_ID.match(id))


class NodeError(Exception):
    """A node can't be made, opened or started; the message is for a person."""


@dataclass(frozen=True)
class LinkConfig:
    """One ``[[link]]``: a database that is replicated with the central's of the same name."""

    database: str
    direction: str = "both"


@dataclass(frozen=True)
class NodeConfig:
    """What a node is. ``central_url`` holds neither name nor password; ``port`` 0 takes a free one."""

    kind: str
    id: str
    store: str | None = None
    port: int = 0
    host: str = "127.0.0.1"
    central_url: str | None = None
    central_user: str | None = None
    max_feeds: int = MAX_FEEDS
    links: tuple[LinkConfig, ...] = field(default=())
    #: Origins whose pages may use the CouchDB API from a browser, with credentials; ``*`` is any, without them.
    cors_origins: tuple[str, ...] = ()
    #: CouchDB's setting for the cookie of a session; None: ``strict``, or nothing where origins are named.
    same_site: str | None = None
    #: Names by which browsers may call this machine, besides its own and its addresses.
    names: tuple[str, ...] = ()
    #: Addresses or networks of proxies that tell who asks (``X-Forwarded-For``, ``-Proto``, ``-Host``).
    proxies: tuple[str, ...] = ()
    #: Origin of the demo's page, which may show this node's pages in a frame. Never in the file.
    demo_origin: str | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """As of a mapping, for templates and callers that don't know all keys."""
        value = getattr(self, key, None)
        return default if value is None else value

    def __getitem__(self, key: str) -> Any:
        try:
            return getattr(self, key)
        except AttributeError:
            raise KeyError(key) from None

    def with_(self, **changes: Any) -> NodeConfig:
        return replace(self, **changes)


def store_of(terminal: str) -> str:
    """The store in a terminal's id: ``s1`` of ``s1-t2``. NodeError when there is none."""
    store, dash, till = terminal.rpartition("-")
    if not dash or not till or not _ID.match(store):
        raise NodeError(f"A terminal's id is store, dash, till, as in s1-t2. {terminal!r} is not; or name the store.")
    return store


def split_central(address: str) -> tuple[str, str | None, str | None]:
    """``http://user:password@host:5984/`` as (URL without them, user, password). NodeError when it is no URL."""
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
        hidden = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        raise NodeError(f"{hidden!r} is no address of a central; http://user:password@host:5984 is one.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port is None else f"{host}:{port}"
    url = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
    user = unquote(parts.username) if parts.username else None
    return url, user, unquote(parts.password) if parts.password is not None else None


def check(config: NodeConfig, where: str = "node.toml") -> NodeConfig:
    """The configuration itself, or NodeError with what is wrong in it."""

    def wrong(words: str) -> NodeError:
        return NodeError(f"{where}: {words}")

    if config.kind not in KINDS:
        raise wrong(f"kind is {config.kind!r}; it must be hub, terminal or office.")
    if not isinstance(config.id, str) or not _ID.match(config.id):
        raise wrong(f"id is {config.id!r}; it must be lower-case letters, digits and dashes, a letter first.")
    if config.kind == "terminal" and (not isinstance(config.store, str) or not _ID.match(config.store)):
        raise wrong(f"store is {config.store!r}; a terminal's is lower-case letters, digits and dashes.")
    if not isinstance(config.port, int) or isinstance(config.port, bool) or not 0 <= config.port <= 65535:
        raise wrong(f"port is {config.port!r}; it must be a number from 0 to 65535.")
    if not isinstance(config.host, str) or not config.host:
        raise wrong(f"host is {config.host!r}; it must be an address of this machine.")
    if not isinstance(config.max_feeds, int) or isinstance(config.max_feeds, bool) or config.max_feeds < 1:
        raise wrong(f"max_feeds is {config.max_feeds!r}; it must be 1 or more.")
    for origin in config.cors_origins:
        if not isinstance(origin, str) or not (origin == "*" or re.match(r"https?://[^/\s]+\Z", origin)):
            raise wrong('cors_origins must be a list of origins, as in ["https://shop.example"].')
    if config.same_site is not None and config.same_site not in SAME_SITE:
        raise wrong('same_site must be "strict", "lax", "none" or "".')
    for name in config.names:
        if not isinstance(name, str) or not _HOST.match(name):
            raise wrong('names must be a list of host names, as in ["till1.shop.example"].')
    for proxy in config.proxies:
        if not is_network(proxy):
            raise wrong('proxies must be a list of addresses or networks, as in ["10.0.0.2", "192.168.7.0/24"].')
    if config.central_url is not None:
        if not isinstance(config.central_url, str):
            raise wrong("the central's url must be a text.")
        if split_central(config.central_url)[2] is not None:
            raise wrong("the central's password belongs in central.secret, not in the url.")
    for link in config.links:
        if not isinstance(link.database, str) or not _DATABASE.match(link.database):
            raise wrong(f"a link's database is {link.database!r}, which is no database's name.")
        if link.direction not in ("push", "pull", "both"):
            raise wrong(f"a link's direction is {link.direction!r}; it must be push, pull or both.")
    return config


def read(path: Path) -> NodeConfig:
    """The configuration in the directory ``path``. NodeError: not there, not TOML, not right."""
    file = path / "node.toml"
    try:
        with open(file, "rb") as stream:
            data = tomllib.load(stream)
    except FileNotFoundError:
        raise NodeError(f"{path} is no node's directory: it has no node.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NodeError(f"{file} can't be read: {error}") from None
    except OSError as error:
        raise NodeError(f"{file} can't be read: {error.strerror}") from None
    node, central, links = data.get("node", {}), data.get("central", {}), data.get("link", [])
    if not isinstance(node, Mapping) or not isinstance(central, Mapping) or not isinstance(links, list):
        raise NodeError(f"{file}: [node] and [central] must be tables, link a list of tables.")
    kind = node.get("kind", "")
    return check(
        NodeConfig(
            kind=kind,
            id=node.get("id", ""),
            store=node.get("store"),
            port=node.get("port", DEFAULT_PORT.get(kind, 0)),
            host=node.get("host", "127.0.0.1"),
            central_url=central.get("url"),
            central_user=central.get("user"),
            max_feeds=node.get("max_feeds", MAX_FEEDS),
            cors_origins=_list(node, "cors_origins"),
            same_site=node.get("same_site"),
            names=_list(node, "names"),
            proxies=_list(node, "proxies"),
            links=tuple(
                LinkConfig(link.get("database", ""), link.get("direction", "both"))
                if isinstance(link, Mapping)
                else LinkConfig("", "")
                for link in links
            ),
        ),
        str(file),
    )


def _list(node: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = node.get(name, ())
    return tuple(given) if isinstance(given, list | tuple) else ("",)  # which `check` refuses


def write(path: Path, config: NodeConfig) -> None:
    """Writes ``node.toml`` whole or not at all."""
    import tomli_w  # only the first start writes

    check(config)
    node: dict[str, Any] = {"kind": config.kind, "id": config.id}
    if config.store is not None:
        node["store"] = config.store
    node["port"] = config.port
    if config.host != "127.0.0.1":
        node["host"] = config.host
    if config.max_feeds != MAX_FEEDS:
        node["max_feeds"] = config.max_feeds
    if config.cors_origins:
        node["cors_origins"] = list(config.cors_origins)
    if config.same_site is not None:
        node["same_site"] = config.same_site
    for name, listed in (("names", config.names), ("proxies", config.proxies)):
        if listed:
            node[name] = list(listed)
    data: dict[str, Any] = {"node": node}
    if config.central_url is not None:
        data["central"] = {"url": config.central_url}
        if config.central_user is not None:
            data["central"]["user"] = config.central_user
    if config.links:
        data["link"] = [{"database": link.database, "direction": link.direction} for link in config.links]
    replace_file(path / "node.toml", tomli_w.dumps(data).encode(), 0o644)


def read_secret(path: Path, name: str) -> str | None:
    """What ``<name>.secret`` holds, without its line end; None when there is none."""
    try:
        return (path / f"{name}.secret").read_text("utf-8").rstrip("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise NodeError(f"{path / name}.secret can't be read: {error}") from None


def write_secret(path: Path, name: str, secret: str) -> None:
    """Keeps a secret in ``<name>.secret``, which only the node's own user may read."""
    replace_file(path / f"{name}.secret", secret.encode() + b"\n", 0o600)


def replace_file(file: Path, content: bytes, mode: int) -> None:
    """Puts ``content`` in ``file``, old or new after a power cut, never half; NodeError in words."""
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)  # of a write that was cut short, perhaps with another mode
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, file)
    except OSError as error:
        raise NodeError(f"{file} can't be written: {error.strerror}") from None
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(file.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
