"""Pairing starts with ends, how long a run may take, and what became of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.core import runs, status
from bot.core.kinds import Outcome, PingKind, RunId
from bot.core.models import Run, Schedule
from tests.core.factories import (
    DAY,
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    THIRD,
    UNSCHEDULED,
    Life,
    calendar,
    every,
    job,
    ping,
    up,
)

DUE = T0 + HOUR


# how long it may take


@pytest.mark.parametrize(
    ("schedule", "fields", "expected"),
    [
        (HOURLY, {"max_runtime": 7 * MINUTE}, T0 + 7 * MINUTE),
        (HOURLY, {}, DUE + 5 * MINUTE),
        (HOURLY, {"jitter": MINUTE}, DUE + 6 * MINUTE),
        (every(HOUR), {}, DUE + 5 * MINUTE),
        (every(HOUR), {"grace": None}, DUE + 6 * MINUTE),
        (every(HOUR), {"jitter": MINUTE}, DUE + 6 * MINUTE),
        (every(HOUR), {"max_runtime": 2 * DAY}, T0 + 2 * DAY),
        (UNSCHEDULED, {}, T0 + DAY),
        (UNSCHEDULED, {"max_runtime": MINUTE}, T0 + MINUTE),
        (calendar("2020-01-01 05:00"), {}, T0 + DAY),
    ],
)
def test_a_run_has_a_deadline(
    schedule: Schedule, fields: dict[str, Any], expected: datetime
) -> None:
    life = Life(schedule, **fields)
    life.start()
    assert life.state.deadline_at == expected


def test_a_run_that_starts_early_has_until_the_slot_after_its_own() -> None:
    life = up()
    life.until(DUE - 30 * SECOND)
    life.start()
    assert life.runs[-1].deadline_at == DUE + HOUR + 5 * MINUTE


def test_a_run_that_starts_late_has_until_the_next_slot() -> None:
    life = up()
    life.until(DUE + 30 * MINUTE)
    life.start()
    assert life.runs[-1].late
    assert life.runs[-1].deadline_at == DUE + HOUR + 5 * MINUTE


def test_a_deadline_may_be_asked_for_as_of_another_moment() -> None:
    run = Run(id=RunId(1), job_id=job().id, started_at=T0)
    at = runs.deadline_of(job().definition, run, T0 + 5 * HOUR)
    assert at == T0 + 6 * HOUR + 5 * MINUTE


# what became of it


@pytest.mark.parametrize(
    ("length", "outcome"),
    [
        (9 * SECOND, Outcome.TOO_SHORT),
        (10 * SECOND, Outcome.OK),
        (10 * MINUTE, Outcome.OK),
        (11 * MINUTE, Outcome.OVERRAN),
    ],
)
def test_the_length_of_a_run_decides_its_outcome(
    length: timedelta, outcome: Outcome
) -> None:
    life = up(min_runtime=10 * SECOND, max_runtime=10 * MINUTE)
    life.until(DUE)
    life.start(RID)
    life.advance(length)
    life.success(RID)
    assert life.runs[0].outcome is outcome
    assert life.slots == {DUE: outcome}
    assert life.runs[0].duration == length


def test_a_failure_is_a_failure_however_long_it_took() -> None:
    life = up(min_runtime=10 * SECOND)
    life.start(RID)
    life.fail(RID)
    assert life.runs[0].outcome is Outcome.FAILED


def test_a_lone_end_is_never_too_short() -> None:
    life = Life(UNSCHEDULED, min_runtime=HOUR)
    life.success(RID)
    assert life.state.last_outcome is Outcome.OK


@pytest.mark.parametrize("kind", [PingKind.SUCCESS, PingKind.FAIL])
def test_the_last_exit_status_of_a_run_is_kept(kind: PingKind) -> None:
    life = Life(UNSCHEDULED)
    life.start(RID)
    for number, said in ((3, kind), (4, PingKind.SUCCESS), (5, PingKind.FAIL)):
        end = replace(ping(said, T0, RID), exit_status=number)
        life.save(status.on_ping(life.load(RID), end, T0, life.ids))
    assert life.runs[0].exit_status == 5


def test_a_corrected_run_is_as_long_as_it_was() -> None:
    life = Life(UNSCHEDULED, min_runtime=MINUTE)
    life.start(RID)
    life.advance(30 * SECOND)
    life.fail(RID)
    life.advance(MINUTE)
    life.success(RID)
    assert life.runs[0].outcome is Outcome.TOO_SHORT


def test_a_run_without_max_runtime_leaves_the_slot_that_is_open_at_its_end() -> None:
    life = up()
    life.until(DUE)
    life.start()
    life.until(DUE + HOUR + MINUTE)
    life.success()
    assert life.slots == {DUE: Outcome.OK}
    assert life.state.due_at == DUE + HOUR


# which run an end names


def test_only_what_is_open_or_given_up_is_named() -> None:
    made = Run(id=RunId(1), job_id=job().id, started_at=T0)
    ended = replace(made, ended_at=T0)
    superseded = replace(made, superseded=True)
    named = replace(made, rid=RID)
    given_up = replace(made, rid=OTHER, superseded=True, ended_at=T0)
    assert runs.named_by([ended, superseded, given_up], None) is None
    assert runs.named_by([ended, named, superseded], None) is named
    assert runs.named_by([made, named, ended], None) is made
    assert runs.named_by([made, named, given_up], OTHER) is given_up
    assert runs.named_by([replace(named, ended_at=T0)], RID) is None
    assert runs.named_by([made], THIRD) is None
