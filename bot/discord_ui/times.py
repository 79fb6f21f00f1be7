"""Moments and durations of views, as Discord shows them."""

from datetime import datetime, timedelta

from bot.discord_ui import text


def when(at: str) -> str:
    """How long ago or how soon."""
    return text.when(datetime.fromisoformat(at))


def moment(at: str) -> str:
    """Date and time in the reader's own zone, and how long ago or how soon."""
    exact = datetime.fromisoformat(at)
    return f"{text.moment(exact)} ({text.when(exact)})"


def span(seconds: float) -> str:
    """A length of time: `12 min`, `2 h 5 min`."""
    return text.span(timedelta(seconds=seconds))
