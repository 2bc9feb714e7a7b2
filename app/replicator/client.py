"""HTTP to one CouchDB-like server: sessions per thread, timeouts, errors sorted into those of `errors`.

Never retries by itself but for two things that are no failure: a 401/403 whose session had expired, and a redirect
on the same host. All else is the run's to decide, which after a failure reads both logs again.
"""

from __future__ import annotations

import gzip
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies

from app.docs import json
from app.docs.errors import DocsError
from app.replicator.auth import Credentials, Endpoint, Session, redact
from app.replicator.backoff import retry_after
from app.replicator.clock import CentralClock
from app.replicator.errors import (
    Busy,
    ConflictError,
    DatabaseMissing,
    Denied,
    FeedSilent,
    Locked,
    MissingStubError,
    NotFoundError,
    PeerError,
    Refused,
    Stopped,
    TooLarge,
    TransportError,
)
from app.replicator.gate import Gate
from app.replicator.wire import Sockets, adapter, believed, read

CONNECT_TIMEOUT = 10.0
"""Seconds to reach a server. A till on a bad line must learn soon that it is alone."""

READ_TIMEOUT = 60.0
"""Seconds without a byte. A batch of 500 documents may take a small server that long."""

GZIP_FROM = 4096
"""Bytes from which a request body is compressed, where the peer takes that: below, headers outweigh the gain."""

_JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_EMPTY = re.compile(rb'\s*(?:\{\s*"results"\s*:\s*\[\s*)?')
_AS_IT_IS = {"Accept-Encoding": "identity"}
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


