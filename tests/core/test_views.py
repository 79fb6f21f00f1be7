"""Jobs, incidents and mutes as data: units, times, and nothing secret."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.core import views
from bot.core.audits import AuditEntry
from bot.core.kinds import (
    ActorKind,
    IncidentId,
    IncidentKind,
    IncidentStatus,
    JobId,
    MuteId,
    MuteScope,
    Outcome,
    PingKind,
    RunId,
    ScheduleKind,
    Status,
)
from bot.core.models import (
    Actor,
    Definition,
    Incident,
    IncidentEvent,
    Job,
    JobState,
    Ping,
    Run,
    Schedule,
    Slot,
)
from bot.core.silencers import NOTHING, Mute, Silencers

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOURLY = Schedule(kind=ScheduleKind.INTERVAL, interval=timedelta(hours=1))
JOB = Job(
    id=JobId(1),
    uuid="11111111-2222-4333-8444-555555555555",
    definition=Definition(slug="backup", schedule=HOURLY, tags=("db",)),
    created_at=T0,
)
STATE = JobState(job_id=JobId(1), status=Status.UP)
INCIDENT = Incident(
    id=IncidentId(7),
    job_id=JobId(1),
    kind=IncidentKind.MISSED,
    status=IncidentStatus.OPEN,
    opened_at=T0,
    updated_at=T0,
    last_bad_at=T0,
)
MUTE = Mute(
    id=MuteId(3),
    scope=MuteScope.TAG,
    target="db",
    created_by="ann (cli)",
    created_at=T0,
    until_at=T0 + timedelta(hours=4),
)


def test_moments_are_rfc_3339_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert views.moment(datetime(2026, 11, 23, 4, 0, tzinfo=berlin)) == (
        "2026-11-23T03:00:00Z"
    )
    assert views.moment(T0 + timedelta(microseconds=5)) == (
        "2026-11-23T03:00:00.000005Z"
    )
    assert views.moment(None) is None


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(None, None), (timedelta(seconds=90), 90), (timedelta(milliseconds=250), 0.25)],
)
def test_durations_are_seconds(
    duration: timedelta | None, expected: float | None
) -> None:
    assert views.seconds(duration) == expected


@pytest.mark.parametrize(
    ("change", "late", "running", "failing", "unknown"),
    [
        ({}, False, False, False, False),
        ({"due_at": T0 - timedelta(seconds=1)}, True, False, False, False),
        ({"due_at": T0}, False, False, False, False),
        ({"due_at": T0, "status": Status.DOWN}, False, False, False, False),
        ({"open_runs": 2}, False, True, False, False),
        ({"bad_in_a_row": 1}, False, False, True, False),
        ({"bad_in_a_row": 1, "status": Status.DOWN}, False, False, False, False),
        ({"bad_in_a_row": 1, "good_in_a_row": 1}, False, False, False, False),
        ({"last_outcome": Outcome.UNKNOWN}, False, False, False, True),
    ],
)
def test_what_is_derived_stands_beside_the_stored_status(
    change: dict[str, object], late: bool, running: bool, failing: bool, unknown: bool
) -> None:
    view = views.job(JOB, replace(STATE, **change), None, T0)  # type: ignore[arg-type]
    shown = (view["late"], view["running"], view["failing"], view["unknown"])
    assert shown == (late, running, failing, unknown)


def test_a_default_grace_is_shown_as_what_it_comes_to() -> None:
    assert views.job(JOB, STATE, None, T0)["grace"] == 360
    explicit = replace(JOB.definition, grace=timedelta(minutes=1))
    job = replace(JOB, definition=explicit)
    assert views.job(job, STATE, None, T0)["grace"] == 60


def test_a_job_shows_its_mute_and_its_open_incident() -> None:
    down = replace(STATE, status=Status.DOWN, incident_id=IncidentId(7))
    view = views.job(JOB, down, MUTE, T0)
    assert view["muted_until"] == "2026-11-23T07:00:00Z"
    assert view["incident"] == 7
    recovered = replace(down, status=Status.UP)
    assert views.job(JOB, recovered, None, T0)["incident"] is None


def test_an_incident_is_summed_up_for_people() -> None:
    assert views.summary(INCIDENT, JOB) == "backup missed its deadline"
    often = replace(INCIDENT, count=3, flapping=True, kind=IncidentKind.FAILED)
    assert views.summary(often, JOB) == "backup failed, 3 times, flapping"
    named = replace(JOB, definition=replace(JOB.definition, name="Nightly backup"))
    assert views.summary(INCIDENT, named).startswith("Nightly backup ")


MUTED = Silencers(mutes=(MUTE,))


def test_an_incident_says_what_silences_it() -> None:
    assert views.incident(INCIDENT, JOB, STATE, NOTHING, T0)["silenced_by"] is None
    muted = views.incident(INCIDENT, JOB, STATE, MUTED, T0)
    assert muted["silenced_by"] == "muted by ann (cli)"
    over = replace(INCIDENT, status=IncidentStatus.RESOLVED, resolved_at=T0)
    assert views.incident(over, JOB, STATE, MUTED, T0)["silenced_by"] is None


def test_a_ping_shows_the_end_of_its_body_whatever_its_bytes() -> None:
    ping = Ping(
        job_id=JobId(1),
        kind=PingKind.FAIL,
        said=PingKind.FAIL,
        at=T0,
        body=b"x" * 5000 + b"\xff end",
        body_size=5005,
    )
    view = views.ping(ping)
    assert str(view["body"]).endswith("\ufffd end")
    assert len(str(view["body"])) == views.SHOWN_BODY
    assert view["body_size"] == 5005


def test_the_rest_of_the_history() -> None:
    slot = Slot(job_id=JobId(1), due_at=T0, outcome=Outcome.OK, decided_at=T0)
    assert views.slot(slot)["outcome"] == "ok"
    run = Run(id=RunId(1), job_id=JobId(1), started_at=T0)
    assert views.run(run)["duration"] is None
    ended = replace(run, ended_at=T0 + timedelta(seconds=5))
    assert views.run(ended)["duration"] == 5
    line = IncidentEvent(incident_id=IncidentId(7), at=T0, kind="opened", text="x")
    assert views.event(line)["kind"] == "opened"
    assert views.mute(MUTE)["scope"] == "tag"
    actor = Actor(kind=ActorKind.CLI, name="ann")
    entry = AuditEntry(at=T0, actor=actor, action="job_added", subject="backup")
    assert views.audit(entry)["actor"] == "ann (cli)"


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ({"new": 0, "up": 0, "down": 0, "paused": 0}, "0 jobs"),
        ({"new": 1, "up": 0, "down": 0, "paused": 0}, "1 job"),
        ({"new": 1, "up": 40, "down": 0, "paused": 1}, "42 jobs"),
        ({"new": 1, "up": 39, "down": 1, "paused": 1}, "42 jobs, 1 failing"),
    ],
)
def test_it_counts_the_jobs_and_those_that_fail(
    jobs: dict[str, Any], said: str
) -> None:
    assert views.headline({"jobs": jobs}) == said
