"""The routes of shifts and cash, of people, of news and sync."""

from __future__ import annotations

from app.shop.schemas.cash import Cash
from app.shop.schemas.event import Event
from app.shop.schemas.shift import Shift
from app.shop.schemas.zreport import ZReport
from app.shop.shifts import requests as shifts
from app.web.sync_api import ScheduleRequest
from app.web.till.openapi import requests
from app.web.till.openapi.route import Route, made, rows

SHIFTS = "Shifts and cash"
PEOPLE = "People"
LIVE = "The till, its news and its sync"

REPORTS = "Reports"
REPORT = {
    "by": "What rows are told by: day (as usual), hour, month, product, category, cashier, store, terminal, tender, "
    "tax, discount, refunds, sold, foreign.",
    "from": "The first business date, like 2026-11-22.",
    "to": "The last one; the first, where it is left out.",
    "range": "Instead of both: today, yesterday, week, last_week, days28, month, last_month, year.",
    "compare": "before (as many days before), week, year: adds the same of those days.",
    "store": "Only this store.",
    "terminal": "Only this till.",
    "cashier": "Only what this member of the staff sold; `-`: what nobody was signed in for.",
    "category": "Only goods of this category and of those in it.",
}

ROUTES = (
    Route("GET", "/api/shift", SHIFTS, "The open shift, and what is to be done next",
        answers={200: ("The state of this drawer.", {"shift": (dict, None)})}),
    Route("POST", "/api/shifts", SHIFTS, "Open a shift", rights=("shift_open",), request=shifts.Open,
        answers=made("shift", Shift), problems=("shift_open", "store_closed", "needs_approval"),
        example={"request": "open-2026-11-22", "denominations": [{"value": 1000, "count": 10}]}),
    Route("POST", "/api/shifts/{id}/close", SHIFTS, "Close a shift: its Z report", rights=("shift_close",),
        request=shifts.Close, answers=made("zreport", ZReport),
        problems=("shift_closed", "not_found", "needs_note", "needs_approval", "other_terminal"),
        example={"request": "close-2026-11-22", "counted": {"total": 12500, "tenders": {"card": 4400}}, "note": ""}),
    Route("POST", "/api/shift/postpone", SHIFTS, "Postpone the close of the day, once", rights=("postpone",),
        request=shifts.Request, answers=made("event", Event), problems=("not_due", "postponed", "needs_approval"),
        example={"request": "postpone-0001"}),
    Route("POST", "/api/cash", SHIFTS, "Cash in, out, an expense, or a drop to the safe",
        rights=("cash_in", "cash_out", "drop"), request=shifts.Move, answers=made("cash", Cash),
        about="More out than the drawer should hold is refused once: `confirmed: true` notes it all the same.",
        problems=("no_shift", "needs_approval", "more_than_drawer"),
        example={"request": "cash-0000001", "kind": "expense", "amount": 850, "category": "Postage"}),
    Route("POST", "/api/drawer", SHIFTS, "Open the drawer without a sale", rights=("drawer",), request=shifts.Request,
        answers=made("event", Event, kicked=bool), problems=("no_shift", "needs_approval"),
        example={"request": "drawer-00001", "note": "Change for a customer"}),
    Route("POST", "/api/events", SHIFTS, "Note what happened in a window", request=shifts.PageEvent,
        about="A voided line or cart, a keyed price: the Z report counts them.", answers=made("event", Event),
        problems=("needs_approval",), example={"request": "event-000001", "kind": "void_line", "details": {}}),
    Route("GET", "/api/reports/x", SHIFTS, "The X report", rights=("report_x",),
        answers={200: ("The sums so far.", dict)}, problems=("no_shift", "needs_approval")),
    Route("POST", "/api/reports/x", SHIFTS, "The X report, noted as an event", rights=("report_x",),
        request=shifts.Request, answers={200: ("The sums so far.", dict)}, problems=("no_shift", "needs_approval"),
        example={"request": "x-report-0001"}),
    Route("POST", "/api/reports/print", SHIFTS, "An X or Z onto the till's printer", rights=("report_x",),
        request=requests.ReportPrint,
        answers={200: ("Whether it was printed.", {"printed": bool, "error": str, "reason": str})},
        problems=("no_shift", "not_found", "needs_approval"), example={"zreport": "zreport:s1-t1:00000001"}),
    Route("GET", "/api/reports/sales", REPORTS, "What was sold over a range of business dates", rights=("reports",),
        about="Amounts are minor units, quantities thousandths. Each currency has sums of its own. Whatever the rows "
        "are told by, they come to the same `total`.",
        query=REPORT,
        answers={200: ("The report.", {"by": str, "from": str, "to": str, "figures": [str], "currencies": [dict],
            "left_out": [str], "unsummed": dict})},
        problems=("needs_approval", "not_found")),
    Route("GET", "/api/reports/sales.csv", REPORTS, "The same as a file for a spreadsheet", rights=("reports",),
        about="Amounts are decimals with a point. Texts that a spreadsheet would take for a formula begin with an "
        "apostrophe.", query=REPORT, content="text/csv", answers={200: ("The file.", str)},
        problems=("needs_approval", "not_found", "service_unavailable")),
    Route("GET", "/api/reports/today", REPORTS, "Today so far, and last week up to the same time", rights=("reports",),
        answers={200: ("By currency.", {"at": str, "hours": [int], "currencies": [dict], "unsummed": dict})},
        problems=("needs_approval",)),
    Route("GET", "/api/zreports", SHIFTS, "Z reports, the newest first",
        query={"limit": "How many, 200 at most.", "before": "The id of the last row of the page before."},
        answers=rows(next=(str, None))),
    Route("GET", "/api/zreports/{id}", SHIFTS, "One Z report",
        answers={200: ("The document, and what came late to its shift.", {"zreport": ZReport})},
        problems=("not_found",)),
    Route("GET", "/api/session", PEOPLE, "Who is signed in here", answers={200: ("The session.", dict)}),
    Route("POST", "/api/session", PEOPLE, "Sign in", request=requests.SignIn,
        answers={200: ("The session, and its cookie.", dict)},
        problems=("wrong_pin", "wrong_badge", "choose_pin", "pin_locked"),
        example={"staff": "staff:01jtest", "pin": "4711"}),
    Route("PUT", "/api/session", PEOPLE, "Stay signed in: somebody is at work", request=requests.Empty,
        answers={200: ("The session.", dict)}, example={}),
    Route("DELETE", "/api/session", PEOPLE, "Lock the till", answers={200: ("Nobody is signed in.", dict)}),
    Route("POST", "/api/approvals", PEOPLE, "A supervisor’s leave for one thing, once", request=requests.Approve,
        answers={201: ("The token, good for some seconds.", {"approval": str, "right": str, "by": str, "name": str,
            "seconds": int})},
        problems=("wrong_pin", "wrong_badge", "pin_locked", "may_not_allow"),
        example={"right": "refund_over", "staff": "staff:01jtest", "pin": "471100", "request": "my-refund-0001"}),
    Route("PUT", "/api/session/pin", PEOPLE, "Another PIN of one's own", request=requests.OwnPin,
        about="Whoever is signed in, by their old PIN; no right is needed.",
        answers={200: ("Who is signed in.", dict)}, problems=("locked", "wrong_pin", "pin_locked", "weak_pin"),
        example={"old": "4711", "pin": "8264"}),
    Route("GET", "/api/people", PEOPLE, "The people of the store", rights=("people",),
        answers=rows(roles=[dict], needed=bool), problems=("needs_approval",)),
    Route("POST", "/api/people", PEOPLE, "A new person", rights=("people",), request=requests.NewPerson,
        answers={201: ("Written.", {"person": dict}), 200: ("The same request again.", {"person": dict})},
        problems=("needs_approval", "weak_pin", "pin_key_missing"),
        example={"request": "person-000001", "name": "Ada", "role": "cashier", "pin": "4711"}),
    Route("PUT", "/api/people/{id}", PEOPLE, "Change a person", rights=("people",), request=requests.ChangedPerson,
        answers={200: ("The person.", {"person": dict})},
        problems=("not_found", "changed", "last_manager", "weak_pin", "needs_approval"),
        example={"rev": "1-0f3c", "role": "supervisor", "pin": "471100"}),
    Route("GET", "/api/state", LIVE, "Which till this is, its money, its light",
        answers={200: ("The state.", {"terminal": str, "store": str, "currency": str, "digits": int, "sync": dict})}),
    Route("GET", "/api/events", LIVE, "News, as server-sent events", content="text/event-stream",
        about="`light`, `order`, `cart`, `shift`, `task`, `catalogue` and `beat`, each with what a row needs. A stream "
            "takes one of the node’s slots; when all are taken it is 503.",
        answers={200: ("Events until the connection ends.", str)}, problems=("service_unavailable",)),
    Route("GET", "/api/tasks", LIVE, "What a person must look at", answers=rows()),
    Route("POST", "/api/tasks/done", LIVE, "Somebody has seen to a task", request=requests.TaskDone,
        answers={200: ("Done.", {"id": str, "done_at": str})}, problems=("not_found",),
        example={"id": "task:overspent:giftcard:0f3c", "database": "company"}),
    Route("GET", "/api/sync", LIVE, "How the links with the central are",
        answers={200: ("The links, what is unsent, what was refused, the schedule, the central’s clock.", {
            "state": str, "unsent": int, "links": [dict], "refused": [dict], "schedule": dict, "contact": dict,
            "unsent_documents": [dict], "light": dict})}),
    Route("POST", "/api/sync", LIVE, "Sync now", rights=("sync",), request=requests.Approved,
        answers={202: ("It begins.", {"ok": bool})}, problems=("no_central", "needs_approval"), example={}),
    Route("POST", "/api/sync/retry", LIVE, "Offer a refused document again", rights=("sync",), request=requests.Retry,
        answers={202: ("It is offered with the pass that begins now.", {"ok": bool})},
        problems=("not_found", "needs_approval"), example={"id": "3f1c9a0b2d4e5f60"}),
    Route("POST", "/api/sync/accept", LIVE, "The central that is there now is the right one", rights=("settings",),
        request=requests.Accept, answers={202: ("Its links go on.", {"ok": bool, "databases": [str]})},
        problems=("not_found", "needs_approval"), example={"databases": ["company", "store-s1"]}),
    Route("PUT", "/api/sync/schedule", LIVE, "When this till syncs", rights=("settings",), request=ScheduleRequest,
        answers={200: ("The schedule as it holds.", {"schedule": dict, "words": str})}, problems=("needs_approval",),
        example={"sync": {"mode": "hours", "hours": ["08:00", "18:00"]}}),
    Route("GET", "/api/openapi.json", LIVE, "This description", answers={200: ("OpenAPI 3.1.", dict)}),
    Route("GET", "/api/docs", LIVE, "This description, to read", content="text/html",
        answers={200: ("A page.", str)}),
)  # fmt: skip

DOCUMENTS = (Shift, Cash, Event, ZReport)
