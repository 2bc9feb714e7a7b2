"""A step: one thing at a central that is not as it should be, and how it is made so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """`kind` is one of setting, database, security, design, index, user; `what` says in words what is made of `name`;
    `old` and `new` are its value before and after, None where there is none. `make` does it: it looks again first, so
    that it may be called when the central has moved on, and twice."""

    kind: str
    name: str
    what: str
    old: Any
    new: Any
    make: Callable[[], None] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.what}"

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "what": self.what, "from": self.old, "to": self.new}
