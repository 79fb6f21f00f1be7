"""Which run is started when (SEMANTICS, section 6).

All is decided from records and a moment; nothing is run here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core import durations, schedules
from bot.core.commands import CATCH_UP_WINDOW, Command
from bot.core.executions import BAD, End, Execution
from bot.core.kinds import CatchUp, JobId, Overlap, ScheduleKind
from bot.core.models import Definition, Schedule

#: a due that is taken up this soon is no matter of catching up
PROMPT = timedelta(seconds=60)
#: dues that are caught up on at most
CAUGHT_UP_AT_MOST = 100
#: dues that are written down as skipped one by one
SKIPPED_AT_MOST = 1000
#: runs of one job that wait at most
WAITING_AT_MOST = 100

_MICROSECOND = timedelta(microseconds=1)


class Skipped(NamedTuple):
    """A due for which nothing is run, and why."""

    due_at: datetime
    why: str


class Taken(NamedTuple):
    """The dues to run, the oldest first, those that are not, and where to go on."""

    run: tuple[datetime, ...]
    skipped: tuple[Skipped, ...]
    #: the first due after now; None: there is none
    next_due_at: datetime | None


def take(
    definition: Definition, command: Command, next_due_at: datetime, now: datetime
) -> Taken:
    """Sort out the dues from `next_due_at` to now.

    A due that is taken up within a minute is run. What is older was not seen to in
    time, as Cronitor was away: `catch_up` says what of it is run.
    """
    schedule = definition.schedule
    if schedule.kind is ScheduleKind.INTERVAL:
        # what follows is named by the end of the run
        dues, following = [next_due_at], None
    else:
        dues = _passed(schedule, next_due_at, now)
        following = schedules.next_due(schedule, now)
    prompt = [due for due in dues if now - due <= PROMPT]
    away = [due for due in dues if now - due > PROMPT]
    if len(prompt) > 1:
        # of those the newest stands for all, as of dues that are caught up on
        away, prompt = [*away, *prompt[:-1]], prompt[-1:]
    run, skipped = _caught_up(definition, command, away, now, has_newer=bool(prompt))
    return Taken((*run, *prompt), tuple(skipped), following)


def _passed(schedule: Schedule, next_due_at: datetime, now: datetime) -> list[datetime]:
    """The dues that have passed, in order; of very many the first, and the last."""
    before = next_due_at - _MICROSECOND
    dues = schedules.due_between(schedule, before, now, limit=SKIPPED_AT_MOST)
    newest = schedules.newest_due(schedule, now, before)
    if newest is None or newest in dues:
        return dues
    return [*dues, newest]


def _caught_up(
    definition: Definition,
    command: Command,
    dues: Sequence[datetime],
    now: datetime,
    *,
    has_newer: bool,
) -> tuple[list[datetime], list[Skipped]]:
    if command.catch_up is CatchUp.NONE:
        return [], [Skipped(due, "Cronitor was away; catch_up is none") for due in dues]
    if command.catch_up is CatchUp.ALL:
        kept = list(dues[-CAUGHT_UP_AT_MOST:])
        gone = dues[: len(dues) - len(kept)]
        why = f"more than {CAUGHT_UP_AT_MOST} dues have passed"
        return kept, [Skipped(due, why) for due in gone]
    skipped = [Skipped(due, "a newer due stands for it") for due in dues[:-1]]
    if not dues:
        return [], skipped
    newest = dues[-1]
    if has_newer:
        return [], [*skipped, Skipped(newest, "a newer due stands for it")]
    window = window_of(definition, command, newest)
    if now - newest <= window:
        return [newest], skipped
    longest = durations.text(window)
    why = f"Cronitor was away for longer than catch_up_window ({longest})"
    return [], [*skipped, Skipped(newest, why)]


def window_of(definition: Definition, command: Command, due_at: datetime) -> timedelta:
    """How old a due may be to be caught up on."""
    if command.catch_up_window is not None:
        return command.catch_up_window
    period = schedules.period(definition.schedule, due_at)
    return CATCH_UP_WINDOW if period is None else min(period, CATCH_UP_WINDOW)


class Overlapped(NamedTuple):
    """What becomes of a wish while others of its job wait or go on."""

    #: it is not run; empty: it waits for its turn
    skip: str = ""
    #: those that wait no longer, as this one is newer
    drop: tuple[Execution, ...] = ()
    #: those that are ended for it
    cancel: tuple[Execution, ...] = ()


def overlap(command: Command, others: Sequence[Execution]) -> Overlapped:
    """What the others of its job, that have not ended, mean for a new wish."""
    active = [each for each in others if each.is_active]
    waiting = [each for each in others if not each.is_active]
    # one that is tried again has begun already
    fresh = tuple(each for each in waiting if each.attempt == 1)
    if command.overlap is Overlap.ALLOW:
        if len(waiting) >= WAITING_AT_MOST:
            return Overlapped(skip=f"{len(waiting)} runs of it wait already")
        return Overlapped()
    if command.overlap is Overlap.SKIP:
        blocker = next(iter([*active, *waiting]), None)
        return Overlapped() if blocker is None else Overlapped(skip=_blocked(blocker))
    if command.overlap is Overlap.QUEUE:
        return Overlapped(drop=fresh)
    begun = tuple(each for each in others if each.is_active or each.attempt > 1)
    return Overlapped(drop=fresh, cancel=begun)


def _blocked(blocker: Execution) -> str:
    """What was in the way, in words."""
    since = blocker.started_at
    if since is None:
        return f"the run of {blocker.queued_at:%Y-%m-%d %H:%M} UTC still waits"
    return f"the run of {since:%Y-%m-%d %H:%M} UTC is still going"


def limit_of(command: Command) -> int:
    """How many runs of the job may go on at the same time."""
    return command.max_parallel if command.overlap is Overlap.ALLOW else 1


def choose(
    waiting: Iterable[Execution],
    going: Mapping[JobId, int],
    limits: Mapping[JobId, int],
    free: int,
    now: datetime,
) -> list[Execution]:
    """Those that start now: highest priority first, then the one that waits longest.

    `going`: active runs by job; `limits`: how many each job may have; `free`: places
    that are free in all.
    """
    going = dict(going)
    ready = [each for each in waiting if each.ready_at <= now]
    chosen: list[Execution] = []
    for each in sorted(ready, key=lambda e: (-e.priority, e.ready_at, e.id)):
        if len(chosen) >= free:
            break
        if going.get(each.job_id, 0) < limits.get(each.job_id, 1):
            going[each.job_id] = going.get(each.job_id, 0) + 1
            chosen.append(each)
    return chosen


def retry_at(
    definition: Definition,
    command: Command,
    ended: Execution,
    now: datetime,
    chance: float,
) -> datetime | None:
    """When it is tried again; None: that was the last attempt.

    Waits min(cap, base * 2^(n-1)), of which `chance` (0 to 1) decides the second half.
    Never as late as the next due, whatever had begun it: that is a try of its own.
    """
    if ended.end not in BAD or ended.attempt > command.retries:
        return None
    if ended.end is End.LOST and not command.idempotent:
        return None
    codes = command.retry_exit_codes
    if codes and ended.end is End.FAILED and ended.exit_status not in codes:
        return None
    doubled = command.retry_base * (1 << min(ended.attempt - 1, 30))
    wait = min(command.retry_cap, doubled)
    at = now + wait / 2 + wait / 2 * chance
    since = max(ended.due_at or now, now)
    following = schedules.next_due(definition.schedule, since)
    return at if following is None or at < following else None
