"""What is said of a failed run beside its exit code."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core import evidence
from bot.core.evidence import Scene
from bot.core.executions import End, Execution, ExecutionId, Stage, Trigger
from bot.core.kinds import JobId
from tests.core.moments import HOUR, MINUTE, SECOND, T0

FAILED = Execution(
    id=ExecutionId(2),
    job_id=JobId(1),
    key="t",
    trigger=Trigger.PERSON,
    stage=Stage.ENDED,
    end=End.FAILED,
    queued_at=T0,
    ready_at=T0,
    started_at=T0,
    ended_at=T0 + 31 * MINUTE,
    rid="r",
)
GOOD = replace(FAILED, id=ExecutionId(1), end=End.OK, ended_at=T0 - HOUR)


def said(**fields: Any) -> str:
    """All sentences, a line each."""
    known: dict[str, Any] = {"execution": FAILED, "measured": {}}
    scene = Scene(**(known | fields))
    return "\n".join(evidence.sentences(scene))


def test_the_duration_stands_beside_the_usual_one() -> None:
    assert "It ran for 31 min; usually 5 min." in said(usual=5 * MINUTE)
    assert "It ran for 31 min.\n" in said()
    assert "It ran" not in said(execution=replace(FAILED, started_at=None))


def test_what_it_took_and_what_the_machine_was_like() -> None:
    measured = {
        "max_rss_bytes": 1_500_000_000,
        "user_s": 61.0,
        "system_s": 2,
        "load": 7.25,
        "cores": 4,
        "memory_bytes": 8e9,
        "memory_free_bytes": 4e8,
        "disk_bytes": 2e12,
        "disk_free_bytes": 1e12,
    }
    lines = said(measured=measured)
    assert "It took 1.5 GB of memory at most, and 1 min 3 s of processor time." in lines
    assert "The load of the machine was 7.2 on 4 cores." in lines
    assert "400.0 MB of 8.0 GB of memory were free: that is little." in lines
    assert "1.0 TB of 2.0 TB of disk were free." in lines


def test_what_has_changed_since_it_ended_well() -> None:
    assert "It has not ended well yet." in said()
    lines = said(
        last_good=GOOD,
        changed_at=T0 - 30 * SECOND,
        changed_by="ann (cli)",
        changed=("command", "timeout"),
    )
    assert "It ended well last at 2026-11-23 02:00 UTC." in lines
    assert (
        "Since then command, timeout was changed by ann (cli) (2026-11-23 02:59 UTC)."
        in lines
    )
    before = said(last_good=GOOD, changed_at=T0 - 2 * HOUR, changed_by="ann")
    assert "Since then" not in before
    nameless = said(last_good=GOOD, changed_at=T0, changed_by="ann")
    assert "Since then something was changed" in nameless


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (3.2e9, "3.2 GB"),
        (5e15, "5000.0 TB"),
    ],
)
def test_sizes_are_written_for_people(count: float, text: str) -> None:
    assert evidence.size(count) == text


def test_output_that_is_missing_is_said() -> None:
    assert "Some of its output is missing: No space left on device." in said(
        measured={"output_error": "No space left on device"}
    )
    assert "missing" not in said()
