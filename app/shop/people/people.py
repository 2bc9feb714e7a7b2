"""The people of a till: they sign in with PIN or badge, do what their role may, and lend a right for once."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.shop import editing
from app.shop.actor import ANYBODY, Actor
from app.shop.desk import Desk
from app.shop.people import guesses, pins
from app.shop.people.approvals import LASTS, Approvals
from app.shop.people.guesses import Guesses
from app.shop.people.pins import MemoryPeppers, Peppers
from app.shop.people.renewing import done as renewed
from app.shop.people.renewing import needed as new_pin_needed
from app.shop.people.sessions import Session, Sessions
from app.shop.people.staff import Person, Staff
from app.shop.reason import say
from app.shop.sale import SaleError

LOCKED = say("The till is locked. Choose your name and enter your PIN.")


@dataclass
class Held:
    """The approvals that a request carries while it is served; `settle` when it is over."""

    approvals: Approvals
    tokens: tuple[str, ...] = ()

    def settle(self, done: bool) -> None:
        """Spends them when the action succeeded, frees them when it was refused."""
        tokens, self.tokens = self.tokens, ()
        self.approvals.settle(tokens, done)


class People:
    """Signing in, approvals, and who an action is done by. `peppers` keeps the secret of the PINs."""

    def __init__(
        self, desk: Desk, peppers: Peppers | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.desk = desk
        self.peppers: Peppers = peppers or MemoryPeppers()
        self.staff = Staff(desk.store, desk.settings, desk.clock)
        self.guesses = Guesses(desk.store, desk.terminal, desk.clock)
        self.sessions = Sessions(monotonic)
        self.approvals = Approvals(monotonic)

    @property
    def needed(self) -> bool:
        """Whether somebody must sign in: whether the store has any active staff."""
        return bool(self.staff.active())

    @property
    def lock_after(self) -> int:
        """Seconds of idleness that a session survives."""
        return int(self.desk.settings["lock_after"])

    # -- who it is -----------------------------------------------------------------------------------------------

    def find(self, token: str | None) -> tuple[Person, Session] | None:
        """Who is signed in by this session's token. It does not count as work."""
        session = self.sessions.find(token, self.lock_after)
        if session is None:
            return None
        person = self.staff.all().get(session.staff)
        if person is None or not person.active or person.stamp != session.stamp:
            self.sessions.close(token)
            return None
        return person, session

    def actor(self, token: str | None, *, works: bool = True, renewing: bool = False) -> Actor:
        """The person of a session, at work (or only looking); everybody in a store without staff. Raises SaleError 401
        `locked`; 403 `renew_pin` for who must choose a new PIN first, but where that is what they do (`renewing`)."""
        if not self.needed:
            return ANYBODY
        found = self.find(token)
        if found is None:
            raise SaleError(401, "locked", LOCKED)
        person, session = found
        if person.renew is not None and works and not renewing:
            raise new_pin_needed()
        if works:
            self.sessions.touch(session)
        return Actor(person.id, person.name, self.staff.rights(person))

    def with_approvals(
        self, actor: Actor, tokens: Any, request: str | None, where: str | None = ""
    ) -> tuple[Actor, Held]:
        """The same actor with what a supervisor lent: `tokens` are a request's `approvals`, `request` its own id,
        `where` as `Approvals.hold` takes it."""
        listed = [token for token in tokens if isinstance(token, str)] if isinstance(tokens, list) else []
        good = self.approvals.hold(listed, actor.staff or actor.name, request, where)
        held = Held(self.approvals, tuple(good))
        if not good:
            return actor, held
        anything = {one.right: one.by for one in good.values() if one.what is None}
        lent = dict(anything)
        bound: dict[str, dict[str, str]] = {}
        for one in good.values():
            lent.setdefault(one.right, one.by)
            if one.what is not None and one.right not in anything:
                bound.setdefault(one.right, {}).update(dict.fromkeys(one.what, one.by))
        return Actor(actor.staff, actor.name, actor.rights, lent, bound), held

    # -- signing in ----------------------------------------------------------------------------------------------

    def sign_in(self, given: Mapping[str, Any]) -> tuple[Person, str]:
        """`{"staff", "pin"}` or `{"badge"}`: who it is, and the token of the new session. A code of head office as the
        `pin` takes `new` beside it, the PIN that the person chose.

        Raises SaleError: 403 `wrong_pin` with `{"left"}` (attempts before a wait), `choose_pin` with `{"digits"}` (at
        least) for a code without `new`, 429 `pin_locked` with `{"wait"}` (seconds), 409 `pin_key_missing`, 400
        `weak_pin`.
        """
        person, by_code = self._proven(given)
        if by_code:
            person = self._chosen(person, given.get("new"))
        return person, self.sessions.open(person.id, person.stamp, self.lock_after)

    def approve(
        self,
        right: str,
        given: Mapping[str, Any],
        actor: Actor,
        request: str | None = None,
        *,
        lasts: int = LASTS,
        what: frozenset[str] | None = None,
    ) -> tuple[Person, str]:
        """A supervisor allows `actor` one thing once (`what`: just these), within `lasts` seconds: who did, and the
        token. As `sign_in`; 403 `may_not_allow` when they lack the right themselves."""
        person = self.prove(given)
        if person.renew is not None:
            raise new_pin_needed()
        if right not in self.staff.rights(person):
            raise SaleError(
                403, "may_not_allow", say("%(name)s may not allow this.", name=person.name), "staff", {"right": right}
            )
        asker = actor.staff or actor.name
        return person, self.approvals.give(right, person.id, asker, request, lasts=lasts, what=what)

    def prove(self, given: Mapping[str, Any]) -> Person:
        """Who is shown by `{"staff", "pin"}` or `{"badge"}`; an unknown person and a wrong PIN are answered alike. A
        code of head office is good for signing in only."""
        person, by_code = self._proven(given)
        if by_code:
            raise SaleError(
                403, "choose_pin", say("Sign in with this code first, and choose a PIN of your own."), "pin"
            )
        return person

    def pin_key(self) -> str:
        """The pepper of new PINs. The first one is made here, unless other tills have made theirs."""
        keys = self.peppers.known()
        if keys:
            return keys[0]
        for person in self.staff.all().values():
            kept = person.pin or person.badge
            if kept is not None:
                pins.key_of(kept, keys)
        return self.peppers.mint()

    def _proven(self, given: Mapping[str, Any]) -> tuple[Person, bool]:
        """As `prove`, and whether it was by a code of head office."""
        badge = given.get("badge")
        if isinstance(badge, str) and badge:
            return self._by_badge(badge), False
        id, pin = given.get("staff"), given.get("pin")
        if not isinstance(pin, str) or not pin or len(pin) > pins.MOST:
            raise SaleError(400, "invalid", say("The PIN is missing."), "pin")
        person = self.staff.all().get(id) if isinstance(id, str) else None
        kept = person.pin if person is not None and person.active else None
        code = person.onetime if person is not None and person.active and len(pin) == pins.CODE_DIGITS else None
        # What is missing here must not use up anybody's attempts.
        key = pins.key_of(kept, self.peppers.known()) if kept is not None and code is None else ""
        who = person.id if person is not None and (kept or code) is not None else guesses.UNKNOWN
        left = self.guesses.count(who)
        if person is None or (kept or code) is None:
            pins.pretend(pin)
            raise _wrong(left)
        if code is not None and pins.code_holds(pin, code):
            self.guesses.forget(who)
            return person, True
        if kept is None:
            raise _wrong(left)
        if not pins.holds(pin, kept, key or pins.key_of(kept, self.peppers.known())):
            raise _wrong(left)
        self.guesses.forget(who)
        return person, False

    def _chosen(self, person: Person, pin: Any) -> Person:
        """The PIN that somebody with a code of head office chose; the code is spent with it. The person afterwards."""
        lends = self.staff.lends(person.role)
        if pin is None:
            digits = pins.LEAST_LENDING if lends else pins.LEAST
            raise SaleError(403, "choose_pin", say("Choose a PIN of your own now."), "new", {"digits": digits})
        try:
            chosen = pins.allowed(pin, lending=lends)
        except SaleError as weak:
            weak.field = "new"
            raise
        desk = self.desk
        with desk.store.transaction():
            now = self.staff.all().get(person.id)
            if now is None or now.onetime != person.onetime:
                raise SaleError(403, "wrong_pin", say("This PIN is not right."), "pin", {"left": 0})
            changes = {"pin": pins.hashed(chosen, self.pin_key()), "onetime": None, **renewed(person)}
            editing.edit(desk.store, now.id, now.rev, changes, by=now.id, on=desk.terminal, moment=desk.clock)
        return self.staff.all()[person.id]

    def _by_badge(self, code: str) -> Person:
        left = self.guesses.count(guesses.BADGES)
        found = self.by_badge(code)
        if found is None:
            reason = say("This badge is nobody’s here.")
            raise SaleError(403, "wrong_badge", reason, "badge", {"left": left})
        self.guesses.take_back(guesses.BADGES)
        return found

    def by_badge(self, code: str) -> Person | None:
        """Whose badge has this code, among those who can sign in."""
        made = {one["pepper"]: one["hash"] for one in (pins.badge_hashed(code, key) for key in self.peppers.known())}
        found = None
        for person in self.staff.active():
            badge = person.badge
            if badge is not None and hmac.compare_digest(made.get(badge["pepper"], ""), badge["hash"]):
                found = person
        return found

    def lenders(self, right: str) -> Sequence[Person]:
        """Who may allow this."""
        return [person for person in self.staff.active() if right in self.staff.rights(person)]


def _wrong(left: int) -> SaleError:
    reason = say("This PIN is not right.")
    return SaleError(403, "wrong_pin", reason, "pin", {"left": left})
