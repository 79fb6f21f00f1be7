"""Moments and durations of the API, as a person reads them."""

from datetime import UTC, datetime, timedelta, tzinfo

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
NOTHING = "-"


def read(text: str) -> datetime:
    """RFC 3339 of the API as a moment."""
    return datetime.fromisoformat(text)


def span(seconds: float | None) -> str:
    """`5 s`, `3 min`, `2 h`, `4 d`: cut off, never rounded up; a dash for None."""
    if seconds is None:
        return NOTHING
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s" if seconds <= 0 else "<1 s"


def took(seconds: float | None) -> str:
    """`0.3s`, `4.27s`, `1h30m`: as exact as anybody reads it; a dash for None."""
    if seconds is None:
        return NOTHING
    return exact(round(seconds, 2 if seconds < 10 else 0))


def exact(seconds: float | None) -> str:
    """`1h30m`, as it may be typed; a dash for None."""
    if seconds is None:
        return NOTHING
    from bot.core import durations

    return durations.text(timedelta(seconds=seconds))


def relative(text: str | None, now: datetime) -> str:
    """`5 min ago`, `in 3 h`, `now`; a dash for None."""
    if text is None:
        return NOTHING
    away = (read(text) - now).total_seconds()
    if abs(away) < 1:
        return "now"
    return f"in {span(away)}" if away > 0 else f"{span(-away)} ago"


def utc(text: str | None) -> str:
    """`2026-01-31 04:05:06 UTC`; a dash for None."""
    return NOTHING if text is None else f"{_written(read(text).astimezone(UTC))} UTC"


def local(text: str, zone: tzinfo | None) -> str:
    """The wall time of a zone (None: the machine's) with its name."""
    moment = read(text).astimezone(zone)
    return f"{_written(moment)} {moment.tzname()}"


def clock(text: str) -> str:
    """`04:05:06` in the machine's zone, for a story that is told as it happens."""
    return f"{read(text).astimezone():%H:%M:%S}"


def both(text: str | None, now: datetime) -> str:
    """The moment and how far it is away."""
    return NOTHING if text is None else f"{utc(text)} ({relative(text, now)})"


def _written(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M:%S}"
