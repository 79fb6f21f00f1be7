"""`cronitor mute` against the real server."""

import pytest

from tests.cli.server import Cronitor, run


def test_a_mute_has_a_target_an_end_a_reason_and_an_owner(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "muted", "--every", "1d")
    made = cronitor.json(
        *("mute", "add", "--job", "muted", "--for", "4h", "--reason", "disk swap")
    )
    assert (made["scope"], made["target"]) == ("job", "muted")
    said = cronitor.says("mute", "list")
    (row,) = [line for line in said.splitlines() if f"#{made['id']} " in line]
    assert "job muted" in row
    cronitor.says("job", "edit", "muted", "--tags", "muted-disks")
    said = cronitor.says("mute", "add", "--tag", "muted-discs", "--for", "1h")
    assert "no job has the tag muted-discs now: did you mean muted-disks?" in said
    said = cronitor.says("mute", "add", "--tag", "muted-disks", "--for", "1h")
    assert said.splitlines()[1:] == ["  it covers 1 job"]
    said = cronitor.says("mute", "remove", str(made["id"]))
    assert "job muted stays silent, since tag muted-disks is muted; that ends" in said
    made = cronitor.json("mute", "add", "--job", "muted", "--for", "4h")
    assert "disk swap" in row
    assert cronitor.json("job", "show", "muted")["muted_until"] == made["until_at"]


def test_a_tag_a_node_or_everything_can_be_muted(cronitor: Cronitor) -> None:
    said = cronitor.says("mute", "add", "--tag", "db", "--for", "30m")
    assert ": tag db is silent; it ends in " in said
    said = cronitor.says("mute", "add", "--node", "nowhere", "--for", "30m")
    assert ": node nowhere is silent; it ends in " in said
    made = cronitor.json("mute", "add", "--all", "--for", "1h")
    assert made["scope"] == "all"
    cronitor.says("mute", "remove", str(made["id"]))


def test_a_job_that_is_down_can_be_muted_until_it_recovers(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "mute-down", "--every", "1d")
    line = cronitor.refuses("mute", "add", "--job", "mute-down", "--until-recovery")
    assert "mute-down is well" in line
    cronitor.says("ping", "mute-down", "--fail")
    said = cronitor.says("mute", "add", "--job", "mute-down", "--until-recovery")
    assert "it ends on recovery, else in " in said


def test_a_mute_is_ended_early_and_remembered(cronitor: Cronitor) -> None:
    made = cronitor.json("mute", "add", "--tag", "ended", "--for", "1h")
    said = cronitor.says("mute", "remove", f"#{made['id']}")
    assert said == f"mute #{made['id']} has ended: tag ended may sound again\n"
    assert made["id"] not in [each["id"] for each in cronitor.json("mute", "list")]
    past = cronitor.json("mute", "list", "--all")
    assert made["id"] in [each["id"] for each in past]
    assert "there is no running mute" in cronitor.refuses(
        "mute", "remove", str(made["id"])
    )


@pytest.mark.parametrize(
    "args",
    [
        ("--for", "4h"),
        ("--job", "a", "--all", "--for", "4h"),
        ("--job", "a"),
        ("--job", "a", "--for", "a while"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_command_line(args: tuple[str, ...]) -> None:
    result = run("mute", "add", *args)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_mute_that_is_too_long_is_refused(cronitor: Cronitor) -> None:
    line = cronitor.refuses("mute", "add", "--all", "--for", "31d")
    assert line.startswith("cronitor: --for: ")
