"""What is in the way of a run, and who goes first."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import dispatch
from bot.core.executions import (
    BY_CATCHING_UP,
    Execution,
    Stage,
)
from bot.core.kinds import JobId, Overlap
from tests.core.moments import HOUR, SECOND, T0
from tests.core.runnable import RUN, execution

# -- what is in the way ----------------------------------------------------------------


GOING = execution(7, stage=Stage.RUNNING, started_at=T0)
WAITS = execution(8)


def overlapped(others: list[Execution], **fields: Any) -> dispatch.Overlapped:
    """What these mean for one more."""
    return dispatch.overlap(replace(RUN, **fields), others)


@pytest.mark.parametrize("how", Overlap)
def test_nothing_is_in_the_way(how: Overlap) -> None:
    assert overlapped([], overlap=how) == ("", (), ())


def test_skip_names_the_blocker() -> None:
    said = overlapped([WAITS, GOING]).skip
    assert said == f"the run of {T0:%Y-%m-%d %H:%M} UTC is still going"
    assert "still waits" in overlapped([WAITS]).skip


def test_queue_keeps_the_newest_that_waits() -> None:
    assert overlapped([GOING, WAITS], overlap=Overlap.QUEUE) == ("", (WAITS,), ())


def test_replace_ends_what_is_going_on() -> None:
    found = overlapped([GOING, WAITS], overlap=Overlap.REPLACE)
    assert found == ("", (WAITS,), (GOING,))


def test_what_is_tried_again_is_not_dropped() -> None:
    again = execution(9, attempt=2)
    assert overlapped([again], overlap=Overlap.QUEUE) == ("", (), ())
    assert overlapped([again], overlap=Overlap.REPLACE) == ("", (), (again,))


def test_allow_lets_all_go_on_but_not_for_ever() -> None:
    assert overlapped([GOING, WAITS], overlap=Overlap.ALLOW) == ("", (), ())
    many = [execution(n) for n in range(dispatch.WAITING_AT_MOST)]
    assert "100 runs of it wait already" in overlapped(many, overlap=Overlap.ALLOW).skip


def caught_up(number: int, **fields: Any) -> Execution:
    """A due that waits to be caught up on."""
    return execution(number, by=BY_CATCHING_UP, **fields)


@pytest.mark.parametrize("how", Overlap)
def test_what_is_caught_up_on_waits_for_its_like(how: Overlap) -> None:
    others = [
        caught_up(7, stage=Stage.RUNNING, started_at=T0),
        caught_up(8),
        caught_up(9, attempt=2),
    ]
    command = replace(RUN, overlap=how)
    assert dispatch.overlap(command, others, is_caught_up=True) == ("", (), ())


def test_what_is_caught_up_on_obeys_the_rule_towards_others() -> None:
    def behind(others: list[Execution], how: Overlap) -> dispatch.Overlapped:
        command = replace(RUN, overlap=how)
        return dispatch.overlap(command, others, is_caught_up=True)

    assert "still going" in behind([caught_up(6), GOING], Overlap.SKIP).skip
    assert behind([GOING, WAITS], Overlap.REPLACE) == ("", (WAITS,), (GOING,))
    assert behind([GOING, WAITS], Overlap.QUEUE).drop == (WAITS,)


def test_a_due_on_time_obeys_the_rule_while_others_are_caught_up_on() -> None:
    going = caught_up(7, stage=Stage.RUNNING, started_at=T0)
    late = caught_up(8)
    others = [going, late, WAITS]
    assert "still going" in overlapped(others, overlap=Overlap.SKIP).skip
    assert overlapped(others, overlap=Overlap.QUEUE) == ("", (WAITS,), ())
    assert overlapped(others, overlap=Overlap.REPLACE) == ("", (late, WAITS), (going,))


@given(
    how=st.sampled_from(Overlap),
    dues=st.integers(1, dispatch.CAUGHT_UP_AT_MOST + 20),
    busy=st.booleans(),
)
def test_the_newest_dues_are_caught_up_on_whatever_may_overlap(
    how: Overlap, dues: int, busy: bool
) -> None:
    command = replace(RUN, overlap=how)
    others = [caught_up(999, stage=Stage.RUNNING, started_at=T0)] if busy else []
    for number in range(dues):
        wished = caught_up(number, due_at=T0 + number * HOUR)
        found = dispatch.overlap(command, others, is_caught_up=True)
        assert found.skip == ""
        assert found.cancel == ()
        others = [each for each in others if each not in found.drop] + [wished]
    waiting = [each.id for each in others if not each.is_active]
    assert waiting == list(range(dues))[-dispatch.CAUGHT_UP_AT_MOST :]


def test_only_allow_lets_several_go_on() -> None:
    assert dispatch.limit_of(RUN) == 1
    wide = replace(RUN, overlap=Overlap.ALLOW, max_parallel=3)
    assert dispatch.limit_of(wide) == 3


# -- who goes first --------------------------------------------------------------------


def chosen(waiting: list[Execution], free: int = 9, **going: int) -> list[int]:
    """The numbers of those that start now, with three places for each job."""
    busy = {JobId(int(name[1:])): count for name, count in going.items()}
    limits = {JobId(n): 3 for n in range(10)}
    found = dispatch.choose(waiting, busy, limits, free, T0)
    return [each.id for each in found]


def test_priority_first_then_whoever_waits_longest() -> None:
    waiting = [
        execution(1, ready_at=T0),
        execution(2, ready_at=T0 - SECOND, job_id=JobId(2)),
        execution(3, priority=5, job_id=JobId(3)),
        execution(4, ready_at=T0 + SECOND, job_id=JobId(4)),
    ]
    assert chosen(waiting) == [3, 2, 1]
    assert chosen(waiting, free=2) == [3, 2]
    assert chosen(waiting, free=0) == []


def test_a_job_has_no_more_than_its_places() -> None:
    waiting = [execution(n) for n in range(1, 6)]
    assert chosen(waiting) == [1, 2, 3]
    assert chosen(waiting, j1=2) == [1]
    assert chosen(waiting, j1=3) == []


def test_an_older_due_is_tried_again_before_the_next_is_caught_up_on() -> None:
    again = caught_up(4, attempt=2, due_at=T0, ready_at=T0 + SECOND)
    waiting = [
        again,
        caught_up(2, due_at=T0 + HOUR),
        caught_up(3, due_at=T0 + 2 * HOUR),
        caught_up(6, attempt=2, due_at=T0 + 3 * HOUR, ready_at=T0 + SECOND),
        # nobody's due, and one of another job
        execution(5),
        execution(7, job_id=JobId(2), due_at=T0 + HOUR),
    ]

    def numbers(now: datetime, **limits: int) -> list[int]:
        known = {JobId(int(name[1:])): count for name, count in limits.items()}
        return [e.id for e in dispatch.choose(waiting, {}, known, 9, now)]

    assert numbers(T0) == [5, 7]
    assert numbers(T0, j1=3) == [2, 3, 5, 7]
    waiting.remove(again)
    assert numbers(T0, j1=1) == [2, 7]
