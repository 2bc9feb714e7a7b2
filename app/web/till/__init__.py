"""The till: its page, its receipts, and the JSON API that both the page and others use."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from app.shop.reports.shelf import Shelf
from app.web import conflicts, json_api, reports, tasks_api
from app.web.i18n import boot
from app.web.till import api, carts, customers, display, openapi, pages, people, receipts, refunds, shell, shifts
from app.web.till.actors import actor_of


def blueprint(node: Any) -> Blueprint:
    """The pages and the API of a terminal's till. `node` is a running terminal."""
    made = Blueprint("till", __name__)
    json_api.handle_errors(made)
    made.record_once(lambda state: state.app.extensions.__setitem__("couchtill.timezone", api.timezone_of(node)))
    people.register(made, node)
    api.register(made, node)
    shifts.register(made, node)
    carts.register(made, node)
    customers.register(made, node)
    tasks_api.register(
        made, lambda: [node.company, node.store_db], node.company, node.till.terminal, lambda body: actor_of(node, body)
    )
    receipts.register(made, node)
    refunds.register(made, node)
    display.register(made, node)
    conflicts.register(
        made,
        conflicts.Hall(
            node=node,
            databases=lambda: [node.company, node.store_db],
            on=node.till.terminal,
            actor=lambda body: actor_of(node, body),
            zone=api.timezone_of(node),
            money=lambda: {key: node.till.facts.read()[0][key] for key in ("currency", "digits")},
        ),
    )
    reports.register(
        made,
        reports.Hall(
            company=node.company,
            shelf=Shelf(node.company, lambda: [node.store_db]),
            actor=lambda: actor_of(node, {}),
            page=lambda template, **given: render_template(
                template,
                frame="reports/till.html",
                store_name=node.till.facts.read()[0]["name"],
                boot=boot({}),
                **given,
            ),
            office=False,
            on=node.till.terminal,
        ),
    )
    openapi.register(made, node)
    pages.register(made, node)
    shell.register(made, node)
    return made
