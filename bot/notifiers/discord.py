"""Cards in channels of Discord, over whatever client is connected now.

discord.py itself tries 500, 502, 504 and 524 again and waits out a 429; everything else
comes here and becomes a NotifyError, for the engine to try again (SEMANTICS, section 7,
points 4 and 5).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

import discord

from bot.core.blind_reports import BlindCard
from bot.core.cards import Card, Posted
from bot.core.kinds import NOTICES, NotificationKind, Severity
from bot.core.models import Outgoing
from bot.core.storm_cards import StormCard
from bot.core.threads import Part
from bot.discord_ui import blind_cards, cards, storm_cards, text
from bot.discord_ui import threads as thread_texts
from bot.discord_ui.cards import Rendered
from bot.errors import ChannelLost, NotifyError
from bot.notifiers import threads
from bot.notifiers.base import Shown
from bot.notifiers.discord_errors import FAILURES, NO_REPLY, translated
from bot.notifiers.pace import Paces

logger = logging.getLogger(__name__)

#: from the call to the answer; discord.py may wait out a rate limit within
TIMEOUT_S = 20.0

#: messages of a channel that a search looks through at the most
SEARCHED = 5000

T = TypeVar("T")


class Handle:
    """Where the client is that is connected now; the supervisor replaces it."""

    def __init__(self) -> None:
        #: logged in, so that it can send; None: there is none at the moment
        self.client: discord.Client | None = None


class DiscordPlace:
    """Keeps the contract of `notifiers.base.CardPlace`."""

    name = "discord"
    at_once = 8

    def __init__(
        self, handle: Handle, channels: tuple[int, ...], *, threads: bool = False
    ) -> None:
        self._handle = handle
        self.channels = channels
        self.threads = threads
        self._paces = Paces()

    def digest(self, card: Shown) -> str:
        """What the card looks like."""
        return cards.digest_of(_render(card))

    async def post(self, card: Shown, channel_id: int, *, silent: bool) -> Posted:
        """Send the card; its mark is the nonce."""
        rendered = _render(card)

        urgent = _is_urgent(card)

        async def pretty() -> Posted:
            return await self._send(
                rendered, channel_id, silent=silent, mark=card.mark, urgent=urgent
            )

        async def plainly() -> Posted:
            said = _plain(card)
            return await self._send(
                said, channel_id, silent=silent, mark=card.mark, urgent=urgent
            )

        return await _or_plainly(pretty, plainly)

    async def edit(self, card: Shown, posted: Posted) -> None:
        """Bring the message up to date."""
        rendered = _render(card)

        async def pretty() -> None:
            async with self._message(posted, "edit") as message:
                await message.edit(
                    content=rendered.content,
                    embed=rendered.embed,
                    view=rendered.view(),
                    allowed_mentions=discord.AllowedMentions.none(),
                )

        async def plainly() -> None:
            async with self._message(posted, "edit") as message:
                await message.edit(
                    content=_plain(card),
                    embed=None,
                    allowed_mentions=discord.AllowedMentions.none(),
                )

        await _or_plainly(pretty, plainly)

    async def sound(
        self,
        card: Card,
        kind: NotificationKind,
        *,
        channel_id: int,
        reply_to: Posted | None,
        mark: str,
    ) -> Posted:
        """Say it in a message of its own, which answers the card."""
        rendered = cards.sound(card, kind, mark)
        direct, fallback = cards.called_beside(card, kind)
        if direct or fallback:
            missing = [u for u in direct if not await self._write_to(u, rendered, mark)]
            also = fallback and not await self._fall_back(rendered, channel_id, mark)
            rendered = cards.unreached(rendered, missing, fallback=also)

        async def pretty() -> Posted:
            return await self._send(
                rendered,
                channel_id,
                silent=False,
                mark=mark,
                reply_to=reply_to,
                urgent=_is_urgent(card),
            )

        async def plainly() -> Posted:
            said = f"{rendered.content}\n{mark}"
            return await self._send(said, channel_id, silent=False, mark=mark)

        return await _or_plainly(pretty, plainly)

    async def _write_to(self, user_id: int, said: Rendered, mark: str) -> bool:
        """Write to a person directly, once; the channel says whom that did not reach.

        A later try of the same sound writes again: Discord drops it as a repetition
        for some minutes.
        """
        try:
            async with self._connected() as client:
                channel = await client.create_dm(discord.Object(user_id))
            await self._send(said, channel.id, silent=False, mark=mark)
        except NotifyError as exc:
            logger.warning(
                "%s could not be written to directly: %s",
                user_id,
                exc,
                extra={"action": "notification_failed"},
            )
            return False
        return True

    async def _fall_back(self, said: Rendered, channel_id: int, mark: str) -> bool:
        """Say it in the fallback channel as well, as far as that is another one."""
        others = [each for each in self.channels[1:] if each != channel_id]
        try:
            for other in others:
                await self._send(said, other, silent=False, mark=mark)
        except NotifyError as exc:
            logger.warning(
                "the fallback channel did not take a message: %s",
                exc,
                extra={"action": "notification_failed"},
            )
            return False
        return bool(others) or channel_id not in self.channels[:1]

    async def tell(self, outgoing: Outgoing, channel_id: int, *, mark: str) -> Posted:
        """Say what is about no incident."""
        rendered = _rendered(outgoing, mark)
        silent = not outgoing.sounds

        async def pretty() -> Posted:
            return await self._send(rendered, channel_id, silent=silent, mark=mark)

        async def plainly() -> Posted:
            said = f"{rendered.content}\n{mark}"
            return await self._send(said, channel_id, silent=silent, mark=mark)

        return await _or_plainly(pretty, plainly)

    async def find(
        self, mark: str, channel_id: int, *, since: datetime
    ) -> Posted | None:
        """Our message whose footer, or last line, is the mark."""
        async with self._channel(channel_id) as channel:
            async for message in channel.history(
                limit=SEARCHED, after=since, oldest_first=True
            ):
                if self._is_ours(message) and _bears(message, mark):
                    return Posted(channel_id, message.id)
        return None

    async def open_thread(self, posted: Posted, title: str) -> None:
        """Make the thread of that message; it may be there already."""
        async with self._connected() as client:
            await threads.make(client, posted, title)

    async def tell_story(
        self, parts: Sequence[Part], thread_id: int, *, mark: str
    ) -> None:
        """Say parts of a story in a thread."""
        said = thread_texts.story(parts, mark)
        try:
            await self._send(said, thread_id, "story", silent=True, mark=mark)
        except ChannelLost as exc:
            raise threads.refused(exc) from exc

    async def close_thread(self, thread_id: int) -> None:
        """Archive it."""
        async with self._connected() as client:
            await threads.archive(client, thread_id)

    async def delete(self, posted: Posted) -> None:
        """Take a message of ours away."""
        async with self._message(posted) as message:
            await message.delete()

    async def close(self) -> None:
        """The client is the supervisor's to close."""

    async def _send(
        self,
        said: Rendered | str,
        channel_id: int,
        what: str = "send",
        *,
        silent: bool,
        mark: str,
        reply_to: Posted | None = None,
        urgent: bool = False,
    ) -> Posted:
        async with self._channel(channel_id, what, urgent=urgent) as channel:
            options: dict[str, Any] = {
                "nonce": mark,
                "silent": silent,
                "allowed_mentions": discord.AllowedMentions.none(),
            }
            if isinstance(said, str):
                options["content"] = text.cut(said, text.CONTENT)
            else:
                options |= {"content": said.content, "embed": said.embed}
                options["allowed_mentions"] = _mentioning(said)
                if said.items:
                    options["view"] = said.view()
            message = await _answering(channel, reply_to, options)
        return Posted(channel_id, message.id)

    @asynccontextmanager
    async def _channel(
        self, channel_id: int, what: str = "", *, urgent: bool = False
    ) -> AsyncIterator[discord.PartialMessageable]:
        """A channel; whatever goes wrong there becomes a NotifyError.

        `what`: "send" or "edit", of which Discord takes so many in a channel; the
        stories of all threads share one pace.
        """
        self._client()
        async with AsyncExitStack() as stack:
            if what:
                key = what if what == "story" else (what, channel_id)
                pace = self._paces.of(key)
                await stack.enter_async_context(pace.turn(urgent=urgent))
            client = await stack.enter_async_context(self._connected())
            yield client.get_partial_messageable(channel_id)

    def _client(self) -> discord.Client:
        client = self._handle.client
        if client is None or client.is_closed():
            raise NotifyError("not connected to Discord")
        return client

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[discord.Client]:
        client = self._client()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                yield client
        except FAILURES as exc:
            raise translated(exc) from exc

    @asynccontextmanager
    async def _message(
        self, posted: Posted, what: str = ""
    ) -> AsyncIterator[discord.PartialMessage]:
        async with self._channel(posted.channel_id, what) as channel:
            yield channel.get_partial_message(posted.message_id)

    def _is_ours(self, message: discord.Message) -> bool:
        client = self._handle.client
        user = None if client is None else client.user
        return user is not None and message.author.id == user.id


