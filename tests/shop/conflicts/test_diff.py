"""What is different between two values: every word and every element is in it, once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.shop.conflicts.diff import elements, words

TEXTS = st.text(alphabet="ab ,牛奶\n", max_size=30)


def test_words_that_changed_are_marked_and_two_side_by_side_are_one() -> None:
    assert words("a b c d", "a x y d") == [("same", "a "), ("removed", "b c"), ("added", "x y"), ("same", " d")]
    assert words("全脂牛奶", "脱脂牛奶") == [("removed", "全"), ("added", "脱"), ("same", "脂牛奶")]


@given(TEXTS, TEXTS)
def test_either_text_can_be_read_from_the_parts(before: str, after: str) -> None:
    parts = words(before, after)
    assert "".join(part.what for part in parts if part.kind != "added") == before
    assert "".join(part.what for part in parts if part.kind != "removed") == after


@given(st.lists(st.integers(0, 5), unique=True), st.lists(st.integers(0, 5), unique=True))
def test_every_element_is_named_once(before: list[int], after: list[int]) -> None:
    parts = elements(before, after)
    assert [part.what for part in parts if part.kind != "removed"] == after
    assert {part.what for part in parts if part.kind != "added"} == set(before)
