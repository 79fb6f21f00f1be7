"""What a cron text may say, judged before any parser reads it.

Stricter than croniter on purpose: what tools read in different ways is refused with
the way to write it that all of them read alike.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.errors import Problem

MAX_LENGTH = 200

#: the aliases and what they stand for
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

#: texts of a field that leave it open
_OPEN = ("*", "?")

_VALUE = r"(\d+|[a-z]{3})"
_STEP = re.compile(r"\*/(\d+)", re.ASCII)
_RANGE = re.compile(rf"{_VALUE}-{_VALUE}(?:/(\d+))?", re.ASCII)
_START_STEP = re.compile(rf"{_VALUE}/(\d+)", re.ASCII)
_HASH = re.compile(r"h(?:\((\d+)-(\d+)\))?(?:/(\d+))?", re.ASCII)
_NTH = re.compile(rf"(?:{_VALUE}#|l)(\d)", re.ASCII)
_LAST_BEHIND = re.compile(rf"{_VALUE}l", re.ASCII)
_NEAREST = re.compile(r"(\d+)w|w(\d+)", re.ASCII)


class _Refused(Exception):
    """A rule is broken; the arguments are the reason and the hint."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five: its name and which values it takes."""

    name: str
    low: int
    high: int
    #: three letters each; the first stands for `low`
    names: tuple[str, ...] = ()

    def value(self, text: str) -> int:
        """The number that a value stands for; refuses any other text."""
        if text in self.names:
            return self.low + self.names.index(text)
        if not text.isdecimal():
            raise _Refused(
                f"`{text}` is not understood in the {self.name} field", self.hint
            )
        if not self.low <= int(text) <= self.high:
            raise _Refused(f"{text} is not within the {self.name} field", self.hint)
        return int(text)

    @property
    def hint(self) -> str:
        """What may be written."""
        named = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.name}: {self.low} to {self.high}{named}"


