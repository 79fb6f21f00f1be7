"""What buttons and commands find on the client: who may do what, and the doing."""

from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Protocol

from bot.core.executions import ExecutionId
from bot.core.explanations import Explanation
from bot.core.kinds import IncidentId, StormId
from bot.core.models import Actor
from bot.core.roles import Grade, Rules
from bot.core.storm_cards import StormCard
from bot.core.views import View


class Actions(Protocol):
    """What a button on a card may ask for; each method is one use-case of the engine.

    All raise NotFound, Conflict, Invalid or Unavailable (`bot.errors`), whose text is
    for the person who pressed.
    """

    async def acknowledge(self, incident_id: IncidentId, actor: Actor) -> View:
        """Stop its sounds; the view's `acknowledged_by` says who was first."""
        ...

    async def mute(
        self, incident_id: IncidentId, duration: timedelta | None, actor: Actor
    ) -> View:
        """Silence the incident's job; None: until it recovers. The mute's view."""
        ...

    async def unmute(self, incident_id: IncidentId, actor: Actor) -> list[View]:
        """End the mutes of the incident's job alone; their views."""
        ...

    async def explain(self, incident_id: IncidentId) -> Explanation:
        """Why it is as it is, and when it will alert next; its texts are masked."""
        ...

    async def acknowledge_storm(self, storm_id: StormId, actor: Actor) -> View:
        """Stop the sounds of all its incidents that nobody has.

        The view's `acknowledged` says how many those were, `owners` who has the others.
        """
        ...

    async def mute_storm(
        self, storm_id: StormId, duration: timedelta, actor: Actor
    ) -> list[View]:
        """Silence its node or tag, else the job of each of its incidents."""
        ...

    async def unmute_storm(self, storm_id: StormId, actor: Actor) -> list[View]:
        """End the mutes of its node or tag, and those of its jobs; never none."""
        ...

    async def storm(self, storm_id: StormId) -> StormCard:
        """What is in it, as it is now."""
        ...

    async def trigger(self, incident_id: IncidentId) -> tuple[str, Grade | None]:
        """The incident's job, and who may start it by hand; None: nobody here."""
        ...

    async def run_again(
        self, incident_id: IncidentId, actor: Actor
    ) -> tuple[View, bool]:
        """Run the incident's job; False: another press has just begun that run."""
        ...

    async def run_ended(self, number: ExecutionId) -> View:
        """The run, as soon as it is over."""
        ...

    async def run_output(self, incident_id: IncidentId) -> tuple[View, str]:
        """The run that an incident is about, and what it has printed, masked.

        Of a job that is run elsewhere: `job` and `incident`, and what a ping has sent.
        """
        ...


class Acting(Protocol):
    """The client, as buttons see it."""

    actions: Actions

    @property
    def rules(self) -> Rules:
        """Who may do what now."""
        ...

    def beside(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside everything else; it ends with the client."""
        ...

    def tested(self, message_id: int, button: str, by: str) -> None:
        """Hear that a button of a test card works; `by` is a unique handle."""
        ...
