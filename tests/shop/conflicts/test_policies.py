"""Every row of the tables: what becomes of a member that two places changed, whichever of them was later."""

from __future__ import annotations

from typing import Any

import pytest

from app.docs import merge
from app.docs.merge import MISSING, Leaf, Path
from app.docs.plan import Plan, plan, value_at
from app.shop import ids, schemas
from app.shop.conflicts import policies
from app.shop.conflicts.policies import TABLES, table_for

ASKED = "asked"
A, B, C = "3-aa", "3-bb", "3-cc"
TREE = ((3, False, ("cc", "c2", "11")), (3, False, ("bb", "b2", "11")), (3, False, ("aa", "a2", "11")))


def planned(doctype: str, base: Any, *sides: Any, asks: tuple[str, ...] = ()) -> Plan:
    """The plan for bodies over a base; the first is revision `A`, written first."""
    leaves = [Leaf(rev, False, dict(body)) for rev, body in zip((A, B, C), sides, strict=False)]
    leaves.sort(key=Leaf.rank, reverse=True)
    tree = tuple(path for path in TREE if f"3-{path[2][0]}" in {leaf.rev for leaf in leaves})
    return plan(tree, leaves, lambda rev: base, table_for(doctype, asks))


def box(price: Any = None, *barcodes: str, name: str = "box", quantity: int = 12000) -> dict[str, Any]:
    return {"name": name, "quantity": quantity, "barcodes": list(barcodes), "price": price}


def row(amount: int, **of: Any) -> dict[str, Any]:
    return {"product": "product:milk", "category": None, "least": 0, "price": {"amount": amount}, "percent": None, **of}


NOTE = {"at": "2026-11-22T08:00:00.000Z", "by": "staff:ann", "text": "called"}

