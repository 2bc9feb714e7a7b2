"""The table of who may write what: what stood there, what comes, who brings it, and what is said.

`table()` is a few hundred cases, each by itself: one document that no other case names. `tests/couch/test_rules.py`
runs all of them in the engine, through a hub, in PouchDB Server and in Apache CouchDB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Doc = dict[str, Any]

#: Who comes: the roles of each. `keeper` is named by the database's `_security` as its admin.
USERS: Mapping[str, tuple[str, ...]] = {
    "till": ("terminal", "store:s1"),
    "other": ("terminal", "store:s1", "store:s2"),
    "office": ("office",),
    "admin": ("_admin",),
    "keeper": ("reader",),
    "stranger": ("reader",),
}
BOSSES = ("office", "admin", "keeper")
TILLS = ("till", "other")

JOURNALED = ("order", "shift", "zreport", "cash", "event", "stock", "posting")
#: Where a type is at home, who writes it ("own": a till its own ones), and whether it is written once.
RIGHTS: Mapping[str, tuple[str, str, bool]] = {
    **{name: ("store", "till", True) for name in JOURNALED},
    "booking": ("store", "till", True),
    **{name: ("store", "till", False) for name in ("terminal", "cart", "count", "staff")},
    **{name: ("company", "till", False) for name in ("product", "customer", "giftcard", "transfer")},
    **{name: ("company", "office", False) for name in ("category", "tax", "pricelist", "promotion", "store")},
    **{name: ("company", "office", True) for name in ("level", "statement")},
    "ledger": ("company", "till", True),
    "settings": ("company", "own", False),
}
#: These are at home in both.
BOTH: Mapping[str, bool] = {"resolution": True, "erasure": True, "incident": False, "task": False}
HOMES = {"store": "a store’s database", "company": "the company’s database"}
AT = "2026-11-22T09:30:00.000Z"
NUMBERED = ("order", "zreport")
TIME = "a time in UTC, like 2026-11-22T09:30:00.000Z"


class Case(NamedTuple):
    """`before` is what stands there (None: nothing), `after` what comes, without revisions. `way`: "edit", an edit of
    `before`, or a new document; "child", a revision made elsewhere upon `before`; "root", one made elsewhere that has
    nothing to do with it. `refused` is the reason, None where it passes."""

    name: str
    kind: str
    user: str
    before: Doc | None
    after: Doc
    way: str
    refused: str | None


def word(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def document(type: str, n: int, /, **changes: Any) -> Doc:
    """A document of a type, number `n` of its kind, as the shop writes it."""
    base: Doc = {"_id": f"{type}:c{n}", "type": type, "schema": 1}
    if type in JOURNALED:
        base["_id"] = f"{type}:s1-t1.k7:{n:08d}:{word(type, n)[:10]}"
        base |= {"store": "s1", "terminal": "s1-t1", "series": "s1-t1.k7", "journal": n, "prev": None, "at": AT}
        base |= {"hash": word("hash", n), "currency": "USD", "digits": 2, "business_date": "2026-11-22"}
        base |= {"number": n} if type in NUMBERED else {}
    more: Mapping[str, Doc] = {
        "order": {"schema": 2, "lines": [], "tenders": [], "total": -199, "sale": word("sale", n)[:32]},
        "shift": {"float": 5000},
        "cash": {"kind": "drop", "amount": 10000},
        "event": {"kind": "reprint", "about": "order:x", "details": {}},
        "booking": {"business_date": "2026-11-22", "documents": [], "rows": []},
        "terminal": {"terminal": f"c{n}", "store": "store:s1", "incarnations": ["k7"]},
        "cart": {"lines": {}, "state": "parked", "name": None},
        "staff": {"name": "Ann", "role": "cashier"},
        "product": {"name": "Milk", "price": {"amount": 129, "per": 1000}, "barcodes": []},
        "customer": {"name": "吴 小姐", "cards": []},
        "giftcard": {"currency": "USD", "digits": 2, "hint": "1234"},
        "category": {"name": "Dairy"},
        "tax": {"name": "VAT", "rate": 190000},
        "pricelist": {"name": "Club", "prices": []},
        "promotion": {"name": "Two for one"},
        "store": {"id": f"c{n}", "name": "Corner", "currency": "USD", "digits": 2, "timezone": "UTC"},
        "ledger": {"account": "giftcard:x", "amount": -500, "order": "order:x", "currency": "USD", "digits": 2},
        "resolution": {"about": "product:x", "kind": "resolved", "leaves": ["2-a", "2-b"], "closed": ["3-c"]},
        "erasure": {"about": "customer:x", "kind": "customer", "reason": "asked"},
        "incident": {"kind": "number", "series": "s1-t1.k7", "number": n},
        "task": {"kind": "refused", "about": "product:x"},
        "settings": {"_id": f"settings:terminal:c{n}", "scope": f"terminal:c{n}", "values": {}},
    }
    return {**base, **more.get(type, {}), **changes}


def table() -> list[Case]:
    """Every case. The same table each time."""
    numbers = _Numbers()
    return [case for part in (_rights, _written_once, _shapes, _ids, _special, _homes) for case in part(numbers)]


class _Numbers:
    """Gives each document a number that no other has, and puts cases together."""

    def __init__(self) -> None:
        self.last = 1000

    def next(self) -> int:
        self.last += 1
        return self.last

    def case(
        self,
        name: str,
        kind: str,
        user: str,
        doc: Doc,
        refused: str | None,
        *,
        way: str = "edit",
        of: Doc | None = None,
    ) -> Case:
        return Case(f"{kind}: {name}, by {user} ({way})", kind, user, of, doc, way, refused)


def homes(type: str) -> tuple[str, ...]:
    """The kinds of databases in which a type is at home."""
    return ("store", "company") if type in BOTH else (RIGHTS[type][0],)


def refusal(type: str, user: str) -> str | None:
    """Why this user may not write this type where it is at home."""
    if user == "stranger":
        return f"Documents of the type “{type}” are written by tills and head office, and this user is neither."
    if user in TILLS and type not in BOTH and RIGHTS[type][1] == "office":
        return f"Documents of the type “{type}” are written by head office, not by a till."
    return None


def _rights(numbers: _Numbers) -> Iterator[Case]:
    """Each type made, edited and deleted by each user."""
    for type in (*RIGHTS, *BOTH):
        once = BOTH[type] if type in BOTH else RIGHTS[type][2]
        for kind in homes(type):
            for user in USERS:
                no = refusal(type, user)
                yield numbers.case(f"{type} made", kind, user, document(type, numbers.next()), no)
                yield numbers.case(f"{type} brought", kind, user, document(type, numbers.next()), no, way="root")
                if once:
                    continue
                old = document(type, numbers.next())
                yield numbers.case(f"{type} edited", kind, user, {**old, "note": "x"}, no, of=old)
                old = document(type, numbers.next())
                gone = {"_id": old["_id"], "_deleted": True}
                yield numbers.case(f"{type} deleted", kind, user, gone, no, of=old)
                old = document(type, numbers.next())
                gone = {"_id": old["_id"], "_deleted": True, "resolved": True}
                yield numbers.case(f"{type}, a branch closed", kind, user, gone, no, of=old, way="child")


def _written_once(numbers: _Numbers) -> Iterator[Case]:
    """No change of what is written once, whoever asks; a deletion only by head office, with its decision."""
    types = [type for type, (_, _, once) in RIGHTS.items() if once] + [type for type, once in BOTH.items() if once]
    for type in types:
        said = f"A document of the type “{type}” is written once: "
        for kind in homes(type):
            for user in USERS:
                no = refusal(type, user)
                for way in ("edit", "child"):
                    old = document(type, numbers.next())
                    changed = no or said + "another one that names it corrects it."
                    yield numbers.case(f"{type} changed", kind, user, {**old, "note": "x"}, changed, of=old, way=way)
                    old = document(type, numbers.next())
                    yield numbers.case(f"{type} written again as it is", kind, user, old, changed, of=old, way=way)
                    old = document(type, numbers.next())
                    gone = {"_id": old["_id"], "_deleted": True}
                    decided = said + "who deletes it names the decision in the field “resolution”."
                    refused = no or (decided if user in BOSSES else said + "only head office deletes it.")
                    yield numbers.case(f"{type} deleted", kind, user, gone, refused, of=old, way=way)
                    old = document(type, numbers.next())
                    gone = {"_id": old["_id"], "_deleted": True, "resolution": "resolution:01J"}
                    refused = no or (None if user in BOSSES else said + "only head office deletes it.")
                    yield numbers.case(f"{type} deleted by decision", kind, user, gone, refused, of=old, way=way)
                # A second root: a clone's, a restored till's. Both stay, and a node makes an incident of it.
                old = document(type, numbers.next())
                other = {**old, "note": "of a clone"}
                yield numbers.case(f"{type} once more from elsewhere", kind, user, other, no, of=old, way="root")


#: Members that a type must have, with what stands in them wrongly, and what they must be.
WRONG: Mapping[str, tuple[tuple[str, Any, str], ...]] = {
    "order": (
        ("total", 1.5, "a whole number"),
        ("total", "12", "a whole number"),
        ("total", 2**53, "a whole number"),
        ("currency", "", "text, and not empty"),
        ("lines", {}, "a list"),
        ("lines", None, "a list"),
        ("lines", "none", "a list"),
        ("tenders", {"0": {}}, "a list"),
    ),
    "cart": (("lines", [], "an object"), ("lines", None, "an object"), ("lines", 5, "an object")),
    "shift": (("float", None, "a whole number"),),
    "cash": (("kind", 5, "text, and not empty"), ("amount", True, "a whole number")),
    "event": (("kind", "", "text, and not empty"),),
    "booking": (("business_date", "", "text, and not empty"), ("rows", None, "a list"), ("documents", "", "a list")),
    "terminal": (("incarnations", "k7", "a list"),),
    "staff": (("name", None, "text"), ("role", "", "text, and not empty")),
    "product": (("name", "", "text, and not empty"),),
    "customer": (("name", 5, "text"),),
    "giftcard": (("currency", None, "text, and not empty"),),
    "category": (("name", "", "text, and not empty"),),
    "tax": (("name", "", "text, and not empty"), ("rate", 0.19, "a whole number")),
    "pricelist": (("name", "", "text, and not empty"), ("prices", {}, "a list")),
    "promotion": (("name", [], "text, and not empty"),),
    "store": (("currency", "", "text, and not empty"), ("timezone", None, "text, and not empty")),
    "ledger": (
        ("account", "", "text, and not empty"),
        ("amount", "5", "a whole number"),
        ("order", "product:x", "an id that begins with “order:”"),
        ("currency", None, "text, and not empty"),
    ),
    "resolution": (
        ("about", None, "text, and not empty"),
        ("kind", "", "text, and not empty"),
        ("leaves", 1, "a list"),
    ),
    "erasure": (("about", "", "text, and not empty"), ("reason", None, "text, and not empty")),
    "incident": (("kind", None, "text, and not empty"),),
    "task": (("kind", "", "text, and not empty"), ("about", None, "text, and not empty")),
    "settings": (("values", [], "an object"),),
}


def _shapes(numbers: _Numbers) -> Iterator[Case]:
    for type, wrongs in WRONG.items():
        kind = homes(type)[0]
        for field, value, what in wrongs:
            said = f"The field “{field}” must be {what}."
            for user in ("office", "admin") if RIGHTS.get(type, ("", "till"))[1] == "office" else ("till", "admin"):
                for way in ("edit", "root"):
                    doc = document(type, numbers.next(), **{field: value})
                    yield numbers.case(f"{type} with {field} {value!r}", kind, user, doc, said, way=way)
            # A newer program's version of the type is its own affair.
            doc = document(type, numbers.next(), schema=9, **{field: value})
            yield numbers.case(f"{type} of version 9", kind, "office", doc, None)
    for type in (*RIGHTS, *BOTH):
        kind = homes(type)[0]
        said = f"The field “type” must be “{type}”, as the field “_id” begins."
        for wrong in ({"type": "other"}, {"type": None}, {"type": 5}):
            doc = document(type, numbers.next(), **wrong)
            yield numbers.case(f"{type} with {wrong}", kind, "office", doc, said)
        for schema in (0, "1", None, 1.5):
            doc = document(type, numbers.next(), schema=schema)
            said_ = "The field “schema” must be a whole number from 1 on."
            yield numbers.case(f"{type} with schema {schema!r}", kind, "admin", doc, said_)
        doc = document(type, numbers.next(), updated_at="yesterday")
        yield numbers.case(f"{type} of yesterday", kind, "office", doc, f"The field “updated_at” must be {TIME}.")
    for type in JOURNALED:
        own = "number" if type in NUMBERED else "journal"
        for field, value, what in (
            ("hash", "x", "64 hex digits"),
            ("prev", "x", "64 hex digits, or null"),
            ("at", "2026-11-22 09:30", TIME),
            ("series", "s1-t1.k8", "“s1-t1.k7”, as in the field “_id”"),
            ("journal", "1", "a whole number"),
        ):
            doc = document(type, numbers.next(), **{field: value})
            yield numbers.case(
                f"{type} with {field} {value}", "store", "till", doc, f"The field “{field}” must be {what}."
            )
        n = numbers.next()
        said = f"The field “{own}” must be “{n}”, as in the field “_id”."
        yield numbers.case(f"{type} with another {own}", "store", "till", document(type, n, **{own: n + 1}), said)
        doc = document(type, numbers.next(), prev=word("before"))
        yield numbers.case(f"{type} after another", "store", "till", doc, None)


def _ids(numbers: _Numbers) -> Iterator[Case]:
    for type in (*RIGHTS, *BOTH):
        kind = homes(type)[0]
        doc = document(type, numbers.next(), _id=f"thing:{numbers.next()}")
        said = f"The field “_id” must begin with “{type}:”, as the type says."
        yield numbers.case(f"{type} under another id", kind, "office", doc, said)
    for id in ("order:{n}", "order:s1-t1.k7:{n}", "order:s1-t1.k7:000000{n}:xyz", "order:S1.k7:000000{n}:0123456789"):
        doc = document("order", numbers.next())
        doc["_id"] = id.format(n=numbers.next())
        said = "The field “_id” must be “order:<series>:<number, 8 digits>:<10 hex digits>”."
        yield numbers.case(f"order as {id}", "store", "till", doc, said)
    doc = document("store", numbers.next(), id="other")
    said = f"The field “id” must be “{doc['_id'][6:]}”, as in the field “_id”."
    yield numbers.case("store with another id", "company", "office", doc, said)
    # A great many sales: the number grows beyond eight digits.
    n = 123_456_789_000 + numbers.next()
    yield numbers.case("order with a long number", "store", "till", document("order", n), None)


def _special(numbers: _Numbers) -> Iterator[Case]:
    for user in ("till", "office", "stranger"):
        for kind in ("company", "store"):
            n = numbers.next()
            yield numbers.case("no type", kind, user, {"_id": f"note{n}", "text": "hello"}, None)
            yield numbers.case("a type of later", kind, user, {"_id": f"robot:{n}", "type": "robot", "schema": 3}, None)
            old = {"_id": f"robot:a{n}", "type": "robot"}
            yield numbers.case("a type of later edited", kind, user, {**old, "arms": 2}, None, of=old)
            old = {"_id": f"robot:b{n}", "type": "robot"}
            yield numbers.case(
                "a type of later deleted", kind, user, {"_id": old["_id"], "_deleted": True}, None, of=old
            )
            yield numbers.case("a type as its id begins with nothing", kind, user, {"_id": f"orders{n}"}, None)
    # The receipts of the first version stand as they were written.
    yield numbers.case("order of version 1", "store", "till", document("order", numbers.next(), schema=1), None)
    # Sums are checked by the nodes: what was sold was sold.
    doc = document("order", numbers.next(), total=1, tenders=[{"kind": "cash", "amount": 2}])
    yield numbers.case("order that doesn't add up", "store", "till", doc, None)
    doc = document("order", numbers.next(), terminal="s9-t9", store="s9", cashier=None, at="1999-01-01T00:00:00.000Z")
    yield numbers.case("order of another till and time, carried", "store", "other", doc, None)
    # Who is erased stays erased, for everybody.
    for user in ("till", "office", "admin"):
        for type, kind in (("customer", "company"), ("staff", "store")):
            old = document(type, numbers.next(), name="", erased=True)
            said = "The field “erased” must stay true: this person’s data were erased, and are not brought back."
            yield numbers.case(
                f"{type} brought back", kind, user, {**document(type, 1), "_id": old["_id"]}, said, of=old
            )
            old = document(type, numbers.next())
            gone = {**document(type, 1), "_id": old["_id"], "name": "", "erased": True, "updated_at": AT}
            yield numbers.case(f"{type} erased", kind, user, gone, None, of=old)
    # A till's own settings, and everybody's.
    said = "Of the documents of the type “settings” a till writes its own alone, “settings:terminal:…”."
    for scope in ("all", "store:s1"):
        n = numbers.next()
        doc = document("settings", n, _id=f"settings:{scope}{n}", scope=f"{scope}{n}")
        yield numbers.case(f"settings:{scope}", "company", "till", doc, said)
        n = numbers.next()
        doc = document("settings", n, _id=f"settings:{scope}{n}", scope=f"{scope}{n}")
        yield numbers.case(f"settings:{scope}", "company", "office", doc, None)
    doc = document("settings", numbers.next(), scope="terminal:other")
    said = f"The field “scope” must be “{doc['_id'][9:]}”, as in the field “_id”."
    yield numbers.case("settings of another scope", "company", "office", doc, said)
    # A cart's tombstone keeps its lines; any other tombstone may say what it likes.
    old = document("cart", numbers.next())
    gone = {"_id": old["_id"], "_deleted": True, "type": "cart", "sold": "order:x", "lines": {"a": {"quantity": 1000}}}
    yield numbers.case("cart sold", "store", "till", gone, None, of=old)
    old = document("product", numbers.next())
    gone = {"_id": old["_id"], "_deleted": True, "type": "nonsense", "schema": "x", "name": 5}
    yield numbers.case("a tombstone with anything in it", "company", "till", gone, None, of=old)
    for decision in ("", "order:x", 5, None, ["resolution:x"]):
        old = document("order", numbers.next())
        gone = {"_id": old["_id"], "_deleted": True, "resolution": decision}
        said = "A document of the type “order” is written once: "
        said += "who deletes it names the decision in the field “resolution”."
        yield numbers.case(f"order deleted by {decision!r}", "store", "office", gone, said, of=old)


def _homes(numbers: _Numbers) -> Iterator[Case]:
    """What is brought into the wrong kind of database."""
    for type, (home, _, _) in RIGHTS.items():
        kind = "company" if home == "store" else "store"
        said = f"A document of the type “{type}” belongs into {HOMES[home]}, not into {HOMES[kind]}."
        for user in ("till", "office"):
            yield numbers.case(f"{type} astray", kind, user, document(type, numbers.next()), said)
    doc = {"_id": f"thing:{numbers.next()}", "type": "order"}
    said = "A document of the type “order” belongs into a store’s database, not into the company’s database."
    yield numbers.case("order under another id, astray", "company", "office", doc, said)
