"""The HTTP server of a node: cheroot, with threads that come as they are needed and feeds that end when it stops.

Why cheroot: it writes what it is given at once, so that a heartbeat leaves when it is due; a thread serves a request
from its first byte to its last, so that a handler may simply wait; and it is pure Python.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from cheroot import wsgi
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.workers.threadpool import ThreadPool

from app.web import create_app, patience, tls
from app.web.couch_http.request import MAX_BODY
from app.web.feeds import DEFAULT_MAX_FEEDS

log = logging.getLogger(__name__)

# Threads beside those that feeds hold: what answers requests. Two cores don't get faster with more.
REQUEST_THREADS = 32
_FIRST_THREADS = 8
# Seconds that a connection may idle between requests, or stall within one. Longer than a client's own patience (a
# replicator keeps its connections for a minute), so that it is the client who closes.
IDLE_SECONDS = 75
# How many connections may be open between requests. One more, and those go that say nothing, of the address that has
# the most of them: who opens thousands closes their own.
KEPT_CONNECTIONS = 2_000
# Bytes of a body that nobody wanted, which are received so that its sender gets to see the answer.
_UNWANTED = 1_000_000
STOP_SECONDS = 1.5
# A worker keeps its connection this long for the next request before it gives it back: handing a connection from
# thread to thread costs more than the request of a busy client.
LINGER_SECONDS = 0.002


class Threads(ThreadPool):
    """Workers that are started when there is more to do than there are idle ones."""

    def __init__(self, server: Any, maximum: int) -> None:
        super().__init__(server, min=_FIRST_THREADS, max=maximum)
        self._growing = threading.Lock()

    def put(self, connection: Any) -> None:
        """Hand a connection with a request in it to a worker."""
        super().put(connection)
        if self._queue.qsize() > self.idle and len(self._threads) < self.max:
            with self._growing:
                if len(self._threads) < self.max:
                    self._threads.append(self._spawn_worker())

    def grow(self, amount: int) -> None:
        """Start `amount` workers, without waiting for them to get ready."""
        self._threads.extend(self._spawn_worker() for _ in range(amount))

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """End every worker; the connections of those that are still at it after `timeout` seconds are cut."""
        workers = list(self._threads)
        for _ in workers:
            self._queue.put(_end_of_work())
        self._join(workers, time.monotonic() + timeout)
        for worker in workers:
            connection = worker.conn
            if worker.is_alive() and connection is not None:
                _cut(connection.socket)
        self._join(workers, time.monotonic() + 0.5)
        self._threads.clear()

    @staticmethod
    def _join(workers: Iterable[threading.Thread], until: float) -> None:
        for worker in workers:
            if worker is not threading.current_thread():
                worker.join(max(0.0, until - time.monotonic()))

    def _spawn_worker(self) -> Any:
        from cheroot.workers.threadpool import WorkerThread

        worker = WorkerThread(self.server)
        worker.name = f"web {worker.name}"
        worker.daemon = True
        worker.start()
        return worker


def _end_of_work() -> object:
    from cheroot.workers import threadpool

    return threadpool._SHUTDOWNREQUEST


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        log.debug("a connection was gone before it was cut")


class Request(HTTPRequest):
    """Sends an answer's head together with the first piece of its body: one packet instead of two."""

    _head = b""
    _left_over = False

    def parse_request(self) -> None:
        """Read the head, which may not take long."""
        with self.server.waiting as waiting:
            self.conn.patience.begin(waiting.seconds, buys=False)
            super().parse_request()
        self.conn.patience.begin(patience.STALL_SECONDS)

    def simple_response(self, status: str, msg: str = "") -> None:
        """cheroot's own answer to what is no request."""
        self.conn.patience.begin(patience.DRAIN_SECONDS)
        super().simple_response(status, msg)

    def send_headers(self) -> None:
        """Get the head ready; it leaves with the body, or when there is none."""
        self._leave_body()
        self.conn.patience.begin(patience.STALL_SECONDS)
        wfile = self.conn.wfile
        self.conn.wfile = held = _Held()
        try:
            super().send_headers()
        finally:
            self.conn.wfile = wfile
        self._head = held.data
        if self.method == b"HEAD" or self.status[:3] in (b"204", b"304"):
            self._flush_head()

    def write(self, chunk: bytes) -> None:
        """Send a piece of the body, the head before it."""
        if self.chunked_write and chunk:
            chunk = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        if self._head:
            chunk, self._head = self._head + chunk, b""
        self.conn.wfile.write(chunk)

    def respond(self) -> None:
        """Answer the request."""
        try:
            if self.path.endswith(b"/_session"):  # whose body is read before anybody is known
                with self.server.waiting as waiting:
                    self.conn.patience.begin(waiting.seconds, buys=False)
                    super().respond()
            else:
                super().respond()
        finally:
            self._flush_head()
        if self._left_over:
            self._part()

    def _leave_body(self) -> None:
        """What of the body nobody has read: a little is received, with more the connection ends behind the answer.

        Never is it taken for the next request, which a proxy may have sent for somebody else.
        """
        if (b"Connection", b"close") in self.outheaders:
            self.close_connection = True
        self.conn.patience.begin(patience.DRAIN_SECONDS, buys=False)
        try:
            left_over = self._receive_rest()
        except (OSError, ValueError):  # ValueError: no chunks
            left_over = True
        if left_over:
            self.close_connection = self._left_over = True

    def _receive_rest(self) -> bool:
        """Whether there is more than that."""
        if self.chunked_read:
            if not getattr(self.rfile, "closed", True):
                return True
            for _ in self.rfile.read_trailer_lines():
                log.debug("a line behind a body in chunks")
            return False
        remaining = getattr(self.rfile, "remaining", 0)
        if 0 < remaining <= _UNWANTED and not self.close_connection:
            self.rfile.read(remaining)
            remaining = self.rfile.remaining
        return bool(remaining > 0)

    def _part(self) -> None:
        """Closing with bytes unread would take the answer from a client that is still sending."""
        connection, until = self.conn.socket, time.monotonic() + patience.DRAIN_SECONDS
        unwanted = 8 * _UNWANTED
        try:
            if not isinstance(connection, ssl.SSLSocket):
                connection.shutdown(socket.SHUT_WR)
            while unwanted > 0 and (left := until - time.monotonic()) > 0:
                connection.settimeout(left)
                piece = connection.recv(65_536)
                if not piece:
                    return
                unwanted -= len(piece)
        except OSError:
            log.debug("a client went while its body was thrown away")

    def _flush_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self.conn.wfile.write(head)


