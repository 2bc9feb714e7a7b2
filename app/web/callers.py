"""Which program sends a request, as the door found it out; none where a browser does."""

from __future__ import annotations

from typing import NamedTuple

from flask import g


class Caller(NamedTuple):
    """A program. `rights` None: it has the node's own key, and every right."""

    name: str
    rights: frozenset[str] | None = None


def caller() -> Caller | None:
    """The program that sends this request; None for a browser with the door's cookie."""
    found: Caller | None = g.get("couchtill_caller")
    return found


def is_known() -> bool:
    """Whether the door let this request in: false for a stranger on one of the few pages that are open to all."""
    return bool(g.get("couchtill_known", True))


def set_known(known: bool) -> None:
    g.couchtill_known = known


def set_caller(found: Caller) -> None:
    g.couchtill_caller = found
