"""What head office sets for a till: values for all, over them the store's, over them the terminal's.

A value that can't be read counts as not set, so that one slip of another program leaves the till as it was.
"""

from __future__ import annotations

import logging
from typing import Any

from app.docs.database import Database
from app.shop import schemas
from app.shop.schemas.settings import DEFAULTS, VALUES

log = logging.getLogger("couchtill.shop")

#: Settings that may be none: nothing is rounded, nothing ever stops.
NULLABLE = frozenset(name for name, field in VALUES.fields.items() if field.allow_none)


class ShopSettings:
    """The settings that hold at one terminal, read again only when a document of them has changed."""

    def __init__(self, company: Database, store_id: str, terminal: str | None = None) -> None:
        self.company = company
        scopes = ["all", f"store:{store_id}", *([f"terminal:{terminal}"] if terminal else [])]
        self.ids = [f"settings:{scope}" for scope in scopes]
        self._kept: tuple[tuple[str | None, ...], dict[str, Any]] | None = None

    def read(self) -> dict[str, Any]:
        """Every value of `schemas.settings.Values`, defaults where nothing is set. Not to be changed."""
        records = self.company.read_many(self.ids)
        revs = tuple(None if record is None or record.deleted else record.rev for record in records)
        if self._kept is None or self._kept[0] != revs:
            values = dict(DEFAULTS)
            for record in records:
                if record is not None and not record.deleted:
                    values.update(self._values(record.id, record.doc().get("values")))
            self._kept = (revs, values)
        return self._kept[1]

    def set_here(self) -> dict[str, Any]:
        """Only what documents set, without the defaults."""
        values: dict[str, Any] = {}
        for record in self.company.read_many(self.ids):
            if record is not None and not record.deleted:
                values.update(self._values(record.id, record.doc().get("values")))
        return values

    def __getitem__(self, name: str) -> Any:
        return self.read()[name]

    @staticmethod
    def _values(id: str, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            return {}
        # None that is allowed is a value too: no rounding in this store, though all others round.
        read = {**VALUES.readable(given), **{name: None for name in NULLABLE if name in given and given[name] is None}}
        try:
            VALUES.read({name: value for name, value in given.items() if name in DEFAULTS})
        except schemas.Invalid as wrong:
            log.warning("%s: %s That value counts as not set.", id, wrong)
        return read
