"""What every peer does, asked of it directly."""

from __future__ import annotations

import pytest

from app.replicator.errors import DatabaseMissing, NotFoundError
from app.replicator.peer import NO_FILTER, Filter, Peer, Want
from tests.contract.conftest import Place


def doc(id: str, rev: str, *ancestors: str, **body: object) -> dict[str, object]:
    generation, _, hash = rev.partition("-")
    revisions = {"start": int(generation), "ids": [hash, *(parent.partition("-")[2] for parent in ancestors)]}
    return {"_id": id, "_rev": rev, "_revisions": revisions, **body}


A1, A2, B2, C3 = "1-" + "a1" * 16, "2-" + "a2" * 16, "2-" + "b2" * 16, "3-" + "c3" * 16


def everything(peer: Peer) -> list[tuple[str, list[str], bool]]:
    page = peer.changes(0, limit=1000, bodies=False, filter=NO_FILTER)
    return sorted((row.id, sorted(row.revs, reverse=True), row.deleted) for row in page.rows())


def test_a_new_database_is_empty_and_says_so(peer: Peer) -> None:
    assert peer.exists()
    assert peer.info().empty
    assert everything(peer) == []


def test_creating_a_database_that_is_there_changes_nothing(peer: Peer) -> None:
    peer.write([doc("a", A1)])
    peer.create()
    assert everything(peer) == [("a", [A1], False)]


def test_a_database_that_is_not_there_is_missing_in_every_call(place: Place) -> None:
    if not place.remote:
        return
    from app.replicator import open_peer

    peer = open_peer(place.spec("nowhere"))
    assert not peer.exists()
    with pytest.raises(NotFoundError):
        peer.info()
    with pytest.raises(NotFoundError):
        peer.changes(0, limit=1, bodies=False, filter=NO_FILTER)
    if place.kind != "pouchdb_server":
        with pytest.raises(DatabaseMissing):
            peer.get_local("x")
    peer.close()


def test_what_is_written_is_in_the_feed_with_every_leaf(peer: Peer) -> None:
    assert peer.write([doc("a", A2, A1, n=1), doc("a", B2, A1, n=2), doc("b", A1)]) == []
    assert everything(peer) == [("a", [B2, A2], False), ("b", [A1], False)]


def test_the_winner_comes_first_in_a_row_of_the_feed(place: Place, peer: Peer) -> None:
    if place.kind == "pouchdb_server":
        return  # there the order is another; nothing of ours depends on it
    peer.write([doc("a", C3, B2, A1, _deleted=True), doc("a", A2, A1), doc("a", "2-" + "0" * 32, A1)])
    row = peer.changes(0, limit=10, bodies=False, filter=NO_FILTER).rows()[0]
    assert list(row.revs) == [A2, "2-" + "0" * 32, C3]


def test_writing_a_revision_again_changes_nothing(peer: Peer) -> None:
    peer.write([doc("a", A1, n=1)])
    seq = peer.changes(0, limit=10, bodies=False, filter=NO_FILTER).last_seq
    assert peer.write([doc("a", A1, n=1)]) == []
    assert peer.changes(seq, limit=10, bodies=False, filter=NO_FILTER).empty


def test_pages_follow_each_other_without_a_gap(peer: Peer) -> None:
    peer.write([doc(f"d{n}", A1, n=n) for n in range(25)])
    since, seen = 0, []
    while True:
        page = peer.changes(since, limit=10, bodies=True, filter=NO_FILTER)
        seen += [row.id for row in page.rows()]
        since = page.last_seq
        if page.ends(10):
            break
    assert sorted(seen) == sorted(f"d{n}" for n in range(25))
    assert len(seen) == 25


def test_a_feed_with_bodies_gives_only_what_can_be_written_as_it_is(peer: Peer) -> None:
    peer.write([doc("plain", A1, n=1), doc("edited", A2, A1), doc("gone", A1, _deleted=True)])
    peer.write([doc("forked", A1), doc("forked", "1-" + "ff" * 16)])
    bodies = {row.id: row.doc for row in peer.changes(0, limit=10, bodies=True, filter=NO_FILTER).rows()}
    assert bodies["plain"] is not None
    assert bodies["forked"] is None


def test_revs_diff_names_what_is_missing_and_what_came_before(place: Place, peer: Peer) -> None:
    peer.write([doc("a", A2, A1)])
    found = peer.revs_diff({"a": [A1, A2, C3], "b": [A1], "constructor": [A1]})
    assert C3 in found["a"].revs
    if place.kind != "pouchdb_server":  # which counts ancestors without a body as missing
        assert list(found["a"].revs) == [C3]
        assert list(found["a"].ancestors) == [A2]
    assert list(found["b"].revs) == [A1]
    assert list(found["constructor"].revs) == [A1]


