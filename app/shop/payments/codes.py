"""The codes of gift cards: how ours are made, how any is read, and the hash that stands for one in documents.

A code of ours is sixteen characters of Crockford's base 32: `G`, fourteen that nobody can guess (70 bits), and one that
shows a slip of the finger. Cards printed elsewhere have codes of their own. No document holds a code: whoever can read
the database must not be able to spend what is on the cards.
"""

from __future__ import annotations

import hashlib
import hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
SHORTEST = 6
MARK = "G"
#: Rounds of SHA-256: a printed card may have few digits, and trying them all must take long.
ROUNDS = 20_000
SALT = b"couchtill giftcard 1"
HINT = 4

_LOOKALIKES = str.maketrans("OIL", "011")


def normal(code: str) -> str:
    """A code as it is compared: capitals, no blanks or hyphens; one of ours with its O, I and L read as 0 and 1."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    return plain.translate(_LOOKALIKES) if len(plain) == LENGTH and plain.startswith(MARK) else plain


def check_character(body: str) -> str:
    """Luhn's sum over base 32: any one wrong character, and nearly any two exchanged, change it."""
    total = 0
    for place, character in enumerate(reversed(body)):
        value = ALPHABET.index(character) * (1 if place % 2 else 2)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def is_ours(code: str) -> bool:
    """Whether a normal code has the form of ours."""
    return len(code) == LENGTH and code.startswith(MARK) and all(c in ALPHABET for c in code)


def mistyped(code: str) -> bool:
    """Whether a normal code looks like one of ours and its last character says that another is wrong."""
    return is_ours(code) and check_character(code[:-1]) != code[-1]


def mint(secret: bytes, sale: str, line: str) -> str:
    """The code of the card sold in this line: a retry of the same sale gets the same one."""
    digest = hmac.new(secret, f"{sale}\n{line}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest, "big")
    body = MARK
    for _ in range(LENGTH - 2):
        number, digit = divmod(number, 32)
        body += ALPHABET[digit]
    return body + check_character(body)


def hash_of(code: str) -> str:
    """What documents call the card: 64 hex digits, from SHA-256 over many rounds."""
    return hashlib.pbkdf2_hmac("sha256", normal(code).encode(), SALT, ROUNDS).hex()


def hint_of(code: str) -> str:
    """The last four characters, for a receipt."""
    return normal(code)[-HINT:]


def shown(code: str) -> str:
    """A code in groups of four, as it is printed."""
    plain = normal(code)
    return "-".join(plain[i : i + 4] for i in range(0, len(plain), 4)) if is_ours(plain) else code
