"""A connection is read from if nobody wants it shut."""

import asyncio
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web import valves
from bot.web.turnstile import Turnstile
from bot.web.valves import BEHIND, REQUEST, TAKER, TURN, Tap, Valve

REASONS = (BEHIND, TURN, REQUEST, TAKER)


class Recorder:
    """A transport that can be told apart from one that is not read from."""

    def __init__(self) -> None:
        self._reads = True
        self.calls = 0

    @property
    def is_read(self) -> bool:
        """Whether it is read from."""
        return self._reads

    def pause_reading(self) -> None:
        """It was read from until now."""
        assert self._reads
        self._reads = False
        self.calls += 1

    def resume_reading(self) -> None:
        """It was not."""
        assert not self._reads
        self._reads = True
        self.calls += 1

    def is_closing(self) -> str:
        """Something that is passed on."""
        return "asked"


def valve_of(recorder: Recorder) -> Valve:
    """A valve before it."""
    return Valve(cast(asyncio.Transport, recorder), Turnstile(1))


@given(st.lists(st.tuples(st.sampled_from(REASONS), st.booleans())))
def test_it_is_open_exactly_while_nobody_wants_it_shut(
    acts: list[tuple[int, bool]],
) -> None:
    recorder, wants = Recorder(), set[int]()
    valve = Valve(cast(asyncio.Transport, recorder), cast(Turnstile, None))
    for why, shuts in acts:
        if shuts:
            valve.shut(why)
            wants.add(why)
        else:
            valve.open(why)
            wants.discard(why)
        assert recorder.is_read == (not wants)


async def test_what_aiohttp_wants_is_one_word_of_several() -> None:
    recorder = Recorder()
    valve = valve_of(recorder)
    tap = Tap(cast(asyncio.Transport, recorder), valve)
    tap.pause_reading()
    valve.shut(REQUEST)
    tap.resume_reading()
    assert not recorder.is_read
    valve.open(REQUEST)
    assert recorder.calls == 2
    assert tap.is_closing() == "asked"
    with pytest.raises(AttributeError):
        tap.no_such_thing()


async def until_read(recorder: Recorder) -> None:
    """Wait for the turn."""
    while not recorder.is_read:
        await asyncio.sleep(0)


async def test_after_a_lot_others_have_their_turn() -> None:
    recorder = Recorder()
    valve = valve_of(recorder)
    # the first piece takes the place of this turn of the loop
    valve.count(valves.MOST_A_TURN)
    valve.count(valves.MOST_A_TURN - 1)
    assert recorder.calls == 0
    valve.count(1)
    assert recorder.calls == 1
    await until_read(recorder)
    assert recorder.calls == 2


async def test_who_waits_for_a_turn_already_waits_once() -> None:
    recorder = Recorder()
    valve = valve_of(recorder)
    for _ in range(4):
        valve.count(valves.MOST_A_TURN)
    await until_read(recorder)
    for _ in range(10):
        await asyncio.sleep(0)
    assert recorder.calls == 2
