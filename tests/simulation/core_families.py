"""Leads jobs that have to do with each other through the pure rules, side by side."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from tests.simulation.findings import Findings
from tests.simulation.looks import Looks
from tests.simulation.through_core import Walk
from tests.simulation.worlds import (
    Act,
    Event,
    World,
    events_of,
    is_above,
    reached,
)

Moment = Callable[[Walk], datetime | None]


class Family:
    """Jobs of which some stand above others; most often it is one alone."""

    def __init__(self, world: World, numbers: Sequence[int]) -> None:
        self.world = world
        self.looks = Looks(world.gaps)
        self.walks = [Walk(world, number) for number in numbers]
        self.there: tuple[bool, ...] = ()
        #: those above before those below
        self.order: Sequence[int] = (0,)
        self.below: Sequence[Sequence[int]] = ((),)

    def lead(self) -> list[Findings]:
        """Through the whole world."""
        for (at, _), group in groupby(self.events(), stroke):
            self.look_until(at)
            self.see(at)
            self.meet([(number, event) for number, event in group])
        self.look_until(self.world.end)
        return [walk.findings() for walk in self.walks]

    def events(self) -> list[tuple[int, Event]]:
        """All that comes to one of them, in order."""
        found = [
            (number, event)
            for number, walk in enumerate(self.walks)
            for event in events_of(self.world, walk.life)
        ]
        if len(self.walks) > 1:
            found.sort(key=lambda each: (each[1].at, each[0]))
        return found

    def meet(self, group: Sequence[tuple[int, Event]]) -> None:
        """One event, or what is done to several of them in one stroke."""
        known = [(self.walks[number], number, event) for number, event in group]
        known = [each for each in known if each[0].kept.job.archived_at is None]
        for walk, _, event in known:
            if isinstance(event, Act) and event.is_silence:
                walk.silence(event)
        for walk, number, event in known:
            before = walk.kept.bearing
            walk.meet(event)
            is_silence = isinstance(event, Act) and event.is_silence
            if is_silence or walk.kept.bearing != before:
                self.ask_below(number, event.at)

    def see(self, now: datetime) -> None:
        """Everybody knows of past blind times, and who stands above whom."""
        for walk in self.walks:
            walk.see(now)
        if len(self.walks) > 1:
            there = tuple(walk.is_there(now) for walk in self.walks)
            if there != self.there:
                self.there = there
                self.tie(now)

    def tie(self, now: datetime) -> None:
        """Who stands above whom is not as it was."""
        lives = [walk.life for walk in self.walks]
        numbers = range(len(lives))
        next_up = [
            {
                k
                for k in numbers
                if self.there[k] and k != n and is_above(lives[k], life)
            }
            for n, life in enumerate(lives)
        ]
        above = [reached(n, next_up) for n in numbers]
        self.order = sorted(numbers, key=lambda number: (len(above[number]), number))
        self.below = [[n for n in self.order if k in above[n]] for k in numbers]
        for walk, up in zip(self.walks, above, strict=True):
            walk.kept.above = [self.walks[k].kept for k in sorted(up)]
            walk.kept.ask(now)

    def ask_below(self, number: int, now: datetime) -> None:
        """One of them is another one: those below ask again."""
        for lower in self.below[number] if self.below else ():
            self.walks[lower].kept.ask(now)

    def look_until(self, moment: datetime) -> None:
        """Every look that somebody takes until then, and at that moment."""
        while (look_at := self.next_look()) is not None and look_at <= moment:
            self.see(look_at)
            before = [(walk.kept.state, walk.kept.incident) for walk in self.walks]
            self.look(look_at)
            after = [(walk.kept.state, walk.kept.incident) for walk in self.walks]
            assert after != before, "the watchdog would spin"

    def look(self, now: datetime) -> None:
        """What has passed is judged, then it is asked what may sound."""
        for walk, number in list(self.due(now, Walk.wakes_at)):
            before = walk.kept.bearing
            walk.judge(now)
            if walk.kept.bearing != before:
                self.ask_below(number, now)
        for walk, number in list(self.due(now, Walk.reviews_at)):
            before = walk.kept.bearing
            walk.review(now)
            if walk.kept.bearing != before:
                self.ask_below(number, now)

    def due(self, now: datetime, moment_of: Moment) -> Iterator[tuple[Walk, int]]:
        """Who is to be looked at, those above first."""
        for number in self.order:
            walk = self.walks[number]
            at = moment_of(walk)
            if at is not None and at <= now:
                yield walk, number

    def next_look(self) -> datetime | None:
        """The next moment at which the watchdog has something to do."""
        found = None
        for walk in self.walks:
            for at in (walk.wakes_at(), walk.reviews_at()):
                if at is not None and (found is None or at < found):
                    found = at
        return None if found is None else self.looks.at_or_after(found)


def stroke(each: tuple[int, Event]) -> tuple[datetime, object]:
    """What comes at one time: one event, or what is done to many of them."""
    number, event = each
    if isinstance(event, Act) and event.is_common:
        return event.at, id(event)
    return event.at, (number, id(event))


def lead(world: World, numbers: Sequence[int]) -> list[Findings]:
    """What the rules of the product say about the jobs of a family."""
    return Family(world, numbers).lead()
