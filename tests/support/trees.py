"""Revision trees as the tests write them down."""

from __future__ import annotations

from app.docs import tree
from app.docs.tree import Path, Tree


def path(*hashes: str, start: int = 1, deleted: bool = False) -> Path:
    """A path written from its oldest hash to its newest, as a reader draws it."""
    return start + len(hashes) - 1, deleted, hashes[::-1]


def grow(*paths: Path, limit: int = 1000) -> Tree:
    grown: Tree = ()
    for each in paths:
        grown, _ = tree.merge(grown, each, limit)
    return grown
