"""Lengths of time as people write them (`30s`, `1h30m`) and as they read them."""

import math
import re
from datetime import timedelta
from fractions import Fraction

from bot.errors import Invalid, Problem

#: ten years, leap days included: a longer one is a slip of the hand
LONGEST = timedelta(days=3653)

_HINT = "write it like 30s, 5m, 2h, 1d, 1w or 1h30m"
_LONGEST_TEXT = 40
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
#: each unit at most once, from the largest to the smallest
_PARTS = re.compile(
    r"(?=\S)" + r"\s*".join(rf"(?:([0-9]+(?:\.[0-9]+)?){unit})?" for unit in "wdhms")
)

_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_SECONDS = (604_800, 86_400, 3_600, 60, 1)


def parse(text: str | int | float, field: str = "duration") -> timedelta:
    """Read `30s`, `5m`, `1h30m`, `1.5h` or a plain number of seconds.

    Rounded to the microsecond. Invalid names `field` for anything else: no number, a
    negative one, or more than ten years.
    """
    seconds = _from_text(text, field) if isinstance(text, str) else _from_number(text)
    if seconds is None:
        raise _refused(field, f"`{str(text)[:_LONGEST_TEXT]}` is no duration")
    if seconds < 0:
        raise _refused(field, "a duration is never negative")
    if seconds > LONGEST.total_seconds():
        raise _refused(field, "a duration is at most 10 years")
    return round(seconds * 1_000_000) * _MICROSECOND


def _refused(field: str, reason: str) -> Invalid:
    return Invalid(Problem(field, reason, _HINT))


def _from_number(number: int | float) -> Fraction | None:
    if isinstance(number, bool) or (
        isinstance(number, float) and not math.isfinite(number)
    ):
        return None
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def _from_text(text: str, field: str) -> Fraction | None:
    typed = text.strip().lower()
    if not typed:
        raise _refused(field, "a duration is missing")
    if len(typed) > _LONGEST_TEXT:
        return None
    negative = typed.startswith("-")
    typed = typed.removeprefix("-")
    if _NUMBER.fullmatch(typed):
        seconds = Fraction(typed)
    elif parts := _PARTS.fullmatch(typed):
        seconds = sum(
            (
                Fraction(n) * s
                for n, s in zip(parts.groups(), _SECONDS, strict=True)
                if n
            ),
            Fraction(),
        )
    else:
        return None
    return -seconds if negative else seconds


def text(delta: timedelta) -> str:
    """Write the shortest exact form, which `parse` reads back: `1h30m`, `0.25s`.

    Weeks only where nothing is left over: `2w`, but `15d`.
    """
    if delta < timedelta():
        return f"-{text(-delta)}"
    if delta >= _WEEK and delta % _WEEK == timedelta():
        return f"{delta // _WEEK}w"
    units = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m"))
    written = ""
    for unit, letter in units:
        count, delta = divmod(delta, unit)
        written += f"{count}{letter}" if count else ""
    return written + _seconds(delta) if delta or not written else written


def _seconds(delta: timedelta) -> str:
    whole, rest = divmod(delta, _SECOND)
    fraction = f".{rest // _MICROSECOND:06}".rstrip("0") if rest else ""
    return f"{whole}{fraction}s"


def about(delta: timedelta) -> str:
    """Write it for people, rounded to two units: `4 min`, `2 h 5 min`, `3 d`."""
    if delta < timedelta():
        return f"-{about(-delta)}"
    if delta < _SECOND:
        return _below_a_second(delta)
    if delta < 10 * _SECOND:
        return f"{round(delta / _SECOND, 1):g} s"
    for small, large, most in _PAIRS:
        rounded = round(delta / small) * small
        if rounded < most:
            return _two_units(rounded, small, large)
    return _two_units(round(delta / _HOUR) * _HOUR, _HOUR, _DAY)


#: the unit to round to, the one above it, and up to where they are read easily
_PAIRS = ((_SECOND, _MINUTE, _HOUR), (_MINUTE, _HOUR, _DAY))
_NAMES = {_SECOND: "s", _MINUTE: "min", _HOUR: "h", _DAY: "d"}


def _two_units(delta: timedelta, small: timedelta, large: timedelta) -> str:
    counts = ((delta // large, large), (delta % large // small, small))
    return " ".join(f"{count} {_NAMES[unit]}" for count, unit in counts if count)


def _below_a_second(delta: timedelta) -> str:
    if not delta:
        return "0 s"
    milliseconds = round(delta / timedelta(milliseconds=1))
    if milliseconds >= 1000:
        return "1 s"
    return f"{milliseconds} ms" if milliseconds else "under 1 ms"
