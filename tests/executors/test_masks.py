"""Secrets are found wherever the chunks end."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.executors.masks import MASK, Masker

#: few letters, so that secrets overlap and begin within each other
LETTERS = st.binary(max_size=8).map(lambda x: bytes(97 + byte % 3 for byte in x))
SECRETS = st.lists(LETTERS, max_size=4)
CHUNKS = st.lists(LETTERS, max_size=12)


def masked(chunks: list[bytes], secrets: list[bytes]) -> bytes:
    masker = Masker(secrets)
    return b"".join([*(masker.feed(chunk) for chunk in chunks), masker.end()])


def plainly(data: bytes, secrets: list[bytes]) -> bytes:
    """One look at the whole, place by place."""
    longest = sorted(filter(None, secrets), key=len, reverse=True)
    out, place = b"", 0
    while place < len(data):
        found = [secret for secret in longest if data.startswith(secret, place)]
        out += MASK if found else data[place : place + 1]
        place += len(found[0]) if found else 1
    return out


@given(chunks=CHUNKS, secrets=SECRETS)
def test_chunks_are_masked_as_the_whole_is(
    chunks: list[bytes], secrets: list[bytes]
) -> None:
    assert masked(chunks, secrets) == plainly(b"".join(chunks), secrets)


@given(data=st.binary(max_size=60), secret=st.binary(min_size=1, max_size=20))
def test_a_secret_byte_by_byte_is_never_let_through(data: bytes, secret: bytes) -> None:
    whole = data + secret + data
    shown = masked([bytes([byte]) for byte in whole], [secret])
    assert shown == re.sub(re.escape(secret), MASK, whole)


def test_what_may_begin_a_secret_waits_and_nothing_else() -> None:
    masker = Masker([b"hunter2"])
    assert masker.feed(b"password: hunt") == b"password: "
    assert masker.feed(b"ing is over, hunter") == b"hunting is over, "
    assert masker.feed(b"2!") == b"***!"
    assert masker.end() == b""


def test_an_empty_secret_masks_nothing() -> None:
    assert masked([b"abc"], [b""]) == b"abc"


def test_the_end_shows_what_was_no_secret_after_all() -> None:
    masker = Masker([b"abcd", b"b"])
    assert masker.feed(b"xab") == b"x"
    assert masker.end() == b"a***"
