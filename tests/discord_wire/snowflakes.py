"""Discord's ids: a time in milliseconds since 2015, and a counter below it."""

from datetime import UTC, datetime, timedelta

from bot.clock import Clock

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_COUNTER_BITS = 22


class Snowflakes:
    """Makes ids that only grow."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> int:
        """An id of this moment."""
        self._last = max(self._last + 1, at(self._clock.now()))
        return self._last


def at(moment: datetime) -> int:
    """The lowest id of a moment."""
    return (moment - EPOCH) // timedelta(milliseconds=1) << _COUNTER_BITS


def moment_of(snowflake: int) -> datetime:
    """When an id was made."""
    return EPOCH + timedelta(milliseconds=snowflake >> _COUNTER_BITS)
