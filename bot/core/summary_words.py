"""A report in words: the line by which a reader knows whether to read on, and more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.core import durations, periods
from bot.core.fact_lines import (
    blind_line,
    count,
    incident_line,
    moment,
    mute_line,
    names,
    saved_line,
    work_line,
)
from bot.core.forecasts import HourAhead
from bot.core.kinds import Outcome
from bot.core.periods import PeriodKind
from bot.core.summaries import (
    IncidentFact,
    Report,
    Some,
    Totals,
)

T = TypeVar("T")

#: the busiest hours to come that are named
HEAVY_HOURS = 3
#: an hour is heavy if it has so many times the dues of the middle one
_HEAVY = 2


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: a heading and its lines, the most important first."""

    #: names the facts: new, still_open, recovered, drifts, ...
    key: str
    title: str
    lines: tuple[str, ...]
    #: facts that there is no line for
    left_out: int = 0


def headline(report: Report) -> str:
    """What a reader has to know if nothing else is read, the worst first."""
    totals = report.totals
    if not totals.jobs and not _is_down(report) and not report.recovered:
        said = "Nothing is watched yet"
        return "; ".join([said, *_sight(report)])
    parts = [*_down(report), *_bad(report), *_doubtful(report)]
    if not _is_down(report) and not report.recovered and not totals.bad:
        parts = [_ran(totals, all_is_known=not parts), *parts]
    said = "; ".join([*parts, *_aside(report)])
    return said[0].upper() + said[1:]


def is_quiet(report: Report) -> bool:
    """Whether the headline and the picture say everything."""
    told = (
        *(report.new, report.still_open, report.recovered, report.later),
        *(
            report.drifts,
            report.drifting,
            report.never_seen,
            report.muted,
            report.maintenance,
        ),
        *(report.blind, report.saved),
    )
    odd = (Outcome.UNKNOWN, Outcome.SUPPRESSED)
    return (
        not any(told)
        and not report.totals.bad
        and not any(report.totals.outcomes.get(each, 0) for each in odd)
        and not report.lateness.is_late
    )


def late_line(report: Report) -> str:
    """`written at 09:40, due at 08:00: Cronitor was stopped`; empty: in time."""
    lateness = report.lateness
    if lateness.due_at is None:
        return ""
    said = []
    if lateness.why:
        zone = report.period.zone
        written = moment(lateness.written_at, zone, beside=lateness.written_at)
        due = moment(lateness.due_at, zone, beside=lateness.written_at)
        said.append(f"written at {written}, due at {due}: {lateness.why}")
    if lateness.skipped:
        skipped = names(str(each) for each in lateness.skipped)
        said.append(f"not posted at all: {skipped}")
    return "; ".join(said)


def title(report: Report) -> str:
    """What is reported, and the headline: `Sun 2026-11-22: 3 jobs are down`."""
    return f"{report.period.name}: {headline(report)}"


def lines(report: Report) -> list[str]:
    """Everything as lines for a log: `New: backup failed; 2 h, since 02:10`."""
    found = [late_line(report)] if report.lateness.is_late else []
    for section in sections(report):
        found += [f"{section.title}: {line}" for line in section.lines]
        if section.left_out:
            found.append(f"{section.title}: and {section.left_out:,} more")
    return found


def _is_down(report: Report) -> bool:
    return bool(report.new or report.still_open or report.later)


def _down(report: Report) -> list[str]:
    new, later = report.new.total, report.later.total
    down = new + later + report.still_open.total
    said = []
    if down:
        verb = "job is down" if down == 1 else "jobs are down"
        fresh = f", {new + later} new {_since(report)}" if new + later else ""
        said.append(f"{down:,} {verb}{fresh}{_hushed(report)}")
    if report.recovered:
        count = report.recovered.total
        said.append(f"{count:,} recovered")
    return said


def _hushed(report: Report) -> str:
    """Those among them that nobody hears of."""
    facts = [*report.new, *report.still_open, *report.later]
    hushed = sum(1 for each in facts if each.silenced_by)
    return f", {hushed:,} of them silenced" if hushed else ""


def _since(report: Report) -> str:
    period = report.period
    if period.kind is PeriodKind.WEEK:
        return f"since {period.label:%a} {period.label.day} {period.label:%b}"
    today = periods.local_date(report.lateness.written_at, period.zone)
    names = {0: "today", 1: "since yesterday"}
    return names.get((today - period.label).days, f"since {period.label}")


def _bad(report: Report) -> list[str]:
    bad = report.totals.bad
    judged = bad + report.totals.good
    if not bad:
        return []
    return [f"{bad:,} of {count(judged, 'run')} did not end well"]


def _doubtful(report: Report) -> list[str]:
    """What keeps anybody from saying that all is well."""
    said = _sight(report)
    unknown = report.totals.outcomes.get(Outcome.UNKNOWN, 0)
    if unknown:
        said.append(f"{count(unknown, 'outcome')} unknown")
    if report.never_seen:
        said.append(f"{count(report.never_seen.total, 'job')} never reported")
    return said


def _sight(report: Report) -> list[str]:
    if not report.blind:
        return []
    length = sum((each.length for each in report.blind), timedelta())
    return [f"Cronitor could not see for {durations.about(length)}"]


def _ran(totals: Totals, *, all_is_known: bool) -> str:
    """Nothing failed; `All` is said only where nothing is in doubt."""
    runs = totals.good
    if not totals.active:
        return f"nothing was due of {count(totals.jobs, 'job')}"
    said = f"{count(runs, 'run')}, none failed"
    if totals.active < totals.jobs:
        return f"{totals.active:,} of {count(totals.jobs, 'job')} ran: {said}"
    if totals.jobs == 1:
        return f"the only job ran: {said}"
    if not all_is_known:
        return f"{totals.jobs:,} jobs ran: {said}"
    return f"all {totals.jobs:,} jobs ran: {said}"


