"""Files of products and of customers: the page, what a file would do, its wrong rows, *Apply*, and the export."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, stream_with_context

from app.docs.database import Database
from app.docs.record import Record
from app.shop import clock, customer_file, forms
from app.shop.csvfile import DELIMITERS, ENCODINGS, ImportRefused
from app.shop.customer_file import CustomerFile
from app.shop.range import importing
from app.shop.range.importing import ProductFile
from app.shop.reason import Reason, say
from app.shop.recordfile import Looked, RecordFile, faults_csv
from app.shop.sale import SaleError
from app.web.json_api import Problem, answer, missing, read_json, whole
from app.web.office.frame import page
from app.web.office.range.jobs import Job, Jobs
from app.web.office.range.prices import money
from app.web.reasons import tell

#: Rows of a file in one answer.
MOST = 500
KINDS = ("wrong", "new", "changed")
STATES = ("all", "sold", "aside")


@dataclass
class Held:
    """What a file's job keeps: its type, the file, and what was found in it."""

    kind: str
    file: RecordFile | None = None
    looked: Looked | None = None


@dataclass(frozen=True)
class Sort:
    """What there are files of: its type, the page and the API below which its routes lie, how a file is read and
    written."""

    kind: str
    page: str
    api: str
    largest: int
    read: type[RecordFile]
    write: Callable[[Database, Iterable[Record], int, str, bool], Iterable[bytes]]


def _products(company: Database, records: Iterable[Record], digits: int, decimal: str, guard: bool) -> Iterable[bytes]:
    context = importing.export_context(company, digits, decimal)
    return importing.exported(records, context, guard=guard, delimiter=_between(decimal))


def _customers(company: Database, records: Iterable[Record], digits: int, decimal: str, guard: bool) -> Iterable[bytes]:
    return customer_file.exported(records, digits, guard=guard, decimal=decimal, delimiter=_between(decimal))


def _between(decimal: str) -> str:
    return ";" if decimal == "," else ","


PRODUCTS = Sort("product", "products", "api/range", importing.LARGEST, ProductFile, _products)
CUSTOMERS = Sort("customer", "customers", "api/customers", customer_file.LARGEST, CustomerFile, _customers)


