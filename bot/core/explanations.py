"""Why an incident stands as it does, as plain data for whoever asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from bot.core import (
    audible,
    durations,
    evidence,
    incidents,
    next_misses,
    next_sounds,
    runs,
    schedules,
    slots,
    worsening,
)
from bot.core.evidence import Scene
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    IncidentStatus,
    Outcome,
    PingKind,
    ScheduleKind,
    Status,
)
from bot.core.models import Definition, Incident, Ping, Run
from bot.core.next_sounds import NextSound
from bot.core.transitions import Watched

#: pings that are shown
SHOWN_PINGS = 5
#: bytes of output that are shown, from its end
SHOWN_OUTPUT = 2000

ENDS = (PingKind.SUCCESS, PingKind.FAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A moment that counts, and what it is."""

    label: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A ping as far as it explains something."""

    kind: PingKind
    at: datetime
    exit_status: int | None = None
    #: how long the run took that it ended, if its start is known
    duration: timedelta | None = None
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that a person needs in order to believe an incident.

    Its texts hold names and output from outside and are not masked: whoever shows them
    does that.
    """

    #: None: the job has no incident
    incident_id: IncidentId | None
    slug: str
    label: str
    #: the incident in a few words: `missed its deadline, 3 times`
    headline: str
    #: the rules that led here, a sentence each
    rules: tuple[str, ...]
    facts: tuple[Fact, ...]
    #: the newest first, `SHOWN_PINGS` at most
    pings: tuple[Report, ...]
    #: end of the newest output; "": there is none
    output: str
    #: that is not all of it
    output_is_cut: bool
    next_sound: NextSound
    #: of a run of Cronitor's own: what it took, what its machine was like, what changed
    evidence: tuple[str, ...] = ()


def explain(
    watched: Watched,
    pings: Sequence[Ping],
    now: datetime,
    scene: Scene | None = None,
) -> Explanation:
    """Why the job stands as it does at `now`; `pings` are its newest, in any order."""
    newest = sorted(pings, key=lambda ping: ping.at, reverse=True)
    body = next((ping.body for ping in newest if ping.body), b"")
    output, is_cut = tail(body)
    incident, job = watched.incident, watched.job
    return Explanation(
        incident_id=None if incident is None else incident.id,
        slug=job.slug,
        label=job.label,
        headline=_headline(incident),
        rules=tuple(_rules(watched, newest, now)),
        facts=tuple(Fact(label=label, at=at) for label, at in _facts(watched, now)),
        pings=_reports(newest, watched),
        output=output,
        output_is_cut=is_cut,
        next_sound=_next_sound(watched, now),
        evidence=() if scene is None else evidence.sentences(scene),
    )


def _next_sound(watched: Watched, now: datetime) -> NextSound:
    if watched.incident is None:
        return next_misses.foresee(watched, now)
    return next_sounds.foresee(watched, now)


def tail(body: bytes) -> tuple[str, bool]:
    """The end of a body as text, whatever its encoding, and whether it was cut.

    It begins with a whole line, or a whole word, if there is one: half of a secret
    could not be masked any more.
    """
    kept = body[-SHOWN_OUTPUT:]
    if len(body) == len(kept):
        return body.decode("utf-8", "replace"), False
    for separator in (b"\n", b" "):
        _, found, rest = kept.partition(separator)
        if found and rest.strip():
            return rest.decode("utf-8", "replace"), True
    return kept.decode("utf-8", "replace"), True


def _headline(incident: Incident | None) -> str:
    if incident is None:
        return "no incident"
    words = incidents.WORDS[incident.kind]
    times = f", {incident.count} times" if incident.count > 1 else ""
    flapping = ", flapping" if incident.flapping else ""
    return f"{words}{times}{flapping}"


