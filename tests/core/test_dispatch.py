"""Which dues are run, and when it is tried again."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import dispatch, schedules
from bot.core.dispatch import Taken
from bot.core.executions import (
    End,
    Execution,
    Stage,
    key_of_due,
    skipped,
)
from bot.core.kinds import CatchUp
from bot.core.models import Definition, Schedule
from tests.core.moments import DAY, HOUR, MINUTE, SECOND, T0, cron, every
from tests.core.runnable import execution, job

DAILY = cron("0 3 * * *")


def take(definition: Definition, cursor: datetime, now: datetime) -> Taken:
    """What becomes of the dues since `cursor`."""
    assert definition.command is not None
    return dispatch.take(definition, definition.command, cursor, now)


# -- dues ------------------------------------------------------------------------------


def test_a_due_that_is_taken_up_at_once_is_run() -> None:
    taken = take(job(), T0, T0 + SECOND)
    assert taken == Taken((T0,), (), T0 + HOUR)


def test_before_the_due_there_is_nothing_to_run() -> None:
    assert take(job(), T0 + HOUR, T0 + MINUTE) == Taken((), (), T0 + HOUR)


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


MINUTELY = cron("* * * * *")


def take_all(definition: Definition, now: datetime, limit: int) -> Iterator[Taken]:
    """The steps in which the dues from T0 to now are decided about."""
    cursor: datetime | None = T0
    while cursor is not None and cursor <= now:
        assert definition.command is not None
        taken = dispatch.take(definition, definition.command, cursor, now, limit)
        assert len(taken.skipped) + len(taken.counted) <= limit + 1
        assert taken.next_due_at is None or taken.next_due_at > cursor
        cursor = taken.next_due_at
        yield taken


def fates(steps: Iterable[Taken]) -> tuple[list[datetime], ...]:
    """The dues that are run, those that are skipped one by one, and all others."""
    run, skipped, counted = list[datetime](), list[datetime](), list[datetime]()
    for taken in steps:
        run += taken.run
        skipped += [each.due_at for each in taken.skipped]
        counted += taken.counted
    return run, skipped, counted


def test_at_most_a_hundred_are_caught_up_on() -> None:
    taken = take(job(catch_up=CatchUp.ALL), T0, T0 + 200 * HOUR + 10 * MINUTE)
    assert taken.run == tuple(T0 + n * HOUR for n in range(101, 201))
    assert len(taken.skipped) == 101
    assert taken.skipped[0].why == "more than 100 dues have passed"


@pytest.mark.parametrize("catch_up", CatchUp)
def test_of_very_many_the_newest_are_run_and_the_others_are_named(
    catch_up: CatchUp,
) -> None:
    now, dues = T0 + 2 * DAY + SECOND, 2 * 24 * 60 + 1
    steps = take_all(job(MINUTELY, catch_up=catch_up), now, dispatch.DUES_AT_ONCE)
    run, skipped, counted = fates(steps)
    runs = 100 if catch_up is CatchUp.ALL else 1
    assert run == [T0 + n * MINUTE for n in range(dues - runs, dues)]
    assert skipped == [T0 + n * MINUTE for n in range(dues - runs)]
    assert counted == []


def test_of_more_than_anybody_would_read_the_older_are_counted() -> None:
    now = T0 + 8 * DAY
    steps = list(take_all(job(MINUTELY), now, dispatch.DUES_AT_ONCE))
    run, skipped, counted = fates(steps)
    assert run == [now]
    assert abs(len(skipped) - dispatch.SKIPPED_AT_MOST) <= dispatch.DUES_AT_ONCE
    assert [*counted, *skipped, *run] == [
        T0 + n * MINUTE for n in range(8 * 24 * 60 + 1)
    ]
    assert {each.why for taken in steps for each in taken.skipped} == {
        taken.why for taken in steps if taken.counted
    }


def test_a_due_every_eight_years_has_passed_long_ago() -> None:
    rare = job(cron("0 0 29 2 *"), catch_up=CatchUp.NONE)
    dues = [datetime(year, 2, 29, tzinfo=UTC) for year in (2028, 2032)]
    taken = take(rare, dues[0], datetime(2035, 1, 1, tzinfo=UTC))
    assert [each.due_at for each in taken.skipped] == dues


def test_an_interval_has_one_due_and_its_end_names_the_next() -> None:
    assert take(job(every(HOUR)), T0, T0 + MINUTE) == Taken((T0,), (), None)
    assert take(job(every(HOUR)), T0, T0 + 30 * MINUTE).run == (T0,)
    (skipped,) = take(job(every(MINUTE)), T0, T0 + 30 * MINUTE).skipped
    assert "catch_up_window (1m)" in skipped.why


@given(
    catch_up=st.sampled_from(CatchUp),
    away=st.integers(0, 60 * 24 * 10),
    seconds=st.integers(0, 59),
    minutes=st.sampled_from(["0", "*/20", "7,13", "* 9"]),
    limit=st.sampled_from([1, 7, 500]),
)
def test_every_due_is_run_or_skipped_once(
    catch_up: CatchUp, away: int, seconds: int, minutes: str, limit: int
) -> None:
    expression = f"{minutes} * * * *" if " " not in minutes else f"{minutes} * * *"
    definition = job(cron(expression), catch_up=catch_up)
    now = T0 + away * MINUTE + seconds * SECOND
    steps = list(take_all(definition, now, limit))
    run, skipped, counted = fates(steps)
    passed = schedules.due_between(definition.schedule, T0 - SECOND, now, limit=10_000)
    if T0 not in passed:
        # nothing is due then, but that is what was asked about
        passed = [each for each in passed if each > T0]
    assert sorted([*run, *skipped, *counted]) == passed
    assert run == passed[len(passed) - len(run) :]
    if steps:
        assert steps[-1].next_due_at == schedules.next_due(definition.schedule, now)
        assert all(not each.run for each in steps[:-1])
    if catch_up is CatchUp.ALL:
        assert len(run) == min(len(passed), dispatch.CAUGHT_UP_AT_MOST)
    else:
        assert len(run) <= 1


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
    lost = failed(end=End.LOST)
    assert retry(lost, retries=3, idempotent=True) is not None
    assert retry(lost, retries=3) is None


@pytest.mark.parametrize(
    ("retries", "attempts"), [(0, [True, False]), (1, [True, False]), (2, [True] * 2)]
)
def test_what_is_lost_has_one_more_attempt_without_retries(
    retries: int, attempts: list[bool]
) -> None:
    fields: dict[str, Any] = {"retries": retries, "idempotent": True}
    lost = [failed(number, End.LOST) for number in (1, 2)]
    assert [retry(each, **fields) is not None for each in lost] == attempts
    # what has failed after that has no more attempts than it was given
    assert (retry(failed(2), **fields) is not None) is (retries > 1)


def test_what_is_lost_is_not_run_again_when_the_next_due_is_near() -> None:
    lost = failed(end=End.LOST, due_at=T0)
    near: dict[str, Any] = {"retry_base": DAY, "retry_cap": DAY}
    assert retry(lost, idempotent=True, **near) is None


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


def test_nothing_is_run_for_a_due_from_before_a_restore() -> None:
    definition = job(catch_up=CatchUp.ALL)
    command = definition.command
    assert command is not None
    now, at = T0 + 4 * HOUR, T0 + 2 * HOUR

    def since(cursor: datetime, *, limit: int = 100) -> Taken:
        return dispatch.take(definition, command, cursor, now, limit, at)

    taken = since(T0)
    assert taken.run == ()
    assert taken.skipped == tuple(
        dispatch.Skipped(due, dispatch.RESTORED) for due in (T0, T0 + HOUR)
    )
    assert taken.next_due_at == at
    # in steps as well
    assert since(T0, limit=1).next_due_at == T0 + HOUR
    taken = since(at)
    assert taken.run == (at, T0 + 3 * HOUR, now)
    assert taken.next_due_at == now + HOUR
    # the clock was set back after the restore
    early = dispatch.take(definition, command, at + HOUR, T0, 1, at + 2 * HOUR)
    assert (early.run, early.skipped, early.next_due_at) == ((), (), T0 + HOUR)
    interval = dispatch.take(job(every(HOUR)), command, T0, now, 1, at)
    assert (interval.run, [each.due_at for each in interval.skipped]) == ((), [T0])


def test_of_very_many_from_before_a_restore_most_are_counted() -> None:
    definition = job(cron("* * * * *"))
    command = definition.command
    assert command is not None
    now = T0 + 20 * DAY
    taken = dispatch.take(definition, command, T0, now, 50, now - HOUR)
    assert (len(taken.counted), taken.why) == (50, dispatch.RESTORED)
    assert taken.next_due_at == T0 + 50 * MINUTE
    assert taken.run == taken.skipped == ()
