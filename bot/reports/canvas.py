"""A sheet in pixels, the origin at the top left, that becomes a small PNG.

Only the process that draws imports this, since it loads matplotlib.
"""

import io
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Patch, Polygon, Rectangle
from numpy.typing import NDArray
from PIL import Image

from bot.reports import lettering
from bot.reports.themes import Colours

#: (left, top, width, height)
Box = tuple[float, float, float, float]
Place = tuple[float, float]
Cap = Literal["butt", "round"]
Pixels = NDArray[numpy.int32]

#: rows whose colours are looked up together, which keeps the memory small
_STRIP = 64


class Canvas:
    """Draws at once; what comes later lies above."""

    def __init__(self, width: int, height: int, colours: Colours) -> None:
        self._colours = colours
        size = (width / lettering.DPI, height / lettering.DPI)
        self._figure = Figure(figsize=size, dpi=lettering.DPI, facecolor=colours.card)
        self._canvas = FigureCanvasAgg(self._figure)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._above = 0

    def boxes(
        self,
        boxes: Iterable[Box],
        colour: str,
        *,
        rounded: float = 0,
        alpha: float = 1,
    ) -> None:
        """Filled."""
        patches = [_box(each, rounded) for each in boxes]
        self._patches(patches, colour, alpha=alpha)

    def dots(
        self, places: Iterable[Place], radius: float, colour: str, alpha: float = 1
    ) -> None:
        """Filled circles."""
        circles = [Circle(each, radius) for each in places]
        self._patches(circles, colour, alpha=alpha)

    def rings(
        self, places: Iterable[Place], radius: float, colour: str, width: float
    ) -> None:
        """Empty circles."""
        circles = [Circle(each, radius) for each in places]
        self._patches(circles, "none", edge=colour, width=width)

    def shapes(self, shapes: Iterable[Sequence[Place]], colour: str) -> None:
        """Filled polygons."""
        self._patches([Polygon(list(each)) for each in shapes], colour)

    def lines(
        self,
        lines: Iterable[Sequence[Place]],
        colour: str,
        width: float = 2,
        *,
        dashed: bool = False,
        cap: Cap = "round",
    ) -> None:
        """Each through its places."""
        drawn = LineCollection(
            [numpy.array(each) for each in lines],
            colors=colour,
            linewidths=width,
            linestyles=[(0, (4, 3)) if dashed else "solid"],
            capstyle=cap,
            zorder=self._next(),
        )
        self._axes.add_collection(drawn, autolim=False)

    def text(
        self,
        place: Place,
        text: str,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        across: str = "left",
    ) -> None:
        """One line on the baseline of its place; `across`: left, center or right."""
        self._axes.text(
            *place,
            text,
            fontproperties=lettering.properties(size, bold=bold),
            color=colour,
            horizontalalignment=across,
            verticalalignment="baseline",
            parse_math=False,
            zorder=self._next(),
        )

    def png(self) -> bytes:
        """The sheet in the colours of the theme, and in what smooth edges make of them.

        Colours that are chosen by how much there is of each lose the rare ones.
        """
        palette = numpy.array(self._colours.palette(), dtype=numpy.int32)
        pixels = numpy.asarray(self._pixels())
        strips = [
            _nearest(pixels[top : top + _STRIP, :, :3].astype(numpy.int32), palette)
            for top in range(0, len(pixels), _STRIP)
        ]
        image = Image.fromarray(numpy.concatenate(strips))
        image.putpalette(palette.astype(numpy.uint8).tobytes())
        written = io.BytesIO()
        image.save(written, "PNG", optimize=True)
        return written.getvalue()

    def _pixels(self) -> memoryview:
        self._canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's
        found: memoryview = self._canvas.buffer_rgba()  # type: ignore[no-untyped-call]
        return found

    def _patches(
        self,
        patches: Sequence[Patch],
        colour: str,
        *,
        edge: str = "none",
        width: float = 0,
        alpha: float = 1,
    ) -> None:
        drawn = PatchCollection(
            patches,
            facecolors=colour,
            edgecolors=edge,
            linewidths=width,
            alpha=alpha,
            zorder=self._next(),
        )
        self._axes.add_collection(drawn, autolim=False)

    def _next(self) -> int:
        self._above += 1
        return self._above


def _nearest(pixels: Pixels, palette: Pixels) -> NDArray[numpy.uint8]:
    """The number of the nearest colour for each pixel of some rows."""
    packed = (pixels[:, :, 0] << 16) | (pixels[:, :, 1] << 8) | pixels[:, :, 2]
    found, places = numpy.unique(packed, return_inverse=True)
    colours = numpy.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1)
    apart = ((colours[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
    nearest: NDArray[numpy.uint8] = apart.argmin(axis=1).astype(numpy.uint8)
    shown: NDArray[numpy.uint8] = nearest[places].reshape(packed.shape)
    return shown


def _box(box: Box, rounded: float) -> Patch:
    left, top, width, height = box
    if not rounded:
        return Rectangle((left, top), width, height)
    style = f"round,pad=0,rounding_size={rounded}"
    return FancyBboxPatch((left, top), width, height, boxstyle=style)
