"""Our answers beside those of an Apache CouchDB, request by request."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests

from tests.interop import parity, parity_documents, parity_server
from tests.support.couchdb import COUCHDB_URL, anonymous
from tests.support.web import running_hub

pytestmark = pytest.mark.couchdb

SCENARIOS = parity_documents.SCENARIOS | parity_server.SCENARIOS
PROBE = {"name": "probe", "password": parity.PROBE_PASSWORD, "roles": ["clerk"], "type": "user"}

# Where we differ on purpose, as (scenario, number of the request): why.
ON_PURPOSE = {
    ("_bulk_docs", 25): "one document with a missing stub fails alone, not the whole request",
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with running_hub(tmp_path_factory.mktemp("hub")) as running:
        user = f"{running.url}/_users/org.couchdb.user:probe"
        requests.put(user, json=PROBE, timeout=30).raise_for_status()
        yield running


@pytest.fixture(scope="module")
def probe() -> Iterator[None]:
    """The user ``probe`` at the CouchDB."""
    user = f"{COUCHDB_URL}/_users/org.couchdb.user:probe"
    made = requests.put(user, json=PROBE, timeout=30)
    yield
    if made.status_code == 201:
        requests.delete(user, params={"rev": made.json()["rev"]}, timeout=30)


@pytest.mark.usefixtures("probe")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_answer_is_couchdbs(scenario: str, hub: SimpleNamespace) -> None:
    steps = SCENARIOS[scenario]
    theirs = _answers(COUCHDB_URL, anonymous(COUCHDB_URL), steps)
    ours = _answers(hub.url, hub.root, steps)
    differing = [
        f"{number}: {step.user} {step}\n  CouchDB {expected}\n  ours    {found}"
        for number, (step, expected, found) in enumerate(zip(steps, theirs, ours, strict=True))
        # A 500 is a failure of CouchDB's own, which says what was wrong with nothing.
        if expected != found
        and expected.status != 500
        and (scenario, number) not in ON_PURPOSE
        # One with `require_valid_user` says no more to nobody.
        and not (step.user is None and expected.status == 401 and "Authentication required." in expected.body)
    ]
    assert not differing, "\n".join(differing)
    assert all(answer.status < 500 for answer in ours)


def _answers(admin: str, root: str, steps: list[parity.Step]) -> list[parity.Answer]:
    database = f"p{secrets.token_hex(5)}"
    requests.put(f"{admin}/{database}", params={"q": 1}, timeout=30).raise_for_status()
    try:
        return parity.run(root, database, steps)
    finally:
        requests.delete(f"{admin}/{database}", timeout=30)
