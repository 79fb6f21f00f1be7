"""The message about a blind time: a pure function of its report."""

import discord

from bot.core import blind_reports, blind_times
from bot.core.blind_reports import BlindCard
from bot.core.blind_times import BlindTime
from bot.discord_ui import facts, looks, text
from bot.discord_ui.cards import Rendered

_LINE = 300


def render(card: BlindCard) -> Rendered:
    """When nothing could be seen, why, and what became of the slots in doubt."""
    blind = card.report.blind
    said = "\n".join([_what(card), *_times(blind)])
    embed = discord.Embed(
        title=f"{looks.BLIND.emoji} {looks.BLIND.word}",
        description=text.cut(said, text.DESCRIPTION),
        colour=looks.BLIND.colour,
    )
    for word, named in blind_reports.groups(card.report):
        embed.add_field(
            name=f"{word[0].upper()}{word[1:]}",
            value=text.cut(text.escape(named), text.FIELD_VALUE),
            inline=False,
        )
    embed.set_footer(
        text=text.cut(f"blind #{blind.id} · {card.mark}", text.SHORT_FOOTER)
    )
    return Rendered(content=headline(card), embed=embed)


def _times(blind: BlindTime) -> list[str]:
    """One to a line: side by side they are tall on a phone."""
    shown = [f"**From** {facts.both(blind.began_at)}"]
    if blind.ended_at is not None:
        shown.append(f"**To** {facts.both(blind.ended_at)}")
    return shown


def headline(card: BlindCard) -> str:
    """The one line that a push notification shows."""
    said = blind_reports.headline(card.report.blind)
    return text.cut(f"{looks.BLIND.emoji} {said}", _LINE)


def plain(card: BlindCard) -> str:
    """The same as text alone, for when Discord refuses the pretty one."""
    lines = [headline(card), _what(card)]
    lines += [f"{word}: {named}" for word, named in blind_reports.groups(card.report)]
    lines.append(f"blind #{card.report.blind.id} · {card.mark}")
    return text.cut("\n".join(lines), text.CONTENT)


def _what(card: BlindCard) -> str:
    why = blind_times.WORDS[card.report.blind.reason]
    if not card.report.doubts:
        return f"{why}. No slot is in doubt: whatever fell due was judged as always."
    return (
        f"{why}. A ping of these slots may have come unseen; the next ping of the job "
        "decides."
    )
