"""One job over weeks: its days, how long it takes, when it was down."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.core import job_reports, periods
from bot.core.job_reports import MOST_POINTS, History, Took
from bot.core.kinds import IncidentStatus, JobId, Outcome, Status
from bot.core.models import Incident, JobState
from bot.core.silencers import Silencers
from bot.core.summaries import JobReport, Way
from tests.core.factories import DAY, HOUR, MINUTE, SECOND, job
from tests.core.test_summary_folds import incident

TODAY = date(2026, 11, 23)
#: thirty days, the last of which goes on
DAYS = job_reports.days(TODAY, "UTC", 30)
NOW = DAYS[-1].start + 12 * HOUR


def run(at: datetime, minutes: float | None = 5, **fields: Any) -> Took:
    """A good run of a few minutes, one minute after its due."""
    given: dict[str, Any] = {
        "at": at,
        "took": None if minutes is None else timedelta(minutes=minutes),
        "lateness": MINUTE,
        "outcome": Outcome.OK,
        **fields,
    }
    return Took(**given)


def nightly(minutes: Sequence[float | None] = (), **fields: Any) -> list[Took]:
    """A run on each of the days, at three."""
    found = minutes or [5 + n % 2 for n in range(30)]
    return [
        run(day.start + 3 * HOUR, took, **fields)
        for day, took in zip(DAYS, found, strict=True)
    ]


def folded(**fields: Any) -> JobReport:
    """The report of all that."""
    given: dict[str, Any] = {
        "job": job(slug="backup", name="Backup"),
        "days": DAYS,
        "written_at": NOW,
        "tallies": (),
        "runs": (),
        "incidents": (),
        "silencers": Silencers(),
        "state": JobState(job_id=JobId(1), status=Status.UP),
        **fields,
    }
    return job_reports.fold(History(**given))


def test_days_end_with_today_and_leave_out_those_that_never_were() -> None:
    assert [day.label for day in DAYS] == [TODAY - n * DAY for n in range(29, -1, -1)]
    apia = job_reports.days(date(2011, 12, 31), "Pacific/Apia", 3)
    assert [str(day.label) for day in apia] == [
        "2011-12-28",
        "2011-12-29",
        "2011-12-31",
    ]


def test_each_day_is_a_column() -> None:
    days = job_reports.days(date(2026, 10, 26), "Europe/Berlin", 3)
    stretches = job_reports.stretches(days)
    assert [(each.first, each.count, each.width) for each in stretches] == [
        (0, 1, 24 * HOUR),
        (1, 1, 25 * HOUR),
        (2, 1, 24 * HOUR),
    ]


def test_nothing_is_known_of_a_new_job() -> None:
    report = folded()
    assert (report.slug, report.label, report.zone) == ("backup", "Backup", "UTC")
    assert (report.start, report.end) == (DAYS[0].start, NOW)
    assert (report.runtime, report.lateness, report.success_rate) == (None, None, None)
    assert report.points == ()
    assert report.drifts == ()
    assert len(report.days) == 30
    assert not report.incidents


def test_outcomes_are_counted_by_day_and_in_all() -> None:
    report = folded(tallies=[(1, 0, "ok", 3), (1, 0, "failed", 1), (1, 29, "ok", 4)])
    assert report.days[0].outcomes == {Outcome.OK: 3, Outcome.FAILED: 1}
    assert report.days[29].outcomes == {Outcome.OK: 4}
    assert report.days[1].outcomes == {}
    assert report.outcomes == {Outcome.OK: 7, Outcome.FAILED: 1}
    assert report.success_rate == 7 / 8


def test_a_day_has_the_middle_and_the_longest_of_its_runs() -> None:
    start = DAYS[4].start
    runs = [run(start + n * HOUR, minutes) for n, minutes in enumerate((4, 30, 6))]
    runs.append(run(start + 5 * HOUR, None, lateness=None))
    report = folded(runs=runs)
    day = report.days[4]
    assert (day.runtime, day.longest) == (6 * MINUTE, 30 * MINUTE)
    assert day.lateness == MINUTE
    assert report.days[5].runtime is None


def test_what_is_usual_is_learnt_from_good_runs() -> None:
    bad = [run(each.at + HOUR, 60, outcome=Outcome.FAILED) for each in nightly()]
    report = folded(runs=sorted([*nightly(), *bad], key=lambda each: each.at))
    assert report.runtime is not None
    assert 7 <= report.runtime.samples <= 30
    assert 5 * MINUTE <= report.runtime.low <= report.runtime.middle
    assert report.runtime.high <= 6 * MINUTE
    assert report.lateness is not None
    assert report.lateness.middle == MINUTE
    # but all of them are shown
    assert len(report.points) == 60


def test_that_the_newest_run_is_unlike_the_others_is_said() -> None:
    runs = nightly()
    runs[-1] = replace(runs[-1], took=2 * HOUR)
    (fact,) = folded(runs=runs).drifts
    assert fact.way is Way.SLOWER
    assert fact.text.startswith("took 2 h, normally 5 to 6 min")
    assert folded(runs=nightly()).drifts == ()


def test_points_are_thinned_out_and_keep_the_newest() -> None:
    start = DAYS[0].start
    runs = [run(start + n * MINUTE, n % 7 + 1) for n in range(3 * MOST_POINTS + 1)]
    runs.append(run(start + 3 * DAY, None))
    points = folded(runs=runs).points
    assert len(points) <= MOST_POINTS
    assert points[-1].at == runs[-2].at
    assert [each.at for each in points] == sorted(each.at for each in points)
    assert points[0].outcome is Outcome.OK


def opened(number: int, start: datetime, end: datetime | None) -> Incident:
    """An incident of the job."""
    found = incident(number, start, end)
    return replace(found, job_id=job().id)


@pytest.mark.parametrize("is_open", [True, False])
def test_days_say_how_long_it_was_down(*, is_open: bool) -> None:
    begin = DAYS[27].start + 20 * HOUR
    end = None if is_open else DAYS[28].start + 6 * HOUR
    old = opened(1, DAYS[0].start - DAY, DAYS[0].start + 30 * MINUTE)
    report = folded(incidents=[opened(2, begin, end), old])
    assert report.days[0].down == 30 * MINUTE
    assert report.days[27].down == 4 * HOUR
    assert report.days[28].down == (24 if is_open else 6) * HOUR
    assert report.days[29].down == (12 if is_open else 0) * HOUR
    total = (30 * MINUTE) + (40 if is_open else 10) * HOUR
    assert report.down == total
    first, second = report.incidents
    assert (first.id, second.id) == (2, 1)
    assert (first.resolved_at is None) is is_open


def test_what_is_wrong_while_it_is_paused_is_said_to_be_silent() -> None:
    state = JobState(job_id=JobId(1), status=Status.PAUSED, paused_by="ann (cli)")
    report = folded(incidents=[opened(1, NOW - HOUR, None)], state=state)
    assert [fact.silenced_by for fact in report.incidents] == ["paused by ann (cli)"]


def test_many_incidents_are_cut_and_counted() -> None:
    found = [
        opened(n, DAYS[1].start + n * MINUTE, DAYS[1].start + n * MINUTE + SECOND)
        for n in range(80, 0, -1)
    ]
    report = folded(incidents=found)
    assert report.incidents.total == 80
    assert report.incidents.left_out == 30
    assert report.incidents.facts[0].id == 80
    assert found[0].status is IncidentStatus.RESOLVED


def test_days_are_those_of_the_zone() -> None:
    days = job_reports.days(date(2026, 10, 25), "Europe/Berlin", 1)
    report = folded(days=days, written_at=days[0].end + DAY)
    assert report.end - report.start == 25 * HOUR
    assert periods.local_date(report.start, report.zone) == date(2026, 10, 25)
