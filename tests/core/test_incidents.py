"""When an incident opens, worsens, is reopened, flaps and resolves."""

from datetime import timedelta

import pytest

from bot.core import incidents
from bot.core.kinds import (
    IncidentKind,
    IncidentStatus,
    NotificationKind,
    Outcome,
    Severity,
    Status,
)
from tests.core.factories import (
    BOB,
    DAY,
    HOUR,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    TICK,
    UNSCHEDULED,
    Life,
    every,
    up,
)

# tolerance and recovery


@pytest.mark.parametrize("tolerance", [1, 2, 5])
def test_an_incident_opens_with_the_last_bad_outcome_allowed(tolerance: int) -> None:
    life = Life(UNSCHEDULED, failure_tolerance=tolerance)
    for number in range(1, tolerance):
        life.fail()
        assert life.state.bad_in_a_row == number
        assert life.state.status is Status.UP
        assert life.incidents == {}
        life.advance(MINUTE)
    life.fail()
    assert life.is_down()
    assert life.open_incident is not None
    assert life.open_incident.count == tolerance
    assert life.open_incident.opened_at == life.now
    assert life.sounds == ["opened"]


def test_a_good_outcome_in_between_starts_the_count_anew() -> None:
    life = Life(UNSCHEDULED, failure_tolerance=2)
    life.fail()
    life.success()
    life.fail()
    assert not life.is_down()


@pytest.mark.parametrize("threshold", [1, 3])
def test_an_incident_resolves_with_the_last_good_outcome_wanted(threshold: int) -> None:
    life = Life(UNSCHEDULED, recovery_threshold=threshold)
    life.fail()
    for _ in range(threshold - 1):
        life.success()
        assert life.is_down()
    life.success()
    assert life.state.status is Status.UP
    assert life.incident is not None
    assert life.incident.status is IncidentStatus.RESOLVED
    assert life.incident.resolution == "recovered"
    assert life.incident.resolved_at == life.now
    assert life.kinds == ["opened", "resolved"]


def test_a_bad_outcome_in_between_starts_the_recovery_anew() -> None:
    life = Life(UNSCHEDULED, recovery_threshold=2)
    life.fail()
    life.success()
    life.fail()
    life.success()
    assert life.is_down()


def test_skipped_and_merged_slots_neither_count_nor_reset() -> None:
    life = up(every(HOUR), max_runtime=5 * HOUR, failure_tolerance=2)
    life.fail()
    before = life.state.bad_in_a_row
    life.start(RID)
    life.success(OTHER)
    life.fail()
    life.start(RID)
    life.advance(3 * HOUR)
    assert life.state.bad_in_a_row >= before


def test_a_new_job_that_fails_within_its_tolerance_is_up_and_failing() -> None:
    life = Life(UNSCHEDULED, failure_tolerance=3)
    life.fail()
    assert life.state.status is Status.UP
    assert life.state.bad_in_a_row == 1


def test_an_incident_has_the_severity_of_its_job() -> None:
    life = Life(UNSCHEDULED, severity=Severity.CRITICAL)
    life.fail()
    assert life.open_incident is not None
    assert life.open_incident.severity is Severity.CRITICAL


# a further bad outcome


def test_a_further_failure_adds_to_the_incident_without_a_sound() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    first = life.open_incident
    life.advance(MINUTE)
    life.fail()
    after = life.open_incident
    assert first is not None
    assert after is not None
    assert (after.count, after.last_bad_at) == (2, life.now)
    assert after.opened_at == first.opened_at
    assert after.revision == first.revision + 1
    assert life.sounds == ["opened"]
    assert [record.kind for record in life.story] == ["opened", "bad"]


def test_the_kinds_are_ordered() -> None:
    assert list(incidents.RANK) == [
        IncidentKind.DRIFT,
        IncidentKind.TOO_SHORT,
        IncidentKind.MISSED,
        IncidentKind.OVERRAN,
        IncidentKind.FAILED,
        IncidentKind.LOST,
    ]
    assert set(incidents.WORDS) == set(IncidentKind)


def test_a_worse_kind_sounds_once_and_clears_the_acknowledgement() -> None:
    life = up()
    life.until(T0 + 70 * MINUTE)
    life.acknowledge()
    life.advance(MINUTE)
    life.fail()
    incident = life.open_incident
    assert incident is not None
    assert incident.kind is IncidentKind.FAILED
    assert incident.status is IncidentStatus.OPEN
    assert incident.acknowledged_by == ""
    assert life.sounds == ["opened", "worsened"]
    life.fail()
    assert life.sounds == ["opened", "worsened"]
    assert [record.kind for record in life.story] == [
        "opened",
        "acknowledged",
        "worsened",
        "bad",
    ]


