"""Leads a whole world through the engine on real SQLite, with a clock that it moves.

Cronitor is stopped and started again where the world says so. Each job stands on a
machine of its own, or on one with few others, so that no storm joins what the oracle
hears one by one.
"""

from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import storage.incidents
import storage.jobs
import storage.slots
import storage.states
from bot.core import job_tables
from bot.core.kinds import (
    JobId,
    MuteId,
    MuteScope,
    NotificationKind,
    ScheduleKind,
    WindowId,
)
from bot.core.models import Definition, Job, Outgoing
from bot.engine.wakes import Alarm
from bot.errors import Conflict, NotFound
from storage.queries import Queries
from tests.engine.house import ANN, House, house
from tests.fakes import FakeClock
from tests.simulation import lives, oracle_families
from tests.simulation.findings import Findings, Told, Trouble
from tests.simulation.looks import TICK
from tests.simulation.survey import Survey
from tests.simulation.worlds import (
    Act,
    Event,
    Life,
    Said,
    Sight,
    What,
    Work,
    World,
    families,
)

EVERYTHING = 1_000_000
LOOKING = ("pulse", "blind times", "deadlines", "sounds")


def world(seed: int, jobs: int, days: int) -> World:
    """A world for the engine: one machine for each job, and a watchdog in time."""
    made = lives.world(seed, jobs, days)
    gaps = [gap for gap in made.gaps if gap.sight is Sight.AWAY]
    alone = [
        life
        if life.definition.node
        else replace(life, definition=replace(life.definition, node=f"of-{number}"))
        for number, life in enumerate(made.lives)
    ]
    return replace(made, gaps=gaps, lives=alone)


