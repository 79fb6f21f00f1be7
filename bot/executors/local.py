"""Runs commands on this machine, through a supervisor that outlives us."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from bot.clock import Clock
from bot.errors import NotFound, Unavailable
from bot.executors import (
    connections,
    hanging,
    launching,
    messages,
    outputs,
    wire,
)
from bot.executors.base import (
    GRACE_S,
    Chunk,
    Event,
    EventKind,
    Order,
    Refused,
    Report,
    Started,
    State,
)
from bot.executors.connections import Connection, Silent
from bot.executors.orders import is_id
from bot.executors.wire import Message

logger = logging.getLogger(__name__)

#: how long a call waits for a supervisor that is just being started
CONNECT_S = 10.0
#: between tries to reach or to start one
RETRY_S = (0.05, 0.2, 1.0, 5.0)
#: how long one that was silent may take to greet, before it is ended
CONFIRM_S = 5.0
#: so many orders are one message: a quarter of a megabyte is there for each
SLICE = 250
#: a listener that is so far behind is told to ask for everything
_BEHIND = 10_000

Launch = Callable[[Path], Awaitable[None]]


class LocalExecutor:
    """See `bot.executors.base.Executor`. Somebody must keep `run` going."""

    def __init__(
        self, folder: Path, *, release: str, clock: Clock, launch: Launch | None = None
    ) -> None:
        self._folder = folder
        self._release = release
        self._clock = clock
        self._launch = launch or self._launch_plainly
        self._connection: Connection | None = None
        self._changed = asyncio.Event()
        #: one that was silent: it is asked once more, and then it is ended
        self._is_doubted = False
        #: since when none can be reached, monotonic
        self._away_since: float | None = None
        #: what is known of one that hangs
        self._trouble = ""
        self._listeners: set[asyncio.Queue[Event]] = set()

    async def run(self) -> None:
        """Stay connected; start a supervisor when there is none. Until cancelled."""
        tries = 0
        while True:
            try:
                connection = await self._connect()
            except Unavailable as exc:
                await self._mind(exc, tries)
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
                continue
            tries = 0
            await self._serve(connection)

    async def _mind(self, exc: Unavailable, tries: int) -> None:
        """None can be reached: say so once, and end one that hangs."""
        now = self._clock.monotonic()
        if self._away_since is None:
            self._away_since = now
        hangs, done = isinstance(exc, Silent), ""
        if hangs or now - self._away_since >= connections.SILENCE_S:
            done = await asyncio.to_thread(hanging.end, self._folder)
            self._is_doubted, self._away_since = False, now
        if hangs or done:
            trouble = f"{exc}: {done or 'which process it is cannot be told'}"
            if trouble != self._trouble:
                logger.error("%s", trouble, extra={"action": "supervisor_hangs"})
            self._trouble = trouble
        elif tries == len(RETRY_S):
            said = {"action": "supervisor_unreachable"}
            logger.error("runs cannot be started: %s", exc, extra=said)

    async def start(self, orders: Sequence[Order]) -> list[Started | Refused]:
        """Make processes of them, all at once; answers in the same order."""
        slices = [orders[n : n + SLICE] for n in range(0, len(orders), SLICE)]
        answers = await asyncio.gather(*map(self._start, slices))
        return [answer for some in answers for answer in some]

    async def cancel(self, ids: Sequence[str], grace_s: float = GRACE_S) -> list[str]:
        """TERM, and after the grace KILL; which of them are not over."""
        answer = await self._ask("cancel", ids=list(ids), grace_s=grace_s)
        return list(answer["known"])

    async def reports(self, ids: Sequence[str] | None = None) -> list[Report]:
        """All runs that it knows, or those of these ids that it knows."""
        wanted = None if ids is None else list(ids)
        answer = await self._ask("list", ids=wanted)
        return [messages.report(each) for each in answer["runs"]]

    async def output(self, run_id: str, start: int = 0) -> list[Chunk]:
        """What is kept of the output from that offset on; no supervisor is needed."""
        if not is_id(run_id):
            raise NotFound(f"no run can be {run_id!r}")
        path = str(self._folder / wire.OUTPUTS / run_id)
        kept = await asyncio.to_thread(outputs.stored, path)
        return [
            Chunk(offset, messages.moment(at), data).since(start)
            for offset, at, data in kept
            if offset + len(data) > start
        ]

    async def follow(self, run_id: str, start: int = 0) -> AsyncIterator[Chunk]:
        """The output as it comes, until the run has ended; NotFound: no such run."""
        with _Listening(self._listeners) as queue:
            ended = await self._has_ended(run_id)
            while True:
                for chunk in await self.output(run_id, start):
                    yield chunk
                    start = chunk.end
                if ended:
                    return
                ended = await self._next_of(queue, run_id)

    async def forget(self, ids: Sequence[str]) -> None:
        """Throw reports and output away; what has not ended stays, and ids do."""
        await self._ask("forget", ids=list(ids))

    async def events(self) -> AsyncIterator[Event]:
        """What happens from now on; first whether the supervisor is there."""
        with _Listening(self._listeners) as queue:
            if self._connection is not None:
                yield Event(kind=EventKind.CONNECTED)
            while True:
                yield await queue.get()

    async def quit(self) -> bool:
        """End the supervisor if it has nothing to keep; whether it does."""
        return bool((await self._ask("quit"))["quits"])

    async def _start(self, orders: Sequence[Order]) -> list[Started | Refused]:
        told = [messages.order(order) for order in orders]
        return messages.answers(orders, await self._ask("start", orders=told))

    async def _connect(self) -> Connection:
        connection = await self._reach()
        if connection.greeting.get("release") == self._release:
            return connection
        # one of another release that speaks the same: it is replaced when it is idle
        try:
            quits = await _quits(connection)
        except BaseException:
            await connection.close()
            raise
        if quits:
            await connection.close()
            raise Unavailable("the supervisor of another release has ended")
        return connection

    async def _reach(self) -> Connection:
        within_s = CONFIRM_S if self._is_doubted else connections.SILENCE_S
        try:
            return await connections.connect(self._folder, within_s)
        except Silent:
            raise
        except Unavailable:
            await self._launch(self._folder)
        return await connections.connect(self._folder)

    async def _launch_plainly(self, folder: Path) -> None:
        await launching.launch(folder, release=self._release)

    async def _serve(self, connection: Connection) -> None:
        """Until the connection ends."""
        self._connection = connection
        self._is_doubted, self._away_since, self._trouble = False, None, ""
        self._changed.set()
        self._tell([Event(kind=EventKind.CONNECTED)])
        try:
            await connection.listen(self._on_news)
        except Unavailable as exc:
            self._is_doubted = isinstance(exc, Silent)
            logger.warning("%s", exc, extra={"action": "supervisor_lost"})
        finally:
            self._connection = None
            self._changed.clear()
            self._tell([Event(kind=EventKind.DISCONNECTED)])
            await connection.close()

    async def _ask(self, do: str, **fields: object) -> Message:
        if self._connection is None:
            await self._clock.wait(self._changed, CONNECT_S)
        connection = self._connection
        if connection is None:
            raise Unavailable(self._trouble or "no supervisor of runs answers")
        return await connection.ask(do, **fields)

    def _on_news(self, news: Message) -> None:
        self._tell(messages.events(news))

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            for queue in self._listeners:
                _put(queue, event)

    async def _has_ended(self, run_id: str) -> bool:
        found = await self.reports([run_id])
        if not found:
            raise NotFound(f"no run {run_id!r} is known here")
        return found[0].state is State.ENDED

    async def _next_of(self, queue: asyncio.Queue[Event], run_id: str) -> bool:
        """Wait for something about that run; whether it has ended."""
        while True:
            event = await queue.get()
            if event.kind is EventKind.CONNECTED:
                return await self._has_ended(run_id)
            if event.id == run_id:
                return event.kind is EventKind.ENDED


class _Listening:
    """A queue that gets every event while the block lasts."""

    def __init__(self, listeners: set[asyncio.Queue[Event]]) -> None:
        self._listeners = listeners
        self._queue: asyncio.Queue[Event] = asyncio.Queue()

    def __enter__(self) -> asyncio.Queue[Event]:
        self._listeners.add(self._queue)
        return self._queue

    def __exit__(self, *_: object) -> None:
        self._listeners.discard(self._queue)


def _put(queue: asyncio.Queue[Event], event: Event) -> None:
    """A listener that sleeps costs bounded memory: it will have to ask."""
    if queue.qsize() >= _BEHIND:
        while not queue.empty():
            queue.get_nowait()
        event = Event(kind=EventKind.CONNECTED)
    queue.put_nowait(event)


async def _quits(connection: Connection) -> bool:
    listening = asyncio.create_task(connection.listen(lambda _: None))
    try:
        answer = await connection.ask("quit")
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return bool(answer["quits"])
