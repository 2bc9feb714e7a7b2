"""A node watches itself, head office the others: what lasts is a task, once, and closes itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.node import Node, NodeConfig, health
from app.node.report import seen
from app.shop import tasks, watch
from app.shop.settings_edit import set_values
from tests.web.till.shopfront import stock


def ago(hours: float) -> str:
    moment = datetime.now(UTC) - timedelta(hours=hours)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Node]:
    with Node(tmp_path / "s1-t1", NodeConfig(kind="terminal", id="s1-t1", store="s1")) as node:
        stock(node.company)
        yield node


class Office:
    """Head office with reports as a central would give them."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.reports: list[dict[str, Any]] = []
        self.at: datetime | None = datetime.now(UTC)
        node.reports_read = lambda: (self.reports, self.at)  # type: ignore[method-assign]

    def open(self) -> list[str]:
        self.node.watching.turn()
        return [doc["_id"] for doc in tasks.tasks(self.node.company, self.node.directory.get("store-s1"))]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Node(tmp_path / "office", NodeConfig(kind="office", id="office")) as node:
        stock(node.company)
        node.database("store-s1")
        yield Office(node)


def terminal(hours: float, **more: Any) -> dict[str, Any]:
    return {"node": "s1-t2", "kind": "terminal", "store": "s1", "time": ago(hours), **more}


def look(node: Node, monkeypatch: pytest.MonkeyPatch, **checks: dict[str, Any]) -> dict[str, str]:
    """The findings of a node whose checks say this."""
    told = node.health.look()
    for name, values in checks.items():
        told["checks"][name] = {**told["checks"][name], **values}
    monkeypatch.setattr(node.health, "look", lambda: told)
    return node.watching.findings(told)


def test_a_node_without_trouble_has_no_finding_and_is_well(till: Node) -> None:
    till.health.probe()
    told = till.health.look()

    assert (told["status"], told["node"], told["kind"], told["store"]) == ("ok", "s1-t1", "terminal", "s1")
    assert {check["level"] for check in told["checks"].values()} == {"ok"}
    assert till.watching.findings(told) == {}
    assert till.health.up()


