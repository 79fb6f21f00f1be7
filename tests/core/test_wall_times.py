"""Wall times to instants: the rules by themselves, with a schedule made by hand."""

from datetime import datetime, timedelta

import pytest

from bot.core import wall_times
from bot.core.wall_times import Rule
from tests.core.crontabs import utc


class Listed:
    """A schedule of given wall times, which counts how often it is asked."""

    def __init__(self, *walls: str) -> None:
        self.walls = sorted(utc(wall).replace(tzinfo=None) for wall in walls)
        self.asked = 0

    def __call__(self, after: datetime) -> datetime | None:
        self.asked += 1
        return next((wall for wall in self.walls if wall > after), None)


GAP = Listed("2024-03-31T02:30", "2024-04-01T02:30")
TWICE = Listed("2024-10-27T02:30", "2024-10-28T02:30")


@pytest.mark.parametrize(
    ("rule", "schedule", "after", "expected"),
    [
        (Rule.ONCE, GAP, "2024-03-31T00:00", "2024-03-31T01:00"),
        (Rule.ONCE, GAP, "2024-03-31T01:00", "2024-04-01T00:30"),
        (Rule.ELAPSED, GAP, "2024-03-31T00:00", "2024-04-01T00:30"),
        (Rule.SYSTEMD, GAP, "2024-03-31T00:00", "2024-04-01T00:30"),
        (Rule.ONCE, TWICE, "2024-10-26T00:00", "2024-10-27T00:30"),
        (Rule.ONCE, TWICE, "2024-10-27T00:30", "2024-10-28T01:30"),
        # asked within the second showing, it waits as well
        (Rule.ONCE, TWICE, "2024-10-27T01:10", "2024-10-28T01:30"),
        (Rule.SYSTEMD, TWICE, "2024-10-27T01:10", "2024-10-28T01:30"),
        (Rule.ELAPSED, TWICE, "2024-10-27T00:30", "2024-10-27T01:30"),
        (Rule.ELAPSED, TWICE, "2024-10-27T01:30", "2024-10-28T01:30"),
    ],
)
def test_first_after(rule: Rule, schedule: Listed, after: str, expected: str) -> None:
    found = wall_times.first_after("Europe/Berlin", rule, schedule, utc(after))
    assert found == utc(expected)


def test_no_more_wall_times_are_no_more_dues() -> None:
    after = utc("2024-10-28T01:30")
    assert wall_times.first_after("Europe/Berlin", Rule.ONCE, TWICE, after) is None


@pytest.mark.parametrize("rule", [Rule.ONCE, Rule.SYSTEMD])
def test_a_due_in_years_costs_one_question(rule: Rule) -> None:
    schedule = Listed("2032-02-29T12:00")
    after = utc("2024-03-01T00:00")
    found = wall_times.first_after("Europe/Berlin", rule, schedule, after)
    assert found == utc("2032-02-29T11:00")
    assert schedule.asked == 1


@pytest.mark.parametrize("rule", Rule)
def test_a_due_in_decades_is_found_as_well(rule: Rule) -> None:
    schedule = Listed("2150-07-01T12:00", "2151-01-01T12:00")
    first = wall_times.first_after("Asia/Tokyo", rule, schedule, utc("2130-01-01"))
    assert first == utc("2150-07-01T03:00")
    assert first is not None
    second = wall_times.first_after("Asia/Tokyo", rule, schedule, first)
    assert second == utc("2151-01-01T03:00")


def test_a_due_beyond_the_last_year_is_none() -> None:
    schedule = Listed("2300-01-01T00:00")
    after = utc("2199-06-01T00:00")
    assert wall_times.first_after("UTC", Rule.ONCE, schedule, after) is None


def test_three_hours_are_a_correction_ahead_only() -> None:
    assert timedelta(hours=3) == wall_times.CORRECTION
    ahead = Listed("2018-10-07T05:00", "2018-10-08T05:00")
    back = Listed("2018-03-11T02:30", "2018-03-12T02:30")
    zone = "Antarctica/Casey"
    jumped = wall_times.first_after(zone, Rule.ONCE, ahead, utc("2018-10-06T18:00"))
    waited = wall_times.first_after(zone, Rule.ONCE, back, utc("2018-03-10T16:00"))
    assert jumped == utc("2018-10-07T18:00")
    assert waited == utc("2018-03-11T18:30")
