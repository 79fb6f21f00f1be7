"""The whole of it, apart from the shorter worlds so that both run side by side."""

from pathlib import Path

import pytest

from tests.simulation.test_simulation import FRESH, through_rules, through_the_engine

#: a parent that was heard again did not silence those below it at once; for others
#: there is `python -m tests.simulation --days 14 --engine`
FOUND_A_FAULT = 870063


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_year_of_two_hundred_jobs_through_the_rules() -> None:
    found = through_rules(FRESH, jobs=200, days=365)
    assert 50_000 < found.slots <= 500_000


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_two_weeks_through_the_engine(tmp_path: Path) -> None:
    await through_the_engine(FOUND_A_FAULT, tmp_path, jobs=200, days=14)
