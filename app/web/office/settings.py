"""Settings: the page `/settings`, `GET /api/settings?scope=`, `PUT /api/settings/<scope>/<name>`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from app.shop import settings_view
from app.shop.actor import ANYBODY
from app.shop.people.office import OfficeStaff
from app.shop.reason import say
from app.shop.sale import SaleError
from app.shop.stores import StoreFacts
from app.web.json_api import answer, read_json
from app.web.office.frame import page
from app.web.office.setting_words import sections


def register(blueprint: Blueprint, node: Any, staff: OfficeStaff) -> None:
    """The routes. `staff` sees to it that no store loses its last manager with a role."""

    def scopes() -> list[dict[str, Any]]:
        """`[{"scope", "name", "terminals": [{"scope", "name"}]}]` of every store, those that are open first."""
        rows = []
        for record in node.company.each("store"):
            doc, id = record.doc(), record.id.partition(":")[2]
            terminals = [
                {"scope": f"terminal:{one.id.partition(':')[2]}", "name": one.id.partition(":")[2].upper()}
                for one in (node.directory.get(f"store-{id}").each("terminal") if id in node.stores() else ())
                if not one.doc().get("inactive")
            ]
            terminals.sort(key=lambda row: row["name"])
            name = str(doc.get("name") or id)
            closed = bool(doc.get("inactive"))
            rows.append({"scope": f"store:{id}", "name": name, "terminals": terminals, "inactive": closed})
        return sorted(rows, key=lambda row: (row["inactive"], row["name"].casefold()))

    def store_of(scope: str) -> str | None:
        """The store of a scope; a terminal's is told by whose database has it. Raises SaleError 404."""
        kind, _, id = scope.partition(":")
        if kind == "store":
            if node.company.read(f"store:{id}") is None:
                raise SaleError(404, "not_found", say("There is no store “%(id)s” here.", id=id), "scope")
            return id
        if kind != "terminal":
            return None
        for store in node.stores():
            record = node.directory.get(f"store-{store}").read(f"terminal:{id}")
            if record is not None and not record.deleted:
                return str(store)
        reason = say("There is no terminal %(terminal)s here.", terminal=id.upper())
        raise SaleError(404, "not_found", reason, "scope")

    def view(scope: str) -> dict[str, Any]:
        settings_view.chain(scope)
        store = store_of(scope)
        found = settings_view.view(node.company, scope, store)
        if store is not None:
            facts, _ = StoreFacts(node.company, store).read()
            found |= {"currency": facts["currency"], "digits": facts["digits"]}
        return found

    @blueprint.get("/settings")
    def settings_page() -> str | tuple[str, int]:
        scope = request.args.get("scope") or "all"
        try:
            shown, status = view(scope), 200
        except SaleError:
            shown, status = view("all"), 404
        money: dict[str, Any] = {key: shown[key] for key in ("currency", "digits") if key in shown}
        boot: dict[str, Any] = {
            "view": shown,
            "scopes": scopes(),
            "sections": sections(),
            "missing": status == 404,
            **money,
        }
        return page("office/settings.html", boot=boot), status

    @blueprint.get("/api/settings")
    def read_settings() -> Response:
        """What holds in `scope`, and where each value comes from."""
        return answer(view(request.args.get("scope") or "all"))

    @blueprint.put("/api/settings/<scope>/<name>")
    def change_setting(scope: str, name: str) -> Response:
        body = read_json()
        settings_view.chain(scope)
        if name == "roles":
            roles = None if body.get("reset") is True else body.get("value")
            staff.keep_managers(scope, roles if isinstance(roles, dict) else None)
        settings_view.change(node.company, scope, name, body, on=node.id, store=store_of(scope), actor=ANYBODY)
        return answer(view(scope))
