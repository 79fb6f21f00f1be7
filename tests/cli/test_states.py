"""A state in words never hides what is the matter."""

import pytest

from bot.cli import states
from tests.cli.factories import at, job


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "up"),
        ({"status": "new"}, "new"),
        ({"late": True}, "late"),
        ({"running": True}, "running"),
        ({"unknown": True}, "unknown"),
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
        ({"status": "down", "incident": 12, "running": True}, "down #12, running"),
        ({"status": "paused", "running": True}, "paused"),
        ({"muted_until": at(60)}, "up, muted"),
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


@pytest.mark.parametrize("looks", [states.STATES, states.OUTCOMES, states.STANDINGS])
def test_every_look_has_a_symbol_for_a_poor_terminal(
    looks: dict[str, states.Look],
) -> None:
    assert all(
        look.ascii.isascii() and len(look.symbol) == 1 for look in looks.values()
    )


def test_states_differ_by_their_symbols_and_not_only_by_colour() -> None:
    for ascii_only in (False, True):
        marks = [look.mark(ascii_only=ascii_only) for look in states.STATES.values()]
        assert len(set(marks)) == len(marks)


def test_a_legend_explains_what_is_in_the_bar_only() -> None:
    assert states.legend(["ok", "too_short", "ok"], ascii_only=True) == (
        "+ ok  < too short"
    )


def test_an_outcome_of_a_newer_server_is_shown_as_unknown() -> None:
    assert states.outcome_look("invented") == states.OUTCOMES["unknown"]
