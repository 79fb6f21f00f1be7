"""When Cronitor looks: at once, or after a time in which it could not."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.simulation.worlds import Gap, Sight

TICK = timedelta(microseconds=1)
#: whoever was turned away in a blind time has come again by then
CLIENTS_TRY_AGAIN = timedelta(minutes=1)


class Looks:
    """The moments of looking in a world with these gaps."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        self._gaps = sorted(gaps, key=lambda gap: gap.start)
        self._starts = [gap.start for gap in self._gaps]

    def blind(self, begins: datetime, ends: datetime) -> Gap | None:
        """The newest blind time that has a moment of these, or the minute after it."""
        at = bisect_right(self._starts, ends) - 1
        while at >= 0 and self._gaps[at].end + CLIENTS_TRY_AGAIN >= begins:
            if self._gaps[at].sight is Sight.AWAY:
                return self._gaps[at]
            at -= 1
        return None

    def at_or_after(self, moment: datetime) -> datetime:
        """The first moment from then on at which somebody looks."""
        at = bisect_right(self._starts, moment) - 1
        if at >= 0 and self._gaps[at].holds(moment):
            return self._gaps[at].end
        return moment

    def is_away(self, moment: datetime) -> bool:
        """Whether nobody looks then."""
        return self.at_or_after(moment) != moment

    def after(self, moment: datetime) -> datetime:
        """The first look at which that moment has passed."""
        return self.at_or_after(moment + TICK)
