"""Sentences for a person, which keep what they are made of: so that the page can say them in the reader's language.

A `Reason` is a `str`, the English sentence, for programs, logs and the command line. Beside it are its `message` and
the `values` in it: who speaks to a person translates the message, and shows the values as their reader writes them.
Every message stands in a call of `say` or `phrase`, where the catalogues' extractor finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from app.shop.money import show


class Money(NamedTuple):
    """An amount within a sentence: minor units, and the digits of its currency. As text it is `money.show`; a page
    shows it with its `currency`, where that is known."""

    amount: int
    digits: int
    currency: str = ""

    def __str__(self) -> str:
        return show(self.amount, self.digits)


class Reason(str):
    """The English sentence, with its `message` (`Line %(number)s: the price is missing.`) and `values` (`{"number":
    2}`). Values may be reasons themselves, `Money`, numbers, or names that are the same in every language."""

    message: str
    values: Mapping[str, Any]

    def __new__(cls, message: str, values: Mapping[str, Any] | None = None, text: str | None = None) -> Self:
        """`text` where the English is not simply the message with its values."""
        if text is None:
            text = message % {name: str(value) for name, value in values.items()} if values else message
        made = super().__new__(cls, text)
        made.message, made.values = message, dict(values or {})
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.message, self.values, str(self)

    @classmethod
    def kept(cls, parts: Mapping[str, Any]) -> Self:
        """The reason that `parts` made of plain values: `{"message", "values"}` of a document."""
        return cls(parts["message"], parts["values"])

    @property
    def parts(self) -> dict[str, Any]:
        """`{"message", "values"}` with its values as text, to be kept in a document."""
        return {"message": self.message, "values": {name: str(value) for name, value in self.values.items()}}

    def format(self, *args: object, **kwargs: object) -> str:
        """Itself: marshmallow formats every message of a field."""
        return self

    def capital(self) -> Reason:
        """The same with its first letter large, as English sentences begin."""
        return Reason(self.message, self.values, self[:1].upper() + self[1:])


def say(message: str, **values: Any) -> Reason:
    """`say("Line %(number)s: the price is missing.", number=2)`."""
    return Reason(message, values)


def phrase(message: str) -> str:
    """A message that is filled in elsewhere, or by itself: marks it for the catalogues."""
    return message
