"""A few in each turn of the loop, in order, and nobody for ever."""

import asyncio
from itertools import pairwise

from bot.web.turnstile import CROWD, Turnstile


async def turn() -> None:
    """Let the loop go round once."""
    await asyncio.sleep(0)


async def test_with_room_nobody_waits() -> None:
    turnstile = Turnstile(2)
    await turnstile.enter()
    entering = turnstile.enter()
    # it does not even ask the loop
    try:
        entering.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


async def test_a_flood_comes_in_by_twos_and_in_order() -> None:
    turnstile, entered = Turnstile(2), list[int]()
    for number in range(7):
        turnstile.queue(lambda number=number: entered.append(number))  # type: ignore[misc]
    sizes = []
    while len(entered) < 7:
        await turn()
        sizes.append(len(entered))
    assert entered == list(range(7))
    assert sizes == [2, 4, 6, 7]


async def test_who_waits_is_before_who_comes() -> None:
    turnstile, entered = Turnstile(1), list[str]()

    async def come(name: str) -> None:
        await turnstile.enter()
        entered.append(name)

    async with asyncio.TaskGroup() as group:
        for name in "abcd":
            group.create_task(come(name))
    assert entered == ["a", "b", "c", "d"]


async def test_who_goes_away_holds_nobody_up() -> None:
    turnstile, entered = Turnstile(1), list[str]()
    await turnstile.enter()
    turnstile.queue(lambda: entered.append("before"))
    gone = asyncio.create_task(turnstile.enter())
    await asyncio.wait([gone], timeout=0)
    gone.cancel()
    turnstile.queue(lambda: entered.append("next"))
    for _ in range(6):
        await turn()
    assert entered == ["before", "next"]
    assert gone.cancelled()


class Store:
    """Pings that are on their way to the disk, or not."""

    def __init__(self) -> None:
        self.stores = True

    def __call__(self) -> bool:
        """Whether there are any."""
        return self.stores


async def test_beside_pings_one_is_let_in_and_the_next_waits_a_while() -> None:
    turnstile, entered = Turnstile(2, is_storing=Store()), list[int]()
    for number in range(3):
        turnstile.queue(lambda number=number: entered.append(number))  # type: ignore[misc]
    for _ in range(50):
        await turn()
        if entered:
            break
    # turns of the loop do not help
    assert entered == [0]
    assert not turnstile.passes()
    await turnstile.enter()
    assert entered == [0, 1, 2]


async def test_the_first_beside_pings_does_not_wait() -> None:
    turnstile = Turnstile(2, is_storing=Store())
    assert turnstile.passes()
    assert not turnstile.passes()


async def test_who_waited_for_pings_comes_in_when_they_are_stored() -> None:
    store, entered = Store(), list[int]()
    turnstile = Turnstile(2, is_storing=store)
    for number in range(6):
        turnstile.queue(lambda number=number: entered.append(number))  # type: ignore[misc]
    await turn()
    store.stores = False
    await turnstile.enter()
    assert entered == list(range(6))


async def test_a_flood_is_let_in_as_beside_pings_until_it_is_none() -> None:
    turnstile, entered = Turnstile(2), list[int]()
    for number in range(CROWD + 3):
        turnstile.queue(lambda number=number: entered.append(number))  # type: ignore[misc]
    await turn()
    assert entered == [0]
    while len(entered) < 3:
        await asyncio.sleep(0.001)
    sizes = []
    while len(entered) < CROWD + 3:
        await turn()
        sizes.append(len(entered))
    # from then on by twos
    assert {after - before for before, after in pairwise(sizes)} <= {0, 1, 2}
    assert 2 in {after - before for before, after in pairwise(sizes)}
    assert entered == list(range(CROWD + 3))


async def test_a_fault_of_one_holds_nobody_up() -> None:
    turnstile, entered = Turnstile(1), list[int]()

    def fail() -> None:
        entered.append(1)
        raise RuntimeError("a fault")

    told: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    turnstile.queue(fail)
    turnstile.queue(lambda: entered.append(2))
    for _ in range(5):
        await turn()
    assert entered == [1, 2]
    assert len(told) == 1
