"""`cronitor report` against a real server, and how reports look on a terminal."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.cli import report_screens
from bot.core import summary_views
from bot.core.summaries import Report
from tests.cli.server import Cronitor
from tests.reports import scenes

PNG = b"\x89PNG\r\n\x1a\n"


def shown(renderables: list[Any], *, colour: bool = False) -> str:
    """What stands on a terminal of 80 columns."""
    out = io.StringIO()
    console = Console(
        file=out, width=80, force_terminal=colour, highlight=False, emoji=False
    )
    console.print(*renderables, sep="\n", markup=False)
    return out.getvalue()


def screen(report: Report, *, ascii_only: bool = False) -> str:
    """A report on such a terminal."""
    view = json.loads(json.dumps(summary_views.report_view(report)))
    return shown(report_screens.report(view, ascii_only=ascii_only))


REPORTS = {
    "empty": scenes.empty(),
    "quiet": scenes.quiet(),
    "three": scenes.three(),
    "terrible": scenes.terrible(rest=400),
    "first day": scenes.first_day(),
    "short day": scenes.short_day(),
    "long day": scenes.long_day(),
    "half an hour more": scenes.half_hour_more(),
    "week": scenes.a_week(),
}


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_every_report_fits_in_80_columns(report: Report, *, ascii_only: bool) -> None:
    text = screen(report, ascii_only=ascii_only)
    assert max(len(line) for line in text.splitlines()) <= 80
    if ascii_only:
        assert not set("✓✗▶»…‖─◐▁█") & set(text)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_headline_comes_first(report: Report) -> None:
    view = summary_views.report_view(report)
    first = screen(report).splitlines()[1]
    assert str(view["headline"]).startswith(first.strip())


def test_a_quiet_day_is_its_headline_and_the_bars() -> None:
    text = screen(scenes.quiet(jobs=12))
    assert "In all" not in text
    assert "12 jobs" in text
    assert "✓ ok" in text
    assert "In all" in screen(scenes.three())


def test_a_terrible_day_has_the_worst_first_and_counts_the_rest() -> None:
    text = screen(scenes.terrible(rest=400))
    rows = [line for line in text.splitlines() if "✗" in line or "_" in line]
    assert len(rows) <= report_screens.MOST_BARS + 4
    assert " more" in text
    assert "New" in text


def test_an_empty_day_has_no_bars() -> None:
    text = screen(scenes.empty())
    assert "00    03" not in text


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    short = screen(scenes.short_day()).splitlines()
    (axis,) = [line for line in short if line.strip().startswith("00")]
    assert axis.split()[:3] == ["00", "06", "09"] or "03" in axis
    lines = screen(scenes.a_week()).splitlines()
    (days,) = [line for line in lines if line.strip().startswith("Mon ")]
    assert [word for word in days.split() if word.isalpha()] == [
        *("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    ]


def test_what_has_not_begun_is_empty_and_what_nobody_saw_is_marked() -> None:
    view = {
        "cells": [[0, "ok", 1], [0, "missed", 1], [1, "strange", 1]],
        "down": [2, 9],
    }
    lines = {"blind": [3], "future_from": 8}
    marks = report_screens._marks(view, lines, 10)
    text = "".join(look.mark(ascii_only=True) for look in marks)
    assert text == "_?-?      "


def test_strangers_words_do_not_move_the_cursor() -> None:
    view = json.loads(json.dumps(summary_views.report_view(scenes.three())))
    view["headline"] = "\x1b[2J gone"
    view["timelines"]["rows"][0].update(label="\x1b[31m" * 9, is_interesting=True)
    text = shown(report_screens.report(view, ascii_only=False), colour=True)
    assert "\x1b[2J" not in text
    assert "\x1b[31m\x1b[31m" not in text


@pytest.mark.parametrize("days", [1, 30, 90])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_job_fits_in_80_columns(days: int, *, ascii_only: bool) -> None:
    view = json.loads(json.dumps(summary_views.job_view(scenes.job(days))))
    for number, day in enumerate(view["days"]):
        day["runtime"] = None if number % 5 == 4 else 60 * (number + 1)
    text = shown(report_screens.job(view, ascii_only=ascii_only))
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "In short" in text
    assert text.count("took  ") >= (2 if days > 45 else 1)


def test_a_job_that_never_ran_has_no_durations() -> None:
    view = json.loads(json.dumps(summary_views.job_view(scenes.job(3))))
    for day in view["days"]:
        day.update(runtime=None, outcomes={})
    text = shown(report_screens.job(view, ascii_only=False))
    assert "took  " not in text


def test_the_day_that_goes_on_is_shown(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "report-me", "--every", "1h")
    assert "In all" in cronitor.says("report")
    view = cronitor.json("report", "--day", "today")
    assert view["is_stored"] is False
    assert view["period"]["kind"] == "day"


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("--day", "yesterday"), "day"),
        (("--week",), "week"),
        (("--week", "2026-01-07"), "week"),
        (("--day", "2026-01-07", "--anew"), "day"),
    ],
)
def test_other_days_and_weeks(
    cronitor: Cronitor, args: tuple[str, ...], kind: str
) -> None:
    view = cronitor.json("report", *args)
    assert view["period"]["kind"] == kind
    if "2026-01-07" in args:
        monday = "2026-01-05" if kind == "week" else "2026-01-07"
        assert view["period"]["label"] == monday
    assert cronitor.says("report", *args)


def test_one_job(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "one-job", "--every", "1h")
    assert "nothing" in cronitor.says("report", "--job", "one-job")
    view = cronitor.json("report", "--job", "one-job", "--days", "3")
    assert len(view["days"]) == 3
    assert "no job 'none'" in cronitor.refuses("report", "--job", "none")


def test_a_page_and_a_picture_are_written(cronitor: Cronitor, tmp_path: Path) -> None:
    page, picture = tmp_path / "day.html", tmp_path / "day.png"
    assert str(page) in cronitor.says("report", "--html", str(page))
    assert page.read_text().startswith("<!doctype html>")
    cronitor.says("report", "--png", str(picture), "--light")
    assert picture.read_bytes().startswith(PNG)
    result = cronitor("report", "--png", "-")
    assert result.stdout_bytes.startswith(PNG)
    said = cronitor.refuses("report", "--html", str(tmp_path / "no" / "x"), code=2)
    assert "cannot be written" in said


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--day", "today", "--week"), "give one of --day"),
        (("--list", "--job", "a"), "give one of --day"),
        (("--json", "--png", "x"), "give one of --json"),
        (("--day", "today", "--job", "a", "--days", "400"), "--days"),
    ],
)
def test_options_that_do_not_go_together(
    cronitor: Cronitor, args: tuple[str, ...], said: str
) -> None:
    result = cronitor("report", *args)
    assert result.exit_code == 2
    assert said in result.stderr


def test_days_of_which_nothing_can_be_said(cronitor: Cronitor) -> None:
    assert "still to come" in cronitor.refuses("report", "--day", "2090-01-01")
    result = cronitor("report", "--png", "-", "--day", "someday")
    assert result.exit_code != 0


def test_before_the_first_post_there_is_no_list(cronitor: Cronitor) -> None:
    assert "no report was posted yet" in cronitor.says("report", "--list")
    assert cronitor.json("report", "--list") == []


def test_the_list_names_days_weeks_and_what_was_late() -> None:
    found = [
        {"kind": "day", "date": "2026-11-23", "late": "it slept", "headline": "1 down"},
        {"kind": "week", "date": "2026-11-16", "late": "", "headline": "all ran"},
    ]
    text = shown([report_screens.listed(found)])
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[1:] == ["2026-11-23 late 1 down", "week 2026-11-16 all ran"]
