"""Times as settings have them: of a day, of a week, and to wait; no schedule parser."""

import re
from datetime import timedelta

from bot.core import durations
from bot.errors import Invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: no incident waits longer for others
LONGEST_WAIT = timedelta(minutes=10)

#: hour and minute
Clock = tuple[int, int]

_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


def span(text: str) -> tuple[Clock, Clock] | None:
    """Read `22:00-07:00`; None for anything else, and for a span of no length."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return None
    begins, ends = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
    return None if begins == ends else (begins, ends)


def wait(text: str) -> tuple[str, timedelta] | None:
    """Read `db=30s`, a tag and up to ten minutes; None for anything else."""
    tag, _, length = text.partition("=")
    try:
        span = durations.parse(length)
    except Invalid:
        return None
    return (tag.strip(), span) if tag.strip() and span <= LONGEST_WAIT else None
