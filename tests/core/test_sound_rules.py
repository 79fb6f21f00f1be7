"""The settings about sounds, as the rules take them."""

from datetime import timedelta

from bot.core import quiet_hours, sound_rules
from bot.core.silencers import ALWAYS


def test_without_settings_nothing_is_silent_or_waits() -> None:
    assert sound_rules.read(None, "UTC", (), ()) == ALWAYS


def test_quiet_hours_and_waits_are_read() -> None:
    rules = sound_rules.read("22:00-07:00", "Europe/Riga", ("fri",), ("db=30s", "x"))
    assert rules.quiet_hours == quiet_hours.parse(
        "22:00-07:00", "Europe/Riga", ("fri",)
    )
    assert rules.group_waits == {"db": timedelta(seconds=30)}
