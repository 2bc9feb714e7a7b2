"""What is on a gift card or a customer's account, as far as this node knows, and what a till may take of it.

With a line to the central the known balance counts. Without one nobody knows what other tills took meanwhile: then a
till takes on trust what settings allow it for each card or customer since it last heard of the central, and of a card
that it knows never more than is on it. Of all cards together that it doesn't know it takes no more than of one: a code
can be invented. A till that never heard of a central takes none of them but cards with a code of our own making. What
tills that were apart took too much becomes a task.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.docs.database import Database
from app.shop import clock as clocks
from app.shop import sound
from app.shop.desk import Desk
from app.shop.ledger import statements
from app.shop.ledger.derive import derive
from app.shop.payments import codes
from app.shop.reason import Money, say
from app.shop.sale import SaleError
from app.shop.schemas.order import STORED_VALUE

Doc = Mapping[str, Any]
TRUSTED = {"giftcard": "giftcard", "credit": "credit", "account": "account"}
PAGE = 500


def counting(company: Database, account: str) -> list[dict[str, Any]]:
    """The movements of an account. Of one sale that was written twice (a terminal was restored) those of the order
    with the smaller id count, as in every sum."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for record in company.find("ledger_account", account):
        doc = record.full()
        if not sound.is_whole(doc.get("amount")):
            continue
        key = (str(doc.get("sale") or doc["_id"]), str(doc.get("place")))
        if key not in found or str(doc.get("order")) < str(found[key].get("order")):
            found[key] = doc
    return list(found.values())


def balance_of(company: Database, account: str) -> int:
    """What is on an account, minor units: the sum of its movements, those that only head office has among them."""
    return balance_from(company, account, counting(company, account))


def balance_from(company: Database, account: str, found: Sequence[Doc]) -> int:
    """As `balance_of`, where the movements that count here were read already."""
    if account.startswith(statements.KINDS) and company.find("statement_account", account, limit=1):
        return statements.standing(company, account).balance
    return sum(int(doc["amount"]) for doc in found)


def filled(found: Sequence[Doc]) -> bool:
    """Whether these movements tell of money that was put on the account. What a gift card got back for goods was on it
    before: only a line that sold or filled the card says that there is one."""
    return any(doc["amount"] > 0 and not _is_given_back(doc) for doc in found)


def _is_given_back(doc: Doc) -> bool:
    return str(doc.get("account")).startswith("giftcard:") and str(doc.get("place")).startswith("tender:")


