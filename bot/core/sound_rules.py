"""What the settings say about sounds, read into what the rules take."""

from collections.abc import Iterable

from bot.core import day_times, quiet_hours
from bot.core.silencers import EscalationRules, SoundRules


def read(
    quiet: str | None,
    timezone: str,
    days: Iterable[str],
    waits: Iterable[str],
    escalations: EscalationRules | None = None,
) -> SoundRules:
    """Quiet hours such as `22:00-07:00`, and waits such as `db=30s`."""
    found = (day_times.wait(each) for each in waits)
    return SoundRules(
        quiet_hours=None if quiet is None else quiet_hours.parse(quiet, timezone, days),
        group_waits=dict(each for each in found if each is not None),
        escalations=escalations,
    )
