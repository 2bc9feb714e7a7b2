"""The till's page, `/`. Receipts have their own (`receipts`); `/sync` is every node's."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from app.web.i18n import boot
from app.web.till import api
from app.web.till.actors import session_token
from app.web.till.people import session_of


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    @blueprint.get("/")
    def home() -> str:
        state = api.state(node)
        demo = node.uuid if node.config.get("demo_origin") else None
        values = boot({"state": state, "demo": demo, "session": session_of(node.till.people, session_token(node))})
        return render_template("till/till.html", till=state, words=state["sync"], boot=values)