def test_a_milder_kind_changes_neither_kind_nor_acknowledgement() -> None:
    life = up()
    life.fail()
    life.acknowledge()
    life.advance(70 * MINUTE)
    incident = life.open_incident
    assert incident is not None
    assert incident.kind is IncidentKind.FAILED
    assert incident.status is IncidentStatus.ACKNOWLEDGED
    assert incident.count == 2


def test_every_step_from_mild_to_worse_is_heard() -> None:
    life = up(every(HOUR), min_runtime=MINUTE, max_runtime=2 * HOUR)
    life.start(RID)
    life.success(RID)
    life.until(T0 + 70 * MINUTE)
    life.start(OTHER)
    life.advance(3 * HOUR)
    life.fail(OTHER)
    assert life.sounds == ["opened", "worsened", "worsened", "worsened"]
    assert life.open_incident is not None
    assert life.open_incident.kind is IncidentKind.FAILED


# reopening


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (MINUTE, ["opened", "reopened"]),
        (10 * MINUTE, ["opened", "reopened"]),
        (10 * MINUTE + TICK, ["opened", "opened"]),
    ],
)
def test_a_failure_soon_after_a_resolution_reopens_the_incident(
    wait: timedelta, expected: list[str]
) -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    life.success()
    life.advance(wait)
    life.fail()
    assert life.sounds == expected
    assert len(life.incidents) == expected.count("opened")


def test_a_reopened_incident_is_about_what_is_wrong_now() -> None:
    life = up()
    life.until(T0 + HOUR)
    life.fail()
    life.acknowledge()
    life.until(T0 + 2 * HOUR - MINUTE)
    life.success()
    life.advance(MINUTE)
    life.fail()
    life.success()
    life.change(schedule=every(MINUTE), grace=MINUTE)
    life.advance(3 * MINUTE)
    incident = life.open_incident
    assert incident is not None
    assert incident.reopened == 2
    assert incident.kind is IncidentKind.MISSED
    assert incident.due_at == T0 + 2 * HOUR + MINUTE
    assert incident.opened_at == T0 + HOUR
    assert incident.status is IncidentStatus.OPEN
    assert incident.acknowledged_by == ""
    assert incident.resolved_at is None
    assert incident.resolution == ""
    assert [record.kind for record in life.story].count("reopened") == 2


def test_reopening_needs_the_tolerance_like_any_opening() -> None:
    life = Life(UNSCHEDULED, failure_tolerance=2)
    life.fail()
    life.fail()
    life.success()
    life.fail()
    assert not life.is_down()
    life.fail()
    assert life.is_down()
    assert life.sounds == ["opened", "reopened"]


# acknowledging


def test_an_acknowledgement_lasts_four_hours_unless_said() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    assert life.incident is not None
    after = incidents.acknowledge(life.incident, BOB, T0 + MINUTE)
    assert after.status is IncidentStatus.ACKNOWLEDGED
    assert after.acknowledged_by == "bob (cli)"
    assert after.acknowledged_at == T0 + MINUTE
    assert after.acknowledged_until == T0 + MINUTE + 4 * HOUR
    longer = incidents.acknowledge(life.incident, BOB, T0, T0 + DAY)
    assert longer.acknowledged_until == T0 + DAY


def test_the_first_to_acknowledge_stays() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    life.acknowledge()
    assert life.incident is not None
    assert incidents.acknowledge(life.incident, BOB, T0 + HOUR) is life.incident


def test_after_a_lapse_nobody_noticed_the_next_to_acknowledge_has_it() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    life.acknowledge(HOUR)
    assert life.incident is not None
    after = incidents.acknowledge(life.incident, BOB, T0 + HOUR)
    assert after.acknowledged_by == "bob (cli)"
    assert after.acknowledged_until == T0 + 5 * HOUR
    assert after.sound_due is None


def test_what_is_resolved_cannot_be_acknowledged() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    life.success()
    before = life.incident
    life.acknowledge()
    assert life.incident == before


def test_an_acknowledgement_lapses_at_its_end_and_not_before() -> None:
    life = Life(UNSCHEDULED)
    life.fail()
    assert life.incident is not None
    assert incidents.lapse(life.incident, T0 + DAY) is life.incident
    life.acknowledge(HOUR)
    assert incidents.lapse(life.incident, T0 + HOUR - TICK) is life.incident
    after = incidents.lapse(life.incident, T0 + HOUR)
    assert after.status is IncidentStatus.OPEN
    assert after.sound_due is NotificationKind.UNSILENCED


def test_the_outcomes_that_are_bad_have_a_kind_each() -> None:
    bad = {Outcome.TOO_SHORT, Outcome.MISSED, Outcome.OVERRAN, Outcome.FAILED}
    assert set(incidents.KIND_OF) == bad | {Outcome.LOST}


def test_seconds_between_events_do_not_change_the_count() -> None:
    life = Life(UNSCHEDULED)
    for _ in range(5):
        life.fail()
        life.advance(SECOND)
    assert life.state.outcome_count == 5
    assert len(life.incidents) == 1
