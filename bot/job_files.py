"""What files of jobs say: `[[job]]` tables, with the line that each came from."""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import CronitorError, Invalid, Problem

_HEADING = r"\s*\[\[\s*(?:{0}|\"{0}\"|'{0}')\s*\]\]"
_POSITION = re.compile(r"(job|maintenance)\[(\d+)\]( [^.]+)?\.?")
_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class Declared:
    """One table and where it stands."""

    table: Any
    #: `jobs.toml:12`, or the file alone where the line is not known
    place: str


@dataclass(frozen=True, slots=True)
class Found:
    """What files say together."""

    jobs: list[Declared]
    #: `[[maintenance]]` tables, which count on the server only
    windows: list[Declared]


def read(files: Sequence[Path]) -> list[Declared]:
    """All jobs of all files in order; raises CronitorError with file and line."""
    return read_all(files, _text).jobs


def read_all(files: Sequence[Path], text_of: Callable[[Path], str]) -> Found:
    """All tables of all files in order; `text_of` may refuse a file by ValueError."""
    found = Found([], [])
    for file in files:
        each = _read(file, text_of)
        found.jobs.extend(each.jobs)
        found.windows.extend(each.windows)
    return found


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8")


def _read(file: Path, text_of: Callable[[Path], str]) -> Found:
    try:
        text = text_of(file)
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise CronitorError(_located(file, str(exc))) from exc
    except UnicodeDecodeError as exc:
        raise CronitorError(f"{file}: it is not UTF-8, which TOML has to be") from exc
    except ValueError as exc:
        # it names the file by itself
        raise CronitorError(str(exc)) from exc
    except OSError as exc:
        raise CronitorError(f"{file}: {exc.strerror}") from exc
    tables = data.pop("job", [])
    windows = data.pop("maintenance", [])
    if data:
        key = next(iter(data))
        hint = "a file of jobs has [[job]] tables only; settings go to config.toml"
        raise CronitorError(f"{file}: unknown key `{key}` ({hint})")
    if not isinstance(tables, list):
        raise CronitorError(f"{file}: `job` is one table; write [[job]] for each job")
    if not isinstance(windows, list):
        raise CronitorError(f"{file}: `maintenance` is one table; write two brackets")
    return Found(
        _placed(file, text, "job", tables), _placed(file, text, "maintenance", windows)
    )


def _placed(file: Path, text: str, key: str, tables: list[Any]) -> list[Declared]:
    lines = _headings(text, key, len(tables))
    return [
        Declared(table, f"{file}{f':{line}' if line else ''}")
        for table, line in zip(tables, lines, strict=True)
    ]


def _located(file: Path, message: str) -> str:
    """`jobs.toml:3: Expected '=' (column 7)`."""
    found = _LINE.search(message)
    if found is None:
        return f"{file}: {message}"
    return f"{file}:{found[1]}: {message[: found.start()]}(column {found[2]})"


def _headings(text: str, key: str, expected: int) -> list[int]:
    """The line of each `[[key]]`; zeros where they cannot be told for sure."""
    heading = re.compile(_HEADING.format(key))
    lines = text.splitlines()
    found = [n for n, line in enumerate(lines, 1) if heading.match(line)]
    return found if len(found) == expected else [0] * expected


def located(
    invalid: Invalid, jobs: Sequence[Declared], windows: Sequence[Declared] = ()
) -> Invalid:
    """The same problems with file and line in place of the position of the table."""
    return Invalid(*(_at(problem, jobs, windows) for problem in invalid.problems))


def _at(
    problem: Problem, jobs: Sequence[Declared], windows: Sequence[Declared]
) -> Problem:
    found = _POSITION.match(problem.field)
    if found is None:
        return _at_slug(problem, jobs)
    declared = jobs if found[1] == "job" else windows
    if not 0 < int(found[2]) <= len(declared):
        return problem
    slug, key = found[3] or "", problem.field[found.end() :]
    parts = [declared[int(found[2]) - 1].place, *filter(None, (slug.strip(), key))]
    return replace(problem, field=": ".join(parts))


def _at_slug(problem: Problem, declared: Sequence[Declared]) -> Problem:
    """`backup.depends_on` is how a rule between jobs names the one that breaks it."""
    slug, _, key = problem.field.partition(".")
    for each in declared:
        if key and isinstance(each.table, dict) and each.table.get("slug") == slug:
            return replace(problem, field=f"{each.place}: {slug}: {key}")
    return problem
