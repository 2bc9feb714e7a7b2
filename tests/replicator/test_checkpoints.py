"""Logs on both sides: how they are compared, when they are written, what a crash between them costs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs.database import Database
from app.replicator import Options, open_peer, replicate
from app.replicator.checkpoint import MAX_HISTORY, Progress, compare, compare_histories, thin
from app.replicator.errors import Denied, StartOver
from app.replicator.local import LocalPeer
from app.replicator.replication import Replication
from tests.replicator.conftest import fill, trees


def log(*entries: tuple[str, Any]) -> dict[str, Any]:
    history = [{"session_id": session, "recorded_seq": seq} for session, seq in entries]
    return {"session_id": entries[0][0], "source_last_seq": entries[0][1], "history": history}


def test_equal_sessions_go_on_from_the_last_sequence() -> None:
    assert compare(log(("s2", 20), ("s1", 10)), log(("s2", 20), ("s1", 10))).since == 20


def test_with_equal_sessions_the_nodes_own_log_counts() -> None:
    ours, theirs = log(("s", 10)), log(("s", 20))
    assert compare(ours, theirs, own="source").since == 10
    assert compare(theirs, ours, own="target").since == 10


def test_a_missing_log_on_either_side_starts_from_the_beginning() -> None:
    assert compare(None, log(("s", 5))).since == 0
    assert compare(log(("s", 5)), None).since == 0
    assert compare(None, None).since == 0


def test_the_newest_session_that_both_know_counts() -> None:
    source = log(("s3", 30), ("s2", 20), ("s1", 10))
    assert compare(source, log(("s2", 20), ("s1", 10))).since == 20
    assert compare(log(("s2", 20), ("s1", 10)), source).since == 20


def test_no_session_in_common_starts_from_the_beginning() -> None:
    assert compare(log(("a", 1), ("b", 2)), log(("c", 3), ("d", 4))).since == 0


def test_a_common_session_is_found_behind_others_on_both_sides() -> None:
    source = log(("x2", 50), ("x1", 40), ("s", 7))
    target = log(("y3", 90), ("y2", 80), ("y1", 60), ("s", 7))
    found = compare(source, target)
    assert found.since == 7
    assert [entry["session_id"] for entry in found.history] == ["s"]


def test_logs_without_session_ids_have_nothing_in_common() -> None:
    assert compare({"history": [{"recorded_seq": 5}]}, {"history": [{"recorded_seq": 5}]}).since == 0


def histories(count: int) -> list[list[dict[str, Any]]]:
    """A log's history after each of `count` checkpoints."""
    made: list[list[dict[str, Any]]] = [[]]
    for number in range(1, count + 1):
        entry = {"session_id": f"s{number}", "checkpoint": number, "recorded_seq": number}
        made.append(thin([entry, *made[-1]]))
    return made


HISTORIES = histories(5000)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_an_old_copy_of_a_log_and_todays_always_have_an_entry_in_common(one: int, another: int) -> None:
    then, now = sorted((one, another))
    assert len(HISTORIES[now]) <= MAX_HISTORY
    since = compare_histories(HISTORIES[now], HISTORIES[then]).since
    assert isinstance(since, int)
    assert then / 2 < since <= then


@given(st.permutations(range(12)))
def test_a_checkpoint_never_passes_unfinished_work(order: list[int]) -> None:
    progress = Progress(0)
    tokens = [progress.begin(f"seq{n}") for n in range(12)]
    finished: set[int] = set()
    for n in order:
        progress.done(tokens[n])
        finished.add(n)
        whole = next((i for i in range(12) if i not in finished), 12)
        assert progress.through == (f"seq{whole - 1}" if whole else 0)
    assert progress.under_way == 0


def test_a_run_goes_on_where_the_last_one_ended(db: Database, central: str) -> None:
    fill(db, 10)
    replicate(db, central)
    fill(db, 3, start=10)
    result = replicate(db, central)
    assert result.start_last_seq != 0
    assert result.stats.docs_read == 3


def test_a_run_that_wrote_nothing_still_moves_its_log(db: Database, other: Database, central: str) -> None:
    fill(db, 10)
    replicate(db, central)
    replicate(db, other)
    replicate(other, central)
    assert replicate(other, central).stats.missing_checked == 0