class Client:
    """Requests to one endpoint. Threads may share it: each gets a `requests.Session` of its own."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials | None = None, *, sessions: bool = False) -> None:
        self.endpoint = endpoint
        self.credentials = credentials
        self.trust: ssl.SSLContext | None = None
        """Whose certificates are believed, if not those of `wire.believed`; set before the first request."""
        self.gzip = False
        self.near = False
        """On this machine, where packing an answer only costs."""
        self.connect_timeout = CONNECT_TIMEOUT
        self.read_timeout = READ_TIMEOUT
        self.connections = 0
        self.requests = 0
        self.clock: CentralClock | None = None
        """Hears every answer of the server, where somebody wants to know its time."""
        self.gate: Gate | None = None
        """Where several clients have one password: a wrong one is tried by one of them, and once."""
        self._sockets = Sockets()
        self._local = threading.local()
        self._made: list[requests.Session] = []
        self._lock = threading.Lock()
        self._session = Session(credentials, self._sign_in) if credentials and sessions else None

    @property
    def door(self) -> str:
        """The server and who we are there."""
        return f"{self.credentials.name if self.credentials else ''}@{self.endpoint.root}"

    def use_sessions(self) -> None:
        """From now on by cookie, for a link that stays."""
        if self.credentials and self._session is None:
            self._session = Session(self.credentials, self._sign_in)

    @property
    def cut_off(self) -> bool:
        return self._sockets.cut_off

    def cut(self) -> None:
        """Every request in flight ends with `Stopped`, from any thread."""
        self._sockets.cut()

    def mend(self) -> None:
        """Requests work again after a :meth:`cut`, on new connections."""
        self._sockets.mend()
        self.close()

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, []
            self._local = threading.local()
        for session in made:
            session.close()

    def expire_session(self) -> None:
        if self._session is not None:
            self._session.expire()

    def json(self, method: str, url: str, **options: Any) -> Any:
        """The parsed body of a 2xx answer. Options as in :meth:`request`."""
        return self.parse(self.request(method, url, **options))

    def parse(self, response: requests.Response) -> Any:
        try:
            return json.loads(response.content)
        except DocsError:
            self.no_json(response, response.content)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        params: str = "",
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
        feed: bool = False,
        stream: bool = False,
    ) -> requests.Response:
        """Sends, reads the whole answer, raises an error of `errors` unless it is 2xx.

        `params` is an encoded query without "?". `feed`: silence and cuts are `FeedSilent`. `stream`: the body is left
        to be read.
        """
        if params:
            url = f"{url}?{params}"
        sent = {**_JSON, **(headers or {})}
        if body is not None and self.gzip and len(body) >= GZIP_FROM:
            body = gzip.compress(body, 1)
            sent["Content-Encoding"] = "gzip"
        signed: dict[str, str] = {}
        for attempt in range(2):
            signed = self._signature()
            with self._errors(feed):
                response = self._send(
                    method, url, body, {**sent, **signed}, read_timeout or self.read_timeout, stream=stream
                )
            again = response.status_code in (401, 403) and not attempt and self._session and not _is_lock(response)
            if again and self._session is not None and self._session.refused(signed):
                continue
            break
        if response.status_code >= 300:
            with self._errors(feed):
                _ = response.content
            self.fail(response)
        if self._session is not None and Session.COOKIE in response.cookies:
            self._session.rotated(response.cookies[Session.COOKIE] or "", _max_age(response))
        return response

    def text(self, method: str, url: str, *, body: bytes | None, params: str) -> tuple[bytes, requests.Response]:
        """A long answer: (its bytes, the answer for its headers). Reads chunks faster than `request` does."""
        headers = _AS_IT_IS if self.near else {}
        response = self.request(method, url, body=body, params=params, headers=headers, stream=True)
        with self._errors(False):
            try:
                return read(response), response
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise self._cut_or(TransportError(f"The connection to {self.endpoint.origin} broke off.")) from error

    def feed(self, method: str, url: str, *, body: bytes | None, params: str, silence: float, patience: float) -> bytes:
        """The body of a waiting feed's answer. FeedSilent after `silence` seconds without a byte.

        b"" when it said no more than "I am here" for `patience` seconds: some servers forget their timeout. The next
        request will tell whether the line still stands.
        """
        response = self.request(
            method, url, body=body, params=params, headers=_AS_IT_IS, read_timeout=silence, feed=True, stream=True
        )
        give_up = time.monotonic() + patience
        text = bytearray()
        with self._errors(True):
            try:
                while chunk := response.raw.read1(65536):
                    text += chunk
                    if self.clock is not None:
                        self.clock.heard()
                    if len(text) < 4096 and time.monotonic() > give_up and _EMPTY.fullmatch(text):
                        response.close()
                        return b""
            except (urllib3.exceptions.HTTPError, OSError) as error:
                response.close()
                if self._sockets.cut_off:
                    raise Stopped() from error
                if text and time.monotonic() > give_up and _EMPTY.fullmatch(text):
                    return b""
                raise FeedSilent(f"The feed of {self.endpoint.origin} broke off.") from error
        if self._sockets.cut_off:
            raise Stopped()
        response.close()
        return bytes(text)

    def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        read_timeout: float,
        stream: bool = False,
    ) -> requests.Response:
        for _ in range(4):
            self.requests += 1
            began = self.clock.now() if self.clock is not None else 0.0
            response = self._requests().request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=(self.connect_timeout, read_timeout),
                allow_redirects=False,
                stream=stream,
            )
            if self.clock is not None and _is_the_server(response):
                self.clock.answered(began, response.headers.get("Date"))
            target = response.headers.get("Location")
            if response.status_code not in (301, 302, 303, 307, 308) or not target:
                return response
            there = urljoin(url, target)
            if urlsplit(there).hostname != self.endpoint.host:
                raise Refused("The address redirects to another server; credentials are not sent there.", status=302)
            url = there
        raise Refused("The address redirects in a circle.", status=302)

    def _signature(self) -> dict[str, str]:
        if self.gate is not None:
            self.gate.check(self.door)
        if self._session is not None:
            return self._session.headers()
        return {"Authorization": self.credentials.basic} if self.credentials else {}

    def _sign_in(self, credentials: Credentials) -> tuple[int, Mapping[str, str], float | None]:
        with self.gate.enter(self.door) if self.gate is not None else nullcontext():
            return self._signed_in(credentials)

    def _signed_in(self, credentials: Credentials) -> tuple[int, Mapping[str, str], float | None]:
        body = json.dumps({"name": credentials.name, "password": credentials.password})
        with self._errors(False):
            response = self._send("POST", self.endpoint.root + "_session", body, _JSON, self.read_timeout)
        if response.status_code == 403 and _is_lock(response):
            self.fail(response)
        if response.status_code == 401 and b"incorrect" in response.content:
            self.fail(response)  # not to be tried once more as Basic: five wrong ones lock the user
        if response.status_code >= 500 and response.status_code != 501:
            self.fail(response)
        cookies = {name: value or "" for name, value in response.cookies.items()}
        return response.status_code, cookies, _max_age(response)

    def _requests(self) -> requests.Session:
        local = self._local
        session: requests.Session | None = getattr(local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # no .netrc over our credentials, no look at the environment per request
            session.proxies = get_environ_proxies(self.endpoint.origin)
            session.cookies.set_policy(_NoCookies())
            session.headers["User-Agent"] = "CouchTill"
            secure = self.endpoint.origin.startswith("https:")  # else nothing is read that nobody needs
            mount = adapter(self._sockets, self._connected, self.trust or (believed() if secure else None))
            session.mount("http://", mount)
            session.mount("https://", mount)
            local.session = session
            with self._lock:
                self._made.append(session)
        return session

    def _connected(self) -> None:
        self.connections += 1

    @contextmanager
    def _errors(self, feed: bool) -> Iterator[None]:
        """Transport exceptions, in words. Where we cut the line ourselves: Stopped."""
        kind = FeedSilent if feed else TransportError
        where = self.endpoint.origin
        try:
            yield
        except requests.exceptions.SSLError as error:
            raise self._cut_or(TransportError(f"{where} has no certificate that is trusted here.")) from error
        except requests.exceptions.ConnectTimeout as error:
            raise self._cut_or(TransportError(f"{where} did not answer.")) from error
        except requests.exceptions.ReadTimeout as error:
            raise self._cut_or(kind(f"{where} fell silent.")) from error
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            raise self._cut_or(kind(f"The connection to {where} broke off.")) from error
        except requests.exceptions.ConnectionError as error:
            unreached = "NewConnectionError" in repr(error) or "NameResolution" in repr(error)
            if unreached:
                raise self._cut_or(TransportError(f"{where} cannot be reached.")) from error
            raise self._cut_or(kind(f"The connection to {where} broke off.")) from error
        except requests.exceptions.RequestException as error:
            raise self._cut_or(TransportError(self._safe(f"The request to {where} failed: {error}"))) from error

    def _cut_or(self, error: PeerError) -> Exception:
        return Stopped() if self._sockets.cut_off else error

    def _safe(self, text: str) -> str:
        return redact(text, self.credentials.password if self.credentials else "")

    def fail(self, response: requests.Response) -> NoReturn:
        """Raises what an answer that is not 2xx means."""
        status = response.status_code
        wait = retry_after(response.headers.get("Retry-After"))
        try:
            body = json.loads(response.content) if response.content else {}
        except DocsError:
            body = None
        if not isinstance(body, dict):
            if status in (429, 503) and (wait is not None or status == 429):
                raise Busy(f"{self.endpoint.origin} is busy.", retry_after=wait, status=status)
            if status == 413:
                raise TooLarge("The request is larger than the server takes.")
            if status in (405, 501):
                raise Refused(f"The server does not know this call (HTTP {status}).", status=status)
            self.no_json(response, response.content)
        error = str(body.get("error") or body.get("name") or "")
        reason = self._safe(str(body.get("reason") or body.get("message") or error or f"HTTP {status}"))
        if status in (429, 503) and (wait is not None or status == 429):
            raise Busy(reason, retry_after=wait, status=status, error=error)
        if status == 408 or status >= 500:
            raise TransportError(f"{self.endpoint.origin} answered {status}: {reason}", status=status, error=error)
        if status == 403 and _is_lock(response):
            raise Locked(reason)
        if status in (401, 403):
            raise Denied(reason, status=status, error=error or ("unauthorized" if status == 401 else "forbidden"))
        if status == 404:
            gone = reason.rstrip(".").lower() in ("database does not exist", "no_db_file")
            raise (DatabaseMissing if gone else NotFoundError)(reason)
        if status == 409:
            raise ConflictError(reason)
        if status == 412 and error == "missing_stub":
            raise MissingStubError(reason)
        if status == 413:
            raise TooLarge(reason, error=error)
        raise Refused(reason, status=status, error=error)

    def no_json(self, response: requests.Response, content: bytes) -> NoReturn:
        """Raises what an answer is that should have been JSON."""
        title = _TITLE.search(content[:4096])
        said = " ".join(title.group(1).decode("utf-8", "replace").split())[:80] if title else ""
        words = f' ("{said}")' if said else ""
        kind = "a web page" if b"<" in content[:200] else "something that is no JSON"
        raise TransportError(
            self._safe(
                f"{self.endpoint.origin} answered {response.status_code} with {kind}{words}: "
                "is there a proxy or another service in between?"
            ),
            status=response.status_code,
        )


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    """The jar keeps nothing: the session cookie is shared by threads, in `Session`."""

    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


def _is_the_server(response: requests.Response) -> bool:
    """Whether it is the database that spoke to us, not a captive portal, a proxy, or one who refuses us."""
    return (response.ok or response.status_code == 404) and "json" in response.headers.get("Content-Type", "")


def _is_lock(response: requests.Response) -> bool:
    return response.status_code == 403 and b"temporarily locked" in response.content


def _max_age(response: requests.Response) -> float | None:
    found = re.search(r"AuthSession=[^,]*?Max-Age=(\d+)", response.headers.get("Set-Cookie", ""), re.IGNORECASE)
    return float(found.group(1)) if found else None
