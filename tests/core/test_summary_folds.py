"""What was found of a day, folded into its report."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.core import periods, summary_folds, summary_words
from bot.core.blind_times import Doubt
from bot.core.censuses import Census
from bot.core.kinds import (
    BlindReason,
    IncidentId,
    IncidentKind,
    IncidentStatus,
    JobId,
    MuteId,
    MuteScope,
    Outcome,
    Severity,
    Status,
    WindowId,
    WindowScope,
)
from bot.core.models import Incident, Job, JobState
from bot.core.summaries import (
    MOST_FACTS,
    DriftFact,
    Lateness,
    Report,
    SavedFact,
    Some,
    Totals,
    Way,
)
from bot.core.summary_folds import Blind, Found
from bot.core.timelines import DOWN, RECOVERED, Board, Tally
from tests.core.factories import DAY, HOUR, MINUTE, blind, cron, job, mute, window

#: Monday 23 November, written at eight on the next morning
PERIOD = periods.day(date(2026, 11, 23), "UTC")
START, END = PERIOD.start, PERIOD.end
WRITTEN = END + 8 * HOUR


def made(number: int, slug: str, **fields: Any) -> Job:
    """A job of that number, made long ago."""
    return replace(job(slug=slug, at=START - 9 * DAY, **fields), id=JobId(number))


def incident(
    number: int,
    opened_at: datetime,
    resolved_at: datetime | None = None,
    *,
    severity: Severity = Severity.WARNING,
) -> Incident:
    """An incident, of the job of the same number."""
    is_over = resolved_at is not None
    return Incident(
        id=IncidentId(number),
        job_id=JobId(number),
        kind=IncidentKind.MISSED,
        status=IncidentStatus.RESOLVED if is_over else IncidentStatus.OPEN,
        severity=severity,
        opened_at=opened_at,
        updated_at=opened_at,
        last_bad_at=opened_at,
        resolved_at=resolved_at,
        resolution="a success" if is_over else "",
    )


def folded(
    jobs: Sequence[Job] = (),
    tallies: Sequence[Tally] = (),
    *,
    states: Sequence[JobState] = (),
    written_at: datetime = WRITTEN,
    **found: Any,
) -> Report:
    """The report of these jobs and all that was found."""
    given: dict[str, Any] = {
        "incidents": (),
        "mutes": (),
        "windows": (),
        "blind": (),
        "saved": (),
        "drifts": Some(),
        "counted": Totals(),
        **found,
    }
    board = Board()
    notable = summary_folds.notable(given["incidents"], PERIOD)
    board.add(jobs, tallies, notable)
    census = Census(mutes=given["mutes"], windows=given["windows"], end=END)
    known = {state.job_id: state for state in states}
    census.add(
        (each, known.get(each.id, JobState(job_id=each.id, status=Status.UP)))
        for each in jobs
    )
    lateness = Lateness(written_at=written_at)
    wanted = Found(period=PERIOD, lateness=lateness, **given)
    return summary_folds.fold(wanted, board, census)


def test_incidents_are_new_still_open_recovered_or_later() -> None:
    jobs = [made(n, f"job-{n}") for n in range(1, 6)]
    times = [
        (START + HOUR, None),
        (START - HOUR, None),
        (END + HOUR, None),
        (START - HOUR, START + HOUR),
        (START + HOUR, END + HOUR),
    ]
    found = [(incident(n, *span), jobs[n - 1]) for n, span in enumerate(times, start=1)]
    report = folded(jobs, incidents=found)
    assert [fact.id for fact in report.new] == [1]
    assert [fact.id for fact in report.still_open] == [2]
    assert [fact.id for fact in report.later] == [3]
    # the one that was open for longest comes first
    assert [fact.id for fact in report.recovered] == [5, 4]
    (fact,) = report.new
    assert (fact.length, fact.is_new, fact.label) == (31 * HOUR, True, "job-1")
    assert [fact.length for fact in report.recovered] == [24 * HOUR, 2 * HOUR]


def test_what_is_critical_comes_first_and_then_what_took_longest() -> None:
    jobs = [made(n, f"job-{n}") for n in (1, 2, 3)]
    found = [
        (incident(1, START + 3 * HOUR), jobs[0]),
        (incident(2, START + 2 * HOUR), jobs[1]),
        (incident(3, START + 4 * HOUR, severity=Severity.CRITICAL), jobs[2]),
    ]
    assert [fact.id for fact in folded(jobs, incidents=found).new] == [3, 2, 1]


def test_lists_are_cut_and_counted() -> None:
    jobs = [made(n, f"job-{n}") for n in range(1, 71)]
    found = [(incident(each.id, START + HOUR), each) for each in jobs]
    report = folded(jobs, incidents=found)
    assert report.new.total == 70
    assert len(report.new.facts) == MOST_FACTS
    assert report.new.left_out == 70 - MOST_FACTS


def test_a_clock_that_was_set_back_makes_no_length_negative() -> None:
    one = made(1, "a")
    report = folded([one], incidents=[(incident(1, WRITTEN + HOUR), one)])
    assert [fact.length for fact in report.later] == [timedelta()]


def test_a_mute_names_who_when_and_what_is_down_under_it() -> None:
    jobs = [made(1, "backup", tags=("db",)), made(2, "sync", tags=("db",))]
    running = mute(WRITTEN + DAY, scope=MuteScope.TAG, target="db", number=7)
    running = replace(running, created_at=START + HOUR, reason="moving")
    over = mute(START + HOUR, number=8)
    over = replace(over, created_at=START - HOUR, ended_at=START + MINUTE)
    before = replace(over, id=MuteId(9), created_at=START - DAY, ended_at=START)
    after = replace(running, id=MuteId(10), created_at=END)
    report = folded(
        jobs,
        incidents=[(incident(1, START + 2 * HOUR), jobs[0])],
        mutes=[over, running, before, after],
    )
    assert [(fact.id, fact.is_running) for fact in report.muted] == [
        (7, True),
        (8, False),
    ]
    first, second = report.muted
    assert (first.by, first.reason, first.jobs) == ("ann (cli)", "moving", 2)
    assert first.down == ("backup",)
    assert second.until == START + MINUTE
    assert second.down == ()
    (fact,) = report.new
    assert "muted" in fact.silenced_by


def test_planned_work_is_told_each_time_that_it_went_on() -> None:
    jobs = [made(1, "backup", node="nas"), made(2, "sync")]
    nightly = window(
        START - DAY,
        HOUR,
        schedule=cron("0 2 * * *"),
        scope=WindowScope.NODE,
        target="nas",
    )
    later = replace(window(END + HOUR, HOUR), id=WindowId(2))
    ended = window(START + 5 * HOUR, HOUR, ended_at=START + 5 * HOUR)
    ended = replace(ended, id=WindowId(3))
    report = folded(jobs, windows=[nightly, later, ended])
    assert [(fact.starts_at, fact.ends_at) for fact in report.maintenance] == [
        (START + 2 * HOUR, START + 3 * HOUR)
    ]
    (fact,) = report.maintenance
    assert (fact.target, fact.jobs, fact.reason) == ("nas", 1, "new disks")


def test_a_blind_time_says_what_turned_unknown_because_of_it() -> None:
    doubts = [
        Doubt(
            slug=slug,
            outcome=outcome,
            count=count,
            first_at=START,
            last_at=START,
        )
        for slug, outcome, count in (
            ("backup", Outcome.UNKNOWN, 2),
            ("sync", Outcome.OK, 1),
            ("etl", Outcome.UNKNOWN, 1),
        )
    ]
    short = blind(START + HOUR, START + HOUR + MINUTE, BlindReason.STOPPED)
    long = blind(START + 3 * HOUR, None, number=2)
    report = folded(blind=[Blind(time=short, doubts=doubts), Blind(time=long)])
    first, second = report.blind
    assert first.ended_at is None
    assert first.length == WRITTEN - START - 3 * HOUR
    assert (second.unknown, second.jobs) == (3, ("backup", "etl"))
    assert second.why == "Cronitor was stopped"
    # it goes on: all hours from three o'clock to the end
    assert report.timelines.blind == (1, *range(3, 24))


def test_a_blind_time_of_an_instant_is_in_its_column() -> None:
    at = START + 5 * HOUR
    report = folded(blind=[Blind(time=blind(at, at))])
    assert report.timelines.blind == (5,)


def test_never_seen_and_paused_jobs_are_named() -> None:
    jobs = [made(n, slug) for n, slug in enumerate(("c", "b", "a", "young"), start=1)]
    jobs[3] = replace(jobs[3], created_at=END)
    states = [
        JobState(job_id=JobId(1), status=Status.NEW),
        JobState(job_id=JobId(2), status=Status.NEW),
        JobState(job_id=JobId(3), status=Status.PAUSED, paused_by="ann (cli)"),
        JobState(job_id=JobId(4), status=Status.NEW),
    ]
    report = folded(jobs, states=states)
    assert [fact.slug for fact in report.never_seen] == ["b", "c"]
    assert report.never_seen.facts[0].since == START - 9 * DAY
    assert [(fact.slug, fact.by) for fact in report.paused] == [("a", "ann (cli)")]
    assert report.totals.jobs == 4


def test_what_is_wrong_with_a_paused_job_is_silenced() -> None:
    jobs = [made(1, "backup"), made(2, "sync")]
    state = JobState(job_id=JobId(1), status=Status.PAUSED, paused_by="ann (cli)")
    report = folded(
        jobs,
        states=[state, JobState(job_id=JobId(2), status=Status.DOWN)],
        incidents=[
            (incident(1, START + HOUR), jobs[0]),
            (incident(2, START + HOUR), jobs[1]),
            (incident(3, START + HOUR, START + 2 * HOUR), jobs[0]),
        ],
    )
    assert {fact.slug: fact.silenced_by for fact in report.new} == {
        "backup": "paused by ann (cli)",
        "sync": "",
    }
    assert [fact.silenced_by for fact in report.recovered] == [""]
    assert summary_words.headline(report).startswith(
        "2 jobs are down, 2 new since yesterday, 1 of them silenced"
    )


def test_a_row_shows_when_its_job_was_down_muted_or_worked_on() -> None:
    jobs = [made(1, "backup", node="nas"), made(2, "sync")]
    report = folded(
        jobs,
        [(1, 6, "missed", 1), (2, 6, "ok", 1)],
        incidents=[(incident(1, START + 6 * HOUR, START + 8 * HOUR), jobs[0])],
        mutes=[
            replace(
                mute(START + 11 * HOUR, scope=MuteScope.JOB, target="backup"),
                created_at=START + 10 * HOUR,
            )
        ],
        windows=[
            window(START + 20 * HOUR, 2 * HOUR, scope=WindowScope.NODE, target="nas")
        ],
    )
    backup, sync = report.timelines.rows
    assert (backup.slug, backup.down) == ("backup", (6, 7))
    assert (backup.muted, backup.maintained) == ((10,), (20, 21))
    assert (sync.down, sync.muted, sync.maintained) == ((), (), ())
    assert report.timelines.columns == periods.columns(PERIOD)


@pytest.mark.parametrize(
    ("written_at", "first"),
    [
        (WRITTEN, None),
        (END, None),
        (START + 5 * HOUR, 6),
        (START + 5 * HOUR + MINUTE, 6),
        (START, 1),
    ],
)
def test_of_a_day_that_goes_on_the_hours_to_come_are_marked(
    written_at: datetime, first: int | None
) -> None:
    one = made(1, "a")
    found = [(incident(1, START), one)]
    report = folded([one], incidents=found, written_at=written_at)
    assert report.timelines.future_from == first
    (row,) = report.timelines.rows
    assert max(row.down, default=-1) < (first or 24)


def test_totals_are_those_of_the_jobs_and_what_was_counted() -> None:
    jobs = [made(1, "a"), made(2, "b")]
    counted = Totals(runs=7, pings=14, sounds=2, incidents=1)
    before = Totals(jobs=2)
    report = folded(
        jobs,
        [(1, 0, "ok", 6), (1, 1, "late", 1), (1, 2, "failed", 1)],
        counted=counted,
        before=before,
    )
    totals = report.totals
    assert (totals.jobs, totals.active, totals.good, totals.bad) == (2, 1, 7, 1)
    assert (totals.runs, totals.pings, totals.sounds) == (7, 14, 2)
    assert totals.success_rate == 7 / 8
    assert Totals().success_rate is None
    assert report.before == before


def test_what_was_saved_most_often_comes_first() -> None:
    saved = [
        SavedFact(slug=slug, label=slug, runs=runs, attempts=2, last_at=START)
        for slug, runs in (("a", 1), ("b", 3), ("c", 1))
    ]
    assert [fact.slug for fact in folded(saved=saved).saved] == ["b", "a", "c"]


def test_what_is_farthest_from_its_habit_comes_first() -> None:
    facts = [
        DriftFact(slug=slug, label=slug, way=Way.SLOWER, text="", score=score)
        for slug, score in (("a", 1.5), ("b", 9.0))
    ]
    assert [fact.slug for fact in summary_folds.drifts(facts)] == ["b", "a"]


def test_a_drift_is_no_job_that_is_down() -> None:
    jobs = [made(n, f"job-{n}") for n in (1, 2)]
    going_on = replace(incident(1, START + HOUR), kind=IncidentKind.DRIFT)
    over = incident(2, START + HOUR, START + 2 * HOUR)
    over = replace(over, kind=IncidentKind.DRIFT)
    report = folded(
        jobs,
        [(1, 3, "ok", 1)],
        incidents=[(going_on, jobs[0]), (over, jobs[1])],
        mutes=[mute(WRITTEN + DAY)],
    )
    assert [fact.slug for fact in report.drifting] == ["job-1"]
    assert not report.new
    assert not report.recovered
    assert [row.is_interesting for row in report.timelines.rows] == [True, False]
    assert all(row.down == () for row in report.timelines.rows)
    assert report.muted.facts[0].down == ()


def test_a_job_is_notable_for_the_worst_of_its_incidents() -> None:
    one, two, three = (made(n, f"job-{n}") for n in (1, 2, 3))
    found = [
        (incident(1, START, START + HOUR), one),
        (incident(1, START + 2 * HOUR), one),
        (incident(1, START, START + HOUR), one),
        (incident(2, START, START + HOUR), two),
        (incident(3, END + HOUR), three),
    ]
    notable = summary_folds.notable(found, PERIOD)
    assert notable == {one.id: DOWN, two.id: RECOVERED}
