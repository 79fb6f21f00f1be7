"""The grid of a day or a week as a picture, made to be read on a phone.

Only the process that draws imports this, since it loads matplotlib.
"""

from collections.abc import Iterator
from itertools import groupby

from bot.core.drawings import Cell, DayGrid
from bot.reports import legends, lettering, symbols
from bot.reports.canvas import Box, Canvas
from bot.reports.themes import COLOURS, Colours

WIDTH = 1000
MARGIN = 28
#: a phone shows it at two fifths of its size
TITLE, TEXT, SMALL = 38, 25, 23
ROW, GAP = 37, 3
#: the labels take what they need, within these
_NARROWEST, _WIDEST = 140, 340
#: of the place of the dot that says that a job is down
_DOT = 24
#: of the line below cells that shows an incident
_RULE = 5
#: between the heading and the first row
_AXIS = 44
_MORE = 8


class _Sheet:
    """Where everything is."""

    def __init__(self, grid: DayGrid) -> None:
        self.grid = grid
        self.colours: Colours = COLOURS[grid.theme]
        self.labels = [lettering.drawable(row.label, row.slug) for row in grid.rows]
        rest = [grid.rest_label] if grid.rest else []
        widths = [lettering.width(each, TEXT) for each in (*self.labels, *rest)]
        needed = max(widths, default=0) + 14 + _DOT
        self.left = MARGIN + min(max(needed, _NARROWEST), _WIDEST)
        self.step = (WIDTH - MARGIN - self.left) / len(grid.columns)
        self.top = (
            MARGIN
            + 42
            + (36 if grid.subtitle else 0)
            + (_AXIS if grid.rows or grid.rest else 0)
        )
        self.rest_top = self.top + len(grid.rows) * ROW + _MORE
        self.bottom = self.rest_top + (ROW if grid.rest else -_MORE)
        self.line = self.bottom + (38 if grid.note else 4)
        self.entries = legends.laid_out(_entries(grid), WIDTH - 2 * MARGIN)
        below = legends.height(self.entries)
        self.legend = self.line + (22 if below else 0)
        self.height = round(self.legend + below + MARGIN)

    def x(self, column: float) -> float:
        """Where a column begins."""
        return self.left + column * self.step

    def cells(self, top: float, row: tuple[Cell, ...]) -> Iterator[tuple[Box, Cell]]:
        """A row that begins there; where nothing is, a blind time shows through."""
        for at, cell in enumerate(row):
            if cell is not Cell.QUIET or at not in self.grid.blind:
                yield (self.x(at), top, self.step - GAP, ROW - GAP), cell


def draw(grid: DayGrid) -> bytes:
    """The PNG."""
    sheet = _Sheet(grid)
    canvas = Canvas(WIDTH, sheet.height, sheet.colours)
    _heading(canvas, sheet)
    _columns(canvas, sheet)
    _blind(canvas, sheet)
    _rows(canvas, sheet)
    _below(canvas, sheet)
    return canvas.png()


def _heading(canvas: Canvas, sheet: _Sheet) -> None:
    grid, colours = sheet.grid, sheet.colours
    room = WIDTH - 2 * MARGIN
    title = lettering.fitted(lettering.drawable(grid.title), room, TITLE, bold=True)
    canvas.text((MARGIN, MARGIN + 30), title, TITLE, colours.text, bold=True)
    below = lettering.fitted(lettering.drawable(grid.subtitle), room, SMALL)
    canvas.text((MARGIN, MARGIN + 68), below, SMALL, colours.muted)


def _columns(canvas: Canvas, sheet: _Sheet) -> None:
    grid, colours = sheet.grid, sheet.colours
    if not sheet.grid.rows and not sheet.grid.rest:
        return
    for at, column in enumerate(grid.columns):
        if column.label:
            place = (sheet.x(at), sheet.top - 12)
            canvas.text(place, column.label, SMALL, colours.muted)
    edges = [
        [(x, sheet.top - _AXIS + 12), (x, sheet.bottom - GAP)]
        for at, column in enumerate(grid.columns)
        if column.is_edge
        for x in (sheet.x(at) - 4.5,)
    ]
    canvas.lines(edges, colours.edge, 2)


