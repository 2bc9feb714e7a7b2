"""Threads: writers, readers and those who wait, all at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.docs.database import Database
from app.docs.errors import Conflict, StoreError


def started(run: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_who_waits_is_woken_by_a_change(db: Database) -> None:
    seen: list[int] = []
    waiting = [started(lambda: seen.append(db.wait(0, 30))) for _ in range(5)]
    db.put({"_id": "a"})
    for thread in waiting:
        thread.join(30)
    assert seen == [1] * 5


def test_what_is_there_already_is_not_waited_for(db: Database) -> None:
    db.put({"_id": "a"})
    assert db.wait(0, 0) == 1
    assert db.wait(1, 0.01) == 1


def test_who_is_about_to_wait_when_the_end_is_told_waits_for_nothing(db: Database) -> None:
    ended = threading.Event()

    def told_late() -> bool:
        """The end comes, and its wake, while the one who waits is on its way into the wait."""
        if not ended.is_set():
            ended.set()
            waker.start()
        return ended.is_set()

    waker = threading.Thread(target=db.wake)
    waiting = started(lambda: db.wait(0, 600, told_late))
    waiting.join(30)
    waker.join(30)
    assert not waiting.is_alive()


def test_wake_and_close_end_the_waiting(path: Path) -> None:
    db = Database(path)
    seen: list[int] = []
    thread = started(lambda: seen.append(db.wait(0, 60)))
    while thread.is_alive():
        db.wake()
        thread.join(0.01)
    thread = started(lambda: seen.append(db.wait(0, 60)))
    db.close()
    thread.join(30)
    assert seen == [0, 0]
    db.close()
    with pytest.raises(StoreError, match="is closed"):
        db.put({"_id": "a"})
    with pytest.raises(StoreError, match="is closed"):
        db.get("a")


def test_a_change_that_was_rolled_back_wakes_nobody(db: Database) -> None:
    told: list[int] = []
    db.on_change(lambda: told.append(db.last_n))
    with pytest.raises(KeyError), db.transaction():
        db.put({"_id": "a"})
        assert db.last_n == 1
        assert ThreadPoolExecutor(1).submit(lambda: db.last_n).result() == 0, "not committed: not seen by others"
        raise KeyError
    assert (db.last_n, told) == (0, [])


def test_many_edit_one_document_and_no_edit_is_lost(db: Database) -> None:
    db.put({"_id": "counter", "n": 0})

    def count() -> None:
        for _ in range(25):
            while True:
                doc = db.get("counter")
                try:
                    db.put({**doc, "n": doc["n"] + 1})
                    break
                except Conflict:
                    continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: count(), range(8)))
    assert db.get("counter")["n"] == 200
    assert db.get("counter")["_rev"].startswith("201-")


def test_a_follower_sees_each_document_in_order_while_eight_write(db: Database) -> None:
    seen: list[str] = []
    done = threading.Event()

    def follow() -> None:
        since = "0"
        while len(seen) < 400:
            page = db.changes_json(since, limit=7, include_docs=True)
            seen.extend(row["id"] for row in page.parsed().rows)
            since = page.last_seq
            if not page.rows and done.is_set() and db.last_n == page.last_n:
                return
            if not page.rows:
                db.wait(page.last_n, 5)

    def write(writer: int) -> None:
        for n in range(50):
            db.bulk_docs([{"_id": f"{writer}-{n}", "text": "x" * 100}])

    follower = started(follow)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    done.set()
    follower.join(60)
    assert sorted(seen) == sorted(f"{writer}-{n}" for writer in range(8) for n in range(50)), "each once"
    assert db.verify() == []


def test_a_reader_sees_one_commit_whole(db: Database) -> None:
    """Two documents that change together are never seen apart."""
    db.bulk_docs([{"_id": "left", "n": 0}, {"_id": "right", "n": 0}])
    stop = threading.Event()

    def write() -> None:
        for n in range(1, 60):
            with db.transaction():
                for id in ("left", "right"):
                    db.put({**db.get(id), "n": n})
                    time.sleep(0)
        stop.set()

    thread = started(write)
    while not stop.is_set():
        left, right = (entry["docs"][0]["ok"]["n"] for entry in db.bulk_get([{"id": "left"}, {"id": "right"}]))
        assert left == right
    thread.join()


def test_readers_beyond_the_bound_wait_for_their_turn(db: Database) -> None:
    db.put({"_id": "a"})
    with ThreadPoolExecutor(30) as pool:
        assert all(pool.map(lambda _: db.get("a")["_id"] == "a", range(300)))
