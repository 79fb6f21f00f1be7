"""Why a storm is as it is, for the person who asked: each member and its owner."""

import discord

from bot.core.kinds import IncidentStatus
from bot.core.storm_cards import Member, StormCard
from bot.discord_ui import facts, looks, storm_facts, text

#: characters that the list of members may have
_LIST = 2800


def render(card: StormCard) -> discord.Embed:
    """For whoever asks: what is said of it, and each member with its owner."""
    shown = [_explained(each) for each in card.members]
    until = facts.both(card.storm.ends_at)
    silent = (
        "It was told once, in the place of all of them. They are silent until "
        f"{until}; after that only what has got worse is heard."
    )
    said = [*storm_facts.lines(card), *([] if card.is_over else [silent])]
    embed = discord.Embed(
        title=text.cut(f"Why {storm_facts.what(card)}", text.TITLE),
        description="\n".join(
            [*said, "", storm_facts.listing(shown, card.total, _LIST)]
        ),
        colour=looks.of_storm(card).colour,
    )
    for field in storm_facts.fields(card):
        embed.add_field(
            name=field.name,
            value=text.cut(field.value, text.FIELD_VALUE),
            inline=False,
        )
    embed.set_footer(text=f"storm #{card.storm.id}")
    return embed


def _explained(member: Member) -> str:
    """The same, with its number, its owner, and what else keeps it silent."""
    incident = member.incident
    said = f"`#{incident.id}` {storm_facts.member(member)}"
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        return f"{said}, {text.name(incident.acknowledged_by, limit=40)} has it"
    if member.silence is not None:
        said += f", {text.name(member.silence.reason, limit=60)}"
    return said
