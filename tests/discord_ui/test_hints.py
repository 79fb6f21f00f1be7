"""An error advises what can be done in Discord."""

import pytest

from bot.discord_ui import hints


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("no job 'x'; see `cronitor job list`", "no job 'x'; see `/job list`"),
        (
            "no incident 3; see `cronitor incident list --all`",
            "no incident 3; see `/incident list`",
        ),
        ("no run 9; see `cronitor runs JOB`", "no run 9; see `/job log`"),
        ("(cronitor cancel x ends it)", "(/job cancel x ends it)"),
        ("see `cronitor mute list`", "see `cronitor mute list`"),
    ],
)
def test_a_command_that_discord_has_takes_the_place(said: str, expected: str) -> None:
    assert hints.in_discord(said) == expected
