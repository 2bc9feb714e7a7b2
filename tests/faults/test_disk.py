"""A disk that is full, and the order of writes, flushes and answers."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.faults.rig import Terminal, prove, verify

NOWHERE = "http://s1-t1:x@127.0.0.1:1"  # a central that refuses: what counts here is this terminal alone


def small_disk(folder: Path, size: str) -> list[str] | None:
    """The start of an argv that runs a program with a file system of ``size`` of its own at ``folder``.

    A tmpfs in a mount namespace: nothing of it is seen outside, and it is gone with the program. None where the system
    lets nobody make one (a container without user namespaces, anything but Linux).
    """
    if not shutil.which("unshare"):
        return None
    script = f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"'
    for flags in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        argv = ["unshare", *flags, "sh", "-c", script, str(folder)]
        if subprocess.run([*argv, "true"], capture_output=True, timeout=30).returncode == 0:
            return argv
    return None


class LimitedFiles:
    """A disk on which no file may grow beyond a size: what every Unix lets everybody ask for.

    SQLite meets it as a failing write, without the error that a full disk gives; what must follow is the same.
    """

    @staticmethod
    def limit(terminal: Terminal, size: int) -> None:
        resource = pytest.importorskip("resource", reason="only Unix limits the size of files")
        if not hasattr(resource, "prlimit"):
            pytest.skip("only Linux limits a process that runs already")
        resource.prlimit(terminal.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(tmp_path / "t", "s1-t1", NOWHERE) as terminal:
        yield terminal


def sell_until_refused(
    terminal: Terminal, most: int, prefix: str = "fill"
) -> tuple[dict[str, dict[str, object]], requests.Response]:
    sold = {}
    for number in range(most):
        name = f"{prefix}-{number:05d}"
        try:
            sold[name] = terminal.sell(name)
        except requests.HTTPError as error:
            return sold, error.response
    raise AssertionError(f"{most} sales went through")


def test_a_full_disk_refuses_the_sale_in_words_keeps_every_other_and_sells_on_when_there_is_room(
    terminal: Terminal,
) -> None:
    first = terminal.sell("first")
    wal = terminal.path / "store-s1.db-wal"
    LimitedFiles.limit(terminal, wal.stat().st_size + 40_000)
    sold, refused = sell_until_refused(terminal, 2000)
    assert refused.status_code == 507
    assert refused.json()["reason"] == (
        "The disk is full: the sale was not made. Make room on this terminal, then try again."
    )
    assert terminal.get("/api/receipts?limit=1")  # reading goes on
    again, still = sell_until_refused(terminal, 1, "again")
    assert (again, still.status_code) == ({}, 507)
    LimitedFiles.limit(terminal, -1)
    last = terminal.sell("last")
    acknowledged = {"first": first, **sold, "last": last}
    prove(terminal.orders(), acknowledged, set(acknowledged))
    assert last["number"] == len(acknowledged)  # the refused one took no number
    terminal.stop()
    assert verify(terminal.path) == 0


def test_a_small_file_system_that_runs_full_loses_no_acknowledged_sale(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    start = small_disk(folder, "2m")
    if start is None:
        pytest.skip("this system lets nobody mount a file system")

    with Terminal(folder / "t", "s1-t1", NOWHERE, behind=start) as terminal:
        sold, refused = sell_until_refused(terminal, 5000)
        assert refused.status_code == 507
        assert len(sold) > 20
        prove(terminal.orders(), sold, set(sold))
        assert terminal.get("/api/receipts?limit=1")


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace on this system")
def test_a_sale_is_answered_only_after_what_was_written_of_it_was_flushed(tmp_path: Path) -> None:
    log = tmp_path / "strace.log"
    calls = "trace=pwrite64,pwritev,write,writev,fsync,fdatasync,sendto,sendmsg"
    trace = ["strace", "-D", "-f", "-qq", "-y", "-s", "32", "-e", calls, "-o", str(log)]
    with Terminal(tmp_path / "t", "s1-t1", NOWHERE, behind=trace) as terminal:
        for number in range(5):
            terminal.sell(f"{number}")
        terminal.process.terminate()
    assert check_order(log.read_text("utf-8", "replace").splitlines()) == 5


def check_order(lines: list[str]) -> int:
    """Counts the answers 201 of a trace, and fails where one left before all that its thread wrote was flushed."""
    answers = 0
    unflushed: dict[str, set[str]] = {}
    wrote: dict[str, int] = {}
    for line in lines:
        call = re.match(r"(?P<thread>\d+) +(?P<name>\w+)\(\d+<(?P<file>[^>]*)>(?P<rest>.*)", line)
        done = re.match(r"(?P<thread>\d+) +<\.\.\. (?P<name>\w+) resumed>.*= 0", line)
        if done is not None and done["name"] in ("fsync", "fdatasync"):
            unflushed[done["thread"]] = set()  # a thread's calls come one after the other: it is the one that began
        if call is None:
            continue
        thread, name, file = call["thread"], call["name"], call["file"]
        if name.startswith("pwrite") and "/store-s1.db" in file and not file.endswith("-shm"):
            unflushed.setdefault(thread, set()).add(file)
            wrote[thread] = wrote.get(thread, 0) + 1
        elif name in ("fsync", "fdatasync") and "<unfinished" not in line:
            unflushed.get(thread, set()).discard(file)
        elif '"HTTP/1.1 201' in call["rest"]:
            answers += 1
            assert wrote.pop(thread, 0) > 0, f"nothing was written before: {line}"
            assert unflushed.get(thread, set()) == set(), f"answered before a flush: {line}"
    return answers


def test_the_check_of_the_order_finds_an_answer_that_left_too_early() -> None:
    write = '7 pwrite64(5</t/store-s1.db-wal>, "x", 10, 0) = 10'
    flush = "7 fdatasync(5</t/store-s1.db-wal>) = 0"
    answer = '7 sendto(9<socket:[1]>, "HTTP/1.1 201 Created", 20, 0, NULL, 0) = 20'
    assert check_order([write, flush, answer]) == 1
    split = ["7 fdatasync(5</t/store-s1.db-wal> <unfinished ...>", "7 <... fdatasync resumed>) = 0"]
    assert check_order([write, *split, answer]) == 1
    for wrong in ([write, answer], [flush, write, answer], [flush, answer], [write, split[0], answer]):
        with pytest.raises(AssertionError):
            check_order(wrong)
