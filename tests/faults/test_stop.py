"""Ending and starting: SIGTERM with feeds open, and one process a directory."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
import requests

from tests.faults.rig import PASSWORD, Hub, Terminal, in_step
from tests.support.process import CouchTill, wait_until


class Feed(threading.Thread):
    """A client that listens until the feed ends, or breaks."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(daemon=True)
        self.answer = requests.get(url, headers=headers, stream=True, timeout=60)
        assert self.answer.status_code == 200
        self.start()

    def run(self) -> None:
        try:
            for _ in self.answer.iter_content(1):
                pass
        except requests.RequestException:
            pass
        finally:
            self.answer.close()


def test_a_hub_with_feeds_open_ends_by_itself_within_two_seconds_of_sigterm(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        feeds = [
            Feed(f"{hub.url}/{name}/_changes?feed={kind}&since=now&heartbeat=10000")
            for name in ("company", "store-s1")
            for kind in ("longpoll", "continuous", "eventsource")
            for _ in range(5)
        ]
        assert hub.process.terminate() == 0
        # The watchdog of two seconds would have said so.
        assert "did not stop" not in hub.process.stderr
        for feed in feeds:
            feed.join(10)
            assert not feed.is_alive()


def test_a_terminal_with_pages_open_and_links_waiting_ends_by_itself_within_two_seconds(tmp_path: Path) -> None:
    with Hub(tmp_path / "hub") as hub:
        central = f"http://s1-t1:{hub.passwords['s1-t1']}@127.0.0.1:{hub.port}"
        with Terminal(tmp_path / "t", "s1-t1", central) as terminal:
            terminal.sell("one")
            in_step(hub, terminal)
            key = {"Authorization": terminal.session.headers["Authorization"]}
            feeds = [Feed(f"{terminal.url}/api/events", key) for _ in range(4)]
            feeds.append(Feed(f"{terminal.url}/couch/store-s1/_changes?feed=continuous&heartbeat=1000", key))
            terminal.stop()
            for feed in feeds:
                feed.join(10)
                assert not feed.is_alive()


def test_a_terminal_whose_central_never_answers_ends_by_itself_within_two_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        central = f"http://s1-t1:x@127.0.0.1:{silent.getsockname()[1]}"
        with Terminal(tmp_path / "t", "s1-t1", central) as terminal:
            terminal.sell("one")
            terminal.stop()


def test_what_was_sold_right_before_sigterm_is_there_afterwards(tmp_path: Path) -> None:
    with Terminal(tmp_path / "t", "s1-t1", "http://s1-t1:x@127.0.0.1:1") as terminal:
        order = terminal.sell("one")
        terminal.stop()
        terminal.start()
        assert terminal.orders() == {order["_id"]: order}
        assert terminal.sell("two")["number"] == 2


def test_a_second_process_on_one_directory_is_refused_in_words(tmp_path: Path) -> None:
    with Terminal(tmp_path / "t", "s1-t1", "http://s1-t1:x@127.0.0.1:1") as terminal:
        second = CouchTill("terminal", "--data", terminal.path, "--port", "0")
        assert second.wait() == 1
        assert second.stderr == (
            f"couchtill: Another CouchTill is running on {terminal.path}. Stop it first, or use another folder."
        )
        terminal.sell("one")  # the first one doesn't mind


def test_the_directory_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    with Terminal(tmp_path / "t", "s1-t1", "http://s1-t1:x@127.0.0.1:1") as terminal:
        terminal.kill()
        terminal.start()
        terminal.sell("one")


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        hub = CouchTill("hub", "--data", tmp_path / "hub", "--port", port)
        assert hub.wait() == 1
    assert f"couchtill: Port {port} of 127.0.0.1 is taken by another program." in hub.stderr
    assert "Traceback" not in hub.stderr


def test_a_hub_makes_its_admin_a_password_and_prints_it_once(tmp_path: Path) -> None:
    with CouchTill("hub", "--data", tmp_path / "hub", "--port", "0") as hub:
        password = hub.wait_for(r"admin, password (\S+)")[1]
        url = f"http://127.0.0.1:{hub.port}"
        assert requests.put(f"{url}/a", auth=("admin", password), timeout=30).status_code == 201
        assert requests.put(f"{url}/b", timeout=30).status_code == 401
        hub.terminate()
    with CouchTill("hub", "--data", tmp_path / "hub", "--port", "0") as hub:
        url = f"http://127.0.0.1:{hub.port}"
        assert "password" not in hub.stdout + hub.stderr
        assert requests.get(f"{url}/a", auth=("admin", password), timeout=30).status_code == 200
    with CouchTill("hub", "--data", tmp_path / "hub", "--port", "0", "--admin", f"admin:{PASSWORD}") as hub:
        url = f"http://127.0.0.1:{hub.port}"
        assert requests.get(f"{url}/a", auth=("admin", PASSWORD), timeout=30).status_code == 200
        assert requests.get(f"{url}/a", auth=("admin", password), timeout=30).status_code == 401


def test_a_server_ends_when_the_parent_that_asked_for_it_does(tmp_path: Path) -> None:
    hub = CouchTill("hub", "--data", tmp_path / "hub", "--port", "0")
    assert hub.port
    assert hub.popen.stdin is not None
    hub.popen.stdin.close()  # what the end of a parent, however it ends, does to the pipe
    wait_until(lambda: not hub.alive, 30, "the hub ended")
    assert hub.wait() == 0


@pytest.mark.parametrize("kind", ["terminal", "office"])
def test_a_directory_of_another_kind_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    with CouchTill("hub", "--data", tmp_path / "hub", "--port", "0", "--admin", "a:b") as hub:
        assert hub.port
    wrong = CouchTill(kind, "--data", tmp_path / "hub", "--port", "0")
    assert wrong.wait() == 1
    assert "is the directory of a hub (central)" in wrong.stderr
