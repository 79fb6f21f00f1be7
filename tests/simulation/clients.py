"""Jobs that report, well and badly, over a network that is no better."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

from bot.core.kinds import PingKind
from bot.core.models import Definition
from tests.simulation.definitions import DAY, HOUR, MINUTE, SECOND
from tests.simulation.looks import TICK
from tests.simulation.oracle_slots import Slot, slot
from tests.simulation.worlds import Gap, Said, Sight


class Recipe(StrEnum):
    """How a client reports; the recipes are those of docs/heartbeats.md."""

    #: `curl .../$?` when it has ended
    END = "end"
    #: start and end without rid
    BOTH = "both"
    #: start and end with a rid of its own each time
    RID = "rid"
    #: the same rid for ever
    ONE_RID = "one rid"
    #: an end with `event` and `at`, which is sent later if nobody is there to hear it
    KEPT = "kept"
    #: anything at any time
    MONKEY = "monkey"


class Mood(StrEnum):
    """How a job does for a while."""

    WELL = "well"
    DEAD = "dead"
    FAILING = "failing"
    FLAKY = "flaky"
    LATE = "late"
    SLOW = "slow"
    HASTY = "hasty"
    EDGY = "edgy"
    #: every other turn fails
    SWINGING = "swinging"


MOODS = (
    (Mood.WELL, 40, 60),
    (Mood.DEAD, 4, 4),
    (Mood.FAILING, 3, 4),
    (Mood.FLAKY, 3, 30),
    (Mood.LATE, 3, 6),
    (Mood.SLOW, 3, 6),
    (Mood.HASTY, 2, 6),
    (Mood.EDGY, 3, 8),
    (Mood.SWINGING, 2, 14),
)
#: waits of `curl --retry 5` and of the Python recipe
WAITS = (1, 2, 4, 8, 16)


def is_away(gaps: Sequence[Gap], moment: datetime) -> bool:
    """Whether Cronitor is stopped then."""
    return any(g.holds(moment) and g.sight is Sight.AWAY for g in gaps)


@dataclass(slots=True)
class Network:
    """Carries what clients say to Cronitor, if it is there."""

    random: Random
    gaps: Sequence[Gap]
    heard: list[Said] = field(default_factory=list)

    def send(self, at: datetime, kind: PingKind, rid: str | None, tries: int) -> None:
        """Try so often; what was heard is said again if the answer was late."""
        random = self.random
        if random.random() < 0.004:
            return
        for wait in (*WAITS[: tries - 1], 0):
            arrives = at + timedelta(seconds=random.random() * 0.3)
            if random.random() < 0.01:
                arrives += random.choice((5 * SECOND, 40 * SECOND, 11 * MINUTE))
            if not self.is_away(arrives):
                self.heard.append(Said(arrives, kind, rid))
                if random.random() > 0.02:
                    return
            at += timedelta(seconds=wait)

    def put(self, at: datetime, kind: PingKind, rid: str | None) -> None:
        """Be heard at exactly that moment."""
        if not self.is_away(at):
            self.heard.append(Said(at, kind, rid))

    def is_away(self, moment: datetime) -> bool:
        """Whether nobody answers then."""
        return is_away(self.gaps, moment)


@dataclass(slots=True)
class Client:
    """One job that reports by one recipe."""

    random: Random
    network: Network
    recipe: Recipe
    tries: int
    #: how long it usually runs
    usual: timedelta
    rid: str
    mood: Mood = Mood.WELL
    left: int = 0
    turns: int = 0
    #: reports that could not be sent
    spool: list[Said] = field(default_factory=list)
    #: when somebody may notice that it is in trouble
    troubles: list[datetime] = field(default_factory=list)

    def next_mood(self) -> Mood:
        """How it does this time."""
        self.turns += 1
        self.left -= 1
        if self.left < 0:
            random = self.random
            mood, _, length = random.choices(MOODS, [weight for _, weight, _ in MOODS])[
                0
            ]
            self.mood, self.left = mood, 1 + int(random.expovariate(1 / length))
        return self.mood

    def turn(self, definition: Definition, window: Slot) -> datetime | None:
        """Do the work of one due; returns when it was done."""
        mood = self.next_mood()
        if mood is not Mood.WELL:
            self.troubles.append(window.closes)
        if mood is Mood.DEAD or (mood is Mood.FLAKY and self.random.random() < 0.2):
            return None
        start = window.due + self.lateness(mood, window)
        length = self.length(mood, definition)
        fails = self.fails(mood)
        self.report(start, length, fails=fails, exact=mood is Mood.EDGY)
        if self.random.random() < 0.03:
            self.network.put(start + length / 2, PingKind.LOG, None)
        return start + length

    def lateness(self, mood: Mood, window: Slot) -> timedelta:
        """How long after its due it starts."""
        random = self.random
        width = window.closes - window.due
        if mood is Mood.EDGY:
            edges = (
                window.opens,
                window.opens - TICK,
                window.closes,
                window.closes + TICK,
            )
            return random.choice((*edges, window.due)) - window.due
        if mood is Mood.LATE:
            return width * (0.9 + random.random()) + random.choice((timedelta(), HOUR))
        if mood is Mood.HASTY:
            return -timedelta(seconds=random.random() * 80)
        return min(width, 2 * MINUTE) * random.random() * 0.8 - 5 * SECOND

    def length(self, mood: Mood, definition: Definition) -> timedelta:
        """How long it runs."""
        random = self.random
        if mood is Mood.HASTY:
            return timedelta(seconds=random.random() * 15)
        usual = self.usual * (0.5 + random.random())
        if mood is not Mood.SLOW:
            return usual
        longest = definition.max_runtime or HOUR
        return (
            usual + longest * random.choice((0.9, 1.0, 1.5, 3.0)) * random.random() * 2
        )

    def fails(self, mood: Mood) -> bool:
        """Whether it ends badly."""
        chances = {Mood.FAILING: 0.9, Mood.FLAKY: 0.3, Mood.SWINGING: self.turns % 2}
        return self.random.random() < chances.get(mood, 0.003)

    def report(
        self, start: datetime, length: timedelta, *, fails: bool, exact: bool
    ) -> None:
        """Say so, as the recipe does."""
        say = self.network.put if exact else self.send
        if self.recipe is Recipe.KEPT:
            say = self.keep
        end = PingKind.FAIL if fails else PingKind.SUCCESS
        rid = None
        if self.recipe is Recipe.ONE_RID:
            rid = self.rid
        elif self.recipe is Recipe.RID:
            rid = str(UUID(int=self.random.getrandbits(128)))
        if self.recipe not in (Recipe.END, Recipe.KEPT):
            say(start, PingKind.START, rid)
        elif exact:
            length = timedelta()
        say(start + length, end, rid)

    def keep(self, at: datetime, kind: PingKind, rid: str | None) -> None:
        """Say it now, or together with a later one, in order."""
        event = str(UUID(int=self.random.getrandbits(128)))
        self.spool.append(Said(at, kind, None, event, at.replace(microsecond=0)))
        for wait in (*WAITS[: self.tries - 1], 0):
            arrives = at + timedelta(seconds=0.1 + self.random.random() * 0.3)
            if not self.network.is_away(arrives) and self.random.random() > 0.01:
                break
            at += timedelta(seconds=wait)
        else:
            return
        waits = [said for said in self.spool if said.at <= arrives]
        # a longer run that began before has not ended yet
        self.spool = [said for said in self.spool if said.at > arrives]
        for number, said in enumerate(waits):
            sent = replace(said, at=arrives + number * TICK * 1000)
            self.network.heard.append(sent)
            if self.random.random() < 0.05:
                self.network.heard.append(replace(sent, at=sent.at + 5 * SECOND))

    def send(self, at: datetime, kind: PingKind, rid: str | None) -> None:
        """As the client would, with its retries."""
        self.network.send(at, kind, rid, self.tries)


def client(random: Random, network: Network) -> Client:
    """A client of some recipe."""
    recipes, weights = list(Recipe), (25, 25, 25, 8, 10, 7)
    return Client(
        random=random,
        network=network,
        recipe=random.choices(recipes, weights)[0],
        tries=random.choice((1, 5, 6)),
        usual=random.choice((2 * SECOND, 30 * SECOND, 5 * MINUTE, 40 * MINUTE)),
        rid=str(UUID(int=random.getrandbits(128))),
    )


def monkey(client: Client, start: datetime, end: datetime, pace: timedelta) -> None:
    """Say anything at any time, at about that pace."""
    random = client.random
    rids = [None, None, *(str(UUID(int=random.getrandbits(128))) for _ in range(3))]
    kinds = (
        *[PingKind.START] * 4,
        *[PingKind.SUCCESS] * 5,
        PingKind.FAIL,
        PingKind.LOG,
    )
    at = start
    while (at := at + random.expovariate(1) * pace) < end:
        kind = random.choice(kinds)
        client.network.put(at, kind, random.choice(rids))
        if kind is PingKind.FAIL:
            client.troubles.append(at)
        if random.random() < 0.05:
            at += pace * 5


def by_interval(
    client: Client,
    definition: Callable[[datetime], Definition],
    start: datetime,
    end: datetime,
) -> Iterator[datetime]:
    """Work again and again, each time so long after the last end; yields the ends."""
    at = start
    while at < end:
        current = definition(at)
        interval = current.schedule.interval or DAY
        done = client.turn(current, slot(current, at, interval))
        yield done or at
        at = max(at, done or at) + interval
