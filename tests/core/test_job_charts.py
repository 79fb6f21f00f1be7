"""What the picture of a job shows, and what is said of it."""

from dataclasses import replace
from datetime import timedelta

from bot.core import job_charts
from bot.core.drawings import Cell
from bot.core.kinds import Outcome
from bot.core.summaries import Some
from tests.reports import scenes


def test_durations_and_lateness_have_a_panel_each() -> None:
    chart = job_charts.chart(scenes.job())
    took, late = chart.panels
    assert (took.unit, late.unit) == ("min", "s")
    assert took.usual is not None
    assert (took.usual.low, took.usual.high) == (4, 6)
    assert took.points[0].x == 0.125
    assert chart.strip[13] is Cell.MISSED
    assert chart.strip[0] is Cell.OK
    (span,) = chart.incidents
    assert not span.is_open
    assert round(span.end - span.start, 2) == 1.08


def test_days_are_named_a_few_times() -> None:
    assert [tick.label for tick in job_charts.chart(scenes.job(30)).ticks] == [
        *("28 Oct", "2 Nov", "7 Nov", "12 Nov", "17 Nov", "22 Nov")
    ]
    assert len(job_charts.chart(scenes.job(90)).ticks) == 6
    assert len(job_charts.chart(scenes.job(3)).ticks) == 3


def test_units_fit_the_longest() -> None:
    report = scenes.job()
    units = {}
    for longest, unit in ((5, "s"), (600, "min"), (9000, "h"), (400_000, "d")):
        (*_, last) = report.points
        point = replace(last, took=timedelta(seconds=longest))
        chart = job_charts.chart(replace(report, points=(point,)))
        units[unit] = chart.panels[0].unit
    assert all(wanted == found for wanted, found in units.items())


def test_what_never_took_any_time_has_no_panel() -> None:
    report = scenes.job()
    days = tuple(replace(day, lateness=timedelta()) for day in report.days)
    (panel,) = job_charts.chart(replace(report, days=days)).panels
    assert panel.title == "How long it took"


def test_a_job_of_which_nothing_is_known() -> None:
    report = replace(
        scenes.job(),
        days=(),
        points=(),
        runtime=None,
        lateness=None,
        outcomes={},
        incidents=Some(),
        success_rate=None,
        down=timedelta(),
        label="",
    )
    chart = job_charts.chart(report)
    assert chart.panels == ()
    assert chart.title == "nightly-backup"
    assert job_charts.subtitle(report) == "nothing is known yet"
    assert list(job_charts.facts(report)) == ["nothing has been heard of it"]
    assert job_charts.alt_text(report) == "nightly-backup, nothing is known yet."


def test_a_day_without_anything_is_quiet_and_a_run_unjudged_is_ok() -> None:
    report = scenes.job()
    quiet = replace(report.days[0], outcomes={}, lateness=None)
    point = replace(report.points[0], outcome=None)
    shown = job_charts.chart(replace(report, days=(quiet,), points=(point,)))
    assert shown.strip == (Cell.QUIET,)
    assert shown.panels[0].points[0].cell is Cell.OK


def test_it_is_said_in_words() -> None:
    report = scenes.job()
    assert job_charts.alt_text(report) == (
        "Nightly backup, 28 Oct to 26 Nov 2026 · 90 % of 29 went well · down for 1 d "
        "2 h. It usually takes 4 min to 6 min. It usually is late by 10 s to 50 s."
    )
    assert list(job_charts.facts(report)) == [
        "26 ok, 2 failed, 1 missed",
        "usually takes 4 min to 6 min (30 known)",
        "usually is late by 10 s to 50 s (9 known)",
        "1 incident, down for 1 d 2 h in all",
    ]
    assert list(job_charts.incident_lines(report)) == [
        "#100 failed, Wed 4 Nov 03:00, for 1 d 2 h"
    ]


def test_what_is_still_open_is_said_to_be() -> None:
    report = scenes.job()
    (fact,) = report.incidents
    opened = replace(fact, resolved_at=None)
    report = replace(report, incidents=Some((opened, opened), 2))
    assert job_charts.chart(report).incidents[0].is_open
    (line, _) = job_charts.incident_lines(report)
    assert line.endswith("for 1 d 2 h by now")
    assert "2 incidents, down" in list(job_charts.facts(report))[-1]


def test_a_habit_without_spread_is_one_length() -> None:
    report = scenes.job()
    assert report.runtime is not None
    band = replace(report.runtime, high=report.runtime.low)
    assert "takes 4 min." in job_charts.alt_text(replace(report, runtime=band))
    assert Outcome.OK in report.outcomes
