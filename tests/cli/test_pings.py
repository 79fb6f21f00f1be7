"""`cronitor ping` against the real server."""

from pathlib import Path

import pytest

from tests.cli.server import Cronitor, run

RID = "0b2b3fbe-1f6a-4a4f-8f55-3d7a3c0f9f11"


@pytest.fixture(scope="module")
def slug(cronitor: Cronitor) -> str:
    cronitor.says("job", "add", "pinged", "--every", "1h")
    return "pinged"


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ((), "success"),
        (("--start",), "start"),
        (("--fail",), "fail"),
        (("--log",), "log"),
        (("--exit-status", "0"), "success"),
        (("--exit-status", "3"), "fail"),
        (("--start", "--rid", RID), "start"),
    ],
)
def test_a_ping_is_recorded_as_it_was_meant(
    cronitor: Cronitor, slug: str, args: tuple[str, ...], kind: str
) -> None:
    assert cronitor.says("ping", slug, *args) == f"{slug}: recorded {kind}\n"
    newest = cronitor.json("job", "show", slug)["pings"][0]
    assert (newest["kind"], newest["source"]) == (kind, "cli")


def test_a_run_is_paired_by_its_id(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "paired", "--every", "1h")
    cronitor.says("ping", "paired", "--start", "--rid", RID)
    cronitor.says("ping", "paired", "--rid", RID.upper())
    (run_,) = cronitor.json("job", "show", "paired")["runs"]
    assert (run_["rid"], run_["outcome"]) == (RID, "ok")


def test_a_file_is_kept_with_the_ping(
    cronitor: Cronitor, slug: str, tmp_path: Path
) -> None:
    file = tmp_path / "output"
    file.write_bytes("grün\n".encode())
    cronitor.says("ping", slug, "--log", "--body-file", str(file))
    assert cronitor.json("job", "show", slug)["pings"][0]["body"] == "grün\n"


def test_standard_input_is_kept_with_the_ping(cronitor: Cronitor, slug: str) -> None:
    result = cronitor("ping", slug, "--log", "--body-file", "-", stdin=b"\xff piped")
    assert result.exit_code == 0
    assert cronitor.json("job", "show", slug)["pings"][0]["body"] == "\ufffd piped"


def test_an_output_of_any_size_is_cut_and_never_loses_the_ping(
    cronitor: Cronitor, slug: str
) -> None:
    output = b"head" + b"." * 5_000_000 + b"tail"
    result = cronitor("ping", slug, "--body-file", "-", stdin=output)
    assert result.exit_code == 0
    assert cronitor.json("job", "show", slug)["pings"][0]["body"].endswith("tail")


def test_the_answer_is_there_for_programs(cronitor: Cronitor, slug: str) -> None:
    assert cronitor.json("ping", slug, "--log") == {"kind": "log", "reason": ""}


def test_a_rid_that_is_no_uuid_is_refused(cronitor: Cronitor, slug: str) -> None:
    line = cronitor.refuses("ping", slug, "--rid", "x")
    assert line.startswith("cronitor: --rid: it is no UUID")


def test_a_job_that_is_not_there_is_refused(cronitor: Cronitor) -> None:
    assert "there is no job 'nobody'" in cronitor.refuses("ping", "nobody")


@pytest.mark.parametrize(
    "args",
    [
        ("--start", "--fail"),
        ("--log", "--exit-status", "0"),
        ("--exit-status", "256"),
        ("--body-file", "/nowhere"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_command_line(args: tuple[str, ...]) -> None:
    result = run("ping", "x", *args)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
