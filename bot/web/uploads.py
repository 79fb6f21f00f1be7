"""Bodies of plain pings that come in more than one piece: read here, not by aiohttp.

A large log costs about half of what it costs there, and of what has come nothing is
kept but head and tail.
"""

import asyncio
from collections.abc import Callable

from bot.core.pings import BodyKeeper
from bot.web.bodies import CUT_TO, TOO_MANY, Bodies, too_slow
from bot.web.pings import Target
from bot.web.wire import Request


class Upload:
    """One of them, from its first piece until it is whole, or ended before that."""

    __slots__ = (
        "_bodies",
        "_end",
        "_keeper",
        "_left",
        "_timer",
        "done",
        "request",
        "target",
    )

    def __init__(
        self,
        request: Request,
        target: Target,
        *,
        bodies: Bodies,
        keeper: BodyKeeper,
        timeout_s: float,
        end: Callable[[str], None],
    ) -> None:
        """`end` is told why it is ended before it is whole; once at the most."""
        self.request = request
        self.target = target
        self._bodies = bodies
        self._keeper = keeper
        self._left = request.fields.length
        self._end = end
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(timeout_s, end, too_slow(timeout_s))
        #: it is whole or ended
        self.done: asyncio.Future[None] = loop.create_future()

    @property
    def is_whole(self) -> bool:
        """Whether all of it has come."""
        return not self._left

    def feed(self, piece: memoryview) -> int:
        """Take what belongs to it; how many bytes that were."""
        piece = piece[: self._left]
        self._left -= len(piece)
        self._keeper.feed(piece)
        self._bodies.note(self, self._keeper.held)
        return len(piece)

    def cut(self) -> None:
        """Make room for others."""
        self._keeper.shrink(CUT_TO)
        self._end(TOO_MANY)

    def close(self) -> BodyKeeper:
        """No more will come; what is kept of it."""
        self._timer.cancel()
        self._bodies.forget(self)
        self.done.set_result(None)
        return self._keeper