def test_each_run_adds_to_the_history_and_fifty_are_kept(db: Database, other: Database) -> None:
    for n in range(60):
        fill(db, 1, start=n)
        result = replicate(db, other)
    stored = db.get_local(result.replication_id)
    assert stored is not None
    assert 20 < len(stored["history"]) <= MAX_HISTORY
    assert stored["history"][0]["session_id"] == stored["session_id"]
    assert other.get_local(result.replication_id)["history"] == stored["history"]  # type: ignore[index]


@pytest.mark.parametrize("lost", ["source", "target"])
def test_a_crash_between_the_two_writes_of_a_checkpoint_repeats_a_little_and_loses_nothing(
    db: Database, other: Database, lost: str
) -> None:
    fill(db, 5)
    first = replicate(db, other)
    side = db if lost == "source" else other
    before = side.get_local(first.replication_id)
    assert before is not None
    fill(db, 5, start=5)
    replicate(db, other)
    side.put_local(first.replication_id, {key: value for key, value in before.items() if key != "_rev"})
    fill(db, 5, start=10)
    result = replicate(db, other)
    assert result.start_last_seq == before["source_last_seq"]
    assert trees(db) == trees(other)


def test_a_log_that_someone_else_wrote_stops_the_checkpoint_and_the_run_starts_over(
    db: Database, other: Database
) -> None:
    fill(db, 5)
    run = Replication(LocalPeer(db), LocalPeer(other))
    run.open()
    run.catch_up()
    other.put_local(run.id, {"session_id": "stranger", "history": []})
    with pytest.raises(StartOver):
        run.checkpoint()
    assert db.get_local(run.id) is None
    run.reset()
    run.once()
    assert db.get_local(run.id)["session_id"] == other.get_local(run.id)["session_id"]  # type: ignore[index]


class ReadOnly(LocalPeer):
    """A source that takes no logs."""

    def put_local(self, id: str, doc: Any) -> str:
        raise Denied("You may only read.", status=403, error="forbidden")


def test_a_read_only_source_has_its_log_at_the_target_alone(db: Database, other: Database) -> None:
    fill(db, 5)
    source = ReadOnly(db)
    replicate(source, other)
    fill(db, 2, start=5)
    result = replicate(source, other)
    assert result.stats.missing_checked == 2
    assert trees(db) == trees(other)


def test_a_target_made_anew_gets_everything_again(db: Database, hub: Any) -> None:
    hub.node.directory.create("shop")
    fill(db, 20)
    replicate(db, f"{hub.url}/shop")
    hub.node.directory.delete("shop")
    hub.node.directory.create("shop")
    result = replicate(db, f"{hub.url}/shop")
    assert result.stats.docs_written == 20


def test_without_checkpoints_nothing_is_kept(db: Database, other: Database) -> None:
    fill(db, 5)
    result = replicate(db, other, options=Options(use_checkpoints=False))
    assert result.stats.docs_written == 5
    assert db.get_local(result.replication_id) is None


def test_since_seq_starts_there(db: Database, other: Database) -> None:
    fill(db, 5)
    since = db.update_seq
    fill(db, 2, start=5)
    result = replicate(db, other, options=Options(since_seq=since))
    assert result.stats.docs_written == 2


def test_a_very_long_sequence_is_sent_back_as_it_came(db: Database, other: Database) -> None:
    peer = open_peer("http://127.0.0.1:1/x")
    from app.replicator.remote import encode_since

    assert encode_since("26-g1AAA+/=" * 500).count("%2B") == 500
    assert encode_since([5, "abc"]) == "%5B5%2C%22abc%22%5D"
    assert encode_since(17) == "17"
    peer.close()


def test_the_id_of_a_replication_is_that_of_its_ends_and_its_filter(db: Database, other: Database) -> None:
    from app.replicator.ids import replication_id
    from app.replicator.peer import Filter

    def id(url: str, **filter: Any) -> str:
        peer = open_peer(url)
        try:
            return replication_id(LocalPeer(db), peer, Filter(**filter))
        finally:
            peer.close()

    plain = id("http://till:one@central.example:5984/shop")
    assert plain == id("https://till:two@central.example/shop")
    assert plain != id("http://till:one@central.example:5985/shop")
    assert plain != id("http://till:one@central.example:5984/other")
    assert plain != id("http://till:one@central.example:5984/shop", doc_ids=("a",))
    assert id("http://c.example/s", doc_ids=("a", "b")) == id("http://c.example/s", doc_ids=("b", "a"))
    assert id("http://c.example/s", selector={"a": 1, "b": 2}) == id("http://c.example/s", selector={"b": 2, "a": 1})
    assert plain != replication_id(LocalPeer(db), LocalPeer(other))
