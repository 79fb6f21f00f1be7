"""One job over weeks as a picture: its measures, its habit, its incidents.

Only the process that draws imports this, since it loads matplotlib.
"""

import math
from collections.abc import Iterator

from bot.core.drawings import Cell, JobChart, Panel
from bot.reports import legends, lettering, symbols
from bot.reports.canvas import Box, Canvas
from bot.reports.themes import COLOURS, Colours

WIDTH = 1000
MARGIN = 28
TITLE, TEXT, SMALL = 38, 25, 23
#: of the numbers beside a panel
_SCALE = 92
_PANEL, _ABOVE, _BETWEEN = 250, 56, 16
#: what came of each day
_STRIP, _BELOW_STRIP = 34, 26
#: days are narrower than their symbols
_NARROW = 22
#: between the last panel and the legend
_DAYS = 52
#: of a run that went well, and of the box around a symbol
_DOT, _SYMBOL = 5.5, 24
_STEPS = (1, 2, 2.5, 5, 10)
#: above the highest value
_HEADROOM = 1.12


class _Sheet:
    """Where everything is."""

    def __init__(self, chart: JobChart) -> None:
        self.chart = chart
        self.colours: Colours = COLOURS[chart.theme]
        self.left, self.right = MARGIN + _SCALE, WIDTH - MARGIN
        self.top = MARGIN + 42 + (36 if chart.subtitle else 0) + 8
        strip = _ABOVE + _STRIP + _BELOW_STRIP if chart.strip else 0
        self.strip = self.top + _ABOVE
        self.panels = self.top + strip
        self.bottom = self.panels + len(chart.panels) * (_ABOVE + _PANEL + _BETWEEN)
        self.entries = legends.laid_out(_entries(chart), WIDTH - 2 * MARGIN)
        self.legend = self.bottom - _BETWEEN + _DAYS
        self.height = round(self.legend + legends.height(self.entries) + MARGIN)

    def panel_top(self, number: int) -> float:
        """Of the field of a panel, below its title."""
        return self.panels + number * (_ABOVE + _PANEL + _BETWEEN) + _ABOVE

    def x(self, days: float) -> float:
        """Of a moment."""
        part = min(max(days / self.chart.days, 0), 1)
        return self.left + part * (self.right - self.left)


def draw(chart: JobChart) -> bytes:
    """The PNG."""
    sheet = _Sheet(chart)
    canvas = Canvas(WIDTH, sheet.height, sheet.colours)
    _heading(canvas, sheet)
    _strip(canvas, sheet)
    for number, panel in enumerate(chart.panels):
        _Field(canvas, sheet, number, panel).draw()
    _below(canvas, sheet)
    return canvas.png()


def _heading(canvas: Canvas, sheet: _Sheet) -> None:
    chart, colours = sheet.chart, sheet.colours
    room = WIDTH - 2 * MARGIN
    title = lettering.drawable(chart.title, chart.slug)
    fitted = lettering.fitted(title, room, TITLE, bold=True)
    canvas.text((MARGIN, MARGIN + 30), fitted, TITLE, colours.text, bold=True)
    below = lettering.fitted(lettering.drawable(chart.subtitle), room, SMALL)
    canvas.text((MARGIN, MARGIN + 68), below, SMALL, colours.muted)


def _strip(canvas: Canvas, sheet: _Sheet) -> None:
    """A cell for each day; where it is narrow, what went well is less high."""
    chart, colours = sheet.chart, sheet.colours
    if not chart.strip:
        return
    canvas.text((MARGIN, sheet.strip - 16), "Each day", TEXT, colours.text)
    step = (sheet.right - sheet.left) / len(chart.strip)
    gap = 3 if step >= _NARROW else 1.5
    found: list[tuple[Box, Cell]] = []
    for at, cell in enumerate(chart.strip):
        box: Box = (sheet.left + at * step, sheet.strip, step - gap, float(_STRIP))
        if step < _NARROW and cell in (Cell.OK, Cell.QUIET):
            box = (box[0], sheet.strip + _STRIP / 2, box[2], _STRIP / 2)
        found.append((box, cell))
    symbols.draw(canvas, found, colours)


