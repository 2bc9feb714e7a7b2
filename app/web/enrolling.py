"""The page of a machine that is no terminal yet: it takes head office's code, shows what comes, and opens the till."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, render_template

from app.node import codes
from app.node.codes import CodeError
from app.node.config import NodeConfig, NodeError
from app.node.enrolling import EnrolError, Enrolling, Progress, pending
from app.shop.reason import say
from app.web import i18n, json_api
from app.web.auth import authenticator_of, start_link
from app.web.door import Door
from app.web.feeds import FeedSlots
from app.web.json_api import Problem, answer, read_json
from app.web.reasons import tell

log = logging.getLogger("couchtill.enroll")

#: Seconds in which the page may hear that all is done, before its server makes room for the till's.
HEARD = 5.0
#: Characters of a code; a person may paste more than it by accident.
MOST = 2000


class _Nothing:
    """A node that isn't one yet has no databases to wake."""

    def wake(self) -> None:
        return


class Newcomer:
    """A machine that becomes a terminal, with as much of a node as a server and a door need.

    `explain(error)` says an expected failure in words, None for one that isn't. `over` is set when there is nothing
    more to serve: `config` is the terminal's then, or None where the end was asked for.
    """

    kind = "newcomer"

    def __init__(self, path: Path, *, host: str, port: int, explain: Callable[[BaseException], str | None]) -> None:
        self.path = path
        self.config: Any = {"id": "new", "host": host}
        self.uuid = secrets.token_hex(16)
        self.closing = threading.Event()
        self.directory = _Nothing()
        self.feeds = FeedSlots(1)
        self.over = threading.Event()
        self.made: NodeConfig | None = None
        self.progress: Progress | None = None
        self.failed: dict[str, Any] | None = None
        self._host, self._port, self._explain = host, port, explain
        self._listening = port
        self._heard = threading.Event()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def listens(self, port: int) -> None:
        """The port that the server took."""
        self._listening = port

    @property
    def base(self) -> str:
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::") else self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._listening}/"

    def link(self) -> str:
        """A link that lets one browser in: to this page, and to the till afterwards."""
        return start_link(self.path, self.base)

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self, text: str | None) -> None:
        """Starts enrolling, or goes on with the code of before. Problem 409 while it is at it."""
        with self._lock:
            if self.busy or self.made is not None:
                raise Problem(409, "busy", say("This machine is being enrolled already."))
            self.failed, self.progress = None, Progress()
            self._thread = threading.Thread(target=self._run, args=(text,), name="enrolling", daemon=True)
            self._thread.start()

    def _run(self, text: str | None) -> None:
        try:
            enrolling = Enrolling(self.path, host=self._host, port=self._port, tell=self._hear, stop=self._stop)
            made = enrolling.run(text)
        except Exception as error:
            said = error.args[0] if isinstance(error, NodeError) else self._explain(error)
            if said is None:
                log.exception("enrolling failed")
                said = say("An unexpected problem: the log of this machine says more.")
            else:
                log.warning("not enrolled: %s", said)
            over = isinstance(error, CodeError) or (isinstance(error, EnrolError) and error.over)
            self.failed = {"reason": said, "over": over}
            return
        self.made = made
        self._heard.wait(HEARD)
        self.over.set()

    def _hear(self, progress: Progress) -> None:
        self.progress = progress

    def end(self) -> None:
        """The end was asked for: what is under way stops between two documents."""
        self._stop.set()
        self.over.set()

    def wait(self, seconds: float = 10.0) -> None:
        """Until nothing writes any more."""
        if self._thread is not None:
            self._thread.join(seconds)

    def state(self) -> dict[str, Any]:
        """`{"state": "waiting" | "busy" | "failed" | "done", "step", "databases": [{"name", "done", "total"}],
        "reason", "over", "begun": {"terminal", "store", "central", "claimed"} | null, "link"}`."""
        kept = None if self.made is not None else pending(self.path)
        begun = None
        if kept is not None:
            code = codes.decode(kept.code)
            begun = {"terminal": code.terminal, "store": code.store, "central": code.central, "claimed": kept.claimed}
        rows = self.progress.databases if self.progress is not None else ()
        told = {
            "step": self.progress.step if self.progress is not None else None,
            "databases": [{"name": name, "done": done, "total": total} for name, done, total in rows],
            "begun": begun,
        }
        if self.made is not None:
            return {**told, "state": "done", "terminal": self.made.id, "link": start_link(self.path, "")}
        if self.failed is not None:
            return {**told, "state": "failed", "reason": tell(self.failed["reason"]), "over": self.failed["over"]}
        return {**told, "state": "busy" if self.busy else "waiting"}

    def told(self) -> None:
        """The page knows that it is done."""
        self._heard.set()


def create_app(newcomer: Newcomer) -> Flask:
    """The page and its API, behind the start link as every page."""
    app = Flask(
        "app.web", root_path=str(Path(__file__).parent), static_folder="../static", template_folder="../templates"
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    Door(newcomer, authenticator_of(newcomer)).install(app)
    app.register_blueprint(_blueprint(newcomer))
    i18n.init_app(app)
    return app


def _blueprint(newcomer: Newcomer) -> Blueprint:
    made = Blueprint("enrolling", __name__)
    json_api.handle_errors(made)

    @made.get("/")
    def home() -> str:
        return render_template("enroll.html", boot=i18n.boot({"enrolment": newcomer.state()}))

    @made.get("/api/enrolment")
    def state() -> Response:
        told = newcomer.state()
        response = answer(told)
        if told["state"] == "done":
            response.call_on_close(newcomer.told)
        return response

    @made.post("/api/enrolment")
    def begin() -> Response:
        """`{"code"}`, as it was typed, or null to go on with the one of before."""
        text = read_json().get("code")
        if text is not None and (not isinstance(text, str) or len(text) > MOST):
            text = "?"  # which no code is
        try:
            if text is not None:
                codes.decode(text)
            elif pending(newcomer.path) is None:
                raise CodeError(say("The code is missing."))
        except CodeError as error:
            raise Problem(400, "invalid", error.args[0], "code", group=error.group) from None
        newcomer.begin(text)
        return answer(newcomer.state(), 202)

    return made
