"""Files of products: the page `/products/import`, what a file would do, its wrong rows, *Apply*, and the export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, stream_with_context

from app.docs.record import Record
from app.shop import clock, forms
from app.shop.csvfile import DELIMITERS, ENCODINGS, ImportRefused
from app.shop.range.importing import LARGEST, Looked, ProductFile, export_context, exported, faults_csv
from app.shop.reason import Reason, say
from app.shop.sale import SaleError
from app.web.json_api import Problem, answer, missing, read_json, whole
from app.web.office.frame import page
from app.web.office.range.jobs import Job, Jobs
from app.web.office.range.prices import money
from app.web.reasons import tell

#: Rows of a file in one answer.
MOST = 500
KINDS = ("wrong", "new", "changed")


@dataclass
class Held:
    """What a file's job keeps: the file, and what was found in it."""

    name: str
    file: ProductFile | None = None
    looked: Looked | None = None


def register(blueprint: Blueprint, node: Any, jobs: Jobs) -> None:
    """The routes."""
    company = node.company

    @blueprint.get("/products/import")
    def import_page() -> str:
        given = {"encodings": ENCODINGS, "largest": LARGEST, "count": company.count("product")}
        return page("office/import.html", boot=given)

    @blueprint.post("/api/range/import")
    def look_through() -> Response:
        """The file is the body, `?request=&name=&encoding=&delimiter=&decimal=` (empty: found out). Begins a job that
        looks it through and writes nothing; 202."""
        data, digits = body_of(), int(money()["digits"])
        how = {name: request.args.get(name) or "" for name in ("encoding", "delimiter", "decimal")}
        if how["encoding"] not in ("", *ENCODINGS) or how["delimiter"] not in ("", *DELIMITERS):
            raise Problem(400, "invalid", say("This file is to be read in a way that is not known."), "encoding")
        if how["decimal"] not in ("", ".", ","):
            raise Problem(400, "invalid", say("This file is to be read in a way that is not known."), "decimal")
        held = Held((request.args.get("name") or "products.csv")[:200])

        def run(job: Job) -> dict[str, Any]:
            try:
                held.file = file = ProductFile(data, held.name, company, digits, **how)
                job.total = file.file.lines - 1
                held.looked = looked = file.look(job.progress)
            except ImportRefused as refused:
                raise SaleError(400, "unreadable", Reason(str(refused))) from None
            return {**_counts(looked), **_read_as(file)}

        return answer(jobs.start(forms.request_id(request.args.get("request")), "look", run, held).told(), 202)

    @blueprint.get("/api/range/import/<id>/rows")
    def import_rows(id: str) -> Response:
        """`?kind=wrong|new|changed&from=&limit=`: `{"rows", "next"}`."""
        held = found(id)
        kind, begin = request.args.get("kind") or "wrong", whole("from", 1, 10**9) - 1
        if kind not in KINDS:
            raise Problem(400, "invalid", say("The kind must be one of: %(values)s.", values=", ".join(KINDS)), "kind")
        limit = whole("limit", 100, MOST)
        assert held.looked is not None
        if kind == "wrong":
            faults = held.looked.faults
            shown = [
                {**fault._asdict(), "reason": tell(fault.reason), "cells": None}
                for fault in faults[begin : begin + limit]
            ]
            more = len(faults) > begin + limit
        else:
            chosen = [row for row in held.looked.shown if row["kind"] == kind]
            shown, more = chosen[begin : begin + limit], len(chosen) > begin + limit
        return answer({"rows": shown, "next": begin + limit + 1 if more else None})

    @blueprint.get("/api/range/import/<id>/wrong.csv")
    def import_wrong(id: str) -> Response:
        held = found(id)
        assert held.looked is not None and held.file is not None
        parts = faults_csv(held.looked.faults, held.file.file.columns, tell)
        return _file(b"".join(parts), "wrong-rows.csv")

    @blueprint.post("/api/range/import/<id>/apply")
    def import_apply(id: str) -> Response:
        """Body `{"request"}`: writes what was looked through, in batches; 202."""
        held = found(id)
        own = forms.request_id(read_json().get("request"))

        def run(job: Job) -> dict[str, Any]:
            assert held.file is not None and held.looked is not None
            job.total = len(held.looked.seen)
            done = held.file.apply(held.looked, by=None, on=node.id, progress=job.progress)
            return {"written": done["written"], "left_out": len(done["left"]), "left": _left(done["left"])}

        return answer(jobs.start(own, "apply", run).told(), 202)

    @blueprint.get("/api/range/export")
    def range_export() -> Response:
        """`?category=&state=sold|aside|all&for=spreadsheet|programs&decimal=.|,`: products as a file. For spreadsheets
        no cell is a formula, and long numbers stay as they are; for programs each cell is what it is."""
        decimal = "," if request.args.get("decimal") == "," else "."
        guard = request.args.get("for") != "programs"
        context = export_context(company, int(money()["digits"]), decimal)
        parts = exported(company, chosen(), context, guard=guard, delimiter=";" if decimal == "," else ",")
        response = Response(stream_with_context(parts), content_type="text/csv; charset=utf-8")
        name = f"products-{clock.stamp(clock.now())[:10]}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    def chosen() -> Iterator[Record]:
        category, state = request.args.get("category") or None, request.args.get("state") or "all"
        for record in company.each("product"):
            if state != "all" or category is not None:
                doc = record.doc()
                if state != "all" and bool(doc.get("inactive")) != (state == "aside"):
                    continue
                if category is not None and doc.get("category") != category:
                    continue
            yield record

    def found(id: str) -> Held:
        job = jobs.get(id)
        if not isinstance(job.held, Held) or job.state not in ("done", "stopped") or job.held.looked is None:
            raise missing(say("This file has not been looked through."))
        if job.state == "stopped":
            raise missing(say("This file was not looked through to its end: begin again."))
        return job.held


def body_of() -> bytes:
    """The file that a request brings. Raises Problem."""
    if request.mimetype not in ("text/csv", "application/octet-stream", "application/gzip"):  # no form sends these
        raise Problem(415, "bad_content_type", say("The file must be sent as text/csv."), "file")
    if request.content_length is None or request.content_length > LARGEST:
        raise Problem(413, "too_large", say("The file is too large: %(num)s bytes at most.", num=LARGEST), "file")
    request.max_content_length = LARGEST + 1
    return request.get_data(cache=False)


def _counts(looked: Looked) -> dict[str, Any]:
    counts = {name: getattr(looked, name) for name in ("rows", "new", "changed", "unchanged")}
    return {**counts, "wrong": len(looked.faults), "categories": sorted(looked.categories.values())[:50]}


def _read_as(file: ProductFile) -> dict[str, Any]:
    return {
        "encoding": file.file.encoding,
        "delimiter": file.file.delimiter,
        "decimal": file.context.decimal,
        "columns": file.columns,
        "strange": file.file.strange,
    }


def _left(numbers: list[str]) -> list[dict[str, Any]]:
    reason = say("Somebody changed it meanwhile: look at it again.")
    return [{"id": f"product:{number}", "name": number, "reason": reason} for number in numbers[:100]]


def _file(data: bytes, name: str) -> Response:
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
