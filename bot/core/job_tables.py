"""Definitions as tables: written down for files and storage, and read back fast."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from bot.core import command_tables, cron_syntax, durations
from bot.core.commands import Command
from bot.core.kinds import Flavour, JobKind, ScheduleKind, Severity
from bot.core.models import Definition, Filters, Schedule

#: each way to write a schedule, and the kind it makes
SCHEDULE_KEYS = {
    "cron": ScheduleKind.CRON,
    "every": ScheduleKind.INTERVAL,
    "on_calendar": ScheduleKind.ON_CALENDAR,
}
#: stands for the UUID of a job that has none yet, to check a schedule with an H
ANY_UUID = "00000000-0000-4000-8000-000000000000"


def as_table(definition: Definition) -> dict[str, object]:
    """The `[[job]]` form: what differs from the default, in values that TOML has."""
    full = _full_table(definition)
    table = {key: value for key, value in full.items() if value != _DEFAULTS[key]}
    if definition.command is not None:
        what = command_tables.as_table(definition.command)
        table |= {k: v for k, v in what.items() if v != command_tables.DEFAULTS[k]}
    return table


def as_record(definition: Definition) -> dict[str, object]:
    """As `as_table`, for the audit log: of variables only the names."""
    table = as_table(definition)
    if definition.command is not None and definition.command.env:
        table["env"] = [name for name, _ in definition.command.env]
    return table


def restore(table: Mapping[str, Any], uuid: str) -> Definition:
    """Read back what `as_table` made, without checking it again: for storage."""
    get = table.get
    return Definition(
        slug=table["slug"],
        kind=JobKind(get("kind", JobKind.HEARTBEAT)),
        name=get("name", ""),
        description=get("description", ""),
        tags=tuple(get("tags", ())),
        node=get("node", ""),
        severity=Severity(get("severity", Severity.WARNING)),
        schedule=_restored_schedule(table, uuid),
        grace=_restored_span(get("grace")),
        jitter=_restored_span(get("jitter")) or timedelta(),
        max_runtime=_restored_span(get("max_runtime")),
        min_runtime=_restored_span(get("min_runtime")),
        failure_tolerance=get("failure_tolerance", 1),
        recovery_threshold=get("recovery_threshold", 1),
        realert_every=_restored_span(get("realert_every")),
        strict_start=get("strict_start", False),
        methods=get("methods", ""),
        filters=_restored_filters(table["filters"]) if "filters" in table else _OFF,
        manual_resume=get("manual_resume", False),
        depends_on=tuple(get("depends_on", ())),
        stands_for_node=get("stands_for_node", ""),
        alert_on_drift=get("alert_on_drift", False),
        command=command_tables.restore(table) if "command" in table else None,
    )


def as_json(definition: Definition) -> dict[str, object]:
    """Every field, for programs: durations in seconds, null where there is none."""
    schedule = definition.schedule
    return {
        "slug": definition.slug,
        "kind": definition.kind.value,
        "name": definition.name,
        "description": definition.description,
        "tags": list(definition.tags),
        "node": definition.node,
        "severity": definition.severity.value,
        "schedule": {
            "kind": schedule.kind.value,
            "expression": schedule.expression or None,
            "every": _seconds(schedule.interval),
            "timezone": schedule.timezone,
            "flavour": schedule.flavour.value,
        },
        "timezone": schedule.timezone,
        "grace": _seconds(definition.grace),
        "jitter": _seconds(definition.jitter),
        "max_runtime": _seconds(definition.max_runtime),
        "min_runtime": _seconds(definition.min_runtime),
        "failure_tolerance": definition.failure_tolerance,
        "recovery_threshold": definition.recovery_threshold,
        "realert_every": _seconds(definition.realert_every),
        "strict_start": definition.strict_start,
        "methods": definition.methods,
        "filters": _full_filters(definition.filters),
        "manual_resume": definition.manual_resume,
        "depends_on": list(definition.depends_on),
        "stands_for_node": definition.stands_for_node,
        "alert_on_drift": definition.alert_on_drift,
        **_command_json(definition.command),
    }


def _command_json(command: Command | None) -> dict[str, object]:
    """What is run; the values of its environment are nobody's business."""
    if command is None:
        return {}
    return {
        **command_tables.as_table(command),
        "env": sorted(name for name, _ in command.env),
        "secrets": sorted(name for name, _ in command.secrets),
        "timeout": _seconds(command.timeout),
        "retry_base": _seconds(command.retry_base),
        "retry_cap": _seconds(command.retry_cap),
        "catch_up_window": _seconds(command.catch_up_window),
        "cpu_time": _seconds(command.limits.cpu),
        "watch_settle": _seconds(command.watch_settle),
    }


