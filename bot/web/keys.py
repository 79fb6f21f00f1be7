"""Keys over the API: those of the API itself, and the one of ping URLs by slug."""

from datetime import timedelta

from bot.core.views import View
from bot.errors import Conflict
from bot.web.calls import Call, done

_LONGEST_NAME = 100
_LONGEST = timedelta(days=3650)
#: how long a former ping URL or ping key may be taken beside the new one
OVERLAP = timedelta(days=30)


async def listed(call: Call) -> View:
    """Every key of the API, without what it is."""
    return {"keys": list(call.services.keys.listed())}


async def add(call: Call) -> View:
    """Make a key of the API."""
    fields = await call.fields("name", "read_only", "expires")
    name = fields.text("name", longest=_LONGEST_NAME)
    reads_only = fields.flag("read_only")
    lasts = fields.span("expires", least=timedelta(minutes=1), most=_LONGEST)
    done(fields)
    return await call.services.keys.add(
        name, reads_only=reads_only, lasts=lasts, actor=call.actor
    )


async def remove(call: Call) -> View:
    """Take a key of the API out of use."""
    return await call.services.keys.remove(call.slug, call.actor)


async def rotate_ping_key(call: Call) -> View:
    """Make another ping key."""
    overlap = await overlap_of(call)
    keys = call.services.ping_keys
    if keys is None:
        raise Conflict("this server has no ping key of its own")
    return await keys.rotate(overlap, call.actor)


async def overlap_of(call: Call) -> timedelta:
    """How long the old one is taken beside the new one."""
    fields = await call.fields("overlap")
    overlap = fields.span("overlap", most=OVERLAP) or timedelta()
    done(fields)
    return overlap
