"""Incidents of a terminal that has two lives: it was copied, or put back from an older copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from app.shop import ids, inquiry, integrity
from app.shop.shifts.covers import is_placed
from app.web import words
from app.web.conflicts.exhibits import SHOWN, Doc, Place, Told, line, what, whole


def number(incident: Doc, place: Place) -> Told:
    series, number, of = str(incident.get("series")), whole(incident.get("number")), incident.get("of")
    types = {"zreport": ("zreport",), "journal": ids.PLACED}.get(str(of), ("order",))
    found = inquiry.given(place.database, series, number, types)
    till = ids.terminal_of(series).upper()
    if of == "zreport":
        title = _("Z report %(number)s of %(till)s was given twice", till=till, number=number)
    elif of == "journal":
        title = _("%(till)s wrote two things at one place of its journal", till=till)
    else:
        title = _("%(till)s gave the number %(number)s twice", till=till, number=number)
    evidence = [place.shown(doc) for doc in found[:SHOWN]]
    evidence.append(line(_("Last in common"), _parting(found, place)))
    evidence.append(line(_("Both worked"), _times(found, place)))
    likely, do = _lives(found, place, till)
    return Told(title, evidence, likely, do, found)


def _parting(found: list[dict[str, Any]], place: Place) -> str:
    """The document after which two lives parted, where both follow the same one."""
    placed = [doc for doc in found if is_placed(doc)]
    if len(placed) < 2 or len({doc.get("prev") for doc in placed}) > 1:
        return ""
    last = integrity.predecessor(place.database, placed[0])
    return f"{what(last)} · {place.when(last)}" if last is not None else ""


def _times(found: list[dict[str, Any]], place: Place) -> str:
    """From when to when each life worked, as far as is known here."""
    spans = []
    for doc in [doc for doc in found if is_placed(doc) and doc.get("at")][:SHOWN]:
        last = inquiry.last_of_life(place.database, doc)
        ends = dict.fromkeys((words.when(str(doc["at"]), place.zone), words.when(last, place.zone)))
        spans.append(" – ".join(ends))
    return "; ".join(spans) if len(spans) > 1 else ""


def _at_once(found: list[dict[str, Any]], place: Place) -> bool | None:
    """Whether both lives of a terminal worked at one time; None where that can't be told."""
    placed = [doc for doc in found if is_placed(doc) and doc.get("at")]
    if len(placed) < 2:
        return None
    ends = [inquiry.last_of_life(place.database, doc) for doc in placed]
    return any(
        str(placed[i]["at"]) <= ends[j] and str(placed[j]["at"]) <= ends[i]
        for i in range(len(placed)) for j in range(i)
    )  # fmt: skip


def _lives(found: list[dict[str, Any]], place: Place, till: str) -> tuple[str, str]:
    """What likely happened where one terminal has two lives, and what to do."""
    together = _at_once(found, place)
    do = _(
        "Both stand, and both count: nothing is lost. %(till)s goes on under a new series by itself. Find the second "
        "machine, or the copy of its data, and switch it off: one till’s data may run in one place only. A new machine "
        "gets a number of its own.",
        till=till,
    )
    if together is None:
        return _("The data of %(till)s was copied, and both copies worked.", till=till), do
    if together:
        return _(
            "The data of %(till)s was copied to another machine (a cloned disk, a copied folder, a virtual machine "
            "started twice), and both worked at the same time.",
            till=till,
        ), do
    return _(
        "%(till)s was put back from an older copy of its disk or folder, and sold on before it had heard what it had "
        "sold since: one of the two ended before the other began.",
        till=till,
    ), _(
        "Both stand, and both count: nothing is lost. %(till)s goes on under a new series by itself. After a till was "
        "put back, let it sync before it sells; and make sure that the old machine stays off.",
        till=till,
    )


