"""The state of the links in words for people: what the sync light says, and what the sync page tells of each link."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from flask_babel import format_datetime, get_locale
from flask_babel import gettext as _
from flask_babel import ngettext as _n

from app.docs import json
from app.docs.errors import DocsError
from app.web import kinds, reasons

#: Seconds for which something unsent is simply on its way.
ON_ITS_WAY = 20

#: Seconds after which a terminal that reports every five minutes has missed three reports.
SILENT = 900

#: Hours before the end of selling from which the light speaks of it; half of what a setting allows, where that is less.
WARN_HOURS = 4

OK, BUSY, CUT, BAD, NONE = "ok", "busy", "cut", "bad", "none"

LEVELS = {
    "idle": OK,
    "resting": OK,
    "active": BUSY,
    "starting": BUSY,
    "waiting": CUT,
    "denied": BAD,
    "stopped": BAD,
    "off": NONE,
}


def parse_time(text: str | None) -> datetime.datetime | None:
    """A document's time, or None."""
    if not text:
        return None
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def ago(text: str | None, now: datetime.datetime | None = None) -> str:
    """How long ago a time was: "just now", "4 min", "2 h", "3 days". Empty for none."""
    moment = parse_time(text)
    if moment is None:
        return ""
    seconds = ((now or datetime.datetime.now(datetime.UTC)) - moment).total_seconds()
    return _("just now") if seconds < 60 else duration(seconds)


def past(text: str | None) -> str:
    """The same as people say it: "just now", "4 min ago". Empty for none."""
    span = ago(text)
    return span if span in ("", _("just now")) else _("%(ago)s ago", ago=span)


def when(text: str | None, zone: str | None = None) -> str:
    """A document's time in the reader's language and in `zone`; without one in that of the store where the node is."""
    moment = parse_time(text)
    if moment is not None and zone is not None:
        return format_datetime(moment.astimezone(ZoneInfo(zone)), "medium", rebase=False)
    return format_datetime(moment, "medium") if moment is not None else "—"


def day_name(key: str, skeleton: str = "yMMMd") -> str:
    """A business date as this language writes it, with what CLDR's `skeleton` names of it; `day` in templates. What is
    no date stands as it is."""
    try:
        return str(format_skeleton(skeleton, datetime.date.fromisoformat(key), locale=get_locale()))
    except (TypeError, ValueError):
        return key


def light(status: Mapping[str, Any]) -> dict[str, Any]:
    """`{"level", "text", "more", "unsent", "oldest_unsent", "refused"}` from `Node.sync_status()`.

    `level` is ok, busy, cut, bad or none; `text` fits a light, `more` a line beneath it.
    """
    state = str(status.get("state") or "off")
    unsent = int(status.get("unsent") or 0)
    refused = len(status.get("refused") or ())
    level = LEVELS.get(state, CUT)
    text, more = _say(state, unsent, status)
    if level in (OK, BUSY) and unsent == 0:
        level = OK if state != "starting" else BUSY
    elif level == OK:
        level = BUSY
    ends = selling_ends(status)
    if ends is not None:
        level, (text, more) = BAD, ends
    elif refused and level in (OK, BUSY):
        level, text = BAD, _n("%(num)d refused: look here", "%(num)d refused: look here", refused)
        more = _("The central did not take some documents. They are below, with the reason.")
    return {
        "level": level,
        "text": text,
        "more": more,
        "unsent": unsent,
        "oldest_unsent": status.get("oldest_unsent"),
        "refused": refused,
    }


def selling_ends(status: Mapping[str, Any], now: datetime.datetime | None = None) -> tuple[str, str] | None:
    """What to say while selling is about to stop, or has stopped, since the central was not seen for too long; None
    while that is far."""
    contact = status.get("contact") or {}
    last, stops = parse_time(contact.get("last")), parse_time(contact.get("stops_at"))
    if last is None or stops is None or contact.get("online"):
        return None
    left = stops - (now or datetime.datetime.now(datetime.UTC))
    if left > min((stops - last) / 2, datetime.timedelta(hours=WARN_HOURS)):
        return None
    seen = when(contact["last"])
    if left <= datetime.timedelta():
        more = _(
            "The central was last seen %(time)s; a setting allows no sale after so long. Sync to go on.", time=seen
        )
        return _("No selling: sync first"), more
    more = _(
        "The central was last seen %(time)s; a setting allows no sale after %(end)s.",
        time=seen,
        end=when(contact["stops_at"]),
    )
    return _("Selling stops in %(left)s", left=duration(left.total_seconds())), more


