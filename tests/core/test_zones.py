"""Zones: names, and stretches of constant offset against the zones' own files."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import zones
from tests.core import crontabs, tzif
from tests.core.crontabs import utc

SECOND = timedelta(seconds=1)


def found_changes(name: str, end: datetime) -> list[tuple[datetime, timedelta]]:
    """Start and offset of each segment that begins with a change, up to a moment."""
    known = takewhile(lambda s: s.start <= end, zones.segments(name, utc("1990-01-01")))
    return [
        (segment.start, segment.offset)
        for segment in known
        if segment.wall_start != segment.previous_wall_end
        and segment.start >= utc("1990-01-01")
    ]


def is_as_listed(name: str) -> bool:
    listed = tzif.changes(name, 1990)
    return not listed or found_changes(name, listed[-1][0]) == listed


@pytest.mark.parametrize("name", crontabs.ZONES)
def test_segments_begin_where_the_zone_file_says(name: str) -> None:
    assert is_as_listed(name)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_segments_of_every_zone_begin_where_its_file_says() -> None:
    assert [name for name in sorted(zones.names()) if not is_as_listed(name)] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_zone_changes_twice_within_six_days() -> None:
    for name in sorted(zones.names()):
        moments = [at for at, _ in tzif.changes(name, zones.FIRST_YEAR)]
        gaps = [after - before for before, after in pairwise(moments)]
        assert all(gap > timedelta(days=6) for gap in gaps), name


@given(name=st.sampled_from(crontabs.ZONES), at=crontabs.moments)
@settings(deadline=None)
def test_segments_follow_each_other_and_hold_the_moment(
    name: str, at: datetime
) -> None:
    known = zones.segments(name, at)
    first, second, third = next(known), next(known), next(known)
    assert first.start <= at < first.end == second.start
    assert second.end == third.start
    assert first.wall(at) == at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    assert first.instant(first.wall(at)) == at
    assert first.wall(first.end - SECOND) == first.wall_end - SECOND
    assert second.previous_wall_end == first.wall_end


def test_a_wall_time_before_the_segment_is_at_its_start() -> None:
    summer = next(zones.segments("Europe/Berlin", utc("2024-03-31T01:00")))
    gap = utc("2024-03-31T02:30").replace(tzinfo=None)
    assert summer.instant(gap) == summer.start == utc("2024-03-31T01:00")


def test_rules_go_on_where_tables_end() -> None:
    segment = next(zones.segments("Europe/Berlin", utc("2150-07-01")))
    assert segment.offset == timedelta(hours=2)
    assert segment.end.month == 10


def test_segments_end_with_the_last_year() -> None:
    *_, last = zones.segments("Europe/Berlin", utc("2199-01-01"))
    assert last.end.year == zones.END_YEAR


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Indiana/Knox"])
def test_a_zone_is_known(name: str) -> None:
    assert zones.is_known(name)


@pytest.mark.parametrize(
    "name", ["Europe", "", "utc+1", "europe/berlin", "../UTC", "localtime", "Factory"]
)
def test_what_is_no_zone_is_not_known(name: str) -> None:
    assert not zones.is_known(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("Asia/Calcuta", "Asia/Calcutta"),
        ("\ud800" * 500, "such as Europe/Berlin"),
        ("", "such as Europe/Berlin"),
    ],
)
def test_a_close_name_is_suggested(name: str, expected: str) -> None:
    assert expected in zones.hint(name)


def test_caches_are_bounded() -> None:
    assert zones._segments.cache_info().maxsize == 4096
    assert zones._edges.cache_info().maxsize == 4096


def test_the_first_year_has_segments() -> None:
    start = datetime(zones.FIRST_YEAR, 1, 1, tzinfo=UTC)
    assert next(zones.segments("America/New_York", start)).offset.days == -1
