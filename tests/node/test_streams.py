"""What is passed through and what is kept, piece by piece."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.node import streams, terminals
from bot.node.streams import Stream, Tail
from tests.node.wrapped import PATIENCE_S


@given(st.lists(st.binary(max_size=12), max_size=12), st.integers(1, 20))
def test_the_tail_is_the_end_of_all_pieces(pieces: list[bytes], limit: int) -> None:
    tail = Tail(limit)
    for piece in pieces:
        tail.keep(piece)
    assert tail.text() == b"".join(pieces)[-limit:]


class Line:
    """A stream between two pipes."""

    def __init__(self) -> None:
        source, self.into = os.pipe()
        self.out, target = os.pipe()
        self.tail = Tail(1_000_000)
        self.stream = Stream(source, target, self.tail)
        self.stream.start()

    def read(self) -> bytes:
        """What has come through."""
        return os.read(self.out, 1_000_000)


@pytest.fixture
def line() -> Iterator[Line]:
    """One that is copied."""
    made = Line()
    yield made
    made.stream.finish()


def test_a_piece_comes_through_at_once(line: Line) -> None:
    for piece in (b"one", b"\0\xff"):
        os.write(line.into, piece)
        assert line.read() == piece
    assert not line.stream.wait(0)
    os.close(line.into)
    assert line.stream.wait(PATIENCE_S)
    assert line.stream.is_ended
    assert line.tail.text() == b"one\0\xff"


def test_what_somebody_else_holds_open_is_drained_and_left(line: Line) -> None:
    os.write(line.into, b"before")
    line.stream.finish()
    assert line.stream.wait(PATIENCE_S)
    assert not line.stream.is_ended
    assert line.read() == b"before"
    os.write(line.into, b"after")
    assert os.read(line.stream.source, 10) == b"after"


def test_a_reader_that_goes_away_ends_it(line: Line) -> None:
    os.close(line.out)
    assert line.stream.wait(PATIENCE_S)
    assert line.stream.is_ended
    with pytest.raises(BrokenPipeError):
        os.write(line.into, b"x")


def test_a_full_reader_does_not_hide_the_end(line: Line) -> None:
    os.set_blocking(line.into, False)
    sent = 0
    for _ in range(1_000):
        try:
            sent += os.write(line.into, b"%07d\n" % (sent // 8) * 100)
        except BlockingIOError:
            break
        line.stream.wait(0.001)
    line.stream.finish()
    assert not line.stream.wait(0)
    line.stream.read_ahead()
    assert len(line.tail.text()) == sent
    os.close(line.into)
    line.stream.read_ahead()
    received = b""
    while len(received) < sent:
        received += line.read()
    assert received == line.tail.text()
    assert line.stream.wait(PATIENCE_S)
    assert line.stream.is_ended
    line.stream.read_ahead()


def test_a_target_that_does_not_block_gets_all() -> None:
    reader, target = os.pipe()
    os.set_blocking(target, False)
    source, into = os.pipe()
    stream = Stream(source, target, Tail(10))
    stream.start()
    os.write(into, b"x" * 60_000)
    os.write(into, b"y" * 60_000)
    received = b""
    while len(received) < 120_000:
        received += os.read(reader, 7_000)
    assert received == b"x" * 60_000 + b"y" * 60_000
    os.close(into)
    assert stream.wait(PATIENCE_S)


def test_a_socket_that_is_shut_ends_it() -> None:
    ours, theirs = socket.socketpair()
    source, into = os.pipe()
    stream = Stream(source, theirs.fileno(), Tail(10))
    stream.start()
    ours.close()
    assert stream.wait(PATIENCE_S)
    assert stream.is_ended
    os.close(into)
    theirs.close()


def test_a_terminal_is_drained() -> None:
    side, shown = os.openpty()
    source, end = terminals.pair(shown)
    stream = Stream(source, shown, Tail(100))
    assert stream.is_terminal
    stream.start()
    os.write(end, b"a\nb")
    stream.finish()
    assert stream.wait(PATIENCE_S)
    assert os.read(side, 100) == b"a\r\nb"
    assert not stream.is_ended
    os.close(end)
    again = Stream(source, shown, Tail(100))
    again.start()
    assert again.wait(PATIENCE_S)
    assert again.is_ended


def test_a_size_goes_to_terminals_only() -> None:
    reader, writer = os.pipe()
    terminals.copy_size(reader, writer)
    os.close(reader)
    os.close(writer)


def test_all_is_passed_on_until_the_end() -> None:
    source, into = os.pipe()
    reader, target = os.pipe()
    os.write(into, b"all of it")
    os.close(into)
    streams.pass_on(source, target)
    assert os.read(reader, 100) == b"all of it"
    os.close(reader)
    source, into = os.pipe()
    os.write(into, b"nobody")
    streams.pass_on(source, target)


@pytest.mark.parametrize("flags", [os.O_APPEND, 0])
def test_one_file_is_recognised(tmp_path: Path, flags: int) -> None:
    path = tmp_path / "log"
    one = os.open(path, os.O_WRONLY | os.O_CREAT | flags)
    same, other = os.dup(one), os.open(path, os.O_WRONLY | flags)
    before = os.get_blocking(one)
    assert streams._is_same(one, same)
    # what is appended is in order, whoever opened it
    assert streams._is_same(one, other) == bool(flags)
    assert os.get_blocking(one) == before
    reader, writer = os.pipe()
    assert not streams._is_same(one, writer)
    for each in (one, same, other, reader, writer):
        os.close(each)


def test_nothing_is_captured_without_a_limit() -> None:
    plain = streams.Streams(0)
    plain.start()
    plain.let_go()
    assert (plain.actions, plain.text(), plain.take_open()) == ([], b"", [])
    assert plain.finish(0)
