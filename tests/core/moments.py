"""The moments, people, schedules and silences that the tests of the rules speak of."""

from datetime import UTC, datetime, timedelta

from bot.core.blind_times import BlindTime
from bot.core.kinds import (
    ActorKind,
    BlindId,
    BlindReason,
    Flavour,
    MuteId,
    MuteScope,
    ScheduleKind,
    WindowId,
    WindowScope,
)
from bot.core.models import Actor, Schedule
from bot.core.silencers import Mute, Window

#: a Monday
T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ANN = Actor(kind=ActorKind.CLI, name="ann")
BOB = Actor(kind=ActorKind.CLI, name="bob")

UNSCHEDULED = Schedule()


def cron(text: str, zone: str = "UTC", flavour: Flavour = Flavour.CRON) -> Schedule:
    """A cron schedule."""
    return Schedule(
        kind=ScheduleKind.CRON, expression=text, timezone=zone, flavour=flavour
    )


def calendar(text: str, zone: str = "UTC") -> Schedule:
    """An OnCalendar schedule."""
    return Schedule(kind=ScheduleKind.ON_CALENDAR, expression=text, timezone=zone)


def every(interval: timedelta) -> Schedule:
    """An interval."""
    return Schedule(kind=ScheduleKind.INTERVAL, interval=interval)


#: due on the hour
HOURLY = cron("0 * * * *")


def mute(
    until_at: datetime,
    *,
    scope: MuteScope = MuteScope.JOB,
    target: str = "nightly",
    until_recovery: bool = False,
    number: int = 1,
) -> Mute:
    """A mute that ann made."""
    return Mute(
        id=MuteId(number),
        scope=scope,
        target=target,
        created_by=str(ANN),
        created_at=T0,
        until_at=until_at,
        until_recovery=until_recovery,
    )


def window(
    starts_at: datetime = T0,
    duration: timedelta = HOUR,
    *,
    schedule: Schedule = UNSCHEDULED,
    scope: WindowScope = WindowScope.ALL,
    target: str = "",
    ended_at: datetime | None = None,
) -> Window:
    """Planned work that ann announced."""
    return Window(
        id=WindowId(1),
        scope=scope,
        target=target,
        reason="new disks",
        created_by=str(ANN),
        created_at=T0,
        starts_at=starts_at,
        schedule=schedule,
        duration=duration,
        ended_at=ended_at,
    )


def blind(
    began_at: datetime,
    ended_at: datetime | None,
    reason: BlindReason = BlindReason.CRASHED,
    number: int = 1,
) -> BlindTime:
    """A time in which nothing was seen."""
    return BlindTime(
        id=BlindId(number), began_at=began_at, ended_at=ended_at, reason=reason
    )
