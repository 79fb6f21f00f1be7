"""Jobs, incidents and mutes as plain data for people and programs: API, CLI, webhooks.

Durations are seconds, times RFC 3339 in UTC. A ping URL is never in here: whoever may
show one adds it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from bot.core import (
    audible,
    escalations,
    incidents,
    jobs,
    maintenance,
    next_sounds,
    schedules,
    states,
    storms,
)
from bot.core.audits import AuditEntry
from bot.core.kinds import Status
from bot.core.maintenance import Occurrence
from bot.core.models import Incident, IncidentEvent, Job, JobState, Ping, Run, Slot
from bot.core.silencers import Mute, Silencers, Storm, Window
from bot.core.transitions import Watched

View = dict[str, object]

#: bytes of a ping's body that a view shows, from its end
SHOWN_BODY = 2000
#: times of a maintenance window that a view shows
SHOWN_OCCURRENCES = 5


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, with microseconds only where there are some."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def seconds(duration: timedelta | None) -> float | int | None:
    """Seconds, as a whole number where it is one."""
    if duration is None:
        return None
    value = duration.total_seconds()
    return int(value) if value.is_integer() else value


def job(
    job: Job,
    state: JobState,
    mute: Mute | None,
    now: datetime,
    work: Occurrence | None = None,
) -> View:
    """A job as lists and `job show` have it."""
    definition = job.definition
    view: View = {
        **jobs.as_json(definition),
        "schedule_text": schedules.describe(definition.schedule),
        "uuid": job.uuid,
        "revision": job.revision,
        "declared": job.declared,
        "created_at": moment(job.created_at),
        **_standing(state, now),
        "muted_until": None if mute is None else moment(mute.until_at),
        "maintenance_until": None if work is None else moment(work.ends_at),
    }
    if definition.grace is None:
        at = state.due_at or schedules.next_due(definition.schedule, now) or now
        view["grace"] = seconds(schedules.grace(definition, at))
    return view


def _standing(state: JobState, now: datetime) -> View:
    facts = states.facts(state, now)
    return {
        "status": state.status,
        "late": states.is_late(facts),
        "running": facts.is_running,
        "failing": states.is_failing(facts),
        "unknown": facts.is_unknown,
        "failures_in_a_row": state.bad_in_a_row,
        "due_at": moment(state.due_at),
        "deadline_at": moment(state.deadline_at),
        "last_ping_at": moment(state.last_ping_at),
        "last_ping_kind": state.last_ping_kind,
        "last_duration": seconds(state.last_duration),
        "last_outcome": state.last_outcome,
        "ping_count": state.ping_count,
        "paused_by": state.paused_by,
        "incident": state.incident_id if state.status is Status.DOWN else None,
    }


def headline(status: Mapping[str, Any]) -> str:
    """How many jobs there are, and how many are down: `42 jobs, 1 failing`."""
    jobs = status["jobs"]
    count, down = sum(jobs.values()), jobs[str(Status.DOWN)]
    head = f"{count} job{'' if count == 1 else 's'}"
    return f"{head}, {down} failing" if down else head


def _escalation(incident: Incident, silencers: Silencers) -> View | None:
    """How many steps of how many were taken, and when the next one comes."""
    standing = None
    if escalations.climbs(incident, silencers):
        standing = escalations.standing(incident, silencers.escalation)
    if standing is None:
        return None
    return {
        "taken": standing.climbed,
        "of": standing.total,
        "next_at": moment(standing.next_at),
        "exhausted": standing.is_exhausted,
    }


def summary(incident: Incident, job: Job) -> str:
    """What an incident is about, in one line for a person."""
    what = incidents.WORDS[incident.kind]
    times = f", {incident.count} times" if incident.count > 1 else ""
    flapping = ", flapping" if incident.flapping else ""
    return f"{job.label} {what}{times}{flapping}"


def incident(
    incident: Incident,
    job: Job,
    state: JobState,
    silencers: Silencers,
    now: datetime,
) -> View:
    """An incident with what silences it now."""
    quiet, next_at = None, None
    if incident.resolved_at is None:
        quiet = audible.silence(incident, job.definition, state, silencers, now)
        watched = Watched(job=job, state=state, incident=incident, silencers=silencers)
        next_at = next_sounds.foresee(watched, now).at
    return {
        "id": incident.id,
        "job": job.slug,
        "name": job.label,
        "kind": incident.kind,
        "status": incident.status,
        "severity": incident.severity,
        "summary": summary(incident, job),
        "opened_at": moment(incident.opened_at),
        "updated_at": moment(incident.updated_at),
        "resolved_at": moment(incident.resolved_at),
        "resolution": incident.resolution,
        "count": incident.count,
        "due_at": moment(incident.due_at),
        "last_bad_at": moment(incident.last_bad_at),
        "flapping": incident.flapping,
        "down_for_good": incident.down_for_good,
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": moment(incident.acknowledged_at),
        "acknowledged_until": moment(incident.acknowledged_until),
        "reopened": incident.reopened,
        "sounds": incident.sounds,
        "last_sound_at": moment(incident.last_sound_at),
        "next_sound_at": moment(next_at),
        "silenced_by": None if quiet is None else quiet.reason,
        "inhibited_by": incident.inhibited_by,
        "storm": incident.storm_id,
        "escalation": _escalation(incident, silencers),
        "note": incident.note,
        "in_maintenance": incident.in_maintenance,
        "revision": incident.revision,
    }


def event(event: IncidentEvent) -> View:
    """One line of an incident's story."""
    return {
        "at": moment(event.at),
        "kind": event.kind,
        "text": event.text,
        "actor": event.actor,
    }


