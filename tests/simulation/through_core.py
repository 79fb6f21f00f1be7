"""Leads jobs of a world through the pure rules, as the engine would."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count, islice

from bot.core import deadlines, events, inhibition, plans, slots, status
from bot.core.blind_times import BlindTime
from bot.core.effects import CloseSlot, EndMute, Notify, Unseen
from bot.core.inhibition import Above
from bot.core.kinds import (
    ActorKind,
    BlindId,
    BlindReason,
    IncidentKind,
    InhibitorKind,
    JobId,
    MuteId,
    Outcome,
    PingKind,
    Status,
    WindowId,
)
from bot.core.models import Actor, Incident, Job, JobState, Ping, Run, Slot
from bot.core.silencers import Inhibitor, Mute, Silencers, Window
from bot.core.transitions import Ids, Transition, Watched
from tests.simulation.findings import Findings, Told, Trouble
from tests.simulation.looks import TICK
from tests.simulation.worlds import (
    Act,
    Event,
    Life,
    Said,
    Sight,
    What,
    Work,
    World,
)

ANN = Actor(kind=ActorKind.CLI, name="ann")
NEUTRAL = (Outcome.SKIPPED, Outcome.MERGED)


class Kept:
    """What a store keeps of one job, and what was said about it."""

    def __init__(self, life: Life, number: int) -> None:
        self.ids = Ids(count(1), count(1))
        self.job = Job(
            id=JobId(number),
            uuid=f"{number:032x}",
            definition=life.definition,
            created_at=life.made_at,
        )
        fresh = JobState(job_id=self.job.id)
        self.state = slots.arm_new(self.job, fresh, life.made_at)
        self.open_runs: list[Run] = []
        self.ended: dict[str, Run] = {}
        self.incident: Incident | None = None
        self.incidents: dict[int, Incident] = {}
        self.mutes: list[Mute] = []
        self.windows: list[Window] = []
        #: what stands above it
        self.above: Sequence[Kept] = ()
        self.slots: dict[datetime, Outcome] = {}
        self.events: set[str | None] = set()
        self.told: list[Told] = []
        #: when nothing was heard, the newest end first
        self.blind: tuple[BlindTime, ...] = ()
        self.unseen: set[datetime] = set()

    def load(self, now: datetime, rid: str | None = None) -> Watched:
        """What the store hands to the rules: of a rid the newest run that has ended."""
        runs = self.open_runs
        if rid is not None and rid in self.ended:
            runs = [*runs, self.ended[rid]]
            runs.sort(key=lambda run: (run.started_at, run.id))
        if self.mutes:
            self.mutes = [mute for mute in self.mutes if mute.until_at > now]
        return Watched(
            job=self.job,
            state=self.state,
            runs=tuple(runs),
            incident=self.incident,
            silencers=self.silencers(now, runs),
            blind=self.blind,
        )

    def silencers(self, now: datetime, runs: Sequence[Run]) -> Silencers:
        """What may keep it from being heard."""
        asks = self.above and self.may_be_inhibited(now)
        return Silencers(
            mutes=tuple(self.mutes),
            windows=self.running(now, runs),
            inhibitors=tuple(self.inhibitors(now)) if asks else (),
        )

    def running(self, now: datetime, runs: Sequence[Run] = ()) -> tuple[Window, ...]:
        """Maintenance that may have to do with what may still be judged."""
        state = self.state
        looks = (
            *(state.due_at, state.deadline_at, state.maintained_until),
            *(state.missed_due_at, state.held_due_at),
            *(run.due_at for run in runs),
        )
        oldest = min([now, *(at for at in looks if at is not None)])
        return tuple(w for w in self.windows if (w.ends_at or now) >= oldest)

    def may_be_inhibited(self, now: datetime) -> bool:
        """Whether it has missed something, or is about to be found so."""
        incident, deadline_at = self.incident, self.state.deadline_at
        if incident is not None and incident.resolved_at is None:
            return incident.kind in (IncidentKind.TOO_SHORT, IncidentKind.MISSED)
        if self.state.maintained_until is not None:
            return True
        return deadline_at is not None and deadline_at < now

    def inhibitors(self, now: datetime) -> Iterator[Inhibitor]:
        """What stands above it, is not well, and may be heard."""
        for each in self.above:
            incident = each.incident
            if incident is None or incident.resolved_at is not None:
                continue
            around = Silencers(mutes=tuple(each.mutes), windows=each.running(now))
            above = Above(
                kind=InhibitorKind.PARENT,
                name=each.job.slug,
                job=each.job,
                state=each.state,
                incident=incident,
            )
            yield from inhibition.inhibitors([above], around, now)

    @property
    def bearing(self) -> tuple[object, ...]:
        """What those below it may have to do with."""
        return self.incident, self.state.status, self.state.good_in_a_row > 0

    def ask(self, now: datetime) -> None:
        """Something above it is another one: ask again what may sound."""
        incident = self.incident
        if (
            incident is not None
            and incident.resolved_at is None
            and incident.kind is IncidentKind.MISSED
        ):
            self.incident = replace(incident, review_at=now)

    def newest_slots(self, until: datetime) -> list[Slot]:
        """The newest that were due by then."""
        dues = islice((due for due in reversed(self.slots) if due <= until), 20)
        return [
            Slot(
                job_id=self.job.id, due_at=due, outcome=self.slots[due], decided_at=due
            )
            for due in sorted(dues, reverse=True)[: events.LOOKED_AT]
        ]

    def keep(self, rid: str, run: Run) -> None:
        """Of each rid the newest run that has ended."""
        known = self.ended.get(rid)
        if known is None or (run.started_at, run.id) >= (known.started_at, known.id):
            self.ended[rid] = run

    def save(self, transition: Transition) -> None:
        """Store what a rule decided."""
        after = transition.watched
        self.job, self.state, self.incident = after.job, after.state, after.incident
        self.open_runs = [run for run in after.runs if run.ended_at is None]
        for run in after.runs:
            if run.ended_at is not None and run.rid is not None:
                self.keep(run.rid, run)
        if after.incident is not None:
            self.incidents[after.incident.id] = after.incident
        for effect in transition.effects:
            match effect:
                case CloseSlot():
                    if effect.due_at not in self.slots or effect.outcome not in NEUTRAL:
                        self.slots[effect.due_at] = effect.outcome
                case Notify():
                    self.told.append(Told(effect.at, effect.kind, effect.sounds))
                case Unseen():
                    self.unseen.add(self.blind[-effect.blind_id].began_at)
                case EndMute():
                    self.mutes = [m for m in self.mutes if m.id != effect.mute_id]


class Walk:
    """One job on its way through its life."""

    def __init__(self, world: World, number: int) -> None:
        self.life = world.lives[number]
        self.kept = Kept(self.life, number + 1)
        away = [gap for gap in world.gaps if gap.sight is Sight.AWAY]
        self.coming = [
            BlindTime(
                id=BlindId(number),
                began_at=gap.start,
                ended_at=gap.end,
                reason=BlindReason.STOPPED,
            )
            for number, gap in enumerate(away, start=1)
        ]
        self.coming.reverse()

    def findings(self) -> Findings:
        """Everything that the rules said about the job."""
        return Findings(
            slots=dict(sorted(self.kept.slots.items())),
            incidents=[
                Trouble(each.opened_at, each.kind, each.resolved_at)
                for each in self.kept.incidents.values()
            ],
            told=self.kept.told,
            unseen=self.kept.unseen,
        )

    def is_there(self, now: datetime) -> bool:
        """Whether it was made already, and not yet removed."""
        return self.life.made_at <= now and self.kept.job.archived_at is None

    def wakes_at(self) -> datetime | None:
        """The first moment at which a look finds that a deadline has passed."""
        wake_at = self.kept.state.wake_at
        return None if wake_at is None else wake_at + TICK

    def reviews_at(self) -> datetime | None:
        """When to ask again what may sound."""
        return self.kept.incident.review_at if self.kept.incident else None

    def judge(self, now: datetime) -> None:
        """The watchdog looks at its deadlines."""
        kept = self.kept
        kept.save(deadlines.on_time(kept.load(now), now, kept.ids))

    def review(self, now: datetime) -> None:
        """The watchdog looks at what may sound."""
        kept = self.kept
        kept.save(status.on_review(kept.load(now), now, kept.ids))

    def see(self, now: datetime) -> None:
        """Blind times that are over by now are known now."""
        while self.coming and self.coming[-1].began_at < now:
            self.kept.blind = (self.coming.pop(), *self.kept.blind)

    def meet(self, event: Event) -> None:
        """Something comes to the job."""
        if isinstance(event, Said):
            self.hear(event)
        else:
            self.act(event)

    def hear(self, said: Said) -> None:
        """A ping, as the receiver classifies it."""
        kept = self.kept
        kind = said.kind
        if kept.state.status is Status.PAUSED and kept.job.definition.manual_resume:
            kind = PingKind.IGNORED
        ping = Ping(
            job_id=kept.job.id,
            kind=kind,
            said=said.kind,
            at=min(said.about or said.at, said.at),
            rid=said.rid,
        )
        watched = kept.load(said.at, said.rid)
        if said.about is None:
            kept.save(status.on_ping(watched, ping, said.at, kept.ids))
        elif said.event not in kept.events:
            known = kept.newest_slots(said.about + slots.EARLIEST)
            kept.events.add(said.event)
            kept.save(events.on_event(watched, ping, known, said.at, kept.ids))

    def act(self, act: Act) -> None:
        """Somebody does something."""
        kept, now = self.kept, act.at
        match act.what:
            case What.PAUSE:
                kept.save(status.on_pause(kept.load(now), ANN, now, kept.ids))
            case What.RESUME:
                kept.save(status.on_resume(kept.load(now), ANN, now, kept.ids))
            case What.EDIT:
                self.edit(act)
            case What.REMOVE:
                kept.save(status.on_remove(kept.load(now), ANN, now, kept.ids))
                kept.job = replace(kept.job, archived_at=now)
            case What.ACKNOWLEDGE:
                # whoever wants to acknowledge something looks first
                kept.save(deadlines.on_time(kept.load(now), now, kept.ids))
                if self.is_open:
                    watched = kept.load(now)
                    kept.save(
                        status.on_acknowledge(watched, ANN, now, kept.ids, act.until)
                    )
            case What.MUTE | What.UNMUTE | What.ANNOUNCE | What.CALL_OFF:
                self.review(now)
            case What.ROTATE:
                kept.job = replace(
                    kept.job, uuid=f"{act.number:032x}", first_uuid=kept.job.seed
                )

    @property
    def is_open(self) -> bool:
        """Whether there is an incident that is not resolved."""
        incident = self.kept.incident
        return incident is not None and incident.resolved_at is None

    def edit(self, act: Act) -> None:
        """The definition is changed."""
        kept = self.kept
        old = kept.job.definition
        new = replace(old, **act.fields)
        job = replace(kept.job, definition=new, revision=kept.job.revision + 1)
        watched = kept.load(act.at)
        kept.save(
            status.on_change(
                watched,
                job,
                act.at,
                kept.ids,
                around=watched.silencers,
                rearms=plans.rearms(old, new),
                note="changed",
            )
        )

    def silence(self, act: Act) -> None:
        """A mute or a maintenance window begins or ends; nobody is asked yet."""
        kept = self.kept
        if act.work is not None:
            kept.windows = [w for w in kept.windows if w.id != act.work.number]
            kept.windows.append(window(act.work, act.what is What.CALL_OFF))
            return
        kept.mutes = [mute for mute in kept.mutes if mute.id != act.number]
        if act.what is What.MUTE and (self.is_open or not act.until_recovery):
            assert act.until is not None
            mute = Mute(
                id=MuteId(act.number),
                scope=act.scope,
                target=act.target,
                created_by=str(ANN),
                created_at=act.at,
                until_at=act.until,
                until_recovery=act.until_recovery,
            )
            kept.mutes.append(mute)


def window(work: Work, is_over: bool) -> Window:
    """A maintenance window as the store has it."""
    return Window(
        id=WindowId(work.number),
        scope=work.scope,
        target=work.target,
        created_by=str(ANN),
        created_at=work.made_at,
        starts_at=work.starts_at,
        schedule=work.schedule,
        duration=work.length,
        ended_at=work.ended_at if is_over else None,
    )
