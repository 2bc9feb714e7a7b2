"""The users of the central, over CouchDB's own HTTP: an account reads and changes its own document, head office all.

`_users/org.couchdb.user:<name>` holds name, roles, the password's hash, and `couchtill`, a member of ours:

    {"terminal", "store", "enrolment", "state", "at", "until"}     of a terminal's account and of a code's ticket

`state` is `waiting` (for its code to be used), `enrolled`, `withdrawn`, `expired`, `replaced` or `revoked`.
"""

from __future__ import annotations

import base64
import email.utils
import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from app.docs import json
from app.docs.errors import DocsError
from app.node.config import NodeError
from app.shop.reason import Reason, say

#: Seconds to reach the central, and for its answer: a password may be hashed 600,000 times there.
TIMEOUT = (10.0, 30.0)
#: Answers of a user's document are small; what is larger is no such document.
MOST = 1_000_000
#: How often a user's document is read again when somebody else wrote it meanwhile: a CouchDB itself does, soon after a
#: sign-in, when it hashes a password its own way.
TRIES = 5

#: Of a password's hash: nobody guesses 80 random bits and more, and what signs in at once keeps no central busy.
ITERATIONS = 10_000

TERMINAL, STORE, TICKET = "terminal", "store:", "ticket"
MEMBER = "couchtill"
_HASH = ("password", "password_scheme", "pbkdf2_prf", "iterations", "salt", "derived_key", "password_sha")

#: What a code's account may say of itself.
STATES = ("waiting", "enrolled", "withdrawn", "expired", "replaced", "revoked")

Doc = dict[str, Any]


class CentralProblem(NodeError):
    """The central can't be worked with, in words.

    `kind`: `away` (later may be better), `tls`, `stranger` (no CouchDB answers there), `locked` (wait some minutes),
    `wrong` (name or password), `forbidden`, `missing`, `busy`, `failed`.
    """

    def __init__(self, kind: str, reason: Reason) -> None:
        super().__init__(reason)
        self.kind = kind

    @property
    def reason(self) -> Reason:
        found: Reason = self.args[0]
        return found


class Answer(NamedTuple):
    """What the central said: its JSON, and its clock (None where it tells none)."""

    status: int
    body: Any
    clock: datetime | None