class _Field:
    """One panel."""

    def __init__(
        self, canvas: Canvas, sheet: _Sheet, number: int, panel: Panel
    ) -> None:
        self._canvas, self._sheet, self._panel = canvas, sheet, panel
        self._top = sheet.panel_top(number)
        highest = max((point.y for point in panel.points), default=0)
        if panel.usual is not None:
            highest = max(highest, panel.usual.high)
        self._step = scale_step(highest)
        steps = max(math.ceil(highest * _HEADROOM / self._step), 1)
        self._most = steps * self._step

    def _y(self, value: float) -> float:
        part = min(max(value / self._most, 0), 1)
        return self._top + _PANEL * (1 - part)

    def draw(self) -> None:
        """Ground, incidents, what is usual, numbers, and the runs above it all."""
        sheet, canvas, colours = self._sheet, self._canvas, self._sheet.colours
        said = lettering.drawable(f"{self._panel.title}, in {self._panel.unit}")
        canvas.text((MARGIN, self._top - 20), said, TEXT, colours.text)
        width = sheet.right - sheet.left
        canvas.boxes([(sheet.left, self._top, width, _PANEL)], colours.ground)
        self._usual()
        self._numbers()
        self._incidents()
        self._points()

    def _usual(self) -> None:
        usual, sheet = self._panel.usual, self._sheet
        if usual is None:
            return
        top, bottom = self._y(usual.high), self._y(usual.low)
        # a habit without any spread is a line that can be seen
        height = max(bottom - top, 5)
        box = (sheet.left, top, sheet.right - sheet.left, height)
        self._canvas.boxes([box], sheet.colours.usual)

    def _numbers(self) -> None:
        sheet, colours = self._sheet, self._sheet.colours
        for value in self._values():
            y = self._y(value)
            line = [[(sheet.left, y), (sheet.right, y)]]
            self._canvas.lines(line, colours.line, 1.5)
            place = (sheet.left - 12, y + 8)
            said = f"{value:g}"
            self._canvas.text(place, said, SMALL, colours.muted, across="right")

    def _values(self) -> Iterator[float]:
        for step in range(round(self._most / self._step) + 1):
            yield step * self._step

    def _incidents(self) -> None:
        sheet, canvas, colours = self._sheet, self._canvas, self._sheet.colours
        boxes = [
            (sheet.x(each.start), max(sheet.x(each.end) - sheet.x(each.start), 4))
            for each in sheet.chart.incidents
        ]
        washes = [(x, self._top, width, _PANEL) for x, width in boxes]
        canvas.boxes(washes, colours.down, alpha=0.22)
        rules = [(x, self._top + _PANEL - 6, width, 6) for x, width in boxes]
        canvas.boxes(rules, colours.down)

    def _points(self) -> None:
        sheet, colours = self._sheet, self._sheet.colours
        placed = [
            (sheet.x(point.x), self._y(point.y), point.cell)
            for point in self._panel.points
        ]
        good = [(x, y) for x, y, cell in placed if cell is Cell.OK]
        self._canvas.dots(good, _DOT + 1.5, colours.ground)
        self._canvas.dots(good, _DOT, colours.run)
        half = _SYMBOL / 2
        others = [
            ((x - half, y - half, _SYMBOL, _SYMBOL), cell)
            for x, y, cell in placed
            if cell is not Cell.OK
        ]
        symbols.draw(self._canvas, others, colours)


def scale_step(highest: float, lines: int = 4) -> float:
    """The distance of the lines of a scale: 1, 2, 2.5 or 5 times a power of ten."""
    if highest <= 0:
        return 1.0
    rough = highest * _HEADROOM / lines
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in _STEPS if step * power >= rough * 0.999)


def _below(canvas: Canvas, sheet: _Sheet) -> None:
    chart, colours = sheet.chart, sheet.colours
    y = sheet.bottom - _BETWEEN if chart.panels else sheet.bottom - _BELOW_STRIP
    for tick in chart.ticks:
        x = sheet.x(tick.x)
        canvas.lines([[(x, y), (x, y + 8)]], colours.edge, 2)
        half = lettering.width(tick.label, SMALL) / 2
        middle = min(max(x, sheet.left + half), sheet.right - half)
        canvas.text((middle, y + 32), tick.label, SMALL, colours.muted, across="center")
    legends.draw(canvas, sheet.entries, (MARGIN, sheet.legend + 8), colours)


def _entries(chart: JobChart) -> list[legends.Entry]:
    entries = [
        legends.RUN if cell is Cell.OK and chart.panels else legends.of(cell)
        for cell in chart.legend
        if cell is not Cell.QUIET
    ]
    if any(panel.usual for panel in chart.panels):
        entries.append(legends.USUAL)
    if chart.incidents and chart.panels:
        entries.append(legends.DOWN)
    return entries
