"""One connection to a supervisor: questions, their answers, and news."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.errors import Unavailable
from bot.executors import wire
from bot.executors.wire import Message

#: a supervisor that is silent for so long hangs: it tells every five seconds
SILENCE_S = 30.0
#: what has come while this process itself was held up is read within that
LAST_LOOK_S = 1.0
#: how long an answer may take; a thousand starts take seconds on a slow machine
ANSWER_S = 120.0
_READ = 1 << 18
_GONE = "the supervisor of runs is gone"


class Silent(Unavailable):
    """The supervisor is there, and says nothing."""


class Connection:
    """To a supervisor that has said who it is."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.greeting: Message = {}
        self._reader = reader
        self._writer = writer
        self._decoder = wire.Decoder()
        self._questions: dict[int, asyncio.Future[Message]] = {}
        self._number = 0

    async def greet(self, within_s: float) -> None:
        """Wait for its greeting; raises Silent, or Unavailable."""
        try:
            while not self.greeting:
                await self._hear(self._take_greeting, within_s)
        except TimeoutError as exc:
            raise Silent("the supervisor of runs hangs") from exc
        except (OSError, ValueError) as exc:
            raise Unavailable("the supervisor of runs does not greet") from exc

    async def listen(self, on_news: Callable[[Message], None]) -> None:
        """Take answers and news until the connection ends: Silent, or Unavailable."""
        try:
            while True:
                await self._hear(lambda message: self._take(message, on_news))
        except TimeoutError as exc:
            why = f"the supervisor of runs has been silent for {SILENCE_S:g} s"
            self._fail_questions(why)
            raise Silent(why) from exc
        except (OSError, ValueError) as exc:
            self._fail_questions()
            raise Unavailable(_GONE) from exc

    async def ask(self, do: str, **fields: Any) -> Message:
        """The answer; Unavailable if the connection ends before it comes."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        try:
            self._writer.write(wire.encode({"do": do, "n": number, **fields}))
            async with asyncio.timeout(ANSWER_S):
                await self._writer.drain()
                return await answer
        except (OSError, TimeoutError) as exc:
            raise Unavailable("the supervisor of runs does not answer") from exc
        finally:
            del self._questions[number]

    async def close(self) -> None:
        """Let go; who waits for an answer gets Unavailable."""
        self._fail_questions()
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    def _fail_questions(self, why: str = _GONE) -> None:
        for answer in self._questions.values():
            if not answer.done():
                answer.set_exception(Unavailable(why))

    async def _hear(
        self, take: Callable[[Message], None], within_s: float | None = None
    ) -> None:
        """Read once; TimeoutError: there was nothing for so long."""
        try:
            async with asyncio.timeout(SILENCE_S if within_s is None else within_s):
                await self._read(take)
        except TimeoutError:
            async with asyncio.timeout(LAST_LOOK_S):
                await self._read(take)

    async def _read(self, take: Callable[[Message], None]) -> None:
        data = await self._reader.read(_READ)
        if not data:
            raise ConnectionResetError
        for message in self._decoder.feed(data):
            take(message)

    def _take_greeting(self, message: Message) -> None:
        """News may follow it at once; all of it is in what is asked next."""
        if not self.greeting:
            if message.get("hello") != wire.PROTOCOL:
                raise ValueError("it speaks another protocol")
            self.greeting = message

    def _take(self, message: Message, on_news: Callable[[Message], None]) -> None:
        answer = self._questions.get(message.get("re", 0))
        if answer is not None and not answer.done():
            answer.set_result(message)
        for news in message.get("news", ()):
            on_news(news)


async def connect(folder: Path, within_s: float = SILENCE_S) -> Connection:
    """To the supervisor of that folder; Unavailable if none answers.

    Silent: there is one, which does not greet within so many seconds.
    """
    plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    plain.setblocking(False)
    try:
        await _connect(plain, folder)
        reader, writer = await asyncio.open_unix_connection(sock=plain)
    except OSError as exc:
        plain.close()
        raise Unavailable("no supervisor of runs answers") from exc
    except BaseException:
        plain.close()
        raise
    connection = Connection(reader, writer)
    try:
        await connection.greet(within_s)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _connect(plain: socket.socket, folder: Path) -> None:
    """The path of a socket may be 100 bytes long, that of a folder any length."""
    name = f"{wire.name()}.sock"
    loop = asyncio.get_running_loop()
    if sys.platform != "linux":
        await loop.sock_connect(plain, str(folder / name))
        return
    held = os.open(folder, os.O_PATH)
    try:
        await loop.sock_connect(plain, f"/proc/self/fd/{held}/{name}")
    finally:
        os.close(held)
