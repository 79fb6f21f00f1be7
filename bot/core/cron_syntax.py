"""What a cron text may say: five fields, checked by ourselves before any parser."""

import re
from dataclasses import dataclass

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

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WEEKDAYS = "sun mon tue wed thu fri sat".split()

_VALUE = r"(\d+|[a-z]{3})"
_RANGE = re.compile(rf"{_VALUE}-{_VALUE}(?:/(\d+))?", re.ASCII)
_STEP = re.compile(r"\*/(\d+)", re.ASCII)
_START_STEP = re.compile(rf"{_VALUE}/(\d+)", re.ASCII)
_NTH = re.compile(rf"{_VALUE}#(\d+)", re.ASCII)
_LAST_WEEKDAY = re.compile(r"l(\d)", re.ASCII)
_NEAREST = re.compile(r"(?:(\d+)w|w(\d+))", re.ASCII)
_HASH = re.compile(r"h(?:\((\d+)-(\d+)\))?(?:/(\d+))?", re.ASCII)


class _Refusal(Exception):
    """A field breaks a rule; the arguments are the reason and the hint."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five: its name and what its values may be."""

    name: str
    low: int
    high: int
    #: three-letter names; the first stands for `low`
    names: tuple[str, ...] = ()

    def value(self, text: str) -> int:
        """The number that a value stands for; refuses what is out of range."""
        if text in self.names:
            return self.names.index(text) + self.low
        if not text.isdecimal():
            raise _Refusal(f"`{text}` is no value of the {self.name} field", self.range)
        if not self.low <= int(text) <= self.high:
            raise _Refusal(f"{text} is outside the {self.name} field", self.range)
        return int(text)

    @property
    def range(self) -> str:
        """What may be written, for a hint."""
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.name}: {self.low} to {self.high}{names}"


FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS)),
    _Field("weekday", 0, 7, tuple(_WEEKDAYS)),
)
_DAY, _WEEKDAY = FIELDS[2], FIELDS[4]


def normal(text: str) -> str:
    """The text in lower case, single spaces, aliases written out."""
    plain = " ".join(text.lower().split())
    return ALIASES.get(plain, plain)


def uses_hash(text: str) -> bool:
    """Whether a field of a normal text is an `H` form."""
    return any(field.startswith("h") for field in text.split())


def problems(text: str) -> tuple[Problem, ...]:
    """Why the text is refused, with the way to write it; empty if it is fine."""
    try:
        _check(text)
    except _Refusal as refusal:
        reason, hint = refusal.args
        return (Problem("schedule", reason, hint),)
    return ()


def _check(text: str) -> None:
    _check_size(text)
    plain = normal(text)
    if plain.startswith("@"):
        raise _Refusal(*_alias_refusal(plain))
    fields = plain.split()
    if len(fields) != len(FIELDS):
        raise _Refusal(*_count_refusal(fields))
    for field, field_text in zip(FIELDS, fields, strict=True):
        _check_field(field, field_text)
    _check_days(fields[2], fields[4])


