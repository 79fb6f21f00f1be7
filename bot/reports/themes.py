"""Colours of pictures: told apart by their lightness too, and checked for contrast."""

from dataclasses import dataclass

from bot.core.drawings import Cell, Theme

Rgb = tuple[int, int, int]
#: from one colour to its neighbour
_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """One theme."""

    #: of the card that everything stands on
    card: str
    #: of a cell where nothing is
    ground: str
    text: str
    #: of what is said in passing
    muted: str
    line: str
    #: of the edge of the card, and of time that Cronitor did not see
    edge: str
    cells: dict[Cell, str]
    #: of the symbol that stands in a cell of that kind
    symbols: dict[Cell, str]
    #: of an incident that was open, and of planned work
    down: str
    maintenance: str
    #: between what a job usually stays, and a run that went well
    usual: str
    run: str

    def palette(self) -> list[Rgb]:
        """At most 256 colours: all of them, and what lies between neighbours."""
        on_card = [
            *(self.text, self.muted, self.line, self.edge, self.ground, self.down),
            *(self.maintenance, self.usual, self.run, *self.cells.values()),
        ]
        pairs = [(colour, self.card) for colour in on_card]
        pairs += [(self.symbols[cell], self.cells[cell]) for cell in self.symbols]
        pairs += [(self.down, self.ground), (self.down, self.usual)]
        pairs += [(self.run, self.ground), (self.text, self.ground)]
        found = {
            _between(_rgb(one), _rgb(other), step / _STEPS): None
            for one, other in pairs
            for step in range(_STEPS + 1)
        }
        return list(found)


_CELLS = {
    Cell.OK: "#2f9e6e",
    Cell.LATE: "#f0c030",
    Cell.FAILED: "#e5323e",
    Cell.OVERRAN: "#ef8a1d",
    Cell.SUPPRESSED: "#4a78c8",
}
_SYMBOLS = {
    Cell.LATE: "#2b2200",
    Cell.FAILED: "#ffffff",
    Cell.OVERRAN: "#2b1600",
    Cell.SUPPRESSED: "#ffffff",
}

_DARK = Colours(
    card="#17181d",
    ground="#24262d",
    text="#f2f3f5",
    muted="#b0b4bd",
    line="#3a3d46",
    edge="#4b4f5a",
    cells={**_CELLS, Cell.MISSED: "#571a22", Cell.UNKNOWN: "#372c55"},
    symbols={**_SYMBOLS, Cell.MISSED: "#ff8d93", Cell.UNKNOWN: "#b79cf2"},
    down="#ff4d58",
    maintenance="#6f9bea",
    usual="#2c4a63",
    run="#46c08c",
)
_LIGHT = Colours(
    card="#ffffff",
    ground="#eceef2",
    text="#1b1d22",
    muted="#555a64",
    line="#d5d8df",
    edge="#b9bdc7",
    cells={**_CELLS, Cell.MISSED: "#f9c6c9", Cell.UNKNOWN: "#e9e2fb"},
    symbols={**_SYMBOLS, Cell.MISSED: "#b00d19", Cell.UNKNOWN: "#6a45c0"},
    down="#d3141f",
    maintenance="#2f5fb5",
    usual="#bcdcf2",
    run="#1f7f57",
)
COLOURS = {Theme.DARK: _DARK, Theme.LIGHT: _LIGHT}


def contrast(one: str, other: str) -> float:
    """How far two colours differ in lightness, from 1 to 21, as WCAG counts it."""
    lights = sorted((_lightness(one), _lightness(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _lightness(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (each / 255 for each in _rgb(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _between(one: Rgb, other: Rgb, part: float) -> Rgb:
    red, green, blue = (
        round(a + (b - a) * part) for a, b in zip(one, other, strict=True)
    )
    return red, green, blue
