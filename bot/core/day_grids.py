"""Which jobs the picture of a day or a week shows, and what it shows in words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import drawings, summaries
from bot.core.drawings import TROUBLES, WORDS, Cell, Column, DayGrid, Theme
from bot.core.kinds import Outcome
from bot.core.periods import Period, PeriodKind
from bot.core.summaries import Report, Rest, Row, Timelines
from bot.core.summary_words import rate

#: rows that can be read on a phone
MOST_ROWS = 20
#: rows of a day on which there is nothing to see
CALM_ROWS = 10
#: characters of a description, as Discord counts them
MOST_WORDS = 1024

#: hours between two that are named
_NAMED = 3
_LABEL = 40
#: columns that are named of one row and outcome
_TIMES = 3
_DAY = timedelta(days=1)

CELLS = {
    Outcome.LOST: Cell.FAILED,
    Outcome.FAILED: Cell.FAILED,
    Outcome.TOO_SHORT: Cell.FAILED,
    Outcome.MISSED: Cell.MISSED,
    Outcome.OVERRAN: Cell.OVERRAN,
    Outcome.LATE: Cell.LATE,
    Outcome.UNKNOWN: Cell.UNKNOWN,
    Outcome.SUPPRESSED: Cell.SUPPRESSED,
    Outcome.SKIPPED: Cell.SUPPRESSED,
    Outcome.OK: Cell.OK,
    Outcome.MERGED: Cell.OK,
}
#: the worst first
_ORDER = tuple(Cell)
#: what is named of a job, if it is there
_TOLD = (Cell.FAILED, Cell.MISSED, Cell.OVERRAN, Cell.LATE, Cell.UNKNOWN)


def of_report(report: Report, theme: Theme = Theme.DARK) -> DayGrid:
    """The picture of a report."""
    down = {fact.slug for fact in (*report.new, *report.still_open)}
    made = grid(report.timelines, theme=theme, down=down)
    return replace(made, subtitle=_subtitle(report))


def grid(
    timelines: Timelines,
    *,
    theme: Theme = Theme.DARK,
    down: set[str] | None = None,
    most: int = MOST_ROWS,
) -> DayGrid:
    """The picture of a day or a week: the interesting jobs, and a line for the rest.

    `down`: the slugs of jobs of which an incident is still open.
    """
    count = len(timelines.columns)
    ahead = timelines.future_from
    shown, others = _chosen(timelines, most)
    rows = tuple(_row(each, count, ahead, down or set()) for each in shown)
    rest = _rest(timelines.rest, others, count, ahead)
    jobs = timelines.rest.jobs + len(others)
    return DayGrid(
        title=title(timelines.period),
        subtitle=timelines.period.zone,
        columns=_columns(timelines.period, timelines.columns),
        rows=rows,
        rest=rest if jobs else (),
        rest_label=f"{jobs:,} more" if rows else f"{jobs:,} jobs",
        note="" if rows or jobs else "There are no jobs yet.",
        blind=timelines.blind,
        future_from=ahead,
        theme=theme,
    )


def title(period: Period) -> str:
    """`Thursday 26 November 2026`, or `Week from 23 to 29 November 2026`."""
    first, last = period.label, period.last
    if period.kind is PeriodKind.DAY:
        return f"{first:%A} {first.day} {first:%B %Y}"
    start = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        start = f"{first.day} {first:%B}"
    if first.year != last.year:
        start = f"{start} {first.year}"
    return f"Week from {start} to {last.day} {last:%B %Y}"


def _subtitle(report: Report) -> str:
    totals, period = report.totals, report.period
    parts = [f"{totals.jobs:,} {'job' if totals.jobs == 1 else 'jobs'}"]
    if totals.success_rate is not None:
        parts.append(f"{rate(totals.success_rate)} of {_judged(report):,} went well")
    parts.append(period.zone)
    hours = period.length / timedelta(hours=1)
    if period.kind is PeriodKind.DAY and period.length != _DAY:
        parts.append(f"a day of {hours:g} hours")
    return " · ".join(parts)


def _judged(report: Report) -> int:
    return report.totals.good + report.totals.bad


def _chosen(timelines: Timelines, most: int) -> tuple[Sequence[Row], Sequence[Row]]:
    """Rows of their own, and the others."""
    rows = sorted(timelines.rows, key=lambda row: not row.is_interesting)
    if len(rows) <= most and not timelines.rest.jobs:
        return rows, ()
    interesting = sum(row.is_interesting for row in rows)
    kept = min(max(interesting, CALM_ROWS), most)
    return rows[:kept], rows[kept:]


def _row(row: Row, count: int, ahead: int | None, down: set[str]) -> drawings.Row:
    return drawings.Row(
        label=row.label or row.slug,
        slug=row.slug,
        cells=_cells(row.cells, count, ahead),
        down=row.down,
        maintained=row.maintained,
        is_down=row.slug in down,
    )


def _cells(
    found: Sequence[summaries.Cell], count: int, ahead: int | None
) -> tuple[Cell, ...]:
    """The worst of each column."""
    cells = [Cell.QUIET] * count
    if ahead is not None:
        cells[ahead:] = [Cell.ABSENT] * (count - ahead)
    for each in found:
        cell = CELLS[each.outcome]
        cells[each.column] = min(cells[each.column], cell, key=_ORDER.index)
    return tuple(cells)


def _rest(
    rest: Rest, others: Sequence[Row], count: int, ahead: int | None
) -> tuple[Cell, ...]:
    found = [*rest.cells, *(cell for row in others for cell in row.cells)]
    return _cells(found, count, ahead)


def _columns(period: Period, begins: Sequence[datetime]) -> tuple[Column, ...]:
    zone = ZoneInfo(period.zone)
    walls = [at.astimezone(zone) for at in begins]
    if period.kind is PeriodKind.DAY:
        return tuple(_hours(walls))
    return tuple(_quarters(walls))


def _hours(walls: Sequence[datetime]) -> Iterator[Column]:
    """Every third hour is named, once, also on a day with an hour more or less."""
    named: set[int] = set()
    # minutes need the room of two
    apart = 2 * _NAMED if any(wall.minute for wall in walls) else _NAMED
    for wall in walls:
        label = ""
        if wall.hour % apart == 0 and wall.hour not in named:
            named.add(wall.hour)
            label = f"{wall:%H}" if not wall.minute else f"{wall:%H:%M}"
        yield Column(name=f"{wall:%H:%M}", label=label)


def _quarters(walls: Sequence[datetime]) -> Iterator[Column]:
    """The first of each day is named by it."""
    before = None
    for wall in walls:
        is_first = wall.date() != before
        before = wall.date()
        yield Column(
            name=f"{wall:%a %H:%M}",
            label=f"{wall:%a}" if is_first else "",
            is_edge=is_first,
        )


def alt_text(grid: DayGrid, report: Report | None = None) -> str:
    """What the picture shows, in words, within the limit of Discord."""
    parts = [f"{grid.title}: {_shape(grid)}."]
    if grid.blind:
        parts.append(f"Cronitor was blind at {_times(grid, grid.blind)}.")
    told = [said for row in grid.rows for said in (_told(grid, row),) if said]
    closing = _closing(grid, report, len(told))
    for at, said in enumerate(told):
        left = f"And {len(told) - at} more jobs with something to see."
        if _length(" ".join([*parts, said, left, closing])) > MOST_WORDS:
            parts.append(left)
            break
        parts.append(said)
    return _cut(" ".join([*parts, closing]).strip())


def _shape(grid: DayGrid) -> str:
    if grid.note:
        return grid.note.rstrip(".").lower()
    is_week = any(each.is_edge for each in grid.columns)
    count = len(grid.rows)
    shown = [f"a row for {'one job' if count == 1 else f'each of {count} jobs'}"]
    others = [f"a row for {grid.rest_label} together"] if grid.rest else []
    rows = " and ".join([*(shown if count else []), *others])
    return f"{rows}, a column for every {'six hours' if is_week else 'hour'}"


def _told(grid: DayGrid, row: drawings.Row) -> str:
    """The troubles of one job; empty: there are none."""
    name = _cut(" ".join(row.label.split()), _LABEL)
    said = []
    for cell in _TOLD:
        columns = [at for at, each in enumerate(row.cells) if each is cell]
        if columns:
            said.append(f"{WORDS[cell]} at {_times(grid, columns)}")
    if row.is_down:
        said.append("still down")
    return f"{name}: {'; '.join(said)}." if said else ""


def _times(grid: DayGrid, columns: Sequence[int]) -> str:
    named = [grid.columns[at].name for at in columns[:_TIMES]]
    left = len(columns) - len(named)
    return ", ".join(named) + (f" and {left} more" if left else "")


def _closing(grid: DayGrid, report: Report | None, told: int) -> str:
    """What is said of everything that was not named."""
    bad = TROUBLES & {*grid.rest}
    if bad:
        worst = min(bad, key=_ORDER.index)
        return f"Among the others the worst is {WORDS[worst]}."
    if report is not None and not _judged(report):
        return "Nothing was due."
    return "All others went well." if told else "All went well."


def _length(text: str) -> int:
    """As Discord may count: halves of wide characters."""
    return len(text) + sum(char > "\uffff" for char in text)


def _cut(text: str, limit: int = MOST_WORDS) -> str:
    if _length(text) <= limit:
        return text
    while _length(text) > limit - 1:
        text = text[:-1]
    return text.rstrip() + "…"
