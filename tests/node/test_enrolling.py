"""A machine becomes a terminal by head office's code, at a hub and at an Apache CouchDB: once, whatever is cut off on
the way, and not by a code that is over."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from app.docs.database import Database
from app.node import NodeError, codes
from app.node import config as node_config
from app.node.enrolling import Enrolling, Progress, pending
from app.node.keeping import Keeping
from app.shop import tasks, terminals
from app.shop.sale import SaleError
from tests.support.couchdb import COUCHDB_URL
from tests.support.enrolling import Company, company, now
from tests.support.process import ROOT, CouchTill, free_port
from tests.support.proxy import FaultProxy


@pytest.fixture(scope="module")
def hub_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("hub")
    with CouchTill("hub", "--data", data, "--port", "0", "--admin", "admin:secret") as hub:
        yield f"http://admin:secret@127.0.0.1:{hub.port}"


@pytest.fixture(params=["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    admin = request.getfixturevalue("hub_url") if request.param == "hub" else COUCHDB_URL
    with company(admin, tmp_path) as made:
        yield made


@pytest.fixture
def at_hub(hub_url: str, tmp_path: Path) -> Iterator[Company]:
    with company(hub_url, tmp_path) as made:
        yield made


def words(error: pytest.ExceptionInfo[NodeError]) -> str:
    return str(error.value)


# -- once ------------------------------------------------------------------------------------------------------------


def test_a_machine_takes_the_code_and_the_code_is_worth_nothing_afterwards(office: Company) -> None:
    terminal = office.plan()
    assert office.standing(terminal).state == "planned"
    text = office.code(terminal)
    assert office.standing(terminal).state == "waiting"
    path, told = office.machine(), []

    config = office.enrol(text, path, tell=told.append, port=0)

    code = codes.decode(text)
    assert (config.id, config.store, config.central_url, config.central_user) == (
        terminal, office.store, office.central, terminal,
    )  # fmt: skip
    for name in ("central", "ticket"):
        assert stat.S_IMODE((path / f"{name}.secret").stat().st_mode) == 0o600
    assert not (path / "enrolment.secret").exists()
    assert office.may_read(path) == office.may_read(path, "company") == 200
    for user, password in ((terminal, code.password), code.ticket):
        for database in ("company", f"store-{office.store}"):
            answer = requests.get(f"{office.central}/{database}", auth=(user, password), timeout=30)
            assert answer.status_code in (401, 403)
    steps = [progress.step for progress in told]
    assert steps[0] == "asking" and steps[-1] == "done" and "syncing" in steps
    assert [name for name, _, _ in told[-1].databases] == ["company", f"store-{office.store}"]
    assert all(done == total for _, done, total in told[-1].databases)
    everything = " ".join(file.read_bytes().decode("latin-1") for file in path.iterdir() if file.suffix == ".db")
    assert code.secret.hex() not in everything and code.password not in everything


def test_a_second_machine_is_told_that_the_code_was_used(office: Company) -> None:
    text = office.code(office.plan())
    first, second = office.machine(), office.machine()
    office.enrol(text, first)

    with pytest.raises(NodeError) as told:
        office.enrol(text, second)
    assert "used already, on another machine (20" in words(told)
    assert not (second / "node.toml").exists()
    with pytest.raises(NodeError, match="This machine has used this code already"):
        office.enrol(text, first)
    other = office.code(office.plan(2))
    with pytest.raises(NodeError, match="is the directory of"):
        office.enrol(other, first)


def test_the_code_is_kept_nowhere_and_a_lost_answer_is_asked_for_again(office: Company) -> None:
    terminal = office.plan()
    asked = {"request": "a-request-of-mine"}
    first = office.issuing.code(terminal, asked)
    again = office.issuing.code(terminal, asked)
    other = office.issuing.code(terminal, {"request": "another-request"})

    assert first.text == again.text != other.text
    assert len(terminals.events(again.doc)) == 2
    with pytest.raises(SaleError, match="This code is over"):
        office.issuing.code(terminal, asked)
    assert codes.decode(first.text).password not in str(office.user_doc(terminal)) + str(first.doc)
    with pytest.raises(NodeError, match="Head office has withdrawn this code"):
        office.enrol(first.text)
    assert office.enrol(other.text).id == terminal


# -- its ends --------------------------------------------------------------------------------------------------------


def test_a_withdrawn_code_is_refused_in_words_and_a_used_one_can_not_be_withdrawn(office: Company) -> None:
    terminal = office.plan()
    text = office.code(terminal)
    office.issuing.withdraw(terminal, {"request": "withdraw-1"})
    office.issuing.withdraw(terminal, {"request": "withdraw-1"})
    assert (office.standing(terminal).state, office.standing(terminal).code) == ("planned", "withdrawn")
    with pytest.raises(NodeError, match="Head office has withdrawn this code of"):
        office.enrol(text)

    text = office.code(terminal)
    office.enrol(text)
    with pytest.raises(SaleError, match="A machine has used the code"):
        office.issuing.withdraw(terminal, {"request": "withdraw-2"})
    with pytest.raises(SaleError, match="A machine has used the code"):
        office.issuing.code(terminal, {"request": "code-over-it"})  # head office hasn't heard of the machine yet


def test_an_expired_code_is_refused_before_and_after_head_office_has_ended_it(office: Company) -> None:
    terminal = office.plan()
    issuing = office.issuing
    issuing.moment = lambda: now() - timedelta(hours=3)
    text = office.code(terminal, hours=1)
    issuing.moment = now
    with pytest.raises(NodeError, match=r"has expired \(20"):
        office.enrol(text)

    keeping = Keeping(office.node)
    keeping.expire()
    keeping.expire()
    assert (office.standing(terminal).state, office.standing(terminal).code) == ("planned", "expired")
    assert "terminal" not in office.user_doc(terminal)["roles"]
    with pytest.raises(NodeError, match=r"has expired \(20"):
        office.enrol(text)


def test_a_replaced_machine_is_let_in_no_more_and_hears_why(office: Company) -> None:
    terminal = office.plan()
    old, new = office.machine(), office.machine()
    office.enrol(office.code(terminal), old)
    _came_home(office, old)
    with pytest.raises(SaleError, match=r"is enrolled\. Replace it"):
        office.code(terminal)

    text = office.code(terminal, replace=True)
    assert (office.standing(terminal).state, office.standing(terminal).code) == ("replaced", "waiting")
    assert office.may_read(old) == 401
    config = office.enrol(text, new)
    assert (config.id, config.store) == (terminal, office.store)
    assert office.may_read(new) == 200
    assert _why(office, old) == "replaced"
    keeping = Keeping(office.node)
    keeping.hear()
    assert office.node.state.get("terminals:came")[terminal]["state"] == "replaced"
    assert office.node.state.get("terminals:came")[terminal]["unsent"] == 7
    [task] = _came(office)
    assert task["about"].startswith(f"{terminal}:20")
    tasks.finish(office.node.company, task["_id"], on="office")
    assert _why(office, old) == "replaced"  # it comes again, which is known by now
    keeping.hear()
    assert _came(office) == []


def test_a_revoked_machine_is_let_in_no_more_from_that_moment(office: Company) -> None:
    terminal = office.plan()
    path = office.machine()
    office.enrol(office.code(terminal), path)
    _came_home(office, path)
    session = requests.Session()
    auth = (terminal, str(node_config.read_secret(path, "central")))
    signed_in = session.post(f"{office.central}/_session", json={"name": auth[0], "password": auth[1]}, timeout=30)
    assert signed_in.status_code == 200
    assert session.get(f"{office.central}/store-{office.store}", timeout=30).status_code == 200

    office.issuing.revoke(terminal, {"request": "revoke-it", "stolen": True})
    office.issuing.revoke(terminal, {"request": "revoke-it", "stolen": True})

    assert session.get(f"{office.central}/store-{office.store}", timeout=30).status_code in (401, 403)
    assert office.may_read(path) == office.may_read(path, "company") == 403
    sale = session.put(f"{office.central}/store-{office.store}/order:x", json={"type": "order"}, timeout=30)
    assert sale.status_code in (401, 403)
    assert (office.standing(terminal).state, office.standing(terminal).stolen) == ("revoked", True)
    assert _why(office, path) == "revoked"
    Keeping(office.node).hear()
    assert len(_came(office)) == 1
    office.enrol(office.code(terminal, replace=True))
    with pytest.raises(SaleError, match="There is no terminal"):
        office.issuing.revoke("nobody-t1", {"request": "revoke-no"})


def _came(office: Company) -> list[dict[str, Any]]:
    """Head office's open tasks about machines that came back, after a look of its watch."""
    office.node.watching.turn()
    return [task for task in tasks.tasks(office.node.company) if task["kind"] == "machine_came"]


