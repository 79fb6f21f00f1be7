"""The rules, the engine and the oracle agree on the same worlds."""

import secrets
from pathlib import Path

import pytest

from tests.simulation import survey, through_engine

#: 0 stands for another world each time; what is printed says which
FRESH = 0
SEEDS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, FRESH)


def drawn(seed: int) -> int:
    """The seed, or a fresh one."""
    return seed or secrets.randbelow(1_000_000)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_month_through_the_rules(seed: int) -> None:
    found = survey.through_rules(drawn(seed), jobs=30, days=30)
    print(found)
    assert not found.differences, found.report()


@pytest.mark.parametrize("seed", [1, FRESH])
async def test_two_days_through_the_engine(seed: int, tmp_path: Path) -> None:
    found = await through_engine.survey(drawn(seed), jobs=12, days=2, folder=tmp_path)
    print(found)
    assert not found.differences, found.report()


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [1, FRESH])
def test_a_year_through_the_rules(seed: int) -> None:
    found = survey.through_rules(drawn(seed), jobs=200, days=365)
    print(found)
    assert found.slots <= 500_000
    assert not found.differences, found.report()


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_two_weeks_through_the_engine(tmp_path: Path) -> None:
    seed = drawn(FRESH)
    found = await through_engine.survey(seed, jobs=200, days=14, folder=tmp_path)
    print(found)
    assert not found.differences, found.report()
