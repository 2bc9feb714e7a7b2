"""Erasing a person, and the journal of it."""

from __future__ import annotations

from flask import Blueprint

from app.web.conflicts.hall import Hall


def register(blueprint: Blueprint, hall: Hall) -> None:
    """The routes."""
