"""Wrong PINs, counted at this terminal for each person, and the wait that follows too many of them.

An attempt is counted *before* the PIN is looked at and taken back when it was right: so neither a plug pulled in
between nor thirty attempts at the same moment get more guesses than the rule allows. The count is a local document of
the store's database: a restart keeps it, and it doesn't replicate.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.docs.database import Database
from app.docs.errors import NotFound
from app.shop import clock as clocks
from app.shop.reason import say
from app.shop.sale import SaleError

#: Wrong ones that are free; each one from the last of them on makes the person wait, twice as long each time.
FREE = 5
WAIT, LONGEST = timedelta(minutes=1), timedelta(minutes=15)

#: For everybody who isn't there, for badges, and for codes of gift cards: nobody learns by it who or what is.
UNKNOWN, BADGES, CARDS = "unknown", "badges", "cards"
SHARED = (UNKNOWN, BADGES, CARDS)
#: After so long without a wrong one a shared count begins anew: misread badges must not add up over the day.
CALM = timedelta(minutes=10)


class Guesses:
    """The counts of one terminal."""

    def __init__(self, store: Database, terminal: str, clock: clocks.Clock) -> None:
        self.store, self.terminal, self.clock = store, terminal, clock

    def count(self, who: str) -> int:
        """Takes one attempt for `who`; how many more there are before a wait. Raises SaleError 429 `pin_locked` with
        `{"wait": seconds}` while there is a wait."""
        with self.store.transaction():
            wrong, until = self._read(who)
            now = self.clock()
            if until is not None and now < until:
                raise locked(min(until - now, LONGEST), cards=who == CARDS)
            last = self._last(who)
            if last is not None and who in SHARED and not timedelta(0) <= now - last < CALM:
                wrong = 0
            wrong += 1
            wait = min(WAIT * 2 ** min(wrong - FREE, 10), LONGEST) if wrong >= FREE else None
            kept = {
                "wrong": wrong,
                "until": None if wait is None else clocks.stamp(now + wait),
                "at": clocks.stamp(now),
                "before": None if last is None else clocks.stamp(last),
            }
            self.store.put_local(self._id(who), kept)
        return max(0, FREE - wrong)

    def take_back(self, who: str) -> None:
        """One attempt was right, and those before it still count: for what everybody's attempts are counted as, where
        somebody with a badge of their own could start over at will."""
        with self.store.transaction():
            kept = self.store.get_local(self._id(who)) or {}
            if kept.get("wrong", 0) > 1:
                again = {"wrong": kept["wrong"] - 1, "until": None, "at": kept.get("before"), "before": None}
                self.store.put_local(self._id(who), again)
            else:
                self.forget(who)

    def forget(self, who: str) -> None:
        """It was right, or the PIN is a new one."""
        try:
            self.store.delete_local(self._id(who))
        except NotFound:
            return

    def wait(self, who: str) -> int:
        """Seconds that `who` has to wait, 0 for none."""
        _, until = self._read(who)
        return 0 if until is None else max(0, _seconds(min(until - self.clock(), LONGEST)))

    def _read(self, who: str) -> tuple[int, datetime | None]:
        kept = self.store.get_local(self._id(who))
        if kept is None:
            return 0, None
        until = kept.get("until")
        return int(kept["wrong"]), None if until is None else clocks.read(until)

    def _last(self, who: str) -> datetime | None:
        """When the last wrong attempt was."""
        at = (self.store.get_local(self._id(who)) or {}).get("at")
        return None if at is None else clocks.read(at)

    def _id(self, who: str) -> str:
        return f"pin:{self.terminal}:{who}"


def locked(wait: timedelta, *, cards: bool = False) -> SaleError:
    """Too many wrong ones: when to try again, in words; `cards`: not PINs, but codes of gift cards."""
    seconds = _seconds(wait)
    minutes = -(-seconds // 60)
    if seconds < 60:
        time = say("%(seconds)s seconds", seconds=seconds)
    else:
        time = say("a minute") if minutes == 1 else say("%(minutes)s minutes", minutes=minutes)
    if cards:
        reason = say("Too many codes of gift cards that are not known here. Wait %(time)s, then try again.", time=time)
        return SaleError(429, "too_many_codes", reason, "code", {"wait": seconds})
    reason = say("Too many wrong PINs. Wait %(time)s, then try again.", time=time)
    return SaleError(429, "pin_locked", reason, "pin", {"wait": seconds})


def _seconds(wait: timedelta) -> int:
    return -(-int(wait.total_seconds() * 1000) // 1000)
