"""What may sound: nothing while silenced, once after the silence, and reminders."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core import audible
from bot.core.kinds import IncidentStatus, NotificationKind, Status
from bot.core.models import Incident
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    T0,
    TICK,
    UNSCHEDULED,
    Act,
    Life,
    mute,
    up,
)


def failing(**fields: Any) -> Life:
    """A job with an open incident that was heard."""
    life = Life(UNSCHEDULED, **fields)
    life.fail()
    assert life.sounds == ["opened"]
    return life


def silence(life: Life) -> audible.Silence | None:
    """What silences its incident now."""
    incident = life.incident
    assert incident is not None
    definition = life.job.definition
    return audible.silence(incident, definition, life.state, life.silencers, life.now)


# what silences


def test_an_open_incident_is_silenced_by_nothing() -> None:
    assert silence(failing()) is None


def test_the_strongest_reason_comes_first() -> None:
    life = failing()
    life.acknowledge()
    assert silence(life) == audible.Silence("acknowledged by ann (cli)", T0 + 4 * HOUR)
    muted = life.mute(HOUR)
    assert silence(life) == audible.Silence("muted by ann (cli)", T0 + HOUR, muted)
    life.pause()
    assert silence(life) == audible.Silence("paused by ann (cli)", None)


SILENCERS: list[tuple[Act, Act]] = [
    (lambda life: life.pause(), lambda life: life.resume()),
    (lambda life: life.mute(DAY), lambda life: life.unmute()),
    (lambda life: life.mute(HOUR), lambda life: life.advance(HOUR)),
    (lambda life: life.acknowledge(HOUR), lambda life: life.advance(HOUR)),
]


@pytest.mark.parametrize(("silences", "ends"), SILENCERS)
def test_what_is_still_open_after_a_silence_sounds_once(
    silences: Act, ends: Act
) -> None:
    life = failing(realert_every=20 * MINUTE)
    silences(life)
    life.advance(30 * MINUTE)
    assert life.sounds == ["opened"]
    life.change(realert_every=None)
    ends(life)
    assert life.sounds == ["opened", "unsilenced"]
    life.advance(2 * DAY)
    assert life.sounds == ["opened", "unsilenced"]


@pytest.mark.parametrize(("silences", "ends"), SILENCERS)
def test_what_was_resolved_in_the_silence_makes_no_sound(
    silences: Act, ends: Act
) -> None:
    life = failing()
    silences(life)
    life.success()
    ends(life)
    life.advance(2 * DAY)
    assert life.sounds == ["opened"]
    assert life.kinds == ["opened", "resolved"]


@pytest.mark.parametrize(("silences", "ends"), SILENCERS[1:3])
def test_what_opened_in_a_silence_is_heard_once_after_it(
    silences: Act, ends: Act
) -> None:
    life = up(UNSCHEDULED)
    silences(life)
    life.fail()
    assert life.sounds == []
    assert life.open_incident is not None
    assert life.open_incident.silenced
    ends(life)
    assert life.sounds == ["opened"]
    life.advance(2 * DAY)
    assert life.sounds == ["opened"]


def test_what_opened_and_worsened_in_a_silence_is_one_sound() -> None:
    life = up(min_runtime=MINUTE)
    life.mute(DAY)
    life.start()
    life.success()
    life.fail()
    life.unmute()
    assert life.sounds == ["opened"]


def test_what_worsened_in_a_silence_says_so_after_it() -> None:
    life = up(UNSCHEDULED, min_runtime=MINUTE)
    life.start()
    life.success()
    life.mute(HOUR)
    life.fail()
    life.advance(HOUR)
    assert life.sounds == ["opened", "worsened"]


def test_two_silences_that_overlap_are_one() -> None:
    life = failing()
    life.mute(HOUR)
    life.advance(30 * MINUTE)
    life.mute(HOUR)
    life.advance(30 * MINUTE)
    assert life.sounds == ["opened"]
    life.advance(30 * MINUTE)
    assert life.sounds == ["opened", "unsilenced"]


def test_an_acknowledgement_that_ends_inside_a_mute_sounds_after_the_mute() -> None:
    life = failing()
    life.acknowledge(HOUR)
    life.mute(2 * HOUR)
    life.advance(90 * MINUTE)
    assert life.sounds == ["opened"]
    life.advance(HOUR)
    assert life.sounds == ["opened", "unsilenced"]


def test_an_acknowledgement_lapses_on_the_card_inside_a_mute_too() -> None:
    life = failing()
    life.acknowledge(HOUR)
    life.mute(2 * HOUR)
    life.advance(HOUR)
    assert life.incident is not None
    assert life.incident.status is IncidentStatus.OPEN
    assert life.incident.acknowledged_by == ""
    assert life.sounds == ["opened"]


def test_somebody_else_may_acknowledge_what_lapsed_inside_a_mute() -> None:
    life = failing()
    life.acknowledge(HOUR)
    life.mute(2 * HOUR)
    life.advance(90 * MINUTE)
    life.acknowledge(3 * HOUR)
    life.advance(HOUR)
    assert life.sounds == ["opened"]
    life.advance(3 * HOUR)
    assert life.sounds == ["opened", "unsilenced"]


def test_a_mute_that_ends_inside_an_acknowledgement_makes_no_sound() -> None:
    life = failing()
    life.mute(HOUR)
    life.acknowledge(3 * HOUR)
    life.advance(2 * HOUR)
    assert life.sounds == ["opened"]
    life.advance(HOUR)
    assert life.sounds == ["opened", "unsilenced"]


def test_acknowledging_what_was_never_heard_owes_no_sound() -> None:
    life = up(UNSCHEDULED)
    life.mute(HOUR)
    life.fail()
    life.acknowledge(3 * HOUR)
    life.advance(2 * HOUR)
    assert life.sounds == []
    life.advance(HOUR)
    assert life.sounds == ["unsilenced"]


def test_a_paused_job_is_not_asked_again_until_it_is_resumed() -> None:
    life = failing(realert_every=HOUR)
    life.pause()
    assert life.incident is not None
    assert life.incident.review_at is None


# reminders


def test_a_reminder_comes_at_every_interval_while_open() -> None:
    life = failing(realert_every=HOUR)
    life.until(T0 + HOUR - TICK)
    assert life.sounds == ["opened"]
    life.until(T0 + 3 * HOUR)
    assert life.sounds == ["opened"] + ["reminder"] * 3
    life.success()
    life.advance(DAY)
    assert life.sounds == ["opened"] + ["reminder"] * 3


def test_nobody_is_reminded_unless_it_was_said() -> None:
    life = failing()
    assert life.incident is not None
    assert life.incident.review_at is None
    life.advance(30 * DAY)
    assert life.sounds == ["opened"]


def test_nobody_is_reminded_of_what_is_acknowledged() -> None:
    life = failing(realert_every=HOUR)
    life.acknowledge(3 * HOUR)
    life.until(T0 + 3 * HOUR - TICK)
    assert life.sounds == ["opened"]
    life.advance(SECOND)
    assert life.sounds == ["opened", "unsilenced"]
    life.advance(HOUR)
    assert life.sounds == ["opened", "unsilenced", "reminder"]


def test_a_change_of_the_interval_of_reminders_holds_at_once() -> None:
    life = failing(realert_every=DAY)
    life.change(realert_every=HOUR)
    life.advance(HOUR)
    assert life.sounds == ["opened", "reminder"]


# resolutions


def test_a_resolution_is_told_once_and_silently() -> None:
    life = failing()
    life.success()
    life.success()
    life.review()
    assert life.kinds == ["opened", "resolved"]
    assert life.sounds == ["opened"]


def test_what_was_owed_is_dropped_with_the_resolution() -> None:
    life = up(UNSCHEDULED)
    life.mute(HOUR)
    life.fail()
    life.success()
    incident = life.incident
    assert incident is not None
    assert incident.sound_due is None
    assert not incident.silenced
    assert incident.review_at is None
    life.advance(DAY)
    assert life.sounds == []


# the function itself


def decide(life: Life, incident: Incident) -> audible.Decision:
    """Ask about an incident as it is."""
    definition = life.job.definition
    return audible.decide(incident, definition, life.state, life.silencers, life.now)


def test_asking_twice_changes_nothing() -> None:
    life = failing(realert_every=HOUR)
    assert life.incident is not None
    assert decide(life, life.incident) == audible.Decision(life.incident, None)
    life.mute(HOUR)
    assert decide(life, life.incident) == audible.Decision(life.incident, None)


def test_a_sound_is_counted_and_dated() -> None:
    life = failing()
    assert life.incident is not None
    life.advance(MINUTE)
    owed = replace(life.incident, sound_due=NotificationKind.WORSENED)
    decision = decide(life, owed)
    assert decision.notify is not None
    assert decision.notify.kind is NotificationKind.WORSENED
    assert decision.notify.at == life.now
    assert decision.incident.sounds == 2
    assert decision.incident.last_sound_at == life.now
    assert decision.incident.sound_due is None


def test_a_mute_of_another_job_silences_nothing() -> None:
    life = failing()
    life.mutes.append(mute(T0 + DAY, target="other"))
    assert silence(life) is None
    assert life.state.status is Status.DOWN


def test_worse_is_said_as_worse_although_an_acknowledgement_lapsed_before() -> None:
    life = up()
    life.advance(HOUR + 10 * MINUTE)
    life.acknowledge(HOUR)
    life.mute(5 * HOUR)
    life.advance(2 * HOUR)
    life.review()
    life.fail()
    life.unmute()
    assert life.kinds == [NotificationKind.OPENED, NotificationKind.WORSENED]
