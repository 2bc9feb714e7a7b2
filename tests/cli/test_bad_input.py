"""What may be wrong with a central, beside each command that speaks to one: exit status 1, one sentence, no password in
it, nothing changed at the central and nothing left on the disk. `None` where a command never meets that fault; why
stands there.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from app.cli import main
from app.node import codes
from app.transfer import backup, bundle
from tests.cli.test_backup import Central, fill, run
from tests.couch.test_bad_centrals import behind_tls, certificate
from tests.faults.test_disk import small_disk
from tests.support.enrolling import company
from tests.support.hub import Hub
from tests.support.process import ROOT, free_port
from tests.support.proxy import FaultProxy

SECRET = "s3cret"  # of every password here; none may be seen
JSON = {"Content-Type": "application/json"}
COUCHDB = {"couchdb": "Welcome", "version": "3.5.2", "vendor": {"name": "The Apache Software Foundation"}}
HTML = "<!DOCTYPE html><title>Sign in to the guests’ network</title>" * 40

COMMANDS = ("plan", "apply", "backup", "restore", "enroll")


class Place:
    """A hub with a company, a backup of a database that it has not, and the code of a terminal that was planned."""

    def __init__(self, hub: Hub, copy: Path, code: str) -> None:
        self.hub, self.copy, self.code = hub, copy, code

    def argv(self, command: str, url: str, folder: Path, *more: str) -> list[str]:
        """The words of a command that speaks to the central at `url` (with an admin's name and password)."""
        if command == "enroll":
            scheme, _, rest = url.partition("://")
            code = replace(codes.decode(self.code), central=f"{scheme}://{rest.rpartition('@')[2]}")
            return ["enroll", codes.encode(code), "--data", str(folder / "till"), "--no-start"]
        asked = ["--store", "s9", "--office", "office"] if command in ("plan", "apply") else []
        files = {"backup": [url, str(folder / "new.zip")], "restore": [str(self.copy), url]}
        return ["central", command, *files.get(command, [url]), *asked, *more]

    def forget(self) -> None:
        """What a restore has brought goes again."""
        with bundle.reading(self.copy) as reader:
            for part in reader.manifest.databases:
                requests.delete(f"{self.hub.url}/{part.name}", timeout=30)

    def state(self) -> dict[str, Any]:
        """Everything that a command could have changed at the central."""
        names = requests.get(f"{self.hub.url}/_all_dbs", timeout=30).json()
        found = {}
        for name in names:
            info = requests.get(f"{self.hub.url}/{name}", timeout=30).json()
            security = requests.get(f"{self.hub.url}/{name}/_security", timeout=30).json()
            found[name] = (info["doc_count"], info["doc_del_count"], security)
        return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("bad-input")
    with Hub(folder / "hub") as hub:
        central = Central(hub.url)
        name = central.name()
        fill(central, name, large=5000)
        copy = folder / "copy.zip"
        assert run("backup", hub.url, copy, "--database", name) == 0
        central.close()  # a restore would write
        with company(hub.url, folder) as office:
            yield Place(hub, copy, office.code(office.plan()))


# -- the faults: each gives the URL of a central at which it is met ----------------------------------------------------

Fault = Callable[[Place, Path], AbstractContextManager[tuple[str, list[str]]]]


def at(url: str) -> Fault:
    @contextlib.contextmanager
    def made(place: Place, folder: Path) -> Iterator[tuple[str, list[str]]]:
        yield url.format(port=free_port()), []

    return made


def answers(*said: tuple[str, int, Any]) -> Fault:
    """A proxy that answers these requests itself: (which, status, JSON or a page)."""

    @contextlib.contextmanager
    def made(place: Place, folder: Path) -> Iterator[tuple[str, list[str]]]:
        with FaultProxy(place.hub.url) as proxy:
            for match, status, body in said:
                if isinstance(body, str):
                    proxy.answer(status, body, {"Content-Type": "text/html"}, match=match)
                else:
                    proxy.answer(status, json.dumps(body), JSON, match=match)
            yield proxy.url, []

    return made


def shows(name: str, *, days: int = 30, known: bool = True) -> Fault:
    """A central behind TLS with a certificate for `name`; `known`: of an authority that is believed."""

    @contextlib.contextmanager
    def made(place: Place, folder: Path) -> Iterator[tuple[str, list[str]]]:
        files = certificate(folder, name, days=days)
        with behind_tls(*files) as port, pytest.MonkeyPatch.context() as patched:
            if known:
                patched.setenv("SSL_CERT_FILE", str(files[0]))
                patched.setenv("REQUESTS_CA_BUNDLE", str(files[0]))
            yield f"https://admin:{SECRET}@localhost:{port}", ["--ca", str(files[0])] if known else []

    return made


LOCKED = {"error": "forbidden", "reason": "Account is temporarily locked due to multiple authentication failures"}
WRONG = {"error": "unauthorized", "reason": "Name or password is incorrect."}
PARTY = {"ok": True, "userCtx": {"name": None, "roles": ["_admin"]}}
MEMBERS = {"all_nodes": ["a@x"], "cluster_nodes": ["a@x", "b@x", "c@x"]}
FULL = {"error": "insufficient_storage", "reason": "The disk is full."}
MAJORITY = {"error": "error", "reason": "no_majority"}

FAULTS: dict[str, Fault] = {
    "a URL that is none": at(f"admin:{SECRET}@central.example"),
    "a name that nobody knows": at(f"http://admin:{SECRET}@nowhere.invalid"),
    "a port where nothing listens": at(f"http://admin:{SECRET}@127.0.0.1:{{port}}"),
    "a wrong password": answers(("", 401, WRONG)),
    "a locked user": answers(("", 403, LOCKED)),
    "an admin party": answers(("GET /_session", 200, PARTY)),
    "version 2": answers(("GET /$", 200, {**COUCHDB, "version": "2.3.1"})),
    "no quorum": answers(("/_membership", 200, MEMBERS), ("/_users/", 500, MAJORITY)),
    "the central's disk is full": answers(("^PUT|_bulk_docs", 507, FULL)),
    "a proxy that answers HTML": answers(("", 200, HTML)),
    "a proxy with nothing behind it": answers(("", 502, HTML)),
    "a certificate of nobody": shows("localhost", known=False),
    "a certificate for another name": shows("till.example"),
    "a certificate that has expired": shows("localhost", days=-1),
}

# -- the table --------------------------------------------------------------------------------------------------------

TABLE: dict[str, tuple[str, str | None]] = {
    # fault: what plan, apply, backup and restore say; what enroll says
    "a URL that is none": ("is no address of a CouchDB", None),  # a code's address was checked when it was made
    "a name that nobody knows": ("no machine is known by the name nowhere.invalid", "can’t be reached from here"),
    "a port where nothing listens": ("nothing listens on this port", "can’t be reached from here"),
    "a wrong password": ("does not accept this name and password", "does not know this code"),
    "a locked user": ("has locked this user for a while", "has locked"),
    "an admin party": ("has no admin, so that anybody may do anything there", "has no administrator"),
    "version 2": ("is CouchDB 2.3.1: it must be 3.3 or newer", None),  # whoever prepared the central has heard it
    "no quorum": ("has no quorum (b@x, c@x do not answer)", "has a problem of its own"),
    "the central's disk is full": ("The disk of", "The disk of the central"),
    "a proxy that answers HTML": ("is a proxy or a login page in between?", "Something else than a central answers"),
    "a proxy with nothing behind it": ("no CouchDB answers behind it", "has a problem of its own"),
    "a certificate of nobody": ("an authority that this machine does not know", "no certificate that is trusted here"),
    "a certificate for another name": ("made out to another name than localhost", "no certificate that is trusted"),
    "a certificate that has expired": ("a certificate that has expired", "no certificate that is trusted"),
}

#: Commands that only read never hear that the disk is full.
READ = {("plan", "the central's disk is full"), ("backup", "the central's disk is full")}


def cases() -> list[tuple[str, str, str]]:
    found = []
    for fault, (said, enrolling) in TABLE.items():
        for command in COMMANDS:
            words = enrolling if command == "enroll" else said
            if words is not None and (command, fault) not in READ:
                found.append((command, fault, words))
    return found


def test_the_table_has_every_fault() -> None:
    assert TABLE.keys() == FAULTS.keys()


@pytest.mark.parametrize(("command", "fault", "words"), cases())
def test_it_is_one_sentence_and_nothing_is_half_done(
    command: str, fault: str, words: str, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    before = place.state()
    with FAULTS[fault](place, tmp_path) as (url, trust):
        status = main(place.argv(command, url, work, *([] if command == "enroll" else trust)))
    printed = capsys.readouterr()
    told = [line for line in printed.err.splitlines() if line.startswith("couchtill: ")]
    assert (status, len(told)) == (1, 1), printed
    assert words in told[0]
    assert told[0].count(". ") <= 1 and "Traceback" not in printed.err
    assert SECRET not in printed.out + printed.err
    assert place.state() == before
    left = [path for path in work.rglob("*") if path.is_file() and path.name != "lock"]
    assert {path.name for path in left} <= ({"enrolment.secret", "pin.secret"} if command == "enroll" else set())
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in left)  # the code, to be tried again


# -- what comes later, or from the other side -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "match", "fault", "words"),
    [
        ("backup", "/_changes", (200, HTML), "web page"),
        ("backup", "/_changes", (500, MAJORITY), "no_majority"),
        ("backup", "/_changes", (401, WRONG), "password"),
        ("restore", "_bulk_docs", (200, HTML), "web page"),
        ("restore", "_bulk_docs", (507, FULL), "disk"),
        ("restore", "_revs_diff", (502, HTML), "502"),
        ("restore", "PUT .*_security", (500, MAJORITY), "has no quorum"),
    ],
)
def test_what_goes_wrong_half_way_is_one_sentence_too_and_the_next_run_goes_on(
    command: str,
    match: str,
    fault: tuple[int, Any],
    words: str,
    place: Place,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backup, "WAIT", 0.001)
    try:
        with answers((match, *fault))(place, tmp_path) as (url, _):
            assert main(place.argv(command, url, tmp_path)) == 1
        printed = capsys.readouterr()
        told = [line for line in printed.err.splitlines() if line.startswith("couchtill: ")]
        assert len(told) == 1 and words in told[0], printed
        assert SECRET not in printed.out + printed.err and "Traceback" not in printed.err
        assert not (tmp_path / "new.zip").exists()
        assert main(place.argv(command, place.hub.url, tmp_path)) == 0
    finally:
        place.forget()


