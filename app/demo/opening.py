"""A morning in the sample shop: somebody signs in at each till, and opens it with a float.

The demo goes in as a browser would, by a start link and a PIN, so that what the till shows is what happened. The
session's cookie is handed on to the visitor's browser: its first minute is for selling, not for typing PINs.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import requests

from app.demo.people import Person

log = logging.getLogger("couchtill.demo")

#: Seconds for the shop and its people to reach a till that is new, and between two looks.
PATIENCE, EVERY = 15.0, 0.2
TIMEOUT = 10.0

#: What lies in the drawer in the morning: value in cents, pieces.
FLOAT = ((2000, 2), (1000, 3), (500, 4), (200, 10), (100, 10), (50, 20), (20, 20), (10, 20), (5, 10), (2, 20), (1, 10))


class Visit:
    """One visit at the till at ``link``, a start link of it."""

    def __init__(self, link: str) -> None:
        self.url = link.partition("/enter")[0]
        self._session = requests.Session()
        self._session.get(link, timeout=TIMEOUT).raise_for_status()

    def sign_in(self, person: Person, patience: float = PATIENCE) -> tuple[str, str] | None:
        """The cookie (name, value) of a session of ``person``'s; None where the till doesn't know its people yet."""
        until = time.monotonic() + patience
        while not self.ask("GET", "api/session").get("needed"):
            if time.monotonic() > until:
                return None
            time.sleep(EVERY)
        self.ask("POST", "api/session", {"staff": person.id, "pin": person.pin})
        for cookie in self._session.cookies:
            if cookie.name.endswith("-staff") and cookie.value:
                return cookie.name, cookie.value
        return None

    def open_shift(self, request: str) -> None:
        """Opens the drawer's shift with the float, unless one is open or was: then the visitor goes on with that."""
        state = self.ask("GET", "api/shift")
        if state.get("shift") or state.get("last"):
            return
        counted = [{"value": value, "count": count} for value, count in FLOAT]
        self.ask("POST", "api/shifts", {"request": request, "denominations": counted})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of the till's API. Raises what `requests` raises, also for a refusal."""
        answer = self._session.request(method, f"{self.url}/{path}", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def open_till(link: str, person: Person, request: str) -> None:
    """Signs ``person`` in and opens the shift. A till that doesn't let them is left as it is: it sells all the same."""
    try:
        visit = Visit(link)
        if visit.sign_in(person) is not None:
            visit.open_shift(request)
    except (requests.RequestException, ValueError) as error:
        log.warning("%s could not open the till: %s", person.name, error)


def session(link: str, person: Person) -> tuple[str, str] | None:
    """The cookie of a new session of ``person``'s, None where there is none to have."""
    try:
        return Visit(link).sign_in(person, patience=2.0)
    except (requests.RequestException, ValueError) as error:
        log.warning("%s could not sign in: %s", person.name, error)
        return None
