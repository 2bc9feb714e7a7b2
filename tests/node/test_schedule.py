"""When a node syncs, and that it keeps to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from app.node import Node, NodeConfig
from app.node import config as node_config
from app.node.schedule import Schedule, next_turn
from couch.provision import provision
from tests.support.hub import Hub
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy

BERLIN = ZoneInfo("Europe/Berlin")


def rule(mode: str, minutes: int = 15, hours: list[str] | None = None) -> dict[str, Any]:
    return {"mode": mode, "minutes": minutes, "hours": hours or []}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "last", "now", "due"),
    [
        (rule("always"), "2026-11-22T09:00", "2026-11-22T10:00", None),
        (rule("manual"), None, "2026-11-22T10:00", None),
        (rule("every", 30), "2026-11-22T09:45", "2026-11-22T10:00", "2026-11-22T10:15"),
        (rule("every", 30), None, "2026-11-22T10:00", "2026-11-22T10:00"),
        (rule("every", 30), "2026-11-20T09:45", "2026-11-22T10:00", "2026-11-20T10:15"),  # missed: due at once
        (rule("every", 30), "2027-01-01T00:00", "2026-11-22T10:00", "2026-11-22T10:30"),  # the clock was set back
        (rule("hours", hours=["18:00", "08:30"]), "2026-11-22T09:00", "2026-11-22T10:00", "2026-11-22T17:00"),
        (rule("hours", hours=["18:00", "08:30"]), "2026-11-22T17:00", "2026-11-22T17:01", "2026-11-23T07:30"),
        (rule("hours", hours=["08:30"]), "2026-11-20T09:00", "2026-11-22T10:00", "2026-11-21T07:30"),  # missed
        (rule("hours", hours=["02:30"]), "2026-03-28T12:00", "2026-03-28T13:00", "2026-03-29T01:30"),  # summer time
        (rule("hours"), "2026-11-22T09:00", "2026-11-22T10:00", None),
    ],
)
def test_the_next_turn(given: dict[str, Any], last: str | None, now: str, due: str | None) -> None:
    found = next_turn(given, None if last is None else at(last), at(now), BERLIN)

    assert found == (None if due is None else at(due))


class Links:
    """A schedule, and what it does, in a time of the test's own."""

    def __init__(self, given: dict[str, Any], last: str | None, now: str) -> None:
        self.given, self.now = given, at(now)
        self.turns: list[datetime] = []
        self.kept: list[datetime] = []
        self.follows: bool | None = None
        self.schedule = Schedule(
            lambda: self.given,
            lambda: "Europe/Berlin",
            follow=lambda follows: setattr(self, "follows", follows),
            turn=lambda: self.turns.append(self.now),
            last=None if last is None else at(last),
            began=self.kept.append,
            now=lambda: self.now,
        )

    def run(self, hours: float) -> None:
        """Looks as often as the schedule itself asks for."""
        end = self.now + timedelta(hours=hours)
        while self.now < end:
            self.now += timedelta(seconds=self.schedule.apply())


def test_every_half_hour_is_48_turns_a_day_and_each_is_kept() -> None:
    links = Links(rule("every", 30), "2026-11-22T00:00", "2026-11-22T00:00")
    links.run(24.01)

    assert len(links.turns) == 48
    assert links.kept == links.turns
    assert links.follows is False


def test_a_turn_that_was_missed_while_the_node_was_off_is_made_up_for_once() -> None:
    links = Links(rule("hours", hours=["08:00", "18:00"]), "2026-11-18T09:00", "2026-11-22T12:00")
    links.run(1)

    assert len(links.turns) == 1
    assert links.schedule.next == at("2026-11-22T17:00")


def test_sync_now_runs_under_every_rule_and_moves_the_next_turn_of_an_interval_only() -> None:
    links = Links(rule("hours", hours=["18:00"]), "2026-11-22T09:00", "2026-11-22T16:50")
    links.schedule.by_hand()
    links.run(0.5)
    assert [turn.strftime("%H:%M") for turn in links.turns] == ["16:50", "17:00"]

    links.given = rule("manual")
    links.run(48)
    links.schedule.by_hand()
    assert len(links.turns) == 3


def test_back_to_always_the_links_follow() -> None:
    links = Links(rule("manual"), None, "2026-11-22T10:00")
    links.schedule.apply()
    assert links.follows is False
    links.given = rule("always")
    links.schedule.apply()
    assert links.follows is True
    assert links.turns == []


