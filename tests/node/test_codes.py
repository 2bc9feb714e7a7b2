"""The code that makes a machine a terminal: what it says, how it is typed, and how a slip is told."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.node.codes import ALPHABET, Code, CodeError, decode, encode, new_secret

CODE = Code("https://central.example:6984", "s1-t1", "s1", bytes(range(10)))

HOST = r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,6})?(:[1-9][0-9]{0,3})?(/[A-Za-z0-9._~-]{1,9})?"
hosts = st.from_regex(HOST, fullmatch=True)


@given(
    hosts,
    st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True),
    st.integers(1, 9999),
    st.binary(min_size=10, max_size=10),
    st.sampled_from([b"", bytes(16), b"\xff" * 16]),
    st.booleans(),
)
def test_any_code_says_what_it_was_made_of(host, store, number, secret, fingerprint, tls) -> None:
    code = Code(f"{'https' if tls else 'http'}://{host}", f"{store}-t{number}", store, secret, fingerprint)

    assert decode(encode(code)) == code


def test_a_terminal_whose_name_tells_no_store_keeps_its_store() -> None:
    code = Code("http://127.0.0.1:5984", "kiosk", "fair", new_secret())

    assert decode(encode(code)) == code


def test_it_is_typed_in_any_case_with_any_dashes_and_the_letters_that_look_like_digits() -> None:
    text = encode(CODE)

    assert decode(text.lower().replace("-", " ")) == CODE
    assert decode(text.replace("-", "")) == CODE
    assert decode(text.replace("1", "I").replace("0", "o").replace("-", " – ")) == CODE
    assert len(text.split("-")) <= 15


@given(st.data())
def test_any_single_slip_is_told_with_its_group(data) -> None:
    digits = encode(CODE).replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([digit for digit in ALPHABET if digit != digits[at]]))

    with pytest.raises(CodeError) as told:
        decode(digits[:at] + other + digits[at + 1 :])
    assert told.value.group == at // 5 + 1


def test_no_two_neighbours_change_places_unseen() -> None:
    digits = encode(CODE).replace("-", "")
    for at in range(len(digits) - 1):
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        if swapped != digits:
            with pytest.raises(CodeError):
                decode(swapped)


def test_a_code_that_is_right_in_each_group_and_wrong_in_all_is_refused() -> None:
    groups = encode(CODE).split("-")
    others = encode(Code(CODE.central, CODE.terminal, CODE.store, bytes(reversed(range(10))))).split("-")
    mixed = [random.Random(at).choice(pair) for at, pair in enumerate(zip(groups, others, strict=True))]
    assert mixed not in (groups, others)

    with pytest.raises(CodeError, match="compare it"):
        decode("-".join(mixed))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The code is missing."),
        ("hello", "no code of a till"),
        (encode(CODE)[:-6], "not whole: 13 of 14 groups are there|not whole"),
        (encode(CODE)[:-1], "The last group is not whole"),
        (encode(CODE) + "-" + encode(CODE)[:5], "is mistyped"),
        ("UUUUU-UUUUU-UUUUU", "Group 1 is mistyped"),
        ("ñandú " * 5, "Group 1 is mistyped"),
    ],
)
def test_what_is_no_code_is_told_in_words(text: str, words: str) -> None:
    with pytest.raises(CodeError, match=words):
        decode(text)


def test_a_code_tells_no_secret_when_it_is_printed_and_each_account_has_a_password_of_its_own() -> None:
    assert CODE.secret.hex() not in repr(CODE) and str(CODE.secret) not in repr(CODE)
    assert len({CODE.password, CODE.ticket[1], CODE.enrolment}) == 3
    assert CODE.ticket[0] == f"s1-t1.{CODE.enrolment}"
    assert CODE.password != Code(CODE.central, "s1-t2", "s1", CODE.secret).password
