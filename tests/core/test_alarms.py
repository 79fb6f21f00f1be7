"""No false alarm for a job that reports in time; and a job that is well again is up."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.kinds import Outcome
from bot.core.models import Schedule
from tests.core.factories import (
    HOUR,
    MINUTE,
    SECOND,
    Life,
)
from tests.core.workers import Turn, Worker, turns
from tests.core.worlds import WORLDS

NEUTRAL_OR_GOOD = {Outcome.OK, Outcome.SKIPPED, Outcome.MERGED}


def never_suspected(examples: int) -> None:
    """Let that many jobs work well."""

    @settings(max_examples=examples, deadline=None)
    @given(
        world=st.sampled_from(WORLDS),
        fields=st.fixed_dictionaries(
            {
                "grace": st.sampled_from((None, timedelta(), MINUTE, 3 * HOUR)),
                "jitter": st.sampled_from((timedelta(), 30 * SECOND)),
                "max_runtime": st.sampled_from((None, None, 20 * SECOND, 150 * MINUTE)),
                "min_runtime": st.sampled_from((None, None, 5 * SECOND)),
                "strict_start": st.booleans(),
            }
        ),
        script=st.lists(turns, max_size=12),
    )
    def check(
        world: tuple[Schedule, datetime], fields: dict[str, Any], script: list[Turn]
    ) -> None:
        life = Life(world[0], at=world[1], **fields)
        worker = Worker(life)
        for turn in script:
            worker.work(turn)
            assert life.incidents == {}
        assert {word.outcome for word in life.words} <= NEUTRAL_OR_GOOD
        assert life.state.bad_in_a_row == 0
        assert life.sounds == []

    check()


def test_a_job_that_reports_in_time_is_never_suspected() -> None:
    never_suspected(200)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_jobs_that_report_in_time_are_never_suspected() -> None:
    never_suspected(8000)
