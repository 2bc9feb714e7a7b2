"""What another machine may ask of a terminal or of head office: what replication needs, and no more.

A peer has a key of its own with the right `replicate` (`couchtill keys add`). The node's own key opens everything, but
only from this machine: from elsewhere it is a peer's too. A peer reads documents and brings revisions that were made
elsewhere; it makes none here, and no databases, rules or settings of them.
"""

from __future__ import annotations

from typing import Final

from app.docs.errors import Forbidden
from app.web.auth import Identity
from app.web.couch_http.request import Request
from app.web.users import PEER_ROLE

_SERVER: Final = {"_session": ("GET", "POST", "DELETE"), "_up": ("GET",), "_uuids": ("GET",)}
_DATABASE: Final = {
    "_bulk_docs": ("POST",),
    "_bulk_get": ("POST",),
    "_changes": ("GET", "POST"),
    "_design": ("GET",),
    "_ensure_full_commit": ("POST",),
    "_local": ("GET", "PUT"),
    "_missing_revs": ("POST",),
    "_revs_diff": ("POST",),
    "_security": ("GET",),
}
REASON: Final = "A peer may replicate, and nothing else."


def seen_from(identity: Identity, local: bool) -> Identity:
    """Who asks, as far as this machine believes it: its own key from elsewhere is a peer's."""
    return identity if local or not identity.is_admin else identity._replace(roles=(PEER_ROLE,))


def is_peer(identity: Identity) -> bool:
    return PEER_ROLE in identity.roles


def check(request: Request) -> None:
    """Forbidden unless a replication asks this."""
    if not _allowed(request):
        raise Forbidden(REASON)


def check_bulk(request: Request, new_edits: bool) -> None:
    """Forbidden where a peer would make revisions of its own here."""
    if new_edits and is_peer(request.identity):
        raise Forbidden(REASON)


def _allowed(request: Request) -> bool:
    path, method = request.path, request.method
    if not path:
        return method == "GET"
    if path[0].startswith("_"):
        return len(path) == 1 and method in _SERVER.get(path[0], ())
    if len(path) == 1:
        return method == "GET"
    if path[1] == "_design" and len(path) > 3 and path[3].startswith("_"):
        return False  # a view is work that a replication does not ask for
    if path[1].startswith("_"):
        return method in _DATABASE.get(path[1].partition("/")[0], ())
    if method == "GET":
        return True
    return method == "PUT" and len(path) == 2 and request.arg("new_edits") == "false"