# -- a real node behind a line that counts -----------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as hub:
        provision(hub.url, terminals=[{"id": "s1-t1", "password": "s1-t1-password-of-tests"}], iterations=1000)
        yield hub


@pytest.fixture
def line(hub: Hub) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{hub.port}") as line:
        yield line


def terminal(path: Path, line: FaultProxy) -> Node:
    path.mkdir(exist_ok=True)
    node_config.write_secret(path, "central", "s1-t1-password-of-tests")
    config = NodeConfig("terminal", "s1-t1", store="s1", central_url=line.url, central_user="s1-t1")
    return Node(path, config)


def settings(mode: str, **values: Any) -> dict[str, Any]:
    return {
        "_id": "settings:terminal:s1-t1",
        "type": "settings",
        "schema": 1,
        "scope": "terminal:s1-t1",
        "values": {"sync": rule(mode), **values},
    }


def at_the_hub(hub: Hub) -> list[str]:
    rows = requests.get(f"{hub.url}/store-s1/_all_docs", timeout=10).json()["rows"]
    return [row["id"] for row in rows if not row["id"].startswith("_design/")]


def test_by_hand_nothing_leaves_until_a_person_asks_and_the_links_rest_again(
    hub: Hub, line: FaultProxy, tmp_path: Path
) -> None:
    with terminal(tmp_path / "t", line) as node:
        wait_until(lambda: node.sync_status()["state"] == "idle")
        node.company.put(settings("manual"))
        wait_until(lambda: node.sync_status()["state"] == "resting")
        node.store_db.put({"_id": "a", "type": "note"})
        asked = line.count()
        wait_until(lambda: node.sync_status()["unsent"] >= 1)
        assert line.count() - asked == 0
        assert at_the_hub(hub) == []

        node.sync_now()
        wait_until(lambda: at_the_hub(hub) == ["a"])
        wait_until(lambda: (node.sync_status()["state"], node.sync_status()["unsent"]) == ("resting", 0))
        assert node.contact().online


def test_a_change_that_head_office_made_holds_as_soon_as_it_arrives(hub: Hub, line: FaultProxy, tmp_path: Path) -> None:
    with terminal(tmp_path / "t", line) as node:
        wait_until(lambda: node.sync_status()["state"] == "idle")
        requests.post(f"{hub.url}/company", json=settings("every"), timeout=10).raise_for_status()
        wait_until(lambda: node.sync_status()["schedule"]["mode"] == "every")
        wait_until(lambda: node.sync_status()["state"] == "resting")
        assert node.sync_status()["schedule"]["next"] is not None
        doc = requests.get(f"{hub.url}/company/settings:terminal:s1-t1", timeout=10).json()
        doc["values"]["sync"] = rule("always")
        requests.post(f"{hub.url}/company", json=doc, timeout=10).raise_for_status()
        node.sync_now()  # which brings the new rule
        wait_until(lambda: node.sync_status()["schedule"]["mode"] == "always")
        node.store_db.put({"_id": "b", "type": "note"})
        wait_until(lambda: at_the_hub(hub) == ["b"])


def test_a_turn_that_meets_a_cut_line_is_made_up_for_when_it_is_back(
    hub: Hub, line: FaultProxy, tmp_path: Path
) -> None:
    with terminal(tmp_path / "t", line) as node:
        node.company.put(settings("manual"))
        node.store_db.put({"_id": "a", "type": "note"})
        wait_until(lambda: node.sync_status()["state"] == "resting")
        line.cut()
        node.sync_now()
        wait_until(lambda: node.sync_status()["state"] == "waiting")
        line.restore()
        wait_until(lambda: at_the_hub(hub) == ["a"])
        wait_until(lambda: node.sync_status()["state"] == "resting")


def test_a_till_knows_its_central_over_a_restart_and_says_when_selling_stops(
    hub: Hub, line: FaultProxy, tmp_path: Path
) -> None:
    with terminal(tmp_path / "t", line) as node:
        wait_until(lambda: node.sync_status()["state"] == "idle")
        known = node.till.desk.contact()
        assert known.online and known.ahead is not None and abs(known.ahead) < 2000
        assert node.sync_status()["contact"]["stops_at"] is None
        node.company.put(settings("always", offline_hours=12))
        line.cut()
        wait_until(lambda: not node.till.desk.contact().online)
    with terminal(tmp_path / "t", line) as again:
        contact = again.sync_status()["contact"]
        assert contact["last"] is not None
        last, stops = (datetime.fromisoformat(contact[name]) for name in ("last", "stops_at"))
        assert stops - last == timedelta(hours=12)
        assert not again.till.desk.contact().online
