"""What waits for the writer: lanes of items, and the groups that it takes from them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from storage import faults
from storage.queries import Transaction
from storage.units import Lost, Units

Item = TypeVar("Item")
Result = TypeVar("Result")

Handler = Callable[[Transaction, list[Item]], Awaitable[Sequence[Result]]]
#: told what became of items that were taken together, whether they could be stored
Settled = Callable[[Sequence[Item], bool], None]


class Group(Protocol):
    """Items of one lane that go into one commit."""

    async def run(self, units: Units) -> None:
        """Do the work; outcomes are kept back until `answer`."""
        ...

    def answer(self) -> None:
        """Tell every caller: the commit is done."""
        ...

    def refuse(self, reason: str, cause: BaseException | None) -> None:
        """Tell every caller that nothing was stored."""
        ...


class Lane(Protocol):
    """Items that wait for one handler."""

    def __len__(self) -> int:
        """How many wait."""
        ...

    def take(self, count: int) -> Group:
        """Remove the `count` oldest items."""
        ...


class HandlerLane(Generic[Item, Result]):
    """Items that one handler takes together."""

    def __init__(
        self, handler: Handler[Item, Result], settled: Settled[Item] | None = None
    ) -> None:
        self._handler = handler
        self._settled = settled
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, item: Item, future: asyncio.Future[Result]) -> None:
        """Queue an item at the end."""
        self._waiting.append((item, future))

    def take(self, count: int) -> Group:
        """Remove the `count` oldest items."""
        take = self._waiting.popleft
        taken = [take() for _ in range(min(count, len(self._waiting)))]
        return HandlerGroup(self._handler, taken, self._settled)


class HandlerGroup(Generic[Item, Result]):
    """Items that are handed over together; whoever fails, fails alone."""

    def __init__(
        self,
        handler: Handler[Item, Result],
        entries: list[tuple[Item, asyncio.Future[Result]]],
        settled: Settled[Item] | None = None,
    ) -> None:
        self._handler = handler
        self._settled = settled
        self._items = [item for item, _ in entries] if settled else []
        #: without those whose caller has gone away before it began
        self._entries = [entry for entry in entries if not entry[1].done()]
        self._outcomes: list[Result | _Failure] = []

    async def run(self, units: Units) -> None:
        """Do the work; outcomes are kept back until `answer`."""
        if self._entries:
            await self._run([item for item, _ in self._entries], units)

    def answer(self) -> None:
        """Tell every caller: the commit is done."""
        if self._settled is not None:
            self._settled(self._items, True)
        for (_, future), outcome in zip(self._entries, self._outcomes, strict=True):
            if future.done():
                continue
            if isinstance(outcome, _Failure):
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome)

    def refuse(self, reason: str, cause: BaseException | None) -> None:
        """Tell every caller that nothing was stored."""
        if self._settled is not None:
            self._settled(self._items, False)
        for _, future in self._entries:
            if not future.done():
                future.set_exception(faults.unavailable(reason, cause))

    async def _run(self, items: list[Item], units: Units) -> None:
        """Run them together, or if that raises in halves, down to who fails alone."""

        async def unit(tx: Transaction) -> Sequence[Result]:
            results = await self._handler(tx, items)
            if len(results) != len(items):
                raise RuntimeError(f"{len(items)} items, but {len(results)} results")
            return results

        try:
            self._outcomes += await units.run(unit)
        except Lost:
            raise
        except Exception as exc:
            if len(items) == 1:
                self._outcomes.append(_Failure(exc))
                return
            middle = len(items) // 2
            await self._run(items[:middle], units)
            await self._run(items[middle:], units)


class _Failure:
    """What to raise in a caller once the commit is done."""

    def __init__(self, error: Exception) -> None:
        self.error = error
