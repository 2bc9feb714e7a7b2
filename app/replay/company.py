"""The company of a replay: a central, and terminals as processes, each behind a line that can be cut."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from app.demo.child import Child
from app.demo.proxy import Line
from app.node.config import NodeError, read_secret, write_secret
from app.shop import clock
from app.transfer import importing
from app.web.users import set_admin
from couch.provision import provision

TIMEOUT = 30.0  # seconds for one answer; a till that needs longer is taken for dead, and asked again
PAGE = 2000


class Api:
    """A CouchDB's or a node's databases over HTTP."""

    def __init__(self, base: str, auth: tuple[str, str]) -> None:
        self.base = base.rstrip("/")
        self.session = requests.Session()
        self.session.auth = auth

    def get(self, path: str, **params: Any) -> Any:
        answer = self.session.get(f"{self.base}/{path}", params=params, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def doc_count(self, database: str) -> int:
        return int(self.get(database)["doc_count"])

    def revisions(self, database: str) -> dict[str, tuple[str, ...]]:
        """Every document's leaf revisions, deleted ones included."""
        found: dict[str, tuple[str, ...]] = {}
        since: Any = "0"
        while True:
            page = self.get(f"{database}/_changes", since=since, limit=PAGE, style="all_docs")
            for row in page["results"]:
                found[row["id"]] = tuple(sorted(change["rev"] for change in row["changes"]))
            since = page["last_seq"]
            if len(page["results"]) < PAGE:
                return found

    def orders(self, database: str) -> Iterator[dict[str, Any]]:
        start = "order:"
        while True:
            page = self.get(f"{database}/_all_docs", include_docs="true", limit=PAGE, start_key=f'"{start}"',
                            end_key='"order;"')  # fmt: skip
            yield from (row["doc"] for row in page["rows"])
            if len(page["rows"]) < PAGE:
                return
            start = page["rows"][-1]["id"] + " "


class Terminal:
    """A terminal of its own process, directory and line."""

    def __init__(self, id: str, store: str, folder: Path, central: tuple[str, int]) -> None:
        self.id = id
        self.store = store
        self.path = folder / id
        self.password = secrets.token_urlsafe(12)
        self.line = Line(0, central)
        self.kills = 0
        self.cuts = 0
        self._log = folder / f"{id}.log"
        self._child: Child | None = None
        self._killing: threading.Thread | None = None

    def prepare(self) -> None:
        self.path.mkdir(parents=True)
        self.line.plug()
        write_secret(self.path, "central", self.password)
        central = f"http://{self.id}@127.0.0.1:{self.line.port}"
        arguments = ["terminal", "--data", str(self.path), "--id", self.id, "--store", self.store, "--central", central]
        self._child = Child(self.id, [*arguments, "--port", "0"], self._log)
        self._child.launch()

    @property
    def child(self) -> Child:
        assert self._child is not None
        return self._child

    def base(self) -> str | None:
        """`http://127.0.0.1:port` while it runs."""
        url = self.child.url
        return f"http://{urlsplit(url).netloc}" if url else None

    def key(self) -> str:
        return read_secret(self.path, "api") or ""

    def databases(self) -> Api:
        return Api(f"{self.base()}/couch", ("api", self.key()))

    def cut(self) -> None:
        self.cuts += 1
        self.line.cut()

    def kill_after(self, delay: float, dark: float) -> None:
        """Pulls the plug in `delay` seconds, and starts it again `dark` seconds later. Doesn't wait."""
        self.rest()
        self.kills += 1
        self._killing = threading.Thread(target=self._kill, args=(delay, dark), daemon=True)
        self._killing.start()

    def _kill(self, delay: float, dark: float) -> None:
        pause = threading.Event()
        pause.wait(delay)
        self.child.kill()
        self.child.url = None
        pause.wait(dark)
        self.child.launch()
        self.child.wait_ready()

    def rest(self) -> None:
        """Waits until a kill that is under way is over, and the terminal runs."""
        if self._killing is not None:
            self._killing.join()
            self._killing = None
            if self.child.url is None:
                self.child.wait_ready()


