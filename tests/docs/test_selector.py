"""`app.docs.selector` and `app.docs.collation`: the answers that CouchDB's Mango gives.

The tables of values follow the cases of CouchDB's `mango_selector.erl`, the order of values its
`couch_ejson_compare_tests.erl`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs import selector
from app.docs.collation import compare, text_key
from app.docs.errors import BadRequest

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=2), children, max_size=3),
    max_leaves=6,
)


def matches(wanted: dict[str, Any], doc: dict[str, Any]) -> bool:
    return selector.compile(wanted)(doc)


def check(condition: Any, matching: list[Any], others: list[Any]) -> None:
    """Try a condition on the values of field `x`."""
    predicate = selector.compile({"x": condition})
    assert [value for value in matching if not predicate({"x": value})] == [], "should match"
    assert [value for value in others if predicate({"x": value})] == [], "should not match"


DEEP = {"a": {"b": {"c": 7}}}
OTHERS_OF_DEEP = [{"a": {"b": {"c": 8}}}, {"a": {"b": {"d": 7}}}, {"a": {"d": {"c": 7}}}]
LIST = [1, [2, 3, 4], 5]
OTHERS_OF_LIST = [[1, [2, 3, 4]], [1, [2, 3, 4], 5, 6], [1, [2, 7, 4], 5]]


# --- operators -------------------------------------------------------------------------------------------------------


def test_eq_matches_equal_values_of_every_type() -> None:
    check({"$eq": 5}, [5, 5.0], [6, "5", None, True])
    check({"$eq": "hello"}, ["hello"], ["help", "Hello", 5])
    check({"$eq": LIST}, [LIST], OTHERS_OF_LIST)
    check({"$eq": DEEP}, [DEEP], OTHERS_OF_DEEP)


def test_ne_matches_every_other_value_but_not_a_missing_one() -> None:
    check({"$ne": 5}, [6, "5", None, True, [], {}], [5, 5.0])
    check({"$ne": LIST}, OTHERS_OF_LIST, [LIST])
    check({"$ne": DEEP}, OTHERS_OF_DEEP, [DEEP])
    assert not matches({"x": {"$ne": 5}}, {})


def test_comparisons_follow_couchdbs_order_across_types() -> None:
    check({"$lt": 5}, [4, 4.9, -1, None, True, False], [5, 6, "4", [], {}])
    check({"$lte": 5}, [5, 5.0, 4, None], [5.1, "", [], {}])
    check({"$gt": 5}, [6, 5.1, "", "4", [], {}], [5, 4, None, True])
    check({"$gte": "b"}, ["b", "B", "c", [], {}], ["a", "A", "á", 9, None])
    check({"$gt": 3, "$lt": 7}, [4, 6], [3, 7, "5", None])


def test_in_matches_a_value_or_a_member_of_an_array_but_no_whole_array() -> None:
    candidates = [42, False, "bar", [["nested"], "list"], {"b": 2}]
    within = [42, False, "bar", {"b": 2}, [0, 42], [0, False], [0, "bar"], [0, {"b": 2}], [0, [["nested"], "list"]]]
    outside = [43, True, "bars", {"b": 2, "c": 3}, [["nested"], "list"]]
    check({"$in": candidates}, within, outside)
    check({"$nin": candidates}, outside, within)
    check({"$in": []}, [], [0, True, "foo", []])
    check({"$nin": []}, [0, True, "foo", []], [])


def test_all_wants_every_item_exactly() -> None:
    check({"$all": []}, [], [[], [42], {}, "foo"])
    check({"$all": [1, 2, 3, 4]}, [[3, 2, 4, 1], [0, 4, 3, 5, 2, 1, 6]], [[3, 2, 4], [], 1])
    check({"$not": {"$all": [1, 2, 3, 4]}}, [[2, 4, 1], []], [[2, 4, 1, 3]])
    check(
        {"$all": [[1, 2, 3, 4]]},
        [[1, 2, 3, 4], [5, [1, 2, 3, 4], 6]],
        [[4, 3, 2, 1], [1, 3, 4], [], [5, [1, 3, 4], 6], [5, [1, 3, 2, 4], 6]],
    )
    check({"$all": ["hello"]}, [["hello"], [0, "hello", 1]], ["hello", []])
    check({"$all": [{"a": 1}]}, [[{"a": 1}]], [[{"a": 1, "b": 2}], [{"a": 1.0}]])


def test_exists_asks_whether_the_field_is_there() -> None:
    assert matches({"x": {"$exists": True}}, {"x": None}) and not matches({"x": {"$exists": True}}, {"y": 0})
    assert matches({"x": {"$exists": False}}, {"y": 0}) and not matches({"x": {"$exists": False}}, {"x": None})
    assert matches({"x.y": {"$exists": False}}, {"x": {}})
    assert not matches({"x.y": {"$exists": False}}, {"x": 5}), "a number has no members that could be missing"


def test_not_exists_and_eq_matches_a_document_without_the_field() -> None:
    wanted = {"x": {"$not": {"$exists": True, "$eq": 0}}}
    assert matches(wanted, {"x": 1}) and matches(wanted, {}) and not matches(wanted, {"x": 0})


@pytest.mark.parametrize(
    ("name", "matching", "others"),
    [
        ("null", [None], [False, {}]),
        ("boolean", [True, False], [0, None]),
        ("number", [42, 3.14, 0], [True, [1], "1"]),
        ("string", ["", "hello"], [[]]),
        ("array", [[], [1, 2]], [{}, "hi"]),
        ("object", [{}, {"a": 1}], [[{"a": 1}], None]),
        ("date", [], ["2024-01-01", None, 1]),
    ],
)
def test_type_matches_values_of_that_type(name: str, matching: list[Any], others: list[Any]) -> None:
    check({"$type": name}, matching, others)
    check({"$not": {"$type": name}}, others, matching)


def test_regex_searches_texts_only() -> None:
    check({"$regex": "^[0-9a-f]+$"}, ["3a0df5e"], ["", "3a0gf5e", 42, None, ["3a0df5e"]])
    check({"$regex": "(?i)MILK"}, ["oat milk"], ["silk"])


def test_begins_with_matches_prefixes_of_texts_only() -> None:
    check({"$beginsWith": "foo"}, ["foo", "food", "fool me once"], ["more food", "fo", 42, None, ["foo"]])


def test_mod_takes_integers_and_keeps_the_sign_of_the_value() -> None:
    check({"$mod": [28, 1]}, [1, 29, 57], [58, "57", 29.0, True, None])
    check({"$mod": [5, -2]}, [-2, -7], [3, 2])
    check({"$mod": [-5, 2]}, [2, 7], [-2])


def test_size_counts_the_members_of_arrays_only() -> None:
    check({"$size": 3}, [[0, 0, 0]], [3, "fun", [0, 0], [0, 0, 0, 0], {"a": 1, "b": 2, "c": 3}])


def test_elem_match_wants_one_member_and_all_match_all_of_at_least_one() -> None:
    check({"$elemMatch": {"$eq": 0}}, [[0], [0, 1]], [[], [1], 0, {"a": 0}])
    check({"$elemMatch": {"$ne": 0}}, [[1], [0, 1]], [[], [0]])
    check({"$allMatch": {"$eq": 0}}, [[0], [0, 0]], [[], [1], [0, 1], 0])
    check({"$elemMatch": {"$gte": 80, "$lt": 85}}, [[82, 10]], [[79, 85]])
    check({"$elemMatch": {"sku": "A1", "price.amount": {"$gt": 1}}}, [[{"sku": "A1", "price": {"amount": 2}}]], [[2]])
    check({"$elemMatch": {"$nor": [{"$eq": 1}, {"$eq": 2}]}}, [[1, 3]], [[1, 2]])


def test_key_map_match_wants_one_key() -> None:
    check(
        {"$keyMapMatch": {"$regex": "^[a-z]+$"}},
        [{"hello": 0}, {"a": 1, "b": 2}, {"a": 1, "b4": 2}],
        [{"b4": 2}, {}, ["a"], "a"],
    )


# --- fields and groups -----------------------------------------------------------------------------------------------


def test_the_empty_selector_matches_every_document() -> None:
    assert matches({}, {}) and matches({}, {"x": 1})


def test_an_empty_object_as_condition_matches_only_the_empty_object() -> None:
    check({}, [{}], [{"a": 1}, [], None])
    assert not matches({"x": {}}, {})
    assert matches({"$not": {"x": {}}}, {"x": []}) and not matches({"$not": {"x": {}}}, {})


def test_nested_fields_and_dotted_paths_are_the_same() -> None:
    for wanted in ({"x": {"b": 2}}, {"x.b": 2}, {"x.b": {"$eq": 2}}, {"x": {"b": {"$eq": 2}}}):
        assert matches(wanted, {"x": {"a": 1, "b": 2}})
        assert not matches(wanted, {"x": {"a": 1}}) and not matches(wanted, {"x": []}) and not matches(wanted, {})
    check({"a": 1, "b": 2}, [{"a": 1, "b": 2, "c": 3}], [{"a": 1}, {"b": 2}])


def test_a_backslash_keeps_a_dot_in_a_name() -> None:
    assert matches({"a\\.b": 1}, {"a.b": 1}) and not matches({"a\\.b": 1}, {"a": {"b": 1}})
    assert matches({"a.b\\.c": 1}, {"a": {"b.c": 1}})


def test_a_number_in_a_path_is_a_place_in_an_array_or_a_name() -> None:
    assert matches({"lines.1.sku": "B"}, {"lines": [{"sku": "A"}, {"sku": "B"}]})
    assert matches({"lines.1": "B"}, {"lines": {"1": "B"}})
    for place in ("2", "-1", "x", "1.sku", "9" * 5000):
        assert not matches({f"lines.{place}": {"$exists": True}}, {"lines": ["A", "B"]})


@pytest.mark.parametrize("operator", ["$and", "$or", "$nor"])
def test_an_empty_group_matches_anything_negated_or_not(operator: str) -> None:
    for wanted in ({"x": {operator: []}}, {"x": {"$not": {operator: []}}}, {operator: []}):
        for doc in ({"x": 0}, {"x": False}, {"x": []}, {}):
            assert matches(wanted, doc)


def test_groups_combine_conditions_on_one_field() -> None:
    both, either = [{"$gt": 3}, {"$lt": 7}], [{"$lt": 3}, {"$gt": 7}]
    check({"$and": both}, [6], [2, 9])
    check({"$not": {"$and": both}}, [2, 9], [6])
    check({"$or": either}, [2, 9], [6])
    check({"$not": {"$or": either}}, [6], [2, 9])
    check({"$nor": either}, [6], [2, 9])
    check({"$not": {"$nor": either}}, [2, 9], [6])
    for condition in ({"$and": both}, {"$not": {"$and": both}}, {"$or": either}, {"$nor": either}):
        assert not matches({"x": condition}, {}), "a missing field matches neither way"


def test_groups_combine_whole_selectors() -> None:
    wanted = {"type": "order", "$or": [{"total": {"$gte": 1000}}, {"lines": {"$size": 3}}], "$not": {"void": True}}
    order = {"type": "order", "total": 1000, "lines": [], "void": False}
    assert matches(wanted, order)
    assert matches(wanted, {**order, "total": 1, "lines": [1, 2, 3]})
    assert not matches(wanted, {**order, "total": 1})
    assert not matches(wanted, {**order, "void": True})


@given(values, values)
def test_a_condition_or_its_negation_matches_a_field_that_is_there(value: Any, argument: Any) -> None:
    for operator in ("$eq", "$ne", "$lt", "$lte", "$gt", "$gte"):
        positive, negative = {"x": {operator: argument}}, {"x": {"$not": {operator: argument}}}
        assert matches(positive, {"x": value}) != matches(negative, {"x": value})
        assert matches(negative, {"x": value}) == matches({"$nor": [positive]}, {"x": value})


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "error", "reason"),
    [
        ([], "invalid_selector_json", "Selector must be a JSON object, not: []"),
        ("x", "invalid_selector_json", 'Selector must be a JSON object, not: "x"'),
        ({"x": {"$gr": 1}}, "invalid_operator", "Invalid operator: $gr"),
        ({"$where": "1"}, "not_supported", "Unsupported operator: $where"),
        ({"$gt": 1}, "invalid_selector", "One or more conditions is missing a field name."),
        ({"a..b": 1}, "invalid_field_name", "Invalid field name: a..b"),
        ({"": 1}, "invalid_field_name", "Invalid field name: "),
        ({"$and": {"a": 1}}, "bad_arg", 'Bad argument for operator $and: {"a":1}'),
        ({"$or": 1}, "bad_arg", "Bad argument for operator $or: 1"),
        ({"$nor": None}, "bad_arg", "Bad argument for operator $nor: null"),
        ({"$not": [1]}, "bad_arg", "Bad argument for operator $not: [1]"),
        ({"x": {"$in": 1}}, "bad_arg", "Bad argument for operator $in: 1"),
        ({"x": {"$nin": {}}}, "bad_arg", "Bad argument for operator $nin: {}"),
        ({"x": {"$all": 1}}, "bad_arg", "Bad argument for operator $all: 1"),
        ({"x": {"$exists": 1}}, "bad_arg", "Bad argument for operator $exists: 1"),
        ({"x": {"$type": 1}}, "bad_arg", "Bad argument for operator $type: 1"),
        ({"x": {"$size": -1}}, "bad_arg", "Bad argument for operator $size: -1"),
        ({"x": {"$size": True}}, "bad_arg", "Bad argument for operator $size: true"),
        ({"x": {"$mod": [1]}}, "bad_arg", "Bad argument for operator $mod: [1]"),
        ({"x": {"$mod": [0, 1]}}, "bad_arg", "Bad argument for operator $mod: [0,1]"),
        ({"x": {"$mod": [1.5, 1]}}, "bad_arg", "Bad argument for operator $mod: [1.5,1]"),
        ({"x": {"$regex": "("}}, "bad_arg", 'Bad argument for operator $regex: "("'),
        ({"x": {"$regex": 1}}, "bad_arg", "Bad argument for operator $regex: 1"),
        ({"x": {"$beginsWith": 1}}, "bad_arg", "Bad argument for operator $beginsWith: 1"),
        ({"x": {"$elemMatch": 1}}, "bad_arg", "Bad argument for operator $elemMatch: 1"),
        ({"x": {"$elemMatch": {"$gr": 1}}}, "invalid_operator", "Invalid operator: $gr"),
        ({"x": {"$allMatch": []}}, "bad_arg", "Bad argument for operator $allMatch: []"),
        ({"x": {"$keyMapMatch": "a"}}, "bad_arg", 'Bad argument for operator $keyMapMatch: "a"'),
    ],
    ids=lambda part: part if isinstance(part, str) else None,
)
def test_a_mistake_is_a_bad_request_under_couchdbs_name(wanted: Any, error: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refused:
        selector.compile(wanted)
    assert refused.value.as_dict() == {"error": error, "reason": reason}
    assert refused.value.status == 400
    assert BadRequest().error == "bad_request", "the class keeps its own name"


def test_a_selector_that_is_too_deep_is_refused_in_words() -> None:
    wanted: dict[str, Any] = {"x": 1}
    for _ in range(5000):
        wanted = {"$not": wanted}
    with pytest.raises(BadRequest, match="nested too deeply"):
        selector.compile(wanted)
    while "$not" in wanted:
        wanted = wanted["$not"]


def test_a_document_deeper_than_the_selector_is_compared_without_trouble() -> None:
    value: list[Any] = []
    for _ in range(400):
        value = [value]
    check({"$gt": []}, [value], [])
    check({"$lt": {}}, [value], [])


# --- collation -------------------------------------------------------------------------------------------------------

IN_ORDER: list[Any] = [
    None,
    False,
    True,
    -2,
    -0.1,
    0,
    0.1,
    1,
    2,
    3.0,
    4,
    2**70,
    "",
    " ",
    "_",
    "-",
    ":",
    "$",
    "0",
    "9",
    "a",
    "A",
    "aa",
    "b",
    "B",
    "ba",
    "bb",
    "z",
    "汉",
    [],
    ["a"],
    ["b"],
    ["b", "c"],
    ["b", "c", "a"],
    ["b", "d"],
    ["b", "d", "e"],
    {},
    {"a": 1},
    {"a": 2},
    {"b": 1},
    {"b": 2},
    {"b": 2, "a": 1},
    {"b": 2, "c": 2},
]


def test_values_stand_in_couchdbs_order() -> None:
    for lower, higher in pairwise(IN_ORDER):
        assert compare(lower, higher) < 0 < compare(higher, lower), (lower, higher)
    for value in IN_ORDER:
        assert compare(value, value) == 0


def test_accents_and_case_count_only_where_the_letters_are_equal() -> None:
    assert sorted(["b", "á", "A", "a", "Á", "ab", "Ab", "áb"], key=text_key) == [
        "a", "A", "á", "Á", "ab", "Ab", "áb", "b",
    ]  # fmt: skip


def test_texts_that_look_the_same_are_equal() -> None:
    assert compare("caf\u00e9", "cafe\u0301") == 0
    assert compare("a", "\u200ba\u200d") == 0
    check({"$eq": "caf\u00e9"}, ["cafe\u0301"], ["cafe"])


@given(values, values, values)
def test_the_order_is_total(a: Any, b: Any, c: Any) -> None:
    assert (compare(a, b) > 0) == (compare(b, a) < 0)
    if compare(a, b) <= 0 and compare(b, c) <= 0:
        assert compare(a, c) <= 0
