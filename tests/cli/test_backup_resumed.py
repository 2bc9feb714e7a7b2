"""``couchtill central backup`` that was broken off: it goes on, and the file is as if nothing had happened."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.transfer import backup, bundle, spool
from app.transfer.bundle import Manifest, Part
from tests.cli.test_backup import KINDS, Central, fill, run
from tests.support.couchdb import COUCHDB_URL
from tests.support.hub import Hub
from tests.support.process import CouchTill
from tests.support.proxy import FaultProxy


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub.url


@pytest.fixture(params=KINDS)
def central(request: pytest.FixtureRequest) -> Iterator[Central]:
    made = Central(request.getfixturevalue("hub_url") if request.param == "hub" else COUCHDB_URL)
    yield made
    made.close()


@pytest.fixture
def at_hub(hub_url: str) -> Iterator[Central]:
    made = Central(hub_url)
    yield made
    made.close()


@pytest.fixture
def line(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A line to the central of the test. What has come is kept at once, and a cut is soon given up on."""
    monkeypatch.setattr(backup, "KEEP", 0.0)
    monkeypatch.setattr(backup, "WAIT", 0.001)
    central = request.getfixturevalue("at_hub" if "at_hub" in request.fixturenames else "central")
    with FaultProxy(central.url) as proxy:
        yield proxy


def things(central: Central, count: int = 700) -> str:
    name = central.name()
    central.call("PUT", name)
    central.call("POST", f"{name}/_bulk_docs", json={"docs": [{"_id": f"thing:{n:04}", "n": n} for n in range(count)]})
    return name


def break_off(line: FaultProxy, name: str, file: Path) -> None:
    """A backup of which one page has come."""
    line.answer(503, match=f"/{name}/_changes.*since=[1-9]")
    assert run("backup", line.url, file, "--database", name) == 1
    line.clear()


def asked(line: FaultProxy, name: str) -> list[str]:
    """Where the feed was read from, so far."""
    pages = [seen.path for seen in line.seen(f"GET /{name}/_changes")]
    line.requests.clear()
    return [path.partition("since=")[2].partition("&")[0] for path in pages]


def held(file: Path) -> dict[str, set[str]]:
    """The ids and revisions in a backup of one database."""
    found: dict[str, set[str]] = {}
    with bundle.reading(file) as reader:
        for line in reader.lines(reader.manifest.databases[0]):
            doc = json.loads(line)
            found.setdefault(doc["_id"], set()).add(doc["_rev"])
    return found