def sale(incident: Doc, place: Place) -> Told:
    found = inquiry.of_sale(place.database, str(incident.get("sale")))
    evidence = [place.shown(doc) for doc in found[:SHOWN]]
    if found:
        counts = _("only %(receipt)s counts in the sums", receipt=what(found[0]))
        one = len({doc["_id"] for doc in found}) == 1
        evidence.append(line(_("Counted"), _("one version of it counts in the sums") if one else counts))
    together = _at_once(found, place)
    return Told(
        _("One sale was written twice"),
        evidence,
        _("The till’s data was copied, and both copies finished the same sale.")
        if together
        else _(
            "A till was put back from an older copy between a sale and the moment when its window asked again. The "
            "window asked both for the same sale."
        ),
        _(
            "The goods were sold once, and the sums count it once. See whether the customer paid twice (the drawer’s "
            "count, the card terminal’s list), and give back what was too much."
        ),
        found,
    )


def behind(incident: Doc, place: Place) -> Told:
    series, number, following = str(incident.get("series")), whole(incident.get("number")), str(incident.get("next"))
    till = ids.terminal_of(series).upper()
    known = place.database.between(f"order:{series}:", f"order:{series};", limit=1, descending=True)
    first = place.database.between(f"order:{following}:", f"order:{following};", limit=1)
    docs = [record.full() for record in (*known, *first)]
    evidence = [
        line(_("Series before"), _("%(series)s, up to number %(number)s", series=series, number=number)),
        *([{**place.shown(docs[0]), "label": _("Last of it here")}] if known else []),
        line(_("Series now"), following),
        *([{**place.shown(docs[-1]), "label": _("First of it here")}] if first else []),
    ]
    return Told(
        _("%(till)s knew less than it had sold", till=till),
        evidence,
        _(
            "%(till)s was put back from an older copy of its disk or folder; or a copy of it runs on another machine.",
            till=till,
        ),
        _(
            "Nothing is lost: it went on under a new series, so that no number is given twice. If nobody put it back "
            "from a copy, look for a second machine that runs its data, and switch that off."
        ),
        docs,
    )


def copied(incident: Doc, place: Place) -> Told:
    series = str(incident.get("series"))
    till = ids.terminal_of(series).upper()
    lives = [life for life in incident.get("lives") or () if isinstance(life, dict)]
    lives.sort(key=lambda life: str(life.get("at")))
    evidence = [line(_("Machine"), _machine(life, place)) for life in lives[:SHOWN]]
    evidence.append(line(_("Shared series"), series))
    first = _series_since(place, series, lives)
    evidence += [line(_("Series now"), ", ".join(first))] if first else []
    return Told(
        _("Two machines run as %(till)s", till=till),
        evidence,
        _(
            "The data of %(till)s runs on two machines at the same time: a cloned disk, a copied folder, a virtual "
            "machine started twice, or the old machine of a till that was replaced. Each has answered the other, so "
            "this is certain.",
            till=till,
        ),
        _(
            "Both go on selling, under different series, and every sale counts. Find the two machines by the names and "
            "addresses above and switch one of them off, once it has sent everything. A second till gets a number of "
            "its own from head office."
        ),
        [],
    )


def _machine(life: Doc, place: Place) -> str:
    """`counter-1 · 192.168.1.20 · running since …`."""
    since = _("running since %(time)s", time=words.when(str(life["at"]), place.zone)) if life.get("at") else ""
    return " · ".join(part for part in (str(life.get("host") or ""), str(life.get("address") or ""), since) if part)


def _series_since(place: Place, series: str, lives: Sequence[Doc]) -> list[str]:
    """The series that began after the first of the machines had started: the terminal's newest ones."""
    began = min((str(life.get("at")) for life in lives), default="")
    terminal = ids.terminal_of(series)
    found, start = [], f"order:{terminal}."
    while records := place.database.between(start, f"order:{terminal}.~", limit=1):
        parts = ids.parse(records[0].id)
        if parts is None:
            break
        if parts.series != series and str(records[0].doc().get("at")) >= began:
            found.append(parts.series)
        start = f"order:{parts.series};"
    return found[-SHOWN:]
