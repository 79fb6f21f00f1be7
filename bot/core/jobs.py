"""What a person says about a job: read, checked, changed, and written down again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import command_fields, durations, schedules
from bot.core.commands import Command
from bot.core.job_fields import (
    MAX_DESCRIPTION,
    MAX_NAME,
    MAX_ZONE,
    SECOND,
    Reading,
    is_absent,
    place,
    shown,
)
from bot.core.job_tables import (
    ANY_UUID,
    SCHEDULE_KEYS,
    as_json,
    as_record,
    as_table,
    hash_id,
    hashed,
    restore,
)
from bot.core.kinds import Flavour, JobKind, ScheduleKind, Severity
from bot.core.models import Definition, Filters, Schedule
from bot.errors import Invalid, Problem

#: with what its neighbour has, so that whoever needs a definition needs this name only
__all__ = (
    "KEYS",
    "as_json",
    "as_record",
    "as_table",
    "changed",
    "hashed",
    "parse",
    "parse_all",
    "restore",
)

FILTER_KEYS = ("success", "failure", "start", "default_ignored")
#: every key that a definition may have, in the order in which it is written
KEYS = (
    "slug",
    "kind",
    "name",
    "description",
    "tags",
    "node",
    "severity",
    *SCHEDULE_KEYS,
    "no_schedule",
    "timezone",
    "flavour",
    "grace",
    "jitter",
    "max_runtime",
    "min_runtime",
    "failure_tolerance",
    "recovery_threshold",
    "realert_every",
    "strict_start",
    "methods",
    "filters",
    "manual_resume",
    "depends_on",
    "stands_for_node",
    "alert_on_drift",
    *command_fields.KEYS,
)

LEAST_REALERT = timedelta(seconds=60)
MOST_IN_A_ROW = 720

_ONE_OF = "cron, every or on_calendar"
#: words of other tools, which are too far from ours to be found by likeness
_MEANT = {"schedule": _ONE_OF, "interval": "every", "tz": "timezone"}
_ALL_IGNORED = Filters(default_ignored=True)


def parse(
    data: Mapping[str, object], *, uuid: str = "", after: datetime | None = None
) -> Definition:
    """Read a definition; raises Invalid with everything that is wrong with it.

    None and empty texts count as not given. `uuid` is the job's, where it has one
    already (see `hashed`). With `after` it must be due at least once after that
    moment.
    """
    fields = Reading(data)
    fields.expect(KEYS, _MEANT)
    kind = _kind(fields)
    definition = Definition(
        slug=fields.slug("slug"),
        kind=kind,
        name=fields.text("name", longest=MAX_NAME),
        description=fields.text("description", longest=MAX_DESCRIPTION, lines=True),
        tags=fields.tags("tags"),
        node=fields.node("node"),
        severity=fields.choice("severity", Severity.WARNING),
        schedule=_schedule(fields, uuid, after),
        grace=fields.span("grace"),
        jitter=fields.span("jitter") or timedelta(),
        max_runtime=fields.span("max_runtime", least=SECOND),
        min_runtime=fields.span("min_runtime"),
        failure_tolerance=_in_a_row(fields, "failure_tolerance"),
        recovery_threshold=_in_a_row(fields, "recovery_threshold"),
        realert_every=fields.span("realert_every", least=LEAST_REALERT),
        strict_start=fields.flag("strict_start"),
        methods=_methods(fields),
        filters=_filters(fields),
        manual_resume=fields.flag("manual_resume"),
        depends_on=fields.slugs("depends_on"),
        stands_for_node=fields.node("stands_for_node"),
        alert_on_drift=fields.flag("alert_on_drift"),
        command=_command(fields, kind),
    )
    _check_together(fields, definition)
    if fields.problems:
        raise Invalid(*fields.problems)
    return definition


def parse_all(
    tables: Sequence[object], uuids: Mapping[str, str] | None = None
) -> list[Definition]:
    """Read `[[job]]` tables; raises Invalid that names each by position, from 1.

    `uuids` has the UUID of each job that is stored, by slug.
    """
    known = uuids or {}
    found, problems = [], []
    for position, table in enumerate(tables, 1):
        if not isinstance(table, Mapping):
            reason = f"{shown(table)} is not a table"
            problems.append(Problem(place(position), reason, "write [[job]]"))
            continue
        slug = table.get("slug")
        try:
            found.append(parse(table, uuid=known.get(str(slug), "")))
        except Invalid as invalid:
            where = place(position, slug)
            problems += [
                replace(each, field=f"{where}.{each.field}")
                for each in invalid.problems
            ]
    if problems:
        raise Invalid(*problems)
    return found


def changed(
    definition: Definition,
    patch: Mapping[str, object],
    *,
    uuid: str,
    after: datetime | None = None,
) -> Definition:
    """Replace the fields that the patch names; raises Invalid as `parse` does.

    None or an empty text sets a field back to its default. A new schedule replaces one
    of any kind; `no_schedule = True` or an empty `schedule` takes it away. `after`
    counts only for a schedule that the patch names.
    """
    table = as_table(definition)
    given = any(not is_absent(patch.get(key)) for key in SCHEDULE_KEYS)
    gone = "schedule" in patch and is_absent(patch["schedule"])
    if given or gone or patch.get("no_schedule") is True:
        table = {k: v for k, v in table.items() if k not in SCHEDULE_KEYS}
    wanted = {**table, **patch}
    if gone:
        del wanted["schedule"]
    return parse(wanted, uuid=uuid, after=after if given else None)


def _kind(fields: Reading) -> JobKind:
    kind = fields.choice("kind", JobKind.HEARTBEAT)
    if kind is JobKind.CHECK:
        fields.refuse(
            "kind",
            "check comes with a later version; this one has heartbeat and command",
            "write command with a program that asks, such as curl -fsS URL",
        )
    return kind


def _command(fields: Reading, kind: JobKind) -> Command | None:
    if kind is JobKind.COMMAND:
        return command_fields.parse(fields)
    command_fields.refuse_all(fields)
    return None


def _in_a_row(fields: Reading, key: str) -> int:
    return fields.whole(key, default=1, least=1, most=MOST_IN_A_ROW)


def _methods(fields: Reading) -> str:
    methods = fields.text("methods", longest=MAX_NAME)
    if methods not in ("", "POST"):
        hint = "write POST, or leave it out to take every method"
        fields.refuse("methods", f"{shown(methods)} is not POST", hint)
    return methods


def _filters(fields: Reading) -> Filters:
    table = fields.table("filters")
    table.expect(FILTER_KEYS, {})
    filters = Filters(
        success=table.keywords("success"),
        failure=table.keywords("failure"),
        start=table.keywords("start"),
        default_ignored=table.flag("default_ignored"),
    )
    if filters.default_ignored and not table.problems and filters == _ALL_IGNORED:
        hint = "name keywords for success, failure or start"
        table.refuse("default_ignored", "every ping would be ignored", hint)
    fields.include(table)
    return filters


def _schedule(fields: Reading, uuid: str, after: datetime | None) -> Schedule:
    given = [key for key in SCHEDULE_KEYS if fields.has(key)]
    key = given[0] if given else "schedule"
    for other in given[1:]:
        fields.refuse(other, f"`{key}` is given as well", f"keep one: {_ONE_OF}")
    if fields.flag("no_schedule") and given:
        fields.refuse("no_schedule", f"`{key}` is given as well", "keep one of them")
    before = len(fields.problems)
    schedule = Schedule(
        kind=SCHEDULE_KEYS.get(key, ScheduleKind.NONE),
        expression="" if key == "every" else _expression(fields, key),
        interval=fields.span("every", most=timedelta.max) if key == "every" else None,
        timezone=fields.text("timezone", longest=MAX_ZONE) or "UTC",
        flavour=fields.choice("flavour", Flavour.CRON),
    )
    if len(fields.problems) == before:
        _check_schedule(fields, key, schedule, after)
    return replace(schedule, hash_id=hash_id(schedule, uuid))


def _expression(fields: Reading, key: str) -> str:
    # how long it may be is said by the schedules themselves, with the way out
    return fields.text(key, longest=100_000)


def _check_schedule(
    fields: Reading, key: str, schedule: Schedule, after: datetime | None
) -> None:
    whole = replace(schedule, hash_id=hash_id(schedule, ANY_UUID))
    for problem in schedules.check(whole, after=after):
        name = key if problem.field == "schedule" else problem.field
        fields.refuse(name, problem.reason, problem.hint)


def _check_together(fields: Reading, definition: Definition) -> None:
    least, most = definition.min_runtime, definition.max_runtime
    if least is not None and most is not None and least >= most:
        hint = f"less than {durations.text(most)}"
        fields.refuse("min_runtime", "it is not below max_runtime", hint)
    if definition.slug and definition.slug in definition.depends_on:
        fields.refuse("depends_on", "a job cannot depend on itself", "leave it out")
    if definition.command is not None:
        _check_command(fields, definition, definition.command)


def _check_command(fields: Reading, definition: Definition, command: Command) -> None:
    if any(each.slug == definition.slug for each in command.after):
        fields.refuse("after", "a job cannot follow itself", "leave it out")
    longest = definition.max_runtime
    if longest is not None and longest > command.timeout:
        hint = f"{durations.text(command.timeout)} at the most, or a longer timeout"
        fields.refuse("max_runtime", "the run is ended before that", hint)
