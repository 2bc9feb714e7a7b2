"""The code that makes a machine a terminal: what head office shows once, and a person types, pastes or scans.

    0A3FG-…      groups of five: four digits of Crockford's base 32 (no I, L, O, U), and one that checks them

The digits are bytes: the version and flags, the length, a secret of 80 bits, 16 bytes of the fingerprint of the
company's own certificate authority where there is one, the central's address and the terminal's name, and 24 bits of
SHA-256 over all of it. Addresses are written with 48 characters mostly: so packed they take two thirds of the digits.

The secret opens two accounts at the central, by a password derived from it for each: the terminal's own, until the new
machine has set another one; and one that may read nothing but its own document, and so learns what became of the code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from app.node.config import NodeError, split_central, store_of
from app.shop.reason import Reason, say

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET_BYTES = 10
FINGERPRINT_BYTES = 16
CHECK_BYTES = 3
GROUP = 5

VERSION = 1
_TLS, _FINGERPRINT, _RAW = 1, 2, 4
#: What addresses and names are made of; whatever else is in one, all of it goes as UTF-8.
_TEXT = "abcdefghijklmnopqrstuvwxyz0123456789-.:/ _~%[]+@"
_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_WEIGHTS = (1, 3, 5, 7)


class CodeError(NodeError):
    """This is no code, or one that was mistyped; `group` counts from 1, 0 where it is none in particular."""

    def __init__(self, reason: Reason, group: int = 0) -> None:
        super().__init__(reason)
        self.group = group


@dataclass(frozen=True)
class Code:
    """What a code says. `central` holds neither name nor password; `fingerprint` is b"" while there is none."""

    central: str
    terminal: str
    store: str
    secret: bytes = field(repr=False)
    fingerprint: bytes = b""

    @property
    def enrolment(self) -> str:
        """What this enrolment is called, in documents too: eight hex digits that tell nothing of the secret."""
        return self._derived("enrolment")[:8]

    @property
    def password(self) -> str:
        """The one-time password of the terminal's account."""
        return self._derived("terminal")

    @property
    def ticket(self) -> tuple[str, str]:
        """Name and password of the account that only knows what became of this code."""
        return ticket_name(self.terminal, self.enrolment), self._derived("ticket")

    def _derived(self, purpose: str) -> str:
        return hmac.digest(self.secret, f"couchtill {purpose} {self.terminal}".encode(), "sha256").hex()[:40]


def ticket_name(terminal: str, enrolment: str) -> str:
    """The account of a code: `s1-t1.3f9a0c12`."""
    return f"{terminal}.{enrolment}"


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


# -- to text ---------------------------------------------------------------------------------------------------------


def encode(code: Code) -> str:
    """The code as it is shown, groups of five with dashes between them: capitals, so that a QR code of it is small."""
    tls = code.central.startswith("https://")
    text = f"{code.central.partition('://')[2]} {code.terminal}"
    if not _is_store_of(code.store, code.terminal):
        text += f" {code.store}"
    packed = _pack(text)
    flags = (_TLS if tls else 0) | (_FINGERPRINT if code.fingerprint else 0) | (_RAW if packed is None else 0)
    rest = code.secret + code.fingerprint + (text.encode() if packed is None else packed)
    body = bytes([VERSION << 4 | flags, len(rest)]) + rest
    digits = _digits(body + hashlib.sha256(body).digest()[:CHECK_BYTES])
    groups = [digits[at : at + GROUP - 1] for at in range(0, len(digits), GROUP - 1)]
    return "-".join(group + _check(index, group) for index, group in enumerate(groups))


def _is_store_of(store: str, terminal: str) -> bool:
    try:
        return store_of(terminal) == store
    except NodeError:
        return False


def _pack(text: str) -> bytes | None:
    """The text as one number to the base of 48, a 1 before it; None where a character is none of them."""
    number = 1
    for character in text:
        digit = _TEXT.find(character)
        if digit < 0:
            return None
        number = number * len(_TEXT) + digit
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _unpack(packed: bytes) -> str:
    number, characters = int.from_bytes(packed, "big"), []
    while number > 1:
        number, digit = divmod(number, len(_TEXT))
        characters.append(_TEXT[digit])
    return "".join(reversed(characters))


def _digits(body: bytes) -> str:
    """Base 32, with zeros up to whole groups."""
    count = -(-len(body) * 8 // 5)
    count += -count % (GROUP - 1)
    number = int.from_bytes(body, "big") << (count * 5 - len(body) * 8)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(count - 1, -1, -1))


def _check(index: int, group: str) -> str:
    """One digit that is another one after any single mistake in its group, and after most swaps."""
    total = sum(weight * ALPHABET.index(digit) for weight, digit in zip(_WEIGHTS, group, strict=True))
    return ALPHABET[(total + 11 * index + 7) % 32]


# -- from text -------------------------------------------------------------------------------------------------------


def decode(text: str) -> Code:
    """What a person typed, with any spaces and dashes, in any case, I, L and O as 1, 1 and 0. CodeError in words."""
    typed = re.sub(r"[\s\-_.‐-―]+", "", text).upper().translate(_LOOKS_LIKE)
    if not typed:
        raise CodeError(say("The code is missing."))
    if len(typed) < 2 * GROUP:
        raise CodeError(say("This is no code of a till: it has groups of five letters and digits, from head office."))
    groups = [typed[at : at + GROUP] for at in range(0, len(typed), GROUP)]
    for index, group in enumerate(groups):
        right = all(digit in ALPHABET for digit in group)
        if len(group) == GROUP and right and _check(index, group[:-1]) == group[-1]:
            continue
        if len(group) < GROUP and right:
            raise CodeError(say("The last group is not whole: each has five."), index + 1)
        raise CodeError(say("Group %(number)s is mistyped: look at it again.", number=index + 1), index + 1)
    number = 0
    for group in groups:
        for digit in group[:-1]:
            number = number << 5 | ALPHABET.index(digit)
    bits = len(groups) * (GROUP - 1) * 5
    return _read((number << -bits % 8).to_bytes(-(-bits // 8), "big"), len(groups))


def _read(data: bytes, groups: int) -> Code:
    if data[0] >> 4 != VERSION:
        raise CodeError(say("This code is for a newer CouchTill, or is none of ours."))
    length = 2 + data[1]
    expected = len(_digits(bytes(length + CHECK_BYTES))) // (GROUP - 1)
    if groups != expected:
        raise CodeError(
            say("The code is not whole: %(there)s of %(all)s groups are there.", there=groups, all=expected)
            if groups < expected
            else say("The code has %(all)s groups; %(there)s are there.", there=groups, all=expected)
        )
    body, check = data[:length], data[length : length + CHECK_BYTES]
    if hashlib.sha256(body).digest()[:CHECK_BYTES] != check:
        raise CodeError(say("The code is mistyped: compare it with the one that head office shows."))
    flags, rest = body[0] & 15, body[2:]
    secret, rest = rest[:SECRET_BYTES], rest[SECRET_BYTES:]
    fingerprint, rest = (rest[:FINGERPRINT_BYTES], rest[FINGERPRINT_BYTES:]) if flags & _FINGERPRINT else (b"", rest)
    words = (rest.decode() if flags & _RAW else _unpack(rest)).split(" ")
    central = ("https://" if flags & _TLS else "http://") + words[0]
    split_central(central)
    terminal = words[1]
    return Code(central, terminal, words[2] if len(words) > 2 else store_of(terminal), secret, fingerprint)
