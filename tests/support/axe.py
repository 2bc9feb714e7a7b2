"""axe-core in a page of a test: what a person with another pair of eyes or hands could not use."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tests.support import node

#: What counts as serious; the rest is advice.
SERIOUS = ("serious", "critical")


@lru_cache(maxsize=1)
def script() -> str:
    node.install()
    return (node.PACKAGES / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def faults(page: Any) -> list[str]:
    """What axe-core finds serious on the page as it stands: `rule: the element`, each once."""
    page.evaluate(script())
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return sorted(
        f"{violation['id']}: {spot['html'][:120]} — {spot['failureSummary'].splitlines()[-1].strip()[:140]}"
        for violation in found
        if violation["impact"] in SERIOUS
        for spot in violation["nodes"][:3]
    )
