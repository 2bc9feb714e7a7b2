"""The OpenAPI document, made from the tables of routes once a process."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import app
from app.shop.schemas.base import Strict
from app.web.keys import Key
from app.web.till.openapi import explain, routes_conflicts, routes_day, routes_shop
from app.web.till.openapi.convert import Converter
from app.web.till.openapi.problems import ANY, BODY, PROBLEMS
from app.web.till.openapi.route import Route, Shape

ROUTES: tuple[Route, ...] = (*routes_shop.ROUTES, *routes_day.ROUTES, *routes_conflicts.ROUTES)

_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    dict: {"type": "object"},
    None: {"type": "null"},
}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """OpenAPI 3.1 of the whole till API. Not to be changed."""
    converter = Converter("CouchTill: a till's API", app.__version__, info={"description": explain.text()})
    for schema in (*routes_shop.DOCUMENTS, *routes_day.DOCUMENTS, *routes_conflicts.DOCUMENTS):
        converter.ref(schema)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, converter)
    made = converter.spec.to_dict()
    return {
        "openapi": made["openapi"],
        "info": made["info"],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in ROUTES)],
        "paths": paths,
        "components": {
            "schemas": {**converter.components(), "Problem": PROBLEM},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The node's own key (`api.secret`), or one of `couchtill keys add`.",
                }
            },
        },
    }


PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `error` is for programs and stays; `reason` is for people; `field` is a path.",
    "required": ["type", "title", "status", "detail", "error", "reason", "field"],
    "properties": {
        "type": {"type": "string", "description": "`/api/docs#` and the error."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": ["string", "null"]},
        "error": {"type": "string", "enum": sorted(PROBLEMS)},
        "reason": {"type": ["string", "null"]},
        "field": {"type": "string"},
    },
}


def _operation(route: Route, converter: Converter) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": _operation_id(route),
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_in_path(route), *_in_query(route)],
        "x-rights": list(route.rights),
        "x-key-rights": key_rights(route),
    }
    if route.about:
        told["description"] = route.about
    if route.request is not None:
        content: dict[str, Any] = {"schema": converter.ref(route.request)}
        if route.example is not None:
            content["example"] = dict(route.example)
        required = route.method != "DELETE"
        told["requestBody"] = {"required": required, "content": {"application/json": content}}
    told["responses"] = {
        str(status): {"description": words, "content": {route.content: {"schema": _shape(shape, converter)}}}
        for status, (words, shape) in sorted(route.answers.items())
    }
    names = [*route.problems, *ANY, *(BODY if route.request is not None else ())]
    by_status: dict[int, list[str]] = {}
    for name in dict.fromkeys(names):
        by_status.setdefault(PROBLEMS[name].status, []).append(name)
    for status, found in sorted(by_status.items()):
        told["responses"][str(status)] = {
            "description": ", ".join(found),
            "x-errors": found,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return told


def _operation_id(route: Route) -> str:
    words = re.findall(r"[a-z]+", route.path.removeprefix("/api/"))
    return "_".join([route.method.lower(), *words])


def _in_path(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name.rstrip("!"),
            "in": "query",
            "required": name.endswith("!"),
            "description": words,
            "schema": {"type": "integer", "minimum": 1} if name == "limit" else {"type": "string"},
        }
        for name, words in route.query.items()
    ]


def _shape(shape: Shape, converter: Converter) -> dict[str, Any]:
    if isinstance(shape, type) and issubclass(shape, Strict):
        # A stored document has its identity besides what the schema checks.
        identity = {"type": "object", "properties": {"_id": {"type": "string"}, "_rev": {"type": "string"}}}
        return {"title": shape.__name__, **identity, "x-document": converter.ref(shape)["$ref"]}
    if isinstance(shape, dict):
        properties = {name: _shape(part, converter) for name, part in shape.items()}
        optional = {"codes", "paper"}
        required = [name for name in shape if name not in optional]
        return {"type": "object", "properties": properties, "required": required}
    if isinstance(shape, list):
        return {"type": "array", "items": _shape(shape[0], converter)}
    if isinstance(shape, tuple):
        return {"anyOf": [_shape(part, converter) for part in shape]}
    return dict(_PLAIN[shape])


def key_rights(route: Route) -> list[str] | None:
    """The rights of which a key needs one to call the route; [] when any key may, None when only the node's own."""
    from app.shop.people.rights import RIGHTS

    path = re.sub(r"{\w+}", "x", route.path)

    def covers(*rights: str) -> bool:
        return Key("", frozenset(rights), "", "").covers(route.method, path)

    if covers():
        return []
    return [right for right in RIGHTS if covers(right)] or None
