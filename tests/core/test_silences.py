"""Silences in every pair and order: none within, and one sound when the last ends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import quiet_hours
from bot.core.kinds import IncidentId, InhibitorKind, Outcome, StormId
from bot.core.silencers import Inhibitor, Storm
from tests.core.factories import (
    DAY,
    MINUTE,
    T0,
    TICK,
    UNSCHEDULED,
    Life,
    mute,
    up,
    window,
)
from tests.core.troubles import bad

Silencer = Callable[[Life, timedelta], None]


def work(life: Life, length: timedelta) -> None:
    """Planned work begins."""
    life.windows.append(window(life.now, length))
    life.review()


def muted(life: Life, length: timedelta) -> None:
    """Somebody mutes it; more than one may."""
    life.mutes.append(mute(life.now + length, number=len(life.mutes) + 1))
    life.review()


def acknowledged(life: Life, length: timedelta) -> None:
    """Somebody has it, or gives it another end."""
    life.acknowledge(length)


def inhibited(life: Life, length: timedelta) -> None:
    """Something above it goes on being down."""
    below = Inhibitor(
        kind=InhibitorKind.NODE,
        name="nas",
        incident_id=IncidentId(50 + len(life.inhibitors)),
        opened_at=T0 - DAY,
        until=life.now + length,
    )
    life.inhibitors = (*life.inhibitors, below)
    life.review()


def quiet(life: Life, length: timedelta) -> None:
    """Quiet hours begin; they are whole minutes."""
    begins, ends = life.now, life.now + length
    text = f"{begins:%H:%M}-{ends:%H:%M}"
    life.quiet_hours = quiet_hours.parse(text)
    life.review()


SILENCERS: dict[str, Silencer] = {
    "maintenance": work,
    "mute": muted,
    "acknowledgement": acknowledged,
    "inhibition": inhibited,
    "quiet hours": quiet,
}


def missing() -> Life:
    """A job with an open miss that was heard at T0."""
    life = up(UNSCHEDULED)
    bad(life, Outcome.MISSED)
    assert life.sounds == ["opened"]
    return life


def lived(first: str, second: str, parts: tuple[int, int, int]) -> tuple[Life, int]:
    """Both silences in a row of minutes: when the last ended, and how it went."""
    life, (length, after, other) = missing(), parts
    life.advance(MINUTE)
    SILENCERS[first](life, length * MINUTE)
    life.advance(after * MINUTE)
    SILENCERS[second](life, other * MINUTE)
    return life, 1 + max(length, after + other)


@pytest.mark.parametrize("pair", list(product(SILENCERS, SILENCERS)), ids=" and ".join)
@pytest.mark.parametrize("parts", [(60, 30, 60), (90, 30, 30), (30, 10, 20)])
def test_two_silences_end_in_one_sound(
    pair: tuple[str, str], parts: tuple[int, int, int]
) -> None:
    if pair == ("quiet hours", "quiet hours"):
        pytest.skip("there is one such setting")
    life, last = lived(*pair, parts)
    if pair == ("acknowledgement", "acknowledgement"):
        # the end that was said last holds
        last = 1 + parts[1] + parts[2]
    life.until(T0 + last * MINUTE - TICK)
    assert life.sounds == ["opened"]
    life.until(T0 + last * MINUTE)
    assert life.sounds == ["opened", "unsilenced"]
    life.until(T0 + last * MINUTE + 20 * 60 * MINUTE)
    assert life.sounds == ["opened", "unsilenced"]


@pytest.mark.parametrize("name", SILENCERS)
def test_a_storm_is_weaker_and_owes_nothing_itself(name: str) -> None:
    life = missing()
    assert life.incident is not None
    life.storm = Storm(
        id=StormId(1),
        group="all",
        opened_at=T0,
        joined_at=T0,
        ends_at=T0 + 30 * MINUTE,
        count=4,
    )
    life.incident = replace(life.incident, storm_id=StormId(1))
    SILENCERS[name](life, 10 * MINUTE)
    life.until(T0 + 30 * MINUTE - TICK)
    assert life.sounds == ["opened"]
    life.until(T0 + 30 * MINUTE)
    assert life.sounds == ["opened", "unsilenced"]


steps = st.tuples(
    st.sampled_from(sorted(set(SILENCERS) - {"quiet hours"})),
    st.integers(1, 200),
    st.integers(0, 100),
)


@settings(max_examples=200)
@given(script=st.lists(steps, min_size=1, max_size=8), fails=st.booleans())
def test_whatever_the_order_one_sound_comes_after_the_last(
    script: list[tuple[str, int, int]], fails: bool
) -> None:
    life = missing()
    for name, length, wait in script:
        SILENCERS[name](life, length * MINUTE)
        if fails:
            bad(life, Outcome.MISSED)
        before, silent_until = len(life.sounds), life.incident
        assert silent_until is not None
        # never silent for ever: as long as something silences it, a moment is stored
        assert silent_until.review_at is not None
        life.advance(wait * MINUTE)
        assert len(life.sounds) - before <= 1
    life.advance(2 * DAY)
    heard = len(life.sounds)
    assert life.incident is not None
    assert not life.incident.silenced
    assert life.sounds[-1] == "unsilenced"
    life.advance(2 * DAY)
    assert len(life.sounds) == heard
