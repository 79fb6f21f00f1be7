"""What is new of an output, also where its middle is not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import cut_outputs
from bot.core.cut_outputs import mark, unread

CUT = b"head" + mark(90) + b"tail"
SIZE = 98


@pytest.mark.parametrize(
    ("at", "rest"),
    [
        (0, CUT),
        (1, b"ead" + mark(90) + b"tail"),
        (4, mark(90) + b"tail"),
        (54, mark(40) + b"tail"),
        (94, b"tail"),
        (96, b"il"),
        (98, b""),
        (120, b""),
    ],
)
def test_the_head_is_not_told_again(at: int, rest: bytes) -> None:
    assert unread(CUT, SIZE, at) == rest


def test_of_a_whole_output_the_rest_is_told() -> None:
    assert unread(b"all of it", 9, 4) == b"of it"
    assert unread(b"all of it", 9, 9) == b""
    assert unread(b"", 0, 0) == b""


def test_a_mark_that_the_run_has_printed_is_text() -> None:
    said = b"a" + mark(5) + b"b"
    assert unread(said, len(said), 1) == mark(5) + b"b"
    both = b"a" + mark(5) + b"b" + mark(70) + b"c"
    size = len(both) - len(mark(70)) + 70
    assert unread(both, size, 1) == mark(5) + b"b" + mark(70) + b"c"
    assert unread(both, size, size - 1) == b"c"


def test_what_is_gone_is_not_told() -> None:
    assert unread(b"", 9, 0) == b""
    assert unread(b"tail", 9, 6) == b"ail"
    assert unread(b"tail", 9, 2) == b""


@given(
    parts=st.lists(
        st.tuples(st.binary(min_size=1, max_size=9), st.integers(1, 99)), max_size=4
    ),
    last=st.binary(max_size=9),
    data=st.data(),
)
def test_every_byte_is_told_once(
    parts: list[tuple[bytes, int]], last: bytes, data: st.DataObject
) -> None:
    """Wherever somebody stopped reading: what follows is the same text, cut there."""
    whole: list[int | None] = []
    stored = b""
    for text, count in parts:
        stored += text + mark(count)
        whole += [*text, *[None] * count]
    stored, whole = stored + last, [*whole, *last]
    at = data.draw(st.integers(0, len(whole)))
    assert unread(stored, len(whole), at) == _written(whole[at:])


def _written(whole: list[int | None]) -> bytes:
    """Bytes, with marks for runs of what is not there."""
    out, gone = b"", 0
    for each in [*whole, 0]:
        if each is None:
            gone += 1
            continue
        if gone:
            out, gone = out + mark(gone), 0
        out += bytes([each])
    return out[:-1]


def test_a_mark_that_is_as_long_as_what_it_stands_for() -> None:
    assert unread(b"a" + mark(29) + b"b", 31, 20) == mark(10) + b"b"


def test_the_mark_is_readable() -> None:
    assert cut_outputs.mark(7) == b"\n[... 7 bytes left out ...]\n"
