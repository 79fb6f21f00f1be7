"""The newest pings and the end of the output, beside an explanation."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import explanations
from bot.core.explanations import Explanation, Report
from bot.core.kinds import PingKind
from bot.core.models import Ping
from tests.core.factories import (
    MINUTE,
    OTHER,
    RID,
    SECOND,
    T0,
    UNSCHEDULED,
    Life,
    ping,
    up,
)


def explain(life: Life, *pings: Ping) -> Explanation:
    """Why it is as it is now."""
    return explanations.explain(life.load(), pings, life.now)


def test_the_newest_pings_come_first_and_are_five_at_most() -> None:
    life = up()
    pings = [ping(at=T0 + number * SECOND) for number in range(8)]
    shown = explain(life, *pings).pings
    assert [report.at for report in shown] == [
        T0 + number * SECOND for number in (7, 6, 5, 4, 3)
    ]


def test_a_ping_is_shown_with_what_it_brought() -> None:
    life = Life(UNSCHEDULED)
    life.start()
    life.advance(MINUTE)
    life.fail()
    failed = replace(ping(PingKind.FAIL, life.now), exit_status=3, address="192.0.2.7")
    shown = explain(life, ping(PingKind.START), failed).pings
    assert shown == (
        Report(
            kind=PingKind.FAIL,
            at=life.now,
            exit_status=3,
            duration=MINUTE,
            address="192.0.2.7",
        ),
        Report(kind=PingKind.START, at=T0),
    )


def test_older_runs_are_as_long_as_their_rids_say() -> None:
    life = up(UNSCHEDULED)
    pings = [
        ping(PingKind.START, T0, RID),
        ping(PingKind.SUCCESS, T0 + MINUTE, RID),
        ping(PingKind.SUCCESS, T0 + 2 * MINUTE, OTHER),
        ping(PingKind.SUCCESS, T0 + 3 * MINUTE),
        ping(PingKind.SUCCESS, T0 + 4 * MINUTE),
    ]
    shown = explain(life, *pings).pings
    assert [report.duration for report in shown] == [None, None, None, MINUTE, None]


def test_the_output_is_that_of_the_newest_ping_with_a_body() -> None:
    life = up()
    pings = [
        replace(ping(at=T0), body=b"old"),
        replace(ping(at=T0 + MINUTE), body=b"new\n"),
        ping(at=T0 + 2 * MINUTE),
    ]
    found = explain(life, *pings)
    assert (found.output, found.output_is_cut) == ("new\n", False)
    assert explain(life).output == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\xff\xfe\x00", "\ufffd\ufffd\x00"),
        ("käse".encode("latin-1"), "k\ufffdse"),
        ("käse".encode(), "käse"),
    ],
)
def test_a_body_may_be_of_any_encoding(body: bytes, expected: str) -> None:
    assert explanations.tail(body) == (expected, False)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"x" * 1990 + b"\n" + b"y" * 1990 + b"\nlast", b"y" * 1990 + b"\nlast"),
        (b"secret" * 500 + b" " + b"y" * 1000, b"y" * 1000),
        (b"y" * 2000 + b"\n", b"y" * 1999 + b"\n"),
        (b"x" * 5000, b"x" * 2000),
    ],
)
def test_a_long_body_is_cut_at_a_line_or_a_word(body: bytes, expected: bytes) -> None:
    assert explanations.tail(body) == (expected.decode(), True)


@given(body=st.binary(max_size=5000))
def test_any_body_has_a_tail(body: bytes) -> None:
    text, is_cut = explanations.tail(body)
    assert is_cut == (len(body) > explanations.SHOWN_OUTPUT)
    assert len(text) <= explanations.SHOWN_OUTPUT
    assert bool(text) == bool(body)