def _came_home(office: Company, path: Path) -> None:
    """What the machine wrote of its enrolment, as if it had been sent."""
    config = node_config.read(path)
    there = Database(path / f"store-{office.store}.db", name=f"store-{office.store}", read_only=True)
    try:
        doc = there.get(f"terminal:{config.id}", revs=True)
    finally:
        there.close()
    office.database.bulk_docs([doc], new_edits=False)
    assert office.standing(config.id).state == "enrolled"


def _why(office: Company, path: Path) -> str:
    """What a denied terminal finds out, and leaves word that it asked."""
    from app.node import Node

    node = Node.load(path).start(links=False)
    try:
        keeping = Keeping(node)
        keeping.watch.look(7)
        known = keeping.watch.known()
        keeping.watch.fine()
        assert keeping.watch.known() is None
    finally:
        node.stop()
    assert known is not None and known["at"]
    return str(known["state"])


# -- the plug --------------------------------------------------------------------------------------------------------

#: Pulls the plug of this very process: before or after something, the n-th time that it is done.
DYING = """
import os, signal, sys
from pathlib import Path
from typing import Any
import app.node.enrolling as enrolling
from app.node.central_users import Central
path, code, what, when, nth = sys.argv[1:]
owner, _, name = what.rpartition(".")
owner = {"Central": Central, "Pending": enrolling.Pending, "config": enrolling.node_config,
         "enrolling": enrolling, "terminals": enrolling.terminals}[owner]
usual, left = getattr(owner, name), int(nth)
def dies(*args, **kwargs):
    global left
    left -= 1
    if left == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    made = usual(*args, **kwargs)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return made
setattr(owner, name, dies)
enrolling.Enrolling(Path(path), port=0).run(code)
"""

