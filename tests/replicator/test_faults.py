"""A bad line: cut, silent, full of web pages, busy. Everything arrives all the same, and once."""

from __future__ import annotations

import pytest

from app.docs.database import Database
from app.replicator import ReplicationError, open_peer, replicate
from app.replicator.auth import parse_url
from app.replicator.client import Client
from app.replicator.errors import Busy, Denied, TransportError
from tests.replicator.conftest import fill, trees
from tests.support.proxy import FaultProxy

PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@pytest.fixture
def filled(central: str, other: Database) -> list[tuple[str, list[str]]]:
    """The central has 700 orders that were written at another till."""
    fill(other, 700)
    replicate(other, central)
    return trees(other)


@pytest.mark.parametrize("fault", ["drop_request", "drop_answer", "truncate", "500", "502", "html"])
@pytest.mark.parametrize("at", ["_changes", "_local", "_revs_diff"])
def test_a_pull_survives_a_fault_at_each_request(
    db: Database, proxy: FaultProxy, filled: list[tuple[str, list[str]]], fault: str, at: str
) -> None:
    break_at(proxy, fault, at)
    result = replicate(proxy.url, db)
    assert trees(db) == filled
    assert result.stats.doc_write_failures == 0


@pytest.mark.parametrize("fault", ["drop_request", "drop_answer", "truncate", "500", "502", "html"])
@pytest.mark.parametrize("at", ["_bulk_docs", "_local", "_ensure_full_commit"])
def test_a_push_survives_a_fault_at_each_request(
    db: Database, other: Database, proxy: FaultProxy, fault: str, at: str
) -> None:
    fill(db, 700)
    break_at(proxy, fault, at)
    replicate(db, proxy.url)
    proxy.clear()
    replicate(proxy.url, other)
    assert trees(other) == trees(db)


def break_at(proxy: FaultProxy, fault: str, at: str) -> None:
    if fault == "truncate":
        proxy.truncate(10, match=at, times=1)
    elif fault == "html":
        proxy.answer(200, PAGE, {"Content-Type": "text/html"}, match=at, times=1)
    elif fault == "502":
        proxy.answer(502, PAGE, {"Content-Type": "text/html"}, match=at, times=2)
    elif fault == "500":
        proxy.answer(500, '{"error":"internal","reason":"oops"}', match=at, times=2)
    else:
        getattr(proxy, fault)(match=at, times=1)


def test_after_a_fault_both_logs_are_read_again(db: Database, proxy: FaultProxy) -> None:
    fill(db, 3)
    proxy.answer(500, "{}", match="_bulk_docs", times=1)
    replicate(db, proxy.url)
    gets = [seen.line for seen in proxy.seen("_local|_bulk_docs")]
    first = next(i for i, line in enumerate(gets) if "_bulk_docs" in line)
    assert gets[first + 1].startswith("GET") and "_local" in gets[first + 1]


def test_nothing_is_checkpointed_past_a_batch_that_failed(db: Database, proxy: FaultProxy) -> None:
    fill(db, 1200)
    proxy.answer(500, "{}", match="_bulk_docs")
    with pytest.raises(ReplicationError) as caught:
        replicate(db, proxy.url)
    assert caught.value.state == "waiting"
    assert not [seen for seen in proxy.seen("_local") if seen.method == "PUT"]


def test_a_run_gives_up_after_some_tries_without_progress_and_says_why(db: Database, proxy: FaultProxy) -> None:
    fill(db, 3)
    proxy.answer(502, PAGE)
    with pytest.raises(ReplicationError) as caught:
        replicate(db, proxy.url)
    assert "502 Bad Gateway" in caught.value.reason
    assert "proxy" in caught.value.reason


def test_a_server_that_is_not_there_is_told_in_words(db: Database) -> None:
    with pytest.raises(ReplicationError) as caught:
        replicate(db, "http://admin:geheim@127.0.0.1:1/shop")
    assert "127.0.0.1:1 cannot be reached" in caught.value.reason
    assert "geheim" not in caught.value.reason


