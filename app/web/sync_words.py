"""What the sync page tells besides the links: what is unsent, of which kind, since when; the clocks; the schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext as _n

from app.replicator import identity
from app.web import kinds, words

#: Milliseconds by which two clocks may differ and still agree: an answer tells whole seconds.
AGREE = 2000
#: Milliseconds from which documents say that a clock is wrong.
WRONG = 5 * 60 * 1000


def unsent(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """`[{"title", "what", "since"}]` from `Node.unsent()`."""
    return [
        {
            "title": words.database_title(entry["database"]),
            "what": kinds.counted(entry["types"]),
            "since": _("%(time)s (%(ago)s)", time=words.when(entry["oldest"]), ago=words.ago(entry["oldest"]))
            if entry["oldest"]
            else "",
        }
        for entry in entries
    ]


def asks(status: Mapping[str, Any]) -> list[dict[str, str]]:
    """`[{"database", "title"}]`: what a link doesn't send to a central that it didn't know, before a person says so."""
    names = {link["database"] for link in status.get("links") or () if link.get("reason") == identity.UNKNOWN}
    return [{"database": name, "title": words.database_title(name)} for name in sorted(names)]


def contact(status: Mapping[str, Any]) -> dict[str, str]:
    """`{"last", "clock", "clock_level", "stops"}`: when the central was last seen, how its clock stands, and the end
    of selling, where a setting names one."""
    known = status.get("contact") or {}
    last, stops = known.get("last"), known.get("stops_at")
    ahead = known.get("ahead")
    level = "none" if ahead is None else "ok" if abs(ahead) <= WRONG else "bad"
    if known.get("online"):
        seen = _("now")
    elif last:
        seen = _("%(time)s (%(ago)s)", time=words.when(last), ago=words.ago(last))
    else:
        seen = _("not yet")
    return {
        "last": seen,
        "clock": clock(ahead),
        "clock_level": level,
        "stops": words.when(stops) if stops and not known.get("online") else "",
    }


def clock(ahead: int | None) -> str:
    """How the central's clock stands against this machine's."""
    if ahead is None:
        return _("not known yet")
    if abs(ahead) <= AGREE:
        return _("agrees with the clock here")
    span = words.duration(abs(ahead) / 1000)
    if ahead > 0:
        return _("The clock here is %(span)s behind the central’s", span=span)
    return _("The clock here is %(span)s ahead of the central’s", span=span)


def schedule(rule: Mapping[str, Any]) -> str:
    """The schedule in a sentence."""
    if rule["mode"] == "every":
        return _n("Every minute", "Every %(num)d minutes", int(rule["minutes"]))
    if rule["mode"] == "hours":
        return _("At %(hours)s", hours=", ".join(rule["hours"])) if rule["hours"] else _("By hand only")
    return {"manual": _("By hand only")}.get(rule["mode"], _("Always, as things happen"))


def progress(status: Mapping[str, Any]) -> dict[str, Any]:
    """`{"busy", "text"}`: whether something is under way, and how much is left of it."""
    busy = [link for link in status.get("links") or () if link.get("state") in ("active", "starting")]
    fetch = sum(int(link.get("pending") or 0) for link in busy if link.get("direction") == "pull")
    send = sum(int(link.get("unsent") or 0) for link in busy if link.get("direction") == "push")
    told = []
    if send:
        told.append(_("%(count)s to send", count=send))
    if fetch:
        told.append(_("%(count)s to fetch", count=fetch))
    return {"busy": bool(busy), "text": _(", ").join(told)}