def test_a_disk_that_can_t_be_written_is_down_until_it_can(till: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(key: str, value: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(till.state, "set", full)
        till.health.probe()
    assert (till.health.look()["status"], till.health.up()) == ("down", False)
    assert till.health.look()["checks"]["databases"]["fault"] == "database or disk is full"
    till.health.probe()
    assert till.health.up()


def test_too_little_disk_is_down_and_little_is_a_task_that_closes_itself(
    till: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [health.FLOOR - 1]
    usage = type("Usage", (), {"total": 10**12, "free": property(lambda self: free[0])})()
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage)
    assert till.health.look()["status"] == "down" and not till.health.up()
    free[0] = 400 << 20
    assert till.health.look()["status"] == "warn" and till.health.up()

    till.watching.turn()
    [task] = tasks.tasks(till.store_db)
    assert (task["kind"], task["about"].partition(":")[0]) == ("disk_low", "s1-t1")
    free[0] = 510 << 20  # above the limit, but not by much: the same task
    till.watching.turn()
    till.watching.turn()
    assert [doc["_id"] for doc in tasks.tasks(till.store_db)] == [task["_id"]]
    free[0] = 700 << 20
    till.watching.turn()
    assert tasks.tasks(till.store_db) == []
    free[0] = 400 << 20
    till.watching.turn()
    assert [doc["_id"] for doc in tasks.tasks(till.store_db)] != [task["_id"]]


def test_when_it_began_is_kept_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = NodeConfig(kind="terminal", id="s1-t1", store="s1")
    with Node(tmp_path, config) as node:
        first = look(node, monkeypatch, clock={"ahead": -400_000})
        assert list(first) == ["clock_wrong"]
    with Node(tmp_path, config) as node:
        assert look(node, monkeypatch, clock={"ahead": -400_000}) == first
        assert look(node, monkeypatch, clock={"ahead": None}) == first  # nobody can say that it is right
        assert look(node, monkeypatch, clock={"ahead": 250_000}) == first  # hardly better
        assert look(node, monkeypatch, clock={"ahead": 20}) == {}


def test_a_document_refused_for_a_day_and_a_central_away_for_one_are_tasks(
    till: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = {"linked": True, "online": False}
    assert look(till, monkeypatch, refused={"since": ago(23)}, central={**away, "last": ago(23)}) == {}
    since = ago(25)
    assert look(till, monkeypatch, refused={"since": since}, central={**away, "last": since}) == {
        "refused_waits": since,
        "central_away": since,
    }
    assert look(till, monkeypatch, refused={"since": None}, central={"online": True, "last": ago(0)}) == {}


def test_settings_say_when_and_whether(till: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    set_values(till.company, "all", {"refused_hours": 2, "away_hours": 0}, by=None, on="office")
    since = ago(3)

    found = look(till, monkeypatch, refused={"since": since}, central={"linked": True, "last": ago(999)})

    assert found == {"refused_waits": since}


def test_a_terminal_gone_silent_is_one_task_in_its_store_until_it_speaks(office: Office) -> None:
    office.reports = [terminal(47)]
    assert office.open() == []
    office.reports = [terminal(49)]
    last = office.reports[0]["time"]
    assert office.open() == [f"task:terminal_silent:s1-t2:{last}"] == office.open()
    assert tasks.tasks(office.node.company) == []
    office.reports = [terminal(0)]
    assert office.open() == []


def test_silence_is_not_told_while_head_office_itself_hears_nothing(office: Office) -> None:
    office.reports = [terminal(49)]
    assert len(office.open()) == 1
    office.reports, office.at = [], None  # just started, no line yet
    assert len(office.open()) == 1
    office.reports, office.at = [terminal(90)], datetime.now(UTC) - timedelta(hours=60)
    assert office.open() == []  # 30 hours, when it was last looked at


def test_a_terminal_with_a_wrong_clock_is_not_silent(office: Office) -> None:
    report = terminal(100, ahead=100 * 3_600_000)
    moment = seen(report)
    assert moment is not None and abs((moment - datetime.now(UTC)).total_seconds()) < 60
    office.reports = [report]
    assert office.open() == []


def test_a_terminal_out_of_service_or_with_a_setting_of_its_own_is_not_waited_for(office: Office) -> None:
    office.reports = [terminal(49)]
    set_values(office.node.company, "terminal:s1-t2", {"silent_hours": 0}, by=None, on="office")
    assert office.open() == []
    set_values(office.node.company, "terminal:s1-t2", {"silent_hours": 12}, by=None, on="office")
    assert len(office.open()) == 1
    store = office.node.directory.get("store-s1")
    store.put({"_id": "terminal:s1-t2", "type": "terminal", "schema": 1, "terminal": "s1-t2", "inactive": True})
    office.node.watching._kept.clear()
    assert office.open() == []


def test_what_a_hub_tells_of_itself_is_a_task_at_head_office(office: Office) -> None:
    since = ago(1)
    office.reports = [{"node": "hub", "kind": "hub", "time": ago(0), "findings": {"disk_low": since, "new": since}}]
    assert office.open() == [f"task:disk_low:hub:{since}"]
    office.reports = [{"node": "hub", "kind": "hub", "time": ago(0), "findings": {}}]
    assert office.open() == []


def test_rules_at_the_central_that_are_not_ours_are_a_task_until_they_are(office: Office) -> None:
    told: list[list[str] | None] = [None]
    office.node.central_view = type("View", (), {"outdated": lambda self: told[0]})()
    assert office.open() == []
    told[0] = ["abc"]
    assert office.open() == ["task:designs_outdated:central:abc"]
    told[0] = None  # not known now
    assert len(office.open()) == 1
    told[0] = []
    assert office.open() == []


def test_a_hub_tells_of_itself_where_the_reports_are(tmp_path: Path) -> None:
    with Node(tmp_path, NodeConfig(kind="hub", id="hub")) as node:
        node.database("company")
        node.watching.turn()

        told = node.database("company").get_local("couchtill.node.hub")

    assert told is not None
    assert (told["kind"], told["health"], told["findings"], told["incidents"]) == ("hub", "ok", {}, None)
    assert told["disk"]["free"] > 0


def test_what_is_wrong_has_words_of_its_own() -> None:
    from app.web import watch_words

    assert set(watch_words.WORDS) == set(watch.KINDS)


def test_a_certificate_that_ends_soon_is_a_task_until_it_is_renewed(till: Node, tmp_path: Path) -> None:
    from app.node import certificates

    office = tmp_path / "office"
    office.mkdir()
    soon = datetime.now(UTC) - timedelta(days=certificates.CA_DAYS - 20)
    certificates.make_authority(office, "Tea", now=soon)  # what it signs ends with it

    def renew() -> None:
        asked = certificates.request(till.path, "s1-t1", ["till1.local"])
        certificates.install(till.path, certificates.sign(office, asked))

    assert till.health.look()["checks"]["certificate"] == {"level": "ok", "ends": None}
    renew()
    till.watching.turn()
    [task] = tasks.tasks(till.store_db)
    assert task["kind"] == "certificate_ends"
    (office / "ca" / "ca.key").unlink()
    certificates.make_authority(office, "Tea")
    renew()
    till.watching.turn()
    assert tasks.tasks(till.store_db) == []
    assert till.health.look()["status"] == "ok"
