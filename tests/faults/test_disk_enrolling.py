"""A machine whose disk is full while it becomes a terminal: one sentence, and with room the same code goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_disk import small_disk
from tests.support.enrolling import Company, company
from tests.support.hub import Hub
from tests.support.process import ROOT

#: Runs the command on the small disk, makes room, runs it again, and tells what is left of both.
SCRIPT = """
folder=$0
fill() { "$@" --data "$folder/till" --no-start; echo "status $?"; }
fill "$@"
test -e "$folder/till/node.toml" && echo "half a terminal"
mount -o remount,size=64m "$folder"
fill "$@"
ls -A "$folder/till" | grep -c "part$"
ls "$folder/till/node.toml" "$folder/till/central.secret"
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    path = tmp_path_factory.mktemp("company")
    with Hub(path / "hub") as hub, company(hub.url, path) as made:
        docs = [{"_id": f"product:noise-{n}", "type": "product", "noise": os.urandom(1000).hex()} for n in range(1500)]
        hub.node.directory.get("company").bulk_docs(docs)
        yield made


@pytest.mark.parametrize(
    ("number", "size", "used"),
    [(1, "8k", False), (2, "600k", True), (3, "2m", True)],
    ids=["before the code is used", "in the first sync", "further on in it"],
)
def test_a_full_disk_is_one_sentence_and_the_same_code_goes_on_with_room(
    office: Company, tmp_path: Path, number: int, size: str, used: bool
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    start = small_disk(folder, size)
    if start is None:
        pytest.skip("this system lets nobody mount a file system")
    terminal = office.plan(number)
    code = office.code(terminal)
    command = [sys.executable, "-m", "app.cli", "enroll", code]
    argv = [*start, "sh", "-c", SCRIPT, str(folder), *command]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=240)

    out = done.stdout.splitlines()
    assert out[0] == "status 1", done.stdout + done.stderr
    assert out[1:] == [
        f"This machine is {terminal.upper()} of store {office.store.upper()} now.", "status 0", "0",
        f"{folder}/till/central.secret", f"{folder}/till/node.toml",
    ]  # fmt: skip
    said = [line for line in done.stderr.splitlines() if line.startswith("couchtill: ")]
    assert len(said) == 1 and ("The disk of this machine is full" if used else "No space left") in said[0], done.stderr
    assert "Traceback" not in done.stderr and code not in done.stderr
    assert ("The code is used" in done.stderr.partition(said[0])[0]) is used
