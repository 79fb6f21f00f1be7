"""How long the runs of incidents took, beside what is usual for them."""

from collections.abc import Collection

import storage.habits
import storage.runs
from bot.core import run_lengths
from bot.core.kinds import IncidentId
from bot.core.models import Incident
from bot.core.run_lengths import RunLength
from storage.queries import Queries

#: runs before it of which the good ones say what is usual, where no habit is kept
LOOKED_AT = 30


async def of(
    q: Queries, incidents: Collection[Incident]
) -> dict[IncidentId, RunLength]:
    """Of those incidents that are about a run whose length is known."""
    found = await storage.runs.of_incidents(q, incidents)
    if not found:
        return {}
    runs = found.values()
    kept = await storage.habits.durations(q, {run.job_id for run in runs})
    others = [run for run in runs if run.job_id not in kept]
    good = await storage.habits.good_before(q, others, LOOKED_AT)
    lengths = {}
    for incident_id, run in found.items():
        usual = kept.get(run.job_id) or run_lengths.usual(good.get(run.id, ()))
        if run.duration is not None:
            lengths[incident_id] = RunLength(run.duration, usual)
    return lengths
