"""When a node syncs: always, every so many minutes, at hours of the store's day, or by hand only.

The rule is the setting `sync` of the shop (`{"mode", "minutes", "hours"}`); a change of it holds from the moment its
document arrives. A turn that was due while the node was off, or while the line was away, is made up for once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

log = logging.getLogger("couchtill.schedule")

ALWAYS: Mapping[str, Any] = {"mode": "always", "minutes": 15, "hours": []}

#: Seconds between two looks at the clock, which somebody may set.
LOOK = 20.0
#: Seconds between two looks at the rule while documents flow in.
CALM = 0.2


def next_turn(rule: Mapping[str, Any], last: datetime | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next turn is due (UTC), which may have passed; None when only a person starts one, or links follow.

    `last` is when the last turn began. A node that never had one is due at once. A `last` in the future counts as now:
    the clock was set back.
    """
    if rule["mode"] not in ("every", "hours"):
        return None
    hours = sorted(rule.get("hours") or ())
    if rule["mode"] == "hours" and not hours:
        return None
    if last is None:
        return now
    last = min(last, now)
    if rule["mode"] == "every":
        return last + timedelta(minutes=rule["minutes"])
    day = last.astimezone(zone).date()
    for later in range(3):  # an hour that a change to summer time leaves out comes the day after at the latest
        for hour in hours:
            at = datetime.combine(day + timedelta(days=later), time.fromisoformat(hour), zone).astimezone(UTC)
            if at > last:
                return at
    return None


class Schedule:
    """Keeps a node's links to the rule.

    `rule()` and `zone()` are read again whenever `look` is called; `follow(bool)` tells the links whether to follow;
    `turn()` starts a pass of all. `last` is when the last turn began; `began(moment)` keeps that for good.
    """

    def __init__(
        self,
        rule: Callable[[], Mapping[str, Any]],
        zone: Callable[[], str],
        *,
        follow: Callable[[bool], None],
        turn: Callable[[], None],
        last: datetime | None,
        began: Callable[[datetime], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rule = rule
        self._zone = zone
        self._follow = follow
        self._turn = turn
        self._last = last
        self._began = began
        self._now = now
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.rule: Mapping[str, Any] = ALWAYS
        self.next: datetime | None = None

    def start(self) -> None:
        """Applies the rule as it is now, then keeps to it from a thread of its own."""
        self.apply()
        self._thread = threading.Thread(target=self._run, name="schedule", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._news.set()

    def look(self) -> None:
        """The rule may be another one. Only sets a flag: a writer may call it."""
        self._news.set()

    def by_hand(self) -> None:
        """A person starts a turn."""
        with self._lock:
            self._begin()

    def apply(self) -> float:
        """Applies the rule, starts a turn that is due; the seconds until something may be due again."""
        with self._lock:
            rule = self._rule()
            zone = ZoneInfo(self._zone())
            now = self._now()
            self.next = next_turn(rule, self._last, now, zone)
            self.rule = rule  # after `next`, for those who look meanwhile
            self._follow(rule["mode"] == "always")
            if self.next is not None and self.next <= now:
                self._begin()
                self.next = next_turn(self.rule, self._last, now, zone)
            return LOOK if self.next is None else min(LOOK, max(0.05, (self.next - now).total_seconds()))

    def _begin(self) -> None:
        self._last = self._now()
        if self.rule["mode"] != "always":
            self._began(self._last)
        self._turn()

    def _run(self) -> None:
        wait = CALM
        while not self._ending.is_set():
            self._news.wait(wait)
            self._news.clear()
            if self._ending.is_set():
                return
            try:
                wait = self.apply()
            except Exception:
                if self._ending.is_set():
                    return  # the node closed its files in the middle of it
                log.exception("the sync schedule could not be read")
                wait = LOOK
            self._ending.wait(CALM)

    def as_dict(self) -> dict[str, Any]:
        """`{"mode", "minutes", "hours", "next"}`; `next` UTC, or null."""
        at = None if self.next is None else self.next.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        rule = self.rule
        return {"mode": rule["mode"], "minutes": rule["minutes"], "hours": list(rule["hours"]), "next": at}
