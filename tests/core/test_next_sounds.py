"""When an incident will sound: foreseen, and then lived through with the real rules."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import incidents, next_sounds, quiet_hours
from bot.core.kinds import IncidentId, InhibitorKind, Outcome
from bot.core.next_sounds import NextSound
from bot.core.silencers import Escalation, Inhibitor, Step
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
    up,
)
from tests.core.troubles import bad, flapping

#: longer than any silence
FAR = 40 * DAY


def failing(**fields: Any) -> Life:
    """A job with an open incident that was heard, and no deadlines of its own."""
    life = Life(UNSCHEDULED, **fields)
    life.fail()
    return life


def foreseen(life: Life) -> NextSound:
    """What is said of it now."""
    return next_sounds.foresee(life.load(), life.now)


def check(life: Life) -> None:
    """Let time pass without an event, and compare."""
    if life.state.suppressed is not None:
        # what maintenance holds back is an event of its own at its end
        return
    sound, before = foreseen(life), len(life.sounds)
    later = life.copy()
    if sound.at is None:
        later.advance(FAR)
        assert len(later.sounds) == before
        return
    assert sound.at >= life.now
    if sound.at > life.now:
        later.until(sound.at - TICK)
        assert len(later.sounds) == before
    later.until(sound.at)
    later.review()
    assert len(later.sounds) == before + 1


def sounds_of(life: Life, outcome: Outcome) -> bool:
    """Whether that outcome would be heard at once."""
    later = life.copy()
    bad(later, outcome)
    return len(later.sounds) > len(life.sounds)


def check_worse(life: Life) -> None:
    """Exactly the kinds that are named would be heard at once."""
    worse = foreseen(life).worse
    assert worse == tuple(
        kind for out, kind in incidents.KIND_OF.items() if sounds_of(life, out)
    )


def rest(life: Life, text: str = "") -> None:
    """Quiet hours of the settings, which are the same for a whole life of a server."""
    life.quiet_hours = quiet_hours.parse(text) if text else None
    life.review()


def inhibit(life: Life, by: timedelta) -> None:
    """Something above is down, for so long."""
    life.inhibitors = (
        Inhibitor(
            kind=InhibitorKind.NODE,
            name="nas",
            incident_id=IncidentId(77),
            opened_at=life.now - DAY,
            until=life.now + by,
        ),
    )
    life.review()


LADDER = Escalation(
    steps=(Step(after=10 * MINUTE), Step(after=30 * MINUTE)),
    rounds=2,
    repeat_after=HOUR,
)

ACTS: dict[str, Callable[[Life, timedelta], object]] = {
    "fail": lambda life, _: life.fail(),
    "miss": lambda life, _: bad(life, Outcome.MISSED),
    "success": lambda life, _: life.success(),
    "too short": lambda life, _: (life.start(), life.success()),
    "acknowledge": lambda life, by: life.acknowledge(by),
    "mute": lambda life, by: life.mute(by),
    "mute until recovery": lambda life, by: life.mute(by, until_recovery=True),
    "unmute": lambda life, _: life.unmute(),
    "pause": lambda life, _: life.pause(),
    "resume": lambda life, _: life.resume(),
    "remind": lambda life, by: life.change(realert_every=by),
    "remind no more": lambda life, _: life.change(realert_every=None),
    "plan": lambda life, by: life.plan(by, after=by),
    "end work": lambda life, _: life.end_work(),
    "nights": lambda life, _: rest(life, "22:00-07:00"),
    "noon": lambda life, _: rest(life, "12:00-12:45"),
    "no nights": lambda life, _: rest(life),
    "inhibit": lambda life, by: inhibit(life, by),
    "wait": lambda life, by: life.advance(by),
}
steps = st.tuples(
    st.sampled_from(sorted(ACTS)), st.sampled_from((MINUTE, HOUR, 90 * MINUTE, DAY))
)


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(steps, max_size=12),
    tolerance=st.sampled_from((1, 1, 2)),
    escalation=st.sampled_from((None, LADDER)),
)
def test_whatever_was_done_time_brings_the_sound_that_was_foreseen(
    script: list[tuple[str, timedelta]],
    tolerance: int,
    escalation: Escalation | None,
) -> None:
    life = Life(UNSCHEDULED, min_runtime=MINUTE, failure_tolerance=tolerance)
    life.escalation = escalation
    for name, by in script:
        ACTS[name](life, by)
        check(life)
        life.advance(SECOND)


# by itself


def test_without_an_incident_nothing_sounds() -> None:
    life = up(UNSCHEDULED)
    assert foreseen(life) == NextSound(text="Never: no incident is open.")


def test_what_is_resolved_never_sounds_but_may_open_again() -> None:
    life = failing()
    life.success()
    sound = foreseen(life)
    assert sound.at is None
    assert sound.text == (
        "Never: it is resolved. If it is bad again within 10 min of that, it opens "
        "again."
    )
    life.advance(incidents.REOPEN_WITHIN)
    assert "opens again" in foreseen(life).text
    again = life.copy()
    again.fail()
    assert again.sounds == ["opened", "reopened"]
    life.advance(TICK)
    assert foreseen(life).text == "Never: it is resolved."
    life.fail()
    assert life.sounds == ["opened", "opened"]


def test_what_was_heard_sounds_only_if_it_gets_worse() -> None:
    life = up()
    life.until(T0 + 70 * MINUTE)
    sound = foreseen(life)
    assert sound.text == "Only if it gets worse (overran, failed, lost)."
    assert sound.at is None
    check_worse(life)


def test_nothing_is_worse_than_lost() -> None:
    life = up(UNSCHEDULED)
    bad(life, Outcome.LOST)
    assert foreseen(life) == NextSound(text="Not again while it is open.")
    check(life)
    check_worse(life)


@pytest.mark.parametrize("outcome", incidents.KIND_OF)
@pytest.mark.parametrize(
    "silences", [lambda life: None, lambda life: life.acknowledge()]
)
def test_the_kinds_that_are_named_are_those_that_are_heard(
    outcome: Outcome, silences: Act
) -> None:
    life = up(UNSCHEDULED)
    bad(life, outcome)
    silences(life)
    life.advance(MINUTE)
    check(life)
    check_worse(life)


def test_reminders_come_at_their_interval() -> None:
    life = failing(realert_every=HOUR)
    life.advance(10 * MINUTE)
    sound = foreseen(life)
    assert sound.at == T0 + HOUR
    assert sound.text == (
        "A reminder every 1 h until it is acknowledged; at once if it gets worse "
        "(lost)."
    )
    check(life)
    check_worse(life)


def test_a_reminder_that_is_overdue_comes_now() -> None:
    life = failing(realert_every=HOUR)
    life.is_watched = False
    life.advance(2 * HOUR)
    assert foreseen(life).at == life.now
    check(life)


def test_reminders_of_what_cannot_get_worse() -> None:
    life = up(UNSCHEDULED, realert_every=HOUR)
    bad(life, Outcome.LOST)
    assert foreseen(life).text == "A reminder every 1 h until it is acknowledged."
    check(life)


# silenced


def test_an_acknowledgement_that_ends_is_heard() -> None:
    life = failing(realert_every=HOUR)
    life.acknowledge(3 * HOUR)
    sound = foreseen(life)
    assert sound.at == T0 + 3 * HOUR
    assert sound.text == (
        "When the acknowledgement ends, if it is still bad then; at once if it gets "
        "worse (lost)."
    )
    check(life)


def test_an_acknowledgement_of_what_cannot_get_worse() -> None:
    life = up(UNSCHEDULED)
    bad(life, Outcome.LOST)
    life.acknowledge()
    text = "When the acknowledgement ends, if it is still bad then."
    assert foreseen(life).text == text
    check(life)


def test_an_acknowledgement_without_an_end_is_never_heard() -> None:
    life = failing()
    life.acknowledge()
    assert life.incident is not None
    life.incident = replace(life.incident, acknowledged_until=None, review_at=None)
    sound = foreseen(life)
    assert sound.at is None
    assert sound.text.startswith("Not while it is acknowledged")
    check(life)


def test_a_mute_that_ends_is_heard() -> None:
    life = failing()
    life.mute(HOUR)
    life.mute(2 * HOUR)
    sound = foreseen(life)
    assert sound.at == T0 + 2 * HOUR
    assert sound.text == "When the mute ends, if it is still bad then."
    assert sound.worse == ()
    check(life)
    check_worse(life)


def test_a_mute_until_recovery_ends_after_all() -> None:
    life = failing()
    life.mute(DAY, until_recovery=True)
    sound = foreseen(life)
    assert sound.at == T0 + DAY
    assert sound.text.startswith("It is muted until it recovers;")
    check(life)


@pytest.mark.parametrize(
    ("mute", "acknowledged", "expected"),
    [(2, 1, 2), (1, 2, 2), (1, 1, 1)],
)
def test_of_two_silences_the_longer_one_counts(
    mute: int, acknowledged: int, expected: int
) -> None:
    life = failing()
    life.acknowledge(acknowledged * HOUR)
    life.mute(mute * HOUR)
    sound = foreseen(life)
    assert sound.at == T0 + expected * HOUR
    assert ("Nothing is heard before the mute" in sound.text) == (mute < acknowledged)
    check(life)
    check_worse(life)


def test_what_a_silence_kept_back_comes_at_once_after_it() -> None:
    life = up(UNSCHEDULED)
    life.is_watched = False
    life.mute(HOUR)
    life.fail()
    life.advance(HOUR)
    sound = foreseen(life)
    assert sound == NextSound(
        text="At once: nothing silences it any more.", at=life.now
    )
    check(life)


def test_an_acknowledgement_that_has_just_ended_is_heard_at_once() -> None:
    life = failing()
    life.is_watched = False
    life.acknowledge(HOUR)
    life.advance(HOUR)
    assert foreseen(life).at == life.now
    check(life)


@pytest.mark.parametrize(
    ("silences", "until"),
    [
        (lambda life: None, "sounds."),
        (lambda life: life.mute(HOUR), "sounds, but not before the end of the mute."),
        (
            lambda life: life.acknowledge(HOUR),
            "sounds, but not before the end of the acknowledgement.",
        ),
        (
            lambda life: (life.mute(HOUR), life.acknowledge(HOUR)),
            "sounds, but not before the end of the mute and the acknowledgement.",
        ),
    ],
)
def test_a_pause_is_silent_until_the_job_is_resumed(silences: Act, until: str) -> None:
    life = failing()
    silences(life)
    life.pause()
    sound = foreseen(life)
    assert sound.at is None
    assert sound.text.endswith(until)
    check(life)
    silenced = len(life.mutes) > 0 or "acknowledgement" in until
    life.resume()
    assert len(life.sounds) == (1 if silenced else 2)
    check(life)
    life.advance(2 * HOUR)
    assert len(life.sounds) == 2


# flapping


def test_a_flapping_incident_sounds_once_more_when_it_is_down_for_good() -> None:
    life = flapping()
    sound = foreseen(life)
    assert sound == NextSound(
        text="Only if it is bad 3 times in a row (it is flapping)."
    )
    check_worse(life)
    before = len(life.sounds)
    life.fail()
    life.fail()
    assert len(life.sounds) == before
    life.fail()
    assert len(life.sounds) == before + 1
    assert foreseen(life) == NextSound(text="Not again while it is open.")
    life.fail()
    assert len(life.sounds) == before + 1
    check(life)
