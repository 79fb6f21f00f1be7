"""Compares a whole world, job by job, and adds up what was compared."""

import os
from dataclasses import dataclass, field

from tests.simulation import compare, core_families, lives, oracle_families
from tests.simulation.compare import Difference
from tests.simulation.findings import Findings
from tests.simulation.worlds import Life, World, families


@dataclass(slots=True)
class Survey:
    """What was compared, and every difference."""

    world: World
    events: int = 0
    slots: int = 0
    incidents: int = 0
    told: int = 0
    sounds: int = 0
    #: processor time of the rules, without the oracle and without making the world
    seconds: float = 0.0
    differences: list[Difference] = field(default_factory=list)

    def add(self, number: int, life: Life, oracle: Findings, other: Findings) -> None:
        """One job more."""
        self.events += len(life.events)
        self.slots += len(other.slots)
        self.incidents += len(other.incidents)
        self.told += len(other.told)
        self.sounds += sum(told.sounds for told in other.told)
        found = compare.differences(self.world, number, oracle, other)
        self.differences += found

    def __str__(self) -> str:
        """One line of figures."""
        jobs = len(self.world.lives)
        return (
            f"seed {self.world.seed}: {jobs} jobs, {self.events} events, "
            f"{self.slots} dues, {self.incidents} incidents, {self.told} told, "
            f"{self.sounds} of them with a sound; {len(self.differences)} differences"
            + (f"; {self.seconds:.0f} s in the rules" if self.seconds else "")
        )

    def report(self, at_most: int = 5) -> str:
        """The figures, and the first differences in full."""
        shown = [str(each) for each in self.differences[:at_most]]
        return "\n".join((str(self), *shown))


def through_rules(seed: int, jobs: int, days: int) -> Survey:
    """Lead a world through the pure rules, and compare it with the oracle."""
    world = lives.world(seed, jobs, days)
    survey = Survey(world)
    for numbers in families(world):
        foreseen = oracle_families.foresee(world, numbers)
        began = os.times().user
        led = core_families.lead(world, numbers)
        survey.seconds += os.times().user - began
        for number, mine, other in zip(numbers, foreseen, led, strict=True):
            survey.add(number + 1, world.lives[number], mine, other)
    return survey
