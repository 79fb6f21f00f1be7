"""Lists that fit a phone: a page of jobs, a page of incidents."""

from collections.abc import Mapping

import discord

from bot.core import audits, states
from bot.core.kinds import IncidentStatus
from bot.core.pages import AuditPage, IncidentPage, JobFilter, JobPage, Page, Window
from bot.core.states import State, View
from bot.discord_ui import symbols, text, times

#: entries of a page
SIZE = 10
#: fields of one change
_SHOWN_DIFFERENCES = 4
#: no entry may push the others, or the line that counts the rest, out of the page
_LONGEST_ENTRY = (text.DESCRIPTION - 100) // SIZE - 1


def jobs(page: JobPage) -> discord.Embed:
    """A page of jobs, the worst first, under what there is of them in all."""
    entries = [_job(view) for view in page.jobs]
    worst = states.word(page.jobs[0]) if page.jobs else State.NEW
    embed = _listed(
        _jobs_title(page),
        entries or [_no_jobs(page.counts, page.filter)],
        page.window,
        symbols.COLOURS[worst],
    )
    outcomes = [each for view in page.jobs for each in _recent(view)]
    if outcomes:
        legend = f"last slots, newest last: {symbols.legend(outcomes)}"
        pages = embed.footer.text
        embed.set_footer(text=f"{pages} · {legend}" if pages else legend)
    return embed


def _jobs_title(page: JobPage) -> str:
    wanted, total = page.filter, sum(page.counts.values())
    title = states.tally(page.counts)
    if wanted.said is not None:
        title = f"{wanted.said}: {page.total} of {_counted(total, 'job')}"
    of = [f"tag {text.name(wanted.tag, limit=60)}"] if wanted.tag else []
    of += [f"node {text.name(wanted.node, limit=60)}"] if wanted.node else []
    return text.cut(" · ".join([*of, title]), text.TITLE)


def _no_jobs(counts: Mapping[State, int], wanted: JobFilter) -> str:
    if wanted.said is not None and any(counts.values()):
        return f"No job is {wanted.said}."
    if wanted.tag or wanted.node:
        return "There is no such job."
    return "There are none yet. Make one: `cronitor job add backup --every 1d`"


def _job(view: View) -> str:
    emoji = symbols.STATES[states.word(view)]
    bar = symbols.bar(_recent(view))
    facts = [_last_ping(view), *_expected(view)]
    return _entry(
        f"{emoji} **{text.name(view['slug'])}** {states.words(view)} {bar}".rstrip(),
        " · ".join(facts),
    )


def _recent(view: View) -> list[str]:
    """What became of its last slots, the newest last."""
    return list(view["recent"])


def _last_ping(view: View) -> str:
    at = view["last_ping_at"]
    return f"last ping {times.when(at)}" if at else "no ping yet"


def _expected(view: View) -> list[str]:
    if view["paused_by"]:
        return [f"paused by {text.name(view['paused_by'])}"]
    return [f"due {times.when(view['due_at'])}"] if view["due_at"] else []


def incidents(page: IncidentPage, status: IncidentStatus | None) -> discord.Embed:
    """A page of incidents, the newest first."""
    entries = [_incident(view) for view in page.incidents]
    is_quiet = status is IncidentStatus.RESOLVED or not page.total
    of = f" of {text.name(page.job)}" if page.job else ""
    return _listed(
        _counted(page.total, f"{status or 'unresolved'} incident") + of,
        entries or [_no_incidents(status)],
        page.window,
        symbols.COLOURS[State.UP if is_quiet else State.DOWN],
    )


def _no_incidents(status: IncidentStatus | None) -> str:
    return "Nothing is wrong." if status is None else f"No incident is {status}."


def _incident(view: View) -> str:
    emoji = symbols.STANDINGS[view["status"]]
    tail = " (critical)" if view["severity"] == "critical" else ""
    return _entry(
        f"{emoji} **#{view['id']}** {text.name(view['summary'], limit=200)}{tail}",
        f"opened {times.when(view['opened_at'])} · {standing(view)}",
    )


def standing(view: View) -> str:
    """Where an incident stands, and who has it."""
    if view["status"] == IncidentStatus.ACKNOWLEDGED:
        return f"acknowledged by {text.name(view['acknowledged_by'])}"
    if view["status"] == IncidentStatus.RESOLVED:
        return f"resolved {times.when(view['resolved_at'])}"
    silent = view["silenced_by"]
    return f"open, silent: {text.name(silent)}" if silent else "open"


def mutes(page: Page) -> discord.Embed:
    """What is muted, by whom, and until when."""
    entries = [_mute(view) for view in page.entries]
    return _quiet(page, "mute", entries or ["Nothing is muted."])


def _mute(view: View) -> str:
    reason = text.name(view["reason"], limit=150)
    ends = f"until {times.when(view['until_at'])}"
    if view["until_recovery"]:
        ends = f"until it recovers, {times.when(view['until_at'])} at the latest"
    return _entry(
        f"🔇 **#{view['id']}** {covered(view)} {ends}",
        f"by {text.name(view['created_by'])}, {times.when(view['created_at'])}"
        + (f" · {reason}" if view["reason"] else ""),
    )


def windows(page: Page) -> discord.Embed:
    """Planned work: what it is for, when it goes on, and who announced it."""
    entries = [_window(view) for view in page.entries]
    return _quiet(page, "planned work", entries or ["No work is planned."])


def _window(view: View) -> str:
    reason = text.name(view["reason"], limit=150)
    schedule = f" · {text.name(view['schedule'])}" if view["schedule"] else ""
    return _entry(
        f"🛠️ **#{view['id']}** {covered(view)} {_open(view)}{schedule}",
        f"by {text.name(view['created_by'])}"
        + (f" · {reason}" if view["reason"] else ""),
    )


def _open(view: View) -> str:
    if view["running_until"]:
        return f"goes on, ends {times.when(view['running_until'])}"
    if view["next"]:
        return f"begins {times.when(view['next'][0]['from'])}"
    return "is over"


def covered(view: View) -> str:
    """What a mute or planned work covers."""
    if view["scope"] == "all":
        return "everything"
    return f"{view['scope']} {text.name(view['target'])}"


def _quiet(page: Page, noun: str, entries: list[str]) -> discord.Embed:
    """A list of what is silent."""
    colour = symbols.COLOURS[State.PAUSED if page.total else State.UP]
    return _listed(_counted(page.total, noun), entries, page.window, colour)


def audit(page: AuditPage) -> discord.Embed:
    """Who changed what, the newest first."""
    entries = [_change(view) for view in page.entries]
    return _listed(
        _counted(page.total, "change"),
        entries or ["Nothing was changed yet."],
        page.window,
        symbols.COLOURS[State.NEW],
    )


def _change(view: View) -> str:
    head = (
        f"{times.when(view['at'])} **{text.name(view['subject'])}** "
        f"{audits.words(view['action'])} by {text.name(view['actor'])}"
    )
    told = audits.differences(view["before"], view["after"])
    more = len(told) - _SHOWN_DIFFERENCES
    lines = [text.name(line, limit=80) for line in told[:_SHOWN_DIFFERENCES]]
    return _entry(head, *lines, *([f"and {more} more"] if more > 0 else []))


def _entry(*lines: str) -> str:
    return text.cut("\n".join(lines), _LONGEST_ENTRY)


def _listed(
    title: str, entries: list[str], window: Window, colour: discord.Colour
) -> discord.Embed:
    embed = discord.Embed(title=title, description="\n".join(entries), colour=colour)
    if window.pages > 1:
        embed.set_footer(text=f"page {window.page} of {window.pages}")
    return embed


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
