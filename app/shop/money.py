"""Money as integers: minor units, thousandths of a quantity, millionths of a rate. No float ever enters.

Every figure stays within ±(2⁵³−1), so that Python, JavaScript and Erlang read, add and hash the same number. What a
person may enter is bounded more tightly, so that no sum of a receipt can reach that edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MAX_INTEGER = 2**53 - 1
MAX_AMOUNT = 10**12 - 1  # minor units: 9,999,999,999.99 in a currency of two digits
MAX_QUANTITY = 10**10 - 1  # thousandths: 9,999,999.999 of anything on one line
MAX_PER = 10**10 - 1  # thousandths: a price may be for as much as a line may hold
WHOLE = 1000  # thousandths in one
MILLION = 1_000_000  # millionths in one


def divide(numerator: int, denominator: int) -> int:
    """The quotient rounded to the nearest integer, halves away from zero: 5/2 is 3, -5/2 is -3."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def line_amount(price: Mapping[str, int], quantity: int) -> int:
    """What `quantity` thousandths cost at `price`, `{"amount": minor units, "per": thousandths}`."""
    return divide(price["amount"] * quantity, price.get("per", WHOLE))


def allot(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` (none negative) by largest remainder; the parts add up to `total`.

    Equal remainders favour the earlier part. When all weights are zero the first part takes everything.
    """
    if not weights:
        if total:
            raise ValueError("nothing to allot to")
        return []
    if total < 0:
        return [-part for part in allot(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    shares = [divmod(total * weight, whole) for weight in weights]
    parts = [share for share, _ in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-shares[i][1], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def show(amount: int, digits: int = 2) -> str:
    """An amount as plain text for messages: 1234 with two digits is `12.34`. Pages format by locale instead."""
    sign = "-" if amount < 0 else ""
    if digits == 0:
        return f"{sign}{abs(amount)}"
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}d}"
