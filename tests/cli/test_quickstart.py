"""The quickstart works as it is written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tree
from tests.cli.server import Cronitor, running, until

PAGE = (tree.ROOT / "docs" / "quickstart.md").read_text("utf-8")
#: without the first, which is the README's: `.ci/run` does that one
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1:]


def install(folder: Path) -> None:
    """`.venv/bin/cronitor` of a clone, as far as the page sees it."""
    script = folder / ".venv" / "bin" / "cronitor"
    script.parent.mkdir(parents=True)
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m bot "$@"\n')
    script.chmod(0o755)


def typed(block: str, cronitor: Cronitor, folder: Path) -> str:
    """What a person sees who pastes a block; every line of it must succeed."""
    env = {**os.environ, "PYTHONPATH": str(tree.ROOT)}
    env["CRONITOR_DATA_DIR"] = str(cronitor.place)
    script = "set -euo pipefail\nshopt -s expand_aliases\n"
    script += "alias cronitor=.venv/bin/cronitor\n"
    done = subprocess.run(
        ["bash", "-c", script + block],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="no bash or no curl"
)
def test_every_command_of_the_page_works_in_its_order(short: Path) -> None:
    install(short)
    shown = ""
    with running(short, {}) as cronitor:
        for block in BLOCKS:
            if "incident show" in block:
                # "do nothing for ten seconds"
                until(lambda: cronitor.json("incident", "list"))
            shown += typed(block, cronitor, short)
    for expected in (
        "created hello: every 5s",
        "hello  ○ new",
        "hello  ✓ up",
        "#1  ✗ open",
        "hello missed its deadline",
        "acknowledged by",
        "✓ resolved",
        "hello failed",
        "OK",
        "nothing to do: 1 unchanged",
        "removed hello",
    ):
        assert expected in shown, shown
