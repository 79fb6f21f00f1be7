"""What may sound now: one pure function for every incident and every moment."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core import (
    escalations,
    incidents,
    maintenance,
    mutes,
    quiet_hours,
    storms,
)
from bot.core.effects import Notify
from bot.core.kinds import (
    IncidentId,
    IncidentKind,
    IncidentStatus,
    InhibitorKind,
    NotificationKind,
    Severity,
    SilenceKind,
    Status,
)
from bot.core.models import Definition, Incident, JobState
from bot.core.silencers import Inhibitor, Mute, Silencers
from bot.core.transitions import Draft


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing may sound, and until when as far as that is known."""

    reason: str
    until: datetime | None
    #: the mute that does it, if it is one
    mute: Mute | None = None
    kind: SilenceKind = field(default=SilenceKind.PAUSED, compare=False)
    #: the incident above that does it, if it is one
    inhibited_by: IncidentId | None = field(default=None, compare=False)
    #: what its author wrote, may be empty
    remark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """The incident after asking, and what is to be said (None: nothing)."""

    incident: Incident
    notify: Notify | None


def silence(
    incident: Incident,
    definition: Definition,
    state: JobState,
    silencers: Silencers,
    now: datetime,
) -> Silence | None:
    """What silences an incident at `now`, the strongest reason first, or None.

    Precedence: paused, maintenance, mute, acknowledgement, inhibition, quiet hours,
    storm, and last the wait for others of its group.
    """
    return (
        _by_people(incident, definition, state, silencers, now)
        or _inhibited(incident, state, silencers, now)
        or _at_rest(incident, silencers, now)
        or _in_storm(incident, silencers, now)
        or _waiting(incident, now)
    )


def own_silence(
    incident: Incident,
    definition: Definition,
    state: JobState,
    silencers: Silencers,
    now: datetime,
) -> Silence | None:
    """As `silence`, but for what other incidents have to do with it."""
    return _by_people(incident, definition, state, silencers, now) or _at_rest(
        incident, silencers, now
    )


def paused(state: JobState) -> Silence | None:
    """Who paused it, if anybody did: what is wrong with it stays, and is silent."""
    if state.status is not Status.PAUSED:
        return None
    return Silence(f"paused by {state.paused_by}", None)


def planned(
    definition: Definition, silencers: Silencers, now: datetime
) -> Silence | None:
    """What somebody wants to be silent, whether something is wrong or not."""
    return _maintained(definition, silencers, now) or _muted(definition, silencers, now)


def _by_people(
    incident: Incident,
    definition: Definition,
    state: JobState,
    silencers: Silencers,
    now: datetime,
) -> Silence | None:
    """What somebody wanted to be silent."""
    return (
        paused(state) or planned(definition, silencers, now) or _acknowledged(incident)
    )


def _maintained(
    definition: Definition, silencers: Silencers, now: datetime
) -> Silence | None:
    work = maintenance.covering(silencers.windows, definition, now)
    if work is None:
        return None
    return Silence(
        f"in maintenance by {work.window.created_by}",
        work.ends_at,
        kind=SilenceKind.MAINTENANCE,
        remark=work.window.reason,
    )


def _muted(
    definition: Definition, silencers: Silencers, now: datetime
) -> Silence | None:
    mute = mutes.applying(silencers.mutes, definition, now)
    if mute is None:
        return None
    return Silence(
        f"muted by {mute.created_by}",
        mute.until_at,
        mute,
        kind=SilenceKind.MUTE,
        remark=mute.reason,
    )


def _acknowledged(incident: Incident) -> Silence | None:
    if incident.status is not IncidentStatus.ACKNOWLEDGED:
        return None
    return Silence(
        f"acknowledged by {incident.acknowledged_by}",
        incident.acknowledged_until,
        kind=SilenceKind.ACKNOWLEDGEMENT,
    )


def _inhibited(
    incident: Incident, state: JobState, silencers: Silencers, now: datetime
) -> Silence | None:
    """A miss that opened after something above went wrong: that one is told."""
    if incident.kind is not IncidentKind.MISSED:
        return None
    opened_at = incidents.last_opened(incident, state)
    heard_at = incident.last_sound_at
    is_heard = heard_at is not None and heard_at >= opened_at
    found = [
        each
        for each in silencers.inhibitors
        if not (each.wavers and is_heard)
        and (each.until is None or now < each.until)
        and (
            each.opened_at < opened_at
            or (each.opened_at == opened_at and _goes_first(each, incident))
        )
    ]
    if not found:
        return None
    first = min(found, key=lambda each: (each.opened_at, each.incident_id or 0))
    what = f"node {first.name}" if first.kind is InhibitorKind.NODE else first.name
    return Silence(
        f"inhibited by {what}",
        first.until,
        kind=SilenceKind.INHIBITION,
        inhibited_by=first.incident_id,
    )


def _goes_first(inhibitor: Inhibitor, incident: Incident) -> bool:
    """At one moment the upper silences the lower; never each the other."""
    return not inhibitor.is_mutual or (inhibitor.incident_id or 0) < incident.id


def _at_rest(incident: Incident, silencers: Silencers, now: datetime) -> Silence | None:
    """Quiet hours; what is critical wakes people at any time."""
    quiet = silencers.quiet_hours
    if quiet is None or incident.severity is Severity.CRITICAL:
        return None
    until = quiet_hours.ends_at(quiet, now)
    if until is None:
        return None
    return Silence(f"quiet hours {quiet.text}", until, kind=SilenceKind.QUIET_HOURS)


