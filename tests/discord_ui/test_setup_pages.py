"""The pages of the walk: what they say, where they lead, that Discord takes them."""

from datetime import UTC, datetime

import pytest

from bot.core import choices
from bot.core.choices import Choice, Chosen, Source
from bot.discord_ui import setup_pages
from bot.discord_ui.setup_pages import Page, Walk
from tests.discord_ui import sizes
from tests.discord_ui.hostile import check_harmless

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HUGE = 2**63 - 1
HOSTILE = "the bot lacks View Channel in #**@everyone** <@&1> [x](https://a.example)"


def walk(*names: Choice, fixed: choices.Ids | None = None, jobs: int = 0) -> Walk:
    """Where these were chosen."""
    chosen = {each: Chosen(ids=(7,), at=AT, by="ada (discord)") for each in names}
    return Walk(force=choices.in_force(fixed or {}, chosen), jobs=jobs)


@pytest.mark.parametrize("page", Page)
def test_the_largest_page_is_taken_and_mentions_nobody(page: Page) -> None:
    many = {each: tuple(range(HUGE - 200, HUGE)) for each in Choice}
    faults = {each: [HOSTILE * 100] * 25 for each in Choice}
    force = choices.in_force(many, {})
    sizes.check(setup_pages.embed(page, Walk(force=force, faults=faults, jobs=9)))
    few = choices.in_force({}, {})
    faults = {each: [HOSTILE] for each in Choice}
    shown = setup_pages.embed(page, Walk(force=few, faults=faults))
    check_harmless(shown.description or "")


@pytest.mark.parametrize(
    ("page", "made", "jobs", "expected"),
    [
        (Page.CHANNELS, (), 0, (None, Page.ROLES, "Skip")),
        (Page.CHANNELS, (Choice.SUMMARY,), 0, (None, Page.ROLES, "Skip")),
        (Page.CHANNELS, (Choice.ALERT,), 0, (None, Page.ROLES, "Next")),
        (Page.ROLES, (), 0, (Page.CHANNELS, Page.JOB, "Skip")),
        (Page.ROLES, (Choice.VIEWER,), 0, (Page.CHANNELS, Page.JOB, "Next")),
        (Page.ROLES, (), 3, (Page.CHANNELS, Page.TEST, "Skip")),
        (Page.JOB, (), 0, (Page.ROLES, Page.TEST, "Skip")),
        (Page.JOB, (), 1, (Page.ROLES, Page.TEST, "Next")),
        (Page.TEST, (), 0, (Page.JOB, Page.DONE, "Finish")),
    ],
)
def test_what_is_before_and_after_a_page(
    page: Page,
    made: tuple[Choice, ...],
    jobs: int,
    expected: tuple[Page | None, Page, str],
) -> None:
    there = walk(*made, jobs=jobs)
    before, after = setup_pages.around(page, there)
    assert (before, after, setup_pages.onward(page, there)) == expected


def test_the_last_page_leads_nowhere() -> None:
    assert setup_pages.around(Page.DONE, walk()) == (None, None)


def test_a_setting_is_named_and_a_channel_that_is_well_has_a_tick() -> None:
    there = walk(Choice.ALERT, fixed={Choice.FALLBACK: (8,)})
    said = setup_pages.embed(Page.CHANNELS, there).description or ""
    assert "**Incidents**: <#7> ✅" in said
    assert "<#8> (`discord.fallback_channel_id` in the settings, which win)" in said
    assert "**Daily summaries**: where incidents are" in said
    assert there.force[Choice.FALLBACK].source is Source.SETTINGS
    holds = there.force[Choice.FALLBACK]
    assert "set in the settings" in setup_pages.placeholder(Choice.FALLBACK, holds)


@pytest.mark.parametrize(
    ("jobs", "said"),
    [(0, "There is no job yet."), (1, "There is one job."), (3, "There are 3 jobs.")],
)
def test_jobs_that_are_there_are_counted(jobs: int, said: str) -> None:
    shown = setup_pages.embed(Page.JOB, walk(jobs=jobs)).description or ""
    assert shown.startswith(said)
    last = setup_pages.embed(Page.DONE, walk(jobs=jobs)).description or ""
    assert ("`/job add`" in last) is (jobs == 0)


def test_what_is_not_known_to_be_gone_is_shown_as_chosen() -> None:
    assert walk().is_there(7)
    gone = Walk(force=walk().force, there=frozenset({8}))
    assert not gone.is_there(7)
    assert gone.is_there(8)
