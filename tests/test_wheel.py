"""What people install is whole: the wheel, alone in an environment of its own, opens its pages."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.process import CouchTill

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.timeout(600)  # a registry may be slow


def run(*argv: str | Path, cwd: Path = ROOT) -> None:
    done = subprocess.run([str(part) for part in argv], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    (built,) = folder.glob("couchtill-*.whl")
    return built


@pytest.fixture(scope="module")
def couchtill(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a clean installation, its dependencies from the registry, the sources not in sight."""
    environment = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", environment)  # Debian's venv has no pip to give
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    run(sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--quiet", wheel)
    return scripts / "couchtill"


@pytest.fixture
def hub(couchtill: Path, tmp_path: Path) -> Iterator[CouchTill]:
    args = ("hub", "--data", tmp_path / "hub", "--port", "0", "--admin", "boss:secret")
    with CouchTill(*args, command=[couchtill], cwd=tmp_path) as process:
        yield process


def test_the_wheel_holds_the_two_packages_and_no_tests(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"app", "couch", "couchtill"}
    sources = {
        str(path.relative_to(ROOT)) for path in (ROOT / "app").rglob("*") if path.suffix in (".html", ".js", ".css")
    }
    assert sources and sources <= set(names)


@pytest.mark.slow
def test_its_hub_answers_as_a_couchdb(hub):
    assert requests.get(hub.url, auth=("boss", "secret"), timeout=10).json()["couchdb"] == "Welcome"
    assert hub.terminate() == 0


@pytest.mark.slow
def test_its_terminal_opens_the_till_with_all_that_the_page_asks_for(couchtill, hub, tmp_path):
    central = hub.url.replace("://", "://boss:secret@")
    args = ("terminal", "--data", tmp_path / "till", "--id", "s1-t1", "--central", central, "--port", "0")
    with CouchTill(*args, command=[couchtill], cwd=tmp_path) as terminal:
        session = requests.Session()
        page = session.get(terminal.link, timeout=10)
        assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
        assert "<html" in page.text
        linked = [part.split('"')[0] for part in page.text.replace("href=", "src=").split('src="')[1:]]
        files = [address for address in linked if "/static/" in address]
        assert files
        for address in files:
            assert session.get(f"{terminal.url}{address}", timeout=10).status_code == 200, address
