from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import jobs, plans
from bot.core.kinds import JobKind
from bot.core.models import Definition, Job
from bot.core.plans import Change
from bot.errors import Invalid
from tests.core.definitions import (
    CREATED_AT,
    FULL,
    OTHER_UUID,
    UUID,
    define,
    definitions,
    stored,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GRAPHS = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=3)
)


def refused(declared: list[Definition], *known: Job, prune: bool = False) -> list[str]:
    """Why a plan is refused."""
    with pytest.raises(Invalid) as raised:
        plans.plan(declared, known, prune=prune)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "Dump"}, Change("name", "none", "Dump")),
        ({"description": "a\nb"}, Change("description", "none", "a b")),
        (
            {"description": "x" * 61},
            Change("description", "none", "x" * 59 + "…"),
        ),
        ({"description": "x" * 60}, Change("description", "none", "x" * 60)),
        ({"tags": "a,b"}, Change("tags", "none", "a, b")),
        ({"node": "db1"}, Change("node", "none", "db1")),
        ({"severity": "info"}, Change("severity", "warning", "info")),
        ({"cron": "0 3 * * *"}, Change("schedule", "none", "0 3 * * *")),
        ({"every": 90}, Change("schedule", "none", "every 1m30s")),
        ({"on_calendar": "daily"}, Change("schedule", "none", "OnCalendar daily")),
        ({"timezone": "Asia/Tokyo"}, Change("timezone", "UTC", "Asia/Tokyo")),
        ({"flavour": "systemd"}, Change("flavour", "cron", "systemd")),
        ({"grace": "5m"}, Change("grace", "a tenth of the period", "5m")),
        ({"grace": "0s"}, Change("grace", "a tenth of the period", "0s")),
        ({"jitter": "5m"}, Change("jitter", "0s", "5m")),
        ({"max_runtime": "1h"}, Change("max_runtime", "until the next due", "1h")),
        ({"min_runtime": "1s"}, Change("min_runtime", "none", "1s")),
        ({"failure_tolerance": 2}, Change("failure_tolerance", "1", "2")),
        ({"recovery_threshold": 2}, Change("recovery_threshold", "1", "2")),
        ({"realert_every": "1h"}, Change("realert_every", "never", "1h")),
        ({"strict_start": True}, Change("strict_start", "no", "yes")),
        ({"methods": "POST"}, Change("methods", "all", "POST")),
        (
            {"filters": {"failure": "A,B", "success": "C", "default_ignored": True}},
            Change("filters", "none", "failure: A, B; success: C; else ignored"),
        ),
        ({"filters": {"start": "A"}}, Change("filters", "none", "start: A")),
        ({"manual_resume": True}, Change("manual_resume", "no", "yes")),
        ({"depends_on": ["a", "b"]}, Change("depends_on", "none", "a, b")),
    ],
)
def test_a_change_is_said_in_words(fields: dict[str, object], expected: Change) -> None:
    old, new = define(), jobs.parse({"slug": "backup", **fields})
    assert plans.differences(old, new) == (expected,)
    back = replace(expected, before=expected.after, after=expected.before)
    assert plans.differences(new, old) == (back,)


def test_every_field_has_a_difference() -> None:
    full = jobs.parse(FULL, uuid=UUID)
    other = Definition(slug="other", kind=JobKind.COMMAND)
    fields = {change.field for change in plans.differences(full, other)}
    assert fields == {*FULL, "kind", "schedule"} - {"cron"}


def test_a_change_reads_as_a_line() -> None:
    assert str(Change("grace", "5m", "10m")) == "grace: 5m -> 10m"


@given(definitions())
def test_a_definition_does_not_differ_from_itself(definition: Definition) -> None:
    assert plans.differences(definition, replace(definition)) == ()
    assert not plans.rearms(definition, replace(definition))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"cron": "0 4 * * *"}, True),
        ({"cron": "0 3 * * *", "timezone": "Asia/Tokyo"}, True),
        ({"cron": "0 3 * * *", "flavour": "systemd"}, True),
        ({"cron": "0 3 * * *", "grace": "5m"}, True),
        ({"cron": "0 3 * * *", "jitter": "5m"}, True),
        ({}, True),
        ({"cron": "0 3 * * *", "name": "x", "max_runtime": "1h", "tags": "a"}, False),
    ],
)
def test_what_moves_dues_or_deadlines_rearms(
    fields: dict[str, object], expected: bool
) -> None:
    new = jobs.parse({"slug": "backup", **fields})
    assert plans.rearms(define(cron="0 3 * * *"), new) is expected


