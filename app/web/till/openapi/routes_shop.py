"""The routes of the catalogue, of prices, sales, receipts, refunds, carts and customers."""

from __future__ import annotations

from app.shop.schemas.customer import Customer
from app.shop.schemas.order import Order
from app.shop.schemas.payment import CardRequest
from app.shop.schemas.price import PriceRequest
from app.shop.schemas.refund import RefundRequest
from app.shop.schemas.sale import SaleRequest
from app.web.till.openapi import requests
from app.web.till.openapi.route import Route, made, rows

PAGED = {"limit": "How many, 200 at most.", "before": "The id of the last row of the page before."}
KNOWN_AS_OF = {"known_as_of": (str, None), "online": bool}
SEEN = (dict, None)
COFFEE = {"id": "l1", "product": None, "name": "Coffee", "price": {"amount": 250, "per": 1000}, "quantity": 1000}
CART_LINE = {"product": "product:4000001", "name": "Espresso", "quantity": 2000}

CATALOGUE = "Catalogue and prices"
SELLING = "Selling"
RECEIPTS = "Receipts and refunds"
CARTS = "Carts and customers"

ROUTES = (
    Route("GET", "/api/products", CATALOGUE, "A page of the catalogue",
        query={"q": "Beginnings of words of the name.", "category": "The id of a category.",
            "limit": "How many, 200 at most.", "after": "The id of the last row of the page before."},
        answers=rows(next=(str, None))),
    Route("GET", "/api/products/{id}", CATALOGUE, "One product", answers={200: ("The product.", dict)},
        problems=("not_found",)),
    Route("GET", "/api/products/{id}/variants", CATALOGUE, "The variants of a product",
        answers=rows(product=(dict, None)), problems=("not_found",)),
    Route("PUT", "/api/products/{id}/price", CATALOGUE, "Change a product's price", rights=("catalogue",),
        request=requests.NewPrice,
        about="Names the revision that was seen. When somebody else was faster nothing is written, and `current` is "
            "the product as it is now.",
        answers={200: ("The product.", dict)}, problems=("not_found", "conflict", "needs_approval"),
        example={"rev": "2-0f3c", "price": {"amount": 1290, "per": 1000}}),
    Route("GET", "/api/barcode/{code}", CATALOGUE, "What a code means",
        about="One product or several to choose from. A code with a weight or a price in it says so by `quantity` "
            "(thousandths), `line_price` and `embedded`.",
        answers=rows(), problems=("not_found", "bad_check_digit")),
    Route("GET", "/api/categories", CATALOGUE, "The categories, with how many products each has", answers=rows()),
    Route("GET", "/api/pictures/{id}", CATALOGUE, "A product's picture", content="image/*",
        answers={200: ("The picture.", str)}, problems=("not_found",)),
    Route("GET", "/api/catalogue", CATALOGUE, "A page of the catalogue's copy",
        about="For a program that searches by itself while the terminal is away: products with all their codes.",
        query={"limit": "How many, 500 at most.", "after": "The id of the last row of the page before."},
        answers=rows(next=(str, None))),
    Route("GET", "/api/pricebook", CATALOGUE, "The store's price book at this moment",
        about="Lists, promotions and taxes that hold here, as the page's own pricing reads them.",
        answers={200: ("The book.", dict)}),
    Route("POST", "/api/price", CATALOGUE, "What a cart would come to", request=PriceRequest,
        about="Nothing is sold and nothing is written.",
        answers={200: ("The priced cart.", dict)}, example={"cart": {"lines": [COFFEE]}}),
    Route("POST", "/api/sales", SELLING, "Make a sale", rights=("sell",), request=SaleRequest,
        about="One durable write: when it answers, the receipt is on disk. Send the same `sale` id again after any "
            "doubt; there is never a second receipt. With `Prefer: paper` the receipt comes along, as HTML.",
        answers=made("order", Order, codes=[dict], paper=str, seen=SEEN),
        problems=("needs_approval", "no_shift", "shift_closed", "store_closed", "total_differs", "age_check",
            "not_enough", "card_sold", "central_not_seen", "insufficient_storage"),
        example={"sale": "my-first-sale-0001", "lines": [COFFEE], "tenders": [{"kind": "cash", "amount": 300}]}),
    Route("GET", "/api/sales/{sale}", SELLING, "Whether a sale was made",
        about="By the `sale` id that was sent, as long as its receipt is here: for a program that was cut off between "
            "sending and the answer. Nothing found may still be on its way: send the sale again under the same id.",
        answers={200: ("It was sold.", {"order": Order, "repeated": bool, "codes": [dict],
            "paper": str, "seen": SEEN})},
        problems=("not_found",)),
    Route("GET", "/api/tenders", SELLING, "How a sale can be paid here",
        answers={200: ("Kinds of payment, foreign cash with its rates, rounding of cash.", {
            "kinds": [str], "card": str, "tips": bool, "cash_rounding": (dict, None), "foreign": [dict],
            "notes": [int], "currency": str, "digits": int})}),
    Route("GET", "/api/balances/giftcard", SELLING, "What is on a gift card", query={"code!": "Its code."},
        about="Codes that are not known here are counted as wrong PINs are: after some, it is time to wait.",
        answers={200: ("The balance.", dict)}, problems=("too_many_codes",)),
    Route("GET", "/api/balances/customer/{id}", SELLING, "Store credit and account of a customer",
        answers={200: ("The balances.", dict)}, problems=("not_found",)),
    Route("GET", "/api/card", SELLING, "Payments at the card terminal without a sale",
        about="Approved, or unanswered, and part of no sale: a window lost its cart. They can be reversed, or noted.",
        answers=rows()),
    Route("POST", "/api/card", SELLING, "Ask the card terminal", rights=("sell",), request=CardRequest,
        answers={200: ("The payment's state.", dict)}, problems=("another_amount", "not_reversed", "not_found"),
        example={"request": "pay-0000001", "action": "pay", "amount": 1290}),
    Route("GET", "/api/receipts", RECEIPTS, "Receipts of the store, the newest first",
        query={"number": "Receipt number.", "barcode": "The code on the receipt.", "date": "Business date, 2026-11-22.",
            "customer": "Customer’s id.", "product": "Product’s id or name.", "amount": "Total, like 12.90.",
            "q": "Words.", "kind": "sale or refund.", "terminal": "A till’s id.", "staff": "Who sold.", **PAGED},
        answers=rows(next=(str, None), until=(str, None), **KNOWN_AS_OF)),
    Route("GET", "/api/receipts/{id}", RECEIPTS, "The document of a receipt",
        answers={200: ("The order, as it was written.", Order)}, problems=("not_found",)),
    Route("POST", "/api/receipts/{id}/print", RECEIPTS, "Print a receipt", rights=("reprint",),
        request=requests.PrintReceipt, answers={200: ("What was printed, and how.", {"copy": int, "gift": bool,
            "url": str})}, problems=("not_found", "unreadable", "needs_approval"),
        example={"request": "print-000001", "copy": True, "gift": False}),
    Route("GET", "/api/prints", RECEIPTS, "What waits for the printer", answers={200: ("The queue.", dict)}),
    Route("POST", "/api/prints", RECEIPTS, "Try to print what waits", request=requests.Approved,
        answers={200: ("The queue afterwards.", dict)}, example={}),
    Route("DELETE", "/api/prints/{id}", RECEIPTS, "Don’t print it any more",
        answers={200: ("The queue afterwards.", dict)}),
    Route("GET", "/api/refunds/{id}", RECEIPTS, "What of a receipt can still be returned",
        answers={200: ("Lines with what is left of them, and the most that each way of paying may give back.", dict)},
        problems=("no_receipt", "not_a_sale", "unreadable")),
    Route("POST", "/api/refunds/quote", RECEIPTS, "What a refund would give", request=RefundRequest,
        about="Nothing is written.", answers={200: ("The figures.", dict)},
        problems=("no_receipt", "not_a_sale", "returned_already", "over_cap"),
        example={"sale": "my-refund-0001", "order": "order:s1-t1.k7:00000042:0123456789"}),
    Route("POST", "/api/refunds", RECEIPTS, "Refund a receipt, or a part of it", rights=("refund",),
        request=RefundRequest, answers=made("order", Order, seen=SEEN),
        problems=("no_receipt", "not_a_sale", "returned_already", "over_cap", "needs_approval", "total_differs",
            "no_shift", "shift_closed", "store_closed"),
        example={"sale": "my-refund-0001", "order": "order:s1-t1.k7:00000042:0123456789",
            "lines": [{"line": "l1", "quantity": 1000, "restock": "restock"}]}),
    Route("GET", "/api/carts", CARTS, "The parked carts of the store", answers=rows()),
    Route("GET", "/api/carts/{id}", CARTS, "One parked cart", answers={200: ("The cart.", dict)},
        problems=("not_found",)),
    Route("POST", "/api/carts", CARTS, "Park a cart", rights=("sell",), request=requests.ParkCart,
        answers=made("cart", dict), problems=("gone",),
        example={"request": "park-0000001", "name": "Table 4", "lines": {"l1": CART_LINE}}),
    Route("PUT", "/api/carts/{id}", CARTS, "Change a parked cart", rights=("sell",), request=requests.ChangeCart,
        about="Edits of two tills are joined by line id; `joined` says that this happened.",
        answers={200: ("The cart.", {"cart": dict, "joined": bool})}, problems=("gone", "held", "changed"),
        example={"rev": "2-0f3c", "lines": {"l1": CART_LINE}, "window": "w-1", "release": True}),
    Route("POST", "/api/carts/{id}/take", CARTS, "Take up a parked cart", rights=("sell",), request=requests.TakeCart,
        answers={200: ("The cart, now held by this window.", {"cart": dict})}, problems=("gone", "held"),
        example={"window": "w-1"}),
    Route("DELETE", "/api/carts/{id}", CARTS, "Delete a parked cart", rights=("void",), request=requests.DeleteCart,
        query={"rev": "The revision that was seen."},
        answers={200: ("It is gone.", dict)}, problems=("gone", "changed", "held", "needs_approval"),
        example={"rev": "2-0f3c"}),
    Route("GET", "/api/customers", CARTS, "Find customers",
        query={"q": "Beginnings of words.", "card": "The number of a customer’s card.", "limit": "How many."},
        answers=rows()),
    Route("GET", "/api/customers/{id}", CARTS, "One customer", answers={200: ("The customer.", dict)},
        problems=("not_found",)),
    Route("POST", "/api/customers", CARTS, "A new customer", rights=("customer_edit",), request=requests.NewCustomer,
        answers=made("customer", dict), example={"request": "customer-0001", "name": "Ada Lovelace"}),
    Route("PUT", "/api/customers/{id}", CARTS, "Change a customer", rights=("customer_edit",),
        request=requests.ChangedCustomer, answers={200: ("The customer.", {"customer": dict})},
        problems=("not_found", "changed"), example={"rev": "1-0f3c", "phone": "+49 30 123456"}),
)  # fmt: skip

#: Documents that answers hold, and their descriptions refer to.
DOCUMENTS = (Order, Customer)
