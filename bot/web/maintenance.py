"""Maintenance windows over the API."""

from bot.core.kinds import WindowId
from bot.core.views import View
from bot.web.calls import Call, done


async def listed(call: Call) -> View:
    """Windows that are not over; with `ended=1` the past ones too."""
    query = call.query(flag="ended")
    ended = query.flag("ended")
    done(query)
    return {"maintenance": await call.services.reads.maintenance(ended=ended)}


async def add(call: Call) -> View:
    """Announce planned work."""
    return await call.services.maintenance.add(await call.table(), call.actor)


async def remove(call: Call) -> View:
    """End a window now."""
    return await call.services.maintenance.remove(WindowId(call.id), call.actor)
