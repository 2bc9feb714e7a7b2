"""node.db: the node's own state."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.node.config import NodeError
from app.node.state import SCHEMA, NodeState


def test_a_setting_outlives_the_process(tmp_path: Path) -> None:
    state = NodeState(tmp_path)
    state.set("identity", {"id": "a", "n": [1, None]})
    state.set("gone", 1)
    state.remove("gone")
    state.close()
    again = NodeState(tmp_path)
    assert again.get("identity") == {"id": "a", "n": [1, None]}
    assert again.get("gone", "default") == "default"
    again.close()


def test_a_file_of_a_newer_couchtill_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    NodeState(tmp_path).close()
    with sqlite3.connect(tmp_path / "node.db") as database:
        database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    database.close()
    before = (tmp_path / "node.db").read_bytes()
    with pytest.raises(NodeError, match="newer CouchTill"):
        NodeState(tmp_path)
    assert (tmp_path / "node.db").read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "node.db").write_bytes(b"not a database, but somebody's file" * 100)
    with pytest.raises(NodeError, match="left as it is"):
        NodeState(tmp_path)
    assert (tmp_path / "node.db").read_bytes().startswith(b"not a database")
