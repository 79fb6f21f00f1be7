"""Only what somebody typed last is looked for."""

import asyncio
from functools import partial

import pytest

from cogs._typing import Typing


class Looks:
    """What was looked for, and when that ends."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.go = asyncio.Event()

    async def __call__(self, text: str) -> list[str]:
        """Take a while."""
        self.begun.append(text)
        await self.go.wait()
        return [text]


async def test_of_many_keystrokes_the_first_and_the_last_are_looked_for() -> None:
    typing, looks = Typing(), Looks()
    texts = ["b", "ba", "bac", "back"]
    typed = [asyncio.create_task(typing.look(1, partial(looks, t))) for t in texts]
    other = asyncio.create_task(typing.look(2, partial(looks, "x")))
    await asyncio.sleep(0)
    looks.go.set()
    assert await asyncio.gather(*typed) == [["b"], [], [], ["back"]]
    assert await other == ["x"]
    assert looks.begun == ["b", "x", "back"]
    assert len(typing) == 0


async def test_what_fails_or_is_given_up_leaves_nothing() -> None:
    typing, looks = Typing(), Looks()

    async def broken() -> list[str]:
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await typing.look(1, broken)
    given_up = asyncio.create_task(typing.look(1, partial(looks, "b")))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert len(typing) == 0
