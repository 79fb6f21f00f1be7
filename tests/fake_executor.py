"""An executor whose runs end when the test says so; keeps the real one's contract."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.clock import Clock
from bot.errors import Unavailable
from bot.executors.base import (
    GRACE_S,
    Chunk,
    Ending,
    Event,
    Order,
    Refusal,
    Refused,
    Report,
    Started,
    State,
)


class FakeExecutor:
    """Everything is remembered; see `bot.executors.base.Executor`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: every order that was begun, in order
        self.begun: list[Order] = []
        self.known: dict[str, Report] = {}
        self.printed: dict[str, bytes] = {}
        #: outputs that cannot be read
        self.unreadable: dict[str, OSError] = {}
        #: from where to where something of that is left out
        self.holes: dict[str, tuple[int, int]] = {}
        self.forgotten: set[str] = set()
        self.cancelled: list[str] = []
        #: what the next orders are refused with
        self.refuses = ""
        self.refuses_why = Refusal.COULD_NOT_START
        self.is_away = False
        #: answers to `start` are lost on their way
        self.loses_answers = False

    async def start(self, orders: Sequence[Order]) -> list[Started | Refused]:
        """Begin these."""
        self._check()
        answers = [self._start(each) for each in orders]
        if self.loses_answers:
            raise Unavailable("the answer was lost")
        return answers

    def _start(self, order: Order) -> Started | Refused:
        if order.id in self.known or order.id in self.forgotten:
            return Refused(id=order.id, why=Refusal.SEEN, reason="seen")
        if self.refuses:
            why = self.refuses_why
            return Refused(id=order.id, why=why, reason=self.refuses)
        now = self._clock.now()
        self.begun.append(order)
        self.known[order.id] = Report(
            id=order.id, state=State.RUNNING, pid=1, started_at=now
        )
        return Started(id=order.id, pid=1, started_at=now)

    async def cancel(self, ids: Sequence[str], grace_s: float = GRACE_S) -> list[str]:
        """End these at once, but for what an earlier supervisor has begun."""
        self._check()
        self.cancelled += ids
        for each in ids:
            known = self.known.get(each)
            if known is not None and known.state is State.LOST:
                self.known[each] = replace(known, stopping=Ending.CANCELLED)
            elif known is not None and known.state is State.RUNNING:
                self.end(each, ending=Ending.CANCELLED, signal=15)
        return []

    async def reports(self, ids: Sequence[str] | None = None) -> list[Report]:
        """What is known of them."""
        self._check()
        return [r for i, r in self.known.items() if ids is None or i in ids]

    async def output(self, run_id: str, start: int = 0) -> list[Chunk]:
        """What was printed."""
        if run_id in self.unreadable:
            raise self.unreadable[run_id]
        data, now = self.printed.get(run_id, b""), self._clock.now()
        begin, end = self.holes.get(run_id, (len(data), len(data)))
        kept = (Chunk(0, now, data[:begin]), Chunk(end, now, data[end:]))
        return [each.since(start) for each in kept if each.end > start and each.data]

    async def follow(self, run_id: str, start: int = 0) -> AsyncIterator[Chunk]:
        """All of it."""
        for chunk in await self.output(run_id, start):
            yield chunk

    async def forget(self, ids: Sequence[str]) -> None:
        """Keep what has not ended."""
        self._check()
        for each in ids:
            if self.known[each].state is State.ENDED:
                del self.known[each]
                self.forgotten.add(each)

    async def events(self) -> AsyncIterator[Event]:
        """Nothing: the test lets the loops look."""
        none: tuple[Event, ...] = ()
        for each in none:
            yield each

    def _check(self) -> None:
        if self.is_away:
            raise Unavailable("no supervisor of runs answers")

    # -- what a test does ------------------------------------------------------------

    def going(self) -> list[str]:
        """The ids of those that go on."""
        return [i for i, r in self.known.items() if r.state is State.RUNNING]

    def end(
        self,
        run_id: str = "",
        code: int | None = 0,
        *,
        after: timedelta = timedelta(),
        ending: Ending = Ending.EXITED,
        signal: int | None = None,
        output: bytes = b"",
    ) -> None:
        """A run ends; without an id the only one that goes on."""
        if not run_id:
            (run_id,) = self.going()
        self.printed[run_id] = output
        self.known[run_id] = replace(
            self.known[run_id],
            state=State.ENDED,
            ending=ending,
            exit_code=None if signal is not None else code,
            signal=signal,
            ended_at=self._clock.now() + after,
            output_size=len(output),
        )
