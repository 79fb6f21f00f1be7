"""The whole engine on a real database with a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.core import summary_dues
from bot.core.choices import Ids
from bot.core.kinds import ActorKind, PingKind
from bot.core.models import Actor
from bot.core.silencers import ALWAYS, SoundRules
from bot.core.summary_dues import SummaryPlan
from bot.engine import services
from bot.engine.choices import Choices
from bot.engine.outward import HeartbeatPlan
from bot.engine.pings import Incoming, Received
from bot.engine.runner import RunPlan
from bot.engine.services import Services
from storage.database import Database, Limits
from tests.databases import opened
from tests.fake_places import FakePlace
from tests.fakes import FakeClock, FakeNotifier

#: what services answer, as a test digs into it
Json = dict[str, Any]

ANN = Actor(kind=ActorKind.CLI, name="ann")
BOB = Actor(kind=ActorKind.CLI, name="bob")


class House:
    """An engine and everything around it that a test looks at."""

    def __init__(
        self,
        engine: Services,
        clock: FakeClock,
        notifiers: list[FakeNotifier],
        db: Database,
        place: FakePlace,
    ) -> None:
        self.db = db
        #: what shows cards; nothing comes there unless the house has Discord
        self.place = place
        self.engine = engine
        #: the questions, without the types of their answers
        self.reads: Any = engine.reads
        #: the use-cases of jobs, likewise
        self.jobs: Any = engine.jobs
        self.clock = clock
        self.notifiers = {notifier.name: notifier for notifier in notifiers}
        self.uuids: dict[str, str] = {}

    @property
    def log(self) -> FakeNotifier:
        """What went to the log."""
        return self.notifiers["log"]

    async def add(self, slug: str, **fields: object) -> Json:
        """Make a job."""
        view = await self.engine.jobs.add({"slug": slug, **fields}, ANN)
        self.uuids[slug] = str(view["uuid"])
        return view

    async def ping(self, slug: str, said: str = "success", **more: Any) -> Received:
        """Ping a job by its UUID."""
        fields: dict[str, Any] = {"uuid": self.uuids.get(slug), **more}
        return await self.engine.pings.receive(Incoming(said=PingKind(said), **fields))

    async def settle(self) -> None:
        """Let every loop do all that is due now."""
        moved = True
        while moved:
            moved = False
            for loop in self.engine.loops:
                while await loop.step():
                    moved = True

    async def advance(self, **delta: float) -> None:
        """Let time pass, and the loops do their work at the end of it."""
        self.clock.advance(timedelta(**delta))
        await self.settle()

    async def job(self, slug: str) -> Json:
        """The job as `job show` has it."""
        view: Json = await self.reads.job(slug)
        return view

    async def blind_times(self) -> list[Json]:
        """Blind times with what they put in doubt, the newest first."""
        found: list[Json] = await self.engine.blind_times.list(100)
        return found

    async def incidents(self, **filters: Any) -> list[Json]:
        """Incidents, newest first."""
        found: list[Json] = await self.reads.incidents(**filters)
        return found


@asynccontextmanager
async def house(
    path: Path,
    *,
    clock: FakeClock | None = None,
    rate_limit: float = 0,
    place: FakePlace | None = None,
    sound_rules: SoundRules = ALWAYS,
    clean: bool = False,
    limits: Limits | None = None,
    heartbeat: HeartbeatPlan | None = None,
    runs: RunPlan | None = None,
    summaries: SummaryPlan = summary_dues.NOTHING,
    fixed: Ids | None = None,
    **names: bool,
) -> AsyncIterator[House]:
    """An engine on the database in `path`; `webhook=True` adds such a notifier.

    With a `place` each incident has a card there. It ends without a word, as by a kill,
    unless it ends `clean`. `fixed`: what the settings say of Discord.
    """
    clock = clock or FakeClock()
    async with opened(path / "cronitor.db", clock=clock, limits=limits) as db:
        notifiers = [FakeNotifier(name) for name in ("log", *names)]
        engine = await services.build(
            db,
            clock=clock,
            notifiers=notifiers,
            card_places=[place] if place else [],
            ping_urls=lambda uuid, slug: {"ping_url": f"http://test/ping/{uuid}"},
            rate_limit=rate_limit,
            version="test",
            sound_rules=sound_rules,
            heartbeat=heartbeat,
            runs=runs,
            summaries=summaries,
            choices=Choices(db, clock, fixed=fixed),
        )
        clock.looks.append(engine.pulse.look)
        yield House(engine, clock, notifiers, db, place or FakePlace(clock))
        clock.looks.remove(engine.pulse.look)
        if clean:
            engine.pulse.close()
            await engine.pulse.stop()
        for cards in engine.cards.values():
            await cards.close()
        await asyncio.sleep(0)
