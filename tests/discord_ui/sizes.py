"""Whether Discord takes an embed."""

import discord

from bot.discord_ui import text


def check(embed: discord.Embed) -> None:
    """Fail if anything in it is too long or empty where it may not be."""
    assert text.length(embed.title or "") <= text.TITLE
    assert text.length(embed.description or "") <= text.DESCRIPTION
    assert text.length(embed.footer.text or "") <= text.FOOTER
    assert len(embed.fields) <= text.FIELDS
    for field in embed.fields:
        assert 0 < text.length(field.name or "") <= text.FIELD_NAME
        assert text.length((field.value or "").strip()) > 0
        assert text.length(field.value or "") <= text.FIELD_VALUE
    shown = [embed.title, embed.description, embed.footer.text]
    shown += [part for field in embed.fields for part in (field.name, field.value)]
    assert sum(text.length(part or "") for part in shown) <= text.EMBED