def _check_size(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise _Refusal(
            f"it has {len(text)} characters; {MAX_LENGTH} are allowed",
            "use ranges and steps, such as 0-59/5, or several jobs",
        )
    if not text.strip():
        raise _Refusal("it is empty", "for example */5 * * * *")
    if re.search(r"[0-9]{5}", text):
        raise _Refusal("it has a number of more than 4 digits", "use smaller numbers")


def _alias_refusal(plain: str) -> tuple[str, str]:
    if plain == "@reboot":
        return (
            "@reboot names no time",
            "use no schedule, and a ping from the machine's start-up",
        )
    if plain.startswith("@every"):
        return "@every is no cron schedule", 'use an interval: every = "5m"'
    return f"`{plain}` is no known alias", "known: " + ", ".join(ALIASES)


def _count_refusal(fields: list[str]) -> tuple[str, str]:
    if len(fields) in (6, 7):
        return (
            f"it has {len(fields)} fields; tools differ in what the sixth means",
            'write five: minute hour day month weekday; below a minute use every = "30s"',
        )
    return (
        f"it has {len(fields)} fields instead of five",
        "write: minute hour day month weekday, for example 30 3 * * 1-5",
    )


def _check_field(field: _Field, text: str) -> None:
    if text in ("*", "?"):
        if text == "?" and field not in (_DAY, _WEEKDAY):
            raise _Refusal(f"`?` has no meaning in the {field.name} field", "write *")
        return
    if re.match(r"r(?![a-z])", text):
        raise _Refusal("`R` draws another time at every start", "write H")
    if text.startswith("h"):
        _check_hash(field, text)
        return
    items = text.split(",")
    for item in items:
        _check_item(field, item, len(items) == 1)
    if any("#" in item or _LAST_WEEKDAY.fullmatch(item) for item in items) and not all(
        "#" in item or _LAST_WEEKDAY.fullmatch(item) for item in items
    ):
        raise _Refusal(
            "`#` or `L` beside plain weekdays in one field", "use two jobs instead"
        )


def _check_hash(field: _Field, text: str) -> None:
    match = _HASH.fullmatch(text)
    if match is None:
        raise _Refusal(
            f"`{text}` in the {field.name} field is no form of H",
            "write H, H/15, H(0-29) or H(0-29)/10, alone in its field",
        )
    low, high, step = match.groups()
    if low is not None and field.value(low) >= field.value(high):
        raise _Refusal(f"the range of `{text}` is empty", "write the smaller one first")
    _check_step(field, step)


def _check_step(field: _Field, step: str | None) -> None:
    if step is not None and int(step) == 0:
        raise _Refusal(f"a step of 0 in the {field.name} field", "write 1 or more")


def _check_item(field: _Field, item: str, alone: bool) -> None:
    if item == "*" and not alone:
        raise _Refusal(
            f"`*` in a list of the {field.name} field", "write * alone, or the values"
        )
    if match := _STEP.fullmatch(item):
        _check_step(field, match[1])
    elif match := _RANGE.fullmatch(item):
        _check_range(field, match)
    elif match := _START_STEP.fullmatch(item):
        raise _Refusal(
            f"`{item}` has a start and a step but no end; its meaning differs",
            f"write {match[1]}-{min(field.high, 6 if field is _WEEKDAY else 99)}/{match[2]}",
        )
    elif not _is_special(field, item, alone):
        field.value(item)


def _check_range(field: _Field, match: re.Match[str]) -> None:
    low, high = field.value(match[1]), field.value(match[2])
    _check_step(field, match[3])
    if low == high or (field is _WEEKDAY and low == 7 and high == 0):
        raise _Refusal(
            f"`{match[0]}` starts where it ends; some read it as everything",
            f"write {match[1]}",
        )
    if low > high and match[3]:
        raise _Refusal(
            f"`{match[0]}` wraps round and has a step", "write the values as a list"
        )


def _is_special(field: _Field, item: str, alone: bool) -> bool:
    if field is _DAY:
        return item == "l" or _is_nearest(item, alone)
    if field is not _WEEKDAY:
        return False
    if re.fullmatch(r"\dl", item):
        raise _Refusal(f"`{item.upper()}` is not understood", f"write L{item[0]}")
    if match := _LAST_WEEKDAY.fullmatch(item):
        field.value(match[1])
        return True
    if match := _NTH.fullmatch(item):
        field.value(match[1])
        if not 1 <= int(match[2]) <= 5:
            raise _Refusal(f"`{item}`: no month has that", "write #1 to #5")
        return True
    return False


def _is_nearest(item: str, alone: bool) -> bool:
    match = _NEAREST.fullmatch(item)
    if match is None:
        return False
    _DAY.value(match[1] or match[2])
    if not alone:
        raise _Refusal("`W` in a list", "write one day, such as 15W")
    return True


def _check_days(day: str, weekday: str) -> None:
    if "w" in day and weekday not in ("*", "?"):
        raise _Refusal("`W` together with a weekday", "write * as the weekday")
    if re.search(r"#|\bl\d", weekday) and day not in ("*", "?"):
        raise _Refusal(
            "`#` or `L` as weekday together with a day of month", "write * as the day"
        )
