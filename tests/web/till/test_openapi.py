"""The API's description, held against what the application really serves."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import app as package
from app.web.till.openapi import explain
from app.web.till.openapi.document import ROUTES, document
from app.web.till.openapi.problems import PROBLEMS
from app.web.till.openapi.route import Route
from app.web.users import api_key
from tests.support.process import CouchTill
from tests.web.till.shopfront import line, sale

ROOT = Path(package.__file__).parent


def checker(schema: dict[str, Any]) -> Draft202012Validator:
    """Of a schema of the document, which may refer to its components."""
    components = json.loads(json.dumps(document()["components"]))
    return Draft202012Validator({**json.loads(json.dumps(schema)), "components": components})


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_it_is_openapi_3_1(till: FlaskClient) -> None:
    told = till.get("/api/openapi.json")

    assert told.json["openapi"] == "3.1.0"
    validate(told.json)


def test_every_route_is_described_and_every_description_is_a_route(till: FlaskClient) -> None:
    served = set()
    for rule in till.application.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            served |= {f"{method} {path}" for method in rule.methods or () if method not in ("HEAD", "OPTIONS")}
    described = [named(route) for route in ROUTES]

    assert sorted(served - set(described)) == []
    assert sorted(set(described) - served) == []
    assert len(described) == len(set(described))
    operations = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))


@pytest.mark.parametrize("route", [route for route in ROUTES if route.request], ids=named)
def test_every_example_is_what_its_schema_takes(route: Route) -> None:
    assert route.request is not None and route.example is not None
    operation = document()["paths"][route.path][route.method.lower()]
    content = operation["requestBody"]["content"]["application/json"]

    assert list(checker(content["schema"]).iter_errors(content["example"])) == []
    route.request().read(dict(route.example))


def test_the_description_refuses_what_the_schemas_refuse() -> None:
    check = checker({"$ref": "#/components/schemas/SaleRequest"})
    good = {"sale": "my-first-sale-0001", "lines": [], "tenders": []}

    assert check.is_valid(good)
    for bad in (
        {**good, "sale": "short"},
        {**good, "total": 1.5},
        {**good, "whatever": 1},
        {**good, "tenders": [{"kind": "barter", "amount": 1}]},
        {"lines": []},
    ):
        assert not check.is_valid(bad), bad


def test_a_written_order_is_what_its_schema_says(till: FlaskClient) -> None:
    order = till.post("/api/sales", json=sale(line(), cash=245)).json["order"]
    body = {name: value for name, value in order.items() if not name.startswith("_")}

    assert [error.message for error in checker({"$ref": "#/components/schemas/Order"}).iter_errors(body)] == []


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("post", "/api/sales", {"sale": "x"}),
        ("get", "/api/receipts/order:none", None),
        ("post", "/api/sync", {}),
        ("put", "/api/sync/schedule", {"sync": {"mode": "now"}}),
        ("get", "/api/nothing/of/the/kind", None),
    ],
)
def test_a_refusal_is_a_problem_as_described(till: FlaskClient, method: str, path: str, asked: Any) -> None:
    answer = getattr(till, method)(path, **({} if asked is None else {"json": asked}))

    assert answer.content_type == "application/problem+json"
    assert list(checker({"$ref": "#/components/schemas/Problem"}).iter_errors(answer.json)) == []
    assert answer.json["status"] == answer.status_code


def raised() -> Iterator[tuple[int, str, str]]:
    """(status, error, where) of every problem that the code names."""
    for file in [*(ROOT / "shop").rglob("*.py"), *(ROOT / "web").glob("*.py"), *(ROOT / "web" / "till").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            status, error = (getattr(part, "value", None) for part in node.args[:2])
            if name in ("SaleError", "Problem") and isinstance(status, int) and isinstance(error, str):
                yield status, error, f"{file.name}:{node.lineno}"


def test_every_problem_that_the_code_names_is_explained_with_its_status() -> None:
    found = list(raised())

    assert len(found) > 40
    assert [each for each in found if each[1] not in PROBLEMS] == []
    others = [each for each in found if PROBLEMS[each[1]].status != each[0]]
    assert others == []


def test_the_page_explains_every_route_schema_and_problem(till: FlaskClient) -> None:
    page = till.get("/api/docs")

    assert page.status_code == 200
    for route in ROUTES:
        assert route.path in page.text
    for name in PROBLEMS:
        assert f'id="{name}"' in page.text
    anchors = set(re.findall(r'href="#([\w-]+)"', page.text))
    assert anchors - set(re.findall(r'id="([\w-]+)"', page.text)) == set()
    assert "http://" not in page.text and "https://" not in page.text  # nothing of it comes from elsewhere


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_example_sells_once_however_often_it_runs(tmp_path: Path) -> None:
    data = tmp_path / "s1-t1"
    with CouchTill("terminal", "--data", data, "--id", "s1-t1", "--port", "0") as till:
        environment = {**os.environ, "URL": till.url.rstrip("/"), "KEY": ""}
        environment["KEY"] = api_key(data)

        def run() -> dict[str, Any]:
            done = subprocess.run(
                ["sh", "-c", explain.CURL], env=environment, capture_output=True, text=True, timeout=30, check=True
            )
            answer: dict[str, Any] = json.loads(done.stdout)
            return answer

        first, again = run(), run()
        environment["KEY"] = "ctk_nobody"
        refused = run()

    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["order"]["_id"] == again["order"]["_id"]
    assert first["order"]["change"] == 0
    assert refused["error"] == "unauthorized"
