"""Who does what a request asks for: the person at the till, or a program with a key.

The person is known by a cookie of the browser's session; what it means is in the server's memory (`people.sessions`).
It says nothing by itself, so there is nothing to sign: 256 random bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.shop.actor import ANYBODY, Actor
from app.shop.people.people import LOCKED
from app.shop.sale import SaleError
from app.web import sessions
from app.web.callers import caller
from app.web.json_api import must_be_json

_SAFE = ("GET", "HEAD", "OPTIONS")
#: What a locked till still does: let somebody in, and reckon.
_OPEN = ("/api/session", "/api/price")
#: Where somebody who must choose a new PIN chooses it.
_RENEWS = ("/api/session/pin",)
#: What a locked till shows nobody: what was sold or is about to be, to whom, and what came of it.
_CLOSED = (
    "receipts",
    "conflicts",
    "inbox",
    "history",
    "erasures",
    "refunds",
    "sales",
    "customers",
    "balances",
    "zreports",
    "reports",
    "carts",
    "tasks",
    "prints",
)


def actor_of(node: Any, body: Mapping[str, Any]) -> Actor:
    """The Actor of this request, with the approvals that `body["approvals"]` (a list of tokens) names.

    They are spent when the answer is a success, and good again when it is a refusal; `body["request"]` (or `sale`) is
    the request's own id, whose repeat may show them again. In a store without staff it is everybody. Raises SaleError
    401 `locked` when nobody is signed in.
    """
    people = node.till.people
    program = caller()
    if program is None:
        # Pages look by themselves, too: that keeps nobody signed in.
        works, renews = request.method not in _SAFE, request.path in _RENEWS
        actor = people.actor(session_token(node), works=works, renewing=renews)
    elif program.rights is None:
        actor = ANYBODY
    else:
        actor = Actor(None, f"key:{program.name}", program.rights)
    own = body.get("request") or body.get("sale")
    # A repeated POST gives what the first one made; a PUT or DELETE would be another deed.
    where = request.path if request.method == "POST" else None
    actor, held = people.with_approvals(actor, body.get("approvals"), own if isinstance(own, str) else None, where)
    _held().append(held)
    return actor


def session_cookie(node: Any) -> str:
    """The name of the cookie; nodes that share a host need names of their own."""
    return sessions.page_cookie_name(str(node.config.get("id") or node.uuid)) + "-staff"


def session_token(node: Any) -> str | None:
    return request.cookies.get(session_cookie(node))


def is_sellers(node: Any, order: Mapping[str, Any]) -> bool:
    """Whether the person at the till is who made this order: the codes of its gift cards are for nobody else."""
    people = node.till.people
    found = people.find(session_token(node)) if caller() is None and people.needed else None
    return (found[0].id if found is not None else None) == order.get("cashier")


def guard(blueprint: Blueprint, node: Any) -> None:
    """Before every route of `blueprint` that writes: its body is JSON, and somebody is signed in; and before those that
    show what was sold. After it: what it held of approvals is spent, or free again."""

    @blueprint.before_request
    def check() -> AnyResponse | None:
        if request.method in _SAFE or not request.path.startswith("/api/"):
            return look() if request.path.removeprefix("/api").split("/")[1] in _CLOSED else None
        if request.method != "DELETE" or request.content_length:
            must_be_json()
        if caller() is None and request.path not in _OPEN:
            node.till.people.actor(session_token(node), renewing=request.path in _RENEWS)
        return None

    def look() -> AnyResponse | None:
        """Reading needs somebody signed in; it is no work, and keeps nobody so. A page leads back to the till."""
        people = node.till.people
        if caller() is not None or not people.needed or people.find(session_token(node)) is not None:
            return None
        if request.path.startswith("/api/") or request.args.get("part"):
            raise SaleError(401, "locked", LOCKED)
        return redirect(url_for(".home"), 303)

    @blueprint.after_request
    def settle(response: Response) -> Response:
        for held in _held():
            held.settle(response.status_code < 400)
        return response

    @blueprint.teardown_request
    def let_go(error: BaseException | None) -> None:
        for held in _held():
            held.settle(False)


def _held() -> list[Any]:
    if "couchtill_held" not in g:
        g.couchtill_held = []
    held: list[Any] = g.couchtill_held
    return held
