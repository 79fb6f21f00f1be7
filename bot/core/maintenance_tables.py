"""Maintenance windows as people write them, in files and over the API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import durations, maintenance, zones
from bot.core.job_fields import MAX_ZONE, Reading, is_slug, shown
from bot.core.job_tables import SCHEDULE_KEYS
from bot.core.kinds import ScheduleKind, WindowId, WindowScope
from bot.core.models import Schedule
from bot.core.silencers import Window
from bot.errors import Invalid, Problem

KEYS = (
    "name",
    *("job", "tag", "node", "all"),
    *("from", "to", "for"),
    *("cron", "on_calendar", "timezone"),
    "reason",
)
LONGEST_REASON = 500
_MEANT = {
    "every": "cron or on_calendar",
    "schedule": "cron or on_calendar",
    "duration": "for",
    "start": "from",
    "until": "to",
    "end": "to",
    "target": "job, tag, node or all",
}
_MOMENT = 'write it like "2026-11-23 22:00" or "2026-11-23T22:00:00Z"'


def parse(table: Mapping[str, object], *, actor: str, now: datetime) -> Window:
    """Read a window; raises Invalid with everything that is wrong with it."""
    fields = Reading(table)
    fields.expect(KEYS, _MEANT)
    scope, target = _scope(fields)
    zone = _zone(fields)
    schedule = _schedule(fields, zone)
    starts_at, duration = _time(fields, zone, schedule, now)
    window = Window(
        id=WindowId(0),
        name=_name(fields),
        scope=scope,
        target=target,
        reason=fields.text("reason", longest=LONGEST_REASON),
        created_by=actor,
        created_at=now,
        starts_at=starts_at,
        schedule=schedule,
        duration=duration,
    )
    problems = fields.problems or maintenance.check(window, now)
    if problems:
        raise Invalid(*problems)
    return window


def _name(fields: Reading) -> str:
    name = fields.text("name", longest=100)
    if name and not is_slug(name):
        hint = "lower case letters, digits, `-` and `_`, such as nightly-copy"
        fields.refuse("name", f"{shown(name)} is no name", hint)
        return ""
    return name


def _scope(fields: Reading) -> tuple[WindowScope, str]:
    everything = fields.flag("all")
    given = [
        (scope, target)
        for scope in (WindowScope.JOB, WindowScope.TAG, WindowScope.NODE)
        if (target := fields.text(scope, longest=100))
    ]
    if everything:
        given.append((WindowScope.ALL, ""))
    if len(given) != 1:
        reason = "say whom it is for" if not given else "it is for one of them only"
        fields.refuse("job", reason, "give one of job, tag, node and all = true")
        return WindowScope.ALL, ""
    return given[0]


def _zone(fields: Reading) -> str:
    zone = fields.text("timezone", longest=MAX_ZONE) or "UTC"
    if zones.is_known(zone):
        return zone
    reason = f"`{zone}` is no known time zone"
    fields.refuse("timezone", reason, zones.hint(zone))
    return "UTC"


def _schedule(fields: Reading, zone: str) -> Schedule:
    given = [key for key in ("cron", "on_calendar") if fields.has(key)]
    if not given:
        return Schedule(timezone=zone)
    if len(given) > 1:
        fields.refuse("on_calendar", "`cron` is given as well", "keep one of them")
    return Schedule(
        kind=SCHEDULE_KEYS[given[0]],
        expression=fields.text(given[0], longest=100_000),
        timezone=zone,
    )


def _time(
    fields: Reading, zone: str, schedule: Schedule, now: datetime
) -> tuple[datetime, timedelta]:
    """From when, and for how long each time."""
    length = fields.span("for")
    begins, ends = (_moment(fields, key, zone) for key in ("from", "to"))
    if fields.has("to") and fields.has("for"):
        fields.refuse("to", "`for` is given as well", "keep one of them")
    if schedule.kind is not ScheduleKind.NONE:
        for key in ("from", "to"):
            if fields.has(key):
                hint = "the schedule says when it starts, and `for` how long it takes"
                fields.refuse(key, "it comes again and again", hint)
        ends = None
    starts_at = begins or now
    if length is None and ends is not None:
        length = ends - starts_at
    if length is None and not fields.problems:
        fields.refuse("for", "say how long it takes", 'such as for = "2h"')
    return starts_at, length or timedelta()


def _moment(fields: Reading, key: str, zone: str) -> datetime | None:
    """A moment; one without an offset is on the clock of the zone."""
    if not fields.has(key):
        return None
    value = fields.value(key)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        at = None
    if not isinstance(at, datetime):
        fields.refuse(key, f"{shown(value)} is no moment", _MOMENT)
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(zone))
    return at.astimezone(UTC)


def as_table(window: Window) -> dict[str, object]:
    """The `[[maintenance]]` form, which `parse` reads back."""
    table: dict[str, object] = {"name": window.name} if window.name else {}
    table[window.scope.value] = window.target or True
    if window.is_recurring:
        key = "cron" if window.schedule.kind is ScheduleKind.CRON else "on_calendar"
        table[key] = window.schedule.expression
    else:
        table["from"] = window.starts_at.isoformat()
    table["for"] = durations.text(window.duration)
    if window.schedule.timezone != "UTC":
        table["timezone"] = window.schedule.timezone
    if window.reason:
        table["reason"] = window.reason
    return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done so that the declared windows are those of the files."""

    added: tuple[Window, ...]
    #: what is stored, and what takes its place
    changed: tuple[tuple[Window, Window], ...]
    removed: tuple[Window, ...]


