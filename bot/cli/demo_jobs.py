"""The jobs of `cronitor demo`: each really pings over HTTP, in a thread of its own."""

import http.client
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit

_PATIENCE_S = 5
_OUTPUT = b"""dumping table users ... done
dumping table orders ... done
error: no space left on device
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Wait, then ping."""

    wait_s: float
    #: what follows the ping URL: empty, `/start`, `/fail`, `/3`
    ending: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One job and what it does, again and again."""

    slug: str
    #: what a spectator is told
    about: str
    #: the rest of its `[[job]]` table
    table: Mapping[str, object]
    steps: Sequence[Step]

    def definition(self) -> dict[str, object]:
        """The `[[job]]` table."""
        return {"slug": self.slug, "description": self.about, **self.table}


def _often(count: int, *steps: Step) -> tuple[Step, ...]:
    return steps * count


_RUN = (Step(2, "/start"), Step(0.4))
_BAD_RUN = (Step(2, "/start"), Step(0.4, "/3", _OUTPUT))
_GOOD, _BAD = Step(1.1), Step(1.1, "/fail")

PLAYS = (
    Play(
        slug="healthy",
        about="reports every 2 s, always",
        table={"every": "2s", "grace": "2s"},
        steps=_RUN,
    ),
    Play(
        slug="goes-quiet",
        about="stops reporting for a while",
        table={"every": "1s", "grace": "1s", "severity": "critical"},
        steps=(*_often(5, _GOOD), Step(6), *_often(5, _GOOD)),
    ),
    Play(
        slug="fails",
        about="ends with exit status 3, twice",
        table={"every": "2s", "grace": "3s"},
        steps=(*_RUN, *_often(2, *_BAD_RUN), *_often(4, *_RUN)),
    ),
    Play(
        slug="overruns",
        about="one run takes 7 s instead of 1 s",
        table={"every": "2s", "grace": "4s", "max_runtime": "3s"},
        steps=(
            *(Step(2, "/start"), Step(1), Step(2, "/start"), Step(7)),
            *_often(4, Step(2, "/start"), Step(1)),
        ),
    ),
    Play(
        slug="flaps",
        about="fails every other time",
        table={"every": "1s", "grace": "3s"},
        steps=(*_often(7, _BAD, _GOOD), *_often(15, _GOOD)),
    ),
)


def play(steps: Iterator[Step], url: str, stop: threading.Event) -> None:
    """Ping as the steps say, until stopped or the steps end."""
    for step in steps:
        if stop.wait(step.wait_s):
            return
        # a job goes on when its ping cannot be delivered
        with suppress(OSError, http.client.HTTPException):
            send(url + step.ending, step.body)


def send(url: str, body: bytes) -> None:
    """One ping."""
    parts = urlsplit(url)
    # not urllib.request, which would ask a proxy of the environment
    connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_S)
    with closing(connection):
        connection.request("POST", parts.path, body)
        connection.getresponse().read()


class Cast:
    """Threads that play all jobs at once."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=play,
                args=(cycle(each.steps), urls[each.slug], self._stop),
                name=each.slug,
                daemon=True,
            )
            for each in PLAYS
        ]

    def __enter__(self) -> "Cast":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(_PATIENCE_S)
