"""One incident on a terminal, with its story."""

from datetime import datetime
from typing import TYPE_CHECKING

from bot.cli import looks, tables, text, times, why_cards
from bot.core.states import View

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def card(view: View, now: datetime, *, ascii_only: bool) -> list["RenderableType"]:
    """Everything about an incident, for a person."""
    from rich.text import Text

    look = looks.STANDINGS[view["status"]]
    heading = Text(f"#{view['id']} {text.visible(view['summary'])}  ", style="bold")
    heading.append(
        f"{look.mark(ascii_only=ascii_only)} {tables.standing(view)}",
        style=look.colour,
    )
    found: list[RenderableType] = [heading, _facts(view, now)]
    found += [Text("\nstory"), *_story(view)]
    if view.get("around"):
        found += [Text("\naround it"), *why_cards.around(view)]
    return found


def _facts(view: View, now: datetime) -> "Table":
    acknowledged = view["acknowledged_by"] and (
        f"by {view['acknowledged_by']} until {times.utc(view['acknowledged_until'])}"
    )
    resolved = view["resolved_at"] and (
        f"{times.both(view['resolved_at'], now)}: {view['resolution']}"
    )
    sounds = str(view["sounds"])
    if view["next_sound_at"] and not view["resolved_at"]:
        sounds += f", may sound again {times.relative(view['next_sound_at'], now)}"
    flapping = "resolves after more good pings than usual" if view["flapping"] else ""
    rows = (
        ("job", view["job"]),
        ("kind", f"{view['kind'].replace('_', ' ')}, {view['severity']}"),
        ("opened", times.both(view["opened_at"], now)),
        ("due", times.utc(view["due_at"]) if view["due_at"] else ""),
        ("count", _count(view, now)),
        ("flapping", flapping),
        ("acknowledged", acknowledged),
        ("resolved", resolved),
        ("sounds", sounds),
        ("escalation", _escalation(view, now)),
        ("silent", view["silenced_by"]),
        ("note", view["note"]),
    )
    return tables.facts(
        [(label, text.visible(value)) for label, value in rows if value]
    )


def _escalation(view: View, now: datetime) -> str:
    standing = view.get("escalation")
    if not standing:
        return ""
    if standing["exhausted"]:
        return f"all {standing['of']} steps are done, and nobody has it"
    taken = f"{standing['taken']} of {standing['of']} steps"
    return f"{taken}, the next one {times.relative(standing['next_at'], now)}"


def _count(view: View, now: datetime) -> str:
    last = f"the last {times.relative(view['last_bad_at'], now)}"
    again = f", opened again {view['reopened']} times" if view["reopened"] else ""
    return f"{view['count']} bad, {last}{again}"


def _story(view: View) -> list["Table"]:
    rows = [(times.utc(each["at"]), told(each)) for each in view["story"]]
    return [tables.facts(rows)]


#: kinds of events whose names say too little by themselves
_KINDS = {"bad": "again", "down_for_good": "down for good"}


def told(event: View) -> str:
    """One line of a story: `acknowledged: until 14:00 UTC (ada)`."""
    kind, said = _KINDS.get(event["kind"], event["kind"]), event["text"]
    line = said if said.startswith(kind) or not said else f"{kind}: {said}"
    actor = event["actor"] if event["actor"] not in said else ""
    actor = f" ({actor})" if actor else ""
    return text.visible(f"{line or kind}{actor}")


def acknowledged(view: View, now: datetime) -> str:
    """That somebody has it, and until when."""
    until = times.relative(view["acknowledged_until"], now)
    return (
        f"#{view['id']} {text.visible(view['summary'])}: acknowledged by "
        f"{text.visible(view['acknowledged_by'])}; it may sound again {until}"
    )
