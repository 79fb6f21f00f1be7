"""What a check has found, one step after the other, for whoever prints it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.client.guild_check import Finding


class Mark(StrEnum):
    """How a step went."""

    OK = "ok"
    #: nothing is wrong, but it is good to know
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was looked at, in one line; with the way out if it is wrong."""

    #: token, server, commands, ... or the key of a setting
    name: str
    mark: Mark
    text: str
    #: what is wrong is the settings, so that trying again cannot help
    is_setting: bool = False
    #: in a channel, by the names that people see
    permissions: Mapping[str, bool] = field(default_factory=dict)


class Teller(Protocol):
    """Whoever watches a check."""

    def step(self, step: Step) -> None:
        """A step is done."""
        ...

    def busy(self, said: str) -> None:
        """Something takes its time."""
        ...

    def prompt(self, said: str, wait_s: float) -> None:
        """It is a person's turn; so long will be waited."""
        ...


def wrong(finding: Finding, *, is_setting: bool = False) -> Step:
    """The step that ended with this finding."""
    name = "server" if finding.part == "guild" else finding.part
    return Step(name=name, mark=Mark.WRONG, text=finding.text, is_setting=is_setting)