def test_a_new_id_moves_the_dues_of_an_h() -> None:
    old = define(cron="H 3 * * *")
    new = jobs.hashed(old, OTHER_UUID)
    assert plans.rearms(old, new)
    assert plans.differences(old, new) == ()


def test_a_plan_sorts_what_is_declared() -> None:
    same, other = stored("same", every="5m"), stored("other", every="5m")
    gone, made = stored("gone", declared=True), stored("made-by-hand")
    declared = [
        define("new", every="1h"),
        define("same", every="5m"),
        define("other", every="10m"),
    ]
    plan = plans.plan(declared, [same, other, gone, made], prune=True)
    assert plan == plans.Plan(
        added=(define("new", every="1h"),),
        changed=(
            plans.Edit(
                other,
                define("other", every="10m"),
                (Change("schedule", "every 5m", "every 10m"),),
            ),
        ),
        removed=(gone,),
        unchanged=(same,),
        adopted=(same,),
    )
    assert not plan.is_empty


def test_nothing_is_removed_without_prune() -> None:
    gone = stored("gone", declared=True)
    plan = plans.plan([], [gone], prune=False)
    assert plan == plans.Plan(missing=(gone,))
    assert plan.is_empty


def test_what_is_declared_already_leaves_nothing_to_do() -> None:
    job = stored("a", declared=True)
    plan = plans.plan([job.definition], [job], prune=True)
    assert plan == plans.Plan(unchanged=(job,))
    assert plan.is_empty


@pytest.mark.parametrize(
    "plan",
    [
        plans.Plan(added=(define(),)),
        plans.Plan(changed=(plans.Edit(stored(), define(), ()),)),
        plans.Plan(removed=(stored(),)),
        plans.Plan(adopted=(stored(),)),
    ],
)
def test_anything_to_do_makes_a_plan(plan: plans.Plan) -> None:
    assert not plan.is_empty


def test_an_archived_job_is_not_there() -> None:
    old = stored("a", declared=True, archived_at=CREATED_AT)
    plan = plans.plan([define("a")], [old], prune=True)
    assert plan == plans.Plan(added=(define("a"),))


def test_an_h_is_compared_with_the_numbers_of_its_job() -> None:
    job = stored("a", uuid=OTHER_UUID, cron="H 3 * * *", declared=True)
    declared = jobs.parse({"slug": "a", "cron": "H 3 * * *"})
    assert plans.plan([declared], [job], prune=False).is_empty
    moved = jobs.parse({"slug": "a", "cron": "H 4 * * *"})
    (edit,) = plans.plan([moved], [job], prune=False).changed
    assert edit.definition.schedule.hash_id == OTHER_UUID


def test_a_slug_that_is_declared_twice_is_refused_by_both_places() -> None:
    declared = [define("a"), define("b"), define("a"), define("a")]
    assert refused(declared) == [
        "job[3].slug: `a` is declared in job[1].slug already (give it another slug)",
        "job[4].slug: `a` is declared in job[1].slug already (give it another slug)",
    ]


def test_a_parent_is_declared_or_stored() -> None:
    child = define("child", depends_on=["mount"])
    mount = define("mount")
    assert plans.plan([child, mount], [], prune=False).added == (child, mount)
    assert plans.plan([child], [stored("mount")], prune=True).added == (child,)
    assert refused([define("mounts"), child]) == [
        "job[2] child.depends_on: there is no job `mount` (did you mean mounts?)"
    ]
    assert refused([define("zzz", depends_on=["mount"])]) == [
        "job[1] zzz.depends_on: there is no job `mount` (add that job first)"
    ]


def test_a_parent_that_is_pruned_is_missed() -> None:
    mount = stored("mount", declared=True)
    child = stored("child", depends_on=["mount"])
    assert plans.plan([], [mount, child], prune=False).missing == (mount,)
    assert refused([], mount, child, prune=True) == [
        "child.depends_on: there is no job `mount` (add that job first)"
    ]


def test_a_cycle_through_stored_and_declared_jobs_is_named() -> None:
    declared = [define("x"), define("b", depends_on=["a"])]
    assert refused(declared, stored("a", depends_on=["b"])) == [
        "a.depends_on: it is a cycle: a -> b -> a (take one of them out)"
    ]
    assert refused([*declared, define("a", depends_on=["b"])]) == [
        "job[3] a.depends_on: it is a cycle: a -> b -> a (take one of them out)"
    ]


def test_a_declared_parent_replaces_the_stored_one() -> None:
    a = stored("a", depends_on=["b"])
    assert plans.plan(
        [define("a"), define("b", depends_on=["a"])], [a], prune=False
    ).changed


