"""Reading a CSV file that somebody made: its compression, encoding and delimiter, and what is wrong with it in
words."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

DELIMITERS = ",;\t|"
LONGEST_FIELD = 100_000


class ImportRefused(Exception):
    """The file as a whole can't be read; nothing of it was imported. The message is for a person."""


class Row(NamedTuple):
    """One row: the line it begins on, its cells as they stood, its values by column, or the reason it is no row."""

    line: int
    cells: list[str]
    values: dict[str, str]
    reason: str | None


class CsvFile:
    """A CSV file, read whole, with its header checked: nothing is imported of a file that is broken further down."""

    def __init__(self, source: str | Path | BinaryIO, known: Sequence[str], needed: Sequence[str]) -> None:
        self.name, data = _read(source)
        self._text = _decode(data, self.name)
        first = next((line for line in self._text.splitlines() if line.strip()), "")
        if not first:
            raise ImportRefused(f"{self.name} is empty.")
        self.delimiter = max(DELIMITERS, key=first.count)
        rows = self._rows()
        try:
            self.columns = [cell.strip().lower() for cell in next(rows)[1]]
        except StopIteration:
            raise ImportRefused(f"{self.name} is empty.") from None
        self._check(known, needed)

    def _check(self, known: Sequence[str], needed: Sequence[str]) -> None:
        strange = [name for name in self.columns if name not in known]
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
        """Line number, cells, and what broke the row."""
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self.delimiter, strict=True)
        end = 0
        while True:
            begin = end + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                end = reader.line_num
                yield begin, [], f"The row can't be read: {error}."
                continue
            end = reader.line_num
            if any(cell.strip() for cell in cells):
                yield begin, cells, None

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
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise ImportRefused(f"{name} is a damaged gzip file: {error}.") from error
    return name, data


def _decode(data: bytes, name: str) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ImportRefused(f"{name} is not UTF-8 (line {line}). Save it as “CSV UTF-8” and try again.") from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ImportRefused(f"{name} is not a text file (line {line}).")
    return text


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
