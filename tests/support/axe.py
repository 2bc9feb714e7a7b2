"""axe-core in a page of a test: what a person with another pair of eyes or hands could not use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tests.support import node

#: What counts as serious; the rest is advice.
SERIOUS = ("serious", "critical")

#: The rules that look at colours: all that light and dark can differ in.
OF_COLOURS = ("color-contrast", "link-in-text-block")

#: Whatever fades in or moves has come. What goes round for ever comes at no time, and is not waited for.
AT_REST = """() => Promise.all(document.getAnimations()
  .filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime))
  .map((animation) => animation.finished.catch(() => {})))"""


@lru_cache(maxsize=1)
def script() -> str:
    node.install()
    return (node.PACKAGES / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def faults(page: Any, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds serious on the page as it stands: `rule: the element`, each once. `rules`: only these."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(script())
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
    return sorted(
        f"{violation['id']}: {spot['html'][:120]} — {spot['failureSummary'].splitlines()[-1].strip()[:140]}"
        for violation in found
        if violation["impact"] in SERIOUS
        for spot in violation["nodes"][:3]
    )


def faults_light_and_dark(page: Any) -> list[str]:
    """What axe-core finds serious on a page that is light, and in its colours when the same page is dark."""
    page.evaluate(AT_REST)
    found = faults(page)
    page.emulate_media(color_scheme="dark")
    page.locator("html[data-theme=dark]").wait_for(state="attached")
    page.evaluate(AT_REST)
    found += [f"dark: {fault}" for fault in faults(page, OF_COLOURS)]
    page.emulate_media(color_scheme="light")
    page.locator("html[data-theme=light]").wait_for(state="attached")
    return found
