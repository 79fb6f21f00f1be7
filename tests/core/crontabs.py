"""Schedules for tests, and random lines in the language of Debian's cron."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

from hypothesis import strategies as st

from bot.core.kinds import Flavour, ScheduleKind
from bot.core.models import Schedule

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

#: one zone for each way in which an offset changes
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Riga",
    "Europe/Dublin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Caracas",
    "America/Scoresbysund",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Chatham",
)

#: aware moments in the years for which zones have rules
moments = st.datetimes(
    min_value=datetime(1996, 1, 1),  # noqa: DTZ001  the strategy adds the zone
    max_value=datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def utc(text: str) -> datetime:
    """The instant of an ISO text without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def cron(
    expression: str,
    timezone: str = "UTC",
    *,
    flavour: Flavour = Flavour.CRON,
    hash_id: str = "",
) -> Schedule:
    """A cron schedule."""
    return Schedule(
        kind=ScheduleKind.CRON,
        expression=expression,
        timezone=timezone,
        flavour=flavour,
        hash_id=hash_id,
    )


def on_calendar(expression: str, timezone: str = "UTC") -> Schedule:
    """An OnCalendar schedule."""
    return Schedule(
        kind=ScheduleKind.ON_CALENDAR, expression=expression, timezone=timezone
    )


def line(random: Random) -> str:
    """Five fields, most of them around the hours in which clocks change."""
    minute = _field(random, 0, 59)
    early = f"{random.randint(0, 1)}-{random.randint(2, 5)}"
    hour = random.choice(
        [
            _field(random, 0, 23),
            str(random.randint(0, 4)),
            early,
            f"*/{random.randint(2, 12)}",
        ]
    )
    if random.random() < 0.6:
        return f"{minute} {hour} * * *"
    month = _field(random, 1, 11, MONTHS) if random.random() < 0.3 else "*"
    day, weekday = _field(random, 1, 31), _field(random, 0, 7, WEEKDAYS)
    return f"{minute} {hour} {day} {month} {weekday}"


def _field(random: Random, low: int, high: int, names: Sequence[str] = ()) -> str:
    kind = random.random()
    if kind < 0.35:
        return "*"
    if kind < 0.8:
        return _item(random, low, high, names)
    count = random.randint(2, 4)
    return ",".join(_item(random, low, high, names) for _ in range(count))


def _item(random: Random, low: int, high: int, names: Sequence[str]) -> str:
    kind = random.random()
    if kind < 0.3:
        named = names and random.random() < 0.3
        return random.choice(names) if named else str(random.randint(low, high))
    if kind < 0.5:
        return f"*/{random.randint(1, high - low)}"
    first, last = sorted(random.sample(range(low, high + 1), 2))
    step = f"/{random.randint(1, 9)}" if random.random() < 0.4 else ""
    return f"{first}-{last}{step}"