def register(blueprint: Blueprint, node: Any, jobs: Jobs, sort: Sort) -> None:
    """The routes of one type's files."""
    company, kind = node.company, sort.kind

    def route(path: str, method: str = "GET") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return lambda view: blueprint.route(path, methods=[method], endpoint=f"{kind}_{view.__name__}")(view)

    @route(f"/{sort.page}/import")
    def import_page() -> str:
        given = {"encodings": ENCODINGS, "largest": sort.largest, "count": company.count(kind), "api": sort.api}
        return page("office/import.html", boot={**given, "kind": kind}, kind=kind, exported=f".{kind}_export")

    @route(f"/{sort.api}/import", "POST")
    def look_through() -> Response:
        """The file is the body, `?request=&name=&encoding=&delimiter=&decimal=` (empty: found out). Begins a job that
        looks it through and writes nothing; 202."""
        data, digits = body_of(sort.largest), int(money()["digits"])
        how = {name: request.args.get(name) or "" for name in ("encoding", "delimiter", "decimal")}
        if how["encoding"] not in ("", *ENCODINGS) or how["delimiter"] not in ("", *DELIMITERS):
            raise Problem(400, "invalid", say("This file is to be read in a way that is not known."), "encoding")
        if how["decimal"] not in ("", ".", ","):
            raise Problem(400, "invalid", say("This file is to be read in a way that is not known."), "decimal")
        name = (request.args.get("name") or f"{sort.page}.csv")[:200]
        held = Held(kind)

        def run(job: Job) -> dict[str, Any]:
            try:
                held.file = file = sort.read(
                    data, name, company, digits, encoding=how["encoding"], delimiter=how["delimiter"],
                    decimal=how["decimal"],
                )  # fmt: skip
                job.total = file.file.lines - 1
                held.looked = looked = file.look(job.progress)
            except ImportRefused as refused:
                raise SaleError(400, "unreadable", Reason(str(refused))) from None
            return {**_counts(looked), **_read_as(file)}

        return answer(jobs.start(forms.request_id(request.args.get("request")), "look", run, held).told(), 202)

    @route(f"/{sort.api}/import/<id>/rows")
    def import_rows(id: str) -> Response:
        """`?kind=wrong|new|changed&from=&limit=`: `{"rows", "next"}`."""
        _, looked = found(id)
        chosen, begin = request.args.get("kind") or "wrong", whole("from", 1, 10**9) - 1
        if chosen not in KINDS:
            raise Problem(400, "invalid", say("The kind must be one of: %(values)s.", values=", ".join(KINDS)), "kind")
        limit = whole("limit", 100, MOST)
        if chosen == "wrong":
            part = looked.faults[begin : begin + limit]
            rows = [{**fault._asdict(), "reason": tell(fault.reason), "cells": None} for fault in part]
            more = len(looked.faults) > begin + limit
        else:
            fitting = [row for row in looked.shown if row["kind"] == chosen]
            rows, more = fitting[begin : begin + limit], len(fitting) > begin + limit
        return answer({"rows": rows, "next": begin + limit + 1 if more else None})

    @route(f"/{sort.api}/import/<id>/wrong.csv")
    def import_wrong(id: str) -> Response:
        file, looked = found(id)
        return _file(b"".join(faults_csv(looked.faults, file.file.columns, tell)), "wrong-rows.csv")

    @route(f"/{sort.api}/import/<id>/apply", "POST")
    def import_apply(id: str) -> Response:
        """Body `{"request"}`: writes what was looked through, in batches; 202."""
        file, looked = found(id)
        own = forms.request_id(read_json().get("request"))

        def run(job: Job) -> dict[str, Any]:
            job.total = len(looked.seen)
            done = file.apply(looked, by=None, on=node.id, progress=job.progress)
            return {"written": done["written"], "left_out": len(done["left"]), "left": _left(kind, done["left"])}

        return answer(jobs.start(own, "apply", run).told(), 202)

    @route(f"/{sort.api}/export")
    def export() -> Response:
        """`?category=&state=sold|aside|all&for=spreadsheet|programs&decimal=.|,`: all as a file. For spreadsheets no
        cell is a formula, and long numbers stay as they are; for programs each cell is what it is."""
        decimal = "," if request.args.get("decimal") == "," else "."
        guard = request.args.get("for") != "programs"
        parts = sort.write(company, chosen(), int(money()["digits"]), decimal, guard)
        name = f"{sort.page}-{clock.stamp(clock.now())[:10]}.csv"
        return _file(stream_with_context(iter(parts)), name)

    def chosen() -> Iterable[Record]:
        category, state = request.args.get("category") or None, request.args.get("state") or "all"
        for record in company.each(kind):
            if state != "all" or category is not None:
                doc = record.doc()
                if state != "all" and bool(doc.get("inactive")) != (state == "aside"):
                    continue
                if category is not None and doc.get("category") != category:
                    continue
            yield record

    def found(id: str) -> tuple[RecordFile, Looked]:
        job = jobs.get(id)
        held = job.held
        if not isinstance(held, Held) or held.kind != kind or job.state not in ("done", "stopped"):
            raise missing(say("This file has not been looked through."))
        if job.state == "stopped":
            raise missing(say("This file was not looked through to its end: begin again."))
        assert held.file is not None and held.looked is not None
        return held.file, held.looked


def body_of(largest: int) -> bytes:
    """The file that a request brings. Raises Problem."""
    if request.mimetype not in ("text/csv", "application/octet-stream", "application/gzip"):  # no form sends these
        raise Problem(415, "bad_content_type", say("The file must be sent as text/csv."), "file")
    if request.content_length is None or request.content_length > largest:
        raise Problem(413, "too_large", say("The file is too large: %(num)s bytes at most.", num=largest), "file")
    request.max_content_length = largest + 1
    return request.get_data(cache=False)


def _counts(looked: Looked) -> dict[str, Any]:
    counts = {name: getattr(looked, name) for name in ("rows", "new", "changed", "unchanged")}
    return {**counts, "wrong": len(looked.faults), "categories": sorted(looked.categories.values())[:50]}


def _read_as(file: RecordFile) -> dict[str, Any]:
    return {
        "encoding": file.file.encoding,
        "delimiter": file.file.delimiter,
        "decimal": file.context.decimal,
        "columns": file.columns,
        "strange": file.file.strange,
    }


def _left(kind: str, numbers: list[str]) -> list[dict[str, Any]]:
    reason = say("Somebody changed it meanwhile: look at it again.")
    return [{"id": f"{kind}:{number}", "name": number, "reason": reason} for number in numbers[:100]]


def _file(data: Any, name: str) -> Response:
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
