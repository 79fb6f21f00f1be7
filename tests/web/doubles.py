"""A receiver that records what it is handed, and keeps the contract of the real one."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from bot.core.kinds import PingKind
from bot.engine.health import Health
from bot.engine.pings import Answer, Incoming, Received
from bot.engine.services import Services

OK = Received(answer=Answer.OK, kind=PingKind.SUCCESS)


@dataclass
class RecordingPings:
    """Answers what it is told to; an exception among the answers is raised."""

    #: what came in, in order
    taken: list[Incoming] = field(default_factory=list)
    #: used up one a ping; then everything is OK
    answers: list[Received | Exception] = field(default_factory=list)
    #: nothing is answered before this is set
    committed: asyncio.Event = field(default_factory=asyncio.Event)
    #: set whenever something came in
    came: asyncio.Event = field(default_factory=asyncio.Event)
    #: how many could not even be read
    lost: int = 0

    @property
    def are_waiting(self) -> bool:
        """Until they are told to be committed."""
        return not self.committed.is_set()

    def turned_away(self) -> None:
        """Count it."""
        self.lost += 1

    def __post_init__(self) -> None:
        self.committed.set()

    def submit(self, incoming: Incoming) -> asyncio.Future[Received]:
        """Record a ping; see `bot.web.base.Pings`."""
        return asyncio.ensure_future(self._receive(incoming))

    async def _receive(self, incoming: Incoming) -> Received:
        self.taken.append(incoming)
        self.came.set()
        await self.committed.wait()
        answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def only(self) -> Incoming:
        """The one ping that came in."""
        (incoming,) = self.taken
        return incoming


@dataclass
class BrokenStore:
    """A store that is not ready."""

    problem: Exception

    async def ready(self) -> None:
        """Raise; see `bot.engine.store.Store`."""
        raise self.problem


@dataclass
class FewServices:
    """As much of Services as pings and health need."""

    pings: RecordingPings
    store: BrokenStore | None = None
    health: Health = field(default_factory=Health)


def services(pings: RecordingPings, store: BrokenStore | None = None) -> Services:
    """The stand-in, passed off as the real one."""
    return cast(Services, FewServices(pings, store))