def test_one_that_lost_its_line_goes_on_and_holds_what_has_changed_meanwhile(
    central: Central, line: FaultProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = central.name()
    fill(central, name)
    file = tmp_path / "copy.zip"
    break_off(line, name, file)
    said = capsys.readouterr().err
    assert "run this again, and it goes on from there" in said and "secret" not in said and not file.exists()
    part = tmp_path / "copy.zip.part"
    assert stat.S_IMODE(part.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in part.iterdir() if each.name != "lock"} == {0o600}
    assert not any(b"secret" in each.read_bytes() for each in part.iterdir())

    rev = central.call("GET", f"{name}/edited")["_rev"]
    central.call("PUT", f"{name}/edited?rev={rev}", json={"v": 4})
    for id in ("thing:0001", "thing:0699"):
        central.call("DELETE", f"{name}/{id}?rev={central.call('GET', f'{name}/{id}')['_rev']}")
    central.call("PUT", f"{name}/new", json={})
    before = central.tree(name)
    asked(line, name)
    assert run("backup", line.url, file, "--database", name) == 0
    assert "was broken off before, and goes on from there" in capsys.readouterr().err
    assert "0" not in asked(line, name) and not part.exists()
    central.call("DELETE", name)
    assert run("restore", file, central.url) == 0
    assert central.tree(name) == before


def test_one_that_was_killed_asks_for_nothing_twice(at_hub: Central, tmp_path: Path) -> None:
    first, second = sorted((things(at_hub), things(at_hub, 5)))
    file = tmp_path / "copy.zip"
    words = ("--database", first, "--database", second)
    with FaultProxy(at_hub.url) as line:
        line.blackhole(match=f"/{second}/_changes")
        with CouchTill("central", "backup", line.url, file, *words) as killed:
            line.wait_for(f"/{second}/_changes")
            killed.kill()
        line.clear()
        assert not file.exists()
        asked(line, first)
        assert run("backup", line.url, file, *words) == 0
        whole = asked(line, first)
        assert len(whole) == 1 and whole != ["0"]
    manifest = bundle.check(file)
    assert sorted(part.rows for part in manifest.parts) == [5, 700]


@pytest.mark.parametrize("case", ["made anew", "put back", "further on than it is"])
def test_a_database_that_is_not_the_one_of_before_is_read_from_its_beginning(
    at_hub: Central, line: FaultProxy, tmp_path: Path, case: str
) -> None:
    name = things(at_hub)
    file = tmp_path / "copy.zip"
    break_off(line, name, file)
    state = tmp_path / "copy.zip.part" / f"{name}.json"
    told = json.loads(state.read_bytes())
    if case == "made anew":
        at_hub.call("DELETE", name)
        at_hub.call("PUT", name)
        at_hub.call("PUT", f"{name}/thing:new", json={})
    elif case == "put back":  # to before what came last
        told["tail"]["thing:lost"] = ["1-" + "a" * 32]
    else:
        told["since"] = "90000"
    if case != "made anew":
        state.write_text(json.dumps(told))
    asked(line, name)
    assert run("backup", line.url, file, "--database", name) == 0
    assert asked(line, name)[0] == "0"
    assert held(file).keys() == ({"thing:new"} if case == "made anew" else {f"thing:{n:04}" for n in range(700)})


def test_what_was_written_after_the_last_flush_comes_again_and_what_is_damaged_is_thrown_away(
    at_hub: Central, line: FaultProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = things(at_hub)
    file = tmp_path / "copy.zip"
    break_off(line, name, file)
    lines = tmp_path / "copy.zip.part" / f"{name}.jsonl.gz"
    with lines.open("ab") as stream:
        stream.write(b"half a li")  # what a kill between two flushes leaves
    assert run("backup", line.url, file, "--database", name) == 0
    assert len(held(file)) == 700

    file.unlink()
    break_off(line, name, file)
    content = bytearray(lines.read_bytes())
    content[len(content) // 2] ^= 0x11
    lines.write_bytes(content)
    capsys.readouterr()
    assert run("backup", line.url, file, "--database", name) == 1
    assert "is damaged on this disk, and was thrown away" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert run("backup", line.url, file, "--database", name) == 0


def test_in_a_folder_the_one_that_was_broken_off_is_found_unless_it_is_too_old_or_of_something_else(
    at_hub: Central, line: FaultProxy, tmp_path: Path
) -> None:
    name, other = things(at_hub), things(at_hub)
    break_off(line, name, tmp_path)
    [part] = tmp_path.iterdir()
    part = part.rename(part.with_name(part.name.replace("-20", "-19")))  # of long before this second
    asked(line, name)
    assert run("backup", line.url, tmp_path, "--database", other) == 0  # of something else
    assert part.exists()
    assert run("backup", line.url, tmp_path, "--database", name) == 0
    assert "0" not in asked(line, name)
    # The file is called by the moment of which it tells, not by that of the first try.
    assert not part.exists() and not (tmp_path / part.name.removesuffix(".part")).exists()
    assert len(list(tmp_path.iterdir())) == 2

    break_off(line, name, tmp_path)
    [part] = tmp_path.glob("*.part")
    begun = json.loads((part / spool.BEGUN).read_bytes())
    old = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    (part / spool.BEGUN).write_text(json.dumps({**begun, "begun": old}))
    asked(line, name)
    assert run("backup", line.url, tmp_path, "--database", name) == 0
    assert asked(line, name)[0] == "0" and not list(tmp_path.glob("*.part"))


def test_a_company_may_have_more_stores_than_a_process_may_have_open_files(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="only Unix limits how many files a process opens")
    names = [f"store-s{n:03}" for n in range(60)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = os.open(tmp_path, os.O_RDONLY)  # the lowest number that is free
    os.close(used)
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 30, hard))
    try:
        with spool.Spool(tmp_path / "copy.zip", "http://central", [], ()) as coming:
            for name in names:
                strand = coming.strand(Part(name, bundle.member_of(name)))
                strand.begin("a life")
                strand.write(b'{"_id": "x", "_rev": "1-x", "_revisions": {}}')
                strand.part.rows = strand.part.revisions = 1
                strand.keep()
                strand.close()
            coming.finish(lambda: Manifest("now", "http://central", {}, "1", [each.part for each in coming.strands]))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [part.name for part in bundle.check(tmp_path / "copy.zip").parts] == names
