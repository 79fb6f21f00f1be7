"""What somebody would write to break a message, and how Discord would see it."""

import re

import discord
from hypothesis import strategies as st

from bot.discord_ui import text
from bot.discord_ui.cards import Rendered

#: what somebody would use to break a message
NASTY = [
    *("@everyone", "@here", "@EVERYONE", "<@1>", "<@!1>", "<@&1>", "<#1>", "<t:1:R>"),
    *("<:a:1>", "<a:b:1>", "</run:1>", "<id:home>", "<https://a.example>", "<"),
    *("`", "``", "```", "```js\n", "*", "**", "_", "__", "~~", "||", "\\", "\n"),
    *("[", "](https://a.example)", "http://a.example", "discord.gg/abc", ":fire:"),
    *("# ", "-# ", "- ", "> ", ">>> ", "1. ", "1) ", "\u202e", "\u200b", "\u200d"),
    *("\x1b[31m", "\x1b]8;;x\x07", "\x9b1m", "\x00", "\r", "\ud800", "\u2028"),
    *("é", "e\u0301", "👩\u200d🚒", "👍🏽", "a", "b", " ", "db_backup", "\u3164", "1"),
]
nasty = st.lists(st.sampled_from(NASTY) | st.text(max_size=3), max_size=30).map("".join)
#: words of five kilobytes and more, each in a way of its own
HUGE = [
    *("x" * 5000, "**" * 2500, "`" * 5000, "\\" * 5000, "_" * 5000, "a\u0301" * 2500),
    *("👩\u200d🚒" * 1700, "\u202e" + "ש" * 5000, "مرحبا" * 1000, "\x1b[31m!" * 900),
    *("@everyone " * 500, "<@1>" * 1250, "[a](https://a.example)" * 250, "<" * 5000),
    *("\n" * 5000, "- a\n" * 1250, "\u3164" * 5000, "```js\n" * 900, "😀" * 2500),
]
#: what strangers may have written
strangers = nasty | st.text(max_size=300) | st.sampled_from(HUGE)
#: as Discord finds them in a text
MENTION = re.compile(r"@(everyone|here)|<(@[!&]?|#|:\w+:|a:\w+:|t:|/\w+:)\d|<id:")


def pieces(embed: discord.Embed) -> dict[str, str]:
    """Every text of an embed that Discord counts."""
    found = {
        "title": embed.title or "",
        "description": embed.description or "",
        "footer": embed.footer.text or "",
    }
    for field in embed.fields:
        assert field.name not in found
        found[field.name or ""] = field.value or ""
    return found


def check_limits(rendered: Rendered) -> None:
    """Discord takes it."""
    embed = rendered.embed
    found = pieces(embed)
    assert 0 < text.length(rendered.content) <= text.CONTENT
    assert text.length(found["title"]) <= text.TITLE
    assert text.length(found["description"]) <= text.DESCRIPTION
    assert text.length(found["footer"]) <= text.FOOTER
    assert len(embed.fields) <= text.FIELDS
    for field in embed.fields:
        assert 0 < text.length((field.value or "").strip()) <= text.FIELD_VALUE
    assert sum(text.length(piece) for piece in found.values()) <= text.EMBED
    names = sum(text.length(field.name or "") for field in embed.fields)
    assert sum(text.length(piece) for piece in found.values()) + names <= text.EMBED
    for row in rendered.view().to_components():
        assert len(row["components"]) <= text.BUTTONS_IN_A_ROW
        for part in row["components"]:
            assert len(part["custom_id"]) <= text.CUSTOM_ID
            assert len(part.get("label") or "") <= text.LABEL
            assert len(part.get("options") or []) <= text.SELECT_OPTIONS


def check_harmless(said: str) -> None:
    """Nobody is mentioned; times may be shown, as ours are."""
    assert MENTION.search(said.replace("<t:", "")) is None
