"""Head office watches: the page `/central`, and `/api/central` behind it.

What it shows was seen by the node's own look at the central (`app.node.central_view`): no request waits for the
network. While somebody has the page open, the node looks every few seconds.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from app.web.json_api import answer
from app.web.office.central import overview
from app.web.office.frame import page
from couch.designs import design_documents


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes. From here on the node knows which rules this program brings."""
    terminals = overview.Terminals(node)
    if node.central_view is not None:
        node.central_view.designs = design_documents

    def look(most: int | None = None) -> dict[str, Any]:
        if node.central_view is not None and node.central_view.watched():
            node.report_soon()  # nobody had looked for a while: what is shown should be of now
        return overview.overview(node, terminals, most)

    @blueprint.get("/central")
    def central_page() -> str:
        """`?all=1`: every row of the lists."""
        found = look(None if request.args.get("all") == "1" else overview.SHOWN)
        if request.args.get("part") == "body":
            return render_template("office/central_body.html", **found)
        return page("office/central.html", **found)

    @blueprint.get("/api/central")
    def central() -> Response:
        """What the page shows, as data: `central`, `databases`, `others`, `terminals`, `links`, `tasks`, `users`,
        `designs`, `left` (rows that are left out: none here); a part that this node's user may not see is
        `{"refused": true}`."""
        return answer(look())
