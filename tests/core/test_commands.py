import json
import tomllib
from datetime import timedelta
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from bot.core import command_fields, command_tables, jobs, plans
from bot.core.commands import Command, Follows
from bot.core.kinds import After, JobKind
from bot.core.models import Definition
from bot.core.roles import Grade
from bot.errors import Invalid
from tests.core.definitions import UUID, define
from tests.core.drawn_commands import commands

ARGV = ["/bin/backup", "--all"]


def command(**fields: Any) -> Command:
    """The command of a definition by its keys."""
    found = define(kind="command", **({"command": ARGV} | fields)).command
    assert found is not None
    return found


def refused(**fields: Any) -> str:
    """What is said of a definition that is refused."""
    with pytest.raises(Invalid) as caught:
        command(**fields)
    return str(caught.value)


def test_a_command_needs_nothing_but_its_program() -> None:
    assert command() == Command(argv=("/bin/backup", "--all"))
    assert command(command="date | wc", shell=True).argv == ("date | wc",)
    assert jobs.as_table(define(kind="command", command=ARGV)) == {
        "slug": "backup",
        "kind": "command",
        "command": ARGV,
    }


@given(st.data())
def test_a_command_is_written_down_and_read_back(data: st.DataObject) -> None:
    made = data.draw(commands("backup"))
    definition = Definition(slug="backup", kind=JobKind.COMMAND, command=made)
    table = jobs.as_table(definition)
    assert tomllib.loads(tomli_w.dumps(table)) == table
    assert jobs.parse(table, uuid=UUID) == definition
    stored = json.loads(json.dumps(table))
    assert jobs.restore(stored, UUID) == definition
    assert command_tables.restore(stored) == made
    json.dumps(jobs.as_json(definition))


def test_json_shows_no_value_of_a_variable() -> None:
    definition = define(
        kind="command",
        command=ARGV,
        env={"A": "very-secret"},
        secrets={"PGPASSWORD": "/run/secrets/pg"},
    )
    assert "very-secret" not in json.dumps(jobs.as_json(definition))
    assert jobs.as_json(definition)["env"] == ["A"]
    changed = define(kind="command", command=ARGV, env={"A": "other"})
    told = [str(each) for each in plans.differences(definition, changed)]
    assert any(each.startswith("env: A (") for each in told)
    assert not any("secret" in each for each in told if each.startswith("env"))


