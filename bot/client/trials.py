"""A test card, and the wait for somebody who presses its buttons."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import discord

from bot.client import failures
from bot.client.probe import Press, Probe
from bot.client.steps import Mark, Step, Teller
from bot.clock import Clock
from bot.discord_ui import cards
from bot.discord_ui.cards import Rendered

#: how often the server is asked for presses
POLL_S = 0.5
#: after the first button, for the other one
ANOTHER_S = 10.0
#: for a card that is on its way when somebody ends the check
LAST_SEND_S = 5.0

#: what `GET /v1/discord` answers; None where no server does
Ask = Callable[[], Awaitable[Mapping[str, Any] | None]]


async def send(
    client: discord.Client, channel_id: int, card: Rendered
) -> discord.Message:
    """Post a test card; raises what discord.py raises."""
    channel = client.get_partial_messageable(channel_id)
    return await channel.send(content=card.content, embed=card.embed, view=card.view())


class Trial:
    """One test card in one channel; what is said about it goes to `teller`."""

    def __init__(self, probe: Probe, teller: Teller, clock: Clock) -> None:
        self._probe = probe
        self._teller = teller
        self._clock = clock
        self._message: discord.Message | None = None
        self._buttons = 0

    async def post(self, channel_id: int) -> bool:
        """Show it; raises what discord.py raises."""
        card = cards.test_card(secrets.token_hex(4))
        self._buttons = len(card.items)
        sending = asyncio.create_task(
            send(self._probe, channel_id, card), name="test card"
        )
        try:
            self._message = await asyncio.shield(sending)
        except asyncio.CancelledError:
            # it may be there already, and is to be taken away again
            done, _ = await asyncio.wait({sending}, timeout=LAST_SEND_S)
            if done and sending.exception() is None:
                self._message = sending.result()
            sending.cancel()
            raise
        return True

    async def wait(self, wait_s: float, ask: Ask | None) -> None:
        """Say who presses what; with `ask`, the server answers and is asked for it."""
        told: list[Press] = []
        until = self._clock.monotonic() + wait_s
        first = True
        while (left_s := until - self._clock.monotonic()) > 0:
            for press in await self._new(told, ask):
                self._tell(press, "")
                told.append(press)
            if len({press.button for press in told}) >= self._buttons:
                return
            if first and (told or self._elsewhere(told)):
                first = False
                until = min(until, self._clock.monotonic() + ANOTHER_S)
            self._probe.heard.clear()
            await self._clock.wait(self._probe.heard, min(POLL_S, left_s))
        for press in self._elsewhere(told):
            self._tell(press, "; another Cronitor with this token has answered")
            told.append(press)
        if not told:
            self._say_nobody(wait_s)

    async def remove(self) -> None:
        """Take it away, if it was posted."""
        if self._message is None:
            return
        try:
            with suppress(discord.NotFound):
                await self._message.delete()
        except failures.AWAY as exc:
            said = f"it could not be deleted, so do it by hand: {failures.said(exc)}"
            self._say(Mark.NOTE, said)
            return
        self._say(Mark.OK, "deleted again")

    async def _new(self, told: list[Press], ask: Ask | None) -> list[Press]:
        found = self._probe.answered if ask is None else _pressed(await ask())
        return [press for press in found if self._is_here(press) and press not in told]

    def _elsewhere(self, told: list[Press]) -> list[Press]:
        """What came, and was not answered by us."""
        came = dict.fromkeys(self._probe.came)
        return [press for press in came if self._is_here(press) and press not in told]

    def _is_here(self, press: Press) -> bool:
        return self._message is not None and press.message_id == self._message.id

    def _tell(self, press: Press, more: str) -> None:
        said = f"{press.by} pressed {press.button}{more}"
        self._teller.step(Step(name="press", mark=Mark.OK, text=said))

    def _say(self, mark: Mark, said: str) -> None:
        self._teller.step(Step(name="test card", mark=mark, text=said))

    def _say_nobody(self, wait_s: float) -> None:
        said = (
            f"no press came within {wait_s:g} s, so it is not proven that buttons "
            "work; try it again and press one, or give --wait 0"
        )
        self._teller.step(Step(name="press", mark=Mark.WRONG, text=said))


def _pressed(link: Mapping[str, Any] | None) -> list[Press]:
    """The presses that the server has answered."""
    return [
        Press(int(each["message_id"]), str(each["button"]), str(each["by"]))
        for each in (link or {}).get("presses", ())
    ]
