"""Which jobs were unlike their habit, one sample a day."""

from dataclasses import replace
from datetime import date

import pytest

from bot.core import drift_facts, periods
from bot.core.drift import Measure
from bot.core.drift_facts import Daily
from bot.core.summaries import DriftFact, Way
from tests.core.factories import job

PERIOD = periods.day(date(2026, 11, 23), "UTC")
WEEK = periods.week(date(2026, 11, 23), "UTC")
JOB = job(slug="backup", name="Backup")
#: the day after 30 days of history
TODAY = 30


def days(*values: float, first: int = 0, count: int = 1) -> list[Daily]:
    """One value for each day."""
    return [Daily(1, first + n, count, value) for n, value in enumerate(values)]


def steady(middle: float, spread: float = 1.0) -> list[Daily]:
    """Thirty days about the same."""
    return days(*(middle + spread * (n % 3 - 1) for n in range(30)))


def found(measure: Measure, rows: list[Daily]) -> list[DriftFact]:
    """What is said of the day."""
    return drift_facts.find(JOB, PERIOD, {measure: rows})


@pytest.mark.parametrize(
    ("measure", "usual", "now", "way"),
    [
        (Measure.DURATION, 300.0, 1860.0, Way.SLOWER),
        (Measure.DURATION, 300.0, 20.0, Way.FASTER),
        (Measure.LATENESS, 100.0, 3000.0, Way.LATER),
        (Measure.LATENESS, 3000.0, 0.0, Way.EARLIER),
        (Measure.COUNT, 300.0, 4.0, Way.QUIETER),
    ],
)
def test_a_day_unlike_the_thirty_before_is_told(
    measure: Measure, usual: float, now: float, way: Way
) -> None:
    rows = steady(usual)
    rows += [Daily(1, TODAY, int(now) or 1, now)]
    (fact,) = found(measure, rows)
    assert (fact.slug, fact.label, fact.way) == ("backup", "Backup", way)
    assert fact.score > 1
    assert "normally" in fact.text


def test_the_words_say_what_is_normal_and_since_when() -> None:
    rows = [*steady(300.0, 60.0), *days(1860.0, first=TODAY)]
    (fact,) = found(Measure.DURATION, rows)
    assert fact.text == "took 31 min, normally 4 to 6 min; not once since 24 Oct"


@pytest.mark.parametrize(
    "rows",
    [
        # as usual
        [*steady(300.0), *days(303.0, first=TODAY)],
        # nothing came
        steady(300.0),
        # nothing is known
        days(300.0, first=TODAY),
        # too little is known
        [*days(300.0, 300.0, 300.0), *days(3000.0, first=TODAY)],
        # it differs as much on other days
        [*days(*[10.0, 1000.0] * 15), *days(1000.0, first=TODAY)],
        # beyond the limits of its habit, as some of many jobs always are
        [*steady(300.0), *days(450.0, first=TODAY)],
        [],
    ],
)
def test_nothing_is_said_of_what_is_usual_or_unknown(rows: list[Daily]) -> None:
    assert found(Measure.DURATION, rows) == []


def test_that_more_came_than_usual_is_no_fact() -> None:
    rows = [*steady(300.0), Daily(1, TODAY, 3000, 3000.0)]
    assert found(Measure.COUNT, rows) == []


def test_a_day_on_which_nothing_came_at_all_is_quieter() -> None:
    (fact,) = found(Measure.COUNT, steady(300.0))
    assert fact.way is Way.QUIETER
    assert fact.text.startswith("0 runs in a day")


def test_silent_days_before_are_part_of_the_habit() -> None:
    # it works every second day
    rows = [Daily(1, n, 40, 40.0) for n in range(0, 30, 2)]
    assert found(Measure.COUNT, rows) == []


def test_a_week_is_its_mean_beside_the_days_before() -> None:
    rows = steady(300.0)
    rows += [Daily(1, 30 + n, 1 + n, 1000.0 + n) for n in range(7)]
    (fact,) = drift_facts.find(JOB, WEEK, {Measure.DURATION: rows})
    assert fact.text.startswith("took 16 min 44 s")
    # of a count it is that of one of its days
    counts = steady(300.0) + [Daily(1, 30 + n, 300, 300.0) for n in range(7)]
    assert drift_facts.find(JOB, WEEK, {Measure.COUNT: counts}) == []


def test_the_same_time_of_the_weeks_before_is_usual() -> None:
    # every seventh day takes an hour, and so does this one
    rows = days(*(3600.0 if n % 7 == TODAY % 7 else 300.0 for n in range(30)))
    assert found(Measure.DURATION, [*rows, *days(3600.0, first=TODAY)]) == []


def test_rows_are_sorted_by_job() -> None:
    rows = [*days(1.0), *(replace_job(each, 2) for each in days(2.0, 3.0))]
    assert {key: len(each) for key, each in drift_facts.by_job(rows).items()} == {
        1: 1,
        2: 2,
    }


def replace_job(row: Daily, number: int) -> Daily:
    """The same of another job."""
    return replace(row, job_id=number)
