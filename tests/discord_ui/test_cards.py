"""A card in every standing: its line, its embed, its buttons, and its limits."""

from collections.abc import Callable
from dataclasses import replace

import discord
import pytest

from bot.core.cards import Call, Card
from bot.core.commands import Command
from bot.core.drift import Habit, Measure
from bot.core.kinds import JobKind, MuteScope, NotificationKind
from bot.core.run_lengths import RunLength
from bot.discord_ui import cards, looks, text
from bot.discord_ui.cards import Rendered
from tests.core.factories import (
    DAY,
    HOUR,
    MINUTE,
    T0,
    mute,
)
from tests.discord_ui.factories import MARK, STANDINGS, card, failed, missed, standing
from tests.discord_ui.hostile import check_limits, pieces


def custom_ids(rendered: Rendered) -> list[list[str]]:
    """What can be used, row by row."""
    return [
        [part["custom_id"] for part in row["components"]]
        for row in rendered.view().to_components()
    ]


# the line


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("open", "🔴 **nightly** missed its deadline"),
        ("acknowledged", "🟠 **nightly** missed its deadline (acknowledged)"),
        ("muted", "🔇 **nightly** missed its deadline (muted)"),
        ("paused", "⏸️ **nightly** missed its deadline (paused)"),
        ("resolved", "🟢 **nightly** recovered after 1 min"),
        ("removed", "🟢 **nightly**: removed by ann (cli), after 1 min"),
    ],
)
def test_the_line_is_one_short_sentence(name: str, expected: str) -> None:
    assert cards.render(standing(name)).content == expected


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("open", looks.OPEN),
        ("acknowledged", looks.ACKNOWLEDGED),
        ("muted", looks.MUTED),
        ("paused", looks.PAUSED),
        ("resolved", looks.RESOLVED),
    ],
)
def test_colour_word_and_emoji_go_together(name: str, look: looks.Look) -> None:
    rendered = cards.render(standing(name))
    assert rendered.embed.title == f"{look.emoji} {look.word} · nightly"
    assert rendered.embed.colour == look.colour
    assert rendered.content.startswith(look.emoji)


def test_the_name_that_a_person_gave_is_shown() -> None:
    rendered = cards.render(card(missed(name="Nightly *backup*")))
    assert rendered.content == "🔴 **Nightly \\*backup\\*** missed its deadline"
    blank = cards.render(card(missed(name="\u200b")))
    assert blank.content == "🔴 **nightly** missed its deadline"


# the embed


def test_a_card_has_its_facts_output_and_mark() -> None:
    life = failed(2, node="db1")
    life.acknowledge()
    embed = cards.render(card(life, output="boom\n")).embed
    found = pieces(embed)
    assert found["description"].splitlines() == [
        "**Failed, 2 times**",
        "on db1",
        "**Since** <t:1795402800:f> (<t:1795402800:R>)",
        "**Last ping** <t:1795402860:R>",
        "**Failures** 2 in all, 2 in a row",
    ]
    assert found["Acknowledged"].startswith("by ann (cli), ")
    assert found["Output"] == "```\nboom\n```"
    assert found["footer"] == f"incident #1 · {MARK}"


def test_a_card_without_output_has_no_block() -> None:
    assert "Output" not in pieces(cards.render(card(failed())).embed)


def test_long_output_keeps_its_end() -> None:
    shown = pieces(cards.render(card(failed(), output="x" * 5000 + "\nlast")).embed)
    assert text.length(shown["Output"]) <= cards.OUTPUT
    assert shown["Output"].endswith("last\n```")


# buttons


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("open", [["ack", "why"], ["mute"]]),
        ("acknowledged", [["why"], ["mute"]]),
        ("muted", [["ack", "why", "unmute"]]),
        ("muted and acknowledged", [["why", "unmute"]]),
        ("paused", [["ack", "why"], ["mute"]]),
        ("resolved", [["why"]]),
        ("removed", [["why"]]),
    ],
)
def test_a_card_offers_what_may_be_done(name: str, expected: list[list[str]]) -> None:
    wanted = [[f"cronitor:{verb}:1" for verb in row] for row in expected]
    assert custom_ids(cards.render(standing(name))) == wanted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("open", [["ack", "why", "again", "output"], ["mute"]]),
        ("acknowledged", [["why", "again", "output"], ["mute"]]),
        ("muted", [["ack", "why", "again", "output", "unmute"]]),
        ("resolved", [["why", "output"]]),
    ],
)
def test_a_card_of_a_job_that_is_run_here_offers_more(
    name: str, expected: list[list[str]]
) -> None:
    life = missed(kind=JobKind.COMMAND, command=Command(argv=("/bin/true",)))
    wanted = [[f"cronitor:{verb}:1" for verb in row] for row in expected]
    rendered = cards.render(standing(name, life))
    assert custom_ids(rendered) == wanted
    check_limits(rendered)


