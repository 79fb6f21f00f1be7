"""Simulated histories of durations and lateness, and how well drift is told in them.

`python -m tests.simulation.drifts` prints the table of docs/drift.md: false alarms in
a year of a job, and how soon a step is found. Everything comes from a seed.
"""

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core import drift, drift_rules
from bot.core.drift import Habit, Measure, Sample

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
EVERY = {
    "daily": DAY,
    "hourly": timedelta(hours=1),
    "5 min": timedelta(minutes=5),
}
#: when a step comes: the habit is whole by then
STEP_AT = START + timedelta(days=45)
#: a step that was not found in this time is missed
GIVEN_UP = timedelta(days=14)

#: a factor for one run
Noise = Callable[[random.Random], float]
#: what a run usually takes at a moment, as a factor
Shape = Callable[[datetime], float]


def normal(rng: random.Random) -> float:
    """A tenth up and down."""
    return max(0.05, rng.gauss(1, 0.1))


def lognormal(rng: random.Random) -> float:
    """Longer tails above: 1 of 40 takes twice as long."""
    return rng.lognormvariate(0, 0.3)


def heavy(rng: random.Random) -> float:
    """One in thirty takes several times as long, some of them very long."""
    factor = rng.lognormvariate(0, 0.2)
    return factor * rng.paretovariate(1.2) * 2 if rng.random() < 1 / 30 else factor


def outliers(rng: random.Random) -> float:
    """One in fifty takes ten times as long."""
    return normal(rng) * (10 if rng.random() < 0.02 else 1)


def twofold(rng: random.Random) -> float:
    """One in five has four times as much to do."""
    return normal(rng) * (4 if rng.random() < 0.2 else 1)


def twelfth(rng: random.Random) -> float:
    """One in twelve has four times as much to do."""
    return normal(rng) * (4 if rng.random() < 1 / 12 else 1)


def flat(_: datetime) -> float:
    """Always the same."""
    return 1.0


def mondays(at: datetime) -> float:
    """Three times as long on Mondays."""
    return 3.0 if at.weekday() == 0 else 1.0


def office(at: datetime) -> float:
    """Twice as long in the working hours of working days."""
    return 2.0 if at.weekday() < 5 and 8 <= at.hour < 17 else 1.0


def nights(at: datetime) -> float:
    """Four times as long from 02:00 to 03:00."""
    return 4.0 if at.hour == 2 else 1.0


def yearly(at: datetime) -> float:
    """Twice as long after a year, little by little."""
    return 2 ** ((at - START) / (365 * DAY))


def monthly(at: datetime) -> float:
    """Twice as long after a month, little by little."""
    return 2 ** max(0.0, (at - STEP_AT) / (30 * DAY))


