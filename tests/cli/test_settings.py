"""``couchtill settings`` at a node that is stopped, and at one that runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.node import Node, NodeConfig
from app.node import config as node_config
from tests.support.process import CouchTill, free_port


@pytest.fixture
def terminal(tmp_path: Path) -> Path:
    """The directory of a terminal that was started once."""
    path = tmp_path / "s1-t1"
    config = NodeConfig("terminal", "s1-t1", store="s1", port=free_port())
    with Node(path, config):
        node_config.write(path, config)
    return path


def run(*arguments: object, status: int = 0) -> CouchTill:
    process = CouchTill("settings", *(str(argument) for argument in arguments))
    assert process.wait() == status, process.stderr
    assert "Traceback" not in process.stderr
    return process


def held(path: Path, name: str, *more: str) -> Any:
    return json.loads(run("get", name, "--data", path, *more).stdout)


def test_a_terminals_value_stands_over_its_stores_and_that_over_the_one_for_all(terminal: Path) -> None:
    assert held(terminal, "paper") == 80
    run("set", "paper", 72, "--data", terminal, "--scope", "all")
    run("set", "paper", 58, "--data", terminal, "--scope", "store")
    assert held(terminal, "paper") == 58
    run("set", "paper", 60, "--data", terminal)
    assert (held(terminal, "paper"), held(terminal, "paper", "--scope", "all")) == (60, 72)
    run("set", "paper", "default", "--data", terminal)
    assert held(terminal, "paper") == 58
    assert "sync = {" in run("get", "--data", terminal).stdout


def test_a_running_node_takes_it_through_its_own_door(terminal: Path) -> None:
    with CouchTill("terminal", "--data", terminal) as process:
        assert process.url
        run("set", "sync", '{"mode": "every", "minutes": 30}', "--data", terminal)
        assert held(terminal, "sync")["minutes"] == 30


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("papper", "58", "There is no setting named “papper”"),
        ("paper", "12", "must not be less than 58"),
        ("sync", '{"mode": "sometimes"}', "must be one of: always, every, hours, manual"),
        ("count", "wide", "must be one of: open, blind"),
    ],
)
def test_what_is_wrong_is_told_in_words_and_nothing_is_written(
    terminal: Path, name: str, value: str, words: str
) -> None:
    assert words in run("set", name, value, "--data", terminal, status=1).stderr
    assert run("get", "--data", terminal, "--scope", "terminal").stdout == ""


def test_a_directory_that_is_no_nodes_is_told_in_words(tmp_path: Path) -> None:
    assert "is no node's directory" in run("get", "paper", "--data", tmp_path, status=1).stderr
