"""Nodes at work: what each of them joins by itself, over a base that only the central has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.node import Node
from app.node import config as node_config
from app.replicator import older
from app.replicator.errors import TransportError
from app.web import create_app
from tests.node.test_node import Hub
from tests.support.process import wait_until

STAMPS = {"updated_at": "2026-11-22T08:00:00.000Z", "updated_by": None, "updated_on": "office"}
PRODUCT = {"type": "product", "schema": 1, "sku": "x", "name": "Tea", "sold_by": "unit", "price": None, **STAMPS}
CUSTOMER = {"type": "customer", "schema": 1, "name": "Ann", **STAMPS}
UNJOINED = {"type": "level", "schema": 1}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    found = Hub(tmp_path / "hub")
    yield found
    found.stop()


def node(hub: Hub, folder: Path, kind: str, id: str) -> Node:
    path = folder / id
    path.mkdir(exist_ok=True)
    node_config.write_secret(path, "central", f"{id}-password-of-tests")
    return Node(path, hub.config(kind, id)).start()


def branches(hub: Hub, id: str, base: dict[str, Any], *sides: dict[str, Any]) -> None:
    """A document of the central with branches, none of which any node has seen."""
    company = hub.node.directory.get("company")
    rev = company.put({"_id": id, **base})
    for n, side in enumerate(sides):
        ids = [f"{n:x}" * 32, rev[2:]]
        assert (
            company.bulk_docs([{"_id": id, "_revisions": {"start": 2, "ids": ids}, **base, **side}], new_edits=False)
            == []
        )


def conflicts(hub: Hub, id: str) -> list[str]:
    answer = requests.get(f"{hub.admin}/company/{id}", params={"conflicts": "true"}, timeout=10).json()
    found: list[str] = answer.get("_conflicts", [])
    return found


def test_head_office_joins_what_it_may_over_the_centrals_base_and_the_central_has_no_conflict_left(
    hub: Hub, tmp_path: Path
) -> None:
    branches(hub, "product:x", {**PRODUCT, "barcodes": ["1"]}, {"barcodes": ["1", "2"]}, {"barcodes": ["3"]})
    branches(hub, "product:y", {**PRODUCT, "barcodes": []}, {"name": "Mint tea"}, {"name": "Mint"})
    branches(hub, "level:z", UNJOINED, {"a": 1}, {"b": 1})
    office = node(hub, tmp_path, "office", "office")
    try:
        wait_until(lambda: office.company.read("product:x") is not None and not conflicts(hub, "product:x"))
        assert requests.get(f"{hub.admin}/company/product:x", timeout=10).json()["barcodes"] == ["2", "3"]
        wait_until(lambda: office.company.read("level:z") is not None)
        assert len(conflicts(hub, "product:y")) == len(conflicts(hub, "level:z")) == 1  # a person's, and nobody's
    finally:
        office.stop()


def test_a_till_joins_customers_and_leaves_the_catalogue_to_head_office(hub: Hub, tmp_path: Path) -> None:
    branches(hub, "product:x", {**PRODUCT, "barcodes": ["1"]}, {"barcodes": ["1", "2"]}, {"barcodes": ["3"]})
    branches(hub, "customer:ann", CUSTOMER, {"phone": "1"}, {"email": "a@example.org"})
    till = node(hub, tmp_path, "terminal", "s1-t1")
    try:
        wait_until(lambda: till.company.read("customer:ann") is not None and not conflicts(hub, "customer:ann"))
        found = till.company.get("customer:ann")
        assert (found["phone"], found["email"]) == ("1", "a@example.org")
        wait_until(lambda: till.company.read("product:x") is not None)
        assert len(conflicts(hub, "product:x")) == 1
        page = create_app(till).test_client()  # which makes the key
        key = (tmp_path / "s1-t1" / "api.secret").read_text().strip()
        asked = page.get("/api/conflicts/company/product:x", headers={"Authorization": f"Bearer {key}"})
        # Who looks at it here sees what both had before, though that never came here.
        assert asked.get_json()["base"]["barcodes"] == ["1"] and not asked.get_json()["fields"]
    finally:
        till.stop()


def test_a_join_whose_base_cannot_be_asked_for_waits_and_is_made_when_the_central_answers(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    branches(hub, "product:x", {**PRODUCT, "barcodes": ["1"]}, {"barcodes": ["1", "2"]}, {"barcodes": ["3"]})
    monkeypatch.setattr("app.node.older.AWAY", 0.0)
    asked: list[str] = []
    remember = older.remember

    def away(*args: Any) -> list[str]:
        asked.append(args[2])
        raise TransportError("away")

    monkeypatch.setattr(older, "remember", away)
    office = node(hub, tmp_path, "office", "office")
    try:
        wait_until(lambda: asked)
        assert office.company.read("product:x").conflicts == 1  # type: ignore[union-attr]
        monkeypatch.setattr(older, "remember", remember)
        office.company.put({"_id": "category:tea", "type": "category", "schema": 1, "name": "Tea"})
        wait_until(lambda: office.company.read("product:x").conflicts == 0)  # type: ignore[union-attr]
        assert office.company.get("product:x")["barcodes"] == ["2", "3"]
    finally:
        office.stop()
