"""Times survive the way to SQLite and back to the last microsecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import times

moments = st.datetimes(timezones=st.just(UTC))
durations = st.timedeltas()


@given(moments)
def test_a_moment_comes_back_exactly(moment: datetime) -> None:
    assert times.from_us(times.to_us(moment)) == moment


@given(moments, st.integers(-86_340, 86_340))
def test_the_zone_of_a_moment_does_not_matter(moment: datetime, offset: int) -> None:
    try:
        elsewhere = moment.astimezone(timezone(timedelta(seconds=offset)))
    except OverflowError:
        return
    assert times.to_us(elsewhere) == times.to_us(moment)


@given(durations)
def test_a_duration_comes_back_exactly(duration: timedelta) -> None:
    assert times.delta_from_us(times.delta_us(duration)) == duration


@given(moments, moments)
def test_order_and_distance_are_kept(one: datetime, other: datetime) -> None:
    distance = times.to_us(one) - times.to_us(other)
    assert times.delta_from_us(distance) == one - other


@pytest.mark.parametrize(
    ("moment", "us"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        (datetime(2025, 3, 30, 1, 0, 0, 1, tzinfo=UTC), 1_743_296_400_000_001),
        (datetime.max.replace(tzinfo=UTC), 253_402_300_799_999_999),
    ],
)
def test_known_moments(moment: datetime, us: int) -> None:
    assert times.to_us(moment) == us
    assert times.from_us(us) == moment
    assert times.from_us(us).tzinfo is UTC


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        times.to_us(datetime(2025, 1, 1))  # noqa: DTZ001


def test_nothing_stays_nothing() -> None:
    assert times.optional_to_us(None) is None
    assert times.optional_from_us(None) is None
    assert times.optional_delta_us(None) is None
    assert times.optional_delta_from_us(None) is None


def test_something_optional_is_converted() -> None:
    moment, duration = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=1)
    assert times.optional_to_us(moment) == times.to_us(moment)
    assert times.optional_from_us(5) == times.from_us(5)
    assert times.optional_delta_us(duration) == 86_400_000_000
    assert times.optional_delta_from_us(86_400_000_000) == duration
