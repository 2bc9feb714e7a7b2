"""The secret of the PINs on disk, and the commands that print it and take it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import cli
from app.node import config
from app.node.config import NodeConfig, NodeError
from app.node.pin_keys import PinKeys

OTHER = "ab" * 32


@pytest.fixture
def terminal(tmp_path: Path) -> Path:
    config.write(tmp_path, NodeConfig(kind="terminal", id="s1-t1", store="s1"))
    return tmp_path


def test_a_key_is_its_owners_alone_and_stays(tmp_path: Path) -> None:
    key = PinKeys(tmp_path).mint()

    assert len(key) == 64
    assert PinKeys(tmp_path).known() == (key,)
    assert (tmp_path / "pin.secret").stat().st_mode & 0o777 == 0o600


def test_a_key_of_another_till_comes_first_and_the_old_one_stays_good(tmp_path: Path) -> None:
    keys = PinKeys(tmp_path)
    first = keys.mint()

    keys.add(f" {OTHER.upper()}\n")
    keys.add(OTHER)

    assert keys.known() == (OTHER, first)


@pytest.mark.parametrize("key", ["", "x", "ab" * 31, "zz" * 32])
def test_what_is_no_key_is_refused_in_words(tmp_path: Path, key: str) -> None:
    with pytest.raises(NodeError, match="no key of PINs"):
        PinKeys(tmp_path).add(key)
    assert PinKeys(tmp_path).known() == ()


def test_an_emptied_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "pin.secret").write_text("\n\n")

    assert PinKeys(tmp_path).known() == ()


def test_one_till_prints_the_key_and_another_takes_it(
    terminal: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path_factory.mktemp("s1-t2")
    config.write(other, NodeConfig(kind="terminal", id="s1-t2", store="s1"))
    assert cli.main(["staff", "key", "--data", str(terminal)]) == 1
    assert "made with the first PIN" in capsys.readouterr().err
    PinKeys(terminal).mint()

    assert cli.main(["staff", "key", "--data", str(terminal)]) == 0
    key = capsys.readouterr().out.strip()
    assert cli.main(["staff", "key", "--data", str(other), "--set", key]) == 0

    assert PinKeys(other).known() == PinKeys(terminal).known()


def test_keys_of_programs_are_made_listed_and_revoked(terminal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["keys", "add", "scale", "--rights", "sell,report_x", "--data", str(terminal)]) == 0
    key = capsys.readouterr().out.strip()
    assert key.startswith("ctk_")

    cli.main(["keys", "list", "--data", str(terminal)])
    listed = capsys.readouterr().out
    assert "scale  report_x,sell" in listed and key not in listed
    assert cli.main(["keys", "add", "x", "--rights", "everything", "--data", str(terminal)]) == 1
    assert "No such right: everything" in capsys.readouterr().err
    assert cli.main(["keys", "revoke", "scale", "--data", str(terminal)]) == 0
    assert cli.main(["keys", "revoke", "scale", "--data", str(terminal)]) == 1
