"""How soon a node tells of itself again: what it says while its links still begin does not stand for minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.node.report import INTERVAL, RETRY, Reporter


class Central:
    """A session whose central takes every report."""

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self.status_code = 404

    def get(self, _url: str, **_: Any) -> Central:
        return self

    def put(self, _url: str, json: dict[str, Any], **_: Any) -> Central:
        self.reports.append(json)
        return self

    def raise_for_status(self) -> None:
        """Nothing is wrong."""


Turns = Callable[..., list[float]]


@pytest.fixture
def turns() -> Turns:
    def run(*states: str) -> list[float]:
        """The seconds until the next report, after a report in each of these states."""
        coming = iter(states)
        links = [{"name": "push company", "state": "idle"}]
        reporter = Reporter("http://central/company", None, "s1-t1", lambda: {"state": next(coming), "links": links})
        central = Central()
        waits = [reporter._turn(central) for _ in states]
        assert [report["state"] for report in central.reports] == list(states)
        return waits

    return run


def test_a_node_that_still_begins_tells_soon_how_it_went_on(turns: Turns) -> None:
    assert turns("starting", "active", "idle", "active") == [RETRY, 2 * RETRY, INTERVAL, INTERVAL]


def test_one_that_is_in_step_at_once_tells_as_seldom_as_ever(turns: Turns) -> None:
    assert turns("idle", "starting") == [INTERVAL, INTERVAL]


def test_one_that_never_gets_in_step_soon_tells_as_seldom_as_the_others(turns: Turns) -> None:
    assert turns(*["denied"] * 6) == [30, 60, 120, 240, INTERVAL, INTERVAL]
