"""Signatures and tokens of webhooks."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from bot.core import hooks

#: GitHub's own example, from its page on validating deliveries
SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

SECRETS = st.text(min_size=1)


def sign(secret: str, body: bytes) -> str:
    """As GitHub does."""
    key = secret.encode("utf-8", "surrogateescape")
    return f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"


def test_the_example_of_github_is_right() -> None:
    assert hooks.is_signed(SECRET, BODY, SIGNATURE)
    assert hooks.is_signed(SECRET, BODY, SIGNATURE[:7] + SIGNATURE[7:].upper())


def test_without_a_secret_nothing_is_signed() -> None:
    assert not hooks.is_signed("", BODY, sign("", BODY))


@given(SECRETS, st.binary(max_size=200))
def test_what_was_signed_is_taken(secret: str, body: bytes) -> None:
    assert hooks.is_signed(secret, body, sign(secret, body))


@given(SECRETS, SECRETS, st.binary(max_size=50), st.binary(max_size=50))
def test_another_secret_or_body_is_not(
    secret: str, other: str, body: bytes, tampered: bytes
) -> None:
    is_same = (
        secret.encode("utf-8", "surrogateescape").rstrip(b"\0")
        == other.encode("utf-8", "surrogateescape").rstrip(b"\0")
        and body == tampered
    )
    assert hooks.is_signed(other, tampered, sign(secret, body)) is is_same


@given(st.text() | st.from_regex(r"sha(1|256)=[0-9a-f]{0,70}", fullmatch=True))
def test_no_header_of_any_kind_opens_or_breaks_it(header: str) -> None:
    assert not hooks.is_signed(SECRET, BODY + b"x", header)


@given(st.integers(7, len(SIGNATURE) - 1), st.characters())
def test_every_digit_counts(at: int, digit: str) -> None:
    changed = SIGNATURE[:at] + digit + SIGNATURE[at + 1 :]
    assert hooks.is_signed(SECRET, BODY, changed) is (
        digit.lower() == SIGNATURE[at] and digit.isascii()
    )


@given(st.text(), st.text())
def test_tokens_are_the_same_or_not(given_token: str, wanted: str) -> None:
    is_same = bool(wanted) and given_token == wanted
    assert hooks.is_same(given_token, wanted) is is_same
    assert hooks.is_same(wanted, wanted) is bool(wanted)


def test_an_address_hangs_on_the_key_and_on_the_uuid() -> None:
    token = hooks.address_token("key", "uuid")
    assert len(token) == 32
    assert token == hooks.address_token("key", "uuid")
    assert token != hooks.address_token("key", "other")
    assert token != hooks.address_token("other", "uuid")


def test_only_a_plain_delivery_is_written_down() -> None:
    plain = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert hooks.delivery_shown(plain) == plain
    assert hooks.delivery_shown("@everyone") == ""
    assert hooks.delivery_shown("a" * 65) == ""
