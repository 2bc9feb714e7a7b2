"""A folder of databases: names as CouchDB takes them, one process at a time."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.docs.database import Database
from app.docs.directory import Directory
from app.docs.errors import AlreadyOpen, FileExists, IllegalDatabaseName, NotFound, ReadOnly, StoreError
from app.docs.indexes import Index


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    with Directory(tmp_path / "data") as opened:
        yield opened


def test_databases_are_made_found_listed_and_deleted(directory: Directory) -> None:
    made = directory.create("shop")
    assert directory.get("shop") is made
    assert directory.ensure("shop") is made
    assert directory.names() == list(directory) == ["shop"]
    assert "shop" in directory and "none" not in directory
    with pytest.raises(FileExists):
        directory.create("shop")
    directory.delete("shop")
    assert made.closed
    assert [file.name for file in directory.path.iterdir()] == ["lock"]
    for lost in (directory.get, directory.delete):
        with pytest.raises(NotFound, match="Database does not exist"):
            lost("shop")


@pytest.mark.parametrize("name", ["a/b", "a+b", "a$(b)_-1", "_users", "_replicator"])
def test_names_that_couchdb_takes_become_files(directory: Directory, name: str) -> None:
    directory.create(name).put({"_id": "x"})
    assert directory.names() == [name]
    assert [file.suffix for file in directory.path.glob("*.db")] == [".db"], "no folder is made for a slash"


@pytest.mark.parametrize("name", ["", "A", "1a", "_x", "a.b", "a b", "ä", "../a", "a\n", "a" * 300])
def test_other_names_are_refused(directory: Directory, name: str) -> None:
    with pytest.raises(IllegalDatabaseName, match="Only lowercase characters"):
        directory.create(name)
    with pytest.raises(NotFound):
        directory.get(name)
    assert directory.names() == []


def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom app.docs.directory import Directory\nfrom app.docs.errors import AlreadyOpen\n"
        "try:\n    Directory(sys.argv[1]).close()\nexcept AlreadyOpen as error:\n    print(error)\n"
    )

    def second() -> str:
        run = [sys.executable, "-c", program, str(tmp_path / "data")]
        root = Path(__file__).parents[2]
        return subprocess.run(run, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout

    with Directory(tmp_path / "data"):
        assert "Another CouchTill is running on" in second()
    assert second() == ""


def test_it_opens_for_reading_beside_a_running_one(directory: Directory) -> None:
    directory.create("shop").put({"_id": "a"})
    with Directory(directory.path, read_only=True) as reader:
        assert reader.get("shop").get("a")["_id"] == "a"
        with pytest.raises(ReadOnly):
            reader.get("shop").put({"_id": "b"})
    with pytest.raises(AlreadyOpen):
        Directory(directory.path)


def test_a_folder_that_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="can't be used"):
        Directory(tmp_path / "file" / "data")
    with pytest.raises(StoreError, match="There is no folder"):
        Directory(tmp_path / "none", read_only=True)


def test_listeners_are_told_what_happens_to_which_database(directory: Directory) -> None:
    told: list[tuple[str, str]] = []
    end = directory.subscribe(lambda name, event: told.append((name, event)))
    shop = directory.create("shop")
    shop.put({"_id": "a"})
    shop.put_local("log", {})
    directory.delete("shop")
    end()
    directory.create("quiet")
    assert told == [("shop", "created"), ("shop", "updated"), ("shop", "deleted")]


def test_each_database_has_the_indexes_of_its_name(tmp_path: Path) -> None:
    def indexes_for(name: str) -> list[Index]:
        return [Index("n", "t", "n")] if name == "company" else []

    with Directory(tmp_path / "data", indexes_for=indexes_for) as directory:
        assert list(directory.create("company").indexes) == ["n"]
        assert list(directory.create("store-s1").indexes) == []


def test_the_nodes_own_files_are_no_databases(directory: Directory) -> None:
    for name in ("node.db", ".half.db.new", "notes.txt"):
        (directory.path / name).write_text("x")
    assert directory.names() == []


def test_a_damaged_database_is_refused_and_the_others_open(directory: Directory) -> None:
    directory.create("shop")
    (directory.path / "broken.db").write_bytes(b"SQLite format 3\x00")
    with pytest.raises(StoreError):
        directory.get("broken")
    assert isinstance(directory.get("shop"), Database)
    assert directory.names() == ["broken", "shop"]


def test_what_a_shop_knows_is_read_by_nobody_else_on_the_machine(tmp_path: Path) -> None:
    with Directory(tmp_path / "new") as opened:
        assert stat.S_IMODE(opened.path.stat().st_mode) == 0o700
