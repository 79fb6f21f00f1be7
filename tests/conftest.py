"""What holds for every test."""

import os
import signal

from hypothesis import HealthCheck, settings

# how fast a machine is decides nothing: a slow one would fail at random
settings.register_profile(
    "cronitor",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    # on a developer's machine each run tries new cases; CI tries the same ones again
    derandomize="CI" in os.environ,
)
settings.load_profile("cronitor")

# a shell starts background jobs with SIGINT ignored, and children inherit that; the
# programs that the tests start are to feel Ctrl-C all the same
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
