"""A sale, from the request to the order: what is in the cart and what it costs, who may do it, how it is paid, and the
one durable write.

`draft` prices the cart, `rights` says who must allow it, `tenders` reads the payments, `seller` writes the order.
"""
