"""Staff: the page `/staff`, `GET/POST /api/staff`, `PUT /api/staff/<store>/<id>`, and `/code`, `/move` below it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from app.docs.database import Database
from app.shop.actor import ANYBODY
from app.shop.people import renaming
from app.shop.people.office import OfficeStaff
from app.shop.people.rights import RIGHTS
from app.shop.reason import say
from app.shop.sale import SaleError
from app.web import i18n, words
from app.web.json_api import answer, read_json
from app.web.office.frame import page
from app.web.right_words import right_name


def register(blueprint: Blueprint, node: Any) -> OfficeStaff:
    """The routes; the people, for the settings page, which keeps their managers too."""

    def database(store: str) -> Database | None:
        name = f"store-{store}"
        return node.directory.get(name) if name in node.directory.names() else None

    staff = OfficeStaff(node.company, database, node.id)

    def stores() -> list[dict[str, Any]]:
        rows = [
            {"id": record.id.partition(":")[2], "name": str(record.doc().get("name") or record.id)}
            for record in node.company.each("store")
            if not record.doc().get("inactive")
        ]
        return sorted((row for row in rows if database(row["id"]) is not None), key=lambda row: row["name"].casefold())

    def shown(row: dict[str, Any]) -> dict[str, Any]:
        code = row["code"]
        return row if code is None else {**row, "code": {**code, "words": words.when(code["until"], node.zone())}}

    def listing(store: str) -> dict[str, Any]:
        return {
            "store": store,
            "rows": [shown(row) for row in staff.rows(store)],
            "roles": staff.roles(store),
        }

    @blueprint.get("/staff")
    def staff_page() -> str:
        known = stores()
        ids = [row["id"] for row in known]
        scope = request.args.get("roles")
        wanted = request.args.get("store") or ((scope or "").partition("store:")[2])
        store = wanted if wanted in ids else ids[0] if ids else None
        boot: dict[str, Any] = {
            "stores": known,
            "list": listing(store) if store is not None else None,
            "rights": {right: right_name(right) for right in RIGHTS},
            "languages": [[tag, name] for tag, name in i18n.locales()],
            "show_roles": scope is not None,
            "company": scope == "all",
            "company_roles": staff.roles(None),
        }
        return page("office/staff.html", boot=boot)

    @blueprint.get("/api/staff")
    def list_staff() -> Response:
        """`store`: whose people."""
        store = request.args.get("store")
        if not store:
            raise SaleError(400, "invalid", say("The store is missing."), "store")
        return answer(listing(store))

    @blueprint.get("/api/staff/roles")
    def staff_roles() -> Response:
        """The roles of all stores that have no own."""
        return answer({"roles": staff.roles(None)})

    @blueprint.put("/api/staff/roles/<scope>/<path:role>/name")
    def rename_role(scope: str, role: str) -> Response:
        """Body `{"rev": of the settings that were seen, "name"}`: the role, and everybody who has it, by another
        name."""
        return answer(renaming.rename(staff, scope, role, read_json(), ANYBODY))

    @blueprint.post("/api/staff")
    def add_staff() -> Response:
        """Body `{"request", "store", "name", "role", "language"?}`: a person, and the code that they choose a PIN with
        at a till. It is told this once."""
        body = read_json()
        row, code, repeated = staff.add(str(body.get("store") or ""), body, ANYBODY)
        return answer({"person": shown(row), "code": code, "repeated": repeated}, 200 if repeated else 201)

    @blueprint.put("/api/staff/<store>/<path:id>")
    def change_staff(store: str, id: str) -> Response:
        row, code = staff.change(store, id, read_json(), ANYBODY)
        return answer({"person": shown(row), "code": code})

    @blueprint.post("/api/staff/<store>/<path:id>/code")
    def staff_code(store: str, id: str) -> Response:
        row, code = staff.give_code(store, id, read_json(), ANYBODY)
        return answer({"person": shown(row), "code": code})

    @blueprint.post("/api/staff/<store>/<path:id>/move")
    def move_staff(store: str, id: str) -> Response:
        row, code = staff.move(store, id, read_json(), ANYBODY)
        return answer({"person": shown(row), "code": code})

    return staff