def _in_storm(
    incident: Incident, silencers: Silencers, now: datetime
) -> Silence | None:
    """It was told as one of many; what is critical is heard by itself as well."""
    storm = silencers.storm
    if storm is None or storm.id != incident.storm_id or storms.is_over(storm, now):
        return None
    if incident.severity is Severity.CRITICAL:
        return None
    reason = f"in storm #{storm.id}"
    return Silence(reason, storm.ends_at, kind=SilenceKind.STORM)


def _waiting(incident: Incident, now: datetime) -> Silence | None:
    until = incident.waits_until
    if until is None or now >= until:
        return None
    reason = "waiting for others of its group"
    return Silence(reason, until, kind=SilenceKind.GROUP_WAIT)


def decide(
    incident: Incident,
    definition: Definition,
    state: JobState,
    silencers: Silencers,
    now: datetime,
) -> Decision:
    """Make the sound that is owed, if it may be made, and say when to ask again."""
    if incident.resolved_at is not None:
        return _told(incident, now)
    incident = incidents.lapse(incident, now)
    quiet = silence(incident, definition, state, silencers, now)
    calls = escalations.is_due(incident, silencers, now)
    if quiet is not None and not (calls and quiet.kind is SilenceKind.STORM):
        return _silenced(incident, quiet, silencers, now)
    kind: NotificationKind | None = NotificationKind.ESCALATED
    if quiet is None:
        kind = _owed(incident, definition.realert_every, now, calls=calls)
    if kind is None:
        return Decision(_reviewed(incident, definition, silencers, now), None)
    incident = _sounded(incident, kind, silencers, now)
    notify = Notify(incident.job_id, kind, now, True, incident.id)
    if quiet is not None:
        return Decision(_silenced(incident, quiet, silencers, now).incident, notify)
    return Decision(_reviewed(incident, definition, silencers, now), notify)


def _sounded(
    incident: Incident, kind: NotificationKind, silencers: Silencers, now: datetime
) -> Incident:
    incident = replace(
        incident,
        sound_due=None,
        silenced=False,
        sounds=incident.sounds + 1,
        last_sound_at=now,
    )
    policy = silencers.escalation
    if kind is NotificationKind.ESCALATED and policy is not None:
        return escalations.climb(incident, policy, now)
    if kind is NotificationKind.REMINDER:
        return incident
    return escalations.start_over(incident)


def _owed(
    incident: Incident,
    realert_every: timedelta | None,
    now: datetime,
    *,
    calls: bool,
) -> NotificationKind | None:
    if incident.sound_due is not None:
        return incident.sound_due
    if incident.silenced:
        return NotificationKind.UNSILENCED
    if calls:
        return NotificationKind.ESCALATED
    last = incident.last_sound_at
    if realert_every is not None and last is not None and now >= last + realert_every:
        return NotificationKind.REMINDER
    return None


def _reviewed(
    incident: Incident, definition: Definition, silencers: Silencers, now: datetime
) -> Incident:
    """Heard, or nothing to say: until a reminder, or until a planned silence begins."""
    incident = escalations.begun(incident, silencers, now)
    looks = [next_silence(incident, definition, silencers, now), incident.escalate_at]
    every, last = definition.realert_every, incident.last_sound_at
    if every is not None and last is not None:
        looks.append(last + every)
    review_at = min((at for at in looks if at is not None), default=None)
    return replace(incident, review_at=review_at, silenced=False, inhibited_by=None)


def next_silence(
    incident: Incident, definition: Definition, silencers: Silencers, now: datetime
) -> datetime | None:
    """When the clock silences it next: planned work begins, or quiet hours do."""
    looks = [maintenance.next_start(silencers.windows, definition, now)]
    quiet = silencers.quiet_hours
    if quiet is not None and incident.severity is not Severity.CRITICAL:
        looks.append(quiet_hours.next_start(quiet, now))
    return min((at for at in looks if at is not None), default=None)


def _silenced(
    incident: Incident, quiet: Silence, silencers: Silencers, now: datetime
) -> Decision:
    """Nothing now; what was owed is said when the silence ends.

    A storm was heard in the place of its members: they owe no sound of their own, and
    one of them calls people for all.
    """
    in_storm = quiet.kind is SilenceKind.STORM
    if in_storm:
        incident = escalations.begun(incident, silencers, now)
    else:
        incident = escalations.start_over(incident)
    acknowledged = incident.status is IncidentStatus.ACKNOWLEDGED
    # an acknowledgement lapses on the card even while something else is silent
    looks = [quiet.until, incident.escalate_at]
    looks.append(incident.acknowledged_until if acknowledged else None)
    return Decision(
        replace(
            incident,
            silenced=incident.silenced if in_storm else not acknowledged,
            sound_due=None if acknowledged else incident.sound_due,
            review_at=min((at for at in looks if at is not None), default=None),
            inhibited_by=quiet.inhibited_by,
        ),
        None,
    )


def _told(incident: Incident, now: datetime) -> Decision:
    """A resolution is told once, without a sound; what was still owed is dropped."""
    notify = None
    if incident.sound_due is NotificationKind.RESOLVED:
        notify = Notify(
            incident.job_id, NotificationKind.RESOLVED, now, False, incident.id
        )
    quiet = replace(
        escalations.start_over(incident),
        sound_due=None,
        silenced=False,
        review_at=None,
        inhibited_by=None,
    )
    return Decision(quiet, notify)


def speak(draft: Draft) -> None:
    """Ask `decide` about the incident of a decision in progress."""
    if draft.incident is None:
        return
    decision = decide(
        draft.incident, draft.job.definition, draft.state, draft.silencers, draft.now
    )
    draft.incident = decision.incident
    if decision.notify is not None:
        draft.effects.append(decision.notify)
