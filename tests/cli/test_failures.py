"""One line for what went wrong, and the exit code that scripts go by."""

import click
import pytest

from bot.cli import failures
from bot.errors import (
    ConfigError,
    Conflict,
    Forbidden,
    Invalid,
    NoServer,
    NotFound,
    Problem,
    StorageError,
    Unavailable,
)

PROBLEM = Problem("--grace", "too long", "at most 365d")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NotFound("x"), 1),
        (Invalid(PROBLEM), 1),
        (Conflict("x"), 1),
        (Forbidden("x"), 1),
        (Unavailable("x"), 1),
        (OSError("x"), 1),
        (RuntimeError("x"), 1),
        (click.UsageError("x"), 2),
        (NoServer("x"), 69),
        (ConfigError("x"), 78),
        (StorageError("x"), 78),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
)
def test_every_failure_has_its_exit_code(failure: BaseException, code: int) -> None:
    assert failures.report(failure) == code


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_is_quiet(
    failure: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    failures.report(failure)
    assert capsys.readouterr() == ("", "")


def test_every_problem_has_a_line_with_its_field_and_the_way_out() -> None:
    assert failures.lines(Invalid(PROBLEM, Problem("--cron", "wrong"))) == [
        "cronitor: --grace: too long (at most 365d)",
        "cronitor: --cron: wrong",
    ]


def test_several_faults_of_the_settings_stay_several_lines() -> None:
    assert failures.lines(ConfigError("a:1: x\na:2: y")) == [
        "cronitor: a:1: x",
        "cronitor: a:2: y",
    ]


def test_an_unexpected_error_is_one_line_that_says_how_to_see_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failures.report(ZeroDivisionError("division\nby zero"))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "cronitor: unexpected ZeroDivisionError: division by zero; "
        "set CRONITOR_DEBUG=1 to see where, and please report it\n"
    )


def test_the_traceback_is_there_for_whoever_asks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRONITOR_DEBUG", "1")
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as exc:
        failures.report(exc)
    assert "Traceback" in capsys.readouterr().err