def _rules(watched: Watched, newest: list[Ping], now: datetime) -> Iterator[str]:
    incident, definition = watched.incident, watched.job.definition
    if incident is None:
        yield _expected(definition, watched.state.due_at or now)
        yield from _quiet(watched, now)
        return
    yield from _of_kind(watched, incident, newest)
    if incident.in_maintenance:
        yield "It began in maintenance, and was held back until that ended."
    if definition.failure_tolerance > 1:
        yield (
            "An incident opens after "
            f"{_counted(definition.failure_tolerance, 'bad outcome')} in a row."
        )
    if incident.resolved_at is not None:
        yield f"It is resolved: {incident.resolution}."
        return
    if incident.flapping:
        yield "It opened again and again: it is flapping, and stays open and quiet."
    if incident.note:
        is_drift = worsening.is_drift(incident)
        about = "When it was noticed" if is_drift else "The job has changed since"
        yield f"{about}: {incident.note}."
    yield _recovery(watched, incident)
    yield from _silence(watched, incident, now)


def _quiet(watched: Watched, now: datetime) -> Iterator[str]:
    """What would keep it silent now, although nothing is wrong."""
    if watched.state.status is Status.PAUSED:
        yield f"It is paused by {watched.state.paused_by}: nothing of it is judged."
        return
    quiet = audible.planned(watched.job.definition, watched.silencers, now)
    if quiet is not None:
        reason = f" ({quiet.remark})" if quiet.remark else ""
        yield f"It would make no sound now: {quiet.reason}{reason}."


def _of_kind(watched: Watched, incident: Incident, newest: list[Ping]) -> Iterator[str]:
    """The rule that was broken, and how."""
    definition = watched.job.definition
    match incident.kind:
        case IncidentKind.DRIFT:
            yield "Several of its last runs in a row are not as usual."
        case IncidentKind.MISSED if incident.due_at is None:
            yield "Runs of it were wanted again and again, and none could begin."
        case IncidentKind.MISSED:
            yield _expected(definition, incident.due_at or incident.opened_at)
            yield "Nothing was heard of that due before its deadline passed."
        case IncidentKind.OVERRAN:
            yield f"A run must end {_longest(definition)}."
            yield "A run was still going at its deadline."
        case IncidentKind.FAILED:
            failure = next((p for p in newest if p.kind is PingKind.FAIL), None)
            status = None if failure is None else failure.exit_status
            told = "" if status is None else f", with exit status {status}"
            yield f"The job itself reported a failure{told}."
        case IncidentKind.TOO_SHORT:
            yield f"A run must take {_shortest(definition)} or more."
            yield f"A run ended{_took(watched)} and was too short."
        case IncidentKind.LOST:
            yield "A run was lost: what came of it is unknown."
        case _:
            assert_never(incident.kind)


def _expected(definition: Definition, due_at: datetime) -> str:
    """When something is expected, in words."""
    schedule = definition.schedule
    if schedule.kind is ScheduleKind.NONE:
        return "It has no schedule: it cannot miss."
    text = f"at {schedules.describe(schedule)}"
    if schedule.kind is ScheduleKind.INTERVAL:
        text = f"{schedules.describe(schedule)} after its last end"
    grace = durations.about(schedules.grace(definition, due_at))
    if not definition.jitter:
        return f"It is due {text}, and may be {grace} late (grace)."
    jitter = durations.about(definition.jitter)
    return f"It is due {text}, and may be {grace} and {jitter} late (grace and jitter)."


def _longest(definition: Definition) -> str:
    if definition.max_runtime is not None:
        return f"within {durations.about(definition.max_runtime)} (max_runtime)"
    if slots.is_calendar(definition.schedule):
        return "by the deadline of the next due (it has no max_runtime)"
    if definition.schedule.kind is ScheduleKind.INTERVAL:
        return "within the interval and the grace (it has no max_runtime)"
    return f"within {durations.about(runs.LONGEST)} (it has no max_runtime)"


def _shortest(definition: Definition) -> str:
    shortest = definition.min_runtime
    known = "a certain time" if shortest is None else durations.about(shortest)
    return f"{known} (min_runtime)"


