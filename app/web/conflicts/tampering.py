"""Incidents of a document that isn't as it was written: changed, deleted, made up, or without the one before it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.shop import ids, inquiry, integrity, sound
from app.shop.shifts.covers import is_placed
from app.web import present
from app.web.conflicts.exhibits import SHOWN, Doc, Place, Told, line, money, read, what
from app.web.reasons import tell

DIFFERING = 4  # fields that a version's line names


def second_version(incident: Doc, place: Place) -> Told:
    id = str(incident.get("about"))
    found = inquiry.versions(place.database, id)
    original = _original(found, place)
    evidence = []
    for number, version in enumerate(found[:SHOWN], 1):
        label = _("Version %(number)s", number=number)
        told = [money(version), place.when(version), *_marks(version, original)]
        if original is not None and version is not original:
            told.append(_differing(original, version))
        evidence.append({**place.shown(version), "label": label, "value": " · ".join(part for part in told if part)})
    false = [version for version in found if not version.get("_deleted") and not integrity.is_true(version)]
    likely = (
        _("Another program, or a person with a password of the database, changed it after it was written.")
        if false or original is not None
        else _("The till’s data was copied and both copies went on; or a program changed it that knows how to hide it.")
    )
    name = what(found[0] if found else {"_id": id})
    return Told(_("%(name)s has a second version", name=name), evidence, likely, _guard(original is not None), found)


def altered(incident: Doc, place: Place) -> Told:
    id = str(incident.get("about"))
    doc = read(place, id)
    faults = [tell(fault) for fault in integrity.faults(doc)] if doc else []
    evidence = [
        *([place.shown(doc)] if doc else []),
        line(_("Its check sum"), _("doesn’t fit its contents") if doc and not integrity.is_true(doc) else ""),
        line(_("Its figures"), " ".join(faults[:SHOWN])),
        line(_("The next in the journal"), _next(doc, place)),
    ]
    return Told(
        _("%(name)s was altered", name=what(doc or {"_id": id})),
        evidence,
        _(
            "It was changed before it came here, or made up: by another program or a person with a password of the "
            "database. CouchTill itself can’t write such a document."
        ),
        _guard(False),
        [doc] if doc else [],
    )


def removed(incident: Doc, place: Place) -> Told:
    id = str(incident.get("about"))
    found = [version for version in inquiry.versions(place.database, id) if not version.get("_deleted")]
    gone = place.database.read(id)
    back = gone is not None and not gone.deleted
    evidence = [{**place.shown(version), "label": _("What it was")} for version in found[:1]]
    for entry in evidence:
        entry.pop("link", None)
    evidence.append(line(_("Now"), _("it is there again") if back else _("deleted; the numbers have a gap")))
    return Told(
        _("%(name)s was deleted", name=what(found[0] if found else {"_id": id})),
        evidence,
        _(
            "Somebody deleted it in the database, with another program. No page of CouchTill deletes what was sold or "
            "counted."
        ),
        _("It is missing in the sums until it is back.") + " " + (_held() if found else _guard(False)),
        found if back else [],
    )


def sums(incident: Doc, place: Place) -> Told:
    id = str(incident.get("about"))
    doc = read(place, id)
    faults = [tell(fault) for fault in integrity.faults(doc)] if doc else []
    evidence = [*([place.shown(doc)] if doc else []), *(line(_("Wrong"), fault) for fault in faults[:SHOWN])]
    return Told(
        _("The figures of %(name)s don’t add up", name=what(doc or {"_id": id})),
        evidence,
        _("Another program wrote it, or somebody made it up with care: its check sum is right, its figures are not."),
        _(
            "Reports sum it as it stands. Compare it with the paper receipt and the payment. If it is wrong, refund or "
            "correct it by a new receipt; and find out which program wrote it."
        ),
        [doc] if doc else [],
    )


def chain(incident: Doc, place: Place) -> Told:
    id = str(incident.get("about"))
    doc = read(place, id)
    title = _("The journal is broken before %(name)s", name=what(doc or {"_id": id}))
    if doc is None or not is_placed(doc):
        return Told(title, [], _("It is not here any more."), _guard(False), [])
    named = integrity.predecessor(place.database, doc)
    near = inquiry.before(place.database, doc)
    evidence = [place.shown(doc)]
    if integrity.follows(place.database, doc):
        came = [{**place.shown(named), "label": _("The one before it")}] if named else []
        late = _("The one before it came late, and fits. Nothing is missing any more.")
        return Told(title, [*evidence, *came], late, _("Nothing: close this entry."), [doc])
    if named is not None:
        evidence.append({**place.shown(named), "label": _("It says that it follows")})
        likely = _("Its date or its place was changed, or the till’s clock was; or it was made up.")
    elif near:
        evidence += [{**place.shown(other), "label": _("Before it stands")} for other in near[:SHOWN]]
        likely = _(
            "Another document stands where the one should be that it follows: that one was replaced, or the till’s "
            "data was copied and not everything of the copy has come."
        )
    else:
        evidence.append(line(_("Before it"), _("nothing: place %(place)s is missing", place=doc["journal"] - 1)))
        likely = _(
            "The document before it never came: it may stand on the list of refused ones of its till, or it was taken "
            "out of the database."
        )
    do = _(
        "Look at the sync page of %(till)s for refused documents, and let it sync. If nothing comes, its own data "
        "still has what it wrote: “couchtill verify” there tells which documents it holds.",
        till=ids.terminal_of(doc["series"]).upper(),
    )
    return Told(title, evidence, likely, do, [doc])


# -- what a version says of itself -------------------------------------------------------------------------------------


def _original(found: list[dict[str, Any]], place: Place) -> dict[str, Any] | None:
    """The version that the next document of the journal names; else the only one whose check sum is right."""
    true = [version for version in found if integrity.is_true(version) and is_placed(version)]
    named = [version for version in true if inquiry.successor(place.database, version) is not None]
    if len(named) == 1:
        return named[0]
    return true[0] if len(true) == 1 else None


def _marks(version: Doc, original: Doc | None) -> list[str]:
    if version.get("_deleted"):
        return [_("deleted")]
    if version is original:
        return [_("the original")]
    return [] if integrity.is_true(version) else [_("its check sum doesn’t fit")]


def _differing(original: Doc, version: Doc) -> str:
    """The fields in which a version differs from the original, by what they hold where that is a figure."""
    if version.get("_deleted"):
        return ""
    names = [name for name in sorted({*original, *version}) if name[:1] != "_" and name != "hash"]
    other = [name for name in names if original.get(name) != version.get(name)]
    digits = int(str(original.get("digits"))) if sound.is_whole(original.get("digits"), 0, 4) else None
    told = []
    for name in other[:DIFFERING]:
        before, after = original.get(name), version.get(name)
        if digits is not None and type(before) is int and type(after) is int and name in FIGURES:
            told.append(f"{name}: {present.amount(before, digits)} → {present.amount(after, digits)}")
        else:
            told.append(name)
    if len(other) > DIFFERING:
        rest = len(other) - DIFFERING
        told.append(ngettext("%(num)s more field", "%(num)s more fields", rest))
    return _("differs: %(fields)s", fields=", ".join(told)) if told else ""


FIGURES = ("total", "subtotal", "discount", "paid", "change", "tip", "cash_rounding", "declared", "expected", "amount")


def _next(doc: Doc | None, place: Place) -> str:
    if doc is None or not is_placed(doc):
        return ""
    following = inquiry.successor(place.database, doc)
    return _("%(name)s names it as it stands", name=what(following)) if following is not None else ""


def _guard(known: bool) -> str:
    """What to do where somebody else wrote into the database."""
    first = (
        _("The version marked as the original is what the till wrote.")
        if known
        else _("The till that wrote it still has what it wrote: “couchtill verify” there tells.")
    )
    return first + " " + _passwords()


def _held() -> str:
    """What to do where what was deleted is still to be had."""
    kept = _("What it was still stands in the database: whoever looks after that can put it back.")
    return kept + " " + _passwords()


def _passwords() -> str:
    return _(
        "Change the passwords of the database, see which programs have one, and keep this entry for your accountant."
    )
