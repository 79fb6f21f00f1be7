"""Discord's limits of five sends and of five edits in five seconds in a channel."""

from dataclasses import dataclass

from bot.clock import Clock
from tests.discord_wire.replies import Reply, limits, too_many

MESSAGES = 5
WINDOW_S = 5.0


@dataclass(slots=True)
class _Window:
    ends: float
    left: int = MESSAGES


class RateLimits:
    """Counts the messages of each channel."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, _Window] = {}

    def count(self, path: str) -> Reply:
        """A 429, or an answer of status 200 with the headers of the limit."""
        now, wall_s = self._clock.monotonic(), self._clock.now().timestamp()
        window = self._windows.get(path)
        if window is None or window.ends <= now:
            window = self._windows[path] = _Window(now + WINDOW_S)
        rest_s = window.ends - now
        if not window.left:
            return too_many(rest_s, wall_s)
        window.left -= 1
        return Reply(200, headers=limits(window.left, rest_s, wall_s + rest_s))
