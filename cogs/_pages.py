"""Buttons that turn the pages of a list; where they lead stands in their custom id."""

from collections.abc import Callable
from typing import Any

import discord
from discord.ui import Button, DynamicItem, View

from bot.core.pages import Window

Turn = DynamicItem[Button[View]]

#: of a page in a custom id
NUMBER = r"(?P<page>[0-9]{1,6})"
#: of a filter in a custom id
FILTER = r"(?P<only>[a-z]{1,20})"


def button(custom_id: str, label: str, *, is_end: bool) -> Button[View]:
    """One of the two; disabled where there is nothing behind it."""
    return Button(
        label=label,
        style=discord.ButtonStyle.secondary,
        custom_id=custom_id,
        disabled=is_end,
    )


def turning(window: Window, turn: Callable[[int, str, bool], Turn]) -> View:
    """Previous and Next; `turn` makes one from its page, its label, and if it ends.

    A message that had buttons is edited with buttons only: without, discord.py would
    forget them for the whole process (SEMANTICS, section 7, point 1).
    """
    view = View(timeout=None)
    page = window.page
    view.add_item(turn(page - 1, "Previous", page <= 1))
    view.add_item(turn(page + 1, "Next", page >= window.pages))
    return view


def sent(embed: discord.Embed, view: View, window: Window) -> dict[str, Any]:
    """What `answer` is given: no buttons under a list that has one page."""
    return {"embed": embed, "view": view if window.pages > 1 else None}
