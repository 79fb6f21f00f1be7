"""Who somebody is in Discord, and what that allows."""

from typing import Any

import discord

from bot.core import roles
from bot.core.kinds import ActorKind
from bot.core.models import Actor
from bot.core.roles import Grade, Rules
from bot.discord_ui import text

Interaction = discord.Interaction[Any]


def actor(user: discord.User | discord.Member) -> Actor:
    """The person as cards and the audit log name them: by the unique handle."""
    return Actor(kind=ActorKind.DISCORD, name=user.name)


def grade_of(interaction: Interaction, rules: Rules) -> Grade | None:
    """What whoever pressed or typed may do; outside a server nobody has a role."""
    user = interaction.user
    if not isinstance(user, discord.Member):
        return roles.grade((), manages_guild=False, rules=rules)
    return roles.grade(
        (role.id for role in user.roles),
        manages_guild=user.guild_permissions.manage_guild,
        rules=rules,
    )


def refusal(need: Grade, rules: Rules) -> str:
    """Why somebody may not, with the roles that it takes; it pings none of them."""
    return f"⛔ {roles.refusal(need, rules, lambda role_id: f'<@&{role_id}>')}"


def trigger_refusal(
    interaction: Interaction, rules: Rules, slug: str, need: Grade | None
) -> str:
    """Why somebody may not start a job by hand; empty: they may."""
    if need is None:
        return f"⛔ **{text.name(slug)}** is started on the server only"
    if roles.may(grade_of(interaction, rules), need):
        return ""
    return f"{refusal(need, rules)} (**{text.name(slug)}** is for the grade {need})"