def plan(
    tables: Sequence[object], stored: Mapping[str, Window], *, actor: str, now: datetime
) -> Plan:
    """Compare the tables with what is stored; raises Invalid that names each table."""
    wanted = _declared(tables, actor=actor, now=now)
    both = [name for name in wanted if name in stored]
    return Plan(
        added=tuple(each for name, each in wanted.items() if name not in stored),
        changed=tuple(
            (stored[name], wanted[name])
            for name in both
            if as_table(stored[name]) != as_table(wanted[name])
        ),
        removed=tuple(each for name, each in stored.items() if name not in wanted),
    )


def _declared(
    tables: Sequence[object], *, actor: str, now: datetime
) -> dict[str, Window]:
    """The windows of a file by name; single ones that are over are left out."""
    found: dict[str, Window] = {}
    problems: list[Problem] = []
    for position, table in enumerate(tables, 1):
        where = f"maintenance[{position}]"
        if not isinstance(table, Mapping):
            reason = f"{shown(table)} is not a table"
            problems.append(Problem(where, reason, "write [[maintenance]]"))
            continue
        try:
            window = parse(table, actor=actor, now=now)
        except Invalid as invalid:
            problems += _placed(invalid, where)
            continue
        problems += _named(window, found, where)
        if not window.is_recurring and table.get("from") is None:
            hint = "a file must say when, or it would start anew at every start"
            problems.append(Problem(f"{where}.from", "it is missing", hint))
        found[window.name] = window
    if problems:
        raise Invalid(*problems)
    return found


def _placed(invalid: Invalid, where: str) -> Iterator[Problem]:
    """What is wrong and where; that a declared window is over is no fault."""
    for problem in invalid.problems:
        if problem.field != "to" or problem.reason != "lies in the past":
            yield replace(problem, field=f"{where}.{problem.field}")


def _named(
    window: Window, found: Mapping[str, Window], where: str
) -> Iterator[Problem]:
    if not window.name:
        hint = 'such as name = "nightly-copy", so that a change of it is recognised'
        yield Problem(f"{where}.name", "it is missing", hint)
    elif window.name in found:
        reason = f"`{window.name}` is there already"
        yield Problem(f"{where}.name", reason, "give it another name")
