"""What `make lint` says of known vulnerabilities, also where nobody can be asked."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_line_of_the_paper_on_security_names_tests_that_are_there() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8").partition("## What holds")[2].partition("## What doesn")[0]
    rows = [line.split("|")[3] for line in text.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`([a-z_/0-9]+\.py)(?:::(\w+))?`", row)
        assert named, row
        for file, test in named:
            source = ROOT / "tests" / file
            assert source.exists() and (not test or f"def {test}(" in source.read_text("utf-8")), f"{file}::{test}"


GOOD = {"name": "flask", "version": "3.1.0", "vulns": []}
BAD = {"name": "flask", "version": "0.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.0"]}]}
UNSEEN = {"name": "flask", "skip_reason": "Dependency not found on PyPI"}


def test_a_known_vulnerability_fails_and_says_where_it_is_mended(
    audit: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.verdict([GOOD]) is True
    assert audit.verdict([GOOD, BAD]) is False
    assert capsys.readouterr().out == "flask 0.1: PYSEC-1, mended in 1.0\n"


def test_a_service_that_is_not_there_is_said_and_fails_nothing(audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.verdict([UNSEEN, UNSEEN]) is True
    assert "NOT AUDITED" in capsys.readouterr().out
    assert audit.verdict([UNSEEN, GOOD]) is True
    assert "1 of 2 packages could not be looked up" in capsys.readouterr().out


def test_an_answer_that_never_comes_or_is_none_is_said(
    audit: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def late(*args: Any, **options: Any) -> Any:
        raise subprocess.TimeoutExpired("pip-audit", 1)

    monkeypatch.setattr(audit.subprocess, "run", late)
    assert audit.pip_audit() is True
    told = SimpleNamespace(stdout="", stderr="ERROR: no route to host\n", returncode=1)
    monkeypatch.setattr(audit.subprocess, "run", lambda *args, **options: told)
    assert audit.pip_audit() is True
    out = capsys.readouterr().out
    assert out.count("NOT AUDITED") == 2 and "no route to host" in out
