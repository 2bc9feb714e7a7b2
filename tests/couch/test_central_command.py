"""``couchtill central plan`` and ``apply``, as an administrator types them, at a hub."""

from __future__ import annotations

import contextlib
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from app.cli import main
from tests.support.hub import Hub
from tests.support.process import CouchTill
from tests.support.proxy import FaultProxy

FIRST = ("--store", "s1", "--terminal", "s2-t1", "--office", "office")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(tmp_path / "hub") as running:
        yield running


class Done(NamedTuple):
    stdout: str
    stderr: str


def central(*arguments: object, status: int = 0) -> Done:
    """The command in this process: a new one for each would take most of the time."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.process.log_to_stderr", lambda verbose: None)
        found = main(["central", *(str(argument) for argument in arguments)])
    assert found == status, err.getvalue()
    return Done(out.getvalue(), err.getvalue())


def told(*arguments: object) -> dict[str, Any]:
    return json.loads(central(*arguments, "--json").stdout)


def steps(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["kind"], step["name"]) for step in answer["steps"]]


def put(hub: Hub, path: str, doc: Any) -> None:
    requests.put(f"{hub.url}/{path}", json=doc, timeout=30).raise_for_status()


def get(hub: Hub, path: str) -> Any:
    return requests.get(f"{hub.url}/{path}", timeout=30).json()


def test_a_plan_changes_nothing_apply_does_what_it_said_and_then_nothing_is_left(hub: Hub) -> None:
    plan = told("plan", hub.url, *FIRST)
    assert get(hub, "_all_dbs") == ["_users"]
    done = told("apply", hub.url, *FIRST)
    assert steps(done) == steps(plan) and done["done"] == len(plan["steps"])
    kinds = [step["kind"] for step in plan["steps"]]
    assert kinds[0] == "security" and kinds[-2:] == ["user", "user"] and "design" in kinds
    assert told("plan", hub.url, *FIRST)["steps"] == told("plan", hub.url)["steps"] == []
    assert "is as it should be" in central("apply", hub.url).stderr
    assert get(hub, "_all_dbs") == ["_users", "company", "store-s1", "store-s2"]


def test_each_step_says_what_is_there_and_what_becomes_of_it(hub: Hub) -> None:
    told("apply", hub.url, *FIRST)
    security = get(hub, "company/_security")
    put(hub, "company/_security", {**security, "members": {"roles": ["office", "auditor"]}})
    [step] = told("plan", hub.url)["steps"]
    assert (step["kind"], step["name"], step["what"]) == ("security", "company", "members terminal")
    assert step["from"]["members"]["roles"] == ["office", "auditor"]
    assert step["to"]["members"]["roles"] == ["office", "auditor", "terminal"]


def test_the_passwords_that_are_made_open_the_door_and_are_shown_this_once(hub: Hub) -> None:
    shown = central("apply", hub.url, *FIRST)
    passwords = dict(line.split() for line in shown.stdout.splitlines()[-2:])
    assert set(passwords) == {"office", "s2-t1"} and "shown this once" in shown.stderr
    for name, password in passwords.items():
        assert len(password) >= 24 and password not in shown.stderr
        there = f"http://127.0.0.1:{hub.port}/store-s2"
        assert requests.get(there, auth=(name, password), timeout=30).status_code == 200
        assert password not in json.dumps(get(hub, f"_users/org.couchdb.user:{name}"))
    again = central("apply", hub.url, *FIRST)
    assert not any(password in again.stdout + again.stderr for password in passwords.values())
    assert not any("s3cret" in text for text in (shown.stdout, shown.stderr, again.stdout, again.stderr))


def test_the_passwords_go_to_a_file_of_the_owners_where_one_is_named(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    done = central("apply", hub.url, *FIRST, "--passwords", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    passwords = dict(line.split() for line in file.read_text().splitlines())
    assert set(passwords) == {"office", "s2-t1"}
    assert not any(password in done.stdout + done.stderr for password in passwords.values())
    assert "is there already" in central("apply", hub.url, "--passwords", file, status=1).stderr
    assert dict(line.split() for line in file.read_text().splitlines()) == passwords
    missing = tmp_path / "none" / "passwords"
    assert "is no directory" in central("apply", hub.url, "--passwords", missing, status=1).stderr


def test_a_user_gets_a_new_password_only_when_asked_for(hub: Hub) -> None:
    first = told("apply", hub.url, *FIRST)["passwords"]
    assert steps(told("plan", hub.url, "--new-password", "s2-t1", "--terminal", "s2-t1")) == [("user", "s2-t1")]
    second = told("apply", hub.url, "--new-password", "s2-t1", "--terminal", "s2-t1")["passwords"]
    there = f"http://127.0.0.1:{hub.port}/store-s2"
    assert requests.get(there, auth=("s2-t1", second["s2-t1"]), timeout=30).status_code == 200
    assert requests.get(there, auth=("s2-t1", first["s2-t1"]), timeout=30).status_code == 401
    assert "is no user" in central("apply", hub.url, "--new-password", "s9-t9", status=1).stderr


def test_stores_and_terminals_that_the_central_names_itself_are_made_ready(hub: Hub) -> None:
    for database in ("company", "store-s0"):
        put(hub, database, None)
    # Before there are rules: after that nobody can write what is wrong here.
    put(hub, "company/store:BAD", {"type": "store", "schema": 1, "id": "BAD"})
    put(hub, "company/store:s1", {"type": "store", "schema": 1, "id": "s1"})
    put(hub, "store-s0/terminal:x", {"type": "terminal", "schema": 1, "terminal": "X"})
    plan = told("plan", hub.url)
    assert any("terminal:x in store-s0" in note for note in plan["notes"])
    assert ("database", "store-s1") in steps(plan)
    assert any("'BAD'" in note for note in plan["notes"])
    told("apply", hub.url)

    def terminal(name: str, **more: Any) -> None:
        at = {"updated_at": "2026-01-01T00:00:00.000Z", "updated_by": None, "updated_on": "office"}
        put(
            hub,
            f"store-s1/terminal:{name}",
            {"type": "terminal", "schema": 1, "terminal": name, "store": "store:s1", **at, **more},
        )

    code = {"what": "code", "at": "2026-01-01T00:00:00.000Z", "enrolment": "a"}
    used = {"what": "enrolled", "at": "2026-01-01T01:00:00.000Z", "enrolment": "a"}
    gone = {"what": "revoked", "at": "2026-01-02T00:00:00.000Z"}
    terminal("s1-t1", incarnations=["k7"])
    terminal("s1-t2", incarnations=["k7"], log={"1": code, "2": used})
    terminal("s1-t3", incarnations=[], log={"1": code})
    terminal("s1-t4", incarnations=["k7"], log={"1": code, "2": used, "3": gone})
    assert steps(told("plan", hub.url)) == [("user", "s1-t1"), ("user", "s1-t2")]
    refused = central("apply", hub.url, "--terminal", "s1-t4", status=1)
    assert "revoked at head office" in refused.stderr
    assert set(told("apply", hub.url)["passwords"]) == {"s1-t1", "s1-t2"}
    assert told("plan", hub.url)["steps"] == []


def test_a_user_whom_head_office_holds_back_is_left_as_it_is(hub: Hub) -> None:
    told("apply", hub.url, "--store", "s1")
    user = {"name": "s1-t1", "type": "user", "roles": [], "couchtill": {"state": "revoked"}, "password": "old"}
    put(hub, "_users/org.couchdb.user:s1-t1", user)
    plan = told("plan", hub.url, "--terminal", "s1-t1", "--new-password", "s1-t1")
    assert plan["steps"] == [] and any("revoked" in note for note in plan["notes"])


def test_what_a_person_added_by_hand_stays(hub: Hub) -> None:
    told("apply", hub.url, *FIRST)
    design = get(hub, "company/_design/couchtill")
    mine = {"map": "function (doc) { emit(doc._id); }"}
    put(hub, "company/_design/couchtill", {**design, "views": {**design.get("views", {}), "mine": mine}})
    assert told("plan", hub.url)["steps"] == []
    changed = get(hub, "company/_design/couchtill")
    put(hub, "company/_design/couchtill", {**changed, "validate_doc_update": "function () {}"})
    assert steps(told("apply", hub.url)) == [("design", "company/couchtill")]
    after = get(hub, "company/_design/couchtill")
    assert after["views"]["mine"] == mine and after["validate_doc_update"] == design["validate_doc_update"]
    user = get(hub, "_users/org.couchdb.user:s2-t1")
    put(hub, "_users/org.couchdb.user:s2-t1", {**user, "roles": ["auditor"], "badge": 7})
    told("apply", hub.url, "--terminal", "s2-t1")
    user = get(hub, "_users/org.couchdb.user:s2-t1")
    assert user["roles"] == ["auditor", "terminal", "store:s2"] and user["badge"] == 7


def test_what_stands_there_of_an_older_couchtill_is_replaced_whole(hub: Hub) -> None:
    from couch.designs import content_hash

    told("apply", hub.url)
    old = {"_id": "_design/couchtill", "language": "javascript", "views": {"gone": {"map": "function (doc) {}"}}}
    rev = get(hub, "company/_design/couchtill")["_rev"]
    put(hub, "company/_design/couchtill", {**old, "couchtill": {"version": 0, "hash": content_hash(old)}, "_rev": rev})
    told("apply", hub.url)
    assert "gone" not in get(hub, "company/_design/couchtill").get("views", {})
    assert told("plan", hub.url)["steps"] == []


@pytest.mark.parametrize("status", [507, 500])
def test_a_run_that_is_stopped_in_the_middle_says_where_and_goes_on_the_next_time(hub: Hub, status: int) -> None:
    with FaultProxy(hub.url) as proxy:
        body = '{"error":"insufficient_storage","reason":"database_dir is too full"}'
        if status == 500:
            body = '{"error":"error","reason":"{error,enospc}"}'
        proxy.answer(status, body, {"Content-Type": "application/json"}, match="PUT /_users/org.couchdb.user%3As2-t1")
        stopped = central("apply", proxy.url, *FIRST, status=1)
        assert "disk of" in stopped.stderr and "is full" in stopped.stderr
        assert "steps are made and stay; it stopped at user s2-t1" in stopped.stderr
        assert "s2-t1  " not in stopped.stdout.splitlines()[-1]
        proxy.clear()
        assert [name for _, name in steps(told("apply", proxy.url, *FIRST))][:1] == ["s2-t1"]
    assert told("plan", hub.url, *FIRST)["steps"] == []


def test_an_answer_that_was_lost_loses_no_password(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    told("apply", hub.url, "--store", "s1")
    with FaultProxy(hub.url) as proxy:
        # The hub has written the user; its answer is lost, and so is that of the repeated request.
        proxy.drop_answer(match="PUT /_users/org.couchdb.user", times=2)
        central("apply", proxy.url, "--terminal", "s1-t1", "--passwords", file, status=1)
    name, password = file.read_text().split()
    there = f"http://127.0.0.1:{hub.port}/store-s1"
    assert name == "s1-t1" and requests.get(there, auth=(name, password), timeout=30).status_code == 200


def test_the_admins_password_comes_from_the_environment_where_the_url_has_none(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = f"http://admin@127.0.0.1:{hub.port}"
    assert "needs a password" in central("plan", bare, status=1).stderr
    monkeypatch.setenv("COUCHTILL_CENTRAL_PASSWORD", "s3cret/+@")
    assert "steps, in this order" in central("plan", bare).stderr


def test_a_mistyped_command_repeats_no_password(hub: Hub) -> None:
    process = CouchTill("central", "plan", hub.url, hub.url)
    assert process.wait() == 2 and "s3cret" not in process.stderr


def test_a_user_that_no_document_names_gets_a_new_password_too(hub: Hub) -> None:
    """Terminals that were made here have no document before head office runs."""
    first = told("apply", hub.url, *FIRST)["passwords"]
    second = told("apply", hub.url, "--new-password", "s2-t1", "--new-password", "office")["passwords"]
    assert set(second) == {"s2-t1", "office"}
    company = f"http://127.0.0.1:{hub.port}/company"
    assert requests.get(company, auth=("s2-t1", second["s2-t1"]), timeout=30).status_code == 200
    assert requests.get(company, auth=("s2-t1", first["s2-t1"]), timeout=30).status_code == 401


def test_nobody_becomes_two(hub: Hub) -> None:
    """A till whose user is head office's as well might write prices, and make users."""
    central("apply", hub.url, *FIRST)
    for asked, reason in (
        (("--office", "s2-t1"), "s2-t1 is a terminal's user: head office needs one of its own."),
        (("--terminal", "s2-office"), "s2-office is head office's user: a terminal needs one of its own."),
        (("--office", "admin"), f"admin is the admin of http://127.0.0.1:{hub.port}"),
    ):
        if asked[1] == "s2-office":
            central("apply", hub.url, "--office", "s2-office")
        assert reason in central("plan", hub.url, *asked, status=1).stderr
    doc = {"type": "terminal", "schema": 1, "terminal": "s2-office", "store": "store:s2", "incarnations": ["k7"]}
    at = {"updated_at": "2026-01-01T00:00:00.000Z", "updated_by": None, "updated_on": "office"}
    put(hub, "store-s2/terminal:s2-office", doc | at)
    answer = told("plan", hub.url)
    assert answer["steps"] == []
    assert "s2-office is head office's user: a terminal needs one of its own." in answer["notes"]


