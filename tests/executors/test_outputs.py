"""Head and tail are kept, with places and times; never more than the limit."""

import errno
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.executors import frames, outputs
from bot.executors.frames import OVERHEAD
from bot.executors.masks import Masker
from bot.executors.outputs import SEGMENTS, Output, Part

#: how much was written, and whether the disk was given it at once
WRITES = st.lists(st.tuples(st.integers(1, 700), st.booleans()), max_size=40)


def written(
    path: str, writes: Sequence[tuple[int, bool]], limit: int, *, step_us: int = 60_000
) -> tuple[Output, bytes]:
    """An output, and what it was in all: each byte tells its place."""
    output = Output(path, limit, Masker())
    whole = b""
    for number, (size, flushed) in enumerate(writes):
        data = bytes((len(whole) + n) % 251 for n in range(size))
        output.take(data, 1_000_000 + number * step_us)
        whole += data
        if flushed:
            output.flush()
    output.end(9_000_000)
    return output, whole


def on_disk(path: str) -> int:
    folder = Path(path).parent
    return sum(file.stat().st_size for file in folder.iterdir())


@given(writes=WRITES, limit=st.integers(0, 4000))
@settings(max_examples=200)
def test_head_and_tail_stay_and_the_limit_holds(
    writes: list[tuple[int, bool]], limit: int
) -> None:
    with TemporaryDirectory() as folder:
        path = f"{folder}/run"
        output, whole = written(path, writes, limit)
        pieces = outputs.stored(path)
        assert output.size == len(whole)
        assert output.error == ""
        assert on_disk(path) <= limit
        end = 0
        for offset, _, data in pieces:
            assert offset >= end, "pieces are in order and do not overlap"
            assert data == whole[offset : offset + len(data)]
            end = offset + len(data)
        gaps = [b[0] - a[0] - len(a[2]) for a, b in itertools.pairwise(pieces)]
        assert sum(1 for gap in gaps if gap) <= 1, "what is left out is one piece"
        cost = len(whole) + OVERHEAD * (len(writes) + SEGMENTS + 2)
        if cost <= limit - 2 * OVERHEAD * SEGMENTS:
            assert b"".join(data for _, _, data in pieces) == whole
        elif limit >= 1000:
            assert pieces[0][0] == 0
            assert end == len(whole), "the newest is there"


@given(sizes=st.lists(st.integers(1, 300), min_size=40, max_size=80))
@settings(max_examples=50)
def test_of_the_tail_three_quarters_are_always_there(sizes: list[int]) -> None:
    with TemporaryDirectory() as folder:
        limit = 8000
        path = f"{folder}/run"
        _, whole = written(path, [(size, True) for size in sizes], limit)
        pieces = outputs.stored(path)
        if len(whole) > 2 * limit:
            tail = [x for x in pieces if x[0] > limit]
            costs = sum(len(data) + OVERHEAD for _, _, data in tail)
            assert costs >= limit // 2 * 3 // 4 - SEGMENTS * OVERHEAD


def test_what_comes_at_about_the_same_time_is_one_piece(tmp_path: Path) -> None:
    path = str(tmp_path / "run")
    written(path, [(10, False)] * 10, 10_000, step_us=10_000)
    assert [(at, len(data)) for _, at, data in outputs.stored(path)] == [
        (1_000_000, 50),
        (1_050_000, 50),
    ]


def test_memory_is_bounded_while_nothing_is_flushed(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "run"), 100_000, Masker())
    for number in range(1000):
        output.take(bytes(10_000), number * 100_000)
        assert output.waiting_size <= 120_000
    assert output.size == 10_000_000


def test_output_goes_on_where_a_killed_supervisor_left_it(tmp_path: Path) -> None:
    path = str(tmp_path / "run")
    _, whole = written(path, [(300, True)] * 10, 4000)
    head = tmp_path / "run.head"
    with head.open("ab") as file:
        file.write(frames.pack(5, 5, bytes(100))[:-1])
    again = Output(path, 4000, Masker())
    again.resume()
    assert again.size == len(whole)
    again.take(b"more", 8_000_000)
    again.end(9_000_000)
    offset, at_us, data = outputs.stored(path)[-1]
    assert (offset, at_us, data) == (len(whole), 8_000_000, b"more")


def test_of_nothing_nothing_is_left(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "run"), 4000, Masker())
    output.resume()
    assert output.size == 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_full_disk_does_not_take_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "run")
    output = Output(path, 4000, Masker())
    output.take(b"before", 1)
    output.flush()

    def half(file: int, data: bytes) -> int:
        return os.pwrite(file, data[: len(data) // 2], os.fstat(file).st_size)

    with monkeypatch.context() as full:
        full.setattr(os, "write", half)
        output.take(b"lost", 2)
        output.flush()
    assert output.error == os.strerror(errno.ENOSPC)
    output.take(b"after", 3_000_000)
    output.end(4_000_000)
    assert [(x, data) for x, _, data in outputs.stored(path)] == [
        (0, b"before"),
        (10, b"after"),
    ]


def test_what_is_masked_counts_as_it_is_shown(tmp_path: Path) -> None:
    path = str(tmp_path / "run")
    output = Output(path, 4000, Masker([b"topsecret"]))
    output.take(b"a top", 1)
    output.take(b"secret b tops", 2)
    output.end(3)
    assert b"".join(data for _, _, data in outputs.stored(path)) == b"a *** b tops"
    assert output.size == len(b"a *** b tops")


def test_nothing_stays_of_what_is_removed(tmp_path: Path) -> None:
    path = str(tmp_path / "run")
    written(path, [(300, True)] * 30, 4000)
    assert len(list(tmp_path.iterdir())) == 1 + SEGMENTS
    outputs.remove(path)
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_cannot_be_written_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = Part(str(tmp_path / "part"), 100)
    part.write(b"12345")
    monkeypatch.setattr(os, "write", lambda *_: 0)
    with pytest.raises(OSError, match="No space"):
        part.write(b"678")
    assert outputs.contents(part.path) == b"12345"
    assert part.used == 5
