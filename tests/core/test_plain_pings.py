"""A plain success comes to what the rules would have made of it, field by field."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import drifting, incidents, plain_pings, schedules, status
from bot.core.kinds import Status
from bot.core.models import JobState, Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    TICK,
    UNSCHEDULED,
    Act,
    Life,
    calendar,
    cron,
    every,
    numbers,
    ping,
    up,
)
from tests.core.worlds import ONCE, WORLDS, definitions

#: dues that are closer than the widest early window, evenly and unevenly
CLOSE = (
    (every(SECOND), T0),
    (calendar("*-*-* *:*:0,20"), T0),
    (calendar("*-*-* *:*:0/10"), T0 + SECOND),
    (cron("* * * * *"), T0),
)
ACTS: tuple[Act, ...] = (
    *(Life.success,) * 6,
    *(Life.fail, Life.log, Life.start, Life.pause, Life.resume, Life.settle),
    lambda life: life.start(RID),
    lambda life: life.success(RID),
    lambda life: life.fail(OTHER),
    lambda life: life.mute(DAY, until_recovery=True),
    lambda life: life.plan(HOUR),
    lambda life: life.blink(2 * MINUTE),
    lambda life: life.change(grace=3 * MINUTE),
    lambda life: life.change(alert_on_drift=True),
    lambda life: life.save(drifting.on_drift(life.load(), (), life.now, life.ids)),
    lambda life: life.save(drifting.on_usual(life.load(), life.now, life.ids)),
)
#: parts of a period, of which dues and windows are made
STEPS = st.sampled_from(
    (0.0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.8, 0.95, 0.99, 1.0, 1.01, 1.1, 2.0, 9.0)
)


def step(life: Life, part: float) -> None:
    """Time passes."""
    gap = schedules.period(life.job.schedule, life.now) or HOUR
    life.advance(gap * part)


def is_past(life: Life) -> bool:
    """Whether nothing that comes changes its newest incident."""
    incident = life.incident
    if incident is None:
        return True
    ended_at = incident.resolved_at
    return ended_at is not None and ended_at < life.now - incidents.REOPEN_WITHIN


def agrees(life: Life) -> bool:
    """Whether this is one for the short way; then that leads to the same."""
    job, state, now = life.job, life.state, life.now
    if not is_past(life) or not plain_pings.is_well(job, state, now):
        return False
    before = replace(life.load(), incident=None)
    wanted = status.on_ping(before, ping(at=now), now, numbers())
    found, closed = plain_pings.success(job, state, now, life.blind)
    assert found == wanted.watched.state
    assert type(found) is JobState
    assert wanted.effects == (() if closed is None else (closed,))
    assert (wanted.watched.runs, wanted.watched.incident) == ((), None)
    assert plain_pings.is_well(job, found, now)
    return True


@given(
    world=st.sampled_from((*WORLDS, *CLOSE, ONCE)),
    fields=definitions,
    acts=st.lists(st.tuples(STEPS, st.sampled_from(ACTS)), max_size=12),
    then=STEPS,
    watched=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_a_plain_success_comes_to_what_the_rules_make_of_it(
    world: tuple[Schedule, datetime],
    fields: dict[str, Any],
    acts: list[tuple[float, Act]],
    then: float,
    watched: bool,
) -> None:
    life = Life(world[0], at=world[1], watched=watched, **fields)
    for part, act in acts:
        step(life, part)
        agrees(life)
        act(life)
    step(life, then)
    if agrees(life):
        # and one more at the same moment
        life.success()
        assert agrees(life)


@pytest.mark.parametrize(
    ("schedule", "after"),
    [
        (every(HOUR), MINUTE),
        (every(HOUR), HOUR),
        (UNSCHEDULED, DAY),
        (cron("0 * * * *"), MINUTE),
        (cron("0 * * * *"), HOUR - 30 * SECOND),
        (cron("0 * * * *"), 61 * MINUTE),
        (cron("* * * * *"), 70 * SECOND),
        (calendar("2026-11-23 05:00"), 2 * HOUR),
    ],
)
def test_a_job_that_is_well_goes_the_short_way(
    schedule: Schedule, after: timedelta
) -> None:
    life = up(schedule)
    life.success()
    life.advance(after)
    assert agrees(life)
    life.success()
    assert agrees(life)


def test_a_slot_that_was_in_doubt_names_its_blind_time() -> None:
    life = up(cron("0 * * * *"))
    life.advance(59 * MINUTE)
    hiding = life.blink(2 * MINUTE)
    assert agrees(life)
    job, state, now = life.job, life.state, life.now
    _, closed = plain_pings.success(job, state, now, life.blind)
    assert closed is not None
    assert closed.blind_id == hiding.id


def test_slots_that_would_be_merged_are_left_to_the_rules() -> None:
    life = up(cron("* * * * *"), grace=HOUR)
    life.advance(10 * MINUTE)
    assert not plain_pings.is_well(life.job, life.state, life.now)


@pytest.mark.parametrize(
    "unusual",
    [
        {"status": Status.NEW},
        {"bad_in_a_row": 1},
        {"open_runs": 1},
        {"missed_due_at": T0},
        {"guard_due_at": T0},
        {"remind_at": T0 + DAY},
        {"maintained_until": T0 + DAY},
        {"slot_deadline_at": T0 - TICK},
    ],
)
def test_what_is_unusual_is_left_to_the_rules(unusual: dict[str, Any]) -> None:
    life = up()
    assert plain_pings.is_well(life.job, life.state, T0)
    assert not plain_pings.is_well(life.job, replace(life.state, **unusual), T0)
