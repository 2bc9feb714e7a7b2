"""`app.docs.json`: exact numbers, real Unicode, and refusals in words instead of surprises later."""

from __future__ import annotations

import json as stdlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs import json
from app.docs.errors import BadRequest

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5),
    max_leaves=10,
)


def same(a: Any, b: Any) -> bool:
    """Equal, and of the same types all the way down: 1, 1.0 and True are three values. `repr` tells them apart."""
    return repr(a) == repr(b)


@given(values)
def test_what_is_written_reads_back_exactly(value: Any) -> None:
    assert same(json.loads(json.dumps(value)), value)
    assert same(json.loads(json.dumps(value).decode()), value)


@given(values)
def test_it_reads_what_the_standard_library_writes_and_the_other_way_round(value: Any) -> None:
    assert same(json.loads(stdlib.dumps(value)), value)
    assert same(stdlib.loads(json.dumps(value)), value)


@given(st.dictionaries(st.text(), values, max_size=5))
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    backwards = dict(reversed(value.items()))
    assert json.canonical(backwards) == json.canonical(value)
    assert json.loads(json.canonical(value)) == value


def test_canonical_sorts_by_code_point_and_is_compact_utf8() -> None:
    value = {"é": 1, "z": {"b": [1, 2.5], "a": None}, "a": "汉", "😀": 0, "\uffff": 0, "B": 0}
    assert json.canonical(value) == '{"B":0,"a":"汉","z":{"a":null,"b":[1,2.5]},"é":1,"\uffff":0,"😀":0}'.encode()
    with_a_large_number = {**value, "B": 2**70}
    assert json.canonical(with_a_large_number) == json.canonical(value).replace(b'"B":0', b'"B":1180591620717411303424')


@pytest.mark.parametrize(
    "number", [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**18, 10**19, 10**400, -(10**400)]
)
def test_an_integer_keeps_every_digit(number: int) -> None:
    assert json.loads(str(number)) == number and type(json.loads(f"[{number}]")[0]) is int
    assert json.dumps({"n": number}) == b'{"n":%d}' % number


def test_one_and_one_point_nought_stay_two_values() -> None:
    assert [type(value) for value in json.loads("[1,1.0,1e2,true,-0,-0.0]")] == [int, float, float, bool, int, float]
    assert json.dumps([1, 1.0, True]) == b"[1,1.0,true]"


def test_a_long_run_of_digits_in_a_text_or_a_fraction_changes_nothing() -> None:
    text = '{"id":"12345678901234567890123","f":0.12345678901234567890123,"é":"\\ud83d\\ude00"}'
    assert json.loads(text) == stdlib.loads(text)


def test_of_equal_keys_the_last_wins() -> None:
    assert json.loads('{"a":1,"b":2,"a":3}') == {"a": 3, "b": 2}
    assert json.loads('{"a":1,"b":2,"a":12345678901234567890}') == {"a": 12345678901234567890, "b": 2}


LARGE = "12345678901234567890"


@pytest.mark.parametrize("beside", ["1", LARGE], ids=["for orjson", "for the standard library"])
@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        '"\\ud800"',
        '"a\\udfff"',
        '{"\\ud800":1}',
        "{1:2}",
        "'a'",
        "01",
        '"\n"',
        "[1,]",
        "tru",
        "1 2",
        "/**/1",
        "",
        "\ufeff1",
        "\ud800",
        "9" * 5000,
    ],
)
def test_what_other_peers_could_not_read_is_a_bad_request(value: str, beside: str) -> None:
    with pytest.raises(BadRequest, match="invalid UTF-8 JSON"):
        json.loads(f"[{beside},{value}]")


@pytest.mark.parametrize("text", [b'"\xff"', b'"\xed\xa0\x80"', b'["\xff",' + LARGE.encode() + b"]", b"\xff\xfe1\x00"])
def test_bytes_that_are_not_utf8_are_a_bad_request(text: bytes) -> None:
    with pytest.raises(BadRequest, match="invalid UTF-8 JSON"):
        json.loads(text)


def nested(levels: int, inmost: str, *, arrays: bool) -> str:
    return ("[" if arrays else '{"a":') * levels + inmost + ("]" if arrays else "}") * levels


@pytest.mark.parametrize("arrays", [True, False], ids=["arrays", "objects"])
@pytest.mark.parametrize("inmost", ["1", LARGE], ids=["for orjson", "for the standard library"])
@pytest.mark.parametrize("levels", [127, 128, 254, 255, json.MAX_DEPTH])
def test_nesting_up_to_the_limit_reads_and_writes(levels: int, inmost: str, arrays: bool) -> None:
    text = nested(levels, inmost, arrays=arrays)
    value = json.loads(text)
    assert json.dumps(value).decode() == json.canonical(value).decode() == text


@pytest.mark.parametrize("arrays", [True, False], ids=["arrays", "objects"])
@pytest.mark.parametrize("inmost", ["1", LARGE], ids=["for orjson", "for the standard library"])
@pytest.mark.parametrize("levels", [json.MAX_DEPTH + 1, 1000, 1025, 100_000])
def test_nesting_beyond_the_limit_is_refused_in_words(levels: int, inmost: str, arrays: bool) -> None:
    with pytest.raises(BadRequest, match="nested too deeply"):
        json.loads(nested(levels, inmost, arrays=arrays))


def test_many_brackets_side_by_side_are_not_deep() -> None:
    value = [[], {"a": "[[[[{{{{"}] * 5000
    assert json.loads(json.dumps(value)) == value


def test_a_value_that_is_too_deep_to_write_is_refused_in_words() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(BadRequest, match="nested too deeply"):
        json.dumps(value)
    while value:  # taken apart level by level, or Python's own clean-up would recurse
        value = value[0]


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", "\ud800", {"\ud800": 1}, [2**70, float("nan")]])
def test_what_json_cannot_hold_is_refused_in_words(value: Any) -> None:
    for write in (json.dumps, json.canonical):
        with pytest.raises(BadRequest, match="can't be written as JSON"):
            write(value)
