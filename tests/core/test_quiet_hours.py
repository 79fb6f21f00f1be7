"""When it is quiet, on days when clocks change too, and what sounds then."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import quiet_hours
from bot.core.kinds import Severity
from bot.errors import Invalid
from tests.core.factories import DAY, HOUR, MINUTE, T0, TICK, UNSCHEDULED, Life, up

#: in UTC; T0 is Monday 03:00
NIGHT = quiet_hours.parse("22:00-07:00")
SEVEN = T0 + 4 * HOUR
TEN = T0 + 19 * HOUR


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (T0, SEVEN),
        (SEVEN - TICK, SEVEN),
        (SEVEN, None),
        (TEN - TICK, None),
        (TEN, SEVEN + DAY),
    ],
)
def test_a_night_holds_its_start_and_not_its_end(
    at: datetime, until: datetime | None
) -> None:
    assert quiet_hours.ends_at(NIGHT, at) == until


def test_quiet_hours_may_lie_within_a_day() -> None:
    noon = quiet_hours.parse(" 12:00 - 13:30 ")
    assert quiet_hours.ends_at(noon, T0) is None
    assert quiet_hours.ends_at(noon, T0 + 9 * HOUR) == T0 + 10 * HOUR + 30 * MINUTE
    assert quiet_hours.next_start(noon, T0) == T0 + 9 * HOUR
    assert noon.text == "12:00 - 13:30"


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        # Friday evening to Saturday morning, Saturday evening to Sunday morning
        (utc(11, 27, 23), True),
        (utc(11, 28, 6), True),
        (utc(11, 28, 23), True),
        (utc(11, 29, 6), True),
        (utc(11, 29, 23), False),
        (utc(11, 27, 6), False),
    ],
)
def test_the_day_is_that_of_the_beginning(at: datetime, quiet: bool) -> None:
    weekend = quiet_hours.parse("22:00-07:00", days=("sat", "Fri"))
    assert (quiet_hours.ends_at(weekend, at) is not None) is quiet


@pytest.mark.parametrize(
    ("text", "at", "until"),
    [
        # in Berlin the clock goes ahead from 2:00 to 3:00 on 29 March (1:00 UTC)
        ("22:00-07:00", utc(3, 29, 0), utc(3, 29, 5)),
        ("22:00-02:30", utc(3, 29, 0, 59), utc(3, 29, 1)),
        ("22:00-02:30", utc(3, 29, 1), None),
        ("02:30-07:00", utc(3, 29, 0, 59), None),
        ("02:30-07:00", utc(3, 29, 1), utc(3, 29, 5)),
        # and back from 3:00 to 2:00 on 25 October (1:00 UTC)
        ("22:00-07:00", utc(10, 24, 20), utc(10, 25, 6)),
        ("22:00-02:30", utc(10, 25, 0, 29), utc(10, 25, 0, 30)),
        ("22:00-02:30", utc(10, 25, 1, 15), None),
        ("02:30-07:00", utc(10, 25, 0, 30), utc(10, 25, 6)),
        ("02:30-07:00", utc(10, 25, 1, 15), utc(10, 25, 6)),
    ],
)
def test_on_days_when_clocks_change_the_clock_on_the_wall_counts(
    text: str, at: datetime, until: datetime | None
) -> None:
    assert quiet_hours.ends_at(quiet_hours.parse(text, "Europe/Berlin"), at) == until


@pytest.mark.parametrize(
    ("text", "zone", "days", "field"),
    [
        ("22:00", "UTC", (), "quiet_hours"),
        ("22:00-24:00", "UTC", (), "quiet_hours"),
        ("22:00-22:00", "UTC", (), "quiet_hours"),
        ("22:00-07:00", "Mars", (), "timezone"),
        ("22:00-07:00", "UTC", ("monday",), "quiet_days"),
    ],
)
def test_nonsense_is_refused(
    text: str, zone: str, days: tuple[str, ...], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        quiet_hours.parse(text, zone, days)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_a_quiet_time_whose_end_never_comes_is_over() -> None:
    last = datetime(2199, 12, 31, 23, tzinfo=UTC)
    assert quiet_hours.ends_at(NIGHT, last) is None


@given(st.integers(0, 3 * 24 * 60), st.sampled_from(["22:00-07:00", "01:30-02:15"]))
def test_it_is_quiet_exactly_by_the_clock(minutes: int, text: str) -> None:
    begins, ends = text.split("-")
    at = T0 + minutes * MINUTE
    clock = f"{at:%H:%M}"
    inside = (
        begins <= clock or clock < ends if begins > ends else begins <= clock < ends
    )
    found = quiet_hours.ends_at(quiet_hours.parse(text), at)
    assert (found is not None) is inside


# what sounds


def at_night(**fields: object) -> Life:
    """A job in the middle of a night."""
    life = up(UNSCHEDULED, **fields)
    life.quiet_hours = NIGHT
    return life


def test_what_opens_at_night_sounds_once_in_the_morning() -> None:
    life = at_night()
    life.fail()
    assert life.sounds == []
    assert life.incident is not None
    assert life.incident.review_at == SEVEN
    life.until(SEVEN)
    assert life.sounds == ["opened"]
    life.until(SEVEN + DAY - TICK)
    assert life.sounds == ["opened"]


def test_what_is_open_over_a_night_sounds_once_each_morning() -> None:
    life = at_night()
    life.until(TEN - HOUR)
    life.fail()
    life.until(SEVEN + DAY - TICK)
    assert life.sounds == ["opened"]
    life.until(SEVEN + DAY)
    assert life.sounds == ["opened", "unsilenced"]
    life.acknowledge(3 * DAY)
    life.until(SEVEN + 3 * DAY)
    assert life.sounds == ["opened", "unsilenced"]


def test_a_failure_at_night_makes_no_difference_to_the_morning() -> None:
    life = at_night()
    life.until(TEN - HOUR)
    life.fail()
    life.until(TEN + HOUR)
    life.fail()
    life.until(SEVEN + DAY)
    assert life.sounds == ["opened", "unsilenced"]


def test_what_is_critical_sounds_at_any_time() -> None:
    life = at_night(severity=Severity.CRITICAL)
    life.fail()
    assert life.sounds == ["opened"]


def test_reminders_wait_for_the_morning() -> None:
    life = at_night(realert_every=HOUR)
    life.until(TEN - 30 * MINUTE)
    life.fail()
    life.until(SEVEN + DAY - TICK)
    assert life.sounds == ["opened"]
    life.until(SEVEN + DAY)
    assert life.sounds == ["opened", "unsilenced"]


def test_what_worsens_at_night_says_so_in_the_morning() -> None:
    life = up(UNSCHEDULED, min_runtime=MINUTE)
    life.until(TEN - HOUR)
    life.start()
    life.success()
    life.quiet_hours = NIGHT
    life.until(TEN + HOUR)
    life.fail()
    assert life.sounds == ["opened"]
    life.until(SEVEN + DAY)
    assert life.sounds == ["opened", "worsened"]


def test_a_mute_that_ends_at_night_sounds_in_the_morning() -> None:
    life = at_night()
    life.fail()
    life.mute(HOUR)
    life.until(SEVEN - TICK)
    assert life.sounds == []
    life.until(SEVEN)
    assert life.sounds == ["opened"]
