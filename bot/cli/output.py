"""Plain lines, JSON and questions; for lists see `tables`."""

import json
import sys
from typing import Any

import click

from bot.cli import text
from bot.errors import CronitorError


def say(*lines: str) -> None:
    """Print lines to standard output."""
    for line in lines:
        # not click.echo, which writes UTF-8 to a terminal that says it is ASCII
        print(line, flush=True)


def hint(*lines: str) -> None:
    """The same, for a person only: a pipe or a file does without."""
    if text.is_terminal():
        say(*lines)


def warn(line: str) -> None:
    """Print a line to standard error: beside the answer, not a part of it."""
    print(line, file=sys.stderr, flush=True)


def print_json(data: Any) -> None:
    """Print data for programs."""
    say(json.dumps(data, indent=2, ensure_ascii=text.is_ascii()))


def ask(question: str) -> None:
    """Go on if a person at the terminal agrees; otherwise say how to do without."""
    if not (text.is_terminal(sys.stdin) and text.is_terminal(sys.stderr)):
        raise CronitorError("nothing was changed: add --yes, as nobody can be asked")
    if not click.confirm(question, err=True):
        raise CronitorError("nothing was changed")
