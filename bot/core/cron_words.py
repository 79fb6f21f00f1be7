"""Cron expressions in words, as far as words are shorter than a riddle."""

import re
from collections.abc import Sequence

_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_WEEKDAYS = (
    *("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "Sunday",
)
_MONTHS = (
    *("", "January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_EVERY = "*"
#: more times of a day than this are read better as they are written
_MOST_TIMES = 4


def in_words(expression: str) -> str | None:
    """`at 03:00, Monday to Friday`; None for what is better read as it is written."""
    fields = _ALIASES.get(expression.strip().lower(), expression).lower().split()
    if len(fields) != 5:
        return None
    minute, hour, day, month, weekday = fields
    when = _often(minute, hour) or _at(minute, hour)
    on = _on(day, month, weekday)
    if when is None or on is None:
        return None
    if not on and when.startswith("at ") and hour != _EVERY:
        return f"{when} every day"
    return f"{when}{on}"


def _often(minute: str, hour: str) -> str | None:
    """A time that comes again and again within a day."""
    step = _step(minute, 60)
    if hour == _EVERY and step is not None:
        return "every minute" if step == 1 else f"every {step} minutes"
    minutes = _numbers(minute, 0, 59)
    step = _step(hour, 24)
    if step is None or minutes is None or len(minutes) > 1:
        return None
    hours = "every hour" if step == 1 else f"every {step} hours"
    return hours if minutes == [0] else f"{hours} at minute {minutes[0]}"


def _step(field: str, whole: int) -> int | None:
    """n of `*/n`, if it comes out even: else the last gap is shorter."""
    if field == _EVERY:
        return 1
    found = re.fullmatch(r"\*/([0-9]{1,2})", field)
    step = int(found[1]) if found else 0
    return step if step and whole % step == 0 else None


def _at(minute: str, hour: str) -> str | None:
    minutes, hours = _numbers(minute, 0, 59), _numbers(hour, 0, 23)
    if not minutes or not hours or len(minutes) * len(hours) > _MOST_TIMES:
        return None
    return f"at {_listed([f'{h:02}:{m:02}' for h in hours for m in minutes])}"


def _on(day: str, month: str, weekday: str) -> str | None:
    """The days; empty for every one, None where two rules meet."""
    if weekday != _EVERY:
        days = _named(weekday, _WEEKDAYS)
        return f", {days}" if days and day == month == _EVERY else None
    if day == _EVERY:
        return "" if month == _EVERY else _in(month)
    days_of_month, months = _numbers(day, 1, 31), _named(month, _MONTHS)
    if days_of_month is None:
        return None
    numbers = _listed([str(number) for number in days_of_month])
    if month == _EVERY:
        plural = "s" if len(days_of_month) > 1 else ""
        return f" on day{plural} {numbers} of every month"
    return f" on {numbers} {months}" if months else None


def _in(month: str) -> str | None:
    months = _named(month, _MONTHS)
    return f", in {months}" if months else None


def _numbers(field: str, low: int, high: int) -> list[int] | None:
    """A list such as `0,30`; None for ranges, steps and what is out of range."""
    parts = field.split(",")
    if not all(re.fullmatch("[0-9]{1,2}", part) for part in parts):
        return None
    numbers = sorted({int(part) for part in parts})
    return numbers if low <= numbers[0] and numbers[-1] <= high else None


def _named(field: str, names: Sequence[str]) -> str | None:
    """`Monday to Friday`, `January and July`."""
    ends = field.split("-")
    parts = [
        _name(part, names) for part in (ends if len(ends) == 2 else field.split(","))
    ]
    found = [part for part in parts if part]
    if len(found) != len(parts):
        return None
    return " to ".join(found) if len(ends) == 2 else _listed(found)


def _name(part: str, names: Sequence[str]) -> str | None:
    if re.fullmatch("[0-9]{1,2}", part):
        return names[int(part)] if int(part) < len(names) else None
    return next((n for n in names if n and part == n[:3].lower()), None)


def _listed(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
