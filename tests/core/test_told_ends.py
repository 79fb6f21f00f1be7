"""Which pings are an end that others may follow on, and which say it again."""

from datetime import timedelta

import pytest

from bot.core import told_ends, transitions
from bot.core.kinds import PingKind
from bot.core.models import Schedule
from tests.core.factories import (
    HOUR,
    HOURLY,
    MINUTE,
    OTHER,
    RID,
    SECOND,
    UNSCHEDULED,
    Life,
    cron,
    every,
    numbers,
    ping,
    up,
)


def is_new(
    life: Life,
    kind: PingKind = PingKind.SUCCESS,
    rid: str | None = None,
    ago: timedelta | None = None,
) -> bool:
    """Whether that would be news; `ago`: it was kept by its sender for so long."""
    sent_at = None if ago is None else life.now - ago
    told = ping(kind, sent_at or life.now, rid)
    draft = transitions.start(life.load(rid), life.now, numbers())
    found = told_ends.is_new(draft, told, sent_at)
    if rid is None and sent_at is None and not life.open_runs:
        alone = told_ends.is_new_to(life.job, life.state, told)
        assert alone is found, "a well job takes the short way"
    return found


@pytest.mark.parametrize("kind", PingKind)
def test_only_successes_and_failures_are_ends(kind: PingKind) -> None:
    life = Life(HOURLY)
    assert is_new(life, kind) is (kind in (PingKind.SUCCESS, PingKind.FAIL))


@pytest.mark.parametrize(
    ("schedule", "within"),
    [
        (HOURLY, MINUTE),
        (cron("* * * * *"), 15 * SECOND),
        (every(HOUR), MINUTE),
        (every(20 * SECOND), 5 * SECOND),
        (UNSCHEDULED, MINUTE),
    ],
)
def test_the_same_word_so_soon_is_the_same_end(
    schedule: Schedule, within: timedelta
) -> None:
    life = Life(schedule)
    life.success()
    assert not is_new(life)
    assert is_new(life, PingKind.FAIL)
    life.advance(within)
    assert not is_new(life)
    life.advance(SECOND)
    assert is_new(life)


def test_what_comes_between_makes_it_another_end() -> None:
    life = up()
    life.success()
    life.advance(SECOND)
    life.start()
    assert is_new(life)
    life.success()
    assert not is_new(life)
    life.fail()
    assert is_new(life)


def test_the_end_of_a_rid_is_told_once() -> None:
    life = up()
    life.start(RID)
    assert is_new(life, rid=RID)
    life.success(RID)
    life.advance(5 * MINUTE)
    assert not is_new(life, rid=RID)
    assert is_new(life, rid=OTHER)
    assert is_new(life, PingKind.FAIL, rid=RID)
    life.fail(RID)
    assert not is_new(life, PingKind.FAIL, rid=RID)


def test_what_was_kept_is_an_end_unless_more_is_known() -> None:
    life = up()
    life.advance(20 * MINUTE)
    assert is_new(life, ago=10 * MINUTE)
    assert is_new(life, rid=OTHER, ago=10 * MINUTE)
    assert not is_new(life, ago=30 * MINUTE)
    life.success()
    assert not is_new(life, ago=10 * MINUTE)
    life.start(RID)
    life.advance(30 * MINUTE)
    assert is_new(life, rid=RID, ago=10 * MINUTE)
    life.success(RID)
    assert not is_new(life, rid=RID, ago=-MINUTE)
