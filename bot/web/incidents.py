"""Incidents over the API."""

from bot.core import explanation_views
from bot.core.kinds import IncidentId, IncidentStatus
from bot.core.views import View
from bot.web.calls import Call, done, one_of

STATES = (*(str(each) for each in IncidentStatus), "unresolved")
#: characters of a note, or of the reason of an end
LONGEST_NOTE = 500
_SHOWN = 100
_MOST = 1000


async def listed(call: Call) -> View:
    """Incidents, newest first."""
    query = call.query("status", "job", number="limit")
    status = one_of(query, "status", STATES)
    job = query.text("job", longest=100) or None
    limit = query.whole("limit", default=_SHOWN, least=1, most=_MOST)
    done(query)
    found = await call.services.reads.incidents(status=status, job=job, limit=limit)
    return {"incidents": found}


async def storms(call: Call) -> View:
    """Storms that are not over."""
    return {"storms": await call.services.reads.storms()}


async def show(call: Call) -> View:
    """One incident with its story."""
    return await call.services.reads.incident(IncidentId(call.id))


async def why(call: Call) -> View:
    """The rules, times and evidence behind an incident."""
    found = await call.services.reads.explain(IncidentId(call.id))
    return explanation_views.view(found)


async def acknowledge(call: Call) -> View:
    """Stop its sounds."""
    fields = await call.fields("for")
    until = fields.span("for")
    done(fields)
    return await call.services.incidents.acknowledge(
        IncidentId(call.id), call.actor, until
    )


async def resolve(call: Call) -> View:
    """End it by hand."""
    fields = await call.fields("reason")
    reason = fields.text("reason", longest=LONGEST_NOTE)
    done(fields)
    return await call.services.incidents.resolve(
        IncidentId(call.id), call.actor, reason
    )


async def add_note(call: Call) -> View:
    """Add to its story."""
    fields = await call.fields("text")
    text = fields.text("text", longest=LONGEST_NOTE)
    done(fields)
    return await call.services.incidents.add_note(IncidentId(call.id), call.actor, text)
