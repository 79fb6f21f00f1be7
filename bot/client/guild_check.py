"""What is wrong with the server, the channels and the permissions of the bot."""

from collections.abc import Mapping
from dataclasses import dataclass

import discord

#: what the bot needs in each of its channels
NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    embed_links=True,
    read_message_history=True,
)
#: what the invitation asks for: also pictures, which summaries will have
INVITED = NEEDED | discord.Permissions(attach_files=True)

NAMES = {
    "view_channel": "View Channel",
    "read_messages": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in one line with the way out."""

    #: guild, commands, or the setting of a channel: what the line is about
    part: str
    text: str


def invitation(application_id: int | None) -> str:
    """The link that invites the bot with its commands and all that it needs."""
    url = discord.utils.oauth_url(
        application_id or 0,
        permissions=INVITED,
        scopes=("bot", "applications.commands"),
    )
    return str(url)


def check(
    client: discord.Client, guild_id: int | None, channels: Mapping[str, int | None]
) -> list[Finding]:
    """Look at what the gateway has told; `channels` are ids by the key of the setting.

    Asks Discord nothing. Only channels that are set are looked at, but the first must
    be.
    """
    if guild_id is None:
        known = ", ".join(f"{guild.id} ({guild.name})" for guild in client.guilds)
        where = f"it is in {known}" if known else "it is in none yet"
        said = f"discord.guild_id is not set, so there are no commands; {where}"
        return [Finding("guild", said), *_unset(channels)]
    guild = client.get_guild(guild_id)
    if guild is None:
        link = invitation(client.application_id)
        said = f"the bot is not in server {guild_id} (discord.guild_id)"
        return [Finding("guild", f"{said}; invite it with {link}")]
    found = _unset(channels)
    for key, channel_id in channels.items():
        if channel_id is not None:
            found += _of_channel(guild, key, channel_id)
    return found


def _unset(channels: Mapping[str, int | None]) -> list[Finding]:
    key = next(iter(channels))
    if channels[key] is not None:
        return []
    said = f"discord.{key} is not set, so incidents are not shown in Discord"
    return [Finding(key, said)]


def _of_channel(guild: discord.Guild, key: str, channel_id: int) -> list[Finding]:
    channel = guild.get_channel_or_thread(channel_id)
    if channel is None:
        hint = "copy its id again, with Developer Mode on"
        said = f"there is no channel {channel_id} (discord.{key}) in {guild.name}"
        return [Finding(key, f"{said}; {hint}")]
    if not isinstance(channel, discord.abc.Messageable):
        said = f"#{channel.name} (discord.{key}) is no channel for text"
        return [Finding(key, f"{said}; choose one")]
    missing = missing_permissions(channel.permissions_for(guild.me))
    if not missing:
        return []
    said = f"the bot lacks {', '.join(missing)} in #{channel.name} (discord.{key})"
    return [Finding(key, f"{said}; allow it in the channel's settings, Permissions")]


def missing_permissions(has: discord.Permissions) -> list[str]:
    """Names of what the bot needs in a channel and has not, as Discord shows them."""
    return [NAMES[name] for name, needed in NEEDED if needed and not getattr(has, name)]
