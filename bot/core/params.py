"""Parameters of a run as somebody types them into one line: `target=full level=2`."""

import shlex
from collections.abc import Iterator
from itertools import product

from bot.core.commands import Command, Param
from bot.errors import Invalid, Problem

_HOW = "write NAME=VALUE, with a space between two, and quotes around a value with one"


def parse(typed: str) -> dict[str, str]:
    """The values by name; raises Invalid. Whether there are such is not asked here."""
    try:
        words = shlex.split(typed)
    except ValueError:
        raise Invalid(Problem("params", "a quote has no end", _HOW)) from None
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise Invalid(Problem("params", f"{word[:60]!r} names no value", _HOW))
        if name in values:
            raise Invalid(Problem("params", f"{name[:60]!r} is given twice"))
        values[name] = value
    return values


def written(values: dict[str, str]) -> str:
    """The line that `parse` reads so."""
    return " ".join(shlex.quote(f"{name}={value}") for name, value in values.items())


def offered(command: Command, typed: str, limit: int) -> list[str]:
    """Lines that go on from what was typed, of declared choices only.

    All that is left to choose where that fits into the limit, else the next parameter.
    """
    head, _, begun = typed.lstrip().rpartition(" ")
    try:
        given = parse(head)
    except Invalid:
        # a quoted value goes on
        given, begun = {}, typed.strip()
    left = [param for param in command.params if param.name not in given]
    lines = [written(given | chosen) for chosen in _chosen(left, limit)]
    wanted = begun.lower()
    stem = f"{written(given)} " if given else ""
    fitting = [
        each for each in lines if each.removeprefix(stem).lower().startswith(wanted)
    ]
    return (fitting or [each for each in lines if wanted in each.lower()])[:limit]


def _chosen(left: list[Param], limit: int) -> Iterator[dict[str, str]]:
    if not left:
        return
    total = 1
    for param in left:
        total *= len(param.choices)
    asked = left if total <= limit else left[:1]
    for values in product(*(_default_first(param) for param in asked)):
        yield {param.name: v for param, v in zip(asked, values, strict=True)}


def _default_first(param: Param) -> list[str]:
    return sorted(param.choices, key=lambda choice: choice != param.default)
