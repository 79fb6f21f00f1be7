"""How `cronitor demo` looks: a live table on a terminal, else lines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli import incident_cards, looks, output, tables, text, times
from bot.cli.demo_jobs import PLAYS
from bot.cli.demo_scene import Event, Scene
from bot.core import states

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.table import Table

_SHOWN_SLOTS = 20
#: lines of the screen that are not the story
_OTHER_LINES = len(PLAYS) + 7
_LEAST_STORY = 4
_COLOURS = {"opened": "red", "reopened": "red", "worsened": "red", "resolved": "green"}


def screen(scene: Scene, *, elapsed_s: float, height: int, ascii_only: bool) -> "Group":
    """The whole screen at one moment, in 80 columns and `height` lines."""
    from rich.console import Group
    from rich.text import Text

    shown = max(_LEAST_STORY, height - _OTHER_LINES)
    newest = list(reversed(scene.events))[:shown]
    parts: list[RenderableType] = [
        Text(f"Cronitor demo, {elapsed_s:.0f} s. Ctrl-C ends it.\n", style="bold"),
        _jobs(scene, ascii_only=ascii_only),
        Text("\nincidents, newest first", style="bold"),
        *([_story(newest)] if newest else [Text("none yet: wait a few seconds")]),
    ]
    return Group(*parts)


def _jobs(scene: Scene, *, ascii_only: bool) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column, width in (("job", 10), ("state", 24), ("last slots", _SHOWN_SLOTS)):
        table.add_column(column, width=width, no_wrap=True)
    table.add_column("last ping", no_wrap=True)
    for job in scene.jobs:
        look = looks.STATES[states.word(job)]
        slots = reversed(job["slots"][:_SHOWN_SLOTS])
        table.add_row(
            job["slug"],
            Text(
                f"{look.mark(ascii_only=ascii_only)} {states.words(job)}",
                style=look.colour,
            ),
            tables.bar([slot["outcome"] for slot in slots], ascii_only=ascii_only),
            times.relative(job["last_ping_at"], scene.now),
        )
    return table


def _story(events: Sequence[Event]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(no_wrap=True)
    for event in events:
        line = Text(told(event), style=_COLOURS.get(event.view["kind"], ""))
        table.add_row(times.clock(event.at), f"#{event.incident}", line)
    return table


def told(event: Event) -> str:
    """One line of the story, with the job that it is about."""
    return text.visible(f"{event.job}: {incident_cards.told(event.view)}")


def opening(path: str) -> None:
    """Say what is going to happen."""
    output.say(
        f"A real server in {path}, which is removed at the end, and five jobs:",
        *(f"  {play.slug:<11} {play.about}" for play in PLAYS),
        "",
    )


def lines(events: Sequence[Event]) -> None:
    """What is new, for a file or a pipe."""
    output.say(
        *(
            f"{times.clock(each.at)}  #{each.incident:<3} {told(each)}"
            for each in events
        )
    )


def closing(scene: Scene) -> None:
    """Say what was seen, and what to type next."""
    kinds = [event.view["kind"] for event in scene.events]
    opened, resolved = kinds.count("opened"), kinds.count("resolved")
    output.say(
        "",
        f"{opened} incidents were opened, {resolved} resolved; all of it is removed.",
        "",
        "Next, with jobs of your own:",
        "  cronitor up",
        "  cronitor job add backup --every 1d     (in another terminal)",
    )