def _took(watched: Watched) -> str:
    state = watched.state
    if state.last_outcome is not Outcome.TOO_SHORT or state.last_duration is None:
        return ""
    return f" after {durations.about(state.last_duration)}"


def _recovery(watched: Watched, incident: Incident) -> str:
    if worsening.is_drift(incident):
        return "It ends when runs are as usual again, or have become the habit."
    needs = incidents.recovery_needs(watched.job.definition, incident)
    left = max(1, needs - watched.state.good_in_a_row)
    if left == 1:
        return "The next good outcome resolves it."
    return f"It takes {_counted(left, 'good outcome')} in a row to resolve it."


def _silence(watched: Watched, incident: Incident, now: datetime) -> Iterator[str]:
    incident = incidents.lapse(incident, now)
    definition, state = watched.job.definition, watched.state
    quiet = audible.silence(incident, definition, state, watched.silencers, now)
    if quiet is None:
        return
    reason = f" ({quiet.remark})" if quiet.remark else ""
    yield f"It makes no sound now: {quiet.reason}{reason}."


def _facts(watched: Watched, now: datetime) -> Iterator[tuple[str, datetime]]:
    incident, state = watched.incident, watched.state
    found: list[tuple[str, datetime | None]] = []
    if incident is not None:
        found += _facts_of(watched, incident, now)
    run = _run(watched.runs)
    if run is not None:
        found += [("run started", run.started_at), ("run deadline", run.deadline_at)]
    found.append(("last ping", state.last_ping_at))
    if state.status is not Status.PAUSED:
        found.append(("next due", state.due_at))
        found.append(("next deadline", state.slot_deadline_at))
    yield from ((label, at) for label, at in found if at is not None)


def _facts_of(
    watched: Watched, incident: Incident, now: datetime
) -> Iterator[tuple[str, datetime | None]]:
    definition, state = watched.job.definition, watched.state
    due_at = incident.due_at
    if incident.kind is IncidentKind.MISSED:
        due_at = state.missed_due_at or due_at
    yield "due", due_at
    if incident.kind is IncidentKind.MISSED and due_at is not None:
        yield "deadline", schedules.deadline(definition, due_at)
    yield "opened", incident.opened_at
    if incident.last_bad_at != incident.opened_at:
        yield "last bad outcome", incident.last_bad_at
    yield "resolved", incident.resolved_at
    if incident.resolved_at is not None:
        return
    yield "last sound", incident.last_sound_at
    incident = incidents.lapse(incident, now)
    if incident.status is IncidentStatus.ACKNOWLEDGED:
        yield "acknowledged", incident.acknowledged_at
    quiet = audible.silence(incident, definition, state, watched.silencers, now)
    yield "silence ends", None if quiet is None else quiet.until


def _run(known: Sequence[Run]) -> Run | None:
    """The run to look at: one that overran, else the newest that goes on."""
    waiting = [run for run in known if run.ended_at is None]
    late = [run for run in waiting if run.overran]
    return next(reversed(late or waiting), None)


def _reports(newest: list[Ping], watched: Watched) -> tuple[Report, ...]:
    """The newest pings; the state knows how long the run of the last end took."""
    last_end = next((ping for ping in newest if ping.kind in ENDS), None)
    return tuple(
        Report(
            kind=ping.kind,
            at=ping.at,
            exit_status=ping.exit_status,
            duration=watched.state.last_duration
            if ping is last_end
            else _duration(ping, newest),
            address=ping.address,
        )
        for ping in newest[:SHOWN_PINGS]
    )


def _duration(ping: Ping, newest: list[Ping]) -> timedelta | None:
    """Between an end and the start of the same rid, if both are at hand."""
    if ping.kind not in ENDS or ping.rid is None:
        return None
    starts = (
        each.at
        for each in newest
        if each.kind is PingKind.START and each.rid == ping.rid and each.at <= ping.at
    )
    started_at = next(starts, None)
    return None if started_at is None else ping.at - started_at


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
