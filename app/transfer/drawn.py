"""A revision tree, a case and a history as text for a terminal; colours only where somebody looks.

1-3f0a9c ── 2-77be01 ─┬─ 3-c90e11  * in use
                      └─ 3-a1b2c3
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from app.docs import json
from app.docs.drawing import Drawing
from app.docs.merge import MISSING
from app.shop.conflicts.case import Case, Side
from app.shop.conflicts.history import Decision, Gap, History, Version

#: Digits of a revision's hash that are shown; any beginning that only one of them has is taken.
DIGITS = 6
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class Paint:
    """Text in colours for a terminal, plain for everything else (a pipe, NO_COLOR, a terminal that says it is dumb)."""

    def __init__(self, to: TextIO | None = None) -> None:
        to = sys.stdout if to is None else to
        self.on = to.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str, *styles: str) -> str:
        if not self.on or not styles or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def short(rev: str) -> str:
    """`3-c90e11` of a revision."""
    generation, _, hash_ = rev.partition("-")
    return f"{generation}-{hash_[:DIGITS]}"


def tree(drawing: Drawing, paint: Paint) -> list[str]:
    """The drawing, a line a branch."""
    cells: dict[tuple[int, int], tuple[str, str, tuple[str, ...]]] = {}
    for node in drawing.nodes:
        mark = ""
        styles: tuple[str, ...] = ()
        if node.closed:
            mark, styles = " closed", ("dim",)
        elif node.deleted:
            mark, styles = " deleted", ("red",)
        elif node.winner:
            mark, styles = " * in use", ("green", "bold")
        elif node.leaf:
            mark, styles = "", ("yellow",)
        elif not node.kept:
            mark, styles = "", ("dim",)
        cells[node.column, node.row] = (short(node.rev), mark, styles)
    for fold in drawing.folded:
        what = f"({len(fold.revs)} more)" if fold.kind == "run" else f"({fold.leaves} more branches)"
        cells[fold.column, fold.row] = (what, "", ("dim",))
    wide = [0] * drawing.width
    for (column, _), (text, mark, _) in cells.items():
        wide[column] = max(wide[column], len(text + mark))
    below: dict[tuple[int, int], list[int]] = {}
    for edge in drawing.edges:
        below.setdefault(edge.start, []).append(edge.end[1])
    lines = []
    nothing: tuple[str, str, tuple[str, ...]] = ("", "", ())
    spans = {column: [(start[1], sorted(ends)) for start, ends in below.items() if start[0] == column] for column in
             range(drawing.width)}  # fmt: skip
    for row in range(drawing.height):
        line = ""
        for column in range(drawing.width):
            text, mark, styles = cells.get((column, row), nothing)
            join = _joint(spans[column], row)
            fill = "─" if join[0] == "─" and text else " "
            shown = paint(text + mark, *styles)
            rest = wide[column] - len(text + mark)
            line += shown + (" " + fill * rest if text else " " * (rest + 1)) + join
        lines.append(line.rstrip())
    return lines


def _joint(spans: Iterable[tuple[int, list[int]]], row: int) -> str:
    """What stands between a column and the next one in a row."""
    for start, ends in spans:
        if row == start:
            straight, down = row in ends, ends[-1] > row
            return "─┬─ " if straight and down else "─── " if straight else "─┐  "
        if start < row <= ends[-1]:
            if row in ends:
                return " └─ " if row == ends[-1] else " ├─ "
            return " │  "
    return "    "


def value(given: Any) -> str:
    """A value as JSON in one line; – where there is none."""
    return "–" if given is MISSING else json.dumps(given).decode()


def side(one: Side) -> str:
    """`3-c90e11  office  2026-11-22T14:02:00.000Z  staff:ann`."""
    told = [short(one.rev), one.on or "?", one.at or "", one.by or "", "deleted" if one.deleted else ""]
    return "  ".join(part for part in told if part)


def case(found: Case, paint: Paint) -> list[str]:
    """What there is to decide: the sides, the fields that differ side by side, and what the rules have joined."""
    lines = [f"{'*' if number == 0 else ' '} {side(one)}" for number, one in enumerate(found.sides)]
    if found.kind == "deleted":
        lines += ["", paint("Deleted at one place, edited at another: --keep deleted or --keep live.", "yellow")]
    live = found.live
    told = found.as_dict()
    rows = {one["path"]: one for one in told["fields"]}
    if rows:
        lines += ["", paint("To decide:", "bold")]
        if len(live) <= 3:
            heads = ["", "before", *(f"{short(one.rev)} {one.on or '?'}" for one in live)]
            table = [
                [name, value(row.get("base", MISSING)), *(value(row["values"].get(s.rev, MISSING)) for s in live)]
                for name, row in rows.items()
            ]
            lines += columns([heads, *table], paint)
        else:
            for name, row in rows.items():
                lines += [paint(name, "bold"), f"  before  {value(row.get('base', MISSING))}"]
                lines += [f"  {short(s.rev)}  {value(row['values'].get(s.rev, MISSING))}" for s in live]
    if told["joined"]:
        lines += ["", paint("Joined by the rules:", "bold")]
        lines += [f"  {one['path']} = {value(one.get('value', MISSING))}" for one in told["joined"]]
    return lines


def columns(rows: Sequence[Sequence[str]], paint: Paint) -> list[str]:
    """A table under its heads; what is too long for the terminal is cut."""
    count = len(rows[0])
    most = max(16, (shutil.get_terminal_size((120, 24)).columns - 2) // count - 2) if paint.on else 10_000
    cut = [[cell if len(cell) <= most else f"{cell[: most - 1]}…" for cell in row] for row in rows]
    wide = [max(len(row[n]) for row in cut) for n in range(count)]
    lines = ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, wide, strict=True)).rstrip() for row in cut]
    return [paint(lines[0], "cyan"), *lines[1:]]


def history(found: History, paint: Paint) -> list[str]:
    """The timeline, the newest first."""
    lines: list[str] = []
    for entry in found.entries:
        if isinstance(entry, Gap):
            what = "erased" if entry.erased else "no longer held here"
            lines.append(
                paint(f"          {len(entry.revs)} {what}: {short(entry.revs[-1])} … {short(entry.revs[0])}", "dim")
            )
        elif isinstance(entry, Decision):
            doc = entry.doc
            told = [str(doc.get("at") or ""), str(doc.get("on") or ""), str(doc.get("by") or "")]
            name = f"{doc.get('kind')}{' (undone)' if entry.undone else ''}"
            lines.append(paint("  ".join(["decision", name, *(one for one in told if one)]), "bold"))
            if doc.get("note"):
                lines.append(f"          “{doc['note']}”")
            if entry.version is not None:
                lines += _version(entry.version, paint)
        else:
            lines += _version(entry, paint)
    return lines


def _version(one: Version, paint: Paint) -> list[str]:
    style = {"used": ("green",), "open": ("yellow",), "joined": ("dim",), "closed": ("dim",)}.get(one.state, ())
    told = [one.at or "", one.on or "", one.by or "", "" if one.state == "past" else f"[{one.state}]"]
    lines = [paint(f"{short(one.rev):<9} {one.kind}  " + "  ".join(part for part in told if part), *style).rstrip()]
    for change in one.changes or ():
        lines.append(f"          {change.path}: {value(change.before)} → {value(change.after)}")
    return lines


def row(about: Mapping[str, Any], paint: Paint) -> str:
    """A line of the list: `company  product:milk  price  2 sides  office, s1-t1`."""
    what = ", ".join(about["fields"]) or ("deleted and edited" if about["kind"] == "deleted" else "nothing but joining")
    places = ", ".join(dict.fromkeys(str(one["on"] or "?") for one in about["sides"]))
    return f"{about['database']}  {paint(about['id'], 'bold')}  {what}  {len(about['sides'])} sides  {places}"
