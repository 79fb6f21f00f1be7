"""The oracle's families: jobs that keep each other silent are heard together."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import groupby

from tests.simulation.findings import Findings
from tests.simulation.looks import TICK, Looks
from tests.simulation.oracle_incidents import Page
from tests.simulation.oracle_lives import Account, account
from tests.simulation.oracle_sounds import Change, Ears
from tests.simulation.oracle_watch import LOOK
from tests.simulation.oracle_work import Plan
from tests.simulation.worlds import World, is_above, reached

#: when, by looking (0) or not, for many jobs at once, by which event, for whom
Key = tuple[datetime, int, bool, float, int]


class Household:
    """Jobs of which some stand above others, and all that was heard of them."""

    def __init__(self, world: World, accounts: Sequence[Account]) -> None:
        self.looks = Looks(world.gaps)
        self.accounts = accounts
        self.now = world.start
        self.ears = [
            Ears(each.life.definition, Plan(world, each.life), self.asks(number))
            for number, each in enumerate(accounts)
        ]
        #: looks at which everybody is asked again
        self.pending: set[datetime] = set()
        self._above: dict[tuple[bool, ...], list[set[int]]] = {}

    def asks(
        self, number: int
    ) -> Callable[[datetime, datetime, datetime | None], bool]:
        """What an ear asks of those above it."""

        def is_inhibited(
            now: datetime, opened_at: datetime, heard_at: datetime | None
        ) -> bool:
            return any(
                self.ears[above].silences(now, opened_at, heard_at)
                for above in self.above(now)[number]
            )

        return is_inhibited

    def above(self, now: datetime) -> list[set[int]]:
        """Who stands above whom, at whatever distance."""
        there = tuple(each.is_there(now) for each in self.accounts)
        if there not in self._above:
            lives = [each.life for each in self.accounts]
            numbers = range(len(lives))
            next_up = [
                {k for k in numbers if there[k] and k != n and is_above(lives[k], life)}
                for n, life in enumerate(lives)
            ]
            self._above[there] = [reached(n, next_up) for n in numbers]
        return self._above[there]

    def listen(self, until: datetime) -> None:
        """Everything that is told until the end of the world."""
        for (at, by_event, which), group in groupby(self.known(), stroke):
            # a look at the very moment of an event comes before it; that maintenance
            # is called off is an event
            is_first = by_event and which is not True
            self.review_until(at if is_first else at - TICK)
            self.now = at
            heard: dict[int, list[Page | Change]] = {}
            for (*_, number), each in group:
                heard.setdefault(number, []).append(each)
            for number, news in heard.items():
                self.ears[number].learn(at, news)
            self.decide(heard if by_event and self.looks.is_away(at) else None)
        self.review_until(until)

    def known(self) -> list[tuple[Key, Page | Change]]:
        """All that is learnt, in the order in which it is."""
        found: list[tuple[Key, Page | Change]] = []
        common = {c.at for each in self.accounts for c in each.changes if c.is_common}
        for number, each in enumerate(self.accounts):
            for page in each.pages:
                by = page.heard_by
                is_found = by != LOOK
                is_common = is_found and page.heard_at in common
                key = (page.heard_at, int(is_found), is_common, by, number)
                found.append((key, page))
            for change in each.changes:
                key = (change.at, 1, change.at in common, change.event, number)
                found.append((key, change))
        return sorted(found, key=lambda each: each[0])

    def review_until(self, now: datetime) -> None:
        """Whatever begins or ends by itself by then."""
        while (look_at := self.next_look()) is not None and look_at <= now:
            self.now = look_at
            self.pending.discard(look_at)
            self.decide(None)

    def next_look(self) -> datetime | None:
        """The first look at which silence or patience may have ended."""
        reviews = [ear.next_review(self.now) for ear in self.ears]
        looks = [self.looks.at_or_after(at) for at in reviews if at is not None]
        return min([*looks, *self.pending], default=None)

    def decide(self, only: Collection[int] | None) -> None:
        """Everybody is asked, or only some as the watchdog is late."""
        if only is not None:
            self.pending.add(self.looks.at_or_after(self.now))
        for number, ear in enumerate(self.ears):
            if only is None or number in only:
                ear.decide(self.now)


def stroke(known: tuple[Key, Page | Change]) -> tuple[datetime, int, object]:
    """What is learnt at one time: by a look, by what is done to many, by one event."""
    (at, by_event, is_common, by, number), _ = known
    if not by_event or is_common:
        return at, by_event, is_common
    return at, by_event, (by, number)


def foresee(world: World, numbers: Sequence[int]) -> list[Findings]:
    """What the rules say about the jobs of a family."""
    accounts = [account(world, world.lives[number]) for number in numbers]
    household = Household(world, accounts)
    household.listen(world.end)
    return [
        each.findings(ear.told)
        for each, ear in zip(accounts, household.ears, strict=True)
    ]