#: type, member, before, one side, the other side, what it becomes
ROWS: list[tuple[str, str, Any, Any, Any, Any]] = [
    # sets
    ("product", "barcodes", ["1"], ["1", "2"], ["1", "3"], ["1", "2", "3"]),
    ("product", "barcodes", ["1", "2"], ["2"], ["1", "2", "3"], ["2", "3"]),
    ("product", "barcodes", ["1", "2"], ["2"], ["1"], []),
    ("product", "taxes", ["tax:a"], ["tax:a", "tax:b"], ["tax:a", "tax:c"], ["tax:a", "tax:b", "tax:c"]),
    ("product", "taxes", ["tax:a"], ["tax:b"], ["tax:c"], ASKED),
    ("product", "taxes", None, ["tax:b"], ["tax:c"], ["tax:b", "tax:c"]),
    ("product", "taxes", ["tax:a"], None, ["tax:c"], ASKED),
    ("store", "taxes", ["tax:a"], ["tax:a", "tax:b"], ["tax:a", "tax:c"], ["tax:a", "tax:b", "tax:c"]),
    ("store", "taxes", ["tax:a"], ["tax:b"], [], ASKED),
    ("tax", "stores", ["store:a"], ["store:a", "store:b"], ["store:a", "store:c"], ["store:a", "store:b", "store:c"]),
    ("tax", "stores", ["store:a"], None, ["store:a", "store:c"], ASKED),
    ("customer", "cards", ["x"], ["x", "y"], ["z"], ["y", "z"]),
    ("terminal", "incarnations", ["k1"], ["k1", "k2"], ["k1", "k3"], ["k1", "k2", "k3"]),
    *[
        ("promotion", name, ["x:a"], ["x:a", "x:b"], ["x:a", "x:c"], ["x:a", "x:b", "x:c"])
        for name in (
            *("products", "categories", "exclude_products", "exclude_categories", "get_products", "get_categories"),
            *("coupons", "excludes", "groups", "stores"),
        )
    ],
    ("promotion", "exclude_products", ["x:a", "x:b"], ["x:a"], ["x:b"], []),
    ("promotion", "products", ["x:a", "x:b"], ["x:a"], ["x:b"], ASKED),  # nothing named means everything
    ("pricelist", "groups", ["a", "b"], ["a"], ["b"], ASKED),
    ("pricelist", "stores", None, ["store:a"], ["store:b"], ["store:a", "store:b"]),
    ("pricelist", "hours", [{"begins": "08:00"}], [{"begins": "08:00"}, {"begins": "17:00"}], [], ASKED),
    ("promotion", "hours", None, [{"begins": "09:00"}], [{"begins": "17:00"}], [{"begins": "09:00"},
     {"begins": "17:00"}]),
    ("settings", "values", {"merge_ask": []}, {"merge_ask": ["tax"]}, {"merge_ask": ["store"]},
     {"merge_ask": ["store", "tax"]}),
    # flags
    *[(kind, "inactive", None, True, False, True) for kind, table in TABLES.items() if "inactive" in table],
    ("customer", "erased", None, True, False, True),
    # maps and rows
    ("product", "attributes", {"a": "1"}, {"a": "1", "b": "2"}, {"a": "3"}, {"a": "3", "b": "2"}),
    ("customer", "attributes", {"a": "1"}, {}, {"a": "1", "b": "2"}, {"b": "2"}),
    ("product", "names", {"de": "a"}, {"de": "b"}, {"de": "a", "zh": "c"}, {"de": "b", "zh": "c"}),
    ("category", "names", {"de": "a"}, {"de": "b"}, {"de": "a", "zh": "c"}, {"de": "b", "zh": "c"}),
    ("product", "units", [box()], [box(), box(name="pair")], [box(None, "7")], [box(None, "7"), box(name="pair")]),
    ("product", "units", [box(None, "1")], [box(None, "1", "2")], [box(None, "3")], [box(None, "2", "3")]),
    ("product", "units", [box()], [], [box(), box(name="pair")], [box(name="pair")]),
    ("product", "units", [], [box(), box()], [box(name="pair")], ASKED),  # two rows of one name: no rule knows which
    ("product", "bundle", [{"product": "p:a", "quantity": 1}], [{"product": "p:a", "quantity": 2}],
     [{"product": "p:a", "quantity": 1}, {"product": "p:b", "quantity": 1}],
     [{"product": "p:a", "quantity": 2}, {"product": "p:b", "quantity": 1}]),
    ("pricelist", "prices", [row(1)], [row(2)], [row(1), row(9, least=12000)], [row(2), row(9, least=12000)]),
    ("pricelist", "prices", [row(1)], [row(1), row(3, product="product:tea")], [], [row(3, product="product:tea")]),
    ("settings", "values", {"tips": False}, {"tips": True}, {"tips": False, "count": "blind"}, {"tips": True,
     "count": "blind"}),
    ("settings", "values", {"roles": {"x": ["a"]}}, {"roles": {"x": ["a", "b"]}}, {"roles": {"x": ["c"], "y": []}},
     {"roles": {"x": ["b", "c"], "y": []}}),
    ("settings", "values", {"keys": {"a": "F1"}}, {"keys": {"a": "F2"}}, {"keys": {"a": "F1", "b": "F3"}},
     {"keys": {"a": "F2", "b": "F3"}}),
    *[(kind, "notes", {}, {"n1": NOTE}, {"n2": NOTE}, {"n1": NOTE, "n2": NOTE}) for kind in ("task", "incident")],
    # what is left to a person: everything else
    *[("product", name, "a", "b", "c", ASKED) for name in (
        "name", "description", "category", "department", "brand", "size", "sold_by", "unit", "decimals", "price",
     "min_age",
        "deposit", "variant_of", "variant", "sort", "picture", "something_new")],
    *[("category", name, "a", "b", "c", ASKED) for name in ("name", "parent", "sort", "colour", "picture")],
    *[("customer", name, "a", "b", "c", ASKED) for name in (
        "name", "key", "group", "email", "phone", "address", "tax_number", "note", "account_limit")],
    *[("pricelist", name, "a", "b", "c", ASKED)
     for name in ("name", "priority", "starts", "ends", "currency", "digits")],
    *[("promotion", name, "a", "b", "c", ASKED) for name in (
        "name", "kind", "scope", "percent", "amount", "price", "buy", "get", "count", "parts", "limit", "spend",
     "spend_on",
        "starts", "ends", "priority", "currency", "digits")],
    *[("tax", name, "a", "b", "c", ASKED) for name in ("name", "rate")],
    *[("store", name, "a", "b", "c", ASKED) for name in (
        "name", "currency", "digits", "timezone", "day_start", "tax_mode", "header", "footer", "locale", "locations")],
    ("settings", "values", {"trust": {"giftcard": 1}}, {"trust": {"giftcard": 2}}, {"trust": {"giftcard": 3}}, ASKED),
    *[("terminal", name, "a", "b", "c", ASKED) for name in ("name", "store")],
    *[("staff", name, "a", "b", "c", ASKED) for name in ("name", "role", "pin", "badge", "language")],
    ("giftcard", "hint", "a", "b", "c", ASKED),
    *[(kind, name, "a", "b", "c", ASKED) for kind in ("task", "incident") for name in ("kind", "about")],
    ("unheard-of", "barcodes", ["1"], ["1", "2"], ["1", "3"], ASKED),
]  # fmt: skip


