"""What is wrong with the server, the channels, the permissions and the roles.

The server of Cronitor looks at what the gateway has told, `cronitor discord check` at
what Discord answers; both judge it here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import discord

from bot.client.bots import Bot

#: what the bot needs in each of its channels, as Discord shows it to people
NAMES = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
}
#: and what it needs there where each card has a thread
OF_THREADS = {
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
}
#: what the invitation asks for: also pictures, which summaries will have
INVITED = discord.Permissions(
    attach_files=True, **dict.fromkeys([*NAMES, *OF_THREADS], True)
)
SCOPES = ("bot", "applications.commands")
#: the way out where nothing is wrong with the settings
CHOOSE = "choose another: type /setup in Discord"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in one line with the way out."""

    #: guild, endpoint, commands, or a setting: what the line is about
    part: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel or a thread, as far as the bot needs it."""

    name: str
    #: whether anybody can write there at all
    is_text: bool
    #: what the bot needs and whether it may, by the names that people see
    allowed: Mapping[str, bool]
    #: the same of what threads on cards need; empty where there can be none
    of_threads: Mapping[str, bool] = field(default_factory=dict)
    #: whether it may send pictures, which only summaries have
    attaches: bool = True

    @property
    def missing(self) -> list[str]:
        """What it may not."""
        return [name for name, may in self.allowed.items() if not may]

    @property
    def is_usable(self) -> bool:
        """Whether a card can be posted there."""
        return self.is_text and not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The bot's server, as far as the settings name it."""

    name: str
    #: those that are there
    places: Mapping[int, Place]
    #: names by id
    roles: Mapping[int, str]
    #: roles whose members hear it if the bot mentions them
    mentionable: frozenset[int] = frozenset()


def place(
    channel: discord.abc.GuildChannel | discord.Thread, has: discord.Permissions
) -> Place:
    """A channel with what the bot may do there."""
    needed = dict(NAMES)
    if isinstance(channel, discord.Thread):
        del needed["send_messages"]
        needed["send_messages_in_threads"] = "Send Messages in Threads"
    return Place(
        name=channel.name,
        is_text=isinstance(channel, discord.abc.Messageable),
        allowed={name: getattr(has, key) for key, name in needed.items()},
        of_threads={name: getattr(has, key) for key, name in OF_THREADS.items()}
        if isinstance(channel, discord.TextChannel)
        else {},
        attaches=has.attach_files,
    )


def home(guild: discord.Guild, channel_ids: Iterable[int]) -> Home:
    """What the gateway has told of the server."""
    found = {each: guild.get_channel_or_thread(each) for each in channel_ids}
    return Home(
        name=guild.name,
        places={
            channel_id: place(channel, channel.permissions_for(guild.me))
            for channel_id, channel in found.items()
            if channel is not None
        },
        roles={role.id: role.name for role in guild.roles},
        mentionable=mentionable(guild.roles, guild.me.guild_permissions),
    )


def mentionable(
    roles: Iterable[discord.Role], has: discord.Permissions
) -> frozenset[int]:
    """Roles that somebody with these permissions may mention with an effect."""
    return frozenset(
        role.id for role in roles if role.mentionable or has.mention_everyone
    )


def wanted(bot: Bot) -> list[int]:
    """The ids of the channels that are set."""
    return [each for each in bot.channels.values() if each is not None]


def invitation(application_id: int | None) -> str:
    """The link that invites the bot with its commands and all that it needs."""
    url = discord.utils.oauth_url(
        application_id or 0, permissions=INVITED, scopes=SCOPES
    )
    return str(url)


def check(client: discord.Client, bot: Bot) -> list[Finding]:
    """Look at what the gateway has told; asks Discord nothing."""
    if bot.guild_id is None:
        known = {guild.id: guild.name for guild in client.guilds}
        return of_no_guild(bot, known, client.application_id)
    guild = client.get_guild(bot.guild_id)
    if guild is None:
        return [of_absence(bot.guild_id, client.application_id)]
    if guild.unavailable:
        # an outage of Discord's own: it tells of the server when that is over
        return []
    return judge(home(guild, wanted(bot)), bot)


def of_endpoint(url: str | None) -> list[Finding]:
    """Whether what people press and type comes to the bot, and not to a URL."""
    if url is None:
        return []
    said = (
        "commands and buttons do not reach this bot: its application sends them to "
        "a URL; empty Interactions Endpoint URL in the Developer Portal, page General "
        "Information"
    )
    return [Finding("endpoint", said)]


def of_no_guild(
    bot: Bot, known: Mapping[int, str], application_id: int | None
) -> list[Finding]:
    """That no server is set; `known` are those that the bot is in."""
    where = f"; the bot is in none yet, so invite it with {invitation(application_id)}"
    if known:
        named = ", ".join(f"{guild_id} ({name})" for guild_id, name in known.items())
        where = f"; the bot is in {named}"
    said = f"discord.guild_id is not set, so there are no commands{where}"
    return [Finding("guild", said), *of_unset(bot)]


