"""What was changed, by whom, where and when, in the words of a shop: for the inbox, the page of one case, its history.

Nothing here decides anything. A `Words` is made for one request: it looks up names once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_date, format_datetime, format_time, get_day_names
from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app.docs.merge import MISSING
from app.shop import clock, sound
from app.shop.conflicts.case import ATTACHMENTS, HIDDEN, Case, Side, place_of, text_of
from app.web import present
from app.web.conflicts import field_words
from app.web.conflicts.hall import Hall

Body = Mapping[str, Any]

_TILL = re.compile(r"(?P<store>.+)-t(?P<number>\d+)")
LONGEST = 80  # characters of a value within a row
NAMED = 3  # fields that a sentence names; of more it says how many
#: Members that are minor units of the book currency, and those that are millionths.
AMOUNTS = frozenset({"account_limit", "refund_limit", "spend", "amount", "giftcard", "credit", "account"})
RATES = frozenset({"rate", "percent", "discount_limit"})
#: Types whose ids are shown by the name of what they lead to.
REFS = frozenset({"category", "tax", "product", "store", "customer", "staff", "promotion", "pricelist"})


class Words:
    """The words for what this node shows, as of this request."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._stores = hall.stores()
        self._staff: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._refs: dict[str, str] = {}
        self._locale = get_locale()
        self._fields = field_words.fields_in(str(self._locale))
        self._tills: dict[str, bool] = {}
        self._moments: dict[str, str] = {}
        self._amounts: dict[int, str] = {}
        self._zone = clock.zone(hall.zone())
        self._today = clock.now().astimezone(self._zone).date()
        money = hall.money()
        self._currency, self._digits = str(money["currency"]), int(money["digits"])

    # -- who, where, when ----------------------------------------------------------------------------------------

    def who(self, by: Any) -> str:
        """A person's name, by the id of the staff document; "" where it isn't said, "somebody" where it isn't known."""
        if not isinstance(by, str) or not by.startswith("staff:"):
            return by.removeprefix("key:") if isinstance(by, str) and by.startswith("key:") else ""
        if by not in self._staff:
            found = (store.read(by) for store in self._stores)
            names = [record.doc().get("name") for record in found if record is not None]
            self._staff[by] = next((name for name in names if isinstance(name, str) and name), _("Somebody"))
        return self._staff[by]

    def where(self, on: Any) -> str:
        """A place: "Till 1" (with its store's name where several are here), "Head office", "Import"."""
        if not on or not isinstance(on, str):
            return _("Another program")
        if on not in self._places:
            self._places[on] = self._where(on)
        return self._places[on]

    def is_till(self, on: Any) -> bool:
        """Whether what wrote is a till; head office, an import or another program is none."""
        if not on or not isinstance(on, str):
            return False
        if on not in self._tills:
            known = _TILL.fullmatch(on) is not None
            self._tills[on] = known or any(store.read(f"terminal:{on}") for store in self._stores)
        return self._tills[on]

    def _where(self, on: str) -> str:
        till = _TILL.fullmatch(on)
        if till is not None and len(self._stores) > 1:
            return _("Till %(number)s, %(store)s", number=till["number"], store=self._store(till["store"]))
        if till is not None:
            return _("Till %(number)s", number=till["number"])
        if self.is_till(on):
            return _("Till %(number)s", number=on.upper())
        if on == "company" or on.startswith("store-"):
            return _("Import")
        if on == "sample":
            return _("Sample data")
        return _("Head office")

    def database(self, name: str) -> str:
        """Whose documents a database holds: "All stores", or a store's name."""
        return self._store(name.removeprefix("store-")) if name.startswith("store-") else _("All stores")

    def _store(self, id: str) -> str:
        record = self._hall.company.read(f"store:{id}")
        name = record.doc().get("name") if record is not None and not record.deleted else None
        return name if isinstance(name, str) and name else id.upper()

    def when(self, at: Any) -> str:
        """A moment in the shop's time: "14:02" today, "21 Nov, 14:02" else; "" where it isn't said."""
        if not isinstance(at, str):
            return ""
        if at not in self._moments:
            self._moments[at] = self._when(at)
        return self._moments[at]

    def _when(self, at: str) -> str:
        try:
            moment = clock.read(at).astimezone(self._zone)
        except (ValueError, OverflowError):  # the year 1 is before the year 1 in New York
            return ""
        if moment.date() == self._today:
            return str(format_time(moment, "short", tzinfo=self._zone, locale=self._locale))
        return _(
            "%(day)s, %(time)s",
            day=self._day(moment),
            time=format_time(moment, "short", tzinfo=self._zone, locale=self._locale),
        )

    def moment(self, at: Any) -> str:
        """The same in full, for where nothing else says the day."""
        try:
            moment = clock.read(at if isinstance(at, str) else "").astimezone(self._zone)
        except (ValueError, OverflowError):
            return ""
        return str(format_datetime(moment, "medium", tzinfo=self._zone, locale=self._locale))

    def _day(self, moment: datetime) -> str:
        if moment.year == self._today.year:
            pattern = "M月d日" if self._locale and self._locale.language == "zh" else "d MMM"
            return str(format_date(moment, pattern, locale=self._locale))
        return str(format_date(moment, "medium", locale=self._locale))

    def side(self, side: Side) -> dict[str, Any]:
        """`{"rev", "deleted", "where", "who", "when", "at", "till", "label"}`; the label is "Head office, 14:02"."""
        where = _("it isn’t known where") if side.deleted and not side.on else self.where(side.on)
        parts = [where, self.who(side.by), self.when(side.at)]
        return {
            "rev": side.rev,
            "deleted": side.deleted,
            "where": parts[0],
            "who": parts[1],
            "when": parts[2],
            "at": side.at,
            "till": self.is_till(side.on),
            "label": ", ".join(part for part in parts if part),
        }

    # -- what ----------------------------------------------------------------------------------------------------

    def field(self, doctype: str | None, path: str) -> str:
        """What people call a member: "price", "allowed roles" …; one that no one here knows by its own name."""
        if path == ATTACHMENTS:
            return _("files")
        named = self._fields.get((doctype or "", path)) or self._fields.get(("", path))
        if named:
            return named
        head, *rest = place_of(path)
        if rest and head in ("attributes", "values"):
            inner = ".".join(rest)
            return self._fields.get(("settings", inner)) or inner.replace("_", " ")
        if rest:
            row = ".".join(rest[:-1])
            called = f"{self._ref(row)}, {self.field(doctype, text_of(rest[-1:]))}" if row else self._ref(rest[0])
            return f"{self.field(doctype, text_of((head,)))}: {called}"
        return head.replace("_", " ")

    def fields(self, doctype: str | None, paths: Iterable[str]) -> str:
        """Some of them in one breath: "price, name and 2 more"."""
        names = list(dict.fromkeys(self.field(doctype, path) for path in paths))
        if len(names) > NAMED:
            rest = len(names) - NAMED + 1
            names = [*names[: NAMED - 1], ngettext("%(num)s more", "%(num)s more", rest)]
        return str(format_list(names, locale=self._locale))

    def title(self, doctype: str | None, id: str, body: Body) -> str:
        """What a document is called: "Espresso 1 kg", "Settings of till S1-T1", its id where nothing names it."""
        name = _text(body.get("name"))
        key = id.partition(":")[2] or id
        if doctype == "product":
            return _sized(name or key, _text(body.get("size")))
        if doctype == "customer":
            return _("A person whose data were erased") if body.get("erased") else name or key
        if doctype == "settings":
            kind, _colon, rest = key.partition(":")
            if kind == "store":
                return _("Settings of store %(name)s", name=self._store(rest))
            return (
                _("Settings of %(name)s", name=self.where(rest)) if kind == "terminal" else _("Settings of all tills")
            )
        if doctype == "cart":
            called = name or _text(body.get("label"))
            return _("Parked cart “%(name)s”", name=called) if called else _("A parked cart")
        if doctype == "giftcard":
            return _("Gift card … %(hint)s", hint=_text(body.get("hint")) or key[:6])
        if doctype == "terminal":
            return self.where(key)
        return name or key

    def changed(self, case: Case) -> str:
        """The sentence's end: "price changed in two places", "changed at Till 1, deleted at Head office"."""
        if case.kind == "deleted":
            live, gone = self._of(case.live), self._of(case.deletions)
            if live and gone:
                return _("changed: %(here)s; deleted: %(there)s", here=live, there=gone)
            return _("changed here, deleted there")
        paths = [field.path for field in case.fields]
        places = len({rev for field in case.fields for rev in field.changed}) or len(case.sides)
        if not paths and len(case.sides) == 2:
            return _("changed in two places")
        if not paths:
            return ngettext("changed in %(num)s place", "changed in %(num)s places", len(case.sides))
        what = self.fields(case.type, paths)
        if places == 2:
            return _("%(what)s changed in two places", what=what)
        return ngettext("%(what)s changed in %(num)s place", "%(what)s changed in %(num)s places", places, what=what)

    def sentence(self, case: Case) -> str:
        """ "Espresso 1 kg: price changed in two places"."""
        return _("%(title)s: %(changed)s", title=self.called(case), changed=self.changed(case))

    def called(self, case: Case) -> str:
        """The case's document, by the name that it has on the side that a plain read shows."""
        return self.title(case.type, case.id, case.sides[0].body)

    def _of(self, sides: Sequence[Side]) -> str:
        """Where they were written; "" where one doesn't say."""
        if any(side.on is None for side in sides):
            return ""
        return str(format_list(list(dict.fromkeys(self.where(side.on) for side in sides)), locale=self._locale))

    # -- values --------------------------------------------------------------------------------------------------

    def of(self, case: Case, path: str, value: Any) -> str:
        """As `value`, of a place of this case; nobody is shown what is secret."""
        return self.value(case.type, path, HIDDEN if case.secret(case.places[path]) else value)

    def value(self, doctype: str | None, path: str, value: Any) -> str:
        """A value in one short line: "€12.90", "yes", "red, blue"; "nothing" for one that isn't there."""
        text = self._value(doctype, path, _shallow(value))
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"

    def _value(self, doctype: str | None, path: str, value: Any) -> str:
        name = path.rpartition(".")[2]
        if value is MISSING or value is None:
            return _("open price") if (doctype, path) == ("product", "price") else _("nothing")
        if value == HIDDEN:
            return _("(not shown)")
        if path == ATTACHMENTS and isinstance(value, Mapping):
            return ", ".join(value) or _("no files")
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, int):
            if name in AMOUNTS:
                return self._amount(value)
            if name in ("quantity", "least"):
                return present.quantity(value)
            if name in RATES:
                return _("%(num)s %%", num=present.quantity(value // 10))
            return present.quantity(value * 1000)
        if isinstance(value, str):
            return self._ref(value) if value else _("nothing")
        if isinstance(value, Mapping):
            return self._map(value)
        if isinstance(value, list):
            return self._list(value)
        return str(value)

    def _amount(self, value: int) -> str:
        if value not in self._amounts:
            self._amounts[value] = present.money(value, self._currency, self._digits)
        return self._amounts[value]

    def _map(self, value: Body) -> str:
        if sound.is_whole(value.get("amount"), -(10**15), 10**15) and set(value) <= {"amount", "per"}:
            text = self._amount(value["amount"])
            per = value.get("per", 1000)
            return text if per == 1000 or not isinstance(per, int) else f"{text} / {present.quantity(per)}"
        parts = [f"{self.field(None, key)}: {self._value(None, key, one)}" for key, one in value.items()]
        return ", ".join(parts) or _("nothing")

    def _list(self, value: list[Any]) -> str:
        if not value:
            return _("nothing")
        if all(isinstance(one, str) for one in value):
            return ", ".join(self._ref(one) for one in value)
        told = [self._entry(one) for one in value]
        return ("; " if any(", " in one for one in told) else ", ").join(told)

    def _entry(self, one: Any) -> str:
        """An element of a list: by its name where it has one, hours as hours, else what it says."""
        if not isinstance(one, Mapping):
            return self._value(None, "", one)
        if {"begins", "ends"} <= set(one):
            return self._hours(one)
        return _text(one.get("name")) or self._map({key: part for key, part in one.items() if part is not None})

    def _hours(self, one: Body) -> str:
        """ "Mon, Fri 18:00–20:00"; the days are left out where it is every day."""
        given = one.get("weekdays")
        known = get_day_names("abbreviated", "stand-alone", self._locale)
        days = [known[day - 1] for day in given if sound.is_whole(day, 1, 7)] if isinstance(given, list) else []
        times = "–".join(str(one.get(key) or "…") for key in ("begins", "ends"))
        return " ".join(part for part in (", ".join(days), times) if part)

    def _ref(self, text: str) -> str:
        """What an id of another document is called; any other text as it is."""
        kind, _colon, key = text.partition(":")
        if not key or kind not in REFS | {"picture"}:
            return text
        if text not in self._refs:
            record = self._hall.company.read(text)
            live = record is not None and not record.deleted
            named = self.title(record.type, text, record.doc()) if record is not None and live else ""
            self._refs[text] = self.who(text) if text.startswith("staff:") else named or key
        return self._refs[text]


def _shallow(value: Any, levels: int = 8) -> Any:
    """The value without what lies deeper than a line can tell."""
    if levels == 0 and isinstance(value, Mapping | list):
        return "…"
    if isinstance(value, Mapping):
        return {key: _shallow(one, levels - 1) for key, one in value.items()}
    return [_shallow(one, levels - 1) for one in value] if isinstance(value, list) else value


def _sized(name: str, size: str) -> str:
    """ "Espresso 1 kg", "Avocado, each"; without the size where the name has it."""
    if not size or size in name:
        return name
    return f"{name} {size}" if size[:1].isdigit() else _("%(name)s, %(size)s", name=name, size=size)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
