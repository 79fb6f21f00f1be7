"""How a storm looks, whatever its jobs are called."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import storms
from bot.core.kinds import IncidentKind
from bot.core.storm_cards import Member, StormCard
from bot.discord_ui import (
    cards,
    looks,
    storm_cards,
    storm_explanations,
    storm_facts,
    text,
)
from bot.discord_ui.cards import Rendered
from tests.core.stormy import STORM, card, had, member, muted, over
from tests.discord_ui import sizes
from tests.discord_ui.hostile import check_harmless, check_limits, nasty, pieces


def labels(rendered: Rendered) -> list[str]:
    [row, *others] = rendered.view().to_components()
    parts = [part for each in (row, *others) for part in each["components"]]
    return [part.get("label") or part.get("placeholder") or "" for part in parts]


ALL = ["Acknowledge all", "Why?", "Mute all…"]


@pytest.mark.parametrize(
    ("members", "look", "offered"),
    [
        ([member(1), over(2)], looks.OPEN, ALL),
        ([had(1), over(2)], looks.ACKNOWLEDGED, ALL[1:]),
        ([member(1, muted()), over(2)], looks.MUTED, [*ALL[:2], "Unmute all"]),
        ([over(1), over(2)], looks.RESOLVED, ["Why?"]),
    ],
)
def test_it_shows_how_it_stands_and_offers_what_is_left_to_do(
    members: list[Member], look: looks.Look, offered: list[str]
) -> None:
    rendered = storm_cards.render(card(*members))
    assert rendered.embed.colour == look.colour
    title = f"{look.emoji} {look.word} · 2 incidents of node nas"
    assert rendered.embed.title == title
    assert rendered.content.startswith(f"{look.emoji} **2 incidents of node nas**")
    assert labels(rendered) == offered
    assert rendered.embed.footer.text == "storm #3 · k.s3.0"


def test_it_says_what_they_share_and_who_is_worst() -> None:
    members = [
        *(member(n) for n in range(1, 4)),
        over(7),
        had(8),
        member(9, kind=IncidentKind.FAILED, count=3),
    ]
    said = (storm_cards.render(card(*members)).embed.description or "").splitlines()
    assert said[0] == "**All share** node nas · due 2026-11-23 03:00 UTC"
    assert said[1] == "**What** 5 missed its deadline · 1 failed"
    assert said[2].startswith("**Since** <t:")
    assert said[3] == "**Now** 4 open · 1 acknowledged · 1 resolved"
    assert said[5:] == [
        "🔴 job-9: failed, 3 times",
        "🔴 job-1: missed its deadline",
        "🔴 job-2: missed its deadline",
        "🔴 job-3: missed its deadline",
        "🟠 job-8: missed its deadline",
        "🟢 job-7: resolved",
    ]


def test_the_push_line_has_all_that_matters() -> None:
    shown = card(*(member(n) for n in range(1, 41)))
    assert storm_cards.headline(shown) == (
        "🔴 **40 incidents of node nas** at once: missed its deadline and "
        "due 2026-11-23 03:00 UTC"
    )
    shown = card(over(1), storm=replace(STORM, group="all"))
    assert storm_cards.headline(shown) == "🟢 **1 incident**: all are resolved"
    assert storm_cards.headline(card(had(1))).endswith("(acknowledged)")


def test_one_whose_members_are_forgotten_is_still_there() -> None:
    assert "4 incidents of node nas" in storm_cards.headline(card())


def test_of_many_the_worst_are_named() -> None:
    shown = card(*(member(n) for n in range(1, 41)), more=960)
    lines = (storm_cards.render(shown).embed.description or "").splitlines()
    assert lines[-1] == f"and {1000 - storms.NAMED} more"
    assert len([line for line in lines if "job-" in line]) == storms.NAMED


def test_owners_and_mutes_are_named_as_far_as_there_is_room() -> None:
    members = [had(n, f"person-{n}") for n in range(1, 9)]
    members += [member(n, muted(n)) for n in range(10, 15)]
    fields = {f.name: f.value for f in storm_cards.render(card(*members)).embed.fields}
    assert fields["Acknowledged"] == (
        "by person-1 (1), by person-2 (1), by person-3 (1), by person-4 (1), "
        "by person-5 (1), and 3 more"
    )
    muted_by = (fields["Muted"] or "").splitlines()
    assert muted_by[0] == "by ann, with all of node nas"
    assert muted_by[-1] == "and 2 more mutes"


def test_why_tells_of_each_member_who_has_it() -> None:
    embed = storm_explanations.render(card(member(1), had(2, "bob"), member(3, None)))
    said = embed.description or ""
    assert "It was told once, in the place of all of them." in said
    assert "`#1` 🔴 job-1: missed its deadline, in storm #3" in said
    assert "`#2` 🟠 job-2: missed its deadline, bob has it" in said
    assert "`#3` 🔴 job-3: missed its deadline" in said.splitlines()
    assert "told once" not in (
        storm_explanations.render(card(over(1))).description or ""
    )


def test_what_looks_the_same_has_one_digest() -> None:
    shown = [card(member(1), member(2)), card(member(2), member(1)), card(member(1))]
    found = {cards.digest_of(storm_cards.render(each)) for each in shown}
    assert len(found) == 2


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(nasty | st.text(max_size=3000), min_size=1, max_size=30),
    group=nasty,
    owner=nasty,
    reason=nasty | st.text(max_size=3000),
    more=st.integers(0, 10**9),
    mark=st.from_regex(r"[a-z0-9]{8}\.s[0-9]{1,9}\.0", fullmatch=True),
)
def test_no_words_break_a_limit_or_mention_anybody(
    names: list[str], group: str, owner: str, reason: str, more: int, mark: str
) -> None:
    shown = hostile(names, group, owner, reason, more)
    shown = replace(shown, mark=mark)
    rendered = storm_cards.render(shown)
    check_limits(rendered)
    check_harmless(rendered.content)
    for embed in (rendered.embed, storm_explanations.render(shown)):
        sizes.check(embed)
        for piece, said in pieces(embed).items():
            if piece != "footer":
                check_harmless(said)
    plain = storm_cards.plain(shown)
    assert text.length(plain) <= text.CONTENT
    check_harmless(plain)
    assert plain.splitlines()[-1] == f"storm #3 · {mark}"


def hostile(
    names: list[str], group: str, owner: str, reason: str, more: int
) -> StormCard:
    """A storm with strangers' words wherever there may be some."""
    silence = muted()
    assert silence.mute is not None
    mute = replace(silence.mute, target=group, reason=reason, created_by=owner)
    members = []
    for number, name in enumerate(names):
        each = had(number, owner) if number % 3 else member(number)
        if number % 3 == 2:
            each = member(number, replace(silence, reason=reason, mute=mute))
        definition = replace(each.job.definition, name=name, tags=(reason,))
        members.append(replace(each, job=replace(each.job, definition=definition)))
    return card(*members, storm=replace(STORM, group=f"node {group}"), more=more)


@given(
    lines=st.lists(st.text(alphabet="ab🔥", max_size=60), max_size=40),
    room=st.integers(0, 600),
    more=st.integers(0, 5),
)
def test_a_list_fits_and_says_how_many_it_leaves_out(
    lines: list[str], room: int, more: int
) -> None:
    total = len(lines) + more
    said = storm_facts.listing(lines, total, room)
    assert text.length(said) <= max(room, 1)
    named = said.splitlines()
    if named and named[-1].startswith("and ") and named[-1].endswith(" more"):
        assert int(named[-1].split()[1]) == total - (len(said.split("\n")) - 1)
