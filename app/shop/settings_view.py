"""Settings as head office shows and sets them: what holds in a scope, and where each value comes from.

A scope is `all`, `store:s1` or `terminal:s1-t1`. What a narrower one sets stands over the wider ones; one that sets
nothing has their value. Setting names the revision that the page read: what somebody else set meanwhile is shown, and
never overwritten unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from app.docs.database import Database
from app.shop import clock
from app.shop.actor import ANYBODY, Actor
from app.shop.reason import say
from app.shop.reports.accounts import check_names
from app.shop.sale import SaleError
from app.shop.schemas.settings import DEFAULTS
from app.shop.schemas.store import STORE_ID
from app.shop.settings import ShopSettings
from app.shop.settings_edit import UNSET, set_values

_SCOPE = re.compile(rf"all|(store|terminal):{STORE_ID}")

#: Where a value comes from when no document sets it.
DEFAULT: Final = "default"


def chain(scope: str, store: str | None = None) -> list[str]:
    """The scopes that count in a scope, the widest first; `store` is that of a terminal. Raises SaleError 404."""
    if not _SCOPE.fullmatch(scope):
        raise SaleError(404, "not_found", say("There is no place “%(scope)s” for settings.", scope=scope), "scope")
    kind, _, id = scope.partition(":")
    if kind == "all":
        return ["all"]
    if kind == "store":
        return ["all", scope]
    return ["all", f"store:{store or id.rpartition('-')[0]}", scope]


def view(company: Database, scope: str, store: str | None = None) -> dict[str, Any]:
    """`{"scope", "rev", "updated_at", "updated_by", "updated_on", "rows": [{"name", "value", "from", "own",
    "inherited", "inherited_from"}]}`: `own` whether this scope sets it; `inherited` is what would hold if it did not.
    """
    scopes = chain(scope, store)
    values: dict[str, tuple[Any, str]] = {name: (value, DEFAULT) for name, value in DEFAULTS.items()}
    above = dict(values)
    for each in scopes:
        above = dict(values)
        for name, value in _set(company, each).items():
            values[name] = (value, each)
    record = company.read(f"settings:{scope}")
    doc = {} if record is None or record.deleted else record.full()
    rows = [
        {
            "name": name,
            "value": values[name][0],
            "from": values[name][1],
            "own": values[name][1] == scope,
            "inherited": above[name][0],
            "inherited_from": above[name][1],
        }
        for name in DEFAULTS
    ]
    stamps = {name: doc.get(name) for name in ("updated_at", "updated_by", "updated_on")}
    return {"scope": scope, "rev": doc.get("_rev", ""), **stamps, "rows": rows}


def change(
    company: Database,
    scope: str,
    name: str,
    given: Mapping[str, Any],
    *,
    on: str,
    store: str | None = None,
    actor: Actor = ANYBODY,
    moment: clock.Clock = clock.now,
) -> dict[str, Any]:
    """`{"rev", "seen", "value"}` or `{"rev", "seen", "reset": true}`: the view afterwards. `seen` is `{"own", "value"}`
    as the page showed it.

    Raises SaleError: 400 with the field at fault; 409 `changed` with `{"current": {name: the value now, "rev", "own",
    "updated_*"}}` when this very setting was set to another value meanwhile.
    """
    actor.need("settings", say("changing settings"))
    rev, seen = given.get("rev"), given.get("seen")
    if not isinstance(rev, str) or not isinstance(seen, Mapping):
        raise SaleError(400, "invalid", say("The revision that was seen is missing."), "rev")
    reset = given.get("reset") is True
    if not reset and "value" not in given:
        raise SaleError(400, "invalid", say("The value is missing."), name)
    with company.transaction():
        now = view(company, scope, store)
        row = next((row for row in now["rows"] if row["name"] == name), None)
        if row is None:
            raise SaleError(404, "not_found", say("There is no setting named “%(name)s”.", name=name), name)
        wanted = (False, None) if reset else (True, given["value"])
        there = (row["own"], row["value"] if row["own"] else None)
        told = (bool(seen.get("own")), seen.get("value") if seen.get("own") else None)
        if rev != now["rev"] and there != told and there != wanted:
            current = {key: now[key] for key in ("rev", "updated_at", "updated_by", "updated_on")}
            reason = say("Somebody else changed this in the meantime. Nothing was written: choose what shall hold.")
            details = {"current": {**current, name: row["value"], "own": row["own"]}, "fields": [name]}
            raise SaleError(409, "changed", reason, name, details)
        if name == "accounts" and isinstance(wanted[1], Mapping):
            check_names(company, sorted(str(one) for one in wanted[1] if one not in (row["value"] or {})))
        changes = {name: UNSET if reset else given["value"]}
        if wanted != there:
            set_values(company, scope, changes, by=actor.staff or actor.name, on=on, moment=moment)
    return view(company, scope, store)


def _set(company: Database, scope: str) -> dict[str, Any]:
    settings = ShopSettings(company, "")
    settings.ids = [f"settings:{scope}"]
    return settings.set_here()