@pytest.mark.parametrize(
    ("scope", "target"), [(MuteScope.TAG, "prod"), (MuteScope.ALL, "")]
)
def test_a_mute_of_more_than_the_job_cannot_be_ended_here(
    scope: MuteScope, target: str
) -> None:
    life = missed(tags=("prod",))
    life.mutes = [mute(T0 + DAY, scope=scope, target=target)]
    ids = custom_ids(cards.render(card(life)))
    assert ids == [["cronitor:ack:1", "cronitor:why:1"]]


@pytest.mark.parametrize(("name", "offered"), [("open", True), ("paused", False)])
def test_until_recovery_is_offered_for_a_job_that_is_down(
    name: str, offered: bool
) -> None:
    menu = cards.render(standing(name)).view().to_components()[1]["components"][0]
    values = [option["value"] for option in menu["options"]]
    assert values[:3] == ["1h", "4h", "24h"]
    assert ("recovery" in values) is offered


@pytest.mark.parametrize("name", STANDINGS)
async def test_every_view_is_fresh_and_of_dynamic_items_only(name: str) -> None:
    rendered = cards.render(standing(name))
    first, second = rendered.view(), rendered.view()
    assert first is not second
    assert first.timeout is None
    assert first.is_persistent()
    assert {id(item) for item in first.children}.isdisjoint(map(id, second.children))
    for item in first.children:
        assert isinstance(item, discord.ui.DynamicItem)


# what an edit is worth


@pytest.mark.parametrize("name", STANDINGS)
def test_time_alone_changes_nothing(name: str) -> None:
    shown = standing(name)
    later = replace(shown, now=shown.now + 3 * DAY)
    assert cards.digest(later) == cards.digest(shown)
    assert cards.plain(later) == cards.plain(shown)


def test_every_standing_has_its_own_digest() -> None:
    assert len({cards.digest(standing(name)) for name in STANDINGS}) == len(STANDINGS)


@pytest.mark.parametrize(
    "change",
    [
        lambda card: replace(card, output="boom"),
        lambda card: replace(card, mark="other"),
        lambda card: replace(card, incident=replace(card.incident, count=7)),
        lambda card: replace(card, incident=replace(card.incident, note="changed")),
        lambda card: replace(card, incident=replace(card.incident, id=7)),
        lambda card: replace(card, state=replace(card.state, last_ping_at=T0)),
    ],
)
def test_what_can_be_seen_changes_the_digest(change: Callable[[Card], Card]) -> None:
    shown = standing("open")
    assert cards.digest(change(shown)) != cards.digest(shown)


def test_what_cannot_be_seen_does_not_change_the_digest() -> None:
    shown = standing("open")
    unseen = replace(shown, incident=replace(shown.incident, revision=99, sounds=9))
    assert cards.digest(unseen) == cards.digest(shown)


# text alone


def test_a_card_can_be_told_in_text_alone() -> None:
    life = failed(2)
    life.acknowledge()
    lines = cards.plain(card(life, output="boom")).splitlines()
    assert lines[0] == "🟠 **nightly** failed (acknowledged)"
    assert lines[1] == "**Failed, 2 times**"
    assert lines[-2].startswith("**Acknowledged** by ann (cli), <t:")
    assert lines[-1] == f"incident #1 · {MARK}"
    assert "boom" not in "".join(lines)


