"""`app.docs.revision`: the ids that CouchDB gives, byte for byte."""

from __future__ import annotations

import json
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.docs import revision
from app.docs.errors import BadRequest

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "revision_ids.json").read_text("utf-8")
)
EMPTY = "967a00dff5e02add41819138abb3284d"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5),
    max_leaves=10,
)


def one(value: object) -> str:
    return revision.new_rev(None, False, {"value": value})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["rev"])
def test_a_revision_gets_the_id_that_couchdb_gives_it(vector: dict[str, Any]) -> None:
    assert revision.new_rev(vector["parent"], vector["deleted"], vector["body"]) == vector["rev"]


def test_a_list_of_bytes_is_a_string_to_erlang_as_long_as_its_length_fits_16_bits() -> None:
    numbers = [number % 256 for number in range(1, 65536)]
    assert revision.new_rev(None, False, {"l": numbers}) == "1-441bbdd8d34a2db8c6e5e9278f090756"
    assert revision.new_rev(None, False, {"l": [*numbers, 0]}) == "1-617bcde376ea3719f0c858ba3948b4ca"


def test_a_generation_beyond_a_byte_counts_as_couchdb_counts_it() -> None:
    assert revision.new_rev(f"300-{EMPTY}", False, {}) == "301-d5396aa480a7f3b1159e54482e23e40e"


def test_attachments_count_in_their_order_with_their_digests() -> None:
    one, two = (
        (name, "application/octet-stream", md5(data).digest()) for name, data in [("a.bin", b"one"), ("b.bin", b"two")]
    )
    assert revision.new_rev(None, False, {}, [one, two]) == "1-19f7d1eff94deaff46ffaa5a449d903d"
    assert revision.new_rev(None, False, {}, [two, one]) != "1-19f7d1eff94deaff46ffaa5a449d903d"


def test_upper_case_hex_of_a_parent_is_the_same_parent() -> None:
    assert revision.new_rev(f"1-{EMPTY.upper()}", False, {}) == "2-7051cbe5c8faecd085a3fa619e6e6337"


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_the_caches_never_change_an_id(body: dict[str, Any]) -> None:
    first = revision.new_rev(None, False, body)
    for cache in (revision._keys, revision._texts, revision._integers):
        cache.clear()
    assert revision.new_rev(None, False, body) == first == revision.new_rev(None, False, body)


@given(json_values)
def test_a_subclass_of_a_json_type_has_the_id_of_its_value(value: Any) -> None:
    class Text(str):
        __slots__ = ()

    class Number(int):
        pass

    class Object(dict[str, Any]):
        pass

    class Array(list[Any]):
        pass

    def subclassed(value: Any) -> Any:
        if isinstance(value, str):
            return Text(value)
        if isinstance(value, dict):
            return Object({Text(key): subclassed(item) for key, item in value.items()})
        if isinstance(value, list):
            return Array(subclassed(item) for item in value)
        return Number(value) if type(value) is int else value

    assert one(subclassed(value)) == one(value)


def test_values_that_python_calls_equal_have_different_ids() -> None:
    assert len({one(value) for value in (1, 1.0, True, "1", [1], [1.0], [True], 0, 0.0, -0.0, False, None)}) == 12


def test_a_list_with_a_boolean_is_no_list_of_bytes() -> None:
    assert one([1, True]) != one([1, 1])


def test_the_order_of_keys_counts_at_every_level() -> None:
    assert one({"a": 1, "b": 2}) != one({"b": 2, "a": 1})


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), b"bytes", {1: "a key that is no text"}, object(), "\ud800"]
)
def test_what_json_lacks_has_no_id(value: object) -> None:
    with pytest.raises(BadRequest):
        one(value)


def test_more_keys_and_texts_than_the_caches_hold_do_not_stay_in_memory() -> None:
    for start in range(0, 40_000, 1000):
        one({f"key {n}": f"text {n}" for n in range(start, start + 1000)})
        one(list(range(start, start + 1000)))
    assert len(revision._keys) <= 8192 and len(revision._texts) <= 8192 and len(revision._integers) <= 8192


def test_parse_lowers_hex_and_leaves_any_other_text() -> None:
    assert revision.parse(f"12-{EMPTY.upper()}") == (12, EMPTY)
    assert revision.parse("3-Any Text-é") == (3, "Any Text-é")
    assert revision.parse("0-17") == (0, "17")


@pytest.mark.parametrize(
    "rev",
    [
        "",
        "-",
        "1",
        "1-",
        "-abc",
        "--1-abc",
        "x-abc",
        "+1-abc",
        " 1-abc",
        "1.0-abc",
        "٣-abc",
        f"1-{'z' * 32}",
        f"1-{'é' * 16}",
        "1-\ud800",
        "9" * 5000 + "-abc",
        None,
        1,
        ["1-abc"],
    ],
)
def test_what_is_no_revision_id_is_a_bad_request(rev: Any) -> None:
    with pytest.raises(BadRequest, match="Invalid rev format"):
        revision.parse(rev)


def test_hex_hashes_are_ordered_by_their_bytes_against_text_hashes() -> None:
    # 0x7b… stands after "z" (0x7a), 0x79… before it; as texts both would stand before.
    assert revision.sort_key(2, "7b" + "0" * 30) > revision.sort_key(2, "z") > revision.sort_key(2, "79" + "0" * 30)
    assert revision.sort_key(10, "a") > revision.sort_key(9, "b")
