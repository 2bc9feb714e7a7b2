"""The key of a store's PINs comes to a machine with its code, and to nobody else."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import cli
from app.node import Node, NodeError, codes, pin_carrying
from app.node.pin_keys import PinKeys
from app.shop.people.roster import Roster
from tests.support.couchdb import COUCHDB_URL
from tests.support.enrolling import Company, company
from tests.support.hub import Hub
from tests.support.process import wait_until

ANN = {"request": "person-01", "name": "Ann", "role": "manager", "pin": "274951"}


@pytest.fixture(params=["hub", pytest.param("couchdb", marks=pytest.mark.couchdb)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    if request.param == "hub":
        with Hub(tmp_path / "hub") as hub, company(hub.url, tmp_path) as made:
            yield made
    else:
        with company(COUCHDB_URL, tmp_path) as made:
            yield made


def key_of(path: Path) -> tuple[str, ...]:
    return PinKeys(path).known()


def test_the_second_till_takes_the_pins_of_the_first_without_a_hand(office: Company) -> None:
    paths = office.machine(), office.machine()
    for number, path in enumerate(paths, 1):
        text = office.code(office.plan(number))
        ticket = codes.decode(text).ticket[0]
        kept = office.user_doc(ticket)
        office.enrol(text, path, port=0)
        assert key_of(path) == key_of(paths[0]) and len(key_of(path)) == 1
        assert stat.S_IMODE((path / "pin.secret").stat().st_mode) == 0o600
        assert key_of(path)[0] not in str(kept) and pin_carrying.MEMBER in kept
        assert pin_carrying.MEMBER not in office.user_doc(ticket)

    with Node.load(paths[0]) as first, Node.load(paths[1]) as second:
        Roster(first.till.people).add(ANN)
        wait_until(lambda: second.store_db.read("staff:person-01") is not None)
        assert second.till.people.sign_in({"staff": "staff:person-01", "pin": "274951"})[0].name == "Ann"


def test_a_store_whose_pins_have_another_key_is_told_until_head_office_has_it(
    office: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Node.load(_enrolled(office, 1)) as old:
        (old.path / "pin.secret").unlink()  # as if it had been made by hand, before
        Roster(old.till.people).add(ANN)
        doc = old.store_db.get("staff:person-01", revs=True)
        [key] = key_of(old.path)
    office.database.bulk_docs([doc], new_edits=False)
    (office.node.path / f"pin-{office.store}.secret").unlink()

    issued = office.issuing.code(office.plan(2), {"request": "a-code-0002"})
    assert issued.pins is False
    path = office.machine()
    office.enrol(issued.text, path)
    assert key_of(path) == ()

    from app.node import config as node_config

    node_config.write(office.node.path, office.node.config)
    arguments = ["staff", "key", "--data", str(office.node.path), "--set", key]
    assert cli.main(arguments) == 1 and "--store" in capsys.readouterr().err
    assert cli.main([*arguments, "--store", "../s1"]) == 1
    assert cli.main([*arguments, "--store", office.store]) == 0
    issued = office.issuing.code(office.plan(3), {"request": "a-code-0003"})
    again = office.issuing.code(f"{office.store}-t3", {"request": "a-code-0003"})
    assert issued.pins is again.pins is True
    path = office.machine()
    office.enrol(issued.text, path)
    assert key_of(path) == (key,)


def test_a_code_that_is_withdrawn_takes_the_key_with_it(office: Company) -> None:
    terminal = office.plan()
    text = office.code(terminal)
    ticket = codes.decode(text).ticket[0]
    assert pin_carrying.MEMBER in office.user_doc(ticket)
    office.issuing.withdraw(terminal, {"request": "withdraw-1"})
    assert pin_carrying.MEMBER not in office.user_doc(ticket)
    path = office.machine()
    with pytest.raises(NodeError, match="withdrawn"):
        office.enrol(text, path)
    assert key_of(path) == ()


def test_nobody_opens_it_without_the_code_and_what_was_changed_is_none() -> None:
    code = codes.Code("http://a", "s1-t1", "s1", codes.new_secret())
    keys = ("a" * 64, "b" * 64)
    text = pin_carrying.sealed(code, keys)
    assert pin_carrying.opened(code, text) == list(keys)
    assert pin_carrying.opened(replace(code, secret=codes.new_secret()), text) == []
    assert pin_carrying.opened(replace(code, terminal="s1-t2"), text) == []
    for wrong in (None, 5, "", "é", "AAAA", text[:-8] + "AAAAAAA=", text[4:]):
        assert pin_carrying.opened(code, wrong) == []


def _enrolled(office: Company, number: int) -> Path:
    path = office.machine()
    office.enrol(office.code(office.plan(number)), path, port=0)
    return path
