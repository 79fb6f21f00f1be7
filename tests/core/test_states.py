"""A state in words never hides what is the matter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import states, views
from bot.core.kinds import IncidentId, JobId, Outcome, Status
from bot.core.models import Definition, Job, JobState
from bot.core.states import State

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
JOB = Job(
    id=JobId(1),
    uuid="11111111-2222-4333-8444-555555555555",
    definition=Definition(slug="backup", failure_tolerance=3),
    created_at=T0,
)


def job(**changes: Any) -> dict[str, Any]:
    """A job that is well."""
    view: dict[str, Any] = {
        "slug": "backup",
        "status": "up",
        **dict.fromkeys(("unknown", "failing", "late", "running"), False),
        "failures_in_a_row": 0,
        "failure_tolerance": 1,
        "muted_until": None,
        "incident": None,
    }
    return view | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "up"),
        ({"status": "new"}, "new"),
        ({"late": True}, "late"),
        ({"running": True}, "running"),
        ({"unknown": True}, "unknown"),
        ({"unknown": True, "late": True}, "unknown, late"),
        ({"status": "new", "running": True}, "new, running"),
        ({"status": "new", "late": True}, "late"),
        ({"late": True, "running": True}, "late, running"),
        (
            {"failing": True, "failures_in_a_row": 1, "failure_tolerance": 3},
            "failing 1/3",
        ),
        (
            {
                "failing": True,
                "failures_in_a_row": 1,
                "failure_tolerance": 3,
                "late": True,
            },
            "failing 1/3, late",
        ),
        ({"status": "down", "incident": 12}, "down #12"),
        ({"status": "down", "incident": None}, "down"),
        ({"status": "down", "unknown": True}, "down"),
        ({"status": "down", "incident": 12, "running": True}, "down #12, running"),
        ({"status": "paused", "running": True, "failing": True}, "paused"),
        ({"muted_until": "2026-11-23T04:00:00Z"}, "up, muted"),
    ],
)
def test_a_state_in_words(changes: dict[str, object], words: str) -> None:
    assert states.words(job(**changes)) == words


@pytest.mark.parametrize("flag", ["late", "running", "failing", "unknown"])
def test_a_job_with_something_the_matter_is_never_plainly_up(flag: str) -> None:
    view = job(**{flag: True, "failures_in_a_row": 1, "failure_tolerance": 2})
    assert "up" not in states.words(view).split(", ")


def test_jobs_are_listed_worst_first_and_then_by_name() -> None:
    jobs = [
        job(slug="up-b"),
        job(slug="new", status="new"),
        job(slug="late", late=True),
        job(slug="up-a"),
        job(slug="paused", status="paused"),
        job(slug="down", status="down"),
        job(slug="failing", failing=True),
        job(slug="unknown", unknown=True),
        job(slug="running", running=True),
    ]
    order = [each["slug"] for each in states.worst_first(jobs)]
    assert order == [
        *("down", "unknown", "failing", "late", "running", "new"),
        *("up-a", "up-b", "paused"),
    ]


def test_jobs_are_counted_by_their_worst_word() -> None:
    jobs = [job(), job(late=True), job(status="down")]
    assert states.counted(jobs) == "3 jobs: 1 down, 1 late, 1 up"
    assert states.counted([job()]) == "1 job: 1 up"
    assert states.counted([]) == "no jobs"


def test_a_status_of_a_newer_server_is_no_error() -> None:
    assert states.words(job(status="invented")) == "up"


@given(
    status=st.sampled_from(Status),
    due_at=st.sampled_from([None, T0, T0 - timedelta(minutes=1)]),
    last_outcome=st.sampled_from([None, Outcome.OK, Outcome.UNKNOWN]),
    bad=st.integers(0, 2),
    good=st.integers(0, 2),
    runs=st.integers(0, 2),
)
def test_a_long_list_says_the_same_as_the_job_itself(
    status: Status,
    due_at: datetime | None,
    last_outcome: Outcome | None,
    bad: int,
    good: int,
    runs: int,
) -> None:
    state = JobState(
        job_id=JobId(1),
        status=status,
        due_at=due_at,
        last_outcome=last_outcome,
        bad_in_a_row=bad,
        good_in_a_row=good,
        open_runs=runs,
        incident_id=IncidentId(7),
    )
    view = views.job(JOB, state, None, T0)
    assert states.said_of(states.facts(state, T0)) == states.said(view)
    assert states.said(view)[0] is states.word(view)
    assert all(isinstance(each, State) for each in states.said(view))
