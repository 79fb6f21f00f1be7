"""What differs between definitions: two of one job, or the declared and the stored."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from bot.core import command_fields, command_tables, durations, schedules
from bot.core.commands import Command
from bot.core.job_fields import closest, place
from bot.core.job_tables import ANY_UUID, hashed
from bot.core.kinds import ScheduleKind
from bot.core.models import Definition, Filters, Job, Schedule
from bot.errors import Invalid, Problem

#: cycles that are named; a person mends them one by one anyway
CYCLES_NAMED = 10
#: parents that do not exist and for which the nearest slug is looked up
PARENTS_GUESSED = 5
#: with more jobs than this it is not
SLUGS_SEARCHED = 500
_SHOWN = 60

#: the fields that name other jobs
DEPENDS = "depends_on"
AFTER = "after"
EDGES = (DEPENDS, AFTER)

Graph = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a job, before and after, as people read it."""

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        """The change in one line: `grace: 5m -> 10m`."""
        return f"{self.field}: {self.before} -> {self.after}"


class Edit(NamedTuple):
    """A stored job, what it is to become, and what differs."""

    job: Job
    definition: Definition
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has to be done for the stored jobs to be as declared."""

    #: an `H` in these has no numbers yet: see `jobs.hashed`
    added: tuple[Definition, ...] = ()
    changed: tuple[Edit, ...] = ()
    #: declared once and gone from the files; only with prune
    removed: tuple[Job, ...] = ()
    unchanged: tuple[Job, ...] = ()
    #: those of `unchanged` that somebody made by hand: from now on they are declared
    adopted: tuple[Job, ...] = ()
    #: what prune would remove; empty with prune
    missing: tuple[Job, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be done."""
        return not (self.added or self.changed or self.removed or self.adopted)


def differences(old: Definition, new: Definition) -> tuple[Change, ...]:
    """What differs, field by field, for people; empty if nothing that they see does."""
    pairs = zip(_lines(old), _lines(new), strict=True)
    return tuple(
        Change(field, _cut(before), _cut(after))
        for (field, before), (_, after) in pairs
        if before != after
    )


def rearms(old: Definition, new: Definition) -> bool:
    """Whether the change drops open slots and counts dues strictly after now."""
    return (old.schedule, old.jitter, old.grace) != (
        new.schedule,
        new.jitter,
        new.grace,
    )


def plan(
    declared: Sequence[Definition],
    stored: Sequence[Job],
    *,
    prune: bool,
    after: datetime | None = None,
) -> Plan:
    """Compare what files declare with the jobs that are in use.

    Raises Invalid for a slug that is declared twice, a parent that does not exist and
    a cycle; with `after` also for a new or changed schedule without a due after it.
    """
    by_slug = {job.slug: job for job in stored if job.archived_at is None}
    wanted = {definition.slug: definition for definition in declared}
    absent = [j for j in by_slug.values() if j.declared and j.slug not in wanted]
    removed = tuple(absent) if prune else ()
    added, changed, unchanged = _sorted_out(wanted, by_slug)
    problems = [
        *_duplicates(declared),
        *_misplaced(declared, by_slug, removed),
        *_never_due(declared, by_slug, after),
    ]
    if problems:
        raise Invalid(*problems)
    return Plan(
        added=added,
        changed=changed,
        removed=removed,
        unchanged=unchanged,
        adopted=tuple(job for job in unchanged if not job.declared),
        missing=() if prune else tuple(absent),
    )


def check_dependencies(graph: Graph, key: str = DEPENDS) -> tuple[Problem, ...]:
    """Jobs that do not exist, and cycles; every job in use is a key of the graph.

    `key`: the field that makes the edges, `depends_on` or `after`.
    """
    return tuple(
        replace(problem, field=f"{slug}.{problem.field}")
        for slug, problem in _faults(graph, key)
    )


def edges(definition: Definition, key: str) -> tuple[str, ...]:
    """The other jobs that a field of the definition names."""
    if key == DEPENDS:
        return definition.depends_on
    command = definition.command
    follows = () if command is None else command.after
    return tuple(dict.fromkeys(each.slug for each in follows))


def _sorted_out(
    wanted: Mapping[str, Definition], by_slug: Mapping[str, Job]
) -> tuple[tuple[Definition, ...], tuple[Edit, ...], tuple[Job, ...]]:
    """What is new, what is to change and what is as declared."""
    added, changed, unchanged = [], [], []
    for slug, definition in wanted.items():
        job = by_slug.get(slug)
        if job is None:
            added.append(definition)
            continue
        target = hashed(definition, job.seed)
        if target == job.definition:
            unchanged.append(job)
        else:
            found = differences(job.definition, target)
            changed.append(Edit(job, target, found))
    return tuple(added), tuple(changed), tuple(unchanged)


