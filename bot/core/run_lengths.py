"""How long the run of an incident took, and how long such runs usually do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core import drift, durations
from bot.core.drift import Habit, Measure, Sample

#: good runs before it; of fewer nobody knows what is usual
LEAST = 3


@dataclass(frozen=True, slots=True)
class RunLength:
    """The newest run of an incident that has ended."""

    took: timedelta
    #: None: too little is known
    usual: Habit | None


def usual(good: Sequence[Sample]) -> Habit | None:
    """What is usual by some runs that ended well, for want of a kept habit."""
    if len(good) < LEAST:
        return None
    return drift.band_of(Measure.DURATION, good)


def words(length: RunLength) -> str:
    """`31 min, usually 4 to 6 min`."""
    said = durations.about(length.took)
    if length.usual is None:
        return said
    return f"{said}, usually {drift.between(length.usual)}"
