"""What a picture of a report shows, before anybody has drawn it.

A drawing is data alone, so that rules can make it, a snapshot can keep it, and another
process can draw it.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Theme(StrEnum):
    """On what it is drawn."""

    DARK = "dark"
    LIGHT = "light"


class Cell(StrEnum):
    """What came of one job within one column; the worst first, as it counts."""

    FAILED = "failed"
    MISSED = "missed"
    OVERRAN = "overran"
    LATE = "late"
    UNKNOWN = "unknown"
    #: it did not count: planned work, or somebody had paused or skipped it
    SUPPRESSED = "suppressed"
    OK = "ok"
    #: nothing was due, and nothing came
    QUIET = "quiet"
    #: not yet, or not any more: the job or the hour was not there
    ABSENT = "absent"


#: in the words of a legend
WORDS = {
    Cell.OK: "ok",
    Cell.LATE: "late",
    Cell.FAILED: "failed",
    Cell.MISSED: "missed",
    Cell.OVERRAN: "too long",
    Cell.UNKNOWN: "unknown",
    Cell.SUPPRESSED: "not counted",
    Cell.QUIET: "nothing due",
}
#: those that somebody should look at
TROUBLES = frozenset({Cell.FAILED, Cell.MISSED, Cell.OVERRAN, Cell.LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job."""

    label: str
    #: stands in for a label that no font can draw
    slug: str
    cells: tuple[Cell, ...]
    #: columns in which an incident of it was open
    down: tuple[int, ...] = ()
    #: columns in which it was in planned work
    maintained: tuple[int, ...] = ()
    #: an incident of it was open at the end
    is_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A stretch of time, an hour long or six."""

    #: by the wall clock at its beginning, for whoever cannot see the picture
    name: str
    #: what is written above it; empty: nothing
    label: str = ""
    #: a day begins here, so there is a line before it
    is_edge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGrid:
    """Each job's day, or week: rows are jobs, columns are hours."""

    title: str
    subtitle: str = ""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    #: the worst of all other jobs in each column; empty: there are none
    rest: tuple[Cell, ...] = ()
    rest_label: str = ""
    #: what is said below the rows, as that there are none
    note: str = ""
    #: columns in which Cronitor could not see for some time
    blind: tuple[int, ...] = ()
    #: columns from this one on have not begun; None: all have
    future_from: int | None = None
    theme: Theme = Theme.DARK

    @property
    def legend(self) -> tuple[Cell, ...]:
        """What there is to explain, in a fixed order."""
        found = {cell for row in self.rows for cell in row.cells} | {*self.rest}
        return tuple(cell for cell in WORDS if cell in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run, or one slot of a job without runs."""

    #: days from the left
    x: float
    #: in the unit of its panel
    y: float
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Between what a job usually stays."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One measure of a job over the days."""

    title: str
    #: s, min, h or d
    unit: str
    points: tuple[Point, ...]
    usual: Usual | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An incident, in days from the left."""

    start: float
    end: float
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A day that has its name below."""

    x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChart:
    """One job over weeks."""

    title: str
    #: of the job; stands in for a title that no font can draw
    slug: str
    subtitle: str = ""
    days: float
    ticks: tuple[Tick, ...]
    panels: tuple[Panel, ...]
    #: what came of each day, the oldest first
    strip: tuple[Cell, ...] = ()
    incidents: tuple[Span, ...] = ()
    theme: Theme = Theme.DARK

    @property
    def legend(self) -> tuple[Cell, ...]:
        """What there is to explain, in a fixed order."""
        found = {point.cell for panel in self.panels for point in panel.points}
        found |= {*self.strip}
        return tuple(cell for cell in WORDS if cell in found)


Drawing = DayGrid | JobChart


def view(drawing: Drawing) -> dict[str, Any]:
    """The drawing as JSON."""
    return {"drawing": type(drawing).__name__, **asdict(drawing)}


def of_view(found: dict[str, Any]) -> Drawing:
    """The drawing that was made JSON."""
    values = {key: value for key, value in found.items() if key != "drawing"}
    values["theme"] = Theme(values["theme"])
    return (_grid if found["drawing"] == DayGrid.__name__ else _chart)(values)


def _grid(values: dict[str, Any]) -> DayGrid:
    values["columns"] = tuple(Column(**each) for each in values["columns"])
    values["rows"] = tuple(map(_row, values["rows"]))
    values["rest"] = _cells(values["rest"])
    values["blind"] = tuple(values["blind"])
    return DayGrid(**values)


def _row(found: dict[str, Any]) -> Row:
    columns = {key: tuple(found[key]) for key in ("down", "maintained")}
    return Row(**{**found, "cells": _cells(found["cells"]), **columns})


def _cells(found: list[str]) -> tuple[Cell, ...]:
    return tuple(map(Cell, found))


def _chart(values: dict[str, Any]) -> JobChart:
    values["ticks"] = tuple(Tick(**each) for each in values["ticks"])
    values["panels"] = tuple(map(_panel, values["panels"]))
    values["strip"] = _cells(values["strip"])
    values["incidents"] = tuple(Span(**each) for each in values["incidents"])
    return JobChart(**values)


def _panel(found: dict[str, Any]) -> Panel:
    points = tuple(
        Point(x=each["x"], y=each["y"], cell=Cell(each["cell"]))
        for each in found["points"]
    )
    usual = None if found["usual"] is None else Usual(**found["usual"])
    return Panel(title=found["title"], unit=found["unit"], points=points, usual=usual)
