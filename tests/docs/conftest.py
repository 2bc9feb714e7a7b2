"""Fixtures of the store's tests: a database of the test's own, and words to build revisions with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database

Arrive = Callable[..., None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with Database(path) as database:
        yield database


@pytest.fixture
def arrive(db: Database) -> Arrive:
    """``arrive("a", "3-c", "b", "a", x=1)``: a revision from elsewhere with its ancestors' hashes, newest first."""

    def send(id: str, rev: str, *ancestors: str, deleted: bool = False, **body: Any) -> None:
        assert db.bulk_docs([revision(id, rev, *ancestors, deleted=deleted, **body)], new_edits=False) == []

    return send


def revision(id: str, rev: str, *ancestors: str, deleted: bool = False, **body: Any) -> dict[str, Any]:
    generation, _, hash = rev.partition("-")
    gone = {"_deleted": True} if deleted else {}
    revisions = {"start": int(generation), "ids": [hash, *ancestors]}
    return {"_id": id, "_rev": rev, "_revisions": revisions, **gone, **body}


def fork(db: Database, id: str = "a") -> tuple[str, str]:
    """A document with two live leaves; returns (winner, loser)."""
    db.bulk_docs(
        [revision(id, "2-f", "b", of="winner"), revision(id, "2-e", "b", of="loser")],
        new_edits=False,
    )
    return "2-f", "2-e"
