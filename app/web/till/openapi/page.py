"""The document as the page shows it: routes by tag, each with its fields in a table; schemas once, with anchors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.web.till.openapi.problems import PROBLEMS

Schema = Mapping[str, Any]


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """`{"version", "tags": [{"name", "anchor", "routes": […]}], "schemas": […], "problems": […]}`."""
    tags: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tags[operation["tags"][0]].append(_route(method, path, operation))
    return {
        "version": document["info"]["version"],
        "tags": [
            {"name": name, "anchor": f"tag-{number}", "routes": found}
            for number, (name, found) in enumerate(tags.items())
        ],
        "schemas": [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())],
        "problems": [{"name": name, **known._asdict()} for name, known in sorted(PROBLEMS.items())],
    }


def _route(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    answers = []
    problems: list[tuple[str, str]] = []
    for status, answer in operation["responses"].items():
        if "x-errors" in answer:
            problems += [(status, name) for name in answer["x-errors"]]
            continue
        [(kind, body)] = answer["content"].items()
        answers.append(
            {"status": status, "words": answer["description"], "type": kind, "fields": _fields(body["schema"])}
        )
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "about": operation.get("description", ""),
        "rights": operation["x-rights"],
        "key_rights": operation["x-key-rights"],
        "query": [one for one in operation["parameters"] if one["in"] == "query"],
        "request": _type(content["schema"]) if content else None,
        "example": json.dumps(content["example"], indent=2, ensure_ascii=False) if "example" in content else "",
        "answers": answers,
        "problems": problems,
    }


def _schema(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "about": schema.get("description", ""), "fields": _fields(schema)}


def _fields(schema: Schema) -> list[dict[str, Any]]:
    required = schema.get("required", ())
    return [
        {"name": name, "required": name in required, **_type(part), "about": part.get("description", "")}
        for name, part in schema.get("properties", {}).items()
    ]


def _type(schema: Schema) -> dict[str, str]:
    """`{"words", "ref", "limits"}`: a field's type; `ref` names the schema of an object, to be linked to."""
    reference = schema.get("$ref") or schema.get("x-document")
    if reference:
        name = str(reference).rpartition("/")[2]
        return {"words": "", "ref": name, "limits": ""}
    if "anyOf" in schema:
        parts = [_type(part) for part in schema["anyOf"]]
        words = " or ".join(part["words"] for part in parts if part["words"])
        return {"words": f"or {words}", "ref": next((part["ref"] for part in parts if part["ref"]), ""), "limits": ""}
    kinds = schema.get("type", "anything")
    kind = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "items" in schema:
        inner = _type(schema["items"])
        words = f"{kind} of {inner['words']}".rstrip() if inner["words"] else f"{kind} of"
        return {"words": words, "ref": inner["ref"], "limits": _limits(schema)}
    return {"words": kind, "ref": "", "limits": _limits(schema)}


def _limits(schema: Schema) -> str:
    told = []
    if "enum" in schema:
        told.append(", ".join("null" if one is None else str(one) for one in schema["enum"]))
    for name, words in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"), ("maxItems", "at most")):
        if name in schema:
            told.append(f"{words} {schema[name]}")
    if "default" in schema:
        told.append(f"default {json.dumps(schema['default'], ensure_ascii=False)}")
    return ", ".join(told)
