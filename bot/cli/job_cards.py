"""One job on a terminal: what it is, how it stands, and what happened lately."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cli import looks, tables, text, times
from bot.core import states
from bot.core.states import View

if TYPE_CHECKING:
    from rich.console import RenderableType

_SHOWN_PINGS = 5
_SHOWN_INCIDENTS = 5
#: lines of a ping's body that are shown, from its end
_SHOWN_LINES = 5
_URL_IS_HIDDEN = "not shown, as this is no terminal; add --show-url or --json"


def created(job: View, *, show_url: bool) -> list[str]:
    """What `job add` says: the schedule, the next dues, and how to report."""
    return [
        f"created {job['slug']}: {schedule(job)}",
        *dues(job),
        f"grace      {grace(job)}",
        *reporting(job, show_url=show_url),
    ]


def schedule(job: View) -> str:
    """When it is due: in words if there are any, and as it was written."""
    from bot.core import cron_words

    written, expression = job["schedule_text"], job["schedule"]["expression"]
    is_cron = job["schedule"]["kind"] == "cron"
    words = cron_words.in_words(expression) if is_cron else None
    return text.visible(f"{words} ({written})" if words else written)


def dues(job: View) -> list[str]:
    """The next five dues in UTC and in a local zone."""
    if not job["next_dues"]:
        return [f"next due   {_without_dues(job)}"]
    zone = local_zone(job)
    rows = [f"{times.utc(due)}{_local(due, zone)}" for due in job["next_dues"]]
    return [f"{'' if n else 'next dues':<11}{row}" for n, row in enumerate(rows)]


def _without_dues(job: View) -> str:
    if job["schedule"]["kind"] == "none":
        return "never: it has no schedule, so only failures and runs are watched"
    return f"{times.exact(job['schedule']['every'])} after its first ping"


def local_zone(job: View) -> tzinfo | None:
    """The job's own zone; the machine's (None) if the job is in UTC."""
    if job["timezone"] == "UTC":
        return None
    try:
        return ZoneInfo(job["timezone"])
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _local(due: str, zone: tzinfo | None) -> str:
    moment = times.local(due, zone)
    return "" if moment == times.utc(due) else f"  =  {moment}"


def grace(job: View) -> str:
    """How late it may be."""
    return times.exact(job["grace"])


def reporting(job: View, *, show_url: bool) -> list[str]:
    """The ping URL with lines to paste; a hint where it must not be shown."""
    url = job.get("ping_url")
    if not url:
        return ["ping URL   not for a read-only key"]
    if not show_url:
        return [f"ping URL   {_URL_IS_HIDDEN}"]
    return [
        *_former(job),
        f"ping URL   {url}",
        f"by slug    {job['slug_url']}",
        *_webhook(job),
        "",
        "At the end of the job, or to try it now:",
        f"  curl -fsS -m 10 --retry 5 {url}",
        *_crontab(job, url),
    ]


def _webhook(job: View) -> list[str]:
    """Where a request starts it."""
    url = job.get("webhook_url")
    return [f"webhook    {url}"] if url else []


def _former(job: View) -> list[str]:
    """Former ping URLs that are still taken."""
    ends = job.get("former_ping_urls_until", [])
    return [f"former     another ping URL is taken until {times.utc(e)}" for e in ends]


def _crontab(job: View, url: str) -> list[str]:
    schedule = job["schedule"]
    expression = schedule["expression"] or ""
    if schedule["kind"] != "cron" or "H" in expression.upper().replace("THU", ""):
        return []
    zone = schedule["timezone"]
    where = "" if zone == "UTC" else f" of a machine in {zone}"
    return [
        f"In a crontab{where}, where $? is how it went:",
        f"  {expression} COMMAND; curl -fsS -m 10 --retry 5 -o /dev/null {url}/$?",
    ]


def card(job: View, now: datetime, *, ascii_only: bool) -> list["RenderableType"]:
    """Everything about a job but how it reports, for a person."""
    return [
        _heading(job, ascii_only=ascii_only),
        tables.facts(
            [
                *_definition(job),
                *_standing(job, now),
                *_dues(job),
                *_slots(job, ascii_only=ascii_only),
                *_unknown(job),
            ]
        ),
        *_pings(job["pings"][:_SHOWN_PINGS], now),
        *_incidents(job, now, ascii_only=ascii_only),
    ]


def _heading(job: View, *, ascii_only: bool) -> "RenderableType":
    from rich.text import Text

    look = looks.STATES[states.word(job)]
    line = Text(f"{text.visible(job['slug'])}  ", style="bold")
    line.append(
        f"{look.mark(ascii_only=ascii_only)} {states.words(job)}", style=look.colour
    )
    if job["name"]:
        line.append(f"  {text.visible(job['name'])}", style="not bold")
    return line


def _definition(job: View) -> list[tables.Row]:
    rules = [
        f"down after {job['failure_tolerance']} bad, up after "
        f"{job['recovery_threshold']} good",
        *_when(job, "runs at most {}", "max_runtime"),
        *_when(job, "at least {}", "min_runtime"),
        *_when(job, "told again every {}", "realert_every"),
        *(["told when it drifts"] if job["alert_on_drift"] else []),
    ]
    rows: list[tuple[str, str]] = [
        ("what", "\n".join(map(text.visible, job["description"].splitlines()))),
        ("schedule", schedule(job)),
        ("starts", text.visible(_starts(job))),
        ("grace", grace(job)),
        ("rules", ", ".join(rules)),
        ("severity", job["severity"]),
        ("node", text.visible(job["node"])),
        ("tags", text.visible(", ".join(job["tags"]))),
        ("needs", text.visible(", ".join(job["depends_on"]))),
    ]
    return [(label, value) for label, value in rows if value]


def _starts(job: View) -> str:
    """What starts it beside its schedule and people."""
    return ", ".join(
        [
            *(f"after {each}" for each in job.get("after", ())),
            *(["with Cronitor"] if job.get("on_start") else []),
            *(f"when {each} changes" for each in job.get("watch", ())),
            *(["by its webhook"] if job.get("webhook") else []),
        ]
    )


def _when(job: View, phrase: str, key: str) -> list[str]:
    return [] if job[key] is None else [phrase.format(times.exact(job[key]))]


def _standing(job: View, now: datetime) -> list[tables.Row]:
    last = times.NOTHING
    if job["last_ping_at"]:
        took = job["last_duration"]
        tail = "" if took is None else f", ran {times.exact(took)}"
        last = f"{job['last_ping_kind']}, {times.both(job['last_ping_at'], now)}{tail}"
    rows = [
        ("last ping", last),
        ("usually", _usually(job)),
        ("due", times.both(job["due_at"], now)),
        ("deadline", times.both(job["deadline_at"], now)),
        (
            "muted",
            job["muted_until"] and f"until {times.both(job['muted_until'], now)}",
        ),
        ("paused by", text.visible(job["paused_by"])),
    ]
    return [(label, value) for label, value in rows if value]


def _usually(job: View) -> str:
    """What its runs are like, and the last one where it is not."""
    lines = []
    for measure, about in (("duration", "runs take"), ("lateness", "they come")):
        habit = job["habits"][measure]
        if habit is not None:
            said = habit["drift"] or f"the last one {habit['last_text']}"
            lines.append(f"{about} {habit['text']}; {said}")
    return "\n".join(lines)


def _dues(job: View) -> list[tables.Row]:
    lines = [line[11:] for line in dues(job)]
    return [("next dues", "\n".join(lines))]


def _slots(job: View, *, ascii_only: bool) -> list[tables.Row]:
    outcomes = [slot["outcome"] for slot in reversed(job["slots"])]
    if not outcomes:
        return [("slots", "none yet")]
    line = tables.bar(outcomes, ascii_only=ascii_only)
    line.append(f"  newest last: {looks.legend(outcomes, ascii_only=ascii_only)}")
    return [("slots", line)]


def _unknown(job: View) -> list[tables.Row]:
    """Why nobody knows how it is."""
    why = job["unknown_why"]
    return [("unknown", text.visible(why))] if why else []


def _pings(pings: Sequence[View], now: datetime) -> list["RenderableType"]:
    if not pings:
        return []
    lines = ["", "recent pings"]
    for ping in pings:
        lines += _ping(ping, now)
    return [_plain("\n".join(lines))]


def _ping(ping: View, now: datetime) -> list[str]:
    status = ping["exit_status"]
    parts = [
        ping["kind"],
        *([f"exit status {status}"] if status is not None else []),
        *([f"({text.visible(ping['reason'])})"] if ping["reason"] else []),
        *([f"from {text.visible(ping['address'])}"] if ping["address"] else []),
        *([f"on {text.visible(ping['host'])}"] if ping.get("host") else []),
    ]
    body = [text.visible(line) for line in ping["body"].splitlines() if line.strip()]
    left_out = len(body) - _SHOWN_LINES
    if left_out > 0:
        body = [f"({left_out} more lines)", *body[-_SHOWN_LINES:]]
    head = f"  {times.relative(ping['at'], now):<12}{' '.join(parts)}"
    return [head, *(f"    | {line}" for line in body)]


def _incidents(job: View, now: datetime, *, ascii_only: bool) -> list["RenderableType"]:
    found = job["incidents"][:_SHOWN_INCIDENTS]
    if not found:
        return []
    return [
        _plain("\nincidents"),
        tables.incidents(found, now, ascii_only=ascii_only),
    ]


def _plain(value: str) -> "RenderableType":
    from rich.text import Text

    return Text(value)


def changes(before: View, after: View) -> list[str]:
    """`field: before → after` for what an edit has changed."""
    keys = [key for key in _CHANGEABLE if before[key] != after[key]]
    return [
        f"  {key.removesuffix('_text').replace('_', ' ')}: "
        f"{_shown(key, before[key])} -> {_shown(key, after[key])}"
        for key in keys
    ]


_DURATIONS = ("grace", "max_runtime", "min_runtime", "realert_every")
_CHANGEABLE = (
    *("name", "description", "tags", "node", "severity", "schedule_text"),
    *_DURATIONS,
    *("failure_tolerance", "recovery_threshold", "depends_on", "alert_on_drift"),
)


def _shown(key: str, value: Any) -> str:
    if value in (None, "", []):
        return "none"
    if key in _DURATIONS:
        return times.exact(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text.visible(", ".join(value) if isinstance(value, list) else value)