def of_absence(guild_id: int, application_id: int | None) -> Finding:
    """That the bot is not in its server."""
    said = f"the bot is not in server {guild_id} (discord.guild_id)"
    return Finding("guild", f"{said}; invite it with {invitation(application_id)}")


def of_commands(guild_id: int, application_id: int | None) -> Finding:
    """That the bot was invited without its commands."""
    said = f"the bot may not add commands to server {guild_id}"
    return Finding(
        "commands", f"{said}; invite it again with {invitation(application_id)}"
    )


def judge(home: Home, bot: Bot) -> list[Finding]:
    """What is wrong in the server.

    Only channels that are set are looked at, but the first must be.
    """
    found = of_unset(bot)
    for key, channel_id in bot.channels.items():
        if channel_id is not None:
            found += of_channel(home, key, channel_id, is_chosen=key in bot.chosen)
            found += of_threads(home, key, channel_id, wanted=bot.threads)
    return found + of_pictures(home, bot.channels) + of_roles(home, bot)


def of_unset(bot: Bot) -> list[Finding]:
    """That there is no channel for incidents."""
    key = next(iter(bot.channels))
    if bot.channels[key] is not None:
        return []
    lost = "neither they nor reports are shown in Discord"
    if bot.channels.get("summary_channel_id") is not None:
        lost = "they are not shown in Discord, only reports are"
    said = f"no channel for incidents is chosen, so {lost}"
    return [Finding(key, f"{said}; type /setup there, or set discord.{key}")]


def of_channel(
    home: Home, key: str, channel_id: int, *, is_chosen: bool = False
) -> list[Finding]:
    """What is wrong with one channel; `key` is its setting."""
    found = home.places.get(channel_id)
    if found is None:
        hint = CHOOSE if is_chosen else "copy its id again, with Developer Mode on"
        said = f"there is no channel {channel_id} (discord.{key}) in {home.name}"
        return [Finding(key, f"{said}; {hint}")]
    if not found.is_text:
        said = f"#{found.name} (discord.{key}) is no channel for text"
        return [Finding(key, f"{said}; {CHOOSE if is_chosen else 'choose one'}")]
    if not found.missing:
        return []
    said = f"the bot lacks {', '.join(found.missing)} in #{found.name} (discord.{key})"
    return [Finding(key, f"{said}; allow it in the channel's settings, Permissions")]


def of_threads(home: Home, key: str, channel_id: int, *, wanted: bool) -> list[Finding]:
    """Why cards in that channel have no threads, if they are wanted."""
    place = home.places.get(channel_id)
    if not wanted or place is None or not place.is_usable:
        return []
    if key == "summary_channel_id":
        return []
    where = f"in #{place.name} (discord.{key})"
    if not place.of_threads:
        said = f"there can be no threads {where}"
        return [Finding("threads", f"{said}; choose a text channel")]
    missing = [name for name, may in place.of_threads.items() if not may]
    if not missing:
        return []
    said = f"the bot lacks {', '.join(missing)} {where}, so cards have no threads"
    return [Finding("threads", f"{said}; allow it, or set discord.threads to false")]


def of_pictures(home: Home, channels: Mapping[str, int | None]) -> list[Finding]:
    """Whether summaries come without their pictures; `channels` by setting."""
    set_ids = {key: found for key, found in channels.items() if found is not None}
    own = "summary_channel_id"
    key = own if own in set_ids else next(iter(channels))
    found = home.places.get(set_ids.get(key, 0))
    if found is None or not found.is_usable or found.attaches:
        return []
    said = f"the bot lacks Attach Files in #{found.name} (discord.{key})"
    hint = "allow it in the channel's settings, Permissions"
    return [Finding(key, f"{said}, so summaries have no picture; {hint}")]


def of_roles(home: Home, bot: Bot) -> list[Finding]:
    """Which roles of the settings are not there, or would not hear of anything."""
    named = {
        "discord.viewer_role_ids": bot.rules.viewer_role_ids,
        "discord.operator_role_ids": bot.rules.operator_role_ids,
        "discord.admin_role_ids": bot.rules.admin_role_ids,
        "escalation.steps": bot.called,
    }
    lost = [
        Finding(
            key.rpartition(".")[2],
            f"there is no role {role_id} ({key}) in {home.name}; {_again(key, bot)}",
        )
        for key, role_ids in named.items()
        for role_id in sorted(role_ids)
        if role_id not in home.roles
    ]
    deaf = [
        Finding(
            "steps",
            f"nobody would hear a mention of @{home.roles[role_id]} "
            "(escalation.steps); allow anyone to mention that role, in its settings",
        )
        for role_id in sorted(bot.called - home.mentionable)
        if role_id in home.roles
    ]
    return lost + deaf


def _again(key: str, bot: Bot) -> str:
    """What to do about a role that has gone."""
    is_chosen = key.rpartition(".")[2] in bot.chosen
    return CHOOSE if is_chosen else "copy its id again, with Developer Mode on"