class Central:
    """The central at `url` (without name and password), as one of its users. Raises CentralProblem."""

    def __init__(self, url: str, name: str, password: str) -> None:
        import requests  # late: a till starts without it

        from app.replicator.wire import Believing

        self.url, self.name = url.rstrip("/"), name
        self._session = requests.Session()
        if url.startswith("https:"):
            self._session.mount("https://", Believing())
        proof = base64.b64encode(f"{name}:{password}".encode()).decode()
        self._session.headers.update({"Accept": "application/json", "Authorization": f"Basic {proof}"})
        self._session.auth = _as_it_is  # no .netrc over it

    def __enter__(self) -> Central:
        return self

    def __exit__(self, *error: object) -> None:
        self._session.close()

    def ask(self, method: str, path: str, body: Any = None, *, passes: tuple[int, ...] = ()) -> Answer:
        """One request. `passes` are the statuses above 399 that are an answer to the caller."""
        import requests

        data = None if body is None else json.dumps(body)
        headers = {} if data is None else {"Content-Type": "application/json"}
        url = f"{self.url}/{path}"
        try:
            response = self._session.request(
                method, url, data=data, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
        except requests.exceptions.SSLError:
            reason = say(
                "%(where)s has no certificate that is trusted here: is the address right, and this machine’s clock?",
                where=self.url,
            )
            raise CentralProblem("tls", reason) from None
        except requests.exceptions.Timeout:
            raise CentralProblem("away", say("The central, %(where)s, does not answer.", where=self.url)) from None
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError):
            reason = say("The central, %(where)s, can’t be reached from here.", where=self.url)
            raise CentralProblem("away", reason) from None
        except requests.exceptions.RequestException:
            raise CentralProblem("failed", say("%(where)s can’t be asked.", where=self.url)) from None
        return self._read(response, passes)

    def _read(self, response: Any, passes: tuple[int, ...]) -> Answer:
        status = response.status_code
        told = email.utils.parsedate_to_datetime(date) if (date := response.headers.get("Date")) else None
        clock = told.astimezone(UTC) if told is not None else None
        try:
            body = json.loads(response.content) if len(response.content) < MOST else None
        except DocsError:
            body = None
        if not isinstance(body, dict | list) or 300 <= status < 400:
            if status >= 500 or status == 429:
                raise CentralProblem("away", say("The central, %(where)s, has a problem of its own.", where=self.url))
            reason = say(
                "Something else than a central answers at %(where)s: a login page of the network, or a proxy?",
                where=self.url,
            )
            raise CentralProblem("stranger", reason)
        if status < 400 or status in passes:
            return Answer(status, body, clock)
        told_of = body if isinstance(body, dict) else {}
        said = str(told_of.get("reason") or told_of.get("error") or status)[:200]
        if status == 403 and "temporarily locked" in said:
            reason = say("The central has locked %(name)s out for some minutes, after wrong passwords.", name=self.name)
            raise CentralProblem("locked", reason)
        if status == 401:
            reason = say("The central does not take the name or password of %(name)s.", name=self.name)
            raise CentralProblem("wrong", reason)
        if status == 403:
            raise CentralProblem("forbidden", say("The central refuses: %(said)s", said=said))
        if status == 404:
            raise CentralProblem("missing", say("The central does not have it: %(said)s", said=said))
        if status == 507 or "enospc" in said:
            raise CentralProblem("away", say("The disk of the central, %(where)s, is full.", where=self.url))
        if status >= 500 or status in (408, 429):
            raise CentralProblem("away", say("The central, %(where)s, has a problem of its own.", where=self.url))
        raise CentralProblem("failed", say("The central refuses: %(said)s", said=said))

    # -- who and what is there -----------------------------------------------------------------------------------

    def meet(self) -> Answer:
        """Whether this is a central at all, and takes the name and password: its answer to `/_session`."""
        answer = self.ask("GET", "_session")
        if not isinstance(answer.body, dict) or not isinstance(answer.body.get("userCtx"), dict):
            raise CentralProblem("stranger", say("%(where)s answers, but it is no CouchDB.", where=self.url))
        who = answer.body["userCtx"]
        if who.get("name") is None and "_admin" in (who.get("roles") or ()):
            reason = say("%(where)s has no administrator, so that anybody may do anything there.", where=self.url)
            raise CentralProblem("stranger", reason)
        return answer

    def has_database(self, name: str) -> bool:
        return self.ask("GET", quote(name, safe=""), passes=(404,)).status == 200

    def send(self, database: str, doc: Doc) -> None:
        """One revision of a document, with its `_revisions`, as a replication brings it."""
        self.ask("POST", f"{quote(database, safe='')}/_bulk_docs", {"docs": [doc], "new_edits": False})

    # -- users -----------------------------------------------------------------------------------------------------

    def user(self, name: str) -> Doc | None:
        """A user's document; None where there is none, or none that may be seen."""
        answer = self.ask("GET", _path(name), passes=(404,))
        return None if answer.status == 404 else dict(answer.body)

    def own(self) -> Doc:
        """The document of whoever asks."""
        doc = self.user(self.name)
        if doc is None:
            raise CentralProblem("missing", say("The central does not know %(name)s any more.", name=self.name))
        return doc

    def save(self, name: str, change: Callable[[Doc | None], Doc | None]) -> Doc | None:
        """Writes what `change` makes of a user's document (None: there is none yet); its None writes nothing.

        `change` is called again with the newer document when somebody else was faster.
        """
        for _ in range(TRIES):
            old = self.user(name)
            new = change(old)
            if new is None or new == old:
                return old
            answer = self.ask("PUT", _path(name), new, passes=(409,))
            if answer.status != 409:
                return {**new, "_rev": answer.body.get("rev")}
        raise CentralProblem("busy", say("Somebody else changes the account %(name)s all the time.", name=name))


def _as_it_is(request: Any) -> Any:
    return request


def _path(name: str) -> str:
    return "_users/" + quote(f"org.couchdb.user:{name}", safe="")


def with_password(doc: Mapping[str, Any], password: str) -> Doc:
    """A user's document with another password: a random one, for which `ITERATIONS` are plenty. By the one hash that
    every CouchDB knows; newer ones hash it anew their own way, soon after a sign-in."""
    salt = secrets.token_hex(16)
    derived = hashlib.pbkdf2_hmac("sha1", password.encode(), salt.encode(), ITERATIONS, 20)
    proof = {"password_scheme": "pbkdf2", "pbkdf2_prf": "sha", "iterations": ITERATIONS, "salt": salt}
    return {**{key: value for key, value in doc.items() if key not in _HASH}, **proof, "derived_key": derived.hex()}


def account(doc: Mapping[str, Any] | None, name: str, roles: tuple[str, ...], told: Mapping[str, Any]) -> Doc:
    """A user's document with just these of our roles (others stay that a person gave) and `told` as our member."""
    kept = [role for role in (doc or {}).get("roles") or [] if isinstance(role, str) and not _ours(role)]
    return {**(doc or {"name": name, "type": "user"}), "roles": [*kept, *roles], MEMBER: dict(told)}


def _ours(role: str) -> bool:
    return role in (TERMINAL, TICKET) or role.startswith(STORE)


def told(doc: Mapping[str, Any]) -> dict[str, Any]:
    """Our member of a user's document, as far as it can be read: texts only, known states only."""
    member = doc.get(MEMBER)
    if not isinstance(member, Mapping):
        return {}
    found = {key: value for key, value in member.items() if isinstance(value, str) and len(value) <= 100}
    if found.get("state") not in STATES:
        found.pop("state", None)
    if isinstance(unsent := member.get("unsent"), int):
        found["unsent"] = unsent  # type: ignore[assignment]
    return found
