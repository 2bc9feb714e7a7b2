"""A terminal and an office in the test's own process, and clients with their keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.node import Node, NodeConfig
from app.web import create_app
from app.web.users import api_key
from tests.web.till.shopfront import stock


def client_of(node: Any) -> FlaskClient:
    """A client that sends the node's API key with every request."""
    client = create_app(node).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {api_key(node.path)}"
    return client


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Node]:
    """A running terminal `s1-t1` without a central, its shop stocked."""
    with Node(tmp_path / "s1-t1", NodeConfig(kind="terminal", id="s1-t1", store="s1")) as node:
        stock(node.company)
        yield node


@pytest.fixture
def till(terminal: Node) -> FlaskClient:
    return client_of(terminal)


@pytest.fixture
def head_office(tmp_path: Path) -> Iterator[Node]:
    """A running office without a central, with the store `s1`."""
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        node.database("store-s1")
        yield node


@pytest.fixture
def office(head_office: Node) -> FlaskClient:
    return client_of(head_office)
