"""The customer's display: a second window that shows the open cart, and nothing about the staff."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from app.web.i18n import boot


def register(blueprint: Blueprint, node: Any) -> None:
    """The route."""

    @blueprint.get("/display")
    def display() -> str:
        status = node.till.status()
        state = {name: status[name] for name in ("terminal", "store_name", "currency", "digits")}
        facts, _ = node.till.facts.read()
        return render_template(
            "till/customer_display.html", shop=facts["name"], lines=facts["footer"], boot=boot({"state": state})
        )
