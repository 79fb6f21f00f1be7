"""Opening again and again: one incident stays open and is quiet."""

from datetime import timedelta

import pytest

from bot.core.kinds import IncidentStatus, NotificationKind
from tests.core.factories import (
    HOUR,
    MINUTE,
    UNSCHEDULED,
    Life,
    up,
)


def flap(life: Life, times: int, wait: timedelta = HOUR) -> None:
    """Fail and recover that many times."""
    for _ in range(times):
        life.advance(wait)
        life.fail()
        life.success()


def test_the_fourth_opening_within_a_day_stays_open_as_flapping() -> None:
    life = up(UNSCHEDULED)
    flap(life, 3)
    assert not life.is_down()
    flap(life, 1)
    incident = life.open_incident
    assert incident is not None
    assert incident.flapping
    assert life.story[-1].kind == "flapping"


def test_flapping_resolves_after_five_times_the_recovery_threshold() -> None:
    life = up(UNSCHEDULED, recovery_threshold=2)
    for _ in range(3):
        life.advance(HOUR)
        life.fail()
        life.success()
        life.success()
    life.fail()
    for _ in range(9):
        life.success()
        assert life.is_down()
    life.success()
    assert not life.is_down()


def test_flapping_makes_no_more_sounds() -> None:
    life = up(UNSCHEDULED)
    flap(life, 10)
    assert life.sounds == ["opened"] * 4
    assert life.is_down()


def test_a_flapping_incident_is_acknowledged_like_any_other() -> None:
    life = up(UNSCHEDULED)
    flap(life, 4)
    life.acknowledge()
    life.fail()
    assert life.open_incident is not None
    assert life.open_incident.status is IncidentStatus.ACKNOWLEDGED


@pytest.mark.parametrize(("wait", "good_between"), [(9 * HOUR, 0), (MINUTE, 14)])
def test_four_openings_that_are_far_apart_are_no_flapping(
    wait: timedelta, good_between: int
) -> None:
    life = up(UNSCHEDULED)
    for _ in range(4):
        life.advance(wait)
        for _ in range(good_between):
            life.success()
        life.fail()
        assert life.open_incident is not None
        assert not life.open_incident.flapping
        life.success()


@pytest.mark.parametrize(("tolerance", "enough"), [(1, 3), (3, 3), (5, 5)])
def test_bad_outcomes_in_a_row_while_flapping_are_down_for_good(
    tolerance: int, enough: int
) -> None:
    life = up(UNSCHEDULED, failure_tolerance=tolerance)
    for _ in range(4):
        life.success()
        life.advance(HOUR)
        for _ in range(tolerance):
            life.fail()
    before = len(life.sounds)
    life.acknowledge()
    for _ in range(enough - 1):
        life.fail()
        assert len(life.sounds) == before
    life.fail()
    assert life.sounds[before:] == ["down_for_good"]
    assert life.open_incident is not None
    assert life.open_incident.down_for_good
    assert life.open_incident.status is IncidentStatus.OPEN
    life.fail()
    assert len(life.sounds) == before + 1


def test_a_good_outcome_starts_the_count_to_down_for_good_anew() -> None:
    life = up(UNSCHEDULED)
    flap(life, 4)
    for _ in range(3):
        life.fail()
        life.fail()
        life.success()
    assert NotificationKind.DOWN_FOR_GOOD not in life.kinds


def test_an_incident_that_flapped_may_flap_again() -> None:
    life = up(UNSCHEDULED)
    flap(life, 4)
    for _ in range(5):
        life.success()
    assert not life.is_down()
    life.advance(11 * MINUTE)
    life.fail()
    assert life.open_incident is not None
    assert life.open_incident.flapping
    assert not life.open_incident.down_for_good


def test_an_overrun_and_the_failure_of_the_same_run_are_one_of_three() -> None:
    life = up(UNSCHEDULED, max_runtime=10 * MINUTE)
    flap(life, 3)
    life.advance(HOUR)
    life.fail()
    incident = life.open_incident
    assert incident is not None
    assert incident.flapping
    life.start()
    life.advance(HOUR)
    life.fail()
    incident = life.open_incident
    assert incident is not None
    assert incident.flapping_bad == 1
    assert incident.count == 2
    life.fail()
    assert NotificationKind.DOWN_FOR_GOOD not in life.sounds
    life.fail()
    assert life.sounds[-1] is NotificationKind.DOWN_FOR_GOOD