def duration(seconds: float) -> str:
    """A span of time in one unit: "40 s", "12 min", "5 h", "3 days"."""
    if seconds < 60:
        return _("%(seconds)d s", seconds=max(1, round(seconds)))
    if seconds < 3600:
        return _("%(minutes)d min", minutes=int(seconds // 60))
    if seconds < 48 * 3600:
        return _("%(hours)d h", hours=int(seconds // 3600))
    return _n("%(num)d day", "%(num)d days", int(seconds // 86400))


def next_sync(schedule: Mapping[str, Any] | None) -> str:
    """ "next sync 18:00", with the day where it is another; "sync by hand"; "" where links follow."""
    schedule = schedule or {}
    if schedule.get("mode") in (None, "always"):
        return ""
    moment = parse_time(schedule.get("next"))
    if moment is None:
        return _("sync by hand")
    today = format_datetime(datetime.datetime.now(datetime.UTC), "yyyy-MM-dd") == format_datetime(moment, "yyyy-MM-dd")
    return _("next sync %(time)s", time=format_datetime(moment, "HH:mm" if today else "EEE HH:mm"))


def _say(state: str, unsent: int, status: Mapping[str, Any]) -> tuple[str, str]:
    waiting = unsent_words(unsent, status.get("oldest_unsent"))
    if not status.get("sells", True):
        return _say_office(state, unsent, status, waiting)
    kept = _("Selling goes on. What was sold is on this disk, and is sent when the line is back.")
    if state == "off":
        return _("Not linked"), _("This machine is linked to no other. Everything stays here.")
    if state == "waiting":
        if unsent:
            return _("Line cut: %(waiting)s", waiting=waiting), kept
        return _("Line cut: selling goes on"), kept
    if state == "denied":
        return _denied(status.get("standing"))
    if state == "stopped":
        return _("Sync stopped: look here"), _("A person must look at this. Selling goes on, nothing is lost.")
    if state == "starting" and not unsent:
        return _("Connecting…"), _("Looking what is new on both sides.")
    if state == "resting":
        more = _("The links rest between syncs, as the schedule says. What was sold is on this disk.")
        return _resting(waiting if unsent else _("All sent"), status), more
    if unsent:
        return waiting, _("On its way to the central.")
    return _("All sent"), _("The central has everything that was sold here.")


def _say_office(state: str, unsent: int, status: Mapping[str, Any], waiting: str) -> tuple[str, str]:
    """The same where nothing is sold: at head office."""
    kept = _("What was changed here is on this disk, and is sent when the line is back.")
    if state == "off":
        return _("Not linked"), _("This machine is linked to no other. Everything stays here.")
    if state == "waiting":
        return (_("Line cut: %(waiting)s", waiting=waiting) if unsent else _("Line cut")), kept
    if state == "denied":
        return _("The central refuses this node"), _("Its name or password is not taken.")
    if state == "stopped":
        return _("Sync stopped: look here"), _("A person must look at this. Nothing is lost.")
    if state == "starting" and not unsent:
        return _("Connecting…"), _("Looking what is new on both sides.")
    if state == "resting":
        return _resting(waiting if unsent else _("All sent"), status), _(
            "The links rest between syncs, as the schedule says."
        )
    if unsent:
        return waiting, _("On its way to the central.")
    return _("All sent"), _("The central has everything that was changed here.")


def _resting(what: str, status: Mapping[str, Any]) -> str:
    then = next_sync(status.get("schedule"))
    return _("%(what)s, %(then)s", what=what, then=then) if then else what


def _denied(standing: Mapping[str, Any] | None) -> tuple[str, str]:
    """Why the central lets a terminal in no more, where head office has said it."""
    if standing is None:
        return _("The central refuses this node"), _("Its name or password is not taken. Selling goes on.")
    time = when(standing.get("at"))
    if standing.get("state") == "replaced":
        return _("Replaced by head office"), _(
            "Another machine has had this till’s name since %(time)s. What is sold here stays here: it is not sent.",
            time=time,
        )
    return _("Revoked by head office"), _(
        "Head office revoked this till %(time)s. What is sold here stays here: it is not sent.", time=time
    )


def unsent_words(unsent: int, since: str | None) -> str:
    """ "3 unsent, 4 min"; without the time while it is simply on its way."""
    words = _n("%(num)d unsent", "%(num)d unsent", unsent)
    moment = parse_time(since)
    if moment is None or (datetime.datetime.now(datetime.UTC) - moment).total_seconds() < ON_ITS_WAY:
        return words
    return f"{words}, {ago(since)}"


def links(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry a link for the sync page: title, state, reason, what waits, last success, level."""
    return [_link(link) for link in status.get("links") or ()]


def _link(link: Mapping[str, Any]) -> dict[str, Any]:
    state = str(link.get("state") or "starting")
    push = link.get("direction") == "push"
    unsent = int(link.get("unsent") or 0)
    pending = link.get("pending")
    if push:
        waits = unsent_words(unsent, link.get("oldest_unsent")) if unsent else _("nothing")
    else:
        waits = str(pending) if pending else (_("nothing") if pending == 0 else _("not known"))
    success = link.get("last_success")
    return {
        "level": LEVELS.get(state, CUT),
        "title": _title(str(link.get("database") or ""), push),
        "state": state_name(state, link.get("until")),
        "reason": reasons.plain(link.get("reason")),
        "waiting_name": _("Unsent") if push else _("To fetch"),
        "waiting": waits,
        "last": _("%(time)s (%(ago)s)", time=when(success), ago=ago(success)) if success else _("not yet"),
    }


def _title(database: str, push: bool) -> str:
    what = database_title(database)
    return _("%(what)s: sending", what=what) if push else _("%(what)s: fetching", what=what)


def database_title(database: str) -> str:
    """What lies in a database, in words."""
    if database == "company":
        return _("Products, prices, customers")
    if database.startswith("store-"):
        return _("Sales of store %(store)s", store=database.removeprefix("store-").upper())
    return database


def state_name(state: str, until: str | None = None) -> str:
    """What a link is at, in words."""
    names = {
        "starting": _("connecting"),
        "active": _("at work"),
        "idle": _("in step"),
        "resting": _("rests until the next sync"),
        "denied": _("refused by the central"),
        "stopped": _("stopped, a person must look"),
        "off": _("not linked"),
    }
    if state == "waiting":
        moment = parse_time(until)
        if moment is None:
            return _("no line, tries again")
        return _("no line, tries again at %(time)s", time=format_datetime(moment, "HH:mm:ss"))
    return names.get(state, state)


def report(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a terminal last told the central about itself, for head office: `{"terminal", "store", "level", "text"}`.

    It is only known as of its time: a till that has been silent since may have sold.
    """
    unsent = int(entry.get("unsent") or 0)
    silent = ago(entry.get("time"))
    what = unsent_words(unsent, None) if unsent else _("nothing unsent")
    moment = parse_time(entry.get("time"))
    age = (datetime.datetime.now(datetime.UTC) - moment).total_seconds() if moment is not None else SILENT + 1
    level = CUT if age > SILENT else BUSY if unsent else OK
    return {
        "terminal": str(entry.get("node") or ""),
        "store": str(entry.get("store") or ""),
        "level": level,
        "text": _("%(what)s, as of %(ago)s ago", what=what, ago=silent) if age >= 60 else what,
    }


def refused(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The refused documents for the sync page."""
    return [
        {
            "id": entry.get("id") or entry.get("key") or "",
            "document": kinds.named(str(entry.get("document") or entry.get("id") or ""), _body(entry.get("body"))),
            "reason": reasons.plain(entry.get("reason")) or _("no reason was given"),
            "since": _("%(time)s (%(ago)s)", time=when(entry.get("since")), ago=ago(entry.get("since"))),
        }
        for entry in status.get("refused") or ()
    ]


def _body(text: str | None) -> dict[str, Any]:
    try:
        body = json.loads(text) if text else {}
    except DocsError:
        return {}
    return body if isinstance(body, dict) else {}
