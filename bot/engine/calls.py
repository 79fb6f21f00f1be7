"""Calls people beside the channel: each once, whatever becomes of the channel.

Whoever was reached is written down at once, for a sound is tried again until its
channel takes it. Whoever was not is tried again with it, and is named in the channel.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import storage.notifications
from bot.core import cards
from bot.core.cards import Call, Card, Sound
from bot.core.kinds import NotificationId
from bot.engine.channels import Channels
from bot.engine.context import Context
from bot.errors import NotifyError
from bot.notifiers.base import CardPlace
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: the channel does not wait for long: it is read by more people
TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Way:
    """One of those to be called, and what is to be said there."""

    #: as it is kept in the store
    whom: str
    ids: Sequence[NotificationId]
    #: says it under a mark
    say: Callable[[str], Awaitable[object]]


class Caller:
    """Writes to people, and says it in the fallback channel as well."""

    def __init__(
        self, context: Context, place: CardPlace, channels: Channels, instance: str
    ) -> None:
        self._context = context
        self._place = place
        self._channels = channels
        self._instance = instance

    async def beside(self, card: Card, sound: Sound, channel_id: int | None) -> Call:
        """Call all beside the channel; what is left for the channel to say.

        None: no channel can be used now.
        """
        steps = [called.step for called in sound.calls]
        call = Call(
            roles=_each(role for step in steps for role in step.roles),
            users=_each(user for step in steps for user in step.users),
        )
        people = _each(user for step in steps for user in step.direct)
        written = {user: self._to_user(user, card, sound) for user in people}
        asked = any(step.fallback for step in steps)
        others = {
            other: self._to_channel(other, card, sound, call)
            for other in self._channels.fallbacks
            if asked and other != channel_id
        }
        missing = await self._go([*written.values(), *others.values()])
        is_set = bool(self._channels.fallbacks)
        is_heard = is_set and not missing & {way.whom for way in others.values()}
        return replace(
            call,
            unwritten=tuple(u for u, way in written.items() if way.whom in missing),
            no_fallback=asked and not is_heard,
        )

    def _to_user(self, user_id: int, card: Card, sound: Sound) -> Way:
        place = self._place
        return Way(
            f"{place.name} user {user_id}",
            [each.id for each in sound.calls if user_id in each.step.direct],
            lambda mark: place.write_to(user_id, card, sound.kind, mark=mark),
        )

    def _to_channel(self, channel_id: int, card: Card, sound: Sound, call: Call) -> Way:
        say = partial(
            self._place.sound,
            card,
            sound.kind,
            call=call,
            channel_id=channel_id,
            reply_to=None,
        )
        return Way(
            f"{self._place.name} channel {channel_id}",
            [each.id for each in sound.calls if each.step.fallback],
            lambda mark: say(mark=mark),
        )

    async def _go(self, ways: Sequence[Way]) -> set[str]:
        """Call those who have not heard of it yet; whom that did not reach."""
        ids = {each for way in ways for each in way.ids}
        if not ids:
            return set()

        async def find(q: Queries) -> set[tuple[NotificationId, str]]:
            return await storage.notifications.who_was_reached(q, ids)

        known = await self._context.db.read(find)
        left = []
        for way in ways:
            new = [each for each in way.ids if (each, way.whom) not in known]
            if new:
                left.append(replace(way, ids=new))
        missing = {way.whom for way in left}
        tries = [self._try(way, missing) for way in left]
        try:
            async with asyncio.timeout(TIMEOUT_S):
                results = await asyncio.gather(*tries, return_exceptions=True)
        except TimeoutError:
            logger.warning(
                "no answer within %g s from %s",
                TIMEOUT_S,
                ", ".join(sorted(missing)),
                extra={"action": "notification_failed"},
            )
            return missing
        for result in results:
            if result is not None:
                raise result
        return missing

    async def _try(self, way: Way, missing: set[str]) -> None:
        """Call one of them; whoever is reached is missing no more."""
        try:
            await way.say(cards.message_mark(self._instance, max(way.ids)))
        except NotifyError as exc:
            logger.warning(
                "%s did not take a call: %s",
                way.whom,
                exc,
                extra={"action": "notification_failed"},
            )
            return

        async def unit(tx: Transaction) -> None:
            now = self._context.clock.now()
            await storage.notifications.reached(tx, way.ids, way.whom, now)

        await self._context.db.write(unit)
        missing.discard(way.whom)


def _each(ids: Iterable[int]) -> tuple[int, ...]:
    """Every one of them once, in their order."""
    return tuple(dict.fromkeys(ids))
