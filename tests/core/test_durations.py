"""Durations: what is read, what is refused and how, and what is written."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core import durations
from bot.errors import Invalid, Problem

HINT = "write it like 30s, 5m, 2h, 1d, 1w or 1h30m"
LENGTHS = st.timedeltas(min_value=timedelta(), max_value=durations.LONGEST)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1w", timedelta(weeks=1)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("1w2d3h4m5s", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        ("1h 30m", timedelta(hours=1, minutes=30)),
        (" 5m ", timedelta(minutes=5)),
        ("5M", timedelta(minutes=5)),
        ("1.5h", timedelta(minutes=90)),
        ("0.25s", timedelta(milliseconds=250)),
        ("90m", timedelta(minutes=90)),
        ("90", timedelta(seconds=90)),
        ("0.5", timedelta(milliseconds=500)),
        ("0", timedelta()),
        ("-0s", timedelta()),
        (90, timedelta(seconds=90)),
        (0, timedelta()),
        (0.1, timedelta(milliseconds=100)),
        (1e-7, timedelta()),
        (1 / 3, timedelta(microseconds=333_333)),
        ("3653d", durations.LONGEST),
        (315_619_200, durations.LONGEST),
    ],
)
def test_a_duration_is_read(typed: str | float, expected: timedelta) -> None:
    assert durations.parse(typed) == expected


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "a duration is missing"),
        ("   ", "a duration is missing"),
        ("soon", "`soon` is no duration"),
        ("5x", "`5x` is no duration"),
        ("m", "`m` is no duration"),
        ("-", "`-` is no duration"),
        ("1e3", "`1e3` is no duration"),
        ("nan", "`nan` is no duration"),
        ("inf", "`inf` is no duration"),
        ("1,5h", "`1,5h` is no duration"),
        (".5h", "`.5h` is no duration"),
        ("5.m", "`5.m` is no duration"),
        ("30m1h", "`30m1h` is no duration"),
        ("1m1m", "`1m1m` is no duration"),
        ("1h30", "`1h30` is no duration"),
        ("+5m", "`+5m` is no duration"),
        ("1h-30m", "`1h-30m` is no duration"),
        ("٣s", "`٣s` is no duration"),
        ("9" * 50, f"`{'9' * 40}` is no duration"),
        (float("nan"), "`nan` is no duration"),
        (float("inf"), "`inf` is no duration"),
        (float("-inf"), "`-inf` is no duration"),
        (True, "`True` is no duration"),
        ("-5m", "a duration is never negative"),
        ("-1", "a duration is never negative"),
        (-1, "a duration is never negative"),
        (-0.5, "a duration is never negative"),
        ("3653.1d", "a duration is at most 10 years"),
        ("99999999999999w", "a duration is at most 10 years"),
        (315_619_201, "a duration is at most 10 years"),
        (10**400, "a duration is at most 10 years"),
        (1e308, "a duration is at most 10 years"),
    ],
)
def test_anything_else_is_refused_with_the_way_out(
    typed: str | float, reason: str
) -> None:
    with pytest.raises(Invalid) as refused:
        durations.parse(typed, "grace")
    assert refused.value.problems == (Problem("grace", reason, HINT),)


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=30), "30s"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(hours=25), "1d1h"),
        (timedelta(days=1), "1d"),
        (timedelta(days=7), "1w"),
        (timedelta(days=14), "2w"),
        (timedelta(days=8), "8d"),
        (timedelta(milliseconds=250), "0.25s"),
        (timedelta(microseconds=1), "0.000001s"),
        (timedelta(minutes=1, milliseconds=500), "1m0.5s"),
        (timedelta(hours=1, seconds=10), "1h10s"),
        (-timedelta(minutes=5), "-5m"),
    ],
)
def test_the_shortest_exact_form_is_written(delta: timedelta, expected: str) -> None:
    assert durations.text(delta) == expected


@given(LENGTHS)
@example(durations.LONGEST)
def test_what_is_written_is_read_back(delta: timedelta) -> None:
    assert durations.parse(durations.text(delta)) == delta


@given(st.text(alphabet="0123456789.-+ wdhmse\n", max_size=45))
def test_any_text_is_read_or_refused(typed: str) -> None:
    with suppress(Invalid):
        assert timedelta() <= durations.parse(typed) <= durations.LONGEST


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        (timedelta(), "0 s"),
        (timedelta(microseconds=400), "under 1 ms"),
        (timedelta(milliseconds=250), "250 ms"),
        (timedelta(microseconds=999_900), "1 s"),
        (timedelta(seconds=2.54), "2.5 s"),
        (timedelta(seconds=9.99), "10 s"),
        (timedelta(seconds=45.4), "45 s"),
        (timedelta(seconds=59.9), "1 min"),
        (timedelta(minutes=4), "4 min"),
        (timedelta(minutes=4, seconds=10), "4 min 10 s"),
        (timedelta(minutes=59, seconds=59.8), "1 h"),
        (timedelta(hours=2, minutes=5, seconds=20), "2 h 5 min"),
        (timedelta(hours=23, minutes=59, seconds=40), "1 d"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=3, hours=4, minutes=40), "3 d 5 h"),
        (timedelta(days=400), "400 d"),
        (-timedelta(minutes=4), "-4 min"),
    ],
)
def test_people_read_it_rounded_to_two_units(delta: timedelta, expected: str) -> None:
    assert durations.about(delta) == expected


@given(LENGTHS)
def test_what_people_read_is_never_far_off(delta: timedelta) -> None:
    units = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
    words = durations.about(delta).removeprefix("under ").split()
    read = sum(
        float(n) * units[u] for n, u in zip(words[::2], words[1::2], strict=True)
    )
    assert abs(read - delta.total_seconds()) <= max(0.001, 0.05 * read)
