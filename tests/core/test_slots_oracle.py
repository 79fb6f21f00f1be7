"""Slots of calendar jobs: what the rules say against a slow model, and perfect jobs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import schedules
from bot.core.kinds import PingKind
from bot.core.models import Schedule
from tests.core.factories import DAY, HOUR, MINUTE, SECOND, T0, Life, cron
from tests.core.slot_oracle import Event, Oracle

#: schedules, and moments at which their zones change the clock soon
CALENDARS = (
    (cron("*/10 * * * *"), T0),
    (cron("0 * * * *"), T0 + 59 * MINUTE + 30 * SECOND),
    (cron("0,7,30 * * * *"), T0 + SECOND),
    (cron("* * * * *"), T0),
    (cron("*/20 1-3 * * *", "Europe/Berlin"), T0.replace(month=10, day=24, hour=20)),
    (cron("30 * * * *", "Australia/Lord_Howe"), T0.replace(month=4, day=4, hour=12)),
    (cron("0 2 * * *", "America/New_York"), T0.replace(month=3, day=7)),
)
#: what happens: its kind, and whether it speaks of a rid
ACTIONS = (
    (PingKind.START, False),
    (PingKind.START, True),
    (PingKind.SUCCESS, False),
    (PingKind.SUCCESS, True),
    (PingKind.FAIL, False),
    (PingKind.FAIL, True),
)
Step = tuple[float, tuple[PingKind, bool], int]

steps = st.lists(
    st.tuples(
        st.sampled_from((0, 0.01, 0.2, 0.5, 0.75, 0.99, 1, 1.01, 1.3, 2, 4)),
        st.sampled_from(ACTIONS),
        st.integers(0, 3),
    ),
    max_size=25,
)


def events(script: Sequence[Step], schedule: Schedule, at: datetime) -> list[Event]:
    """A script as pings; the waits are parts of a period, and every rid is new."""
    found: list[Event] = []
    started: list[str] = []
    for number, (wait, (kind, named), pick) in enumerate(script):
        gap = schedules.period(schedule, at) or HOUR
        due = schedules.next_due(schedule, at) or at
        at = due + (pick - 1) * 30 * SECOND if wait == 1 else at + wait * gap
        at = max(at, found[-1][0]) if found else at
        rid = None
        if named and kind is not PingKind.START and pick and started:
            rid = started.pop(pick % len(started))
        elif named:
            rid = f"rid-{number}"
        if named and kind is PingKind.START:
            started.append(f"rid-{number}")
        found.append((at, kind, rid))
    return found


def compare(
    world: tuple[Schedule, datetime],
    grace: timedelta,
    max_runtime: timedelta | None,
    script: Sequence[Step],
) -> None:
    """The slots of a life and of the model are the same."""
    schedule, made_at = world
    life = Life(
        schedule,
        at=made_at,
        grace=grace,
        max_runtime=max_runtime,
        failure_tolerance=720,
    )
    happened = events(script, schedule, made_at)
    for at, kind, rid in happened:
        life.until(at)
        life.ping(kind, rid)
    end = life.now + 2 * grace + 3 * HOUR
    life.until(end)
    dues = schedules.due_between(schedule, made_at, end + 4 * DAY, limit=100_000)
    model = Oracle(dues, grace, max_runtime)
    expected = model.outcomes(happened, end)
    assert {at.isoformat(): str(o) for at, o in life.slots.items()} == expected


def scripts(examples: int) -> None:
    """Compare that many lives."""

    @settings(max_examples=examples, deadline=None)
    @given(
        world=st.sampled_from(CALENDARS),
        grace=st.sampled_from((timedelta(), MINUTE, 5 * MINUTE, 45 * MINUTE)),
        max_runtime=st.sampled_from((None, 30 * SECOND, 8 * MINUTE, 3 * HOUR)),
        script=steps,
    )
    def check(
        world: tuple[Schedule, datetime],
        grace: timedelta,
        max_runtime: timedelta | None,
        script: Sequence[Step],
    ) -> None:
        compare(world, grace, max_runtime, script)

    check()


@pytest.mark.timeout(400)
def test_slots_are_what_a_slow_model_makes_of_them() -> None:
    scripts(150)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_slots_are_what_a_slow_model_makes_of_them() -> None:
    scripts(1500)
