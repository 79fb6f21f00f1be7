"""Times of a day and days of a week as people write them; loads no schedule parser."""

import re

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

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