@pytest.mark.parametrize(("doctype", "name", "base", "one", "other", "wanted"), ROWS)
def test_a_row_of_the_tables_whichever_side_was_later(
    doctype: str, name: str, base: Any, one: Any, other: Any, wanted: Any
) -> None:
    before = {} if base is None else {name: base}
    made = []
    for first, second in ((one, other), (other, one)):
        for times in (("1", "2"), ("2", "1")):
            sides = [{name: side, "updated_at": at} for side, at in zip((first, second), times, strict=True)]
            found = planned(doctype, before, *sides)
            if wanted is ASKED:
                assert found.open and not found.joined
                assert all(set(values) == {A, B} for values in found.open.values())
            else:
                assert not found.open
                assert found.result({})[name] == wanted
                made.append(merge.content(found.result({})))
    assert all(merge.same(each, made[0]) for each in made)


@pytest.mark.parametrize("doctype", sorted(TABLES))
def test_what_one_side_changed_is_taken_in_every_type(doctype: str) -> None:
    found = planned(doctype, {"x": 1, "y": 1, "z": 1}, {"x": 2, "y": 1}, {"x": 1, "y": 3, "z": 1})
    assert not found.open and found.result({}) == {"x": 2, "y": 3}
    assert found.joined == {("x",): 2, ("y",): 3, ("z",): MISSING}


def test_a_terminals_name_is_held_by_the_run_that_claimed_it_last() -> None:
    sides = [{"claim": {"node": "a"}, "updated_at": "1"}, {"claim": {"node": "b"}, "updated_at": "2"}]
    for one, other in (sides, reversed(sides)):
        found = planned("terminal", {}, one, other)
        assert not found.open and found.result({})["claim"] == {"node": "b"}


def test_who_has_a_follow_up_and_whether_it_is_done_is_what_was_said_last() -> None:
    for name in ("assigned", "done_at", "done_by"):
        sides = [{name: "a", "updated_at": "1"}, {name: "b", "updated_at": "2"}]
        assert planned("task", {}, *sides).result({})[name] == "b"
        assert planned("incident", {}, *reversed(sides)).result({})[name] == "b"


def test_a_setting_turns_a_type_or_a_member_to_ask_and_nothing_else() -> None:
    base = {"barcodes": [], "inactive": False}
    sides = [{**base, "barcodes": ["1"]}, {"barcodes": ["2"], "inactive": True}]
    assert not planned("product", base, *sides).open
    assert list(planned("product", base, *sides, asks=("product.barcodes", "customer")).open) == [("barcodes",)]
    assert list(planned("product", base, *sides, asks=("product",)).open) == [("barcodes",)]
    assert table_for("product", ("customer", "product.")).keys() >= policies.PRODUCT.keys()


def test_every_type_that_can_be_edited_has_a_table_and_none_that_is_written_once_is_joined() -> None:
    assert set(schemas.SCHEMAS) - ids.IMMUTABLE <= set(TABLES)
    for company, store in policies.JOINED.values():
        assert not (company | store) & ids.IMMUTABLE and company | store <= set(TABLES)
    for doctype, names in policies.PERSONAL.items():
        assert set(names) <= set(schemas.SCHEMAS[doctype].fields)
    for doctype, table in TABLES.items():
        if doctype in schemas.SCHEMAS:
            assert set(table) - {"*", "names"} <= set(schemas.SCHEMAS[doctype].fields)


