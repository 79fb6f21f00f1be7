"""A few in each turn of the loop, in order, and nobody for ever."""

import asyncio

from bot.web.turnstile import Turnstile


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
