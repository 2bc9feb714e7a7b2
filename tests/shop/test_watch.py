"""Tasks about machines: written once, closed by themselves, and another one the next time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.directory import Directory
from app.shop import schemas, tasks, watch
from app.shop.indexes import indexes_for

FIRST, SECOND = "2026-11-22T10:00:00.000Z", "2026-11-29T10:00:00.000Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    with Directory(tmp_path, indexes_for=indexes_for) as directory:
        yield directory.create("store-s1")


def full(since: str) -> watch.Finding:
    return watch.Finding(watch.DISK, "s1-t1", since)


def keep(store: Any, *findings: watch.Finding) -> list[str]:
    return watch.keep(store, findings, lambda found: found.node == "s1-t1", on="s1-t1")


def test_a_finding_is_one_task_however_often_it_is_found_and_a_valid_document(store: Any) -> None:
    assert keep(store, full(FIRST)) == [f"task:disk_low:s1-t1:{FIRST}"]
    assert keep(store, full(FIRST)) == []

    [doc] = tasks.tasks(store)
    schemas.read({key: value for key, value in doc.items() if key != "database"})


def test_two_nodes_write_the_same_revision(store: Any, tmp_path: Path) -> None:
    with Directory(tmp_path / "other", indexes_for=indexes_for) as directory:
        other = directory.create("store-s1")
        keep(store, full(FIRST))
        keep(other, full(FIRST))

        assert tasks.tasks(store)[0]["_rev"] == tasks.tasks(other)[0]["_rev"]


def test_what_is_over_closes_itself_and_the_next_time_is_another_task(store: Any) -> None:
    keep(store, full(FIRST))
    keep(store)
    assert tasks.tasks(store) == []
    keep(store, full(SECOND))

    assert [doc["about"] for doc in tasks.tasks(store)] == [f"s1-t1:{SECOND}"]
    assert [doc["about"] for doc in tasks.tasks(store, done=True)] == [f"s1-t1:{FIRST}"]


def test_what_a_person_closed_stays_closed_while_it_lasts(store: Any) -> None:
    keep(store, full(FIRST))
    tasks.finish(store, f"task:disk_low:s1-t1:{FIRST}", on="office")

    assert keep(store, full(FIRST)) == []
    assert tasks.tasks(store) == []


def test_another_nodes_task_is_left_to_it(store: Any) -> None:
    other = watch.Finding(watch.DISK, "s1-t2", FIRST)
    watch.keep(store, [other], lambda found: True, on="s1-t2")

    assert keep(store) == []
    assert [doc["about"] for doc in tasks.tasks(store)] == [f"s1-t2:{FIRST}"]
