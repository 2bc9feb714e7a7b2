"""A person is erased by one revision that wins everywhere; the rest of them goes from every file that had it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.docs.database import Database
from app.shop import ids, schemas
from app.shop.actor import Actor
from app.shop.conflicts import joining
from app.shop.conflicts.policies import table_for
from app.shop.erasing import cleaning
from app.shop.erasing.erase import erase, erasure_of, is_erased, still_open
from app.shop.indexes import indexes_for
from app.shop.sale import SaleError

ADA = "customer:01ada"
VALUES = ("Quillfeather", "quillfeather", "555-0177", "ada@quill.example", "loves the blue one")
REQUEST = "erase-request-1"


def opened(path: Path, name: str = "company") -> Database:
    path.mkdir(exist_ok=True)
    return Database(path / f"{name}.db", name=name, indexes=indexes_for(name))


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Database]:
    database = opened(tmp_path / "a")
    yield database
    database.close()


def ada(**more: Any) -> dict[str, Any]:
    return {
        **{"_id": ADA, "type": "customer", "schema": 1, "name": "Ada Quillfeather", "phone": "+49 555-0177"},
        **{"email": "ada@quill.example", "note": "loves the blue one", "cards": ["card-quillfeather"]},
        **more,
    }


def edited(database: Database, times: int = 3) -> str:
    rev = database.put(ada())
    for n in range(times):
        rev = database.put(ada(_rev=rev, group=f"g{n}"))
    return rev


def fork(database: Database, **more: Any) -> None:
    """What another till wrote on the first revision."""
    first = database.open_revs(ADA, "all", with_revs=True)[0]["ok"]["_revisions"]
    root = first["ids"][-1]
    doc = ada(phone="+49 555-0177 9", **more, _revisions={"start": 2, "ids": ["f" * 32, root]})
    assert database.bulk_docs([doc], new_edits=False) == []


def held(path: Path) -> set[tuple[str, str]]:
    files = [file for file in path.rglob("*") if file.is_file()]
    return {
        (file.name, word) for file in files for word in VALUES if word.encode().lower() in file.read_bytes().lower()
    }


def wipe(database: Database, **more: Any) -> dict[str, Any]:
    return erase(database, ADA, **{"request": REQUEST, "reason": "asked", "on": "office", **more})[0]


def test_an_erased_customer_keeps_the_id_and_loses_every_value_and_every_branch(company: Database) -> None:
    edited(company)
    fork(company)
    written = wipe(company, actor=Actor("staff:m", "Mira", None))
    record = company.read(ADA)
    assert record is not None and is_erased(record) and not record.conflicts
    assert schemas.check(record.full()) == []
    assert {key: value for key, value in record.doc().items() if value} == {
        **{"type": "customer", "schema": 1, "erased": True},
        **{"updated_at": written["at"], "updated_by": "staff:m", "updated_on": "office"},
    }
    assert schemas.check(written) == [] and "erasure" in ids.IMMUTABLE
    assert not any(value in str(written) for value in VALUES)
    assert company.disputes() == []


def test_the_same_request_and_a_second_person_who_erases_get_the_first_ones_erasure(company: Database) -> None:
    edited(company)
    first = wipe(company)
    again = erase(company, ADA, request=REQUEST, reason="asked", on="office")
    other = erase(company, ADA, request="erase-request-2", reason="other", on="s1-t1")
    assert [again, other] == [(first, True), (first, True)]
    assert erasure_of(company, ADA) == first
    rev = company.put({"_id": "customer:02", "type": "customer", "schema": 1, "name": "B"})
    with pytest.raises(SaleError) as used:
        erase(company, "customer:02", request=REQUEST, reason="asked", on="office")
    assert used.value.status == 409 and company.get("customer:02")["_rev"] == rev


def test_it_needs_the_right_a_reason_and_somebody_who_is_there(company: Database) -> None:
    rev = edited(company)
    for more, status in (
        ({"actor": Actor("staff:c", "C", frozenset({"customer_edit"}))}, 403),
        ({"reason": "Ada Quillfeather wrote a letter"}, 400),
        ({"request": "x"}, 400),
    ):
        with pytest.raises(SaleError) as refused:
            wipe(company, **more)
        assert refused.value.status == status
    for id in ("customer:nobody", "product:1", "store:s1"):
        with pytest.raises(SaleError) as refused:
            erase(company, id, request=REQUEST, reason="asked", on="office")
        assert refused.value.status == 404
    assert company.get(ADA)["_rev"] == rev


def test_what_is_still_open_is_said_first_and_erased_only_when_that_is_confirmed(
    company: Database, tmp_path: Path
) -> None:
    edited(company)
    move = {
        "type": "ledger",
        "schema": 1,
        "account": f"account:{ADA}",
        "amount": -1250,
        "at": "2026-11-22T10:00:00.000Z",
    }
    company.put({"_id": "ledger:order:x:1", **move})
    store = opened(tmp_path / "a", "store-s1")
    store.put({"_id": "cart:1", "type": "cart", "schema": 1, "customer": ADA})
    found = still_open(ADA, company, [store])
    assert found == [{"kind": "owes", "amount": 1250}, {"kind": "carts", "count": 1}]
    with pytest.raises(SaleError) as refused:
        wipe(company, still_open=found)
    assert (refused.value.status, refused.value.error, refused.value.details) == (409, "still_open", {"open": found})
    assert not is_erased(company.read(ADA))
    assert wipe(company, still_open=found, despite=True)["despite"] is True
    assert is_erased(company.read(ADA))
    store.close()


def test_cleaning_leaves_no_byte_in_the_file_and_is_done_once(company: Database, tmp_path: Path) -> None:
    edited(company, 30)
    fork(company)
    company.put_attachment(ADA, "photo", b"loves the blue one" * 99, "text/plain", rev=company.get(ADA)["_rev"])
    assert cleaning.clean(company) == []
    wipe(company)
    assert held(tmp_path) != set()
    assert cleaning.clean(company) == [ADA]
    assert held(tmp_path) == set()
    assert cleaning.clean(company) == [] and list(cleaning.done([company])) == [ADA]
    assert company.verify() == []
    assert company.search("customer", "quill") == []


def test_a_node_that_dies_after_the_rows_went_and_before_the_file_was_written_anew_begins_again(
    company: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(company)
    wipe(company)

    def dies(*_: Any, **__: Any) -> bool:
        raise RuntimeError("killed")

    monkeypatch.setattr("app.docs.forgetting.scrub", dies)
    with pytest.raises(RuntimeError):
        cleaning.clean(company)
    monkeypatch.undo()
    assert held(tmp_path) != set()
    company.close()
    reopened = opened(tmp_path / "a")
    assert cleaning.clean(reopened) == [ADA]
    assert held(tmp_path) == set()
    reopened.close()


def copied(source: Database, target: Database) -> None:
    """What a replication brings: every leaf with its way from the root."""
    for row in source.changes(style="all_docs").rows:
        revs = [change["rev"] for change in row["changes"]]
        docs = [found["ok"] for found in source.open_revs(row["id"], revs, with_revs=True)]
        assert target.bulk_docs(docs, new_edits=False) == []


def test_a_till_that_was_away_and_edited_longer_is_erased_all_the_same_and_both_ends_agree(tmp_path: Path) -> None:
    here, away = opened(tmp_path / "here"), opened(tmp_path / "away")
    rev = edited(here)
    copied(here, away)
    for n in range(9):
        rev = away.put(ada(_rev=rev, note=f"loves the blue one {n}"))
    wipe(here)
    cleaning.clean(here)
    copied(away, here)
    copied(here, away)
    for database in (here, away):
        joining.join(database, ADA, table_for("customer"))
    assert here.read(ADA).leaves() == away.read(ADA).leaves()  # type: ignore[union-attr]
    copied(away, here)
    copied(here, away)
    for database in (here, away):
        assert is_erased(database.read(ADA)) and database.disputes() == []
        assert cleaning.clean(database) == [ADA]
        assert cleaning.clean(database) == []
    assert here.get(ADA) == away.get(ADA)
    assert held(tmp_path) == set()
    here.close()
    away.close()


def test_a_disk_image_from_before_is_erased_again_when_it_hears_of_it(company: Database, tmp_path: Path) -> None:
    edited(company)
    company.close()
    shutil.copytree(tmp_path / "a", tmp_path / "image")
    now, image = opened(tmp_path / "a"), opened(tmp_path / "image")
    wipe(now)
    cleaning.clean(now)
    copied(image, now)  # what the image still has changes nothing
    assert is_erased(now.read(ADA)) and held(tmp_path / "a") == set()
    assert held(tmp_path / "image") != set()
    copied(now, image)
    assert cleaning.clean(image) == [ADA]
    assert held(tmp_path / "image") == set()
    now.close()
    image.close()


def test_old_revisions_loaded_from_a_dump_bring_nothing_back(company: Database, tmp_path: Path) -> None:
    edited(company)
    dump = [entry["ok"] for entry in company.open_revs(ADA, "all", with_revs=True)]
    wipe(company)
    cleaning.clean(company)
    assert company.bulk_docs(dump, new_edits=False) == []
    assert is_erased(company.read(ADA))
    company.put_local("anything", {"checkpoint": 1})
    assert held(tmp_path) == set()


def test_one_who_left_the_staff_is_erased_and_one_who_works_here_is_not(tmp_path: Path) -> None:
    store = opened(tmp_path / "s", "store-s1")
    body = {"_id": "staff:q", "type": "staff", "schema": 1, "name": "Ada Quillfeather", "role": "supervisor"}
    rev = store.put({**body, "inactive": False})
    with pytest.raises(SaleError) as refused:
        erase(store, "staff:q", request=REQUEST, reason="left", on="s1-t1")
    assert refused.value.error == "still_here"
    store.put({**body, "_rev": rev, "inactive": True})
    doc = {**body, "name": "Ada Quillfeather-Smith", "_revisions": {"start": 2, "ids": ["e" * 32, rev[2:]]}}
    erase(store, "staff:q", request=REQUEST, reason="left", on="s1-t1")
    store.bulk_docs([doc], new_edits=False)
    assert len(cleaning.close_staff(store)) == 1
    assert cleaning.clean(store) == ["staff:q"]
    assert schemas.check(store.get("staff:q")) == [] and held(tmp_path) == set()
    store.close()


def test_a_deleted_customer_can_be_erased_too(company: Database, tmp_path: Path) -> None:
    company.delete(ADA, edited(company))
    wipe(company)
    assert is_erased(company.read(ADA))
    cleaning.clean(company)
    assert held(tmp_path) == set()
