"""Documents in and out by the command line, in this process."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from app import cli
from app.docs.database import Database
from app.docs.directory import Directory


def couchtill(*arguments: object) -> int:
    return cli.main([str(argument) for argument in arguments])


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    file = tmp_path / "docs.jsonl"
    docs = [{"_id": f"d{n}", "type": "thing", "n": n, "name": "Käse 🧀"} for n in range(1200)]
    file.write_text("".join(json.dumps(doc) + "\n" for doc in docs))
    return file


def test_what_goes_in_comes_out_and_comes_back_with_its_revisions(
    tmp_path: Path, lines: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert couchtill("load", tmp_path / "a.db", lines) == 0
    with Database(tmp_path / "a.db") as database:
        doc = database.get("d7")
        database.put({**doc, "n": 8})
        database.put_attachment("d8", "a.txt", b"attached", "text/plain", rev=database.get("d8")["_rev"])
    capfdbinary.readouterr()
    assert couchtill("dump", tmp_path / "a.db") == 0
    first = capfdbinary.readouterr().out
    assert len(first.splitlines()) == 1200
    (tmp_path / "dump.jsonl").write_bytes(first)
    assert couchtill("load", tmp_path / "b.db", tmp_path / "dump.jsonl") == 0
    capfdbinary.readouterr()
    assert couchtill("dump", tmp_path / "b.db") == 0
    assert capfdbinary.readouterr().out == first


def test_loading_twice_changes_nothing(tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert couchtill("load", tmp_path / "a.db", lines) == 0
    with Database(tmp_path / "a.db") as database:
        seq = database.last_n
    assert couchtill("load", tmp_path / "a.db", lines) == 0
    assert "0 written, 1200 there already, 0 refused" in capsys.readouterr().out
    with Database(tmp_path / "a.db") as database:
        assert database.last_n == seq


def test_a_bad_line_is_told_with_its_number_and_the_others_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "docs.jsonl"
    file.write_bytes(
        b'{"_id":"one"}\n'
        b"\n"
        b'{"_id":"two"\n'
        b"[1]\n"
        b'{"name":"nobody"}\n'
        b'{"_id":"_mine"}\n'
        b'{"_id":"nan","v":NaN}\n'
        b'{"_id":"latin","v":"\xe4"}\n'
        b'{"_id":"one","v":2}\n'
        b'{"_id":"three","_rev":"nonsense"}\n'
        b'{"_id":"four","_attachments":{"a":{"stub":true}}}\n'
        b'{"_id":"last"}'
    )
    assert couchtill("load", tmp_path / "a.db", file) == 1
    said = capsys.readouterr()
    told = {int(line.split(":")[0].removeprefix("line ")) for line in said.err.splitlines() if line.startswith("line")}
    assert told == {3, 4, 5, 6, 7, 8, 9, 10, 11}
    assert "one is there already, with another content" in said.err
    with Database(tmp_path / "a.db") as database:
        assert [row["id"] for row in database.all_docs()["rows"]] == ["last", "one"]


def test_standard_input_is_read_where_the_file_is_a_dash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b'{"_id":"piped"}\n')

    monkeypatch.setattr("sys.stdin", Stdin)
    assert couchtill("load", tmp_path / "a.db", "-") == 0
    with Database(tmp_path / "a.db") as database:
        assert database.read("piped") is not None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dump", "{tmp}/none.db"], "is not there"),
        (["dump", "{tmp}"], "is a directory"),
        (["load", "{tmp}/docs.txt", "{tmp}/docs.jsonl"], "no database's file"),
        (["load", "{tmp}/none/a.db", "{tmp}/docs.jsonl"], "is no directory"),
        (["load", "{tmp}/a.db", "{tmp}/none.jsonl"], "No such file"),
        (["dump", "{tmp}/text.db"], "not a CouchTill database"),
        (["load", "{tmp}/text.db", "{tmp}/docs.jsonl"], "not a CouchTill database"),
        (["dump", "http://u:geheim@127.0.0.1:1/db"], "can't be reached"),
        (["replicate", "{tmp}/none.db", "{tmp}/b.db"], "is not there"),
        (["replicate", "{tmp}/a.db", "http://u:geheim@127.0.0.1:1/db"], "cannot be reached"),
        (["replicate", "{tmp}/a.db", "http://u:geheim@127.0.0.1:1/"], "names a server but no database"),
        (["verify", "{tmp}/none"], "is no directory"),
        (["verify", "{tmp}/empty"], "holds no databases"),
        (["link", "accept", "company", "--data", "{tmp}/empty"], "no node's directory"),
    ],
)
def test_an_expected_failure_is_one_sentence_and_exit_status_1(
    tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (tmp_path / "text.db").write_text("this is somebody's text\n" * 100)
    (tmp_path / "empty").mkdir()
    Database(tmp_path / "a.db").close()
    assert couchtill(*[argument.format(tmp=tmp_path) for argument in arguments]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1 and said.startswith("couchtill: ")
    assert "geheim" not in said


def test_a_database_that_a_running_node_has_open_is_not_written_to(
    tmp_path: Path, lines: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Directory(tmp_path) as directory:
        directory.create("company")
        assert couchtill("load", tmp_path / "company.db", lines) == 1
        assert "Another CouchTill is running" in capsys.readouterr().err
        assert couchtill("dump", tmp_path / "company.db") == 0


@pytest.mark.parametrize("arguments", [[], ["sell"], ["dump"], ["hub", "--data", "x", "--port", "65536"], ["link"]])
def test_a_wrong_command_is_exit_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        couchtill(*arguments)
    assert raised.value.code == 2


def test_verify_lists_what_is_wrong_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Database(tmp_path / "company.db").close()
    assert couchtill("verify", tmp_path) == 0
    assert "nothing is wrong" in capsys.readouterr().out
    damaged = tmp_path / "store-s1.db"
    damaged.write_bytes(b"")
    assert couchtill("verify", tmp_path) == 1
    assert "store-s1: " in capsys.readouterr().out
    assert damaged.read_bytes() == b""
