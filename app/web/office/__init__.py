"""Head office: what is sold, the range, people, stores and terminals, and the central."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app

from app.shop.actor import ANYBODY
from app.shop.reports.shelf import Shelf
from app.web import conflicts, json_api, reports, tasks_api
from app.web.office import api, central, company, frame, pages, range, terminals


def blueprint(node: Any) -> Blueprint:
    """The pages and the API of head office. `node` is a running office."""
    made = Blueprint("office", __name__)
    json_api.handle_errors(made)
    made.before_request(json_api.no_form)
    made.record_once(lambda state: state.app.extensions.__setitem__("couchtill.timezone", node.zone))
    api.register(made, node)
    tasks_api.register(
        made,
        lambda: [node.company, *(node.directory.get(f"store-{store}") for store in node.stores())],
        node.company,
        node.id,
        lambda body: ANYBODY,
    )
    conflicts.register(
        made,
        conflicts.Hall(
            node=node,
            databases=lambda: [node.company, *(node.directory.get(f"store-{store}") for store in node.stores())],
            on=node.id,
            actor=lambda body: ANYBODY,
            zone=node.zone,
            money=lambda: current_app.extensions["couchtill.office"].money(),
            around=frame.around,
        ),
    )
    central.register(made, node)
    company.register(made, node)
    range.register(made, node)
    reports.register(
        made,
        reports.Hall(
            company=node.company,
            shelf=Shelf(node.company, lambda: [node.directory.get(f"store-{store}") for store in node.stores()]),
            actor=lambda: ANYBODY,
            page=lambda template, **given: frame.page(template, frame="office/room.html", **given),
            office=True,
            on=node.id,
        ),
    )
    terminals.register(made, node)
    pages.register(made, node)
    return made
