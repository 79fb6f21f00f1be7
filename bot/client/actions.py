"""What buttons ask for, done by the engine's use-cases."""

from datetime import timedelta

from bot.core.executions import ExecutionId
from bot.core.explanations import Explanation
from bot.core.kinds import IncidentId, MuteScope, StormId
from bot.core.models import Actor
from bot.core.roles import Grade
from bot.core.storm_cards import StormCard
from bot.core.views import View
from bot.engine.services import Services

#: the reason that a mute from a button has
FROM_CARD = "from the card"


class CardActions:
    """Keeps the contract of `discord_ui.base.Actions`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def acknowledge(self, incident_id: IncidentId, actor: Actor) -> View:
        """Stop its sounds."""
        return await self._services.incidents.acknowledge(incident_id, actor)

    async def mute(
        self, incident_id: IncidentId, duration: timedelta | None, actor: Actor
    ) -> View:
        """Silence the incident's job."""
        return await self._services.mutes.add(
            MuteScope.JOB,
            await self._slug(incident_id),
            duration=duration,
            until_recovery=duration is None,
            reason=FROM_CARD,
            actor=actor,
        )

    async def unmute(self, incident_id: IncidentId, actor: Actor) -> list[View]:
        """End the mutes of the incident's job alone."""
        slug = await self._slug(incident_id)
        return await self._services.mutes.unmute(slug, actor)

    async def explain(self, incident_id: IncidentId) -> Explanation:
        """Why it is as it is."""
        return await self._services.reads.explain(incident_id)

    async def acknowledge_storm(self, storm_id: StormId, actor: Actor) -> View:
        """Stop the sounds of all its incidents."""
        return await self._services.storms.acknowledge(storm_id, actor)

    async def mute_storm(
        self, storm_id: StormId, duration: timedelta, actor: Actor
    ) -> list[View]:
        """Silence all of it."""
        return await self._services.storms.mute(storm_id, duration, actor, FROM_CARD)

    async def unmute_storm(self, storm_id: StormId, actor: Actor) -> list[View]:
        """End what silences it of its own."""
        return await self._services.storms.unmute(storm_id, actor)

    async def storm(self, storm_id: StormId) -> StormCard:
        """What is in it."""
        return await self._services.storms.card(storm_id)

    async def trigger(self, incident_id: IncidentId) -> tuple[str, Grade | None]:
        """The incident's job, and who may start it by hand."""
        slug = await self._slug(incident_id)
        command = await self._services.runs.command_of(slug)
        return slug, command.allow_trigger

    async def run_again(
        self, incident_id: IncidentId, actor: Actor
    ) -> tuple[View, bool]:
        """Run the incident's job once more."""
        return await self._services.runs.again(incident_id, actor)

    async def run_ended(self, number: ExecutionId) -> View:
        """The run, as soon as it is over."""
        return await self._services.runs.ended(number)

    async def run_output(self, incident_id: IncidentId) -> tuple[View, str]:
        """What the run that it is about has printed, else what a ping has sent."""
        sent = await self._services.incidents.output(incident_id)
        if sent is not None:
            return sent
        view = await self._services.runs.of_incident(incident_id)
        number = ExecutionId(int(str(view["id"])))
        return view, await self._services.runs.shown_output(number)

    async def _slug(self, incident_id: IncidentId) -> str:
        incident = await self._services.reads.incident(incident_id)
        return str(incident["job"])
