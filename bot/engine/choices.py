"""Channels and roles of Discord that people choose; they apply at once."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Protocol

import storage.audit
import storage.choices
from bot.clock import Clock
from bot.core import choices
from bot.core.audits import AuditEntry
from bot.core.choices import Choice, Chosen, Force, Ids
from bot.core.models import Actor
from bot.core.roles import Rules
from bot.core.views import View, moment
from bot.errors import Conflict, Invalid
from storage.database import Database
from storage.queries import Transaction

logger = logging.getLogger(__name__)


class Feed(Protocol):
    """Whatever posts cards in the channels that are chosen."""

    async def use(self, channels: tuple[int, ...], summaries: int | None) -> None:
        """Post new cards there from now on; what is posted already stays."""
        ...


class Choices:
    """What is in force: the settings, and where they are silent what was chosen."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        fixed: Ids | None = None,
        guild_id: int | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._fixed = fixed or {}
        #: the server of the bot, whose id is that of the role @everyone as well
        self.guild_id = guild_id
        self._chosen: Mapping[Choice, Chosen] = {}
        self._feed: Feed | None = None
        self._listener: Callable[[], None] = _nobody
        self._changing = asyncio.Lock()

    async def open(self) -> None:
        """Know what was chosen before."""
        self._chosen = await self._db.read(storage.choices.load)

    def feeds(self, feed: Feed) -> None:
        """Cards are posted by this."""
        self._feed = feed

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this after each change, from now on."""
        self._listener = listener

    @property
    def force(self) -> Force:
        """What holds now."""
        return choices.in_force(self._fixed, self._chosen)

    @property
    def rules(self) -> Rules:
        """Who may do what now."""
        return choices.rules(self.force)

    @property
    def places(self) -> tuple[int, ...]:
        """Channels for cards, the best first."""
        return choices.places(self.force)

    @property
    def summary(self) -> int | None:
        """The channel for reports; None: where cards are."""
        return choices.channel(self.force, Choice.SUMMARY)

    def rules_with(self, choice: Choice, ids: tuple[int, ...]) -> Rules:
        """Who could do what if that were chosen."""
        at = self._clock.now()
        chosen = {**self._chosen, choice: Chosen(ids=ids, at=at, by="")}
        return choices.rules(choices.in_force(self._fixed, chosen))

    def views(self) -> list[View]:
        """Everything that can be chosen, and what holds of it."""
        return [_view(choice, self.force) for choice in Choice]

    async def choose(self, wanted: Ids, actor: Actor) -> list[View]:
        """Choose channels and roles, all or none; no ids at all: nothing any more.

        Raises Invalid, and Conflict for what the settings decide.
        """
        self._check(wanted)
        async with self._changing:
            now, by = self._clock.now(), str(actor)
            new = {
                choice: Chosen(ids=tuple(dict.fromkeys(ids)), at=now, by=by)
                for choice, ids in wanted.items()
            }

            async def unit(tx: Transaction) -> Mapping[Choice, Chosen]:
                return await _write(tx, new, actor)

            before, self._chosen = self._chosen, await self._db.write(unit)
            await self._apply(before, new, actor)
        return self.views()

    def _check(self, wanted: Ids) -> None:
        problems = [
            found
            for choice, ids in wanted.items()
            if (found := choices.problem(choice, ids, self.guild_id))
        ]
        if problems:
            raise Invalid(*problems)
        decided = [each for each in wanted if wanted[each] and self._fixed.get(each)]
        if decided:
            keys = ", ".join(f"discord.{choices.setting(each)}" for each in decided)
            raise Conflict(
                f"the settings decide that, and win ({keys}): change it there and "
                "start the server again, or take it out and choose"
            )

    async def _apply(
        self,
        before: Mapping[Choice, Chosen],
        new: Mapping[Choice, Chosen],
        actor: Actor,
    ) -> None:
        """Let everything that depends on it know.

        Also where nothing differs: an earlier try may have got no further than the
        store.
        """
        for choice, chosen in new.items():
            former = before.get(choice)
            if (former.ids if former else ()) != chosen.ids:
                logger.info(
                    "%s chose %s for discord.%s",
                    actor,
                    ", ".join(map(str, chosen.ids)) or "nothing",
                    choices.setting(choice),
                    extra={"action": "choice_changed"},
                )
        if self._feed is not None and new.keys() & {*choices.CHANNELS}:
            await self._feed.use(self.places, self.summary)
        self._listener()


def _nobody() -> None:
    """Discord is off."""


async def _write(
    tx: Transaction, new: Mapping[Choice, Chosen], actor: Actor
) -> Mapping[Choice, Chosen]:
    """Keep what differs, with its line in the audit log; all that is chosen then."""
    kept = await storage.choices.load(tx)
    for choice, chosen in new.items():
        former = kept.get(choice)
        ids = former.ids if former else ()
        if ids == chosen.ids:
            continue
        if chosen.ids:
            await storage.choices.put(tx, choice, chosen)
        else:
            await storage.choices.remove(tx, choice)
        entry = AuditEntry(
            at=chosen.at,
            actor=actor,
            action="choice_changed",
            subject=f"discord.{choices.setting(choice)}",
            before={"ids": [str(each) for each in ids]},
            after={"ids": [str(each) for each in chosen.ids]},
        )
        await storage.audit.append(tx, entry)
    return await storage.choices.load(tx)


def _view(choice: Choice, force: Force) -> View:
    """One of them; ids are text, as everywhere in Discord."""
    holds = force[choice]
    chosen = holds.chosen
    return {
        "name": str(choice),
        "setting": f"discord.{choices.setting(choice)}",
        "ids": [str(each) for each in holds.ids],
        "source": str(holds.source),
        "chosen": [str(each) for each in chosen.ids] if chosen else [],
        "chosen_by": chosen.by if chosen else None,
        "chosen_at": moment(chosen.at) if chosen else None,
    }
