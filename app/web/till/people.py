"""The people of the till over JSON: signing in, locking, approvals, and the list of staff with its page `/people`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.shop.actor import thing
from app.shop.people.approvals import LASTS, LASTS_OPEN
from app.shop.people.people import People
from app.shop.people.rights import RIGHTS
from app.shop.people.roster import Roster
from app.shop.people.staff import Person
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.selling.rights import another_price
from app.web.callers import caller
from app.web.i18n import boot
from app.web.json_api import answer, read_json
from app.web.right_words import right_name
from app.web.till import actors
from app.web.till.actors import actor_of, session_cookie, session_token

#: Things that one PIN may allow together: the discounts of a long cart.
MOST = 2000


def session_of(people: People, token: str | None) -> dict[str, Any]:
    """`{"needed", "staff", "name", "role", "rights", "renew", "left", "lock_after", "people": [{"id", "name", "role",
    "rights", "wait"}]}`: who is signed in (null: nobody, and the till is locked where `needed`), whether they must
    choose a new PIN before anything else (`renew`), the seconds `left` without work, and who could sign in. `rights`
    null: every right, in a store without staff."""
    active = people.staff.active()
    found = people.find(token) if active else None
    person, session = found if found is not None else (None, None)
    return {
        "needed": bool(active),
        "staff": person.id if person else None,
        "name": person.name if person else None,
        "role": person.role if person else None,
        "rights": None if not active else _rights(people, person) if person else [],
        "renew": bool(person and person.renew),
        "left": people.sessions.left(session, people.lock_after) if session else None,
        "lock_after": people.lock_after,
        "people": [
            {
                "id": one.id,
                "name": one.name,
                "role": one.role,
                "rights": _rights(people, one),
                "wait": people.guesses.wait(one.id),
            }
            for one in active
        ],
    }


def _rights(people: People, person: Person) -> list[str]:
    has = people.staff.rights(person)
    return [right for right in RIGHTS if right in has]


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""
    actors.guard(blueprint, node)

    def people() -> People:
        found: People = node.till.people
        return found

    def signed_in(body: dict[str, Any], token: str, status: int = 200) -> Response:
        """The answer with the cookie of a new session; that of before is over."""
        people().sessions.close(session_token(node))
        response = answer({**session_of(people(), token), **body}, status)
        response.set_cookie(
            session_cookie(node), token, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
        )
        return response

    @blueprint.get("/api/session")
    def get_session() -> Response:
        """Who is signed in. Asking is no work: it keeps nobody signed in."""
        return answer(session_of(people(), session_token(node)))

    @blueprint.post("/api/session")
    def sign_in() -> Response:
        """`{"staff", "pin"}` or `{"badge"}`."""
        if not people().needed:
            return answer(session_of(people(), None))
        _, token = people().sign_in(read_json())
        return signed_in({}, token)

    @blueprint.put("/api/session")
    def at_work() -> Response:
        """Somebody is at work in this window."""
        read_json()
        people().actor(session_token(node), renewing=True)
        return answer(session_of(people(), session_token(node)))

    @blueprint.put("/api/session/pin")
    def own_pin() -> Response:
        """`{"old", "pin"}`: another PIN for whoever is signed in."""
        body = read_json()
        actor = actor_of(node, {})
        Roster(people()).own_pin(body, actor)
        if caller() is not None:
            return answer({})
        return signed_in({}, _opened(str(actor.staff)))  # the session of the old PIN is over: they go on working

    @blueprint.delete("/api/session")
    def lock_till() -> Response:
        people().sessions.close(session_token(node))
        response = answer(session_of(people(), None))
        response.delete_cookie(session_cookie(node), httponly=True, samesite="Strict", path="/")
        return response

    @blueprint.post("/api/approvals")
    def approve() -> Response:
        """`{"right", "staff", "pin"}` or `{"right", "badge"}`; `request`, the id that it is for, where known; `cart`,
        the id of an open cart, whose sale is still to come: then it lasts until that. `what`, as the refusal had it,
        binds it to what was asked; `line` `{"name", "price"}` to another price for a line of the cart."""
        body = read_json()
        right, own = body.get("right"), body.get("request")
        if right not in RIGHTS:
            raise SaleError(400, "invalid", say("The right is missing, or none that there is."), "right")
        actor = actor_of(node, {})
        lasts = LASTS_OPEN if body.get("cart") else LASTS
        own = own if isinstance(own, str) else None
        by, token = people().approve(right, body, actor, own, lasts=lasts, what=things(body))
        return answer({"approval": token, "right": right, "by": by.id, "name": by.name, "seconds": lasts}, 201)

    def things(body: dict[str, Any]) -> frozenset[str] | None:
        """What the supervisor was shown."""
        what, line = body.get("what"), body.get("line")
        if isinstance(line, dict) and isinstance(line.get("name"), str) and type(line.get("price")) is int:
            return frozenset([thing(another_price(line["name"], line["price"], node.till.facts.read()[0]))])
        if what is None:
            return None
        if not isinstance(what, list) or len(what) > MOST or not all(isinstance(one, str) for one in what):
            raise SaleError(400, "invalid", say("What is to be allowed can’t be read."), "what")
        return frozenset(what)

    @blueprint.get("/api/people")
    def people_rows() -> Response:
        roster = Roster(people())
        return answer({"rows": roster.rows(actor_of(node, {})), "roles": roster.roles(), "needed": people().needed})

    @blueprint.post("/api/people")
    def add_person() -> Response:
        body = read_json()
        first = not people().needed
        row, repeated = Roster(people()).add(body, actor_of(node, body))
        if first and not repeated and caller() is None:
            return signed_in({"person": row}, _opened(row["id"]), 201)
        return answer({"person": row}, 200 if repeated else 201)

    @blueprint.put("/api/people/<path:id>")
    def change_person(id: str) -> Response:
        body = read_json()
        actor = actor_of(node, body)
        row = Roster(people()).change(id, body, actor)
        if actor.staff == id and people().staff.all()[id].active:
            return signed_in({"person": row}, _opened(id))  # their PIN may be another: they go on working
        return answer({"person": row})

    def _opened(id: str) -> str:
        person = people().staff.all()[id]
        return people().sessions.open(id, person.stamp, people().lock_after)

    @blueprint.get("/people")
    def people_page() -> str | tuple[str, int]:
        names = {right: right_name(right) for right in RIGHTS}
        lock = session_of(people(), session_token(node))
        if lock["needed"] and "people" not in lock["rights"]:
            text = _("Only who may manage people sees this page. Sign in at the till as a manager, then come back.")
            link = {"href": ".", "name": _("Back to the till")}
            return render_template("message.html", title=_("People"), text=text, link=link, boot=boot({})), 403
        roster = Roster(people())
        values = {"rows": roster.rows(), "roles": roster.roles(), "session": lock, "rights": names}
        return render_template("till/people_page.html", boot=boot(values))
