"""A CouchDB-like server's database as a peer: CouchDB 2 and 3, a hub, another node, PouchDB Server.

Servers differ in what they serve and how they nest it; this module reads liberally and sends what CouchDB's own
replicator sends. How documents are fetched, with all fallbacks, is in :mod:`app.replicator.fetch`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.docs import json
from app.docs.errors import DocsError
from app.replicator import multipart
from app.replicator.auth import Credentials, parse_url
from app.replicator.client import Client
from app.replicator.errors import (
    ConflictError,
    Denied,
    FeedSilent,
    MissingStubError,
    NotFoundError,
    PeerError,
    Refused,
    TooLarge,
    TransportError,
)
from app.replicator.fetch import Fetcher
from app.replicator.local import central_of
from app.replicator.peer import (
    Central,
    Document,
    Failure,
    Filter,
    Info,
    Missing,
    Page,
    Row,
    Seq,
    Want,
    attachment_bytes,
    inline,
)

HEARTBEAT = 15.0
"""Seconds between the bytes that a waiting feed is asked to send: below the idle limits of proxies (nginx: 60)."""

FEED_BUFFER = 5.0
"""Seconds beyond heartbeat or timeout before a feed counts as dead (PouchDB's CHANGES_TIMEOUT_BUFFER)."""

LONGEST_POLL = 300.0
"""Seconds after which even a feed that is alive is asked for anew: it may wait for something that it forgot."""

DEFAULT_PORTS = {None, 80, 443, 5984, 6984}
"""Ports that count as none in a replication id, so that http → https keeps the checkpoints (CouchDB's id v4)."""

_TAIL = re.compile(rb'\]\s*,\s*"last_seq"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)\s*(?:,\s*"pending"\s*:\s*(\d+)\s*)?\}\s*$')


def encode_id(id: str) -> str:
    """A document id in a path: `_design/` and `_local/` keep their slash, all else is percent-encoded."""
    for prefix in ("_design/", "_local/"):
        if id.startswith(prefix):
            return prefix + quote(id[len(prefix) :], safe="")
    return quote(id, safe="")


def encode_since(since: Seq) -> str:
    """A sequence in a query: strings raw, all else as JSON."""
    if since is None:
        return "0"
    text = since if isinstance(since, str) else json.dumps(since).decode()
    return quote(text, safe="")


class RemotePeer:
    """A peer over HTTP. `url` may carry credentials; `credentials` given apart come first.

    `sessions`: sign in by cookie rather than sending Basic with each request.
    """

    remote = True
    writes_design_docs_apart = True

    def __init__(
        self, url: str, *, credentials: Credentials | None = None, sessions: bool = False, compress: bool | None = None
    ) -> None:
        endpoint, found = parse_url(url)
        self.endpoint = endpoint
        self.credentials = credentials or found
        self.client = Client(endpoint, self.credentials, sessions=sessions)
        self.client.near = _near(endpoint.host)
        self.name = endpoint.url
        port = "" if endpoint.port in DEFAULT_PORTS else f":{endpoint.port}"
        user = quote(self.credentials.name, safe="") + "@" if self.credentials else ""
        self.key = f"{user}{endpoint.host.lower()}{port}{endpoint.path}"
        self._url = endpoint.url
        self._compress = compress
        self._fetcher = Fetcher(self.client, self._url)

    def use_sessions(self) -> None:
        """By cookie from now on, for a run that stays."""
        self.client.use_sessions()

    # -- the database -------------------------------------------------------------------------------------------

    def info(self) -> Info:
        found = self.client.json("GET", self._url)
        if not isinstance(found, dict) or "update_seq" not in found:
            raise TransportError(f"{self.name} is no CouchDB database.")
        seq, start = found["update_seq"], str(found.get("instance_start_time") or "")
        empty = not found.get("doc_count") and not found.get("doc_del_count")
        return Info(seq, "" if start == "0" else start, empty)

    def exists(self) -> bool:
        try:
            self.client.request("GET", self._url)
        except NotFoundError:
            return False
        return True

    def create(self) -> None:
        try:
            self.client.request("PUT", self._url)
        except Refused as error:
            if error.status != 412:
                raise

    def central(self) -> Central:
        try:
            security = self.client.json("GET", f"{self._url}/_security")
        except (Denied, NotFoundError, Refused) as error:
            if error.status == 401:
                raise
            security = {}
        server = ""
        try:
            root = self.client.json("GET", self.endpoint.root)
            server = str(root.get("uuid") or "") if isinstance(root, dict) else ""
        except (Denied, NotFoundError, Refused):
            server = ""
        return central_of(security if isinstance(security, dict) else {}, server, self.info().instance_start_time)

    # -- reading ------------------------------------------------------------------------------------------------

    def changes(
        self, since: Seq, *, limit: int, bodies: bool, filter: Filter, timeout: float = 0.0, heartbeat: bool = False
    ) -> Page:
        query = [f"style=all_docs&since={encode_since(since)}&limit={limit}"]
        if bodies and not filter:
            query.append("include_docs=true")
        if timeout > 0:
            wait = HEARTBEAT if heartbeat else timeout
            query.append(f"feed=longpoll&{'heartbeat' if heartbeat else 'timeout'}={int(wait * 1000)}")
        method, body = "GET", None
        if filter.doc_ids is not None:
            query.append("filter=_doc_ids")
            method, body = "POST", json.dumps({"doc_ids": list(filter.doc_ids)})
        elif filter.selector is not None:
            query.append("filter=_selector")
            method, body = "POST", json.dumps({"selector": dict(filter.selector)})
        url, params = f"{self._url}/_changes", "&".join(query)
        if timeout <= 0:
            text, response = self.client.text(method, url, params=params, body=body)
            return self._page(text, with_docs=bodies and not filter, seen=response)
        wait = HEARTBEAT if heartbeat else timeout
        patience = LONGEST_POLL if heartbeat else timeout + FEED_BUFFER
        text = self.client.feed(method, url, body=body, params=params, silence=wait + FEED_BUFFER, patience=patience)
        return self._page(text, with_docs=bodies and not filter) if text else Page([], since, None)

    def _page(self, text: bytes, *, with_docs: bool, seen: Any = None) -> Page:
        """A page whose rows are parsed later, by a worker, where its end alone says how to go on."""
        tail = _TAIL.search(text, max(0, len(text) - 8192))
        if tail and tail.group(2) is not None and len(text) > 65536:
            pending = int(tail.group(2))
            return Page(
                None, json.loads(tail.group(1)), pending, parse=lambda: self._rows(text, with_docs)[0], bytes=len(text)
            )
        try:
            rows, last_seq, told = self._rows(text, with_docs)
        except TransportError:
            if seen is None:
                raise FeedSilent(f"The feed of {self.endpoint.origin} broke off.") from None
            self.client.no_json(seen, text)  # says what it was instead, a web page perhaps
        return Page(rows, last_seq, told, bytes=len(text))

    def _rows(self, text: bytes, with_docs: bool) -> tuple[list[Row], Seq, int | None]:
        try:
            answer = json.loads(text)
            rows = []
            for row in answer["results"]:
                id = row["id"]
                revs = [change["rev"] for change in row["changes"]]
                if not id or not revs:
                    continue  # an old bug of CouchDB's, which its replicator skips too
                doc = row.get("doc") if with_docs else None
                if doc is not None:
                    rev = revs[0]
                    if len(revs) == 1 and rev[:2] == "1-" and "_attachments" not in doc and doc.get("_rev") == rev:
                        doc["_revisions"] = {"start": 1, "ids": [rev[2:]]}
                    else:
                        doc = None
                rows.append(Row(id, revs, "deleted" in row, None, doc))
            pending = answer.get("pending")
            return rows, answer["last_seq"], pending if isinstance(pending, int) else None
        except (DocsError, KeyError, TypeError, AttributeError) as error:
            raise TransportError(f"{self.endpoint.origin} sent a changes feed that cannot be read.") from error

    def pending(self, since: Seq) -> int | None:
        answer = self.client.json("GET", f"{self._url}/_changes", params=f"since={encode_since(since)}&limit=0")
        pending = answer.get("pending") if isinstance(answer, dict) else None
        return pending if isinstance(pending, int) else None

    def revs_diff(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
        answer = self.client.json("POST", f"{self._url}/_revs_diff", body=json.dumps(revs))
        if not isinstance(answer, dict):
            raise TransportError(f"{self.endpoint.origin} sent a _revs_diff that cannot be read.")
        return {
            id: Missing(entry["missing"], entry.get("possible_ancestors") or ())
            for id, entry in answer.items()
            if entry.get("missing")
        }

    def fetch(self, wants: Sequence[Want]) -> list[dict[str, Any]]:
        return self._fetcher.fetch(wants)

    def leaves(self, id: str) -> list[dict[str, Any]]:
        return self._fetcher.leaves(id)

    # -- writing ------------------------------------------------------------------------------------------------

    def write(self, docs: Sequence[Document]) -> list[Failure]:
        self._learn_gzip()
        texts = [doc if isinstance(doc, bytes) else json.dumps(inline(doc)) for doc in docs]
        body = b'{"new_edits":false,"docs":[' + b",".join(texts) + b"]}"
        response = self.client.request(
            "POST", f"{self._url}/_bulk_docs", body=body, headers={"X-Couch-Full-Commit": "false"}
        )
        if response.content.strip() == b"[]":
            return []
        answer = self.client.parse(response)
        if not isinstance(answer, list):
            raise TransportError(f"{self.endpoint.origin} sent an answer to _bulk_docs that cannot be read.")
        failures = []
        for row in answer:
            if not isinstance(row, dict) or not ("error" in row or row.get("status", 200) >= 400):
                continue
            error = str(row["error"] if isinstance(row.get("error"), str) else row.get("name") or row.get("error"))
            failures.append(
                Failure(str(row.get("id") or ""), str(row.get("rev") or ""), error, str(row.get("reason") or ""))
            )
        return failures

    def write_one(self, doc: Document) -> Failure | None:
        """`PUT doc?new_edits=false`, as multipart where attachments travel."""
        self._learn_gzip()
        parsed: dict[str, Any] = json.loads(doc) if isinstance(doc, bytes) else doc
        headers = {}
        if attachment_bytes(parsed):
            headers["Content-Type"], body = multipart.encode(parsed)
        else:
            body = doc if isinstance(doc, bytes) else json.dumps(inline(doc))
        url = f"{self._url}/{encode_id(parsed['_id'])}"
        try:
            self.client.request("PUT", url, params="new_edits=false", body=body, headers=headers)
        except MissingStubError:
            raise
        except (ConflictError, Denied, TooLarge, Refused, NotFoundError) as error:
            if isinstance(error, NotFoundError) and not self.exists():
                raise
            return Failure(parsed["_id"], parsed["_rev"], error.error or "bad_request", error.reason)
        return None

    # -- local documents, and the rest --------------------------------------------------------------------------

    def get_local(self, id: str) -> dict[str, Any] | None:
        try:
            found = self.client.json("GET", f"{self._url}/_local/{quote(id, safe='')}")
        except NotFoundError as error:
            if type(error) is not NotFoundError:
                raise
            return None
        if not isinstance(found, dict):
            raise TransportError(f"{self.endpoint.origin} sent a local document that cannot be read.")
        return found

    def put_local(self, id: str, doc: Mapping[str, Any]) -> str:
        body = json.dumps({"_id": f"_local/{id}", **doc})
        answer = self.client.json("PUT", f"{self._url}/_local/{quote(id, safe='')}", body=body)
        return str(answer.get("rev") or "") if isinstance(answer, dict) else ""

    def commit(self) -> str:
        try:
            answer = self.client.json("POST", f"{self._url}/_ensure_full_commit", body=b"{}")
        except (Refused, NotFoundError, Denied) as error:
            if type(error) is not NotFoundError and isinstance(error, NotFoundError):
                raise
            return self.info().instance_start_time
        start = str(answer.get("instance_start_time") or "") if isinstance(answer, dict) else ""
        return "" if start == "0" else start

    def who(self) -> tuple[bool, str]:
        """Known: the server names the user that we signed in as. Without credentials nobody is expected."""
        if self.credentials is None:
            return True, ""
        try:
            answer = self.client.json("GET", self.endpoint.root + "_session")
        except (NotFoundError, Refused):
            return True, self.credentials.name  # no sessions here: Basic goes with every request
        except Denied:
            return False, ""
        user = answer.get("userCtx") if isinstance(answer, dict) else None
        name = user.get("name") if isinstance(user, dict) else None
        return name == self.credentials.name, str(name or "")

    def renew(self) -> None:
        self.client.expire_session()

    def cut(self) -> None:
        self.client.cut()
        self._fetcher.interrupt()

    def mend(self) -> None:
        self._fetcher.resume()
        self.client.mend()

    def hurry(self, seconds: float) -> None:
        self.client.connect_timeout = self.client.read_timeout = seconds

    def close(self) -> None:
        self._fetcher.interrupt()
        self.client.close()

    def _learn_gzip(self) -> None:
        """Whether request bodies may be compressed: CouchDB and CouchTill take that, and only a line needs it."""
        if self._compress is None:
            self._compress = False
            if not self.client.near:
                try:
                    root = self.client.json("GET", self.endpoint.root)
                except PeerError:
                    return
                vendor = root.get("vendor") if isinstance(root, dict) else None
                name = str(vendor.get("name") or "") if isinstance(vendor, dict) else ""
                self._compress = name.startswith(("The Apache Software Foundation", "CouchTill"))
        self.client.gzip = self._compress


def _near(host: str) -> bool:
    """On this machine: compressing would only cost."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