class Balances:
    """The balances as one till sees them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- showing -------------------------------------------------------------------------------------------------

    def card(self, code: str) -> dict[str, Any]:
        """`{"account", "hint", "known", "balance", "available", "online", "as_of"}` of the gift card with this code;
        `available` is what this till may take now, `known` whether it is known here that something was put on it."""
        plain = codes.normal(code)
        if len(plain) < codes.SHORTEST or codes.mistyped(plain):
            reason = say("This is no gift card’s code: a character of it is wrong or missing.")
            raise SaleError(400, "invalid", reason, "code")
        account = f"giftcard:{codes.hash_of(plain)}"
        ours = {account} if codes.is_ours(plain) else ()
        return {"hint": codes.hint_of(plain), **self.account(account, ours)}

    def customer(self, id: str) -> dict[str, Any]:
        """`{"customer", "credit": {…}, "account": {…}}`, each as `account`."""
        return {
            "customer": id,
            "credit": self.account(f"credit:{id}"),
            "account": {**self.account(f"account:{id}"), "limit": self._limit(id)},
        }

    def account(self, account: str, ours: Collection[str] = ()) -> dict[str, Any]:
        """`{"account", "known", "balance", "available", "online", "as_of", "currency", "digits", "statement": null |
        {"as_of", "balance"}}`: what head office said last of it; `ours` are accounts of gift cards whose codes have the
        form of ours."""
        derive(self.desk.company, self.desk.store, keep=False)
        found = counting(self.desk.company, account)
        balance = balance_from(self.desk.company, account, found)
        contact = self.desk.contact()
        facts, _ = self.desk.facts.read()
        told = statements.newest(self.desk.company, account) if account.startswith(statements.KINDS) else None
        return {
            "statement": None if told is None else {"as_of": told["as_of"], "balance": told["balance"]},
            "account": account,
            "known": filled(found),
            "balance": balance,
            "available": max(0, self._available(account, found, ours=ours)),
            "online": contact.online,
            "as_of": clocks.stamp(contact.last) if contact.last is not None else None,
            "currency": facts["currency"],
            "digits": facts["digits"],
        }

    # -- taking --------------------------------------------------------------------------------------------------

    def check(
        self,
        lines: Sequence[Doc],
        tenders: Sequence[Doc],
        customer: str | None = None,
        *,
        over: bool = False,
        keyed: Sequence[str] = (),
    ) -> None:
        """Whether this till may take what the tenders draw, and sell the cards that the lines sell. Inside the sale's
        transaction, so that nothing is drawn twice at one till. `over`: going over the customer's limit is allowed;
        `customer` is the order's; `keyed` are the codes of gift cards that were given. Raises SaleError 409
        `not_enough` with `{"available", "balance"}`, `card_sold` or `other_currency`; 403 `needs_approval` for
        `account_over`."""
        drawn: dict[str, int] = defaultdict(int)
        fields: dict[str, str] = {}
        for index, tender in enumerate(tenders):
            kind, amount = tender["kind"], tender["amount"]
            if kind in TRUSTED and amount > 0:
                account = f"{kind}:{tender['card'] if kind == 'giftcard' else tender['customer']}"
                drawn[account] += amount
                fields.setdefault(account, f"tenders.{index}.amount")
        sold = [line for line in lines if line.get("kind") == "giftcard" and line["quantity"] > 0]
        for line in lines:
            # A card that is given back must still hold what is paid out for it.
            if line.get("kind") in STORED_VALUE and line.get("card") and line["amount"] < 0:
                account = f"giftcard:{line['card']}"
                drawn[account] -= line["amount"]
                fields.setdefault(account, "lines")
            elif line.get("kind") in STORED_VALUE and line.get("to") == "credit" and line["amount"] < 0:
                drawn[f"credit:{customer}"] -= line["amount"]
                fields.setdefault(f"credit:{customer}", "lines")
        if not drawn and not sold:
            return
        derive(self.desk.company, self.desk.store, keep=False)
        for line in sold:
            if counting(self.desk.company, f"giftcard:{line['card']}"):
                reason = say("The gift card …%(hint)s is sold already. Put money on it instead.", hint=line["hint"])
                raise SaleError(409, "card_sold", reason, "lines")
        ours = {f"giftcard:{codes.hash_of(code)}" for code in keyed if codes.is_ours(codes.normal(code))}
        unknown = 0
        for account, amount in drawn.items():
            found = counting(self.desk.company, account)
            self._check_currency(found, fields[account])
            available = self._available(account, found, over=over, ours=ours)
            if account.startswith("giftcard:") and not filled(found):
                available -= unknown  # what this sale takes of other cards that nobody here knows
                unknown += amount
            if amount > available:
                self._refuse(account, amount, available, found, fields[account])

    def _check_currency(self, found: Sequence[Doc], field: str) -> None:
        """A card of a store with other money can't pay here: its balance is no number of ours."""
        facts, _ = self.desk.facts.read()
        own = (facts["currency"], facts["digits"])
        other = next((doc for doc in found if (doc.get("currency"), doc.get("digits")) != own), None)
        if other is not None:
            reason = say(
                "This balance is kept in %(currency)s, not in %(own)s: it can't be used here.",
                currency=other.get("currency"),
                own=own[0],
            )
            raise SaleError(409, "other_currency", reason, field)

    def _refuse(self, account: str, amount: int, available: int, found: Sequence[Doc], field: str) -> None:
        facts, _ = self.desk.facts.read()
        digits = facts["digits"]
        kind = account.partition(":")[0]
        names = {"giftcard": say("The gift card"), "credit": say("The store credit"), "account": say("The account")}
        name = names[kind]
        balance = balance_from(self.desk.company, account, found)
        left = max(0, available)
        limit = self._limit(account.partition(":")[2]) if kind == "account" else None
        if limit is not None and amount > balance + limit:
            doing = say(
                "%(amount)s on account, over the customer’s limit", amount=Money(amount, digits, str(facts["currency"]))
            )
            reason = say("A supervisor must allow this: %(doing)s.", doing=doing)
            raise SaleError(403, "needs_approval", reason, field, {"right": "account_over"})
        if self.desk.contact().online or (filled(found) and balance <= left):
            reason = say(
                "%(name)s has %(left)s, less than %(amount)s.",
                name=name,
                left=Money(left, digits),
                amount=Money(amount, digits),
            )
        elif kind == "giftcard" and not filled(found) and self.desk.contact().last is None and not left:
            reason = say(
                "Nobody here knows this gift card, and this till never heard of head office: nothing of it can be "
                "taken on trust."
            )
        else:
            reason = say(
                "%(name)s can’t be asked about: head office is out of reach. This till may take %(left)s of it on "
                "trust.",
                name=name,
                left=Money(left, digits),
            )
        details = {"available": left, "balance": balance}
        raise SaleError(409, "not_enough", reason, field, details)

    def _available(self, account: str, found: Sequence[Doc], *, over: bool = False, ours: Collection[str] = ()) -> int:
        """What this till may take of an account now, minor units."""
        kind, _, name = account.partition(":")
        balance = balance_from(self.desk.company, account, found)
        contact = self.desk.contact()
        limit = None
        if kind == "account":
            limit = None if over else self._limit(name)
            limits = [] if limit is None else [balance + limit]  # what the customer may still owe
        else:
            # A card of which only our own draws are here was filled elsewhere: nobody here knows with how much.
            limits = [balance] if filled(found) or contact.online else []
        if not contact.online:
            since = clocks.stamp(contact.last) if contact.last is not None else ""
            unknown = kind == "giftcard" and not filled(found)
            if unknown and contact.last is None and account not in ours:
                return 0
            taken = self._taken_unknown(since) if unknown else self._taken(found, since)
            limits.append(self.desk.settings["trust"][TRUSTED[kind]] - taken)
        return int(min(limits)) if limits else 10**12

    def _taken(self, found: Sequence[Doc], since: str) -> int:
        """What this till took of an account after a time."""
        own = (doc for doc in found if doc.get("terminal") == self.desk.terminal and str(doc.get("at")) > since)
        return -sum(min(0, doc["amount"]) for doc in own)

    def _taken_unknown(self, since: str) -> int:
        """What this till took after a time of all gift cards that nobody here knows to have been filled."""
        accounts: set[str] = set()
        after = None
        while True:
            page = self.desk.company.find(
                "ledger_terminal", self.desk.terminal, descending=True, limit=PAGE, after=after
            )
            docs = [record.doc() for record in page]
            accounts.update(str(doc.get("account")) for doc in docs if str(doc.get("at")) > since)
            if len(page) < PAGE or str(docs[-1].get("at")) <= since:
                break
            after = page[-1]
        cards = (counting(self.desk.company, account) for account in accounts if account.startswith("giftcard:"))
        return sum(self._taken(found, since) for found in cards if not filled(found))

    def _limit(self, customer: str) -> int | None:
        """How far this customer's account may go below zero; None where head office set no limit."""
        record = self.desk.company.read(customer)
        limit = None if record is None or record.deleted else record.doc().get("account_limit")
        return limit if sound.is_whole(limit, 0) else None
