"""What a node joins by itself, what it leaves alone, and that what was joined is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.docs import merge, writing
from app.docs.database import Database
from app.shop.conflicts import joining, policies
from app.shop.follow import follow
from tests.support import apart
from tests.support.forks import DELETED, fork, on

PRODUCT = {
    "_id": "product:x", "type": "product", "schema": 1, "sku": "x", "name": "Tea", "sold_by": "unit", "barcodes": ["1"],
    "price": {"amount": 100},
}  # fmt: skip
CUSTOMER = {"_id": "customer:ann", "type": "customer", "schema": 1, "name": "Ann"}
CODES = on("a", barcodes=["1", "2"]), on("b", barcodes=["3"])


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Database]:
    with apart.databases(tmp_path, 1) as (database,):
        yield database


def conflicts(database: Database, id: str) -> int:
    record = database.read(id)
    assert record is not None
    return record.conflicts


def join(company: Database, id: str, kind: str = "office") -> list[str]:
    return list(joining.join_all(company, company, [id], kind))


def test_head_office_joins_the_catalogue_a_till_customers_and_a_hub_nothing(company: Database) -> None:
    company.put(PRODUCT), company.put(CUSTOMER)
    fork(company, "product:x", *CODES)
    fork(company, "customer:ann", on("a", phone="1"), on("b", cards=["c"]))
    assert follow(company, company, kind="hub") == []
    assert follow(company, company, kind="terminal") == ["customer:ann"]
    assert conflicts(company, "product:x") == 1
    assert joining.join_waiting(company, company, "office") == ["product:x"]  # a start looks at all that waits
    assert company.get("product:x")["barcodes"] == ["2", "3"] and company.disputes() == []


def test_what_the_settings_ask_is_left_alone_and_joined_when_they_ask_no_longer(company: Database) -> None:
    company.put(
        {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": {"merge_ask": ["product"]}}
    )
    company.put(PRODUCT)
    fork(company, "product:x", *CODES)
    assert follow(company, company, kind="office") == [] and conflicts(company, "product:x") == 1
    company.put({**company.get("settings:all"), "values": {"merge_ask": ["product.name", "customer"]}})
    assert follow(company, company, kind="office") == ["product:x"]


def test_documents_written_once_of_newer_programs_and_with_attachments_are_left_alone(company: Database) -> None:
    company.put({**PRODUCT, "schema": 2})
    fork(company, "product:x", *CODES)
    company.put({"_id": "level:x", "type": "level", "schema": 1})
    fork(company, "level:x", on("a", n=1), on("b", m=1))
    company.put({**PRODUCT, "_id": "product:y", "sku": "y"})
    _, loser = fork(company, "product:y", *CODES)
    company.put_attachment("product:y", "p", b"x", "text/plain", rev=loser)
    for id in ("product:x", "level:x", "product:y"):
        assert join(company, id) == [] and conflicts(company, id) == 1


def test_of_three_leaves_those_that_can_be_joined_are_and_the_rest_waits_for_a_person(company: Database) -> None:
    company.put(PRODUCT)
    fork(company, "product:x", on("a", name="Green"), on("b", name="Black"), on("c", barcodes=["1", "9"]))
    assert join(company, "product:x") == ["product:x"] and conflicts(company, "product:x") == 1
    live = [leaf for leaf in merge.leaves(company, company.read("product:x")) if not leaf.deleted]  # type: ignore[arg-type]
    assert {leaf.body["name"] for leaf in live} == {"Green", "Black"}
    assert any(leaf.body["barcodes"] == ["1", "9"] for leaf in live)
    assert join(company, "product:x") == []


def test_joined_sides_that_make_no_valid_document_are_left_to_a_person_who_is_asked_for_what_is_wrong(
    company: Database,
) -> None:
    company.put({"_id": "promotion:p", "type": "promotion", "schema": 1, "name": "P", "kind": "percent", "percent": 9,
                 "starts": "2026-01-01", "ends": "2026-12-31"})  # fmt: skip
    fork(company, "promotion:p", on("a", starts="2026-11-01"), on("b", ends="2026-02-01"), on("c", name="Q"))
    join(company, "promotion:p")
    record = company.read("promotion:p")
    assert record is not None and record.conflicts == 1
    found = joining.plan_of(company, record, policies.PROMOTION)
    assert {path[0] for path in found.open} == {"ends"} and set(found.open["ends",].values()) == {
        "2026-02-01",
        "2026-12-31",
    }


def test_a_deletion_beside_an_edit_is_for_a_person(company: Database) -> None:
    company.put(PRODUCT)
    fork(company, "product:x", on("a", name="Green"), DELETED)
    assert join(company, "product:x") == [] and [record.id for record in company.disputes()] == ["product:x"]


def test_a_document_deleted_in_two_places_and_brought_back_in_one_is_back(company: Database) -> None:
    company.put(PRODUCT)
    fork(company, "product:x", {"_deleted": True})
    company.bulk_docs([{"_id": "product:x", "_revisions": {"start": 2, "ids": ["f" * 32, company_root(company)]},
                        "_deleted": True, "reason": "old"}], new_edits=False)  # fmt: skip
    company.put(PRODUCT)
    assert company.disputes()
    assert join(company, "product:x") == ["product:x"] and company.disputes() == []
    assert company.get("product:x")["name"] == "Tea"


def company_root(company: Database) -> str:
    record = company.read("product:x")
    assert record is not None
    return record.paths()[0][2][-1]


def test_who_is_erased_on_one_branch_is_erased_whatever_the_settings_ask(company: Database) -> None:
    company.put(
        {"_id": "settings:all", "type": "settings", "schema": 1, "scope": "all", "values": {"merge_ask": ["customer"]}}
    )
    company.put({**CUSTOMER, "phone": "1"})
    fork(
        company,
        "customer:ann",
        on("a", phone="2"),
        on("b", name="", phone=None, erased=True),
        on("c", name="Anna"),
        DELETED,
    )
    assert join(company, "customer:ann", "terminal") == ["customer:ann"]
    (leaf,) = merge.leaves(company, company.read("customer:ann"))  # type: ignore[arg-type]
    assert leaf.body["erased"] is True and "phone" not in leaf.body
    assert join(company, "customer:ann", "terminal") == []


def test_a_base_that_is_not_here_is_asked_for_and_nothing_is_joined_without_it(tmp_path: Path) -> None:
    with apart.databases(tmp_path, 2) as (central, here):
        central.put(PRODUCT)
        fork(central, "product:x", *CODES)
        apart.bring(central, here, "product:x")
        asked: list[str] = []
        assert joining.join(here, "product:x", policies.PRODUCT, fetch=lambda id, revs: asked.extend(revs)) == []
        assert len(asked) == 1 and conflicts(here, "product:x") == 1

        def fetch(id: str, revs: list[str]) -> None:
            here.bulk_docs([row["ok"] for row in central.open_revs(id, revs, with_revs=True)], new_edits=False)

        assert len(joining.join(here, "product:x", policies.PRODUCT, fetch=fetch)) == 2
        assert here.get("product:x")["barcodes"] == ["2", "3"]


def test_the_fork_and_what_a_merge_ended_are_kept_however_many_edits_follow(company: Database) -> None:
    root = company.put(PRODUCT)
    winner, loser = sorted(
        fork(company, "product:x", on("a", name="Green"), on("b", barcodes=["1", "2"])), reverse=True
    )
    for n in range(writing.ANCESTORS_KEPT + 5):
        winner = company.put({**company.get("product:x", rev=winner), "description": str(n)})
    assert merge.body_of(company, "product:x", root) is not None
    assert join(company, "product:x") == ["product:x"]
    lost = merge.body_of(company, "product:x", loser)
    for n in range(writing.ANCESTORS_KEPT + 5):
        company.put({**company.get("product:x"), "description": f"again {n}"})
    assert lost is not None and merge.body_of(company, "product:x", loser) == lost


def test_forty_leaves_are_joined_to_one_and_sixty_that_come_to_too_many_barcodes_are_a_persons(
    company: Database,
) -> None:
    for id, count in (("product:x", 40), ("product:y", 60)):
        company.put({**PRODUCT, "_id": id})
        fork(company, id, *(on(f"t{n}", barcodes=["1", f"c{n}"]) for n in range(count)))
        assert join(company, id) == [id]
    assert len(company.get("product:x")["barcodes"]) == 41 and conflicts(company, "product:x") == 0
    record = company.read("product:y")
    assert record is not None and 0 < record.conflicts < 20
    assert set(joining.plan_of(company, record, policies.PRODUCT).open) == {("barcodes",)}
