"""What every page of head office stands in: its menu, its root, its currency."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import current_app, render_template, request
from flask_babel import lazy_gettext as _l

from app.web import present, sync_api
from app.web.i18n import boot as boot_data

#: The price by which currencies are told apart, in minor units.
SAMPLE = 139


class Entry(NamedTuple):
    """A page of the menu: the endpoint in this blueprint, its name, its icon in the sprite."""

    endpoint: str
    name: Any
    icon: str


#: The menu, group by group. A page that isn't registered is left out.
MENU: tuple[tuple[Any, tuple[Entry, ...]], ...] = (
    (
        _l("Shop"),
        (
            Entry("home", _l("Today"), "basket"),
            Entry("reports_page", _l("Reports"), "chart"),
            Entry("conflicts_page", _l("To decide"), "hand"),
        ),
    ),
    (
        _l("Range"),
        (
            Entry("products_page", _l("Products"), "box"),
            Entry("prices_page", _l("Prices"), "tag"),
            Entry("promotions_page", _l("Promotions"), "percent"),
            Entry("taxes_page", _l("Taxes"), "receipt"),
        ),
    ),
    (
        _l("People"),
        (
            Entry("customers_page", _l("Customers"), "user"),
            Entry("staff_page", _l("Staff"), "users"),
            Entry("erasures_page", _l("Erased people"), "erase"),
        ),
    ),
    (
        _l("Company"),
        (
            Entry("stores_page", _l("Stores"), "grid"),
            Entry("terminals_page", _l("Terminals"), "screen"),
            Entry("certificates_page", _l("Certificates"), "lock"),
            Entry("settings_page", _l("Settings"), "settings"),
            Entry("central_page", _l("Central"), "sync"),
        ),
    ),
)


def menu() -> list[dict[str, Any]]:
    """`[{"name", "entries": [{"endpoint", "name", "icon", "here"}]}]` of the pages that this office has; `here` marks
    the one that is shown, or that the page shown belongs to (by the first part of its path)."""
    first = request.path.strip("/").partition("/")[0]
    groups = []
    for name, entries in MENU:
        there = [entry for entry in entries if f"office.{entry.endpoint}" in current_app.view_functions]
        if there:
            rows = [{**entry._asdict(), "here": _path(entry).strip("/").partition("/")[0] == first} for entry in there]
            groups.append({"name": name, "entries": rows})
    return groups


def _path(entry: Entry) -> str:
    rules = current_app.url_map.iter_rules(f"office.{entry.endpoint}")
    return min((rule.rule for rule in rules), key=len)


def around() -> dict[str, Any]:
    """What the frame itself shows: `{"menu", "words"}`, the light's words."""
    return {"menu": menu(), "words": sync_api.light(current_app.extensions["couchtill.office"].node)}


def prices_abroad() -> dict[str, Any]:
    """For pages of prices where stores count in several currencies, `office/abroad.html`: `{"sample", "abroad":
    [{"same", "stores": [name]}]}`, one price as head office shows it and what it is elsewhere."""
    office = current_app.extensions["couchtill.office"]
    others, money = office.abroad(), office.money()
    rows = [{**one, "same": present.money(SAMPLE, one["currency"], one["digits"])} for one in others]
    return {"sample": present.money(SAMPLE, money["currency"], money["digits"]), "abroad": rows}


def page(template: str, *, boot: dict[str, Any] | None = None, **given: Any) -> str:
    """A page of head office: `templates/office/room.html` filled by `template`; `boot` is what its script starts with,
    `{"currency", "digits"}` among it."""
    office = current_app.extensions["couchtill.office"]
    money = office.money()
    return render_template(
        template,
        **around(),
        money=money,
        boot=boot_data({**money, **(boot or {})}),
        **given,
    )
