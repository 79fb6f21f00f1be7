"""Cards in channels of Discord, over whatever client is connected now.

discord.py itself tries 500, 502, 504 and 524 again and waits out a 429; everything else
comes here and becomes a NotifyError, for the engine to try again (SEMANTICS, section 7,
points 4 and 5).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import discord

from bot.core.cards import NOBODY, Call, Card, Posted
from bot.core.kinds import NotificationKind, Severity
from bot.core.models import Outgoing
from bot.core.threads import Part
from bot.discord_ui import cards, messages, text
from bot.discord_ui import threads as thread_texts
from bot.discord_ui.cards import Rendered
from bot.errors import ChannelLost, NotifyError
from bot.notifiers import tellings, threads
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
        self,
        handle: Handle,
        channels: tuple[int, ...],
        summaries: int | None = None,
        *,
        threads: bool = False,
    ) -> None:
        self._handle = handle
        self.channels = channels
        self.summaries = summaries
        self.threads = threads
        self._paces = Paces()

    def digest(self, card: Shown) -> str:
        """What the card looks like."""
        return cards.digest_of(messages.render(card))

    async def post(self, card: Shown, channel_id: int, *, silent: bool) -> Posted:
        """Send the card; its mark is the nonce."""
        rendered = messages.render(card)

        urgent = _is_urgent(card)

        async def pretty() -> Posted:
            return await self._send(
                rendered, channel_id, silent=silent, mark=card.mark, urgent=urgent
            )

        async def plainly() -> Posted:
            said = messages.plain(card)
            return await self._send(
                said, channel_id, silent=silent, mark=card.mark, urgent=urgent
            )

        return await _or_plainly(pretty, plainly)

    async def edit(self, card: Shown, posted: Posted) -> None:
        """Bring the message up to date."""
        rendered = messages.render(card)

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
                    content=messages.plain(card),
                    embed=None,
                    allowed_mentions=discord.AllowedMentions.none(),
                )

        await _or_plainly(pretty, plainly)

    async def sound(
        self,
        card: Card,
        kind: NotificationKind,
        *,
        call: Call,
        channel_id: int,
        reply_to: Posted | None,
        mark: str,
    ) -> Posted:
        """Say it in a message of its own, which answers the card."""
        rendered, urgent = cards.sound(card, kind, mark, call), _is_urgent(card)

        async def pretty() -> Posted:
            return await self._send(
                rendered,
                channel_id,
                silent=False,
                mark=mark,
                reply_to=reply_to,
                urgent=urgent,
            )

        async def plainly() -> Posted:
            return await self._send(
                f"{rendered.content}\n{mark}",
                channel_id,
                silent=False,
                mark=mark,
                urgent=urgent,
                # it wakes the same people
                mentions=_mentioning(rendered),
            )

        return await _or_plainly(pretty, plainly)

    async def write_to(
        self, user_id: int, card: Card, kind: NotificationKind, *, mark: str
    ) -> None:
        """Say it in the channel that is between that person and us."""
        async with self._connected() as client:
            channel = await client.create_dm(discord.Object(user_id))
        await self.sound(
            card, kind, call=NOBODY, channel_id=channel.id, reply_to=None, mark=mark
        )

    async def tell(self, outgoing: Outgoing, channel_id: int, *, mark: str) -> Posted:
        """Say what is about no incident; a report with its picture, if it has one."""
        telling = await tellings.prepare(outgoing, mark)
        rendered = telling.rendered
        silent = not outgoing.sounds

        async def pretty() -> Posted:
            try:
                return await self._send(rendered, channel_id, silent=silent, mark=mark)
            except ChannelLost:
                if rendered.picture is None:
                    raise
            # the bot may lack Attach Files: no reason to say nothing there
            bare = replace(rendered, picture=None)
            return await self._send(bare, channel_id, silent=silent, mark=mark)

        async def plainly() -> Posted:
            said = telling.plain
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
        mentions: discord.AllowedMentions | None = None,
    ) -> Posted:
        async with self._channel(channel_id, what, urgent=urgent) as channel:
            options: dict[str, Any] = {
                "nonce": mark,
                "silent": silent,
                "allowed_mentions": mentions or discord.AllowedMentions.none(),
            }
            if isinstance(said, str):
                options["content"] = text.cut(said, text.CONTENT)
            else:
                options |= {"content": said.content, "embed": said.embed}
                options["allowed_mentions"] = _mentioning(said)
                if said.items:
                    options["view"] = said.view()
                if said.picture is not None:
                    options["file"] = said.picture.file()
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


def _bears(message: discord.Message, mark: str) -> bool:
    """Whether the mark stands where we put it; a longer mark is another one."""
    said = [embed.footer.text or "" for embed in message.embeds]
    said += message.content.splitlines()[-1:]
    return any(line.rpartition(" ")[2] == mark for line in said)
