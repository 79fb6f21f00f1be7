"""Tries the patterns of one run, in a process that may be ended at any moment.

It reads what is expected and the output as JSON, and writes what is missing. It is run
by its path and without site-packages, so that it starts fast; the first thing to do is
to find its own package.
"""

import json
import os
import resource
import sys

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(__file__))))

from bot.core import patterns

#: bytes of address space; macOS does not hold to it
_MEMORY = 1 << 30


def main(cpu_s: str) -> None:
    """With so many seconds of processor time, after which the system ends it."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s) + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # where less is allowed already, that holds
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY or soft > _MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hard))
    asked = json.load(sys.stdin)
    json.dump(patterns.missing(**asked), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
