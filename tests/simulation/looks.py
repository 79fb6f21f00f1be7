"""When Cronitor looks: at once, or after a time in which it could not."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.simulation.worlds import Gap

TICK = timedelta(microseconds=1)


class Looks:
    """The moments of looking in a world with these gaps."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        self._gaps = sorted(gaps, key=lambda gap: gap.start)
        self._starts = [gap.start for gap in self._gaps]

    def at_or_after(self, moment: datetime) -> datetime:
        """The first moment from then on at which somebody looks."""
        at = bisect_right(self._starts, moment) - 1
        if at >= 0 and self._gaps[at].holds(moment):
            return self._gaps[at].end
        return moment

    def after(self, moment: datetime) -> datetime:
        """The first look at which that moment has passed."""
        return self.at_or_after(moment + TICK)
