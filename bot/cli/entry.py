"""Where `cronitor` begins: a plain `exec` goes its way before anything is loaded."""

import os
import sys

#: set by a shell that wants to know how the line could go on
_COMPLETES = "_CRONITOR_COMPLETE"


def main() -> None:
    """Hand the command line over; ends the process."""
    if sys.argv[1:2] == ["exec"] and _COMPLETES not in os.environ:
        from bot.node import orders

        order = orders.read(sys.argv[2:])
        if order is not None:
            from bot.node import wrappers

            wrappers.run(order)
    from bot.cli.main import main as whole

    whole(prog_name="cronitor")
