"""Reports as plain data, and back."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.core import summary_views, summary_words
from bot.core.kinds import Outcome
from bot.core.summaries import Cell, Lateness, Report, Totals
from tests.reports import scenes

REPORTS = {
    name: make()
    for name, make in (
        ("empty", scenes.empty),
        ("quiet", scenes.quiet),
        ("three", scenes.three),
        ("terrible", scenes.terrible),
        ("first", scenes.first_day),
        ("short", scenes.short_day),
        ("half an hour more", scenes.half_hour_more),
        ("week", scenes.a_week),
    )
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_report_comes_back_as_it_was(report: Report) -> None:
    view = json.loads(json.dumps(summary_views.report_view(report)))
    assert summary_views.report_from(view) == report
    assert summary_views.totals_from(view) == report.totals
    timelines = json.loads(json.dumps(summary_views.timelines_view(report.timelines)))
    assert summary_views.timelines_from(timelines) == report.timelines


def test_late_ones_and_totals_come_back_too() -> None:
    late = Lateness(
        written_at=scenes.three().lateness.written_at,
        due_at=scenes.three().lateness.written_at - timedelta(hours=1),
        why="Cronitor was stopped",
        skipped=(date(2026, 11, 1),),
    )
    report = replace(
        scenes.three(),
        lateness=late,
        before=Totals(outcomes={Outcome.OK: 3}),
    )
    view = json.loads(json.dumps(summary_views.report_view(report)))
    assert summary_views.report_from(view) == report
    assert view["late"] == summary_words.late_line(report)


def test_a_job_comes_back_as_it_was() -> None:
    job = scenes.job()
    view = json.loads(json.dumps(summary_views.job_view(job)))
    assert summary_views.job_from(view) == job
    assert view["headline"]
    assert next(each["key"] for each in view["sections"]) == "facts"


def test_words_stand_beside_the_facts() -> None:
    report = scenes.terrible()
    view = summary_views.report_view(report)
    assert view["headline"] == summary_words.headline(report)
    assert view["is_quiet"] is False
    sections = view["sections"]
    assert isinstance(sections, list)
    assert [each["title"] for each in sections] == [
        each.title for each in summary_words.sections(report)
    ]


def test_cells_are_short_since_there_are_thousands() -> None:
    report = scenes.three()
    row = report.timelines.rows[0]
    view = json.loads(json.dumps(summary_views.timelines_view(report.timelines)))
    first = row.cells[0]
    assert view["rows"][0]["cells"][0] == [first.column, first.outcome, first.count]
    assert isinstance(first, Cell)


def test_what_an_older_release_did_not_know_keeps_its_default() -> None:
    report = scenes.three()
    view = json.loads(json.dumps(summary_views.report_view(report)))
    del view["saved"], view["totals"]["active"]
    view["unheard_of"] = 1
    read = summary_views.report_from(view)
    assert read.totals.active == 0
    assert not read.saved
    assert read.timelines == report.timelines
