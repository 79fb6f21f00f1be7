"""Which run is started when (SEMANTICS, section 6).

All is decided from records and a moment; nothing is run here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core import durations, schedules
from bot.core.commands import CATCH_UP_WINDOW, Command
from bot.core.executions import BAD, End, Execution, ExecutionId
from bot.core.kinds import CatchUp, JobId, Overlap, ScheduleKind
from bot.core.models import Definition, Schedule

#: a due that is taken up this soon is no matter of catching up
PROMPT = timedelta(seconds=60)
#: dues that are caught up on at most
CAUGHT_UP_AT_MOST = 100
#: about so many dues are written down as skipped one by one, the newest
SKIPPED_AT_MOST = 10_000
#: dues that are sorted out in one step
DUES_AT_ONCE = 500
#: runs of one job that wait at most
WAITING_AT_MOST = 100

#: why nothing is run of which an older database does not know whether it was
RESTORED = "a backup of the database was restored, so it may have been run already"

_MICROSECOND = timedelta(microseconds=1)
#: dues since then are written down one by one, however rare they are
_LONGEST = timedelta(days=3653)


class Skipped(NamedTuple):
    """A due for which nothing is run, and why."""

    due_at: datetime
    why: str


class Taken(NamedTuple):
    """The dues to run, the oldest first, those that are not, and where to go on."""

    run: tuple[datetime, ...]
    skipped: tuple[Skipped, ...]
    #: the first due that nothing is said of here; None: there is none
    next_due_at: datetime | None
    #: those to run wait for each other, whatever is said of overlapping
    is_caught_up: bool = False
    #: dues that nothing is run for, too many to be written down one by one
    counted: tuple[datetime, ...] = ()
    #: why they are not run
    why: str = ""


def take(
    definition: Definition,
    command: Command,
    next_due_at: datetime,
    now: datetime,
    limit: int = DUES_AT_ONCE,
    restored_at: datetime | None = None,
) -> Taken:
    """Sort out the dues from `next_due_at` to now; those to run come in the last step.

    A due that is taken up within a minute is run. What is older was not seen to in
    time, as Cronitor was away: `catch_up` says what of it is run. Of those that are
    not run one step says `limit` at the most, and the last one of one more. Nothing is
    run for a due from before `restored_at`, when a backup took the place of the
    database.
    """
    schedule = definition.schedule
    if schedule.kind is ScheduleKind.INTERVAL:
        # what follows is named by the end of the run
        if restored_at is not None and next_due_at < restored_at:
            return Taken((), (Skipped(next_due_at, RESTORED),), None)
        return _last(definition, command, [next_due_at], now)
    if restored_at is not None and next_due_at < restored_at:
        return _restored(schedule, next_due_at, restored_at, now, limit)
    before = next_due_at - _MICROSECOND
    kept = CAUGHT_UP_AT_MOST if command.catch_up is CatchUp.ALL else 1
    newest = schedules.newest_dues(schedule, now, before, kept)
    following = schedules.next_due(schedule, now)
    if not newest:
        return Taken((), (), following)
    until, why = newest[0] - _MICROSECOND, _WHY[command.catch_up]
    older = schedules.due_between(schedule, before, until, limit)
    goes_on_at = schedules.next_due(schedule, older[-1]) if older else newest[0]
    skipped = tuple(Skipped(due, why) for due in older)
    if goes_on_at == newest[0]:
        last = _last(definition, command, newest, now)
        return last._replace(skipped=(*skipped, *last.skipped), next_due_at=following)
    if _is_of_too_many(schedule, older, now):
        return Taken((), (), goes_on_at, counted=tuple(older), why=why)
    return Taken((), skipped, goes_on_at)


def _restored(
    schedule: Schedule,
    next_due_at: datetime,
    restored_at: datetime,
    now: datetime,
    limit: int,
) -> Taken:
    """What an older database does not know: a step over the dues from before it."""
    until = min(restored_at - _MICROSECOND, now)
    older = schedules.due_between(schedule, next_due_at - _MICROSECOND, until, limit)
    if not older:
        return Taken((), (), schedules.next_due(schedule, until))
    goes_on_at = schedules.next_due(schedule, older[-1])
    if _is_of_too_many(schedule, older, now):
        return Taken((), (), goes_on_at, counted=tuple(older), why=RESTORED)
    return Taken((), tuple(Skipped(due, RESTORED) for due in older), goes_on_at)


_WHY = {
    CatchUp.NONE: "Cronitor was away; catch_up is none",
    CatchUp.LATEST: "a newer due stands for it",
    CatchUp.ALL: f"more than {CAUGHT_UP_AT_MOST} dues have passed",
}


def _is_of_too_many(
    schedule: Schedule, dues: Sequence[datetime], now: datetime
) -> bool:
    """Whether about `SKIPPED_AT_MOST` dues, and more, come after these."""
    period = schedules.period(schedule, dues[-1]) or _LONGEST
    return len(dues) > 1 and dues[-1] < now - min(SKIPPED_AT_MOST * period, _LONGEST)


def _last(
    definition: Definition, command: Command, newest: Sequence[datetime], now: datetime
) -> Taken:
    """What is run of the newest dues; those before are skipped."""
    due_at = newest[-1]
    is_prompt = now - due_at <= PROMPT
    if command.catch_up is CatchUp.ALL:
        is_caught_up = len(newest) > 1 or not is_prompt
        return Taken(tuple(newest), (), None, is_caught_up)
    if is_prompt:
        return Taken((due_at,), (), None)
    why = _WHY[CatchUp.NONE]
    if command.catch_up is CatchUp.LATEST:
        window = window_of(definition, command, due_at)
        if now - due_at <= window:
            return Taken((due_at,), (), None)
        longest = durations.text(window)
        why = f"Cronitor was away for longer than catch_up_window ({longest})"
    return Taken((), (Skipped(due_at, why),), None)


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


def overlap(
    command: Command, others: Sequence[Execution], *, is_caught_up: bool = False
) -> Overlapped:
    """What the others of its job, that have not ended, mean for a new wish.

    Dues that are caught up on wait for each other, whatever is said of overlapping.
    """
    if is_caught_up:
        return _behind(command, others)
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
        # one of those that are on time waits, behind all that are caught up on
        return Overlapped(drop=tuple(each for each in fresh if not each.is_caught_up))
    begun = tuple(each for each in others if each.is_active or each.attempt > 1)
    return Overlapped(drop=fresh, cancel=begun)


def _behind(command: Command, others: Sequence[Execution]) -> Overlapped:
    """What a due that is caught up on waits for; the newest that wait are kept."""
    found = overlap(command, [each for each in others if not each.is_caught_up])
    waiting = [each for each in others if each.is_caught_up and not each.is_active]
    if found.skip or len(waiting) < CAUGHT_UP_AT_MOST:
        return found
    fresh = [each for each in waiting if each.attempt == 1]
    return found._replace(drop=(*found.drop, *fresh[:1]))


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
    going, waiting = dict(going), list(waiting)
    held = _held(waiting, limits)
    ready = [e for e in waiting if e.ready_at <= now and e.id not in held]
    chosen: list[Execution] = []
    for each in sorted(ready, key=lambda e: (-e.priority, e.ready_at, e.id)):
        if len(chosen) >= free:
            break
        if going.get(each.job_id, 0) < limits.get(each.job_id, 1):
            going[each.job_id] = going.get(each.job_id, 0) + 1
            chosen.append(each)
    return chosen


def _held(
    waiting: Iterable[Execution], limits: Mapping[JobId, int]
) -> set[ExecutionId]:
    """Dues that wait until an older one, that is caught up on, was tried again.

    Where several may go on nobody waits for that.
    """
    waiting = list(waiting)
    again: dict[JobId, datetime] = {}
    for each in waiting:
        if each.is_caught_up and each.attempt > 1 and each.due_at is not None:
            again[each.job_id] = min(each.due_at, again.get(each.job_id, each.due_at))
    return {
        each.id
        for each in waiting
        if each.due_at is not None
        and each.due_at > again.get(each.job_id, each.due_at)
        and limits.get(each.job_id, 1) == 1
    }


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
    is_lost = ended.end is End.LOST
    if is_lost and not command.idempotent:
        return None
    # nobody knows whether that was an attempt at all
    retries = max(command.retries, 1) if is_lost else command.retries
    if ended.end not in BAD or ended.attempt > retries:
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