def test_a_schedule_that_is_over_is_refused_where_it_is_new() -> None:
    over = {"on_calendar": "2025-01-01 03:00"}
    old = stored("old", **over)
    plan = plans.plan([define("old", **over)], [old], prune=False, after=NOW)
    assert plan.unchanged == (old,)
    assert plans.plan([define("new", **over)], [], prune=False).added
    with pytest.raises(Invalid) as raised:
        plans.plan([define("new", **over)], [], prune=False, after=NOW)
    assert [each.field for each in raised.value.problems] == ["job[1] new.schedule"]


def test_an_h_of_a_new_job_is_checked_before_it_has_an_id() -> None:
    declared = jobs.parse({"slug": "a", "cron": "H 3 * * *"})
    assert plans.plan([declared], [], prune=False, after=NOW).added == (declared,)


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({}, []),
        ({"a": [], "b": ["a"], "c": ["a", "b"]}, []),
        ({"a": ["a"]}, ["a.depends_on: it is a cycle: a -> a"]),
        (
            {"c": ["a"], "b": ["c"], "a": ["b"]},
            ["a.depends_on: it is a cycle: a -> b -> c -> a"],
        ),
        (
            {"a": ["x"], "b": []},
            ["a.depends_on: there is no job `x` (add that job first)"],
        ),
    ],
)
def test_parents_exist_and_form_no_cycle(
    graph: dict[str, list[str]], expected: list[str]
) -> None:
    found = [str(each) for each in plans.check_dependencies(graph)]
    assert [each.removesuffix(" (take one of them out)") for each in found] == expected


def test_not_more_than_ten_cycles_are_named() -> None:
    graph = {f"j{n}": [f"j{n}"] for n in range(15)}
    assert len(plans.check_dependencies(graph)) == plans.CYCLES_NAMED


def test_the_nearest_slug_is_looked_up_for_the_first_unknown_parents_only() -> None:
    graph = {"mount": [], "job": ["mounts"] * 10}
    hints = [problem.hint for problem in plans.check_dependencies(graph)]
    assert hints == ["did you mean mount?"] * 5 + ["add that job first"] * 5


def test_among_very_many_jobs_no_nearest_slug_is_looked_up() -> None:
    graph: dict[str, list[str]] = {f"job-{n}": [] for n in range(500)}
    (problem,) = plans.check_dependencies(graph | {"job-0": ["job-x"]})
    assert problem.hint.startswith("did you mean job-")
    (problem,) = plans.check_dependencies(graph | {"new": ["job-x"]})
    assert problem.hint == "add that job first"


def test_a_chain_of_any_length_is_followed() -> None:
    chain = {str(n): [str(n + 1)] for n in range(20_000)} | {"20000": []}
    assert plans.check_dependencies(chain) == ()
    (problem,) = plans.check_dependencies(chain | {"20000": ["0"]})
    assert problem.reason.startswith("it is a cycle: 0 -> 1 -> 2 -> ")


@given(GRAPHS)
def test_what_is_called_a_cycle_is_one(graph: dict[str, list[str]]) -> None:
    for problem in plans.check_dependencies(graph):
        _, _, cycle = problem.reason.partition("cycle: ")
        steps = cycle.split(" -> ") if cycle else []
        assert all(after in graph[before] for before, after in pairwise(steps))
        assert steps[:1] == steps[-1:]
        assert steps[0] == min(steps) if steps else True


@given(GRAPHS)
def test_a_graph_without_problems_can_be_put_in_order(
    graph: dict[str, list[str]],
) -> None:
    done: set[str] = set()
    while ready := {s for s, p in graph.items() if s not in done and {*p} <= done}:
        done |= ready
    assert (done == {*graph}) is (plans.check_dependencies(graph) == ())


def alone(definition: Definition) -> Definition:
    """The definition without the other jobs that it names."""
    command = definition.command
    if command is not None:
        command = replace(command, after=())
    return replace(definition, depends_on=(), command=command)


@given(definitions(), definitions(OTHER_UUID))
def test_a_plan_carried_out_leaves_nothing_to_do(
    old: Definition, new: Definition
) -> None:
    job = replace(stored(uuid=OTHER_UUID), definition=alone(old))
    job = replace(job, definition=jobs.hashed(job.definition, OTHER_UUID))
    declared = replace(alone(new), slug=job.slug)
    plan = plans.plan([declared], [job], prune=True)
    for edit in plan.changed:
        assert edit.changes
        after = replace(job, definition=edit.definition, declared=True)
        assert plans.plan([declared], [after], prune=True).is_empty
