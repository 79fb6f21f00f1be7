"""The pages of `/setup`: what is in force, what is wrong with it, and what comes next.

Each is made of what is in force when it is shown, so that two people who walk at once
see each other's choices.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import discord

from bot.core import choices
from bot.core.choices import Choice, Force, Holds, Source
from bot.discord_ui import text

#: of one line about what is wrong
_LONGEST = 300
_COLOUR = discord.Colour(0x5865F2)
_DONE_COLOUR = discord.Colour(0x57F287)


class Page(StrEnum):
    """The steps of the walk, in their order; the values stand in custom ids."""

    CHANNELS = "channels"
    ROLES = "roles"
    JOB = "job"
    TEST = "test"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What the pages show."""

    force: Force
    #: what is wrong with a channel or a role, with the way out
    faults: Mapping[Choice, Sequence[str]] = field(default_factory=dict)
    #: how many jobs there are
    jobs: int = 0
    #: where the test card is, as a link, once there is one
    posted: str = ""
    #: ids of channels and roles that the server has; None: it is not known
    there: frozenset[int] | None = None

    def is_there(self, id_: int) -> bool:
        """Whether a menu may show it as chosen."""
        return self.there is None or id_ in self.there


#: what each choice is for, and what holds while there is none
_SAID = {
    Choice.ALERT: ("🔔", "Incidents", "nowhere in Discord, until you choose one"),
    Choice.SUMMARY: ("📊", "Daily summaries", "where incidents are"),
    Choice.FALLBACK: (
        "🛟",
        "If that channel is lost",
        "alerts wait until it can be used again",
    ),
    Choice.VIEWER: ("👀", "May look", "everybody in this server"),
    Choice.OPERATOR: ("🛠️", "May acknowledge, mute and run", "admins only"),
    Choice.ADMIN: ("👑", "May do everything", "whoever has Manage Server"),
}
_TITLES = {
    Page.CHANNELS: "1 of 4 · Channels",
    Page.ROLES: "2 of 4 · Who may do what",
    Page.JOB: "3 of 4 · The first job",
    Page.TEST: "4 of 4 · A test alert",
    Page.DONE: "This is in force",
}


def embed(page: Page, walk: Walk) -> discord.Embed:
    """What a page says; its menus and buttons stand below."""
    shown = discord.Embed(
        title=f"Set up Cronitor: {_TITLES[page]}",
        description=text.cut(_SAYS[page](walk), text.DESCRIPTION),
        colour=_DONE_COLOUR if page is Page.DONE else _COLOUR,
    )
    if page is not Page.DONE:
        said = "Each step can be skipped, gone back to and repeated; it applies at once"
        shown.set_footer(text=said)
    return shown


def placeholder(choice: Choice, holds: Holds) -> str:
    """What an empty menu says."""
    emoji, what, _ = _SAID[choice]
    if holds.source is Source.SETTINGS:
        return f"{emoji} {what}: set in the settings"
    return f"{emoji} {what}: choose…"


def around(page: Page, walk: Walk) -> tuple[Page | None, Page | None]:
    """The pages before and after it; where there is a job, the first is left out."""
    pages = list(Page)
    if page is Page.DONE:
        return None, None
    if page is Page.ROLES and walk.jobs:
        return Page.CHANNELS, Page.TEST
    at = pages.index(page)
    return (pages[at - 1] if at else None), pages[at + 1]


def onward(page: Page, walk: Walk) -> str:
    """What the button to the next page says: whether anything is left out."""
    made = {
        Page.CHANNELS: bool(walk.force[Choice.ALERT].ids),
        Page.ROLES: any(walk.force[each].ids for each in choices.ROLES),
        Page.JOB: bool(walk.jobs),
    }
    if page is Page.TEST:
        return "Finish"
    return "Next" if made[page] else "Skip"


def _channels(walk: Walk) -> str:
    intro = "Where do messages go? The bot needs to see the channel and to write there."
    return "\n\n".join([intro, *(_line(walk, each) for each in choices.CHANNELS)])


def _roles(walk: Walk) -> str:
    intro = (
        "Who may do what? Each grade may do what those above it in this list may; "
        "Cronitor asks for the role at every press and command."
    )
    return "\n\n".join([intro, *(_line(walk, each) for each in choices.ROLES)])


def _job(walk: Walk) -> str:
    there = "There is no job yet."
    if walk.jobs:
        there = f"There {'is one job' if walk.jobs == 1 else f'are {walk.jobs} jobs'}."
    return (
        f"{there} A job reports by fetching a URL when it has done its work; if it "
        "does not, you read it here.\n\nThe form asks for a name and when it runs, and "
        "shows the next five dues before anything is kept. Its ping URL is shown to "
        "you alone, once, with a line to paste."
    )


def _test(walk: Walk) -> str:
    channel_id = choices.channel(walk.force, Choice.ALERT)
    if channel_id is None:
        return (
            "There is no channel for incidents, so there is nothing to try. Go back to "
            "the first step and choose one."
        )
    lines = [
        f"This posts a card in <#{channel_id}> that looks like an incident. Press both "
        "of its buttons: each answers you alone if presses reach Cronitor."
    ]
    lines += map(_wrong, walk.faults.get(Choice.ALERT, ()))
    if walk.posted:
        lines.append(f"✅ It was posted: {walk.posted}")
    return "\n\n".join(lines)


def _done(walk: Walk) -> str:
    lines = [_line(walk, each) for each in Choice]
    jobs = "no job yet: `/job add`" if not walk.jobs else f"{walk.jobs}: `/job list`"
    lines.append(f"⏱️ **Jobs**: {jobs}")
    lines.append("`/setup` walks through it again whenever you like.")
    return "\n\n".join(lines)


_SAYS = {
    Page.CHANNELS: _channels,
    Page.ROLES: _roles,
    Page.JOB: _job,
    Page.TEST: _test,
    Page.DONE: _done,
}


def _line(walk: Walk, choice: Choice) -> str:
    """One choice: what holds, why, and what is wrong with it."""
    emoji, what, without = _SAID[choice]
    holds, faults = walk.force[choice], walk.faults.get(choice, ())
    said = mentions(choice, holds.ids) or without
    lines = [f"{emoji} **{what}**: {said}"]
    if holds.source is Source.SETTINGS:
        key = f"discord.{choices.setting(choice)}"
        lines[0] += f" (`{key}` in the settings, which win)"
    elif holds.ids and choice in choices.CHANNELS and not faults:
        lines[0] += " ✅"
    return "\n".join([*lines, *map(_wrong, faults)])


def _wrong(fault: str) -> str:
    """A line with names from outside."""
    return f"⚠️ {text.escape(text.cut(fault, _LONGEST))}"


def mentions(choice: Choice, ids: Iterable[int]) -> str:
    """Channels or roles, as links that call nobody."""
    mark = "#" if choice in choices.CHANNELS else "@&"
    return ", ".join(f"<{mark}{each}>" for each in ids)
