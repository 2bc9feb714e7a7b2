"""A CouchDB that is put back to a copy of its files, beneath live links.

``COUCHDB_RESTORE`` names a command that does it: ``COMMAND save DIR`` copies the server's files, ``COMMAND restore
DIR`` stops it, puts the copy back and starts it. It restores *all* databases of that server, so name one that is yours.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest
import requests

from tests.replicator.conftest import fill, trees
from tests.replicator.test_supervisor import Node
from tests.support.process import wait_until

COMMAND = os.environ.get("COUCHDB_RESTORE", "")


def run(what: str, folder: Path) -> None:
    subprocess.run([*shlex.split(COMMAND), what, str(folder)], check=True, timeout=120)


if COMMAND:

    @pytest.mark.couchdb
    @pytest.mark.timeout(300)
    def test_nothing_is_lost_when_couchdb_is_restored_beneath_live_links(tmp_path: Path, couchdb_url: str) -> None:
        url = f"{couchdb_url}restored"
        requests.put(url, timeout=10).raise_for_status()
        one, two = (Node(tmp_path, name).link(url) for name in ("one", "two"))
        fill(one.database, 50)
        wait_until(lambda: trees(one.database) == trees(two.database))
        wait_until(lambda: one.settings.get("link:push shop") is not None)
        run("save", tmp_path / "copy")
        fill(one.database, 50, start=50)
        fill(two.database, 50, start=500)
        wait_until(lambda: one.database.doc_count == two.database.doc_count == 150, timeout=60)
        run("restore", tmp_path / "copy")
        fill(one.database, 50, start=1000)
        fill(two.database, 50, start=1500)
        wait_until(lambda: one.database.doc_count == two.database.doc_count == 250, timeout=90)
        wait_until(lambda: requests.get(url, timeout=10).json()["doc_count"] == 250, timeout=60)
        assert trees(one.database) == trees(two.database)
        one.close()
        two.close()
