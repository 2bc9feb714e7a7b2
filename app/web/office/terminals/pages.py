"""The page of the terminals."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.web.office.frame import page
from app.web.office.terminals.rows import overview


def register(blueprint: Blueprint, node: Any) -> None:
    """The route."""

    @blueprint.get("/terminals")
    def terminals_page() -> str:
        return page("office/terminals.html", boot={"terminals": overview(node)})