def test_a_backup_that_fills_the_disk_here_says_so_and_leaves_the_room_to_others(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    start = small_disk(folder, "64k")
    if start is None:
        pytest.skip("this system lets nobody mount a file system")
    there = f"{place.hub.url}/store-full"
    requests.put(there, timeout=30).raise_for_status()
    docs = [{"_id": f"noise:{n}", "noise": os.urandom(2000).hex()} for n in range(100)]
    try:
        requests.post(f"{there}/_bulk_docs", json={"docs": docs}, timeout=30).raise_for_status()
        words = ["central", "backup", place.hub.url, str(folder / "new.zip"), "--database", "store-full"]
        script = '"$@"; echo "status $?"; ls -A "$0"'
        argv = [*start, "sh", "-c", script, str(folder), sys.executable, "-m", "app.cli", *words]
        done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=120, check=True)
    finally:
        requests.delete(there, timeout=30)
    assert done.stdout == "status 1\n", "nothing is left"
    [said] = done.stderr.splitlines()
    assert said.startswith("couchtill: ") and ("disk is full" in said or "No space left" in said)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda file: None, "is not there"),
        (lambda file: file.mkdir(), "can't be read: Is a directory"),
        (lambda file: file.write_bytes(b""), "is empty"),
        (lambda file: file.write_text(HTML), "is no backup of CouchTill’s"),
        (lambda file: file.symlink_to(file), "can't be read"),
    ],
    ids=["missing", "a folder", "empty", "a page", "a link to itself"],
)
def test_a_file_that_is_no_backup_is_one_sentence_for_check_and_restore(
    make: Callable[[Path], object], words: str, place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "copy.zip"
    make(file)
    before = place.state()
    for command in (["check", str(file)], ["restore", str(file), place.hub.url]):
        assert main(["central", *command]) == 1
        [said] = capsys.readouterr().err.splitlines()
        assert said.startswith("couchtill: ") and words in said
    assert place.state() == before
