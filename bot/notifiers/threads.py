"""Threads of Discord: made on a message, whose id they have, and archived."""

from typing import Literal

import discord

from bot.core.cards import Posted
from bot.discord_ui import threads
from bot.errors import ChannelLost, NotifyError

#: minutes without a message after which Discord hides it: a week
_HIDDEN_AFTER: Literal[10080] = 10080
#: Discord's codes: there is one already; not in this kind of channel; not allowed
_IS_THERE, _NOT_HERE, _NO_PERMISSION = 160004, 50024, 50013

_ELSEWHERE = "there are threads only in channels for text (choose another channel)"
_FORBIDDEN = (
    "the bot may not (give its role Create Public Threads and Send Messages in Threads "
    "in that channel)"
)


async def make(client: discord.Client, posted: Posted, title: str) -> None:
    """Make the thread of a message; done if there is one."""
    channel = client.get_channel(posted.channel_id)
    if channel is None:
        raise NotifyError("Discord has not told of the channel yet")
    if not isinstance(channel, discord.TextChannel):
        raise ChannelLost(_ELSEWHERE)
    message = channel.get_partial_message(posted.message_id)
    try:
        await message.create_thread(
            name=threads.name(title), auto_archive_duration=_HIDDEN_AFTER
        )
    except discord.HTTPException as exc:
        if exc.code == _NOT_HERE:
            raise ChannelLost(_ELSEWHERE) from exc
        if exc.code == _NO_PERMISSION:
            raise ChannelLost(_FORBIDDEN) from exc
        if exc.code != _IS_THERE:
            raise


def refused(error: ChannelLost) -> ChannelLost:
    """Why nothing can be said in a thread."""
    return error if error.deleted else ChannelLost(_FORBIDDEN)


async def archive(client: discord.Client, thread_id: int) -> None:
    """Hide it from the list of the channel; what is in it stays."""
    thread = await client.fetch_channel(thread_id)
    if isinstance(thread, discord.Thread) and not thread.archived:
        await thread.edit(archived=True)
