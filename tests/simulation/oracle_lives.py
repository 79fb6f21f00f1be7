"""The oracle of one job: from all that comes to it to its outcomes and incidents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.kinds import NotificationKind, PingKind, ScheduleKind
from tests.simulation.dues import dues
from tests.simulation.findings import Findings, Told, Trouble
from tests.simulation.looks import Looks
from tests.simulation.oracle_events import Witness
from tests.simulation.oracle_incidents import Chronicle, Page, Story
from tests.simulation.oracle_slots import DAY
from tests.simulation.oracle_sounds import Change
from tests.simulation.oracle_watch import FOUND
from tests.simulation.oracle_work import Plan
from tests.simulation.worlds import Act, Life, Said, What, World, events_of

HOLDS = timedelta(hours=4)
WEEK = 7 * DAY
PERIODS = 3
#: what says something about the job
TELLING = (PingKind.START, PingKind.SUCCESS, PingKind.FAIL)
#: every schedule of a world is due twice within that
YEARS = 370 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of one job, but for what was heard of it."""

    life: Life
    witness: Witness
    stories: Sequence[Story]
    pages: Sequence[Page]
    changes: Sequence[Change]
    reminders: Sequence[Told]
    removed_at: datetime | None

    def is_there(self, now: datetime) -> bool:
        """Whether it was made already, and not yet removed."""
        is_gone = self.removed_at is not None and self.removed_at <= now
        return self.life.made_at <= now and not is_gone

    def findings(self, told: Sequence[Told]) -> Findings:
        """Everything about it, with what was told."""
        known = sorted(self.witness.slots.items())
        return Findings(
            slots={due: slot.word for due, slot in known if slot.word is not None},
            incidents=[
                Trouble(s.opened_at, s.kind, s.resolved_at) for s in self.stories
            ],
            unseen=self.witness.unseen,
            told=sorted([*self.reminders, *told], key=lambda each: each.at),
        )


class Oracle:
    """One job of a world, replayed by the rules' words."""

    def __init__(self, world: World, life: Life) -> None:
        self.world = world
        self.life = life
        self.looks = Looks(world.gaps)
        until = world.end + timedelta(days=40)
        plan = Plan(world, life)
        self.witness = Witness(life.definition, life.made_at, self.looks, plan, until)
        self.changes: list[Change] = []
        #: ids that senders have given to what they said
        self.known: set[str] = set()
        self.removed: tuple[datetime, float] | None = None
        #: when to bring a new job to mind, and what was said
        self.remind_at = self.patience_from(life.made_at)
        self.reminders: list[Told] = []

    def account(self) -> Account:
        """Everything that is to be said about the job."""
        for number, event in enumerate(events_of(self.world, self.life)):
            if self.removed is not None:
                break
            self.meet(event, number)
        if self.removed is None:
            self.witness.pass_until(self.world.end)
            self.remind_until(self.world.end)
        chronicle = Chronicle()
        chronicle.read(self.witness.verdicts)
        if self.removed is not None:
            chronicle.close(*self.removed, self.witness.definition)
        return Account(
            life=self.life,
            witness=self.witness,
            stories=chronicle.stories,
            pages=chronicle.pages,
            changes=self.changes,
            reminders=self.reminders,
            removed_at=None if self.removed is None else self.removed[0],
        )

    def meet(self, event: Said | Act, number: int) -> None:
        """Something comes to the job; what was said before counts for nothing."""
        if isinstance(event, Said) and event.event in self.known:
            return
        if isinstance(event, Act) and event.what is What.ROTATE:
            # nobody looks at the job for that
            return
        is_silence = isinstance(event, Act) and event.is_silence
        # who silences a job silences also what nobody has looked at yet
        found_by = number if is_silence else number - FOUND
        if self.witness.pass_until(event.at, number, found_by):
            self.changes.append(Change(at=event.at, event=found_by))
        self.remind_until(event.at)
        if isinstance(event, Said):
            self.hear(event, number)
        else:
            self.act(event, number)

    def hear(self, said: Said, number: int) -> None:
        """A ping."""
        if said.kind in TELLING:
            self.changes.append(Change(at=said.at, event=number))
        if said.event is not None and said.about is not None:
            self.known.add(said.event)
            self.witness.hear_of(said.at, said.kind, min(said.about, said.at))
        elif self.witness.hear(said.at, said.kind, said.rid):
            self.changes.append(Change(at=said.at, event=number, paused=False))
        if not self.witness.is_unheard:
            self.remind_at = None

    def act(self, act: Act, number: int) -> None:
        """A person, who does something to the job, or to the silence about it."""
        witness = self.witness
        change = Change(at=act.at, event=number, is_common=act.is_common)
        match act.what:
            case What.PAUSE:
                witness.pause(act.at)
                self.remind_at = None
                change = replace(change, paused=True)
            case What.RESUME:
                if witness.is_paused:
                    witness.resume(act.at)
                    self.remind_at = self.patience_from(act.at)
                change = replace(change, paused=False)
            case What.EDIT:
                new = replace(witness.definition, **act.fields)
                if witness.change(act.at, new):
                    self.remind_at = self.patience_from(act.at)
                change = replace(change, definition=new)
            case What.REMOVE:
                witness.remove(act.at)
                self.removed = (act.at, number)
            case _:
                change = silenced(change, act)
        self.changes.append(change)

    def remind_until(self, now: datetime) -> None:
        """A new job that nothing is heard of is brought to mind."""
        if self.remind_at is None or self.remind_at >= now:
            return
        at = min(self.looks.after(self.remind_at), now)
        self.reminders.append(Told(at, NotificationKind.NEVER_SEEN, sounds=False))
        self.remind_at = None

    def patience_from(self, now: datetime) -> datetime | None:
        """Three periods from now, seven days at most."""
        witness, schedule = self.witness, self.witness.definition.schedule
        if not witness.is_unheard:
            return None
        if schedule.kind is ScheduleKind.NONE:
            return now + WEEK
        if schedule.interval is not None:
            return now + min(PERIODS * schedule.interval, WEEK)
        first, second = dues(schedule, now, now + YEARS)[:2]
        return now + min(PERIODS * (second - first), WEEK)


def silenced(change: Change, act: Act) -> Change:
    """What an acknowledgement or a mute adds to a change."""
    match act.what:
        case What.ACKNOWLEDGE:
            return replace(
                change,
                acknowledged_until=act.until or act.at + HOLDS,
                says_end=act.until is not None,
            )
        case What.MUTE:
            return replace(
                change,
                mute=act.number,
                muted_until=act.until,
                until_recovery=act.until_recovery,
            )
        case What.UNMUTE:
            return replace(change, mute=act.number)
    return change


def account(world: World, life: Life) -> Account:
    """What becomes of one job of a world."""
    return Oracle(world, life).account()