def test_a_missing_database_is_told_in_words(db: Database, shared_hub) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReplicationError) as caught:
        replicate(db, f"{shared_hub.url}/never-made")
    assert caught.value.state == "stopped"
    assert "does not exist" in caught.value.reason


def test_create_target_makes_it(db: Database, shared_hub) -> None:  # type: ignore[no-untyped-def]
    fill(db, 3)
    url = f"{shared_hub.url}/made-by-the-run"
    assert replicate(db, url, create_target=True).stats.docs_written == 3
    shared_hub.node.directory.delete("made-by-the-run")


def test_429_is_waited_out_as_long_as_the_server_asks_and_is_no_failure(db: Database, proxy: FaultProxy) -> None:
    fill(db, 3)
    proxy.answer(429, '{"error":"too_many_requests"}', {"Retry-After": "0.2"}, match="_bulk_docs", times=12)
    result = replicate(db, proxy.url)
    assert result.stats.docs_written == 3


def test_retry_after_is_read_as_seconds_and_as_a_date(proxy: FaultProxy) -> None:
    client = Client(*parse_url(proxy.url))
    proxy.answer(503, "", {"Retry-After": "7"}, times=1)
    with pytest.raises(Busy) as caught:
        client.request("GET", client.endpoint.url)
    assert caught.value.retry_after == 7
    proxy.answer(429, "", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, times=1)
    with pytest.raises(Busy) as caught:
        client.request("GET", client.endpoint.url)
    assert caught.value.retry_after == 0
    client.close()


def test_413_halves_the_batch_until_it_fits(db: Database, other: Database, proxy: FaultProxy, central: str) -> None:
    fill(db, 100)
    proxy.answer(413, '{"error":"too_large","reason":"the request entity is too large"}', match="_bulk_docs", times=3)
    result = replicate(db, proxy.url)
    assert (result.stats.docs_written, result.stats.doc_write_failures) == (100, 0)
    replicate(central, other)
    assert trees(other) == trees(db)


def test_one_document_that_is_too_large_is_listed_and_the_others_arrive(
    db: Database,
    other: Database,
    shared_hub,
    central: str,  # type: ignore[no-untyped-def]
) -> None:
    db.max_document_size = 64_000_000
    fill(db, 20)
    db.put({"_id": "whale", "blubber": "x" * 9_000_000})
    fill(db, 20, start=20)
    result = replicate(db, central)
    assert (result.stats.docs_written, result.stats.doc_write_failures) == (40, 1)
    assert [failure.id for failure in result.failures] == ["whale"]
    assert "large" in result.failures[0].error
    assert replicate(db, central).stats.missing_checked == 0


def test_a_wrong_password_is_denied_at_once_and_never_shown(db: Database, central: str) -> None:
    url = central.replace("s3cret%2F%2B%40", "wrong-secret")
    with pytest.raises(ReplicationError) as caught:
        replicate(db, url)
    assert caught.value.state == "denied"
    assert "wrong-secret" not in str(caught.value)


def test_a_locked_user_is_waiting_not_denied(db: Database, proxy: FaultProxy) -> None:
    locked = '{"error":"forbidden","reason":"Account is temporarily locked due to multiple authentication failures"}'
    proxy.answer(403, locked)
    client = Client(*parse_url(proxy.url))
    with pytest.raises(Exception) as caught:
        client.request("GET", client.endpoint.url)
    assert not isinstance(caught.value, Denied)
    assert "temporarily locked" in str(caught.value)
    client.close()


def test_an_answer_cut_short_is_no_answer(central: str, proxy: FaultProxy) -> None:
    peer = open_peer(proxy.url)
    proxy.truncate(5)
    with pytest.raises(TransportError):
        peer.info()
    peer.close()


def test_a_redirect_to_another_server_gets_no_credentials(proxy: FaultProxy) -> None:
    peer = open_peer(proxy.url)
    proxy.answer(302, "", {"Location": "http://elsewhere.example/shop"})
    with pytest.raises(Exception) as caught:
        peer.info()
    assert "another server" in str(caught.value)
    peer.close()
