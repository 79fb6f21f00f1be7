"""What a mute covers, which one applies, and when it ends by itself."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core import mutes
from bot.core.kinds import MuteScope
from bot.errors import Invalid
from tests.core.factories import DAY, HOUR, MINUTE, T0, TICK, Life, job, mute, up

END = T0 + HOUR


@pytest.mark.parametrize(
    ("scope", "target", "covered"),
    [
        (MuteScope.ALL, "", True),
        (MuteScope.JOB, "nightly", True),
        (MuteScope.JOB, "other", False),
        (MuteScope.JOB, "db", False),
        (MuteScope.TAG, "db", True),
        (MuteScope.TAG, "nightly", False),
        (MuteScope.NODE, "nas", True),
        (MuteScope.NODE, "db", False),
    ],
)
def test_a_mute_covers_a_job_a_tag_a_node_or_everything(
    scope: MuteScope, target: str, covered: bool
) -> None:
    definition = job(tags=("db", "prod"), node="nas").definition
    assert mutes.covers(mute(END, scope=scope, target=target), definition) == covered


@pytest.mark.parametrize(
    ("at", "running"),
    [(T0, True), (END - TICK, True), (END, False), (END + HOUR, False)],
)
def test_a_mute_runs_until_its_end(at: datetime, running: bool) -> None:
    assert mutes.is_running(mute(END), at) == running


def test_a_mute_that_somebody_ended_does_not_run() -> None:
    assert not mutes.is_running(replace(mute(END), ended_at=T0), T0)


def test_the_longest_of_the_mutes_that_cover_a_job_applies() -> None:
    short, long = mute(T0 + HOUR), mute(T0 + 2 * HOUR)
    other = mute(T0 + 3 * HOUR, target="other")
    over = mute(T0 - HOUR)
    definition = job().definition
    assert mutes.applying((short, long, other, over), definition, T0) is long
    assert mutes.applying((other, over), definition, T0) is None


@pytest.mark.parametrize(
    ("scope", "length", "until_recovery", "fields"),
    [
        (MuteScope.JOB, HOUR, False, []),
        (MuteScope.JOB, 30 * DAY, True, []),
        (MuteScope.TAG, 30 * DAY, False, []),
        (MuteScope.JOB, timedelta(), False, ["until"]),
        (MuteScope.JOB, -HOUR, False, ["until"]),
        (MuteScope.JOB, 30 * DAY + TICK, False, ["until"]),
        (MuteScope.TAG, HOUR, True, ["until_recovery"]),
        (MuteScope.ALL, HOUR, True, ["until_recovery"]),
        (MuteScope.ALL, 31 * DAY, True, ["until", "until_recovery"]),
    ],
)
def test_a_mute_is_checked(
    scope: MuteScope, length: timedelta, until_recovery: bool, fields: list[str]
) -> None:
    found = mutes.check(
        scope, until_at=T0 + length, until_recovery=until_recovery, now=T0
    )
    assert [problem.field for problem in found] == fields
    assert all(problem.hint for problem in found)


def failing() -> Life:
    """A job with an open incident."""
    life = up()
    life.fail()
    return life


def test_a_mute_until_recovery_ends_with_the_incident() -> None:
    life = failing()
    life.mute(DAY, until_recovery=True)
    life.success()
    assert life.mutes == []
    life.fail()
    assert life.sounds == ["opened", "reopened"]


def test_a_mute_until_a_time_outlasts_the_incident() -> None:
    life = failing()
    life.mute(DAY)
    life.success()
    life.advance(11 * MINUTE)
    life.fail()
    assert life.sounds == ["opened"]


def test_a_recovery_ends_no_mute_of_another_job() -> None:
    life = failing()
    other = mute(T0 + DAY, target="other", until_recovery=True, number=7)
    life.mutes.append(other)
    life.success()
    assert life.mutes == [other]


def test_removing_a_job_leaves_the_mutes_of_others() -> None:
    life = failing()
    life.mute(DAY)
    others = [
        mute(T0 + DAY, target="other", number=7),
        mute(T0 + DAY, scope=MuteScope.ALL, target="", number=8),
    ]
    life.mutes += others
    life.remove()
    assert life.mutes == others


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("4h", 4 * HOUR),
        (" 1h30m ", 90 * MINUTE),
        ("30d", 30 * DAY),
        ("until recovery", None),
        ("Until  Recovery", None),
        ("recovery", None),
    ],
)
def test_the_length_of_a_mute_as_it_is_typed(
    typed: str, expected: timedelta | None
) -> None:
    assert mutes.length(typed) == expected


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "for: a duration is missing (write it like 30s"),
        ("soon", "for: `soon` is no duration (write it like 30s"),
        ("-1h", "for: a duration is never negative (write it like 30s"),
        ("0s", "for: lies in the past (give a later time)"),
        ("30d1s", "for: is too far away (30 days at most; pause the job"),
        ("until tomorrow", "for: `until tomorrow` is no duration"),
        ("x" * 5000, "for: `xxxx"),
    ],
)
def test_another_length_is_refused_with_the_way_to_write_it(
    typed: str, problem: str
) -> None:
    with pytest.raises(Invalid) as refused:
        mutes.length(typed)
    assert str(refused.value).startswith(problem)
    assert len(str(refused.value)) < 200


def test_what_is_wrong_with_anything_else_keeps_its_field() -> None:
    (problem,) = mutes.check(MuteScope.TAG, until_at=END, until_recovery=True, now=T0)
    assert mutes.about_length(problem) is problem


def test_what_silences_it_nevertheless_is_found() -> None:
    definition = job(tags=("db",), node="nas").definition
    ended = mute(END)
    tagged = mute(END, scope=MuteScope.TAG, target="db")
    noded = mute(END + HOUR, scope=MuteScope.NODE, target="nas")
    other = mute(END + 2 * HOUR, scope=MuteScope.TAG, target="web")
    running = (tagged, noded, other)
    assert mutes.remaining(running, ended, definition, T0) == noded
    assert mutes.remaining(running, ended, definition, END) == noded
    assert mutes.remaining(running, ended, definition, END + HOUR) is None
    assert mutes.remaining(running, other, None, T0) == other
    assert mutes.remaining((tagged,), noded, None, T0) is None
    everything = mute(END, scope=MuteScope.ALL, target="")
    assert mutes.remaining((everything,), noded, None, T0) == everything
