"""One job: how it stands, when it is expected, and what became of its last dues."""

from collections import Counter

import discord

from bot.core import cron_words, states
from bot.core.kinds import IncidentStatus, ScheduleKind
from bot.core.states import View
from bot.discord_ui import changes, lists, symbols, text, times

#: two lines of a phone
_SHOWN_SLOTS = 20
_LONGEST_WHY = 300
_LONGEST_DESCRIPTION = 500
_LONGEST_REASON = 300

Field = tuple[str, str]


def card(view: View) -> discord.Embed:
    """Everything about a job but its ping URL, which is never shown in Discord."""
    word = states.word(view)
    embed = discord.Embed(
        title=text.cut(f"{symbols.STATES[word]} {text.name(view['slug'])}", text.TITLE),
        description="\n".join(_what(view)),
        colour=symbols.COLOURS[word],
    )
    for name, value in _fields(view):
        shown = text.cut(value, text.FIELD_VALUE)
        embed.add_field(name=name, value=shown, inline=False)
    where = f"its ping URL is shown on the server: cronitor job show {view['slug']}"
    return embed.set_footer(text=where)


def _what(view: View) -> list[str]:
    lines = [f"**{states.words(view)}**"]
    if view["name"]:
        lines.append(text.name(view["name"]))
    if view["description"]:
        lines.append(text.escape(text.cut(view["description"], _LONGEST_DESCRIPTION)))
    return lines


def _fields(view: View) -> list[Field]:
    return [
        ("Schedule", _schedule(view)),
        ("Last ping", _last_ping(view)),
        *_usually(view),
        ("Next dues", _dues(view)),
        ("Rules", _rules(view)),
        ("Last slots", _slots(view)),
        *_unknown(view),
        *_incident(view),
        *_mute(view),
        *_pause(view),
    ]


def _schedule(view: View) -> str:
    written, expression = view["schedule_text"], view["schedule"]["expression"]
    is_cron = view["schedule"]["kind"] == ScheduleKind.CRON
    words = cron_words.in_words(expression) if is_cron else None
    shown = text.escape(written)
    return f"{text.escape(words)} ({shown})" if words else shown


def _last_ping(view: View) -> str:
    if not view["last_ping_at"]:
        return "none yet"
    took = view["last_duration"]
    tail = "" if took is None else f", ran {times.span(took)}"
    return f"{view['last_ping_kind']}, {times.moment(view['last_ping_at'])}{tail}"


def _usually(view: View) -> list[Field]:
    """What its runs are like, and the last one where it is not."""
    lines = []
    for measure, about in (("duration", "runs take"), ("lateness", "they come")):
        habit = view["habits"][measure]
        if habit is not None:
            said = habit["drift"] or f"the last one {habit['last_text']}"
            lines.append(f"{about} {habit['text']}; {said}")
    return [("Usually", "\n".join(lines))] if lines else []


def _dues(view: View) -> str:
    if view["next_dues"]:
        return "\n".join(map(times.moment, view["next_dues"]))
    if view["schedule"]["kind"] == ScheduleKind.NONE:
        return "never: it has no schedule"
    return f"{times.span(view['schedule']['every'])} after its first ping"


def _rules(view: View) -> str:
    return (
        f"grace {times.span(view['grace'])}, "
        f"down after {view['failure_tolerance']} bad, "
        f"up after {view['recovery_threshold']} good"
    )


def _slots(view: View) -> str:
    newest = [slot["outcome"] for slot in view["slots"][:_SHOWN_SLOTS]]
    if not newest:
        return "none yet"
    return f"{symbols.bar(reversed(newest))}\nnewest last: {symbols.legend(newest)}"


def _unknown(view: View) -> list[Field]:
    """Why nobody knows how it is."""
    why = view["unknown_why"]
    return [("Unknown", text.name(why, limit=_LONGEST_WHY))] if why else []


def _incident(view: View) -> list[Field]:
    unresolved = (
        each for each in view["incidents"] if each["status"] != IncidentStatus.RESOLVED
    )
    return [
        (
            f"Incident #{each['id']}",
            f"{text.name(each['summary'], limit=200)}\n"
            f"opened {times.when(each['opened_at'])}, {lists.standing(each)}",
        )
        for each in unresolved
    ]


def _mute(view: View) -> list[Field]:
    mute = view["mute"]
    if mute is None:
        return []
    told = [f"by {text.name(mute['created_by'])}, {changes.until(mute)}"]
    if mute["reason"]:
        told.append(text.escape(text.cut(mute["reason"], _LONGEST_REASON)))
    return [(f"Muted: {muted(mute)}", "\n".join(told))]


def muted(mute: View) -> str:
    """What a mute covers."""
    if mute["scope"] == "all":
        return "everything"
    return f"{mute['scope']} {text.name(mute['target'])}"


def _pause(view: View) -> list[Field]:
    by = view["paused_by"]
    return [("Paused", f"by {text.name(by)}")] if by else []


#: of each kind of history
_SHOWN_RUNS = 10
_SHOWN_BAR = 50


def history(view: View) -> discord.Embed:
    """What has become of its dues, how long its runs took, and what went wrong."""
    word = states.word(view)
    embed = discord.Embed(
        title=text.cut(f"{symbols.STATES[word]} {text.name(view['slug'])}", text.TITLE),
        colour=symbols.COLOURS[word],
    )
    for name, value in (
        ("Last slots", _bar(view["slots"])),
        ("Last runs", "\n".join(map(_run, view["runs"][:_SHOWN_RUNS]))),
        ("Last incidents", "\n".join(map(_past, view["incidents"][:_SHOWN_RUNS]))),
    ):
        shown = text.cut(value or "none yet", text.FIELD_VALUE)
        embed.add_field(name=name, value=shown, inline=False)
    return embed


def _bar(slots: list[View]) -> str:
    newest = [slot["outcome"] for slot in slots[:_SHOWN_BAR]]
    if not newest:
        return ""
    counts = Counter(newest)
    told = ", ".join(f"{count} {_plain(each)}" for each, count in counts.most_common())
    return f"{symbols.bar(reversed(newest))}\nnewest last: {told}"


def _plain(outcome: str) -> str:
    return outcome.replace("_", " ")


def _run(run: View) -> str:
    outcome = run["outcome"]
    emoji = symbols.bar([outcome]) if outcome else "⏳"
    took = "" if run["duration"] is None else f", ran {times.span(run['duration'])}"
    status = run["exit_status"]
    code = f", exit status {status}" if status else ""
    at = times.when(run["started_at"])
    return f"{emoji} {_plain(outcome or 'goes on')}{took}{code}, {at}"


def _past(incident: View) -> str:
    summary = text.name(incident["summary"], limit=80)
    opened = times.when(incident["opened_at"])
    return f"#{incident['id']} {summary}, opened {opened}, {lists.standing(incident)}"
