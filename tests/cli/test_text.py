"""Strangers' text does nothing to a terminal."""

import io

import pytest

from bot.cli import text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("grün ✓", "grün ✓"),
        ("a\nb\tc\r", "a b c"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x07", "\\x07"),
        ("\u202eevil", "\\u202eevil"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_escaped(given: str, shown: str) -> None:
    assert text.visible(given) == shown


@pytest.mark.parametrize(
    ("encoding", "poor"), [("utf-8", False), ("ascii", True), ("latin-1", True)]
)
def test_symbols_are_for_streams_that_have_them(encoding: str, poor: bool) -> None:
    assert text.is_ascii(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is poor


def test_a_stream_without_encoding_is_poor_and_no_terminal() -> None:
    assert text.is_ascii(io.StringIO())
    assert not text.is_terminal(io.StringIO())
