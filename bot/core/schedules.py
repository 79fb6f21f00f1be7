"""When a job is due: cron, OnCalendar, intervals and none.

The only importer of croniter. Version 7.0.0 of it is wrong around changes of a zone's
offset, so it is asked about naive wall times only; `wall_times` makes instants of them.
"""

import copy
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from croniter.croniter import HashExpander, croniter

from bot.core import calendars, cron_syntax, durations, wall_times, zones
from bot.core.kinds import Flavour, ScheduleKind
from bot.core.models import Definition, Schedule
from bot.core.wall_times import Rule, Step
from bot.errors import Invalid, Problem

MIN_INTERVAL = timedelta(seconds=1)
MAX_INTERVAL = timedelta(days=3653)

#: A schedule whose dues are further apart than this is refused.
MAX_YEARS_BETWEEN_DUES = 8
_MAX_GAP = timedelta(days=365.25 * MAX_YEARS_BETWEEN_DUES)

EARLY = timedelta(seconds=60)
MIN_GRACE = timedelta(seconds=60)
MAX_GRACE = timedelta(minutes=30)
GRACE_WITHOUT_SCHEDULE = timedelta(hours=1)

_EPOCH = datetime(zones.FIRST_YEAR, 1, 1, tzinfo=UTC)
#: Dates fall on the same weekdays again after 28 years, so these stand for all.
_PROBED_YEARS = range(2024, 2024 + 28)


@dataclass(slots=True)
class _Plan:
    """A parsed schedule, and the gaps between its dues that were asked for last."""

    zone: str
    rule: Rule
    step: Step
    #: from (inclusive) and the due that ends it; None: nothing is due after it
    gaps: list[tuple[datetime, datetime | None]] = field(default_factory=list)


def check(schedule: Schedule, *, after: datetime | None = None) -> tuple[Problem, ...]:
    """Why the schedule is refused, with the way to write it; () if it is fine.

    With `after` there must also be a due within eight years of that moment, which an
    OnCalendar expression with a year may lack.
    """
    found = _zone_problems(schedule.timezone)
    if schedule.kind is ScheduleKind.NONE:
        return found
    if schedule.kind is ScheduleKind.INTERVAL:
        return found + _interval_problems(schedule.interval)
    if schedule.kind is ScheduleKind.ON_CALENDAR:
        found += calendars.problems(schedule.expression)
    else:
        found += _cron_problems(schedule)
    return found or _due_problems(schedule, after)


def next_due(schedule: Schedule, after: datetime) -> datetime | None:
    """The first due strictly after `after`; None for no schedule or no further due.

    An interval is counted from `after`. OnCalendar follows systemd's rule, whatever the
    flavour says. Raises Invalid for what `check` refuses.
    """
    if schedule.kind is ScheduleKind.NONE or after.year >= zones.END_YEAR:
        return None
    if schedule.kind is ScheduleKind.INTERVAL:
        return after + (schedule.interval or MIN_INTERVAL)
    plan = _plan(schedule)
    for start, due in plan.gaps:
        if start <= after and (due is None or after < due):
            return due
    start = max(after.astimezone(UTC), _EPOCH)
    due = wall_times.first_after(plan.zone, plan.rule, plan.step, start)
    plan.gaps = [(start, due), *plan.gaps[:3]]
    return due


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


def newest_due(schedule: Schedule, at: datetime, floor: datetime) -> datetime | None:
    """The newest due of a calendar schedule in (floor, at], or None."""
    step = period(schedule, at) or timedelta(days=1)
    while True:
        start = max(floor, at - step)
        due = next_due(schedule, start)
        if due is not None and due <= at:
            return _last_until(schedule, due, at)
        if start == floor:
            return None
        step *= 2


def _last_until(schedule: Schedule, due: datetime, at: datetime) -> datetime:
    following = next_due(schedule, due)
    while following is not None and following <= at:
        due, following = following, next_due(schedule, following)
    return due


def newest_dues(
    schedule: Schedule, at: datetime, floor: datetime, limit: int
) -> list[datetime]:
    """The newest dues of a calendar schedule in (floor, at], oldest first."""
    step = period(schedule, at) or timedelta(days=1)
    while True:
        start = max(floor, at - step)
        dues = deque[datetime](maxlen=limit)
        due = next_due(schedule, start)
        while due is not None and due <= at:
            dues.append(due)
            due = next_due(schedule, due)
        if len(dues) == limit or start == floor:
            return list(dues)
        step *= 2


def period(schedule: Schedule, due: datetime) -> timedelta | None:
    """The gap from this due to the next; None after the last one."""
    if schedule.kind is ScheduleKind.INTERVAL and due.year < zones.END_YEAR:
        return schedule.interval or MIN_INTERVAL
    following = next_due(schedule, due)
    return None if following is None else following - due


def early(schedule: Schedule, due: datetime) -> timedelta:
    """How long before its due a slot can be satisfied."""
    gap = period(schedule, due)
    return EARLY if gap is None else _quarter(gap)


def grace(definition: Definition, due: datetime) -> timedelta:
    """The allowed lateness of this due: what was said, else a tenth of the period."""
    if definition.grace is not None:
        return definition.grace
    if definition.schedule.kind is ScheduleKind.NONE:
        return GRACE_WITHOUT_SCHEDULE
    gap = period(definition.schedule, due)
    return MAX_GRACE if gap is None else _tenth(gap)


@lru_cache(maxsize=1024)
def _quarter(gap: timedelta) -> timedelta:
    """How early within a period; there are few different ones."""
    return min(EARLY, gap / 4)


