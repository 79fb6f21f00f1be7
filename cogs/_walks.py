"""What the walk of `/setup` reads of the server and the choices, and how it chooses."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.client import guild_check
from bot.core import choices
from bot.core.choices import Choice, Force, Source
from bot.core.roles import Grade
from bot.discord_ui import answers, people, questions, setup_pages
from bot.discord_ui.setup_pages import Walk
from cogs._checks import Interaction, home


async def read(interaction: Interaction, posted: str = "") -> Walk:
    """What the pages show now; `posted` links to a test card."""
    services = home(interaction).services
    force = services.choices.force
    guild = interaction.client.get_guild(interaction.guild_id or 0)
    is_told = guild is not None and not guild.unavailable
    return Walk(
        force=force,
        faults=_faults(guild, force, threads=home(interaction).has_threads)
        if guild is not None and is_told
        else {},
        there=_there(guild) if guild is not None and is_told else None,
        jobs=await services.reads.job_count(),
        posted=posted,
    )


def _there(guild: discord.Guild) -> frozenset[int]:
    """Whatever a menu may show as chosen."""
    found = [*guild.channels, *guild.threads, *guild.roles]
    return frozenset(each.id for each in found)


def _faults(
    guild: discord.Guild, force: Force, *, threads: bool
) -> dict[Choice, Sequence[str]]:
    """What the bot lacks in the channels, and which roles are gone."""
    wanted = {each: choices.channel(force, each) for each in choices.CHANNELS}
    known = guild_check.home(guild, [each for each in wanted.values() if each])
    by_key = {choices.setting(each): place for each, place in wanted.items()}
    unseen = guild_check.of_pictures(known, by_key)
    found: dict[Choice, Sequence[str]] = {}
    for choice, channel_id in wanted.items():
        if channel_id is not None:
            is_chosen = force[choice].source is Source.CHOICE
            key = choices.setting(choice)
            wrong = [
                *guild_check.of_channel(known, key, channel_id, is_chosen=is_chosen),
                *guild_check.of_threads(known, key, channel_id, wanted=threads),
                *(each for each in unseen if each.part == key),
            ]
            found[choice] = [finding.text for finding in wrong]
    for choice in choices.ROLES:
        lost = [each for each in force[choice].ids if each not in known.roles]
        found[choice] = [f"the role {each} is not there any more" for each in lost]
    return found


def values(interaction: Interaction) -> tuple[int, ...]:
    """The ids that were chosen in a menu."""
    data: Mapping[str, Any] = interaction.data or {}
    return tuple(int(each) for each in data.get("values", ()))


async def choose(
    interaction: Interaction, choice: Choice, ids: tuple[int, ...]
) -> None:
    """Choose it, by whoever pressed."""
    actor = people.actor(interaction.user)
    await home(interaction).services.choices.choose({choice: ids}, actor)


def locks_out(interaction: Interaction, choice: Choice, ids: tuple[int, ...]) -> bool:
    """Whether whoever pressed would be an admin no more."""
    member = interaction.user
    assert isinstance(member, discord.Member)
    found = home(interaction).services.choices
    return choices.locks_out(
        (role.id for role in member.roles),
        manages_guild=member.guild_permissions.manage_guild,
        before=found.rules,
        after=found.rules_with(choice, ids),
    )


async def ask_about_lockout(
    interaction: Interaction, choice: Choice, ids: tuple[int, ...]
) -> None:
    """Say what would follow, and do it after a second press only."""
    named = setup_pages.mentions(choice, ids) or "whoever has Manage Server"

    async def go(second: Interaction) -> None:
        await choose(second, choice, ids)
        said = f"👑 **{named}** may do everything now, and you no longer may"
        await answers.answer(second, content=said)

    asked = (
        f"⚠️ with that, {named} could do everything, and **you could not**: not even "
        "change it back here. Nothing is changed so far."
    )
    await questions.ask(interaction, asked, "Do it all the same", go, Grade.ADMIN)
