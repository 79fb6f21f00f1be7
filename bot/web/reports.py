"""The whole of it over the API: counts, the audit log, a copy of the database."""

from pathlib import Path

from bot.core.views import View
from bot.web.calls import Call, done

_SHOWN = 100
_MOST = 1000
_LONGEST_PATH = 4096


async def status(call: Call) -> View:
    """How much there is of everything, what is muted, and what is not well."""
    view = await call.services.reads.overview()
    return view | {"not_well": call.services.health.faults()}


async def discord(call: Call) -> View:
    """How the bot stands, and who pressed the buttons of test cards."""
    return call.services.link.view()


async def audit(call: Call) -> View:
    """The newest changes."""
    query = call.query("subject", number="limit")
    limit = query.whole("limit", default=_SHOWN, least=1, most=_MOST)
    subject = query.text("subject", longest=100) or None
    done(query)
    return {"audit": await call.services.reads.audit(limit, subject)}


async def backup(call: Call) -> View:
    """Write a checked copy to a file of the server."""
    fields = await call.fields("path")
    path = Path(fields.text("path", longest=_LONGEST_PATH))
    if not path.is_absolute():
        fields.refuse("path", "it is not absolute", "begin it with /")
    done(fields)
    await call.services.store.backup(path)
    return {"path": str(path)}
