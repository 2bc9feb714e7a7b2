"""Requests whose answers have to be CouchDB's: status, body and the headers that clients read.

Each scenario is a list of requests sent in order to a fresh database (``{db}`` in the path, with the admin's name and
password unless ``user`` says otherwise). ``{rev:N}`` stands for the ``rev`` of the N-th answer of the scenario.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests

JSON = {"Content-Type": "application/json"}
ACCEPT_JSON = {"Accept": "application/json"}
PROBE_PASSWORD = "pw"
# A name that no server knows; a new one each run, since five failures lock it for minutes.
NOBODY = f"nobody-{secrets.token_hex(4)}"


class Step(NamedTuple):
    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})
    user: str | None = "admin"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body if self.body is not None else ''}"[:150]


def get(path: str, **headers: str) -> Step:
    return Step("GET", "/{db}" + path, None, _names(headers))


def put(path: str, body: Any, **headers: str) -> Step:
    return Step("PUT", "/{db}" + path, body, _names(headers))


def post(path: str, body: Any, **headers: str) -> Step:
    return Step("POST", "/{db}" + path, body, {**JSON, **_names(headers)})


def delete(path: str, **headers: str) -> Step:
    return Step("DELETE", "/{db}" + path, None, _names(headers))


def head(path: str, **headers: str) -> Step:
    return Step("HEAD", "/{db}" + path, None, _names(headers))


def server(method: str, path: str, body: Any = None, user: str | None = "admin", **headers: str) -> Step:
    return Step(method, path, body, _names(headers), user)


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def arrival(id: str, start: int, *hashes: str, **fields: Any) -> dict[str, Any]:
    """A revision made elsewhere."""
    return {
        "_id": id,
        "_rev": f"{start}-{hashes[0]}",
        "_revisions": {"start": start, "ids": list(hashes)},
        **fields,
    }


A, B, C = "a" * 32, "b" * 32, "c" * 32
TEXT = {"content_type": "application/octet-stream", "data": base64.b64encode(b"hello world").decode()}
ATTACHED = {"_attachments": {"a.bin": TEXT, "b.bin": {**TEXT, "data": "AAEC"}}, "n": 1}
CONFLICTED = [
    post(
        "/_bulk_docs",
        {
            "new_edits": False,
            "docs": [
                arrival("x", 2, B, A, v="b"),
                arrival("x", 2, C, A, v="c"),
                arrival("x", 3, "d" * 32, C, A, _deleted=True),
                arrival("x", 2, "9" * 32, A, v="9"),
            ],
        },
    )
]


_VARIABLE = [
    (re.compile(r'"(update_seq|last_seq|seq|purge_seq|_local_seq)":("[^"]*"|\d+)'), r'"\1":"<seq>"'),
    (re.compile(r'\bid: "[^"]*"'), 'id: "<seq>"'),
    (re.compile(r'"instance_start_time":"\d+"'), '"instance_start_time":"<time>"'),
    (re.compile(r'"(derived_key|salt)":"[^"]*"'), r'"\1":"<hash>"'),
    (re.compile(r'"(sizes|cluster)":\{[^}]*\}'), r'"\1":{}'),
    # Ours says more precisely what is wrong with the JSON.
    (re.compile(r'"invalid UTF-8 JSON: [^"]*"'), '"invalid UTF-8 JSON"'),
]
# Here the frame counts to the byte: clients read the rows line by line.
_STREAMED = re.compile(r"/_(changes|all_docs|design_docs|local_docs|dbs_info)")
_HEADERS = ("Content-Type", "Location", "Allow", "Content-Range", "Accept-Ranges", "Content-Length", "Cache-Control")


class Answer(NamedTuple):
    """What is compared of an answer."""

    status: int
    body: str
    headers: dict[str, str]


def run(root: str, database: str, steps: list[Step]) -> list[Answer]:
    """Send the steps to the server at `root` (no name in it) and return the answers."""
    answers: list[Answer] = []
    raw: list[requests.Response] = []
    with requests.Session() as session:
        session.trust_env = False
        for step in steps:
            answer = _send(session, root, database, step, raw)
            raw.append(answer)
            answers.append(_compared(answer, step, database))
    return answers


def _send(
    session: requests.Session, root: str, database: str, step: Step, before: list[requests.Response]
) -> requests.Response:
    def fill(text: str) -> str:
        text = text.replace("{db}", database)
        for number, part in re.findall(r"\{rev:(\d+)(?:\.(\d+))?\}", text):
            answer = before[int(number)].json()
            rev = answer[int(part)]["rev"] if part else answer["rev"]
            text = text.replace(f"{{rev:{number}{'.' + part if part else ''}}}", rev)
        return text

    body = step.body
    if body is not None and not isinstance(body, str | bytes):
        body = json.dumps(body, ensure_ascii=False)
    if isinstance(body, str):
        body = fill(body).encode()
    url = f"{root}{fill(step.path)}"
    headers = {"Accept": "*/*", **{name: fill(value) for name, value in step.headers.items()}}
    passwords = {"admin": urlsplit(root).password, "probe": PROBE_PASSWORD, NOBODY: "x"}
    auth = None if step.user is None else (step.user, passwords[step.user] or "secret")
    request = requests.Request(step.method, url, headers=headers, data=body, auth=auth)
    prepared = session.prepare_request(request)
    prepared.url = url if "%zz" in url or url.endswith("%") else prepared.url
    session.cookies.clear()
    return session.send(prepared, timeout=30, allow_redirects=False)


def _sorted(value: Any) -> Any:
    """The order of several revisions of one document, and of what is missing, follows CouchDB's cluster."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(v, dict) and len(v) == 1 for v in value):
        return sorted((_sorted(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, list) and all(isinstance(v, str) and re.match(r"\d+-", v) for v in value):
        return sorted(value)
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _compared(answer: requests.Response, step: Step, database: str) -> Answer:
    text = answer.content.decode("utf-8", "replace")
    for pattern, stand_in in _VARIABLE:
        text = pattern.sub(stand_in, text)
    text = text.replace(database, "<db>")
    if "filter=" in step.path:  # CouchDB counts as pending what the filter already passed over
        text = re.sub(r'"pending":\d+', '"pending":0', text)
    if not _STREAMED.search(step.path) and answer.headers.get("Content-Type") == "application/json" and text:
        told = json.loads(text)
        if isinstance(told, dict) and "db_name" in told:
            told.pop("couchtill", None)  # what a hub counts beside it, for who watches
        text = json.dumps(_sorted(told), sort_keys=True)
    headers = {name: answer.headers[name] for name in _HEADERS if name in answer.headers}
    if "Location" in headers:
        headers["Location"] = re.sub(r"^https?://[^/]+", "", headers["Location"]).replace(database, "<db>")
    tag = answer.headers.get("ETag", "")
    if re.match(r'"\d+-', tag):  # a document's; others are a hash of something
        headers["ETag"] = tag
    if "Set-Cookie" in answer.headers:
        # SameSite is a setting of each server
        headers["Set-Cookie"] = re.sub(r"=[\w-]{10,}|Expires=[^;]*|; SameSite=\w+", "", answer.headers["Set-Cookie"])
    if (
        "<" in text
        or "invalid UTF-8 JSON" in text
        or "open_revs" in step.path
        or _STREAMED.search(step.path)
        or step.method == "HEAD"
    ):
        headers.pop("Content-Length", None)  # of what varies, or CouchDB sends in chunks
    if answer.status_code == 304:
        headers = {}
    return Answer(answer.status_code, text, headers)
