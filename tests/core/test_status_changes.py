"""What a changed definition does to slots, runs and an open incident."""

from typing import Any

import pytest

from bot.core.kinds import Outcome
from bot.core.models import Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    RID,
    SECOND,
    T0,
    UNSCHEDULED,
    Life,
    cron,
    every,
    up,
)


@pytest.mark.parametrize(
    "fields",
    [
        {"grace": 10 * MINUTE},
        {"schedule": cron("30 * * * *")},
        {"schedule": cron("0 * * * *", "Asia/Kolkata")},
        {"jitter": MINUTE},
    ],
)
def test_a_change_of_schedule_zone_or_grace_drops_open_slots(
    fields: dict[str, Any],
) -> None:
    life = up()
    life.until(T0 + HOUR + MINUTE)
    life.change(**fields)
    assert life.slots == {T0 + HOUR: Outcome.SKIPPED}
    assert life.state.due_at is not None
    assert life.state.due_at > life.now
    assert life.incidents == {}


def test_another_change_leaves_the_reminder_of_a_new_job() -> None:
    life = Life(HOURLY)
    life.advance(10 * MINUTE)
    before = life.state
    life.change(name="Nightly backup")
    assert life.state == before


def test_another_change_leaves_the_open_slot() -> None:
    life = up()
    life.until(T0 + HOUR + MINUTE)
    before = life.state
    life.change(name="Nightly backup", failure_tolerance=2, strict_start=True)
    assert life.state == before
    assert life.slots == {}


def test_an_open_incident_names_the_change_and_waits_for_a_good_outcome() -> None:
    life = up()
    life.fail()
    life.change(grace=HOUR)
    assert life.open_incident is not None
    assert life.open_incident.note == "changed: grace"
    assert life.story[-1].kind == "note"
    life.success()
    assert not life.is_down()
    assert life.sounds == ["opened"]


def test_what_passed_before_a_change_is_judged_by_the_old_definition() -> None:
    life = Life(HOURLY, watched=False)
    life.success()
    life.advance(70 * MINUTE)
    life.change(grace=HOUR)
    assert life.slots == {T0 + HOUR: Outcome.MISSED}
    assert life.is_down()


def test_a_change_after_the_recovery_is_not_noted() -> None:
    life = up()
    life.fail()
    life.success()
    life.change(grace=HOUR)
    assert life.incident is not None
    assert life.incident.note == ""


def test_what_was_satisfied_ahead_of_time_is_not_armed_by_a_change() -> None:
    life = up()
    life.until(T0 + HOUR - 30 * SECOND)
    life.success()
    life.change(grace=10 * MINUTE)
    assert life.state.due_at == T0 + 2 * HOUR


def test_a_changed_interval_counts_from_the_change() -> None:
    life = up(every(HOUR))
    life.advance(30 * MINUTE)
    life.change(schedule=every(10 * MINUTE))
    assert life.state.due_at == life.now + 10 * MINUTE


def test_a_paused_job_takes_the_new_schedule_when_it_is_resumed() -> None:
    life = up()
    life.pause()
    life.change(schedule=cron("15 * * * *"))
    assert life.state.wake_at is None
    life.resume()
    assert life.state.due_at == T0 + 15 * MINUTE


def test_a_new_job_that_becomes_strict_is_watched_at_once() -> None:
    life = Life(HOURLY)
    life.change(strict_start=True)
    assert life.state.remind_at is None
    life.advance(2 * HOUR)
    assert life.is_down()


def test_a_new_job_that_is_no_longer_strict_waits_for_its_first_event() -> None:
    life = Life(HOURLY, strict_start=True)
    life.advance(10 * MINUTE)
    life.change(strict_start=False)
    assert life.state.due_at is None
    assert life.state.remind_at == life.now + 3 * HOUR


def test_an_older_run_does_not_resolve_a_miss_after_a_change_either() -> None:
    life = up()
    life.advance(30 * MINUTE)
    life.start(RID)
    life.advance(10 * MINUTE)
    life.change(max_runtime=10 * HOUR, schedule=cron("45 * * * *"))
    life.change(max_runtime=None, schedule=cron("50 * * * *"))
    life.until(T0 + 3 * HOUR)
    assert life.is_down()
    life.change(grace=HOUR)
    life.success(RID)
    assert life.is_down()


# runs that are open


def test_a_longer_max_runtime_gives_an_open_run_more_time() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start()
    life.change(max_runtime=HOUR)
    assert life.state.deadline_at == T0 + HOUR


def test_a_shorter_max_runtime_never_ends_before_the_change() -> None:
    life = Life(UNSCHEDULED, max_runtime=HOUR)
    life.start()
    life.advance(30 * MINUTE)
    life.change(max_runtime=10 * MINUTE)
    assert life.state.deadline_at == life.now
    life.advance(SECOND)
    assert life.open_incident is not None
    assert life.open_incident.opened_at == T0 + 30 * MINUTE


def test_dues_before_a_change_of_schedule_do_not_end_an_open_run() -> None:
    life = up(cron("0 3 * * *"))
    life.until(T0 + DAY)
    life.start()
    life.advance(150 * MINUTE)
    life.change(schedule=HOURLY)
    assert life.state.deadline_at == T0 + DAY + 3 * HOUR + 5 * MINUTE
    life.success()
    assert life.incidents == {}


@pytest.mark.parametrize("schedule", [HOURLY, every(HOUR), UNSCHEDULED])
def test_another_change_leaves_the_deadline_of_a_run(schedule: Schedule) -> None:
    life = Life(schedule)
    life.start()
    life.advance(MINUTE)
    before = life.state.deadline_at
    life.change(name="Nightly", failure_tolerance=2, min_runtime=SECOND)
    assert life.state.deadline_at == before


def test_a_run_that_overran_stays_so_when_it_is_given_more_time() -> None:
    life = Life(UNSCHEDULED, max_runtime=10 * MINUTE)
    life.start(RID)
    life.advance(20 * MINUTE)
    life.change(max_runtime=HOUR)
    assert life.runs[0].overran
    assert life.runs[0].deadline_at == T0 + 10 * MINUTE
    assert life.state.deadline_at is None
