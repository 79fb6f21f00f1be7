"""Who may do what: a table, and that more roles never allow less."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import roles
from bot.core.roles import Grade, Rules

OPERATORS, ADMINS, OTHERS, VIEWERS = 10, 20, 30, 40
NOTHING_SET = Rules()
OPERATORS_SET = Rules(operator_role_ids=frozenset({OPERATORS}))
ADMINS_SET = Rules(admin_role_ids=frozenset({ADMINS}))
BOTH_SET = Rules(
    operator_role_ids=frozenset({OPERATORS}), admin_role_ids=frozenset({ADMINS})
)
VIEWERS_SET = Rules(viewer_role_ids=frozenset({VIEWERS}))
ALL_SET = Rules(
    viewer_role_ids=frozenset({VIEWERS}),
    operator_role_ids=frozenset({OPERATORS}),
    admin_role_ids=frozenset({ADMINS}),
)

role_ids = st.frozensets(st.integers(0, 5))
rules = st.builds(
    Rules,
    viewer_role_ids=role_ids,
    operator_role_ids=role_ids,
    admin_role_ids=role_ids,
)


def mention(role_id: int) -> str:
    """As a face may write a role."""
    return f"@{role_id}"


@pytest.mark.parametrize(
    ("rules", "held", "manages", "expected"),
    [
        (NOTHING_SET, [], False, Grade.VIEWER),
        (NOTHING_SET, [OPERATORS, ADMINS], False, Grade.VIEWER),
        (NOTHING_SET, [], True, Grade.ADMIN),
        (OPERATORS_SET, [OPERATORS], False, Grade.OPERATOR),
        (OPERATORS_SET, [OTHERS], False, Grade.VIEWER),
        (OPERATORS_SET, [], True, Grade.ADMIN),
        (ADMINS_SET, [ADMINS], False, Grade.ADMIN),
        (ADMINS_SET, [OTHERS], True, Grade.VIEWER),
        (BOTH_SET, [OPERATORS], True, Grade.OPERATOR),
        (BOTH_SET, [OTHERS, ADMINS, OPERATORS], False, Grade.ADMIN),
        (BOTH_SET, [OTHERS], True, Grade.VIEWER),
        (VIEWERS_SET, [VIEWERS], False, Grade.VIEWER),
        (VIEWERS_SET, [OTHERS], False, None),
        (VIEWERS_SET, [], True, Grade.ADMIN),
        (ALL_SET, [VIEWERS], False, Grade.VIEWER),
        (ALL_SET, [OPERATORS], False, Grade.OPERATOR),
        (ALL_SET, [ADMINS], False, Grade.ADMIN),
        (ALL_SET, [], True, None),
        (ALL_SET, [VIEWERS, OPERATORS], False, Grade.OPERATOR),
    ],
)
def test_the_grade_follows_from_roles_and_permission(
    rules: Rules, held: list[int], manages: bool, expected: Grade | None
) -> None:
    assert roles.grade(held, manages_guild=manages, rules=rules) is expected


def test_the_grades_are_ordered() -> None:
    assert list(roles.RANK) == [Grade.VIEWER, Grade.OPERATOR, Grade.ADMIN]
    assert list(Grade) == list(roles.RANK)


@pytest.mark.parametrize(
    ("grade", "allowed"),
    [
        (None, set()),
        (Grade.VIEWER, {Grade.VIEWER}),
        (Grade.OPERATOR, {Grade.VIEWER, Grade.OPERATOR}),
        (Grade.ADMIN, {Grade.VIEWER, Grade.OPERATOR, Grade.ADMIN}),
    ],
)
def test_a_grade_may_do_what_lower_ones_may(
    grade: Grade | None, allowed: set[Grade]
) -> None:
    assert {need for need in Grade if roles.may(grade, need)} == allowed


@given(held=role_ids, more=role_ids, manages=st.booleans(), rules=rules)
def test_more_roles_never_allow_less(
    held: frozenset[int], more: frozenset[int], manages: bool, rules: Rules
) -> None:
    before = roles.grade(held, manages_guild=manages, rules=rules)
    after = roles.grade(held | more, manages_guild=manages, rules=rules)
    assert before is None or roles.may(after, before)


@given(held=role_ids, rules=rules)
def test_manage_server_counts_until_admin_roles_are_set(
    held: frozenset[int], rules: Rules
) -> None:
    with_it = roles.grade(held, manages_guild=True, rules=rules)
    without = roles.grade(held, manages_guild=False, rules=rules)
    expected = without if rules.admin_role_ids else Grade.ADMIN
    assert with_it is expected


@pytest.mark.parametrize(
    ("need", "rules", "ways"),
    [
        (Grade.OPERATOR, NOTHING_SET, "the permission Manage Server"),
        (
            Grade.OPERATOR,
            OPERATORS_SET,
            "the role @10 or the permission Manage Server",
        ),
        (Grade.OPERATOR, BOTH_SET, "the role @10 or the role @20"),
        (Grade.ADMIN, BOTH_SET, "the role @20"),
        (Grade.ADMIN, OPERATORS_SET, "the permission Manage Server"),
        (
            Grade.VIEWER,
            VIEWERS_SET,
            "the role @40 or the permission Manage Server",
        ),
        (Grade.VIEWER, ALL_SET, "the role @10 or the role @20 or the role @40"),
        (Grade.OPERATOR, ALL_SET, "the role @10 or the role @20"),
    ],
)
def test_a_refusal_names_what_it_takes(need: Grade, rules: Rules, ways: str) -> None:
    said = roles.refusal(need, rules, mention)
    assert said == f"you may not do that: it takes {ways}"


@given(rules=rules, need=st.sampled_from(Grade))
def test_every_role_that_a_refusal_names_is_enough(rules: Rules, need: Grade) -> None:
    said = roles.refusal(need, rules, mention)
    for role_id in map(int, re.findall(r"@(\d+)", said)):
        grade = roles.grade([role_id], manages_guild=False, rules=rules)
        assert roles.may(grade, need)
