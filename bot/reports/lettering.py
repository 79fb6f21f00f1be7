"""Text in pictures: only what the font can draw, and never wider than its place.

Only the process that draws imports this, since it loads matplotlib.
"""

import unicodedata
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font

ELLIPSIS = "…"
#: in the place of what cannot be drawn
INSTEAD = "□"
#: no more of a text is looked at
_LONGEST = 400
#: directions of writing that nobody here can lay out
_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}
#: emoji, what changes them, and marks that nothing carries
_PICTURES = {"So", "Sk", "Mn", "Me"}
#: at this many pixels to the inch a point is a pixel
DPI = 72

_FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
_NAMES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


@cache
def properties(size: float, *, bold: bool = False) -> FontProperties:
    """The font of a size, taken from its file: nothing is searched for."""
    return FontProperties(fname=_FONTS / _NAMES[bold], size=size)


@cache
def _font(bold: bool) -> FT2Font:
    return FT2Font(str(_FONTS / _NAMES[bold]))


@cache
def _width_of(char: str, bold: bool) -> float:
    """Of a character, in parts of the size."""
    font = _font(bold)
    font.set_size(100, DPI)
    glyph = font.load_char(ord(char))
    return float(glyph.linearHoriAdvance) / 65536 / 100


def width(text: str, size: float, *, bold: bool = False) -> float:
    """In pixels."""
    return size * sum(_width_of(char, bold) for char in text)


def drawable(text: str, instead: str = "") -> str:
    """One line of what can be drawn; `instead` if too little of it can."""
    flat = unicodedata.normalize("NFC", " ".join(text[:_LONGEST].split()))
    kept = [char for char in flat if not _is_left_out(char)]
    shown = [char if _can(char) else INSTEAD for char in kept]
    lost = shown.count(INSTEAD)
    turned = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in kept)
    if instead and (turned or not shown or lost * 3 > len(shown)):
        return drawable(instead)
    single = [
        char
        for at, char in enumerate(shown)
        if char not in (INSTEAD, " ") or at == 0 or shown[at - 1] != char
    ]
    return "".join(single).strip()


def _is_left_out(char: str) -> bool:
    """What nobody misses: controls, and pictures that the font lacks."""
    category = unicodedata.category(char)
    return category[0] == "C" or (category in _PICTURES and not _can(char))


def _can(char: str) -> bool:
    return _font(False).get_char_index(ord(char)) != 0


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or its beginning, within so many pixels."""
    if width(text, size, bold=bold) <= room:
        return text
    kept = text
    while kept and width(kept + ELLIPSIS, size, bold=bold) > room:
        kept = kept[:-1]
    return kept.rstrip(" -_.,·") + ELLIPSIS
