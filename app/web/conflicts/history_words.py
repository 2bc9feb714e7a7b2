"""A history in the words of a shop: one row an entry, with what it may be used for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.docs import merge
from app.shop.conflicts.history import QUIET, Change, Decision, Gap, History, Version
from app.shop.conflicts.policies import HIDDEN, secret
from app.web.conflicts import field_words
from app.web.conflicts.values import alike
from app.web.conflicts.words import Words

#: Changes that a row shows before the rest is folded.
SHOWN = 6


def kind(doctype: str | None) -> str:
    """What documents of this type are called, for the line over the title; "" where nobody knows."""
    return field_words.kind_name(doctype) if doctype else ""


def rows(found: History, words: Words, *, fixed: bool) -> list[dict[str, Any]]:
    """`{"kind", "title", "text", "who", "where", "when", "moment", "at", "badge", "state", "changes": [{"name",
    "before", "after"}], "more": […], "said": [{"name", "value"}], "note", "rev", "restore", "undo", "elsewhere"}` each,
    newest first. `restore`: the revision may be brought back; `undo`: the decision may be taken back; `fixed`: neither,
    whatever it is."""
    made = [_row(found, entry, words) for entry in found.entries]
    for row in made:
        if fixed or found.body.get("erased"):
            row["restore"] = row["undo"] = None
    return made


def labels(found: History, words: Words) -> dict[str, dict[str, str]]:
    """Who, where and when of each revision whose body is at hand, for the drawing."""
    made = {}
    versions = [entry.version if isinstance(entry, Decision) else entry for entry in found.entries]
    for version in versions:
        if isinstance(version, Version) and (version.on or version.at):
            where, who = words.where(version.on), words.who(version.by)
            made[version.rev] = {"who": who or where, "where": where if who else "", "when": words.when(version.at)}
    return made


def _row(found: History, entry: Version | Gap | Decision, words: Words) -> dict[str, Any]:
    if isinstance(entry, Gap):
        return _gap(entry)
    version = entry.version if isinstance(entry, Decision) else entry
    row: dict[str, Any] = {
        "badge": "",
        "state": "",
        "changes": [],
        "more": [],
        "said": [],
        "note": "",
        "text": "",
        "rev": None,
        "restore": None,
        "undo": None,
        "elsewhere": False,
    }
    if version is not None:
        shown = [_change(found, one, words) for one in version.changes or () if not alike(one.before, one.after)]
        row |= {"rev": version.rev, "state": version.state, "badge": _badge(found, version)}
        row["elsewhere"] = not version.here
        row |= {"changes": shown[:SHOWN], "more": shown[SHOWN:], "text": _about(version)}
        row |= _use(found, version, words)
    if isinstance(entry, Decision):
        doc = entry.doc
        row |= {"kind": "decision", "title": _decision(entry), "note": doc.get("note") or "", "text": ""}
        chosen = [_chosen(found, one, words) for one in doc.get("choices") or () if one.get("aside")]
        if chosen:
            row |= {"changes": chosen[:SHOWN], "more": chosen[SHOWN:]}
        row |= _stamps(doc.get("by"), doc.get("on"), doc.get("at"), words)
        if _undoable(found, entry):
            row["undo"] = doc["_id"]
    else:
        row |= {"kind": entry.kind, "title": _title(entry)}
        row |= _stamps(entry.by, entry.on, entry.at, words)
        if entry.kind == "joined":
            row |= _stamps(None, None, None, words)
        elif entry.on is None and entry.at is None:
            row["where"] = ""
    return row


def _stamps(by: Any, on: Any, at: Any, words: Words) -> dict[str, str]:
    """Who, where and when; where nothing is said of any of them, nothing."""
    return {
        "who": words.who(by),
        "where": words.where(on) if on or at else "",
        "when": words.when(at),
        "moment": words.moment(at),
        "at": at or "",
    }


def _gap(entry: Gap) -> dict[str, Any]:
    count = len(entry.revs)
    if entry.erased:
        title = ngettext("%(num)s older version: erased", "%(num)s older versions: erased", count)
    else:
        title = ngettext("%(num)s version that is no longer held here", "%(num)s versions no longer held here", count)
    return {"kind": "gap", "title": title, "state": entry.state, "erased": entry.erased}


def _title(version: Version) -> str:
    titles = {
        "made": _("Made"),
        "changed": _("Changed"),
        "deleted": _("Deleted"),
        "returned": _("Brought back"),
        "joined": _("Joined by the rules"),
        "erased": _("Personal data erased"),
        "unknown": _("Changed"),
    }
    return titles[version.kind]


def _about(version: Version) -> str:
    if version.kind == "unknown":
        return _("What it said before is no longer held here, so what was changed can’t be told.")
    if version.over:
        return ngettext(
            "Against the version before the %(num)s that is missing.",
            "Against the version before the %(num)s that are missing.",
            version.over,
        )
    if version.changes == () and version.kind == "changed":
        return _("Saved without a change.")
    return ""


def _badge(found: History, version: Version) -> str:
    if version.state == "closed" and _taken(found, version.rev):
        return _("Taken by a decision")
    if version.state == "used" and version.kind == "deleted":
        return ""
    badges = {
        "used": _("In use"),
        "open": _("Not decided yet"),
        "joined": _("Made elsewhere at the same time, then joined"),
        "closed": _("Set aside by a decision"),
        "past": "",
    }
    return badges[version.state]


def _taken(found: History, rev: str) -> bool:
    """Whether a decision took something of this side, whose branch it closed."""
    decisions = (entry.doc for entry in found.entries if isinstance(entry, Decision))
    return any(one.get("side") == rev for doc in decisions for one in doc.get("choices") or ())


def _decision(entry: Decision) -> str:
    titles = {
        "resolved": _("Decided"),
        "bulk": _("Decided, together with others"),
        "undone": _("Decision taken back"),
        "restored": _("Older version brought back"),
    }
    title = titles.get(str(entry.doc.get("kind")), _("Decided"))
    if entry.doc.get("kept") == "deleted":
        title = _("Decided: it stays deleted")
    return _("%(title)s, taken back later", title=title) if entry.undone else title


def _undoable(found: History, entry: Decision) -> bool:
    """Whether nothing was edited since, as far as the leaves tell."""
    if entry.undone or entry.doc.get("kind") not in ("resolved", "bulk"):
        return False
    result = entry.doc.get("result")
    if result is None:
        return found.deleted and set(found.open) <= set(entry.doc.get("leaves") or ())
    return found.open == (result,)


def _use(found: History, version: Version, words: Words) -> dict[str, Any]:
    """What the version said, and whether it can be brought back."""
    body = found.bodies[version.rev]
    said = [
        {"name": words.field(found.type, name), "value": words.value(found.type, name, value)}
        for name, value in _shown(found, body).items()
    ]
    now = found.bodies.get(found.rev, {})
    gone = bool(body.get("_deleted"))
    news = found.deleted or not merge.same(_plain(body), _plain(now))
    return {"said": said, "restore": version.rev if not gone and news else None}


def _shown(found: History, body: Mapping[str, Any]) -> dict[str, Any]:
    hidden = secret(found.id, found.type)
    named = {name: value for name, value in sorted(body.items()) if name not in QUIET and name[:1] != "_"}
    return {name: HIDDEN if name in hidden and value is not None else value for name, value in named.items()}


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in body.items() if name not in merge.STAMPS and name[:1] != "_"}
    atts = body.get("_attachments") or {}
    return {**kept, "_files": {name: stub.get("digest") for name, stub in atts.items()}}


def _chosen(found: History, one: Mapping[str, Any], words: Words) -> dict[str, str]:
    """What a decision set aside, and what it took instead."""
    path, aside = one["path"], one["aside"].values()
    before = list(dict.fromkeys(words.value(found.type, path, value) for value in aside))
    after = words.value(found.type, path, one["value"]) if "value" in one else words.value(None, path, None)
    return {"name": words.field(found.type, path), "before": ", ".join(before), "after": after}


def _change(found: History, one: Change, words: Words) -> dict[str, str]:
    before, after = (words.value(found.type, one.path, value) for value in (one.before, one.after))
    return {"name": words.field(found.type, one.path), "before": before, "after": after}
