"""Pings that their sender kept for later decide their slots again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import events
from bot.core.kinds import NotificationKind, Outcome, PingKind, Status
from bot.core.models import Schedule, Slot
from bot.core.slots import EARLIEST
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    TICK,
    Life,
    cron,
    every,
    ping,
    up,
)

DUE = T0 + HOUR
SUCCESS, FAIL, START = PingKind.SUCCESS, PingKind.FAIL, PingKind.START


def late(
    life: Life, at: datetime, kind: PingKind = SUCCESS, rid: str | None = None
) -> None:
    """An event of that moment comes in now."""
    due = sorted(life.slots, reverse=True)
    known = [
        Slot(job_id=life.job.id, due_at=each, outcome=life.slots[each], decided_at=each)
        for each in due
        if each <= at + EARLIEST
    ][: events.LOOKED_AT]
    came = ping(kind, at, rid)
    watched = life.load(rid)
    life.save(events.on_event(watched, came, known, life.now, life.ids))


@pytest.mark.parametrize(
    ("at", "kind", "outcome", "status"),
    [
        (DUE + MINUTE, SUCCESS, Outcome.OK, Status.UP),
        (DUE - 30 * SECOND, SUCCESS, Outcome.OK, Status.UP),
        (DUE + 5 * MINUTE, SUCCESS, Outcome.OK, Status.UP),
        (DUE + 5 * MINUTE + TICK, SUCCESS, Outcome.LATE, Status.UP),
        (DUE + MINUTE, FAIL, Outcome.FAILED, Status.DOWN),
    ],
)
def test_a_missed_slot_is_decided_again_by_the_senders_time(
    at: datetime, kind: PingKind, outcome: Outcome, status: Status
) -> None:
    life = up()
    life.until(DUE + 20 * MINUTE)
    assert life.is_down()
    late(life, at, kind)
    assert life.slots == {DUE: outcome}
    assert life.state.status is status
    if status is Status.UP:
        assert life.incident is not None
        assert life.incident.resolved_at == life.now
        assert NotificationKind.RESOLVED in life.kinds


def test_an_unknown_slot_is_decided_again() -> None:
    life = up()
    life.until(DUE)
    gap = life.blink(30 * MINUTE)
    life.settle()
    late(life, DUE + MINUTE)
    assert life.slots == {DUE: Outcome.OK}
    assert life.words[-1].blind_id == gap.id
    assert life.state.last_outcome is Outcome.OK
    assert life.state.last_ping_at == DUE + MINUTE


def test_a_failure_of_an_unknown_slot_opens_an_incident_of_its_moment() -> None:
    life = up()
    life.until(DUE)
    life.blink(30 * MINUTE)
    late(life, DUE + MINUTE, FAIL)
    assert life.open_incident is not None
    assert life.open_incident.opened_at == DUE + MINUTE


def test_proof_of_a_slot_in_time_takes_the_miss_out_of_the_count() -> None:
    life = up(failure_tolerance=3)
    life.until(DUE + 10 * MINUTE)
    assert life.state.bad_in_a_row == 1
    late(life, DUE + MINUTE)
    assert life.state.bad_in_a_row == 0


def test_an_older_slot_is_decided_and_nothing_else_follows() -> None:
    life = up()
    life.until(DUE + 2 * HOUR + 10 * MINUTE)
    before = life.state
    late(life, DUE + MINUTE)
    assert life.slots[DUE] is Outcome.OK
    assert life.is_down()
    assert life.state.bad_in_a_row == before.bad_in_a_row == 3
    assert life.state.last_ping_at == before.last_ping_at


def test_a_queue_that_is_sent_in_order_repairs_everything() -> None:
    life = up()
    life.until(DUE + 3 * HOUR + 10 * MINUTE)
    for hour in range(4):
        late(life, DUE + hour * HOUR + MINUTE)
    assert set(life.slots.values()) == {Outcome.OK}
    assert not life.is_down()
    assert life.state.bad_in_a_row == 0


def test_a_slot_that_is_decided_already_stays() -> None:
    life = up()
    life.until(DUE)
    life.fail()
    life.until(DUE + 20 * MINUTE)
    late(life, DUE - 30 * SECOND)
    assert life.slots == {DUE: Outcome.FAILED}
    assert life.is_down()


def test_an_event_of_an_open_slot_takes_it() -> None:
    life = up(grace=30 * MINUTE)
    life.until(DUE + 10 * MINUTE)
    late(life, DUE + MINUTE)
    assert life.slots == {DUE: Outcome.OK}
    assert life.state.last_ping_at == DUE + MINUTE


def test_an_event_between_slots_is_the_news_of_its_moment() -> None:
    life = up()
    life.until(DUE)
    life.success()
    life.advance(30 * MINUTE)
    late(life, DUE + 20 * MINUTE, FAIL)
    assert life.is_down()
    late(life, DUE + 10 * MINUTE)
    assert life.is_down(), "older than what is known"
    assert life.slots == {DUE: Outcome.OK}


def test_an_event_from_before_the_job_was_made_is_only_recorded() -> None:
    life = Life()
    life.advance(MINUTE)
    late(life, T0 - HOUR)
    assert life.state.status is Status.NEW
    assert life.state.ping_count == 1


def test_a_new_job_is_watched_from_now_on() -> None:
    life = Life()
    life.advance(10 * HOUR + MINUTE)
    late(life, T0 + HOUR + MINUTE)
    assert life.state.status is Status.UP
    assert life.open_incident is None
    assert life.state.due_at == T0 + 11 * HOUR
    fresh = Life(every(HOUR))
    fresh.advance(30 * MINUTE)
    late(fresh, T0 + 20 * MINUTE)
    assert fresh.state.due_at == T0 + 80 * MINUTE


def test_a_log_is_only_recorded() -> None:
    life = up()
    life.until(DUE + 10 * MINUTE)
    before = life.slots.copy()
    late(life, DUE + MINUTE, PingKind.LOG)
    assert life.slots == before
    assert life.state.ping_count == 2


def test_a_paused_job_stays_paused_and_its_slot_is_decided() -> None:
    life = up()
    life.until(DUE + 10 * MINUTE)
    life.pause()
    late(life, DUE + MINUTE, START, RID)
    assert life.open_runs == []
    late(life, DUE + MINUTE)
    assert life.slots[DUE] is Outcome.OK
    assert life.state.status is Status.PAUSED


# runs


def test_a_run_that_was_kept_whole_decides_the_slot_of_its_start() -> None:
    life = up(max_runtime=30 * MINUTE)
    life.until(DUE + HOUR / 2)
    late(life, DUE + MINUTE, START, RID)
    assert life.slots[DUE] is Outcome.MISSED
    assert life.is_down()
    late(life, DUE + 10 * MINUTE, SUCCESS, RID)
    assert life.slots[DUE] is Outcome.OK
    assert life.runs[-1].duration == 9 * MINUTE
    assert life.state.last_duration == 9 * MINUTE
    assert not life.is_down()


def test_a_start_whose_deadline_has_passed_raises_no_alarm() -> None:
    life = Life(Schedule(), max_runtime=10 * MINUTE)
    life.advance(HOUR)
    late(life, T0 + MINUTE, START, RID)
    assert life.open_runs[0].outcome is Outcome.UNKNOWN
    late(life, T0 + MINUTE, START, RID)
    assert len(life.runs) == 1
    late(life, T0 + 5 * MINUTE, SUCCESS, RID)
    assert life.runs[0].outcome is Outcome.OK
    assert life.kinds == []


def test_an_end_proves_that_a_run_was_in_time_after_all() -> None:
    life = Life(Schedule(), max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    assert life.is_down()
    late(life, T0 + 5 * MINUTE, SUCCESS, RID)
    assert life.runs[0].outcome is Outcome.OK
    assert not life.is_down()
    assert life.state.bad_in_a_row == 0


def test_an_end_after_the_deadline_leaves_it_an_overrun() -> None:
    life = Life(Schedule(), max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(HOUR)
    late(life, T0 + 15 * MINUTE, FAIL, RID)
    assert life.runs[0].outcome is Outcome.FAILED
    assert life.open_incident is not None
    assert life.state.bad_in_a_row == 1, "counted when it overran"


def test_an_end_of_a_run_that_has_ended_counts_for_nothing() -> None:
    life = Life(Schedule(), max_runtime=10 * MINUTE)
    life.start(RID)
    life.success(RID)
    life.advance(MINUTE)
    late(life, T0 + 30 * SECOND, FAIL, RID)
    assert life.state.status is Status.UP


def test_a_lone_end_is_remembered_so_that_its_start_opens_nothing() -> None:
    life = up()
    life.until(DUE + 20 * MINUTE)
    late(life, DUE + 2 * MINUTE, SUCCESS, OTHER)
    late(life, DUE + MINUTE, START, OTHER)
    assert life.open_runs == []


def test_a_start_of_a_late_slot_makes_a_late_run() -> None:
    life = up(max_runtime=HOUR)
    life.until(DUE + 20 * MINUTE)
    late(life, DUE + 10 * MINUTE, START, RID)
    late(life, DUE + 15 * MINUTE, SUCCESS, RID)
    assert life.slots[DUE] is Outcome.LATE
    assert not life.is_down()


def test_an_old_run_without_a_slot_changes_nothing_now() -> None:
    life = Life(Schedule(), max_runtime=HOUR)
    life.advance(30 * MINUTE)
    life.fail()
    late(life, T0 + MINUTE, START, RID)
    late(life, T0 + 2 * MINUTE, SUCCESS, RID)
    assert life.is_down()
    assert life.runs[-1].outcome is Outcome.OK


def test_an_interval_counts_from_the_moment_of_the_event() -> None:
    life = up(every(HOUR))
    life.until(DUE + 30 * MINUTE)
    late(life, DUE + 2 * MINUTE)
    assert life.slots == {DUE: Outcome.OK}
    assert life.state.due_at == DUE + HOUR + 2 * MINUTE
    assert not life.is_down()


def test_a_failure_does_not_reopen_what_was_resolved_later_in_the_past() -> None:
    life = up()
    life.until(DUE + 10 * MINUTE)
    late(life, DUE + MINUTE)
    life.advance(MINUTE)
    late(life, DUE + 2 * MINUTE, FAIL)
    assert life.open_incident is not None
    assert life.open_incident.last_bad_at >= DUE + 10 * MINUTE


@settings(max_examples=150, deadline=None)
@given(
    hours=st.lists(st.integers(0, 9), max_size=12),
    kinds=st.lists(st.sampled_from((SUCCESS, FAIL)), min_size=12, max_size=12),
    blinks=st.booleans(),
    schedule=st.sampled_from((None, every(HOUR))),
)
def test_events_in_any_order_leave_no_slot_missed_that_has_one(
    hours: list[int], kinds: list[PingKind], blinks: bool, schedule: Schedule | None
) -> None:
    life = up(schedule) if schedule else up()
    life.until(DUE)
    if blinks:
        life.blink(9 * HOUR + 30 * MINUTE)
        life.settle()
    else:
        life.until(DUE + 9 * HOUR + 30 * MINUTE)
    before = life.slots.copy()
    for hour, kind in zip(hours, kinds, strict=False):
        late(life, DUE + hour * HOUR + MINUTE, kind, None)
    for hour in hours:
        due = DUE + hour * HOUR
        if due in before:
            assert life.slots[due] in (Outcome.OK, Outcome.FAILED, Outcome.LATE)
    assert set(life.slots) >= set(before)
    assert (life.open_incident is None) == (not life.is_down())


# times


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1795402800", T0),
        ("1795402800.5", T0 + SECOND / 2),
        ("2026-11-23T03:00:00Z", T0),
        ("2026-11-23T05:00:00+02:00", T0),
        ("2026-11-23T05:00:00 02:00", T0),
        ("2026-11-23 03:00:00Z", T0),
        ("2026-11-23T03:00:00", None),
        ("2026-11-23", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("-5", None),
        ("1e9", None),
        ("", None),
        ("now", None),
        ("9" * 13, None),
    ],
)
def test_a_moment_is_read_in_two_ways(text: str, moment: datetime | None) -> None:
    assert events.parse_moment(text) == moment


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    found = events.parse_moment(text)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(), None),
        (7 * DAY, None),
        (7 * DAY + TICK, "7 days"),
        (-60 * SECOND, None),
        (-60 * SECOND - TICK, "60 seconds"),
    ],
)
def test_how_old_an_event_may_be(age: timedelta, words: str | None) -> None:
    why: Any = events.refusal(T0 - age, T0)
    assert why is None if words is None else words in why


def test_an_event_before_the_window_belongs_to_the_slot_before() -> None:
    life = up(cron("* * * * *"), grace=timedelta())
    life.until(T0 + 3 * MINUTE + SECOND)
    late(life, T0 + 2 * MINUTE - 20 * SECOND)
    assert life.slots[T0 + MINUTE] is Outcome.LATE
    assert life.slots[T0 + 2 * MINUTE] is Outcome.MISSED
