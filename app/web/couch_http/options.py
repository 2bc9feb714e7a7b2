"""What a request says of revisions: the options of a read, and which revision a write goes on from."""

from __future__ import annotations

from typing import Any

from app.docs import json, revision
from app.docs.database import Database
from app.docs.errors import BadRequest
from app.web.couch_http import access
from app.web.couch_http.request import Request
from app.web.couch_http.response import Headers, Response

LOCAL = "_local/"
DESIGN = "_design/"

# Query options that only say more about a document; an answer that has them has no ETag.
META = ("revs_info", "conflicts", "deleted_conflicts", "local_seq")


def read_options(request: Request) -> dict[str, Any]:
    """The options of a read that the store knows, from the query."""
    options: dict[str, Any] = {}
    for name in ("revs", *META, "att_encoding_info"):
        if request.flag(name):
            options[name] = True
    if request.flag("meta"):
        options |= {"revs_info": True, "conflicts": True, "deleted_conflicts": True}
    since = request.arg("atts_since")
    if since is not None:
        options["atts_since"] = list_of_revs(since)
    return options


def list_of_revs(text: str) -> list[str]:
    """A JSON list of revisions from a query. BadRequest."""
    revs = json.loads(text.encode("utf-8", "surrogateescape"))
    if not isinstance(revs, list):
        raise BadRequest("Invalid list of revisions")
    return [normal_rev(rev) for rev in revs]


def normal_rev(rev: Any) -> str:
    if not isinstance(rev, str):
        raise BadRequest("Invalid rev format")
    generation, hash_ = revision.parse(rev)
    return f"{generation}-{hash_}"


def check_write(request: Request, database: Database, id: str) -> None:
    """Forbidden or Unauthorized for a design document, unless this is an admin of the database."""
    if id.startswith(DESIGN):
        access.require_admin(database, request.identity)


def edited_rev(request: Request, in_body: Any = None) -> str | None:
    """The revision that a request edits: from its body, ``rev=`` or ``If-Match``, which have to agree."""
    rev = None if in_body is None else normal_rev(in_body)
    asked = request.arg("rev")
    if asked is not None:
        asked = normal_rev(asked)
        if rev is not None and asked != rev:
            raise BadRequest("Document rev from request body and query string have different values")
        rev = asked
    match = request.header("IF_MATCH")
    if match is not None:
        tag = normal_rev(match.strip('" '))
        if rev is not None and tag != rev:
            raise BadRequest("Document rev and etag have different values")
        rev = tag
    return rev


def written(id: str, rev: str, status: int, headers: Headers) -> Response:
    return Response(b'{"ok":true,"id":' + json.dumps(id) + b',"rev":"' + rev.encode() + b'"}\n', status, headers)
