"""Head office's pages about the company itself: its stores, people and settings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.web.office import customers, settings, staff, stores


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes of all of them."""
    stores.register(blueprint, node)
    customers.register(blueprint, node)
    settings.register(blueprint, node, staff.register(blueprint, node))
