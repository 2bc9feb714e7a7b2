"""Which indexes each database of a node has: what a till looks up while somebody waits."""

from __future__ import annotations

from collections.abc import Sequence

from app.docs.indexes import Index, SearchIndex

COMPANY = "company"
STORE_PREFIX = "store-"

ERASURES = (Index("erasure_about", "erasure", "about"), Index("erasure_at", "erasure", "at"))

COMPANY_INDEXES: tuple[Index | SearchIndex, ...] = (
    Index("product_barcode", "product", "barcodes", multi=True),
    Index("product_sku", "product", "sku"),
    Index("product_name", "product", "name"),
    Index("product_category", "product", "category", order="name"),
    Index("product_aside", "product", "inactive", order="name"),
    Index("product_unit_barcode", "product", "units", multi=True, inner="barcodes"),
    Index("product_variant", "product", "variant_of", order="name"),
    Index("product_stores", "product", "stores", multi=True),
    Index("customer_name", "customer", "name"),
    Index("customer_card", "customer", "cards", multi=True),
    Index("customer_group", "customer", "group", order="name"),
    Index("statement_account", "statement", "account", order="as_of"),
    Index("task_kind", "task", "kind"),
    Index("incident_kind", "incident", "kind"),
    Index("ledger_account", "ledger", "account"),
    Index("ledger_terminal", "ledger", "terminal", order="at"),
    *ERASURES,
    Index("resolution_request", "resolution", "request", unique_local=True),
    Index("resolution_about", "resolution", "about", order="at"),
    SearchIndex("product", ("name", "sku", "barcodes", "brand")),
    SearchIndex("customer", ("name", "key", "phone", "email")),
)

STORE_INDEXES: tuple[Index | SearchIndex, ...] = (
    Index("order_sale", "order", "sale", unique_local=True),  # a repeated request finds its order here
    Index("order_at", "order", "at"),
    Index("order_hash", "order", "hash"),  # which document of the journal the next one names
    Index("order_number", "order", "number", order="at"),
    Index("event_about", "event", "about"),
    Index("order_returns", "order", "returns", multi=True),  # what gives something of a receipt back
    Index("order_cart", "order", "cart"),
    Index("order_customer", "order", "customer", order="at"),
    Index("cart_parked_at", "cart", "parked_at"),
    Index("task_kind", "task", "kind"),
    Index("incident_kind", "incident", "kind"),
    Index("order_shift", "order", "shift"),
    Index("order_date", "order", "business_date", order="at"),  # what reports sum
    Index("cash_date", "cash", "business_date"),
    Index("event_date", "event", "business_date"),
    Index("shift_date", "shift", "business_date"),
    Index("zreport_date", "zreport", "business_date", order="at"),
    Index("booking_date", "booking", "business_date"),
    Index("shift_request", "shift", "request", unique_local=True),
    Index("shift_at", "shift", "at"),
    Index("cash_request", "cash", "request", unique_local=True),
    Index("cash_shift", "cash", "shift"),
    Index("event_request", "event", "request", unique_local=True),
    Index("event_shift", "event", "shift"),
    Index("zreport_request", "zreport", "request", unique_local=True),
    Index("zreport_shift", "zreport", "shift"),
    Index("zreport_at", "zreport", "at"),
    *ERASURES,
    Index("zreport_hash", "zreport", "hash"),
    Index("resolution_request", "resolution", "request", unique_local=True),
    Index("resolution_about", "resolution", "about", order="at"),
)


def indexes_for(name: str) -> Sequence[Index | SearchIndex]:
    """The indexes of the database `name`; none for a database that isn't the shop's."""
    if name == COMPANY:
        return COMPANY_INDEXES
    if name.startswith(STORE_PREFIX):
        return STORE_INDEXES
    return ()
