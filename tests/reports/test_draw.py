"""Every drawing can be drawn, whatever it holds, and be read by everybody."""

import io
import json
from dataclasses import replace

import numpy
import pytest
from PIL import Image

from bot.core import day_grids, drawings, job_charts
from bot.core.drawings import Cell, DayGrid, Drawing, Theme
from bot.reports import day_pictures, draw, job_pictures, lettering, themes
from bot.reports.themes import COLOURS, contrast
from tests.reports import scenes

#: what Discord lays behind a picture: dark, darker, light
GROUNDS = ("#313338", "#1a1a1e", "#ffffff")


def drawn(drawing: Drawing) -> Image.Image:
    """The picture."""
    png = draw.png(json.dumps(drawings.view(drawing)).encode())
    assert len(png) < 65_000
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.mark.parametrize("name", scenes.REPORTS)
def test_every_sort_of_day_can_be_drawn(name: str) -> None:
    theme = Theme.LIGHT if len(name) % 2 else Theme.DARK
    grid = day_grids.of_report(scenes.REPORTS[name](), theme)
    picture = drawn(grid)
    assert picture.width == 1000
    assert picture.height <= 1200
    assert picture.getpixel((2, 2)) == themes._rgb(COLOURS[theme].card)


@pytest.mark.parametrize("days", [1, 2, 30, 90])
def test_every_chart_can_be_drawn(days: int) -> None:
    chart = job_charts.chart(scenes.job(days), Theme.LIGHT)
    assert drawn(chart).width == 1000
    assert drawn(replace(chart, theme=Theme.DARK)).width == 1000


def test_a_chart_of_nothing_can_be_drawn() -> None:
    chart = job_charts.chart(scenes.job())
    nothing = replace(chart, panels=(), strip=(), ticks=(), incidents=(), subtitle="")
    assert drawn(nothing).height < 250
    (panel, _) = chart.panels
    still = replace(panel, usual=None, points=())
    assert drawn(replace(nothing, panels=(still,))).height > 250


HOSTILE = (
    *("夜間バックアップ", "גיבוי לילי", "نسخ ليلي", "🚀🔥", "x" * 5000, "\n\n", ""),
    *("$\\frac{1}{0}$", "$$", "\x1b[31mred\x00", "\u202egnihtemos"),
    *("a\u0301" * 200, "\ud800", "W" * 100, "\ufffe\uffff", "e\u0489" * 50),
)


def test_no_name_breaks_a_picture() -> None:
    grid = day_grids.of_report(scenes.three())
    row = grid.rows[0]
    tame = replace(grid, rows=(row,) * len(HOSTILE))
    wild = replace(grid, rows=tuple(replace(row, label=name) for name in HOSTILE))
    assert drawn(wild).height == drawn(tame).height


@pytest.mark.parametrize("name", HOSTILE[::3])
def test_no_title_breaks_a_picture(name: str) -> None:
    grid = day_grids.of_report(scenes.three())
    odd = replace(grid, title=name, subtitle=name, rest_label=name, note=name)
    assert drawn(odd).width == 1000
    chart = replace(job_charts.chart(scenes.job()), title=name)
    assert drawn(chart).width == 1000


def test_a_long_name_does_not_reach_into_the_cells() -> None:
    grid = day_grids.of_report(scenes.three())
    rows = tuple(replace(row, label="W" * 100) for row in grid.rows)
    quiet = tuple(replace(row, cells=(Cell.ABSENT,) * 24, down=()) for row in rows)
    picture = numpy.asarray(drawn(replace(grid, rows=quiet)))
    cells = picture[155:250, 375:980]
    assert (cells == themes._rgb(COLOURS[Theme.DARK].card)).all()


@pytest.mark.parametrize(
    ("label", "slug", "shown"),
    [
        ("Nightly backup", "x", "Nightly backup"),
        ("two\nlines\tand  more", "x", "two lines and more"),
        ("夜間バックアップ", "yakan", "yakan"),
        ("גיבוי", "gibui", "gibui"),
        ("deploy 🚀 hook", "x", "deploy hook"),
        ("db 東京 replica of all", "x", "db □ replica of all"),
        ("夜", "", "□"),
        ("Größe, Ελληνικά, Кириллица", "x", "Größe, Ελληνικά, Кириллица"),
        ("", "empty", "empty"),
    ],
)
def test_what_no_font_can_draw_is_replaced(label: str, slug: str, shown: str) -> None:
    assert lettering.drawable(label, slug) == shown


def test_text_is_cut_to_its_room() -> None:
    assert lettering.fitted("short", 500, 25) == "short"
    cut = lettering.fitted("a-long-name-of-a-job", 150, 25)
    assert cut.endswith("…")
    assert lettering.width(cut, 25) <= 150
    assert lettering.fitted("long", 1, 25) == "…"


@pytest.mark.parametrize("theme", Theme)
def test_text_and_symbols_are_told_from_what_lies_below(theme: Theme) -> None:
    colours = COLOURS[theme]
    assert contrast(colours.text, colours.card) >= 7
    assert contrast(colours.muted, colours.card) >= 4.5
    for cell, symbol in colours.symbols.items():
        assert contrast(symbol, colours.cells[cell]) >= 3, cell
    for line in (colours.down, colours.maintenance, colours.run):
        assert contrast(line, colours.card) >= 3
    assert contrast(colours.run, colours.ground) >= 3
    assert contrast(colours.run, colours.usual) >= 3


def test_what_went_well_is_seen_on_the_card_and_bad_ones_have_symbols() -> None:
    for theme in Theme:
        colours = COLOURS[theme]
        assert contrast(colours.cells[Cell.OK], colours.card) >= 3
        assert colours.symbols.keys() >= drawings.TROUBLES
        assert Cell.OK not in colours.symbols


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_card_can_be_read_on_any_ground_of_discord(ground: str) -> None:
    # all that is drawn lies on the card; beside the ground it may vanish at its edge
    assert COLOURS[Theme.DARK].card != ground
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_a_palette_keeps_the_limit_of_a_png() -> None:
    for colours in COLOURS.values():
        assert len(colours.palette()) <= 256


@pytest.mark.parametrize(
    ("columns", "found"),
    [((), []), ((3,), [(3, 4)]), ((5, 1, 2, 2), [(1, 3), (5, 6)])],
)
def test_columns_that_follow_each_other_are_one_stretch(
    columns: tuple[int, ...], found: list[tuple[int, int]]
) -> None:
    assert list(day_pictures.stretches(columns)) == found


@pytest.mark.parametrize(
    ("highest", "step"), [(0, 1), (3, 1), (10, 5), (14, 5), (60, 20), (0.02, 0.01)]
)
def test_a_scale_has_round_numbers(highest: float, step: float) -> None:
    assert job_pictures.scale_step(highest) == pytest.approx(step)


def test_what_is_drawn_comes_in_and_goes_out_as_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Stream:
        buffer = io.BytesIO()

    said, written = Stream(), Stream()
    grid: DayGrid = day_grids.of_report(scenes.three())
    said.buffer = io.BytesIO(json.dumps(drawings.view(grid)).encode())
    written.buffer = io.BytesIO()
    monkeypatch.setattr("sys.stdin", said)
    monkeypatch.setattr("sys.stdout", written)
    monkeypatch.setattr(draw, "restrict", lambda: None)
    draw.main()
    assert written.buffer.getvalue().startswith(b"\x89PNG")
