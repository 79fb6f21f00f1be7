"""Discord's written limits of application commands."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.discord_wire import commands
from tests.discord_wire.errors import Problem
from tests.discord_wire.limits import (
    CHOICES,
    OPTIONS,
    missing,
    of_choice,
    too_long,
    too_many,
)

Json = dict[str, Any]
Path = tuple[str | int, ...]

MOST, DESCRIPTION, CHARACTERS = 100, 100, 8000
_NAME = re.compile(r"[-_'\w]{1,32}")
_NESTED = frozenset({commands.SUBCOMMAND, commands.GROUP})


def of_commands(bodies: list[Json]) -> Iterator[Problem]:
    """What is wrong with all commands of a guild."""
    yield from too_many(bodies, MOST)
    names = Counter((x.get("name"), x.get("type", commands.CHAT_INPUT)) for x in bodies)
    for name, _ in (each for each, count in names.items() if count > 1):
        code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
        yield Problem((), code, f"Application command names must be unique: {name}")
    for number, body in enumerate(bodies):
        yield from of_command(body, number)


def of_command(body: Json, *path: str | int) -> Iterator[Problem]:
    """What is wrong with one command."""
    if body.get("type", commands.CHAT_INPUT) != commands.CHAT_INPUT:
        yield from missing(body.get("name"), *path, "name")
        return
    yield from _named(body, path)
    yield from _options(body.get("options") or [], (*path, "options"))
    if _characters(body) > CHARACTERS:
        code = "APPLICATION_COMMAND_TOO_LARGE"
        yield Problem(path, code, f"Command exceeds maximum size ({CHARACTERS})")


def _named(body: Json, path: Path) -> Iterator[Problem]:
    """A name and a description."""
    name = str(body.get("name") or "")
    if not _NAME.fullmatch(name) or name != name.lower():
        code = "APPLICATION_COMMAND_INVALID_NAME"
        yield Problem((*path, "name"), code, "Command name is invalid")
    yield from missing(body.get("description"), *path, "description")
    yield from too_long(body.get("description"), DESCRIPTION, *path, "description")


def _options(options: list[Json], path: Path) -> Iterator[Problem]:
    yield from too_many(options, OPTIONS, *path)
    names = Counter(each.get("name") for each in options)
    for name in (each for each, count in names.items() if count > 1):
        code = "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"
        yield Problem(path, code, f"Option name already exists: {name}")
    if len({each.get("type") in _NESTED for each in options}) > 1:
        code = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
        message = (
            "Sub-command and sub-command group option types are mutually exclusive"
        )
        yield Problem(path, code, message)
    yield from _required_first(options, path)
    for number, option in enumerate(options):
        place = (*path, number)
        yield from _named(option, place)
        yield from _options(option.get("options") or [], (*place, "options"))
        yield from _choices(option, place)


def _required_first(options: list[Json], path: Path) -> Iterator[Problem]:
    needed = [bool(x.get("required")) for x in options if x.get("type") not in _NESTED]
    if needed != sorted(needed, reverse=True):
        code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
        message = "Required options must be placed before non-required options"
        yield Problem(path, code, message)


def _choices(option: Json, path: Path) -> Iterator[Problem]:
    choices = option.get("choices") or []
    yield from too_many(choices, CHOICES, *path, "choices")
    for number, choice in enumerate(choices):
        yield from of_choice(choice, *path, "choices", number)
    if choices and option.get("autocomplete"):
        code = "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_WITH_CHOICES"
        yield Problem(path, code, "Autocomplete cannot be used with choices")


def _characters(body: Json) -> int:
    """Names, descriptions and values of choices, of a command and all inside."""
    own = len(body.get("name") or "") + len(body.get("description") or "")
    values = [x.get("value") for x in body.get("choices") or []]
    own += sum(len(each) for each in values if isinstance(each, str))
    return own + sum(map(_characters, body.get("options") or []))
