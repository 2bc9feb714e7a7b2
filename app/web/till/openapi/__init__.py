"""The till's API described for others: OpenAPI 3.1 at `/api/openapi.json`, a page to read at `/api/docs`.

Requests and documents come from the very marshmallow schemas that check them (`convert`); routes, rights and answers
stand in tables (`routes_*`), and a test holds them against what the application really serves.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _

from app.web.i18n import boot
from app.web.json_api import answer


def register(blueprint: Blueprint, node: Any) -> None:
    """`GET /api/openapi.json`, `GET /api/docs`."""

    @blueprint.get("/api/openapi.json")
    def openapi() -> Response:
        from app.web.till.openapi.document import document  # 50 ms that a start need not wait for

        return answer(document())

    @blueprint.get("/api/docs")
    def api_docs() -> str:
        from app.web.till.openapi import explain, page
        from app.web.till.openapi.document import document

        return render_template(
            "api_docs.html", title=_("API"), api=page.shown(document()), explain=explain, boot=boot({})
        )