class _Held:
    data = b""

    def write(self, data: bytes) -> None:
        self.data += data


def _readable(connection: socket.socket, seconds: float) -> bool:
    """Whether something can be read within `seconds`. Not by `select` where there is `poll`: it takes no descriptor
    above 1,023, which a node with the files of two hundred stores has."""
    if not hasattr(select, "poll"):
        return bool(select.select([connection], [], [], seconds)[0])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


class Connection(HTTPConnection):
    """A connection that serves the requests of a busy client in one go."""

    RequestHandlerClass = Request

    def __init__(self, server: Any, connection: socket.socket, makefile: Any = None) -> None:
        super().__init__(server, connection)
        self.greeted = self.left = False
        self.patience = patience.Patience(connection)
        self.rfile = patience.Reader(connection, self.rbufsize, self.patience)
        self.wfile = patience.Writer(connection, self.wbufsize, self.patience)

    def communicate(self) -> bool:
        """Serve requests until none comes for a moment. Returns whether the connection stays open."""
        while super().communicate():
            if self.rfile.has_data() or tls.pending(self.socket):
                continue
            if not LINGER_SECONDS or not _readable(self.socket, LINGER_SECONDS):
                return True
        return False


class Listener(wsgi.Server):
    """cheroot's server. Whoever connects gets a thread with their first byte, and not before."""

    def __init__(self, *given: Any, threads: int, **named: Any) -> None:
        super().__init__(*given, **named)
        self.waiting = patience.Waiting(threads)
        # Databases need files too, and a shop that can't open one can't sell.
        self.keep_alive_conn_limit = self._most = min(KEPT_CONNECTIONS, _files() // 2)

    def process_conn(self, conn: Any) -> None:
        """Hand a connection to a worker; a new one is looked at until it says something."""
        if conn.greeted:
            super().process_conn(conn)
            return
        conn.greeted = True
        if self._connections._num_connections >= self._most:
            self._make_room()
        self._connections.put(conn)

    def _make_room(self) -> None:
        """Hangs up on a sixteenth of the connections that wait, the oldest of the address that has the most: a worker
        finds them at their end and closes them."""
        waiting: dict[str, list[Any]] = {}
        for _, conn in self._connections._selector.connections:
            if conn is not self and not conn.left:
                waiting.setdefault(conn.remote_addr or "", []).append(conn)
        if not waiting:
            return
        largest = max(len(each) for each in waiting.values())
        most = next(each for each in waiting.values() if len(each) == largest)
        most.sort(key=lambda conn: conn.last_used)
        for conn in most[: max(1, len(most) // 16)]:
            conn.left = True
            _cut(conn.socket)


def _files() -> int:
    """How many files and connections this process may have open."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 10 * KEPT_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 10 * KEPT_CONNECTIONS if soft == resource.RLIM_INFINITY else soft


class Gateway(wsgi.Gateway_10):
    """Tells the application whether its client is still there."""

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["couchtill.client_gone"] = _watch(self.req.conn.socket)
        return environ


def _watch(connection: socket.socket) -> Callable[[], bool]:
    def gone() -> bool:
        try:
            return _readable(connection, 0) and tls.has_left(connection)
        except (OSError, ValueError):
            return True

    return gone


class Server:
    """A running server: `port` is where it listens (a free one, if 0 was asked for)."""

    def __init__(self, node: Any, application: Any, host: str, port: int) -> None:
        self._node = node
        maximum = int(node.config.get("max_feeds") or DEFAULT_MAX_FEEDS)
        self.application = application
        self._http = Listener(
            (host, port),
            application,
            server_name=host,
            request_queue_size=256,
            timeout=IDLE_SECONDS,
            threads=maximum + REQUEST_THREADS,
        )
        path = getattr(node, "path", None)
        self._http.ssl_adapter = None if path is None else tls.adapter_of(path)
        self.secure = self._http.ssl_adapter is not None
        self._http.requests = Threads(self._http, maximum + REQUEST_THREADS)
        self._http.gateway = Gateway
        self._http.ConnectionClass = Connection
        self._http.max_request_header_size = 64 * 1024
        self._http.max_request_body_size = MAX_BODY + 1_000_000
        self._http.error_log = _log
        self._http.shutdown_timeout = STOP_SECONDS
        self._http.prepare()
        self.host = host
        self.port: int = self._http.bind_addr[1]
        self._thread = threading.Thread(target=self._serve, name=f"web server {self.port}", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            self._http.serve()
        except Exception:
            if not self._node.closing.is_set():
                log.exception("the web server on port %d ended", self.port)

    def stop(self) -> None:
        """End all feeds, answer what is under way, close. Takes two seconds at most; twice is harmless."""
        self._node.closing.set()
        self._node.directory.wake()
        # Its select waits half a second for a request: one that says nothing wakes it at once.
        self._http.ready = False
        self._http._connections._stop_requested = True
        self._nudge()
        self._thread.join(1)
        if self._http.socket is not None:
            self._http.ready = True  # or cheroot thinks that it stopped already, and leaves its port open
            self._http.stop()

    def _nudge(self) -> None:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "") else "::1" if self.host == "::" else self.host
        try:
            socket.create_connection((host, self.port), timeout=0.2).close()
        except OSError:
            log.debug("the web server on port %d stopped listening by itself", self.port)


def serve(node: Any, host: str, port: int) -> Server:
    """Start serving `node`. OSError when the address is taken."""
    return Server(node, create_app(node), host, port)


def _log(message: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
    if isinstance(sys.exception(), ConnectionError | ssl.SSLError):
        level, traceback = logging.DEBUG, False  # a client that went away is no news
    log.log(level if level >= logging.WARNING else logging.DEBUG, message, exc_info=traceback)
