"""The progress bar."""

from __future__ import annotations

import io

from app.progress import Bar, line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_fits_the_terminal_whatever_its_width() -> None:
    for columns in (10, 40, 60, 80, 200):
        assert len(line(5_000, 10_000, 2.0, columns, "documents")) < columns


def test_it_says_how_far_and_how_fast() -> None:
    text = line(5_000, 10_000, 2.0, 120, "documents")
    assert "50%" in text and "5,000 of 10,000 documents, 2,500/s" in text
    assert text.count("#") == text.count(".")


def test_it_is_gone_when_it_ends() -> None:
    terminal = Terminal()
    bar = Bar(terminal)
    bar.show(1, 2)
    bar.end()
    assert terminal.getvalue().rstrip("\r").endswith(" ")


def test_where_nobody_looks_nothing_is_drawn() -> None:
    pipe = io.StringIO()
    bar = Bar(pipe)
    bar.show(1, 2)
    bar.end()
    assert pipe.getvalue() == ""
