"""PINs and badges: which ones may be set, and what of them stands in a document.

A PIN of four digits has ten thousand values; no hash keeps it from whoever has the database and a computer. So its hash
is of the PIN *and* of a secret, the pepper, that the tills of a store share outside every database. Without it the
documents tell nothing; with it one still has to guess at a till, which locks.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from itertools import pairwise
from typing import Any, Protocol

from app.shop.reason import say
from app.shop.sale import SaleError

#: scrypt's cost: 16 MB and some 40 ms for each guess.
N, R, P = 2**14, 8, 1
_MEMORY = 128 * 2**16 * 8 + 2**20
SALT_BYTES = 16

LEAST, LEAST_LENDING, MOST = 4, 6, 12
BADGE_LEAST, BADGE_MOST = 6, 64

#: Of a code that head office gives out: 40 bits, so that its hash, which every till has, is guessed by nobody in time.
CODE_DIGITS = 12
_CODE = "couchtill one-time code"  # in the place of a pepper: a PIN's hash is never a code's

LACKS_KEY = say(
    "This till lacks the key of the PINs. On a till where they work, run “couchtill staff key --data DIR”; on this "
    "one “couchtill staff key --data DIR --set KEY” with what it printed."
)


class Peppers(Protocol):
    """Where a till keeps the secret of its store's PINs."""

    def known(self) -> tuple[str, ...]:
        """Every one that is known here; new PINs take the first. Empty before the first PIN."""

    def mint(self) -> str:
        """Makes the first one, and keeps it."""


class MemoryPeppers:
    """For a till that lives no longer than its process."""

    def __init__(self, *keys: str) -> None:
        self._keys = keys

    def known(self) -> tuple[str, ...]:
        return self._keys

    def mint(self) -> str:
        self._keys = (new_key(),)
        return self._keys[0]


def new_key() -> str:
    """A new pepper: 256 random bits in hex."""
    return secrets.token_hex(32)


def key_id(key: str) -> str:
    """What a document calls this pepper: the first 8 hex digits of its SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def key_of(kept: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The pepper that a PIN or a badge was hashed with. Raises SaleError 409 in words when it isn't here."""
    for key in keys:
        if key_id(key) == kept["pepper"]:
            return key
    raise SaleError(409, "pin_key_missing", LACKS_KEY, "pin", {"pepper": kept["pepper"]})


# -- PINs ------------------------------------------------------------------------------------------------------------


def allowed(pin: Any, *, lending: bool) -> str:
    """A PIN that may be set; `lending` for those who lend rights to others. Raises SaleError 400 in words."""
    least = LEAST_LENDING if lending else LEAST
    if not isinstance(pin, str) or not pin.isascii() or not pin.isdigit():
        raise _refused(say("A PIN is made of digits."))
    if len(pin) < least:
        if lending:
            raise _refused(say("Supervisors and managers need %(num)s digits at least.", num=least))
        raise _refused(say("A PIN needs %(num)s digits at least.", num=least))
    if len(pin) > MOST:
        raise _refused(say("A PIN has %(num)s digits at most.", num=MOST))
    if trivial(pin):
        raise _refused(say("This PIN is guessed at once: no digit or pattern repeated, no digits in a row."))
    return pin


def trivial(pin: str) -> bool:
    """Whether a PIN is among the first that anybody tries: 0000, 1212, 123123, 1122, 1234, 9876, 7890."""
    digits = [int(digit) for digit in pin]
    repeated = any(pin == pin[:size] * (len(pin) // size) for size in range(1, len(pin) // 2 + 1))
    steps = {(b - a) % 10 for a, b in pairwise(digits)}
    doubled = [int(digit) for digit in pin[::2]] if pin[::2] == pin[1::2] else []
    paired = {(b - a) % 10 for a, b in pairwise(doubled)}
    return repeated or (len(steps) == 1 and steps <= {0, 1, 9}) or (len(paired) == 1 and paired <= {0, 1, 9})


def hashed(pin: str, key: str) -> dict[str, Any]:
    """What stands in a document: `{"salt", "hash", "n", "r", "p", "pepper"}`."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _scrypt(pin, key, salt, N, R, P)
    return {"salt": salt.hex(), "hash": digest.hex(), "n": N, "r": R, "p": P, "pepper": key_id(key)}


def holds(pin: str, kept: dict[str, Any], key: str) -> bool:
    """Whether this is the PIN, compared in constant time. A hash that another program made wrong is nobody's."""
    try:
        found = _scrypt(pin, key, bytes.fromhex(kept["salt"]), kept["n"], kept["r"], kept["p"])
    except (ValueError, MemoryError):
        return False
    return hmac.compare_digest(found.hex(), kept["hash"])


def pretend(pin: str) -> None:
    """Takes the time of a check, for a person who isn't there."""
    _scrypt(pin, "", b"\0" * SALT_BYTES, N, R, P)


def _scrypt(pin: str, key: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    peppered = hmac.digest(key.encode(), pin.encode("utf-8", "surrogatepass"), "sha256")
    return hashlib.scrypt(peppered, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


# -- codes of head office --------------------------------------------------------------------------------------------


def new_code() -> str:
    """A code that head office gives out once: random digits, as a PIN is keyed."""
    return "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))


def code_hashed(code: str, until: str) -> dict[str, Any]:
    """What stands in a document: `{"salt", "hash", "n", "r", "p", "until"}`."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _scrypt(code, _CODE, salt, N, R, P)
    return {"salt": salt.hex(), "hash": digest.hex(), "n": N, "r": R, "p": P, "until": until}


def code_holds(code: str, kept: dict[str, Any]) -> bool:
    """Whether this is the code. What another program made wrong is nobody's."""
    return len(code) == CODE_DIGITS and holds(code, kept, _CODE)


# -- badges ----------------------------------------------------------------------------------------------------------


def badge_allowed(code: Any) -> str:
    """A badge's code that may be set. Raises SaleError 400 in words."""
    if not isinstance(code, str) or not code.isascii() or not code.isprintable() or " " in code:
        raise SaleError(400, "invalid", say("A badge’s code is letters and digits, as a scanner reads them."), "badge")
    if not BADGE_LEAST <= len(code) <= BADGE_MOST:
        reason = say("A badge’s code has %(least)s to %(most)s characters.", least=BADGE_LEAST, most=BADGE_MOST)
        raise SaleError(400, "invalid", reason, "badge")
    return code


def badge_hashed(code: str, key: str) -> dict[str, Any]:
    """What stands in a document: `{"hash", "pepper"}`."""
    digest = hmac.digest(key.encode(), f"badge:{code}".encode("utf-8", "surrogatepass"), "sha256").hex()
    return {"hash": digest, "pepper": key_id(key)}


def _refused(reason: str) -> SaleError:
    return SaleError(400, "weak_pin", reason, "pin")
