"""What a storm's message says, and which of its members have a card of their own."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.core import cards, storm_cards
from bot.core.cards import Begun, Card, Edit, Owed, Post, Posted, Rest, Shown, Sound
from bot.core.kinds import (
    IncidentKind,
    NotificationId,
    NotificationKind,
    Severity,
)
from bot.core.storm_cards import Member
from tests.core.factories import MINUTE, SECOND, T0, UNSCHEDULED, up
from tests.core.stormy import STORM, card, had, member, muted, over


def test_what_nobody_has_comes_first_and_the_worse_before_the_older() -> None:
    members = [
        over(1),
        had(2),
        member(3),
        member(4, opened_at=T0 - MINUTE),
        member(5, kind=IncidentKind.FAILED),
        member(6, severity=Severity.CRITICAL),
        member(7, severity=Severity.INFO, kind=IncidentKind.LOST),
    ]
    found = [each.incident.id for each in storm_cards.worst_first(members)]
    assert found == [6, 5, 4, 3, 7, 2, 1]


@pytest.mark.parametrize(
    ("members", "is_over", "is_acknowledged", "is_muted", "is_quiet"),
    [
        ([member(1), over(2)], False, False, False, False),
        ([member(1, None)], False, False, False, False),
        ([had(1), over(2)], False, True, False, True),
        ([had(1), member(2)], False, False, False, False),
        ([member(1, muted()), over(2)], False, False, True, True),
        ([member(1, muted()), member(2)], False, False, False, False),
        ([over(1), over(2)], True, False, False, True),
    ],
)
def test_how_it_stands(
    members: list[Member],
    is_over: bool,
    is_acknowledged: bool,
    is_muted: bool,
    is_quiet: bool,
) -> None:
    shown = card(*members)
    assert shown.is_over is is_over
    assert shown.is_acknowledged is is_acknowledged
    assert shown.is_muted is is_muted
    assert shown.is_quiet is is_quiet


def test_each_mute_is_named_once() -> None:
    shown = card(*(member(n, muted(n % 2)) for n in range(1, 6)), member(9))
    assert sorted(mute.id for mute in shown.mutes) == [0, 1]


@pytest.mark.parametrize(
    ("group", "parts"),
    [
        ("node nas", ("node", "nas")),
        ("tag my db", ("tag", "my db")),
        ("all", ("", "")),
    ],
)
def test_the_group_has_a_kind_and_a_name(group: str, parts: tuple[str, str]) -> None:
    assert storm_cards.group(replace(STORM, group=group)) == parts


def test_what_they_share_is_kind_and_due() -> None:
    said = ["missed its deadline", "due 2026-11-23 03:00 UTC"]
    assert storm_cards.shared(card(member(1), member(2))) == said
    other = member(3, due_at=T0 + MINUTE)
    assert storm_cards.shared(card(member(1), other)) == said[:1]
    odd = [member(n, due_at=T0 + SECOND) for n in (1, 2)]
    assert storm_cards.shared(card(*odd))[1] == "due 2026-11-23 03:00:01 UTC"
    none = [member(n, due_at=None) for n in (1, 2)]
    assert storm_cards.shared(card(*none)) == said[:1]


def test_nothing_is_claimed_of_those_that_were_not_looked_at() -> None:
    assert storm_cards.shared(card(member(1), more=1)) == []
    assert storm_cards.shared(card()) == []


def test_owners_are_counted() -> None:
    members = [had(1, "bob"), had(2), had(3, "bob"), member(4)]
    assert storm_cards.owners(members) == [("ann", 1), ("bob", 2)]


# which members have a card


POSTED = Posted(1, 2)
WORSE = Owed(NotificationId(8), NotificationKind.WORSENED)
CALLS = Owed(NotificationId(9), NotificationKind.ESCALATED)


def step(
    each: Member,
    owed: Sequence[Owed] = (),
    posted: Posted | None = None,
    begun: Begun | None = None,
    generation: int = 0,
) -> cards.Step:
    shown = Shown(
        incident_id=each.incident.id,
        touched=1,
        posted=posted,
        begun=begun,
        generation=generation,
        digest="d",
    )
    life = up(UNSCHEDULED)
    its = Card(
        incident=each.incident,
        job=each.job,
        state=life.state,
        silence=each.silence,
        now=T0,
        mark="m",
    )
    return cards.next_step(shown, its, owed, "new")


def test_a_member_has_no_card_while_the_storm_speaks_for_it() -> None:
    assert step(member(1)) == Rest(None)
    assert step(over(1)) == Rest(None)
    assert step(had(1)) == Rest(None)
    # nor because the storm is over
    assert step(member(1, None)) == Rest(None)


def test_one_with_a_sound_of_its_own_has_one() -> None:
    assert step(member(1, None), [WORSE]) == Post(WORSE.id)
    # but not while something silences it, nor when it is over by then
    assert step(member(1), [WORSE]) == Rest(WORSE.id)
    assert step(member(1, muted()), [WORSE, CALLS]) == Rest(CALLS.id)
    assert step(over(1), [WORSE]) == Rest(WORSE.id)


def test_a_card_that_is_there_stays_up_to_date() -> None:
    assert step(member(1), posted=POSTED) == Edit(None)
    assert step(member(1), [WORSE], POSTED) == Edit(WORSE.id)
    assert step(over(1), posted=POSTED) == Edit(None)


def test_a_card_that_was_deleted_is_posted_anew() -> None:
    assert step(member(1), generation=1) == Post(None)


def test_a_send_with_no_answer_is_repeated_although_the_storm_speaks_now() -> None:
    begun = Begun(at=T0, channel_id=1, covers=WORSE.id, is_sound=False)
    assert step(member(1), begun=begun) == Post(WORSE.id)


def test_who_is_called_is_called_beside_the_card() -> None:
    """A card mentions nobody; a storm does not keep its speaker from calling."""
    assert step(member(1), [CALLS]) == Post(None)
    assert step(member(1), [CALLS], POSTED) == Sound(CALLS.kind, CALLS.id)
    assert step(member(1), [WORSE, CALLS], POSTED) == Sound(CALLS.kind, CALLS.id)
    alone = replace(member(1, None), incident=replace(had(1).incident, storm_id=None))
    assert step(alone, [WORSE, CALLS]) == Post(None)
