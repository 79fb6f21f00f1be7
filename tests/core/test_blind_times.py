"""What becomes of slots and runs whose pings may not have been seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import blind_times, schedules
from bot.core.kinds import BlindReason, Outcome, Status
from bot.core.models import Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    T0,
    TICK,
    Life,
    blind,
    cron,
    every,
    job,
    up,
)
from tests.core.worlds import WORLDS, definitions

DUE = T0 + HOUR
DEADLINE = DUE + 5 * MINUTE


def learned(lateness: timedelta, **fields: Any) -> Life:
    """An hourly job that has reported once, so long after its due."""
    life = Life(at=T0, **fields)
    life.success()
    life.until(DUE + lateness)
    life.success()
    return life


@pytest.mark.parametrize(
    ("began", "ended", "outcome"),
    [
        # the deadline lies in it, or in the minute after
        (DEADLINE - SECOND, DEADLINE + SECOND, Outcome.UNKNOWN),
        (DEADLINE, DEADLINE, Outcome.UNKNOWN),
        (DEADLINE - 2 * MINUTE, DEADLINE - MINUTE, Outcome.UNKNOWN),
        (DEADLINE - 2 * MINUTE, DEADLINE - MINUTE - TICK, Outcome.MISSED),
        (DEADLINE + TICK, DEADLINE + HOUR, Outcome.MISSED),
        # the due does
        (DUE - SECOND, DUE + SECOND, Outcome.UNKNOWN),
        (DUE - 2 * MINUTE, DUE - MINUTE, Outcome.UNKNOWN),
        (DUE - 2 * MINUTE, DUE - MINUTE - TICK, Outcome.MISSED),
        (DUE + TICK, DUE + MINUTE, Outcome.MISSED),
        (DUE - MINUTE, None, Outcome.UNKNOWN),
    ],
)
def test_without_history_the_due_or_the_deadline_must_lie_in_it(
    began: datetime, ended: datetime | None, outcome: Outcome
) -> None:
    life = up(at=T0)
    life.blind = (blind(began, ended),)
    life.until(DEADLINE + HOUR / 2)
    assert life.slots == {DUE: outcome}
    assert life.is_down() == (outcome is Outcome.MISSED)


@pytest.mark.parametrize(
    ("usual", "began", "ended", "outcome"),
    [
        (3 * MINUTE, MINUTE, 2 * MINUTE, Outcome.UNKNOWN),
        (3 * MINUTE, 3 * MINUTE, 200 * SECOND, Outcome.UNKNOWN),
        (3 * MINUTE, 3 * MINUTE + TICK, 200 * SECOND, Outcome.MISSED),
        (10 * SECOND, MINUTE, 2 * MINUTE, Outcome.MISSED),
        (timedelta(), -2 * MINUTE, -MINUTE, Outcome.UNKNOWN),
    ],
)
def test_with_history_it_is_the_time_its_pings_usually_come(
    usual: timedelta, began: timedelta, ended: timedelta, outcome: Outcome
) -> None:
    life = learned(usual, grace=20 * MINUTE)
    due = DUE + HOUR
    life.blind = (blind(due + began, due + ended),)
    life.until(due + 21 * MINUTE)
    assert life.slots[due] is outcome


def test_a_short_blind_time_excuses_no_slot_of_another_time() -> None:
    life = up(cron("0 3 * * *"), at=T0, grace=30 * MINUTE)
    life.advance(DAY - HOUR)
    life.blink(MINUTE)
    life.advance(2 * HOUR)
    assert life.is_down()


def test_unknown_neither_opens_nor_counts_nor_resets() -> None:
    life = up(failure_tolerance=2)
    life.until(DEADLINE + TICK)
    assert life.state.bad_in_a_row == 1
    before = life.state
    life.until(DUE + HOUR)
    life.blink(10 * MINUTE)
    life.settle()
    assert life.slots[DUE + HOUR] is Outcome.UNKNOWN
    state = life.state
    assert (state.bad_in_a_row, state.good_in_a_row) == (1, before.good_in_a_row)
    assert state.outcome_count == before.outcome_count
    assert state.last_outcome is Outcome.UNKNOWN
    assert life.incident is None
    life.until(DEADLINE + 2 * HOUR + TICK)
    assert life.is_down(), "two misses in a row, with one unknown between"


def test_unknown_leaves_an_open_incident_open() -> None:
    life = up()
    life.until(DEADLINE + TICK)
    assert life.is_down()
    before = life.incident
    life.until(DUE + HOUR)
    life.blink(10 * MINUTE)
    life.settle()
    assert life.is_down()
    assert life.incident == before


@pytest.mark.parametrize(
    ("act", "outcome", "status"),
    [
        (Life.success, Outcome.LATE, Status.UP),
        (Life.fail, Outcome.FAILED, Status.DOWN),
        (Life.start, Outcome.LATE, Status.UP),
    ],
)
def test_a_later_ping_decides_an_unknown_slot(
    act: object, outcome: Outcome, status: Status
) -> None:
    life = up()
    life.until(DUE)
    gap = life.blink(10 * MINUTE)
    life.settle()
    assert life.slots == {DUE: Outcome.UNKNOWN}
    assert callable(act)
    act(life)
    assert life.slots == {DUE: outcome}
    assert life.state.status is status
    assert {word.blind_id for word in life.words} == {gap.id}


def test_a_ping_in_time_proves_a_slot_that_was_in_doubt() -> None:
    life = up()
    life.until(DUE - SECOND)
    gap = life.blink(MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.OK}
    assert life.words[-1].blind_id == gap.id


def test_a_slot_that_was_never_in_doubt_names_no_blind_time() -> None:
    life = up()
    life.until(DUE - 10 * MINUTE)
    life.blink(MINUTE)
    life.until(DUE)
    life.success()
    assert life.words[-1].blind_id is None


def test_one_telling_for_each_slot_that_turns_unknown() -> None:
    life = up(cron("* * * * *"), grace=timedelta())
    gap = life.blink(5 * MINUTE + SECOND)
    life.settle()
    assert list(life.slots.values()) == [Outcome.UNKNOWN] * 5
    assert life.unseen == [gap.id] * 5


def test_a_miss_that_is_judged_as_always_names_the_blind_time() -> None:
    life = up(grace=30 * MINUTE)
    life.until(DUE + 5 * MINUTE)
    life.blink(MINUTE)
    life.advance(HOUR / 2)
    assert life.incident is not None
    assert life.incident.note == "blind 04:05-04:06 UTC"
    assert [r.text for r in life.story if r.kind == "note"] == [life.incident.note]


def test_several_blind_times_are_all_named_each_once() -> None:
    life = up(grace=30 * MINUTE)
    for hour in (0, 1, 1):
        life.until(max(life.now, DUE + hour * HOUR + 5 * MINUTE))
        life.blink(MINUTE)
    life.advance(2 * HOUR)
    assert life.incident is not None
    assert life.incident.note == "blind 04:05-04:06 UTC; blind 05:06-05:07 UTC"


def test_years_that_were_not_seen_are_not_stored_slot_by_slot() -> None:
    life = up(cron("* * * * *"))
    life.blink(20 * 365 * DAY)
    life.settle()
    assert 900 < len(life.slots) <= 1001
    assert set(life.slots.values()) == {Outcome.UNKNOWN}
    assert life.state.due_at is not None
    assert life.state.due_at > life.now - 6 * MINUTE
    assert life.incident is None


# intervals


def test_an_interval_restarts_at_the_end_of_a_blind_time_that_it_met() -> None:
    life = up(every(HOUR))
    life.until(DUE - MINUTE)
    gap = life.blink(10 * MINUTE)
    life.settle()
    assert life.slots == {DUE: Outcome.UNKNOWN}
    assert gap.ended_at is not None
    assert life.state.due_at == gap.ended_at + HOUR
    life.until(gap.ended_at + HOUR + 5 * MINUTE + TICK)
    assert life.is_down(), "it restarts once"


def test_an_interval_of_another_time_goes_on() -> None:
    life = up(every(HOUR))
    life.until(DUE - 10 * MINUTE)
    life.blink(5 * MINUTE)
    life.until(DEADLINE + TICK)
    assert life.is_down()
    assert life.state.due_at == DUE + HOUR


def test_a_long_blind_time_costs_an_interval_one_outcome() -> None:
    life = up(every(SECOND), grace=timedelta())
    life.blink(HOUR)
    life.settle()
    assert list(life.slots.values()) == [Outcome.UNKNOWN]
    assert life.state.due_at == life.now + SECOND
    life.advance(2 * MINUTE)
    assert life.is_down(), "a minute later it counts again"


def test_a_clock_that_is_behind_restarts_nothing_in_the_future() -> None:
    life = up(every(HOUR))
    life.blind = (blind(T0, None, BlindReason.CLOCK_BACK),)
    life.until(DEADLINE + TICK)
    assert life.state.due_at == DEADLINE + TICK + HOUR


# figures and words


@pytest.mark.parametrize(
    ("usual", "seen", "after"),
    [
        (None, 5 * SECOND, 5 * SECOND),
        (None, -5 * SECOND, timedelta()),
        (8 * SECOND, 16 * SECOND, 16 * SECOND),
        (16 * SECOND, 8 * SECOND, 15 * SECOND),
        (8 * SECOND, -5 * SECOND, 7 * SECOND),
    ],
)
def test_the_usual_figure_rises_at_once_and_falls_slowly(
    usual: timedelta | None, seen: timedelta, after: timedelta
) -> None:
    assert blind_times.rolled(usual, seen) == after


def test_a_new_job_learns_from_its_first_event() -> None:
    life = Life(at=DUE - 10 * MINUTE)
    life.until(DUE + 4 * MINUTE)
    life.start()
    assert life.state.usual_lateness == 4 * MINUTE


def test_a_job_learns_from_what_came_in_time_only() -> None:
    life = up()
    life.until(DUE + 2 * MINUTE)
    life.success()
    assert life.state.usual_lateness == 2 * MINUTE
    life.until(DUE + 80 * MINUTE)
    life.success()
    assert life.slots[DUE + HOUR] is Outcome.LATE
    assert life.state.usual_lateness == 2 * MINUTE
    life.until(DUE + 2 * HOUR)
    life.success()
    assert life.state.usual_lateness == 105 * SECOND


def test_an_interval_learns_its_lateness_and_a_run_its_length() -> None:
    life = up(every(HOUR))
    life.until(DUE + MINUTE)
    life.start()
    life.advance(3 * MINUTE)
    life.success()
    assert life.state.usual_lateness == MINUTE
    assert life.state.usual_runtime == 3 * MINUTE


@pytest.mark.parametrize(
    ("length", "reason", "tells"),
    [
        (30 * SECOND, BlindReason.STOPPED, False),
        (30 * SECOND + TICK, BlindReason.STOPPED, True),
        (HOUR, BlindReason.ASLEEP, True),
    ],
)
def test_a_long_one_is_told_on_return(
    length: timedelta, reason: BlindReason, tells: bool
) -> None:
    ended = T0 + length
    at = blind_times.tell_at(blind(T0, ended, reason))
    assert at == (ended if tells else None)


def test_one_that_has_not_ended_is_not_told_yet() -> None:
    assert blind_times.tell_at(blind(T0, None)) is None


def test_the_newest_end_comes_first() -> None:
    times = [
        blind(T0, T0 + HOUR, number=1),
        blind(T0, None, number=2),
        blind(T0, T0 + 2 * HOUR, number=3),
    ]
    found = sorted(times, key=blind_times.newest_end, reverse=True)
    assert [each.id for each in found] == [2, 3, 1]


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (T0 + MINUTE, "blind 03:00-03:01 UTC"),
        (T0 + 9 * SECOND, "blind 03:00:00-03:00:09 UTC"),
        (T0 + DAY, "blind 2026-11-23 03:00 - 2026-11-24 03:00 UTC"),
        (None, "blind since 2026-11-23 03:00:00 UTC"),
    ],
)
def test_a_blind_time_in_words(ended: datetime | None, words: str) -> None:
    assert blind_times.words(blind(T0, ended)) == words


def test_every_reason_has_words() -> None:
    assert set(blind_times.WORDS) == set(BlindReason)


@settings(max_examples=200, deadline=None)
@given(
    world=st.sampled_from(WORLDS),
    fields=definitions,
    before=st.integers(0, 30_000),
    length=st.integers(1, 100_000),
    after=st.integers(0, 100_000),
)
def test_no_slot_is_missed_that_lay_in_it_and_none_excused_that_did_not(
    world: tuple[Schedule, datetime],
    fields: dict[str, Any],
    before: int,
    length: int,
    after: int,
) -> None:
    """Worked out here from the words of the rule, for jobs that never learn."""
    schedule, at = world
    life = Life(schedule, at=at, **{**fields, "failure_tolerance": 720})
    life.success()
    life.advance(before * SECOND)
    gap = life.blink(length * SECOND)
    life.settle()
    life.advance(after * SECOND)
    assert gap.ended_at is not None
    last = gap.ended_at + MINUTE
    usual = life.state.usual_lateness
    for due, outcome in life.slots.items():
        if outcome not in (Outcome.MISSED, Outcome.UNKNOWN):
            continue
        deadline = schedules.deadline(life.job.definition, due)
        hidden = gap.began_at <= deadline <= last or (
            due <= last and due + (usual or timedelta()) >= gap.began_at
        )
        assert (outcome is Outcome.UNKNOWN) == hidden
    unknown = list(life.slots.values()).count(Outcome.UNKNOWN)
    assert len(life.unseen) == unknown


def test_of_a_due_in_a_leap_year_nobody_counts_back_a_thousand() -> None:
    life = Life(cron("0 0 29 2 *"), at=datetime(2027, 1, 1, tzinfo=UTC))
    life.success()
    (due,) = schedules.due_between(life.job.schedule, life.now, life.now + 500 * DAY)
    life.blind = (blind(due - DAY, due + DAY),)
    life.until(due + 2 * DAY)
    assert life.slots[due] is Outcome.UNKNOWN
    assert life.state.due_at == datetime(2032, 2, 29, tzinfo=UTC)


def test_a_slot_without_blind_times_is_never_hidden() -> None:
    assert blind_times.hiding_slot((), job().definition, DUE, None) is None
