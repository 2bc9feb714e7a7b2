"""The pages and the API of what a person must decide, for a till and for head office alike."""

from __future__ import annotations

from flask import Blueprint

from app.web.conflicts import case, erasing, history, inbox
from app.web.conflicts.hall import Hall

__all__ = ["Hall", "register"]


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes of this room."""
    inbox.register(blueprint, hall)
    case.register(blueprint, hall)
    history.register(blueprint, hall)
    erasing.register(blueprint, hall)
