"""What stands above a job and silences its misses (SEMANTICS, section 5)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core import audible, incidents, maintenance
from bot.core.kinds import InhibitorKind, JobId, SilenceKind
from bot.core.models import Incident, Job, JobState
from bot.core.silencers import Inhibitor, Silencers

#: somebody who has it in hand may take this long; then those below are heard
ACKNOWLEDGED_AT_MOST = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """A job above another one, which has an incident."""

    kind: InhibitorKind
    #: the node, or the slug of the parent
    name: str
    job: Job
    state: JobState
    incident: Incident
    #: the lower one stands above it as well
    is_mutual: bool = False


def inhibitors(
    above: Iterable[Above], silencers: Silencers, now: datetime
) -> tuple[Inhibitor, ...]:
    """Those that are down, and are heard or acknowledged for at most four hours.

    One that is inhibited itself counts as heard: what silences it stands above the
    lower job, too.
    """
    found = (_inhibitor(each, silencers, now) for each in above)
    return tuple(each for each in found if each is not None)


def _inhibitor(above: Above, silencers: Silencers, now: datetime) -> Inhibitor | None:
    definition, state = above.job.definition, above.state
    if state.good_in_a_row:
        # it works again, though that has not resolved its incident yet
        return None
    incident = incidents.lapse(above.incident, now)
    quiet = audible.own_silence(incident, definition, state, silencers, now)
    if quiet is None:
        until = audible.next_silence(incident, definition, silencers, now)
    elif quiet.kind is SilenceKind.ACKNOWLEDGEMENT:
        until = _acknowledged_until(above, incident, silencers, now)
    else:
        return None
    if until is not None and until <= now:
        return None
    return Inhibitor(
        kind=above.kind,
        name=above.name,
        incident_id=incident.id,
        opened_at=incidents.last_opened(incident, state),
        until=until,
        is_mutual=above.is_mutual,
        wavers=incidents.recovery_needs(definition, incident) > 1,
    )


def _acknowledged_until(
    above: Above, incident: Incident, silencers: Silencers, now: datetime
) -> datetime | None:
    """How long one that is acknowledged inhibits; once that ends, it is heard again."""
    definition = above.job.definition
    bound = (incident.acknowledged_at or now) + ACKNOWLEDGED_AT_MOST
    work_at = maintenance.next_start(silencers.windows, definition, now) or bound
    ends_at = incident.acknowledged_until or bound
    if min(bound, work_at) <= ends_at:
        return min(bound, work_at)
    then = incidents.lapse(incident, ends_at)
    if audible.own_silence(then, definition, above.state, silencers, ends_at):
        return ends_at
    return audible.next_silence(then, definition, silencers, ends_at)


def generations(
    ids: Collection[JobId], links: Iterable[tuple[JobId, JobId]]
) -> Iterator[list[JobId]]:
    """Jobs in the order in which they must be judged: those above before those below.

    `links` are (job, above) at whatever distance. What stands above itself goes last.
    """
    waits: dict[JobId, set[JobId]] = {job_id: set() for job_id in ids}
    for job_id, above_id in links:
        if job_id in waits and above_id in waits:
            waits[job_id].add(above_id)
    while waits:
        ready = [job_id for job_id, above in waits.items() if not above & waits.keys()]
        yield ready or list(waits)
        waits = {k: v for k, v in waits.items() if ready and k not in ready}
