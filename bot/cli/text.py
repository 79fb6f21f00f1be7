"""Text from outside, made safe for a terminal; symbols for what it can show."""

import sys
from typing import TextIO

_SYMBOLS = "✗✓▶…‖→█·"


def visible(text: object) -> str:
    """The text in one line; what a terminal would obey or hide is shown escaped.

    Names, output of jobs and notes are strangers' text: an escape sequence in one must
    not move the cursor, and a right-to-left mark must not turn a line around.
    """
    return "".join(char if char.isprintable() else _escaped(char) for char in str(text))


def _escaped(char: str) -> str:
    if char in "\n\t":
        return " "
    return "" if char == "\r" else char.encode("unicode_escape").decode()


def is_ascii(stream: TextIO | None = None) -> bool:
    """Whether the stream cannot show more than ASCII."""
    stream = stream or sys.stdout
    try:
        _SYMBOLS.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person looks on, as opposed to a file or a pipe."""
    return (stream or sys.stdout).isatty()
