"""How an explanation looks in Discord: one embed, for the person who asked."""

import discord

from bot.core.explanations import Explanation, Fact, Report
from bot.discord_ui import facts, text

_COLOUR = discord.Colour(0x5865F2)
_OUTPUT = 1000
_RULES = 2000
#: characters that are kept for the footer
_FOOTER = 50
#: a field that would be shorter than this says nothing
_LEAST = 50


def render(explanation: Explanation) -> discord.Embed:
    """The rules, the moments behind them, the newest pings, and what will sound."""
    label = text.name(explanation.label, explanation.slug)
    embed = discord.Embed(
        title=text.cut(f"Why {label}: {explanation.headline}", text.TITLE),
        description=text.cut("\n".join(map(_rule, explanation.rules)), _RULES),
        colour=_COLOUR,
    )
    sound = explanation.next_sound
    at = f"\n{facts.both(sound.at)}" if sound.at is not None else ""
    _add(embed, "Sounds next", f"{text.name(sound.text, limit=500)}{at}")
    _add(embed, "When", "\n".join(map(_fact, explanation.facts)))
    _add(embed, "Around it", "\n".join(map(_rule, explanation.evidence)))
    _add(embed, "Newest pings", "\n".join(map(_report, explanation.pings)))
    room = min(_OUTPUT, _room(embed, "Output"))
    is_cut = explanation.output_is_cut
    _add(embed, "Output", text.code_block(explanation.output, room, is_cut=is_cut))
    if explanation.incident_id is not None:
        embed.set_footer(text=f"incident #{explanation.incident_id}")
    return embed


def _add(embed: discord.Embed, name: str, value: str) -> None:
    """Discord refuses a field without a value, and more than 6,000 characters."""
    room = min(text.FIELD_VALUE, _room(embed, name))
    if value and room >= _LEAST:
        embed.add_field(name=name, value=text.cut(value, room), inline=False)


def _room(embed: discord.Embed, name: str) -> int:
    """Characters that a field of this name may still have."""
    parts = [embed.title or "", embed.description or "", name]
    parts += [
        part or "" for field in embed.fields for part in (field.name, field.value)
    ]
    return text.EMBED - _FOOTER - sum(map(text.length, parts))


def _rule(rule: str) -> str:
    return f"• {text.name(rule, limit=400)}"


def _fact(fact: Fact) -> str:
    return f"{fact.label}: {text.moment(fact.at)}"


def _report(report: Report) -> str:
    parts = [f"**{report.kind}** {text.when(report.at)}"]
    if report.exit_status is not None:
        parts.append(f"exit status {report.exit_status}")
    if report.duration is not None:
        parts.append(f"after {text.span(report.duration)}")
    if report.address:
        parts.append(f"from {text.name(report.address, limit=60)}")
    return ", ".join(parts)
