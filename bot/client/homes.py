"""The bot's server as Discord answers it, for when no gateway has told of it."""

from collections.abc import Iterable

import discord

from bot.client.guild_check import Home, Place, mentionable, place

_Channel = discord.abc.GuildChannel | discord.Thread


async def fetch(guild: discord.Guild, user_id: int, channel_ids: Iterable[int]) -> Home:
    """Ask for the bot's member, for the roles and for these channels."""
    me = await guild.fetch_member(user_id)
    channels = await _channels(guild)
    places: dict[int, Place] = {}
    for channel_id in channel_ids:
        found = channels.get(channel_id) or await _channel(guild, channel_id)
        ruling = found
        if isinstance(found, discord.Thread):
            # it has no permissions of its own
            ruling = channels.get(found.parent_id)
        if found is not None and ruling is not None:
            places[channel_id] = place(found, ruling.permissions_for(me))
    roles = {role.id: role.name for role in guild.roles}
    return Home(
        name=guild.name,
        places=places,
        roles=roles,
        mentionable=mentionable(guild.roles, me.guild_permissions),
    )


async def _channels(guild: discord.Guild) -> dict[int, discord.abc.GuildChannel]:
    try:
        return {channel.id: channel for channel in await guild.fetch_channels()}
    except discord.InvalidData:
        # there is a kind that the library does not know: then one by one
        return {}


async def _channel(guild: discord.Guild, channel_id: int) -> _Channel | None:
    """A thread, mostly: they are in no list of channels."""
    try:
        return await guild.fetch_channel(channel_id)
    except (discord.NotFound, discord.Forbidden, discord.InvalidData):
        return None
