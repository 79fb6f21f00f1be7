"""Stand-ins for a press on a button: the person, the interaction and the engine."""

from collections.abc import Coroutine, Iterable
from datetime import timedelta
from typing import Any, cast
from unittest.mock import create_autospec

import aiohttp
import discord

from bot.core.executions import ExecutionId
from bot.core.explanations import Explanation, explain
from bot.core.kinds import IncidentId, StormId
from bot.core.models import Actor
from bot.core.roles import Grade, Rules
from bot.core.storm_cards import StormCard
from bot.core.views import View
from tests.core import stormy
from tests.core.factories import T0
from tests.discord_ui.factories import missed

OPERATORS, ADMINS = 10, 20
RULES = Rules(
    operator_role_ids=frozenset({OPERATORS}), admin_role_ids=frozenset({ADMINS})
)
GONE = 10062
#: the message whose buttons are pressed
MESSAGE = 1212


RUN = {
    "id": 7,
    "job": "nightly",
    "by": "ann (discord)",
    "params": {},
    "attempt": 1,
    "stage": "waiting",
    "queued_at": "2026-11-23T03:00:00Z",
    "started_at": None,
    "end": None,
    "duration": None,
    "exit_status": None,
    "signal": None,
    "reason": "",
    "cancelled_by": None,
}


class Engine:
    """What the buttons act through: remembers, and answers or raises as told."""

    def __init__(
        self, *, rules: Rules = RULES, raises: Exception | None = None
    ) -> None:
        self.rules = rules
        self.actions = self
        self.raises = raises
        self.asked: list[tuple[object, ...]] = []
        self.acknowledged_by = "ann (discord)"
        self.acknowledged_at: str | None = "2026-11-23T03:00:00Z"
        self.until_recovery = False
        self.ended: list[View] = [{"id": 1, "still": None}]
        self.tests: list[tuple[int, str, str]] = []
        self.taken = 5
        self.owners = ["ann (discord)"]
        self.muted: list[View] = [
            {"scope": "node", "target": "nas", "until_at": "2026-11-23T07:00:00Z"}
        ]
        #: who may start the job by hand
        self.trigger_grade: Grade | None = Grade.OPERATOR
        self.run: dict[str, Any] = dict(RUN)
        self.is_new = True
        self.output = "line\n"
        #: what was to be done beside
        self.errands: list[Coroutine[Any, Any, None]] = []

    def beside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self.errands.append(work)

    def tested(self, message_id: int, button: str, by: str) -> None:
        self.tests.append((message_id, button, by))

    def _take(self, *asked: object) -> None:
        self.asked.append(asked)
        if self.raises is not None:
            raise self.raises

    async def acknowledge(self, incident_id: IncidentId, actor: Actor) -> View:
        self._take("acknowledge", incident_id, str(actor))
        return {
            "acknowledged_by": self.acknowledged_by,
            "acknowledged_at": self.acknowledged_at,
        }

    async def mute(
        self, incident_id: IncidentId, duration: timedelta | None, actor: Actor
    ) -> View:
        self._take("mute", incident_id, duration, str(actor))
        return {
            "target": "nightly",
            "until_at": "2026-11-23T07:00:00Z",
            "until_recovery": self.until_recovery,
        }

    async def unmute(self, incident_id: IncidentId, actor: Actor) -> list[View]:
        self._take("unmute", incident_id, str(actor))
        return self.ended

    async def explain(self, incident_id: IncidentId) -> Explanation:
        self._take("explain", incident_id)
        return explain(missed().load(), [], T0)

    async def acknowledge_storm(self, storm_id: StormId, actor: Actor) -> View:
        self._take("acknowledge storm", storm_id, str(actor))
        return {"acknowledged": self.taken, "owners": self.owners}

    async def mute_storm(
        self, storm_id: StormId, duration: timedelta, actor: Actor
    ) -> list[View]:
        self._take("mute storm", storm_id, duration, str(actor))
        return self.muted

    async def unmute_storm(self, storm_id: StormId, actor: Actor) -> list[View]:
        self._take("unmute storm", storm_id, str(actor))
        return self.muted

    async def storm(self, storm_id: StormId) -> StormCard:
        self._take("storm", storm_id)
        return stormy.card(stormy.member(1))

    async def trigger(self, incident_id: IncidentId) -> tuple[str, Grade | None]:
        return "nightly", self.trigger_grade

    async def run_again(
        self, incident_id: IncidentId, actor: Actor
    ) -> tuple[View, bool]:
        self._take("run_again", incident_id, str(actor))
        return self.run, self.is_new

    async def run_ended(self, number: ExecutionId) -> View:
        self._take("run_ended", number)
        return self.run | {"end": "ok", "duration": 3.0}

    async def run_output(self, incident_id: IncidentId) -> tuple[View, str]:
        self._take("run_output", incident_id)
        return self.run, self.output


