"""How the bot stands in Discord, as far as faces ask; whoever runs it says so here."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.clock import Clock
from bot.core.views import View, moment

#: presses on test cards that are remembered; a check asks for its own within a second
_REMEMBERED = 50


class LinkState(StrEnum):
    """Whether Discord hears us, and we hear Discord."""

    #: there is no token
    OFF = "off"
    #: there is one, and no connection at the moment
    AWAY = "away"
    CONNECTED = "connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Somebody has used a button of a test card, and was answered."""

    message_id: int
    button: str
    #: the unique handle of the person
    by: str
    at: datetime


class Link:
    """The bot's connection; kept in memory, since a restart makes it anew."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.state = LinkState.OFF
        #: since when (monotonic) there is no connection
        self._away_since = 0.0
        #: since when (monotonic) Discord has not even answered; None: it has
        self._silent_since: float | None = None
        #: as whom it was connected last
        self._bot_id: int | None = None
        self._presses: deque[Press] = deque(maxlen=_REMEMBERED)

    def lost(self, *, answers: bool = False) -> None:
        """There is no connection, or none yet; `answers`: Discord says why."""
        now = self._clock.monotonic()
        if self.state is not LinkState.AWAY:
            self._away_since = now
        self.state = LinkState.AWAY
        if answers:
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = now

    def connected(self, bot_id: int) -> None:
        """Events come in."""
        self.state = LinkState.CONNECTED
        self._silent_since = None
        self._bot_id = bot_id

    def away_s(self) -> float:
        """For how many seconds there has been no connection; 0: there need be none."""
        if self.state is not LinkState.AWAY:
            return 0.0
        return self._clock.monotonic() - self._away_since

    def silent_s(self) -> float:
        """For how many seconds nothing has been heard of Discord: less than `away_s`.

        A token that is refused, or a connection that Discord closes, is no silence.
        """
        since = self._silent_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def pressed(self, message_id: int, button: str, by: str) -> None:
        """Remember a press on a test card."""
        press = Press(message_id=message_id, button=button, by=by, at=self._clock.now())
        self._presses.append(press)

    def view(self) -> View:
        """All of it; ids are text, as everywhere in Discord."""
        return {
            "state": str(self.state),
            "bot_id": None if self._bot_id is None else str(self._bot_id),
            "presses": [
                {
                    "message_id": str(press.message_id),
                    "button": press.button,
                    "by": press.by,
                    "at": moment(press.at),
                }
                for press in self._presses
            ],
        }
