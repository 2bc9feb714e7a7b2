"""The central's clock, as its answers tell it."""

from __future__ import annotations

import email.utils
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.replicator.clock import JUMP, KEPT, SLOW, CentralClock
from app.replicator.link import Link
from app.replicator.supervisor import MemorySettings, Supervisor
from tests.support.hub import Hub
from tests.support.process import wait_until
from tests.support.proxy import FaultProxy

NOON = 1_800_000_000.0


class Machine:
    """A machine whose clock a person may set, while the steady one goes on."""

    def __init__(self) -> None:
        self.steady, self.wall = 100.0, NOON

    def passes(self, seconds: float) -> None:
        self.steady += seconds
        self.wall += seconds

    def clock(self, settings: Any = None) -> CentralClock:
        return CentralClock(settings, steady=lambda: self.steady, wall=lambda: self.wall)


def answer(machine: Machine, clock: CentralClock, ahead: float, took: float = 0.1) -> None:
    """The central, whose clock is `ahead` seconds of the right one, answers."""
    began = clock.now()
    machine.passes(took / 2)
    date = email.utils.formatdate(int(NOON + machine.steady - 100 + ahead), usegmt=True)
    machine.passes(took / 2)
    clock.answered(began, date)


def test_a_central_that_goes_right_is_ahead_by_less_than_a_second() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(20):
        answer(machine, clock, 0)
        machine.passes(1.37)

    assert clock.ahead is not None and abs(clock.ahead) < 1000


def test_a_day_ahead_is_a_day_ahead() -> None:
    machine = Machine()
    clock = machine.clock()
    answer(machine, clock, 86_400)

    assert clock.ahead is not None and abs(clock.ahead - 86_400_000) < 1000


def test_setting_this_machines_clock_shows_at_once_without_another_answer() -> None:
    machine = Machine()
    clock = machine.clock()
    answer(machine, clock, 0)
    machine.wall -= 3600

    assert clock.ahead is not None and abs(clock.ahead - 3_600_000) < 1000


def test_a_slow_answer_tells_that_the_central_is_there_and_nothing_of_its_clock() -> None:
    machine = Machine()
    clock = machine.clock()
    answer(machine, clock, 500, took=SLOW + 0.1)

    assert clock.ahead is None
    assert clock.last is not None and clock.silence == 0


def test_one_odd_answer_among_many_moves_nothing_and_a_jump_counts_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(KEPT):
        answer(machine, clock, 0)
    answer(machine, clock, JUMP - 2)
    assert clock.ahead is not None and abs(clock.ahead) < 1500

    answer(machine, clock, 600)
    assert abs(clock.ahead - 600_000) < 1000


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 99 Jan 2026 00:00:00 GMT"])
def test_an_answer_without_a_time_that_can_be_read_is_only_a_sign_of_life(date: str | None) -> None:
    clock = Machine().clock()
    clock.answered(clock.now(), date)

    assert clock.ahead is None
    assert clock.last is not None


def test_when_the_central_was_last_heard_survives_the_process() -> None:
    machine, settings = Machine(), MemorySettings()
    machine.clock(settings).heard()
    machine.passes(7200)
    again = machine.clock(settings)

    assert again.last is not None and again.last.timestamp() == NOON
    assert again.silence is None


def test_the_answers_of_a_replication_tell_the_time_and_a_page_of_a_proxy_does_not(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub, FaultProxy(f"{hub.url}/company") as line:
        line.answer(200, "<html>Welcome to our hotel</html>", {"Date": "Thu, 01 Jan 2026 00:00:00 GMT"})
        hub.node.database("company")
        own = Database(tmp_path / "own.db", create=True)
        supervisor = Supervisor(path=tmp_path)
        supervisor.add(Link("pull company", line.url, own, "pull", "company"))
        supervisor.start()
        try:
            wait_until(lambda: supervisor.status()[0].state == "waiting")
            assert supervisor.clock.last is None
            line.clear()
            supervisor.sync_now()
            wait_until(lambda: supervisor.status()[0].state == "idle")
            assert supervisor.clock.ahead is not None and abs(supervisor.clock.ahead) < 2000
            assert supervisor.clock.last is not None
        finally:
            supervisor.stop()
            own.close()
