"""The whole of it at a glance."""

from collections.abc import Mapping

import discord

from bot.core import states
from bot.core.states import State, View
from bot.discord_ui import job_cards, symbols, text, times

_SHOWN_MUTES = 5


def overview(view: View, gateway: str, faults: Mapping[str, str]) -> discord.Embed:
    """Jobs, incidents, mutes, what waits, and the server.

    `gateway` is in words, `faults` what is not well of the server, by part.
    """
    counts: Mapping[State, int] = view["states"]
    worst = next((state for state in State if counts.get(state)), State.UP)
    embed = discord.Embed(
        title=f"{symbols.STATES[worst]} {states.tally(counts)}",
        colour=symbols.COLOURS[worst],
    )
    for name, value in (
        ("Incidents", _incidents(view["incidents"])),
        ("Muted", _mutes(view["mutes"])),
        ("Waiting to be delivered", _backlog(view["backlog"])),
        ("Discord", gateway),
        *_faults(faults),
        ("Server", f"{view['version']}, since {times.moment(view['started_at'])}"),
    ):
        shown = text.cut(value, text.FIELD_VALUE)
        embed.add_field(name=name, value=shown, inline=False)
    return embed


def _incidents(counts: Mapping[str, int]) -> str:
    parts = [f"{count} {status}" for status, count in counts.items() if count]
    return ", ".join(parts) or "none"


def _mutes(running: list[View]) -> str:
    lines = [
        f"{job_cards.muted(mute)}, by {text.name(mute['created_by'])}, "
        f"until {times.when(mute['until_at'])}"
        for mute in running[:_SHOWN_MUTES]
    ]
    more = len(running) - _SHOWN_MUTES
    return "\n".join([*lines, *([f"and {more} more"] if more > 0 else [])]) or "nothing"


def _faults(faults: Mapping[str, str]) -> list[tuple[str, str]]:
    lines = [
        f"⚠️ {text.name(part)}: {text.name(fault, limit=200)}"
        for part, fault in faults.items()
    ]
    return [("Not well", "\n".join(lines))] if lines else []


def _backlog(waiting: Mapping[str, int]) -> str:
    parts = [f"{count} for {text.name(name)}" for name, count in waiting.items()]
    return ", ".join(parts) or "nothing"
