"""node.toml and its secrets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.node import config as node_config
from app.node.config import LinkConfig, NodeConfig, NodeError
from app.node.setup import prepare


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    config = NodeConfig(
        kind="office",
        id="office",
        port=8090,
        central_url="https://central.example:6984/couch",
        central_user="office",
        links=(LinkConfig("store-s1"), LinkConfig("store-s2", "pull")),
    )
    node_config.write(tmp_path, config)
    assert node_config.read(tmp_path) == config


def test_the_first_start_keeps_the_password_in_a_file_of_its_own_that_only_the_user_may_read(tmp_path: Path) -> None:
    prepare(tmp_path, "terminal", id="s1-t1", central="http://s1-t1:p%40ss@127.0.0.1:5984/", port=0)
    assert node_config.read_secret(tmp_path, "central") == "p@ss"
    assert stat.S_IMODE((tmp_path / "central.secret").stat().st_mode) == 0o600
    assert "ss" not in (tmp_path / "node.toml").read_text().replace("address", "")
    config = node_config.read(tmp_path)
    assert (config.store, config.central_url, config.central_user) == ("s1", "http://127.0.0.1:5984", "s1-t1")


def test_a_secret_that_was_readable_by_all_is_not_when_it_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "api.secret").write_text("old")
    (tmp_path / "api.secret").chmod(0o644)
    node_config.write_secret(tmp_path, "api", "new")
    assert node_config.read_secret(tmp_path, "api") == "new"
    assert stat.S_IMODE((tmp_path / "api.secret").stat().st_mode) == 0o600


def test_a_later_start_takes_the_node_as_it_is_and_the_port_for_this_run(tmp_path: Path) -> None:
    prepare(tmp_path, "terminal", id="s1-t1", central="http://s1-t1:one@127.0.0.1:5984", port=8080)
    config = prepare(tmp_path, "terminal", port=8123)
    assert (config.id, config.port) == ("s1-t1", 8123)
    assert node_config.read(tmp_path).port == 8080


def test_a_later_start_may_move_the_central_and_change_the_password(tmp_path: Path) -> None:
    prepare(tmp_path, "terminal", id="s1-t1", central="http://s1-t1:one@127.0.0.1:5984")
    prepare(tmp_path, "terminal", central="http://s1-t1:two@127.0.0.1:6000")
    assert node_config.read(tmp_path).central_url == "http://127.0.0.1:6000"
    assert node_config.read_secret(tmp_path, "central") == "two"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"kind": "office"}, "is the directory of a terminal"),
        ({"kind": "terminal", "id": "s1-t2"}, "Who a node is never changes"),
        ({"kind": "terminal", "store": "s2"}, "Who a node is never changes"),
    ],
)
def test_who_a_node_is_never_changes(tmp_path: Path, flags: dict[str, str], words: str) -> None:
    prepare(tmp_path, "terminal", id="s1-t1", central="http://127.0.0.1:5984")
    with pytest.raises(NodeError, match=words):
        prepare(tmp_path, **flags)


@pytest.mark.parametrize("id", ["", "till", "S1-T1", "s1-", "-t1", "../s1-t1", "s1-t1\n"])
def test_a_terminal_needs_an_id_that_names_its_store(tmp_path: Path, id: str) -> None:
    with pytest.raises(NodeError):
        prepare(tmp_path, "terminal", id=id, central="http://127.0.0.1:5984")
    assert not (tmp_path / "node.toml").exists()


def test_a_directory_without_node_toml_says_what_the_first_start_needs(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="--id s1-t1"):
        prepare(tmp_path, "terminal")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "kind is ''"),
        ("[node\n", "can't be read"),
        ('[node]\nkind = "till"\nid = "a"', "must be hub, terminal or office"),
        ('[node]\nkind = "office"\nid = 3', "id is 3"),
        ('[node]\nkind = "office"\nid = "office"\nport = "8090"', "port is '8090'"),
        ('[node]\nkind = "office"\nid = "office"\nport = 70000', "from 0 to 65535"),
        ('[node]\nkind = "terminal"\nid = "s1-t1"', "store is None"),
        ('[node]\nkind = "office"\nid = "o"\n[central]\nurl = "http://o:secret@h"', "belongs in central.secret"),
        ('[node]\nkind = "office"\nid = "o"\n[central]\nurl = "h:5984"', "is no address of a central"),
        ('[node]\nkind = "office"\nid = "o"\n[[link]]\ndatabase = "Store"', "no database's name"),
        ('[node]\nkind = "office"\nid = "o"\n[[link]]\ndatabase = "a"\ndirection = "up"', "push, pull or both"),
        ("node = 1", "must be tables"),
    ],
)
def test_what_is_wrong_in_node_toml_is_said_in_words(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "node.toml").write_text(text)
    with pytest.raises(NodeError, match=words) as raised:
        node_config.read(tmp_path)
    assert "secret@" not in str(raised.value)


def test_a_central_with_an_ipv6_address_and_a_path_is_taken_apart() -> None:
    split = node_config.split_central("https://s1-t1:x%3Ay@[::1]:6984/couch/")
    assert split == ("https://[::1]:6984/couch", "s1-t1", "x:y")