def hashed(definition: Definition, uuid: str) -> Definition:
    """The definition as the job with this UUID has it: an `H` gets its numbers."""
    schedule = definition.schedule
    salt = hash_id(schedule, uuid)
    if schedule.hash_id == salt:
        return definition
    return replace(definition, schedule=replace(schedule, hash_id=salt))


def hash_id(schedule: Schedule, uuid: str) -> str:
    """The UUID if a field of the cron text is an H, which names such as THU are not."""
    if schedule.kind is not ScheduleKind.CRON:
        return ""
    uses_hash = cron_syntax.uses_hash(cron_syntax.normal(schedule.expression))
    return uuid if uses_hash else ""


def _full_table(definition: Definition) -> dict[str, object]:
    schedule = definition.schedule
    return {
        "slug": definition.slug,
        "kind": definition.kind.value,
        "name": definition.name,
        "description": definition.description,
        "tags": list(definition.tags),
        "node": definition.node,
        "severity": definition.severity.value,
        **{
            key: (schedule.expression or _text(schedule.interval))
            if schedule.kind is kind
            else None
            for key, kind in SCHEDULE_KEYS.items()
        },
        "timezone": schedule.timezone,
        "flavour": schedule.flavour.value,
        "grace": _text(definition.grace),
        "jitter": _text(definition.jitter),
        "max_runtime": _text(definition.max_runtime),
        "min_runtime": _text(definition.min_runtime),
        "failure_tolerance": definition.failure_tolerance,
        "recovery_threshold": definition.recovery_threshold,
        "realert_every": _text(definition.realert_every),
        "strict_start": definition.strict_start,
        "methods": definition.methods,
        "filters": {k: v for k, v in _full_filters(definition.filters).items() if v},
        "manual_resume": definition.manual_resume,
        "depends_on": list(definition.depends_on),
        "stands_for_node": definition.stands_for_node,
        "alert_on_drift": definition.alert_on_drift,
    }


def _full_filters(filters: Filters) -> dict[str, object]:
    return {
        "success": list(filters.success),
        "failure": list(filters.failure),
        "start": list(filters.start),
        "default_ignored": filters.default_ignored,
    }


def _text(span: timedelta | None) -> str | None:
    return None if span is None else durations.text(span)


def _seconds(span: timedelta | None) -> float | int | None:
    if span is None:
        return None
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _restored_schedule(table: Mapping[str, Any], uuid: str) -> Schedule:
    key = next((key for key in SCHEDULE_KEYS if key in table), "")
    zone, flavour = table.get("timezone", "UTC"), table.get("flavour", Flavour.CRON)
    schedule = _known_schedule(key, table.get(key, ""), zone, flavour)
    if "h" not in schedule.expression.lower():
        return schedule
    return replace(schedule, hash_id=hash_id(schedule, uuid))


@lru_cache(maxsize=4096)
def _known_schedule(key: str, text: str, zone: str, flavour: str) -> Schedule:
    is_interval = key == "every"
    return Schedule(
        kind=SCHEDULE_KEYS.get(key, ScheduleKind.NONE),
        expression="" if is_interval else text,
        interval=durations.parse(text, key) if is_interval else None,
        timezone=zone,
        flavour=Flavour(flavour),
    )


@lru_cache(maxsize=4096)
def _restored_span(text: str | None) -> timedelta | None:
    return None if text is None else durations.parse(text)


def _restored_filters(table: Mapping[str, Any]) -> Filters:
    return Filters(
        success=tuple(table.get("success", ())),
        failure=tuple(table.get("failure", ())),
        start=tuple(table.get("start", ())),
        default_ignored=table.get("default_ignored", False),
    )


_OFF = Filters()
_DEFAULTS = _full_table(Definition(slug=""))
