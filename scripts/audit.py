"""What `make lint` asks of security: bandit over our own code, pip-audit over what is installed.

bandit's findings end it with 1, as do known vulnerabilities. Where the service that knows them can't be reached, that
is said, and nothing fails: a machine without a way out proves nothing either way.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: Seconds that the whole of pip-audit may take, and one answer of the service.
PATIENCE, ANSWER = 120, 10


def bandit() -> bool:
    argv = [sys.executable, "-m", "bandit", "-q", "-r", "-ll", "-c", "pyproject.toml", "app", "couch"]
    return subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0


def pip_audit() -> bool:
    """Whether nothing is known against the packages that are installed."""
    argv = [sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner", "off"]
    argv += ["--timeout", str(ANSWER), "--format", "json"]
    try:
        done = subprocess.run(
            argv, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return _not_audited(f"no answer within {PATIENCE} s")
    try:
        found = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = done.stderr.strip().splitlines()
        return _not_audited(lines[-1][:200] if lines else f"pip-audit ended with {done.returncode}")
    return verdict(found)


def verdict(found: list[dict[str, Any]]) -> bool:
    """Says what pip-audit found: `[{"name", "version", "vulns": [{"id", "fix_versions"}]} | {"name", "skip_reason"}]`;
    False where something is known to be wrong."""
    audited = [one for one in found if "skip_reason" not in one]
    for package in audited:
        for known in package.get("vulns") or ():
            mended = ", ".join(known.get("fix_versions") or ()) or "no version yet"
            print(f"{package['name']} {package['version']}: {known['id']}, mended in {mended}")
    if not audited and found:
        return _not_audited(f"none of {len(found)} packages was found there")
    if len(audited) < len(found):
        print(f"pip-audit: {len(found) - len(audited)} of {len(found)} packages could not be looked up.")
    return not any(package.get("vulns") for package in audited)


def _not_audited(why: str) -> bool:
    print(f"pip-audit: NOT AUDITED, the service that knows of vulnerabilities can't be reached from here ({why}).")
    return True


if __name__ == "__main__":
    sys.exit(0 if all([bandit(), pip_audit()]) else 1)
