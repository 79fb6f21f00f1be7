"""The real `cronitor exec` as its own process, and what it keeps for later."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.node.reports import Report
from bot.node.spools import Spool
from tests import tree

#: how long anything may take on a slow and busy machine
PATIENCE_S = 60.0
#: nobody listens there
NOWHERE = "http://127.0.0.1:9"


class Wrapper:
    """Runs commands under `cronitor exec`, by default with the server away."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.spool = Spool(str(folder / "spool"))
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CRONITOR_")},
            "PYTHONPATH": str(tree.ROOT),
            "HOME": str(folder),
            "CRONITOR_URL": NOWHERE,
            "CRONITOR_PING_KEY": "a-key",
            "CRONITOR_SPOOL": self.spool.folder,
            **environ,
        }

    def line(self, *command: str, options: Sequence[str] = ()) -> list[str]:
        """What to execute."""
        return [sys.executable, "-m", "bot", "exec", *options, "job", "--", *command]

    def run(
        self, *command: str, options: Sequence[str] = (), **how: Any
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run it to its end; output is captured."""
        if "stdout" not in how:
            how.setdefault("capture_output", True)
        return subprocess.run(
            self.line(*command, options=options),
            env=self.environ,
            timeout=PATIENCE_S,
            check=False,
            **how,
        )

    def start(self, *command: str, **how: Any) -> "subprocess.Popen[bytes]":
        """Start it; standard output is a pipe."""
        how.setdefault("stdout", subprocess.PIPE)
        how.setdefault("stderr", subprocess.PIPE)
        options = how.pop("options", ())
        line = self.line(*command, options=options)
        return subprocess.Popen(line, env=self.environ, **how)

    def reports(self) -> list[Report]:
        """What is kept, in order."""
        found = [self.spool.load(name) for name in self.spool.names()]
        return [each for each in found if each is not None]

    def end(self) -> Report:
        """The only report of an end that is kept."""
        (found,) = [each for each in self.reports() if each.exit_code is not None]
        return found
