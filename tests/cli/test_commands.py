"""The commands as processes, beside a hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import app
from app.docs.database import Database
from tests.support.process import CouchTill, wait_until

PRODUCTS = """product_id,name,size,category,department,brand,manufacturer_id,sold_by,price_cents
1,Milk,1 l,Dairy,Food,National,7,unit,129
2,Petrol,,Fuel,Fuel,National,7,volume,2199
3,Broken,,Dairy,Food,National,7,unit,cheap
"""


class Hub:
    def __init__(self, process: CouchTill) -> None:
        self.url = f"http://admin:geheim@127.0.0.1:{process.port}"

    def made(self, name: str) -> str:
        url = f"{self.url}/{name}"
        assert requests.put(url, timeout=30).status_code == 201
        return url


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    data = tmp_path_factory.mktemp("hub")
    with CouchTill("hub", "--data", data, "--port", "0", "--admin", "admin:geheim") as process:
        yield Hub(process)


def run(*arguments: object, status: int = 0) -> CouchTill:
    """A command that ends; nothing of it says the password."""
    process = CouchTill(*(str(argument) for argument in arguments))
    assert process.wait() == status, process.stderr
    assert "geheim" not in process.stdout + process.stderr
    assert "Traceback" not in process.stderr
    return process


def filled(path: Path, count: int = 1000) -> Path:
    with Database(path) as database:
        database.bulk_docs([{"_id": f"d{n:05d}", "n": n} for n in range(count)])
    return path


def test_it_tells_its_version() -> None:
    assert run("--version").stdout == f"CouchTill {app.__version__}"


def test_replicate_prints_one_line_of_json_with_couchdbs_names(hub: Hub, tmp_path: Path) -> None:
    source, target = filled(tmp_path / "a.db"), f"{hub.url}/replicated"
    first = json.loads(run("replicate", source, target, "--create-target", "--json").stdout)
    assert set(first) == {
        "docs_read",
        "docs_written",
        "doc_write_failures",
        "missing_checked",
        "missing_found",
        "start_last_seq",
        "end_last_seq",
        "seconds",
    }
    assert (first["docs_written"], first["doc_write_failures"], first["start_last_seq"]) == (1000, 0, 0)
    second = json.loads(run("replicate", source, target, "--json").stdout)
    assert (second["docs_written"], second["start_last_seq"]) == (0, first["end_last_seq"])
    back = json.loads(run("replicate", target, tmp_path / "b.db", "--create-target", "--json").stdout)
    assert back["docs_written"] == 1000
    said = run("replicate", tmp_path / "b.db", tmp_path / "a.db").stdout
    assert said.startswith("0 of ")


def test_replicate_goes_on_until_it_is_asked_to_stop(hub: Hub, tmp_path: Path) -> None:
    source = hub.made("live")
    process = CouchTill("replicate", source, tmp_path / "live.db", "--continuous", "--create-target", "--json")
    for number in range(3):
        requests.put(f"{source}/d{number}", json={"n": number}, timeout=30).raise_for_status()

        def arrived(number: int = number) -> bool:
            if not (tmp_path / "live.db").exists():
                return False
            with Database(tmp_path / "live.db", read_only=True) as database:
                return database.read(f"d{number}") is not None

        wait_until(arrived)
    assert process.terminate() == 0
    assert json.loads(process.stdout)["docs_written"] == 3


def test_replicate_needs_to_be_told_to_make_a_target(hub: Hub, tmp_path: Path) -> None:
    source = filled(tmp_path / "a.db", 1)
    assert "does not exist" in run("replicate", source, f"{hub.url}/nowhere", status=1).stderr
    assert "is not there" in run("replicate", source, tmp_path / "nowhere.db", status=1).stderr
    wrong = hub.url.replace("geheim", "geheimer")
    assert "Name or password is incorrect" in run("replicate", source, f"{wrong}/nowhere", status=1).stderr


def test_dump_and_load_speak_to_a_url_as_to_a_file(hub: Hub, tmp_path: Path) -> None:
    source, target = filled(tmp_path / "a.db"), hub.made("loaded")
    with Database(source) as database:
        database.put_attachment("d00001", "ä b.txt", b"attached", "text/plain", rev=database.get("d00001")["_rev"])
        database.put({"_id": "_design/x", "views": {}})
        database.put({"_id": "a/b+c %", "awkward": True})
    first = run("dump", source).stdout
    (tmp_path / "lines").write_text(first + "\n")
    assert run("load", target, tmp_path / "lines").stdout == "1002 written, 0 there already, 0 refused"
    assert run("load", target, tmp_path / "lines").stdout == "0 written, 1002 there already, 0 refused"
    assert run("dump", target).stdout == first


def test_an_import_into_a_url_checks_row_by_row_and_twice_is_harmless(hub: Hub, tmp_path: Path) -> None:
    target = hub.made("imported")
    requests.put(f"{target}/product:9", json={"type": "product"}, timeout=30).raise_for_status()
    file = tmp_path / "products.csv"
    file.write_text(PRODUCTS)
    first = run("import", "products", file, "--db", target, status=1)
    assert "3 rows" in first.stdout and "1 rows refused" in first.stdout
    assert "Line 4" in first.stderr
    assert "cheap" in (tmp_path / "products.csv.rejects.csv").read_text()
    there = requests.get(f"{target}/_all_docs", timeout=30).json()
    assert {row["id"] for row in there["rows"]} == {
        "product:1",
        "product:2",
        "product:9",
        "category:dairy",
        "category:fuel",
    }
    assert requests.get(f"{target}/product:2", timeout=30).json()["sold_by"] == "measure"
    run("import", "products", file, "--db", target, status=1)
    assert requests.get(f"{target}/_all_docs", timeout=30).json()["rows"] == there["rows"]


def test_an_import_into_a_file_makes_it_and_head_offices_edit_stays_when_the_file_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text(PRODUCTS.rpartition("3,Broken")[0])
    run("import", "products", file, "--db", tmp_path / "company.db")
    with Database(tmp_path / "company.db") as database:
        milk = database.get("product:1")
        assert milk["price"] == {"amount": 129, "per": 1000}
        edited = database.put({**milk, "inactive": True})
    run("import", "products", file, "--db", tmp_path / "company.db")
    with Database(tmp_path / "company.db") as database:
        assert database.get("product:1")["_rev"] == edited


@pytest.mark.parametrize("what", ["products", "customers"])
def test_an_import_of_something_else_is_refused_in_words(tmp_path: Path, what: str) -> None:
    (tmp_path / "x.csv").write_bytes(b"\x00\x01 not, a csv\n")
    said = run("import", what, tmp_path / "x.csv", "--db", tmp_path / "company.db", status=1).stderr
    assert said.startswith("couchtill: ")
    assert not (tmp_path / "company.db").exists(), "made for a file that was refused"
    said = run("import", what, tmp_path / "none.csv", "--db", tmp_path / "company.db", status=1).stderr
    assert said.startswith("couchtill: ")
