"""Reading a CSV file that somebody made: its compression, encoding and delimiter, and what is wrong with it in words.

A cell that a spreadsheet would take for a formula, a date or a rounded number is written with an apostrophe before it
(`guarded`), and read without (`unguarded`), so that what is exported comes back as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from app.docs.gunzip import Unfit, Unfolds, gunzip

DELIMITERS = ",;\t|"
#: Lines of the file that one row may go over; a quote that is not closed by then is a slip, and the row is its line.
MOST_LINES = 200
#: Bytes of a file, unzipped.
MOST_BYTES = 256_000_000
#: Encodings that a person may choose, and that are guessed; the rest of the world writes UTF-8.
ENCODINGS = ("utf-8", "windows-1252", "gb18030", "utf-16")


class ImportRefused(Exception):
    """The file as a whole can't be read; nothing of it was imported. The message is for a person."""


class Row(NamedTuple):
    """One row: the line it begins on, its cells as they stood, its values by column, or the reason it is no row."""

    line: int
    cells: list[str]
    values: dict[str, str]
    reason: str | None


class CsvFile:
    """A CSV file, read whole, with its header checked: nothing is imported of a file that is broken further down.

    `encoding` None takes UTF-8 (and UTF-16 with its mark) and nothing else; "" guesses; a name is taken at its word.
    `strange` are the columns that aren't known: refused, or left alone where `lenient`. `aliases` are other names of
    columns.
    """

    def __init__(
        self,
        source: str | Path | BinaryIO,
        known: Sequence[str],
        needed: Sequence[str],
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
        aliases: Mapping[str, str] | None = None,
        lenient: bool = False,
    ) -> None:
        self.name, data = _read(source)
        self.encoding, self._text = _decode(data, self.name, encoding)
        first = next((line for line in self._text.splitlines() if line.strip()), "")
        if not first:
            raise ImportRefused(f"{self.name} is empty.")
        self.delimiter = delimiter or max(DELIMITERS, key=first.count)
        self.columns: list[str] = []
        rows = self._rows()
        try:
            named = [cell.strip().lower().replace(" ", "_") for cell in next(rows)[1]]
            self.columns = [(aliases or {}).get(name, name) for name in named]
        except StopIteration:
            raise ImportRefused(f"{self.name} is empty.") from None
        self.strange = [name for name in self.columns if name not in known]
        self._check(known, needed, [] if lenient else self.strange)

    def _check(self, known: Sequence[str], needed: Sequence[str], strange: Sequence[str]) -> None:
        absent = [name for name in needed if name not in self.columns]
        if absent:
            raise ImportRefused(
                f"{self.name} has no column {_quoted(absent)}. Its first line must name the columns; "
                f"known are {', '.join(known)}."
            )
        if strange:
            raise ImportRefused(f"{self.name} has unknown columns {_quoted(strange)}; known are {', '.join(known)}.")
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise ImportRefused(f"{self.name} has the column {_quoted(twice)} twice.")

    def _rows(self) -> Iterator[tuple[int, list[str], str | None]]:
        """Line number, cells, and what broke the row. A row goes on over lines until its quotes are closed; where they
        never are, or the row is none, its first line is at fault and the next one begins anew."""
        lines = re.split("\r\n|\r|\n", self._text)
        at = 0
        while at < len(lines):
            begin, text, taken = at + 1, lines[at], 1
            while text.count('"') % 2 and taken < MOST_LINES and at + taken < len(lines):
                text += "\n" + lines[at + taken]
                taken += 1
            try:
                cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True), [])
            except csv.Error as error:
                at += 1
                yield begin, [], f"The row can't be read: {error}."
                continue
            if taken > 1 and len(cells) != len(self.columns or cells):
                at += 1
                yield begin, [], "The row can't be read: a quote in it is not closed."
                continue
            at += taken
            if any(cell.strip() for cell in cells):
                yield begin, cells, None

    @property
    def lines(self) -> int:
        """How many lines the file has, its header among them."""
        return self._text.count("\n") + (not self._text.endswith("\n"))

    def __iter__(self) -> Iterator[Row]:
        rows = self._rows()
        next(rows)
        for line, cells, reason in rows:
            if reason is None and len(cells) != len(self.columns):
                reason = f"The row has {len(cells)} columns, the first line names {len(self.columns)}."
            values = dict(zip(self.columns, (cell.strip() for cell in cells), strict=False))
            yield Row(line, cells, values, reason)


def _read(source: str | Path | BinaryIO) -> tuple[str, bytes]:
    if isinstance(source, str | Path):
        name = Path(source).name
        try:
            data = Path(source).read_bytes()
        except OSError as error:
            raise ImportRefused(f"{source} can't be read: {error.strerror or error}.") from error
    else:
        name, data = Path(str(getattr(source, "name", "the file"))).name, source.read()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gunzip(data, MOST_BYTES)
        except Unfolds:
            raise ImportRefused(f"{name} is too large: it unfolds to more than {MOST_BYTES} bytes.") from None
        except Unfit as error:
            raise ImportRefused(f"{name} is a damaged gzip file: {error}.") from error
    return name, data


def _decode(data: bytes, name: str, wanted: str | None) -> tuple[str, str]:
    """The encoding, and the text."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    encoding = wanted or ("utf-16" if marked else "utf-8")
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeError as error:
        if wanted == "":
            encoding = _guessed(data)
            text = data.decode(encoding, "replace")
        else:
            line = data[: getattr(error, "start", 0)].count(b"\n") + 1
            told = "UTF-8" if encoding in ("utf-8", "utf-16") else encoding
            reason = f"{name} is not {told} (line {line}). Save it as “CSV UTF-8” and try again."
            raise ImportRefused(reason) from error
    except LookupError:
        raise ImportRefused(f"There is no encoding “{encoding}”; known are {', '.join(ENCODINGS)}.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ImportRefused(f"{name} is not a text file (line {line}).")
    return encoding, text


def _guessed(data: bytes) -> str:
    """Of bytes that are no UTF-8: Chinese has two high bytes to a character, where Western Europe has single ones."""
    try:
        data.decode("gb2312")
        return "gb18030"
    except UnicodeDecodeError:
        return "windows-1252"


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
#: What a spreadsheet would make another number or a date of: long digits, leading zeros, 1E5, 1-2, 3/4.
_NUMBER = re.compile(r"\d{12,}|0\d+|\d+[eE]\d+|\d{1,4}[-/]\d{1,2}([-/]\d{1,4})?")


def guarded(text: str) -> str:
    """The text as a spreadsheet leaves it alone."""
    return "'" + text if text.startswith(_FORMULA) or _NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """What was meant by a cell that `guarded` may have written."""
    return text[1:] if text[:1] == "'" and guarded(text[1:]) == text else text


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
