"""What the pages of this room need of the node that serves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.docs.database import Database
from app.shop.actor import Actor
from app.shop.conflicts import asked, leave
from app.shop.indexes import STORE_PREFIX
from app.shop.reason import Reason, say
from app.shop.schemas.base import Strict
from app.web.json_api import missing, read_json


@dataclass(frozen=True)
class Hall:
    """`databases()` are those whose documents this node shows, `company` first; `on` is what the node calls itself;
    `actor(body)` is who asks, with the approvals that the body names; `zone()` the time zone that times are told in;
    `money()` is `{"currency", "digits"}`; `around()` is what head office's frame shows around a page: nothing at a
    till."""

    node: Any
    databases: Callable[[], Sequence[Database]]
    on: str
    actor: Callable[[Mapping[str, Any]], Actor]
    zone: Callable[[], str]
    money: Callable[[], dict[str, Any]]
    around: Callable[[], dict[str, Any]] = dict

    @property
    def company(self) -> Database:
        return self.node.company

    def stores(self) -> list[Database]:
        """The databases of the stores that this node shows."""
        return [each for each in self.databases() if each.name.startswith(STORE_PREFIX)]

    def find(self, name: str) -> Database | None:
        """The database of that name, if this node shows it."""
        return next((each for each in self.databases() if each.name == name), None)

    def database(self, name: str) -> Database:
        """The database of that name. Raises Problem 404 where this node shows none."""
        found = self.find(name)
        if found is None:
            raise missing(say("There is no such database here."))
        return found

    def asked(self, schema: Strict) -> tuple[dict[str, Any], Actor]:
        """This request's body by `schema`, without its approvals; and who asks, with those. Raises Problem, and
        SaleError 400 with the field."""
        body = read_json()
        wanted = asked.read(schema, body)
        wanted.pop("approvals", None)
        return wanted, self.actor(body)

    def barred(self, id: str) -> Reason | None:
        """Why a document cannot be decided at this node, None where it can."""
        return leave.barred(id, **self._place())

    def need_own(self, id: str) -> None:
        """Raises SaleError 403 for a document that cannot be decided at this node."""
        leave.need_own(id, **self._place())

    def _place(self) -> dict[str, bool]:
        return {"till": self.node.kind == "terminal", "linked": self.node.config.central_url is not None}

    def frame(self) -> dict[str, Any]:
        """What every page of this room is rendered with: `{"till": whether this is one, "home_name": what the node's
        first page is called, "staffed": whether people sign in here}`, and what stands around it."""
        till = self.node.kind == "terminal"
        staffed = till and self.node.till.people.needed
        return {"till": till, "home_name": _("Till") if till else _("Head office"), "staffed": staffed, **self.around()}
