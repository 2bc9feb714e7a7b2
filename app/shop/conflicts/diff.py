"""What is different between two values, for a person: texts by word, lists by element. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Final, Literal, NamedTuple

from app.docs.merge import canonical

Kind = Literal["same", "added", "removed"]

#: A word; of scripts that put no spaces between words, a character.
_CJK: Final = "぀-ヿ㐀-鿿가-힯豈-﫿"
_TOKEN: Final = re.compile(rf"\s+|[{_CJK}]|[^\W{_CJK}]+|[^\w\s]")
#: Words beyond which a text is only said to be another one: the comparison takes their number squared.
LONGEST: Final = 1500


class Part(NamedTuple):
    """A stretch of text, or one element of a list."""

    kind: Kind
    what: Any


def words(before: str, after: str) -> list[Part]:
    """The text after, with what came in marked, and what went out in its old place."""
    a, b = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(a) > LONGEST or len(b) > LONGEST:
        return [Part("same", after)] if before == after else [Part("removed", before), Part("added", after)]
    found: list[Part] = []
    for op, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if op == "equal":
            found.append(Part("same", "".join(a[i:j])))
            continue
        if j > i:
            found.append(Part("removed", "".join(a[i:j])))
        if m > k:
            found.append(Part("added", "".join(b[k:m])))
    return _without_gaps(found)


def _without_gaps(parts: list[Part]) -> list[Part]:
    """Two changes with nothing but a space between them are one, as a reader sees it."""
    joined: list[Part] = []
    for index, part in enumerate(parts):
        between = 0 < index < len(parts) - 1 and part.kind == "same" and part.what.isspace()
        if not between:
            joined.append(part)
            continue
        joined += [Part("removed", part.what), Part("added", part.what)]
    out: list[Part] = []
    run: dict[Kind, str] = {}
    for part in joined:
        if part.kind == "same":
            out += [Part(kind, text) for kind, text in sorted(run.items(), reverse=True)]
            run = {}
            out.append(part)
        else:
            run[part.kind] = run.get(part.kind, "") + part.what
    return out + [Part(kind, text) for kind, text in sorted(run.items(), reverse=True)]


def elements(before: Sequence[Any], after: Sequence[Any]) -> list[Part]:
    """The elements after, each kept or added, then those that went out."""
    was = {canonical(one) for one in before}
    now = {canonical(one) for one in after}
    found = [Part("same" if canonical(one) in was else "added", one) for one in after]
    return found + [Part("removed", one) for one in before if canonical(one) not in now]
