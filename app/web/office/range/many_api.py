"""Many products changed at once: `POST /api/range/many`; and the jobs that take a while: `GET`, `DELETE
/api/range/jobs/<id>`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from app.shop import forms
from app.shop.range import finding, many
from app.shop.range.records import FIELDS, RangeRecords
from app.shop.reason import say
from app.web.json_api import Problem, answer, read_json
from app.web.office.range.jobs import Job, Jobs
from app.web.office.range.stores import Shelves
from app.web.reasons import tell

#: Products that one request may name; those of a filter may be as many as there are.
MOST = 5000


def register(blueprint: Blueprint, node: Any, records: RangeRecords, jobs: Jobs, shelves: Shelves) -> None:
    """The routes."""
    company = node.company

    @blueprint.post("/api/range/many")
    def change_many() -> Response:
        """Body `{"request", "products": [{"id", "rev"}] or "filter": {"q", "category": one or several, "state",
        "store"}, "changes"}`. Begins a job; 202."""
        body = read_json()
        request = forms.request_id(body.get("request"))
        changes = _changes(body.get("changes"))
        records.check_names({"_id": "", "type": "product", **changes}, changes)
        wanted = _named(body["products"]) if "products" in body else None
        given = body.get("filter") if wanted is None else None
        if wanted is None and not isinstance(given, dict):
            raise Problem(400, "invalid", say("Say which products are meant."), "products")

        def run(job: Job) -> dict[str, Any]:
            chosen = wanted if wanted is not None else _filtered(given or {})
            job.total = len(chosen)
            done = many.change_many(
                company, chosen, lambda product: changes, by=None, on=node.id, progress=job.progress
            )
            return done.as_dict()

        return answer(_told(jobs.start(request, "many", run)), 202)

    def _filtered(given: dict[str, Any]) -> list[tuple[str, str | None]]:
        books = shelves.of(str(given["store"])) if given.get("store") else None
        after, found = None, list[tuple[str, str | None]]()
        state = given.get("state") if given.get("state") in finding.STATES else "sold"
        category = given.get("category") or []
        categories = [str(one) for one in (category if isinstance(category, list) else [category])]
        while True:
            page = finding.products(
                company, q=str(given.get("q") or ""), categories=categories, state=str(state), books=books,
                after=after, limit=1000,
            )  # fmt: skip
            found += [(row["_id"], None) for row in page.rows]
            after = page.next
            if after is None:
                return found

    @blueprint.get("/api/range/jobs/<id>")
    def range_job(id: str) -> Response:
        return answer(_told(jobs.get(id)))

    @blueprint.delete("/api/range/jobs/<id>")
    def range_stop(id: str) -> Response:
        """Calls it off: what is written stays written, the rest is not."""
        found = jobs.get(id)
        found.stop.set()
        return answer(_told(found))


def _told(job: Job) -> dict[str, Any]:
    told = job.told()
    left = told["result"].get("left")
    if left:
        told["result"] = {**told["result"], "left": [{**row, "reason": tell(row["reason"])} for row in left]}
    return told


def _named(given: Any) -> list[tuple[str, str | None]]:
    rows = given if isinstance(given, list) else []
    found = [(row["id"], row.get("rev")) for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)]
    if not found or len(found) != len(rows):
        raise Problem(400, "invalid", say("Say which products are meant."), "products")
    if len(found) > MOST:
        raise Problem(400, "invalid", say("There are too many products: %(num)s at most.", num=MOST), "products")
    return found


def _changes(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not given:
        raise Problem(400, "invalid", say("Say what shall change."), "changes")
    for name in given:
        if name not in many.FIELDS:
            raise Problem(400, "invalid", say("The field “%(name)s” is not known.", name=str(name)), str(name))
    values = forms.known_fields(given, FIELDS["product"])
    return {name: None if name == "stores" and value == [] else value for name, value in values.items()}
