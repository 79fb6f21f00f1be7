"""What is due in the hours to come, beside the schedules asked one by one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import forecasts, schedules
from bot.core.forecasts import Forecast
from bot.core.kinds import JobId, Status
from bot.core.models import Job, JobState, Schedule
from tests.core.factories import DAY, HOUR, MINUTE, SECOND, T0, UNSCHEDULED, cron
from tests.core.factories import every as each_time
from tests.core.factories import job as made


def pair(schedule: Schedule, slug: str = "a", **state: object) -> tuple[Job, JobState]:
    """A job with its state."""
    fields = {"job_id": JobId(1), "status": Status.UP, **state}
    return made(schedule, slug=slug), JobState(**fields)  # type: ignore[arg-type]  # drawn


def dues(forecast: Forecast) -> list[int]:
    """The counts, hour by hour."""
    return [hour.dues for hour in forecast.finish().hours]


def test_jobs_that_share_a_schedule_are_counted_each() -> None:
    forecast = Forecast(T0)
    forecast.add([pair(cron("0 5 * * *"), f"job-{n}") for n in range(40)])
    forecast.add([pair(cron("*/10 6 * * *"), "busy")])
    ahead = forecast.finish()
    counts = {hour.start: hour.dues for hour in ahead.hours if hour.dues}
    assert counts == {T0 + 2 * HOUR: 40, T0 + 3 * HOUR: 6}
    assert ahead.hours[3].busiest == "busy"
    assert ahead.left_out == 0
    assert len(ahead.hours) == 24


def test_the_job_that_is_due_most_often_is_named() -> None:
    forecast = Forecast(T0)
    forecast.add([pair(cron("*/10 6 * * *"), "busy"), pair(cron("0 6 * * *"), "calm")])
    assert forecast.finish().hours[3].busiest == "busy"


def test_what_is_due_at_the_very_start_counts_and_at_the_very_end_does_not() -> None:
    forecast = Forecast(T0)
    forecast.add([pair(cron("0 3 * * *"))])
    assert dues(forecast) == [1, *[0] * 23]


def test_paused_jobs_and_those_without_a_schedule_are_due_never() -> None:
    forecast = Forecast(T0)
    forecast.add([pair(cron("* * * * *"), status=Status.PAUSED)])
    forecast.add([pair(UNSCHEDULED), pair(each_time(MINUTE), due_at=None)])
    assert sum(dues(forecast)) == 0


def test_an_h_is_another_time_for_each_job() -> None:
    forecast = Forecast(T0)
    for name in ("one", "two", "three"):
        schedule = replace(cron("H H * * *"), hash_id=name)
        forecast.add([pair(schedule, name)])
    # another text with an id, which plays no part
    forecast.add([pair(replace(cron("0 5 * * *"), hash_id="one"), "four")])
    assert sum(dues(forecast)) == 4


def test_too_much_work_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasts, "MOST_DUES", 20)
    forecast = Forecast(T0)
    forecast.add([pair(cron("0 * * * *"), f"shared-{n}") for n in range(2)])
    forecast.add([pair(cron("30 5 * * *"), "alone")])
    ahead = forecast.finish()
    assert sum(hour.dues for hour in ahead.hours) == 48
    assert ahead.left_out == 1


@given(
    every=st.integers(1, 3 * 86_400),
    due=st.integers(-86_400, 3 * 86_400),
)
def test_an_interval_is_counted_as_if_it_were_followed(every: int, due: int) -> None:
    length = every * SECOND
    due_at = T0 + due * SECOND
    forecast = Forecast(T0)
    forecast.add([pair(each_time(length), due_at=due_at)])
    expected = [0] * 24
    at = due_at
    while at < T0:
        at += length
    while at < T0 + DAY:
        expected[(at - T0) // HOUR] += 1
        at += length
    assert dues(forecast) == expected


@given(st.sampled_from(["*/7 * * * *", "15 2,5 * * *", "0 0 1 * *", "3 4 * * MON"]))
def test_a_calendar_is_counted_as_it_is_asked(text: str) -> None:
    schedule = cron(text, "Europe/Berlin")
    forecast = Forecast(T0)
    forecast.add([pair(schedule)])
    found = schedules.due_between(
        schedule, T0 - timedelta(microseconds=1), T0 + DAY - timedelta(microseconds=1)
    )
    assert sum(dues(forecast)) == len(found)
