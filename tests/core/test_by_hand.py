"""Incidents that people end or comment on."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import status
from bot.core.kinds import IncidentStatus, Status
from tests.core.factories import ANN, HOUR, HOURLY, MINUTE, UNSCHEDULED, Life, up


def failing(**fields: Any) -> Life:
    """A job with an open incident that was heard."""
    life = Life(UNSCHEDULED, **fields)
    for _ in range(fields.get("failure_tolerance", 1)):
        life.fail()
    assert life.is_down()
    return life


def stands(life: Life) -> Status:
    """The stored status."""
    return life.state.status


def test_an_end_by_hand_is_silent_and_says_who_and_why() -> None:
    life = failing()
    life.resolve("new disk")
    assert life.incident is not None
    assert life.incident.status is IncidentStatus.RESOLVED
    assert life.incident.resolution == "resolved by ann (cli): new disk"
    assert life.sounds == ["opened"]
    assert life.kinds[-1] == "resolved"
    assert life.state.status is Status.UP


def test_without_a_reason_it_says_who() -> None:
    life = failing()
    life.resolve()
    assert life.incident is not None
    assert life.incident.resolution == "resolved by ann (cli)"


def test_what_follows_counts_from_the_beginning() -> None:
    life = failing(failure_tolerance=2)
    life.resolve()
    life.advance(HOUR)
    life.fail()
    assert not life.is_down()
    life.fail()
    assert life.is_down()
    assert len(life.incidents) == 2


def test_a_failure_soon_after_opens_the_same_one_again() -> None:
    life = failing()
    life.resolve()
    life.advance(MINUTE)
    life.fail()
    assert life.sounds == ["opened", "reopened"]
    assert len(life.incidents) == 1


def test_a_mute_until_recovery_ends_with_it() -> None:
    life = failing()
    life.mute(30 * timedelta(days=1), until_recovery=True)
    life.resolve()
    life.advance(HOUR)
    life.fail()
    assert life.sounds == ["opened", "opened"]


def test_a_paused_job_is_well_when_it_is_resumed() -> None:
    life = failing()
    life.pause()
    life.resolve()
    assert stands(life) is Status.PAUSED
    life.resume()
    assert stands(life) is Status.UP
    assert not life.is_down()


def test_without_an_open_incident_nothing_changes() -> None:
    life = up(HOURLY)
    before = life.load()
    life.resolve()
    status.on_note(life.load(), ANN, life.now, life.ids, "x")
    assert life.load() == before


def test_a_note_makes_no_sound_and_a_new_revision() -> None:
    life = failing()
    assert life.incident is not None
    before = life.incident
    life.save(status.on_note(life.load(), ANN, life.now, life.ids, "on it"))
    assert life.incident is not None
    assert life.incident.revision == before.revision + 1
    assert life.sounds == ["opened"]


@pytest.mark.parametrize("tolerance", [1, 3])
@settings(max_examples=80, deadline=None)
@given(waits=st.lists(st.integers(0, 200), min_size=1, max_size=8), data=st.data())
def test_a_dead_job_is_heard_again_however_often_it_is_ended(
    tolerance: int, waits: list[int], data: st.DataObject
) -> None:
    life = up(HOURLY, failure_tolerance=tolerance)
    for wait in waits:
        life.advance(wait * MINUTE)
        getattr(
            life, data.draw(st.sampled_from(("resolve", "acknowledge", "review")))
        )()
    if life.is_down():
        life.resolve()
    before = len(life.sounds)
    life.advance((tolerance + 1) * HOUR + 6 * MINUTE)
    assert len(life.sounds) > before
