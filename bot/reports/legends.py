"""What the colours and symbols of a picture mean, in as few lines as it takes.

Only the process that draws imports this, since it loads matplotlib.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from bot.core.drawings import WORDS, Cell
from bot.reports import lettering, symbols
from bot.reports.canvas import Canvas, Place
from bot.reports.themes import Colours

SIZE = 23
_LINE = 36
_SWATCH = 26
_AFTER_SWATCH = 9
_BETWEEN = 26


class Mark(Enum):
    """What is no cell."""

    DOWN = "incident"
    STILL = "still open"
    WORK = "planned work"
    BLIND = "Cronitor was blind"
    USUAL = "usual"
    RUN = "ok"


@dataclass(frozen=True, slots=True)
class Entry:
    """One swatch and its words; its place is from the top left of the legend."""

    of: Cell | Mark
    text: str
    x: float = 0
    line: int = 0


DOWN, STILL, WORK, BLIND, USUAL, RUN = (Entry(mark, mark.value) for mark in Mark)


def of(cell: Cell) -> Entry:
    """The entry of an outcome."""
    return Entry(cell, WORDS[cell])


def laid_out(entries: Sequence[Entry], room: float) -> list[Entry]:
    """The entries, each in its place."""
    placed: list[Entry] = []
    x, line = 0.0, 0
    for entry in entries:
        needed = _SWATCH + _AFTER_SWATCH + lettering.width(entry.text, SIZE)
        if x and x + needed > room:
            x, line = 0.0, line + 1
        placed.append(replace(entry, x=x, line=line))
        x += needed + _BETWEEN
    return placed


def height(entries: Sequence[Entry]) -> float:
    """Of all lines."""
    return (entries[-1].line + 1) * _LINE + 4 if entries else 0


def draw(canvas: Canvas, entries: Sequence[Entry], at: Place, colours: Colours) -> None:
    """All of them, from that place on."""
    for entry in entries:
        left, top = at[0] + entry.x, at[1] + entry.line * _LINE
        box = (left, top, _SWATCH, _SWATCH)
        match entry.of:
            case Cell():
                symbols.draw(canvas, [(box, entry.of)], colours)
            case Mark.BLIND:
                canvas.boxes([box], colours.cells[Cell.UNKNOWN])
                slants = symbols.hatching(box, 13)
                canvas.lines(slants, colours.symbols[Cell.UNKNOWN], 2.5, cap="butt")
            case Mark.STILL:
                middle = (left + _SWATCH / 2, top + _SWATCH / 2)
                canvas.dots([middle], 8, colours.down)
            case Mark.RUN:
                middle = (left + _SWATCH / 2, top + _SWATCH / 2)
                canvas.dots([middle], 6, colours.run)
            case Mark.USUAL:
                canvas.boxes([box], colours.usual)
            case _:
                colour = colours.down if entry.of is Mark.DOWN else colours.maintenance
                canvas.boxes([(left, top + _SWATCH - 8, _SWATCH, 6)], colour)
        words = (left + _SWATCH + _AFTER_SWATCH, top + 21)
        canvas.text(words, entry.text, SIZE, colours.text)
