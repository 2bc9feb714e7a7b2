"""PINs after a till was stolen: who has its disk has the key that they were hashed with, and tries all in minutes.

So everybody of the store who signs in with a PIN must choose another one, at the first sign-in from then on, before
anything else; `renew` in the staff document says since when. Badges are hashed with that key too: those of people with
a PIN are taken away, and who has only a badge chooses a PIN with it. Documents that are written later don't reach the
stolen machine: its account is at its end before this begins.
"""

from __future__ import annotations

from typing import Any

from app.docs.database import Database
from app.shop import editing
from app.shop.actor import ANYBODY, Actor
from app.shop.people.staff import Person, person_of
from app.shop.reason import say
from app.shop.sale import SaleError

RENEW = say("A till of this store was stolen or lost. Choose a new PIN: the old one may be known to whoever has it.")
SAME = say("This is the PIN of before. Choose another one.")


def ask(store: Database, *, since: str, on: str, actor: Actor = ANYBODY) -> int:
    """Everybody of the store whose PIN or badge is from before `since` is to choose a new PIN; how many they are. A
    repeat asks nobody again who has done so."""
    count = 0
    for record in store.each("staff"):
        person = person_of(record.full())
        if person is None or (person.pin is None and person.badge is None):
            continue
        if person.renewed is not None and person.renewed >= since:
            continue
        changes: dict[str, Any] = {"renew": since}
        if person.pin is not None:
            changes["badge"] = None
        try:
            editing.edit(store, person.id, person.rev, changes, by=actor.staff or actor.name, on=on)
        except editing.Changed:
            reason = say("Somebody changed this person meanwhile. Look again.")
            raise SaleError(409, "changed", reason) from None
        count += 1
    return count


def done(person: Person) -> dict[str, Any]:
    """What else changes with a new PIN of somebody who had to choose one."""
    return {} if person.renew is None else {"renew": None, "renewed": person.renew, "badge": None}


def needed() -> SaleError:
    """403 `renew_pin`: nothing else goes before the new PIN."""
    return SaleError(403, "renew_pin", RENEW)
