"""How often a drift is told without need, and how soon one is told: fixed seeds.

The whole table is made by `python -m tests.simulation.drifts`.
"""

import pytest

from tests.simulation import drifts
from tests.simulation.drifts import History, detection, false_alarms


@pytest.mark.parametrize("history", drifts.quiet("daily"), ids=lambda each: each.name)
def test_a_daily_job_in_which_nothing_changes_is_silent(history: History) -> None:
    assert false_alarms(history, seeds=1) == 0


@pytest.mark.parametrize(
    "history", drifts.quiet("hourly", days=40)[:9:4], ids=lambda each: each.name
)
def test_so_is_an_hourly_one(history: History) -> None:
    assert false_alarms(history, seeds=1) == 0


def steps(every: str) -> dict[str, History]:
    return {each.name: each for each in drifts.steps(every)}


@pytest.mark.parametrize(
    ("name", "share", "runs"),
    [
        ("2x, normal", 1.0, 4),
        ("3x, normal", 1.0, 4),
        ("0.3x, normal", 1.0, 4),
        ("3x, lognormal", 0.8, 5),
        ("2x, Mondays threefold", 1.0, 5),
        ("lateness 20 s to 5 min, lognormal", 1.0, 4),
    ],
)
def test_a_step_of_a_daily_job_is_told_soon(name: str, share: float, runs: int) -> None:
    found = detection(steps("daily")[name], seeds=6)
    assert found.share >= share
    assert found.runs[0] <= runs
    # and it is over when the new level is the habit
    assert drifts.DAY < found.lasted < 7 * drifts.DAY


def test_a_step_of_an_hourly_job_is_told_in_hours() -> None:
    found = detection(steps("hourly")["2x, normal"], seeds=1)
    assert (found.share, found.again) == (1, 0)
    assert found.runs[1] <= 5


def test_what_grows_slowly_is_not_told() -> None:
    """As docs/drift.md says: it is not for that."""
    assert detection(steps("daily")["2x in a month"], seeds=6).share < 0.5
