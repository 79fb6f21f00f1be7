"""An emoji for each state of a job and each outcome; a word always goes with it."""

from collections.abc import Iterable

import discord

from bot.core.kinds import IncidentStatus, Outcome
from bot.core.states import State

STATES = {
    State.DOWN: "🔴",
    State.UNKNOWN: "❔",
    State.FAILING: "🟠",
    State.LATE: "🟡",
    State.RUNNING: "🔵",
    State.NEW: "⚪",
    State.UP: "🟢",
    State.PAUSED: "⏸️",
}

#: of an edge, beside which there is always the word
COLOURS = {
    State.DOWN: discord.Colour(0xED4245),
    State.UNKNOWN: discord.Colour(0x9B59B6),
    State.FAILING: discord.Colour(0xE67E22),
    State.LATE: discord.Colour(0xFEE75C),
    State.RUNNING: discord.Colour(0x5865F2),
    State.NEW: discord.Colour(0x80848E),
    State.UP: discord.Colour(0x57F287),
    State.PAUSED: discord.Colour(0x80848E),
}

#: they differ in shape, since nothing but a legend explains a bar of them
OUTCOMES = {
    Outcome.OK: "✅",
    Outcome.LATE: "🕓",
    Outcome.MISSED: "⭕",
    Outcome.FAILED: "❌",
    Outcome.OVERRAN: "⏳",
    Outcome.TOO_SHORT: "✂️",
    Outcome.LOST: "❗",
    Outcome.UNKNOWN: "❔",
    Outcome.SKIPPED: "⏭️",
    Outcome.SUPPRESSED: "🔇",
    Outcome.MERGED: "🔗",
}

STANDINGS = {
    IncidentStatus.OPEN: "🔴",
    IncidentStatus.ACKNOWLEDGED: "🟠",
    IncidentStatus.RESOLVED: "🟢",
}


def bar(outcomes: Iterable[str]) -> str:
    """One emoji for each outcome, in the order given."""
    return "".join(OUTCOMES[Outcome(outcome)] for outcome in outcomes)


def legend(outcomes: Iterable[str]) -> str:
    """What the emoji of a bar mean, as far as they are in it."""
    found = set(outcomes)
    return ", ".join(
        f"{emoji} {outcome.replace('_', ' ')}"
        for outcome, emoji in OUTCOMES.items()
        if outcome in found
    )
