"""When two presses of Run again are one, and which run an incident is about."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import reruns
from bot.core.executions import End, Execution, ExecutionId, Stage, Trigger
from bot.core.kinds import IncidentId, JobId
from bot.core.models import Incident
from tests.core.factories import MINUTE, T0
from tests.discord_ui.factories import failed

ONE, TWO = IncidentId(12), IncidentId(1)
SECOND = timedelta(seconds=1)


def execution(
    number: int,
    key: str = "d1",
    end: End | None = End.FAILED,
    started_at: datetime | None = T0,
    ended_at: datetime | None = T0 + MINUTE,
) -> Execution:
    return Execution(
        id=ExecutionId(number),
        job_id=JobId(1),
        key=key,
        trigger=Trigger.PERSON,
        queued_at=T0,
        ready_at=T0,
        rid="r",
        stage=Stage.ENDED if end else Stage.RUNNING,
        started_at=started_at,
        ended_at=ended_at if end else None,
        end=end,
    )


def test_a_press_means_the_run_that_another_press_has_begun() -> None:
    going = execution(8, reruns.key(ONE, execution(7)), end=None)
    assert reruns.begun([going], ONE, T0 + timedelta(days=1)) is going
    assert reruns.begun([execution(9, end=None)], ONE, T0) is None
    assert reruns.begun([going], TWO, T0) is None
    assert reruns.begun([], ONE, T0) is None


def test_a_moment_after_its_end_a_press_means_another_run() -> None:
    over = execution(8, reruns.key(ONE, None))
    at = T0 + MINUTE + reruns.AT_ONCE
    assert reruns.begun([over], ONE, at - SECOND) is over
    assert reruns.begun([over], ONE, at) is None


def test_each_wish_has_a_key_of_its_own() -> None:
    keys = {
        reruns.key(ONE, None),
        reruns.key(ONE, execution(1)),
        reruns.key(ONE, execution(2)),
        reruns.key(TWO, execution(2)),
    }
    assert len(keys) == 4


def incident(resolved_at: datetime | None = None) -> Incident:
    found = failed().incident
    assert found is not None
    return replace(found, resolved_at=resolved_at)


def test_an_incident_is_about_its_newest_bad_run() -> None:
    good, bad = execution(3, end=End.OK), execution(2)
    older = execution(1, end=End.TIMEOUT)
    assert reruns.blamed([good, bad, older], incident()) is bad
    unbegun = execution(4, end=End.NOT_STARTED, started_at=None)
    assert reruns.blamed([unbegun, bad], incident()) is unbegun


def test_where_none_is_bad_it_is_the_newest_that_has_begun() -> None:
    waits = execution(5, end=None, started_at=None)
    skipped = execution(4, end=End.SKIPPED, started_at=None)
    good = execution(3, end=End.OK)
    assert reruns.blamed([waits, skipped, good], incident()) is good
    assert reruns.blamed([waits, skipped], incident()) is None


def test_what_began_after_the_end_is_another_story() -> None:
    before = execution(1, started_at=T0)
    after = execution(2, started_at=T0 + 2 * MINUTE)
    resolved = incident(resolved_at=T0 + MINUTE)
    assert reruns.blamed([after, before], resolved) is before
    assert reruns.blamed([after], resolved) is None
