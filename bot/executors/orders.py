"""What the supervisor is asked to start, and what it answers to those asked at once."""

import os
import re
from typing import Any

from bot.executors.clients import Client
from bot.executors.masks import Masker
from bot.executors.outputs import Output
from bot.executors.wire import Message

#: an id names files
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")

SEEN, INVALID, NOT_RECORDED = "seen", "invalid", "not_recorded"

_NONE = type(None)
_FIELDS: dict[str, tuple[type, ...]] = {
    "argv": (list,),
    "shell": (bool,),
    "cwd": (str,),
    "user": (str, _NONE),
    "env": (dict,),
    "umask": (int,),
    "nice": (int, _NONE),
    "memory": (int, _NONE),
    "cpu": (int, _NONE),
    "timeout": (int, float, _NONE),
    "limit": (int,),
    "masks": (list,),
}


def is_id(text: Any) -> bool:
    """Whether it may name a run."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def problem(order: Any) -> str:
    """Why it cannot be an order; empty if it can."""
    if not isinstance(order, dict) or not is_id(order.get("id")):
        return "the id is none"
    for field, kinds in _FIELDS.items():
        if not isinstance(order.get(field), kinds):
            return f"{field} is missing or of a wrong kind"
    if not order["argv"]:
        return "argv is empty"
    texts = [*order["argv"], *order["env"].values(), *order["masks"]]
    if not all(isinstance(text, str) for text in texts):
        return "argv, env or masks holds something that is no text"
    return ""


def output(order: Message, folder: str) -> Output:
    """Where the output of that run goes."""
    masker = Masker(text.encode("latin-1") for text in order["masks"])
    return Output(os.path.join(folder, order["id"]), order["limit"], masker)


class Batch:
    """Orders that came together, and are answered together."""

    __slots__ = ("_answers", "_left", "client", "number")

    def __init__(self, client: Client, number: int, size: int) -> None:
        self.client = client
        self.number = number
        self._answers: list[Message] = [{} for _ in range(size)]
        self._left = size

    @property
    def is_complete(self) -> bool:
        """Every order has its answer."""
        return self._left == 0

    def refuse(self, place: int, why: str, reason: str = "") -> None:
        """That order was not started."""
        self._answer(place, {"refused": why, "reason": reason})

    def started(self, place: int, pid: int, at_us: int) -> None:
        """That order is a process now."""
        self._answer(place, {"pid": pid, "started_us": at_us})

    def _answer(self, place: int, answer: Message) -> None:
        self._answers[place] = answer
        self._left -= 1

    def message(self) -> Message:
        """The answer to all."""
        return {"re": self.number, "answers": self._answers}
