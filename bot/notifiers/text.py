"""A notification in one line, for people."""

from collections.abc import Mapping

from bot.core.kinds import NOTICES, NotificationKind
from bot.core.models import Outgoing

WORDS = {
    NotificationKind.OPENED: "incident opened",
    NotificationKind.WORSENED: "incident got worse",
    NotificationKind.REOPENED: "incident opened again",
    NotificationKind.REMINDER: "incident still open",
    NotificationKind.UNSILENCED: "incident still open, no longer silenced",
    NotificationKind.ESCALATED: "nobody has acknowledged it",
    NotificationKind.DOWN_FOR_GOOD: "down for good",
    NotificationKind.RESOLVED: "incident resolved",
    NotificationKind.NEVER_SEEN: "never reported",
}


def line(outgoing: Outgoing) -> str:
    """What happened, to which job, since when."""
    if outgoing.kind in NOTICES:
        return str(outgoing.snapshot["text"])
    words = WORDS[outgoing.kind]
    incident = part(outgoing, "incident")
    if incident is None:
        job = part(outgoing, "job") or {}
        return f"{words}: {job['slug']} was made {job['created_at']}; is its ping sent?"
    text = f"{words}: #{incident['id']} {incident['summary']}"
    if outgoing.kind is NotificationKind.RESOLVED:
        return f"{text}; {incident['resolution']} at {incident['resolved_at']}"
    return f"{text}; since {incident['opened_at']}"


def more_lines(outgoing: Outgoing) -> list[str]:
    """What a report says beside its headline."""
    lines = outgoing.snapshot.get("lines")
    return [str(line) for line in lines] if isinstance(lines, list) else []


def part(outgoing: Outgoing, name: str) -> Mapping[str, object] | None:
    """The job or the incident in the snapshot."""
    value = outgoing.snapshot.get(name)
    return value if isinstance(value, Mapping) else None
