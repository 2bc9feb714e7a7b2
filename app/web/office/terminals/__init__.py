"""The terminals of all stores at head office: `/terminals` and its API. What is done stands in `app.node.issuing`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.web.office.terminals import api, pages


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""
    api.register(blueprint, node)
    pages.register(blueprint, node)
