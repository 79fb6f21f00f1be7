"""What people do to a job: pause, resume, remove, acknowledge."""

from datetime import timedelta

import pytest

from bot.core.kinds import Outcome, PingKind, Status
from tests.core.factories import (
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    Act,
    Life,
    every,
    up,
)

# pausing


def test_pausing_closes_slots_and_runs_and_arms_nothing() -> None:
    life = up()
    life.until(T0 + HOUR + MINUTE)
    life.start(RID)
    life.advance(HOUR)
    life.pause()
    assert life.slots == {T0 + HOUR: Outcome.SKIPPED, T0 + 2 * HOUR: Outcome.SKIPPED}
    assert life.open_runs == []
    assert life.runs[0].outcome is Outcome.SKIPPED
    assert life.state.wake_at is None
    assert life.state.status is Status.PAUSED
    assert life.state.paused_by == "ann (cli)"
    life.advance(30 * DAY)
    assert life.incidents == {}


def test_pausing_keeps_the_verdict_of_what_has_one() -> None:
    life = up(max_runtime=10 * MINUTE)
    life.until(T0 + HOUR)
    life.start(RID)
    life.advance(20 * MINUTE)
    life.pause()
    assert life.slots[T0 + HOUR] is Outcome.OVERRAN
    assert life.runs[0].outcome is Outcome.OVERRAN
    assert life.runs[0].ended_at == life.now


def test_the_end_of_a_run_that_a_pause_closed_counts_and_resumes() -> None:
    life = up(min_runtime=5 * MINUTE)
    life.until(T0 + HOUR)
    life.fail()
    life.start(RID)
    life.advance(MINUTE)
    life.pause()
    assert life.state.open_runs == 0
    life.advance(5 * MINUTE)
    life.success(RID)
    assert life.state.status is Status.UP
    assert life.state.last_duration == 6 * MINUTE
    assert life.slots == {T0 + HOUR: Outcome.OK}


def test_a_slot_whose_run_came_late_stays_late_when_the_job_is_paused() -> None:
    life = up()
    life.until(T0 + HOUR + 10 * MINUTE)
    life.start()
    life.pause()
    assert life.slots == {T0 + HOUR: Outcome.LATE}


def test_what_was_missed_before_a_pause_is_not_late_after_it() -> None:
    life = up()
    life.advance(70 * MINUTE)
    life.pause()
    life.resume()
    life.success()
    assert life.slots == {T0 + HOUR: Outcome.MISSED}
    assert life.state.last_outcome is Outcome.OK


def test_pausing_twice_keeps_the_first_actor_and_status() -> None:
    life = up()
    life.pause()
    before = life.state
    life.pause()
    assert life.state == before


def test_an_open_incident_stays_silent_while_paused() -> None:
    life = up(realert_every=HOUR)
    life.fail()
    life.advance(MINUTE)
    life.pause()
    life.advance(DAY)
    assert life.sounds == ["opened"]
    assert life.open_incident is not None
    assert life.open_incident.revision == 2
    assert life.open_incident.updated_at == T0 + MINUTE
    assert life.story[-1].text == "paused by ann (cli)"


def test_resuming_restores_the_status_and_arms_the_first_due_after_it() -> None:
    life = up()
    life.fail()
    life.pause()
    life.advance(150 * MINUTE)
    life.resume()
    assert life.is_down()
    assert life.state.due_at == T0 + 3 * HOUR
    assert life.state.paused_from is None
    assert life.state.paused_by == ""
    assert life.story[-1].text == "resumed by ann (cli)"
    assert life.sounds == ["opened", "unsilenced"]


def test_resuming_what_is_not_paused_changes_nothing() -> None:
    life = up()
    before = life.state
    life.resume()
    assert life.state == before


@pytest.mark.parametrize("kind", [PingKind.START, PingKind.SUCCESS, PingKind.FAIL])
def test_a_ping_resumes_a_paused_job(kind: PingKind) -> None:
    life = up()
    life.pause()
    life.advance(DAY + 10 * MINUTE)
    life.ping(kind)
    assert life.state.status is not Status.PAUSED
    assert life.state.due_at == T0 + DAY + HOUR


