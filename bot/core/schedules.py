"""When a job is due: cron, OnCalendar and intervals, right across daylight saving.

The only importer of croniter and oncalendar. Both are asked about naive wall times
only, since croniter 7.0.0 is wrong around changes of a zone's offset; instants are
worked out here, segment by segment between those changes.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import oncalendar
from croniter.croniter import HashExpander, croniter

from bot.core import cron_syntax, zones
from bot.core.models import Definition, Flavour, Schedule, ScheduleKind
from bot.errors import Invalid, Problem

MIN_INTERVAL = timedelta(seconds=1)
MAX_INTERVAL = timedelta(days=3653)
MAX_YEARS = 8

EARLY = timedelta(seconds=60)
MIN_GRACE = timedelta(seconds=60)
MAX_GRACE = timedelta(minutes=30)
GRACE_WITHOUT_SCHEDULE = timedelta(hours=1)

#: From here on a change of offset is a correction of the clock, as in Debian's cron.
CORRECTION = timedelta(hours=3)

_TICK = timedelta(seconds=1)
_EPOCH = datetime(zones.FIRST_YEAR, 1, 1, tzinfo=UTC)
#: Where the search for a first due starts when nobody says: just after a leap day.
_REFERENCE = datetime(2024, 3, 1, tzinfo=UTC)

#: The next wall time strictly after a wall time; None when there is none.
_Step = Callable[[datetime], datetime | None]


class _Rule(StrEnum):
    """What happens to wall times that a change of offset removes or repeats."""

    #: due at every wall time that really exists, twice in a repeated hour
    ELAPSED = "elapsed"
    #: due once: the first of two, and at the end of a missing hour
    ONCE = "once"
    #: the first of two; never in a missing hour
    SYSTEMD = "systemd"


@dataclass(slots=True)
class _Plan:
    """A parsed schedule, and the gaps between dues that it saw last."""

    zone: str
    rule: _Rule
    step: _Step
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)


def check(schedule: Schedule, *, after: datetime | None = None) -> tuple[Problem, ...]:
    """Why the schedule is refused, with the way to write it; () if it is fine.

    With `after` it must also have a due within eight years of that moment.
    """
    found = _check_zone(schedule.timezone)
    if schedule.kind is ScheduleKind.INTERVAL:
        return found + _check_interval(schedule.interval)
    if schedule.kind is ScheduleKind.NONE:
        return found
    found += _check_text(schedule)
    return found or _check_dues(schedule, after)


def next_due(schedule: Schedule, after: datetime) -> datetime | None:
    """The first due strictly after the moment; None when there is none.

    An interval is counted from `after`. OnCalendar follows systemd's rule whatever
    the flavour says. Raises Invalid for a schedule that `check` refuses.
    """
    if schedule.kind is ScheduleKind.NONE or after.year >= zones.END_YEAR:
        return None
    if schedule.kind is ScheduleKind.INTERVAL:
        return after + (schedule.interval or MIN_INTERVAL)
    plan = _plan_of(schedule)
    for low, due in plan.gaps:
        if low <= after < due:
            return due
    found = _search(plan, max(after.astimezone(UTC), _EPOCH - _TICK))
    if found is not None:
        plan.gaps = [(after, found), *plan.gaps[:3]]
    return found


def due_between(
    schedule: Schedule, after: datetime, until: datetime, limit: int = 1000
) -> list[datetime]:
    """The dues in (after, until], oldest first, `limit` at most."""
    dues: list[datetime] = []
    due = next_due(schedule, after)
    while due is not None and due <= until and len(dues) < limit:
        dues.append(due)
        due = next_due(schedule, due)
    return dues


def period(schedule: Schedule, due: datetime) -> timedelta | None:
    """The gap from this due to the next; None if it is the last."""
    following = next_due(schedule, due)
    return None if following is None else following - due


def early(schedule: Schedule, due: datetime) -> timedelta:
    """How long before its due a slot is satisfied already."""
    gap = period(schedule, due)
    return EARLY if gap is None else min(EARLY, gap / 4)


def grace(definition: Definition, due: datetime) -> timedelta:
    """The allowed lateness at this due: as said, else a tenth of the period."""
    if definition.grace is not None:
        return definition.grace
    if definition.schedule.kind is ScheduleKind.NONE:
        return GRACE_WITHOUT_SCHEDULE
    gap = period(definition.schedule, due)
    return MAX_GRACE if gap is None else min(max(gap / 10, MIN_GRACE), MAX_GRACE)


def deadline(definition: Definition, due: datetime) -> datetime:
    """When the slot of this due is missed."""
    return due + definition.jitter + grace(definition, due)


def describe(schedule: Schedule) -> str:
    """The schedule in a few words for people."""
    match schedule.kind:
        case ScheduleKind.NONE:
            return "no schedule"
        case ScheduleKind.INTERVAL:
            return f"every {_short(schedule.interval or MIN_INTERVAL)}"
        case ScheduleKind.CRON:
            return f"{schedule.expression} {schedule.timezone}"
        case ScheduleKind.ON_CALENDAR:
            text, own = _split_zone(schedule.expression)
            return f"OnCalendar {text} {own or schedule.timezone}"


def _short(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:g}s"


def _check_zone(name: str) -> tuple[Problem, ...]:
    if zones.is_known(name):
        return ()
    close = zones.suggestions(name)
    hint = "did you mean " + " or ".join(close) if close else "such as Europe/Berlin"
    return (Problem("timezone", f"`{name}` is no known time zone", hint),)


def _check_interval(interval: timedelta | None) -> tuple[Problem, ...]:
    if interval is None:
        return (Problem("schedule", "an interval is missing", 'every = "30s"'),)
    if interval < MIN_INTERVAL:
        return (Problem("schedule", "an interval is at least 1 s", 'every = "1s"'),)
    if interval > MAX_INTERVAL:
        return (Problem("schedule", "an interval is at most 10 years", 'every = "1d"'),)
    return ()


@lru_cache(maxsize=4096)
def _check_text(schedule: Schedule) -> tuple[Problem, ...]:
    text = schedule.expression
    if schedule.kind is ScheduleKind.CRON:
        found = cron_syntax.problems(text)
        if not found and cron_syntax.uses_hash(text.lower()) and not schedule.hash_id:
            found = (Problem("schedule", "`H` needs the job's id", "write a number"),)
        return found
    return ()


def _check_dues(schedule: Schedule, after: datetime | None) -> tuple[Problem, ...]:
    try:
        due = next_due(schedule, after or _REFERENCE)
    except Invalid as invalid:
        return invalid.problems
    if due is None:
        return (
            Problem("schedule", "it is never due in 8 years", "check day and month"),
        )
    return ()


def _plan_of(schedule: Schedule) -> _Plan:
    if schedule.kind is ScheduleKind.ON_CALENDAR:
        return _on_calendar_plan(schedule.expression, schedule.timezone)
    text = schedule.expression
    if schedule.hash_id:
        text = _resolved(text, schedule.hash_id)
    return _cron_plan(text, schedule.timezone, schedule.flavour is Flavour.SYSTEMD)


def _resolved(text: str, hash_id: str) -> str:
    """The text with each `H` written out as this job's numbers."""
    plain = cron_syntax.normal(text)
    if not cron_syntax.uses_hash(plain):
        return text
    expander = HashExpander(croniter)
    salt = hash_id.encode()
    return " ".join(
        expander.expand(plain, index, part, hash_id=salt)
        for index, part in enumerate(plain.split())
    )