_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of month", 1, 31)
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTH = _Field("month", 1, 12, tuple(_MONTH_NAMES.split(" ")))
_WEEKDAY = _Field("weekday", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
_FIELDS = (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """In lower case, single spaces, an alias written out: what parsers are given.

    A `*/2` that does not begin its field is written as a range: croniter takes a star
    anywhere for the one that couples the two day fields, Debian's cron only the first.
    """
    plain = " ".join(text.lower().split())
    parts = ALIASES.get(plain, plain).split()
    if len(parts) == len(_FIELDS):
        parts = [_bare(field, part) for field, part in zip(_FIELDS, parts, strict=True)]
    return " ".join(parts)


def _bare(field: _Field, part: str) -> str:
    return part.replace(",*/", f",{field.low}-{field.high}/")


@lru_cache(maxsize=4096)
def uses_hash(text: str) -> bool:
    """Whether a field is spread by the job's id (`H`, `H/15`, `H(0-29)`)."""
    return any(part.startswith("h") for part in normal(text).split())


def problems(text: str) -> tuple[Problem, ...]:
    """Why the text is refused, with the way to write it; empty if it is fine."""
    try:
        _check(text)
    except _Refused as refused:
        reason, hint = refused.args
        return (Problem("schedule", reason, hint),)
    return ()


def _check(text: str) -> None:
    _check_characters(text)
    plain = normal(text)
    if plain.startswith("@"):
        raise _Refused(*_alias_refusal(plain))
    fields = plain.split()
    if len(fields) != len(_FIELDS):
        raise _Refused(*_count_refusal(fields))
    for field, part in zip(_FIELDS, fields, strict=True):
        _check_field(field, part)
    _check_days(fields[2], fields[4])


def _check_characters(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise _Refused(
            f"it has {len(text)} characters; {MAX_LENGTH} are allowed",
            "use ranges and steps such as 0-59/5, or several jobs",
        )
    if not text.strip():
        raise _Refused("it is empty", "for example */5 * * * *")
    strange = [letter for letter in text if not letter.isascii()]
    if strange:
        raise _Refused(f"it has the character {strange[0]!a}", "use plain letters")
    if re.search(r"\d{5}", text):
        raise _Refused(
            "it has a number of more than 4 digits", "no field goes beyond 59"
        )


def _alias_refusal(plain: str) -> tuple[str, str]:
    if plain == "@reboot":
        return "@reboot names no time", "use no schedule, and ping when the host starts"
    if plain.startswith("@every"):
        return "@every is no cron schedule", 'use an interval: every = "5m"'
    return f"`{plain}` is no known alias", "known are " + " ".join(ALIASES)


def _count_refusal(fields: list[str]) -> tuple[str, str]:
    count = len(fields)
    if f"@{fields[0]}" in ALIASES:
        return f"`{fields[0]}` alone is no cron expression", f"write @{fields[0]}"
    if any(":" in field for field in fields):
        return "it looks like OnCalendar", "give it as OnCalendar instead"
    if count in (6, 7):
        return (
            f"it has {count} fields, which tools order differently",
            'write five: minute hour day month weekday; for seconds every = "30s"',
        )
    return (
        f"it has {count} of the five fields" if count < 5 else f"it has {count} fields",
        "write minute hour day month weekday, for example 30 3 * * 1-5",
    )


def _check_field(field: _Field, text: str) -> None:
    if text == "*" or (text == "?" and field in (_DAY, _WEEKDAY)):
        return
    if re.match(r"r(?![a-z])", text):
        raise _Refused("`R` means another time at every start", "write H")
    if text.startswith("h"):
        _check_hash(field, text)
        return
    items = text.split(",")
    for item in items:
        _check_item(field, item)
    if len(items) > 1:
        _check_list(field, items)


def _check_hash(field: _Field, text: str) -> None:
    match = _HASH.fullmatch(text)
    if match is None:
        raise _Refused(
            f"`{text}` in the {field.name} field is no form of H",
            "write H, H/15, H(0-29) or H(0-29)/10, alone in its field",
        )
    low, high, step = match.groups()
    if low is not None and field.value(low) >= field.value(high):
        raise _Refused(f"the range of `{text}` is empty", "put the smaller one first")
    _check_step(field, step)


def _check_step(field: _Field, step: str | None) -> None:
    if step is not None and int(step) == 0:
        raise _Refused(f"a step of 0 in the {field.name} field", "1 is the smallest")


def _check_item(field: _Field, item: str) -> None:
    if match := _STEP.fullmatch(item):
        _check_step(field, match[1])
    elif match := _RANGE.fullmatch(item):
        _check_range(field, match)
    elif match := _START_STEP.fullmatch(item):
        end = 6 if field is _WEEKDAY else field.high
        raise _Refused(
            f"`{item}` has no end, and tools differ in what it means",
            f"write {match[1]}-{end}/{match[2]}",
        )
    elif item != "*" and not _is_day_form(field, item):
        field.value(item)


def _check_range(field: _Field, match: re.Match[str]) -> None:
    low, high = field.value(match[1]), field.value(match[2])
    _check_step(field, match[3])
    if low == high or (low, high) == (7, 0):
        raise _Refused(
            f"`{match[0]}` starts where it ends, which some read as every value",
            f"write {match[1]}",
        )
    if low > high and match[3]:
        raise _Refused(
            f"`{match[0]}` goes round the end with a step", "write the values in a list"
        )


def _check_list(field: _Field, items: list[str]) -> None:
    if "*" in items:
        raise _Refused(f"`*` in a list of the {field.name} field", "write * alone")
    if field is _DAY and any("w" in item for item in items):
        raise _Refused("`W` in a list", "write one day, such as 15W")
    if field is _WEEKDAY and len({_NTH.fullmatch(item) is None for item in items}) > 1:
        raise _Refused("`#` or `L` in a list with plain weekdays", "use two jobs")


def _is_day_form(field: _Field, item: str) -> bool:
    """Whether it is a form that only one of the two day fields has."""
    if field is _DAY:
        return item == "l" or _is_nearest(item)
    return field is _WEEKDAY and _is_nth(item)


def _is_nearest(item: str) -> bool:
    match = _NEAREST.fullmatch(item)
    return match is not None and _DAY.value(match[1] or match[2]) > 0


def _is_nth(item: str) -> bool:
    if match := _LAST_BEHIND.fullmatch(item):
        weekday = _WEEKDAY.value(match[1]) % 7
        raise _Refused(f"`{item.upper()}` is not understood", f"write L{weekday}")
    match = _NTH.fullmatch(item)
    if match is None:
        return False
    _WEEKDAY.value(match[1] or match[2])
    if match[1] and not 1 <= int(match[2]) <= 5:
        raise _Refused(f"no month has a `{item}`", "write #1 to #5")
    return True


def _check_days(day: str, weekday: str) -> None:
    if "w" in day and weekday not in _OPEN:
        raise _Refused("`W` together with a weekday", "write * as the weekday")
    if any(_NTH.fullmatch(item) for item in weekday.split(",")) and day not in _OPEN:
        raise _Refused("`#` or `L` together with a day", "write * as the day of month")