def _mentioning(said: Rendered) -> discord.AllowedMentions:
    """Nobody but whom the message is for."""
    return discord.AllowedMentions(
        everyone=False,
        roles=[discord.Object(each) for each in dict.fromkeys(said.roles)],
        users=[discord.Object(each) for each in dict.fromkeys(said.users)],
        replied_user=False,
    )


async def _or_plainly(
    pretty: Callable[[], Awaitable[T]], plainly: Callable[[], Awaitable[T]]
) -> T:
    """What Discord refuses as malformed is said in plain text: an alert must arrive."""
    try:
        return await pretty()
    except NotifyError as exc:
        cause = exc.__cause__
        if not isinstance(cause, discord.HTTPException) or cause.status != 400:
            raise
        logger.error(
            "Discord refused a message as malformed, so it goes as plain text: %s",
            cause.text,
            extra={"action": "notification_failed"},
        )
        return await plainly()


async def _answering(
    channel: discord.PartialMessageable,
    reply_to: Posted | None,
    options: dict[str, Any],
) -> discord.Message:
    """Send it as an answer to another message, as far as that is there and allowed."""
    if reply_to is None:
        return await channel.send(**options)
    reference = discord.MessageReference(
        message_id=reply_to.message_id,
        channel_id=reply_to.channel_id,
        fail_if_not_exists=False,
    )
    try:
        return await channel.send(**options, reference=reference, mention_author=False)
    except discord.HTTPException as exc:
        if exc.code != NO_REPLY:
            raise
        return await channel.send(**options)


