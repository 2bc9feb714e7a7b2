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
from app.shop.reason import Reason, phrase, say

ROWS = {
    **{"lines": phrase("Line %(number)s"), "tenders": phrase("Payment %(number)s")},
    **{"barcodes": phrase("Barcode %(number)s"), "units": phrase("Unit %(number)s")},
    **{"discounts": phrase("discount %(number)s"), "tax": phrase("tax %(number)s")},
    **{"bundle": phrase("Part %(number)s"), "parts": phrase("Part %(number)s")},
    **{"prices": phrase("Price %(number)s"), "hours": phrase("Span %(number)s")},
}


OBJECT = say("this must be an object")
UNKNOWN = say("a field of this name is not known")


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
        label = Reason(field_obj.metadata.get("label", (field_obj.data_key or field_name).replace("_", " ")))
        several = isinstance(field_obj, fields.List)
        lacks = (
            say("the %(field)s are missing", field=label) if several else say("the %(field)s is missing", field=label)
        )
        words: dict[str, str] = {"required": lacks, "null": lacks}
        wrong = getattr(field_obj, "wrong", None)
        words["invalid"] = Reason(wrong or phrase("the %(field)s is not valid"), {"field": label})
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
            text = say("the field “%(name)s” is not known", name=path[-1])
        found.append(Problem(".".join(path), sentence(path, text)))
    return found or [Problem("", say("This is not valid."))]


def _flatten(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _flatten(value, (*path, str(key)))
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _flatten(value, path)
    else:
        yield path, messages if isinstance(messages, str) else str(messages)


def sentence(path: tuple[str, ...], text: str) -> Reason:
    """`("lines", "1", "price")` and "the price is missing" are "Line 2: the price is missing."."""
    fault = text if isinstance(text, Reason) else Reason(text.rstrip("."))
    place: Reason | None = None
    for name, number in pairwise(path):
        if name in ROWS and number.isdigit():
            row = Reason(ROWS[name], {"number": int(number) + 1})
            place = row if place is None else say("%(place)s, %(within)s", place=place, within=row)
    if place is None:
        return say("%(fault)s.", fault=fault).capital()
    return say("%(place)s: %(fault)s.", place=place, fault=fault)


def called(field: fields.Field[Any], attr: str | None, usual: str = "value") -> Reason:
    """What a message calls a field: its label, else the name it is asked for by."""
    label = getattr(field, "label", attr or usual)
    return label if isinstance(label, Reason) else Reason(str(label).replace("_", " "), text=str(label))


class Whole(fields.Field[Any]):
    """A whole number within bounds. No floats, no booleans, no digits in quotes."""

    def __init__(self, low: int = -MAX_INTEGER, high: int = MAX_INTEGER, *, zero: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.zero = low, high, zero
        self.wrong = phrase("the %(field)s must be a whole number")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        label = called(self, attr, "number")
        if type(value) is not int:
            raise ValidationError(say("the %(field)s must be a whole number", field=label))
        if value < self.low:
            if self.low in (0, 1) and value < 0:
                raise ValidationError(say("the %(field)s must not be negative", field=label))
            if self.low == 1:
                raise ValidationError(say("the %(field)s must be more than zero", field=label))
            raise ValidationError(say("the %(field)s must not be less than %(least)s", field=label, least=self.low))
        if value > self.high:
            raise ValidationError(say("the %(field)s is too large, the most is %(most)s", field=label, most=self.high))
        if value == 0 and not self.zero:
            raise ValidationError(say("the %(field)s must not be zero", field=label))
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

    wrong = phrase("the %(field)s must be text")

    def __init__(
        self, longest: int = 200, *, filled: bool = False, pattern: str | None = None, hint: str = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.longest, self.filled, self.hint = longest, filled, hint
        self.pattern = re.compile(pattern) if pattern else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        label = called(self, attr, "text")
        if type(value) is not str:
            raise ValidationError(say("the %(field)s must be text", field=label))
        if len(value) > self.longest:
            raise ValidationError(
                say("the %(field)s is too long, the most is %(most)s characters", field=label, most=self.longest)
            )
        if self.filled and not value.strip():
            raise ValidationError(say("the %(field)s is missing", field=label))
        if not value.isprintable() and any(ord(c) < 32 and c not in "\n\t" for c in value):
            raise ValidationError(say("the %(field)s must not hold control characters", field=label))
        if self.pattern and not self.pattern.fullmatch(value):
            if self.hint:
                raise ValidationError(say("the %(field)s is not valid, %(hint)s", field=label, hint=self.hint))
            raise ValidationError(say("the %(field)s is not valid", field=label))
        return value


def Ref(kind: str, **kwargs: Any) -> Text:
    """The id of another document: `product:123`."""
    return Text(250, pattern=rf"{kind}:.+", hint=say("it must begin with “%(start)s”", start=f"{kind}:"), **kwargs)


class Flag(fields.Field[Any]):
    """True or false, nothing that merely looks like it."""

    wrong = phrase("the %(field)s must be true or false")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError(say("the %(field)s must be true or false", field=called(self, attr)))
        return value


class Time(Text):
    """UTC, ISO 8601 with milliseconds and Z: `2026-11-22T09:30:00.000Z`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(24, pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", **kwargs)
        self.hint = say("it must be like %(example)s", example="2026-11-22T09:30:00.000Z")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError(say("the %(field)s is not a time that exists", field=called(self, attr))) from None
        return text


class Attributes(fields.Field[Any]):
    """A small map of names to text, for what only this shop's documents have."""

    wrong = phrase("the %(field)s must be an object of texts")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if not isinstance(value, dict) or len(value) > 50:
            raise self.make_error("invalid")
        for key, text in value.items():
            if type(text) is not str or len(key) > 60 or len(text) > 500:
                said = say("“%(name)s” must be text of 500 characters at most", name=key[:60])
                raise ValidationError({key: [said]})
        return value


class ListOf(fields.List[Any]):
    """A list of bounded length, without doubles where `unique`."""

    wrong = phrase("the %(field)s must be a list")

    def __init__(self, inner: fields.Field[Any], most: int = 100, *, unique: bool = False, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.most, self.unique = most, unique
        if "label" in inner.metadata:
            inner.label = Reason(inner.metadata["label"])  # type: ignore[attr-defined]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        label = called(self, attr, "list")
        if not isinstance(value, list):
            raise ValidationError(say("the %(field)s must be a list", field=label))
        if len(value) > self.most:
            raise ValidationError(
                say("there are too many %(field)s, the most is %(most)s", field=label, most=self.most)
            )
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
            raise ValidationError(say("the %(field)s name something twice", field=label))
        return loaded


class Part(fields.Field[Any]):
    """An object inside a document, by its schema."""

    wrong = phrase("the %(field)s must be an object")

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
            values = ", ".join(self.values)
            raise ValidationError(
                say("the %(field)s must be one of: %(values)s", field=called(self, attr), values=values)
            )
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
