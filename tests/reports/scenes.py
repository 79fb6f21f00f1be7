"""Reports of days as they may be: quiet, terrible, empty, with an hour more or less."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.core import periods
from bot.core.kinds import IncidentKind, Outcome, Severity
from bot.core.periods import Period, PeriodKind
from bot.core.summaries import (
    Band,
    Cell,
    DriftFact,
    IncidentFact,
    JobDay,
    JobReport,
    Lateness,
    Point,
    Report,
    Rest,
    Row,
    Some,
    Timelines,
    Totals,
    Way,
)
from tests.reports import troubles

RIGA = "Europe/Riga"
TODAY = date(2026, 11, 26)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
#: names as people choose them, and worse ones
NAMES = (
    *("nightly-backup", "Invoices to the accountant", "certbot renew", "mail-queue"),
    *(
        "nas sync",
        "夜間バックアップ",
        "גיבוי לילי",
        "deploy 🚀 hook",
        "etl $x^2$\nstep 2",
    ),
    *("report-" + "x" * 100, "log rotation", "offsite copy", "health of the shop"),
    *("crm import", "thumbnails", "search index", "dns check", "vacuum", "metrics"),
)
_BAD = (
    *(Outcome.FAILED, Outcome.MISSED, Outcome.OVERRAN, Outcome.LATE, Outcome.LATE),
    *(Outcome.UNKNOWN, Outcome.SUPPRESSED),
)


def day(label: date = TODAY, zone: str = RIGA) -> Period:
    """A local day."""
    return periods.build(PeriodKind.DAY, label, zone)


def week(label: date = TODAY, zone: str = RIGA) -> Period:
    """A local week."""
    return periods.build(PeriodKind.WEEK, label, zone)


def row(
    number: int,
    cells: Sequence[Cell],
    *,
    down: tuple[int, ...] = (),
    maintained: tuple[int, ...] = (),
) -> Row:
    """One job."""
    outcomes = [cell.outcome for cell in cells]
    worst = next((each for each in _BAD if each in outcomes), None)
    return Row(
        slug=f"job-{number:03}",
        label=NAMES[number] if number < len(NAMES) else f"job-{number:03}",
        cells=tuple(cells),
        worst=worst or (Outcome.OK if cells else None),
        is_interesting=worst is not None or bool(down),
        down=down,
        maintained=maintained,
    )


def well(columns: int, every: int = 1, first: int = 0) -> list[Cell]:
    """Runs that went well, every so many columns."""
    return [
        Cell(column=at, outcome=Outcome.OK, count=1)
        for at in range(first, columns, every)
    ]


def report(
    period: Period, rows: Sequence[Row], rest: int = 0, **facts: object
) -> Report:
    """A report of these rows, and of other jobs that were all well."""
    columns = periods.columns(period)
    cells = [cell for each in rows for cell in each.cells]
    others = well(len(columns)) if rest else []
    outcomes: dict[Outcome, int] = {}
    for cell in cells:
        outcomes[cell.outcome] = outcomes.get(cell.outcome, 0) + cell.count
    if rest:
        outcomes[Outcome.OK] = outcomes.get(Outcome.OK, 0) + rest * len(columns)
    made = Report(
        period=period,
        lateness=Lateness(written_at=period.end + 5 * HOUR),
        timelines=Timelines(
            period=period,
            columns=columns,
            rows=tuple(rows),
            rest=Rest(jobs=rest, cells=tuple(others)),
        ),
        totals=Totals(
            jobs=len(rows) + rest,
            active=sum(1 for each in rows if each.cells) + rest,
            outcomes=outcomes,
            runs=sum(outcomes.values()),
            pings=2 * sum(outcomes.values()),
        ),
    )
    return replace(made, **facts)  # type: ignore[arg-type]  # facts by their names


def empty() -> Report:
    """Nothing is watched."""
    return report(day(), [])


def quiet(jobs: int = 12) -> Report:
    """All went well."""
    rows = [row(at, well(24, at % 5 + 1, at % 3)) for at in range(min(jobs, 120))]
    return report(day(), rows, rest=max(jobs - 120, 0), ahead=troubles.ahead(day()))


def three() -> Report:
    """Three jobs, of which one has failed and recovered."""
    cells = well(24, 1)
    cells[4] = Cell(column=4, outcome=Outcome.FAILED, count=1)
    cells[5] = Cell(column=5, outcome=Outcome.MISSED, count=1)
    failed = row(0, cells, down=(4, 5))
    recovered = incident(0, day(), at=4.2, length=1.5, kind=IncidentKind.FAILED)
    rows = [failed, row(1, well(24, 24, 3)), row(2, well(24, 6))]
    return report(day(), rows, recovered=Some((recovered,), 1))


def incident(
    number: int,
    period: Period,
    *,
    at: float,
    length: float | None,
    kind: IncidentKind,
) -> IncidentFact:
    """One that opened so many hours after the period began; open without a length."""
    opened_at = period.start + at * HOUR
    end = None if length is None else opened_at + length * HOUR
    return IncidentFact(
        id=100 + number,
        slug=f"job-{number:03}",
        label=NAMES[number] if number < len(NAMES) else f"job-{number:03}",
        kind=kind,
        severity=Severity.CRITICAL if number % 3 == 0 else Severity.WARNING,
        opened_at=opened_at,
        resolved_at=end,
        length=(end or period.end + 5 * HOUR) - opened_at,
        count=number % 4 + 1,
        is_new=True,
    )


def terrible(period: Period | None = None, rest: int = 0) -> Report:
    """Hardly anything went well."""
    period = period or day()
    drawn, columns = random.Random(3), len(periods.columns(period))
    rows = []
    for number in range(60):
        cells = well(columns, number % 3 + 1)
        share = max(0.5 - number * 0.008, 0.04)
        cells = [
            replace(cell, outcome=drawn.choice(_BAD))
            if drawn.random() < share
            else cell
            for cell in cells
        ]
        start = drawn.randrange(columns)
        down = tuple(range(start, columns)) if number < 9 else ()
        work = (2, 3, 4) if number == 3 else ()
        rows.append(row(number, cells, down=down, maintained=work))
    kinds = list(IncidentKind)
    new = [
        incident(n, period, at=3 + n * 0.5, length=None, kind=kinds[n % len(kinds)])
        for n in range(9)
    ]
    recovered = [
        incident(n, period, at=1 + n, length=0.4 * n, kind=IncidentKind.MISSED)
        for n in range(9, 20)
    ]
    made = report(
        period,
        rows,
        rest=rest,
        new=Some(tuple(new), 9),
        recovered=Some(tuple(recovered), 31),
        **troubles.around(period),
    )
    return replace(made, timelines=replace(made.timelines, blind=(7, 8)))


def ordinary() -> Report:
    """Nearly five hundred jobs, of which a few give trouble."""
    period = day()
    cells = [well(24, 1 + at % 3, at % 2) for at in range(12)]
    failed = [Cell(column=at, outcome=Outcome.FAILED, count=1) for at in range(19, 24)]
    cells[0] = [*well(19), *failed]
    cells[1] = [Cell(column=3, outcome=Outcome.MISSED, count=1)]
    cells[2][4] = Cell(column=cells[2][4].column, outcome=Outcome.LATE, count=1)
    cells[4][6] = Cell(column=cells[4][6].column, outcome=Outcome.OVERRAN, count=1)
    names = (
        *("queue-depth", "Nightly backup", "certbot renew", "mail-queue", "nas sync"),
        *("thumbnails", "crm import", "log rotation", "offsite copy", "dns check"),
        *("search index", "metrics"),
    )
    downs: dict[int, tuple[int, ...]] = {0: tuple(range(19, 24)), 1: (3, 4, 5)}
    rows = [
        replace(row(at, cells[at], down=downs.get(at, ())), label=names[at])
        for at in range(12)
    ]
    queue = incident(0, period, at=19.2, length=None, kind=IncidentKind.FAILED)
    backup = incident(1, period, at=3.5, length=2.6, kind=IncidentKind.MISSED)
    drift = DriftFact(
        slug="nas-sync",
        label="nas sync",
        way=Way.SLOWER,
        text="normally 4 to 6 min, now 31; first time since 12 May",
    )
    return report(
        period,
        rows,
        rest=476,
        new=Some((replace(queue, label=names[0], count=5),), 1),
        recovered=Some((replace(backup, label=names[1], count=1),), 1),
        drifts=Some((drift,), 1),
        saved=Some((replace(troubles.saved(period), label=names[3]),), 1),
        ahead=troubles.ahead(period),
    )


def first_day() -> Report:
    """A report that somebody asks for at noon of the first day."""
    period = day()
    rows = [row(0, well(12, 1, 10)), row(1, well(12, 1, 11)), row(2, [])]
    made = report(period, rows)
    ahead_from = replace(made.timelines, future_from=12)
    written = Lateness(written_at=period.start + 12 * HOUR)
    return replace(made, timelines=ahead_from, lateness=written)


def short_day() -> Report:
    """Of 23 hours."""
    return terrible(day(date(2026, 3, 29)))


def long_day() -> Report:
    """Of 25 hours."""
    return three_on(day(date(2026, 10, 25)))


def half_hour_more() -> Report:
    """Of 24.5 hours, on Lord Howe Island."""
    return three_on(day(date(2026, 4, 5), "Australia/Lord_Howe"))


def three_on(period: Period) -> Report:
    """Three jobs on that day."""
    columns = len(periods.columns(period))
    rows = [row(at, well(columns, at + 1)) for at in range(3)]
    return report(period, rows)


def a_week() -> Report:
    """Seven days."""
    return terrible(week(), rest=440)


Make = Callable[[], Report]
REPORTS: dict[str, Make] = {
    "empty": empty,
    "quiet": quiet,
    "quiet-500": lambda: quiet(500),
    "ordinary": ordinary,
    "terrible": terrible,
    "terrible-500": lambda: terrible(rest=440),
    "three": three,
    "first": first_day,
    "short": short_day,
    "long": long_day,
    "half": half_hour_more,
    "week": a_week,
}


def job(days: int = 30, *, name: str = "Nightly backup") -> JobReport:
    """One job that has become slow lately."""
    end = datetime(2026, 11, 26, 22, tzinfo=UTC)
    start = end - days * DAY
    made, points = _nights(start, days)
    failed = day(start.date() + 8 * DAY)
    fact = incident(0, failed, at=3, length=26, kind=IncidentKind.FAILED)
    second = timedelta(seconds=1)
    drift = DriftFact(
        slug="nightly-backup",
        label=name,
        way=Way.SLOWER,
        text="normally 4 to 6 min, now 14; first time since 12 May",
    )
    return JobReport(
        slug="nightly-backup",
        label=name,
        zone=RIGA,
        written_at=end,
        start=start,
        end=end,
        days=made,
        points=points,
        runtime=Band(low=4 * MINUTE, middle=5 * MINUTE, high=6 * MINUTE, samples=days),
        lateness=Band(low=10 * second, middle=30 * second, high=50 * second, samples=9),
        drifts=(drift,),
        outcomes={Outcome.OK: days - 4, Outcome.FAILED: 2, Outcome.MISSED: 1},
        incidents=Some((fact,), 1),
        down=26 * HOUR,
        success_rate=(days - 3) / days,
    )


def _nights(start: datetime, days: int) -> tuple[tuple[JobDay, ...], tuple[Point, ...]]:
    """What came of each night; two failed, one was missed, one was late."""
    drawn = random.Random(5)
    made: list[JobDay] = []
    points: list[Point] = []
    for at in range(days):
        took = drawn.gauss(4.8, 0.4) + (9 if at > days - 4 else 0)
        outcome = Outcome.FAILED if at in (7, 8) else Outcome.OK
        outcome = Outcome.LATE if at == 20 else outcome
        outcome = Outcome.MISSED if at == 13 else outcome
        missed = outcome is Outcome.MISSED
        late = None if missed else abs(drawn.gauss(30, 12)) * MINUTE / 60
        label = (start + (at + 1) * DAY).date()
        made.append(JobDay(label=label, outcomes={outcome: 1}, lateness=late))
        if not missed:
            at_night = start + at * DAY + 3 * HOUR
            points.append(Point(at=at_night, took=took * MINUTE, outcome=outcome))
    return tuple(made), tuple(points)
