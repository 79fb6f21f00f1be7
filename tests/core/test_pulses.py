"""What clocks that are read again and again say about the time between."""

from datetime import timedelta

import pytest

from bot.core import pulses
from bot.core.kinds import BlindReason
from bot.core.pulses import Alive, Gap, Reading
from tests.core.factories import SECOND, T0


def reading(wall_s: float = 0, lived_s: float = 0, boot_s: float = 0) -> Reading:
    return Reading(
        wall=T0 + timedelta(seconds=wall_s),
        monotonic_s=100 + lived_s,
        boot_s=500 + boot_s,
        boot_id="a",
    )


@pytest.mark.parametrize(
    ("wall_s", "lived_s", "boot_s", "reason", "is_open"),
    [
        (1, 1, 1, None, False),
        (4.9, 4.9, 4.9, None, False),
        (5, 5, 5, BlindReason.STALLED, False),
        (3600, 1, 3600, BlindReason.ASLEEP, False),
        (3, 1, 3, BlindReason.ASLEEP, False),
        (2.9, 1, 2.9, None, False),
        (3, 1, 1, BlindReason.CLOCK_FORWARD, False),
        (2.9, 1, 1, None, False),
        (0.5, 1, 1, None, False),
        (-0.9, 1, 1, None, False),
        (-1, 1, 1, BlindReason.CLOCK_BACK, True),
        (-3600, 1, 1, BlindReason.CLOCK_BACK, True),
        (10, 60, 60, BlindReason.CLOCK_BACK, False),
        # asleep and set forward at once: one gap, said as sleep
        (9000, 1, 3600, BlindReason.ASLEEP, False),
    ],
)
def test_two_readings(
    wall_s: float,
    lived_s: float,
    boot_s: float,
    reason: BlindReason | None,
    is_open: bool,
) -> None:
    after = reading(wall_s, lived_s, boot_s)
    gap = pulses.between(reading(), after)
    if reason is None:
        assert gap is None
        return
    ended_at = None if is_open else after.wall
    assert gap == Gap(began_at=T0, ended_at=ended_at, reason=reason)


@pytest.mark.parametrize(
    ("clean", "wall_s", "reason", "is_open"),
    [
        (True, 60, BlindReason.STOPPED, False),
        (False, 60, BlindReason.CRASHED, False),
        (True, 0, BlindReason.STOPPED, False),
        (True, -1, BlindReason.CLOCK_BACK, True),
        (False, -1, BlindReason.CLOCK_BACK, True),
    ],
)
def test_the_time_since_the_last_sign_of_life(
    clean: bool, wall_s: float, reason: BlindReason, is_open: bool
) -> None:
    now = reading(wall_s)
    gap = pulses.since(Alive(reading=reading(), clean=clean), now)
    ended_at = None if is_open else now.wall
    assert gap == Gap(began_at=T0, ended_at=ended_at, reason=reason)


def test_before_the_first_sign_of_life_nothing_is_known() -> None:
    assert pulses.since(None, reading()) is None


@pytest.mark.parametrize(("boot_s", "due"), [(9.9, False), (10, True)])
def test_a_sign_of_life_is_due_every_ten_seconds(boot_s: float, due: bool) -> None:
    assert pulses.is_due(reading(), reading(boot_s=boot_s), 10 * SECOND) is due


def test_the_first_sign_of_life_is_due_at_once() -> None:
    assert pulses.is_due(None, reading(), 10 * SECOND)
