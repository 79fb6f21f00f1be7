"""The rules, the engine and the oracle agree on the same worlds.

A difference is printed with its seed; `python -m tests.simulation --seed N` and the
size of the world (`--jobs`, `--days`, `--engine`) show it again.
"""

import secrets
from pathlib import Path

import pytest

from bot.core.kinds import NotificationKind, Outcome, ScheduleKind, WindowScope
from tests.simulation import lives, oracle_families, survey, through_engine
from tests.simulation.definitions import HOUR, ZONES
from tests.simulation.worlds import Said, families

#: 0 stands for another world each time; what is printed says which
FRESH = 0
FIXED = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)


def drawn(seed: int) -> int:
    """The seed, or a fresh one."""
    return seed or secrets.randbelow(1_000_000)


def through_rules(seed: int, *, jobs: int, days: int) -> survey.Survey:
    """Lead a world through the rules, which must agree with the oracle."""
    found = survey.through_rules(drawn(seed), jobs=jobs, days=days)
    print(found)
    assert not found.differences, found.report()
    return found


async def through_the_engine(
    seed: int, folder: Path, *, jobs: int, days: int
) -> survey.Survey:
    """Lead a world through the engine, which must agree with the oracle."""
    found = await through_engine.survey(drawn(seed), jobs, days, folder)
    print(found)
    assert not found.differences, found.report()
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, FRESH])
def test_three_weeks_through_the_rules(seed: int) -> None:
    through_rules(seed, jobs=30, days=21)


@pytest.mark.parametrize("seed", [1, FRESH])
async def test_two_days_through_the_engine(seed: int, tmp_path: Path) -> None:
    await through_the_engine(seed, tmp_path, jobs=12, days=2)


def test_a_world_has_all_that_can_happen() -> None:
    world = lives.world(1, jobs=60, days=60)
    found = [f for n in families(world) for f in oracle_families.foresee(world, n)]
    outcomes = {word for each in found for word in each.slots.values()}
    assert outcomes == set(Outcome) - {Outcome.LOST}
    told = {told.kind for each in found for told in each.told}
    assert told >= {
        NotificationKind.NEVER_SEEN,
        NotificationKind.OPENED,
        NotificationKind.WORSENED,
        NotificationKind.REOPENED,
        NotificationKind.DOWN_FOR_GOOD,
        NotificationKind.REMINDER,
        NotificationKind.UNSILENCED,
        NotificationKind.RESOLVED,
    }
    assert any(each.unseen for each in found)
    zones = {life.definition.schedule.timezone for life in world.lives}
    assert len(zones) == len(ZONES)
    kinds = {life.definition.schedule.kind for life in world.lives}
    assert kinds == set(ScheduleKind)
    said = [e for life in world.lives for e in life.events if isinstance(e, Said)]
    assert any(e.about is not None and e.at - e.about > HOUR for e in said)
    assert any(life.definition.depends_on for life in world.lives)
    assert any(life.definition.stands_for_node for life in world.lives)
    assert {work.scope for work in world.works} == set(WindowScope)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [*FIXED, FRESH])
def test_a_year_through_the_rules(seed: int) -> None:
    through_rules(seed, jobs=40, days=365)


@pytest.mark.parametrize("seed", [3, 10])
def test_nobody_speaks_of_what_is_still_to_come(seed: int) -> None:
    lived = lives.world(seed, jobs=200, days=14).lives
    said = [e for life in lived for e in life.events if isinstance(e, Said)]
    assert all(each.about is None or each.about <= each.at for each in said)