def test_what_takes_the_centrals_address_takes_it_without_the_password(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A nightly backup's command line is for everybody on the machine to read."""
    told("apply", hub.url, *FIRST)
    bare = f"http://admin@127.0.0.1:{hub.port}"
    assert "needs a password" in central("backup", bare, tmp_path / "a.zip", status=1).stderr
    monkeypatch.setenv("COUCHTILL_CENTRAL_PASSWORD", "s3cret/+@")
    central("backup", bare, tmp_path / "a.zip")
    last = central("restore", tmp_path / "a.zip", bare).stderr
    assert "“couchtill central apply” puts them right" in last
    file = tmp_path / "products.csv"
    file.write_text("product_id,name,price_cents\ntea,Tea,350\n")
    assert main(["dump", f"{bare}/company"]) == 0
    assert main(["replicate", f"{bare}/company", str(tmp_path / "company.db"), "--create-target"]) == 0
    shown = capsys.readouterr()
    assert main(["conflicts", "list", "--db", f"{bare}/company"]) == 0
    assert main(["import", "products", str(file), "--db", f"{bare}/company"]) == 0
    monkeypatch.delenv("COUCHTILL_CENTRAL_PASSWORD")
    for words in (
        ["dump", f"{bare}/company"],
        ["terminal", "--id", "s1-t1", "--data", str(tmp_path / "till"), "--central", bare],
    ):
        assert main(words) == 1
        assert "needs a password" in capsys.readouterr().err
    assert not (tmp_path / "till").exists()
    assert "_design/couchtill" in shown.out and "s3cret" not in shown.out + shown.err


def test_a_backup_into_a_directory_that_is_not_there_is_no_file_of_its_name(hub: Hub, tmp_path: Path) -> None:
    told("apply", hub.url, *FIRST)
    refused = central("backup", hub.url, tmp_path / "backups", status=1).stderr
    assert "is no directory: make it first" in refused and not (tmp_path / "backups").exists()