@lru_cache(maxsize=4096)
def _cron_plan(text: str, zone: str, systemd: bool) -> _Plan:
    plain = cron_syntax.normal(text)
    try:
        parsed = croniter(
            plain,
            _REFERENCE.replace(tzinfo=None),
            ret_type=datetime,
            implement_cron_bug=True,
            max_years_between_matches=MAX_YEARS,
        )
    except (ValueError, TypeError, OverflowError, AttributeError) as exc:
        problem = Problem("schedule", f"`{text}` is no cron expression: {exc}")
        raise Invalid(problem) from exc

    def step(wall: datetime) -> datetime | None:
        try:
            # the parser keeps its place: a copy leaves nothing behind
            found: datetime = copy.copy(parsed).get_next(datetime, start_time=wall)
        except (ValueError, OverflowError):
            return None
        return found

    wild = any(part.startswith("*") for part in plain.split()[:2])
    rule = _Rule.SYSTEMD if systemd else _Rule.ELAPSED if wild else _Rule.ONCE
    return _Plan(zone, rule, step)


@lru_cache(maxsize=4096)
def _on_calendar_plan(text: str, zone: str) -> _Plan:
    bare, own = _split_zone(text)
    try:
        parsed = oncalendar.BaseIterator(bare, _REFERENCE.replace(tzinfo=None))
    except (oncalendar.OnCalendarError, ValueError, IndexError) as exc:
        problem = Problem("schedule", f"`{text}` is no OnCalendar expression: {exc}")
        raise Invalid(problem) from exc

    def step(wall: datetime) -> datetime | None:
        iterator = copy.copy(parsed)
        iterator.dt = wall.replace(microsecond=0)
        found: datetime | None = next(iterator, None)
        return found

    return _Plan(own or zone, _Rule.SYSTEMD, step)


def _split_zone(text: str) -> tuple[str, str]:
    """An OnCalendar text and the zone at its end, if it has one."""
    head, _, tail = text.strip().rpartition(" ")
    if head and zones.is_known(tail):
        return head.strip(), tail
    return text.strip(), ""


def _search(plan: _Plan, after: datetime) -> datetime | None:
    """The first due strictly after the instant, through the zone's segments.

    There is no match between `low` and `wall`, so that one answer of the parser
    serves every segment that it lies beyond.
    """
    low, wall = datetime.min, datetime.min
    for segment in zones.segments(plan.zone, after):
        start = _floor(plan.rule, segment) - _TICK
        if segment.start <= after:
            start = max(start, segment.wall(after))
        if not low <= start < wall:
            found = plan.step(start)
            if found is None:
                return None
            low, wall = start, found
        if wall < segment.wall_end:
            return segment.instant(wall)
    return None


def _floor(rule: _Rule, segment: zones.Segment) -> datetime:
    """The first wall time that belongs to the segment."""
    jump = segment.wall_start - segment.previous_wall_end
    if rule is _Rule.SYSTEMD:
        return max(segment.wall_start, segment.previous_wall_end)
    if rule is _Rule.ONCE and -CORRECTION <= jump < CORRECTION:
        return segment.previous_wall_end
    return segment.wall_start