def test_every_key_is_shown_when_it_changes() -> None:
    old = define(kind="command", command=ARGV)
    new = define(kind="command", command=["/bin/other", "a b"], retries=3, shell=False)
    told = [str(each) for each in plans.differences(old, new)]
    assert "command: /bin/backup --all -> /bin/other 'a b'" in told
    assert "retries: 0 -> 3" in told


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"command": None}, "command: it is missing"),
        ({"command": "date"}, 'write ["program", "argument"], or shell = true'),
        ({"command": ["date"], "shell": True}, 'write command = "..."'),
        ({"command": 5}, "command: 5 is not a list of arguments"),
        ({"command": []}, "not a list of arguments"),
        ({"command": ["a", 5]}, 'command: 5 is not a text (write "5")'),
        ({"command": ["a", None]}, "command: null is not a text"),
        ({"command": ["a\0"]}, "the system takes no such argument"),
        ({"command": ["  "]}, "it does not name a program"),
        ({"command": ["a"] * 1001}, "more than 1000 arguments"),
        ({"cwd": "srv"}, 'cwd: "srv" is no absolute path (begin it with /)'),
        ({"user": "No Body"}, 'user: "No Body" is no user name'),
        ({"env": ["A"]}, "env: a list is not a table"),
        ({"env": {"A": 5}}, 'env.A: 5 is not a text (write "5")'),
        ({"env": {"1A": "x"}}, "env.1A: it is no name of a variable"),
        ({"env": {"CRONITOR_X": "x"}}, "are set by Cronitor"),
        ({"env": {f"A{n}": "x" for n in range(201)}}, "more than 200 names"),
        ({"secrets": {"A": "pg"}}, "secrets.A: it is not the path of a file"),
        ({"umask": 27}, 'umask: 27 is no umask (write it like "027")'),
        ({"umask": "9"}, "is no umask"),
        ({"nice": 20}, "nice: 20 is out of range"),
        ({"memory": "lots"}, 'memory: "lots" is no size (such as 500MB or 2GB)'),
        ({"memory": 5}, "memory: 5 is no size"),
        ({"memory": True}, "memory: true is no size"),
        ({"cpu_time": "0s"}, "cpu_time"),
        ({"timeout": "0s"}, "timeout"),
        ({"retries": 21}, "retries: 21 is out of range"),
        ({"retry_base": "2d"}, "retry_base"),
        ({"success_exit_codes": []}, "is not a list of exit codes"),
        ({"success_exit_codes": "0"}, "is not a list of exit codes"),
        ({"success_exit_codes": [256]}, "256 is no exit code"),
        ({"retry_exit_codes": [True]}, "true is no exit code"),
        ({"retry_exit_codes": [*range(51)]}, "more than 50 exit codes"),
        ({"overlap": "both"}, 'overlap: "both" is none of skip, queue'),
        ({"max_parallel": 2}, "max_parallel: no two runs go on"),
        ({"max_parallel": 0}, "max_parallel: 0 is out of range"),
        ({"catch_up": "some"}, "catch_up"),
        ({"priority": 101}, "priority: 101 is out of range"),
        ({"params": ["a"]}, "params: a list is not a table"),
        ({"params": {f"p{n}": ["a"] for n in range(6)}}, "it has 6; 5 are allowed"),
        ({"params": {"A": ["x"]}}, "params.A: it is no name"),
        ({"params": {"a": []}}, "params.a: a list is not a list of choices"),
        ({"params": {"a": ["x", "x"]}}, "not all different"),
        ({"params": {"a": ["x", 1]}}, "not all different, plain texts"),
        ({"params": {"a": ["x\n"]}}, "not all different, plain texts"),
        ({"allow_trigger": "root"}, "is none of viewer, operator, admin, nobody"),
        ({"expect": {"pattern": "("}}, "expect.pattern: it is no regular expression"),
        ({"expect": {"count": "rows"}}, "expect.count: no group in it says"),
        ({"expect": {"at_least": 3}}, "expect.at_least: it is not said what"),
        ({"expect": {"items": 3}}, "did you mean count?"),
        ({"expect": {"file": "x"}}, 'expect.file: "x" is no absolute path'),
        ({"after": 5}, "after: 5 is not a list of jobs"),
        ({"after": ["a:done"]}, "slug or slug:what, with success, failure, end"),
        ({"after": [5]}, "after: 5 is no job"),
        ({"after": ["a"] * 101}, "more than 100 jobs"),
        ({"after": ["backup"]}, "after: a job cannot follow itself"),
        ({"on_start": "yes"}, 'on_start: "yes" is neither true nor false'),
        ({"timeout": "1h", "max_runtime": "2h"}, "the run is ended before that"),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(
    fields: dict[str, Any], said: str
) -> None:
    assert said in refused(**fields)


def test_values_may_be_written_in_several_ways() -> None:
    made = command(
        memory="2GB",
        umask="0027",
        success_exit_codes=3,
        after="extract, load:failure",
        allow_trigger="nobody",
        params={"target": ["daily", "full"]},
    )
    assert made.limits.memory == 2 * 10**9
    assert made.limits.umask == 0o027
    assert made.success_exit_codes == (3,)
    assert made.after == (
        Follows(slug="extract"),
        Follows(slug="load", after=After.FAILURE),
    )
    assert made.allow_trigger is None
    assert made.params[0].default == "daily"
    assert command(allow_trigger="admin").allow_trigger is Grade.ADMIN
    assert command(memory=5_000_000).limits.memory == 5_000_000
    assert command(timeout="90s").timeout == timedelta(seconds=90)
    assert not command().expect
    assert command(expect={"pattern": "done"}).expect


@pytest.mark.parametrize("key", command_fields.KEYS)
def test_a_heartbeat_job_has_no_such_field(key: str) -> None:
    with pytest.raises(Invalid, match="only a job of kind command has it"):
        define(**{key: "x"})


def test_a_check_comes_later() -> None:
    with pytest.raises(Invalid, match="check comes with a later version"):
        define(kind="check")


def test_the_audit_log_has_names_of_variables_only() -> None:
    definition = define(kind="command", command=ARGV, env={"A": "very-secret"})
    assert jobs.as_record(definition)["env"] == ["A"]
    plain = define(kind="command", command=ARGV)
    assert jobs.as_record(plain) == jobs.as_table(plain)
    assert jobs.as_record(define()) == {"slug": "backup"}