# --- several leaves, and what is left to a person --------------------------------------------------------------------


def test_three_leaves_are_joined_pairwise_and_what_is_left_is_decided_at_once() -> None:
    base = {"price": 1, "name": "x", "barcodes": ["1"], "units": [box(1)]}
    found = planned(
        "product",
        base,
        {**base, "price": 2, "barcodes": ["1", "2"], "units": [box(2)]},
        {**base, "price": 3, "barcodes": ["1", "3"], "name": "y"},
        {**base, "price": 1, "barcodes": [], "units": [box(4)]},
    )
    price: Path = ("units", "box", "price")
    assert found.open == {("price",): {B: 3, A: 2}, price: {C: 4, A: 2}}
    assert found.joined == {("barcodes",): ["2", "3"], ("name",): "y"}
    assert found.result({("price",): 3, price: None, ("name",): "z"}) == {
        "price": 3, "name": "z", "barcodes": ["2", "3"], "units": [box(None)]
    }  # fmt: skip
    with pytest.raises(merge.Unsettled) as still:
        found.result({("price",): 3})
    assert still.value.paths == [price]


def test_a_row_that_one_side_removed_and_another_changed_is_for_a_person_as_a_whole() -> None:
    found = planned("product", {"units": [box(1)]}, {"units": []}, {"units": [box(2)]})
    assert found.open == {("units", "box"): {A: MISSING, B: box(2)}}
    assert found.result({("units", "box"): MISSING}) == {"units": []}
    assert found.result({("units", "box"): box(2)}) == {"units": [box(2)]}


def test_a_key_of_the_settings_has_a_path_of_its_own() -> None:
    found = planned("settings", {"values": {}}, {"values": {"tips": True, "paper": 58}}, {"values": {"paper": 80}})
    assert found.open == {("values", "paper"): {A: 58, B: 80}} and found.joined == {("values", "tips"): True}
    assert value_at({"values": {"paper": 58}}, ("values", "paper"), policies.SETTINGS) == 58


def test_documents_made_apart_under_one_id_have_no_base_and_only_their_differences_are_asked() -> None:
    one = Leaf("1-bb", False, {"name": "y", "barcodes": ["2"]})
    other = Leaf("1-aa", False, {"name": "x", "barcodes": ["1"], "note": "n"})
    found = plan(((1, False, ("bb",)), (1, False, ("aa",))), [one, other], lambda rev: None, policies.PRODUCT)
    assert found.open == {("name",): {"1-bb": "y", "1-aa": "x"}}
    assert found.joined == {("barcodes",): ["1", "2"], ("note",): "n"} and not found.lacking


def test_without_the_base_every_difference_is_for_a_person_down_to_the_part() -> None:
    sides = [Leaf(B, False, {"a": 1, "barcodes": ["1"], "attributes": {"x": "1", "y": "1"}}),
             Leaf(A, False, {"a": 1, "barcodes": ["2"], "attributes": {"x": "1", "y": "2"}})]  # fmt: skip
    found = plan(TREE[1:], sides, lambda rev: None, policies.PRODUCT)
    assert set(found.open) == {("barcodes",), ("attributes", "y")} and found.lacking == ("1-11",)
    assert found.base is None and found.base_rev == "1-11"


def test_two_forks_are_each_joined_over_their_own_base() -> None:
    tree = ((3, False, ("c3", "c2", "11")), (3, False, ("b3", "b2", "11")), (3, False, ("a3", "b2", "11")))
    bodies = {"1-11": {"price": 1}, "2-b2": {"price": 2}}
    leaves = [Leaf(rev, False, {"price": price}) for rev, price in (("3-c3", 1), ("3-b3", 2), ("3-a3", 1))]
    # At 2-b2 it became 2, at 3-a3 somebody took that back; nobody else touched it.
    found = plan(tree, leaves, bodies.get, policies.PRODUCT)
    assert not found.open and found.result({}) == {"price": 1}
