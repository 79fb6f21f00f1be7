"""Drawings as JSON and back."""

import json

import pytest

from bot.core import day_grids, drawings, job_charts
from bot.core.drawings import WORDS, Cell, Drawing, Theme
from tests.reports import scenes


def made() -> list[Drawing]:
    """A drawing of each sort."""
    grids = [day_grids.of_report(make()) for make in scenes.REPORTS.values()]
    charts = [job_charts.chart(scenes.job(days), Theme.LIGHT) for days in (1, 30)]
    return [*grids, *charts]


@pytest.mark.parametrize("drawing", made())
def test_a_drawing_comes_back_as_it_was(drawing: Drawing) -> None:
    written = json.dumps(drawings.view(drawing))
    assert drawings.of_view(json.loads(written)) == drawing


def test_a_chart_without_habit_comes_back_too() -> None:
    panel = drawings.Panel(title="t", unit="s", points=())
    chart = drawings.JobChart(title="t", slug="t", days=1, ticks=(), panels=(panel,))
    assert drawings.of_view(json.loads(json.dumps(drawings.view(chart)))) == chart


def test_a_legend_has_what_there_is_in_a_fixed_order() -> None:
    grid = day_grids.of_report(scenes.three())
    assert grid.legend == (Cell.OK, Cell.FAILED, Cell.MISSED, Cell.QUIET)
    chart = job_charts.chart(scenes.job())
    assert chart.legend == (Cell.OK, Cell.LATE, Cell.FAILED, Cell.MISSED)
    assert Cell.ABSENT not in WORDS
