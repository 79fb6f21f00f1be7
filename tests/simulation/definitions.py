"""Jobs as people define them, of every kind, in twelve zones."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from bot.core.kinds import Flavour, ScheduleKind
from bot.core.models import Definition, Schedule

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

#: both hemispheres, half and quarter hours, a month without summer time, and none
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
)
TAGS = ("db", "web", "night")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A way to write a schedule; `{m}` is a minute, `{h}` an hour of the night."""

    kind: ScheduleKind
    text: str
    weight: int
    #: only as long may such a job live, since it is due so often
    lasts: timedelta = 3660 * DAY


CRON, CALENDAR = ScheduleKind.CRON, ScheduleKind.ON_CALENDAR
INTERVAL = ScheduleKind.INTERVAL
RHYTHMS = (
    Rhythm(CRON, "{m} {h} * * *", 27),
    Rhythm(CRON, "0 * * * *", 2),
    Rhythm(CRON, "{m} */6 * * *", 8),
    Rhythm(CRON, "{m} 8-17 * * 1-5", 5),
    Rhythm(CRON, "*/30 1-3 * * *", 4),
    Rhythm(CRON, "0 0,1 * * *", 4),
    Rhythm(CRON, "{m} {h} * * 0", 3),
    Rhythm(CRON, "{m} {h} 1,15 * 5", 2),
    Rhythm(CRON, "*/15 * * * *", 1, 120 * DAY),
    Rhythm(CRON, "* * * * *", 1, DAY),
    Rhythm(CALENDAR, "*-*-* 0{h}:{m}", 6),
    Rhythm(CALENDAR, "Mon..Fri *-*-* 0{h}:{m}:30", 3),
    Rhythm(CALENDAR, "*-*-01,15 00:{m}:00", 1),
    Rhythm(CALENDAR, "*-*-* 00/6:{m}", 3),
    Rhythm(CALENDAR, "*-*-* *:00/20:15", 1, 120 * DAY),
    Rhythm(INTERVAL, "30", 2, DAY / 2),
    Rhythm(INTERVAL, "300", 2, 10 * DAY),
    Rhythm(INTERVAL, "3600", 2),
    Rhythm(INTERVAL, "20000", 6),
    Rhythm(INTERVAL, "86400", 7),
    Rhythm(ScheduleKind.NONE, "", 5),
)
GRACES = (None, None, timedelta(), 30 * SECOND, 5 * MINUTE, 5 * MINUTE, HOUR, 3 * HOUR)
RUNTIMES = (None, None, None, 20 * SECOND, 10 * MINUTE, 50 * MINUTE, 150 * MINUTE)


def rhythm(random: Random) -> Rhythm:
    """A rhythm, the usual ones more often."""
    return random.choices(RHYTHMS, [each.weight for each in RHYTHMS])[0]


def schedule(random: Random, chosen: Rhythm) -> Schedule:
    """A schedule in that rhythm."""
    if chosen.kind is ScheduleKind.NONE:
        return Schedule()
    if chosen.kind is INTERVAL:
        return Schedule(kind=INTERVAL, interval=timedelta(seconds=int(chosen.text)))
    minute = random.choice(("00", "15", "30", "59"))
    text = chosen.text.format(m=minute, h=random.randrange(6))
    wants_systemd = chosen.kind is CRON and random.random() < 0.15
    return Schedule(
        kind=chosen.kind,
        expression=text,
        timezone=random.choice(ZONES),
        flavour=Flavour.SYSTEMD if wants_systemd else Flavour.CRON,
    )


def definition(random: Random, number: int, chosen: Rhythm) -> Definition:
    """A job in that rhythm."""
    return Definition(
        slug=f"job-{number}",
        schedule=schedule(random, chosen),
        tags=tuple(tag for tag in TAGS if random.random() < 0.25),
        grace=random.choice(GRACES),
        jitter=random.choice(
            (timedelta(), timedelta(), timedelta(), MINUTE, 10 * MINUTE)
        ),
        max_runtime=random.choice(RUNTIMES),
        min_runtime=random.choice((None, None, None, 10 * SECOND)),
        failure_tolerance=random.choice((1, 1, 1, 2, 3, 5)),
        recovery_threshold=random.choice((1, 1, 1, 2, 3)),
        realert_every=random.choice((None, None, HOUR, 6 * HOUR, DAY)),
        strict_start=random.random() < 0.2,
        manual_resume=random.random() < 0.2,
    )


def changed(random: Random, old: Definition, chosen: Rhythm) -> dict[str, Any]:
    """Fields that somebody changes one day."""
    choices: tuple[dict[str, Any], ...] = (
        {"grace": random.choice(GRACES)},
        {"max_runtime": random.choice(RUNTIMES)},
        {"min_runtime": random.choice((None, 10 * SECOND))},
        {"failure_tolerance": random.choice((1, 2, 3))},
        {"recovery_threshold": random.choice((1, 2))},
        {"realert_every": random.choice((None, HOUR, DAY))},
        {"schedule": schedule(random, chosen)},
        {"description": f"changed {random.randrange(1000)}"},
        {"grace": old.grace},
    )
    return random.choice(choices)
