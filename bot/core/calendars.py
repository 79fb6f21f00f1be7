"""systemd's OnCalendar expressions: what may be written, and the next wall time."""

import copy
import re
from datetime import UTC, datetime

from oncalendar import BaseIterator, OnCalendarError

from bot.core import cron_syntax, zones
from bot.core.wall_times import Step
from bot.errors import Invalid, Problem

MAX_LENGTH = 200

_FORM = (
    "write [weekdays] [year-month-day] hour:minute[:second] [zone], "
    "for example Mon..Fri 03:00 or *-*-01 02:30 Europe/Berlin"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: systemd's other spellings of what the parser knows under one name
_SPELLINGS = {
    "anually": "annually",
    "biannually": "semiannually",
    "bi-annually": "semiannually",
    "semi-annually": "semiannually",
}
_START = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def split_zone(text: str) -> tuple[str, str]:
    """The expression, and the zone at its end or an empty text."""
    head, _, tail = " ".join(text.split()).rpartition(" ")
    if head and tail.upper() == "UTC":
        return head, "UTC"
    if head and zones.is_known(tail):
        return head, tail
    return f"{head} {tail}".strip(), ""


def problems(text: str) -> tuple[Problem, ...]:
    """Why the expression is refused, with the way to write it; empty if it is fine."""
    try:
        parse(text)
    except Invalid as invalid:
        return invalid.problems
    return ()


def parse(text: str) -> Step:
    """The schedule's next wall time as a function; raises Invalid."""
    if refusal := _refusal(text):
        raise Invalid(Problem("schedule", *refusal))
    bare, _ = split_zone(text)
    try:
        parsed = BaseIterator(_SPELLINGS.get(bare.lower(), bare), _START)
    except (OnCalendarError, ValueError, IndexError) as exc:
        reason = f"`{text}` is no OnCalendar expression: {str(exc).lower()}"
        raise Invalid(Problem("schedule", reason, _FORM)) from exc

    def step(wall: datetime) -> datetime | None:
        # the parser keeps its place: a copy leaves nothing behind
        iterator = copy.copy(parsed)
        iterator.dt = wall.replace(microsecond=0)
        return next(iterator, None)

    return step


def _refusal(text: str) -> tuple[str, str] | None:
    """The reason and the hint, for what the parser would say too little about."""
    if len(text) > MAX_LENGTH:
        return f"it has {len(text)} characters; {MAX_LENGTH} are allowed", _FORM
    if not text.strip():
        return "it is empty", _FORM
    if re.search(r"\d{5}", text):
        return "it has a number of more than 4 digits", _FORM
    if not cron_syntax.problems(text):
        return f"`{text}` is a cron expression", "give it as cron instead"
    if re.search(r":[^ ]*\d\.\d", text):
        return "fractions of a second are not supported", "write whole seconds"
    return _range_refusal(text) or _zone_refusal(text)


def _range_refusal(text: str) -> tuple[str, str] | None:
    """Two forms in which the parser differs from systemd (seen in 252)."""
    if match := re.search(r"\b0*(\d+)\.\.0*\1/", text):
        return f"`{match[0]}` starts where it ends", f"write {match[1]}"
    if re.search(r"~[^ ]*\.\.\d+/", text):
        return "a range with a step behind `~`", "write the days in a list"
    return None


def _zone_refusal(text: str) -> tuple[str, str] | None:
    bare, own = split_zone(text)
    head, _, tail = bare.rpartition(" ")
    names_day = tail[:3].lower() in _WEEKDAYS
    if own or not head or names_day or not tail[0].isalpha():
        return None
    return f"`{tail}` is no known time zone", zones.hint(tail)
