"""What the picture of one job over weeks shows: durations, lateness, incidents."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import durations, incidents
from bot.core.day_grids import CELLS
from bot.core.drawings import Cell, JobChart, Panel, Point, Span, Theme, Tick, Usual
from bot.core.fact_lines import moment
from bot.core.kinds import Outcome
from bot.core.summaries import WORST_FIRST, Band, IncidentFact, JobDay, JobReport
from bot.core.summary_words import Section, rate

_DAY = timedelta(days=1)
#: days below a picture that are named, at the most
_TICKS = 6
#: from how long on a unit is used, and how long one of it is
_UNITS = (
    (2 * _DAY, "d", _DAY),
    (timedelta(hours=2), "h", timedelta(hours=1)),
    (timedelta(minutes=2), "min", timedelta(minutes=1)),
)
_SECONDS = ("s", timedelta(seconds=1))


def chart(report: JobReport, theme: Theme = Theme.DARK) -> JobChart:
    """The picture of a job."""
    panels = [
        _panel("How long it took", _runs(report), report.runtime),
        _panel("How late it came", _lateness(report), report.lateness),
    ]
    return JobChart(
        title=report.label or report.slug,
        slug=report.slug,
        subtitle=subtitle(report),
        days=_days(report, report.end),
        ticks=tuple(_ticks(report)),
        panels=tuple(panel for panel in panels if panel is not None),
        strip=tuple(map(_worst, report.days)),
        incidents=tuple(_span(report, fact) for fact in report.incidents),
        theme=theme,
    )


def alt_text(report: JobReport) -> str:
    """What the picture shows, in words."""
    name = " ".join((report.label or report.slug).split())[:100]
    parts = [f"{name}, {subtitle(report)}."]
    for what, band in (("takes", report.runtime), ("is late by", report.lateness)):
        if band is not None:
            parts.append(f"It usually {what} {_between(band)}.")
    return " ".join(parts)


def facts(report: JobReport) -> Iterator[str]:
    """What is known of it, in a line each."""
    counted = [
        f"{report.outcomes[each]:,} {each.replace('_', ' ')}"
        for each in Outcome
        if report.outcomes.get(each)
    ]
    yield ", ".join(counted) if counted else "nothing has been heard of it"
    for what, band in (("takes", report.runtime), ("is late by", report.lateness)):
        if band is not None:
            yield f"usually {what} {_between(band)} ({band.samples:,} known)"
    count = report.incidents.total
    if count:
        said = f"{count:,} {'incident' if count == 1 else 'incidents'}"
        yield f"{said}, down for {durations.about(report.down)} in all"


def _between(band: Band) -> str:
    low, high = durations.about(band.low), durations.about(band.high)
    return low if low == high else f"{low} to {high}"


def incident_lines(report: JobReport) -> Iterator[str]:
    """Each incident in a line, the newest first."""
    for fact in report.incidents:
        began = moment(fact.opened_at, report.zone)
        what, length = incidents.WORDS[fact.kind], durations.about(fact.length)
        if fact.resolved_at is None:
            yield f"#{fact.id} {what}, since {began}, for {length} by now"
        else:
            yield f"#{fact.id} {what}, {began}, for {length}"


def subtitle(report: JobReport) -> str:
    """Which days, and how it went in all."""
    parts = [_dates(report.days)] if report.days else []
    judged = sum(report.outcomes.get(outcome, 0) for outcome in Outcome)
    if report.success_rate is not None:
        parts.append(f"{rate(report.success_rate)} of {judged:,} went well")
    if report.down:
        parts.append(f"down for {durations.about(report.down)}")
    return " · ".join(parts) or "nothing is known yet"


def _dates(days: Sequence[JobDay]) -> str:
    first, last = days[0].label, days[-1].label
    return f"{_day(first)} to {_day(last)} {last.year}"


def _day(label: date) -> str:
    return f"{label.day} {label:%b}"


def _days(report: JobReport, at: datetime) -> float:
    return (at - report.start) / _DAY


def _runs(report: JobReport) -> list[tuple[float, timedelta, Cell]]:
    return [
        (
            _days(report, point.at),
            point.took,
            CELLS[point.outcome or Outcome.OK],
        )
        for point in report.points
    ]


def _lateness(report: JobReport) -> list[tuple[float, timedelta, Cell]]:
    """One point for each day, in its middle."""
    return [
        (
            at + 0.5,
            day.lateness,
            Cell.LATE if day.outcomes.get(Outcome.LATE) else Cell.OK,
        )
        for at, day in enumerate(report.days)
        if day.lateness is not None
    ]


def _panel(
    title: str, found: Sequence[tuple[float, timedelta, Cell]], band: Band | None
) -> Panel | None:
    """None: there is nothing to show, or it never took any time."""
    longest = max((value for _, value, _ in found), default=timedelta())
    if longest <= timedelta():
        return None
    unit, one = next(
        ((name, one) for least, name, one in _UNITS if longest >= least), _SECONDS
    )
    usual = None if band is None else Usual(low=band.low / one, high=band.high / one)
    points = tuple(
        Point(x=round(x, 3), y=round(max(value / one, 0), 3), cell=cell)
        for x, value, cell in found
    )
    return Panel(title=title, unit=unit, points=points, usual=usual)


def _worst(day: JobDay) -> Cell:
    found = [outcome for outcome in WORST_FIRST if day.outcomes.get(outcome)]
    return CELLS[found[0]] if found else Cell.QUIET


def _span(report: JobReport, fact: IncidentFact) -> Span:
    end = fact.resolved_at or report.written_at
    return Span(
        start=max(round(_days(report, fact.opened_at), 3), 0),
        end=round(_days(report, end), 3),
        is_open=fact.resolved_at is None,
    )


def _ticks(report: JobReport) -> Iterator[Tick]:
    """The same number of days apart, each at its local midnight."""
    apart = max(-(-len(report.days) // _TICKS), 1)
    zone = ZoneInfo(report.zone)
    for day in report.days[::apart]:
        midnight = datetime.combine(day.label, datetime.min.time(), zone)
        x = round(max(_days(report, midnight), 0), 3)
        yield Tick(x=x, label=_day(day.label))


def sections(report: JobReport) -> list[Section]:
    """What is to be said of the job beside its picture; none without lines."""
    found = (
        Section("facts", "In short", tuple(facts(report))),
        Section("drifts", "Unlike usual", tuple(each.text for each in report.drifts)),
        Section(
            "incidents",
            "Incidents",
            tuple(incident_lines(report)),
            report.incidents.left_out,
        ),
    )
    return [each for each in found if each.lines]
