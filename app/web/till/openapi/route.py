"""One route of the API as its table has it, and the short way in which tables write the shape of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.shop.schemas.base import Strict

#: The shape of an answer: `{"order": Order, "repeated": bool, "rows": [dict], "next": (str, None)}`; a class of
#: `Strict` is its component, a list has one shape for all its items, a tuple names alternatives.
Shape = Any


@dataclass(frozen=True)
class Route:
    """`rights` are those of a person at the till, `request` the schema of the body, `query` name → what it does (a name
    with `!` must be there). `answers` status → (what it means, its shape); `problems` the names of `problems.PROBLEMS`
    that a caller must reckon with, besides those that any route may answer."""

    method: str
    path: str
    tag: str
    summary: str
    rights: tuple[str, ...] = ()
    request: type[Strict] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[int, tuple[str, Shape]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    example: Mapping[str, Any] | None = None
    about: str = ""
    content: str = "application/json"


def made(name: str, shape: Shape, **more: Shape) -> dict[int, tuple[str, Shape]]:
    """The answers of a route that writes a document once: 201, and 200 for a repeated request."""
    body = {name: shape, "repeated": bool, **more}
    return {201: ("Written, on disk.", body), 200: ("The same request again: what was written then.", body)}


def rows(shape: Shape = dict, **more: Shape) -> dict[int, tuple[str, Shape]]:
    return {200: ("Found.", {"rows": [shape], **more})}
