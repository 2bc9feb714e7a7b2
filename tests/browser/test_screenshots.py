"""`make screenshots` runs: one page of it, in the dark, on a phone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import screenshots

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_picture_is_taken_of_the_page_that_is_asked_for(tmp_path: Path) -> None:
    asked = ["z-report", "--size", "phone", "--scheme", "dark", "--to", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "tests.screenshots", *asked], capture_output=True, text=True)
    picture = tmp_path / "z-report-phone-dark.png"

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(picture), str(tmp_path / "z-reports-phone-dark.png")]
    head = picture.read_bytes()[:24]
    assert head.startswith(PNG)
    assert (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) == screenshots.SIZES["phone"]