def _spec(kind: type) -> Any:
    """A stand-in that knows nothing that the real one does not."""
    return create_autospec(kind, spec_set=True, instance=True)


def member(
    *roles: int, manages: bool = False, name: str = "ann", shown: str = "Ann"
) -> discord.Member:
    """Somebody in the server."""
    person = _spec(discord.Member)
    person.name, person.display_name = name, shown
    person.roles = [discord.Object(role) for role in roles]
    person.guild_permissions = discord.Permissions(manage_guild=manages)
    return cast(discord.Member, person)


class Press:
    """One interaction, and what was answered to it."""

    def __init__(
        self,
        engine: object,
        *,
        user: discord.Member | discord.User | None = None,
        answered: bool = False,
    ) -> None:
        self.interaction = _spec(discord.Interaction)
        self.interaction.client = engine
        self.interaction.user = user or member(OPERATORS)
        self.interaction.data = {"custom_id": "cronitor:ack:12"}
        self.interaction.message = _spec(discord.Message)
        self.interaction.message.id = MESSAGE
        self.interaction.filesize_limit = 10_000_000
        #: what a follow-up becomes
        self.message: Any = _spec(discord.WebhookMessage)
        self.is_done = answered
        #: what was done, in order: defer, answer, follow up
        self.order: list[str] = []
        #: what the person was told
        self.said: list[dict[str, Any]] = []
        response = _spec(discord.InteractionResponse)
        response.is_done.side_effect = lambda: self.is_done
        response.defer.side_effect = self._defer
        response.send_message.side_effect = self._answer
        followup = _spec(discord.Webhook)
        followup.send.side_effect = self._follow_up
        self.interaction.response, self.interaction.followup = response, followup

    async def _defer(self, *, ephemeral: bool = False, thinking: bool = False) -> None:
        self.is_done = True
        self.order.append("defer, thinking" if thinking else "defer")
        assert thinking == ephemeral

    async def _answer(self, **said: Any) -> None:
        self.is_done = True
        self._say("answer", said)

    async def _follow_up(self, content: str = "", **said: Any) -> object:
        if content:
            said["content"] = content
        self._say("follow up", said)
        return self.message

    def _say(self, how: str, said: dict[str, Any]) -> None:
        self.order.append(how)
        self.said.append(said)

    def fails(self, exc: Exception) -> None:
        """Discord refuses from now on."""
        response = self.interaction.response
        response.defer.side_effect = response.send_message.side_effect = exc
        self.interaction.followup.send.side_effect = exc

    @property
    def contents(self) -> list[str]:
        """The texts that the person was told, all of them in private."""
        assert all(said["ephemeral"] for said in self.said)
        assert all(
            said["allowed_mentions"].to_dict() == {"parse": []} for said in self.said
        )
        return [said.get("content", "") for said in self.said]


def refused(code: int, status: int = 404) -> discord.HTTPException:
    """What discord.py raises for an answer with this code."""
    response = create_autospec(aiohttp.ClientResponse, instance=True)
    response.status, response.reason = status, "refused"
    kind = discord.NotFound if status == 404 else discord.HTTPException
    return kind(response, {"code": code, "message": "refused"})


def chosen(item: Any, values: Iterable[str]) -> Any:
    """The menu after somebody chose, as discord.py tells it."""
    item._refresh_state(None, {"custom_id": item.custom_id, "values": list(values)})
    return item
