"""What a program must know before it calls its first route: keys, figures, ids of its own, problems."""

from __future__ import annotations

#: A sale by curl, as the page shows it; a test runs it against a real till.
CURL = """\
curl -sS "$URL/api/sales" \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{
    "sale": "my-first-sale-0001",
    "lines": [
      {"product": null, "name": "Coffee", "price": {"amount": 250}, "quantity": 2000}
    ],
    "tenders": [{"kind": "cash", "amount": 500}]
  }'
"""

#: (heading, paragraphs); in backquotes what is to be read as code.
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Keys", (
        "Send a key with every request: `Authorization: Bearer KEY`. The node's own key stands in the file "
        "`api.secret` of its directory and may do everything, from this machine. A key of its own, with rights, is "
        "made with `couchtill keys add NAME --rights sell,refund --data DIR` and shown once.",
        "The API listens where the till does, on this machine only unless it is told otherwise. Another site's page "
        "can't use it.",
    )),
    ("Figures", (
        "Amounts are whole numbers in the currency's minor unit (`250` is 2.50 where the currency has two digits), "
        "quantities whole thousandths (`2000` is two), rates whole millionths (`75000` is 7.5 %). A price is "
        "`{\"amount\": 250, \"per\": 1000}`. There are no floats anywhere.",
        "Times are UTC, ISO 8601 with milliseconds and `Z`.",
    )),
    ("Send it again", (
        "Every request that writes brings an id of its own, born at the client: `sale` for a sale or a refund, "
        "`request` for all else; 8 to 64 letters, digits, `-`, `_` and `.`. The same id again gives the very document "
        "that was written the first time, with `repeated: true` and status 200 instead of 201, whatever else the "
        "request holds. So after a timeout, or when the connection broke: send the same request again.",
        "Documents that can be edited are changed with the `rev` that you saw. Is it another one by now, the answer "
        "is 409 and holds the current one; nothing was written.",
    )),
    ("Problems", (
        "An error is a problem of RFC 9457, `application/problem+json`. Act on `error`, show `reason` to a person, "
        "and put it where `field` says. A status below 500 means that nothing was written.",
        "With 403 `needs_approval`, ask a supervisor: `POST /api/approvals` with `right` gives a token; send the same "
        "request again with `approvals: [token]`.",
    )),
)  # fmt: skip


def text() -> str:
    """The same as Markdown, for the document's own description."""
    parts = [f"## {heading}\n\n" + "\n\n".join(paragraphs) for heading, paragraphs in SECTIONS]
    return "\n\n".join([*parts, f"## A sale\n\n```sh\n{CURL}```"])