PLUGS = [
    ("Pending.write", "before", 1),
    ("Pending.write", "after", 1),
    ("Central.save", "before", 1),
    ("Central.save", "after", 1),
    ("Pending.write", "before", 2),
    ("Pending.write", "after", 2),
    ("terminals.note", "before", 1),
    ("terminals.note", "after", 1),
    ("config.write_secret", "after", 3),
    ("enrolling.keep_ticket", "after", 1),
    ("config.write", "before", 1),
    ("config.write", "after", 1),
]


@pytest.mark.slow
@pytest.mark.parametrize(("what", "when", "nth"), PLUGS)
def test_a_machine_that_dies_at_any_step_goes_on_with_the_same_code(
    at_hub: Company, what: str, when: str, nth: int
) -> None:
    terminal = at_hub.plan()
    text = at_hub.code(terminal)
    path = at_hub.machine()
    died = subprocess.run(
        [sys.executable, "-c", DYING, str(path), text, what, when, str(nth)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL, died.stderr

    config = at_hub.enrol(text, path)

    assert config.id == terminal and at_hub.may_read(path) == 200
    assert sorted(file.name for file in path.iterdir() if "part" in file.name or "enrolment" in file.name) == []
    with pytest.raises(NodeError, match="used already, on another machine"):
        at_hub.enrol(text)


def test_a_first_sync_that_is_stopped_goes_on_without_the_code(at_hub: Company) -> None:
    import threading

    path, stop = at_hub.machine(), threading.Event()

    def pull(progress: Progress) -> None:
        if progress.step == "syncing":
            stop.set()

    with pytest.raises(NodeError, match=r"It was stopped\. The same code goes on"):
        at_hub.enrol(at_hub.code(at_hub.plan()), path, tell=pull, stop=stop)
    kept = pending(path)
    assert kept is not None and kept.claimed
    assert stat.S_IMODE((path / "enrolment.secret").stat().st_mode) == 0o600

    assert at_hub.enrol(None, path).store == at_hub.store


# -- bad input -------------------------------------------------------------------------------------------------------


def test_a_code_of_another_central_is_told_as_that(at_hub: Company, tmp_path: Path) -> None:
    code = codes.decode(at_hub.code(at_hub.plan()))
    strange = codes.encode(codes.Code(code.central, "elsewhere-t9", "elsewhere", codes.new_secret()))

    with pytest.raises(NodeError, match="does not know this code: it was made for another central"):
        at_hub.enrol(strange)


def test_a_central_that_is_away_leaves_nothing_half_done_and_the_code_goes_on_later(at_hub: Company) -> None:
    with FaultProxy(at_hub.central) as proxy:
        terminal, path = at_hub.plan(), at_hub.machine()
        text = at_hub.code(terminal, central=proxy.url)
        proxy.cut()
        with pytest.raises(NodeError, match=r"can’t be reached from here|does not answer"):
            at_hub.enrol(text, path)
        assert not (path / "node.toml").exists() and not (path / "central.secret").exists()
        proxy.restore()
        assert at_hub.enrol(text, path).id == terminal


def test_a_wrong_clock_is_told_before_anything_is_used(at_hub: Company) -> None:
    terminal, path = at_hub.plan(), at_hub.machine()
    text = at_hub.code(terminal)
    wrong = [("3 hours behind", -180), ("4 days ahead", 4 * 24 * 60), ("9 minutes ahead", 9)]
    for told, minutes in wrong:
        off = timedelta(minutes=minutes)
        with pytest.raises(NodeError, match=f"This machine’s clock is {told}"):
            at_hub.enrol(text, path, now=lambda off=off: now() + off)
    assert at_hub.enrol(text, path).id == terminal


def test_a_store_without_a_database_is_told_with_what_to_do(at_hub: Company) -> None:
    terminal, path = at_hub.plan(), at_hub.machine()
    text = at_hub.code(terminal)
    requests.delete(f"{at_hub.admin}/store-{at_hub.store}", timeout=30).raise_for_status()

    with pytest.raises(SaleError, match=r"has no database for store T.*couchtill central apply"):
        at_hub.code(terminal)
    with pytest.raises(NodeError, match=r"has no database store-.*couchtill central apply"):
        at_hub.enrol(text, path)


def test_head_office_without_the_right_to_manage_users_is_told_so(office: Company) -> None:
    security = requests.get(f"{office.admin}/_users/_security", timeout=30).json()
    closed = {**security, "admins": {"roles": ["_admin"]}}
    terminal = office.plan()
    try:
        assert requests.put(f"{office.admin}/_users/_security", json=closed, timeout=30).status_code == 200
        with pytest.raises(SaleError, match="may not manage accounts at the central"):
            office.code(terminal)
    finally:
        requests.put(f"{office.admin}/_users/_security", json=security, timeout=30)
    assert office.standing(terminal).state == "planned"
    assert office.code(terminal)


def test_a_directory_with_other_things_in_it_is_left_alone(at_hub: Company, tmp_path: Path) -> None:
    text = at_hub.code(at_hub.plan())
    file, used = tmp_path / "file", tmp_path / "used"
    file.write_text("mine")
    used.mkdir()
    Database(used / "company.db", name="company").close()

    with pytest.raises(NodeError, match="is a file; a terminal needs a directory"):
        Enrolling(file).run(text)
    with pytest.raises(NodeError, match="holds databases already"):
        Enrolling(used).run(text)
    assert file.read_text() == "mine" and not (used / "enrolment.secret").exists()


def test_something_else_at_the_address_is_told(at_hub: Company) -> None:
    port = free_port()
    text = at_hub.code(at_hub.plan(), central=f"http://127.0.0.1:{port}")
    with pytest.raises(NodeError, match="can’t be reached from here"):
        at_hub.enrol(text)
    secure = at_hub.code(at_hub.plan(2), central=at_hub.central.replace("http://", "https://"))
    with pytest.raises(NodeError, match=r"no certificate that is trusted here|can’t be reached"):
        at_hub.enrol(secure)
    with pytest.raises(SaleError, match="no address of a central"):
        at_hub.code(at_hub.plan(3), central="ftp://x")
    with pytest.raises(SaleError, match="no address of a central"):
        at_hub.code(at_hub.plan(3), central="http://name:password@host:5984")
