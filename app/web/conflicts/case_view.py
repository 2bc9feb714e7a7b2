"""One document in dispute as its page shows it: a card for each field to decide, in people's words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from flask_babel import gettext as _

from app.docs import merge
from app.docs.database import Database
from app.docs.merge import MISSING, same
from app.shop import sound
from app.shop.conflicts import inbox
from app.shop.conflicts.case import ATTACHMENTS, Case, Field, Side
from app.shop.conflicts.history import QUIET
from app.shop.conflicts.weight import Weight
from app.web import present
from app.web.conflicts.hall import Hall
from app.web.conflicts.values import Values, alike
from app.web.conflicts.words import AMOUNTS, RATES, REFS, Words
from app.web.reasons import tell

Doc = Mapping[str, Any]
Shown = dict[str, Any]

#: Values of one field that are offered; a tree of hundreds of versions names the others under *Details*.
OFFERED: Final = 12
#: Texts of several lines.
_LONG: Final = frozenset({"description", "note"})
#: Texts that are one of a few words, of which none but the sides' can be told here.
_LISTED: Final = frozenset({"role", "sold_by", "kind", "scope", "state", "tax_mode", "locale", "language", "type"})
#: Lists that are keyed one element a line.
_LINES: Final = frozenset({"barcodes", "address", "cards", "groups", "coupons", "header", "footer"})


class View:
    """Of one case, for one request."""

    def __init__(self, hall: Hall, database: Database, case: Case) -> None:
        self.hall, self.database, self.case = hall, database, case
        self.words = Words(hall)
        self.money = hall.money()
        since = min((side.at for side in case.live if side.at), default=None)
        self._weight = Weight(hall.stores(), {case.id: since} if since and case.type == "product" else {})
        self._base = case.base
        body = case.live[0].body if case.live else {}
        self._values = Values(self.words, self.money, database.name, case.id, case.type, body)

    def page(self) -> Shown:
        """Everything that the template needs: `title`, `what`, `before`, `sides`, `fields`, `joined`, `deleted`,
        `preview`, `seen`, `position` (for the next of the inbox), `barred` (why it isn't decided here, or "")."""
        case, words = self.case, self.words
        record = self.database.read(case.id)
        return {
            "database": case.database,
            "id": case.id,
            "type": case.type,
            "seen": case.seen,
            "kind": case.kind,
            "by_hand": case.by_hand,
            "title": words.called(case),
            "what": words.changed(case),
            "sides": [self._side(side) for side in case.sides[: OFFERED * 2]],
            "more_sides": max(0, len(case.sides) - OFFERED * 2),
            "fields": [self._field(field) for field in case.fields],
            "joined": [
                self._joined(one.path, one.value, one.base)
                for one in case.joined
                if one.path not in QUIET and not alike(one.value, one.base)
            ],
            "edits": self._edits() if case.kind == "deleted" else [],
            "unknown_base": case.base is None and case.kind == "edited",
            "preview": self._preview(),
            "barred": tell(barred) if (barred := self.hall.barred(case.id)) is not None else "",
            "position": f"{case.database}:{record.seq if record is not None else 0}",
        }

    # -- fields ---------------------------------------------------------------------------------------------------

    def _field(self, field: Field) -> Shown:
        groups: list[tuple[Any, list[str]]] = []
        for rev in field.changed:
            value = field.values[rev]
            known = next((group for group in groups if same(group[0], value)), None)
            if known is None:
                groups.append((value, [rev]))
            else:
                known[1].append(rev)
        if len(groups) == 1:  # only one side changed it: to leave it as it was is the other answer
            groups += [(value, [rev]) for rev, value in field.values.items() if not same(value, groups[0][0])][:1]
        groups.sort(key=lambda group: (field.suggestion not in group[1], self._at(group[1])))
        # Without a text before, the others are marked against the first: what is different is what one looks for.
        first = groups[0][0] if self._base is None or not isinstance(field.base, str) or not field.base else field.base
        options = [self._option(field, value, revs, first) for value, revs in groups]
        before = None if field.base is MISSING and self._base is None else self._values.shown(field.path, field.base)
        return {
            "path": field.path,
            "label": self.words.field(self.case.type, field.path),
            "before": before,
            "options": options[:OFFERED],
            "more": max(0, len(options) - OFFERED),
            "other": self._other(field),
        }

    def _at(self, revs: Iterable[str]) -> str:
        return min(self.case.by_rev[rev].at or "" for rev in revs)

    def _option(self, field: Field, value: Any, revs: list[str], against: Any) -> Shown:
        sides = [self.case.by_rev[rev] for rev in revs]
        return {
            "rev": revs[0],
            "revs": revs,
            "key": key_of(value),
            "chosen": field.suggestion in revs,
            "used": self.case.sides[0].rev in revs,
            **self._values.shown(field.path, value, self._against(field, value, against), revs[0]),
            "by": [{**self.words.side(side), "sold": self._sold(field, side, value)} for side in sides[:4]],
            "more": max(0, len(sides) - 4),
        }

    def _against(self, field: Field, value: Any, first: Any) -> Any:
        """What a value is compared with: the one before, else for texts the first one."""
        if isinstance(value, str) and isinstance(first, str):
            return None if same(value, first) else first
        return field.base if self._base is not None else None

    def _sold(self, field: Field, side: Side, value: Any) -> str:
        if self.case.type != "product" or field.path != "price" or not side.at:
            return ""
        sold = self._weight.sold_at(self.case.id, side.at, value)
        if not sold:
            return ""
        number = present.quantity(sold)
        return (
            _("%(num)s sold at it, at least", num=number) if self._weight.more else _("%(num)s sold at it", num=number)
        )

    def _other(self, field: Field) -> Shown | None:
        """What a person may key instead: `{"kind", "value", "digits", "per"}`; None where there is nothing to key."""
        values = [value for value in (*field.values.values(), field.base) if value is not MISSING and value is not None]
        name = field.path.rpartition(".")[2]
        suggested = field.values.get(field.suggestion)
        if not values or self.case.secret(field.place) or field.path == ATTACHMENTS:
            return None
        if all(sound.is_price(value) for value in values):
            per = suggested.get("per", 1000) if isinstance(suggested, Mapping) else 1000
            unit = self._values.per(per)
            return {"kind": "price", "digits": self.money["digits"], "per": per, "unit": unit, "value": ""}
        if all(isinstance(value, str) for value in values):
            return self._other_text(name, values)
        if all(type(value) is int for value in values):
            digits = self.money["digits"] if name in AMOUNTS else 4 if name in RATES else 0
            return {"kind": "number", "digits": digits, "unit": "%" if name in RATES else "", "value": ""}
        if name in _LINES and all(isinstance(value, list) for value in values):
            return {"kind": "lines", "value": ""}
        return None

    def _other_text(self, name: str, values: list[str]) -> Shown | None:
        if name == "colour":
            return {"kind": "colour", "value": values[0]}
        if name == "picture" or any(value.partition(":")[0] in REFS and ":" in value for value in values):
            return None
        if name in _LISTED:
            return None
        long = name in _LONG or any("\n" in value or len(value) > 60 for value in values)
        return {"kind": "long" if long else "text", "value": ""}

    def _joined(self, path: str, value: Any, base: Any) -> Shown:
        label = self.words.field(self.case.type, path)
        return {
            "path": path,
            "label": label,
            **self._values.shown(path, value, base if self._base is not None else None),
        }

    def _edits(self) -> list[Shown]:
        """What was edited where the other side deleted: of each live side, what it changed since the fork."""
        if self._base is None:
            return []
        found = []
        told = {field.path for field in self.case.fields} | {one.path for one in self.case.joined} | QUIET
        live = self.case.live[0].body
        for name in merge.content({**self._base, **live}):
            was, now = self._base.get(name, MISSING), live.get(name, MISSING)
            if name not in told and not alike(was, now):
                label = self.words.field(self.case.type, name)
                found.append(
                    {
                        "path": name,
                        "label": label,
                        "before": self._values.shown(name, was),
                        **self._values.shown(name, now, was),
                    }
                )
        return found

    # -- sides ----------------------------------------------------------------------------------------------------

    def _side(self, side: Side) -> Shown:
        mine = [field.path for field in self.case.fields if side.rev in field.changed]
        told = self.words.side(side)
        alike = [each for each in self.case.live if self.words.where(each.on) == told["where"]]
        return {**told, "fields": mine, "place": told["label"] if len(alike) > 1 else told["where"]}

    # -- the result -----------------------------------------------------------------------------------------------

    def _preview(self) -> Shown | None:
        """What the till will show of it, with the first choices in it; the page keeps it current."""
        case = self.case
        if case.type not in ("product", "category", "customer") or not case.live:
            return None
        chosen = {field.place: field.values[field.suggestion] for field in case.fields if field.path != ATTACHMENTS}
        body = case.plan.result(chosen)
        told = {
            path: self._values.shown(path, body.get(path, MISSING)) for path in ("name", "price", "picture", "colour")
        }
        line = [body.get(name) for name in ("name", "phone", "email")]
        size = body.get("size")
        return {
            "kind": case.type,
            "name": self.words.title(case.type, case.id, {**body, "size": None}),
            "size": size if isinstance(size, str) else "",
            "price": told["price"]["text"] if body.get("price") is not None else _("open price"),
            "picture": told["picture"]["picture"],
            "colour": body.get("colour") if isinstance(body.get("colour"), str) else None,
            "line": " · ".join(part for part in line if isinstance(part, str) and part),
            "inactive": body.get("inactive") is True,
        }


def key_of(value: Any) -> str:
    """What tells a value from the others, whichever revision says it: a page keeps a choice by it."""
    if value is MISSING:
        return "missing"
    return hashlib.sha256(merge.canonical(value)).hexdigest()[:12]


def following(hall: Hall, position: str | None, but: tuple[str, str]) -> Shown | None:
    """The next one of the inbox after `position`, else its first: `{"href", "title"}`; None when none is left."""
    databases = hall.databases()
    for before in dict.fromkeys((position, None)):
        for database, record in inbox.rows(databases, inbox.Filter(), before):
            if (database.name, record.id) != but:
                title = Words(hall).title(record.type, record.id, record.doc())
                return {"href": f"conflicts/{quote(database.name)}/{quote(record.id, safe=':')}", "title": title}
    return None
