"""A receipt as rows of a fixed width, for a receipt printer. Pure: every text comes in the reader's language already.

A Chinese character is as wide as two Latin ones; rows are filled and wrapped by width, not by length.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Doc = Mapping[str, Any]


class Row(NamedTuple):
    """One row of text: where it stands, and how."""

    text: str
    align: str = "left"
    bold: bool = False
    big: bool = False


def width(text: str) -> int:
    """Columns that `text` takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def wrap(text: str, columns: int) -> list[str]:
    """`text` in rows of `columns` at most, broken at spaces where there are any, and between Chinese characters."""
    rows: list[str] = []
    row = ""
    for word in _words(text):
        while width(row + word.rstrip()) > columns:
            if row:
                rows.append(row.rstrip())
                row = ""
            else:
                cut = _fitting(word, columns)
                rows.append(word[:cut])
                word = word[cut:]
        row += word
    if row.strip() or not rows:
        rows.append(row.rstrip())
    return rows


def _words(text: str) -> Iterator[str]:
    word = ""
    for c in text:
        if unicodedata.east_asian_width(c) in "WF":
            if word:
                yield word
            yield c
            word = ""
            continue
        word += c
        if c == " ":
            yield word
            word = ""
    if word:
        yield word


def _fitting(text: str, columns: int) -> int:
    taken = 0
    for i, c in enumerate(text):
        taken += width(c)
        if taken > columns:
            return max(1, i)
    return len(text)


def pair(left: str, right: str, columns: int) -> list[str]:
    """`left` and, at the other edge of its last row, `right`; a long `left` is wrapped before it."""
    if not right:
        return wrap(left, columns)
    room = columns - width(right) - 1
    if room < 8:
        return [*wrap(left, columns), " " * max(0, columns - width(right)) + right]
    rows = wrap(left, room)
    rows[-1] += " " * (columns - width(rows[-1]) - width(right)) + right
    return rows


def rows(shown: Doc, columns: int) -> list[Row]:
    """The rows of a receipt as `present.receipt` shows it (its texts are all of the reader's language)."""
    words = shown["words"]
    line = Row("-" * columns)
    made = [Row(text, "center", bold=True, big=True) for text in wrap(shown["header"]["name"], columns // 2)]
    made += [Row(text, "center") for each in shown["header"]["lines"] for text in wrap(each, columns)]
    for mark in shown["marks"]:
        made += [Row(text, "center", bold=True, big=True) for text in wrap(mark, columns // 2)]
    if shown["original"]:
        made += [Row(text, "center", bold=True) for text in wrap(shown["original"], columns)]
    made += [Row(text) for text in pair(shown["label"], shown["when"], columns)]
    for each in shown["people"]:
        made += [Row(text) for text in wrap(each, columns)]
    made.append(line)
    for each in shown["lines"]:
        made += [Row(text) for text in pair(each["name"], each["amount"], columns)]
        for small in (each["detail"], each["note"], each["card"]):
            made += [Row("  " + text) for text in wrap(small, columns - 2)] if small else []
        for discount in each["discounts"]:
            made += [Row(text) for text in pair("  " + discount["name"], discount["amount"], columns)]
    made.append(line)
    if not shown["gift"]:
        made += _sums(shown, words, columns)
    for each in shown["cards"]:
        made += [Row(""), Row(each["name"], "center"), Row(each["code"], "center", bold=True, big=True)]
    made += [Row("")] if shown["header"]["footer"] else []
    made += [Row(text, "center") for each in shown["header"]["footer"] for text in wrap(each, columns)]
    return made


def _sums(shown: Doc, words: Doc, columns: int) -> list[Row]:
    made: list[Row] = []
    for each in shown["added_taxes"]:
        made += [Row(text) for text in pair(each["name"], each["amount"], columns)]
    made += [Row(text, bold=True) for text in pair(words["total"], shown["total"], columns)]
    for each in (*shown["extras"], *shown["tenders"]):
        made += [Row(text) for text in pair(each["name"], each["amount"], columns)]
        if each.get("detail"):
            made += [Row("  " + text) for text in wrap(each["detail"], columns - 2)]
    if shown["change"]:
        made += [Row(text, bold=True) for text in pair(words["change"], shown["change"], columns)]
    if shown["promotions"]:
        made.append(Row(""))
        for each in shown["promotions"]:
            made += [Row(text) for text in pair(each["name"], each["amount"], columns)]
        made += [Row(text, bold=True) for text in pair(words["saved"], shown["saved"], columns)]
    if shown["taxes"]:
        made.append(Row(""))
        for each in shown["taxes"]:
            name = f"{each['name']} {each['rate']}".strip()
            made += [Row(text) for text in pair(f"{name} ({words['net']} {each['base']})", each["amount"], columns)]
    return made