def _aside(report: Report) -> list[str]:
    said = []
    unlike = _unlike_usual(report)
    if unlike:
        said.append(f"{count(unlike, 'job')} unlike usual")
    suppressed = report.totals.outcomes.get(Outcome.SUPPRESSED, 0)
    if suppressed:
        said.append(f"{suppressed:,} suppressed by maintenance")
    if report.paused:
        said.append(f"{report.paused.total:,} paused")
    return said


def _unlike_usual(report: Report) -> int:
    """Jobs, some of which may be named twice; beyond what is kept all are counted."""
    known = {fact.slug for fact in report.drifts}
    others = [fact for fact in report.drifting if fact.slug not in known]
    jobs = len(known) + report.drifts.left_out
    return jobs + len(others) + report.drifting.left_out


def sections(report: Report) -> tuple[Section, ...]:
    """Everything that there is to say, section by section; empty ones are left out."""
    zone = report.period.zone
    found = [
        _incidents(report, "new", "New", report.new),
        _incidents(report, "later", "Went down since then", report.later),
        _incidents(report, "still_open", "Still open", report.still_open),
        _incidents(report, "recovered", "Recovered", report.recovered),
        _section(
            "drifts", "Unlike usual", report.drifts, lambda f: f"{f.label}: {f.text}"
        ),
        _incidents(report, "drifting", "Unlike usual for a while", report.drifting),
        _section(
            "never_seen",
            "Never seen",
            report.never_seen,
            lambda f: f"{f.label}, made {moment(f.since, zone)}",
        ),
        _section("muted", "Muted", report.muted, lambda f: mute_line(f, zone)),
        _section(
            "maintenance",
            "In maintenance",
            report.maintenance,
            lambda f: work_line(f, report.period),
        ),
        _section(
            "paused", "Paused", report.paused, lambda f: f"{f.label}, by {f.by or '?'}"
        ),
        _section(
            "blind",
            "Cronitor could not see",
            report.blind,
            lambda f: blind_line(f, report.period),
        ),
        _section("saved", "Saved by a retry", report.saved, saved_line),
        _heavy(report),
        _totals(report),
    ]
    return tuple(each for each in found if each is not None)


def _section(
    key: str, title: str, some: Some[T], line: Callable[[T], str]
) -> Section | None:
    if not some:
        return None
    lines = tuple(line(each) for each in some)
    return Section(key, title, lines, some.left_out)


def _incidents(
    report: Report, key: str, title: str, some: Some[IncidentFact]
) -> Section | None:
    return _section(key, title, some, lambda fact: incident_line(fact, report.period))


def heavy_hours(hours: Sequence[HourAhead]) -> tuple[HourAhead, ...]:
    """The busiest hours to come, if they stand out; in the order of time."""
    counts = sorted(each.dues for each in hours)
    if not counts:
        return ()
    least = max(counts[len(counts) // 2] * _HEAVY, 1)
    heavy = sorted(
        (each for each in hours if each.dues >= least), key=lambda each: -each.dues
    )
    return tuple(sorted(heavy[:HEAVY_HOURS], key=lambda each: each.start))


def _heavy(report: Report) -> Section | None:
    heavy = heavy_hours(report.ahead.hours)
    if not heavy:
        return None
    zone = ZoneInfo(report.period.zone)
    lines = [
        f"{each.start.astimezone(zone):%a %H:%M}, {each.dues:,} due"
        + (f", most of {each.busiest}" if each.busiest else "")
        for each in heavy
    ]
    if report.ahead.left_out:
        lines.append(f"{count(report.ahead.left_out, 'job')} not counted")
    return Section("ahead", "Heavy hours to come", tuple(lines))


def _totals(report: Report) -> Section:
    totals, before = report.totals, report.before
    lines = [
        f"{count(totals.jobs, 'job')}, {count(totals.runs, 'run')}, "
        f"{count(totals.pings, 'ping')}, {count(totals.sounds, 'sound')}",
    ]
    if totals.success_rate is not None:
        lines.append(f"{rate(totals.success_rate)} ended well")
    if totals.outcomes:
        lines.append(_outcomes(totals.outcomes))
    is_over = report.lateness.written_at >= report.period.end
    changed = changes(totals, before) if before is not None and is_over else ""
    if changed:
        lines.append(f"the {report.period.kind} before: {changed}")
    return Section("totals", "In all", tuple(lines))


def _outcomes(outcomes: Mapping[Outcome, int]) -> str:
    return ", ".join(
        f"{outcomes[each]:,} {each.replace('_', ' ')}"
        for each in Outcome
        if outcomes.get(each)
    )


def changes(totals: Totals, before: Totals) -> str:
    """What is different from the period before, in a few words; empty: nothing much."""
    pairs = (
        ("good run", totals.good, before.good),
        ("bad run", totals.bad, before.bad),
        ("incident", totals.incidents, before.incidents),
        ("sound", totals.sounds, before.sounds),
    )
    return ", ".join(
        f"{count(was, noun)} (now {now:,})" for noun, now, was in pairs if now != was
    )


def rate(share: float) -> str:
    """`99.97 %`; all of it only where nothing was missing."""
    percent = share * 100
    if share < 1 and round(percent, 2) == 100:
        return "over 99.99 %"
    return f"{percent:.2f}".rstrip("0").rstrip(".") + " %"
