"""Head office: the sales as they arrive, what was taken today, and a product's price to edit."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from app.web import json_api
from app.web.office import api, pages


def blueprint(node: Any) -> Blueprint:
    """The pages and the API of head office. `node` is a running office."""
    made = Blueprint("office", __name__)
    json_api.handle_errors(made)
    api.register(made, node)
    pages.register(made, node)
    return made
