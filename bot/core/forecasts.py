"""How much falls due in the hours to come, counted with bounded work."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core import cron_syntax, schedules
from bot.core.kinds import ScheduleKind, Status
from bot.core.models import Job, JobState, Schedule

HOURS = 24
#: dues that are worked out for one report; intervals cost nothing
MOST_DUES = 40_000
_HOUR = timedelta(hours=1)
#: what one schedule may be due within a day, once a minute and some more
_MOST_OF_ONE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HourAhead:
    """How much is due in one hour to come."""

    start: datetime
    dues: int
    #: the slug with the most dues in it
    busiest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """The dues of the 24 hours after the report was written, hour by hour."""

    hours: tuple[HourAhead, ...] = ()
    #: jobs whose dues were not counted, since that would have taken too long
    left_out: int = 0


NOTHING_AHEAD = Ahead()


@dataclass(slots=True)
class _Shared:
    """A calendar schedule, and the jobs that have it."""

    schedule: Schedule
    slug: str
    jobs: int = 0


@dataclass(slots=True)
class _Hour:
    dues: int = 0
    busiest: str = ""
    most: int = 0

    def take(self, slug: str, dues: int, jobs: int = 1) -> None:
        self.dues += dues * jobs
        if dues > self.most:
            self.busiest, self.most = slug, dues


@dataclass(slots=True)
class Forecast:
    """Takes jobs batch by batch; those that share a schedule are worked out once."""

    start: datetime
    _hours: list[_Hour] = field(default_factory=lambda: [_Hour() for _ in range(HOURS)])
    _calendars: dict[tuple[str, ...], _Shared] = field(default_factory=dict)

    def add(self, jobs: Iterable[tuple[Job, JobState]]) -> None:
        """Count what these will be due; paused ones are not."""
        for job, state in jobs:
            if state.status is Status.PAUSED:
                continue
            schedule = job.schedule
            if schedule.kind is ScheduleKind.INTERVAL:
                self._interval(job, state, schedule.interval or _HOUR)
            elif schedule.kind is not ScheduleKind.NONE:
                key = _key(schedule)
                shared = self._calendars.setdefault(key, _Shared(schedule, job.slug))
                shared.jobs += 1

    def _interval(self, job: Job, state: JobState, every: timedelta) -> None:
        """An interval goes on from the due that is known, if its pings come in time."""
        due_at = state.due_at
        if due_at is None:
            return
        first = max(-((due_at - self.start) // every), 0) * every + due_at
        for index, hour in enumerate(self._hours):
            begins = self.start + index * _HOUR
            # the dues in [begins, begins + 1 h) are those before its end, less earlier
            before = _count(first, every, begins)
            dues = _count(first, every, begins + _HOUR) - before
            if dues:
                hour.take(job.slug, dues)

    def finish(self) -> Ahead:
        """The hours in order; the schedules of most jobs are worked out first."""
        left, left_out = MOST_DUES, 0
        shared = sorted(self._calendars.values(), key=lambda each: -each.jobs)
        end = self.start + HOURS * _HOUR
        for each in shared:
            if left <= 0:
                left_out += each.jobs
                continue
            dues = schedules.due_between(
                each.schedule, self.start - timedelta.resolution, end, _MOST_OF_ONE
            )
            left -= len(dues) + 1
            self._take(each, [due for due in dues if due < end])
        hours = tuple(
            HourAhead(
                start=self.start + index * _HOUR, dues=hour.dues, busiest=hour.busiest
            )
            for index, hour in enumerate(self._hours)
        )
        return Ahead(hours=hours, left_out=left_out)

    def _take(self, shared: _Shared, dues: list[datetime]) -> None:
        counts = [0] * HOURS
        for due in dues:
            counts[(due - self.start) // _HOUR] += 1
        for hour, count in zip(self._hours, counts, strict=True):
            if count:
                hour.take(shared.slug, count, shared.jobs)


def _count(first: datetime, every: timedelta, before: datetime) -> int:
    """How many of first, first + every, ... come before a moment."""
    return max(-(-(before - first) // every), 0)


def _key(schedule: Schedule) -> tuple[str, ...]:
    """What makes two schedules one; an `H` is another number for each job."""
    hashed = cron_syntax.uses_hash(schedule.expression) if schedule.hash_id else False
    return (
        schedule.kind,
        schedule.expression,
        schedule.timezone,
        schedule.flavour,
        schedule.hash_id if hashed else "",
    )
