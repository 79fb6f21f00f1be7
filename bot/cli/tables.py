"""Lists as they stand on a terminal; rich is imported when one is printed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.cli import looks, output, text, times
from bot.core import reach, states
from bot.core.states import View

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

Row = tuple[str, "str | RenderableType"]

#: columns of a file or a pipe: nothing is broken there
_WIDE = 1000


def console() -> "Console":
    """Standard output; no colour and no line breaks where it is no terminal."""
    from rich.console import Console

    width = None if text.is_terminal() else _WIDE
    return Console(width=width, highlight=False, markup=False, emoji=False)


def show(*renderables: "RenderableType") -> None:
    """Print these below each other."""
    screen = console()
    if text.is_terminal():
        screen.print(*renderables, sep="\n")
        return
    with screen.capture() as printed:
        screen.print(*renderables, sep="\n")
    for line in printed.get().splitlines():
        output.say(line.rstrip())


def jobs(found: Sequence[View], now: datetime, *, ascii_only: bool) -> "Table":
    """Jobs, worst first, in 80 columns."""
    table = _table("job", "state", "schedule", "last ping", "due")
    for job in states.worst_first(found):
        look = looks.STATES[states.word(job)]
        table.add_row(
            text.visible(job["slug"]),
            _marked(look, states.words(job), ascii_only=ascii_only),
            text.visible(job["schedule_text"]),
            _when(job["last_ping_at"], now),
            _when(job["due_at"], now),
        )
    return table


def runs(
    found: Sequence[View], now: datetime, ending: Callable[[View], str]
) -> "Table":
    """Runs, in the order of the server: newest first."""
    table = _table("run", "began", "took", "how", "trigger", "by")
    for run in found:
        attempt = f" (attempt {run['attempt']})" if run["attempt"] > 1 else ""
        table.add_row(
            f"#{run['id']}",
            _when(run["started_at"] or run["queued_at"], now),
            times.took(run["duration"]),
            f"{ending(run)}{attempt}",
            run["trigger"],
            text.visible(run["by"]),
        )
    return table


def incidents(found: Sequence[View], now: datetime, *, ascii_only: bool) -> "Table":
    """Incidents, in the order of the server: newest first."""
    table = _table("id", "status", "opened", "what")
    for incident in found:
        look = looks.STANDINGS[incident["status"]]
        table.add_row(
            f"#{incident['id']}",
            _marked(look, standing(incident), ascii_only=ascii_only),
            _when(incident["opened_at"], now),
            what(incident),
        )
    return table


def what(incident: View) -> str:
    """What it is about, and whether it is critical."""
    tail = " (critical)" if incident["severity"] == "critical" else ""
    return text.visible(f"{incident['summary']}{tail}")


def standing(incident: View) -> str:
    """The status with who has it: `acknowledged by ada`, `open, muted`."""
    if incident["status"] == "acknowledged":
        return f"acknowledged by {text.visible(incident['acknowledged_by'])}"
    if incident["status"] == "open" and incident["silenced_by"]:
        return f"open, silent: {text.visible(incident['silenced_by'])}"
    return str(incident["status"])


def storms(found: Sequence[View], now: datetime) -> "Table":
    """Storms with what they share and how their incidents stand."""
    table = _table("id", "opened", "of", "what", "open")
    for storm in found:
        members = storm["members"]
        unresolved = sum(each["status"] != "resolved" for each in members)
        table.add_row(
            f"#{storm['id']}",
            _when(storm["opened_at"], now),
            text.visible(storm["group"]),
            text.visible(storm["summary"]),
            f"{unresolved} of {len(members)}",
        )
    return table


def mutes(found: Sequence[View], now: datetime) -> "Table":
    """Mutes with their ends, their owners and their reasons."""
    table = _table("id", "silent", "ends", "by", "reason")
    for mute in found:
        table.add_row(
            f"#{mute['id']}",
            muted(mute),
            ends(mute, now),
            text.visible(mute["created_by"]),
            text.visible(mute["reason"]) or times.NOTHING,
        )
    return table


def windows(found: Sequence[View], now: datetime) -> "Table":
    """Planned work with when it is open, its owner and its reason."""
    table = _table("id", "for", "when", "how long", "by", "reason")
    for window in found:
        table.add_row(
            f"#{window['id']}",
            muted(window),
            opens(window, now),
            times.exact(window["for"]),
            text.visible(window["created_by"]),
            text.visible(window["reason"]) or times.NOTHING,
        )
    return table


def keys(found: Sequence[View], now: datetime) -> "Table":
    """Keys of the API, by name."""
    table = _table("name", "may", "last used", "ends", "made by")
    for key in found:
        end = times.relative(key["expires_at"], now) if key["expires_at"] else "never"
        table.add_row(
            text.visible(key["name"]),
            "read" if key["reads_only"] else "read and change",
            _when(key["last_used_at"], now),
            f"expired {end}" if key["expired"] else end,
            text.visible(key["created_by"]),
        )
    return table


#: why something of Discord is as it is, by its source
CHOSEN_BY = {
    "settings": "by the settings",
    "choice": "by choice",
    "nothing": "by nobody",
}


def choices(found: Sequence[View]) -> "Table":
    """Channels and roles of Discord, and who decides them."""
    table = _table("name", "setting", "is", "decided")
    for each in found:
        decided = CHOSEN_BY[each["source"]]
        if each["source"] == "choice":
            decided = f"{decided} of {text.visible(each['chosen_by'])}"
        said = ", ".join(each["ids"]) or "-"
        table.add_row(each["name"], each["setting"], said, decided)
    return table


def opens(window: View, now: datetime) -> str:
    """When planned work goes on: now, next, or no more."""
    if window["running_until"]:
        said = f"now, ends {times.relative(window['running_until'], now)}"
    elif window["next"]:
        said = times.relative(window["next"][0]["from"], now)
    else:
        return f"over {times.relative(window['ends_at'], now)}"
    return f"{said}, {window['schedule']}" if window["schedule"] else said


def muted(mute: View) -> str:
    """What a mute covers."""
    if mute["scope"] == "all":
        return "everything"
    return f"{mute['scope']} {text.visible(mute['target'])}"


def covers(view: View) -> list[str]:
    """How many jobs a mute or planned work covers, or that it covers none."""
    said = reach.words(view, text.visible)
    return [f"  {said}"] if said else []


def may_sound(ended: View, now: datetime) -> str:
    """What follows from the end of a mute."""
    left = ended["still"]
    if left is None:
        return f"{muted(ended)} may sound again"
    stays = f"{muted(ended)} stays silent, since {muted(left)} is muted"
    return f"{stays}; that ends {ends(left, now)}"


def ends(mute: View, now: datetime) -> str:
    """When a mute ends, or has ended."""
    end = times.relative(mute["ended_at"] or mute["until_at"], now)
    recovers = mute["until_recovery"] and not mute["ended_at"]
    return f"on recovery, else {end}" if recovers else end


def blind_times(found: Sequence[View], now: datetime) -> "Table":
    """When nothing could be seen, for how long, why, and what is in doubt."""
    table = _table("began", "lasted", "why", "slots in doubt")
    for blind in found:
        lasted = times.exact(blind["length"]) if blind["ended_at"] else "until now"
        table.add_row(
            _when(blind["began_at"], now), lasted, blind["why"], doubts(blind)
        )
    return table


def doubts(blind: View) -> str:
    """`3 unknown (backup, etl), 2 ok (sync)`, the unknown ones first."""
    said: dict[str, tuple[int, list[str]]] = {}
    for each in sorted(blind["slots"], key=lambda each: each["outcome"] != "unknown"):
        count, jobs = said.get(each["outcome"], (0, []))
        jobs = [*jobs, text.visible(each["job"])]
        said[each["outcome"]] = (count + each["count"], jobs)
    parts = [
        f"{count} {outcome.replace('_', ' ')} ({', '.join(jobs)})"
        for outcome, (count, jobs) in said.items()
    ]
    return ", ".join(parts) or "none"


def facts(rows: Iterable[Row]) -> "Table":
    """Labels with what belongs to each; text is taken as it is."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=9, no_wrap=True, style="bright_black")
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(label, Text(value) if isinstance(value, str) else value)
    return grid


def bar(outcomes: Sequence[str], *, ascii_only: bool) -> "Text":
    """One coloured symbol for each outcome, in the order given."""
    from rich.text import Text

    line = Text()
    for outcome in outcomes:
        look = looks.outcome_look(outcome)
        line.append(look.mark(ascii_only=ascii_only), style=look.colour)
    return line


def _table(*columns: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", min_width=len(column))
    return table


def _marked(look: looks.Look, said: str, *, ascii_only: bool) -> "Text":
    from rich.text import Text

    return Text(f"{look.mark(ascii_only=ascii_only)} {said}", style=look.colour)


def _when(at: str | None, now: datetime) -> "Text":
    """A relative time, which is never broken into two lines."""
    from rich.text import Text

    return Text(times.relative(at, now), no_wrap=True)
