"""Reports for people and programs, at a till for its store and at head office for all."""

from __future__ import annotations

from flask import Blueprint

from app.web import words
from app.web.reports import api, journal, pages, zreports
from app.web.reports.hall import Hall

__all__ = ["Hall", "register"]


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes of this room."""
    blueprint.add_app_template_filter(words.day_name, "day")
    api.register(blueprint, hall)
    pages.register(blueprint, hall)
    zreports.register(blueprint, hall)
    journal.register(blueprint, hall)
