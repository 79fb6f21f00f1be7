"""How an incident stands: a word, an emoji and a colour, never one of them alone."""

from dataclasses import dataclass

import discord

from bot.core.cards import Card
from bot.core.kinds import IncidentStatus, Status
from bot.core.storm_cards import Member, StormCard


@dataclass(frozen=True, slots=True)
class Look:
    """What a person sees before reading."""

    emoji: str
    word: str
    colour: discord.Colour


_GREY = discord.Colour(0x80848E)

OPEN = Look("🔴", "Open", discord.Colour(0xED4245))
ACKNOWLEDGED = Look("🟠", "Acknowledged", discord.Colour(0xE67E22))
MUTED = Look("🔇", "Muted", _GREY)
PAUSED = Look("⏸️", "Paused", _GREY)
RESOLVED = Look("🟢", "Resolved", discord.Colour(0x57F287))
#: a job that nothing was heard of yet
UNHEARD = Look("⚪", "Not heard of yet", _GREY)
#: words of Cronitor about itself
NOTICE = Look("ℹ️", "Cronitor", discord.Colour(0x5865F2))  # noqa: RUF001
BLIND = Look("🕳️", "Blind time", discord.Colour(0x9B59B6))
#: a report that nothing has to be done about, and one with something to read
REPORT = Look("📊", "Report", discord.Colour(0x5865F2))
REPORT_OF_TROUBLE = Look("🟠", "Report", discord.Colour(0xE67E22))
REPORT_OF_PEACE = Look("🟢", "Report", discord.Colour(0x57F287))
TEST = Look("🔔", "Test", discord.Colour(0x5865F2))


def of(card: Card | Member) -> Look:
    """The look of an incident; the strongest silence shows, as in `audible`."""
    if card.incident.status is IncidentStatus.RESOLVED:
        return RESOLVED
    if card.state.status is Status.PAUSED:
        return PAUSED
    if card.silence is not None and card.silence.mute is not None:
        return MUTED
    acknowledged = card.incident.status is IncidentStatus.ACKNOWLEDGED
    return ACKNOWLEDGED if acknowledged else OPEN


def of_storm(card: StormCard) -> Look:
    """The look of a storm: that of its worst member, once nobody has to see to it."""
    if card.is_over:
        return RESOLVED
    if card.is_muted:
        return MUTED
    return ACKNOWLEDGED if card.is_acknowledged else OPEN
