"""The fields that shop documents are made of, and what is said when one is wrong.

Marshmallow's own integer field takes `"12"`, `12.0` and `True`; ours takes whole numbers only, within their bounds,
since what a hash and a cent depend on must not be guessed. Unknown fields are refused. Errors come out flat, as
problems with a path (`lines.1.price`) and plain words (`Line 2: the price is missing.`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

from marshmallow import Schema, ValidationError, fields, missing

from app.shop.money import MAX_AMOUNT, MAX_INTEGER, MAX_PER, MAX_QUANTITY, MILLION, WHOLE

ROWS = {
    **{"lines": "Line", "tenders": "Payment", "barcodes": "Barcode", "discounts": "discount", "tax": "tax"},
    **{"units": "Unit", "bundle": "Part", "parts": "Part", "prices": "Price", "hours": "Span"},
}


OBJECT = "this must be an object"
UNKNOWN = "a field of this name is not known"


class Problem(NamedTuple):
    """One thing wrong: where (`lines.1.price`, "" for the whole), and a sentence for a person."""

    field: str
    reason: str


class Invalid(Exception):
    """A document or request that its schema refuses; `problems` names each fault, the first is the message."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].reason)
        self.problems = problems


class Strict(Schema):
    """A schema whose fields speak plainly: every message names its field in words."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        label = field_obj.metadata.get("label", field_name.replace("_", " "))
        be = "are" if isinstance(field_obj, fields.List) else "is"
        words = {"required": f"the {label} {be} missing", "null": f"the {label} {be} missing"}
        wrong = getattr(field_obj, "wrong", None)
        words["invalid"] = f"the {label} {wrong}" if wrong else f"the {label} is not valid"
        words["type"] = words["invalid"]
        words["invalid_utf8"] = words["invalid"]
        field_obj.error_messages = {**field_obj.error_messages, **words}
        field_obj.label = label  # type: ignore[attr-defined]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._parts = [(name, part.data_key or name, part) for name, part in self.load_fields.items()]
        self._keys = frozenset(key for _, key, _ in self._parts)

    def read(self, value: Any) -> dict[str, Any]:
        """The loaded value; raises Invalid."""
        try:
            return self.take(value)
        except ValidationError as error:
            raise Invalid(problems(error.messages)) from None

    def readable(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Each field that this schema takes, by itself; the others are left out, as are defaults."""
        kept: dict[str, Any] = {}
        for name, key, part in self._parts:
            if value.get(key) is None:
                continue
            try:
                kept[name] = part.deserialize(value[key], key, value)
            except ValidationError:
                continue
        return kept

    def take(self, value: Any) -> dict[str, Any]:
        """As marshmallow's `load` without its hooks, which cost a receipt of ninety lines ten milliseconds."""
        if not isinstance(value, dict):
            raise ValidationError(OBJECT)
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for name, key, part in self._parts:
            got = value.get(key, missing)
            try:
                if got is missing:
                    if part.required:
                        raise part.make_error("required")
                    default = part.load_default
                    if default is not missing:
                        loaded[name] = default() if callable(default) else default
                elif got is None:
                    if not part.allow_none:
                        raise part.make_error("null")
                    loaded[name] = None
                else:
                    loaded[name] = taken = part._deserialize(got, key, value)
                    if part.validators:
                        part._validate(taken)
            except ValidationError as error:
                errors[key] = error.messages
        for key in value.keys() - self._keys:
            errors[str(key)] = [UNKNOWN]
        if errors:
            raise ValidationError(errors)
        return loaded


def problems(messages: Any) -> list[Problem]:
    """Marshmallow's nested messages as a flat list, in the order of the fields."""
    found = []
    for path, text in _flatten(messages, ()):
        if path and path[-1] == "_schema":
            path = path[:-1]
        if text == UNKNOWN:
            text = f"the field “{path[-1]}” is not known"
        found.append(Problem(".".join(path), sentence(path, text)))
    return found or [Problem("", "This is not valid.")]


