"""A report on a terminal of 80 columns: the headline, bars of jobs, and the rest."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.cli import looks, text, times
from bot.core.states import View

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

#: jobs that have a bar of their own
MOST_BARS = 15
#: where there are no more jobs than that, each has its line
ALL_BARS = 10
_LABEL = 20
#: characters of one column of a bar
_WIDE = 2
#: days in one line of a job's bar
_DAYS = 45
_LEVELS = "▁▂▃▄▅▆▇█"
_ASCII_LEVELS = "_.-=oO#@"
#: the worst first; what a cell with more than one is known by
_WORST = (
    *("lost", "failed", "overran", "missed", "too_short", "unknown"),
    *("late", "suppressed", "skipped", "ok", "merged"),
)
_BAD = _WORST[:5]
#: an incident is open, and nothing was due
_DOWN = looks.Look("─", "-", "red")
#: nobody could see
_BLIND = looks.OUTCOMES["unknown"]
_NOTHING = looks.Look(" ", " ", "")

#: [column, outcome, count]
_Cells = Sequence[Sequence[Any]]


def report(view: View, *, ascii_only: bool) -> list["RenderableType"]:
    """A day or a week."""
    from rich.text import Text

    found: list[RenderableType] = [
        Text(_title(view), style="bold"),
        Text(text.visible(view["headline"]), style=_colour(view)),
    ]
    if view["late"]:
        found.append(Text(text.visible(view["late"]), style="yellow"))
    found += ["", *_bars(view, ascii_only=ascii_only)]
    return found if view["is_quiet"] else [*found, *sections(view["sections"])]


def _title(view: View) -> str:
    period = view["period"]
    name = period["label"]
    if period["kind"] == "week":
        name = f"week from {name}"
    return f"{name}, {text.visible(period['zone'])}"


def _colour(view: View) -> str:
    """The headline is red while something is down, green on a quiet day."""
    if any(view[key]["total"] for key in ("new", "still_open", "later")):
        return "bold red"
    return "green" if view["is_quiet"] else "yellow"


def _bars(view: View, *, ascii_only: bool) -> list["RenderableType"]:
    lines = view["timelines"]
    count = len(lines["columns"])
    shown = [row for row in lines["rows"] if row["is_interesting"]][:MOST_BARS]
    if len(lines["rows"]) + lines["rest"]["jobs"] <= ALL_BARS:
        shown = lines["rows"]
    names = {row["slug"] for row in shown}
    others = [row for row in lines["rows"] if row["slug"] not in names]
    left = len(others) + lines["rest"]["jobs"]
    if not shown and not left:
        return []
    said: list[RenderableType] = [_axis(view)]
    seen: set[str] = set()
    for row in shown:
        marks = _marks(row, lines, count)
        seen.update(outcome for _, outcome, _ in row["cells"])
        said.append(_bar(row["label"], marks, ascii_only=ascii_only))
    if left:
        cells = [cell for row in others for cell in row["cells"]]
        cells += lines["rest"]["cells"]
        seen.update(outcome for _, outcome, _ in cells)
        marks = _marks({"cells": cells}, lines, count)
        said.append(_bar(_others(left, bool(shown)), marks, ascii_only=ascii_only))
    return [*said, _legend(seen, lines, shown, ascii_only=ascii_only)]


def _others(count: int, beside: bool) -> str:
    jobs = f"{count:,} job{'' if count == 1 else 's'}"
    return f"{count:,} more" if beside else jobs


def _marks(row: View, lines: View, count: int) -> list[looks.Look]:
    """What stands in each column."""
    worst = _worst_by_column(row["cells"])
    down, blind = set(row.get("down", ())), set(lines["blind"])
    future = lines["future_from"]
    marks = []
    for column in range(count):
        if column in worst:
            marks.append(looks.outcome_look(worst[column]))
        elif future is not None and column >= future:
            marks.append(_NOTHING)
        elif column in blind:
            marks.append(_BLIND)
        else:
            marks.append(_DOWN if column in down else _NOTHING)
    return marks


def _worst_by_column(cells: _Cells) -> dict[int, str]:
    found: dict[int, str] = {}
    for column, outcome, _ in cells:
        before = found.get(column)
        if before is None or _rank(outcome) < _rank(before):
            found[column] = outcome
    return found


def _rank(outcome: str) -> int:
    return _WORST.index(outcome) if outcome in _WORST else len(_WORST)


def _bar(label: str, marks: Sequence[looks.Look], *, ascii_only: bool) -> "Text":
    from rich.text import Text

    line = Text(_fitted(label, ascii_only=ascii_only), no_wrap=True)
    for look in marks:
        line.append(look.mark(ascii_only=ascii_only) * _WIDE, style=look.colour)
    return line


def _fitted(label: str, *, ascii_only: bool) -> str:
    """The name in its column, cut where it is too long."""
    from rich.cells import cell_len, set_cell_size

    shown = text.visible(label)
    if cell_len(shown) <= _LABEL:
        return set_cell_size(shown, _LABEL + 1)
    end = "..." if ascii_only else "…"
    return set_cell_size(shown, _LABEL - len(end)) + end + " "


def _axis(view: View) -> "Text":
    """The local hours above the columns; for a week its days."""
    from rich.text import Text

    period = view["period"]
    zone = ZoneInfo(period["zone"])
    begins = [_local(each, zone) for each in view["timelines"]["columns"]]
    is_week = period["kind"] == "week"
    line = ""
    for index, at in enumerate(begins):
        says = index % 4 == 0 if is_week else at.hour % 3 == 0
        is_free = len(line) <= index * _WIDE
        if says and is_free:
            line = line.ljust(index * _WIDE)
            line += f"{at:%a %d}" if is_week else f"{at.hour:02}"
    return Text(" " * (_LABEL + 1) + line, style="bright_black", no_wrap=True)


def _local(written: str, zone: ZoneInfo) -> datetime:
    return times.read(written).astimezone(zone)


def _legend(
    seen: set[str], lines: View, shown: Sequence[View], *, ascii_only: bool
) -> "Text":
    from rich.text import Text

    said = looks.legend(seen, ascii_only=ascii_only)
    if lines["blind"] and "unknown" not in seen:
        said += f"  {_BLIND.mark(ascii_only=ascii_only)} Cronitor could not see"
    if any(row["down"] for row in shown):
        said += f"  {_DOWN.mark(ascii_only=ascii_only)} down"
    return Text(said.strip(), style="bright_black")


def sections(found: Iterable[View]) -> list["RenderableType"]:
    """Headings with their lines, each of which may take more than one row."""
    from rich.table import Table
    from rich.text import Text

    shown: list[RenderableType] = []
    for section in found:
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=3, justify="right", style="bright_black")
        grid.add_column(overflow="fold")
        for line in section["lines"]:
            grid.add_row("-", Text(text.visible(line)))
        if section["left_out"]:
            grid.add_row("", Text(f"and {section['left_out']:,} more"))
        shown += ["", Text(text.visible(section["title"]), style="bold"), grid]
    return shown


def job(view: View, *, ascii_only: bool) -> list["RenderableType"]:
    """One job: its days as a bar, how long it took, and what is known."""
    from rich.text import Text

    found: list[RenderableType] = [
        Text(text.visible(view["label"]), style="bold"),
        Text(text.visible(view["headline"])),
        "",
    ]
    days, seen = view["days"], Counter[str]()
    for first in range(0, len(days), _DAYS):
        part = days[first : first + _DAYS]
        worst = [_worst(day["outcomes"]) for day in part]
        seen.update(each for each in worst if each)
        marks = [looks.outcome_look(each) if each else _NOTHING for each in worst]
        line = Text(f"{part[0]['label']}  ", no_wrap=True)
        for look in marks:
            line.append(look.mark(ascii_only=ascii_only), style=look.colour)
        found += [line, *_levels(part, days, ascii_only=ascii_only)]
    legend = looks.legend(seen, ascii_only=ascii_only)
    found.append(Text(legend, style="bright_black"))
    return [*found, *sections(view["sections"])]


def _worst(outcomes: Mapping[str, int]) -> str | None:
    return min((each for each, n in outcomes.items() if n), key=_rank, default=None)


def _levels(
    part: Sequence[View], days: Sequence[View], *, ascii_only: bool
) -> list["Text"]:
    """How long its runs took, day by day, beside the longest of these days."""
    from rich.text import Text

    most = max((day["runtime"] or 0 for day in days), default=0)
    if not most:
        return []
    levels = _ASCII_LEVELS if ascii_only else _LEVELS
    line = "".join(_level(day["runtime"], most, levels) for day in part)
    return [Text(f"{'took':<12}{line}", style="cyan", no_wrap=True)]


def _level(runtime: float | None, most: float, levels: str) -> str:
    if runtime is None:
        return " "
    return levels[min(int(runtime / most * len(levels)), len(levels) - 1)]


def listed(found: Sequence[View]) -> "RenderableType":
    """The reports that were posted."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("of", "", "headline"):
        table.add_column(column, overflow="fold")
    for each in found:
        late = "late" if each["late"] else ""
        kind = "week " if each["kind"] == "week" else ""
        table.add_row(f"{kind}{each['date']}", late, text.visible(each["headline"]))
    return table
