"""The routes of what a person must decide: conflicts, their history, what is erased."""

from __future__ import annotations

from app.shop.conflicts import asked
from app.shop.schemas.resolution import Resolution
from app.web.till.openapi import requests
from app.web.till.openapi.route import Route, made, rows

CONFLICTS = "Conflicts"
DECIDED = {"rev": (str, None), "resolution": Resolution, "doc": (dict, None)}

WAITING = {"conflicts": int, "incidents": int, "tasks": int}
FILTERS = {"q": "Words of any version.", "type": "A type of documents; `-`: those without one.",
    "database": "One database.", "assigned": "A person’s id, `nobody`, or `later` for what was put aside."}  # fmt: skip
ITEM = {"database": "company", "id": "product:4000001"}

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/conflicts", CONFLICTS, "The documents in dispute, the newest first",
        query={**FILTERS, "limit": "How many, 200 at most.", "before": "`next` of the page before."},
        answers=rows(next=(str, None), counts=WAITING, matching=int, types=[dict], databases=[dict])),
    Route("GET", "/api/inbox", CONFLICTS, "How much waits for a person; the incidents, the tasks",
        query={"list": "`incidents` or `tasks`: their rows too.", "q": "Words.",
            "state": "`done`: those that are closed.", "assigned": "A person’s id, or `nobody`.",
            "limit": "How many, 1000 at most.", "before": "`next` of the page before."},
        answers={200: ("How many.", {"counts": WAITING})}),
    Route("POST", "/api/followups/{database}/{id}", CONFLICTS, "Assign, note, put aside, close", rights=("conflicts",),
        request=requests.FollowUp,
        about="`id` is that of an incident, of a task, or of a document in dispute.",
        answers={200: ("What is said of it now.", {"id": str, "follow": dict})},
        problems=("not_found", "needs_approval"), example={"request": "note-00001", "note": "Asked the supplier."}),
    Route("POST", "/api/conflicts/preview", CONFLICTS, "What many would become", request=requests.ManyPreview,
        about="Nothing is written. `seen` of each row is what `POST /api/conflicts/bulk` wants.",
        answers=rows(next=(str, None)), problems=("not_found",), example={"take": "office", "items": [ITEM]}),
    Route("POST", "/api/conflicts/bulk", CONFLICTS, "Decide many", rights=("conflicts",), request=requests.ManyDecided,
        about="Each is decided by itself; those that have changed meanwhile stay, and are named.",
        answers={200: ("What was decided, and what stayed.", {"resolved": [dict], "stayed": [dict],
            "counts": WAITING})},
        problems=("needs_approval", "not_found"),
        example={"request": "many-00001", "take": "office", "items": [{**ITEM, "seen": "0f3c5a6b7d8e9f10"}]}),
    Route("POST", "/api/conflicts/bulk/undo", CONFLICTS, "Take many decisions back", rights=("conflicts",),
        request=requests.ManyUndone,
        about="Each is taken back by itself, by the `resolution` that `resolved` named; those that were changed since "
            "stay as they are, and are named.",
        answers={200: ("What is in dispute again, and what stayed.", {"undone": [dict], "stayed": [dict],
            "counts": WAITING})},
        problems=("needs_approval", "not_found"),
        example={"request": "undo-00001", "items": [{**ITEM, "resolution": "resolution:01JDB0000000000000000000AA"}]}),
    Route("GET", "/api/conflicts/{db}/{id}", CONFLICTS, "One document in dispute",
        query={"seen": "What was seen last: where it is the same still, only that is answered."},
        about="`sides` are the open leaves, the winner first; `fields` what is to decide, each with the `values` by "
            "revision; `joined` what the rules join, or only one side changed.",
        answers={200: ("The case.", {"seen": str})}, problems=("not_found", "not_in_dispute")),
    Route("GET", "/api/conflicts/{db}/{id}/attachment", CONFLICTS, "A picture of one version",
        query={"rev!": "The version.", "name!": "The attachment’s name."}, content="image/*",
        answers={200: ("The picture.", str)}, problems=("not_found",)),
    Route("POST", "/api/conflicts/{db}/{id}/resolve", CONFLICTS, "Decide it", rights=("conflicts",),
        request=asked.Resolve, answers={200: ("What was written.", DECIDED)},
        about="One commit: the joined revision on the winner's branch, tombstones on the others, and a `resolution`.",
        problems=("changed", "undecided", "needs_approval", "request_used", "not_found"),
        example={"request": "decide-0001", "seen": "0f3c5a6b7d8e9f10", "choose": {"price": {"side": "2-0f3c"}}}),
    Route("POST", "/api/conflicts/{db}/{id}/undo", CONFLICTS, "Take a decision back", rights=("conflicts",),
        request=asked.Undo, answers={200: ("It is in dispute again.", DECIDED)},
        problems=("changed", "not_held", "needs_approval", "request_used", "not_found"),
        example={"request": "undo-00001", "resolution": "resolution:01JDB0000000000000000000AA"}),
    Route("GET", "/api/history/{db}/{id}", CONFLICTS, "Who changed what of a document, when and where",
        query={"central": "`1`: also what only the central still holds."},
        about="Newest first: versions with what they changed, runs of versions that are no longer held (`gap`), and "
            "decisions.",
        answers={200: ("The history.", {"rev": str, "entries": [dict], "missing": int, "central": (dict, None)})},
        problems=("not_found", "needs_approval")),
    Route("POST", "/api/history/{db}/{id}/restore", CONFLICTS, "Bring an older version back", rights=("conflicts",),
        request=asked.Restore, answers={200: ("What was written.", DECIDED)},
        about="Writes what that version said as a new one, on what is in use; a deleted document comes back.",
        problems=("changed", "not_held", "immutable", "erased", "needs_approval", "request_used", "not_found"),
        example={"request": "restore-0001", "rev": "1-0f3c", "seen": "3-77aa"}),
    Route("GET", "/api/erasures", CONFLICTS, "Who was erased, and which nodes have forgotten them", rights=("erase",),
        query={"limit": "How many, 200 at most.", "before": "`next` of the page before."},
        about="By the id only. `nodes` tell when each had forgotten the person, null for not yet as far as is known "
            "here; a till knows of itself, head office of all.",
        answers=rows(next=(str, None), shares=bool)),
    Route("GET", "/api/erasures/people", CONFLICTS, "Whom one could erase", rights=("erase",),
        query={"q!": "Beginnings of words of a name, a phone number, an e-mail address; a card."},
        about="Customers, and members of the staff who left.", answers=rows(), problems=("needs_approval",)),
    Route("POST", "/api/customers/{id}/erase", CONFLICTS, "Erase a customer’s data", rights=("erase",),
        request=requests.EraseRequest, answers=made("erasure", dict),
        about="For good, on every node: the id stays, and with it receipts and balances; the person doesn't.",
        problems=("still_open", "needs_approval", "not_found"),
        example={"request": "erase-000001", "reason": "asked"}),
    Route("POST", "/api/people/{id}/erase", CONFLICTS, "Erase the data of somebody who left the staff",
        rights=("erase",), request=requests.EraseRequest, answers=made("erasure", dict),
        problems=("still_here", "needs_approval", "not_found"),
        example={"request": "erase-000002", "reason": "left"}),
)  # fmt: skip

#: Documents that answers hold, and their descriptions refer to.
DOCUMENTS = (Resolution,)
