"""Lists as a person sees them in 80 columns."""

import pytest

from bot.cli import tables
from tests.cli.factories import (
    NOW,
    at,
    blind_time,
    doubt,
    incident,
    interval_job,
    job,
    mute,
)
from tests.cli.screens import printed


def test_jobs_fit_into_eighty_columns_whatever_they_are_called() -> None:
    jobs = [
        job(slug="x" * 100, schedule_text="OnCalendar " + "Mon..Fri " * 20),
        job(failing=True, failures_in_a_row=2, failure_tolerance=3, running=True),
        interval_job(slug="queue"),
    ]
    screen = printed(tables.jobs(jobs, NOW, ascii_only=False))
    assert max(map(len, screen.splitlines())) <= 80
    assert screen.replace("\n", "").replace(" ", "").count("x") == 100


def test_a_job_has_its_state_its_schedule_and_its_times_in_one_row() -> None:
    rows = printed(tables.jobs([interval_job()], NOW, ascii_only=False)).splitlines()
    assert rows[0].split() == ["job", "state", "schedule", "last", "ping", "due"]
    assert rows[1] == "backup  ✓ up   every 5m  5 min ago  in 14 h"


def test_a_poor_terminal_gets_ascii() -> None:
    jobs = [job(status="down", incident=3), job(late=True), job(status="paused")]
    assert printed(tables.jobs(jobs, NOW, ascii_only=True)).isascii()


def test_the_worst_job_stands_first() -> None:
    jobs = [job(slug="well"), job(slug="ill", status="down")]
    first = printed(tables.jobs(jobs, NOW, ascii_only=True)).splitlines()[1]
    assert first.startswith("ill")


def test_a_name_with_escapes_does_nothing() -> None:
    screen = printed(tables.jobs([job(slug="\x1b[31mred")], NOW, ascii_only=True))
    assert "\x1b" not in screen
    assert "\\x1b[31mred" in screen


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "✗ open"),
        (
            {"status": "acknowledged", "acknowledged_by": "ada (cli)"},
            "◐ acknowledged by ada (cli)",
        ),
        ({"status": "resolved", "resolved_at": at(-1)}, "✓ resolved"),
        ({"silenced_by": "muted by ada"}, "✗ open, silent: muted by ada"),
        ({"severity": "critical"}, "backup missed its deadline (critical)"),
    ],
)
def test_an_incident_says_who_has_it_and_what_keeps_it_quiet(
    changes: dict[str, object], shown: str
) -> None:
    found = [incident(**changes)]
    assert shown in printed(tables.incidents(found, NOW, ascii_only=False))


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, "#3  job backup  in 1 h  ada (cli)  disk swap"),
        ({"scope": "all", "target": "", "reason": ""}, "#3  everything  in 1 h"),
        ({"until_recovery": True}, "on recovery, else in 1 h"),
        ({"until_recovery": True, "ended_at": at(-7200)}, "2 h ago"),
    ],
)
def test_a_mute_says_what_is_silent_and_when_it_ends(
    changes: dict[str, object], shown: str
) -> None:
    assert shown in printed(tables.mutes([mute(**changes)], NOW))


def test_a_bar_has_one_symbol_for_each_outcome() -> None:
    outcomes = ["ok", "missed", "failed"]
    assert tables.bar(outcomes, ascii_only=False).plain == "✓_✗"
    assert tables.bar(outcomes, ascii_only=True).plain == "+_x"


def test_a_pipe_gets_whole_lines_without_spaces_at_their_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    jobs = [job(schedule_text="x" * 200), interval_job(slug="queue")]
    tables.show(tables.jobs(jobs, NOW, ascii_only=True))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(line == line.rstrip() for line in lines)


def test_a_blind_time_says_how_long_why_and_what_is_in_doubt() -> None:
    slots = [
        doubt(job="sync", outcome="late", count=2),
        doubt(),
        doubt(job="etl", count=3),
        doubt(job="x", outcome="too_short"),
    ]
    found = [blind_time(slots=slots), blind_time(ended_at=None, length=None, slots=[])]
    screen = printed(tables.blind_times(found, NOW))
    assert tables.doubts(found[0]) == (
        "4 unknown (backup, etl), 2 late (sync), 1 too short (x)"
    )
    assert tables.doubts(found[1]) == "none"
    assert "Cronitor was stopped" in " ".join(screen.split())
    assert "until now" in screen
