"""Who is called when nobody takes care of an incident (SEMANTICS, section 5).

The steps of a policy are climbed while the incident is open, heard and not
acknowledged; a silence, an acknowledgement and a worse kind start it over. What stands
on the incident is how many rungs were climbed and when the next one is due, so that a
restart makes up for one of them at the most.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core import maintenance, mutes
from bot.core.kinds import IncidentId, JobId, Severity
from bot.core.models import Definition, Incident
from bot.core.silencers import Escalation, EscalationRules, Rung, Silencers, Step

#: a storm's later speakers look whether it is their turn
LOOK_AGAIN = timedelta(minutes=1)

_AT_ONCE = Step(after=timedelta())


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an escalation has come."""

    #: rungs that were climbed, of how many
    climbed: int
    total: int
    #: those that were climbed, the last one at the end
    taken: tuple[Rung, ...]
    next_at: datetime | None

    @property
    def is_exhausted(self) -> bool:
        """All have been called, and nobody has said "I have it"."""
        return self.next_at is None and self.climbed >= self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """An open member of a storm that may call people for all of them."""

    incident_id: IncidentId
    job_id: JobId
    severity: Severity
    #: of its job what it is known by, and nothing else
    labels: Definition


def policy_for(
    rules: EscalationRules, definition: Definition, severity: Severity
) -> Escalation | None:
    """The policy of an incident: of its job's first tag that has one, else by severity.

    The severity is that of the incident, as everywhere else.
    """
    for tag in definition.tags:
        if tag in rules.by_tag:
            return rules.by_tag[tag]
    return rules.by_severity.get(severity)


def speaker(
    voices: Iterable[Voice],
    rules: EscalationRules,
    silencers: Silencers,
    now: datetime,
) -> Voice | None:
    """Of a storm the first that has somebody to call, and that nobody has silenced.

    `voices` has the oldest first; `silencers` are those of any job.
    """
    for voice in voices:
        labels = voice.labels
        if (
            policy_for(rules, labels, voice.severity) is not None
            and mutes.applying(silencers.mutes, labels, now) is None
            and maintenance.covering(silencers.windows, labels, now) is None
        ):
            return voice
    return None


def ladder(policy: Escalation) -> tuple[Rung, ...]:
    """All rungs, each with the wait after the one before.

    A round after the first begins in the channel, `repeat_after` after the first sound
    of the round before it.
    """
    found: list[Rung] = []
    for number in range(1, policy.rounds + 1):
        steps = policy.steps if number == 1 else (_AT_ONCE, *policy.steps)
        before = timedelta()
        if number > 1:
            before = policy.steps[-1].after - policy.repeat_after
        for step in steps:
            found.append(Rung(wait=step.after - before, round=number, step=step))
            before = step.after
    return tuple(found)


def climbs(incident: Incident, silencers: Silencers) -> bool:
    """Whether this incident calls people at all: of a storm, one for all does."""
    if silencers.escalation is None:
        return False
    storm = silencers.storm
    if storm is None or storm.id != incident.storm_id:
        return True
    return storm.speaker == incident.id or incident.severity is Severity.CRITICAL


def is_due(incident: Incident, silencers: Silencers, now: datetime) -> bool:
    """Whether the next rung is to be climbed now."""
    at = incident.escalate_at
    return at is not None and at <= now and climbs(incident, silencers)


def start_over(incident: Incident) -> Incident:
    """Nobody has been called yet."""
    return replace(incident, escalated=0, escalate_at=None)


def climb(incident: Incident, policy: Escalation, now: datetime) -> Incident:
    """One rung further, and when the next one is due."""
    climbed = incident.escalated + 1
    rungs = ladder(policy)
    next_at = now + rungs[climbed].wait if climbed < len(rungs) else None
    return replace(incident, escalated=climbed, escalate_at=next_at)


def begun(incident: Incident, silencers: Silencers, now: datetime) -> Incident:
    """The incident, heard and open, with its next rung, if it has any."""
    policy = silencers.escalation
    if policy is None:
        return start_over(incident)
    if not climbs(incident, silencers):
        # whoever speaks for the storm may recover; nobody is called before his time
        heard_at = incident.last_sound_at or now
        at = max(now + LOOK_AGAIN, heard_at + ladder(policy)[0].wait)
        return replace(incident, escalated=0, escalate_at=at)
    rungs = ladder(policy)
    if incident.escalate_at is not None or incident.escalated >= len(rungs):
        return incident
    # none was climbed yet, or the ladder was shorter until now
    return replace(incident, escalate_at=now + rungs[incident.escalated].wait)


def standing(incident: Incident, policy: Escalation | None) -> Standing | None:
    """How far it has come; None without a policy, or once nobody is to be called."""
    if policy is None or (not incident.escalated and incident.escalate_at is None):
        return None
    rungs = ladder(policy)
    climbed = min(incident.escalated, len(rungs))
    return Standing(climbed, len(rungs), rungs[:climbed], incident.escalate_at)
