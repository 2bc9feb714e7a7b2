"""A browser for the tests of the pages: found, or installed.

A Chromium or Chrome that is there and really starts is used (Ubuntu's ``chromium`` may be a stub that only tells to
install a snap); else Debian's by apt-get, where we are root; else the one that Playwright brings. Chromium's headless
shell comes first: the same pages by the same engine, without the windows around them that nobody sees, for half of the
browser's own processor time. Run as ``python -m tests.support.browser`` this installs one if need be; ``make test``
does that. ``CHROMIUM`` names another one.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

# The last --disable-features holds, so Playwright's own stand here too. Ours are the pages of which Chromium's address
# field is made: each window would draw them, out of sight, and they take longer than the page that is tested.
PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
OUT_OF_SIGHT = (
    "InitialWebUI",
    "PreloadTopChromeWebUI",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
)

# As root Chromium's sandbox can't start; the rest keeps it from calling home in the middle of a test.
FLAGS = (
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join((*PLAYWRIGHTS, *OUT_OF_SIGHT))}",
)


def _starts(binary: str) -> bool:
    """Whether it can render a page, not merely say its version."""
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        argv = [binary, "--headless", *FLAGS, f"--user-data-dir={profile}", "--dump-dom", "data:text/html,<p>it+starts"]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return "starts" in done.stdout


@functools.cache
def executable() -> str | None:
    """The browser's path; None where there is none that starts."""
    found = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES), MAC, _playwrights_own()]
    return next((binary for binary in found if binary and Path(binary).exists() and _starts(binary)), None)


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            return playwright.chromium.executable_path
    except Exception:  # Playwright is missing or can't start: then this candidate is none, whatever the reason
        return None


def install() -> None:
    """Make sure that there is a browser; exits with a sentence when none can be had."""
    there = bool(executable())
    if there and shutil.which(SHELL):
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        if not there:
            _apt("apt-get", "update")
        # The shell where Debian has it; a whole Chromium only where there is no browser at all.
        for package in (SHELL, "chromium"):
            if (package == SHELL or not executable()) and _apt("apt-cache", "show", package):
                print(f"Installing Debian's {package} …")
                _apt("apt-get", "install", "-y", package)
                executable.cache_clear()
    if executable():
        return
    print("Installing Playwright's chromium …")
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], stdin=subprocess.DEVNULL)
    executable.cache_clear()
    if not executable():
        sys.exit("The tests of the pages need Chromium or Chrome: install one, or name it in CHROMIUM.")


def _apt(*argv: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(argv, capture_output=True, env=environment, stdin=subprocess.DEVNULL).returncode == 0


@contextmanager
def browser() -> Iterator[Any]:
    """Playwright's ``Browser``, headless. Pages: ``browser.new_context(viewport=…, has_touch=True).new_page()``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()


if __name__ == "__main__":
    install()