# later sounds


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (NotificationKind.OPENED, "failed"),
        (NotificationKind.WORSENED, "got worse: failed"),
        (NotificationKind.REOPENED, "is bad again: failed"),
        (NotificationKind.REMINDER, "is still down after 2 h 1 min: failed"),
        (
            NotificationKind.UNSILENCED,
            "is still down and no longer silenced: failed",
        ),
        (
            NotificationKind.DOWN_FOR_GOOD,
            "seems to be down for good: failed, 2 times",
        ),
    ],
)
def test_a_later_sound_is_one_line_and_the_facts(
    kind: NotificationKind, expected: str
) -> None:
    life = failed(2)
    life.advance(2 * HOUR)
    rendered = cards.sound(card(life), kind, "s-9")
    assert rendered.content == f"🔴 **nightly** {expected}"
    assert rendered.embed.footer.text == "incident #1 · s-9"
    assert "**Since** <t:1795402800:f>" in (rendered.embed.description or "")
    assert rendered.embed.colour == looks.OPEN.colour
    assert custom_ids(rendered) == []


@pytest.mark.parametrize("kind", NotificationKind)
def test_a_sound_that_comes_after_the_end_tells_the_end(kind: NotificationKind) -> None:
    rendered = cards.sound(standing("resolved"), kind, "s-9")
    assert rendered.content == "🟢 **nightly** recovered after 1 min"


def test_a_sound_names_whom_it_calls_and_whom_it_did_not_reach() -> None:
    call = Call(roles=(1, 2), users=(3,), unwritten=(4,), no_fallback=True)
    rendered = cards.sound(card(failed(1)), NotificationKind.REMINDER, "s-9", call)
    first, second = rendered.content.splitlines()
    assert first.endswith(": failed <@&1> <@&2> <@3>")
    assert second == ("⚠️ could not be reached directly: <@4>, the fallback channel")
    assert (rendered.roles, rendered.users) == ((1, 2), (3, 4))


# other messages


def test_a_job_that_was_never_heard_of_is_a_hint() -> None:
    rendered = cards.never_seen("nightly", "Nightly @here", T0, "n-1")
    assert rendered.content == "⚪ **Nightly @\u200bhere** has not been heard of yet"
    assert rendered.embed.description == (
        "It was made <t:1795402800:R>, and no ping has come since.\n"
        "`cronitor job show nightly` prints the URL that it must call."
    )
    assert rendered.embed.footer.text == "nightly · n-1"
    assert custom_ids(rendered) == []


def test_a_notice_has_its_first_line_in_front() -> None:
    rendered = cards.notice("Cronitor was away\nbackup: *unknown*\n\n@everyone", "m-1")
    assert rendered.content == "ℹ️ Cronitor was away"  # noqa: RUF001
    assert rendered.embed.description == "backup: \\*unknown\\*\n\n@\u200beveryone"
    assert rendered.embed.title is None
    assert rendered.embed.footer.text == "m-1"


@pytest.mark.parametrize(("said", "line"), [("hello", "hello"), ("", "Cronitor")])
def test_a_notice_of_one_line_has_a_title_instead(said: str, line: str) -> None:
    rendered = cards.notice(said, "m-1")
    assert rendered.content == f"ℹ️ {line}"  # noqa: RUF001
    assert rendered.embed.title == "Cronitor"
    assert rendered.embed.description is None


def test_a_test_card_has_buttons_that_only_answer() -> None:
    rendered = cards.test_card("t-1")
    assert custom_ids(rendered) == [["cronitor:test:ack", "cronitor:test:why"]]
    assert rendered.embed.footer.text == "test · t-1"
    check_limits(rendered)


def test_the_length_of_a_run_stands_beside_what_is_usual_and_counts_as_a_change() -> (
    None
):
    without = standing("open")
    band = Habit(
        measure=Measure.DURATION, count=9, median=300, low=240, high=360, since=T0
    )
    for usual, said in ((None, ""), (band, ", usually 4 to 6 min")):
        shown = replace(without, run=RunLength(31 * MINUTE, usual))
        lines = str(cards.render(shown).embed.description).splitlines()
        assert f"**Took** 31 min{said}" in lines
        assert f"**Took** 31 min{said}" in cards.plain(shown)
        assert cards.digest(shown) != cards.digest(without)


@pytest.mark.parametrize(
    ("output", "is_cut", "offered"),
    [
        ("", False, False),
        ("short", False, False),
        ("short", True, True),
        ("x" * 900, False, False),
        ("line\n" * 400, False, True),
    ],
)
def test_the_whole_output_is_offered_where_the_card_shows_its_end_only(
    output: str, is_cut: bool, offered: bool
) -> None:
    shown = replace(card(failed(), output=output), is_cut=is_cut)
    ids = [each for row in custom_ids(cards.render(shown)) for each in row]
    assert ("cronitor:output:1" in ids) == offered
