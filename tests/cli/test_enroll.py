"""``couchtill enroll`` as a command: what it prints, what it never prints, and how it ends."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.cli import main
from app.node import codes
from tests.support.enrolling import Company, company
from tests.support.process import CouchTill


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Company]:
    with (
        CouchTill("hub", "--data", tmp_path / "hub", "--port", "0", "--admin", "admin:secret") as hub,
        company(f"http://admin:secret@127.0.0.1:{hub.port}", tmp_path) as made,
    ):
        yield made


def test_a_code_from_standard_input_makes_a_terminal_and_is_printed_nowhere(
    office: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, path = office.plan(), office.machine()
    text = office.code(terminal)
    monkeypatch.setattr(sys, "stdin", io.StringIO(text + "\n"))

    assert main(["enroll", "-", "--data", str(path), "--no-start"]) == 0

    printed = capsys.readouterr()
    assert printed.out == f"This machine is {terminal.upper()} of store {office.store.upper()} now.\n"
    assert text not in printed.out + printed.err and codes.decode(text).password not in printed.err
    assert main(["enroll", text, "--data", str(office.machine()), "--no-start"]) == 1
    assert "couchtill: This code was used already, on another machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("hello", "This is no code of a till"),
        ("0A3FG-7KQ2M", "Group 1 is mistyped: look at it again."),
        (None, "The code is missing: “couchtill enroll CODE --data DIR”, or - to read it from standard input."),
    ],
)
def test_what_is_no_code_is_one_sentence_and_exit_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, code: str | None, words: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    assert main(["enroll", *([code] if code else []), "--data", str(tmp_path / "new"), "--no-start"]) == 1

    error = capsys.readouterr().err
    assert error.startswith("couchtill: ") and words in error and error.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_terminal_without_a_name_serves_the_page_behind_its_link_and_ends_on_a_signal(tmp_path: Path) -> None:
    with CouchTill("terminal", "--data", tmp_path / "new", "--port", "0") as machine:
        assert requests.get(f"{machine.url}/", timeout=30).status_code == 401
        session = requests.Session()
        assert "Make this machine a till" in session.get(machine.link, timeout=30).text
        foreign = session.post(
            f"{machine.url}/api/enrolment", json={"code": "x"}, headers={"Origin": "http://evil.example"}, timeout=30
        )
        assert foreign.status_code == 403
        refused = session.post(f"{machine.url}/api/enrolment", json={"code": None}, timeout=30)
        assert (refused.status_code, refused.json()["reason"]) == (400, "The code is missing.")
        assert machine.terminate() == 0
    assert not (tmp_path / "new" / "node.toml").exists()
