"""One incident with its story, for the person who asked."""

import discord

from bot.core.kinds import IncidentStatus
from bot.core.states import State, View
from bot.discord_ui import lists, symbols, text, times

#: lines of a story that are shown: its beginning, and its end
_FIRST = 3
_LAST = 12
_LONGEST_LINE = 220

#: kinds of events whose names say too little by themselves
_KINDS = {"bad": "again", "down_for_good": "down for good"}


def card(view: View) -> discord.Embed:
    """What happened, how it stands, what was around it, and who did what."""
    is_over = view["status"] == IncidentStatus.RESOLVED
    emoji = symbols.STANDINGS[view["status"]]
    embed = discord.Embed(
        title=text.cut(
            f"{emoji} #{view['id']} {text.name(view['summary'], limit=200)}", text.TITLE
        ),
        description=_how(view),
        colour=symbols.COLOURS[State.UP if is_over else State.DOWN],
    )
    for name, value in _fields(view):
        if value:
            shown = text.cut(value, text.FIELD_VALUE)
            embed.add_field(name=name, value=shown, inline=False)
    return embed


def _how(view: View) -> str:
    lines = [
        f"{view['kind'].replace('_', ' ')}, {view['severity']}: {lists.standing(view)}",
        f"opened {times.moment(view['opened_at'])}",
    ]
    if view["due_at"]:
        lines.append(f"due {times.moment(view['due_at'])}")
    if view["count"] > 1:
        lines.append(f"{view['count']} bad, the last {times.when(view['last_bad_at'])}")
    if view["resolution"]:
        lines.append(text.name(view["resolution"], limit=300))
    if view["next_sound_at"] and not view["resolved_at"]:
        lines.append(f"may sound again {times.when(view['next_sound_at'])}")
    return "\n".join(lines)


def _fields(view: View) -> list[tuple[str, str]]:
    around = [f"• {text.name(line, limit=200)}" for line in view["around"]]
    return [
        ("Note", text.name(view["note"], limit=500) if view["note"] else ""),
        ("Around it", "\n".join(around)),
        ("Story", _story(view["story"])),
    ]


def _story(story: list[View]) -> str:
    """The beginning and the end, within one field."""
    lines = [story_line(each) for each in story]
    left_out = len(lines) - _FIRST - _LAST
    first, last = lines, list[str]()
    if left_out > 0:
        first, last = lines[:_FIRST], lines[-_LAST:]
    while last and _length(first, last, left_out) > text.FIELD_VALUE:
        last, left_out = last[1:], left_out + 1
    middle = [f"… {left_out} more …"] if left_out > 0 else []
    return "\n".join([*first, *middle, *last])


def _length(first: list[str], last: list[str], left_out: int) -> int:
    return text.length("\n".join([*first, f"… {left_out} more …", *last]))


def story_line(event: View) -> str:
    """One line of a story: when, what, and who."""
    kind, said = str(event["kind"]), str(event["text"])
    kind = _KINDS.get(kind, kind)
    line = said if said.startswith(kind) or not said else f"{kind}: {said}"
    actor = event["actor"] if event["actor"] not in said else ""
    by = f" ({text.name(actor)})" if actor else ""
    shown = text.name(line or kind, limit=_LONGEST_LINE - 60)
    return f"{times.when(event['at'])} {shown}{by}"
