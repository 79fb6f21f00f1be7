"""Parts of an incident's story as a message of its thread."""

from collections.abc import Sequence

from bot.core import views
from bot.core.threads import Part
from bot.discord_ui import incident_cards, text

#: characters of a thread's name
_NAME = 100


def name(title: str) -> str:
    """What the thread is called; Discord shows it without formatting."""
    return text.cut(text.visible(title), _NAME)


def story(parts: Sequence[Part], mark: str) -> str:
    """The lines, and the mark by which the message is found again."""
    lines = [_line(part) for part in parts]
    return "\n".join([*lines, f"-# {mark}"])


def _line(part: Part) -> str:
    line = incident_cards.story_line(views.event(part.event))
    return f"{line}, and {part.more} more like it" if part.more else line
