"""When an incident opens, worsens, flaps and resolves (SEMANTICS, section 5).

Rules mark a sound as owed (`sound_due`); `audible.decide` says whether it may be made.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import mutes
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    IncidentStatus,
    NotificationKind,
    Outcome,
    Severity,
    Status,
)
from bot.core.models import Actor, Definition, Incident, JobState, Opening
from bot.core.transitions import Draft
from bot.core.worsening import failed, is_drift, sounding, unacknowledged

#: a failure this soon after a resolution opens the same incident again
REOPEN_WITHIN = timedelta(minutes=10)
#: this many openings within this many outcomes and this time: flapping
FLAPPING_OPENINGS = 4
FLAPPING_OUTCOMES = 40
FLAPPING_WITHIN = timedelta(hours=24)
#: good outcomes that end flapping, as a multiple of the recovery threshold
FLAPPING_RECOVERY = 5
#: bad outcomes in a row that make a flapping job "down for good", at least
DOWN_FOR_GOOD = 3
#: how long an acknowledgement holds unless said
ACKNOWLEDGED_FOR = timedelta(hours=4)

KIND_OF = {
    Outcome.TOO_SHORT: IncidentKind.TOO_SHORT,
    Outcome.MISSED: IncidentKind.MISSED,
    Outcome.OVERRAN: IncidentKind.OVERRAN,
    Outcome.FAILED: IncidentKind.FAILED,
    Outcome.LOST: IncidentKind.LOST,
}
#: from the mildest to the worst
RANK = {kind: rank for rank, kind in enumerate((IncidentKind.DRIFT, *KIND_OF.values()))}

#: what is said of an incident whose cause lies in a maintenance window
IN_MAINTENANCE = "began in maintenance"

WORDS = {
    IncidentKind.DRIFT: "is not as usual",
    IncidentKind.TOO_SHORT: "ended too soon",
    IncidentKind.MISSED: "missed its deadline",
    IncidentKind.OVERRAN: "has run too long",
    IncidentKind.FAILED: "failed",
    IncidentKind.LOST: "was lost",
}


def bad(
    draft: Draft,
    outcome: Outcome,
    at: datetime,
    due_at: datetime | None,
    *,
    again: bool = False,
) -> None:
    """Count a bad outcome of the moment `at`; it may open, reopen or worsen.

    `again`: another bad outcome of a run that was counted before; that is one, not two.
    What happens in maintenance is held back until that ends.
    """
    inside = draft.maintenance_at((due_at or at) if outcome is Outcome.MISSED else at)
    if inside is not None and _suppress(draft, outcome, at, due_at):
        return
    if inside is not None:
        # the newest outcome inside is this one
        draft.change(suppressed=None, suppressed_due_at=None)
    count(draft, outcome, at, due_at, again=again, inside=inside is not None)


def _suppress(
    draft: Draft, outcome: Outcome, at: datetime, due_at: datetime | None
) -> bool:
    """Hold a bad outcome back; False: the maintenance is over by the moment `at`."""
    goes_on = draft.maintenance_at(at)
    if goes_on is None:
        return False
    draft.change(
        last_outcome=Outcome.SUPPRESSED,
        suppressed=outcome,
        suppressed_due_at=due_at,
        maintained_until=goes_on.ends_at,
    )
    return True


def count(
    draft: Draft,
    outcome: Outcome,
    at: datetime,
    due_at: datetime | None,
    *,
    again: bool = False,
    inside: bool = False,
) -> None:
    """Count a bad outcome now; `inside`: it happened in maintenance, which is over."""
    state, counts = draft.state, 0 if again else 1
    draft.change(
        bad_in_a_row=max(1, state.bad_in_a_row + counts),
        good_in_a_row=0,
        outcome_count=state.outcome_count + counts,
        last_outcome=outcome,
        status=Status.UP if state.status is Status.NEW else state.status,
    )
    kind = KIND_OF[outcome]
    incident = draft.incident
    is_open = incident is not None and incident.resolved_at is None
    drift = incident if is_open and is_drift(incident) else None
    if incident is not None and is_open and drift is None:
        _add(draft, incident, kind, at, counts)
    elif draft.state.bad_in_a_row >= draft.job.definition.failure_tolerance:
        _open(draft, kind, at, due_at, inside=inside, drift=drift)


def good(draft: Draft, outcome: Outcome, at: datetime, *, resets: bool) -> None:
    """Count a good outcome; it may resolve.

    `resets` is False for a run that came late or overran and then ended well: it
    resolves, but the bad outcome before it stays in the count. It ends no drift: that
    is over when runs are as usual again.
    """
    state, incident = draft.state, draft.incident
    is_open = incident is not None and incident.resolved_at is None
    is_open = is_open and not is_drift(incident)
    recovers = (
        incident is None
        or not is_open
        or (state.good_in_a_row + 1 >= recovery_needs(draft.job.definition, incident))
    )
    draft.change(
        status=Status.UP if recovers else state.status,
        bad_in_a_row=0 if resets else state.bad_in_a_row,
        good_in_a_row=state.good_in_a_row + 1,
        outcome_count=state.outcome_count + 1,
        last_outcome=outcome,
        guard_due_at=None,
        suppressed=None,
        suppressed_due_at=None,
    )
    if incident is None or not is_open:
        return
    if recovers:
        draft.incident = resolved(incident, at, "recovered")
        draft.record("resolved", "recovered", at)
        mutes.recovered(draft)
    elif resets and incident.flapping_bad:
        draft.incident = replace(incident, flapping_bad=0)


def as_severe(incident: Incident, definition: Definition) -> Incident:
    """The incident of a job that is so severe now; that it drifts wakes nobody."""
    severity = definition.severity
    if is_drift(incident) and severity is Severity.CRITICAL:
        severity = Severity.WARNING
    return replace(incident, severity=severity)


def recovery_needs(definition: Definition, incident: Incident) -> int:
    """Good outcomes in a row that resolve the incident."""
    factor = FLAPPING_RECOVERY if incident.flapping else 1
    return definition.recovery_threshold * factor


def down_for_good_needs(definition: Definition) -> int:
    """Bad outcomes in a row that make a flapping job "down for good"."""
    return max(DOWN_FOR_GOOD, definition.failure_tolerance)


def resolved(incident: Incident, at: datetime, resolution: str) -> Incident:
    """The incident as it is once it has ended; `resolution` says by whom or what."""
    return replace(
        incident,
        status=IncidentStatus.RESOLVED,
        resolved_at=at,
        updated_at=at,
        revision=incident.revision + 1,
        resolution=resolution,
        flapping_bad=0,
        sound_due=NotificationKind.RESOLVED,
    )


def _open(
    draft: Draft,
    kind: IncidentKind,
    at: datetime,
    due_at: datetime | None,
    *,
    inside: bool,
    drift: Incident | None = None,
) -> None:
    """Open an incident, or the one that was resolved less than ten minutes ago.

    `drift`: the open one is no more than that, and worsens.
    """
    draft.state = _opened(draft.state, at)
    flapping = _is_flapping(draft.state, at)
    words = f"{WORDS[kind]}, {IN_MAINTENANCE}" if inside else WORDS[kind]
    before = draft.incident
    if drift is not None:
        word = "worsened"
        found = failed(drift, kind, at, due_at)
    elif before is not None and _may_reopen(before, at):
        word = "reopened"
        found = _reopened(before, kind, at, due_at)
    else:
        word = "opened"
        found = _new(draft, kind, at, due_at)
    if word != "reopened":
        severity, count = draft.job.definition.severity, draft.state.bad_in_a_row
        found = replace(found, severity=severity, count=count)
    draft.incident = replace(found, flapping=flapping, in_maintenance=inside)
    draft.record(word, words, at)
    if flapping:
        draft.record("flapping", "it opens again and again: it stays open now", at)


def _new(
    draft: Draft, kind: IncidentKind, at: datetime, due_at: datetime | None
) -> Incident:
    return Incident(
        id=IncidentId(next(draft.ids.incidents)),
        job_id=draft.job.id,
        kind=kind,
        status=IncidentStatus.OPEN,
        opened_at=at,
        updated_at=at,
        last_bad_at=at,
        due_at=due_at,
        sound_due=NotificationKind.OPENED,
        waits_until=waits_until(draft),
    )


def waits_until(draft: Draft) -> datetime | None:
    """A new incident may wait for others, counted from the moment of noticing."""
    wait = draft.silencers.group_wait
    return draft.now + wait if wait else None


def _opened(state: JobState, at: datetime) -> JobState:
    openings = (*state.openings, Opening(at=at, outcome_count=state.outcome_count))
    return replace(state, status=Status.DOWN, openings=openings[-FLAPPING_OPENINGS:])


def _is_flapping(state: JobState, at: datetime) -> bool:
    if len(state.openings) < FLAPPING_OPENINGS:
        return False
    first = state.openings[0]
    return (
        at - first.at <= FLAPPING_WITHIN
        and state.outcome_count - first.outcome_count < FLAPPING_OUTCOMES
    )


def _may_reopen(incident: Incident, at: datetime) -> bool:
    return (
        incident.resolved_at is not None and at - incident.resolved_at <= REOPEN_WITHIN
    )


def _reopened(
    incident: Incident,
    kind: IncidentKind,
    at: datetime,
    due_at: datetime | None,
) -> Incident:
    """The incident open again, about what is wrong now."""
    return replace(
        unacknowledged(incident),
        kind=kind,
        updated_at=at,
        revision=incident.revision + 1,
        count=incident.count + 1,
        last_bad_at=at,
        due_at=due_at,
        flapping_bad=0,
        down_for_good=False,
        resolved_at=None,
        resolution="",
        reopened=incident.reopened + 1,
        sound_due=NotificationKind.REOPENED,
    )


def _add(
    draft: Draft, incident: Incident, kind: IncidentKind, at: datetime, counts: int
) -> None:
    """A further bad outcome of an open incident: heard only if it is worse."""
    worse = RANK[kind] > RANK[incident.kind]
    incident = replace(
        incident,
        kind=kind if worse else incident.kind,
        updated_at=at,
        revision=incident.revision + 1,
        count=incident.count + counts,
        last_bad_at=at,
    )
    if incident.flapping:
        incident = _flapped(draft, incident, counts)
    elif worse:
        incident = sounding(incident)
    draft.incident = incident
    draft.record("worsened" if worse else "bad", WORDS[kind], at)


def _flapped(draft: Draft, incident: Incident, counts: int) -> Incident:
    """Flapping is quiet, until it looks as if the job does not come back at all."""
    bad_now = incident.flapping_bad + counts
    incident = replace(incident, flapping_bad=bad_now)
    enough = down_for_good_needs(draft.job.definition)
    if incident.down_for_good or bad_now < enough:
        return incident
    return replace(
        unacknowledged(incident),
        down_for_good=True,
        sound_due=NotificationKind.DOWN_FOR_GOOD,
    )


def acknowledge(
    incident: Incident, actor: Actor, now: datetime, until: datetime | None = None
) -> Incident:
    """Stop sounds and escalation; idempotent, the first actor stays until it lapses.

    Whoever has it may say another end. An end may have passed while something else kept
    the incident silent.
    """
    incident = lapse(incident, now)
    if incident.status is not IncidentStatus.OPEN:
        return _prolonged(incident, actor, now, until)
    return replace(
        incident,
        status=IncidentStatus.ACKNOWLEDGED,
        acknowledged_by=str(actor),
        acknowledged_at=now,
        acknowledged_until=until or now + ACKNOWLEDGED_FOR,
        updated_at=now,
        revision=incident.revision + 1,
        sound_due=None,
        silenced=False,
    )


def _prolonged(
    incident: Incident, actor: Actor, now: datetime, until: datetime | None
) -> Incident:
    """Another end of the acknowledgement, if it is that of this actor."""
    has_it = incident.status is IncidentStatus.ACKNOWLEDGED
    is_own = has_it and incident.acknowledged_by == str(actor)
    if not is_own or until in (None, incident.acknowledged_until):
        return incident
    revision = incident.revision + 1
    return replace(
        incident, acknowledged_until=until, updated_at=now, revision=revision
    )


def last_opened(incident: Incident, state: JobState) -> datetime:
    """When it opened, or opened again."""
    return state.openings[-1].at if state.openings else incident.opened_at


def remark(draft: Draft, text: str, at: datetime) -> None:
    """Add what a reader must know to the open incident, once."""
    incident = draft.incident
    if incident is None or incident.resolved_at is not None or text in incident.note:
        return
    note = f"{incident.note}; {text}" if incident.note else text
    draft.incident = replace(incident, note=note)
    draft.record("note", text, at)


def lapse(incident: Incident, now: datetime) -> Incident:
    """The acknowledgement as it is at `now`: once it has ended, the sound is owed."""
    until = incident.acknowledged_until
    acknowledged = incident.status is IncidentStatus.ACKNOWLEDGED
    if not acknowledged or until is None or now < until:
        return incident
    return replace(
        unacknowledged(incident),
        updated_at=now,
        revision=incident.revision + 1,
        sound_due=NotificationKind.UNSILENCED,
    )
