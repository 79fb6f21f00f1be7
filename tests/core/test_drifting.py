"""A drift as an incident: the mildest one, which only runs as usual end."""

from typing import Any

import pytest

from bot.core import drifting, explanations, incidents, quiet_hours
from bot.core.drift import Direction, Drift, Habit, Measure
from bot.core.kinds import (
    IncidentKind,
    IncidentStatus,
    NotificationKind,
    Severity,
    Status,
)
from bot.core.models import Incident
from bot.core.transitions import Transition
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    UNSCHEDULED,
    Life,
    window,
)

HABIT = Habit(
    measure=Measure.DURATION, count=30, median=300, low=240, high=360, since=T0
)
SLOW = Drift(
    measure=Measure.DURATION,
    value=1860,
    habit=HABIT,
    direction=Direction.HIGHER,
    last_like_it=None,
)
SAID = f"took 31 min, normally 4 to 6 min; not once since {T0.day} {T0:%b}"


def watched(**fields: Any) -> Life:
    """A job that is up and wants to know."""
    life = Life(UNSCHEDULED, **{"alert_on_drift": True, **fields})
    life.success()
    life.advance(DAY)
    return life


def drift(life: Life) -> Transition:
    return life.save(drifting.on_drift(life.load(), [SLOW], life.now, life.ids))


def usual(life: Life) -> Transition:
    return life.save(drifting.on_usual(life.load(), life.now, life.ids))


def opened(life: Life) -> Incident:
    """Its incident, which there is."""
    assert life.incident is not None
    return life.incident


def told(life: Life) -> list[NotificationKind]:
    return [each.kind for each in life.told]


def test_a_drift_opens_an_incident_that_says_what_is_not_usual() -> None:
    life = watched()
    drift(life)
    incident = opened(life)
    assert (incident.kind, incident.note) == (IncidentKind.DRIFT, SAID)
    assert life.story[-1].text == SAID
    assert life.state.status is Status.UP
    assert told(life) == [NotificationKind.OPENED]


def test_it_is_told_once() -> None:
    life = watched()
    for _ in range(3):
        drift(life)
        life.advance(HOUR)
    assert told(life) == [NotificationKind.OPENED]


def test_a_success_does_not_end_it() -> None:
    life = watched()
    drift(life)
    for _ in range(5):
        life.advance(HOUR)
        life.success()
    assert opened(life).resolved_at is None
    assert life.state.good_in_a_row == 6


def test_runs_as_usual_end_it() -> None:
    life = watched()
    drift(life)
    life.mute(7 * DAY, until_recovery=True)
    life.advance(DAY)
    usual(life)
    incident = opened(life)
    assert (incident.status, incident.resolution) == (
        IncidentStatus.RESOLVED,
        drifting.AS_USUAL,
    )
    assert told(life) == [NotificationKind.OPENED, NotificationKind.RESOLVED]
    assert life.mutes == []
    usual(life)
    assert len(told(life)) == 2


@pytest.mark.parametrize(
    "prepare",
    [
        lambda life: life.change(alert_on_drift=False),
        lambda life: life.pause(),
        lambda life: life.fail(),
        lambda life: life.windows.append(window(life.now - HOUR, 2 * HOUR)),
    ],
    ids=["not asked for", "paused", "down", "in maintenance"],
)
def test_where_none_is_told(prepare: object) -> None:
    life = watched()
    assert callable(prepare)
    prepare(life)
    drift(life)
    assert life.incident is None or life.incident.kind is IncidentKind.FAILED


def test_a_new_job_tells_none() -> None:
    life = Life(UNSCHEDULED, alert_on_drift=True)
    drift(life)
    assert life.incident is None


def test_what_a_person_no_longer_wants_to_know_ends() -> None:
    life = watched()
    drift(life)
    life.change(alert_on_drift=False)
    assert opened(life).resolution == drifting.NOT_WATCHED


def test_another_change_leaves_it_open() -> None:
    life = watched()
    drift(life)
    life.change(name="other")
    assert opened(life).resolved_at is None


def test_a_failure_worsens_it_and_a_success_then_ends_it() -> None:
    life = watched(severity=Severity.CRITICAL)
    drift(life)
    assert opened(life).severity is Severity.WARNING
    life.acknowledge()
    life.advance(MINUTE)
    life.fail()
    incident = opened(life)
    assert (incident.kind, incident.count, incident.note) == (
        IncidentKind.FAILED,
        1,
        "",
    )
    assert incident.severity is Severity.CRITICAL
    assert incident.status is IncidentStatus.OPEN
    assert life.state.status is Status.DOWN
    assert told(life) == [NotificationKind.OPENED, NotificationKind.WORSENED]
    usual(life)
    assert opened(life).resolved_at is None
    life.advance(MINUTE)
    life.success()
    assert opened(life).resolution == "recovered"
    assert len(life.incidents) == 1


def test_failures_that_are_tolerated_do_not_worsen_it() -> None:
    life = watched(failure_tolerance=2)
    drift(life)
    life.fail()
    assert opened(life).kind is IncidentKind.DRIFT
    assert life.state.status is Status.UP
    life.fail()
    assert (opened(life).kind, opened(life).count) == (IncidentKind.FAILED, 2)
    assert life.state.openings[-1].at == life.now


def test_a_mute_holds_it_back_and_it_sounds_once_after() -> None:
    life = watched()
    life.mute(HOUR)
    drift(life)
    assert told(life) == []
    life.advance(2 * HOUR)
    assert told(life) == [NotificationKind.OPENED]
    assert sum(each.sounds for each in life.told) == 1


def test_worse_while_it_is_silent_is_told_as_the_first_word() -> None:
    life = watched()
    life.mute(HOUR)
    drift(life)
    life.fail()
    life.advance(2 * HOUR)
    assert told(life) == [NotificationKind.OPENED]
    assert opened(life).kind is IncidentKind.FAILED


def test_quiet_hours_hold_back_even_the_drift_of_a_critical_job() -> None:
    life = watched(severity=Severity.CRITICAL)
    begins, ends = life.now - HOUR, life.now + 2 * HOUR
    life.quiet_hours = quiet_hours.parse(f"{begins:%H:%M}-{ends:%H:%M}", "UTC")
    drift(life)
    assert told(life) == []
    life.advance(3 * HOUR)
    assert told(life) == [NotificationKind.OPENED]


def test_after_somebody_resolved_it_the_next_drift_is_a_new_incident() -> None:
    life = watched()
    drift(life)
    life.resolve()
    assert opened(life).resolved_at == life.now
    life.advance(DAY)
    drift(life)
    assert len(life.incidents) == 2


def test_everything_is_worse_than_a_drift() -> None:
    mildest = min(incidents.RANK, key=lambda kind: incidents.RANK[kind])
    assert mildest is IncidentKind.DRIFT
    assert set(incidents.RANK) == set(IncidentKind)


def test_it_explains_itself() -> None:
    life = watched()
    drift(life)
    text = "\n".join(explanations.explain(life.load(), [], life.now).rules)
    assert "not as usual" in text
    assert f"When it was noticed: {SAID}." in text
    assert "It ends when runs are as usual again" in text
