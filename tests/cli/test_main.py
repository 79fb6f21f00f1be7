"""The command line as a whole: help that teaches, one line for what is wrong."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli.main import main
from tests import tree
from tests.cli.server import Cronitor, run

HEAVY = ("aiohttp", "aiosqlite", "discord", "pydantic", "pydantic_settings", "rich")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with how it is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


ALL = dict(commands(main, ""))


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["job", "add", "--help"]])
def test_a_question_about_the_command_loads_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; from bot.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == "[]\n"
    assert done.stdout


@pytest.mark.parametrize("name", ALL)
def test_every_help_has_examples_and_what_to_do_next(name: str) -> None:
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert f"    cronitor {name.split()[0]}" in result.stdout or name == "completion"
    assert "Example" in result.stdout
    assert "Next: " in result.stdout


@pytest.mark.parametrize("name", ALL)
def test_every_purpose_fits_into_the_list_of_commands(name: str) -> None:
    command = ALL[name]
    assert not command.get_short_help_str(58).endswith("..."), name


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_does(name: str) -> None:
    options = [p for p in ALL[name].params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize(
    "line", ["Usage: cronitor", "  up ", "  job ", "  completion "]
)
def test_the_help_lists_the_commands(line: str) -> None:
    assert line in run("--help").stdout


@pytest.mark.parametrize("args", [[], ["job"], ["mute"]])
def test_a_group_alone_shows_its_help(args: list[str]) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert "Commands:" in result.stderr
    assert "Next: " in result.stderr


def test_the_version_is_the_one_that_is_installed() -> None:
    pyproject = (tree.ROOT / "pyproject.toml").read_text()
    number = run("--version").stdout.removeprefix("cronitor ").strip()
    assert f'version = "{number}"' in pyproject


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["jbo"], "there is no command `jbo`; did you mean `job`?"),
        (["job", "lst"], "there is no command `lst`; did you mean `list`?"),
        (["mute", "x"], "there is no command `x`; there are add, list, remove"),
        (["job", "list", "--stauts", "up"], "--stauts"),
        (["job", "list", "--status", "ill"], "--status"),
        (["job", "show"], "JOB"),
        (["job", "add", "a"], "give one of --cron, --every, --on-calendar and"),
        (["job", "add", "a", "--every", "5x"], "'--every': `5x` is no duration"),
        (["job", "add", "a", "--every", "1d", "--severity", "x"], "--severity"),
        (["job", "list", "--url", "http://x"], "--url needs --key as well"),
        (["completion", "tcsh"], "tcsh"),
        (["demo", "--seconds", "0"], "--seconds"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_2(
    args: list[str], said: str
) -> None:
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert said in line
    assert line.endswith(" --help`")


def test_no_server_is_one_line_and_exit_69(tmp_path: Path) -> None:
    for args in (["job", "list"], ["ping", "a"], ["export"], ["incident", "list"]):
        result = run(*args, "--data-dir", str(tmp_path))
        assert result.exit_code == 69
        assert result.stderr == (
            f"cronitor: no server answers at {tmp_path}/cronitor.sock; start one "
            "with `cronitor up`, or give --url and --key\n"
        )


def test_what_is_typed_last_beats_the_environment(tmp_path: Path) -> None:
    typed, other = str(tmp_path / "typed"), str(tmp_path / "other")
    env = {"CRONITOR_DATA_DIR": other}
    for args in (
        ["--data-dir", typed, "job", "list"],
        ["job", "list", "--data-dir", typed],
        ["--data-dir", other, "job", "list", "--data-dir", typed],
    ):
        assert f"{typed}/cronitor.sock" in run(*args, env=env).stderr
    assert f"{other}/cronitor.sock" in run("job", "list", env=env).stderr


def test_a_data_directory_that_is_typed_beats_a_url_of_the_environment(
    tmp_path: Path,
) -> None:
    env = {"CRONITOR_URL": "http://127.0.0.1:1", "CRONITOR_KEY": "k"}
    assert "127.0.0.1:1" in run("job", "list", env=env).stderr
    result = run("job", "list", "--data-dir", str(tmp_path), env=env)
    assert "cronitor.sock" in result.stderr


def test_without_anything_the_platforms_place_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    line = run("job", "list").stderr
    assert str(tmp_path) in line
    assert "cronitor/cronitor.sock" in line


def test_called_from_code_it_raises_instead_of_ending_the_process(
    tmp_path: Path,
) -> None:
    with pytest.raises(click.UsageError):
        main(["jbo"], standalone_mode=False)
    assert main(["--version"], standalone_mode=False) == 0


def test_an_interrupt_is_quiet_and_exit_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.cli.client.Client.get", interrupted)
    result = run("job", "list")
    assert result.exit_code == 130
    assert result.output.strip() == ""


def test_an_unexpected_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("bot.cli.client.Client.get", broken)
    result = run("job", "list")
    assert result.exit_code == 1
    assert result.stderr.startswith("cronitor: unexpected ZeroDivisionError: oops; ")
    assert len(result.stderr.splitlines()) == 1


def test_a_terminal_that_cannot_show_a_name_still_shows_the_rest(
    cronitor: Cronitor,
) -> None:
    cronitor.says("job", "add", "poor", "--every", "1d", "--name", "grün ✓")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "job", "show", "poor"],
        cwd=tree.ROOT,
        env={"PYTHONIOENCODING": "ascii", "CRONITOR_DATA_DIR": str(cronitor.place)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == "poor  o new  gr?n ?"
    assert done.stderr == ""
