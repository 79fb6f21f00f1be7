"""Follows a run to its last attempt: the output as it comes, and how each ends."""

import asyncio
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator
from dataclasses import dataclass

import storage.executions
import storage.jobs
from bot.core import cut_outputs
from bot.core.executions import Execution, ExecutionId, Stage
from bot.core.views import View
from bot.engine import run_views
from bot.engine.context import Context
from bot.errors import NotFound, Unavailable
from bot.executors.base import Chunk, Executor
from storage.queries import Queries

#: how often somebody who follows a run is told what is new
FOLLOW_S = 0.2

#: an event and its data: `output` with text, `again` with the attempt that has ended
#: and the next one, and at last `end` with the attempt that counts
Event = tuple[str, str | View]

_Decoder = getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True)
class _Look:
    """An attempt, what is stored of its output, and the attempt after it."""

    execution: Execution
    slug: str
    stored: bytes
    evidence: View
    #: if that has ended badly and there is to be another
    following: Execution | None


class Follower:
    """Follows one run."""

    def __init__(self, context: Context, executor: Executor | None) -> None:
        self._context = context
        self._executor = executor
        #: a character may come in two pieces
        self._decoder = _Decoder("replace")
        #: how far the output of this attempt has been told
        self._at = 0

    async def events(self, number: ExecutionId) -> AsyncIterator[Event]:
        """What happens, until no attempt follows; raises NotFound."""
        while True:
            look = await self._look(number)
            for text in await self._news(look):
                yield "output", text
            if look.execution.stage is not Stage.ENDED:
                await asyncio.sleep(FOLLOW_S)
                continue
            ended = run_views.run(look.execution, look.slug)
            ended |= {"evidence": look.evidence}
            if look.following is None:
                yield "end", ended
                return
            following = run_views.run(look.following, look.slug)
            yield "again", {"ended": ended, "next": following}
            number, self._at = look.following.id, 0

    async def _look(self, number: ExecutionId) -> _Look:
        async def find(q: Queries) -> _Look:
            execution = (await storage.executions.by_ids(q, [number])).get(number)
            if execution is None:
                raise NotFound(f"there is no run {number}; see `cronitor runs JOB`")
            return _Look(
                execution=execution,
                slug=await storage.jobs.slug_of(q, execution.job_id),
                stored=await storage.executions.output(q, number) or b"",
                evidence=await storage.executions.evidence(q, number),
                following=await storage.executions.following(q, execution),
            )

        return await self._context.db.read(find)

    async def _news(self, look: _Look) -> list[str]:
        """The text that is new since the last look."""
        execution = look.execution
        is_over = execution.stage is Stage.ENDED
        data = b""
        if is_over:
            data = cut_outputs.unread(look.stored, execution.output_size, self._at)
        elif execution.is_active and self._executor is not None:
            data = await self._printed(self._executor, execution)
        text = self._decoder.decode(data, final=is_over)
        return [text] if text else []

    async def _printed(self, executor: Executor, execution: Execution) -> bytes:
        found = bytearray()
        for chunk in await printed(executor, execution, self._at):
            if chunk.offset > self._at:
                found += cut_outputs.mark(chunk.offset - self._at)
            found += chunk.data
            self._at = chunk.end
        return bytes(found)


async def printed(executor: Executor, execution: Execution, at: int = 0) -> list[Chunk]:
    """What is kept of a run's output; raises Unavailable if it cannot be read."""
    try:
        return await executor.output(execution.dispatch_id, at)
    except OSError as exc:
        raise Unavailable(f"its output cannot be read: {exc.strerror}") from exc
