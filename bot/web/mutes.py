"""Mutes over the API."""

from bot.core.kinds import MuteId, MuteScope, StormId
from bot.core.views import View
from bot.web.calls import Call, done

_LONGEST_REASON = 500


async def listed(call: Call) -> View:
    """Running mutes; with `ended=1` the past ones too."""
    query = call.query(flag="ended")
    ended = query.flag("ended")
    done(query)
    return {"mutes": await call.services.reads.mutes(ended=ended)}


async def add(call: Call) -> View:
    """Silence a job, a tag, a node or everything."""
    fields = await call.fields("scope", "target", "for", "until_recovery", "reason")
    scope = fields.choice("scope", MuteScope.JOB)
    target = fields.text("target", longest=100)
    duration = fields.span("for")
    until_recovery = fields.flag("until_recovery")
    reason = fields.text("reason", longest=_LONGEST_REASON)
    if bool(target) == (scope is MuteScope.ALL):
        hint = "name the job, the tag or the node; scope `all` has no target"
        fields.refuse("target", "it does not fit the scope", hint)
    done(fields)
    return await call.services.mutes.add(
        scope,
        target,
        duration=duration,
        until_recovery=until_recovery,
        reason=reason,
        actor=call.actor,
    )


async def add_of_storm(call: Call) -> View:
    """Silence all of a storm."""
    fields = await call.fields("for", "reason")
    duration = fields.span("for")
    reason = fields.text("reason", longest=_LONGEST_REASON)
    if duration is None:
        fields.refuse("for", "is missing", "give a duration such as 4h")
    done(fields)
    assert duration is not None
    found = await call.services.storms.mute(
        StormId(call.id), duration, call.actor, reason
    )
    return {"mutes": found}


async def end_of_storm(call: Call) -> View:
    """End what silences a storm of its own."""
    return {"mutes": await call.services.storms.unmute(StormId(call.id), call.actor)}


async def remove(call: Call) -> View:
    """End a mute now."""
    return await call.services.mutes.remove(MuteId(call.id), call.actor)
