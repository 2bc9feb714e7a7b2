"""``couchtill central backup|restore --ca``: a central whose certificate is of the company's own authority."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.node import certificates
from tests.cli.test_backup import run
from tests.support.hub import Hub


def test_a_central_of_the_companys_own_authority_is_copied_and_restored_when_its_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office, data, file = tmp_path / "office", tmp_path / "hub", tmp_path / "copy.zip"
    office.mkdir()
    data.mkdir()
    ca = certificates.make_authority(office, "Tea")
    certificates.install(data, certificates.sign(office, certificates.request(data, "hub", ["127.0.0.1"])))
    with Hub(data) as hub:
        url = hub.url.replace("http:", "https:")
        for name in ("company", "store-s1"):
            hub.node.directory.create(name)
        hub.node.directory.get("store-s1").put({"_id": "thing:1"})
        assert run("backup", url, file) == 1
        assert "--ca FILE" in capsys.readouterr().err and not file.exists()
        assert run("backup", url, file, "--ca", ca) == 0
        hub.node.directory.delete("store-s1")
        assert run("restore", file, url) == 1
        assert "store-s1" not in hub.node.directory.names()
        assert run("restore", file, url, "--ca", ca) == 0
        assert hub.node.directory.get("store-s1").read("thing:1") is not None
        assert run("restore", file, url, "--ca", tmp_path / "none.pem") == 1
        assert "No such file" in capsys.readouterr().err
