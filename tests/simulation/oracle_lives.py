"""The oracle as a whole: from all that comes to a job to all that is said of it."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.kinds import NotificationKind, ScheduleKind
from tests.simulation.dues import dues
from tests.simulation.findings import Findings, Told, Trouble
from tests.simulation.looks import Looks
from tests.simulation.oracle import Witness
from tests.simulation.oracle_incidents import Chronicle
from tests.simulation.oracle_slots import DAY
from tests.simulation.oracle_sounds import Change, Ears
from tests.simulation.worlds import Act, Life, Said, What, World, events_of

HOLDS = timedelta(hours=4)
WEEK = 7 * DAY
PERIODS = 3
#: every schedule of a world is due twice within that
YEARS = 370 * DAY


class Oracle:
    """One job of a world, replayed by the rules' words."""

    def __init__(self, world: World, life: Life) -> None:
        self.world = world
        self.life = life
        self.looks = Looks(world.gaps)
        until = world.end + timedelta(days=40)
        self.witness = Witness(life.definition, life.made_at, self.looks, until)
        self.changes: list[Change] = []
        self.removed: tuple[datetime, float] | None = None
        #: when to bring a new job to mind, and what was said
        self.remind_at = self.patience_from(life.made_at)
        self.reminders: list[Told] = []

    def findings(self) -> Findings:
        """Everything that is to be said about the job."""
        for number, event in enumerate(events_of(self.world, self.life)):
            if self.removed is not None:
                break
            self.witness.pass_until(event.at, number)
            self.remind_until(event.at)
            self.changes.append(Change(at=event.at, event=number))
            if isinstance(event, Said):
                self.hear(event, number)
            else:
                self.act(event, number)
        if self.removed is None:
            self.witness.pass_until(self.world.end)
            self.remind_until(self.world.end)
        chronicle = Chronicle()
        chronicle.read(self.witness.verdicts)
        if self.removed is not None:
            chronicle.close(*self.removed, self.witness.definition)
        ears = Ears(self.life.definition, self.looks)
        ears.listen(chronicle.pages, self.changes)
        ears.review_until(self.world.end)
        known = sorted(self.witness.slots.items())
        return Findings(
            slots={due: slot.word for due, slot in known if slot.word is not None},
            incidents=[
                Trouble(s.opened_at, s.kind, s.resolved_at) for s in chronicle.stories
            ],
            unseen=self.witness.unseen,
            told=sorted([*self.reminders, *ears.told], key=lambda told: told.at),
        )

    def hear(self, said: Said, number: int) -> None:
        """A ping."""
        if self.witness.hear(said.at, said.kind, said.rid):
            self.changes.append(Change(at=said.at, event=number, paused=False))
        if not self.witness.is_unheard:
            self.remind_at = None

    def act(self, act: Act, number: int) -> None:
        """A person."""
        witness = self.witness
        change = Change(at=act.at, event=number)
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
                witness.change(act.at, new)
                change = replace(change, definition=new)
            case What.REMOVE:
                witness.remove(act.at)
                self.removed = (act.at, number)
            case What.ACKNOWLEDGE:
                change = replace(change, acknowledged_until=act.until or act.at + HOLDS)
            case What.MUTE:
                change = replace(
                    change,
                    mute=act.number,
                    muted_until=act.until,
                    until_recovery=act.until_recovery,
                )
            case What.UNMUTE:
                change = replace(change, mute=act.number)
            case What.ROTATE:
                pass
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


def foresee(world: World, life: Life) -> Findings:
    """What the rules say about one job of a world."""
    return Oracle(world, life).findings()
