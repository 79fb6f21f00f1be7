"""A report survives its file, and half a file is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.node import reports
from bot.node.reports import Corrupt, Report
from tests.node.factories import NOON, HandClock, report

SECONDS = st.floats(0, 1e10).map(lambda x: round(x, 6))
REPORTS = st.builds(
    report,
    st.sampled_from(["start", "0", "1", "255"]),
    at=SECONDS,
    since_boot=SECONDS,
    host=st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=20),
    create=st.booleans(),
    boot=st.sampled_from(["", "b-1"]),
    took=st.none() | st.floats(0, 1e6).map(lambda x: round(x, 3)),
    body=st.binary(max_size=300),
)


def fields(each: Report) -> dict[str, object]:
    """All that a report says."""
    return {name: getattr(each, name) for name in Report.__slots__}


@given(REPORTS)
def test_what_is_written_is_read_again(given_report: Report) -> None:
    again = reports.decode(reports.encode(given_report))
    assert fields(again) == pytest.approx(fields(given_report), abs=1e-6)


@given(REPORTS, st.data())
def test_half_a_file_is_no_report(given_report: Report, data: st.DataObject) -> None:
    content = reports.encode(given_report)
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(Corrupt):
        reports.decode(content[:cut])


@given(st.binary(max_size=400))
def test_any_file_is_a_report_or_refused(content: bytes) -> None:
    with pytest.raises(Corrupt):
        reports.decode(content)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"said start", b"said nonsense"),
        (b"said start", b"said 256"),
        (b"said start", b"said \xc2\xb2"),
        (b"job backup", b"job ../../etc"),
        (b"job backup", b"nothing backup"),
        (b"at 1795694400.000000", b"at nan"),
        (b"at 1795694400.000000", b"at -1"),
        (b"body 0", b"body x"),
        (b"report 1", b"report 2"),
    ],
)
def test_what_no_report_says_is_refused(old: bytes, new: bytes) -> None:
    content = reports.encode(report())
    assert old in content
    with pytest.raises(Corrupt):
        reports.decode(content.replace(old, new))


def test_the_age_of_a_report_outlives_a_clock_that_is_set() -> None:
    clock = HandClock(NOON)
    kept = report(at=clock.wall, boot=clock.boot, since_boot=clock.up)
    clock.advance(60)
    clock.wall += 86_400
    assert kept.age(clock) == 60
    clock.boot = "boot-2"
    assert kept.age(clock) == 86_460
