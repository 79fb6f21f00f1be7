"""What an exit means, what was expected, and which parameters a run has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core import results
from bot.core.commands import Command, Param
from bot.core.executions import End
from tests.core.moments import SECOND, T0

RUN = Command(argv=("/bin/true",))


@pytest.mark.parametrize(
    ("exit_status", "signal", "end"),
    [
        (0, None, End.OK),
        (3, None, End.OK),
        (1, None, End.FAILED),
        (None, 9, End.FAILED),
    ],
)
def test_the_exit_code_says_whether_it_is_a_success(
    exit_status: int | None, signal: int | None, end: End
) -> None:
    command = replace(RUN, success_exit_codes=(0, 3))
    assert results.verdict(command, exit_status, signal) is end


def test_a_file_must_have_been_written_by_the_run() -> None:
    assert results.unwritten("/srv/dump", None, T0) == "/srv/dump is not there"
    old = results.unwritten("/srv/dump", T0 - 3 * SECOND, T0)
    assert old == "/srv/dump has not been written since the run began"
    assert results.unwritten("/srv/dump", T0, T0) == ""
    assert results.unwritten("", None, T0) == ""


@pytest.mark.parametrize(
    ("earlier_ms", "written"),
    [(-60_000, True), (0, True), (8, True), (20, True), (21, False), (1999, False)],
)
def test_files_are_stamped_with_a_coarse_clock(earlier_ms: int, written: bool) -> None:
    since = T0 + SECOND / 2 + SECOND / 8
    stamp = since - timedelta(milliseconds=earlier_ms)
    assert results.is_written(stamp, since) is written


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, True), (-1, True), (-2, False), (-3, False)]
)
def test_some_file_systems_know_whole_seconds_only(seconds: int, written: bool) -> None:
    since = T0 + timedelta(milliseconds=400)
    assert results.is_written(T0 + seconds * SECOND, since) is written
    assert results.is_written(T0 - 2 * SECOND, T0)


def test_parameters_have_a_value_of_their_choices() -> None:
    target = Param(name="target", choices=("daily", "full"), default="daily")
    command = replace(RUN, params=(target,))
    assert results.chosen_params(command, {}) == ({"target": "daily"}, [])
    assert results.chosen_params(command, {"target": "full"}) == (
        {"target": "full"},
        [],
    )
    _, wrong = results.chosen_params(command, {"target": "x; rm", "mode": "y"})
    assert wrong == [
        "mode: there is no such parameter",
        "target: 'x; rm' is none of daily, full",
    ]