def mute(mute: Mute) -> View:
    """A mute with its owner and its end."""
    return {
        "id": mute.id,
        "scope": mute.scope,
        "target": mute.target,
        "reason": mute.reason,
        "created_by": mute.created_by,
        "created_at": moment(mute.created_at),
        "until_at": moment(mute.until_at),
        "until_recovery": mute.until_recovery,
        "ended_at": moment(mute.ended_at),
    }


def window(window: Window, now: datetime) -> View:
    """A maintenance window with the times at which it is open next."""
    zone = ZoneInfo(window.schedule.timezone)
    coming = list(islice(maintenance.upcoming(window, now), SHOWN_OCCURRENCES))
    running = bool(coming) and coming[0].starts_at <= now
    schedule = window.schedule
    return {
        "id": window.id,
        "name": window.name,
        "scope": window.scope,
        "target": window.target,
        "reason": window.reason,
        "created_by": window.created_by,
        "created_at": moment(window.created_at),
        "schedule": schedules.describe(schedule) if window.is_recurring else None,
        "timezone": schedule.timezone,
        "for": seconds(window.duration),
        "running_until": moment(coming[0].ends_at) if running else None,
        "ends_at": moment(window.ends_at),
        "ended_at": moment(window.ended_at),
        "next": [
            {
                "from": moment(each.starts_at),
                "to": moment(each.ends_at),
                "local_from": each.starts_at.astimezone(zone).isoformat(),
                "local_to": each.ends_at.astimezone(zone).isoformat(),
            }
            for each in coming
        ],
    }


def storm(storm: Storm, members: Sequence[tuple[Incident, Job]]) -> View:
    """A storm with its members, in the order in which they joined."""
    return {
        "id": storm.id,
        "group": storm.group,
        "summary": storms.headline(storm, members),
        "opened_at": moment(storm.opened_at),
        "ends_at": moment(storm.ends_at),
        "ended_at": moment(storm.ended_at),
        "count": storm.count,
        "revision": storm.revision,
        "members": [
            {
                "incident": incident.id,
                "job": job.slug,
                "name": job.label,
                "kind": incident.kind,
                "status": incident.status,
                "severity": incident.severity,
            }
            for incident, job in members
        ],
    }


def ping(ping: Ping) -> View:
    """A ping with the end of its body."""
    return {
        "at": moment(ping.at),
        "kind": ping.kind,
        "said": ping.said,
        "exit_status": ping.exit_status,
        "rid": ping.rid,
        "method": ping.method,
        "source": ping.source,
        "address": ping.address,
        "agent": ping.agent,
        "host": ping.agent.rpartition(" on ")[2] if " on " in ping.agent else "",
        "reason": ping.reason,
        "body": ping.body[-SHOWN_BODY:].decode("utf-8", "replace"),
        "body_size": ping.body_size,
    }


def slot(slot: Slot, blind: str | None = None) -> View:
    """One due and what became of it; `blind`: when it may have been missed unseen."""
    return {
        "due_at": moment(slot.due_at),
        "outcome": slot.outcome,
        "decided_at": moment(slot.decided_at),
        "blind": blind,
    }


def run(run: Run, blind: str | None = None) -> View:
    """One execution; `blind`: when its end may have been missed unseen."""
    return {
        "id": run.id,
        "rid": run.rid,
        "started_at": moment(run.started_at),
        "ended_at": moment(run.ended_at),
        "deadline_at": moment(run.deadline_at),
        "due_at": moment(run.due_at),
        "duration": seconds(run.duration),
        "outcome": run.outcome,
        "exit_status": run.exit_status,
        "blind": blind,
    }


def audit(entry: AuditEntry) -> View:
    """One change, with who made it."""
    return {
        "at": moment(entry.at),
        "actor": str(entry.actor),
        "action": entry.action,
        "subject": entry.subject,
        "before": dict(entry.before),
        "after": dict(entry.after),
    }
