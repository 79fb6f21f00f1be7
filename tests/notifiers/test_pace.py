"""So many sends in so many seconds, whenever the other side's windows begin."""

import asyncio
import random
from itertools import pairwise

import pytest

from bot.notifiers.pace import Pace, Paces

#: short, so that a test takes no longer than a few windows
WINDOW_S = 0.05


async def _send(pace: Pace, arrived: list[float], name: str, order: list[str]) -> None:
    async with pace.turn(urgent=name.startswith("urgent")):
        order.append(name)
        # on its way there, and back
        await asyncio.sleep(random.random() * WINDOW_S / 2)
        arrived.append(asyncio.get_running_loop().time())
        await asyncio.sleep(random.random() * WINDOW_S / 2)


async def test_no_window_sees_more_than_the_limit() -> None:
    pace, arrived, order = Pace(3, WINDOW_S), list[float](), list[str]()
    sends = [_send(pace, arrived, f"send-{n}", order) for n in range(20)]
    await asyncio.gather(*sends)
    assert len(arrived) == 20
    # of any four, the last came a whole window after the first
    spans = [b - a for a, b in zip(arrived, arrived[3:], strict=False)]
    assert min(spans) >= WINDOW_S
    assert order == [f"send-{n}" for n in range(20)]


async def test_whoever_is_urgent_goes_before_those_that_wait() -> None:
    pace, arrived, order = Pace(1, WINDOW_S), list[float](), list[str]()
    names = ["first", "second", "third", "urgent"]
    await asyncio.gather(*(_send(pace, arrived, name, order) for name in names))
    assert order == ["first", "urgent", "second", "third"]


async def test_a_send_that_is_given_up_takes_no_place() -> None:
    pace, order = Pace(1, WINDOW_S), list[str]()
    first = asyncio.create_task(_send(pace, [], "first", order))
    second = asyncio.create_task(_send(pace, [], "second", order))
    third = asyncio.create_task(_send(pace, [], "third", order))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, third)
    assert order == ["first", "third"]


async def test_a_place_that_was_given_and_not_used_is_given_back() -> None:
    pace = Pace(1, 0)
    async with pace.turn():
        waits = asyncio.create_task(_enter(pace))
        await asyncio.sleep(0)
    # the place is given to it in the turn in which it is cancelled
    asyncio.get_running_loop().call_later(0, waits.cancel)
    with pytest.raises(asyncio.CancelledError):
        await waits
    async with asyncio.timeout(5), pace.turn():
        pass


async def _enter(pace: Pace) -> None:
    async with pace.turn():
        await asyncio.sleep(60)


def test_each_key_has_a_pace_of_its_own() -> None:
    paces = Paces()
    keys = [("send", 1), ("edit", 1), ("send", 2)]
    found = [paces.of(key) for key in keys]
    assert all(a is not b for a, b in pairwise([*found, found[0]]))
    assert paces.of(keys[0]) is found[0]
