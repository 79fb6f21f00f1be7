"""`apply`, `diff` and `export` against a server of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tree
from tests.cli.server import Cronitor, running

JOBS = """\
[[job]]
slug = "backup"
cron = "0 3 * * *"
timezone = "Europe/Berlin"
tags = ["db"]

[[job]]
slug = "queue"
every = "5m"
filters = { success = ["done"], failure = ["error", "fatal"] }
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cronitor]:
    """A server whose jobs these tests alone decide."""
    with running(tmp_path_factory.mktemp("e"), {}) as cronitor:
        yield cronitor


@pytest.fixture
def bare(empty: Cronitor) -> Cronitor:
    for job in empty.json("job", "list"):
        empty.says("job", "remove", job["slug"], "--yes")
    return empty


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "jobs.toml"
    path.write_text(JOBS)
    return str(path)


def slugs(cronitor: Cronitor) -> list[str]:
    return [job["slug"] for job in cronitor.json("job", "list")]


def test_without_a_yes_the_plan_is_shown_and_nothing_is_done(
    bare: Cronitor, file: str
) -> None:
    result = bare("apply", file)
    assert result.exit_code == 1
    assert result.stdout == "+ backup\n+ queue\n\nplan: 2 to add, 0 unchanged\n"
    assert "add --yes" in result.stderr
    assert slugs(bare) == []


def test_a_second_run_does_nothing(bare: Cronitor, file: str) -> None:
    said = bare.says("apply", file, "--yes")
    assert said.endswith("\napplied: 2 to add, 0 unchanged\n")
    assert slugs(bare) == ["backup", "queue"]
    assert bare.says("apply", file, "--yes") == "nothing to do: 2 unchanged\n"
    assert bare.says("apply", file) == "nothing to do: 2 unchanged\n"


def test_what_is_exported_is_what_is_there(bare: Cronitor, file: str) -> None:
    bare.says("apply", file, "--yes")
    exported = bare.says("export")
    Path(file).write_text(exported)
    assert bare.says("diff", file) == "nothing to do: 2 unchanged\n"
    for slug in slugs(bare):
        bare.says("job", "remove", slug, "--yes")
    bare.says("apply", file, "--yes")
    assert bare.says("export") == exported
    assert [table["slug"] for table in bare.json("export")] == ["backup", "queue"]


def test_an_export_is_utf_8_whatever_the_terminal_is(bare: Cronitor) -> None:
    bare.says("job", "add", "name", "--every", "1d", "--name", "grün")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "export"],
        cwd=tree.ROOT,
        env={"PYTHONIOENCODING": "ascii", "CRONITOR_DATA_DIR": str(bare.place)},
        capture_output=True,
        check=True,
    )
    assert 'name = "grün"' in done.stdout.decode("utf-8")


def test_an_empty_server_exports_an_empty_file(bare: Cronitor) -> None:
    assert bare.says("export") == "# there are no jobs yet\n"


def test_a_difference_is_shown_before_and_after(bare: Cronitor, file: str) -> None:
    bare.says("apply", file, "--yes")
    Path(file).write_text(JOBS.replace("5m", "10m"))
    result = bare("diff", file)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "~ queue"
    assert "5m → " in result.stdout.splitlines()[1]
    assert bare.json("job", "show", "queue")["schedule"]["every"] == 300


def test_what_is_in_no_file_is_removed_only_with_prune(
    bare: Cronitor, file: str
) -> None:
    bare.says("apply", file, "--yes")
    bare.says("job", "add", "by-hand", "--every", "1d")
    Path(file).write_text(JOBS.partition("\n\n")[0])
    assert "- " not in bare("diff", file).stdout
    result = bare("diff", file, "--prune")
    assert result.exit_code == 1
    assert "- queue" in result.stdout
    bare.says("apply", file, "--prune", "--yes")
    assert slugs(bare) == ["backup", "by-hand"]


def test_a_job_made_by_hand_belongs_to_the_files_that_declare_it(
    bare: Cronitor, file: str
) -> None:
    bare.says("job", "add", "queue", "--every", "5m")
    Path(file).write_text('[[job]]\nslug = "queue"\nevery = "5m"\n')
    bare.says("apply", file)
    assert bare.json("job", "show", "queue")["declared"] is False
    bare.says("apply", file, "--yes")
    assert bare.json("job", "show", "queue")["declared"] is True


def test_the_plan_is_there_for_programs(bare: Cronitor, file: str) -> None:
    result = bare("diff", file, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["added"] == ["backup", "queue"]
    assert bare.json("apply", file, "--yes")["added"] == ["backup", "queue"]


def test_one_wrong_job_changes_nothing_and_is_named_with_its_line(
    bare: Cronitor, file: str
) -> None:
    Path(file).write_text(JOBS.replace('"5m"', '"5x"').replace("0 3", "99 3"))
    result = bare("apply", file, "--yes")
    assert result.exit_code == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"cronitor: {file}:1: backup: cron: ")
    assert lines[1].startswith(f"cronitor: {file}:7: queue: every: ")
    assert slugs(bare) == []


def test_a_dependency_that_is_not_there_is_named_with_its_line(
    bare: Cronitor, file: str
) -> None:
    Path(file).write_text(JOBS + 'depends_on = ["nobody"]\n')
    line = bare.refuses("apply", file, "--yes")
    assert line.startswith(f"cronitor: {file}:7: queue: depends_on: ")


def test_a_date_where_none_belongs_is_refused_like_any_value(
    bare: Cronitor, file: str
) -> None:
    Path(file).write_text('[[job]]\nslug = "a"\nevery = 2026-01-31\n')
    line = bare.refuses("apply", file, "--yes")
    assert line.startswith(f"cronitor: {file}:1: a: every: ")


def test_what_is_no_toml_is_named_with_its_line(bare: Cronitor, file: str) -> None:
    Path(file).write_text('[[job]]\nslug = "a"\nevery 5m\n')
    line = bare.refuses("diff", file)
    assert line.startswith(f"cronitor: {file}:3: ")


def test_a_file_that_is_not_there_is_a_wrong_command_line(bare: Cronitor) -> None:
    assert "does not exist" in bare.refuses("apply", "/nowhere/jobs.toml", code=2)