def test_nothing_missing_is_an_empty_answer(peer: Peer) -> None:
    peer.write([doc("a", A1)])
    assert peer.revs_diff({"a": [A1]}) == {}


def test_fetch_gives_the_revisions_with_their_history(peer: Peer) -> None:
    peer.write([doc("a", A2, A1, n=1), doc("a", B2, A1, n=2)])
    found = {row["_rev"]: row for row in peer.fetch([Want("a", A2), Want("a", B2)])}
    assert set(found) == {A2, B2}
    assert found[A2]["n"] == 1
    assert found[A2]["_revisions"]["ids"][0] == "a2" * 16


def test_fetching_a_revision_that_was_edited_gives_its_descendant(peer: Peer) -> None:
    peer.write([doc("a", A1, n=1)])
    peer.write([doc("a", A2, A1, n=2)])
    assert [row["_rev"] for row in peer.fetch([Want("a", A1)])] == [A2]


def test_leaves_gives_every_branch_deleted_ones_too(peer: Peer) -> None:
    peer.write([doc("a", A2, A1, n=1), doc("a", B2, A1, _deleted=True)])
    found = {row["_rev"]: bool(row.get("_deleted")) for row in peer.leaves("a")}
    assert found == {A2: False, B2: True}
    assert peer.leaves("unknown") == []


def test_local_documents_are_written_read_and_never_in_the_feed(peer: Peer) -> None:
    assert peer.get_local("log") is None
    first = peer.put_local("log", {"n": 1})
    second = peer.put_local("log", {"_rev": first, "n": 2})
    stored = peer.get_local("log")
    assert stored is not None
    assert (stored["n"], stored["_rev"]) == (2, second)
    assert everything(peer) == []


def test_a_design_document_is_written_alone(peer: Peer) -> None:
    assert peer.write_one(doc("_design/app", A1, language="javascript", views={})) is None
    assert everything(peer) == [("_design/app", [A1], False)]


def test_commit_and_info_agree_on_when_the_database_was_made(peer: Peer) -> None:
    assert peer.commit() == peer.info().instance_start_time


def test_a_feed_of_some_ids_has_no_others(peer: Peer) -> None:
    peer.write([doc(f"d{n}", A1) for n in range(5)])
    page = peer.changes(0, limit=10, bodies=True, filter=Filter(doc_ids=("d1", "d3", "none")))
    assert sorted(row.id for row in page.rows()) == ["d1", "d3"]


def test_a_feed_by_selector_has_only_what_matches(place: Place, peer: Peer) -> None:
    if place.kind == "pouchdb_server":
        return  # it ends the process there
    peer.write([doc("a", A1, type="order"), doc("b", A1, type="cart")])
    page = peer.changes(0, limit=10, bodies=True, filter=Filter(selector={"type": "order"}))
    assert [row.id for row in page.rows()] == ["a"]


def test_waiting_ends_with_the_change_that_comes(peer: Peer) -> None:
    import threading

    timer = threading.Timer(0.3, lambda: peer.write([doc("late", A1)]))
    timer.start()
    page = peer.changes(0, limit=10, bodies=True, filter=NO_FILTER, timeout=20, heartbeat=True)
    timer.join()
    assert [row.id for row in page.rows()] == ["late"]


def test_waiting_ends_without_a_change_when_the_time_is_over(place: Place, peer: Peer) -> None:
    if place.kind == "pouchdb_server":
        return  # it forgets the timeout; tests/replicator/test_feeds.py has what we do then
    page = peer.changes(0, limit=10, bodies=True, filter=NO_FILTER, timeout=0.2)
    assert page.empty


def test_a_waiting_feed_can_be_cut_from_another_thread(peer: Peer) -> None:
    import threading

    from app.replicator.errors import Stopped

    timer = threading.Timer(0.3, peer.cut)
    timer.start()
    with pytest.raises(Stopped):
        peer.changes(0, limit=10, bodies=True, filter=NO_FILTER, timeout=20, heartbeat=True)
    timer.join()
    peer.mend()
    assert everything(peer) == []


def test_who_we_are_is_known(peer: Peer) -> None:
    assert peer.who()[0]


def test_the_central_tells_who_it_is(peer: Peer) -> None:
    central = peer.central()
    assert central.id is None
    assert str(central)
