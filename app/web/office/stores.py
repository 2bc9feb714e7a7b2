"""Stores: the page `/stores`, `GET/POST /api/stores`, `PUT /api/stores/<id>`, and the central prepared for a store:
`POST /api/stores/<id>/central`."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from flask import Blueprint, Response
from flask_babel import gettext as _

from app.docs.database import Database
from app.shop.actor import ANYBODY
from app.shop.reason import say
from app.shop.store_records import StoreRecords
from app.web import i18n, words
from app.web.json_api import Problem, answer, read_json
from app.web.office import preparing
from app.web.office.frame import page

#: What a link of a store is, the gravest first.
GRAVITY = ("stopped", "denied", "waiting", "starting", "active", "resting", "idle")


def register(blueprint: Blueprint, node: Any) -> None:
    """The routes."""

    def database(id: str) -> Database | None:
        name = f"store-{id}"
        return node.directory.get(name) if name in node.directory.names() else None

    records = StoreRecords(node.company, node.id, database)

    def rows() -> list[dict[str, Any]]:
        links = node.sync_status()["links"]
        terminals: dict[str, int] = {}
        for row in records.all():
            held = database(row["id"])
            terminals[row["id"]] = 0 if held is None else sum(1 for _each in held.each("terminal"))
        return [{**row, "link": link(row["id"], links), "terminals": terminals[row["id"]]} for row in records.all()]

    def link(id: str, links: list[dict[str, Any]]) -> dict[str, Any]:
        """`{"level", "text", "missing"}`: how this store's database goes with the central's; `missing`: the central
        has none for it yet."""
        if node.config.central_url is None:
            return {"level": "none", "text": _("Not linked"), "missing": False}
        own = [one for one in links if one["database"] == f"store-{id}"]
        if not own:
            return {"level": "busy", "text": _("Connecting…"), "missing": False}
        worst = min(own, key=lambda one: GRAVITY.index(one["state"]) if one["state"] in GRAVITY else 0)
        if worst["state"] == "stopped" and "does not exist" in str(worst.get("reason")):
            return {"level": "bad", "text": _("The central is not prepared for it"), "missing": True}
        shown = words.links({"links": [worst]})[0]
        level = {"idle": "ok", "resting": "ok", "active": "busy", "starting": "busy", "waiting": "cut"}
        return {"level": level.get(worst["state"], "bad"), "text": shown["state"], "missing": False}

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "link": link(row["id"], node.sync_status()["links"])}

    @blueprint.get("/stores")
    def stores_page() -> str:
        return page(
            "office/stores.html",
            boot={
                "stores": rows(),
                "taxes": [
                    {"id": record.id, "name": str(record.doc().get("name") or record.id)}
                    for record in node.company.each("tax")
                    if not record.doc().get("inactive")
                ],
                "zones": sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
                "languages": [[tag, name] for tag, name in i18n.locales()],
                "currencies": _currencies(),
                "central": node.config.central_url,
                "last_digits": _digits(),
            },
        )

    @blueprint.get("/api/stores")
    def all_stores() -> Response:
        return answer({"rows": rows()})

    @blueprint.get("/api/stores/<id>")
    def one_store(id: str) -> Response:
        return answer(shown(records.get(id)))

    @blueprint.post("/api/stores")
    def make_store() -> Response:
        row, repeated = records.make(read_json(), ANYBODY)
        node.link_new_stores()  # at once: nobody waits for the look at what was written
        return answer({"store": shown(row), "repeated": repeated}, 200 if repeated else 201)

    @blueprint.put("/api/stores/<id>")
    def change_store(id: str) -> Response:
        return answer({"store": shown(records.change(id, read_json(), ANYBODY))})

    @blueprint.post("/api/stores/<id>/central")
    def prepare_central(id: str) -> Response:
        """Body `{"name", "password", "apply"}`: what the central lacks for this store, or, with `apply`, it is made.
        Name and password are an administrator's, for this once, and are kept nowhere."""
        records.get(id)
        if node.config.central_url is None:
            raise Problem(409, "no_central", say("This head office has no central."))
        body = read_json()
        from app.node import trust

        found = preparing.prepare(
            node.config.central_url,
            [id],
            str(body.get("name") or ""),
            str(body.get("password") or ""),
            apply=body.get("apply") is True,
            ca=next(iter(trust.authorities(node.path)), None),
        )
        if body.get("apply") is True:
            node.link_new_stores()
            if node.supervisor is not None:
                node.supervisor.sync_now(f"store-{id}")
        return answer({**found._asdict(), "applied": body.get("apply") is True})


def _currencies() -> list[list[str]]:
    """`[code, name]` of currencies in use, in the reader's language."""
    names = Locale.parse(i18n.tag()).currencies
    used = (
        "USD EUR GBP CNY JPY KRW HKD TWD SGD MYR THB VND IDR PHP INR PKR BDT LKR AED SAR QAR KWD BHD OMR JOD ILS TRY "
        "EGP MAD TND DZD NGN GHS KES UGX TZS ZAR CHF SEK NOK DKK ISK PLN CZK HUF RON BGN RSD UAH RUB KZT GEL CAD AUD "
        "NZD MXN BRL ARS CLP COP PEN UYU"
    )
    return [[code, str(names.get(code, code))] for code in used.split()]


def _digits() -> dict[str, int]:
    """Decimals of the currencies that don't have two."""
    return {
        **dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK", "UGX"), 0),
        **dict.fromkeys(("KWD", "BHD", "OMR", "JOD", "TND"), 3),
    }
