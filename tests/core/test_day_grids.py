"""Which rows the picture of a day has, and what is said of it."""

from dataclasses import replace
from datetime import date

import pytest

from bot.core import day_grids, periods, summaries
from bot.core.drawings import Cell, Theme
from bot.core.kinds import Outcome
from bot.core.summaries import Some
from tests.reports import scenes


def test_every_outcome_has_a_cell() -> None:
    assert day_grids.CELLS.keys() == set(Outcome)


def test_all_jobs_are_shown_where_there_is_room() -> None:
    grid = day_grids.of_report(scenes.quiet(20))
    assert len(grid.rows) == 20
    assert grid.rest == ()
    assert not grid.note


def test_of_many_jobs_that_are_well_a_few_are_shown() -> None:
    grid = day_grids.of_report(scenes.quiet(500))
    assert len(grid.rows) == day_grids.CALM_ROWS
    assert grid.rest_label == "490 more"
    assert set(grid.rest) == {Cell.OK}


def test_jobs_with_something_to_see_come_first_and_the_others_are_one_row() -> None:
    grid = day_grids.of_report(scenes.terrible(rest=440), Theme.LIGHT)
    assert len(grid.rows) == day_grids.MOST_ROWS
    assert grid.rest_label == "480 more"
    assert Cell.FAILED in grid.rest
    assert grid.theme is Theme.LIGHT
    assert grid.rows[0].is_down
    assert not grid.rows[-1].is_down


def test_the_interesting_ones_are_shown_though_they_come_later() -> None:
    report = scenes.quiet(30)
    rows = report.timelines.rows
    odd = replace(rows[25], is_interesting=True)
    lines = replace(report.timelines, rows=(*rows[:25], odd, *rows[26:]))
    grid = day_grids.grid(lines)
    assert grid.rows[0].slug == odd.slug
    assert len(grid.rows) == day_grids.CALM_ROWS
    assert grid.subtitle == "Europe/Riga"


def test_the_worst_of_a_column_is_shown() -> None:
    cells = (
        summaries.Cell(column=3, outcome=Outcome.OK, count=9),
        summaries.Cell(column=3, outcome=Outcome.MISSED, count=1),
        summaries.Cell(column=3, outcome=Outcome.LATE, count=4),
    )
    report = scenes.report(scenes.day(), [scenes.row(0, cells)])
    (row,) = day_grids.of_report(report).rows
    assert row.cells[3] is Cell.MISSED
    assert row.cells[4] is Cell.QUIET


def test_hours_that_have_not_begun_are_left_open() -> None:
    grid = day_grids.of_report(scenes.first_day())
    assert grid.future_from == 12
    assert set(grid.rows[0].cells[12:]) == {Cell.ABSENT}
    assert grid.rows[2].cells[11] is Cell.QUIET


def test_jobs_without_rows_are_a_row_together() -> None:
    report = scenes.report(scenes.day(), [], rest=3)
    grid = day_grids.of_report(report)
    assert grid.rest_label == "3 jobs"
    assert ": a row for 3 jobs together, a column" in day_grids.alt_text(grid)
    assert grid.rest


def test_nothing_is_watched() -> None:
    grid = day_grids.of_report(scenes.empty())
    assert grid.note == "There are no jobs yet."
    assert grid.rest == ()
    assert grid.subtitle == "0 jobs · Europe/Riga"


@pytest.mark.parametrize(
    ("label", "zone", "hours", "names", "said"),
    [
        ((2026, 3, 29), scenes.RIGA, 23, ["00", "06", "09"], "a day of 23 hours"),
        ((2026, 10, 25), scenes.RIGA, 25, ["00", "03", "06"], "a day of 25 hours"),
        (
            (2026, 4, 5),
            "Australia/Lord_Howe",
            25,
            ["00", "06:30", "12:30"],
            "a day of 24.5 hours",
        ),
        ((2026, 11, 26), "Asia/Kolkata", 24, ["00", "03", "06"], "Asia/Kolkata"),
    ],
)
def test_hours_are_named_by_the_clock_on_the_wall(
    label: tuple[int, int, int], zone: str, hours: int, names: list[str], said: str
) -> None:
    grid = day_grids.of_report(scenes.three_on(scenes.day(date(*label), zone)))
    assert len(grid.columns) == hours
    shown = [column.label for column in grid.columns if column.label]
    assert shown[:3] == names
    assert len(shown) == len(set(shown))
    assert grid.subtitle.endswith(said)


def test_a_week_has_four_columns_a_day() -> None:
    grid = day_grids.of_report(scenes.a_week())
    assert len(grid.columns) == 28
    assert [each.label for each in grid.columns if each.is_edge] == [
        *("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    ]
    assert grid.columns[5].name == "Tue 06:00"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ((2026, 11, 26), "Week from 23 to 29 November 2026"),
        ((2026, 12, 1), "Week from 30 November to 6 December 2026"),
        ((2026, 12, 31), "Week from 28 December 2026 to 3 January 2027"),
    ],
)
def test_a_week_is_named_by_its_ends(label: tuple[int, int, int], said: str) -> None:
    assert day_grids.title(periods.week(date(*label), scenes.RIGA)) == said


def test_the_words_of_a_quiet_day() -> None:
    report = scenes.quiet(500)
    assert day_grids.alt_text(day_grids.of_report(report), report) == (
        "Thursday 26 November 2026: a row for each of 10 jobs and a row for 490 more "
        "together, a column for every hour. All went well."
    )


def test_the_words_name_what_went_wrong_and_when() -> None:
    report = scenes.three()
    assert day_grids.alt_text(day_grids.of_report(report), report) == (
        "Thursday 26 November 2026: a row for each of 3 jobs, a column for every hour. "
        "nightly-backup: failed at 04:00; missed at 05:00. All others went well."
    )


@pytest.mark.parametrize("make", [scenes.terrible, scenes.a_week])
def test_the_words_of_a_terrible_time_keep_the_limit(make: scenes.Make) -> None:
    report = make()
    said = day_grids.alt_text(day_grids.of_report(report), report)
    assert 700 < len(said) <= day_grids.MOST_WORDS
    assert "still down" in said
    assert "more jobs with something to see." in said
    assert said.endswith("Among the others the worst is failed.")
    assert "Cronitor was blind at" in said


def test_the_words_of_a_day_on_which_nothing_was_due() -> None:
    report = scenes.report(scenes.day(), [scenes.row(0, [])])
    said = day_grids.alt_text(day_grids.of_report(report), report)
    assert said.endswith("a row for one job, a column for every hour. Nothing was due.")
    empty = scenes.empty()
    said = day_grids.alt_text(day_grids.of_report(empty))
    assert "there are no jobs yet" in said


def test_the_words_stay_within_the_limit_whatever_a_job_is_called() -> None:
    cells = [summaries.Cell(column=3, outcome=Outcome.FAILED, count=1)]
    row = replace(scenes.row(0, cells), label="🚀" * 900)
    report = scenes.report(scenes.day(), [row] * 20)
    grid = day_grids.of_report(replace(report, new=Some()))
    said = day_grids.alt_text(grid, report)
    assert len(said.encode("utf-16-le")) // 2 <= day_grids.MOST_WORDS
    title = replace(grid, title="🚀" * 900, rows=())
    said = day_grids.alt_text(title)
    assert len(said.encode("utf-16-le")) // 2 <= day_grids.MOST_WORDS
    assert said.endswith("…")