def _is_urgent(card: Shown) -> bool:
    """Whether it goes before others that wait for their turn."""
    return isinstance(card, Card) and card.incident.severity is Severity.CRITICAL


def _render(card: Shown) -> Rendered:
    match card:
        case BlindCard():
            return blind_cards.render(card)
        case StormCard():
            return storm_cards.render(card)
        case _:
            return cards.render(card)


def _plain(card: Shown) -> str:
    match card:
        case BlindCard():
            return blind_cards.plain(card)
        case StormCard():
            return storm_cards.plain(card)
        case _:
            return cards.plain(card)


def _rendered(outgoing: Outgoing, mark: str) -> Rendered:
    if outgoing.kind in NOTICES:
        return cards.notice(str(outgoing.snapshot["text"]), mark)
    job = outgoing.snapshot["job"]
    assert isinstance(job, dict)
    return cards.never_seen(
        str(job["slug"]),
        str(job["name"] or job["slug"]),
        datetime.fromisoformat(str(job["created_at"])),
        mark,
    )


def _bears(message: discord.Message, mark: str) -> bool:
    """Whether the mark stands where we put it; a longer mark is another one."""
    said = [embed.footer.text or "" for embed in message.embeds]
    said += message.content.splitlines()[-1:]
    return any(line.rpartition(" ")[2] == mark for line in said)
