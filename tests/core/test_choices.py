"""Which choice is in force: a setting always wins, and where it is silent a choice."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config_sections import Discord
from bot.core import choices
from bot.core.choices import Choice, Chosen, Holds, Source
from bot.core.roles import Rules

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERYONE = 77

ids = st.lists(st.integers(1, 9), max_size=3).map(tuple)
said = st.dictionaries(st.sampled_from(Choice), ids)


def chosen(*numbers: int) -> Chosen:
    return Chosen(ids=numbers, at=AT, by="ada (discord)")


@pytest.mark.parametrize(
    ("fixed", "stored", "expected"),
    [
        ((), None, Holds(ids=(), source=Source.NOTHING)),
        ((1,), None, Holds(ids=(1,), source=Source.SETTINGS)),
        ((), (2,), Holds(ids=(2,), source=Source.CHOICE, chosen=chosen(2))),
        ((1,), (2,), Holds(ids=(1,), source=Source.SETTINGS, chosen=chosen(2))),
    ],
)
@pytest.mark.parametrize("choice", Choice)
def test_settings_win_and_a_choice_applies_where_they_are_silent(
    choice: Choice,
    fixed: tuple[int, ...],
    stored: tuple[int, ...] | None,
    expected: Holds,
) -> None:
    kept = {} if stored is None else {choice: chosen(*stored)}
    force = choices.in_force({choice: fixed}, kept)
    assert force[choice] == expected
    others = [force[each].source for each in Choice if each is not choice]
    assert set(others) == {Source.NOTHING}


@given(fixed=said, stored=said)
def test_what_was_chosen_never_changes_what_the_settings_say(
    fixed: dict[Choice, tuple[int, ...]], stored: dict[Choice, tuple[int, ...]]
) -> None:
    kept = {choice: chosen(*numbers) for choice, numbers in stored.items()}
    force = choices.in_force(fixed, kept)
    for choice, numbers in fixed.items():
        if numbers:
            assert force[choice].ids == numbers
    for choice in set(Choice) - set(fixed):
        assert force[choice].ids == stored.get(choice, ())


@pytest.mark.parametrize(
    ("fixed", "places"),
    [
        ({}, ()),
        ({Choice.FALLBACK: (2,)}, ()),
        ({Choice.ALERT: (1,)}, (1,)),
        ({Choice.ALERT: (1,), Choice.FALLBACK: (2,)}, (1, 2)),
        ({Choice.ALERT: (1,), Choice.FALLBACK: (1,)}, (1,)),
        ({Choice.ALERT: (1,), Choice.SUMMARY: (3,)}, (1,)),
    ],
)
def test_cards_go_to_the_channel_of_alerts_and_else_to_the_fallback(
    fixed: dict[Choice, tuple[int, ...]], places: tuple[int, ...]
) -> None:
    assert choices.places(choices.in_force(fixed, {})) == places


def test_roles_in_force_are_the_rules() -> None:
    force = choices.in_force(
        {Choice.VIEWER: (1, 2)}, {Choice.OPERATOR: chosen(3), Choice.ADMIN: chosen(4)}
    )
    assert choices.rules(force) == Rules(
        viewer_role_ids=frozenset({1, 2}),
        operator_role_ids=frozenset({3}),
        admin_role_ids=frozenset({4}),
    )


def test_each_choice_has_its_setting() -> None:
    keys = {choices.setting(choice) for choice in Choice}
    ends = ("_channel_id", "_role_ids")
    assert keys == {key for key in Discord.model_fields if key.endswith(ends)}


@pytest.mark.parametrize(
    ("choice", "numbers", "reason"),
    [
        (Choice.ALERT, (), ""),
        (Choice.ALERT, (1,), ""),
        (Choice.ALERT, (1, 2), "it has 2 ids; 1 can be chosen"),
        (Choice.ALERT, (0,), "0 is no id of Discord's"),
        (Choice.ADMIN, (1, -4), "-4 is no id of Discord's"),
        (Choice.ADMIN, (2**63,), f"{2**63} is no id of Discord's"),
        (Choice.ADMIN, (1, 2), ""),
        (Choice.VIEWER, tuple(range(1, 27)), "it has 26 ids; 25 can be chosen"),
        (Choice.VIEWER, (EVERYONE,), ""),
        (
            Choice.OPERATOR,
            (1, EVERYONE),
            "with @everyone each member of the server could acknowledge, mute and run",
        ),
        (
            Choice.ADMIN,
            (EVERYONE,),
            "with @everyone each member of the server could do all",
        ),
    ],
)
def test_what_cannot_be_chosen(
    choice: Choice, numbers: tuple[int, ...], reason: str
) -> None:
    problem = choices.problem(choice, numbers, EVERYONE)
    assert (problem.reason if problem else "") == reason
    assert problem is None or problem.field == choice


@pytest.mark.parametrize(
    ("held", "manages", "before", "after", "out"),
    [
        ([], True, Rules(), Rules(admin_role_ids=frozenset({1})), True),
        ([1], True, Rules(), Rules(admin_role_ids=frozenset({1})), False),
        ([], False, Rules(), Rules(admin_role_ids=frozenset({1})), False),
        (
            [1],
            False,
            Rules(admin_role_ids=frozenset({1})),
            Rules(admin_role_ids=frozenset({2})),
            True,
        ),
        ([1], True, Rules(admin_role_ids=frozenset({1})), Rules(), False),
        ([1], False, Rules(admin_role_ids=frozenset({1})), Rules(), True),
    ],
)
def test_whoever_would_lock_himself_out_is_known_before(
    held: list[int], manages: bool, before: Rules, after: Rules, out: bool
) -> None:
    assert (
        choices.locks_out(held, manages_guild=manages, before=before, after=after)
        is out
    )
