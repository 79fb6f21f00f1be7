"""The message about a storm: a pure function of its members, for send and edit."""

from collections.abc import Callable
from functools import partial
from typing import Any

import discord

from bot.core import storm_cards
from bot.core.storm_cards import StormCard
from bot.discord_ui import looks, storm_buttons, storm_facts, text
from bot.discord_ui.cards import Rendered

#: characters of a push notification that anybody reads
_LINE = 300
#: characters that the list of members may have
_LIST = 2600
#: characters of a field where all is plain text
_FIELD = 250


def render(card: StormCard) -> Rendered:
    """How many, what they share, how they stand, and who is worst."""
    look, what = looks.of_storm(card), storm_facts.what(card)
    embed = discord.Embed(
        title=text.cut(f"{look.emoji} {look.word} · {what}", text.TITLE),
        description="\n".join(
            [*storm_facts.lines(card), "", storm_facts.named(card, _LIST)]
        ),
        colour=look.colour,
    )
    for field in storm_facts.fields(card):
        embed.add_field(
            name=field.name,
            value=text.cut(field.value, text.FIELD_VALUE),
            inline=False,
        )
    embed.set_footer(text=_footer(card))
    return Rendered(content=headline(card), embed=embed, items=_items(card))


def headline(card: StormCard) -> str:
    """The one line that a push notification shows."""
    look, what = looks.of_storm(card), storm_facts.what(card)
    if card.is_over:
        return text.cut(f"{look.emoji} **{what}**: all are resolved", _LINE)
    standing = "" if look is looks.OPEN else f" ({look.word.lower()})"
    shared = " and ".join(storm_facts.common(card)[:3])
    said = f"{look.emoji} **{what}** at once{f': {shared}' if shared else ''}"
    return text.cut(said, _LINE) + standing


def plain(card: StormCard) -> str:
    """The same as text alone, for when Discord refuses the pretty one."""
    lines = [headline(card), *storm_facts.lines(card)]
    for field in storm_facts.fields(card):
        said = " ".join(field.value.splitlines())
        lines.append(f"**{field.name}** {text.cut(said, _FIELD)}")
    footer = _footer(card)
    room = text.CONTENT - text.length("\n".join([*lines, "", footer]))
    lines.append(storm_facts.named(card, max(room, 0)))
    above = text.CONTENT - text.length(footer) - 1
    return "\n".join([text.cut("\n".join(lines), above), footer])


def _items(card: StormCard) -> tuple[Callable[[], discord.ui.DynamicItem[Any]], ...]:
    """Whatever may be done about all of them now."""
    storm_id = card.storm.id
    items: list[Callable[[], discord.ui.DynamicItem[Any]]] = []
    if not card.is_over and not card.is_acknowledged:
        items.append(partial(storm_buttons.AcknowledgeAll, storm_id))
    items.append(partial(storm_buttons.WhyAll, storm_id))
    if not card.is_over and storm_cards.is_muted_itself(card):
        items.append(partial(storm_buttons.UnmuteAll, storm_id))
    if not card.is_over and not card.is_muted:
        items.append(partial(storm_buttons.MuteAll, storm_id))
    return tuple(items)


def _footer(card: StormCard) -> str:
    return text.cut(f"storm #{card.storm.id} · {card.mark}", text.SHORT_FOOTER)