def _flatten(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _flatten(value, (*path, str(key)))
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _flatten(value, path)
    else:
        yield path, str(messages)


def sentence(path: tuple[str, ...], text: str) -> str:
    """`("lines", "1", "price")` and "the price is missing" are "Line 2: the price is missing."."""
    places = [f"{ROWS[name]} {int(number) + 1}" for name, number in pairwise(path) if name in ROWS and number.isdigit()]
    text = text.rstrip(".") + "."
    if not places:
        return text[:1].upper() + text[1:]
    return ", ".join(places) + ": " + text


class Whole(fields.Field[Any]):
    """A whole number within bounds. No floats, no booleans, no digits in quotes."""

    def __init__(self, low: int = -MAX_INTEGER, high: int = MAX_INTEGER, *, zero: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.zero = low, high, zero
        self.wrong = "must be a whole number"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        label = getattr(self, "label", attr or "number")
        if type(value) is not int:
            raise ValidationError(f"the {label} must be a whole number")
        if value < self.low:
            if self.low in (0, 1) and value < 0:
                raise ValidationError(f"the {label} must not be negative")
            if self.low == 1:
                raise ValidationError(f"the {label} must be more than zero")
            raise ValidationError(f"the {label} must not be less than {self.low}")
        if value > self.high:
            raise ValidationError(f"the {label} is too large, the most is {self.high}")
        if value == 0 and not self.zero:
            raise ValidationError(f"the {label} must not be zero")
        return value


def Amount(low: int = 0, high: int = MAX_AMOUNT, **kwargs: Any) -> Whole:
    """Minor units of the book currency."""
    return Whole(low, high, **kwargs)


def SignedAmount(**kwargs: Any) -> Whole:
    return Whole(-MAX_AMOUNT, MAX_AMOUNT, **kwargs)


def Quantity(low: int = 1, **kwargs: Any) -> Whole:
    """Thousandths: 1500 is 1.5."""
    return Whole(low, MAX_QUANTITY, **kwargs)


def RateField(**kwargs: Any) -> Whole:
    """Millionths of one: 75000 is 7.5 %. Up to ten times the price."""
    return Whole(0, 10 * MILLION, **kwargs)


class Text(fields.Field[Any]):
    """Text of bounded length without control characters; `filled` refuses the empty one."""

    wrong = "must be text"

    def __init__(
        self, longest: int = 200, *, filled: bool = False, pattern: str | None = None, hint: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.longest, self.filled, self.hint = longest, filled, hint
        self.pattern = re.compile(pattern) if pattern else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        label = getattr(self, "label", attr or "text")
        if type(value) is not str:
            raise ValidationError(f"the {label} must be text")
        if len(value) > self.longest:
            raise ValidationError(f"the {label} is too long, the most is {self.longest} characters")
        if self.filled and not value.strip():
            raise ValidationError(f"the {label} is missing")
        if not value.isprintable() and any(ord(c) < 32 and c not in "\n\t" for c in value):
            raise ValidationError(f"the {label} must not hold control characters")
        if self.pattern and not self.pattern.fullmatch(value):
            raise ValidationError(f"the {label} is not valid" + (f", {self.hint}" if self.hint else ""))
        return value


def Ref(kind: str, **kwargs: Any) -> Text:
    """The id of another document: `product:123`."""
    return Text(250, pattern=rf"{kind}:.+", hint=f"it must begin with “{kind}:”", **kwargs)


class Flag(fields.Field[Any]):
    """True or false, nothing that merely looks like it."""

    wrong = "must be true or false"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError(f"the {getattr(self, 'label', attr)} must be true or false")
        return value


class Time(Text):
    """UTC, ISO 8601 with milliseconds and Z: `2026-11-22T09:30:00.000Z`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(24, pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", **kwargs)
        self.hint = "it must be like 2026-11-22T09:30:00.000Z"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError(f"the {getattr(self, 'label', attr)} is not a time that exists") from None
        return text


class Attributes(fields.Field[Any]):
    """A small map of names to text, for what only this shop's documents have."""

    wrong = "must be an object of texts"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if not isinstance(value, dict) or len(value) > 50:
            raise self.make_error("invalid")
        for key, text in value.items():
            if type(text) is not str or len(key) > 60 or len(text) > 500:
                raise ValidationError({key: [f"“{key[:60]}” must be text of 500 characters at most"]})
        return value


class ListOf(fields.List[Any]):
    """A list of bounded length, without doubles where `unique`."""

    wrong = "must be a list"

    def __init__(self, inner: fields.Field[Any], most: int = 100, *, unique: bool = False, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.most, self.unique = most, unique
        if "label" in inner.metadata:
            inner.label = inner.metadata["label"]  # type: ignore[attr-defined]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        label = getattr(self, "label", attr or "list")
        if not isinstance(value, list):
            raise ValidationError(f"the {label} must be a list")
        if len(value) > self.most:
            raise ValidationError(f"there are too many {label}, the most is {self.most}")
        loaded: list[Any] = []
        errors: dict[int, Any] = {}
        for index, one in enumerate(value):
            try:
                loaded.append(self.inner.deserialize(one) if one is None else self.inner._deserialize(one, attr, data))
            except ValidationError as error:
                errors[index] = error.messages
        if errors:
            raise ValidationError(errors)
        if self.unique and len(set(loaded)) != len(loaded):
            raise ValidationError(f"the {label} name something twice")
        return loaded


class Part(fields.Field[Any]):
    """An object inside a document, by its schema."""

    wrong = "must be an object"

    def __init__(self, schema: type[Strict], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        return self.schema.take(value)


class Price(Strict):
    """`{"amount": minor units, "per": thousandths}`; `per` is 1000 unless said."""

    amount = Amount(required=True, metadata={"label": "price"})
    per = Whole(1, MAX_PER, load_default=WHOLE)


def price_field(**kwargs: Any) -> Part:
    return Part(Price, **kwargs)


class Choice(Text):
    """One of a few words."""

    def __init__(self, *values: str, **kwargs: Any) -> None:
        super().__init__(100, **kwargs)
        self.values = values

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.values:
            raise ValidationError(f"the {getattr(self, 'label', attr)} must be one of: {', '.join(self.values)}")
        return text


class Document(Strict):
    """What every document begins with: its type and the version of its schema."""

    doctype: ClassVar[str] = ""
    version: ClassVar[int] = 1

    type = Text(required=True)
    schema = Whole(1, required=True)


class Mutable(Document):
    """A document that may be edited, and so come to conflict; who wrote it last is set by the one place that writes
    it."""

    updated_at = Time(allow_none=True)
    updated_by = Text(200, allow_none=True)
    updated_on = Text(200, allow_none=True)