def test_a_success_that_resumes_a_job_resolves_without_another_sound() -> None:
    life = up()
    life.fail()
    life.pause()
    life.advance(DAY)
    life.success()
    assert life.state.status is Status.UP
    assert life.kinds == ["opened", "resolved"]


def test_a_log_does_not_resume_a_paused_job() -> None:
    life = up()
    life.pause()
    life.log()
    assert life.state.status is Status.PAUSED


def test_a_new_job_that_is_resumed_makes_no_miss_before_its_first_event() -> None:
    life = Life(HOURLY)
    life.pause()
    life.advance(DAY)
    assert life.told == []
    life.resume()
    assert life.state.status is Status.NEW
    assert life.state.due_at is None
    life.advance(3 * DAY)
    assert life.kinds == ["never_seen"]


def test_a_new_job_that_has_started_once_is_watched_after_a_pause() -> None:
    life = Life(every(HOUR))
    life.start()
    life.pause()
    life.resume()
    assert life.state.status is Status.NEW
    life.advance(2 * HOUR)
    assert life.is_down()


def test_what_was_satisfied_ahead_of_time_is_not_armed_by_a_pause() -> None:
    life = up()
    life.until(T0 + HOUR - 30 * SECOND)
    life.success()
    life.pause()
    life.resume()
    assert life.state.due_at == T0 + 2 * HOUR


# removal


def test_removing_a_job_resolves_its_incident_and_closes_its_runs() -> None:
    life = up()
    life.start(RID)
    life.fail()
    life.start(OTHER)
    life.remove()
    assert life.incident is not None
    assert life.incident.resolution == "removed by ann (cli)"
    assert life.incident.resolved_at == life.now
    assert life.open_runs == []
    assert life.state.wake_at is None
    assert life.kinds == ["opened", "resolved"]
    assert life.story[-1].actor == "ann (cli)"


def test_removing_a_job_that_is_well_tells_nobody() -> None:
    life = up()
    life.until(T0 + HOUR + MINUTE)
    life.remove()
    assert life.told == []
    assert life.state.wake_at is None


def test_what_has_passed_is_judged_before_a_job_is_removed() -> None:
    life = up(watched=False)
    life.until(T0 + HOUR + 20 * MINUTE)
    life.remove()
    assert life.slots == {T0 + HOUR: Outcome.MISSED}
    assert life.kinds == ["opened", "resolved"]


def test_removing_a_job_ends_its_own_mutes() -> None:
    life = up()
    life.mute(HOUR)
    life.remove()
    assert life.mutes == []


# acknowledging


def test_acknowledging_is_recorded_once() -> None:
    life = up()
    life.fail()
    life.acknowledge()
    life.acknowledge(timedelta(days=1))
    told = [record for record in life.story if record.kind == "acknowledged"]
    assert [record.text for record in told] == [
        "acknowledged by ann (cli)",
        "ann (cli) has it until another time",
    ]
    assert life.open_incident is not None
    assert life.open_incident.acknowledged_until == T0 + 24 * HOUR


def test_an_acknowledgement_ends_by_itself() -> None:
    life = up()
    life.fail()
    life.acknowledge()
    assert life.incident is not None
    assert life.incident.review_at == T0 + 4 * HOUR


@pytest.mark.parametrize("act", [Life.pause, Life.review])
def test_what_passed_before_somebody_acts_is_judged_first(act: Act) -> None:
    life = Life(HOURLY, watched=False)
    life.success()
    life.advance(70 * MINUTE)
    act(life)
    assert life.slots == {T0 + HOUR: Outcome.MISSED}
    assert life.open_incident is not None


def test_acknowledging_a_job_that_never_failed_does_nothing() -> None:
    life = up()
    life.acknowledge()
    assert life.incident is None
