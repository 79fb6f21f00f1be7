"""Which dues are run, what is in the way, who goes first, when it is tried again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import dispatch
from bot.core.commands import Command
from bot.core.dispatch import Taken
from bot.core.executions import (
    End,
    Execution,
    ExecutionId,
    Stage,
    Trigger,
    key_of_due,
    skipped,
)
from bot.core.kinds import CatchUp, JobId, JobKind, Overlap
from bot.core.models import Definition, Schedule
from tests.core.moments import DAY, HOUR, HOURLY, MINUTE, SECOND, T0, cron, every

RUN = Command(argv=("/bin/true",))
DAILY = cron("0 3 * * *")


def job(schedule: Schedule = HOURLY, **fields: Any) -> Definition:
    """A job that Cronitor runs."""
    return Definition(
        slug="nightly",
        kind=JobKind.COMMAND,
        schedule=schedule,
        command=replace(RUN, **fields),
    )


def take(definition: Definition, cursor: datetime, now: datetime) -> Taken:
    """What becomes of the dues since `cursor`."""
    assert definition.command is not None
    return dispatch.take(definition, definition.command, cursor, now)


def execution(number: int = 1, **fields: Any) -> Execution:
    """An attempt that waits."""
    known = {
        "id": ExecutionId(number),
        "job_id": JobId(1),
        "key": f"t{number}",
        "trigger": Trigger.SCHEDULE,
        "queued_at": T0,
        "ready_at": T0,
        "rid": f"rid-{number}",
    }
    return Execution(**{**known, **fields})


# -- dues ------------------------------------------------------------------------------


def test_a_due_that_is_taken_up_at_once_is_run() -> None:
    taken = take(job(), T0, T0 + SECOND)
    assert taken == ((T0,), (), T0 + HOUR)


def test_before_the_due_there_is_nothing_to_run() -> None:
    assert take(job(), T0 + HOUR, T0 + MINUTE) == ((), (), T0 + HOUR)


@pytest.mark.parametrize("catch_up", CatchUp)
def test_a_prompt_due_is_run_whatever_is_caught_up(catch_up: CatchUp) -> None:
    assert take(job(catch_up=catch_up), T0, T0 + MINUTE).run == (T0,)


@pytest.mark.parametrize(
    ("catch_up", "away", "run", "skipped"),
    [
        (CatchUp.LATEST, 10 * MINUTE, [0], []),
        (CatchUp.LATEST, 59 * MINUTE, [0], []),
        (CatchUp.LATEST, 2 * HOUR + 10 * MINUTE, [2], [0, 1]),
        (CatchUp.ALL, 2 * HOUR + 10 * MINUTE, [0, 1, 2], []),
        (CatchUp.NONE, 2 * HOUR + 10 * MINUTE, [], [0, 1, 2]),
        # the newest one is on time and stands for those before it
        (CatchUp.LATEST, 2 * HOUR + SECOND, [2], [0, 1]),
        (CatchUp.ALL, 2 * HOUR + SECOND, [0, 1, 2], []),
        (CatchUp.NONE, 2 * HOUR + SECOND, [2], [0, 1]),
    ],
)
def test_after_a_time_away(
    catch_up: CatchUp, away: timedelta, run: list[int], skipped: list[int]
) -> None:
    taken = take(job(catch_up=catch_up), T0, T0 + away)
    assert taken.run == tuple(T0 + n * HOUR for n in run)
    assert [each.due_at for each in taken.skipped] == [T0 + n * HOUR for n in skipped]
    assert taken.next_due_at == T0 + (away // HOUR + 1) * HOUR


def test_an_old_due_is_run_only_within_the_window() -> None:
    late = T0 + 61 * MINUTE
    assert take(job(DAILY), T0, late).run == ()
    (skipped,) = take(job(DAILY), T0, late).skipped
    assert "away for longer than catch_up_window (1h)" in skipped.why
    wide = job(DAILY, catch_up_window=2 * HOUR)
    assert take(wide, T0, late).run == (T0,)


def test_each_reason_is_said() -> None:
    none = take(job(catch_up=CatchUp.NONE), T0, T0 + 10 * MINUTE)
    assert none.skipped[0].why == "Cronitor was away; catch_up is none"
    latest = take(job(), T0, T0 + 70 * MINUTE)
    assert latest.skipped[0].why == "a newer due stands for it"


def test_at_most_a_hundred_are_caught_up_on() -> None:
    taken = take(job(catch_up=CatchUp.ALL), T0, T0 + 200 * HOUR + 10 * MINUTE)
    assert len(taken.run) == 100
    assert taken.run[-1] == T0 + 200 * HOUR
    assert len(taken.skipped) == 101
    assert taken.skipped[0].why == "more than 100 dues have passed"


def test_of_very_many_the_newest_is_still_found() -> None:
    minutely = job(cron("* * * * *"))
    taken = take(minutely, T0, T0 + 30 * DAY)
    assert taken.run == (T0 + 30 * DAY,)
    assert len(taken.skipped) == dispatch.SKIPPED_AT_MOST


def test_an_interval_has_one_due_and_its_end_names_the_next() -> None:
    assert take(job(every(HOUR)), T0, T0 + MINUTE) == ((T0,), (), None)
    assert take(job(every(HOUR)), T0, T0 + 30 * MINUTE).run == (T0,)
    (skipped,) = take(job(every(MINUTE)), T0, T0 + 30 * MINUTE).skipped
    assert "catch_up_window (1m)" in skipped.why


@given(
    catch_up=st.sampled_from(CatchUp),
    away=st.integers(0, 60 * 24 * 10),
    minutes=st.sampled_from(["0", "*/20", "7,13"]),
)
def test_every_due_is_run_or_skipped_once(
    catch_up: CatchUp, away: int, minutes: str
) -> None:
    definition = job(cron(f"{minutes} * * * *"), catch_up=catch_up)
    now = T0 + away * MINUTE
    taken = take(definition, T0, now)
    dues = [*taken.run, *(each.due_at for each in taken.skipped)]
    assert len(set(dues)) == len(dues)
    assert all(T0 <= due <= now for due in dues)
    assert taken.next_due_at is not None
    assert taken.next_due_at > now
    assert list(taken.run) == sorted(taken.run)
    if catch_up is CatchUp.LATEST:
        assert len(taken.run) <= 1


# -- what is in the way ----------------------------------------------------------------


GOING = execution(7, stage=Stage.RUNNING, started_at=T0)
WAITS = execution(8)


def overlapped(others: list[Execution], **fields: Any) -> dispatch.Overlapped:
    """What these mean for one more."""
    return dispatch.overlap(replace(RUN, **fields), others)


@pytest.mark.parametrize("how", Overlap)
def test_nothing_is_in_the_way(how: Overlap) -> None:
    assert overlapped([], overlap=how) == ("", (), ())


def test_skip_names_the_blocker() -> None:
    said = overlapped([WAITS, GOING]).skip
    assert said == f"the run of {T0:%Y-%m-%d %H:%M} UTC is still going"
    assert "still waits" in overlapped([WAITS]).skip


def test_queue_keeps_the_newest_that_waits() -> None:
    assert overlapped([GOING, WAITS], overlap=Overlap.QUEUE) == ("", (WAITS,), ())


def test_replace_ends_what_is_going_on() -> None:
    found = overlapped([GOING, WAITS], overlap=Overlap.REPLACE)
    assert found == ("", (WAITS,), (GOING,))


def test_what_is_tried_again_is_not_dropped() -> None:
    again = execution(9, attempt=2)
    assert overlapped([again], overlap=Overlap.QUEUE) == ("", (), ())
    assert overlapped([again], overlap=Overlap.REPLACE) == ("", (), (again,))


def test_allow_lets_all_go_on_but_not_for_ever() -> None:
    assert overlapped([GOING, WAITS], overlap=Overlap.ALLOW) == ("", (), ())
    many = [execution(n) for n in range(dispatch.WAITING_AT_MOST)]
    assert "100 runs of it wait already" in overlapped(many, overlap=Overlap.ALLOW).skip


def test_only_allow_lets_several_go_on() -> None:
    assert dispatch.limit_of(RUN) == 1
    wide = replace(RUN, overlap=Overlap.ALLOW, max_parallel=3)
    assert dispatch.limit_of(wide) == 3


# -- who goes first --------------------------------------------------------------------


def chosen(waiting: list[Execution], free: int = 9, **going: int) -> list[int]:
    """The numbers of those that start now, with three places for each job."""
    busy = {JobId(int(name[1:])): count for name, count in going.items()}
    limits = {JobId(n): 3 for n in range(10)}
    found = dispatch.choose(waiting, busy, limits, free, T0)
    return [each.id for each in found]


def test_priority_first_then_whoever_waits_longest() -> None:
    waiting = [
        execution(1, ready_at=T0),
        execution(2, ready_at=T0 - SECOND, job_id=JobId(2)),
        execution(3, priority=5, job_id=JobId(3)),
        execution(4, ready_at=T0 + SECOND, job_id=JobId(4)),
    ]
    assert chosen(waiting) == [3, 2, 1]
    assert chosen(waiting, free=2) == [3, 2]
    assert chosen(waiting, free=0) == []


def test_a_job_has_no_more_than_its_places() -> None:
    waiting = [execution(n) for n in range(1, 6)]
    assert chosen(waiting) == [1, 2, 3]
    assert chosen(waiting, j1=2) == [1]
    assert chosen(waiting, j1=3) == []


# -- attempts --------------------------------------------------------------------------


def retry(ended: Execution, chance: float = 1.0, **fields: Any) -> datetime | None:
    """When it is tried again."""
    definition = job(**fields)
    assert definition.command is not None
    return dispatch.retry_at(definition, definition.command, ended, T0, chance)


def failed(attempt: int = 1, end: End = End.FAILED, **fields: Any) -> Execution:
    """An attempt that ended just now."""
    known: dict[str, Any] = {"exit_status": 1, "stage": Stage.ENDED, "ended_at": T0}
    return execution(attempt, attempt=attempt, end=end, **(known | fields))


@pytest.mark.parametrize(
    ("attempt", "seconds"), [(1, 30), (2, 60), (3, 120), (6, 900), (20, 900)]
)
def test_it_waits_twice_as_long_each_time_and_never_too_long(
    attempt: int, seconds: int
) -> None:
    assert retry(failed(attempt), retries=20) == T0 + seconds * SECOND
    assert retry(failed(attempt), 0.0, retries=20) == T0 + seconds * SECOND / 2


def test_the_last_attempt_is_the_last() -> None:
    assert retry(failed(2), retries=2) is not None
    assert retry(failed(3), retries=2) is None
    assert retry(failed(), retries=0) is None


@pytest.mark.parametrize(
    ("end", "again"),
    [
        (End.OK, False),
        (End.FAILED, True),
        (End.UNMET, True),
        (End.TIMEOUT, True),
        (End.NOT_STARTED, True),
        (End.CANCELLED, False),
        (End.SKIPPED, False),
        (End.LOST, False),
    ],
)
def test_which_ends_are_tried_again(end: End, again: bool) -> None:
    assert (retry(failed(end=end), retries=3) is not None) is again


def test_what_is_lost_is_run_again_only_if_that_does_no_harm() -> None:
    assert retry(failed(end=End.LOST), retries=3, idempotent=True) is not None


def test_only_some_codes_are_tried_again() -> None:
    kinds: dict[str, Any] = {"retries": 3, "retry_exit_codes": (75,)}
    assert retry(failed(exit_status=75), **kinds) is not None
    assert retry(failed(exit_status=1), **kinds) is None
    assert retry(failed(exit_status=None, end=End.TIMEOUT), **kinds) is not None


def test_an_attempt_never_reaches_the_next_due() -> None:
    wide: dict[str, Any] = {"retries": 3, "retry_cap": DAY}
    early = failed(due_at=T0)
    assert retry(early, retry_base=HOUR, **wide) is None
    assert retry(early, retry_base=HOUR - SECOND, **wide) == T0 + HOUR - SECOND
    # a run that somebody started leaves the next due its turn as well
    assert retry(failed(), retry_base=HOUR, **wide) is None
    assert retry(failed(), retry_base=HOUR - SECOND, **wide) == T0 + HOUR - SECOND
    never = failed(due_at=T0)
    definition = replace(job(retries=1), schedule=Schedule())
    assert definition.command is not None
    assert dispatch.retry_at(definition, definition.command, never, T0, 0.0)


# -- records ---------------------------------------------------------------------------


def test_the_executor_knows_an_attempt_by_its_due() -> None:
    due = execution(key=key_of_due(T0), attempt=2)
    assert due.dispatch_id == f"1-d{int(T0.timestamp()) * 1_000_000}-2"


def test_what_is_skipped_is_over_and_says_why() -> None:
    over = skipped(execution(), "paused by ann", T0 + MINUTE)
    assert (over.stage, over.end, over.reason) == (
        Stage.ENDED,
        End.SKIPPED,
        "paused by ann",
    )
    assert (over.started_at, over.ended_at) == (None, T0 + MINUTE)


def test_only_some_stages_may_have_a_process() -> None:
    active = [s for s in Stage if execution(stage=s).is_active]
    assert active == [Stage.STARTING, Stage.RUNNING]


def test_of_two_dues_in_one_minute_the_newest_is_run() -> None:
    taken = take(job(cron("* * * * *")), T0, T0 + MINUTE)
    assert taken.run == (T0 + MINUTE,)
    assert [each.due_at for each in taken.skipped] == [T0]
