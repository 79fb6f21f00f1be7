"""Runs over the API: start, end, list, output at once and as it comes."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

from bot.core.executions import ExecutionId, Trigger
from bot.core.job_fields import shown
from bot.core.views import View
from bot.errors import Forbidden, Invalid, Problem
from bot.web.calls import Call, done

#: a key that makes a wish the same one when it comes again
_LONGEST_KEY = 200
_LARGEST_ID = 10**15


async def wish(call: Call) -> View:
    """Let a run begin as soon as there is a place for it."""
    fields = await call.fields("params", "key")
    key = fields.text("key", longest=_LONGEST_KEY) or call.request.headers.get(
        "Idempotency-Key", ""
    )
    params = _params(fields.value("params"))
    done(fields)
    local = call.caller.local
    if not local and not await call.services.runs.may_be_triggered(call.slug):
        raise Forbidden(f"{call.slug} is started on the server only")
    return await call.services.runs.wish(
        call.slug,
        call.actor,
        trigger=Trigger.PERSON if local else Trigger.API,
        params=params,
        key=key[:_LONGEST_KEY],
    )


def _params(given: object) -> Mapping[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(
        isinstance(each, str) for each in given.values()
    ):
        hint = 'write {"name": "value"}'
        raise Invalid(Problem("params", f"{shown(given)} is no table of texts", hint))
    return given


async def cancel(call: Call) -> View:
    """End the runs of a job, or one of them."""
    fields = await call.fields("run")
    number = None
    if fields.has("run"):
        number = fields.whole("run", default=0, least=1, most=_LARGEST_ID)
    done(fields)
    chosen = None if number is None else ExecutionId(number)
    return await call.services.runs.cancel(call.slug, call.actor, number=chosen)


async def listed(call: Call) -> View:
    """The newest runs of a job."""
    query = call.query(number="limit")
    limit = query.whole("limit", default=20, least=1, most=1000)
    done(query)
    return {"runs": await call.services.runs.of_job(call.slug, limit)}


async def show(call: Call) -> View:
    """One run."""
    return await call.services.runs.show(ExecutionId(call.id))


async def newest(call: Call) -> View:
    """The newest run of a job that has begun."""
    return await call.services.runs.newest(call.slug)


async def output(call: Call) -> View:
    """What a run has printed, as text."""
    return await call.services.runs.output_view(ExecutionId(call.id))


async def follow(call: Call) -> AsyncIterator[bytes]:
    """The output as it comes, as server-sent events, and at last how it ended."""
    runs = call.services.runs
    async for name, data in runs.follow(ExecutionId(call.id)):
        yield _event(name, data)
    await asyncio.sleep(0)


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
