"""Blind times over the API."""

from bot.core.views import View
from bot.web.calls import Call, done

_SHOWN = 20
_MOST = 1000


async def listed(call: Call) -> View:
    """The newest blind times, with the slots that they put in doubt."""
    query = call.query(number="limit")
    limit = query.whole("limit", default=_SHOWN, least=1, most=_MOST)
    done(query)
    return {"blind_times": await call.services.blind_times.list(limit)}
