"""A value of a document for the page that shows it: money as money, texts and lists with what is different marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from flask_babel import gettext as _

from app.docs.merge import MISSING, same
from app.shop import sound
from app.shop.conflicts import diff
from app.shop.conflicts.case import ATTACHMENTS
from app.shop.conflicts.policies import HIDDEN, secret
from app.web import present
from app.web.conflicts.words import AMOUNTS, REFS, Words

Doc = Mapping[str, Any]
Shown = dict[str, Any]

#: Characters of a value within a button.
SHORT: Final = 28
#: … and from which on a text shows what went out of it.
LONG: Final = 60
IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml"})


class Values:
    """Of the documents of one type; `body` is one of them, which says in which unit it is sold."""

    def __init__(self, words: Words, money: Doc, database: str, id: str, doctype: str | None, body: Doc) -> None:
        self._words, self._money, self._body = words, money, body
        self._database, self._id, self._type = database, id, doctype

    def shown(self, path: str, value: Any, base: Any = None, rev: str | None = None) -> Shown:
        """`{"text", "short", "parts", "items", "picture", "colour", "images"}`: the value in words (`short` where it
        fits a button); a text by its parts against `base`, a list by its elements, files (of `rev`) and pictures as
        such."""
        told: Shown = {"text": "", "parts": None, "items": None, "picture": None, "colour": None, "images": None}
        name = path.rpartition(".")[2]
        if path.partition(".")[0] in secret(self._id, self._type):
            told["text"] = self._words.value(self._type, path, MISSING if value is MISSING else HIDDEN)
        elif path == ATTACHMENTS:
            told["images"] = self._files(value, rev)
            told["text"] = ", ".join(one["name"] for one in told["images"]) or _("no files")
        else:
            told["text"] = self._text(path, name, value)
            if isinstance(value, str) and isinstance(base, str) and base and name not in ("picture", "colour"):
                told["parts"] = None if base.partition(":")[0] in REFS else _marked(base, value)
            if isinstance(value, list) and value and all(isinstance(one, str | int) for one in value):
                was = base if isinstance(base, list) else value
                told["items"] = [(part.kind, self._text(path, name, part.what)) for part in diff.elements(was, value)]
            if name == "picture" and isinstance(value, str) and value:
                told["picture"], told["text"] = quote(value, safe=""), _("this picture")
            if name == "colour" and isinstance(value, str):
                told["colour"] = value
        seen = told["picture"] or told["colour"] or told["images"] is not None  # what is looked at has no words to say
        told["short"] = told["text"] if len(told["text"]) <= SHORT and not seen else ""
        return told

    def _text(self, path: str, name: str, value: Any) -> str:
        if name == "inactive":
            return _("no longer in use") if value is True else _("in use")
        if sound.is_price(value):
            return self._price(value)
        if type(value) is int and name in AMOUNTS:
            return self._amount(value)
        if isinstance(value, str) and value and value.partition(":")[0] not in REFS:
            return value
        return self._words.value(self._type, path, value)

    def _amount(self, value: int) -> str:
        return present.money(value, str(self._money["currency"]), int(self._money["digits"]))

    def _price(self, price: Doc) -> str:
        return f"{self._amount(price['amount'])} {self.per(price.get('per', 1000))}".rstrip()

    def per(self, per: int) -> str:
        """What a price is for: "/ kg", "/ 10 kg"; "" for one piece."""
        unit = self._body.get("unit") if self._body.get("sold_by") == "measure" else ""
        unit = unit if isinstance(unit, str) else ""
        if per == 1000:
            return f"/ {unit}" if unit else ""
        return f"/ {present.quantity(per)} {unit}".rstrip()

    def _files(self, value: Any, rev: str | None) -> list[Shown]:
        files = value if isinstance(value, Mapping) else {}
        place = f"{quote(self._database, safe='')}/{quote(self._id, safe=':')}"
        return [
            {
                "name": name,
                "href": f"api/conflicts/{place}/attachment?rev={rev}&name={quote(name, safe='')}"
                if rev and about.get("content_type") in IMAGES
                else None,
            }
            for name, about in files.items()
        ]


def alike(one: Any, other: Any) -> bool:
    """Whether two values say the same to a person: that a member is null, or not there, is both "nothing"."""
    return same(one, other) or all(value is None or value is MISSING for value in (one, other))


def _marked(base: str, value: str) -> list[diff.Part] | None:
    """The words of a text that are new in it, and in a longer one those that went out; None where nothing stayed."""
    parts = diff.words(base, value)
    if not any(part.kind == "same" and part.what.strip() for part in parts):
        return None
    return parts if len(value) > LONG else [part for part in parts if part.kind != "removed"]
