"""How a node is: `/health`, as JSON for programs and as a page for people; `/metrics`, its figures for Prometheus.

Who has no credentials (a balancer) hears up or down and nothing else; the status is 200 or 503 for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import ngettext as _n

from app.web import reasons, sync_words, words
from app.web.callers import is_known
from app.web.json_api import answer

#: Checks that the sync page tells more of.
_ON_SYNC = ("links", "backlog", "refused")

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def register(blueprint: Blueprint, node: Any) -> None:
    """`/health`, and `/metrics` for Prometheus."""

    @blueprint.get("/metrics")
    def metrics() -> Response:
        from app.web.metrics import expose  # a node that nobody scrapes starts without it

        traffic = current_app.extensions["couchtill"]["traffic"]
        text, content_type = expose(node, traffic, request.headers.get("Accept", ""))
        return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})

    @blueprint.get("/health")
    def health() -> Response:
        status = 200 if node.health.up() else 503
        if not is_known():
            return answer({"status": "up" if status == 200 else "down"}, status)
        look = node.health.look()
        if request.accept_mimetypes.best_match(("application/json", "text/html")) != "text/html":
            return answer(look, status)
        name = _("Till") if node.kind == "terminal" else _("Head office")
        page = render_template("health.html", look=look, rows=rows(look), verdict=verdict(look), home_name=name)
        return make_response(page, status)


def verdict(look: Mapping[str, Any]) -> tuple[str, str]:
    """(headline, sentence) of a node's whole state."""
    return {
        "ok": (_("All is well"), _("Nothing here needs anybody.")),
        "warn": (_("At work, but look at this"), _("Selling goes on. What is marked below needs somebody.")),
    }.get(str(look["status"]), (_("Not at work"), _("What is marked below must be put right first.")))


def rows(look: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`[{"title", "text", "level", "href"}]`: each check in words; `href` leads to where it is put right."""
    checks = look["checks"]
    said = {
        "databases": (_("Disk takes what is written"), checks["databases"]["fault"] or _("yes")),
        "disk": (_("Free disk"), disk(checks["disk"])),
        "links": (_("Links"), _links(checks["links"])),
        "backlog": (_("Unsent"), _backlog(checks["backlog"])),
        "central": (_("Central last seen"), _central(checks["central"])),
        "clock": (_("Central’s clock"), sync_words.clock(checks["clock"]["ahead"])),
        "refused": (_("Refused documents"), _counted(checks["refused"]["documents"], checks["refused"]["since"])),
        "incidents": (_("Open incidents"), _counted(checks["incidents"]["open"] or 0, None)),
    }
    ends = checks["certificate"]["ends"]
    if ends or checks["certificate"]["level"] != "ok":
        text = words.when(ends) if ends else _("not known")
        said["certificate"] = (_("Certificate ends"), text)
    leads = {
        "incidents": url_for(".conflicts_page", list="incidents"),
        **dict.fromkeys(_ON_SYNC, url_for(".sync_page")),
    }
    return [
        {"title": title, "text": text, "level": checks[name]["level"], "href": leads.get(name)}
        for name, (title, text) in said.items()
    ]


def size(number: Any) -> str:
    """Bytes as a person reads them: "1.4 GB"; "—" for none."""
    if not isinstance(number, int | float):
        return "—"
    step = 0
    while number >= 1000 and step < len(_UNITS) - 1:
        number, step = number / 1000, step + 1
    return f"{format_decimal(number, '#,##0.#' if number < 100 and step else '#,##0')} {_UNITS[step]}"


def disk(check: Mapping[str, Any]) -> str:
    """Free room of how much."""
    if not isinstance(check.get("free"), int):
        return _("not known")
    return _("%(free)s of %(total)s", free=size(check["free"]), total=size(check.get("total")))


def _links(check: Mapping[str, Any]) -> str:
    text = words.state_name(str(check["state"]))
    reason = reasons.plain(check.get("reason"))
    return f"{text} — {reason}" if reason else text


def _backlog(check: Mapping[str, Any]) -> str:
    return words.unsent_words(check["unsent"], check["oldest"]) if check["unsent"] else _("nothing")


def _central(check: Mapping[str, Any]) -> str:
    if not check["linked"]:
        return _("not linked")
    if check["online"]:
        return _("now")
    if not check["last"]:
        return _("not yet")
    return _("%(time)s (%(ago)s)", time=words.when(check["last"]), ago=words.ago(check["last"]))


def _counted(number: int, since: str | None) -> str:
    if not number:
        return _("none")
    told = _n("%(num)d open", "%(num)d open", number)
    return _("%(what)s, since %(time)s", what=told, time=words.when(since)) if since else told
