"""Settings out of a TOML file, and the line on which each of them stands."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from bot.config_sources import Fault, Found, Origin, meant

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def from_toml(known: dict[str, list[str]], text: str, name: str) -> Found:
    """What a TOML file sets; `name` is how its faults call it."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        return Found(faults=[_syntax_fault(exc, text, name)])
    reader = _Toml(known, lines_of(text), name)
    for section, table in document.items():
        reader.read(section, table)
    return reader.found


class _Toml:
    """Sorts the tables of a document into settings and faults."""

    def __init__(
        self, known: dict[str, list[str]], lines: dict[tuple[str, ...], int], name: str
    ) -> None:
        self.found = Found()
        self._known, self._lines, self._name = known, lines, name

    def read(self, section: str, table: object) -> None:
        """Take one top-level entry."""
        if section not in self._known:
            self._refuse(self._unknown_section(section, table), section)
        elif not isinstance(table, dict):
            reason = f"[{section}]: must be one table (write [{section}] on a line)"
            self._refuse(reason, section)
        else:
            for key, value in table.items():
                self._read_key(section, key, value)

    def _read_key(self, section: str, key: str, value: object) -> None:
        if key in self._known[section]:
            self.found.add((section, key), value, self._at(section, key))
            return
        keys = self._known[section]
        way_out = meant(key, keys) or f"there are {', '.join(keys)}"
        self._refuse(f"[{section}] {key}: no such key ({way_out})", section, key)

    def _unknown_section(self, section: str, table: object) -> str:
        if section == "job":
            return "[[job]]: not in here (put jobs in a file that [jobs] files names)"
        if not isinstance(table, dict | list):
            homes = [
                f"[{home}]" for home, keys in self._known.items() if section in keys
            ]
            below = " or ".join(homes) or "its section"
            return f"{section}: stands outside of a section (write it below {below})"
        sections = [f"[{each}]" for each in self._known]
        way_out = meant(f"[{section}]", sections) or f"there are {', '.join(sections)}"
        return f"[{section}]: no such section ({way_out})"

    def _at(self, *path: str) -> Origin:
        return Origin(self._name, self._lines.get(path, 1))

    def _refuse(self, reason: str, *path: str) -> None:
        self.found.faults.append(Fault(self._at(*path), reason))


def _syntax_fault(exc: Exception, text: str, name: str) -> Fault:
    said = str(exc)
    if not isinstance(exc, tomllib.TOMLDecodeError):
        return Fault(Origin(name, 1), "a value is far too long or too deeply nested")
    at = _AT.search(said)
    line, column = (at[1], at[2]) if at and at[1] else (str(_last_line(text)), None)
    place = Origin(f"{name}:{line}", int(column)) if column else Origin(name, int(line))
    return Fault(place, f"no valid TOML: {_plain(_AT.sub('', said))}")


def _last_line(text: str) -> int:
    return max(1, len(text.splitlines()))


def _plain(said: str) -> str:
    """The parser's words, plainer for what happens most."""
    if "declare" in said:
        return "this table is there already (keep one, and put all its keys below it)"
    if re.search("overwrite|mutate|Duplicate", said):
        return "this key is there already (keep one of them)"
    if "Invalid value" in said:
        return "this is no value (put quotes around a text)"
    return f"{said[:1].lower()}{said[1:]}"


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """The line on which each key and each table of a valid document begins.

    A statement is the fewest lines that are valid TOML by themselves, which is where
    the parser ends it too.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, statement, parsed in _statements(text):
        if statement.lstrip().startswith("["):
            table = next(iter(_paths(parsed, leaves=True)))
            for depth in range(1, len(table) + 1):
                lines.setdefault(table[:depth], number)
        else:
            for path in _paths(parsed, leaves=False):
                lines.setdefault(table + path, number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    begin, pending = 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        begin = number if not pending else begin
        pending += f"{line}\n"
        try:
            parsed = tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        yield begin, pending, parsed
        pending = ""


def _paths(parsed: object, *, leaves: bool) -> Iterator[tuple[str, ...]]:
    """The path of every key in nested tables, or of the innermost ones only."""
    table = parsed[0] if isinstance(parsed, list) and parsed else parsed
    if not isinstance(table, dict):
        return
    for key, value in table.items():
        deeper = list(_paths(value, leaves=leaves))
        if not leaves or not deeper:
            yield (key,)
        yield from ((key, *path) for path in deeper)
