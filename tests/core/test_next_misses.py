"""When a job that is well would be heard: foreseen, and then lived through."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import next_misses, quiet_hours
from bot.core.next_sounds import NextSound
from tests.core.factories import (
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    TICK,
    UNSCHEDULED,
    Life,
    calendar,
    every,
    up,
)


def foreseen(life: Life) -> NextSound:
    """What is said of it now."""
    return next_misses.foresee(life.load(), life.now)


def check(life: Life) -> NextSound:
    """Let time pass without an event, and compare."""
    sound, before = foreseen(life), len(life.sounds)
    later = life.copy()
    if sound.at is None:
        later.advance(4 * DAY)
        assert len(later.sounds) == before
        return sound
    later.until(sound.at)
    assert len(later.sounds) in (before, before + 1)
    later.until(sound.at + TICK)
    assert len(later.sounds) == before + 1
    return sound


SCHEDULES = st.sampled_from((HOURLY, every(90 * MINUTE), calendar("*-*-* 03:00")))


def test_a_miss_is_heard_at_the_deadline() -> None:
    life = up(HOURLY)
    sound = check(life)
    assert sound.at == life.state.slot_deadline_at
    assert sound.text.startswith("When its deadline passes")


def test_the_tolerance_is_counted() -> None:
    sound = check(up(HOURLY, failure_tolerance=3))
    assert sound.text.startswith("When 3 deadlines in a row pass")


def test_a_run_that_goes_on_is_heard_once_it_takes_too_long() -> None:
    life = up(HOURLY, max_runtime=10 * MINUTE)
    life.advance(HOUR)
    life.start()
    assert check(life).at == life.now + 10 * MINUTE


def test_a_mute_over_the_deadline_puts_it_off() -> None:
    life = up(HOURLY)
    deadline = life.state.slot_deadline_at
    assert deadline is not None
    life.mute(DAY)
    sound = check(life)
    assert sound.at == life.now + DAY > deadline


def test_quiet_hours_put_it_off() -> None:
    life = up(HOURLY)
    life.quiet_hours = quiet_hours.parse("00:00-23:00", "UTC")
    sound = check(life)
    assert sound.at is not None
    assert sound.at.hour == 23


def test_what_is_paused_is_never_heard() -> None:
    life = up(HOURLY)
    life.pause()
    assert check(life) == NextSound(text="Never while it is paused by ann (cli).")


def test_without_a_schedule_it_cannot_miss() -> None:
    sound = check(up(UNSCHEDULED))
    assert sound.text == "When a run fails or takes too long: it has no schedule."


def test_what_has_never_reported_has_no_deadline_by_an_interval() -> None:
    life = Life(every(HOUR))
    sound = foreseen(life)
    assert sound.at is None
    assert sound.text == "When it fails: deadlines count from its first ping."


def test_what_is_silenced_for_long_is_not_foreseen() -> None:
    life = up(HOURLY)
    life.mute(29 * DAY)
    sound = foreseen(life)
    assert sound == NextSound(text="Not soon: whatever it misses is silenced.")


@settings(max_examples=150, deadline=None)
@given(
    schedule=SCHEDULES,
    tolerance=st.integers(1, 3),
    waits=st.lists(st.integers(1, 50), max_size=4),
    muted=st.integers(0, 300),
    runtime=st.sampled_from((None, 5 * MINUTE, 2 * HOUR)),
    open_run=st.booleans(),
)
def test_silence_brings_the_sound_that_was_foreseen(
    schedule: Any,
    tolerance: int,
    waits: list[int],
    muted: int,
    runtime: timedelta | None,
    open_run: bool,
) -> None:
    life = up(schedule, failure_tolerance=tolerance, max_runtime=runtime)
    for wait in waits:
        life.advance(wait * MINUTE)
        life.success()
    if open_run:
        life.start()
    if muted:
        life.mute(muted * MINUTE)
    if life.incident is None:
        check(life)


@pytest.mark.parametrize("schedule", [HOURLY, every(90 * MINUTE)])
def test_asking_changes_nothing(schedule: Any) -> None:
    life = up(schedule)
    before = life.load()
    foreseen(life)
    assert life.load() == before
