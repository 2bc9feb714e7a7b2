"""Every problem that the API answers, by its `error`: for programs, which act on it, and for the page that explains it.

A test looks for problems in the code that are missing here.
"""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    status: int
    about: str


PROBLEMS: dict[str, Known] = {
    # Any route
    "invalid": Known(400, "Something in the request is wrong; `field` says where, as a path: `lines.1.price`."),
    "unauthorized": Known(401, "No key, or one that is not known here."),
    "renew_pin": Known(403, "A till of this store was stolen: a new PIN comes before anything else."),
    "locked": Known(401, "Nobody is signed in at this till. A program needs a key."),
    "forbidden": Known(403, "The key's rights don't cover this route, or another site's page asked."),
    "needs_approval": Known(403, "A supervisor must allow this. `right` says what: fetch an approval for it "
        "(`POST /api/approvals`) and send the same request again with the token in `approvals`."),
    "not_found": Known(404, "There is nothing with this id here. It may not have arrived yet."),
    "method_not_allowed": Known(405, "The route knows other methods; `Allow` names them."),
    "conflict": Known(409, "Somebody else wrote it meanwhile. Nothing was written; read it again."),
    "changed": Known(409, "The document is no longer the one that `rev` names; `current` is what it is now."),
    "too_large": Known(413, "The request, or the receipt it would make, is too large."),
    "bad_content_type": Known(415, "The body must be JSON, and say so with Content-Type: application/json."),
    "failed": Known(500, "A mistake of this program; its log has the details. Repeating the request is safe."),
    "service_unavailable": Known(503, "Too many windows listen. `Retry-After` says when to come back."),
    "insufficient_storage": Known(507, "The disk is full. Nothing was written."),
    "immutable": Known(403, "Such a document is written once: correct it by another one that names it."),
    # Selling
    "no_shift": Known(409, "No shift is open, and settings want one to be opened first."),
    "shift_closed": Known(409, "The shift was closed meanwhile; `shift` is the one that is open now, or null."),
    "total_differs": Known(409, "The till's own total is another one (`total`). Nothing was charged: show it, and "
        "send the request again."),
    "age_check": Known(409, "An item needs the customer's age confirmed: send `age: true`."),
    "needs_note": Known(400, "This needs a note that says why."),
    "no_value": Known(400, "Nothing is sold and nothing is returned."),
    "central_not_seen": Known(409, "The central was not seen for longer than a setting allows: sync first."),
    "bad_check_digit": Known(400, "The code was misread: its check digit is wrong."),
    "rate_differs": Known(409, "Foreign cash has another rate by now."),
    "not_enough": Known(409, "The balance does not cover the amount; `balance` is what there is."),
    "card_sold": Known(409, "A gift card with this code was sold already."),
    "too_many_codes": Known(429, "Too many codes of gift cards that are unknown here: `wait` seconds until the next."),
    "other_currency": Known(409, "The balance is kept in the money of another store."),
    "card_taken": Known(409, "This card payment belongs to another sale."),
    "card_not_approved": Known(409, "The card terminal did not approve this payment."),
    "another_amount": Known(409, "This payment was asked for with another amount."),
    "not_reversed": Known(409, "The card terminal did not take the payment back."),
    # Refunds
    "no_receipt": Known(404, "There is no such receipt here."),
    "not_a_sale": Known(409, "Only a sale can be returned."),
    "returned_already": Known(409, "That much of it was returned already."),
    "over_cap": Known(409, "More than was paid that way."),
    "elsewhere": Known(409, "It belongs to another store, or was made elsewhere."),
    "unreadable": Known(409, "Another program wrote this document; it can't be worked with here."),
    "request_used": Known(409, "The id of this request printed another receipt."),
    # Shifts
    "store_closed": Known(409, "Head office has closed this store, and its last day is over: nothing is sold."),
    "shift_open": Known(409, "A shift is open already; `shift` is it."),
    "more_than_drawer": Known(409, "More than the drawer should hold (`expected`, for those who may see it): ask, and "
        "send the same request again with `confirmed: true`."),
    "not_due": Known(409, "The day is not over: there is nothing to postpone."),
    "postponed": Known(409, "The close was postponed once already."),
    "other_terminal": Known(409, "The shift belongs to another drawer."),
    # Carts
    "gone": Known(409, "The cart was sold or deleted since."),
    "sold": Known(409, "The cart was sold since; `order` is the receipt."),
    "held": Known(409, "Another window has the cart open; `holder` says which. Send `over: true` to take it over."),
    # People
    "wrong_pin": Known(403, "The PIN is not the right one."),
    "wrong_badge": Known(403, "Nobody has this badge."),
    "choose_pin": Known(403, "A code of head office: the same request again, with the PIN that was chosen as `new`."),
    "pin_locked": Known(429, "Too many wrong PINs: `wait` seconds until the next try."),
    "may_not_allow": Known(403, "This person can't allow it either."),
    "weak_pin": Known(400, "The PIN is too short or too easy for this role."),
    "last_manager": Known(409, "Somebody must stay who may change people."),
    "pin_key_missing": Known(409, "The secret of the store's PINs is not on this till yet."),
    # Stores and people, at head office
    "taken": Known(409, "There is another one of this name or id already."),
    "store_sold": Known(409, "The store has sold: this can't be another any more."),
    "last_store": Known(409, "No store would be open then."),
    "inactive": Known(409, "This person no longer works here."),
    # The range, at head office
    "begun": Known(409, "This planned change holds already, or is over."),
    "busy": Known(409, "Head office works on other files: wait until one is done."),
    # Conflicts
    "head_office": Known(403, "Head office alone may write this document: the central takes it from no till."),
    "no_side": Known(409, "The choice means none of this document's versions."),
    "undecided": Known(400, "Something that is different was not chosen; `fields` says what."),
    "not_in_dispute": Known(404, "There is nothing to decide; `resolution` says who decided it, where somebody has."),
    "erased": Known(403, "This person's data were erased: nothing of them is brought back."),
    "not_held": Known(409, "What the versions said is no longer kept here."),
    "still_open": Known(409, "Something is still open with this person; `open` says what, `words` says it to people: "
        "see to it, or send the same request again with `despite: true`."),
    "still_here": Known(409, "This person may still sign in: take them off the list of people first."),
    # Sync
    "no_central": Known(409, "There is no other machine that this one syncs with."),
}  # fmt: skip

#: What any route may answer.
ANY = ("unauthorized", "forbidden", "failed")
#: What any route with a body may answer besides.
BODY = ("invalid", "bad_content_type", "too_large", "locked")
