"""The shell completes commands, options, and what the server knows."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tree
from tests.cli.server import Cronitor, run


def offered(place: Path, words: str, shell: str = "bash") -> list[str]:
    """What a shell is offered for the last word of a line."""
    env = {
        **os.environ,
        "_CRONITOR_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "CRONITOR_DATA_DIR": str(place),
    }
    done = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=tree.ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_and_options_are_completed_without_a_server(tmp_path: Path) -> None:
    assert offered(tmp_path, "cronitor jo") == ["job"]
    assert offered(tmp_path, "cronitor job re") == ["remove", "resume"]
    assert "--grace" in offered(tmp_path, "cronitor job add --gr")
    assert offered(tmp_path, "cronitor job list --status la") == ["late"]


def test_slugs_come_from_the_server(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "tab-one", "--every", "1d")
    cronitor.says("job", "add", "tab-two", "--every", "1d")
    for words in ("job show tab-", "ping tab-", "mute add --job tab-"):
        found = offered(cronitor.place, f"cronitor {words}")
        assert found == ["tab-one", "tab-two"]
    typed = f"cronitor --data-dir {cronitor.place} job show tab-o"
    assert offered(Path("/nowhere"), typed) == ["tab-one"]


def test_incidents_come_from_the_server(cronitor: Cronitor) -> None:
    cronitor.says("job", "add", "tab-down", "--every", "1d")
    cronitor.says("ping", "tab-down", "--fail")
    (incident,) = cronitor.json("incident", "list", "--job", "tab-down")
    assert str(incident["id"]) in offered(cronitor.place, "cronitor incident ack ")


def test_without_a_server_nothing_is_offered_and_nothing_said(tmp_path: Path) -> None:
    assert offered(tmp_path, "cronitor job show ") == []
    assert offered(tmp_path, "cronitor incident ack ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_says_how_to_install_it(shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert f"cronitor completion {shell}" in result.stdout.splitlines()[1]
    assert f"_CRONITOR_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_takes_the_script() -> None:
    script = run("completion", "bash").stdout
    done = subprocess.run(
        ["bash", "--norc", "-c", f"{script}\ncomplete -p cronitor"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "-F _cronitor_completion cronitor" in done.stdout