def _duplicates(declared: Sequence[Definition]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for position, definition in enumerate(declared, 1):
        before = first.setdefault(definition.slug, position)
        if before != position:
            reason = f"`{definition.slug}` is declared in {place(before)}.slug already"
            yield Problem(f"{place(position)}.slug", reason, "give it another slug")


def _misplaced(
    declared: Sequence[Definition], by_slug: Mapping[str, Job], removed: Iterable[Job]
) -> Iterator[Problem]:
    """Parents that would not exist, and cycles, once the plan is carried out."""
    gone = {job.slug for job in removed}
    kept = [job.definition for slug, job in by_slug.items() if slug not in gone]
    places = {each.slug: n for n, each in enumerate(declared, 1)}
    for key in EDGES:
        graph = {each.slug: edges(each, key) for each in (*kept, *declared)}
        for slug, problem in _faults(graph, key):
            where = place(places[slug], slug) if slug in places else slug
            yield replace(problem, field=f"{where}.{problem.field}")


def _never_due(
    declared: Sequence[Definition], by_slug: Mapping[str, Job], after: datetime | None
) -> Iterator[Problem]:
    if after is None:
        return
    for position, definition in enumerate(declared, 1):
        job = by_slug.get(definition.slug)
        schedule = hashed(definition, job.seed if job else ANY_UUID).schedule
        if job is not None and job.schedule == schedule:
            continue
        where = place(position, definition.slug)
        for problem in schedules.check(schedule, after=after):
            yield replace(problem, field=f"{where}.{problem.field}")


def _faults(graph: Graph, key: str) -> Iterator[tuple[str, Problem]]:
    """What is wrong with which job's edges."""
    pairs = ((slug, parent) for slug, parents in graph.items() for parent in parents)
    unknown = [pair for pair in pairs if pair[1] not in graph]
    # the search takes some 30 us for each slug, and nobody else is served meanwhile
    guessed = PARENTS_GUESSED if len(graph) <= SLUGS_SEARCHED else 0
    for count, (slug, parent) in enumerate(unknown):
        close = closest(parent, graph) if count < guessed else ""
        hint = f"did you mean {close}?" if close else "add that job first"
        yield slug, Problem(key, f"there is no job `{parent}`", hint)
    for cycle in _cycles(graph):
        reason = f"it is a cycle: {' -> '.join(cycle)}"
        yield cycle[0], Problem(key, reason, "take one of them out")


def _cycles(graph: Graph) -> Iterator[list[str]]:
    """Cycles that share no job, `a -> b -> a` with the first of the alphabet first."""
    edges = {slug: set(parents) for slug, parents in graph.items()}
    for _ in range(CYCLES_NAMED):
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as exc:
            # it lists each job before those that depend on it
            cycle: list[str] = exc.args[1][:0:-1]
            start = cycle.index(min(cycle))
            yield [*cycle[start:], *cycle[:start], cycle[start]]
            for slug in cycle:
                edges[slug] = set()
        else:
            return


def _lines(definition: Definition) -> list[tuple[str, str]]:
    """Every field as people read it."""
    return [
        ("slug", definition.slug),
        ("kind", definition.kind),
        ("name", definition.name or "none"),
        ("description", definition.description or "none"),
        ("tags", ", ".join(definition.tags) or "none"),
        ("node", definition.node or "none"),
        ("severity", definition.severity),
        ("schedule", _schedule(definition.schedule)),
        ("timezone", definition.schedule.timezone),
        ("flavour", definition.schedule.flavour),
        ("grace", _span(definition.grace, "a tenth of the period")),
        ("jitter", durations.text(definition.jitter)),
        ("max_runtime", _span(definition.max_runtime, "until the next due")),
        ("min_runtime", _span(definition.min_runtime, "none")),
        ("failure_tolerance", str(definition.failure_tolerance)),
        ("recovery_threshold", str(definition.recovery_threshold)),
        ("realert_every", _span(definition.realert_every, "never")),
        ("strict_start", _yes(definition.strict_start)),
        ("methods", definition.methods or "all"),
        ("filters", _filters(definition.filters)),
        ("manual_resume", _yes(definition.manual_resume)),
        ("depends_on", ", ".join(definition.depends_on) or "none"),
        ("stands_for_node", definition.stands_for_node or "none"),
        ("alert_on_drift", _yes(definition.alert_on_drift)),
        *_command_lines(definition.command),
    ]


def _command_lines(command: Command | None) -> list[tuple[str, str]]:
    """The same keys whether or not there is one; no value of a variable is shown."""
    table = command_tables.as_table(command) if command else {}
    shown = {**table, "env": _digest(command), "command": command and command.text}
    return [(key, _written(shown.get(key))) for key in command_fields.KEYS]


def _digest(command: Command | None) -> str:
    """Names, and a sign that is another one when a value changes."""
    if command is None or not command.env:
        return ""
    names = ", ".join(name for name, _ in command.env)
    sign = hashlib.sha256(repr(command.env).encode()).hexdigest()[:6]
    return f"{names} ({sign})"


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{key}={_written(each)}" for key, each in value.items())
            or "none"
        )
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return _yes(value)
    return "none" if value is None or value == "" else str(value)


def _schedule(schedule: Schedule) -> str:
    if schedule.interval is not None:
        return f"every {durations.text(schedule.interval)}"
    if schedule.kind is ScheduleKind.ON_CALENDAR:
        return f"OnCalendar {schedule.expression}"
    return schedule.expression or "none"


def _span(span: timedelta | None, otherwise: str) -> str:
    return otherwise if span is None else durations.text(span)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _filters(filters: Filters) -> str:
    lists = {
        "failure": filters.failure,
        "success": filters.success,
        "start": filters.start,
    }
    said = [f"{name}: {', '.join(words)}" for name, words in lists.items() if words]
    if filters.default_ignored:
        said.append("else ignored")
    return "; ".join(said) or "none"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
