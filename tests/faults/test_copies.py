"""Disk images of a terminal: run twice, or brought back from last week. Every sale counts, and the incident is told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.rig import Hub, Terminal, copy, in_step, prove, verify
from tests.support.process import wait_until


def central(hub: Hub, id: str = "s1-t1") -> str:
    return f"http://{id}:{hub.passwords[id]}@127.0.0.1:{hub.port}"


def incidents(hub: Any, kind: str, store: str = "s1") -> list[dict[str, object]]:
    """The incidents of a kind at a central that has a `url`."""
    query = {"startkey": f'"incident:{kind}:"', "endkey": f'"incident:{kind}:~"', "include_docs": "true"}
    rows = requests.get(f"{hub.url}/store-{store}/_all_docs", params=query, timeout=30).json()["rows"]
    return [row["doc"] for row in rows]


def test_two_clones_that_sell_the_same_number_both_count_and_the_incident_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sold = {}
    with Hub(tmp_path / "hub", terminals=("s1-t1",)) as hub:
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as first:
            sold["one"] = first.sell("one")
            in_step(hub, first)
            first.stop()
        copy(tmp_path / "a", tmp_path / "b")
        hub.process.stop()  # neither hears of the other before both have sold
        with (
            Terminal(tmp_path / "a", "s1-t1", central(hub)) as original,
            Terminal(tmp_path / "b", "s1-t1", central(hub)) as clone,
        ):
            sold["two"], sold["three"] = original.sell("two"), clone.sell("three", 250)
            assert (sold["two"]["series"], sold["two"]["number"]) == (sold["three"]["series"], sold["three"]["number"])
            hub.start()
            for terminal in (original, clone):
                terminal.sync_now()
            in_step(hub, original, clone)
            wait_until(lambda: incidents(hub, "number"), what="the incident is a document at the central")
            # From now on each goes its own way.
            sold["four"], sold["five"] = original.sell("four"), clone.sell("five")
            orders = in_step(hub, original, clone)
        assert len({(order["series"], order["number"]) for order in (sold["four"], sold["five"])}) == 2
        prove(orders, sold, set(sold))
        assert len(incidents(hub, "number")) == 1
    for path in (tmp_path / "a", tmp_path / "b", tmp_path / "hub"):
        assert verify(path) == 1
        assert "was given twice: a terminal was copied. Both sales count." in capsys.readouterr().out


def test_a_terminal_restored_from_an_old_copy_starts_a_new_series_when_its_own_later_sales_arrive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sold = {}
    with Hub(tmp_path / "hub", terminals=("s1-t1",)) as hub:
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as terminal:
            sold["one"] = terminal.sell("one")
            terminal.stop()
        copy(tmp_path / "a", tmp_path / "backup")
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as terminal:
            sold["two"], sold["three"] = terminal.sell("two"), terminal.sell("three")
            in_step(hub, terminal)
            terminal.kill()
        shutil.rmtree(tmp_path / "a")
        copy(tmp_path / "backup", tmp_path / "a")
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as restored:
            in_step(hub, restored)
            sold["four"] = restored.sell("four")
            orders = in_step(hub, restored)
            wait_until(lambda: incidents(hub, "behind"), what="the incident is a document at the central")
            restored.stop()
    assert sold["four"]["series"] != sold["three"]["series"] and sold["four"]["number"] == 1
    prove(orders, sold, set(sold))
    assert verify(tmp_path / "a") == 1
    assert "further than it knew" in capsys.readouterr().out


def test_the_open_window_tells_a_restored_terminal_that_it_is_behind_while_the_line_is_down(tmp_path: Path) -> None:
    sold = {}
    with Hub(tmp_path / "hub", terminals=("s1-t1",)) as hub:
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as terminal:
            sold["one"] = terminal.sell("one")
            terminal.stop()
        copy(tmp_path / "a", tmp_path / "backup")
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as terminal:
            sold["two"], sold["three"] = terminal.sell("two"), terminal.sell("three")
            window = terminal.get("/api/state")["seen"]
            in_step(hub, terminal)
        hub.process.stop()
        shutil.rmtree(tmp_path / "a")
        copy(tmp_path / "backup", tmp_path / "a")
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as restored:
            sold["four"] = restored.sell("four", seen=window)
            assert sold["four"]["series"] != window["series"]
            hub.start()
            restored.sync_now()
            prove(in_step(hub, restored), sold, set(sold))
            restored.stop()


def test_a_sale_repeated_after_a_restore_is_told_as_written_twice_and_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Hub(tmp_path / "hub", terminals=("s1-t1",)) as hub:
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as terminal:
            terminal.sell("one")
            terminal.stop()
        copy(tmp_path / "a", tmp_path / "backup")
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as terminal:
            window = terminal.get("/api/state")["seen"]
            terminal.sell("two")  # the answer is lost: the window asks again, of the restored terminal
            in_step(hub, terminal)
        hub.process.stop()
        shutil.rmtree(tmp_path / "a")
        copy(tmp_path / "backup", tmp_path / "a")
        with Terminal(tmp_path / "a", "s1-t1", central(hub)) as restored:
            again = restored.sell("two", seen=window)
            assert restored.sell("two") == again
            hub.start()
            restored.sync_now()
            in_step(hub, restored)
            wait_until(
                lambda: incidents(hub, "sale") or incidents(hub, "number"), what="the incident is at the central"
            )
            in_step(hub, restored)
    assert verify(tmp_path / "a") == 1
    said = capsys.readouterr().out
    assert "twice" in said
