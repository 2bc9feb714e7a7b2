"""What a supervisor allows once: a token for one right, for the person who asked, for two minutes. One for a cart in
the making (another price for one of its lines) waits for its sale. What the supervisor read when the PIN was keyed (the
thing, its amount) the token is bound to: with another amount it is asked for again.

A token is spent when the action that used it succeeded, never by a refusal. Until then one request at a time holds it.
A repeat of the very request that spent it may show it again: repeating gives the same document, never a second one.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Seconds in which an approval must be used.
LASTS = 120
#: … and one for an open cart.
LASTS_OPEN = 1800
#: Tokens that one request may carry.
MOST = 20


@dataclass
class Approval:
    """`asker` is the session's person (or a key's name); `request` the client-born id that it is for, if any; `what`
    the things (`actor.thing`) that it is for, None: anything that takes the right."""

    right: str
    by: str
    asker: str | None
    until: float
    request: str | None
    bound: bool  # to that request from the first
    what: frozenset[str] | None = None
    where: str | None = None
    held: int = 0
    spent: bool = False


class Approvals:
    """The approvals of one terminal, in memory. Thread safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._given: dict[str, Approval] = {}
        self._lock = threading.Lock()

    def give(
        self,
        right: str,
        by: str,
        asker: str | None,
        request: str | None = None,
        *,
        lasts: int = LASTS,
        what: frozenset[str] | None = None,
    ) -> str:
        """A token for `right`, allowed by the person `by`; for the request of that id, and for these things, only where
        they are named."""
        token, now = secrets.token_urlsafe(24), self._monotonic()
        with self._lock:
            self._given = {key: one for key, one in self._given.items() if one.until > now}
            self._given[token] = Approval(right, by, asker, now + lasts, request, request is not None, what)
        return token

    def hold(
        self, tokens: Sequence[str], asker: str | None, request: str | None, where: str | None = ""
    ) -> dict[str, Approval]:
        """Of `tokens` those that are good for this request. Others are passed over: then the right is lacking, and is
        asked for again. `settle` must follow.

        `where` is what is asked to do something, None where that can't be repeated without doing it again: a token that
        is in use, or spent, is good for the same request at the same place only.
        """
        good: dict[str, Approval] = {}
        with self._lock:
            for token in tokens[:MOST]:
                one = self._given.get(token)
                if one is None or one.asker != asker or one.until <= self._monotonic() or token in good:
                    continue
                if one.what is None and any(other.right == one.right and other.what is None for other in good.values()):
                    continue
                if one.request is not None and one.request != request:
                    continue
                again = request is not None and where is not None and one.where == where
                if (one.held or one.spent) and not again:
                    continue
                one.held += 1
                one.request, one.where = request, where
                good[token] = one
        return good

    def settle(self, tokens: Sequence[str], done: bool) -> None:
        """The request is over: what it held is spent if it was `done`, free again if it was refused."""
        with self._lock:
            for token in tokens:
                one = self._given.get(token)
                if one is not None:
                    one.held -= 1
                    one.spent = one.spent or done
                    if not one.spent and not one.held and not one.bound:
                        one.request = None