class Central:
    """The hub of the replay, or the CouchDB at `url` (`http://admin:password@host:5984`)."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.path = None if url else folder / "hub"
        self.log = folder / "hub.log"
        self.child: Child | None = None
        self.user, self.password = "admin", secrets.token_urlsafe(12)
        self.address: tuple[str, int] = ("127.0.0.1", 0)
        if url:
            parts = urlsplit(url)
            if parts.scheme != "http" or not parts.hostname:
                raise NodeError("COUCHDB_URL must be like http://admin:password@127.0.0.1:5984")
            self.user, self.password = parts.username or "", parts.password or ""
            self.address = (parts.hostname, parts.port or 5984)

    def start(self) -> None:
        if self.path is not None:
            self.path.mkdir(parents=True)
            set_admin(self.path, self.user, self.password)
            self.child = Child("The hub", ["hub", "--data", str(self.path), "--port", "0"], self.log)
            self.child.launch()
            self.address = ("127.0.0.1", urlsplit(self.child.wait_ready()).port or 0)

    @property
    def url(self) -> str:
        user, password = quote(self.user, safe=""), quote(self.password, safe="")
        return f"http://{user}:{password}@{self.address[0]}:{self.address[1]}"

    def api(self) -> Api:
        return Api(f"http://{self.address[0]}:{self.address[1]}", (self.user, self.password))


class Company:
    """Central and terminals in `folder`; `stores` are ids, `terminals` how many each store has."""

    def __init__(self, folder: Path, stores: Sequence[str], terminals: Sequence[int], couchdb: str | None) -> None:
        self.folder = folder
        self.stores = list(stores)
        self.central = Central(folder, couchdb)
        self.central.start()
        self.terminals: list[Terminal] = []
        self._made: list[str] = []
        try:
            self._take_databases()
        except BaseException:
            self.stop()
            raise
        for store, count in zip(stores, terminals, strict=True):
            for number in range(1, count + 1):
                self.terminals.append(Terminal(f"{store}-t{number}", store, folder, self.central.address))

    def of(self, store: str) -> list[Terminal]:
        return [terminal for terminal in self.terminals if terminal.store == store]

    @property
    def names(self) -> list[str]:
        return ["company", *(f"store-{store}" for store in self.stores)]

    def _take_databases(self) -> None:
        """A CouchDB may hold a real company under these names: then the replay has no business there."""
        api = self.central.api()
        taken = sorted(set(self.names) & set(api.get("_all_dbs")))
        if taken:
            raise NodeError(f"The central has a database {taken[0]} already; a replay needs a central of its own.")
        self._made = self.names

    def stock(self, products: Path, customers: Path) -> str:
        """Prepares the central, and imports the catalogue and the customers into it. What the import said."""
        provision(
            self.central.url,
            stores=self.stores,
            terminals=[{"id": t.id, "password": t.password, "store": t.store} for t in self.terminals],
        )
        company = f"{self.central.url}/company"
        stores = [_store(store) for store in self.stores]
        answer = requests.post(f"{company}/_bulk_docs", json={"docs": stores}, timeout=TIMEOUT)
        answer.raise_for_status()
        said = []
        for what, path in (("products", products), ("customers", customers)):
            rejects = self.folder / f"{what}.rejects.csv"
            said.append(f"{what}: {importing.run(what, path, company, rejects=rejects).summary()}")
        return "; ".join(said)

    def open(self) -> None:
        """Starts every terminal."""
        for terminal in self.terminals:
            terminal.prepare()
        with ThreadPoolExecutor(len(self.terminals)) as pool:
            list(pool.map(lambda terminal: terminal.child.wait_ready(), self.terminals))

    def stop(self) -> None:
        """Ends every process; leaves a CouchDB as it was found."""
        for terminal in self.terminals:
            terminal.rest()
        children = [t.child for t in self.terminals if t._child is not None]
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()
        for terminal in self.terminals:
            terminal.line.cut()
        if self.central.child is not None:
            self.central.child.stop()
        elif self._made:
            self._leave()

    def _leave(self) -> None:
        api = self.central.api()
        for name in self._made:
            api.session.delete(f"{api.base}/{name}", timeout=TIMEOUT)
        for terminal in self.terminals:
            user = f"{api.base}/_users/org.couchdb.user:{terminal.id}"
            found = api.session.get(user, timeout=TIMEOUT)
            if found.ok:
                api.session.delete(user, params={"rev": found.json()["_rev"]}, timeout=TIMEOUT)


def _store(store: str) -> dict[str, Any]:
    return {
        "_id": f"store:{store}",
        "type": "store",
        "schema": 1,
        "id": store,
        "name": f"Store {store[1:]}",
        "currency": "USD",
        "digits": 2,
        "timezone": "America/New_York",
        "day_start": "04:00",
        "tax_mode": "included",
        "taxes": [],
        "header": [f"Store {store[1:]}"],
        "footer": ["Thank you"],
        "updated_at": clock.stamp(clock.now()),
        "updated_by": "replay",
        "updated_on": "replay",
    }
