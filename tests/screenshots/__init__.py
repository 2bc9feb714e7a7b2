"""Pictures of every page, of the sample shop as `make demo` runs it: ``make screenshots``, or some with ``ARGS``.

    make screenshots ARGS="refund till-cart --scheme dark --size phone"

They land in ``screenshots/``, which git ignores, as ``<what>-<size>-<scheme>.png``; the list is printed. Each picture
has a browser profile of its own, so that none shows what another did. It ends with 1 when a page could not be taken.
"""

from __future__ import annotations

SIZES = {
    "desktop": (1280, 800),
    "tablet": (1024, 768),
    "portrait": (768, 1024),
    "phone": (390, 844),
    "wide": (1440, 900),
}
USUAL = ("desktop", "tablet", "portrait", "phone")
SCHEMES = ("light", "dark")
