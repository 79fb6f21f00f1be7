"""Who may do what, from the roles that a person has in Discord."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """What somebody may do, from the least to the most."""

    #: may look: list, show, why, status
    VIEWER = "viewer"
    #: may also acknowledge, mute, pause and resume
    OPERATOR = "operator"
    #: may do everything that Discord offers
    ADMIN = "admin"


#: a StrEnum compares by letters, so the order stands here
RANK = {grade: rank for rank, grade in enumerate(Grade)}

MANAGE_SERVER = "the permission Manage Server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The roles that settings and choices name; their ids are Discord's."""

    #: empty: everybody in the guild may look
    viewer_role_ids: frozenset[int] = frozenset()
    operator_role_ids: frozenset[int] = frozenset()
    #: empty: whoever has Manage Server is an admin
    admin_role_ids: frozenset[int] = frozenset()


def grade(
    role_ids: Iterable[int], *, manages_guild: bool, rules: Rules
) -> Grade | None:
    """What somebody with these roles may do; None: nothing, not even look.

    Until admin roles are set, people with Manage Server are admins; after that only the
    members of those roles are. Until viewer roles are set, everybody may look.
    """
    held = frozenset(role_ids)
    admins, viewers = rules.admin_role_ids, rules.viewer_role_ids
    if held & admins or (manages_guild and not admins):
        return Grade.ADMIN
    if held & rules.operator_role_ids:
        return Grade.OPERATOR
    return Grade.VIEWER if not viewers or held & viewers else None


def may(grade: Grade | None, need: Grade) -> bool:
    """Whether somebody of this grade may do what needs `need`."""
    return grade is not None and RANK[grade] >= RANK[need]


def refusal(need: Grade, rules: Rules, mention: Callable[[int], str]) -> str:
    """Why somebody may not, and what it takes; `mention` writes the id of a role."""
    by_grade = {
        Grade.VIEWER: rules.viewer_role_ids,
        Grade.OPERATOR: rules.operator_role_ids,
        Grade.ADMIN: rules.admin_role_ids,
    }
    ids = {
        role_id
        for grade, role_ids in by_grade.items()
        if may(grade, need)
        for role_id in role_ids
    }
    ways = [f"the role {mention(role_id)}" for role_id in sorted(ids)]
    if not rules.admin_role_ids:
        ways.append(MANAGE_SERVER)
    return f"you may not do that: it takes {' or '.join(ways)}"
