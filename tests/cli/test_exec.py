"""`cronitor exec` and `cronitor spool` as click knows them."""

import json
from pathlib import Path

import pytest

from tests.cli.server import run
from tests.node.factories import report
from tests.node.wrapped import NOWHERE, Wrapper

UUID = "07c2f548-9850-4b27-af5d-6c9dc157ec02"


@pytest.fixture
def wrapper(tmp_path: Path) -> Wrapper:
    """`cronitor exec` with the server away."""
    return Wrapper(tmp_path)


@pytest.fixture
def environ(wrapper: Wrapper) -> dict[str, str]:
    """The environment of that machine."""
    return {k: v for k, v in wrapper.environ.items() if k.startswith("CRONITOR_")}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["exec"], "Missing argument 'JOB'"),
        (["exec", "job"], "Missing argument"),
        (["exec", "job", "--"], "Missing argument"),
        (["exec", "job", "ls", "-z"], "No such option"),
        (["exec", "--output-limit", "9999999", "job", "--", "true"], "--output-limit"),
    ],
)
def test_a_line_that_is_wrong_runs_nothing(args: list[str], said: str) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("extra", [["--data-dir", "/none"], ["--output-limit=4"]])
def test_a_line_that_is_not_plain_does_the_same(
    wrapper: Wrapper, extra: list[str]
) -> None:
    done = wrapper.run("sh", "-c", "echo said; exit 4", options=extra)
    assert (done.returncode, done.stdout) == (4, b"said\n")
    assert [each.said for each in wrapper.reports()] == ["start", "4"]
    assert wrapper.end().body == b"said\n"[-4 if "=" in extra[0] else 0 :]


def test_the_typed_data_directory_counts(wrapper: Wrapper, tmp_path: Path) -> None:
    del wrapper.environ["CRONITOR_URL"]
    place = str(tmp_path / "typed")
    done = wrapper.run("true", options=["--data-dir", place])
    assert f"cannot reach {place}/cronitor.sock".encode() in done.stderr


def test_the_spool_is_listed_without_what_is_secret(
    wrapper: Wrapper, environ: dict[str, str]
) -> None:
    assert "0 reports wait" in run("spool", "list", env=environ).stdout
    wrapper.spool.put(report("3", job=UUID, host="bö\x1bx"))
    (name,) = wrapper.spool.names()
    wrapper.spool.put(report(at=1.0))
    damaged = Path(wrapper.spool.folder, wrapper.spool.names()[0])
    damaged.write_text("x")
    result = run("spool", "list", env=environ)
    assert result.exit_code == 0
    assert "2026-11-26T12:00:00Z  07c2f548...  3  bö\\x1bx\n" in result.stdout
    assert "unreadable" in result.stdout
    assert f"2 reports wait in {wrapper.spool.folder}\n" in result.stdout
    assert UUID not in result.stdout
    listed = json.loads(run("spool", "list", "--json", env=environ).stdout)
    assert listed["reports"][1]["said"] == "3"
    assert name.endswith(".report")


def test_a_flush_without_a_server_is_69(
    wrapper: Wrapper, environ: dict[str, str], tmp_path: Path
) -> None:
    wrapper.spool.put(report())
    result = run("spool", "flush", env=environ)
    assert result.exit_code == 69
    assert f"cannot reach {NOWHERE}" in result.stderr
    unknown = {**environ, "CRONITOR_URL": "", "HOME": str(tmp_path / "none")}
    result = run("spool", "flush", env={**unknown, "XDG_DATA_HOME": "/none"})
    assert result.exit_code == 69
    assert "no server is known" in result.stderr


def test_a_spool_that_is_not_ours_is_refused(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    environ["CRONITOR_SPOOL"] = str(tmp_path / "open")
    result = run("spool", "flush", env=environ)
    assert result.exit_code == 1
    assert "set CRONITOR_SPOOL" in result.stderr
