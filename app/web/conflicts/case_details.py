"""Everything that the versions of a document in dispute say, side by side with the one before: under *Details*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.docs import merge
from app.docs.database import Database
from app.docs.merge import MISSING
from app.shop.conflicts import history
from app.shop.conflicts.case import ATTACHMENTS, Case
from app.web.conflicts import history_words
from app.web.conflicts.hall import Hall
from app.web.conflicts.values import Values, alike
from app.web.conflicts.words import Words

#: Versions that stand beside each other; of more the first ones.
BESIDE: Final = 6


def view(hall: Hall, database: Database, case: Case, unfold: list[str]) -> dict[str, Any]:
    """`{"heads": [side], "rows": [{"label", "state", "before", "cells"}], "base", "more", "drawing", "labels"}`: the
    fields to decide first, then those that were joined, then the rest."""
    words = Words(hall)
    sides = case.sides[:BESIDE]
    body = case.live[0].body if case.live else {}
    values = Values(words, hall.money(), case.database, case.id, case.type, body)
    names: dict[str, str] = {}
    for field in case.fields:
        names.setdefault(field.place[0], "open")
    for one in case.joined:
        if not alike(one.value, one.base):
            names.setdefault(one.place[0], "joined")
    for name in _names(case):
        names.setdefault(name, "same")
    rows = []
    for name, state in names.items():
        if state == "same" and name in ("type", "schema"):
            continue
        base = MISSING if case.base is None else case.base.get(name, MISSING)
        cells = [_cell(values, name, side, base) for side in sides]
        if (
            state == "same"
            and case.base is not None
            and any(not alike(side.body.get(name, MISSING), base) for side in sides if not side.deleted)
        ):
            state = "joined"
        before = None if case.base is None or name == ATTACHMENTS else values.shown(name, base)
        rows.append({"label": words.field(case.type, name), "state": state, "before": before, "cells": cells})
    found = history.read(database, case.id)
    return {
        "heads": [words.side(side) for side in sides],
        "rows": rows,
        "base": case.base is not None,
        "more": max(0, len(case.sides) - BESIDE),
        "drawing": found.drawing(unfold) if found is not None else None,
        "labels": history_words.labels(found, words) if found is not None else {},
    }


def _names(case: Case) -> list[str]:
    names: dict[str, None] = {}
    for body in [side.body for side in case.live] + [case.base or {}]:
        names |= dict.fromkeys(merge.content(body))
    if any(side.attachments for side in case.sides):
        names[ATTACHMENTS] = None
    return list(names)


def _cell(values: Values, name: str, side: Any, base: Any) -> Mapping[str, Any]:
    if side.deleted:
        return {"deleted": True}
    value = (side.attachments or MISSING) if name == ATTACHMENTS else side.body.get(name, MISSING)
    changed = base is not MISSING and not alike(value, base)
    return {**values.shown(name, value, None if base is MISSING else base, side.rev), "changed": changed}
