"""What happens in `cronitor demo`, gathered from the server again and again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.cli.client import Client
from bot.cli.demo_jobs import PLAYS
from bot.core.states import View


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story of any incident."""

    at: str
    incident: int
    job: str
    view: View


@dataclass
class Scene:
    """The jobs as they are, and the stories of their incidents so far."""

    client: Client
    jobs: list[View] = field(default_factory=list)
    #: in the order in which they became known
    events: list[Event] = field(default_factory=list)
    _revisions: dict[int, int] = field(default_factory=dict)
    _told: dict[int, int] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The server's time at its last answer."""
        return self.client.now

    def look(self) -> Sequence[Event]:
        """Ask the server; return what is new in the stories, by time."""
        self.jobs = [self.client.get(f"/v1/jobs/{play.slug}") for play in PLAYS]
        found = self.client.get("/v1/incidents", limit=100)["incidents"]
        changed = [i for i in found if self._revisions.get(i["id"]) != i["revision"]]
        new = sorted(
            (event for incident in changed for event in self._news(incident)),
            key=lambda event: event.at,
        )
        self.events += new
        return new

    def _news(self, incident: View) -> Sequence[Event]:
        number = incident["id"]
        full = self.client.get(f"/v1/incidents/{number}")
        self._revisions[number] = full["revision"]
        story = full["story"][self._told.get(number, 0) :]
        self._told[number] = len(full["story"])
        return [Event(each["at"], number, full["job"], each) for each in story]
