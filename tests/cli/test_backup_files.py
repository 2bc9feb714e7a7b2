"""The file of a backup: what was cut off, altered or is something else is refused before anything comes of it."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs.directory import lock_folder
from tests.cli.test_backup import Central, fill, run
from tests.support.hub import Hub


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub.url


def refusals(file: Path) -> dict[str, Callable[[], None]]:
    whole = file.read_bytes()

    def alter(change: Callable[[dict[str, bytes]], None]) -> Callable[[], None]:
        def write() -> None:
            with zipfile.ZipFile(file) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
            change(members)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in members.items():
                    archive.writestr(name, content)

        return write

    def store_of(members: dict[str, bytes]) -> str:
        return next(name for name in members if name.startswith("databases/"))

    def manifest(change: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        def edit(members: dict[str, bytes]) -> None:
            told = json.loads(members["manifest.json"])
            change(told)
            members["manifest.json"] = json.dumps(told).encode()

        return alter(edit)

    def one_letter(members: dict[str, bytes]) -> None:
        name = store_of(members)
        members[name] = members[name].replace(b'"n":3', b'"n":4', 1)

    def one_line_less(members: dict[str, bytes]) -> None:
        name = store_of(members)
        members[name] = members[name].partition(b"\n")[2]

    return {
        "its end is missing": lambda: file.write_bytes(whole[: len(whole) // 2]) and None,
        "is empty": lambda: file.write_bytes(b"") and None,
        "no backup of CouchTill’s.": lambda: file.write_bytes(b"{}" + whole) and None,
        "was altered": lambda: (
            file.write_bytes(whole[: len(whole) // 3] + bytes(100) + whole[len(whole) // 3 + 100 :]) and None
        ),
        "is not what was written": alter(one_letter),
        "is not as long as it was": alter(one_line_less),
        "it has no manifest": alter(lambda members: members.pop("manifest.json") and None),
        "doesn't hold what its manifest names": alter(lambda members: members.update({"other": b""})),
        "but no backup of CouchTill’s.": manifest(lambda told: told.update(format="zip")),
        "was made by a newer CouchTill": manifest(lambda told: told.update(version=2)),
        "its manifest isn't as it was written": manifest(
            lambda told: told["databases"][0].update(name="../../etc/passwd")
        ),
        "is not there": file.unlink,
    }


@pytest.fixture(scope="module")
def small(hub_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    central = Central(hub_url)
    name = central.name()
    fill(central, name, large=5000)
    file = tmp_path_factory.mktemp("small") / "copy.zip"
    assert run("backup", hub_url, file, "--database", name) == 0
    yield hub_url, name, file
    central.close()


@pytest.mark.parametrize("words", [
    "its end is missing", "is empty", "no backup of CouchTill’s.", "was altered", "is not what was written",
    "is not as long as it was", "it has no manifest", "doesn't hold what its manifest names",
    "but no backup of CouchTill’s.", "was made by a newer CouchTill", "its manifest isn't as it was written",
    "is not there",
])  # fmt: skip
def test_a_file_that_is_not_the_backup_that_was_made_is_refused_before_anything_is_written(
    words: str, small: tuple[str, str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, _, whole = small
    file = tmp_path / "copy.zip"
    shutil.copy(whole, file)
    refusals(file)[words]()
    before = requests.get(f"{url}/_all_dbs", timeout=30).json()
    for command in (("check", file), ("restore", file, url)):
        assert run(*command) == 1
        said = capsys.readouterr().err
        assert words in said and "Traceback" not in said
    assert requests.get(f"{url}/_all_dbs", timeout=30).json() == before


def test_any_damaged_byte_is_noticed_or_does_no_harm(small: tuple[str, str, Path], tmp_path: Path) -> None:
    """A zip's times and comments may be damaged unseen; what would be written may not."""
    import random

    from app.transfer import bundle

    _, _, whole = small
    content = bytearray(whole.read_bytes())
    with bundle.reading(whole) as reader:
        right = [list(reader.lines(part)) for part in reader.manifest.parts]
    file = tmp_path / "copy.zip"
    chance = random.Random(7)
    places = [*range(60), *range(len(content) - 300, len(content)), *chance.sample(range(len(content)), 60)]
    for place in places:
        content[place] ^= 0x11
        file.write_bytes(content)
        content[place] ^= 0x11
        try:
            with bundle.reading(file) as reader:
                assert [list(reader.lines(part)) for part in reader.manifest.parts] == right
        except bundle.BackupError:
            pass


def test_what_stands_in_the_way_is_told_and_left_as_it_is(
    small: tuple[str, str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, name, _ = small
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    for place, words in (
        (letter, "is no backup: it was left as it is"),
        (tmp_path / "nowhere" / "copy.zip", "is no directory"),
    ):
        assert run("backup", url, place, "--database", name) == 1
        assert words in capsys.readouterr().err
    assert letter.read_text() == "dear"
    assert run("backup", url, tmp_path / "copy.zip", "--database", "store-none") == 1
    assert "has no database store-none" in capsys.readouterr().err
    assert run("backup", "http://admin:wrong@127.0.0.1:9", tmp_path / "copy.zip") == 1
    said = capsys.readouterr().err
    assert "can't be reached" in said and "wrong" not in said
    part = tmp_path / "copy.zip.part"
    part.write_bytes(b"PK")
    assert run("backup", url, tmp_path / "copy.zip", "--database", name) == 1
    assert "is in the way" in capsys.readouterr().err and part.read_bytes() == b"PK"
    assert run("check", part) == 1
    assert "was never finished" in capsys.readouterr().err
    part.unlink()
    part.mkdir()
    with lock_folder(part):
        assert run("backup", url, tmp_path / "copy.zip", "--database", name) == 1
    assert "is being written by another backup" in capsys.readouterr().err
    (part / "letter.txt").write_text("dear")
    assert run("backup", url, tmp_path / "copy.zip", "--database", name) == 0
    assert [file.name for file in part.iterdir()] == ["letter.txt"]
    assert run("backup", url, tmp_path, "--database", name) == 0  # a directory: named by server and time
    assert len(list(tmp_path.glob("127.0.0.1-*.couchtill.zip"))) == 1
