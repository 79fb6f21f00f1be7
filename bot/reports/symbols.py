"""Cells with their symbols: an outcome is seen by its shape, without any colour.

Only the process that draws imports this, since it loads matplotlib.
"""

from collections.abc import Iterable

from bot.core.drawings import Cell
from bot.reports.canvas import Box, Canvas, Place
from bot.reports.themes import Colours

_ROUNDED = 4


def draw(canvas: Canvas, found: Iterable[tuple[Box, Cell]], colours: Colours) -> None:
    """Each cell in its box."""
    by_cell: dict[Cell, list[Box]] = {}
    for box, cell in found:
        by_cell.setdefault(cell, []).append(box)
    for cell, boxes in by_cell.items():
        if cell is Cell.ABSENT:
            continue
        _fill(canvas, cell, boxes, colours)
        _mark(canvas, cell, boxes, colours)


def _fill(canvas: Canvas, cell: Cell, boxes: list[Box], colours: Colours) -> None:
    if cell is Cell.QUIET:
        canvas.boxes(boxes, colours.ground, rounded=_ROUNDED)
        return
    canvas.boxes(boxes, colours.cells[cell], rounded=_ROUNDED)


def _mark(canvas: Canvas, cell: Cell, boxes: list[Box], colours: Colours) -> None:
    places = [_middle(box) for box in boxes]
    size = min(min(box[2], box[3]) for box in boxes) * 0.24
    match cell:
        case Cell.FAILED:
            canvas.lines(_crosses(places, size), colours.symbols[cell], 3.5)
        case Cell.MISSED:
            canvas.rings(places, size * 1.15, colours.symbols[cell], 3.5)
        case Cell.LATE:
            canvas.dots(places, size * 0.75, colours.symbols[cell])
        case Cell.OVERRAN:
            canvas.shapes(_arrows(places, size * 1.1), colours.symbols[cell])
        case Cell.UNKNOWN:
            for x, y in places:
                canvas.text(
                    (x, y + size * 1.15),
                    "?",
                    size * 3.2,
                    colours.symbols[cell],
                    bold=True,
                    across="center",
                )
        case Cell.SUPPRESSED:
            dashes = [[(x - size, y), (x + size, y)] for x, y in places]
            canvas.lines(dashes, colours.symbols[cell], 3.5)
        case _:
            pass


def _middle(box: Box) -> Place:
    left, top, width, height = box
    return left + width / 2, top + height / 2


def _crosses(places: Iterable[Place], size: float) -> list[list[Place]]:
    return [
        [(x - size, y - way * size), (x + size, y + way * size)]
        for x, y in places
        for way in (1, -1)
    ]


def _arrows(places: Iterable[Place], size: float) -> list[list[Place]]:
    """Pointing to what is later."""
    return [
        [(x - 0.7 * size, y - size), (x + size, y), (x - 0.7 * size, y + size)]
        for x, y in places
    ]


def hatching(box: Box, step: float) -> list[list[Place]]:
    """Lines from the lower left to the upper right that end at the edges of the box."""
    left, top, width, height = box
    right, bottom = left + width, top + height
    lines: list[list[Place]] = []
    shift = step / 2
    while shift < width + height:
        x, y = left + shift, top + shift
        start = (x, top) if x <= right else (right, top + x - right)
        end = (left, y) if y <= bottom else (left + y - bottom, bottom)
        lines.append([start, end])
        shift += step
    return lines
