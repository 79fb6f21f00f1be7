"""`cronitor check-config` says what is in force, and what is wrong."""

import json
from pathlib import Path

import pytest

from tests.cli.server import run

SECRET = "a-key-that-nobody-may-see"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def test_every_value_has_its_origin_and_secrets_are_masked(place: Path) -> None:
    (place / "config.toml").write_text(f'[api]\nkey = "{SECRET}"\n')
    env = {"CRONITOR_SERVER__PORT": "9000"}
    result = run("check-config", "--data-dir", str(place), env=env)
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == f"# data directory: {place}"
    assert "[server]" in lines
    assert 'host = "127.0.0.1" # default' in lines
    assert "port = 9000 # CRONITOR_SERVER__PORT" in lines
    assert any(x.startswith("key = ") and x.endswith("# config.toml:2") for x in lines)
    assert SECRET not in result.output


def test_the_same_is_there_for_programs(place: Path) -> None:
    (place / "c.toml").write_text('[jobs]\nfiles = []\n[server]\nhost = "::"\n')
    result = run("check-config", "--config", str(place / "c.toml"), "--json")
    data = json.loads(result.stdout)
    assert data["server"]["host"] == {"value": "::", "origin": "c.toml:4"}
    assert data["server"]["port"] == {"value": 8787, "origin": "default"}
    assert data["jobs"]["files"] == {"value": [], "origin": "c.toml:2"}


def test_everything_that_is_wrong_has_a_line(place: Path) -> None:
    (place / "config.toml").write_text("[server]\nport = 99999\nhots = 1\n")
    result = run("check-config", "--data-dir", str(place))
    assert result.exit_code == 78
    assert result.stdout == ""
    assert [line.partition(": [")[0] for line in result.stderr.splitlines()] == [
        "cronitor: config.toml:2",
        "cronitor: config.toml:3",
    ]


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ('[[job]]\nslug = "a"\ncron = "61 * * * *"\n', "jobs.toml:1: a: cron: "),
        ("[[job]]\nslug\n", "jobs.toml:2: "),
        (None, "jobs.toml: No such file"),
    ],
)
def test_the_files_of_jobs_are_checked_as_well(
    place: Path, jobs: str | None, said: str
) -> None:
    (place / "config.toml").write_text('[jobs]\nfiles = ["jobs.toml"]\n')
    if jobs is not None:
        (place / "jobs.toml").write_text(jobs)
    result = run("check-config", "--data-dir", str(place))
    assert result.exit_code == 78
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"cronitor: {place}/{said}")


def test_a_settings_file_that_was_asked_for_must_be_there(place: Path) -> None:
    result = run("check-config", "--config", str(place / "none.toml"))
    assert result.exit_code == 78
    assert result.stderr.startswith("cronitor: --config: ")
