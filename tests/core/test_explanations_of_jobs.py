"""Why a job without an incident stands as it does."""

from bot.core import explanations
from tests.core.factories import DAY, Life, up


def rules(life: Life) -> list[str]:
    """The sentences."""
    return list(explanations.explain(life.load(), (), life.now).rules)


def test_a_job_that_is_well_says_what_would_make_it_heard() -> None:
    life = up()
    found = explanations.explain(life.load(), (), life.now)
    assert found.headline == "no incident"
    assert found.next_sound.at == life.state.slot_deadline_at
    assert len(found.rules) == 1


def test_a_job_that_is_well_says_what_would_keep_it_silent() -> None:
    life = up()
    life.mute(DAY)
    assert rules(life)[1:] == ["It would make no sound now: muted by ann (cli)."]
    life.pause()
    said = "It is paused by ann (cli): nothing of it is judged."
    assert rules(life)[1:] == [said]