def _rows(canvas: Canvas, sheet: _Sheet) -> None:
    grid, colours = sheet.grid, sheet.colours
    cells: list[tuple[Box, Cell]] = []
    for at, (row, label) in enumerate(zip(grid.rows, sheet.labels, strict=True)):
        top = sheet.top + at * ROW
        cells += sheet.cells(top, row.cells)
        _label(canvas, sheet, top, label, is_down=row.is_down)
    if grid.rest:
        cells += sheet.cells(sheet.rest_top, grid.rest)
        _label(canvas, sheet, sheet.rest_top, grid.rest_label, is_rest=True)
    symbols.draw(canvas, cells, colours)
    down = [_rules(sheet, at, row.down) for at, row in enumerate(grid.rows)]
    work = [_rules(sheet, at, row.maintained) for at, row in enumerate(grid.rows)]
    canvas.boxes([box for row in work for box in row], colours.maintenance)
    canvas.boxes([box for row in down for box in row], colours.down)


def _label(
    canvas: Canvas,
    sheet: _Sheet,
    top: float,
    label: str,
    *,
    is_down: bool = False,
    is_rest: bool = False,
) -> None:
    colours = sheet.colours
    room = sheet.left - MARGIN - _DOT - 12
    shown = lettering.fitted(label, room, TEXT)
    colour = colours.muted if is_rest else colours.text
    canvas.text((MARGIN + _DOT, top + 26), shown, TEXT, colour)
    if is_down:
        canvas.dots([(MARGIN + 7, top + 17)], 7, colours.down)


def _rules(sheet: _Sheet, row: int, columns: tuple[int, ...]) -> Iterator[Box]:
    """Lines below the cells of a row, one for each stretch of columns."""
    top = sheet.top + (row + 1) * ROW - GAP - _RULE
    for start, end in stretches(columns):
        yield sheet.x(start), top, sheet.x(end) - sheet.x(start) - GAP, _RULE


def _blind(canvas: Canvas, sheet: _Sheet) -> None:
    """Hatched from the axis down, behind the cells: none of them is hidden."""
    colours = sheet.colours
    top = sheet.top - 8
    boxes = [
        (sheet.x(start), top, sheet.x(end) - sheet.x(start) - GAP, height)
        for start, end in stretches(sheet.grid.blind)
        for height in (sheet.bottom - GAP - top,)
    ]
    canvas.boxes(boxes, colours.cells[Cell.UNKNOWN])
    slants = [line for box in boxes for line in symbols.hatching(box, 13)]
    canvas.lines(slants, colours.symbols[Cell.UNKNOWN], 2.5, cap="butt")


def _below(canvas: Canvas, sheet: _Sheet) -> None:
    colours = sheet.colours
    said = lettering.drawable(sheet.grid.note)
    fitted = lettering.fitted(said, WIDTH - 2 * MARGIN, SMALL)
    canvas.text((MARGIN, sheet.line - 6), fitted, SMALL, colours.muted)
    if sheet.entries:
        line = [[(MARGIN, sheet.legend - 4), (WIDTH - MARGIN, sheet.legend - 4)]]
        canvas.lines(line, colours.line, 1.5)
    legends.draw(canvas, sheet.entries, (MARGIN, sheet.legend + 12), colours)


def _entries(grid: DayGrid) -> list[legends.Entry]:
    entries = [legends.of(cell) for cell in grid.legend if cell is not Cell.QUIET]
    if any(row.down for row in grid.rows):
        entries.append(legends.DOWN)
    if any(row.is_down for row in grid.rows):
        entries.append(legends.STILL)
    if any(row.maintained for row in grid.rows):
        entries.append(legends.WORK)
    if grid.blind:
        entries.append(legends.BLIND)
    return entries


def stretches(columns: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Columns that follow each other, as the first and the one after the last."""
    numbered = enumerate(sorted(set(columns)))
    for _, group in groupby(numbered, lambda pair: pair[1] - pair[0]):
        found = [column for _, column in group]
        yield found[0], found[-1] + 1
