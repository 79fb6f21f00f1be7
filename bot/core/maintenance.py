"""When planned work goes on, and for which jobs (SEMANTICS, section 5)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.core import durations, schedules
from bot.core.kinds import ScheduleKind, WindowScope
from bot.core.models import Definition, Schedule
from bot.core.silencers import Window
from bot.errors import Problem

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=30)
#: starts that are looked at for one that comes before the end of the one before
_LOOKED_AT = 400


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a window is open: from its start to just before its end."""

    window: Window
    starts_at: datetime
    ends_at: datetime


def covers(window: Window, definition: Definition) -> bool:
    """Whether a window is about this job at all."""
    if window.scope is WindowScope.ALL:
        return True
    if window.scope is WindowScope.TAG:
        return window.target in definition.tags
    if window.scope is WindowScope.NODE:
        # its sign of life, too: no machine is heard of while it is worked on
        return window.target in (definition.node, definition.stands_for_node)
    return window.target == definition.slug


def occurrence(window: Window, at: datetime) -> Occurrence | None:
    """The time of this window that holds the moment, or None."""
    starts_at: datetime | None = window.starts_at
    if window.is_recurring:
        floor = at - window.duration
        starts_at = schedules.newest_due(window.schedule, at, floor)
    if starts_at is None:
        return None
    found = _clipped(window, starts_at)
    return found if found.starts_at <= at < found.ends_at else None


def _clipped(window: Window, starts_at: datetime) -> Occurrence:
    """Nothing before it was made, and nothing after it was ended."""
    ends_at = starts_at + window.duration
    if window.ended_at is not None:
        ends_at = min(ends_at, window.ended_at)
    return Occurrence(window, max(starts_at, window.starts_at), ends_at)


def covering(
    windows: Iterable[Window], definition: Definition, at: datetime
) -> Occurrence | None:
    """Of the windows that hold this job at that moment, the one that ends last."""
    found = [
        holding
        for window in windows
        if covers(window, definition)
        and (holding := occurrence(window, at)) is not None
    ]
    return max(found, key=lambda each: each.ends_at, default=None)


def upcoming(window: Window, after: datetime) -> Iterator[Occurrence]:
    """The times that it is open, from the one that goes on at `after`, in order."""
    running = occurrence(window, after)
    if running is not None:
        yield running
    if window.is_recurring:
        start = schedules.next_due(window.schedule, max(after, window.starts_at))
        while start is not None and (
            window.ended_at is None or start < window.ended_at
        ):
            yield _clipped(window, start)
            start = schedules.next_due(window.schedule, start)
    elif window.starts_at > after and (window.ends_at or after) > window.starts_at:
        yield _clipped(window, window.starts_at)


def next_start(
    windows: Iterable[Window], definition: Definition, after: datetime
) -> datetime | None:
    """When planned work at this job begins after that moment."""
    starts = (
        each.starts_at
        for window in windows
        if covers(window, definition)
        for each in _first(upcoming(window, after), after)
    )
    return min(starts, default=None)


def _first(found: Iterator[Occurrence], after: datetime) -> list[Occurrence]:
    coming = next((each for each in found if each.starts_at > after), None)
    return [] if coming is None else [coming]


def check(window: Window, now: datetime) -> tuple[Problem, ...]:
    """What is wrong with a window that somebody wants."""
    found = []
    if not SHORTEST <= window.duration <= LONGEST:
        hint = "1m to 30d; pause the job if nobody is to watch it"
        found.append(Problem("for", "is out of range", hint))
    elif not window.is_recurring:
        if window.starts_at + window.duration <= now:
            found.append(Problem("to", "lies in the past", "give a later time"))
    else:
        found += _check_schedule(window, now)
    return tuple(found)


def _check_schedule(window: Window, now: datetime) -> tuple[Problem, ...]:
    schedule = window.schedule
    key = "cron" if schedule.kind is ScheduleKind.CRON else "on_calendar"
    problems = schedules.check(schedule, after=now)
    if problems:
        renamed = ((p, key if p.field == "schedule" else p.field) for p in problems)
        return tuple(replace(problem, field=name) for problem, name in renamed)
    shortest = _shortest_gap(schedule, now)
    if shortest is not None and shortest <= window.duration:
        gap = durations.text(shortest)
        reason = f"it starts again after {gap}, before it ends"
        return (Problem("for", reason, f"less than {gap}, or pause the job"),)
    return ()


def _shortest_gap(schedule: Schedule, now: datetime) -> timedelta | None:
    starts = schedules.due_between(
        schedule, now, now + 2 * timedelta(days=366), limit=_LOOKED_AT
    )
    gaps = (later - start for start, later in pairwise(starts))
    return min(gaps, default=None)