@lru_cache(maxsize=1024)
def _tenth(gap: timedelta) -> timedelta:
    """How late after one, unless that was said."""
    return min(max(gap / 10, MIN_GRACE), MAX_GRACE)


def deadline(definition: Definition, due: datetime) -> datetime:
    """When the slot of this due is missed."""
    return due + definition.jitter + grace(definition, due)


def describe(schedule: Schedule) -> str:
    """The schedule in a few words for people."""
    if schedule.kind is ScheduleKind.NONE:
        return "no schedule"
    if schedule.kind is ScheduleKind.INTERVAL:
        return f"every {durations.text(schedule.interval or MIN_INTERVAL)}"
    if schedule.kind is ScheduleKind.ON_CALENDAR:
        text, own = calendars.split_zone(schedule.expression)
        return f"OnCalendar {text} {own or schedule.timezone}"
    text = " ".join(schedule.expression.split())
    tail = " (systemd)" if schedule.flavour is Flavour.SYSTEMD else ""
    return f"{text} {schedule.timezone}{tail}"


def _zone_problems(name: str) -> tuple[Problem, ...]:
    if zones.is_known(name):
        return ()
    return (Problem("timezone", f"`{name}` is no known time zone", zones.hint(name)),)


def _interval_problems(interval: timedelta | None) -> tuple[Problem, ...]:
    if interval is None:
        return (Problem("schedule", "the interval is missing", 'every = "30s"'),)
    if interval < MIN_INTERVAL:
        return (Problem("schedule", "an interval is 1 s or more", 'every = "1s"'),)
    if interval > MAX_INTERVAL:
        return (Problem("schedule", "an interval is 10 years or less", 'every = "1d"'),)
    return ()


def _cron_problems(schedule: Schedule) -> tuple[Problem, ...]:
    found = _text_problems(schedule.expression, bool(schedule.hash_id))
    return found or _rare_problems(_text(schedule))


@lru_cache(maxsize=4096)
def _text_problems(text: str, has_hash_id: bool) -> tuple[Problem, ...]:
    found = cron_syntax.problems(text)
    if found or has_hash_id or not cron_syntax.uses_hash(text):
        return found
    return (Problem("schedule", "`H` needs the id of a job", "write a number"),)


@lru_cache(maxsize=4096)
def _rare_problems(text: str) -> tuple[Problem, ...]:
    """Whether there are eight years without a match, once in the calendar's cycle."""
    try:
        step = _cron_step(text)
    except Invalid as invalid:
        return invalid.problems
    starts = (_EPOCH.replace(year=year, tzinfo=None) for year in _PROBED_YEARS)
    if all(step(start) for start in starts):
        return ()
    reason = f"it is not due for {MAX_YEARS_BETWEEN_DUES} years or ever"
    return (Problem("schedule", reason, "look at day, month and weekday together"),)


def _due_problems(schedule: Schedule, after: datetime | None) -> tuple[Problem, ...]:
    due = next_due(schedule, after or _EPOCH)
    if due is not None and (after is None or due - after <= _MAX_GAP):
        return ()
    reason = "it is never due" if due is None else f"it is not due before {due:%Y}"
    return (Problem("schedule", reason, "look at day, month and year"),)


def _plan(schedule: Schedule) -> _Plan:
    if schedule.kind is ScheduleKind.ON_CALENDAR:
        return _calendar_plan(schedule.expression, schedule.timezone)
    systemd = schedule.flavour is Flavour.SYSTEMD
    return _cron_plan(_text(schedule), schedule.timezone, systemd)


def _text(schedule: Schedule) -> str:
    """The cron text with every `H` as this job's number, so that jobs share a plan."""
    text = schedule.expression
    if not schedule.hash_id or not cron_syntax.uses_hash(text):
        return text
    _refuse(_text_problems(text, True))
    plain = cron_syntax.normal(text)
    expander, salt = HashExpander(croniter), schedule.hash_id.encode()
    parts = plain.split()
    for index, part in enumerate(parts):
        if part.startswith("h"):
            parts[index] = expander.expand(plain, index, part, hash_id=salt)
    return " ".join(parts)


@lru_cache(maxsize=4096)
def _calendar_plan(text: str, zone: str) -> _Plan:
    step = calendars.parse(text)
    _, own = calendars.split_zone(text)
    _refuse(_zone_problems(own or zone))
    return _Plan(own or zone, Rule.SYSTEMD, step)


@lru_cache(maxsize=4096)
def _cron_plan(text: str, zone: str, systemd: bool) -> _Plan:
    _refuse(_text_problems(text, False) + _zone_problems(zone))
    minute, hour, *_ = cron_syntax.normal(text).split()
    wildcard = minute.startswith("*") or hour.startswith("*")
    usual = Rule.ELAPSED if wildcard else Rule.ONCE
    return _Plan(zone, Rule.SYSTEMD if systemd else usual, _cron_step(text))


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise Invalid(*problems)


@lru_cache(maxsize=4096)
def _cron_step(text: str) -> Step:
    """The next wall time as a function; raises Invalid for what croniter refuses."""
    try:
        parsed = croniter(
            cron_syntax.normal(text),
            _EPOCH,
            ret_type=datetime,
            implement_cron_bug=True,
            max_years_between_matches=MAX_YEARS_BETWEEN_DUES,
        )
    except (ValueError, TypeError, OverflowError, AttributeError) as exc:
        problem = Problem("schedule", f"`{text}` is no cron expression: {exc}")
        raise Invalid(problem) from exc

    def step(wall: datetime) -> datetime | None:
        # the parser keeps its place: a copy leaves nothing behind
        try:
            found: datetime = copy.copy(parsed).get_next(start_time=wall)
        except ValueError:
            return None
        return found

    return step