def step(factor: float, shape: Shape = flat) -> Shape:
    """From one run to the next `factor` times as long, for good."""
    return lambda at: shape(at) * (factor if at >= STEP_AT else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is simulated."""

    name: str
    every: str
    noise: Noise = normal
    shape: Shape = flat
    measure: Measure = Measure.DURATION
    #: what is usual, in seconds
    usual: float = 300.0
    days: int = 365


def samples(history: History, seed: int) -> Iterator[Sample]:
    """Its runs in the order of time."""
    rng = random.Random(f"{history.name} {history.every} {seed}")
    at, ends = START, START + history.days * DAY
    while at < ends:
        value = history.usual * history.shape(at) * history.noise(rng)
        yield Sample(at=at + timedelta(seconds=rng.uniform(0, 60)), value=value)
        at += EVERY[history.every]


@dataclass(slots=True)
class Told:
    """When a drift was told, and when it was over; `runs` counts from the step."""

    opened: list[datetime]
    resolved: list[datetime]
    runs: int | None = None


def tell(history: History, seed: int) -> Told:
    """What a job with that history would have told."""
    told = Told([], [])
    past: list[Sample] = []
    habit: Habit | None = None
    looked_at, fresh, stepped = START, 0, 0
    for each in samples(history, seed):
        if each.at - looked_at >= drift_rules.REFRESHED_EVERY:
            looked_at = each.at
            habit = drift.habit(history.measure, past[-drift_rules.SAMPLES :])
        past.append(each)
        fresh += 1
        stepped += each.at >= STEP_AT
        if habit is None:
            continue
        newest = past[-min(fresh, drift_rules.LOOKED_AT) :]
        is_open = len(told.opened) > len(told.resolved)
        if not is_open and not drift_rules.is_suspect(habit, newest):
            continue
        known = past[-drift_rules.SAMPLES : -len(newest)]
        if not is_open and drift_rules.lasting(habit, newest, known) is not None:
            told.opened.append(each.at)
            if told.runs is None and stepped:
                told.runs = stepped
        elif is_open and drift_rules.is_over(habit, newest, known):
            told.resolved.append(each.at)
            fresh = 0
    return told


def false_alarms(history: History, seeds: int) -> float:
    """How many in a year of one job, of a history in which nothing changes."""
    opened = sum(len(tell(history, seed).opened) for seed in range(seeds))
    return opened / (seeds * history.days / 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How a step was told, over many jobs."""

    share: float
    #: median and 90th percentile of the runs from the step until it was told
    runs: tuple[int, int]
    #: median of the time from telling until the new level was the habit
    lasted: timedelta
    again: float


def detection(history: History, seeds: int) -> Found:
    """How soon a step is told, and for how long."""
    runs: list[int] = []
    lasted: list[timedelta] = []
    again = 0
    for seed in range(seeds):
        told = tell(history, seed)
        opened = [at for at in told.opened if at >= STEP_AT]
        if not opened or opened[0] - STEP_AT > GIVEN_UP:
            continue
        runs.append(told.runs or 0)
        again += len(opened) - 1
        resolved = [at for at in told.resolved if at >= opened[0]]
        if resolved:
            lasted.append(resolved[0] - opened[0])
    runs.sort()
    lasted.sort()
    return Found(
        share=len(runs) / seeds,
        runs=(_at_share(runs, 0.5), _at_share(runs, 0.9)),
        lasted=lasted[len(lasted) // 2] if lasted else timedelta(),
        again=again / seeds,
    )


def _at_share(numbers: Sequence[int], share: float) -> int:
    return numbers[int(share * (len(numbers) - 1))] if numbers else 0


QUIET: tuple[tuple[str, Noise, Shape], ...] = (
    ("normal noise", normal, flat),
    ("lognormal noise", lognormal, flat),
    ("heavy tail", heavy, flat),
    ("1 of 50 tenfold", outliers, flat),
    ("1 of 5 fourfold", twofold, flat),
    ("1 of 12 fourfold", twelfth, flat),
    ("Mondays threefold", normal, mondays),
    ("Mondays threefold, lognormal", lognormal, mondays),
    ("working hours twofold", normal, office),
    ("one hour a night fourfold", normal, nights),
    ("doubles in a year", normal, yearly),
)
NOISES: tuple[tuple[str, Noise], ...] = (
    ("normal", normal),
    ("lognormal", lognormal),
    ("heavy", heavy),
)


def quiet(every: str, days: int = 365) -> list[History]:
    """Histories in which nothing changes for good."""
    found = [
        History(name=name, every=every, noise=noise, shape=shape, days=days)
        for name, noise, shape in QUIET
    ]
    for name, noise in NOISES:
        found.append(
            History(
                name=f"lateness, {name}",
                every=every,
                noise=noise,
                measure=Measure.LATENESS,
                usual=20.0,
                days=days,
            )
        )
    return found


def steps(every: str) -> list[History]:
    """Histories with a step."""
    days = (STEP_AT + 30 * DAY - START).days
    found = [
        History(
            name=f"{factor:g}x, {name}",
            every=every,
            noise=noise,
            shape=step(factor),
            days=days,
        )
        for factor in (0.3, 1.5, 2.0, 3.0)
        for name, noise in NOISES
    ]
    found.append(
        History(
            name="2x, Mondays threefold",
            every=every,
            shape=step(2.0, mondays),
            days=days,
        )
    )
    found.append(History(name="2x in a month", every=every, shape=monthly, days=days))
    for factor, words in ((3.0, "20 s to 1 min"), (15.0, "20 s to 5 min")):
        found.append(
            History(
                name=f"lateness {words}, lognormal",
                every=every,
                noise=lognormal,
                shape=step(factor),
                measure=Measure.LATENESS,
                usual=20.0,
                days=days,
            )
        )
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--every", choices=tuple(EVERY), action="append")
    options = parser.parse_args()
    for every in options.every or EVERY:
        #: a job that runs every 5 minutes has 100,000 runs in a year
        seeds = max(2, options.seeds // (10 if every == "5 min" else 1))
        print(f"\n{every}: false alarms in a year of one job ({seeds} jobs)")
        for history in quiet(every, 60 if every == "5 min" else 365):
            print(f"  {history.name:32} {false_alarms(history, seeds):6.2f}")
        print(f"{every}: runs until a step is told (median, 9 of 10; share found)")
        for history in steps(every):
            found = detection(history, seeds)
            few, many = found.runs
            print(
                f"  {history.name:32} {few:4} {many:4}  {found.share:4.0%}"
                f"  over after {found.lasted / DAY:.1f} d, again {found.again:.2f}"
            )


if __name__ == "__main__":
    main()
