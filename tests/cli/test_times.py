"""Moments and durations as a person reads them."""

from zoneinfo import ZoneInfo

import pytest

from bot.cli import times
from tests.cli.factories import NOW, at


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0, "0 s"),
        (-1, "0 s"),
        (0.2, "<1 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7200, "2 h"),
        (86400 * 3.9, "3 d"),
    ],
)
def test_a_span_is_cut_off_to_one_unit(seconds: float | None, text: str) -> None:
    assert times.span(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-300, "5 min ago"), (7200, "in 2 h"), (0.4, "now"), (-0.9, "now"), (1, "in 1 s")],
)
def test_a_moment_is_told_by_its_distance(seconds: float, text: str) -> None:
    assert times.relative(at(seconds), NOW) == text


def test_no_moment_is_a_dash() -> None:
    assert times.relative(None, NOW) == times.utc(None) == times.both(None, NOW) == "-"
    assert times.exact(None) == "-"


def test_an_exact_duration_may_be_typed_again() -> None:
    assert times.exact(5400) == "1h30m"


def test_a_moment_in_utc_and_in_a_zone() -> None:
    assert times.utc(at()) == "Sat 2026-01-31 12:00:00 UTC"
    assert times.local(at(), ZoneInfo("Europe/Berlin")) == "Sat 2026-01-31 13:00:00 CET"
    assert times.both(at(-60), NOW) == "Sat 2026-01-31 11:59:00 UTC (1 min ago)"
