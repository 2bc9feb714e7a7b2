"""What is said of a sale that can't be, and the request that is checked before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.shop import schemas
from app.shop.schemas.base import Strict
from app.shop.schemas.sale import SALE_REQUEST

LEAST_SALE_ID = 8


class SaleError(Exception):
    """A sale that was not made. Nothing was written.

    `status` is HTTP's, `error` a word for programs, `reason` a sentence for the cashier, `field` the place in the
    request (`lines.1.price`) or "". `details` has figures that belong to it (`total_differs`: `{"total", "shown"}`).
    """

    def __init__(
        self, status: int, error: str, reason: str, field: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.status, self.error, self.reason, self.field = status, error, reason, field
        self.details = dict(details or {})
        self.problems: list[schemas.Problem] = []

    def as_dict(self) -> dict[str, Any]:
        """`{"error", "reason", "field"}`, all faults as `problems` where there are several, and the details."""
        body: dict[str, Any] = {"error": self.error, "reason": self.reason, "field": self.field, **self.details}
        if len(self.problems) > 1:
            body["problems"] = [problem._asdict() for problem in self.problems]
        return body


def invalid(reason: str, field: str) -> SaleError:
    return SaleError(400, "invalid", reason, field)


def check_document(doc: Mapping[str, Any]) -> None:
    """Raises SaleError 400 for a document that its schema refuses, with the first of its faults."""
    for problem in schemas.check(doc)[:1]:
        raise invalid(problem.reason, problem.field)


def read_request(request: Any, schema: Strict = SALE_REQUEST) -> dict[str, Any]:
    """A request to sell, or another one, checked by its schema. Raises SaleError with all its faults."""
    try:
        return schema.read(request)
    except schemas.Invalid as refused:
        first = refused.problems[0]
        error = invalid(first.reason, first.field)
        error.problems = refused.problems
        raise error from None