class Walk:
    """A world on its way through the engine."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.clock = FakeClock(world.start)
        self.ids: dict[str, JobId] = {}
        self.uuids: dict[str, str] = {}
        self.mutes: dict[int, MuteId] = {}
        self.windows: dict[int, WindowId] = {}
        self.taken: list[Outgoing] = []
        self.house: House
        self.alarms: tuple[Alarm, ...] = ()
        self.stack = AsyncExitStack()

    async def open(self) -> None:
        """Start Cronitor."""
        self.stack = AsyncExitStack()
        running = house(self.folder, clock=self.clock, clean=True)
        self.house = await self.stack.enter_async_context(running)
        self.house.uuids = self.uuids
        await self.house.settle()
        await self.set_alarms()

    async def close(self) -> None:
        """Stop it, and keep what was told until then."""
        await self.house.settle()
        self.taken += self.house.log.taken
        await self.stack.aclose()

    async def go(self) -> None:
        """Through the whole world."""
        await self.open()
        for at, number, event in sorted(self.timetable(), key=lambda each: each[:2]):
            await self.look_until(at)
            self.pass_until(at)
            if event is None:
                await self.away(at)
            else:
                await self.meet(self.world.lives[number - 1], event)
                await self.look_until(at)
        await self.look_until(self.world.end)
        self.pass_until(self.world.end)

    def timetable(self) -> list[tuple[datetime, int, Event | Life | None]]:
        """All that happens: to a job (by number), to all (0), and absences (-1)."""
        found: list[tuple[datetime, int, Event | Life | None]] = []
        found += [(gap.start, -1, None) for gap in self.world.gaps]
        found += [(act.at, 0, act) for act in self.world.common]
        for number, life in enumerate(self.world.lives, start=1):
            found.append((life.made_at, number, life))
            found += [(event.at, number, event) for event in life.events]
        return [each for each in found if each[0] <= self.world.end]

    async def away(self, at: datetime) -> None:
        """Cronitor is stopped, and started again at the end of the absence."""
        gap = next(gap for gap in self.world.gaps if gap.start == at)
        await self.close()
        self.clock.set(gap.end)
        await self.open()

    async def look_until(self, moment: datetime) -> None:
        """Look at each deadline just after it, and at each review at its moment."""
        while (look_at := self.next_look()) is not None and look_at <= moment:
            self.pass_until(look_at)
            await self.look()

    def pass_until(self, moment: datetime) -> None:
        """Let time pass; a healthy process looks at the clock all the while."""
        self.clock.set(max(moment, self.clock.now()))
        self.house.engine.pulse.look()

    async def look(self) -> None:
        """What the loops do within a second."""
        for loop in self.house.engine.loops:
            while loop.name in LOOKING and await loop.step():
                pass

        await self.set_alarms()

    async def set_alarms(self) -> None:
        """As loops do before they sleep; every write then sets them earlier."""

        async def find(q: Queries) -> tuple[datetime | None, datetime | None]:
            wake_at = await storage.states.next_wake(q)
            return wake_at, await storage.incidents.next_review(q)

        alarms = {loop.name: loop.alarm for loop in self.house.engine.loops}
        self.alarms = alarms["deadlines"], alarms["sounds"]
        for alarm, at in zip(self.alarms, await self.house.db.read(find), strict=True):
            alarm.at = at

    def next_look(self) -> datetime | None:
        """When a loop has something to do."""
        wakes, reviews = (alarm.at for alarm in self.alarms)
        known = [] if wakes is None else [wakes + TICK]
        return min(known if reviews is None else [*known, reviews], default=None)

    async def meet(self, life: Life, event: Event | Life) -> None:
        """Something comes to a job."""
        slug = life.definition.slug
        with suppress(NotFound, Conflict):
            if isinstance(event, Life):
                await self.add(life)
            elif isinstance(event, Said):
                more = {"rid": event.rid, "event_id": event.event}
                await self.house.ping(slug, event.kind, sent_at=event.about, **more)
            else:
                await self.act(slug, event)

    async def add(self, life: Life) -> None:
        """Somebody makes the job."""
        table = job_tables.as_table(life.definition)
        del table["slug"]
        slug = life.definition.slug
        await self.house.add(slug, **table)

        async def find(q: Queries) -> Job | None:
            return await storage.jobs.by_slug(q, slug)

        job = await self.house.db.read(find)
        assert job is not None
        self.ids[slug] = job.id

    async def act(self, slug: str, act: Act) -> None:
        """Somebody does something."""
        jobs = self.house.jobs
        match act.what:
            case What.PAUSE:
                await jobs.pause(slug, ANN)
            case What.RESUME:
                await jobs.resume(slug, ANN)
            case What.EDIT:
                await jobs.edit(slug, patch(act.fields), ANN)
            case What.REMOVE:
                await jobs.remove(slug, ANN)
            case What.ROTATE:
                view = await jobs.rotate(slug, ANN)
                self.uuids[slug] = str(view["uuid"])
            case What.ACKNOWLEDGE:
                await self.acknowledge(slug, act)
            case What.MUTE | What.UNMUTE:
                await self.mute(act)
            case What.ANNOUNCE | What.CALL_OFF:
                await self.plan(act)

    async def acknowledge(self, slug: str, act: Act) -> None:
        """Somebody takes care of the open incident, if there is one."""
        found = await self.house.incidents(job=slug, status="unresolved")
        until = None if act.until is None else act.until - act.at
        for view in found[:1]:
            await self.house.engine.incidents.acknowledge(view["id"], ANN, until)

    async def mute(self, act: Act) -> None:
        """A mute begins or ends."""
        mutes = self.house.engine.mutes
        if act.what is What.UNMUTE:
            if act.number in self.mutes:
                await mutes.remove(self.mutes[act.number], ANN)
            return
        assert act.until is not None
        view = await mutes.add(
            MuteScope(act.scope),
            act.target,
            duration=act.until - act.at,
            until_recovery=act.until_recovery,
            reason="because",
            actor=ANN,
        )
        self.mutes[act.number] = MuteId(int(str(view["id"])))

    async def plan(self, act: Act) -> None:
        """Maintenance is announced, or ended early."""
        work, maintenance = act.work, self.house.engine.maintenance
        assert work is not None
        if act.what is What.CALL_OFF:
            if work.number in self.windows:
                await maintenance.remove(self.windows[work.number], ANN)
            return
        view = await maintenance.add(window_table(work), ANN)
        self.windows[work.number] = WindowId(int(str(view["id"])))

    async def findings(self) -> list[Findings]:
        """What was decided about each job."""
        told = by_job(self.taken)

        async def find(q: Queries) -> list[Findings]:
            slugs = [life.definition.slug for life in self.world.lives]
            return [await self.found(q, slug, told.get(slug, [])) for slug in slugs]

        return await self.house.db.read(find)

    async def found(self, q: Queries, slug: str, told: list[Told]) -> Findings:
        """What is stored about a job, and what was told of it."""
        job_id = self.ids[slug]
        slots = await storage.slots.newest(q, job_id, EVERYTHING)
        incidents = await storage.incidents.newest(q, job_id=job_id, limit=EVERYTHING)
        return Findings(
            slots={slot.due_at: slot.outcome for slot in reversed(slots)},
            incidents=[
                Trouble(each.opened_at, each.kind, each.resolved_at)
                for each in reversed(incidents)
            ],
            told=told,
        )

    def blind_told(self) -> list[datetime]:
        """When a blind time was told of."""
        return [out.at for out in self.taken if out.kind is NotificationKind.BLIND]


def by_job(taken: list[Outgoing]) -> dict[str, list[Told]]:
    """What was told, by the slug of the job that it is about."""
    found: dict[str, list[Told]] = {}
    for outgoing in sorted(taken, key=lambda each: each.notification_id):
        job = outgoing.snapshot.get("job")
        if isinstance(job, dict):
            told = Told(outgoing.at, outgoing.kind, outgoing.sounds)
            found.setdefault(job["slug"], []).append(told)
    return found


def patch(fields: dict[str, Any]) -> dict[str, object]:
    """Changed fields as a person gives them."""
    full = job_tables.as_json(replace(Definition(slug="x"), **fields))
    given: dict[str, object] = {
        name: full[name] for name in fields if name != "schedule"
    }
    if "schedule" in fields:
        table = job_tables.as_table(replace(Definition(slug="x"), **fields))
        given |= {"timezone": "UTC", "flavour": "cron"}
        given |= {k: v for k, v in table.items() if k in SCHEDULE_FIELDS}
    return given


def window_table(work: Work) -> dict[str, object]:
    """A window as a person announces it."""
    schedule = work.schedule
    table: dict[str, object] = {work.scope.value: work.target or True}
    table["for"] = work.length.total_seconds()
    if schedule.kind is ScheduleKind.NONE:
        return table | {"from": work.starts_at}
    key = "cron" if schedule.kind is ScheduleKind.CRON else "on_calendar"
    return table | {key: schedule.expression, "timezone": schedule.timezone}


SCHEDULE_FIELDS = ("cron", "on_calendar", "every", "timezone", "flavour")


async def survey(seed: int, jobs: int, days: int, folder: Path) -> Survey:
    """Lead a world through the engine, and compare it with the oracle."""
    made = world(seed, jobs, days)
    walk = Walk(made, folder)
    await walk.go()
    await walk.close()
    await walk.open()
    found = Survey(made)
    others = await walk.findings()
    for numbers in families(made):
        for number, mine in zip(
            numbers, oracle_families.foresee(made, numbers), strict=True
        ):
            oracle = replace(mine, unseen=frozenset())
            found.add(number + 1, made.lives[number], oracle, others[number])
    await walk.close()
    return found
