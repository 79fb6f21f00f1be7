"""A file that is cut anywhere gives all whole pieces before the cut."""

from hypothesis import given
from hypothesis import strategies as st

from bot.executors import frames

PIECES = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.binary())
)


@given(pieces=PIECES, cut=st.integers(0, 500))
def test_a_cut_costs_no_whole_piece(pieces: list[frames.Frame], cut: int) -> None:
    packed = [frames.pack(*piece) for piece in pieces]
    stored = b"".join(packed)[:cut]
    kept = list(frames.unpack(stored))
    assert kept == pieces[: len(kept)]
    assert frames.length_of(stored) == sum(map(len, packed[: len(kept)]))
    following = packed[len(kept) : len(kept) + 1]
    assert not following or frames.length_of(stored) + len(following[0]) > len(stored)
